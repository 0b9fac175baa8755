//! The history files of Korn shells, which hold each line before it runs.

use std::collections::HashMap;
use std::fs;

use super::house::Fact;

/// What was read of every history file so far.
#[derive(Debug, Default)]
pub(super) struct Histories(HashMap<String, Read>);

#[derive(Debug, Default)]
struct Read {
    entries: usize,
    last: String,
}

impl Histories {
    /// What the shell in front wrote since last time, as facts about its last prompt's place. A shell that named no file
    /// at its prompt keeps none.
    pub(super) fn news(&mut self, here: &Fact) -> Vec<Fact> {
        if here.text.is_empty() {
            return Vec::new();
        }
        let all = entries(&fs::read(&here.text).unwrap_or_default());
        let read = self.0.entry(here.text.clone()).or_default();
        let new = all.get(read.entries..).unwrap_or_default().to_vec();
        read.entries = all.len();
        if let Some(last) = new.last() {
            read.last.clone_from(last);
        }
        new.into_iter().map(|text| Fact { runs: true, text, ..here.clone() }).collect()
    }

    /// The last line of that shell: mksh does not write what is run twice in a row.
    pub(super) fn last(&self, here: &Fact) -> Option<Fact> {
        let text = self.0.get(&here.text)?.last.clone();
        Some(Fact { runs: true, text, ..here.clone() })
    }
}

/// The lines of a history file: mksh puts 0xff and a number of four bytes before each and NUL behind it, ksh93 LF and NULs
/// behind it and marks of two bytes (0x81 or 0x82 begins them) where it pleases.
fn entries(file: &[u8]) -> Vec<String> {
    let text = |line: &[u8]| String::from_utf8_lossy(line).into_owned();
    if let Some(mut rest) = file.strip_prefix(b"\xab\xcd") {
        let mut all = Vec::new();
        while let [0xff, _, _, _, _, line @ ..] = rest {
            let Some(end) = line.iter().position(|&b| b == 0) else { break };
            all.push(text(&line[..end]));
            rest = &line[end + 1..];
        }
        return all;
    }
    let lines = file.split(|&b| b == 0).map(|line| match line {
        [0x81, _, rest @ ..] => rest,
        [0x82, _, _, _, _, rest @ ..] => rest,
        line => line,
    });
    lines.filter_map(|line| line.strip_suffix(b"\n")).map(text).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn history_files_are_read() {
        let mksh = b"\xab\xcd\xff\0\0\0\x01echo a\xff\0\0\0\x02for i in 1\ndo echo\ndone\0\xff\0\0\0\x03half";
        let mksh = [&mksh[..13], b"\0", &mksh[13..]].concat();
        assert_eq!(entries(&mksh), ["echo a", "for i in 1\ndo echo\ndone"]);
        assert_eq!(entries(b"\x81\x01echo a\n\0ls \\\n-d\n\0\0echo"), ["echo a", "ls \\\n-d"]);
    }
}
