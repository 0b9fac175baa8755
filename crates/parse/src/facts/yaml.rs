//! What the AWS CLI prints with `--output yaml` or `yaml-stream` → the JSON that it would have printed.

use serde::Deserialize;
use serde_json::Value;
use whoran_model::DiagnosticKind;

use super::{Oddity, scan};

/// A larger file is left out: YAML is read as a whole.
const MAX_FILE: usize = 64 << 20;

/// Whether the first lines are a mapping, or a list of mappings, whose first telling key is one of facts.
pub(crate) fn holds_facts(head: &[u8]) -> bool {
    // What is answered stands in the first column, or behind the dash of a page of a stream.
    let indent = if head.starts_with(b"- ") { 2 } else { 0 };
    let key = |line: &'_ [u8]| {
        let (margin, line) = line.split_at_checked(indent)?;
        let key = &line[..memchr::memchr(b':', line)?];
        let ends = matches!(line.get(key.len() + 1), None | Some(b' ' | b'\r'));
        let plain = !key.is_empty() && key.iter().all(u8::is_ascii_alphanumeric);
        (ends && plain && matches!(margin, b"" | b"- " | b"  ")).then_some(key.len())
    };
    let mut lines = head.split(|b| *b == b'\n').peekable();
    let begins = lines.peek().is_some_and(|line| key(line).is_some());
    begins && scan::tells_of_facts(lines.filter_map(|line| key(line).map(|len| &line[indent..indent + len])))
}

/// One file, kept until it ends.
#[derive(Debug, Default)]
pub(super) struct Yaml {
    text: Vec<u8>,
    len: u64,
}

impl Yaml {
    pub(super) fn feed(&mut self, bytes: &[u8]) {
        self.len += bytes.len() as u64;
        if self.len <= MAX_FILE as u64 {
            self.text.extend_from_slice(bytes);
        } else {
            self.text = Vec::new();
        }
    }

    /// Hands over every document of the file as JSON.
    pub(super) fn finish(self, mut take: impl FnMut(&[u8])) -> Option<Oddity> {
        if self.len > MAX_FILE as u64 {
            return Some((DiagnosticKind::OversizedRecord(MAX_FILE as u64), Some(0)));
        }
        for document in yaml_serde::Deserializer::from_slice(&self.text) {
            match Value::deserialize(document) {
                Ok(value) => take(value.to_string().as_bytes()),
                Err(error) => {
                    let at = error.location().map(|place| place.index() as u64);
                    return Some((DiagnosticKind::DamagedYaml, at));
                }
            }
        }
        None
    }
}
