//! Right prompts of zsh in a streaming copy: the movements around them are lost, and they stand glued to what was typed.

use super::*;

/// Lines longer than this hold no prompt with something right of it.
const LONGEST_ROW: usize = 4096;

/// Says of zsh's lines where their input begins: it writes the first letter that is typed twice, and what stands before
/// comes again with other lines, as no half of a line does.
pub(super) fn mark_inputs(units: &mut [Unit<'_>], bytes: &[u8]) {
    let mut found: Vec<(usize, usize, u64, u64)> = Vec::new();
    for at in 0..units.len() {
        if let Some(end) = first_typed_twice(&units[..=at], bytes)
            && let Unit::Line(line) = &units[at]
        {
            let prompt = behind_sign(&line.text[..end]);
            if !prompt.is_empty() && !prompt.ends_with(' ') {
                found.push((at, end, exact_key(prompt), loose_key(prompt)));
            }
        }
    }
    let mut seen: HashMap<u64, u32> = HashMap::new();
    found
        .iter()
        .flat_map(|(.., exact, loose)| [exact, loose])
        .for_each(|key| *seen.entry(*key).or_default() += 1);
    for (at, end, exact, loose) in found {
        if let Unit::Line(line) = &mut units[at]
            && (seen[&exact] >= 2 || seen[&loose] >= 3)
        {
            line.set_input(end);
        }
    }
}

/// Where on the last unit, a line behind zsh's sign for a missing line end, the first letter stands that is written twice.
fn first_typed_twice(units: &[Unit<'_>], bytes: &[u8]) -> Option<usize> {
    let (Unit::Line(line), above) = units.split_last()? else { return None };
    let raw = bytes.get(line.span.clone()).filter(|raw| raw.len() < LONGEST_ROW)?;
    let step = memchr::memchr(0x08, raw)?;
    let end = step.checked_sub(1)?;
    let twice = raw[end] > b' ' && raw.get(step + 1) == Some(&raw[end]);
    let is_sign = |unit: &Unit<'_>| matches!(unit, Unit::Line(line) if behind_sign(&line.text).is_empty() && !line.text.is_empty());
    let signed =
        || behind_sign(&line.text).len() < line.text.len() || above.iter().rev().take(2).any(is_sign);
    let free = line.rare().mark.is_none() && line.rare().input.is_none() && !line.full_screen;
    // a character that is cut there is shown as another
    let as_written = || line.text.get(..end).is_some_and(|text| text.as_bytes() == &raw[..end]);
    (free && twice && as_written() && signed()).then_some(end)
}

impl Machine<'_> {
    /// Whether a line is the one that was entered last, which zsh draws once more, in a shorter prompt or without what stood
    /// right of it, when its editor is left.
    pub(super) fn is_drawn_once_more(&mut self, text: &str) -> bool {
        /// Lines that a prompt may have above its last.
        const UPPER: u64 = 3;
        let streamed = self.given.mode == Mode::Streamed;
        let right = |l: &&Level| l.prompt_first || streamed && l.prompt.as_bytes().last() != Some(&b' ');
        let begins = |l: &&Level| l.prompt.as_bytes().first() == text.as_bytes().first();
        let zsh = self.levels.top().filter(right).filter(begins);
        let Some(top) = zsh.filter(|l| l.program.is_none()) else { return false };
        let last = self.running.and_then(|r| self.drafts.get(r));
        let Some(draft) = last.filter(|d| d.output.lines <= UPPER) else { return false };
        let sign = text.split_inclusive(' ').next().unwrap_or_default();
        let rest = text.get(sign.len()..).unwrap_or_default();
        let Some(behind) = rest.strip_prefix(draft.text.as_str()) else { return false };
        let own = sign.len() > 1
            && top.prompt.starts_with(sign)
            && !sign.contains(|c: char| c.is_ascii_alphanumeric());
        let over = behind.is_empty()
            || behind.starts_with(' ')
            || same(behind, &top.prompt[sign.len().min(top.prompt.len())..]);
        if !own || !over {
            return false;
        }
        if let Some(draft) = self.running.and_then(|r| self.drafts.get_mut(r)) {
            // what was shown so far are the upper lines of its prompt
            draft.output = Capture::in_room(draft.output.settle());
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::term::{Screen, Window};

    #[test]
    fn a_letter_in_the_middle_of_a_character_is_none() {
        for typed in [&b"\xef\xbf\x08\xbf"[..], b"\xefy\x08y"] {
            let bytes = [b"%".as_slice(), &[b' '; 40], b"\n$ x", typed, b"\n"].concat();
            let (mut units, _) = Screen::new(&bytes, Mode::Streamed, Window::USUAL).go_on();
            mark_inputs(&mut units, &bytes);
            assert!(matches!(&units[1], Unit::Line(line) if line.rare().input.is_none()));
        }
    }
}
