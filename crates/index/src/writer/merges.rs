//! Which parts of the index are merged. The engine keeps some bytes of each document while it merges, so that memory would
//! grow with the index where all of it came together in one part: a merge has no more documents than a bound, a low one
//! while others need memory too, and a higher one at the end, when few parts are to be left to search.

use tantivy::index::SegmentId;
use tantivy::indexer::{IndexWriterOptions, MergeCandidate};
use tantivy::merge_policy::{LogMergePolicy, MergePolicy, NoMergePolicy};
use tantivy::{Index, IndexWriter, SegmentMeta, TantivyDocument, TantivyError};

use super::MIN_MEMORY;

/// So many documents come out of a merge at most, while the index is written.
pub(super) const MOST: u32 = 1 << 20;
/// And at the end.
const MOST_AT_END: u32 = 1 << 22;
/// Where more parts than these have fewer documents than half of that at the end, the smallest become one, and so few are left:
/// not every run that adds a little has to merge.
const PARTS: usize = 10;
const LEFT: usize = 5;
/// Share of deleted documents at which a part of the index is written anew.
const DELETED_BEFORE_MERGE: f32 = 0.3;

/// Merges eight parts of about one size, while the index is written.
#[derive(Debug)]
pub(super) struct Merges(LogMergePolicy);

impl Default for Merges {
    fn default() -> Self {
        let mut by_size = LogMergePolicy::default();
        by_size.set_del_docs_ratio_before_merge(DELETED_BEFORE_MERGE);
        by_size.set_max_docs_before_merge(MOST as usize / 2);
        Self(by_size)
    }
}

impl MergePolicy for Merges {
    fn compute_merge_candidates(&self, segments: &[SegmentMeta]) -> Vec<MergeCandidate> {
        let alike = self.0.compute_merge_candidates(segments).into_iter().map(|MergeCandidate(together)| {
            let mut all = 0;
            let fit = segments.iter().filter(|segment| together.contains(&segment.id())).filter(|segment| {
                let fits = all + segment.num_docs() <= MOST;
                all += if fits { segment.num_docs() } else { 0 };
                fits
            });
            MergeCandidate(fit.map(SegmentMeta::id).collect())
        });
        let worn = segments.iter().filter(|segment| segment.num_docs() > MOST / 2 && is_worn(segment));
        alike.chain(worn.map(|segment| MergeCandidate(vec![segment.id()]))).collect()
    }
}

fn is_worn(segment: &SegmentMeta) -> bool {
    segment.num_deleted_docs() as f32 > segment.max_doc() as f32 * DELETED_BEFORE_MERGE
}

/// Leaves few parts of an index that nobody writes to. As with every merge, what fails leaves the parts as they are.
pub(super) fn tidy(index: &Index, threads: usize) -> tantivy::Result<()> {
    let groups = crowded(index.searchable_segment_metas()?);
    if groups.is_empty() {
        return Ok(());
    }
    let options = IndexWriterOptions::builder()
        .num_worker_threads(1)
        .memory_budget_per_thread(MIN_MEMORY)
        .num_merge_threads(threads.min(2))
        .build();
    let mut engine: IndexWriter<TantivyDocument> = match index.writer_with_options(options) {
        // Who came in between tidies up in turn.
        Err(TantivyError::LockFailure(..)) => return Ok(()),
        engine => engine?,
    };
    engine.set_merge_policy(Box::new(NoMergePolicy));
    let merges: Vec<_> = groups.iter().map(|group| engine.merge(group)).collect();
    merges.into_iter().for_each(|merge| drop(merge.wait()));
    engine.wait_merging_threads()
}

/// The smallest parts where there are too many, in groups of which each is to be one.
fn crowded(mut parts: Vec<SegmentMeta>) -> Vec<Vec<SegmentId>> {
    parts.retain(|part| part.num_docs() <= MOST_AT_END / 2);
    parts.sort_by_key(SegmentMeta::num_docs);
    let mut groups: Vec<(u32, Vec<SegmentId>)> = Vec::new();
    if parts.len() > PARTS {
        for part in &parts[..=parts.len() - LEFT] {
            match groups.last_mut() {
                Some((all, group)) if *all + part.num_docs() <= MOST_AT_END => {
                    *all += part.num_docs();
                    group.push(part.id());
                }
                _ => groups.push((part.num_docs(), vec![part.id()])),
            }
        }
    }
    groups.into_iter().map(|(_, group)| group).filter(|group| group.len() > 1).collect()
}

#[cfg(test)]
mod tests {
    use tantivy::schema::Schema;

    use super::*;

    fn parts(sizes: &[u32]) -> Vec<SegmentMeta> {
        let index = Index::create_in_ram(Schema::builder().build());
        sizes
            .iter()
            .map(|&documents| index.new_segment_meta(SegmentId::generate_random(), documents))
            .collect()
    }

    /// How many documents each part has once nothing that `choose` gives is left to be merged.
    fn settled(sizes: &[u32], choose: impl Fn(&[SegmentMeta]) -> Vec<Vec<SegmentId>>) -> Vec<u32> {
        let mut parts = parts(sizes);
        while let Some(together) = choose(&parts).first() {
            let is_in = |part: &SegmentMeta| together.contains(&part.id());
            let merged = parts.iter().filter(|part| is_in(part)).map(SegmentMeta::num_docs).sum();
            parts.retain(|part| !is_in(part));
            parts.extend(self::parts(&[merged]));
        }
        let mut left: Vec<u32> = parts.iter().map(SegmentMeta::num_docs).collect();
        left.sort_unstable();
        left
    }

    fn while_written(parts: &[SegmentMeta]) -> Vec<Vec<SegmentId>> {
        let chosen = Merges::default().compute_merge_candidates(parts);
        chosen.into_iter().map(|MergeCandidate(together)| together).collect()
    }

    fn at_end(parts: &[SegmentMeta]) -> Vec<Vec<SegmentId>> {
        crowded(parts.to_vec())
    }

    #[test]
    fn eight_alike_become_one() {
        assert_eq!(settled(&[20_000; 7], while_written), [20_000; 7]);
        assert_eq!(settled(&[20_000; 8], while_written), [160_000]);
    }

    #[test]
    fn no_merge_has_more_documents_than_the_bound_and_few_parts_are_left() {
        let uneven = (1..200).map(|n| n * 2_000).collect();
        for sizes in [vec![36_000; 150], vec![100_000; 200], vec![350_000; 60], vec![700_000; 9], uneven] {
            let all: u32 = sizes.iter().sum();
            let written = settled(&sizes, while_written);
            let left = settled(&written, at_end);
            assert!(written.iter().all(|documents| *documents <= MOST), "{written:?}");
            assert!(left.iter().all(|documents| *documents <= MOST_AT_END), "{left:?}");
            assert_eq!(left.iter().sum::<u32>(), all);
            assert!(left.len() <= PARTS + (all / (MOST_AT_END / 2)) as usize, "{left:?}");
        }
    }

    #[test]
    fn the_smallest_become_one_where_there_are_too_many() {
        assert_eq!(settled(&[9; PARTS], at_end), [9; PARTS]);
        let (few, many) = ([1, 2, 3, 4, 5, 6, 7], [100; LEFT - 1]);
        let all: Vec<u32> = few.into_iter().chain(many).collect();
        assert_eq!(all.len(), PARTS + 1);
        assert_eq!(settled(&all, at_end), [28, 100, 100, 100, 100]);
    }
}
