//! What kind of log the first bytes say this is.

use memchr::memmem;
use whoran_model::SessionId;

use super::columns::is_of_columns;
use super::listing::is_listing;
use super::stamps::after_time;
use super::table::is_table;

/// The kinds of content.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// JSON records.
    Json,
    /// What a terminal showed in one session.
    Text,
    /// A table of comma-separated values with a column of messages.
    Table,
    /// Lines of columns that tabs part, with an event in one.
    Columns,
    /// Transcripts, one or more behind each other.
    Listing,
    /// None of these.
    Other,
}

/// Decides by the first bytes. `named` says that the log's name is a session id: then text without any header counts too.
pub(crate) fn sniff(head: &[u8], named: bool) -> Kind {
    let text = trim_start(head);
    let first_line = || &text[..memchr::memchr(b'\n', text).unwrap_or(text.len())];
    if starts_json(after_time(text)) {
        Kind::Json
    } else if !named && is_listing(first_line()) {
        Kind::Listing
    } else if is_powershell_banner(text) || (named && !is_binary(head)) {
        Kind::Text
    } else if is_table(text) {
        Kind::Table
    } else if is_of_columns(text) {
        Kind::Columns
    } else {
        Kind::Other
    }
}

/// Without a byte order mark and white space before it.
pub(super) fn trim_start(head: &[u8]) -> &[u8] {
    head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head).trim_ascii_start()
}

/// `{` or `[` followed by what can follow it in JSON: a shell prompt such as `[user@host ~]$` is none.
fn starts_json(text: &[u8]) -> bool {
    let Some((open, rest)) = text.split_first() else { return false };
    let next = rest.trim_ascii_start().first();
    match open {
        b'{' => matches!(next, Some(b'"' | b'}') | None),
        b'[' => matches!(next, Some(b'{' | b']') | None) || rest.trim_ascii_start().starts_with(b"\"{\\\""),
        _ => false,
    }
}

/// The first line that `script` writes. Its words are translated where the agent had another locale, so a line that ends
/// in a time or in the agent's own command counts as well (util-linux term-utils/script.c).
pub(crate) fn is_script_header(line: &[u8]) -> bool {
    names_script(line) || is_timed(line)
}

/// Whether its words, or the agent's command, leave no doubt.
pub(super) fn names_script(line: &[u8]) -> bool {
    line.starts_with(b"Script started on ") || memmem::find(line, b"/ipcTempFile.log\"").is_some()
}

/// The last line that `script` writes. One without time or bracket is the oldest form; its words may be translated, so the
/// bracket counts as well.
pub(crate) fn is_script_trailer(line: &[u8]) -> bool {
    line.starts_with(b"Script done on ") || memmem::find(line, b"[COMMAND_EXIT_CODE=").is_some()
}

/// Words, then `2025-03-04 10:20:41+00:00`, then at most a bracket.
fn is_timed(line: &[u8]) -> bool {
    let line = line.trim_ascii_end();
    let digits = |s: &[u8]| !s.is_empty() && s.iter().all(u8::is_ascii_digit);
    (8..line.len().saturating_sub(19)).take(60).any(|at| {
        let t = &line[at..at + 19];
        digits(&t[..4])
            && t[4] == b'-'
            && digits(&t[5..7])
            && t[7] == b'-'
            && t[10] == b' '
            && t[13] == b':'
            && t[16] == b':'
            && digits(&t[17..19])
            && matches!(line.get(at + 19), Some(b'+' | b'-'))
            && memmem::find(&line[at..], b"[").is_none_or(|b| b <= 27)
    }) && line.first().is_some_and(u8::is_ascii_alphabetic)
}

