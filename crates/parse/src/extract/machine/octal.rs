//! Lines of readline in the C locale: it shows the bytes of what is not ASCII in octal, `caf\303\251`.

use std::borrow::Cow;

use super::*;
use crate::extract::level::filtered;

/// How the number begins that the first byte of each character has.
const FIRST: &[u8] = b"\\3";

impl Machine<'_> {
    /// Takes such a line for what was entered, unless it was given to what reads octal itself, or was shown as it stands there.
    pub(super) fn settle_octal(drafts: &mut [Draft]) {
        for at in 0..drafts.len() {
            let Some((draft, after)) = drafts[at..].split_first_mut() else { return };
            if draft.kind != CommandKind::Shell
                || draft.text.len() >= LONGEST_ASKED
                || !draft.text.contains('\\')
                || memmem::find(draft.text.as_bytes(), FIRST).is_none()
            {
                continue;
            }
            let Some(text) = as_entered(&draft.text) else { continue };
            if reads_octal(&text) {
                draft.offer_behind(Reading { text, confidence: OTHER });
                continue;
            }
            // lines that were pasted together show what they print behind the last
            let shown = std::iter::once(&*draft).chain(&*after).take(4).map(|d| d.output.head());
            let shown = shown.into_iter().find(|shown| !shown.is_empty()).unwrap_or_default();
            if quoted(&draft.text).any(|word| shown.contains(word)) {
                continue;
            }
            let shows = |text: &str| {
                let is_shown = |part: &str| {
                    shown.contains(part) || filtered(part).is_some_and(|part| shown.contains(&part))
                };
                quoted(text).any(is_shown)
            };
            // a break that the edge made is none of the text
            let whole = text.contains('\n').then(|| text.replace('\n', ""));
            match whole {
                Some(whole) if shows(&whole) => draft.read_as(whole, OTHER),
                _ if shows(&text) => draft.read_as(text, OTHER),
                whole => {
                    draft.read_as(text, OTHER);
                    whole.into_iter().for_each(|text| draft.offer(Reading { text, confidence: 0.3 }));
                    draft.confidence = draft.confidence.min(0.85);
                }
            }
        }
    }
}

/// The line with the characters whose bytes it shows, if all that it shows are some; a break within one is the edge's.
fn as_entered(line: &str) -> Option<String> {
    let mut out = String::with_capacity(line.len());
    let mut rest = line;
    while let Some(at) = memchr::memchr(b'\\', rest.as_bytes()) {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let Some((first, mut len)) = byte(rest).filter(|(byte, _)| *byte >= 0x80) else {
            out.push('\\');
            rest = &rest[1..];
            continue;
        };
        let mut character = vec![first];
        let c = loop {
            if let Ok(c) = std::str::from_utf8(&character) {
                break c;
            }
            let behind = &rest[len..];
            let behind = behind.strip_prefix('\n').unwrap_or(behind);
            let (next, own) = byte(behind).filter(|_| character.len() < 4)?;
            character.push(next);
            len = rest.len() - behind.len() + own;
        };
        out.push_str(c);
        rest = &rest[len..];
    }
    out.push_str(rest);
    (out.len() < line.len() && !out.contains(|c: char| c.is_control() && c != '\n')).then_some(out)
}

/// The byte that `text` begins to show, and how much of `text` does.
fn byte(text: &str) -> Option<(u8, usize)> {
    let digits = text.strip_prefix('\\')?;
    let mut number = 0u32;
    let mut left = 3;
    for (at, b) in digits.bytes().enumerate() {
        match b {
            b'0'..=b'7' => number = number * 8 + u32::from(b - b'0'),
            b'\n' => continue,
            _ => return None,
        }
        left -= 1;
        if left == 0 {
            return Some((u8::try_from(number).ok()?, at + 2));
        }
    }
    None
}

/// Whether a command of the line takes a number in octal for a byte.
fn reads_octal(line: &str) -> bool {
    let takes = |words: &[Cow<'_, str>]| match name_of(&words[0]) {
        "printf" | "tr" | "sed" | "grep" | "awk" | "gawk" | "perl" | "python3" | "python" | "ruby"
        | "php" | "print" => true,
        "echo" => words.get(1).is_some_and(|option| option.starts_with('-') && option.contains('e')),
        _ => false,
    };
    line.contains("$'") || SimpleCommands::of(line).iter().any(takes)
}

/// The parts of a line between quotes, or else between blanks, that are not ASCII or show a byte.
fn quoted(line: &str) -> impl Iterator<Item = &str> {
    let ends = if line.contains('\'') {
        '\''
    } else if line.contains('"') {
        '"'
    } else {
        ' '
    };
    line.split(ends).filter(|part| !part.is_ascii() || memmem::find(part.as_bytes(), FIRST).is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_those_of_characters() {
        assert_eq!(as_entered("cat caf\\303\\251.txt").as_deref(), Some("cat café.txt"));
        assert_eq!(as_entered("ls \\346\\227\\245\\346\\2\n34\\254 \\n").as_deref(), Some("ls 日本 \\n"));
        assert_eq!(as_entered("ls \\346\\227\n\\245\n\\346\\234\\254").as_deref(), Some("ls 日\n本"));
        for line in [
            "ls \\303",
            "ls \\303x\\251",
            "ls \\302\\201",
            "echo \\101",
            "ls \\",
            "ls \\377\\377",
            "ls \\777",
        ] {
            assert_eq!(as_entered(line), None, "{line}");
        }
        assert!(
            reads_octal("printf '\\303\\251'")
                && reads_octal("echo -e '\\303\\251'")
                && reads_octal("ls $'\\303\\251'")
        );
        assert!(!reads_octal("echo 'caf\\303\\251'"));
    }
}
