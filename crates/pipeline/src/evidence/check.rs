//! Whether a case folder, or the archive of one, is as it was made. Needs nothing else.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Read, Seek};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};
use whoran_ingest::LogReader;
use whoran_model::LogId;

use super::folder::{SEAL, SUMS, hex};
use crate::Error;
use crate::error::InPath;

/// More than a list of hashes has, in bytes.
const MAX_LIST: u64 = 64 << 20;

/// What is not as it was made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CaseMismatch {
    /// There is no list of hashes, or it cannot be read.
    #[error("{SUMS}: {0}")]
    NoList(String),
    /// A line of the list is none.
    #[error("{SUMS}, line {line}: no hash and name")]
    BadLine {
        /// Its number, from 1.
        line: usize,
    },
    /// The list has another hash than the one that was kept elsewhere.
    #[error("{SUMS}: its hash is {found}, and not the one given")]
    OtherList {
        /// Its hash.
        found: String,
    },
    /// A file has other bytes.
    #[error("{file}: its bytes are not those that were put in")]
    Changed {
        /// The file.
        file: String,
    },
    /// A file of the list is not there.
    #[error("{file}: not there")]
    Missing {
        /// The file.
        file: String,
    },
    /// A file is there that the list has not.
    #[error("{file}: not among what was put in")]
    Extra {
        /// The file.
        file: String,
    },
    /// Something could not be read.
    #[error("{file}: cannot be read: {why}")]
    Unreadable {
        /// The file.
        file: String,
        /// The reason.
        why: String,
    },
}

impl CaseMismatch {
    /// A stable short name.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NoList(_) => "no-list",
            Self::BadLine { .. } => "bad-line",
            Self::OtherList { .. } => "other-list",
            Self::Changed { .. } => "changed",
            Self::Missing { .. } => "missing",
            Self::Extra { .. } => "extra",
            Self::Unreadable { .. } => "unreadable",
        }
    }

    /// The file it is about.
    pub fn file(&self) -> &str {
        match self {
            Self::NoList(_) | Self::BadLine { .. } | Self::OtherList { .. } => SUMS,
            Self::Changed { file }
            | Self::Missing { file }
            | Self::Extra { file }
            | Self::Unreadable { file, .. } => file,
        }
    }
}

/// What a check found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaseCheck {
    /// How many files were read.
    pub files: u64,
    /// How many bytes they have.
    pub bytes: u64,
    /// SHA-256 of the list of hashes.
    pub head: String,
    /// What is not as it was made, by file.
    pub mismatches: Vec<CaseMismatch>,
}

/// Checks a case folder, or the archive of one, against its own list of hashes; with a `head` that was kept elsewhere, the
/// list too.
///
/// # Errors
///
/// There is nothing at `path`, or it cannot be read at all.
pub fn verify_case(path: &Path, head: Option<&str>) -> Result<CaseCheck, Error> {
    let cannot = |error: io::Error| error.in_path("read", path);
    let mut found = Found::default();
    if fs::metadata(path).map_err(cannot)?.is_dir() {
        found.folder(path, "")?;
    } else {
        let mut file = File::open(path).map_err(cannot)?;
        let sealed = is_sealed(&mut file).map_err(cannot)?;
        found.archive(path, file, sealed);
    }
    let Found { sums, list, bytes, damaged, mut mismatches } = found;
    let mut due = BTreeMap::new();
    match std::str::from_utf8(&list) {
        _ if !sums.contains_key(SUMS) => mismatches.push(CaseMismatch::NoList("not there".into())),
        Err(error) => mismatches.push(CaseMismatch::NoList(error.to_string())),
        Ok(list) => {
            for (at, line) in list.lines().enumerate() {
                match line.split_once("  ").filter(|(sum, name)| is_sum(sum) && !name.is_empty()) {
                    Some((sum, name)) => drop(due.insert(name, sum)),
                    None => mismatches.push(CaseMismatch::BadLine { line: at + 1 }),
                }
            }
        }
    }
    for (file, sum) in &sums {
        match due.get(file.as_str()) {
            _ if file == SUMS => {}
            None => mismatches.push(CaseMismatch::Extra { file: file.clone() }),
            Some(due) if *due != sum => mismatches.push(CaseMismatch::Changed { file: file.clone() }),
            Some(_) => {}
        }
    }
    for (file, _) in due.iter().filter(|(file, _)| !sums.contains_key(**file)) {
        // What lies behind the place where an archive is damaged is not known to be missing.
        if !damaged {
            mismatches.push(CaseMismatch::Missing { file: (*file).to_owned() });
        }
    }
    let list_sum = sums.get(SUMS).cloned().unwrap_or_default();
    if head.is_some_and(|head| head != list_sum) {
        mismatches.push(CaseMismatch::OtherList { found: list_sum.clone() });
    }
    mismatches.sort_by(|a, b| (a.file(), a.code()).cmp(&(b.file(), b.code())));
    Ok(CaseCheck { files: sums.len() as u64, bytes, head: list_sum, mismatches })
}

