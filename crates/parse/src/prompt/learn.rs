//! Which candidate is the prompt's end: the one that lines agree on.

use super::candidates::{
    COMMAND, Candidate, Candidates, LONGEST, candidates, is_blank, is_candidate, is_shell_sign, likeness,
};
use super::keys::{ByKey, exact_key, loose_key};
use super::parts::{behind_place, lead_len};
use crate::shell::is_command;

/// A line known to begin with a prompt, or one that may.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sample<'a> {
    /// The line from the prompt's first byte on.
    pub(crate) text: &'a str,
    /// No prompt ends right of this.
    pub(crate) floor: Option<usize>,
    /// The prompt ends here, where a mark says so.
    pub(crate) input: Option<usize>,
}

/// How often prompts stand on the lines learned from.
#[derive(Debug, Default)]
pub(crate) struct Learned {
    pub(super) exact: ByKey<Seen>,
    pub(super) loose: ByKey<Seen>,
}

/// How often a prompt was seen, and before what.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Seen {
    count: u32,
    /// Sum of the likenesses of what stood behind it.
    likeness: f32,
    /// Hashes of the first words behind it.
    words: [u32; WORDS],
    /// How many of them there are.
    different: usize,
    /// How often nothing stood behind it.
    bare: u32,
    /// How often a command stood there.
    commands: u32,
    /// How often another sign, or a directory, stood behind a sign beyond ASCII, and a command behind that.
    followed: u32,
}

/// First words told apart behind one prompt.
const WORDS: usize = 8;

/// Learns from lines.
pub(super) fn learn<'a>(samples: impl Iterator<Item = Sample<'a>>) -> Learned {
    let mut learned = Learned::default();
    for sample in samples {
        learned.see(sample);
    }
    learned
}

/// What stands behind a candidate on one line.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sighting {
    likeness: f32,
    /// Hash of the first word.
    word: u32,
    /// Nothing stands there.
    bare: bool,
    /// No command, but another sign, or a directory, and one behind that.
    followed: bool,
}

impl Sighting {
    fn new(text: &str, at: usize, likeness: f32) -> Self {
        let (prompt, rest) = text.split_at(at);
        let begins = rest.as_bytes().first() == prompt.as_bytes().first();
        let (rest, likeness) = match if begins { behind_again(prompt, rest) } else { None } {
            Some(again) => again,
            None => (rest, likeness),
        };
        let (sign, rest) = (prompt.trim_end().chars().next_back(), rest.trim_start());
        let word = exact_key(rest.split(char::is_whitespace).next().unwrap_or_default()) as u32;
        // a frame, or what a copy has left of one
        let sign = sign.filter(|sign| !sign.is_ascii());
        let followed = sign.is_some_and(|sign| {
            likeness < 1.0 && holds_prompt(rest, sign)
                || likeness < COMMAND && is_place_before_command(text, at)
        });
        Self { likeness, word, bare: rest.is_empty(), followed }
    }
}

/// What stands behind a prompt that an editor drew once more, and how much that looks like a command.
#[cold]
fn behind_again<'a>(prompt: &str, rest: &'a str) -> Option<(&'a str, f32)> {
    let again = rest.strip_prefix(prompt)?;
    Some((again, likeness(again)))
}

/// Whether a directory stands behind the signs that `text` begins with, which end at `at`, and a command behind that.
fn is_place_before_command(text: &str, at: usize) -> bool {
    let place = behind_place(text).filter(|_| lead_len(text) == at);
    place.is_some_and(|place| is_command(text[place..].split(' ').next().unwrap_or_default()))
}

/// Whether a sign that shells end their prompts with, or `own` once more, stands in the text, and a command behind it.
fn holds_prompt(rest: &str, own: char) -> bool {
    let signs = rest.match_indices(|c| is_shell_sign(c) || c == own).take_while(|(at, _)| *at < LONGEST);
    let mut behind = signs.filter_map(|(at, sign)| rest[at + sign.len()..].strip_prefix(is_blank));
    behind.any(|typed| is_command(typed.split(' ').next().unwrap_or_default()))
}

/// What stands behind `at`, if that is one of the sample's candidates.
pub(super) fn sighting(sample: Sample<'_>, at: usize) -> Option<Sighting> {
    let is = match sample.input {
        Some(input) => input == at,
        None => is_candidate(sample.text, at, sample.floor),
    };
    is.then(|| Sighting::new(sample.text, at, likeness(&sample.text[at..])))
}

impl Seen {
    /// How often.
    pub(super) fn count(&self) -> u32 {
        self.count
    }

