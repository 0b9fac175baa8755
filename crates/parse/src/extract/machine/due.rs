//! Whether a line without marks begins with a prompt that is due, and where that ends.

use super::*;

impl<'a> Machine<'a> {
    /// Where the prompt that is due follows output that did not end its line.
    pub(super) fn glued_prompt(&self, text: &str) -> Option<usize> {
        let top = self.levels.top()?;
        if top.marked || self.running.is_none() || top.prompt.trim().len() < 5 {
            return None;
        }
        let at = text.find(top.prompt.as_str()).filter(|at| *at > 0)?;
        // quoted or spaced, it is text about a prompt
        let glued = text[..at].ends_with(|c: char| {
            c.is_alphanumeric() || matches!(c, '}' | ']' | ')' | '>' | '.' | '!' | ';' | '%')
        });
        (glued && likeness(&text[at + top.prompt.len()..]) > 0.2).then_some(at)
    }

    /// The last command set the shell's prompt.
    pub(super) fn sets_prompt(&self) -> bool {
        self.drafts.last().is_some_and(|d| sets_prompt(&d.text))
    }

    /// `bc` and `dc` show no prompt. What is entered there has operators or names, what they answer is a number.
    pub(super) fn is_calculation(&self, text: &str) -> bool {
        let program = match (&self.opened, self.levels.top()) {
            (Opens::Repl { program, .. }, _) => Some(program.as_str()),
            (_, Some(top)) if top.prompt.is_empty() => top.program.as_deref(),
            _ => None,
        };
        matches!(program, Some("bc" | "dc"))
            && text.len() < 200
            && text.bytes().any(|b| b"+-*/^=%();pqk".contains(&b) || b.is_ascii_lowercase())
            && text.bytes().any(|b| b.is_ascii_digit() || b.is_ascii_lowercase())
            && !text.contains(['\'', ','])
            && text.parse::<f64>().is_err()
    }

    /// Where on a line without marks the prompt ends, if it begins with one that is due.
    pub(super) fn prompt_on(&mut self, at: usize, text: &str, floor: Option<usize>) -> Option<(usize, f32)> {
        let announced = self.opened != Opens::Nothing || self.lead.is_some() || self.sets_prompt();
        if let Some(top) = self.levels.top() {
            if !top.marked {
                if !top.prompt.trim().is_empty() {
                    if text.starts_with(top.prompt.as_str()) {
                        return Some((top.prompt.len(), if top.prompt.len() >= 4 { 0.97 } else { 0.94 }));
                    }
                    if text == top.prompt.trim_end() {
                        return Some((text.len(), 0.97));
                    }
                }
                if let Some(end) = self.same_level(text) {
                    return Some((end, 0.93));
                }
            } else if !announced && !self.multiplexed {
                return None;
            } else if self.multiplexed
                && text.starts_with(top.prompt.as_str())
                && !top.prompt.trim().is_empty()
            {
                return Some((top.prompt.len(), 0.9));
            }
            if let Some(end) = self.lower_level(text) {
                return Some((end, 0.95));
            }
        }
        if text.trim().is_empty() || is_password_prompt(text) {
            return None;
        }
        let unannounced = self.levels.top().is_some() && !announced;
        if (unannounced || self.opened == Opens::Exit) && !self.could_open_anything() {
            return None;
        }
        let units = self.units;
        let plain = self.plain.get_or_insert_with(|| learn(units.iter().filter_map(plain_sample)));
        let (mut end, mut score) = plain.best(text, floor)?;
        // a prompt drawn twice on every line is one prompt
        let half = end / 2;
        if end % 2 == 0 && end >= 4 && text.is_char_boundary(half) && text[..half] == text[half..end] {
            end = half;
        }
        let prompt = &text[..end];
        let count = plain.count(prompt);
        let said = says(prompt);
        let sign = prompt.trim_end().chars().last().unwrap_or(' ');
        let strong = !sign.is_ascii() || matches!(sign, '$' | '#' | '%' | '>');
        let repl = matches!(self.opened, Opens::Repl { .. });
        // few prompts end in another sign, many lines of output have one
        let allowed =
            strong || count >= 3 && matches!(sign, ':' | ')' | ']' | '}') || plain.is_proven(prompt);
        if !allowed || repl && sign == ']' {
            return None;
        }
        let needed = match &self.opened {
            _ if self.levels.top().is_none() => FIRST,
            Opens::Shell { who, .. } => {
                if let crate::shell::Who::User(name) = who {
                    score += if said.user.as_deref() == Some(name) { 2.0 } else { 0.0 };
                    score += if name == "root" && said.root_sign { 1.5 } else { 0.0 };
                }
                ANNOUNCED
            }
            Opens::Repl { .. } => PROGRAM,
            Opens::Multiplexer { .. } => ANNOUNCED + 1.0,
            Opens::Nothing if announced => ANNOUNCED,
            Opens::Exit | Opens::Nothing => {
                if count < 3 || !strong || self.returns_without_exit(at, prompt) {
                    return None;
                }
                UNANNOUNCED
            }
        };
        (score >= needed).then(|| (end, if announced || self.levels.top().is_none() { 0.93 } else { 0.8 }))
    }

