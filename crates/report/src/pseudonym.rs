//! Pseudonyms for persons, everywhere in a report.
//!
//! A name is replaced where it stands as a word, whatever its letter case: in columns of persons, and just so in ARNs,
//! session ids, names of logs, OS users, paths and the text of commands. Of an e-mail address what stands before the `@`
//! counts as the name as well. The same name has the same pseudonym in every report made with the same key.
//!
//! Not covered is what is not known to be a name: parts of names (`alice` where the person is `alice.smith`), nicknames,
//! names of persons who had no session, names inside of longer words or encoded text. Nor are source addresses, the endings
//! of session ids and places in logs, by which whoever has the logs can find the person again.

use std::collections::BTreeMap;

use aho_corasick::{AhoCorasick, MatchKind};

use crate::document::Report;

/// What this covers and what not, for the report itself.
pub const COVERS: &str = "Persons have stable pseudonyms in this report: each name that a session, a call or this tool's own log gives is \
     replaced wherever it stands as a word, in identities, session ids, names of logs, OS users and commands too. Not \
     covered are names of others, parts of names, nicknames, names inside of longer words or encoded text; source addresses, \
     endings of session ids and places in logs stay, and lead whoever has the logs back to the person.";

/// Names with what stands for them.
#[derive(Debug)]
pub struct Pseudonyms {
    finder: Option<AhoCorasick>,
    instead: Vec<String>,
}

impl Pseudonyms {
    /// Pseudonyms for these names. `key` gives a text of a few letters and digits, equal for equal names, from which
    /// nobody without its secret can tell the name.
    pub fn new<'a>(names: impl IntoIterator<Item = &'a str>, key: impl Fn(&str) -> String) -> Self {
        let mut known: BTreeMap<String, String> = BTreeMap::new();
        for name in names {
            let name = name.trim().to_lowercase();
            if name.is_empty() {
                continue;
            }
            let pseudonym = format!("person-{}", key(&name));
            if let Some((local, _)) = name.split_once('@').filter(|(local, _)| local.chars().count() > 1) {
                known.entry(local.to_owned()).or_insert_with(|| pseudonym.clone());
            }
            // What folds letter case beyond ASCII knows both forms.
            known.insert(name.to_uppercase(), pseudonym.clone());
            known.insert(name, pseudonym);
        }
        let (names, instead): (Vec<_>, Vec<_>) = known.into_iter().unzip();
        let mut builder = AhoCorasick::builder();
        let builder = builder.ascii_case_insensitive(true).match_kind(MatchKind::LeftmostLongest);
        Self { finder: builder.build(&names).ok().filter(|_| !names.is_empty()), instead }
    }

    /// Replaces the names in a text.
    pub fn replace(&self, text: &mut String) {
        let Some(finder) = &self.finder else { return };
        let mut out = String::new();
        let (mut kept, mut at) = (0, 0);
        while let Some(found) = finder.find(aho_corasick::Input::new(text.as_str()).range(at..)) {
            let is_word = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
            let inside = is_word(text[..found.start()].chars().next_back())
                || is_word(text[found.end()..].chars().next());
            if inside {
                // A shorter name may begin a character later.
                at = found.start() + text[found.start()..].chars().next().map_or(1, char::len_utf8);
                continue;
            }
            out.push_str(&text[kept..found.start()]);
            out.push_str(&self.instead[found.pattern().as_usize()]);
            kept = found.end();
            at = kept;
        }
        if kept > 0 {
            out.push_str(&text[kept..]);
            *text = out;
        }
    }

    /// Replaces them in a whole report.
    pub fn apply(&self, report: &mut Report) {
        report.head.pseudonyms = true;
        report.map_texts(&mut |text| self.replace(text));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn replaced(text: &str) -> String {
        let names = ["alice", "Bob.Builder", "carol@example.com", "al", "müller"];
        let pseudonyms = Pseudonyms::new(names, |name| format!("{}", name.len()));
        let mut text = text.to_owned();
        pseudonyms.replace(&mut text);
        text
    }

    #[test]
    fn a_name_goes_wherever_it_is_a_word() {
        for (text, due) in [
            ("alice", "person-5"),
            ("alice-0e34861185201706f", "person-5-0e34861185201706f"),
            ("arn:aws:iam::111122223333:user/team/ALICE", "arn:aws:iam::111122223333:user/team/person-5"),
            ("s3://b/alice-0e34861185201706f.log", "s3://b/person-5-0e34861185201706f.log"),
            ("sudo -u carol ls /home/carol", "sudo -u person-17 ls /home/person-17"),
            ("Ops/carol@example.com", "Ops/person-17"),
            ("bob.builder and malice, al", "person-11 and malice, person-2"),
            ("chalice alicea", "chalice alicea"),
            ("von Müller, MÜLLER", "von person-7, person-7"),
        ] {
            assert_eq!(replaced(text), due, "{text}");
        }
    }

    #[test]
    fn a_longer_word_hides_no_name_behind_it() {
        assert_eq!(replaced("alicex al"), "alicex person-2");
    }
}
