//! CloudTrail → the records of it that are facts, exact text: what of an account's trail is worth keeping.

use serde_json::Value;
use whoran_model::{ByteSpan, LogId};

use super::scan::{Found, Scan};
use super::trail::{self, Sieve};

/// Goes through a CloudTrail file, or records one after the other, in any chunks.
///
/// ```
/// use whoran_parse::TrailSieve;
///
/// let start = r#"{"eventTime":"2026-03-01T08:00:00Z","eventSource":"ssm.amazonaws.com","eventName":"StartSession"}"#;
/// let other = r#"{"eventTime":"2026-03-01T08:00:00Z","eventSource":"s3.amazonaws.com","eventName":"GetObject"}"#;
/// let mut kept = Vec::new();
/// let mut sieve = TrailSieve::new();
/// sieve.feed(format!(r#"{{"Records":[{other},{start}]}}"#).as_bytes(), &mut |record| kept.push(record.to_vec()));
/// assert!(sieve.finish());
/// assert_eq!(kept, [start.as_bytes()]);
/// ```
#[derive(Debug)]
pub struct TrailSieve {
    scan: Scan,
    sieve: Sieve,
    nowhere: LogId,
    /// Whether anything so far is CloudTrail's.
    known: bool,
    /// Whether all of it could be read.
    whole: bool,
}

impl Default for TrailSieve {
    fn default() -> Self {
        Self::new()
    }
}

impl TrailSieve {
    /// Starts a file.
    pub fn new() -> Self {
        Self { scan: Scan::new(), sieve: Sieve::new(), nowhere: LogId::new(""), known: false, whole: true }
    }

    /// Takes the next bytes, and gives each record that is a fact.
    pub fn feed(&mut self, bytes: &[u8], keep: &mut dyn FnMut(&[u8])) {
        let Self { scan, sieve, nowhere, known, whole } = self;
        scan.feed(bytes, &mut |found| match found {
            Found::List("Records") => *known = true,
            Found::Object { of: "" | "Records", bytes, .. } if !sieve.passes(bytes) => *known = true,
            Found::Object { of: "" | "Records", bytes, start } => {
                match serde_json::from_slice::<Value>(bytes) {
                    Ok(record) => {
                        *known |= record.get("eventSource").is_some();
                        let end = start + bytes.len() as u64;
                        if trail::event(&record, ByteSpan { log: nowhere.clone(), start, end }).is_some() {
                            keep(bytes);
                        }
                    }
                    Err(_) => *whole = false,
                }
            }
            Found::Damage { .. } | Found::Oversized { .. } => *whole = false,
            Found::List(_) | Found::Object { .. } => {}
        });
    }

    /// Ends the file; whether it was CloudTrail's from its beginning to its end.
    pub fn finish(self) -> bool {
        let mut whole = self.whole;
        self.scan.finish(&mut |_| whole = false);
        whole && self.known
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sift(text: &str, chunk: usize) -> (Vec<String>, bool) {
        let (mut sieve, mut kept) = (TrailSieve::new(), Vec::new());
        for bytes in text.as_bytes().chunks(chunk) {
            sieve.feed(bytes, &mut |record| kept.push(String::from_utf8(record.to_vec()).unwrap()));
        }
        (kept, sieve.finish())
    }

    #[test]
    fn records_that_are_facts_come_as_they_are() {
        let start = "{\"eventTime\":\"2026-03-01T08:00:00Z\", \"eventSource\" : \"ssm.amazonaws.com\",\
                     \n\"eventName\":\"StartSession\"}";
        let athena = start.replace("ssm.", "athena.");
        let by_service = r#"{"eventTime":"2026-03-01T08:00:00Z","eventSource":"sts.amazonaws.com","eventName":"AssumeRole","userIdentity":{"type":"AWSService"}}"#;
        let file = format!(r#"{{"Records":[{athena},{start},{by_service}]}}"#);
        for chunk in [1, 7, 1000] {
            assert_eq!(sift(&file, chunk), (vec![start.to_owned()], true));
            assert_eq!(sift(start, chunk), (vec![start.to_owned()], true));
        }
        assert_eq!(sift(r#"{"Records":[]}"#, 9), (vec![], true));
    }

    #[test]
    fn what_is_not_whole_or_no_trail_is_told() {
        for text in [
            r#"{"Records":[{"eventID":"1"}"#,
            r#"{"digestS3Bucket":"b"}"#,
            "",
            "\u{1f}\u{8b}",
            r#"{"Records":["#,
        ] {
            assert!(!sift(text, 4).1, "{text}");
        }
    }
}