/// What packed these bytes, by what its files begin with, where that is no way of packing that is read.
pub(crate) fn packed(head: &[u8]) -> Option<&'static str> {
    const BEGINNINGS: [(&str, usize, &[u8]); 6] = [
        ("zip", 0, b"PK\x03\x04"),
        // POSIX.1-2001, pax: the magic of a ustar header block
        ("tar", 257, b"ustar"),
        ("xz", 0, b"\xfd7zXZ\0"),
        ("bzip2", 4, b"1AY&SY"),
        ("7z", 0, b"7z\xbc\xaf\x27\x1c"),
        ("rar", 0, b"Rar!\x1a\x07"),
    ];
    let begins =
        |(_, at, magic): &&(&str, usize, &[u8])| head.get(*at..).is_some_and(|h| h.starts_with(magic));
    BEGINNINGS.iter().find(begins).map(|(how, ..)| *how)
}

/// The banner of `Start-Transcript`: a line of asterisks, then one that speaks of a transcript.
pub(crate) fn is_powershell_banner(text: &[u8]) -> bool {
    let mut lines = text.split(|b| *b == b'\n').map(<[u8]>::trim_ascii);
    lines.next().is_some_and(is_stars)
        && lines.next().is_some_and(|l| memmem::find(l, b"transcript").is_some())
}

/// The first line of that banner.
pub(crate) fn is_stars(line: &[u8]) -> bool {
    let line = line.trim_ascii();
    line.len() >= 10 && line.iter().all(|b| *b == b'*')
}

/// Whether the first line is no text. What a command shows further down says nothing: it may be a program's file.
fn is_binary(head: &[u8]) -> bool {
    head.iter().take(512).take_while(|b| **b != b'\n').filter(|b| **b == 0).count() > 8
}

/// The session id in the path of the command that a transcript's header may hold:
/// `…/session/orchestration/<session id>/<plugin>/ipcTempFile.log`.
pub(crate) fn header_session(head: &[u8]) -> Option<SessionId> {
    header_path(head).and_then(|(_, session)| session.parse().ok())
}

/// The managed node and the session in that path: `/var/lib/amazon/ssm/<node id>/session/orchestration/…`.
pub(crate) fn header_path(head: &[u8]) -> Option<(&str, &str)> {
    let line = head.split(|b| *b == b'\n').next()?;
    if !is_script_header(line) {
        return None;
    }
    let line = std::str::from_utf8(line).ok()?;
    let (before, after) = line.split_once("/session/orchestration/")?;
    Some((before.rsplit('/').next()?, after.split('/').next()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_header_that_script_writes_is_text() {
        for header in [
            "Script started on Tue 25 Jan 2022 06:49:24 AM UTC",
            "Script started on 2022-01-25 06:49:24+0000",
            "Script started on 2022-01-25 06:49:24+00:00 [<not executed on terminal>]",
            "Script started on 2026-11-22 09:48:03+00:00 [COMMAND=\"cat /x/ipcTempFile.log\" <not executed on terminal>]",
            "Skript gestartet auf 2026-11-22 09:48:03+00:00 [<nicht im Terminal>]",
        ] {
            let log = format!("{header}\n$ ls\r\r\n");
            assert_eq!(sniff(log.as_bytes(), false), Kind::Listing, "{header}");
            assert_eq!(sniff(log.as_bytes(), true), Kind::Text, "{header}");
        }
    }

    #[test]
    fn other_text_is_a_log_only_when_named_after_a_session() {
        assert_eq!(sniff(b"# Readme\n", false), Kind::Other);
        assert_eq!(sniff(b"[root@web ~]# ls\r\n", true), Kind::Text);
        assert_eq!(sniff(b"2026-11-22 09:48:03+00:00 INFO started\n", false), Kind::Other);
    }

    #[test]
    fn the_header_names_node_and_session() {
        let head = b"Script started on 2025-03-04 10:20:41+00:00 [COMMAND=\"cat /var/lib/amazon/ssm/i-0abc/session/orchestration/bob-0e34861185201706f/Standard_Stream/ipcTempFile.log\" <not executed on terminal>]\nx";
        assert_eq!(header_path(head), Some(("i-0abc", "bob-0e34861185201706f")));
        assert_eq!(header_path(b"$ echo /session/orchestration/x/\n"), None);
    }
}
