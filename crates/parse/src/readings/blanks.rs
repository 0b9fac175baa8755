//! Which blanks of a line nobody typed: those inside a word that is shown elsewhere, or where hardly anybody types one.

use std::borrow::Cow;

use memchr::memmem;

use super::columns::Columns;
use super::words::{as_one, first_word, is_of_word, last_word, plain_word};
use crate::shell::is_command;

/// Lines longer than this are not searched for odd blanks.
pub(crate) const LONGEST_LOOKED_AT: usize = 400;

/// The line without each blank that nobody is likely to have typed, one beside another or inside a word that is shown
/// elsewhere, if it has one.
pub(crate) fn without_odd_blanks(text: &str, shown: &impl Fn(&str) -> (bool, bool)) -> Option<String> {
    if text.len() > LONGEST_LOOKED_AT {
        return None;
    }
    let cells = Columns::new(text.trim_end());
    let null = memmem::find(text.as_bytes(), b"/d").is_some();
    let odd = |at: usize| {
        let (left, right) = (cells.at(at - 1), cells.at(at + 1));
        match (left, right) {
            (' ', _) => at > 1,
            (_, ' ') => false,
            // `2>/dev/null` is written without
            ('>', _) => at > 1 && matches!(cells.at(at - 2), '2' | '&'),
            ('2', '>') => at > 1 && cells.at(at - 2) == ' ',
            (_, '/') | ('/', _) if splits_path(&cells, at) => true,
            _ if is_odd(&cells, at) => true,
            _ => {
                let [before, after] = words_beside(&cells, at);
                is_torn(&before, &after, shown)
                    || splits_option(&cells, at, &after)
                    || null && splits_null(&cells, at)
            }
        }
    };
    let (mut out, mut from) = (String::new(), 0);
    for at in 1..cells.len().saturating_sub(1) {
        if cells.at(at) == ' ' && odd(at) {
            out.push_str(&cells.part(from..at));
            from = at + 1;
        }
    }
    (from > 0).then(|| out + &cells.part(from..cells.len()))
}

/// The line without the blanks that next to nobody typed, which an edge left there: inside a word or path that the line has
/// whole elsewhere, or in an option. Where it is `doubted`, also without one beside another and inside a word that the
/// session shows; of a line from history, which was `run`, one may stand behind the end. `true` where it lacks none of these.
pub(crate) fn without_edge_blanks(
    text: &str,
    doubted: bool,
    shown: &impl Fn(&str) -> (bool, bool),
    run: &impl Fn(&str) -> bool,
) -> Option<(String, bool)> {
    const LEAST: usize = 4;
    if text.len() > LONGEST_LOOKED_AT || text.contains('\n') {
        return None;
    }
    let cells = Columns::new(text.trim_end());
    // whether the line has elsewhere what stands left and right of a blank, as one
    let own = |left: &str, right: &str, at: usize, word: bool| {
        let part = |c: char| if word { is_of_word(c) } else { !c.is_whitespace() && !";|&'\"".contains(c) };
        let apart = |c: Option<char>| c.is_none_or(|c| !part(c));
        // most stand beside each other nowhere
        let beside = left.as_bytes().last().copied().zip(right.as_bytes().first().copied());
        left.len() + right.len() >= LEAST
            && cells.is_ascii()
            && beside.is_some_and(|(a, b)| text.as_bytes().array_windows().any(|pair| *pair == [a, b]))
            && memmem::find_iter(text.as_bytes(), right).filter(|place| *place != at + 1).any(|place| {
                let behind = text[place + right.len()..].chars().next();
                let before = text[..place].strip_suffix(left);
                before.is_some_and(|before| apart(before.chars().next_back()) && apart(behind))
            })
    };
    let mut quote = None;
    let (mut out, mut from, mut sure) = (String::new(), 0, true);
    for at in 1..cells.len().saturating_sub(1) {
        let left = cells.at(at - 1);
        match quote {
            None if matches!(left, '\'' | '"') => quote = Some(left),
            Some(open) if left == open => quote = None,
            _ => {}
        }
        if cells.at(at) != ' ' {
            continue;
        }
        let right = cells.at(at + 1);
        let beside = left == ' ' || right == ' ';
        let [before, after] = if beside { Default::default() } else { words_beside(&cells, at) };
        let word = |part: &str| is_command(part) || shown(part).1;
        let torn = || {
            !(before.is_empty() || after.is_empty())
                && own(&before, &after, at, true)
                && !(word(&before) && word(&after))
        };
        let settled =
            !beside && (torn() || splits_own_path(&cells, at, &own) || is_option_torn(&cells, at, &after));
        let likely = || match beside {
            true => {
                let alone = left == ' ' && right != ' ' && (at < 2 || cells.at(at - 2) != ' ');
                alone && quote.is_none() && !run(&cells.part(0..at - 1))
            }
            false => {
                // what an option of a letter is given may stand apart or not, and a digit by itself
                let option = before.len() == 2 && before.starts_with('-') && after.len() > 1;
                let apart = option || after.starts_with('-') || quote.is_some() && after.len() == 1;
                !apart && is_torn(&before, &after, shown)
            }
        };
        if settled || doubted && likely() {
            sure &= settled;
            out.push_str(&cells.part(from..at));
            from = at + 1;
        }
    }
    (from > 0).then(|| (out + &cells.part(from..cells.len()), sure))
}