    /// Whether something was entered behind this prompt.
    pub(super) fn is_used(&self) -> bool {
        self.count > self.bare
    }

    /// Whether what stands behind this prompt is commands, many and different ones: then any sign will do.
    pub(super) fn is_proven(&self) -> bool {
        self.count >= 4 && self.different >= 3 && self.likeness / self.count as f32 >= 0.9
    }

    /// Whether most of what stands behind this prompt are commands that are known.
    pub(super) fn is_shells(&self) -> bool {
        2 * self.commands > self.count
    }

    /// Whether what stands behind this prompt looks like commands, on the whole.
    pub(super) fn precedes_commands(&self) -> bool {
        self.likeness / self.count as f32 > 0.2
    }

    /// Both together; the first words behind them are those of the one that has more.
    fn with(self, other: Self) -> Self {
        let more = if other.different > self.different { other } else { self };
        Self {
            count: self.count + other.count,
            likeness: self.likeness + other.likeness,
            bare: self.bare + other.bare,
            commands: self.commands + other.commands,
            followed: self.followed + other.followed,
            ..more
        }
    }

    pub(super) fn see(&mut self, sighting: Sighting) {
        self.count += 1;
        self.likeness += sighting.likeness;
        self.bare += u32::from(sighting.bare);
        self.commands += u32::from(sighting.likeness >= COMMAND);
        self.followed += u32::from(sighting.followed);
        if self.different < WORDS && !self.words[..self.different].contains(&sighting.word) {
            self.words[self.different] = sighting.word;
            self.different += 1;
        }
    }
}

impl Learned {
    /// Learns from a line, and gives its candidates.
    pub(crate) fn see(&mut self, sample: Sample<'_>) -> Candidates {
        let found = match sample.input {
            Some(at) => Candidates::one(Candidate::marked(sample.text, at)),
            None => candidates(sample.text, sample.floor),
        };
        for candidate in found.iter() {
            let sighting = Sighting::new(sample.text, candidate.at, candidate.likeness);
            self.exact.entry(candidate.exact).or_default().see(sighting);
            self.loose.entry(candidate.loose).or_default().see(sighting);
        }
        found
    }

    /// How often this prompt was seen, and before what; numbers aside.
    pub(super) fn seen(&self, prompt: &str) -> Option<&Seen> {
        self.exact.get(&exact_key(prompt))
    }

    /// How often this prompt was seen, numbers aside.
    pub(crate) fn count(&self, prompt: &str) -> u32 {
        self.seen(prompt).map_or(0, |s| s.count)
    }

    /// How often a prompt with these signs was seen, whatever words stand between.
    pub(crate) fn count_alike(&self, prompt: &str) -> u32 {
        self.loose.get(&loose_key(prompt)).map_or(0, |s| s.count)
    }

    /// Whether what stands behind this prompt looks like commands, on the whole.
    pub(crate) fn precedes_commands(&self, prompt: &str) -> bool {
        self.seen(prompt).is_some_and(Seen::precedes_commands)
    }

    /// How likely it is that the prompt ends at `candidate`, in no particular unit.
    fn score(&self, candidate: Candidate) -> f32 {
        let exact = self.exact.get(&candidate.exact).copied().unwrap_or_default();
        let loose = self.loose.get(&candidate.loose).copied().unwrap_or_default();
        let mut score = candidate.merit;
        score += 2.0 * (exact.count.max(1) as f32).ln().min(4.0);
        score += 0.7 * (loose.count.max(1) as f32).ln().min(4.0);
        if exact.count >= 2 && exact.bare == exact.count {
            // nothing is ever entered there: the upper line of a prompt, or output
            score -= 6.0;
        }
        // behind a prompt stand different words; behind a part of a prompt always the same
        let seen = if exact.count >= 3 { &exact } else { &loose };
        if seen.count >= 3 {
            let most = (seen.count as usize).min(WORDS) as f32;
            score += if seen.different == 1 { -3.0 } else { 2.0 * (seen.different as f32 / most - 0.4) };
            score += (seen.likeness / seen.count as f32).clamp(-1.0, 1.0);
        }
        score
    }

    /// The best candidate on a line and its score.
    pub(crate) fn best(&self, text: &str, floor: Option<usize>) -> Option<(usize, f32)> {
        self.best_of(text, &candidates(text, floor))
    }

