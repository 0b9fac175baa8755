//! What lines have in common, found out only for the prompts that are asked about.
//!
//! Most sessions ask about few: the first prompt, and one for every shell that is opened. Of all lines, most of which are
//! output, only those that begin alike are looked at for one; whoever asks so often that this would cost more than to
//! learn everything learns everything. The answers are the same.

use super::candidates::{Candidate, candidates};
use super::keys::{ByKey, Form, exact_key, loose_key};
use super::learn::{Learned, Sample, Seen, learn, sightings};

/// Prompts among items that may be samples, learned as far as they are asked about.
#[derive(Debug)]
pub(crate) struct Lookup<'a, T> {
    items: &'a [T],
    sample: fn(&'a T) -> Option<Sample<'a>>,
    /// Of every sample its form and its item; empty until something is asked.
    samples: Vec<(Form, usize)>,
    learned: Learned,
    /// How many samples may still be looked at; `None` before the first question.
    left: Option<usize>,
    complete: bool,
}

impl<'a, T> Lookup<'a, T> {
    /// Looks at nothing yet.
    pub(crate) fn new(items: &'a [T], sample: fn(&'a T) -> Option<Sample<'a>>) -> Self {
        Self { items, sample, samples: Vec::new(), learned: Learned::default(), left: None, complete: false }
    }

    /// See [`Learned::count`].
    pub(crate) fn count(&mut self, prompt: &str) -> u32 {
        self.ask_prompt(prompt);
        self.learned.count(prompt)
    }

    /// See [`Learned::count_alike`].
    pub(crate) fn count_alike(&mut self, prompt: &str) -> u32 {
        self.ask_prompt(prompt);
        self.learned.count_alike(prompt)
    }

    /// See [`Learned::is_used`].
    pub(crate) fn is_used(&mut self, prompt: &str) -> bool {
        self.ask_prompt(prompt);
        self.learned.is_used(prompt)
    }

    /// See [`Learned::is_proven`].
    pub(crate) fn is_proven(&mut self, prompt: &str) -> bool {
        self.ask_prompt(prompt);
        self.learned.is_proven(prompt)
    }

    /// See [`Learned::precedes_commands`].
    pub(crate) fn precedes_commands(&mut self, prompt: &str) -> bool {
        self.ask_prompt(prompt);
        self.learned.precedes_commands(prompt)
    }

    /// See [`Learned::best`].
    pub(crate) fn best(&mut self, text: &str, floor: Option<usize>) -> Option<(usize, f32)> {
        self.ask(text, &candidates(text, floor));
        self.learned.best(text, floor)
    }

    fn ask_prompt(&mut self, prompt: &str) {
        let (exact, loose) = (exact_key(prompt), loose_key(prompt));
        self.ask(prompt, &[Candidate { at: prompt.len(), exact, loose, ..Candidate::default() }]);
    }

    /// Makes sure that what is known of these beginnings of `text`, the shortest first, is all there is to know.
    fn ask(&mut self, text: &str, prompts: &[Candidate]) {
        let Some(shortest) = prompts.first().filter(|_| !self.complete) else { return };
        let mut exact = unknown(&self.learned.exact, prompts.iter().map(|c| c.exact));
        let mut loose = unknown(&self.learned.loose, prompts.iter().map(|c| c.loose));
        if exact.is_empty() && loose.is_empty() {
            return;
        }
        let sample = self.sample;
        if self.left.is_none() {
            let forms =
                self.items.iter().enumerate().filter_map(|(i, item)| Some((Form::of(sample(item)?.text), i)));
            self.samples = forms.collect();
        }
        let all = self.samples.len();
        let form = Form::of(&text[..shortest.at]);
        let alike = self.samples.iter().filter(|(own, _)| own.may_begin_with(form));
        // to pass over a sample costs little, but not nothing
        let cost = alike.clone().count() + all / 32;
        let left = self.left.unwrap_or(all + 64).checked_sub(cost);
        self.left = Some(left.unwrap_or(0));
        if left.is_none() {
            self.learned = learn(self.items.iter().filter_map(sample));
            self.samples = Vec::new();
            self.complete = true;
            return;
        }
        for sample in alike.filter_map(|(_, i)| sample(&self.items[*i])) {
            sightings(sample, |c, sighting| {
                let exact = exact.iter_mut().filter(|(key, _)| *key == c.exact);
                let loose = loose.iter_mut().filter(|(key, _)| *key == c.loose);
                exact.chain(loose).for_each(|(_, seen)| seen.see(sighting));
            });
        }
        self.learned.exact.extend(exact);
        self.learned.loose.extend(loose);
    }
}

/// The keys that nothing is known of.
fn unknown(known: &ByKey<Seen>, keys: impl Iterator<Item = u64>) -> Vec<(u64, Seen)> {
    let mut unknown: Vec<(u64, Seen)> = Vec::new();
    for key in keys.filter(|key| !known.contains_key(key)) {
        if unknown.iter().all(|(k, _)| *k != key) {
            unknown.push((key, Seen::default()));
        }
    }
    unknown
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
        let sample: fn(&'static &'static str) -> Option<Sample<'static>> =
            |text| Some(Sample { text, floor: None, input: None });
        let lines: &'static [&'static str] = Box::leak(Box::new(lines));
        let all = learn(lines.iter().filter_map(sample));
        for first in 0..lines.len() {
            let mut some = Lookup::new(lines, sample);
            for text in lines.iter().cycle().skip(first).take(lines.len()) {
                assert_eq!(some.best(text, None), all.best(text, None), "{text}");
                for (end, _) in text.char_indices() {
                    let prompt = &text[..end];
                    assert_eq!(some.count(prompt), all.count(prompt), "{prompt}");
                    assert_eq!(some.count_alike(prompt), all.count_alike(prompt), "{prompt}");
                    assert_eq!(some.is_used(prompt), all.is_used(prompt), "{prompt}");
                    assert_eq!(some.precedes_commands(prompt), all.precedes_commands(prompt), "{prompt}");
                    assert_eq!(some.is_proven(prompt), all.is_proven(prompt), "{prompt}");
                }
            }
        }
    }
}
