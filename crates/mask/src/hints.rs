//! One pass over a text that says which rules could find anything in it: most texts hold nothing that any rule needs.

use std::sync::LazyLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use aho_corasick::automaton::Automaton;
use aho_corasick::dfa::DFA;
use aho_corasick::{Anchored, MatchKind};

use crate::{lines, named, programs, shapes};

/// A rule, or several that need the same letters, as a bit of [`Hints`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u32)]
pub(crate) enum Rule {
    /// A secret's own shape.
    Shape,
    /// `scheme://`.
    Url,
    /// A header of HTTP.
    Header,
    /// The marks of a private key.
    PrivateKey,
    /// A name whose value is a secret.
    Named,
    /// One of the sentences of `lines`.
    Sentence,
    /// What Parameter Store gives back.
    Decrypted,
    /// A program that takes a secret as an argument.
    Program,
    /// A program that reads a password, and a pipe or a here-string for it to read from.
    Reads,
    /// See [`Rule::Reads`].
    Piped,
}

/// The rules that a text has the letters for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Hints(u32);

impl Hints {
    pub(crate) fn has(self, rule: Rule) -> bool {
        self.0 & 1 << rule as u32 != 0
    }

    /// Every rule is asked but the one that looks at values whatever else the text holds.
    #[cfg(test)]
    pub(crate) fn all(text: &str) -> Self {
        Self(hints(text).0 | !(1 << Rule::Decrypted as u32))
    }

    pub(crate) fn is_empty(self) -> bool {
        self.0 == 0
    }
}

/// Letters that a rule needs.
struct Needle {
    letters: &'static str,
    rule: Rule,
    /// How much more than the letters, small or capital, has to be there.
    only: Only,
}

#[derive(Clone, Copy)]
enum Only {
    Letters,
    /// Small letters small and capitals capital.
    Exact,
    /// No letter or digit beside them.
    Word,
}

static NEEDLES: LazyLock<Vec<Needle>> = LazyLock::new(|| {
    let mut needles: Vec<Needle> = Vec::new();
    let mut add = |rule, only, all: &mut dyn Iterator<Item = &'static str>| {
        needles.extend(all.map(|letters| Needle { letters, rule, only }));
    };
    add(Rule::Shape, Only::Exact, &mut shapes::anchors());
    add(Rule::Url, Only::Exact, &mut ["://"].into_iter());
    add(Rule::Header, Only::Letters, &mut ["authorization", "bearer ", "cookie:"].into_iter());
    add(Rule::PrivateKey, Only::Exact, &mut ["PRIVATE KEY", "Private-Lines: "].into_iter());
    add(Rule::Named, Only::Letters, &mut named::ANCHORS.into_iter());
    add(Rule::Sentence, Only::Letters, &mut lines::ANCHORS.into_iter());
    add(Rule::Decrypted, Only::Exact, &mut ["SecureString"].into_iter());
    add(Rule::Program, Only::Word, &mut programs::PROGRAMS.iter().flat_map(|p| p.names).copied());
    add(Rule::Reads, Only::Word, &mut programs::READS_PASSWORD.iter().copied());
    add(Rule::Piped, Only::Exact, &mut ["|", "<<<"].into_iter());
    needles
});

static ALL_AT_ONCE: LazyLock<DFA> = LazyLock::new(|| {
    DFA::builder()
        .match_kind(MatchKind::Standard)
        .ascii_case_insensitive(true)
        .prefilter(false)
        .build(NEEDLES.iter().map(|needle| needle.letters))
        .expect("the needles are few and short")
});

/// To look for one needle after the other in so many bytes takes as long as to build what looks for all at once. A
/// process that masks no more than its own command line does without.
const ONE_BY_ONE: usize = 4 << 10;

/// What rules could find something in `text`.
pub(crate) fn hints(text: &str) -> Hints {
    static ASKED: AtomicUsize = AtomicUsize::new(0);
    let asked = ASKED.load(Ordering::Relaxed).saturating_add(text.len());
    if asked > ONE_BY_ONE {
        return all_at_once(text);
    }
    ASKED.store(asked, Ordering::Relaxed);
    one_by_one(text)
}

fn one_by_one(text: &str) -> Hints {
    let bytes = text.as_bytes();
    let mut hints = 0;
    for needle in &*NEEDLES {
        let (rule, letters) = (1 << needle.rule as u32, needle.letters.as_bytes());
        let Some(first) = letters.first() else { continue };
        let is_there = |(at, part): (usize, &[u8])| {
            part[0].eq_ignore_ascii_case(first)
                && part.eq_ignore_ascii_case(letters)
                && needle.is_whole(bytes, at + letters.len())
        };
        if hints & rule == 0 && bytes.windows(letters.len()).enumerate().any(is_there) {
            hints |= rule;
        }
    }
    Hints(hints)
}

fn all_at_once(text: &str) -> Hints {
    let (needles, dfa) = (&*NEEDLES, &*ALL_AT_ONCE);
    let bytes = text.as_bytes();
    let mut hints = 0;
    let Ok(mut state) = dfa.start_state(Anchored::No) else { return Hints(u32::MAX) };
    for (at, &byte) in bytes.iter().enumerate() {
        state = dfa.next_state(Anchored::No, state, byte);
        if !dfa.is_special(state) || !dfa.is_match(state) {
            continue;
        }
        for nth in 0..dfa.match_len(state) {
            let needle = &needles[dfa.match_pattern(state, nth).as_usize()];
            let rule = 1 << needle.rule as u32;
            if hints & rule == 0 && needle.is_whole(bytes, at + 1) {
                hints |= rule;
            }
        }
    }
    Hints(hints)
}

impl Needle {
    /// Whether the letters that end at `end` are all that is asked for.
    fn is_whole(&self, bytes: &[u8], end: usize) -> bool {
        let start = end - self.letters.len();
        match self.only {
            Only::Letters => true,
            Only::Exact => &bytes[start..end] == self.letters.as_bytes(),
            Only::Word => {
                !bytes[..start].last().is_some_and(u8::is_ascii_alphanumeric)
                    && !bytes.get(end).is_some_and(u8::is_ascii_alphanumeric)
            }
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// What both ways of looking say.
    pub(crate) fn both(text: &str) -> [Hints; 2] {
        [one_by_one(text), all_at_once(text)]
    }

    #[test]
    fn a_text_has_the_letters_of_a_rule_or_not() {
        assert!(hints("ls -la /var/log\ntotal 4\ndrwxr-xr-x 2 root root disk process").is_empty());
        for (text, rule) in [
            ("xAKIA", Rule::Shape),
            ("DB_Password", Rule::Named),
            ("/usr/bin/MySQL -p", Rule::Program),
            ("a://b", Rule::Url),
            ("echo x|sudo -S", Rule::Piped),
            ("su -", Rule::Reads),
            ("host:5432:db", Rule::Sentence),
        ] {
            assert!(hints(text).has(rule), "{text}");
        }
        assert!(!hints("akia").has(Rule::Shape));
        assert!(!hints("sum").has(Rule::Reads));
    }
}
