//! Secrets in a command line: in the arguments of programs, in assignments, in what quotes hold.

use std::ops::Range;

use crate::Found;
use crate::hints::{Hints, Rule};
use crate::lines;
use crate::named::{self, Within, is_placeholder};
use crate::programs::{self, Program, Takes};
use crate::words::{Word, words};

/// How deep command lines in quotes are looked into (`ssh host "bash -c '…'"`).
const DEPTH: u32 = 3;

/// Finds the secrets of the command line `text`, which stands at `offset` in a longer one.
pub(crate) fn find(text: &str, hints: Hints, offset: usize, depth: u32, found: &mut Vec<Found>) {
    let asks = |rule| hints.has(rule);
    let piped = asks(Rule::Piped) && asks(Rule::Reads);
    if !(piped || [Rule::Named, Rule::Sentence, Rule::Program].into_iter().any(asks)) {
        return;
    }
    let start = found.len();
    let words = words(text);
    for word in &words {
        let inner = &text[word.span.clone()];
        let whole = !inner.contains([' ', '\n']) || is_secret_assignment(inner) || !word.quoted;
        if asks(Rule::Named) {
            named::find(text, word.span.clone(), if whole { Within::Word } else { Within::Lines }, found);
        }
        if word.quoted && inner.contains([' ', '\n']) {
            if depth < DEPTH {
                find(inner, hints, word.span.start, depth + 1, found);
            }
            if asks(Rule::Sentence) {
                lines::sentences_at(inner, word.span.start, found);
            }
        }
    }
    // A here-document and a statement for a database are text as files and programs have it.
    if asks(Rule::Sentence) && (text.contains('\n') || depth == 0) {
        lines::sentences_at(text, 0, found);
    }
    if asks(Rule::Named)
        && let Some(body) = text.find("<<").and_then(|at| text[at..].find('\n').map(|line| at + line))
    {
        named::find(text, body..text.len(), Within::Lines, found);
    }
    if asks(Rule::Named) || asks(Rule::Program) {
        for simple in simple_commands(&words) {
            arguments(text, simple, found);
            spaced_assignments(text, simple, found);
        }
    }
    if piped {
        piped_passwords(text, &words, found);
    }
    for one in &mut found[start..] {
        one.span = one.span.start + offset..one.span.end + offset;
    }
}

/// Whether all of a word is the value of one name: `PASSWORD=with blanks in it`.
fn is_assignment(word: &str) -> bool {
    let name = word.split('=').next().unwrap_or_default();
    name.len() < word.len()
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.'))
}

fn is_secret_assignment(word: &str) -> bool {
    is_assignment(word) && named::kind_of(word.split('=').next().unwrap_or_default()).is_some()
}

fn simple_commands(words: &[Word]) -> impl Iterator<Item = &[Word]> {
    words.chunk_by(|_, next| !next.first)
}

/// The secrets that the programs of one simple command are handed.
fn arguments(text: &str, words: &[Word], found: &mut Vec<Found>) {
    let shown = |word: &Word| &text[word.span.clone()];
    let begins = words.iter().take_while(|word| is_assignment(shown(word))).count();
    // `$variable = Program …` is PowerShell's.
    let powershell = words.len() > 2 && shown(&words[0]).starts_with('$') && shown(&words[1]) == "=";
    let begins = if powershell { 2 } else { begins };
    let Some(first) = words.get(begins) else { return };
    let wrapped = programs::WRAPPERS.contains(&basename(shown(first)));
    let candidates = if wrapped { begins..words.len() } else { begins..begins + 1 };
    let mut asks = false;
    for at in candidates {
        if let Some(program) = programs::named(shown(&words[at])) {
            asks |= program.asks;
            given(text, program, &words[at + 1..], found);
        }
    }
    if !asks {
        long_options(text, &words[begins..], found);
    }
}

fn basename(word: &str) -> &str {
    word.rsplit('/').next().unwrap_or(word)
}

/// `--password SECRET`, `-storepass SECRET`: any program's option whose name says what comes.
fn long_options(text: &str, words: &[Word], found: &mut Vec<Found>) {
    for pair in words.windows(2) {
        let (option, value) = (&text[pair[0].span.clone()], &pair[1]);
        let Some(name) = option.strip_prefix('-').map(|o| o.trim_start_matches('-')) else { continue };
        if name.len() < 4
            || !name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'))
        {
            continue;
        }
        if let Some(kind) =
            named::kind_of(name).filter(|kind| !named::is_reference(kind, &text[value.span.clone()]))
        {
            secret(text, value.span.clone(), kind, found);
        }
    }
}

/// `name = value` in three words, as PowerShell and REPLs have it.
fn spaced_assignments(text: &str, words: &[Word], found: &mut Vec<Found>) {
    let shown = |word: &Word| &text[word.span.clone()];
    for three in words.windows(3).filter(|three| shown(&three[1]) == "=") {
        let name = shown(&three[0]).rsplit([':', '$']).next().unwrap_or_default();
        if let Some(kind) = named::kind_of(name) {
            secret(text, three[2].span.clone(), kind, found);
        }
    }
}

