//! Taking old logs out, in the open: a line says what went and when, and the chain stays as it was.
//!
//! A frame is not cut out of its pack, which would move those behind it. It becomes a frame that zstd skips, of the same
//! length and with nothing in it; a pack of which nothing is left is removed.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom, Write};

use whoran_model::{LogId, Timestamp};

use super::{Archive, Entry, Place, pack, sync_dir};
use crate::{Error, path_of_name};

/// What [`Archive::prune`] took out, or would.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Pruned {
    /// The logs of which nothing is left.
    pub logs: BTreeSet<LogId>,
    /// How many lines of the manifest lost their bytes, with older copies of logs that are still there.
    pub lines: u64,
    /// How many bytes that freed on disk.
    pub bytes: u64,
}

/// What begins a frame that zstd skips; its length follows in four bytes.
const SKIPPED: [u8; 4] = 0x184D_2A50_u32.to_le_bytes();
const SKIPPED_HEAD: u64 = 8;

impl Archive {
    /// What [`Archive::prune`] would take out: every log, and every superseded copy of one, that is all from before
    /// `before`. A log is as old as the last of it was when it was written, as far as its source says
    /// ([`Entry::last`]); else as it was pulled or read.
    ///
    /// Of what was noted where it lies, only what lies there no longer: the files are not the archive's.
    pub fn prunable(&self, before: Timestamp) -> Pruned {
        let (old, rest) = self.old(before);
        let mut pruned = Pruned { lines: old.len() as u64, ..Pruned::default() };
        for entry in old.into_iter().map(|at| &self.entries[at]) {
            pruned.logs.insert(entry.log.id.clone());
            if let Place::Frame { stored, .. } = entry.place {
                pruned.bytes += stored;
            }
        }
        for at in rest {
            pruned.logs.remove(&self.entries[at].log.id);
        }
        pruned
    }

    /// Takes that out, and says so in the manifest with the time `now`.
    ///
    /// First the manifest says it, then the bytes go: one that is killed in between is finished by the next.
    ///
    /// # Errors
    /// A pack or the manifest cannot be written.
    pub fn prune(&mut self, before: Timestamp, now: Timestamp) -> Result<Pruned, Error> {
        self.commit()?;
        let mut pruned = self.prunable(before);
        // In the order of their lines: the last one about a log then says what its last copy was.
        let tombstone = |at: usize| {
            let place = Place::Pruned { line: at as u64 + 1 };
            Entry { place, time: now, ..self.entries[at].clone() }
        };
        let tombstones: Vec<Entry> = self.old(before).0.into_iter().map(tombstone).collect();
        if !tombstones.is_empty() {
            self.writer()?.pending.extend(tombstones);
            self.commit()?;
        }
        pruned.bytes = self.erase()?;
        Ok(pruned)
    }

    /// The lines that still have their bytes and are to be pruned, and those that are to stay, in order.
    fn old(&self, before: Timestamp) -> (Vec<usize>, Vec<usize>) {
        let is_old = |generation: &Vec<usize>| {
            let entries = || generation.iter().map(|&at| &self.entries[at]);
            let lies = |path: &LogId| path_of_name(path.as_str()).exists();
            let here = entries().any(|entry| matches!(&entry.place, Place::InPlace { path } if lies(path)));
            !here && entries().all(|entry| entry.age() < before)
        };
        let (old, rest): (Vec<_>, Vec<_>) = self.generations().into_iter().partition(is_old);
        let [mut old, mut rest] = [old.concat(), rest.concat()];
        old.sort_unstable();
        rest.sort_unstable();
        (old, rest)
    }

    /// The logs of which nothing is left.
    pub fn pruned_logs(&self) -> impl Iterator<Item = &LogId> {
        let is_pruned = |parts: &Vec<usize>| parts.last().is_some_and(|&at| self.entries[at].is_pruned());
        self.parts.iter().filter(move |(_, parts)| is_pruned(parts)).map(|(log, _)| log)
    }

    /// The lines that still have their bytes, those together that make up one copy of a log.
    fn generations(&self) -> Vec<Vec<usize>> {
        let mut open: BTreeMap<&LogId, usize> = BTreeMap::new();
        let mut generations: Vec<Vec<usize>> = Vec::new();
        for (at, entry) in self.entries.iter().enumerate() {
            if entry.is_pruned() || self.pruned.contains(&(at as u64 + 1)) {
                continue;
            }
            match open.get(&entry.log.id) {
                Some(&nth) if entry.from > 0 => generations[nth].push(at),
                _ => {
                    open.insert(&entry.log.id, generations.len());
                    generations.push(vec![at]);
                }
            }
        }
        generations
    }

