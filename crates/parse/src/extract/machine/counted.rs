//! Editors that take the row's start for their prompt's, which stands behind output that did not end its line: where they go
//! to a column, or return to the start and step from there, what they write lands too far left.

use super::*;
use crate::term::{Screen, Window};

impl Machine<'_> {
    /// What was typed behind a prompt that stands behind unfinished output, `left`, as its editor counts columns.
    pub(super) fn counted_from_prompt(&self, line: &Line<'_>, left: &str, prompt: &str) -> Option<String> {
        let raw = self.given.of(&line.span);
        let own = raw.strip_prefix(left.as_bytes()).filter(|own| !left.is_empty() && goes_to_column(own))?;
        Some(alone(own)?.strip_prefix(prompt)?.to_owned())
    }

    /// Such a line, where what was written too far left stands over its prompt: as its editor meant it, and where its
    /// prompt stands. Asked of lines on which the cursor went back.
    #[cold]
    pub(super) fn counted_over_prompt<'l>(&mut self, line: &Line<'l>) -> Option<(Line<'l>, Range<usize>)> {
        let raw = self.given.of(&line.span);
        if self.given.mode == Mode::Streamed {
            return self.erased_over_prompt(line, raw);
        }
        if raw.len() >= LONGEST_ASKED || !goes_to_column(raw) {
            return None;
        }
        // as it stood before it first went back
        let back = raw.iter().position(|b| matches!(b, b'\r' | 0x08)).unwrap_or(raw.len());
        let back = back.min(columns_gone_to(raw).next().unwrap_or(raw.len()));
        let early = alone(&raw[..back])?;
        let place = self.glued_prompt(&early)?;
        let typed = self.counted_from_prompt(line, &early[..place.start], &early[place.clone()])?;
        let text = format!("{}{typed}", &early[..place.end]).into();
        let mut line = line.clone();
        line.text = text;
        Some((line, place))
    }

    /// The same of a streaming copy, which lost some of what it steps back over: the prompt stands first in its bytes.
    fn erased_over_prompt<'l>(&self, line: &Line<'l>, raw: &[u8]) -> Option<(Line<'l>, Range<usize>)> {
        let prompt = self.levels.top().filter(|top| !top.marked && top.shown > 0)?.prompt.as_str();
        let floor = line.rare().floor.filter(|floor| *floor < prompt.len())?;
        let kept = line.text.get(..floor).filter(|kept| prompt.starts_with(kept))?;
        if !raw.starts_with(prompt.as_bytes()) || line.text.starts_with(prompt) {
            return None;
        }
        let mut line = line.clone();
        line.text = format!("{prompt}{}", &line.text[kept.len()..]).into();
        Some((line, 0..prompt.len()))
    }
}

/// The only line that these bytes show, if it is one.
fn alone(bytes: &[u8]) -> Option<String> {
    let (units, _) = Screen::new(bytes, Mode::Exact, Window::USUAL).go_on();
    let (Unit::Line(line), below) = units.split_first()? else { return None };
    // tcsh goes over the edge to where it stands already
    let blank = |unit: &Unit<'_>| matches!(unit, Unit::Line(line) if line.text.trim().is_empty());
    below.iter().all(blank).then(|| line.text.clone().into_owned())
}

/// Whether an editor sets the cursor to a column, or returns to the first and steps right from there.
fn goes_to_column(bytes: &[u8]) -> bool {
    columns_gone_to(bytes).next().is_some() || memmem::find(bytes, b"\r\x1b[C").is_some()
}

/// Where the cursor is set to a column: `ESC [ n G`.
fn columns_gone_to(bytes: &[u8]) -> impl Iterator<Item = usize> {
    const MOST: usize = 64;
    let sets = |at: &usize| {
        let number = bytes[at + 2..].iter().take(4).take_while(|b| b.is_ascii_digit()).count();
        number > 0 && bytes.get(at + 2 + number) == Some(&b'G')
    };
    memmem::find_iter(bytes, b"\x1b[").take(MOST).filter(sets)
}
