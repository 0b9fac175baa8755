//! Secrets that the place tells: private keys between their marks, URLs with a password, HTTP headers.

use std::sync::LazyLock;

use regex::Regex;

use crate::Found;
use crate::hints::{Hints, Rule};
use crate::named::is_placeholder;
use crate::shapes::floor;

pub(crate) fn find(text: &str, hints: Hints, found: &mut Vec<Found>) {
    if hints.has(Rule::Url) {
        urls(text, found);
    }
    if hints.has(Rule::Header) {
        headers(text, found);
    }
    if hints.has(Rule::PrivateKey) {
        private_keys(text, found);
    }
}

/// No user name, password or host is longer.
const LONGEST_AUTHORITY: usize = 1024;

/// `scheme://user:password@host` (RFC 3986, section 3.2.1), and a token in the user's place.
fn urls(text: &str, found: &mut Vec<Found>) {
    for (at, _) in text.match_indices("://") {
        let from = at + 3;
        let rest = &text[from..floor(text, from + LONGEST_AUTHORITY)];
        let end =
            |c: char| c.is_whitespace() || matches!(c, '/' | '?' | '#' | '"' | '\'' | '<' | '>' | '\\' | '`');
        let authority = &rest[..rest.find(end).unwrap_or(rest.len())];
        let Some(host) = authority.rfind('@') else { continue };
        let (secret, kind) = match authority[..host].find(':') {
            Some(colon) => (colon + 1..host, "url-password"),
            None if is_token(&authority[..host]) => (0..host, "token"),
            None => continue,
        };
        if !is_placeholder(&authority[secret.clone()]) {
            found.push(Found::new(from + secret.start..from + secret.end, kind));
        }
    }
}

/// Long, and of letters and digits both: no user is called so.
fn is_token(user: &str) -> bool {
    user.len() >= 20
        && user.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-'))
        && user.bytes().filter(u8::is_ascii_digit).count() >= 4
}

/// `Authorization: Bearer …` (RFC 9110, section 11.6.2), `Cookie: …` (RFC 6265), and `Bearer …` by itself.
fn headers(text: &str, found: &mut Vec<Found>) {
    static HEADER: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(
            r#"(?ix)\b(?:
                (?:proxy-)?authorization \\?["']? \s{0,4} [:=] \s{0,4} \\?["']?
                    (?: (?:bearer|basic|token|digest|negotiate|apikey|splunk|aws4-hmac-sha256) [\ ]{1,4} )?
                    (?P<auth> [^\s"'\\]{4,} (?: ,[\ ]? [a-z]{1,32} = [^\s,"']{1,} ){0,16} )
              | bearer [\ ]{1,4} (?P<bearer> [A-Za-z0-9_.~+/=-]{20,} )
              | (?:set-)?cookie: [\ ]{0,4} (?P<cookie> [^\s;="']{1,} = [^\r\n"']{1,} )
            )"#,
        )
        .expect("it is a regular expression")
    });
    for hit in HEADER.captures_iter(text) {
        let named = [("auth", "authorization"), ("bearer", "authorization"), ("cookie", "cookie")];
        let Some((secret, kind)) = named.iter().find_map(|(name, kind)| Some((hit.name(name)?, *kind)))
        else {
            continue;
        };
        if !is_placeholder(secret.as_str()) {
            found.push(Found::new(secret.range(), kind));
        }
    }
}

/// Private keys in PEM (RFC 7468), OpenPGP's armour (RFC 9580, section 6) and PuTTY's files. A key that is cut off at
/// either end is one as far as it goes.
fn private_keys(text: &str, found: &mut Vec<Found>) {
    static MARK: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"-----(BEGIN|END) (?:[A-Z0-9]+ ){0,4}PRIVATE KEY(?: BLOCK)?-----|Private-Lines: \d{1,4}")
            .expect("it is a regular expression")
    });
    let mut begin: Option<(usize, usize)> = None;
    let mut done = 0;
    let close = |begin: Option<(usize, usize)>, found: &mut Vec<Found>| {
        if let Some((start, body)) = begin {
            found.push(Found::new(start..body + key_material(&text[body..]), "private-key"));
        }
    };
    for mark in MARK.find_iter(text) {
        let is_end = mark.as_str().starts_with("-----END");
        // What is between the marks is one key, unless it is cut and other things follow.
        let whole = |body: usize| {
            text[body + key_material(&text[body..])..mark.start()].trim_matches(BREAKS).is_empty()
        };
        match (begin.take(), is_end) {
            (Some((start, body)), true) if whole(body) => {
                found.push(Found::new(start..mark.end(), "private-key"));
            }
            (unfinished, true) => {
                close(unfinished, found);
                let before = key_material_before(&text[done..mark.start()]);
                found.push(Found::new(mark.start() - before..mark.end(), "private-key"));
            }
            (unfinished, false) => {
                close(unfinished, found);
                begin = Some((mark.start(), mark.end()));
            }
        }
        done = mark.end();
    }
    close(begin, found);
}

/// What breaks the lines of a key, also inside a quoted text.
const BREAKS: [char; 7] = [' ', '\t', '\r', '\n', '\\', 'n', 'r'];

fn is_key_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=')
}

/// So many lines may stand between a mark and the key itself.
const MOST_HEADERS: u32 = 8;

/// How far lines of base64 go on, whether they are broken by line ends or by `\n` in a quoted text.
fn key_material(text: &str) -> usize {
    let (mut at, mut end, mut headers) = (0, 0, 0);
    loop {
        let rest = &text[at..];
        let line = rest.find(['\n', '\\']).unwrap_or(rest.len());
        let body = rest[..line].trim();
        let run = body.bytes().take_while(|&b| is_key_byte(b)).count();
        let is_key = run >= 16 || (end > 0 && run > 0 && run == body.len());
        if is_key {
            end = at + line - rest[..line].trim_start().len() + run;
        }
        // `DEK-Info: …` may stand before the key itself.
        headers += u32::from(end == 0);
        let is_header = end == 0 && headers < MOST_HEADERS && (body.is_empty() || body.contains(": "));
        let may_go_on = is_header || (is_key && run == body.len());
        if !may_go_on || line == rest.len() {
            return end;
        }
        at += line + if rest.as_bytes()[line] == b'\n' { 1 } else { 2.min(rest.len() - line) };
        if !text.is_char_boundary(at) {
            return end;
        }
    }
}

/// How far back lines of base64 go.
fn key_material_before(text: &str) -> usize {
    let mut kept = 0;
    for line in text.split_inclusive('\n').rev() {
        let body = line.trim();
        let is_key = body.bytes().all(is_key_byte) && (body.len() >= 16 || kept == 0 || body.is_empty());
        if !is_key {
            // The first line may be cut, or end in something else.
            let run = body.bytes().rev().take_while(|&b| is_key_byte(b)).count();
            let end = line.trim_end().len();
            if run >= 16 {
                kept += line.len() - (end - run);
            }
            break;
        }
        kept += line.len();
    }
    kept
}
