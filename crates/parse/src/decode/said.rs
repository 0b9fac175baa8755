//! What streaming events say: the texts of all lines, and where each came from, in a few bytes a line.
//!
//! A session may have tens of millions of lines. Most stand here as they do in their log, one sign apart, so their sizes
//! tell where each is; a place is written down only for a run of them.

use std::ops::Range;

use whoran_model::Timestamp;

/// So many lines are a run at most: to find one is to pass over those before it.
const RUN: usize = 256;

/// The lines of all events, each text with a line feed behind it.
#[derive(Debug, Default)]
pub(crate) struct Said {
    text: String,
    runs: Vec<Run>,
    sizes: Vec<Size>,
    /// Where a line that goes on with the last run begins, here and in the log.
    next: (usize, u64),
}

/// Where a line came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Origin {
    /// Index of its log among the shares.
    pub(crate) log: usize,
    /// The time of its event.
    pub(crate) time: Option<Timestamp>,
}

/// One line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Line {
    /// Where its text stands.
    pub(crate) text: Range<usize>,
    /// The JSON string in the log, quotes included.
    pub(crate) span: Range<u64>,
    pub(crate) origin: Origin,
}

/// Lines that follow each other in their log as they do here.
#[derive(Debug)]
struct Run {
    /// Index of the first.
    line: usize,
    start: usize,
    at: u64,
    origin: Origin,
}

/// Bytes of a text and of its JSON string. No log has 4 GiB.
#[derive(Debug, Clone, Copy)]
struct Size {
    text: u32,
    span: u32,
}

/// Lines of one event that are kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Kept {
    pub(super) lines: Range<usize>,
    /// Whether the first is the rest of the line that was kept before it.
    pub(super) goes_on: bool,
}

impl Said {
    /// With room for so many bytes of texts.
    pub(super) fn with_capacity(bytes: usize) -> Self {
        Self { text: String::with_capacity(bytes), ..Self::default() }
    }

    /// All texts: what the terminal showed.
    pub(crate) fn bytes(&self) -> &[u8] {
        self.text.as_bytes()
    }

    /// How many lines there are.
    pub(crate) fn len(&self) -> usize {
        self.sizes.len()
    }

    /// Where texts are written, a line feed behind each, before their lines are placed.
    pub(super) fn text_mut(&mut self) -> &mut String {
        &mut self.text
    }

    /// Says where the next line is.
    pub(super) fn place(&mut self, Line { text, span, origin }: Line) {
        let new = match self.runs.last() {
            Some(last) => {
                self.next != (text.start, span.start)
                    || last.origin != origin
                    || self.len() - last.line == RUN
            }
            None => true,
        };
        if new {
            self.runs.push(Run { line: self.len(), start: text.start, at: span.start, origin });
        }
        let size = Size {
            text: u32::try_from(text.len()).unwrap_or(u32::MAX),
            span: u32::try_from(span.end - span.start).unwrap_or(u32::MAX),
        };
        self.next = (text.start + size.text as usize + 1, span.start + u64::from(size.span) + 1);
        self.sizes.push(size);
    }

    /// The lines with these indices.
    pub(crate) fn lines(&self, range: Range<usize>) -> impl Iterator<Item = Line> {
        let run = self.runs.partition_point(|run| run.line <= range.start).saturating_sub(1);
        self.lines_from(run, range)
    }

    /// The same, where the run that holds the first of them, or is before that, is known.
    fn lines_from(&self, mut run: usize, range: Range<usize>) -> impl Iterator<Item = Line> {
        let first = self.runs.get(run).map_or(range.start, |run| run.line);
        let (mut start, mut at) = (0, 0);
        let lines = (first..range.end.min(self.len())).map(move |line| {
            run += usize::from(self.runs.get(run + 1).is_some_and(|run| run.line == line));
            let (run, size) = (&self.runs[run], self.sizes[line]);
            if run.line == line {
                (start, at) = (run.start, run.at);
            }
            let text = start..start + size.text as usize;
            let span = at..at + u64::from(size.span);
            (start, at) = (text.end + 1, span.end + 1);
            Line { text, span, origin: run.origin }
        });
        lines.skip(range.start - first)
    }

    /// One of them.
    pub(crate) fn line(&self, index: usize) -> Option<Line> {
        self.lines(index..index + 1).next()
    }

    /// Their texts.
    pub(crate) fn texts(&self, range: Range<usize>) -> impl Iterator<Item = &str> {
        self.lines(range).map(|line| &self.text[line.text])
    }

    /// Index of the line that holds byte `at`.
    pub(crate) fn line_at(&self, at: usize) -> usize {
        self.lines_at(&(at..at)).start
    }

    /// Indices of the lines that hold these bytes, the first of them at least.
    pub(crate) fn lines_at(&self, span: &Range<usize>) -> Range<usize> {
        let run = self.runs.partition_point(|run| run.start <= span.start).saturating_sub(1);
        let Some(begin) = self.runs.get(run).map(|run| run.line) else { return 0..1 };
        let (mut first, mut end) = (begin, begin + 1);
        for line in self.lines_from(run, end..self.len()) {
            match line.text.start {
                start if start <= span.start => first = end,
                start if start < span.end => {}
                _ => break,
            }
            end += 1;
        }
        first..end
    }

