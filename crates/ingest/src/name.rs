//! Paths as log names and back, without loss.

use std::ffi::OsString;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Component, Path, PathBuf};

use whoran_model::LogId;

/// The name of the log at `path`: the path itself, with each byte that is no UTF-8 written `\xHH`.
///
/// A backslash that would read as such an escape is itself written `\x5c`, so no two paths share a name.
///
/// ```
/// use std::{ffi::OsStr, os::unix::ffi::OsStrExt, path::Path};
/// use whoran_ingest::{name_of_path, path_of_name};
///
/// let path = Path::new(OsStr::from_bytes(b"logs/caf\xe9.log"));
/// assert_eq!(name_of_path(path).as_str(), r"logs/caf\xe9.log");
/// assert_eq!(path_of_name(name_of_path(path).as_str()), path);
/// ```
pub fn name_of_path(path: &Path) -> LogId {
    if let Some(plain) = path.to_str().filter(|path| !path.contains('\\')) {
        return LogId::new(plain);
    }
    let mut name = String::new();
    for chunk in path.as_os_str().as_bytes().utf8_chunks() {
        let mut rest = chunk.valid();
        while let Some(at) = rest.find('\\') {
            name.push_str(&rest[..at]);
            name.push_str(if escaped_byte(&rest.as_bytes()[at..]).is_some() { r"\x5c" } else { r"\" });
            rest = &rest[at + 1..];
        }
        name.push_str(rest);
        for byte in chunk.invalid() {
            name.push_str(&format!(r"\x{byte:02x}"));
        }
    }
    LogId::new(name)
}

/// The path without what changes nothing in it: `./logs//a.log` and `logs/./a.log` are `logs/a.log`. Links are not
/// asked, so `..` stays.
pub fn plain_path(path: &Path) -> PathBuf {
    let mut parts = path.as_os_str().as_bytes().split(|b| *b == b'/').skip(usize::from(path.has_root()));
    if parts.all(|part| !matches!(part, b"" | b".")) {
        return path.to_owned();
    }
    let plain: PathBuf = path.components().filter(|part| *part != Component::CurDir).collect();
    if plain.as_os_str().is_empty() { PathBuf::from(".") } else { plain }
}

/// The path a name made by [`name_of_path`] stands for.
pub fn path_of_name(name: &str) -> PathBuf {
    if !name.contains('\\') {
        return PathBuf::from(name);
    }
    let mut rest = name.as_bytes();
    let mut path = Vec::with_capacity(rest.len());
    while let Some(&first) = rest.first() {
        let (byte, width) = escaped_byte(rest).map_or((first, 1), |byte| (byte, 4));
        path.push(byte);
        rest = &rest[width..];
    }
    PathBuf::from(OsString::from_vec(path))
}

/// The byte that `\xHH` at the start of `text` stands for.
fn escaped_byte(text: &[u8]) -> Option<u8> {
    let [b'\\', b'x', high, low, ..] = text else { return None };
    let digit = |b: &u8| char::from(*b).to_digit(16).filter(|_| !b.is_ascii_uppercase());
    u8::try_from(digit(high)? * 16 + digit(low)?).ok()
}

#[cfg(test)]
mod tests {
    use std::ffi::OsStr;

    use super::*;

    #[test]
    fn any_path_survives_being_a_name() {
        let paths: [&[u8]; 9] = [
            b"logs/alice.log",
            b"caf\xe9",
            b"caf\xc3\xa9",
            br"a\xe9",
            br"a\x5cxe9",
            br"\\x\x4",
            br"C:\logs\new",
            b"\xff\\xff\xfe\\",
            b"line\nbreak",
        ];
        let mut names = std::collections::HashSet::new();
        for bytes in paths {
            let path = Path::new(OsStr::from_bytes(bytes));
            let name = name_of_path(path);
            assert_eq!(path_of_name(name.as_str()), path, "{name}");
            assert!(names.insert(name));
        }
    }

    #[test]
    fn a_path_has_one_plain_form() {
        for path in ["logs/a", "./logs/a", "logs/./a", ".//logs//a/", "././logs/a/."] {
            assert_eq!(plain_path(Path::new(path)).as_os_str(), "logs/a", "{path}");
        }
        for (path, plain) in [("../a", "../a"), ("a/../b", "a/../b"), ("/./a", "/a"), (".", "."), ("./", ".")]
        {
            assert_eq!(plain_path(Path::new(path)).as_os_str(), plain, "{path}");
        }
    }

    #[test]
    fn a_plain_path_is_its_own_name() {
        for path in ["logs/a.log", r"C:\logs\new.txt", "./ü/%41"] {
            assert_eq!(name_of_path(Path::new(path)).as_str(), path);
        }
    }
}
