//! Which parts of the index are merged: parts of about one size, and never more documents than a bound. The engine keeps sixteen
//! bytes of each while it merges, so that memory grew with the index where all of it came together in one part.

use tantivy::SegmentMeta;
use tantivy::index::SegmentId;
use tantivy::indexer::MergeCandidate;
use tantivy::merge_policy::{LogMergePolicy, MergePolicy};

/// So many documents come out of a merge at most.
const MOST: u32 = 1 << 20;
/// Up to so many it has eight of its size beside it before it is merged; larger ones are merged once they fill the bound.
const SMALL: u32 = MOST / 8;
/// Share of deleted documents at which a part of the index is written anew.
const DELETED_BEFORE_MERGE: f32 = 0.3;

#[derive(Debug)]
pub(super) struct Merges(LogMergePolicy);

impl Default for Merges {
    fn default() -> Self {
        let mut by_size = LogMergePolicy::default();
        by_size.set_del_docs_ratio_before_merge(DELETED_BEFORE_MERGE);
        by_size.set_max_docs_before_merge(SMALL as usize);
        Self(by_size)
    }
}

impl MergePolicy for Merges {
    fn compute_merge_candidates(&self, segments: &[SegmentMeta]) -> Vec<MergeCandidate> {
        let small = self.0.compute_merge_candidates(segments).into_iter().map(|MergeCandidate(together)| {
            let (fit, _) = fitting(segments.iter().filter(|segment| together.contains(&segment.id())));
            fit
        });
        let mut middle: Vec<_> =
            segments.iter().filter(|segment| (SMALL + 1..=MOST / 2).contains(&segment.num_docs())).collect();
        middle.sort_by_key(|segment| std::cmp::Reverse(segment.num_docs()));
        let (fit, all) = fitting(middle.iter().copied());
        let is_full = fit.len() < middle.len() || all > MOST / 4 * 3;
        let worn = segments.iter().filter(|segment| segment.num_docs() > SMALL && is_worn(segment));
        let mut chosen: Vec<_> = small.collect();
        chosen.extend(worn.clone().map(|segment| vec![segment.id()]));
        if is_full && worn.count() == 0 {
            chosen.push(fit);
        }
        chosen.into_iter().map(MergeCandidate).collect()
    }
}

/// As many of these as may be merged together, from the first on, and how many documents they have.
fn fitting<'s>(segments: impl Iterator<Item = &'s SegmentMeta>) -> (Vec<SegmentId>, u32) {
    let mut all = 0;
    let fit = segments.filter(|segment| {
        let fits = all + segment.num_docs() <= MOST;
        all += if fits { segment.num_docs() } else { 0 };
        fits
    });
    let fit = fit.map(SegmentMeta::id).collect();
    (fit, all)
}

fn is_worn(segment: &SegmentMeta) -> bool {
    segment.num_deleted_docs() as f32 > segment.max_doc() as f32 * DELETED_BEFORE_MERGE
}

#[cfg(test)]
mod tests {
    use tantivy::Index;
    use tantivy::schema::Schema;

    use super::*;

    fn parts(sizes: &[u32]) -> Vec<SegmentMeta> {
        let index = Index::create_in_ram(Schema::builder().build());
        sizes
            .iter()
            .map(|&documents| index.new_segment_meta(SegmentId::generate_random(), documents))
            .collect()
    }

    /// How many documents each part has once nothing is merged any more.
    fn settled(sizes: &[u32]) -> Vec<u32> {
        let mut parts = parts(sizes);
        loop {
            let chosen = Merges::default().compute_merge_candidates(&parts);
            let Some(MergeCandidate(together)) = chosen.first() else { break };
            let is_in = |part: &SegmentMeta| together.contains(&part.id());
            let merged = parts.iter().filter(|part| is_in(part)).map(SegmentMeta::num_docs).sum();
            parts.retain(|part| !is_in(part));
            parts.extend(self::parts(&[merged]));
        }
        let mut left: Vec<u32> = parts.iter().map(SegmentMeta::num_docs).collect();
        left.sort_unstable();
        left
    }

    #[test]
    fn eight_alike_become_one() {
        assert_eq!(settled(&[20_000; 7]), [20_000; 7]);
        assert_eq!(settled(&[20_000; 8]), [160_000]);
    }

    #[test]
    fn no_merge_has_more_documents_than_the_bound_and_few_parts_are_left() {
        let uneven = (1..200).map(|n| n * 2_000).collect();
        for sizes in [vec![36_000; 150], vec![100_000; 200], vec![350_000; 60], vec![700_000; 9], uneven] {
            let all: u32 = sizes.iter().sum();
            let left = settled(&sizes);
            assert!(left.iter().all(|documents| *documents <= MOST), "{left:?}");
            assert_eq!(left.iter().sum::<u32>(), all);
            assert!(left.len() <= 10 + (all / (MOST / 8 * 5)) as usize, "{left:?}");
        }
    }
}
