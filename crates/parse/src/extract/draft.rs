//! A command while its session is still being read.

use std::ops::Range;
use std::rc::Rc;

use whoran_model::{Alternative, CommandKind, Origin, Status};

use super::capture::Capture;
use crate::prompt::Says;

/// A command without its place in the logs and without its user: both are known only at the end of the session.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Draft {
    /// Which shell or program it was given to; see [`super::levels::Levels`].
    pub(crate) level: usize,
    pub(crate) kind: CommandKind,
    pub(crate) program: Option<String>,
    pub(crate) text: String,
    pub(crate) typed: Option<String>,
    /// What its prompt said.
    pub(crate) said: Rc<Says>,
    pub(crate) output: Capture,
    pub(crate) origin: Origin,
    pub(crate) status: Status,
    pub(crate) confidence: f32,
    pub(crate) alternatives: Vec<Alternative>,
    /// Bytes of the copy it was read from, prompt to line end; continuation lines included.
    pub(crate) span: Range<usize>,
}

impl Draft {
    /// About how many bytes of memory it takes.
    pub(crate) fn held(&self) -> usize {
        let readings: usize = self.readings().map(|text| size_of::<Alternative>() + text.len()).sum();
        size_of::<Self>() + readings + self.output.held()
    }

    /// What it may be, the likeliest first.
    pub(crate) fn readings(&self) -> impl Iterator<Item = &str> {
        std::iter::once(self.text.as_str())
            .chain(self.alternatives.iter().map(|other| other.command.as_str()))
    }
}
