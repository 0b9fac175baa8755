//! `name=value`, where the name says that the value is a secret.

use std::ops::Range;
use std::sync::LazyLock;

use aho_corasick::AhoCorasick;

use crate::Found;
use crate::shapes::is_secret_key;

/// What the name of every secret has in it, in small letters or capitals.
pub(crate) const ANCHORS: [&str; 7] = ["pass", "pwd", "secret", "token", "key", "auth", "cred"];

static SEARCH: LazyLock<AhoCorasick> = LazyLock::new(|| {
    AhoCorasick::builder().ascii_case_insensitive(true).build(ANCHORS).expect("the anchors are few and short")
});

/// A name longer than this is none.
const LONGEST_NAME: usize = 64;
/// A value longer than this is masked up to here; the rest of it is masked as well when it goes on as base64 does.
const LONGEST_VALUE: usize = 8 << 10;

/// Where a value ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Within {
    /// One word of a command line: blanks and quotes of the shell are taken care of already.
    Word,
    /// Lines that a program printed or a file holds.
    Lines,
}

/// Finds the values in `text[within]`.
pub(crate) fn find(text: &str, range: Range<usize>, within: Within, found: &mut Vec<Found>) {
    let part = &text[..range.end];
    let mut done = range.start;
    for anchor in SEARCH.find_iter(&text[range.clone()]) {
        let at = range.start + anchor.start();
        if at < done {
            continue;
        }
        let name = name_around(part, range.start, at);
        let Some(kind) = kind_of(&part[name.clone()]) else { continue };
        done = name.end;
        // `arn:…:secret:name` and what is masked already: the name is itself a value.
        if name.start > range.start
            && part.as_bytes()[name.start - 1] == b':'
            && part.as_bytes().get(name.end) == Some(&b':')
        {
            continue;
        }
        let Some(value) = separator(part, &name, within).and_then(|from| value(part, from, within)) else {
            continue;
        };
        done = value.end;
        let shown = &part[value.clone()];
        // A private key has marks of its own.
        if is_placeholder(shown) || is_reference(kind, shown) || shown.contains("-----BEGIN") {
            continue;
        }
        let kind = if kind != "password" && is_secret_key(shown) { "aws-secret-access-key" } else { kind };
        found.push(Found::new(value, kind));
    }
}

fn name_around(text: &str, from: usize, at: usize) -> Range<usize> {
    let part = |b: &&u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.');
    let bytes = text.as_bytes();
    let before = bytes[from..at].iter().rev().take(LONGEST_NAME).take_while(part).count();
    let after = bytes[at..].iter().take(LONGEST_NAME).take_while(part).count();
    at - before..at + after
}

/// What kind of secret a thing of this name is, or nothing where it is none. `db_password`, `clientSecret`, `PGPASSWORD`
/// and `X-Api-Key` are names of secrets; `password_file`, `max_tokens`, `ssh_key` and `PWD` are not.
pub(crate) fn kind_of(name: &str) -> Option<&'static str> {
    let parts = parts(name);
    let last = parts.last()?.as_str();
    let before = parts.len().checked_sub(2).map_or("", |at| parts[at].as_str());
    let ends = |word: &str| last.ends_with(word);
    Some(match last {
        "pwd" | "oldpwd" => return (parts.len() > 1).then_some("password"),
        "bypass" | "compass" | "trespass" | "surpass" | "encompass" => return None,
        "key" => match before {
            "api" | "secret" | "access" | "private" | "auth" | "encryption" | "encrypt" | "signing"
            | "master" | "account" | "storage" | "service" | "session" | "client" | "deploy" | "webhook"
            | "jwt" | "hmac" | "aes" | "app" | "application" | "integration" | "license" | "subscription"
            | "functions" => "api-key",
            _ => return None,
        },
        "data" if before == "key" => "private-key",
        "auth" => return (parts.len() > 1 || name.starts_with('_')).then_some("token"),
        "credential" | "credentials" => return None,
        _ if ends("apikey")
            || ends("secretkey")
            || ends("accesskey")
            || ends("authkey")
            || ends("accountkey") =>
        {
            "api-key"
        }
        _ if ends("token") => "token",
        _ if ends("secret") || last == "secrets" && parts.len() > 1 => "secret",
        _ if ends("password") || ends("passwd") || ends("passphrase") || ends("pass") || ends("passcode") => {
            "password"
        }
        _ if ends("pwd") => "password",
        "string" | "binary" if before == "secret" => "secret",
        _ => return None,
    })
}

/// `dbPassword`, `DB_PASSWORD`, `db-password` → `db`, `password`. A number at the end is not counted.
fn parts(name: &str) -> Vec<String> {
    let mut parts = Vec::new();
    let mut part = String::new();
    let mut lower = false;
    for c in name.chars() {
        let ends = matches!(c, '_' | '-' | '.') || (lower && c.is_ascii_uppercase());
        if ends && !part.is_empty() {
            parts.push(std::mem::take(&mut part));
        }
        lower = c.is_ascii_lowercase();
        if c.is_ascii_alphanumeric() {
            part.push(c.to_ascii_lowercase());
        }
    }
    let part = part.trim_end_matches(|c: char| c.is_ascii_digit());
    if !part.is_empty() {
        parts.push(part.to_owned());
    }
    parts
}

