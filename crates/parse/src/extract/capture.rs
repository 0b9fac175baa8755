//! Output of a command, cut in the middle when long.

/// Bytes kept from the start.
const HEAD: usize = 48 << 10;
/// Bytes kept from the end.
const TAIL: usize = 16 << 10;

/// What followed a command.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Capture {
    head: String,
    tail: String,
    pub(crate) truncated: bool,
    pub(crate) lines: u64,
    /// How many lines it was asked to run, as it says itself.
    pub(crate) ran_inside: u64,
}

impl Capture {
    /// Nothing yet, in the room that another one left.
    pub(crate) fn in_room(room: String) -> Self {
        Self { head: room, ..Self::default() }
    }

    /// Keeps what followed in no more room than it takes, and leaves the rest to the next command: room that many grow
    /// in one after the other need not grow anew for each, and a session can have millions that print a word.
    pub(crate) fn settle(&mut self) -> String {
        self.tail.shrink_to_fit();
        let text = String::from(self.head.as_str());
        let mut room = std::mem::replace(&mut self.head, text);
        room.clear();
        room
    }

    #[inline]
    pub(crate) fn push_line(&mut self, line: &str) {
        self.lines += 1;
        if self.tail.is_empty() && self.head.len() + line.len() < HEAD {
            self.head.push_str(line);
            self.head.push('\n');
            return;
        }
        // a single long line is cut where the limits fall
        let room =
            if self.tail.is_empty() { floor_boundary(line, HEAD.saturating_sub(self.head.len())) } else { 0 };
        self.head.push_str(&line[..room]);
        let rest = &line[room..];
        let from = rest.len().saturating_sub(2 * TAIL);
        let from = rest.len() - floor_boundary_from_end(rest, rest.len() - from);
        self.truncated |= from > 0;
        self.tail.push_str(&rest[from..]);
        self.tail.push('\n');
        if self.tail.len() > 4 * TAIL {
            self.trim_tail();
        }
    }

    fn trim_tail(&mut self) {
        if self.tail.len() > TAIL {
            let keep = floor_boundary_from_end(&self.tail, TAIL);
            self.tail.drain(..self.tail.len() - keep);
            self.truncated = true;
        }
    }

    /// The text, and whether its middle was cut out.
    pub(crate) fn finish(mut self) -> (String, bool) {
        self.trim_tail();
        let mut text = self.head;
        text.push_str(&self.tail);
        if text.ends_with('\n') {
            text.pop();
        }
        (text, self.truncated)
    }

    /// How many bytes it is.
    pub(crate) fn held(&self) -> usize {
        self.head.len() + self.tail.len()
    }

    /// The last line, for looking at.
    pub(crate) fn last_line(&self) -> &str {
        let text = if self.tail.is_empty() { &self.head } else { &self.tail };
        let text = text.strip_suffix('\n').unwrap_or(text);
        &text[memchr::memrchr(b'\n', text.as_bytes()).map_or(0, |end| end + 1)..]
    }

    /// The last few lines, the last one first.
    pub(crate) fn last_lines(&self) -> impl Iterator<Item = &str> {
        const FEW: usize = 3;
        let text = if self.tail.is_empty() { &self.head } else { &self.tail };
        text.strip_suffix('\n').unwrap_or(text).rsplit('\n').take(FEW)
    }

    /// Takes the last line off.
    pub(crate) fn pop_line(&mut self) {
        let text = if self.tail.is_empty() { &mut self.head } else { &mut self.tail };
        let kept = text.len() - 1.min(text.len());
        text.truncate(text[..kept].rfind('\n').map_or(0, |end| end + 1));
        self.lines = self.lines.saturating_sub(1);
    }

    /// The first lines, for looking at.
    pub(crate) fn head(&self) -> &str {
        &self.head
    }
}

fn floor_boundary(text: &str, at: usize) -> usize {
    let mut at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

/// The largest length up to `most` that a suffix of whole characters has.
fn floor_boundary_from_end(text: &str, most: usize) -> usize {
    let mut from = text.len().saturating_sub(most);
    while !text.is_char_boundary(from) {
        from += 1;
    }
    text.len() - from
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_output_keeps_both_ends() {
        let mut capture = Capture::default();
        for i in 0..20_000 {
            capture.push_line(&format!("line {i} é"));
        }
        let (text, cut) = capture.finish();
        assert!(cut && text.len() <= HEAD + TAIL && text.len() > HEAD + TAIL - 32);
        assert!(text.starts_with("line 0 é\n") && text.ends_with("line 19999 é"));
    }

    #[test]
    fn one_long_line_is_cut_too() {
        let mut capture = Capture::default();
        capture.push_line(&"é".repeat(1 << 20));
        let (text, cut) = capture.finish();
        assert!(cut && text.len() <= HEAD + TAIL);
    }

    #[test]
    fn room_is_left_to_the_next_one_and_no_text() {
        let mut first = Capture::default();
        first.push_line("a");
        let mut second = Capture::in_room(first.settle());
        second.push_line("b");
        first.push_line("c");
        assert_eq!(first.finish(), ("a\nc".into(), false));
        assert_eq!(second.finish(), ("b".into(), false));
    }

    #[test]
    fn the_last_line_is_taken_off() {
        let mut capture = Capture::default();
        ["a", "é", ""].iter().for_each(|line| capture.push_line(line));
        capture.pop_line();
        capture.pop_line();
        assert_eq!((capture.lines, capture.last_line()), (1, "a"));
        capture.pop_line();
        capture.pop_line();
        assert_eq!(capture, Capture::default());
    }

    #[test]
    fn short_output_is_whole() {
        let mut capture = Capture::default();
        capture.push_line("a");
        capture.push_line("");
        capture.push_line("b");
        assert_eq!(capture.finish(), ("a\n\nb".into(), false));
    }
}
