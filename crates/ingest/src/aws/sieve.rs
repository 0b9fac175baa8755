//! What of CloudTrail is kept: of an account's records nearly all say nothing about sessions.

use std::io::{self, Cursor, Read};
use std::path::Path;

use serde_json::json;
use whoran_model::LogId;

use super::name;
use crate::hashed::hex;
use crate::{DEFAULT_CAP, LogReader, Packed, Packer};

/// Tells the records of CloudTrail that matter from the others. What a record means is not this crate's business.
#[derive(Debug, Clone, Copy)]
pub struct Sieve {
    /// The calls that matter: `eventSource`, and `eventName`s of it.
    pub calls: &'static [(&'static str, &'static [&'static str])],
    /// How to tell them.
    pub keep: Keep,
}

/// Reads JSON of CloudTrail and gives the exact text of each record to keep. `false`: it is not CloudTrail's from its
/// beginning to its end.
pub type Keep = fn(&mut dyn Read, &mut dyn FnMut(&[u8])) -> io::Result<bool>;

/// The largest object that is sifted; CloudTrail's own are far below, in bytes.
pub(super) const MAX_OBJECT: u64 = 64 << 20;

impl Sieve {
    /// The records of an object that matter, one a line, and last a line that says which object they are of and what
    /// its SHA-256 was. Nothing where the object is no whole CloudTrail file: that is kept as it is.
    pub(super) fn object(
        self,
        log: &LogId,
        object: &mut Packed,
        scratch: &Path,
    ) -> io::Result<Option<(LogId, Packed)>> {
        let mut stored = Vec::new();
        object.unpack(&mut stored)?;
        let mut reader = LogReader::new(log.clone(), Cursor::new(stored), DEFAULT_CAP);
        let mut packer = Packer::new(scratch, None)?;
        let (mut kept, mut failed) = (0_u64, None);
        let whole = (self.keep)(&mut reader, &mut |record| {
            kept += 1;
            let fed = packer.feed(record).and_then(|()| packer.feed(b"\n"));
            failed = failed.take().or(fed.err());
        })?;
        if let Some(error) = failed {
            return Err(error);
        }
        if !whole || !reader.finish().diagnostics.is_empty() {
            return Ok(None);
        }
        let of = json!({"cloudTrailObject": log.as_str(), "sha256": hex(&object.sha256()), "kept": kept});
        packer.feed(format!("{of}\n").as_bytes())?;
        Ok(Some((name::of_records(log), packer.finish()?)))
    }
}