/// Where the value begins that belongs to a name: behind `=`, `:`, `=>`, an XML tag's end, or a `value` of its own.
fn separator(text: &str, name: &Range<usize>, within: Within) -> Option<usize> {
    let bytes = text.as_bytes();
    let at = |i: usize| bytes.get(i).copied().unwrap_or(0);
    let blanks = |i: usize| {
        bytes[i.min(bytes.len())..].iter().take(16).take_while(|b| matches!(b, b' ' | b'\t')).count()
    };
    if name.start > 0 && at(name.start - 1) == b'<' && at(name.end) == b'>' {
        return Some(name.end + 1);
    }
    let mut i = name.end;
    while at(i) == b'\\' {
        i += 1;
    }
    let quoted = matches!(at(i), b'"' | b'\'');
    i += usize::from(quoted);
    if at(i) == b']' {
        i += 1;
    }
    if let Some(from) = value_beside(text, i).or_else(|| second_argument(text, name, i)) {
        return Some(from);
    }
    let spaced = blanks(i);
    i += spaced;
    let from = match (at(i), at(i + 1)) {
        (b'=', b'=' | b'~') | (b'!', _) => return None,
        (b'=', b'>') | (b':', b'=') => i + 2,
        (b'=', _) => {
            // `export TOKEN= next` sets it to nothing.
            let after = blanks(i + 1);
            if within == Within::Lines && spaced == 0 && after > 0 && !quoted {
                return None;
            }
            i + 1
        }
        // `pass::word` is a path of code.
        (b':', b':') => return None,
        (b':', b'/') if at(i + 2) == b'/' => return None,
        (b':', _) => i + 1,
        _ => return None,
    };
    Some(from + blanks(from))
}

/// `{"name": "DB_PASSWORD", "value": "…"}`, `- name: DB_PASSWORD⏎  value: …`, `key="password" value="…"`: what task
/// definitions, manifests and configuration files say a variable's value with.
fn value_beside(text: &str, from: usize) -> Option<usize> {
    let rest = text.get(from..)?;
    let skipped = rest.len() - rest.trim_start_matches([' ', '\t', '\r', '\n', ',', '"', '\'', '\\']).len();
    if skipped == 0 || skipped > 64 {
        return None;
    }
    let after =
        rest[skipped..].get(..5).filter(|w| w.eq_ignore_ascii_case("value")).map(|_| from + skipped + 5)?;
    let rest = text[after..].trim_start_matches(['"', '\'', '\\']).trim_start_matches([' ', '\t']);
    let rest = rest.strip_prefix([':', '='])?.trim_start_matches([' ', '\t']);
    Some(text.len() - rest.len())
}

/// `define("DB_PASSWORD", "…")`, `setenv('TOKEN', '…')`.
fn second_argument(text: &str, name: &Range<usize>, from: usize) -> Option<usize> {
    let call = text[..name.start].trim_end_matches(['"', '\'']).strip_suffix('(')?;
    let rest = text[from..].strip_prefix(',')?.trim_start_matches(' ');
    let sets =
        ["define", "setenv", "putenv", "set_env", "env"].iter().any(|function| call.ends_with(function));
    (sets && rest.starts_with(['"', '\''])).then_some(text.len() - rest.len())
}

/// The value that begins here, without its quotes.
fn value(text: &str, from: usize, within: Within) -> Option<Range<usize>> {
    let rest = &text[from.min(text.len())..crate::shapes::floor(text, from + LONGEST_VALUE)];
    let escapes = rest.len() - rest.trim_start_matches('\\').len();
    let first = rest[escapes..].chars().next()?;
    if matches!(first, '"' | '\'') {
        let close = closing(&rest[escapes + 1..], first, escapes);
        let open = from + escapes + 1;
        return Some(open..open + close);
    }
    let end = match within {
        Within::Word => rest.len().min(parameter_end(rest)),
        Within::Lines => {
            let stop = |c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '<' | '`');
            let end = rest.find(stop).unwrap_or(rest.len());
            let value = &rest[..end.min(parameter_end(&rest[..end]))];
            let trimmed = value.trim_end_matches([',', ';', ')', ']', '}']);
            if is_prose(trimmed, &rest[end..]) {
                return None;
            }
            trimmed.len()
        }
    };
    Some(from..from + end)
}

/// The closing quote that matches: as many backslashes before it as before the opening one.
fn closing(text: &str, quote: char, escapes: usize) -> usize {
    let bytes = text.as_bytes();
    let mut before = 0;
    for (at, &byte) in bytes.iter().enumerate() {
        match byte {
            b'\\' => before += 1,
            _ if byte == quote as u8 && before == escapes => return at - before,
            // What is open at the line's end was no quote.
            b'\n' if escapes == 0 => return at,
            _ => before = 0,
        }
    }
    text.len()
}