/// Whether the blank at `at` stands in a path that the line has elsewhere.
fn splits_own_path(cells: &Columns<'_>, at: usize, own: &impl Fn(&str, &str, usize, bool) -> bool) -> bool {
    if !cells.is_ascii() {
        return false;
    }
    let (left, right) = (&cells.text[..at], &cells.text[at + 1..]);
    let parts = |b: &u8| matches!(b, b' ' | b';' | b'|' | b'&' | b'\'' | b'"');
    let before = left.bytes().rposition(|b| parts(&b)).map_or(left, |last| &left[last + 1..]);
    let after = right.bytes().position(|b| parts(&b)).map_or(right, |len| &right[..len]);
    before.starts_with(['/', '~']) && !after.is_empty() && own(before, after, at, false)
}

/// Whether the blank at `at` stands behind the hyphen of a short option: `sort - rn`, `cut -d' ' - f5`.
fn is_option_torn(cells: &Columns<'_>, at: usize, after: &str) -> bool {
    let hyphen = at > 2 && cells.at(at - 1) == '-' && cells.at(at - 2) == ' ';
    let named = || cells.at(at - 3).is_ascii_alphanumeric() || matches!(cells.at(at - 3), '\'' | '"');
    let ends = || cells.get(at + 1 + after.len()).is_none_or(|c| c == ' ');
    let option = || match after.as_bytes() {
        [letter] | [letter, b'0'..=b'9' | b'a'..=b'z'] if letter.is_ascii_lowercase() => true,
        number => !number.is_empty() && number.iter().all(u8::is_ascii_digit),
    };
    hyphen && named() && ends() && option()
}

