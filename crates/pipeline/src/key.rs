//! The key of the fingerprints of masked secrets, kept in the data directory.

use std::fs::OpenOptions;
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use whoran_mask::{KEY_BYTES, Key};

use crate::Error;
use crate::error::InPath;

const NAME: &str = "mask.key";

/// The key of a data directory, where it has one.
///
/// # Errors
///
/// [`Error::Io`] where there is a key that cannot be read or is none.
pub(crate) fn read(data: &Path) -> Result<Option<Key>, Error> {
    let path = data.join(NAME);
    let bytes = match std::fs::read(&path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error.in_path("read", &path)),
    };
    let bytes = <[u8; KEY_BYTES]>::try_from(bytes).map_err(|bytes| {
        let why = format!("a key is {KEY_BYTES} bytes and this is {}", bytes.len());
        io::Error::new(io::ErrorKind::InvalidData, why).in_path("read", &path)
    })?;
    Ok(Some(Key::new(bytes)))
}

/// The key of a data directory, made where it has none, which only the holder of the lock does.
pub(crate) fn read_or_make(data: &Path) -> Result<Key, Error> {
    if let Some(key) = read(data)? {
        return Ok(key);
    }
    let path = data.join(NAME);
    let mut bytes = [0; KEY_BYTES];
    getrandom::fill(&mut bytes).map_err(|error| io::Error::other(error).in_path("make", &path))?;
    // Under another name first: half a key must never be found.
    let part = data.join("mask.key.part");
    let write = || {
        let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&part)?;
        file.write_all(&bytes)?;
        file.sync_all()?;
        std::fs::rename(&part, &path)
    };
    write().map_err(|error: io::Error| error.in_path("make", &path))?;
    Ok(Key::new(bytes))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a_key_is_made_once_and_is_its_owners_alone() {
        let dir = tempfile::tempdir().unwrap();
        assert!(read(dir.path()).unwrap().is_none());
        let made = read_or_make(dir.path()).unwrap().fingerprint("x");
        assert_eq!(read_or_make(dir.path()).unwrap().fingerprint("x"), made);
        let mode = std::fs::metadata(dir.path().join(NAME)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        std::fs::write(dir.path().join(NAME), "short").unwrap();
        assert!(read(dir.path()).unwrap_err().to_string().contains("a key is 32 bytes and this is 5"));
    }
}
