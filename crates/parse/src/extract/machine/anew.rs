//! Parts of a line that may be all of it: an editor or a shell began anew there, and what tells so was lost.

use super::*;
use crate::readings::rest_of_unlike;

/// So many blanks are rarely typed.
pub(super) const GAP: &str = "    ";

/// The last part of `text` that may have been entered alone, and the one before it where only blanks are between, the
/// likeliest first.
pub(super) fn begun_anew(text: &str) -> Vec<String> {
    const MOST: usize = 2;
    if text.len() >= LONGEST_ASKED {
        return Vec::new();
    }
    let named = |part: &&str| likeness(part) >= KNOWN;
    let again = [behind_prompt(text), text.rsplit_once("^C").map(|(_, rest)| rest.trim_start())];
    let again = [again[0], again[1], behind_own_name(text)];
    let [before, behind] = around_gap(text).map_or([None; 2], |parts| parts.map(Some));
    let parts = again.into_iter().chain([behind, before, behind_itself(text)]).flatten();
    parts.filter(named).take(MOST).map(|part| part.trim_end().to_owned()).collect()
}

/// What stands behind a sign that ends a word, as that of a prompt does.
fn behind_prompt(text: &str) -> Option<&str> {
    let ends = text.match_indices(' ').map(|(at, _)| at).filter(|at| {
        let mut before = text[..*at].chars().rev();
        let sign = before.next().is_some_and(|c| is_shell_sign(c) || !c.is_ascii());
        sign && before.next().is_some_and(|c| c != ' ')
    });
    let mut rest = ends.map(|at| text[at + 1..].trim_start()).filter(|rest| likeness(rest) >= KNOWN);
    rest.next_back()
}

/// What stands before and behind blanks that nobody types: a longer line stood there.
fn around_gap(text: &str) -> Option<[&str; 2]> {
    let at = text.trim_end().rfind(GAP)?;
    let parts = [text[..at].trim(), text[at..].trim()];
    parts.iter().all(|part| !part.is_empty()).then_some(parts)
}

/// The line from where the name that it begins with stands glued to what is before, with more behind it: it was drawn anew.
fn behind_own_name(text: &str) -> Option<&str> {
    let name = &text[..=text.find(' ')?];
    let at = text.rfind(name).filter(|at| *at > 0 && name.len() > 2)?;
    let glued =
        text[..at].ends_with(|c: char| c.is_alphanumeric() || matches!(c, '/' | '.' | '~' | '\'' | '"'));
    glued.then(|| &text[at..])
}

/// A line of which most stands there again with its first letter or its end once more, or but for a letter or two.
pub(super) fn drawn_otherwise<'t>(text: &str, mut earlier: impl Iterator<Item = &'t str>) -> Option<String> {
    const LEAST: usize = 8;
    const FEW: usize = 2;
    if text.len() >= LONGEST_ASKED || !text.is_ascii() {
        return None;
    }
    let bytes = text.as_bytes();
    let doubled = bytes.len() > 1 && bytes[0] == bytes[1] && likeness(text) < KNOWN;
    let once = doubled.then(|| &text[1..]).filter(|rest| likeness(rest) >= KNOWN);
    let ends = (LEAST..=bytes.len().min(512) / 2).rev();
    let twice = |len: &usize| bytes[bytes.len() - len..] == bytes[bytes.len() - 2 * len..bytes.len() - len];
    let end = || ends.clone().find(twice).map(|len| &text[..bytes.len() - len]);
    let alike = |line: &&str| *line != text && line.len() >= LEAST && rest_of_unlike(line, text) <= FEW;
    once.or_else(end).map(str::to_owned).or_else(|| earlier.find(alike).map(str::to_owned))
}

/// The line that took the place of one of `earlier`, which still stands before it: what both begin with is not written again
/// where an editor goes back by a carriage return and steps to the right, which leave no trace. Where it is one that was
/// `run`, `true`. Further on in the line it is looked for where that is doubted.
pub(super) fn behind_kept_head<'t>(
    text: &str,
    doubted: bool,
    earlier: impl Iterator<Item = &'t str>,
    run: impl Fn(&str) -> bool,
) -> Option<(String, bool)> {
    const LEAST: usize = 6;
    const MOST: usize = 24;
    let lines = earlier.filter(|line| (LEAST..text.len()).contains(&line.len()));
    let mut found = None;
    for line in lines {
        let alike = || text.as_bytes().first_chunk::<LEAST>() == line.as_bytes().first_chunk();
        let begins = || (alike() && text.starts_with(line)).then_some(0);
        let place = if doubted { last_place(text, line) } else { begins() };
        let Some(at) = place.filter(|_| line.contains(' ')) else { continue };
        let rest = &text[at + line.len()..];
        let joins = rest.trim_start().starts_with(['|', '&', ';', '>', '#']);
        let Some(next) = rest.chars().next().filter(|_| !joins && !rest.trim().is_empty()) else { continue };
        let heads = line.char_indices().skip(1).take(MOST).filter(|(_, c)| *c != next);
        for (end, _) in heads {
            let (head, whole) = (&line[..end], format!("{}{rest}", &line[..end]));
            if run(&whole) {
                return Some((whole, true));
            }
            // a name that only both give, or all words of the old line up to there
            let name = !head.contains(' ') && whole.contains(' ');
            let words = head.ends_with(' ') != rest.starts_with(' ');
            if found.is_none() && (name || words) && likeness(&whole) > 1.0 {
                found = Some(whole);
            }
        }
    }
    found.map(|whole| (whole, false))
}

/// A line whose beginning stands there twice, without the first.
fn behind_itself(text: &str) -> Option<&str> {
    let bytes = text.as_bytes();
    let twice = |len: &usize| bytes[..*len] == bytes[*len..2 * len] && text.is_char_boundary(*len);
    (2..=bytes.len().min(256) / 2).rev().find(twice).map(|len| &text[len..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_behind_a_prompt_a_gap_or_itself_may_be_all() {
        for text in ["/srv (main *)\u{3bb} ls -l", "echo never^Cls -l", "cat a         ls -l", "lsls -l"] {
            assert_eq!(begun_anew(text)[0], "ls -l", "{text}");
        }
        assert_eq!(begun_anew("ls ~/srls /srv/x"), ["ls /srv/x"]);
        assert_eq!(begun_anew("ls -l            q"), ["ls -l"]);
        let behind =
            |text| behind_kept_head(text, true, ["cat ~/a.yml"].into_iter(), |line| line == "cd /srv");
        assert_eq!(behind("cat ~/a.ymld /srv"), Some(("cd /srv".to_owned(), true)));
        assert_eq!(behind("cat ~/a.yml/b | wc"), Some(("cat /b | wc".to_owned(), false)));
        assert!(behind("cat ~/a.yml | wc").is_none() && behind("cat ~/a.yml").is_none());
        let otherwise = |text| drawn_otherwise(text, ["cat <<EOF", "pwd"].into_iter());
        assert_eq!(otherwise("pprintf x").as_deref(), Some("printf x"));
        assert_eq!(otherwise("cat ~/a.txt | wc -l ~/a.txt | wc -l").as_deref(), Some("cat ~/a.txt | wc -l"));
        assert_eq!(otherwise("att <<EOF").as_deref(), Some("cat <<EOF"));
        assert_eq!(otherwise("pwwd"), None);
        for text in ["ls -l", "cat a > ls", "echo 5% of", "cat /srv"] {
            assert!(begun_anew(text).is_empty(), "{text}");
        }
    }
}
