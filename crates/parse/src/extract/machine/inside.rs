//! Shells inside other programs, and lines that are edited before they run: what such programs show of it.

use super::lossy::without_sequences;
use super::*;

/// How a full-screen program leaves the screen.
pub(super) const LEFT: &[u8] = b"\x1b[?1049l";

impl<'a> Machine<'a> {
    /// A program may show that it was asked for a shell.
    pub(super) fn look_for_shell(&mut self, shown: &str) {
        if !self.runs_lines || !shown.starts_with(":sh") && memchr::memchr(b'!', shown.as_bytes()).is_none() {
            return;
        }
        let running = self.running.and_then(|r| self.drafts.get(r));
        let Some(last) = running.filter(|last| last.text.len() < LONGEST_ASKED) else { return };
        if let opened @ Opens::Shell { .. } = asked(&last.text, shown) {
            self.opened = opened;
            self.asked = true;
        }
    }

    /// Whether these bytes show, in a full-screen program, the file in which bash lets a line be edited before it runs: after
    /// `fc`, or a key.
    pub(super) fn look_for_edited(&mut self, shown: Range<usize>) {
        const MOST: usize = 1 << 20;
        let shown = self.given.of(&shown);
        if memmem::find(&shown[..shown.len().min(MOST)], b"/bash-fc.").is_some() {
            self.edited = true;
            self.doubt(0.5);
        }
    }

    /// Looks at what a transcript shows between a command and the first that comes after it, which full-screen programs do.
    pub(super) fn look_before(&mut self, next: &Range<usize>) {
        let Some(last) = self.running.and_then(|r| self.drafts.get(r)) else { return };
        let shown = last.span.end..next.start;
        let first = last.output.lines == 0 && last.typed.is_none();
        if self.given.mode == Mode::Exact && first && shown.len() > LEFT.len() {
            self.look_for_edited(shown.clone());
            self.look_at_left(shown);
        }
    }

    /// Where the line begins on which something stands, whatever it begins with, or some way before that.
    pub(super) fn line_start(&self, at: usize) -> usize {
        const NEAR: usize = 4096;
        let from = at.saturating_sub(NEAR);
        memchr::memrchr(b'\n', &self.given.bytes[from..at]).map_or(from, |end| from + end + 1)
    }

    /// What was typed last in a full-screen program before it left the screen may be `:sh`.
    pub(super) fn look_at_left(&mut self, shown: Range<usize>) {
        const NEAR: usize = 512;
        const MOST: usize = 1 << 20;
        let shown = self.given.of(&shown);
        let shown = &shown[shown.len().saturating_sub(MOST)..];
        let Some(left) = memmem::rfind(shown, LEFT) else { return };
        let near = without_sequences(&shown[left.saturating_sub(NEAR)..left]);
        if let Some(asked) = near.rfind(':') {
            self.look_for_shell(near[asked..].trim_end());
        }
    }

    /// Takes what bash prints behind that program: the lines that it runs in place of the one that was typed.
    pub(super) fn take_edited(&mut self, running: usize, text: &str, span: &Range<usize>) -> bool {
        let before = &self.given.bytes[self.line_start(span.start)..span.start];
        let draft = &mut self.drafts[running];
        let shown = self.given.mode == Mode::Streamed && draft.typed.is_none();
        if shown && memmem::find(before, LEFT).is_none() {
            return false;
        }
        match draft.typed {
            Some(_) => draft.text.extend(["\n", text]),
            None => draft.typed = Some(std::mem::replace(&mut draft.text, text.to_owned())),
        }
        draft.confidence = 0.85;
        if draft.text.len() > LONGEST_ASKED || is_complete(&draft.text) {
            self.edited = false;
            self.opened = opens(&draft.text);
        }
        true
    }
}
