//! Who used the tool for what: `audit.jsonl` in the data directory, one line a use, each with the SHA-256 of the line
//! before. Lines are only ever added. What a command line holds of secrets is masked like everything else.
//!
//! Who reviews logs is itself something to be reviewed (NIST SP 800-53 AU-9, PCI DSS 10.3): the chain shows lines that
//! were changed or taken out of the middle, and a head kept elsewhere those cut off the end.

use std::fs::{File, OpenOptions};
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::{Digest, Sha256};
use whoran_ingest::{NO_HEAD, hex};
use whoran_model::Timestamp;

use crate::error::InPath;
use crate::{Error, SignOff};

const NAME: &str = "audit.jsonl";

/// Longest command line that is kept whole, in bytes: a line must be found from the end of the file.
const MAX_COMMAND: usize = 8 << 10;
/// More than any line takes, with every character of the command and of a review escaped.
const MAX_LINE: u64 = 256 << 10;

/// Who uses the tool, as the operating system says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Actor {
    /// The process's real user id.
    pub uid: u32,
    /// Its name, where the system has one for it.
    pub user: Option<String>,
    /// The user id that logged in first, which `sudo` and `su` do not change (Linux, `/proc/self/loginuid`).
    pub login_uid: Option<u32>,
    /// The machine's name.
    pub host: String,
}

/// One use of the tool.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Use {
    /// When it began.
    #[serde(serialize_with = "time_as_text", deserialize_with = "text_as_time")]
    pub time: Timestamp,
    /// Who.
    #[serde(flatten)]
    pub actor: Actor,
    /// What for: the verb, such as `search`.
    pub verb: String,
    /// The command line, as a shell would take it.
    pub command: String,
    /// Whether it could see what masking hides.
    pub unmasked: bool,
    /// What was signed off by it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub review: Option<SignOff>,
}

fn time_as_text<S: Serializer>(time: &Timestamp, to: S) -> Result<S::Ok, S::Error> {
    to.collect_str(time)
}

fn text_as_time<'de, D: Deserializer<'de>>(from: D) -> Result<Timestamp, D::Error> {
    String::deserialize(from)?.parse().map_err(serde::de::Error::custom)
}

/// A use as it is written.
#[derive(Serialize, Deserialize)]
struct Line {
    #[serde(flatten)]
    what: Use,
    previous: String,
}

/// All that was recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Uses {
    /// The uses by number of their line, from 1, in order.
    pub uses: Vec<(u64, Use)>,
    /// What is not as it was written, and in which line it shows.
    pub mismatches: Vec<(u64, String)>,
    /// SHA-256 of the last line, in hex; all zeros where there is none.
    pub head: String,
}

impl Use {
    /// A use by these arguments, the program's name first. Secrets in them are masked here.
    pub fn new(time: Timestamp, actor: Actor, verb: &str, arguments: &[String], unmasked: bool) -> Self {
        let line = arguments.iter().map(|a| shell_word(a)).collect::<Vec<_>>().join(" ");
        let mut command = whoran_mask::masked(&line, &whoran_mask::in_command(&line)).into_owned();
        if command.len() > MAX_COMMAND {
            command.truncate(command.floor_char_boundary(MAX_COMMAND));
            command.push('…');
        }
        Self { time, actor, verb: verb.to_owned(), command, unmasked, review: None }
    }
}

/// An argument as a shell takes it for one word.
pub fn shell_word(argument: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "-_=+:,./@%^".contains(c);
    if !argument.is_empty() && argument.chars().all(plain) {
        argument.to_owned()
    } else {
        format!("'{}'", argument.replace('\'', r"'\''"))
    }
}

/// Writes down a use in the directory `data`; where there is none, there was nothing to see. One that sees what masking
/// hides, or signs something off, is on disk before this returns.
///
/// # Errors
/// The file cannot be written.
pub fn record(data: &Path, what: Use) -> Result<(), Error> {
    let path = data.join(NAME);
    if !data.is_dir() {
        return Ok(());
    }
    let write = || {
        let mut file = OpenOptions::new().read(true).append(true).create(true).mode(0o600).open(&path)?;
        file.lock()?;
        let last = last_line(&mut file)?;
        let sync = what.unmasked || what.review.is_some();
        let mut line = String::new();
        if last.torn {
            line.push('\n');
        }
        line.push_str(&serde_json::to_string(&Line { what, previous: last.hash })?);
        line.push('\n');
        file.write_all(line.as_bytes())?;
        if sync { file.sync_all() } else { Ok(()) }
    };
    write().map_err(|error: io::Error| error.in_path("write", &path))
}

struct Last {
    hash: String,
    /// Whether its end is missing: a machine that went down, or a full disk.
    torn: bool,
}

fn last_line(file: &mut File) -> io::Result<Last> {
    let len = file.seek(SeekFrom::End(0))?;
    if len == 0 {
        return Ok(Last { hash: NO_HEAD.to_owned(), torn: false });
    }
    file.seek(SeekFrom::Start(len.saturating_sub(MAX_LINE)))?;
    let mut tail = Vec::new();
    file.read_to_end(&mut tail)?;
    let torn = tail.last() != Some(&b'\n');
    let line = tail.strip_suffix(b"\n").unwrap_or(&tail);
    let start = line.iter().rposition(|&b| b == b'\n').map_or(0, |at| at + 1);
    Ok(Last { hash: hash(&line[start..]), torn })
}

fn hash(line: &[u8]) -> String {
    hex(&Sha256::digest(line))
}

