//! Raw logs of a case, as they are archived, or as they lie where they were read.

use std::collections::BTreeSet;
use std::io;
use std::path::Path;

use serde::Serialize;
use whoran_ingest::hex;
use whoran_model::LogId;

use super::folder::CaseFolder;
use crate::error::InPath;
use crate::{Error, Store};

/// Longest part of a file's name that is taken from a log's, in characters.
const MAX_NAME: usize = 80;

/// What became of a raw log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RawLog {
    /// The log.
    pub log: String,
    /// The file that has its bytes.
    pub file: Option<String>,
    /// Their SHA-256.
    pub sha256: Option<String>,
    /// Whether they are what was indexed, by the hash in the manifest's line; null where several lines make up the log.
    pub as_indexed: Option<bool>,
    /// Why there is no file.
    pub missing: Option<String>,
}

impl Store {
    /// The hash of the last line of the archive's manifest.
    ///
    /// # Errors
    ///
    /// The manifest cannot be read.
    pub fn manifest_head(&self) -> Result<String, Error> {
        Ok(self.archive()?.head().to_owned())
    }

    /// Puts the bytes of logs into a case, one file each below `raw/`.
    ///
    /// # Errors
    ///
    /// The manifest cannot be read, or the case not be written. A log that cannot be read is told of.
    pub fn raw_logs(&self, logs: &BTreeSet<LogId>, into: &mut CaseFolder) -> Result<Vec<RawLog>, Error> {
        let archive = self.archive()?;
        let mut done = Vec::new();
        for (number, log) in logs.iter().enumerate() {
            let name = log.as_str().split(['?', '#']).next().unwrap_or_default();
            let name = name.rsplit(['/', '\\']).next().unwrap_or_default();
            let plain = |c: char| if c.is_ascii_alphanumeric() || "._-@".contains(c) { c } else { '_' };
            let name: String = name.chars().take(MAX_NAME).map(plain).collect();
            let file = format!("raw/{:04}-{name}", number + 1);
            let mut raw =
                RawLog { log: log.to_string(), file: None, sha256: None, as_indexed: None, missing: None };
            match archive.read(log) {
                Err(error) => raw.missing = Some(error.to_string()),
                Ok(mut bytes) => {
                    let mut out = into.file(&file)?;
                    io::copy(&mut bytes, &mut out)
                        .map_err(|error| error.in_path("copy", Path::new(log.as_str())))?;
                    let sum = into.close(out)?;
                    raw.as_indexed = archive.recorded(log).map(|recorded| hex(&recorded) == sum);
                    (raw.file, raw.sha256) = (Some(file), Some(sum));
                }
            }
            done.push(raw);
        }
        Ok(done)
    }
}