    /// Whether the last command is a program nobody knows: it may have opened another shell.
    pub(super) fn could_open_anything(&self) -> bool {
        self.drafts.last().is_some_and(|d| {
            simple_commands(&d.text).last().and_then(|c| c.first()).is_some_and(|w| !is_command(w))
        })
    }

    /// The prompt of the top level with other words in it: after `cd`, or where the same words come again.
    pub(super) fn same_level(&mut self, text: &str) -> Option<usize> {
        let top = self.levels.top()?;
        let sign = top.prompt.trim_end().chars().last()?;
        let head = text.char_indices().nth(240).map_or(text, |(i, _)| &text[..i]);
        if !head.contains(sign) {
            return None;
        }
        let moved = self.drafts.last().is_some_and(|d| changes_prompt(&d.text));
        let (exact, loose, known) = (top.exact, top.loose, top.says.clone());
        for candidate in candidates(text, None) {
            let prompt = &text[..candidate.at];
            if !prompt.trim_end().ends_with(sign) {
                continue;
            }
            if exact_key(prompt) == exact || self.levels.top().is_some_and(|l| l.fits_program(prompt)) {
                return Some(candidate.at);
            }
            if loose_key(prompt) != loose {
                continue;
            }
            let said = says(prompt);
            let same_place = said.user.is_some() && said.user == known.user && said.host == known.host;
            if same_place || (moved && said.user == known.user) {
                return Some(candidate.at);
            }
            let units = self.units;
            let plain = self.plain.get_or_insert_with(|| learn(units.iter().filter_map(plain_sample)));
            if plain.count(prompt) >= 2 && likeness(&text[candidate.at..]) >= 1.0 && said.user == known.user {
                return Some(candidate.at);
            }
        }
        None
    }

    /// The prompt of a level below the top: after its end, or where it is too long to be an accident.
    pub(super) fn lower_level(&self, text: &str) -> Option<usize> {
        let left = self.opened == Opens::Exit || self.left_editor;
        let same = self.levels.below().find(|l| {
            let long = l.prompt.trim().len() >= 5 && l.says.user.is_some();
            (left || long && !l.marked) && !l.prompt.trim().is_empty() && text.starts_with(l.prompt.as_str())
        });
        if let Some(level) = same {
            return Some(level.prompt.len());
        }
        // the level below may have gone to another directory in a line that could not be read
        let ends = candidates(text, None).into_iter().map(|c| c.at).filter(|_| left);
        ends.filter(|at| likeness(&text[*at..]) >= 0.3).find(|at| {
            let prompt = &text[..*at];
            self.levels.lower(prompt, &says(prompt))
        })
    }

    /// Whether the prompt in force comes back soon although nothing ended what `prompt` would have begun: then `prompt`
    /// is output that looks like one.
    pub(super) fn returns_without_exit(&self, at: usize, prompt: &str) -> bool {
        let Some(top) = self.levels.top() else { return false };
        if top.prompt.trim().is_empty() {
            return false;
        }
        let mut last = "";
        for unit in self.units.iter().skip(at).take(500) {
            let Unit::Line(line) = unit else { return true };
            if let Some(rest) = line.text.strip_prefix(prompt) {
                last = rest;
            } else if line.text.starts_with(top.prompt.as_str()) {
                return opens(last) != Opens::Exit;
            }
        }
        false
    }
}

pub(super) fn plain_sample<'a>(unit: &'a Unit<'_>) -> Option<Sample<'a>> {
    match unit {
        Unit::Line(line) if line.mark.is_none() && line.text.len() < 4096 && !line.text.trim().is_empty() => {
            Some(Sample { text: behind_sign(&line.text), floor: line.floor })
        }
        _ => None,
    }
}

/// Whether a command gives the shell another prompt, or runs a file that may.
pub(super) fn sets_prompt(text: &str) -> bool {
    simple_commands(text).iter().any(|words| {
        let name = words.first().map_or("", String::as_str);
        let sets = |w: &String| w.starts_with("PS1=") || w.starts_with("PROMPT=") || w.starts_with("prompt=");
        words.iter().take(2).any(sets) || matches!(name, "source" | ".") && words.len() > 1
    })
}

/// Whether a command is likely to be followed by another prompt of the same shell.
pub(super) fn changes_prompt(text: &str) -> bool {
    simple_commands(text).iter().any(|words| {
        words.first().is_some_and(|w| {
            matches!(
                w.as_str(),
                "cd" | "pushd"
                    | "popd"
                    | "git"
                    | "source"
                    | "."
                    | "export"
                    | "conda"
                    | "workon"
                    | "deactivate"
                    | "set"
                    | "hostnamectl"
                    | "hostname"
                    | "kubectl"
                    | "kubectx"
                    | "use"
                    | "\\c"
            ) || w.starts_with("PS1=")
                || w.starts_with("PROMPT")
        })
    })
}
