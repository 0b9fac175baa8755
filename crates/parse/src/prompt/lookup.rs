//! What lines have in common, found out only for the prompts that are asked about.
//!
//! Most sessions ask about few: the first prompt, and one for every shell that is opened. Of all lines, most of which are
//! output, only those that begin alike are looked at for one; whoever asks so often that this would cost more than to
//! learn everything learns everything. The answers are the same.

use std::rc::Rc;

use super::candidates::{Candidate, candidates};
use super::keys::{Form, behind_alike, behind_same, exact_key, loose_key, same};
use super::learn::{Learned, Sample, Seen, learn, of_others, sighting};

/// Prompts among items that may be samples, learned as far as they are asked about.
#[derive(Debug)]
pub(crate) struct Lookup<T> {
    items: Rc<Vec<T>>,
    sample: fn(&T) -> Option<Sample<'_>>,
    /// How each sample begins, and its item; empty until something is asked.
    samples: Vec<(Form, u32)>,
    /// By [`pair`], whether any sample begins so. Most parts of a prompt begin as none does.
    begins: Vec<bool>,
    learned: Learned,
    /// How many samples may still be looked at; `None` before the first question.
    left: Option<usize>,
    complete: bool,
}

impl<T> Lookup<T> {
    /// Looks at nothing yet.
    pub(crate) fn new(items: Rc<Vec<T>>, sample: fn(&T) -> Option<Sample<'_>>) -> Self {
        let (samples, begins, learned) = (Vec::new(), Vec::new(), Learned::default());
        Self { items, sample, samples, begins, learned, left: None, complete: false }
    }

    /// See [`Learned::count`].
    pub(crate) fn count(&mut self, prompt: &str) -> u32 {
        self.seen(prompt).map_or(0, Seen::count)
    }

    /// See [`Learned::count_alike`].
    pub(crate) fn count_alike(&mut self, prompt: &str) -> u32 {
        self.ask_prompt(prompt, exact_key(prompt));
        self.learned.count_alike(prompt)
    }

    /// See [`Seen::is_used`].
    pub(crate) fn is_used(&mut self, prompt: &str) -> bool {
        self.seen(prompt).is_some_and(Seen::is_used)
    }

    /// See [`Seen::is_proven`].
    pub(crate) fn is_proven(&mut self, prompt: &str) -> bool {
        self.seen(prompt).is_some_and(Seen::is_proven)
    }

    /// See [`Seen::is_shells`].
    pub(crate) fn is_shells(&mut self, prompt: &str) -> bool {
        self.seen(prompt).is_some_and(Seen::is_shells)
    }

    /// See [`Seen::precedes_commands`].
    pub(crate) fn precedes_commands(&mut self, prompt: &str) -> bool {
        self.seen(prompt).is_some_and(Seen::precedes_commands)
    }

    /// See [`Learned::best`].
    pub(crate) fn best(&mut self, text: &str, floor: Option<usize>) -> Option<(usize, f32)> {
        let found = candidates(text, floor);
        self.ask(text, &found);
        for candidate in found.iter() {
            let others = of_others(&text[..candidate.at]).into_iter().flatten();
            others.for_each(|other| self.ask_prompt(&other, exact_key(&other)));
        }
        self.learned.best_of(text, &found)
    }

    /// How often this prompt stands on the samples, numbers aside; nothing where it stands on none.
    fn seen(&mut self, prompt: &str) -> Option<&Seen> {
        if !self.begins.is_empty() && !pair(prompt).is_none_or(|pair| self.begins[pair]) {
            return None;
        }
        let exact = exact_key(prompt);
        if !self.learned.exact.contains_key(&exact) {
            self.ask_prompt(prompt, exact);
        }
        self.learned.exact.get(&exact)
    }

    fn ask_prompt(&mut self, prompt: &str, exact: u64) {
        let loose = loose_key(prompt);
        self.ask(prompt, &[Candidate { at: prompt.len(), exact, loose, ..Candidate::default() }]);
    }