    /// The same lines in another order.
    pub(super) fn in_order<'a>(&self, events: impl Iterator<Item = &'a mut Range<usize>>) -> Self {
        let mut ordered = Self::with_capacity(self.text.len());
        for lines in events {
            let first = ordered.len();
            for mut line in self.lines(lines.clone()) {
                let start = ordered.text.len();
                ordered.text.push_str(&self.text[line.text.clone()]);
                line.text = start..ordered.text.len();
                ordered.text.push('\n');
                ordered.place(line);
            }
            *lines = first..ordered.len();
        }
        ordered
    }

    /// Drops all lines but those, which are in order, and joins what goes on.
    pub(super) fn keep(&mut self, kept: &[Kept]) {
        let every: usize = kept.iter().map(|kept| kept.lines.len()).sum();
        if every == self.len() && !kept.iter().any(|kept| kept.goes_on) {
            return;
        }
        let mut new = Self::default();
        // what stays of the text, in order, each run moved to its place
        let mut text = std::mem::take(&mut self.text).into_bytes();
        let mut end = 0;
        for Kept { lines, goes_on } in kept {
            for (nth, mut line) in self.lines(lines.clone()).enumerate() {
                let rest = nth == 0 && *goes_on && end > 0;
                end -= usize::from(rest);
                let len = line.text.len();
                text.copy_within(line.text.start..line.text.end + 1, end);
                match new.sizes.last_mut().filter(|_| rest) {
                    Some(size) => {
                        size.text = size.text.saturating_add(u32::try_from(len).unwrap_or(u32::MAX));
                        new.next = (usize::MAX, 0);
                    }
                    None => {
                        line.text = end..end + len;
                        new.place(line);
                    }
                }
                end += len + 1;
            }
        }
        text.truncate(end);
        // whole lines of what was text are text
        new.text = String::from_utf8(text).unwrap_or_default();
        *self = new;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Lines of a letter and their number, in events of three with a sign more between the last two.
    fn said(lines: usize) -> Said {
        let mut said = Said::default();
        let mut at = 100;
        for n in 0..lines {
            let start = said.text.len();
            said.text.push_str(&format!("é{n}"));
            let text = start..said.text.len();
            said.text.push('\n');
            let span = at..at + text.len() as u64 + 2;
            at = span.end + if n % 3 == 2 { 50 } else { 1 + (n % 3) as u64 };
            said.place(Line { text, span, origin: Origin { log: n / 3 % 2, time: None } });
        }
        said
    }

    fn all(said: &Said) -> Vec<(&str, u64, usize)> {
        let lines = said.lines(0..said.len());
        lines.map(|line| (&said.text[line.text], line.span.start, line.origin.log)).collect()
    }

    #[test]
    fn every_line_is_found_by_its_index_and_its_bytes() {
        let mut said = said(10);
        // more than a run
        for n in 0..3 * RUN {
            let start = said.text.len();
            said.text.push_str("x\n");
            let at = 5000 + 4 * n as u64;
            let origin = Origin { log: 7, time: None };
            said.place(Line { text: start..start + 1, span: at..at + 3, origin });
        }
        let every: Vec<Line> = said.lines(0..said.len()).collect();
        assert_eq!(every.len(), 10 + 3 * RUN);
        for (index, line) in every.iter().enumerate() {
            assert_eq!(said.line(index).as_ref(), Some(line));
            for at in line.text.start..=line.text.end {
                assert_eq!(said.line_at(at), index);
            }
        }
        assert_eq!((every[12].span.clone(), every[12 + RUN].span.start), (5008..5011, 5008 + 4 * RUN as u64));
        assert_eq!((said.line(every.len()), said.line_at(usize::MAX)), (None, every.len() - 1));
        assert_eq!((Said::default().line_at(3), Said::default().line(0)), (0, None));
    }

    #[test]
    fn lines_are_put_in_order_dropped_and_joined() {
        let said = said(6);
        let mut events = [3..6, 0..3];
        let mut said = said.in_order(events.iter_mut());
        assert_eq!(events, [0..3, 3..6]);
        let texts: Vec<&str> = all(&said).into_iter().map(|line| line.0).collect();
        assert_eq!(texts, ["é3", "é4", "é5", "é0", "é1", "é2"]);
        let before = all(&said).into_iter().map(|line| line.1).collect::<Vec<_>>();
        said.keep(&[Kept { lines: 0..2, goes_on: false }, Kept { lines: 4..6, goes_on: true }]);
        assert_eq!(said.text, "é3\né4é1\né2\n");
        let kept = all(&said);
        assert_eq!(kept, [("é3", before[0], 1), ("é4é1", before[1], 1), ("é2", before[5], 0)]);
        assert_eq!([0, 3, 4, 10, 11, 99].map(|at| said.line_at(at)), [0, 0, 1, 1, 2, 2]);
    }
}