/// `a=1&b=2` and `a=1;b=2`: the next name ends this value.
fn parameter_end(value: &str) -> usize {
    let named = |rest: &str| {
        let name = rest
            .bytes()
            .take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b' ' | b'.' | b'-'))
            .count();
        rest.is_empty() || (name > 0 && rest.as_bytes().get(name) == Some(&b'='))
    };
    let ends = value.char_indices().filter(|(_, c)| matches!(c, '&' | ';'));
    // The value's own `&` and `;` are few; a value full of them is nobody's password.
    ends.take(64).find(|(at, _)| named(&value[at + 1..])).map_or(value.len(), |(at, _)| at)
}

/// `Password: authentication failure for root` is a sentence.
fn is_prose(value: &str, after: &str) -> bool {
    let word = value.trim_end_matches(['.', ':', '!', '?']);
    let plain = !word.is_empty() && word.bytes().all(|b| b.is_ascii_lowercase());
    let goes_on =
        after.strip_prefix(' ').is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_alphabetic()));
    plain && (goes_on || word.len() < value.len())
        || matches!(
            word.to_ascii_lowercase().as_str(),
            "required"
                | "optional"
                | "expired"
                | "invalid"
                | "incorrect"
                | "valid"
                | "unchanged"
                | "set"
                | "unset"
                | "disabled"
                | "enabled"
                | "missing"
                | "empty"
                | "default"
                | "never"
                | "string"
                | "str"
                | "bytes"
                | "changed"
                | "updated"
                | "unknown"
                | "accepted"
                | "rejected"
                | "opaque"
                | "never-expires"
                | "locked"
        )
}

/// What stands where a secret would and is none: a variable, a template, stars, nothing.
pub(crate) fn is_placeholder(value: &str) -> bool {
    let value = value.trim_matches(['"', '\'']);
    let variable =
        |rest: &str| rest.starts_with(|c: char| c.is_ascii_alphabetic() || matches!(c, '_' | '{' | '('));
    let call = || {
        let name =
            value.bytes().take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.')).count();
        name > 0
            && matches!(value.as_bytes().get(name), Some(b'(' | b'['))
            && !value.as_bytes()[0].is_ascii_digit()
    };
    let lower = value.to_ascii_lowercase();
    value.is_empty()
        || value == "$"
        || (value.strip_prefix('$').is_some_and(variable) && !value.starts_with("$y$"))
        || value.starts_with('`')
        || (value.len() > 2 && value.starts_with('%') && value.ends_with('%'))
        || value.starts_with("%(")
        || value.starts_with("%s")
        || value.starts_with("{{")
        || value.starts_with("${")
        || (value.starts_with('<') && !value.starts_with("<<"))
        || value.starts_with("[masked:")
        || value.chars().all(|c| matches!(c, '*' | '•' | '.' | '-' | '_' | '#' | '?' | '\\' | ',' | '|'))
        || value.bytes().all(|b| matches!(b, b'x' | b'X'))
        || matches!(
            lower.as_str(),
            "null" | "none" | "nil" | "true" | "false" | "yes" | "no" | "undefined" | "{" | "[" | "("
        )
        || [
            "process.env",
            "os.environ",
            "env.",
            "var.",
            "local.",
            "module.",
            "data.",
            "self.",
            "args.",
            "config.",
        ]
        .iter()
        .any(|start| lower.starts_with(start))
        || call()
}

/// What only says where a secret lies.
pub(crate) fn is_reference(kind: &str, value: &str) -> bool {
    let is_path = value.starts_with(['/', '~']) || value.starts_with("./") || value.starts_with("../");
    let aws_key = is_secret_key(value) || (value.len() == 40 && !value.contains('.') && kind == "api-key");
    value.starts_with("arn:")
        || value.starts_with("file:")
        || value.starts_with("op://")
        || value.starts_with("vault:")
        || value.starts_with("ssm:")
        || (is_path && !aws_key && value.len() < 256)
        || (kind == "private-key" && value.len() < 32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_secrets_are_told_from_names_beside_them() {
        for name in [
            "password",
            "DB_PASSWORD",
            "dbPassword",
            "PGPASSWORD",
            "MYSQL_PWD",
            "SSHPASS",
            "client-secret",
            "clientSecret",
            "X-Api-Key",
            "apikey",
            "AWS_SECRET_ACCESS_KEY",
            "secretAccessKey",
            "_authToken",
            "_auth",
            "REDISCLI_AUTH",
            "spring.datasource.password",
            "AccountKey",
            "SecretString",
            "password1",
            "client-key-data",
            "X-aws-ec2-metadata-token",
            "keypass",
        ] {
            assert!(kind_of(name).is_some(), "{name}");
        }
        for name in [
            "PWD",
            "OLDPWD",
            "password_file",
            "max_tokens",
            "ssh_key",
            "public_key",
            "primary_key",
            "key",
            "secretName",
            "token-ttl",
            "AWS_ACCESS_KEY_ID",
            "auth",
            "bypass",
            "compass",
            "author",
            "keyboard",
            "passenger",
            "credential.helper",
            "secret-id",
            "monkey",
            "tokenizer",
            "",
        ] {
            assert_eq!(kind_of(name), None, "{name}");
        }
    }
}
