//! A line that lost its cursor movements → what it may have been.
//!
//! A streaming copy keeps backspaces but drops the sequences that say what they did (FORMATS of the agent:
//! carriage returns are deleted, `ESC [` sequences removed without being applied). `lss\b` was `ls` when an erase
//! followed, and `lss` when the cursor only moved. Each way to read the line is tried and weighed.

mod blanks;
mod columns;
mod mended;
mod plausible;
mod recalled;
mod redrawn;
mod rows;
mod shifted;
mod ways;
mod words;
mod wrap;

pub(crate) use blanks::{LONGEST_LOOKED_AT, goes_on, without_edge_blanks, without_odd_blanks};
pub(crate) use columns::columns;
pub(crate) use mended::{For, Mended, Worded};
pub(crate) use plausible::plausible;
pub(crate) use recalled::{MOST as MOST_RECALLED, recalled};
pub(crate) use redrawn::{
    changed_before_wrap, changed_in_row_above, inserted_alike, inserted_behind_prompt, inserted_in_front,
    letters, put_before, rest_of_unlike, without_suggestions,
};
pub(crate) use rows::{Rows, begins_at_blank, joins, longest, row_limit};
pub(crate) use shifted::{shifted, taken_out_above};
pub(crate) use words::{each_key, key_of, words};
pub(crate) use wrap::{Wraps, typed, without_edges, wraps};

use whoran_model::Alternative;

use crate::prompt::last_drawn;
use crate::shell::{is_command, is_complete};
use ways::{Piece, Way, best, pieces};

/// One way to read a line.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Reading {
    pub(crate) text: String,
    pub(crate) confidence: f32,
}

impl Reading {
    pub(crate) fn into_alternative(self) -> Alternative {
        Alternative { command: self.text.trim_end().to_owned(), confidence: self.confidence }
    }
}

/// What reads the keys.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Keys {
    /// A program that is no shell: no command's name tells there.
    #[default]
    Program,
    Shell,
    /// A shell whose keys are those of vi: who goes back deletes something there, and types on behind the end.
    Vi,
}

impl Keys {
    /// Whether commands are entered there.
    fn are_a_shells(self) -> bool {
        self != Self::Program
    }
}