/// Whether a single blank belongs to the text: a line from history is written at once and wraps by itself. Without it two
/// words would be one that nobody knows.
#[inline]
pub(super) fn is_own_blank(cells: &Columns<'_>, at: usize, shown: &impl Fn(&str) -> (bool, bool)) -> bool {
    // a line shows its own parts, which may be words that are nowhere else
    let alone = |part: &str| part.len() > 2 && part.bytes().all(|b| b.is_ascii_alphabetic());
    let word = |part: &str| is_command(part) || shown(part).1;
    let known = |before: &str, after: &str| as_one(before, after, |w| is_command(w) || shown(w).0);
    let (Some(left), Some(right)) = (at.checked_sub(1).map(|i| cells.at(i)), cells.get(at + 1)) else {
        return false;
    };
    if left == ' ' || right == ' ' {
        return false;
    }
    if matches!(left, '|' | '&') || matches!(right, '|' | '&' | '>') {
        return true;
    }
    let [before, after] = words_beside(cells, at);
    let ahead = at.checked_sub(before.chars().count() + 1).map(|i| cells.at(i));
    if matches!(right, '~' | '/' | '\'' | '"' | '$')
        && matches!(ahead, None | Some(' '))
        && is_command(&before)
    {
        // no command is glued to what it is given
        return true;
    }
    let redirects = || right.is_ascii_digit() && cells.get(at + 2) == Some('>');
    if left == ';' || redirects() {
        return true;
    }
    let option = before.starts_with('-')
        && at.checked_sub(before.chars().count() + 1).is_some_and(|i| cells.at(i) == ' ');
    let number = || before.len() == 2 && !after.is_empty() && after.bytes().all(|b| b.is_ascii_digit());
    if right == '#' || left == '#' && at.checked_sub(2).is_none_or(|i| cells.at(i) == ' ') {
        // a comment
        return true;
    }
    if right == '~' && left.is_alphanumeric() && cells.get(at + 2) == Some('/') {
        // a home is nothing but at the start of a word
        return true;
    }
    if option && (matches!(right, '~' | '/' | '\'' | '"' | '$' | '-') || number())
        || right == '-'
            && (matches!(left, '\'' | '"')
                || after.len() > 1 && (word(&before) || is_option(&after)) && !known(&before, &after))
    {
        // no option is glued to what it is for, nor to what stands before it
        return true;
    }
    !before.ends_with('-')
        && (alone(&before) && alone(&after)
            || word(&before) && (word(&after) || after.len() > 1 && after.starts_with('-')))
        && !known(&before, &after)
}

/// Whether a word is an option and no part of a name: `-x`, `--color`.
fn is_option(word: &str) -> bool {
    word.len() == 2 || word.starts_with("--")
}

/// Whether the blank at `at` stands in a path that the line shows elsewhere without, or in what nobody writes to: `>/dev`.
fn splits_path(cells: &Columns<'_>, at: usize) -> bool {
    let before = (0..at).rev().take_while(|i| cells.at(*i) != ' ').count();
    let after = (at + 1..cells.len()).take_while(|i| !matches!(cells.at(*i), ' ' | ';' | '|')).count();
    let left = cells.part(at - before..at);
    let path =
        format!("{}{}", left.trim_start_matches(['>', '<', '2', '&']), cells.part(at + 1..at + 1 + after));
    let elsewhere = || {
        let [head, tail] = [cells.part(0..at - before), cells.part(at + 1 + after..cells.len())];
        head.contains(&path) || tail.contains(&path)
    };
    left.ends_with(">/dev") || path.starts_with(['/', '~']) && path.len() > 2 && elsewhere()
}

/// Whether the blank at `at` stands in the name of the null device.
fn splits_null(cells: &Columns<'_>, at: usize) -> bool {
    const NULL: &str = "/dev/null";
    let beside = (cells.at(at - 1), cells.get(at + 1).unwrap_or(' '));
    let pairs = NULL.chars().zip(NULL.chars().skip(1)).enumerate();
    let mut places = pairs.filter(|(_, pair)| *pair == beside).map(|(n, _)| n + 1);
    places.any(|n| {
        let end = at + 1 + NULL.len() - n;
        at >= n
            && end <= cells.len()
            && cells.part(at - n..at) == NULL[..n]
            && cells.part(at + 1..end) == NULL[n..]
    })
}

/// Whether the blank at `at`, before a word, stands in an option that is a number or a letter: `head - 2`. Nobody subtracts there, nor names a file so.
fn splits_option(cells: &Columns<'_>, at: usize, after: &str) -> bool {
    let before = at.checked_sub(3).map(|i| cells.at(i));
    let dash = at >= 2 && cells.at(at - 1) == '-' && cells.at(at - 2) == ' ';
    // `sort -r n |`: two letters of one option
    let letter = |i: usize| cells.get(i).is_some_and(|c| c.is_ascii_lowercase());
    let ends = matches!((cells.get(at + 2), cells.get(at + 3)), (None, _) | (Some(' '), Some('|')));
    if at >= 3
        && cells.at(at - 2) == '-'
        && cells.at(at - 3) == ' '
        && letter(at - 1)
        && letter(at + 1)
        && ends
    {
        return true;
    }
    dash && before.is_some_and(char::is_alphabetic)
        && !after.is_empty()
        && (after.bytes().all(|b| b.is_ascii_digit())
            || after.len() == 1 && after.as_bytes()[0].is_ascii_alphabetic())
}

