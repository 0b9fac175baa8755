//! Every command can be traced: a stream span decodes to stored elements, a transcript span shows prompt and command.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;
use whoran_model::{Command, CommandKind, Parsed};

use crate::support::logs::{Log, parse, read_folder, whole};

fn cases() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata/corpus");
    let mut cases: Vec<PathBuf> = folder.read_dir().unwrap().map(|e| e.unwrap().path()).collect();
    cases.retain(|c| c.join("meta.json").exists());
    cases.sort();
    cases
}

fn sessions(case: &Path, form: &str) -> Vec<(Log, Parsed)> {
    let one = |log: Log| parse([&log], whole).into_values().map(|p| (log.clone(), p)).collect::<Vec<_>>();
    read_folder(&case.join(form)).into_iter().flat_map(one).collect()
}

/// Letters and signs alone: where a line is wrapped or joined does not count.
fn ink(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace() && !c.is_control()).collect()
}

#[test]
fn a_stream_span_decodes_to_stored_elements() {
    let mut checked = 0;
    for case in cases() {
        for (log, parsed) in sessions(&case, "stream") {
            // every element by the place of its first byte
            let mut elements: BTreeMap<usize, String> = BTreeMap::new();
            let mut at = 0;
            for line in log.bytes.split_inclusive(|b| *b == b'\n') {
                if let Ok(event) = serde_json::from_slice::<Value>(line) {
                    place_elements(&log.bytes, at, &event, &mut elements);
                }
                at += line.len();
            }
            for command in &parsed.commands {
                for span in &command.evidence {
                    let (start, end) = (span.start as usize, span.end as usize);
                    let array = [b"[", &log.bytes[start..end], b"]"].concat();
                    let decoded: Vec<String> = serde_json::from_slice(&array)
                        .or_else(|_| serde_json::from_str(&String::from_utf8_lossy(&array)))
                        .unwrap_or_else(|e| panic!("{}: {start}..{end}: {e}", log.name));
                    if case.to_string_lossy().contains("invalid-utf8")
                        || case.to_string_lossy().contains("truncated")
                    {
                        continue; // not every event of these can be decoded by itself
                    }
                    let stored: Vec<&String> = elements.range(start..end).map(|(_, text)| text).collect();
                    assert_eq!(decoded.iter().collect::<Vec<_>>(), stored, "{}: {start}..{end}", log.name);
                    checked += 1;
                }
            }
        }
    }
    assert!(checked > 350, "{checked}");
}

/// Finds where the elements of an event stand, by looking for the array behind its key.
fn place_elements(bytes: &[u8], at: usize, event: &Value, elements: &mut BTreeMap<usize, String>) {
    let key = b"\"sessionData\":[";
    let Some(array) = bytes[at..].windows(key.len()).position(|w| w == key) else { return };
    let mut place = at + array + key.len();
    for element in event["sessionData"].as_array().unwrap() {
        elements.insert(place, element.as_str().unwrap().to_owned());
        let rest = &bytes[place..];
        let mut escaped = false;
        let end = rest.iter().skip(1).position(|b| {
            let ends = *b == b'"' && !escaped;
            escaped = *b == b'\\' && !escaped;
            ends
        });
        // the closing quote and the comma behind it
        place += end.unwrap() + 3;
    }
}

/// Commands whose text a fresh terminal can't show: the text was expanded, or is not on the screen at its end.
fn shows_otherwise(command: &Command) -> bool {
    command.kind == CommandKind::Password || command.typed.is_some()
}

#[test]
fn a_transcript_span_shows_prompt_and_command() {
    let (mut shown, mut not_shown) = (0, Vec::new());
    for case in cases() {
        let meta: Value = serde_json::from_slice(&fs::read(case.join("meta.json")).unwrap()).unwrap();
        let columns = meta["terminal"][0].as_u64().unwrap_or(200) as u16;
        for (log, parsed) in sessions(&case, "s3") {
            for command in parsed.commands.iter().filter(|c| !shows_otherwise(c)) {
                let span = &command.evidence[0];
                let bytes = &log.bytes[span.start as usize..span.end as usize];
                let mut terminal = vt100::Parser::new(400, columns, 0);
                terminal.process(bytes);
                let screen = ink(&terminal.screen().contents());
                let lines = command.command.lines().map(ink);
                let mut at = Some(0);
                for line in lines {
                    at = at.and_then(|at| screen[at..].find(&line).map(|n| at + n + line.len()));
                }
                // bc has no prompt
                let prompt =
                    command.program.as_deref() == Some("bc") || screen.len() > ink(&command.command).len();
                if at.is_some() && prompt {
                    shown += 1;
                } else {
                    not_shown.push(format!("{} {:?} in {screen:?}", log.name, command.command));
                }
            }
        }
    }
    assert!(
        shown > 300 && not_shown.is_empty(),
        "{shown} shown, {} not:\n{}",
        not_shown.len(),
        not_shown.join("\n")
    );
}
