//! A case folder in the making. It lies under another name until all of it is written, and only its owner may read it.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};
use tempfile::TempDir;
use whoran_ingest::create_private_dir;
use whoran_model::Timestamp;

use crate::Error;
use crate::error::InPath;

/// The file that lists the hash of each other one, as `sha256sum -c` reads it.
pub const SUMS: &str = "SHA256SUMS";

/// How far the archive is compressed.
const LEVEL: i32 = 6;

/// A folder in the making.
#[derive(Debug)]
pub struct CaseFolder {
    path: PathBuf,
    making: TempDir,
    sums: BTreeMap<String, String>,
}

/// A file of it in the making.
#[derive(Debug)]
pub struct CaseFile {
    name: String,
    out: BufWriter<File>,
    hash: Sha256,
}

impl Write for CaseFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.out.write(bytes)?;
        self.hash.update(&bytes[..written]);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

impl CaseFolder {
    /// Begins a folder that will be at `path`, where nothing may be yet.
    ///
    /// # Errors
    ///
    /// Something is there, or nothing can be made there.
    pub fn create(path: &Path) -> Result<Self, Error> {
        let cannot = |error: io::Error| error.in_path("make", path);
        for taken in [path.to_owned(), archive_of(path)] {
            if fs::symlink_metadata(&taken).is_ok() {
                let there = "something is there, and evidence takes no other's place; give another name";
                return Err(io::Error::new(io::ErrorKind::AlreadyExists, there).in_path("make", &taken));
            }
        }
        if path.file_name().is_none() {
            return Err(cannot(io::ErrorKind::InvalidInput.into()));
        }
        let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
        fs::create_dir_all(parent).map_err(cannot)?;
        let making = tempfile::Builder::new().prefix(".whoran-").tempdir_in(parent).map_err(cannot)?;
        Ok(Self { path: path.to_owned(), making, sums: BTreeMap::new() })
    }

    /// Begins a file of that name, which may have folders in it.
    ///
    /// # Errors
    ///
    /// It cannot be written.
    pub fn file(&self, name: &str) -> Result<CaseFile, Error> {
        let path = self.making.path().join(name);
        let open = || {
            if let Some(parent) = path.parent() {
                create_private_dir(parent).map_err(io::Error::other)?;
            }
            OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path)
        };
        let file = open().map_err(|error| error.in_path("write", &path))?;
        Ok(CaseFile { name: name.to_owned(), out: BufWriter::new(file), hash: Sha256::new() })
    }

    /// Ends a file, and gives its hash.
    ///
    /// # Errors
    ///
    /// It cannot be written.
    pub fn close(&mut self, file: CaseFile) -> Result<String, Error> {
        let CaseFile { name, out, hash } = file;
        let done = out.into_inner().map_err(io::IntoInnerError::into_error).and_then(|file| file.sync_all());
        done.map_err(|error| error.in_path("write", &self.path.join(&name)))?;
        let sum = hex(&hash.finalize());
        self.sums.insert(name, sum.clone());
        Ok(sum)
    }

    /// Writes the list of hashes, puts the folder in its place, and an archive of it beside. Gives the hash of the list:
    /// who keeps it elsewhere can tell that nothing was changed, list and all. Times in the archive are `made`.
    ///
    /// # Errors
    ///
    /// It cannot be written.
    pub fn finish(self, made: Timestamp) -> Result<String, Error> {
        let cannot = |error: io::Error| error.in_path("write", &self.path);
        let list: String = self.sums.iter().map(|(name, sum)| format!("{sum}  {name}\n")).collect();
        let mut file = self.file(SUMS)?;
        file.write_all(list.as_bytes()).map_err(cannot)?;
        file.out.flush().and_then(|()| file.out.get_ref().sync_all()).map_err(cannot)?;
        let sum = hex(&file.hash.finalize());

        let archive = archive_of(&self.path);
        let parent = archive.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let packed = tempfile::Builder::new().prefix(".whoran-").tempfile_in(parent).map_err(cannot)?;
        let names = self.sums.keys().map(String::as_str).chain([SUMS]);
        pack(packed.as_file(), self.making.path(), &self.path, names, made).map_err(cannot)?;
        packed.persist_noclobber(&archive).map_err(|e| e.error.in_path("write", &archive))?;
        fs::rename(self.making.path(), &self.path).map_err(cannot)?;
        // What was moved away is not there to be removed.
        let _ = self.making.keep();
        Ok(sum)
    }
}

/// Where the archive of a folder lies.
fn archive_of(path: &Path) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".tar.zst");
    path.with_file_name(name)
}

/// What the last frame of an archive begins with: a frame that every reader of zstd skips (RFC 8878, 3.1.2), 32 bytes
/// long. They are the SHA-256 of all before it: a bit of a frame's header may flip without a byte of its content.
pub(super) const SEAL: [u8; 8] = [0x50, 0x2a, 0x4d, 0x18, 32, 0, 0, 0];

/// Bytes on their way to a file, hashed.
struct Sealing<'a> {
    to: &'a File,
    hash: Sha256,
}

impl Write for Sealing<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.to.write(bytes)?;
        self.hash.update(&bytes[..written]);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.to.flush()
    }
}

fn pack<'a>(
    to: &File,
    from: &Path,
    path: &Path,
    names: impl Iterator<Item = &'a str>,
    made: Timestamp,
) -> io::Result<()> {
    let mut encoder = zstd::Encoder::new(Sealing { to, hash: Sha256::new() }, LEVEL)?;
    encoder.include_checksum(true)?;
    let mut archive = tar::Builder::new(encoder);
    let root = Path::new(path.file_name().unwrap_or_default());
    let mut names: Vec<&str> = names.collect();
    names.sort_unstable();
    for name in names {
        let file = File::open(from.join(name))?;
        let mut header = tar::Header::new_gnu();
        header.set_size(file.metadata()?.len());
        header.set_mtime(u64::try_from(made.as_second()).unwrap_or(0));
        header.set_mode(0o600);
        archive.append_data(&mut header, root.join(name), file)?;
    }
    let Sealing { mut to, hash } = archive.into_inner()?.finish()?;
    to.write_all(&SEAL)?;
    to.write_all(&hash.finalize())?;
    to.sync_all()
}

pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