    /// The best of a line's candidates and its score.
    pub(crate) fn best_of(&self, text: &str, found: &[Candidate]) -> Option<(usize, f32)> {
        let place = behind_place(text);
        let score = |(i, c): (usize, &Candidate)| {
            // what another prompt's end always follows is no end itself
            let later = &found[i + 1..];
            let goes_on = later.iter().any(|later| self.goes_on(c, later, text))
                || self.is_followed(c)
                    && later.iter().any(|later| later.likeness > c.likeness || Some(later.at) == place);
            (c.at, self.score(*c) - if goes_on { 6.0 } else { 0.0 })
        };
        found.iter().enumerate().map(score).max_by(|a, b| a.1.total_cmp(&b.1).then(b.0.cmp(&a.0)))
    }

    /// Whether no command stands behind `short`, a sign beyond ASCII, but always another sign and one behind that: shells
    /// within each other begin their prompts with one frame. Or no command that is known, but often a directory and one behind
    /// that.
    fn is_followed(&self, short: &Candidate) -> bool {
        const OFTEN: u32 = 3;
        self.exact.get(&short.exact).is_some_and(|s| {
            s.count >= 3
                && (10 * s.followed >= 9 * s.count || s.commands == 0 && OFTEN * s.followed >= s.count)
        })
    }

    /// Whether `long` stands wherever `short`, its beginning, does, and before more and better commands: root's sign in it,
    /// or another user's.
    fn goes_on(&self, short: &Candidate, long: &Candidate, text: &str) -> bool {
        let Some(short) = self.exact.get(&short.exact).filter(|short| short.count >= 3) else { return false };
        let others = text.get(..long.at).and_then(of_others).into_iter().flatten();
        let keys = others.map(|other| loose_key(&other)).chain([long.loose]);
        let long = keys.filter_map(|key| self.loose.get(&key)).copied().reduce(Seen::with);
        let likeness = |seen: &Seen| seen.likeness / seen.count as f32;
        long.is_some_and(|long| {
            10 * long.count >= 9 * short.count
                && (long.different > short.different || long.different == WORDS)
                && likeness(&long) > likeness(short) + 0.2
        })
    }
}

/// What a prompt of root's may be to others, who have other signs.
pub(super) fn of_others(prompt: &str) -> Option<[String; 2]> {
    let before = prompt.trim_end_matches(is_blank).strip_suffix('#')?;
    let behind = &prompt[before.len() + 1..];
    Some(["$", "%"].map(|sign| [before, sign, behind].concat()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn prompts(lines: &[&str]) -> Vec<String> {
        let learned = learn(lines.iter().map(|text| Sample { text, floor: None, input: None }));
        lines
            .iter()
            .map(|l| learned.best(l, None).map_or(String::new(), |(at, _)| l[..at].to_owned()))
            .collect()
    }

    #[test]
    fn the_prompt_is_what_lines_have_in_common() {
        let lines = ["[u@h ~]$ ls | grep '# '", "[u@h ~]$ cat x > y", "[u@h etc]$ echo '$ x'", "[u@h etc]$ "];
        assert_eq!(prompts(&lines), ["[u@h ~]$ ", "[u@h ~]$ ", "[u@h etc]$ ", "[u@h etc]$ "]);
    }

    #[test]
    fn unusual_prompts_are_learned_too() {
        let lines = [
            "bob - web >> ls -la",
            "bob - web >> cat /etc/hosts",
            "bob - web >> id",
            "bob - web >> frobnicate now",
        ];
        assert!(prompts(&lines).iter().all(|p| p == "bob - web >> "), "{:?}", prompts(&lines));
        let lines = ["λ ~/src: ls", "λ ~/src: make", "λ ~/doc: vi x", "λ ~/doc: ls"];
        assert_eq!(prompts(&lines), ["λ ~/src: ", "λ ~/src: ", "λ ~/doc: ", "λ ~/doc: "]);
    }

    #[test]
    fn a_sign_that_other_signs_follow_ends_no_prompt() {
        let lines = [
            "~~ ops (main *)$ ls -l",
            "~~ srv (main *)$ tcsh",
            "~~ srv (main *)% id",
            "~~ srv (main *)% cd /tmp",
            "~~ tmp (main *)% pwd",
        ]
        .map(|line| line.replace("~~", "\u{fffd}\u{fffd}"));
        let prompts = prompts(&lines.each_ref().map(String::as_str));
        assert!(prompts.iter().all(|p| p.ends_with("$ ") || p.ends_with("% ")), "{prompts:?}");
    }

    #[test]
    fn numbers_in_a_prompt_change() {
        let lines = ["12:01:02 (3) % ls", "12:01:09 (4) % pwd", "12:02:11 (15) % make test"];
        assert_eq!(prompts(&lines)[2], "12:02:11 (15) % ");
    }
}