/// The readings of a line, the likeliest first, at least one and at most six. `shown` is the line as a screen without any
/// of the lost sequences shows it.
///
/// `known` says which words the session shows elsewhere: a reading that has them is likelier.
/// `ran` which lines it ran before: going up in history shows one again.
pub(crate) fn readings(
    raw: &[u8],
    prompt: &str,
    shown: &str,
    keys: Keys,
    known: impl Fn(&str) -> bool,
    ran: impl Fn(&str) -> bool,
) -> Vec<Reading> {
    let shell = keys.are_a_shells();
    let raw = String::from_utf8_lossy(raw);
    let line = raw.trim_end_matches('\n');
    // a bell rings where nothing was done
    let line = line.replace('\u{7}', "");
    let line = line.as_str();
    if line.contains('\u{1b}') {
        // the line was kept whole: only carriage returns are missing
        return vec![Reading { text: shown.to_owned(), confidence: 0.8 }];
    }
    let searched = line.contains("reverse-i-search)") || line.contains("i-search)`");
    let rest =
        last_drawn(line, prompt).filter(|_| !prompt.is_empty()).map_or(line, |at| &line[at + prompt.len()..]);
    let mut ended: Vec<(String, f32)> = Vec::new();
    let stepped = with_blanks_stepped_over(rest);
    let share = if stepped.is_some() { 0.5 } else { 1.0 };
    for rest in [Some(rest), stepped.as_deref()].into_iter().flatten() {
        let lead = prompt.chars().count();
        let mut ways = vec![Way::begun(share, lead, keys)];
        for piece in pieces(rest) {
            let mut next = Vec::new();
            for way in ways {
                match piece {
                    Piece::Back(n) => {
                        next.extend(way.without_last_word(n));
                        next.push(way.back(n));
                    }
                    Piece::Text(text) => next.extend(way.write(text)),
                }
            }
            ways = best(next);
        }
        for (text, weight) in ways.into_iter().flat_map(|way| way.end(searched)) {
            let text = text.trim_end().to_owned();
            match ended.iter_mut().find(|(t, _)| *t == text) {
                Some((_, w)) => *w += weight,
                None => ended.push((text, weight)),
            }
        }
    }
    let all: Vec<Vec<&str>> = ended.iter().map(|(text, _)| words(text).collect()).collect();
    let (first, others) = all.split_first().map_or((&[][..], &[][..]), |(first, others)| (first, others));
    let common: Vec<&&str> =
        first.iter().filter(|word| others.iter().all(|words| words.contains(word))).collect();
    let finished = shell && ended.len() > 1 && ended.iter().any(|(text, _)| is_complete(text));
    let weigh = |(text, own): (&(String, f32), &Vec<&str>)| {
        let again = if text.0.len() >= 4 && ran(&text.0) { 12.0 } else { 1.0 };
        // a word that stands there twice tells no more
        let near = |at: usize| &own[at.saturating_sub(64)..at];
        let told = own.iter().enumerate().filter(|(_, word)| word.len() >= 2 && !common.contains(word));
        let first = told.filter(|(at, word)| !near(*at).contains(word)).map(|(_, word)| word);
        let told = first.filter(|word| known(word) || shell && is_command(word));
        // of a line that is finished one way, the other ways were not entered
        let open = if finished && !is_complete(&text.0) { 0.1 } else { 1.0 };
        told.fold(text.1 * again * open, |weight, _| weight * 3.0)
    };
    let weights: Vec<f32> = ended.iter().zip(&all).map(weigh).collect();
    ended.iter_mut().zip(weights).for_each(|((_, own), weight)| *own = weight);
    ended.sort_by(|a, b| b.1.total_cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    let sum: f32 = ended.iter().map(|(_, w)| w).sum();
    ended.truncate(6);
    let sure = |share: f32| if share >= SLIP { 0.97 } else { share };
    ended.into_iter().map(|(text, weight)| Reading { text, confidence: sure(weight / sum) }).collect()
}

/// The line with a blank behind each place where zsh erased one by a step alone and then the letter before it: where another
/// is typed then, it only steps over the place, which is lost.
fn with_blanks_stepped_over(line: &str) -> Option<String> {
    const ERASED: &str = " \u{8}\u{8} \u{8}";
    let begins = line.find(ERASED)?;
    let typed = line[..begins].ends_with(|c: char| !c.is_whitespace() && !c.is_control());
    typed.then(|| line.replace(ERASED, &format!("{ERASED} ")))
}

/// From this share on a reading is as sure as any: most are slips, of which next to none was something else.
const SLIP: f32 = 0.9;
#[cfg(test)]
mod tests {
    use super::*;

    fn first(raw: &str) -> String {
        readings(raw.as_bytes(), "$ ", "", Keys::Shell, |_| false, |_| false).remove(0).text
    }

    #[test]
    fn an_erased_character_is_gone() {
        assert_eq!(first("$ lss\u{8}"), "ls");
        assert_eq!(first("$ cat /etc/pass\u{8}\u{8}\u{8}\u{8}group | head"), "cat /etc/group | head");
        assert_eq!(
            first(
                "$ apt install foo\u{8}\u{8}\u{8}\u{8}\u{8}\u{8}\u{8}\u{8}\u{8}\u{8}\u{8}\u{8}\u{8}\u{8}\u{8}docker ps"
            ),
            "docker ps"
        );
        assert_eq!(first("$ ls -l /tpm\u{8} \u{8}\u{8} \u{8}mp"), "ls -l /tmp");
    }

    #[test]
    fn the_sign_of_a_comment_is_no_prompt() {
        let all =
            readings("# ls | wc # ab\u{8}\u{8}cd".as_bytes(), "# ", "", Keys::Shell, |_| false, |_| false);
        assert!(all.iter().all(|r| r.text.starts_with("ls | wc # ")), "{all:?}");
    }

    #[test]
    fn a_moved_cursor_erases_nothing() {
        assert_eq!(
            first("$ (reverse-i-search)`': \u{8}\u{8}\u{8}c': ls -d x$ ls -d x\u{8}\u{8}\u{8}"),
            "ls -d x"
        );
        assert_eq!(first("$ whomai\u{8}\u{8}\u{8}ami\u{8}"), "whoami");
    }

    #[test]
    fn a_character_that_stands_there_twice_was_put_before_its_like() {
        assert_eq!(first("$ cd ~/src & ls\u{8}\u{8}\u{8}\u{8}& ls\u{8}\u{8}\u{8}\u{8}"), "cd ~/src && ls");
        assert_eq!(first("$ pwd\u{8}\u{8}\u{8}pwd"), "pwd", "a line written anew");
    }

    #[test]
    fn a_line_of_two_rows_goes_on_behind_what_was_deleted_in_it() {
        let (head, tail) = ("ecx", "ho one two three four > /tmp/a; rm /tmp/");
        let torn = format!("$ {head}{tail}a bc{}{tail}abc ", "\u{8}".repeat(30));
        assert_eq!(first(&torn), "echo one two three four > /tmp/a; rm /tmp/abc");
    }

    #[test]
    fn a_blank_may_have_been_stepped_over() {
        let all =
            readings("% ls -laj \u{8}\u{8} \u{8}~".as_bytes(), "% ", "", Keys::Shell, |_| false, |_| false);
        let texts: Vec<&str> = all.iter().map(|r| r.text.as_str()).collect();
        assert!(texts.contains(&"ls -la ~") && texts.contains(&"ls -la~"), "{all:?}");
        assert!(all[0].confidence < 0.9);
        assert_eq!(
            first("$ ls x \u{8} \u{8}\u{8} \u{8}~"),
            "ls ~",
            "a terminal without an editor erases each by a blank"
        );
    }

    #[test]
    fn letters_put_one_by_one_before_a_line_write_it_again_each_time() {
        let back = "\u{8}".repeat(10);
        let raw = format!("$ /usr/share{back}c/usr/share{back}d/usr/share{back} /usr/share{back}");
        let all = readings(
            raw.as_bytes(),
            "$ ",
            "",
            Keys::Shell,
            |word| word == "share" || word == "usr",
            |_| false,
        );
        assert_eq!(all[0].text, "cd /usr/share", "{all:?}");
    }

    #[test]
    fn what_was_put_into_the_first_of_several_rows_stands_before_what_follows() {
        let old = " \"ab: $HOME\" > / tmp/who-ab; rm /tmp/who-ab";
        let raw = format!("$ ech{old}{}o \"ab: $HOME\" > /t", "\u{8}".repeat(old.len()));
        assert_eq!(first(&raw), format!("echo{old}"));
    }

    #[test]
    fn in_a_vi_shell_what_is_typed_behind_steps_back_goes_on_behind_the_end() {
        let of =
            |raw: &str| readings(raw.as_bytes(), "$ ", "", Keys::Vi, |_| false, |_| false).remove(0).text;
        assert_eq!(
            of("$ cat a || ejcho missi\u{8}\u{8}\u{8}\u{8}\u{8}\u{8}\u{8}\u{8}\u{8}\u{8}ng x"),
            "cat a || echo missing x"
        );
        assert_eq!(of("$ rm ~/kpjjqb &&\u{8}\u{8}\u{8}\u{8}\u{8}\u{8}\u{8}\u{8} cd x"), "rm ~/kpjqb && cd x");
        assert_eq!(of("$ cat /etc/pass\u{8}\u{8}\u{8}\u{8}group"), "cat /etc/group");
        assert_eq!(of("$ jcat\u{8}\u{8}\u{8}\u{8}cat\u{8}\u{8}\u{8} ~/a"), "cat ~/a");
    }

    #[test]
    fn a_blank_before_what_is_typed_behind_a_deletion_stays() {
        let raw = "$ datje -u \u{8}\u{8}\u{8}\u{8}\u{8}\u{8}+%Y".as_bytes();
        let all = readings(raw, "$ ", "", Keys::Shell, |_| false, |_| false);
        assert!(all.iter().any(|r| r.text == "date -u +%Y"), "{all:?}");
    }

    #[test]
    fn what_is_typed_behind_a_deletion_in_vi_stands_at_the_end() {
        let raw = "$ wc -lj ~/app\u{8}\u{8}\u{8}\u{8}\u{8}\u{8}\u{8} ~/app\u{8}\u{8}\u{8}\u{8}\u{8}\u{8}.log";
        assert_eq!(first(raw), "wc -l ~/app.log");
        let raw = "$ ls j--c\u{8}\u{8}\u{8}\u{8}--c\u{8}\u{8}\u{8}olor=always";
        let all = readings(raw.as_bytes(), "$ ", "", Keys::Shell, |_| false, |_| false);
        assert!(all.iter().any(|r| r.text == "ls --color=always"), "{all:?}");
        assert!(all[0].confidence < 0.9);
    }

    #[test]
    fn a_word_begun_too_early_inside_another_was_erased() {
        let back = "\u{8}".repeat(7);
        assert_eq!(first(&format!("$ whoa wrongg{back}mi")), "whoami");
        assert_eq!(first(&format!("$ c wrongg{back}d")), "cd");
    }

    #[test]
    fn a_letter_is_deleted_in_a_line_that_ends_with_a_blank() {
        let raw = "$ grep -n 2 ~/a.logj | head \u{8}\u{8}\u{8}\u{8}\u{8}\u{8}\u{8}\u{8}\u{8} | head  \u{8}\u{8}\u{8}\u{8}\u{8}\u{8}\u{8}\u{8}\u{8} | head -3";
        assert_eq!(first(raw), "grep -n 2 ~/a.log | head -3");
    }

    #[test]
    fn a_word_seen_elsewhere_decides() {
        let raw = "$ ls README.dm\u{8}\u{8}m\u{8}d".as_bytes();
        assert_eq!(
            readings(raw, "$ ", "", Keys::Shell, |w| w == "README.md", |_| false)[0].text,
            "ls README.md"
        );
    }

    #[test]
    fn a_line_that_is_finished_one_way_is_read_so() {
        assert_eq!(first(&format!("$ jecho \"a{}b: c\" > d", "\u{8}".repeat(8))), "echo \"ab: c\" > d");
    }

    #[test]
    fn other_readings_are_kept() {
        let all = readings("$ echo hi\u{8}\u{8}".as_bytes(), "$ ", "", Keys::Shell, |_| false, |_| false);
        assert_eq!(all[0].text, "echo");
        assert_eq!(all[1].text, "echo hi");
        assert!(all[0].confidence < 0.9);
    }
}