/// Whether the archive ends with the hash of all before it; the file is at its beginning again then.
fn is_sealed(file: &mut File) -> io::Result<bool> {
    let seal = SEAL.len() as u64 + 32;
    let Some(sealed) = file.metadata()?.len().checked_sub(seal) else { return Ok(false) };
    let hash = hashed(&mut file.by_ref().take(sealed), &mut |_| {})?;
    let mut end = Vec::new();
    file.read_to_end(&mut end)?;
    file.rewind()?;
    Ok(end == [&SEAL[..], &hash.finalize()].concat())
}

/// Reads to the end.
fn hashed(from: &mut impl Read, each: &mut dyn FnMut(&[u8])) -> io::Result<Sha256> {
    let mut hash = Sha256::new();
    let mut buffer = vec![0; 1 << 16];
    loop {
        match from.read(&mut buffer) {
            Ok(0) => return Ok(hash),
            Ok(n) => {
                hash.update(&buffer[..n]);
                each(&buffer[..n]);
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

fn is_sum(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
}

/// What is there.
#[derive(Default)]
struct Found {
    /// The hash of each file.
    sums: BTreeMap<String, String>,
    list: Vec<u8>,
    bytes: u64,
    /// Whether reading broke off.
    damaged: bool,
    mismatches: Vec<CaseMismatch>,
}

impl Found {
    fn folder(&mut self, folder: &Path, prefix: &str) -> Result<(), Error> {
        let cannot = |error: io::Error| error.in_path("read", folder);
        for entry in fs::read_dir(folder).map_err(cannot)? {
            let entry = entry.map_err(cannot)?;
            let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
            let kind = entry.file_type().map_err(cannot)?;
            if kind.is_dir() {
                let before = self.sums.len();
                self.folder(&entry.path(), &format!("{name}/"))?;
                if self.sums.len() == before {
                    self.mismatches.push(CaseMismatch::Extra { file: format!("{name}/") });
                }
            } else if kind.is_file() {
                match File::open(entry.path()) {
                    Ok(file) => self.file(name, file),
                    Err(error) => self.unreadable(name, &error),
                }
            } else {
                // A link shows bytes that lie elsewhere, and may show others tomorrow.
                self.mismatches.push(CaseMismatch::Extra { file: name });
            }
        }
        Ok(())
    }

    fn archive(&mut self, path: &Path, file: File, sealed: bool) {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let reader = LogReader::new(LogId::new(name.as_str()), file, u64::MAX);
        let mut archive = tar::Archive::new(reader);
        let damage = self.entries(&mut archive).err().map(|error| error.to_string());
        let mut reader = archive.into_inner();
        // Behind the last entry there may be more bytes, and the checksum of all.
        let drained = io::copy(&mut reader, &mut io::sink());
        let end = reader.finish();
        if !sealed {
            self.mismatches.push(CaseMismatch::Changed { file: name.clone() });
        }
        let damage = end.diagnostics.first().map(|odd| odd.kind.to_string()).or(damage);
        if let Some(why) = damage.or_else(|| drained.err().map(|error| error.to_string())) {
            self.damaged = true;
            self.mismatches.push(CaseMismatch::Unreadable { file: name, why });
        }
    }

    fn entries(&mut self, archive: &mut tar::Archive<LogReader>) -> io::Result<()> {
        for entry in archive.entries()? {
            let entry = entry?;
            let path: PathBuf = entry.path()?.components().skip(1).collect();
            let name = path.to_string_lossy().into_owned();
            if !entry.header().entry_type().is_file() || self.sums.contains_key(&name) {
                self.mismatches.push(CaseMismatch::Extra { file: name });
                continue;
            }
            self.file(name, entry);
        }
        Ok(())
    }

    fn file(&mut self, name: String, mut from: impl Read) {
        let list = &mut self.list;
        let mut size = 0;
        let hash = hashed(&mut from, &mut |bytes| {
            size += bytes.len() as u64;
            if name == SUMS && size <= MAX_LIST {
                list.extend_from_slice(bytes);
            }
        });
        match hash {
            Ok(hash) => {
                self.bytes += size;
                self.sums.insert(name, hex(&hash.finalize()));
            }
            Err(error) => self.unreadable(name, &error),
        }
    }

    fn unreadable(&mut self, file: String, error: &io::Error) {
        self.mismatches.push(CaseMismatch::Unreadable { file, why: error.to_string() });
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use whoran_model::Timestamp;

    use super::*;
    use crate::CaseFolder;

    fn case(dir: &Path) -> (PathBuf, String) {
        let path = dir.join("case");
        let mut folder = CaseFolder::create(&path).unwrap();
        for (name, text) in [("a.jsonl", "{}\n"), ("raw/0001-x.log", "sh-5.2$ id\n"), ("empty", "")] {
            let mut file = folder.file(name).unwrap();
            file.write_all(text.as_bytes()).unwrap();
            folder.close(file).unwrap();
        }
        let head = folder.finish(Timestamp::UNIX_EPOCH).unwrap();
        (path, head)
    }

    fn told(path: &Path, head: Option<&str>) -> Vec<(&'static str, String)> {
        let check = verify_case(path, head).unwrap();
        check.mismatches.iter().map(|m| (m.code(), m.file().to_owned())).collect()
    }

    #[test]
    fn what_was_made_is_whole_and_the_same_every_time() {
        let (one, two) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let ((path, head), (other, same)) = (case(one.path()), case(two.path()));
        assert_eq!(head, same);
        let archive = |path: &Path| fs::read(path.with_file_name("case.tar.zst")).unwrap();
        assert_eq!(archive(&path), archive(&other));
        for path in [path.clone(), path.with_file_name("case.tar.zst")] {
            let check = verify_case(&path, Some(&head)).unwrap();
            assert_eq!((check.files, check.bytes > 200, check.mismatches), (4, true, vec![]));
            assert_eq!(told(&path, Some(&"0".repeat(64))), [("other-list", SUMS.to_owned())]);
        }
        assert!(CaseFolder::create(&path).is_err(), "what is there stays");
        assert_eq!(fs::read_dir(one.path()).unwrap().count(), 2, "nothing else is left");
    }

    #[test]
    fn each_flipped_bit_of_a_folder_is_named() {
        let dir = tempfile::tempdir().unwrap();
        let (path, _) = case(dir.path());
        for name in ["a.jsonl", "raw/0001-x.log"] {
            let file = path.join(name);
            let whole = fs::read(&file).unwrap();
            for bit in 0..whole.len() * 8 {
                let mut flipped = whole.clone();
                flipped[bit / 8] ^= 1 << (bit % 8);
                fs::write(&file, flipped).unwrap();
                assert_eq!(told(&path, None), [("changed", name.to_owned())], "bit {bit}");
            }
            fs::write(&file, whole).unwrap();
        }
        let file = path.join(SUMS);
        let whole = fs::read(&file).unwrap();
        for bit in 0..whole.len() * 8 {
            let mut flipped = whole.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            fs::write(&file, flipped).unwrap();
            assert!(!told(&path, None).is_empty(), "bit {bit} of the list");
        }
    }

    #[test]
    fn each_flipped_bit_of_an_archive_is_seen() {
        let dir = tempfile::tempdir().unwrap();
        let (path, head) = case(dir.path());
        let archive = path.with_file_name("case.tar.zst");
        let whole = fs::read(&archive).unwrap();
        let mut unseen = Vec::new();
        for bit in 0..whole.len() * 8 {
            let mut flipped = whole.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            fs::write(&archive, flipped).unwrap();
            if verify_case(&archive, Some(&head)).unwrap().mismatches.is_empty() {
                unseen.push(bit);
            }
        }
        assert_eq!(unseen, Vec::<usize>::new());
    }

    #[test]
    fn what_is_missing_or_more_is_named() {
        let dir = tempfile::tempdir().unwrap();
        let (path, _) = case(dir.path());
        fs::write(path.join("raw/extra"), "").unwrap();
        std::os::unix::fs::symlink("a.jsonl", path.join("link")).unwrap();
        fs::create_dir(path.join("folder")).unwrap();
        fs::remove_file(path.join("empty")).unwrap();
        let expected =
            [("missing", "empty"), ("extra", "folder/"), ("extra", "link"), ("extra", "raw/extra")];
        assert_eq!(told(&path, None), expected.map(|(code, file)| (code, file.to_owned())));
        fs::remove_file(path.join(SUMS)).unwrap();
        assert!(told(&path, None).contains(&("no-list", SUMS.to_owned())));
        assert!(verify_case(&path.join("nothing"), None).is_err());
    }
}