/// Reads what was recorded in `data` and checks the chain. With a `head` that was kept elsewhere, lines cut off the end
/// are found too.
///
/// # Errors
/// The file cannot be read; that there is none is no error.
pub fn uses(data: &Path, head: Option<&str>) -> Result<Uses, Error> {
    let path = data.join(NAME);
    let mut read = Uses { uses: Vec::new(), mismatches: Vec::new(), head: NO_HEAD.to_owned() };
    let mut known = head.is_none_or(|head| head == NO_HEAD);
    let mut collect = |file: File| {
        let mut lines = BufReader::new(file);
        let mut line = Vec::new();
        for number in 1.. {
            line.clear();
            // A line longer than any that is written goes wrong as several.
            if lines.by_ref().take(MAX_LINE).read_until(b'\n', &mut line)? == 0 {
                break;
            }
            let text = line.strip_suffix(b"\n").unwrap_or(&line);
            match serde_json::from_slice::<Line>(text) {
                Ok(Line { what, previous }) => {
                    if previous != read.head {
                        read.mismatches
                            .push((number, "the line before it is not the one it was written after".into()));
                    }
                    read.uses.push((number, what));
                }
                Err(error) => {
                    read.mismatches.push((number, format!("this is no use as it is written: {error}")))
                }
            }
            read.head = hash(text);
            known |= head == Some(&read.head);
        }
        Ok(())
    };
    match File::open(&path).and_then(&mut collect) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error.in_path("read", &path)),
        _ => {}
    }
    if !known {
        let next = read.uses.last().map_or(0, |(number, _)| *number) + 1;
        read.mismatches
            .push((next, "no line has the head given: lines were cut off, or all written anew".into()));
    }
    Ok(read)
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn actor() -> Actor {
        Actor { uid: 1000, user: Some("kim".into()), login_uid: None, host: "forensics-1".into() }
    }

    fn search(text: &str) -> Use {
        let arguments = ["whoran".to_owned(), "search".to_owned(), text.to_owned()];
        Use::new(Timestamp::UNIX_EPOCH, actor(), "search", &arguments, false)
    }

    fn recorded(texts: &[&str]) -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        for text in texts {
            record(dir.path(), search(text)).unwrap();
        }
        dir
    }

    #[test]
    fn uses_come_back_in_order_and_are_their_owners_alone() {
        let dir = recorded(&["id", "cat /etc/shadow"]);
        let read = uses(dir.path(), None).unwrap();
        assert_eq!(read.uses, [(1, search("id")), (2, search("cat /etc/shadow"))]);
        assert_eq!(read.uses[1].1.command, "whoran search 'cat /etc/shadow'");
        assert_eq!(read.mismatches, []);
        let mode = fs::metadata(dir.path().join(NAME)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    #[test]
    fn secrets_on_the_command_line_are_not_kept() {
        let dir = recorded(&["mysql -uroot -phunter2-x db", "it's"]);
        let text = fs::read_to_string(dir.path().join(NAME)).unwrap();
        assert!(!text.contains("hunter2"), "{text}");
        assert!(text.contains(r"'it'\\''s'"), "{text}");
    }

    #[test]
    fn what_was_changed_taken_out_or_cut_off_is_found() {
        let dir = recorded(&["one", "two", "three", "four"]);
        let path = dir.path().join(NAME);
        let whole = fs::read_to_string(&path).unwrap();
        let lines: Vec<_> = whole.lines().collect();
        let head = uses(dir.path(), None).unwrap().head;
        let found = |text: String, head: Option<&str>| {
            fs::write(&path, text).unwrap();
            uses(dir.path(), head).unwrap().mismatches.into_iter().map(|(line, _)| line).collect::<Vec<u64>>()
        };
        assert!(found(whole.clone(), Some(&head)).is_empty());
        assert_eq!(found(whole.replace("two", "tow"), None), [3]);
        assert_eq!(found([lines[0], lines[2], lines[3], ""].join("\n"), None), [2]);
        assert!(found(lines[..3].join("\n"), None).is_empty());
        assert_eq!(found(lines[..3].join("\n"), Some(&head)), [4]);
        assert_eq!(found(format!("{whole}{{}}\n"), None), [5]);
        // Lines behind the one whose head was kept are new, not wrong.
        assert!(found(whole.clone(), Some(&hash(lines[1].as_bytes()))).is_empty());
    }

    #[test]
    fn a_line_torn_off_costs_only_itself() {
        let dir = recorded(&["one"]);
        let path = dir.path().join(NAME);
        let mut torn = fs::read(&path).unwrap();
        torn.extend(br#"{"time":"2026"#);
        fs::write(&path, torn).unwrap();
        record(dir.path(), search("two")).unwrap();
        let read = uses(dir.path(), None).unwrap();
        assert_eq!(read.uses.iter().map(|(n, _)| *n).collect::<Vec<_>>(), [1, 3]);
        assert_eq!(read.mismatches.iter().map(|(n, _)| *n).collect::<Vec<_>>(), [2]);
    }

    #[test]
    fn long_command_lines_and_many_at_once_keep_the_chain_whole() {
        let dir = recorded(&[&"\u{1}".repeat(100_000)]);
        std::thread::scope(|scope| {
            for nth in 0..8 {
                let data = dir.path();
                scope.spawn(move || {
                    (0..10).for_each(|n| record(data, search(&format!("{nth}-{n}"))).unwrap())
                });
            }
        });
        let read = uses(dir.path(), None).unwrap();
        assert_eq!((read.uses.len(), read.mismatches.len()), (81, 0));
    }

    #[test]
    fn where_nothing_is_nothing_is_made() {
        let dir = tempfile::tempdir().unwrap();
        let missing = dir.path().join("none");
        record(&missing, search("x")).unwrap();
        assert!(!missing.exists());
        assert_eq!(uses(&missing, None).unwrap().uses, []);
    }
}