/// Whether nothing follows the blank at `at` but what stands before it.
#[inline]
pub(super) fn is_end_again(cells: &Columns<'_>, at: usize) -> bool {
    at > 0 && at + 2 == cells.len() && cells.at(at) == ' ' && cells.at(at - 1) == cells.at(at + 1)
}

/// Whether hardly anybody types the blank at `at`.
#[inline]
pub(super) fn is_odd(cells: &Columns<'_>, at: usize) -> bool {
    let (left, right) = (cells.at(at - 1), cells.get(at + 1).unwrap_or(' '));
    let apart = at < 2 || cells.at(at - 2) == ' ';
    match left {
        '(' | '=' | '~' => !apart,
        // no name begins with a blank, and a sign of two is one
        '$' => right != '\'' && right != '"',
        '&' | '|' => right == left,
        '/' => !apart && right.is_alphanumeric(),
        '\'' | '"' => {
            let opens = (0..at).filter(|i| cells.at(*i) == left).count() % 2 == 1;
            opens && apart && !matches!(right, '\'' | '"' | ' ')
        }
        _ => matches!(right, ')' | ',' | ';') && left != ' ',
    }
}

/// Whether the blank at `at` stands inside a word.
#[inline]
pub(super) fn splits_word(cells: &Columns<'_>, at: usize, shown: &impl Fn(&str) -> (bool, bool)) -> bool {
    let [before, after] = words_beside(cells, at);
    is_torn(&before, &after, shown)
}

/// Whether `next` begins with the rest of the word that `line` ends with.
pub(crate) fn goes_on(line: &str, next: &str, shown: &impl Fn(&str) -> (bool, bool)) -> bool {
    is_torn(last_word(line), first_word(next), shown)
}

/// Whether these are one word that was torn. What ends in a hyphen is none by itself. Their own line shows the parts, so
/// only what is shown again is a word.
fn is_torn(before: &str, after: &str, shown: &impl Fn(&str) -> (bool, bool)) -> bool {
    let word = |part: &str| is_command(part) || shown(part).1;
    if before.is_empty() || after.is_empty() {
        return false;
    }
    // next to no two words are one that is known
    as_one(before, after, |whole| shown(whole).0 || is_command(whole))
        && (before.ends_with('-') || !word(before) || !word(after))
}