    /// Takes the bytes away of all that the manifest says is pruned, and gives how many there still were.
    fn erase(&self) -> Result<u64, Error> {
        let mut packs: BTreeMap<u32, (Vec<(u64, u64)>, bool)> = BTreeMap::new();
        for (at, entry) in self.entries.iter().enumerate() {
            let Place::Frame { pack, offset, stored } = entry.place else { continue };
            let (gone, all) = packs.entry(pack).or_insert((Vec::new(), true));
            if self.pruned.contains(&(at as u64 + 1)) {
                gone.push((offset, stored));
            } else {
                *all = false;
            }
        }
        let last = packs.keys().max().copied();
        let mut freed = 0;
        for (number, (gone, all)) in packs {
            let path = pack::path(&self.packs_dir(), number);
            let write = Error::write(&path);
            if gone.is_empty() || !path.exists() {
                continue;
            }
            // The last pack is written further.
            if all && Some(number) != last {
                freed += gone.iter().map(|(_, stored)| stored).sum::<u64>();
                fs::remove_file(&path).map_err(write)?;
                sync_dir(&self.packs_dir())?;
            } else {
                freed += File::options()
                    .read(true)
                    .write(true)
                    .open(&path)
                    .and_then(|mut file| skip_all(&mut file, &gone))
                    .map_err(write)?;
            }
        }
        Ok(freed)
    }
}

/// Whether a frame has become one that zstd skips.
pub(super) fn is_skipped(file: &mut File, offset: u64) -> io::Result<bool> {
    let mut magic = [0; SKIPPED.len()];
    file.seek(SeekFrom::Start(offset))?;
    match file.read_exact(&mut magic) {
        Ok(()) => Ok(magic == SKIPPED),
        // Not even that is left of it.
        Err(e) if e.kind() == io::ErrorKind::UnexpectedEof => Ok(true),
        Err(e) => Err(e),
    }
}

/// Makes frames into such that are skipped, where they are not yet.
fn skip_all(file: &mut File, frames: &[(u64, u64)]) -> io::Result<u64> {
    let mut freed = 0;
    for &(offset, stored) in frames {
        if is_skipped(file, offset)? {
            continue;
        }
        // From its end, so that one that is cut short is found and done again.
        let pieces = pieces(stored);
        let mut end = offset + stored;
        for piece in pieces {
            let start = end - piece;
            blank(file, start + SKIPPED_HEAD, piece - SKIPPED_HEAD)?;
            file.seek(SeekFrom::Start(start))?;
            let length = u32::try_from(piece - SKIPPED_HEAD).unwrap_or(u32::MAX);
            file.write_all(&[SKIPPED, length.to_le_bytes()].concat())?;
            end = start;
        }
        freed += stored;
    }
    file.sync_data()?;
    Ok(freed)
}

/// Lengths of frames that together are `stored` bytes: one, unless that is more than a frame's four bytes of length say.
fn pieces(stored: u64) -> Vec<u64> {
    const MOST: u64 = 1 << 31;
    let mut pieces = Vec::new();
    let mut rest = stored;
    while rest >= MOST + SKIPPED_HEAD {
        pieces.push(MOST);
        rest -= MOST;
    }
    pieces.push(rest.max(SKIPPED_HEAD));
    pieces
}

/// Makes bytes zero and, where the file system can, gives their room back.
fn blank(file: &mut File, start: u64, length: u64) -> io::Result<()> {
    #[cfg(target_os = "linux")]
    {
        use rustix::fs::{FallocateFlags, fallocate};
        let hole = FallocateFlags::PUNCH_HOLE | FallocateFlags::KEEP_SIZE;
        if length > 0 && fallocate(&*file, hole, start, length).is_ok() {
            return Ok(());
        }
    }
    file.seek(SeekFrom::Start(start))?;
    io::copy(&mut io::repeat(0).take(length), file).map(|_| ())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_length_is_made_of_frames_that_can_be_skipped() {
        for stored in [13, 1 << 20, (1 << 31) - 1, 1 << 31, (1 << 31) + 7, (1 << 31) + 8, 5 << 32] {
            let pieces = pieces(stored);
            assert_eq!(pieces.iter().sum::<u64>(), stored);
            assert!(pieces.iter().all(|p| (SKIPPED_HEAD..=(1 << 31) + 8).contains(p)), "{pieces:?}");
        }
    }
}
