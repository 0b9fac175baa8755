//! Text → text without its secrets. No IO, no clock, never fails.
//!
//! A secret is known by its own shape (an access key, a token with a maker's prefix, a private key), by the name beside
//! it (`password=`, `Authorization:`, `scheme://user:…@`), by the program it is given to (`mysql -p…`, `curl -u`), or
//! because the same session showed it in such a place before. Nothing is masked for looking random alone: hashes, UUIDs
//! and base64 are what sessions are full of.
//!
//! What is masked becomes `[masked:KIND]`. Beside the text, a [`Key`] gives each secret a fingerprint: equal secrets stay
//! equal, and who holds the key and a secret can find where it was used. The crate's README lists every kind.

mod command;
mod hints;
mod key;
mod lines;
mod named;
mod places;
mod programs;
mod shapes;
mod spread;
mod words;

use std::borrow::Cow;
use std::ops::Range;

use hints::{Hints, Rule, hints};
pub use key::{KEY_BYTES, Key};
pub use spread::{Spread, resembling};

/// A secret in a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Where it stands, in bytes.
    pub span: Range<usize>,
    /// What it is, as the README's table calls it.
    pub kind: &'static str,
}

impl Found {
    pub(crate) fn new(span: Range<usize>, kind: &'static str) -> Self {
        Self { span, kind }
    }
}

/// The secrets of a command line, in order and apart from each other.
pub fn in_command(text: &str) -> Vec<Found> {
    command_secrets(text, hints(text))
}

fn command_secrets(text: &str, hints: Hints) -> Vec<Found> {
    if hints.is_empty() {
        return Vec::new();
    }
    let mut found = Vec::new();
    anywhere(text, hints, &mut found);
    command::find(text, hints, 0, 0, &mut found);
    apart(text, found)
}

/// The secrets of anything else that a terminal showed, in order and apart from each other.
pub fn in_output(text: &str) -> Vec<Found> {
    output_secrets(text, hints(text))
}

fn output_secrets(text: &str, hints: Hints) -> Vec<Found> {
    if hints.is_empty() {
        return Vec::new();
    }
    let mut found = Vec::new();
    anywhere(text, hints, &mut found);
    lines::find(text, hints, &mut found);
    apart(text, found)
}

/// Adds to `found`, the secrets of `text` by themselves, the AWS secret access keys that only a key id elsewhere in the
/// record gives away.
pub fn beside_key_id(text: &str, mut found: Vec<Found>) -> Vec<Found> {
    shapes::secret_keys(text, &mut found);
    apart(text, found)
}

/// Puts the masks in place of `found`, which is in order and apart.
pub fn masked<'a>(text: &'a str, found: &[Found]) -> Cow<'a, str> {
    if found.is_empty() {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut copied = 0;
    for Found { span, kind } in found {
        out.push_str(&text[copied..span.start]);
        out.push_str("[masked:");
        out.push_str(kind);
        out.push(']');
        copied = span.end;
    }
    out.push_str(&text[copied..]);
    Cow::Owned(out)
}

/// What is a secret wherever it stands.
fn anywhere(text: &str, hints: Hints, found: &mut Vec<Found>) {
    if hints.has(Rule::Shape) {
        shapes::find(text, found);
    }
    places::find(text, hints, found);
}

/// No mask is longer.
const LONGEST_MASK: usize = 64;

fn mask_end(text: &str, at: usize) -> Option<usize> {
    text.as_bytes()[at..].iter().take(LONGEST_MASK).position(|&b| b == b']').map(|end| at + end + 1)
}

/// Sorts, drops what is empty or masked already, and joins what overlaps.
fn apart(text: &str, mut found: Vec<Found>) -> Vec<Found> {
    if found.is_empty() {
        return found;
    }
    let masks: Vec<Range<usize>> = text
        .match_indices("[masked:")
        .map(|(at, mark)| at..mask_end(text, at).unwrap_or(at + mark.len()))
        .collect();
    let is_masked = |span: &Range<usize>| {
        let before = masks.partition_point(|mask| mask.end <= span.start);
        masks.get(before).is_some_and(|mask| mask.start < span.end)
    };
    found.retain(|f| !f.span.is_empty() && !is_masked(&f.span));
    found.sort_by(|a, b| {
        (a.span.start, std::cmp::Reverse(a.span.end)).cmp(&(b.span.start, std::cmp::Reverse(b.span.end)))
    });
    let mut out: Vec<Found> = Vec::with_capacity(found.len());
    for next in found {
        match out.last_mut() {
            Some(last) if next.span.start < last.span.end => last.span.end = last.span.end.max(next.span.end),
            _ => out.push(next),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Texts made of what secrets are made of, so that every rule is met half-way.
    fn text() -> impl Strategy<Value = String> {
        let piece = prop_oneof![
            "[a-zA-Z0-9 =:\"'\\\\/@$&;|<>(){}\n-]{0,12}",
            "\\PC{0,4}",
            prop::sample::select(vec![
                "password",
                "TOKEN=",
                "\"secret\": \"",
                "-p",
                "mysql ",
                "://",
                "eyJ",
                "AKIA",
                "Authorization: Bearer ",
                "-----BEGIN PRIVATE KEY-----",
                "-----END PRIVATE KEY-----",
                "$6$",
                "sudo -S ",
                "echo ",
                " | chpasswd",
                "<<EOF\n",
                "[masked:",
                "]",
                "\\\"",
                "curl -u ",
                "--password ",
                "value",
                "ghp_",
                ":AA",
                "8Q~",
                "ż",
                "requirepass ",
                "login ",
                "IDENTIFIED BY '",
                "host:5432:db:me:",
                "SecureString",
                "\"Value\": \"",
                "AWS Secret Access Key [None]: ",
                "sshpass ",
            ])
            .prop_map(str::to_owned),
        ];
        prop::collection::vec(piece, 0..24).prop_map(|pieces| pieces.concat())
    }

    proptest! {
        #[test]
        fn a_rule_that_is_not_asked_would_find_nothing(text in text()) {
            let [one_by_one, all_at_once] = hints::tests::both(&text);
            prop_assert_eq!(one_by_one, all_at_once);
            let all = Hints::all(&text);
            prop_assert_eq!(in_command(&text), command_secrets(&text, all));
            prop_assert_eq!(in_output(&text), output_secrets(&text, all));
        }

        #[test]
        fn masks_are_apart_and_on_characters_and_masking_ends(text in text()) {
            for find in [in_command, in_output] {
                let found = find(&text);
                let mut end = 0;
                for Found { span, .. } in &found {
                    prop_assert!(span.start >= end && span.end > span.start);
                    prop_assert!(text.is_char_boundary(span.start) && text.is_char_boundary(span.end));
                    end = span.end;
                }
                let once = masked(&text, &found);
                prop_assert!(once.matches("[masked:").count() >= found.len());
            }
        }
    }
}