/// The secrets among a program's own words.
fn given(text: &str, program: &Program, words: &[Word], found: &mut Vec<Found>) {
    let shown = |word: &Word| &text[word.span.clone()];
    for takes in program.takes {
        match *takes {
            Takes::Next(option) => {
                for pair in words.windows(2).filter(|pair| shown(&pair[0]) == option) {
                    secret(text, pair[1].span.clone(), "password", found);
                }
            }
            Takes::NextOf(verb, option) if words.iter().any(|word| shown(word) == verb) => {
                for pair in words.windows(2).filter(|pair| shown(&pair[0]) == option) {
                    secret(text, pair[1].span.clone(), "password", found);
                }
            }
            Takes::NextOf(..) => {}
            Takes::Glued(option) => {
                for word in words {
                    if shown(word).len() > option.len() && shown(word).starts_with(option) {
                        let from = word.span.start + option.len();
                        secret(text, inner(text, from..word.span.end), "password", found);
                    }
                }
            }
            Takes::After(option, mark) => {
                for (at, word) in words.iter().enumerate() {
                    let value = match shown(word).strip_prefix(option) {
                        Some("") => words.get(at + 1).map(|next| next.span.clone()),
                        Some(rest) if rest.starts_with('=') => {
                            Some(word.span.end - rest.len() + 1..word.span.end)
                        }
                        Some(rest) if option.len() == 2 => Some(word.span.end - rest.len()..word.span.end),
                        _ => None,
                    };
                    let Some(value) = value.map(|value| inner(text, value)) else { continue };
                    if let Some(colon) = text[value.clone()].find(mark) {
                        secret(
                            text,
                            inner(text, value.start + colon + mark.len_utf8()..value.end),
                            "password",
                            found,
                        );
                    }
                }
            }
            Takes::Prefixed(start) => {
                for word in words.iter().filter(|word| shown(word).starts_with(start)) {
                    secret(
                        text,
                        inner(text, word.span.start + start.len()..word.span.end),
                        "password",
                        found,
                    );
                }
            }
            Takes::LastOf(count, option) => {
                let has = option.is_empty()
                    || words
                        .iter()
                        .any(|w| shown(w).strip_prefix('-').is_some_and(|letters| letters.contains(option)));
                let plain: Vec<_> = words.iter().filter(|word| !shown(word).starts_with('-')).collect();
                if has && plain.len() >= count {
                    secret(text, plain[count - 1].span.clone(), "password", found);
                }
            }
            Takes::Following(names) => {
                let plain: Vec<_> = words.iter().filter(|word| !shown(word).starts_with('-')).collect();
                for run in plain.windows(names.len() + 1) {
                    if run[..names.len()].iter().map(|w| shown(w)).eq(names.iter().copied()) {
                        secret(text, run[names.len()].span.clone(), "secret", found);
                        break;
                    }
                }
            }
            Takes::Slash => {
                for word in words.iter().filter(|word| !shown(word).starts_with(['-', '/', '.', '@'])) {
                    let Some(slash) = shown(word).find('/') else { continue };
                    let rest = &shown(word)[slash + 1..];
                    let end = rest.rfind('@').unwrap_or(rest.len());
                    let from = word.span.start + slash + 1;
                    secret(text, from..from + end, "password", found);
                }
            }
        }
    }
}

/// `echo SECRET | sudo -S …`, `echo user:SECRET | chpasswd`, `chpasswd <<< user:SECRET`.
fn piped_passwords(text: &str, words: &[Word], found: &mut Vec<Found>) {
    let simple: Vec<&[Word]> = simple_commands(words).collect();
    let program =
        |words: &[Word]| words.iter().map(|w| basename(&text[w.span.clone()])).find(|w| !w.contains('='));
    let reads = |words: &[Word]| {
        let name = words
            .iter()
            .map(|w| basename(&text[w.span.clone()]))
            .find(|w| programs::READS_PASSWORD.contains(w));
        let first = program(words)?;
        match name? {
            "sudo" if words.iter().any(|w| is_flag(&text[w.span.clone()], 'S')) => Some(false),
            "sudo" => words
                .iter()
                .map(|w| basename(&text[w.span.clone()]))
                .find(|w| *w != "sudo" && programs::READS_PASSWORD.contains(w))
                .map(|name| name == "chpasswd"),
            name => (name == first).then_some(name == "chpasswd"),
        }
    };
    for (at, command) in simple.iter().enumerate() {
        let Some(pairs) = reads(command) else { continue };
        let mut sources: Vec<&Word> = command.iter().filter(|word| word.here_string).collect();
        let before = at.checked_sub(1).map(|before| simple[before]);
        if let Some(before) = before.filter(|words| words.last().is_some_and(|w| w.piped))
            && matches!(program(before), Some("echo" | "printf"))
        {
            sources.extend(before[1..].iter().filter(|word| !text[word.span.clone()].starts_with('-')));
        }
        for word in sources {
            let shown = &text[word.span.clone()];
            let from = if pairs { shown.find(':').map_or(0, |colon| colon + 1) } else { 0 };
            let end = shown.len() - if shown.ends_with("\\n") { 2 } else { 0 };
            secret(text, word.span.start + from..word.span.start + end.max(from), "password", found);
        }
    }
}

/// Whether `-nS` has this letter in it.
fn is_flag(word: &str, letter: char) -> bool {
    word.strip_prefix('-').is_some_and(|letters| !letters.starts_with('-') && letters.contains(letter))
}

/// A part of a word without the quotes around it.
fn inner(text: &str, span: Range<usize>) -> Range<usize> {
    let part = &text[span.clone()];
    for quote in ['\'', '"'] {
        if let Some(inner) = part.strip_prefix(quote) {
            let inner = inner.strip_suffix(quote).unwrap_or(inner);
            return span.start + 1..span.start + 1 + inner.len();
        }
    }
    span
}

fn secret(text: &str, span: Range<usize>, kind: &'static str, found: &mut Vec<Found>) {
    let value = &text[span.clone()];
    let is_option =
        value.starts_with('-') && value[1..].starts_with(|c: char| c == '-' || c.is_ascii_alphabetic());
    if !is_placeholder(value) && !is_option {
        found.push(Found::new(span, kind));
    }
}
