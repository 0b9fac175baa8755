//! Where bytes come from and how a place in them is named.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use crate::SessionId;

/// The name of one stored log: `s3://bucket/key?versionId=…`, `cloudwatch:account/region/group/stream`, a path as
/// given, or `stdin:<sha-256>`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LogId(Arc<str>);

impl LogId {
    /// Takes the name as it is.
    pub fn new(name: impl Into<Arc<str>>) -> Self {
        Self(name.into())
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The last part of the name without folders and without any file extension we know: where an object key or a
    /// file is named after its session, this is the session id.
    pub fn stem(&self) -> &str {
        let mut stem = self.file_name();
        for ext in [".gz", ".zst", ".log", ".txt", ".jsonl", ".ndjson", ".json"] {
            stem = stem.strip_suffix(ext).unwrap_or(stem);
        }
        stem
    }

    /// The folders that the last part of the name is in, the innermost first.
    pub fn folders(&self) -> impl Iterator<Item = &str> {
        self.parts().skip(1)
    }

    /// The session, and the managed node where it is there too, of a file that lies where the agent keeps it on the node, or
    /// in a copy of those folders: `…/<node>/session/orchestration/<session>/<plugin>/<file>` (docparser.go, mgsinteractor.go).
    pub fn orchestrated(&self) -> Option<(&str, Option<&str>)> {
        let mut parts = self.parts().skip(2);
        let session = parts.next()?;
        parts.next().filter(|part| *part == "orchestration")?;
        let node = parts.next().filter(|part| *part == "session").and_then(|_| parts.next());
        Some((session, node))
    }

    /// The last part of the name.
    pub fn file_name(&self) -> &str {
        self.parts().next().unwrap_or_default()
    }

    /// The parts of the name, the last one first.
    fn parts(&self) -> impl Iterator<Item = &str> {
        self.0.split(['?', '#']).next().unwrap_or_default().rsplit(['/', '\\'])
    }
}

impl fmt::Display for LogId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// One log a source offers, with what tells a changed log from an unchanged one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogRef {
    /// Its name.
    pub id: LogId,
    /// Its size as stored, in bytes.
    pub size: u64,
    /// What changes when the log changes: a version id, an ETag, or size and modification time of a file.
    pub version: Arc<str>,
}

/// A half-open byte range of the decompressed log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ByteSpan {
    /// The log.
    pub log: LogId,
    /// First byte.
    pub start: u64,
    /// One past the last byte.
    pub end: u64,
}

/// What the bytes of a fragment look like. Which of the two a log is, its content tells and never its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Shape {
    /// Streaming session events: JSON objects with a `sessionData` array.
    Events,
    /// CloudWatch API records around messages, as `get-log-events`, `filter-log-events` and subscription filters print
    /// them. A message is a streaming event or a piece of a plain upload.
    Envelopes,
    /// Terminal output as a whole: an S3 transcript, a Windows PowerShell transcript, output of a non-interactive
    /// command.
    Transcript,
}

/// One session's share of one log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fragment {
    /// The session the bytes belong to.
    pub session: SessionId,
    /// Whether that is known from more than a log's name that has not the shape of a session id. Such a name is also what
    /// logs of other sessions may be called.
    pub proven: bool,
    /// The log that holds them.
    pub log: LogId,
    /// What they look like.
    pub shape: Shape,
    /// Where they stand in the decompressed log, ascending and apart from each other.
    pub ranges: Vec<Range<u64>>,
}

impl Fragment {
    /// How many bytes of the log this is.
    pub fn len(&self) -> u64 {
        self.ranges.iter().map(|r| r.end - r.start).sum()
    }

    /// Whether it holds no bytes.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_stem_is_the_session_id_of_a_well_named_log() {
        let id = "alice@example.com-4njnyxxl8yn676nsla8j6l4bra";
        for name in [
            format!("s3://b/pre/{id}.log?versionId=x/y"),
            format!("logs/{id}.log.gz"),
            format!("cloudwatch:111122223333/eu-west-1/group/{id}"),
            format!("{id}.json"),
        ] {
            assert_eq!(LogId::new(name.as_str()).stem(), id, "{name}");
        }
        let exported = LogId::new(format!("s3://b/exportedlogs/task/{id}/000000.gz"));
        assert_eq!((exported.stem(), exported.folders().next()), ("000000", Some(id)));
        assert_eq!(LogId::new("alone.log").folders().next(), None);
    }
}