    /// Makes sure that what is known of these beginnings of `text`, the shortest first, is all there is to know.
    fn ask(&mut self, text: &str, prompts: &[Candidate]) {
        if self.complete {
            return;
        }
        let known = |c: &&Candidate| {
            self.learned.exact.contains_key(&c.exact) && self.learned.loose.contains_key(&c.loose)
        };
        let mut asked: Vec<Asked> = prompts.iter().filter(|c| !known(c)).map(Asked::new).collect();
        let Some(shortest) = asked.first() else { return };
        let begins = Form::of(&text[..shortest.prompt.at]).begins();
        let sample = self.sample;
        if self.left.is_none() {
            let samples = (0..).zip(&*self.items).filter_map(|(i, item)| Some((sample(item)?, i)));
            self.samples.reserve(self.items.len());
            self.begins.resize(1 << 10, false);
            self.samples.extend(samples.map(|(sample, i)| {
                pair(sample.text).into_iter().for_each(|pair| self.begins[pair] = true);
                (Form::of(sample.text), i)
            }));
        }
        // what is alike is known: only what is the same is looked for
        let only_exact = asked.iter().all(|a| self.learned.loose.contains_key(&a.prompt.loose));
        let behind = if only_exact { behind_same } else { behind_alike };
        let alike = self.samples.iter().filter(|(form, _)| begins(*form));
        let alike: Vec<u32> = alike.map(|(_, item)| *item).collect();
        let all = self.samples.len();
        let cost = alike.len() + all / FORMS_A_LOOK;
        let left = self.left.unwrap_or(MOST_LOOKS * (all + 64)).checked_sub(cost);
        self.left = Some(left.unwrap_or(0));
        if left.is_none() {
            self.learned = learn(self.items.iter().filter_map(sample));
            self.samples = Vec::new();
            self.complete = true;
            return;
        }
        for sample in alike.into_iter().filter_map(|i| sample(&self.items[i as usize])) {
            let (mut at, mut own) = (0, 0);
            for asked in &mut asked {
                let Some(more) = behind(&text[at..asked.prompt.at], &sample.text[own..]) else { break };
                (at, own) = (asked.prompt.at, own + more);
                if let Some(sighting) = sighting(sample, own) {
                    asked.loose.see(sighting);
                    if only_exact || same(&text[..at], &sample.text[..own]) {
                        asked.exact.see(sighting);
                    }
                }
            }
        }
        for Asked { prompt, exact, loose } in asked {
            self.learned.exact.entry(prompt.exact).or_insert(exact);
            self.learned.loose.entry(prompt.loose).or_insert(loose);
        }
    }
}

/// How often each sample may be looked at, on the average, before all of them are learned from, which costs more.
const MOST_LOOKS: usize = 8;
/// How many forms are passed over at the cost of one look.
const FORMS_A_LOOK: usize = 64;

/// The place of a text's first two bytes, five bits of each: texts with one exact key have one place. None where it is shorter.
fn pair(text: &str) -> Option<usize> {
    let bits = |b: u8| usize::from(if b.is_ascii_digit() { b'0' } else { b } & 31);
    match text.as_bytes() {
        [first, ..] if first.is_ascii_digit() => Some(bits(*first)),
        [first, second, ..] => Some(bits(*first) << 5 | bits(*second)),
        _ => None,
    }
}

/// A prompt that is asked about, and what is found out.
struct Asked {
    prompt: Candidate,
    exact: Seen,
    loose: Seen,
}

impl Asked {
    fn new(prompt: &Candidate) -> Self {
        Self { prompt: *prompt, exact: Seen::default(), loose: Seen::default() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_answers_are_those_of_one_who_learned_everything() {
        let lines = [
            "u@h:~$ ls",
            "total 4",
            "-rw-r--r-- 1 u u 3 a.txt",
            "u@h:~$ cd /etc",
            "u@h:/etc$ id",
            "a: b> c# d% e",
            "λ ~/src: ls",
            "éa@h# x",
            "u@h:/etc$ ",
            "12:00 (3) % ls",
            "12:07 (14) % pwd",
            "> x",
            "",
        ];
        let sample: fn(&&'static str) -> Option<Sample<'static>> =
            |text| Some(Sample { text, floor: None, input: None });
        let lines = Rc::new(lines.to_vec());
        let all = learn(lines.iter().filter_map(sample));
        for first in 0..lines.len() {
            let mut some = Lookup::new(Rc::clone(&lines), sample);
            for text in lines.iter().cycle().skip(first).take(lines.len()) {
                assert_eq!(some.best(text, None), all.best(text, None), "{text}");
                for (end, _) in text.char_indices() {
                    let prompt = &text[..end];
                    assert_eq!(some.count(prompt), all.count(prompt), "{prompt}");
                    assert_eq!(some.count_alike(prompt), all.count_alike(prompt), "{prompt}");
                    assert_eq!(some.is_used(prompt), all.seen(prompt).is_some_and(Seen::is_used), "{prompt}");
                    assert_eq!(
                        some.precedes_commands(prompt),
                        all.seen(prompt).is_some_and(Seen::precedes_commands),
                        "{prompt}"
                    );
                    assert_eq!(
                        some.is_proven(prompt),
                        all.seen(prompt).is_some_and(Seen::is_proven),
                        "{prompt}"
                    );
                }
            }
        }
    }
}
