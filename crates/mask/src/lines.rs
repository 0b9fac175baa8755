//! Secrets in what programs print: names with values, line by line.

use std::sync::LazyLock;

use regex::Regex;

use crate::Found;
use crate::hints::{Hints, Rule};
use crate::named::{self, Within, is_placeholder};

/// What has no sign between name and value: prompts of `aws configure`, SQL, `redis.conf`, `.netrc`, `.pgpass`, and the
/// user and password that Docker keeps in one.
///
/// Each has one of [`ANCHORS`] in it.
static SENTENCES: LazyLock<[(&str, Regex); 7]> = LazyLock::new(|| {
    let regex = |pattern| Regex::new(pattern).expect("a pattern of the table is a regular expression");
    [
        (
            "aws-secret-access-key",
            regex(r"(?i)secret access key(?: \[[^\]\n]{0,40}\])?: ?([A-Za-z0-9+/]{40})(?:[^A-Za-z0-9+/]|$)"),
        ),
        ("aws-session-token", regex(r"(?i)session token(?: \[[^\]\n]{0,40}\])?: ?([A-Za-z0-9+/=]{64,})")),
        (
            "password",
            regex(
                r#"(?i)\b(?:identified (?:with \w{1,40} )?by|password|pass) (?:password )?['"]([^'"\n]{1,})['"]"#,
            ),
        ),
        ("password", regex(r"(?im)^[ \t]*(?:requirepass|masterauth|config set requirepass)[ \t]+([^\s]+)")),
        ("password", regex(r"(?i)\blogin[ \t]+[^\s]+[ \t]+password[ \t]+([^\s]+)")),
        ("password", regex(r"(?m):(?:5432|5433|6432|\*):[^\s:]+:[^\s:]+:([^\s]+)$")),
        ("token", regex(r#""auth": ?"([A-Za-z0-9+/]*[A-Z][A-Za-z0-9+/]{6,}={0,2})""#)),
    ]
});

/// What no sentence is without, in small letters or capitals.
pub(crate) const ANCHORS: [&str; 17] = [
    "secret access key",
    "session token",
    "by '",
    "by \"",
    "pass '",
    "pass \"",
    "password '",
    "password \"",
    "requirepass",
    "masterauth",
    "login ",
    "login\t",
    ":5432:",
    ":5433:",
    ":6432:",
    ":*:",
    "\"auth\":",
];

pub(crate) fn find(text: &str, hints: Hints, found: &mut Vec<Found>) {
    if hints.has(Rule::Named) {
        named::find(text, 0..text.len(), Within::Lines, found);
    }
    if hints.has(Rule::Sentence) {
        sentences(text, found);
    }
    if hints.has(Rule::Decrypted) {
        decrypted(text, found);
    }
}

pub(crate) fn sentences(text: &str, found: &mut Vec<Found>) {
    for (kind, pattern) in &*SENTENCES {
        for hit in pattern.captures_iter(text) {
            if let Some(secret) = hit.iter().skip(1).flatten().next().filter(|m| !is_placeholder(m.as_str()))
            {
                found.push(Found::new(secret.range(), kind));
            }
        }
    }
}

/// What Parameter Store gives back decrypted says so beside it.
fn decrypted(text: &str, found: &mut Vec<Found>) {
    static VALUE: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r#""Value": ?"((?:[^"\\\n]|\\.){1,})""#).expect("it is a regular expression")
    });
    for hit in VALUE.captures_iter(text) {
        if let Some(secret) = hit.get(1) {
            found.push(Found::new(secret.range(), "secret"));
        }
    }
}

/// [`sentences`] of a part that stands at `offset`.
pub(crate) fn sentences_at(part: &str, offset: usize, found: &mut Vec<Found>) {
    let start = found.len();
    sentences(part, found);
    for one in &mut found[start..] {
        one.span = one.span.start + offset..one.span.end + offset;
    }
}