/// What stands left and right of the blank at `at` without another.
fn words_beside<'a>(cells: &'a Columns<'_>, at: usize) -> [Cow<'a, str>; 2] {
    if cells.is_ascii() {
        let (left, right) = (&cells.text[..at], &cells.text[at + 1..]);
        return [last_word(left), &right[..plain_word(right.as_bytes())]].map(Cow::Borrowed);
    }
    let before = (0..at).rev().take_while(|i| is_of_word(cells.at(*i))).count();
    let after = (at + 1..cells.len()).take_while(|i| is_of_word(cells.at(*i))).count();
    [cells.part(at - before..at), cells.part(at + 1..at + 1 + after)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_edge_leaves_blanks_that_nobody_types() {
        let of = |text, doubted| {
            let shown = |word: &str| (word == "february.csv", false);
            without_edge_blanks(text, doubted, &shown, &|line| line == "pwd").map(|(text, _)| text)
        };
        for (torn, whole) in [
            ("cat a | sort - rn | head -3", "cat a | sort -rn | head -3"),
            ("cut -d' ' - f5 a", "cut -d' ' -f5 a"),
            ("echo \"a\" > /tmp/who ran-x; rm /tmp/whoran-x", "echo \"a\" > /tmp/whoran-x; rm /tmp/whoran-x"),
            ("mkdir -p ~/ tmp/a && cd ~/tmp/a", "mkdir -p ~/tmp/a && cd ~/tmp/a"),
            ("head -3 # abcde ab cde abcde", "head -3 # abcde abcde abcde"),
        ] {
            assert_eq!(of(torn, false).as_deref(), Some(whole));
            assert_eq!(of(whole, true), None);
        }
        assert_eq!(of("cat a  | wc -l", true).as_deref(), Some("cat a | wc -l"));
        assert_eq!(of("cat feb ruary.csv", true).as_deref(), Some("cat february.csv"));
        let given = |text| {
            without_edge_blanks(text, true, &|word| (["-pa1", "a1"].contains(&word), false), &|_| false)
        };
        assert_eq!((given("mysql -p a1"), given("echo 'a 1'")), (None, None));
        assert_eq!(of("cat feb ruary.csv  | wc", false), None);
        for own in ["pwd  | wc -l", "echo 'a  b'", "ls -l   /srv", "tar cf - app", "mv ls cat lscat"] {
            assert_eq!(of(own, true), None, "{own}");
        }
    }

    #[test]
    fn some_blanks_are_typed_by_nobody() {
        let odd = |text: &str| {
            let cells = Columns::new(text);
            (1..cells.len()).filter(|at| cells.at(*at) == ' ' && is_odd(&cells, *at)).count()
        };
        assert_eq!(odd("cut -d' ' -f5; cd / && rm -rf ~ 'x y'"), 0);
        assert_eq!(odd("rm /tmp/ x"), 1);
        assert_eq!(odd("find -name ' n*' (a )"), 2);
    }

    #[test]
    fn odd_blanks_are_taken_out() {
        let shown = |word: &str| (["abc-def", "two"].contains(&word), word == "two");
        let without = |text: &str| without_odd_blanks(text, &shown);
        assert_eq!(without("cat a |  wc; ls").as_deref(), Some("cat a | wc; ls"));
        assert_eq!(without("rm abc-d ef").as_deref(), Some("rm abc-def"));
        assert_eq!(without("rm /tmp/ x").as_deref(), Some("rm /tmp/x"));
        assert_eq!(without("id > /tmp/x; rm / tmp/x").as_deref(), Some("id > /tmp/x; rm /tmp/x"));
        assert_eq!(without("ls / tmp"), None);
        assert_eq!(without("echo 'a  b' two").as_deref(), Some("echo 'a b' two"));
        assert_eq!(without("id 2> /dev/null 2 >x").as_deref(), Some("id 2>/dev/null 2>x"));
        assert_eq!(without("id > x"), None);
    }

    #[test]
    fn the_blank_between_an_option_and_what_it_is_for_is_typed() {
        let own = |text: &str| {
            let cells = Columns::new(text);
            let at = text.rfind(' ').unwrap_or(0);
            is_own_blank(&cells, at, &|_| (false, false))
        };
        assert!(own("head -n 2") && own("head -3 #"));
        assert!(own("mkdir -p ~/a") && own("find -name '*'") && own("cut -d':' -f5") && own("a | sort -rn"));
        assert!(own("true --flag=132 -x"));
        assert!(!own("a | sort - rn") && !own("rm /srv/web -node"));
        assert!(own("mkdir a && cd ~/a") && own("a; cat '/b'") && !own("ls /srv/cd ~"));
    }

    #[test]
    fn a_part_that_only_its_own_line_shows_is_no_word() {
        let shown =
            |word: &str| (["january.csv", "jan", "uary.csv", "notes"].contains(&word), word == "notes");
        assert!(goes_on("$ cat reports/jan", "uary.csv | wc", &shown));
        assert!(!goes_on("$ cat notes", "january.csv", &shown));
    }

    #[test]
    fn a_word_goes_on_behind_its_hyphen() {
        let known = |word: &str| (word == "web-node", ["web-", "node", "rm"].contains(&word));
        let cells = Columns::new("rm /tmp/web- node");
        assert!(splits_word(&cells, 12, &known));
        let cells = Columns::new("rm node");
        assert!(!splits_word(&cells, 2, &known));
    }
}
