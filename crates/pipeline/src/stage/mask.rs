//! `Linked` → `Masked`: secrets that a terminal showed leave the record here, before anything is stored or printed.
//!
//! What is masked now are AWS access keys, by the shapes AWS documents: a key id is 20 characters, `AKIA` (long-lived)
//! or `ASIA` (temporary) first, and a secret key is 40 characters of base64's alphabet. A key id is plain by itself; 40
//! characters are a secret key only where a name says so or a key id stands in the same text.

use std::borrow::Cow;
use std::ops::Range;

use whoran_link::Linked;
use whoran_model::{CommandRecord, Session};

/// A session whose commands show no secret that we know how to see.
#[derive(Debug, Clone, PartialEq)]
pub struct Masked {
    /// The session.
    pub session: Session,
    /// Its commands, in order.
    pub commands: Vec<CommandRecord>,
}

impl Masked {
    /// Takes a session as it is, secrets and all: what `parse` does unless it is told to mask.
    pub fn unmasked(Linked { session, commands }: Linked) -> Self {
        Self { session, commands }
    }
}

/// Masks every text of every command and counts in each record what was masked in it.
pub(crate) fn mask(Linked { session, mut commands }: Linked) -> Masked {
    for record in &mut commands {
        let command = &mut record.command;
        let mut texts = vec![&mut command.command, &mut command.output];
        texts.extend(&mut command.typed);
        texts.extend(&mut command.cwd);
        texts.extend(command.alternatives.iter_mut().map(|a| &mut a.command));
        // A key id in the command tells what the 40 characters in its output are, and the other way round.
        let beside_key_id = texts.iter().any(|t| holds_key_id(t));
        for text in texts {
            if let (Cow::Owned(masked), count) = mask_text(text, beside_key_id) {
                *text = masked;
                record.masked += count;
            }
        }
    }
    Masked { session, commands }
}

/// The text without its secrets, and how many there were.
fn mask_text(text: &str, beside_key_id: bool) -> (Cow<'_, str>, u32) {
    let mut out = String::new();
    let (mut copied, mut count) = (0, 0);
    for at in tokens(text) {
        let Some((found, what)) = secret(text, at, beside_key_id) else { continue };
        out.push_str(&text[copied..found.start]);
        out.push_str(what);
        copied = found.end;
        count += 1;
    }
    if count == 0 {
        return (Cow::Borrowed(text), 0);
    }
    out.push_str(&text[copied..]);
    (Cow::Owned(out), count)
}

/// The secret that a run of characters is or ends with, and what to put in its place.
fn secret(text: &str, at: Range<usize>, beside_key_id: bool) -> Option<(Range<usize>, &'static str)> {
    let value = value(text, at);
    let token = &text[value.clone()];
    if is_key_id(token) {
        Some((value, "[masked:aws-access-key-id]"))
    } else if is_secret_shaped(token) && (beside_key_id || named_secret(&text[..value.start])) {
        Some((value, "[masked:aws-secret-access-key]"))
    } else {
        None
    }
}

fn holds_key_id(text: &str) -> bool {
    tokens(text).any(|at| is_key_id(&text[value(text, at)]))
}

/// `name=value` is one run, since `=` belongs to base64's alphabet: the part after the last `=` inside it.
fn value(text: &str, at: Range<usize>) -> Range<usize> {
    let token = &text[at.clone()];
    match token.rfind('=') {
        Some(eq) if eq + 1 < token.len() => at.start + eq + 1..at.end,
        _ => at,
    }
}

/// Runs of base64's alphabet and `_`: whatever a secret could be is one of these or the end of one.
fn tokens(text: &str) -> impl Iterator<Item = Range<usize>> {
    let part = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'=' | b'_');
    let bytes = text.as_bytes();
    let mut at = 0;
    std::iter::from_fn(move || {
        let start = at + bytes[at..].iter().position(|&b| part(b))?;
        at = start + bytes[start..].iter().position(|&b| !part(b)).unwrap_or(bytes.len() - start);
        Some(start..at)
    })
}

fn is_key_id(token: &str) -> bool {
    token.len() == 20
        && (token.starts_with("AKIA") || token.starts_with("ASIA"))
        && token.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit())
}

fn is_secret_shaped(token: &str) -> bool {
    let has = |class: fn(&u8) -> bool| token.as_bytes().iter().any(class);
    // Forty hex digits are a git commit, not a secret key.
    token.len() == 40
        && !token.contains('_')
        && has(u8::is_ascii_uppercase)
        && has(u8::is_ascii_lowercase)
        && (has(u8::is_ascii_digit) || token.contains(['+', '/']))
}

/// Whether the text right before a value names it a secret key: `aws_secret_access_key = `, `"SecretAccessKey": "`,
/// `AWS Secret Access Key [None]: `.
fn named_secret(before: &str) -> bool {
    const FAR: usize = 48;
    let mut from = before.len().saturating_sub(FAR);
    while !before.is_char_boundary(from) {
        from += 1;
    }
    let letters =
        |s: &str| s.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase();
    let line = before[from..].rsplit('\n').next().unwrap_or_default();
    let name = letters(line);
    name.ends_with("secretaccesskey") || name.ends_with("secretaccesskeynone") || name.ends_with("secretkey")
}

#[cfg(test)]
mod tests {
    use super::*;

    // The example keys of AWS's own documentation.
    const ID: &str = "AKIAIOSFODNN7EXAMPLE";
    const SECRET: &str = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";

    fn masked(text: &str) -> (String, u32) {
        let (text, count) = mask_text(text, holds_key_id(text));
        (text.into_owned(), count)
    }

    #[test]
    fn access_keys_are_masked_where_they_are_named_or_stand_together() {
        let i = "[masked:aws-access-key-id]";
        let s = "[masked:aws-secret-access-key]";
        for (text, expected, count) in [
            (format!("export AWS_ACCESS_KEY_ID={ID}"), format!("export AWS_ACCESS_KEY_ID={i}"), 1),
            (format!("aws_secret_access_key = {SECRET}"), format!("aws_secret_access_key = {s}"), 1),
            (format!("AWS_SECRET_ACCESS_KEY={SECRET} ls"), format!("AWS_SECRET_ACCESS_KEY={s} ls"), 1),
            (format!("\"SecretAccessKey\": \"{SECRET}\","), format!("\"SecretAccessKey\": \"{s}\","), 1),
            (
                format!("AWS Secret Access Key [None]: {SECRET}"),
                format!("AWS Secret Access Key [None]: {s}"),
                1,
            ),
            (format!("{ID},{SECRET}"), format!("{i},{s}"), 2),
            ("(ASIAIOSFODNN7EXAMPLE)".to_owned(), format!("({i})"), 1),
        ] {
            assert_eq!(masked(&text), (expected, count), "{text}");
        }
    }

    #[test]
    fn what_only_looks_like_a_key_stays() {
        for text in [
            SECRET,
            "git show 3f786850e387550fdab836ed7e6dc881de23001b",
            "AKIAIOSFODNN7EXAMPL",
            "XAKIAIOSFODNN7EXAMPLE",
            "AKIAIOSFODNN7examplE",
            "żółć = Ω",
            "",
        ] {
            assert_eq!(masked(text), (text.to_owned(), 0));
        }
        let commit = format!("{ID} 3f786850e387550fdab836ed7e6dc881de23001b");
        assert_eq!(masked(&commit).1, 1);
    }
}
