//! Why a verb could not do its work, said once, with what to do next.

use std::io;

use whoran_pipeline as pipeline;

use crate::exit::Exit;

/// An error as the user sees it.
#[derive(Debug)]
pub(crate) struct CommandError {
    /// How the program ends.
    pub(crate) exit: Exit,
    /// What went wrong; may have several lines.
    pub(crate) message: String,
    /// What to type or to permit next.
    pub(crate) hints: Vec<String>,
}

impl CommandError {
    pub(crate) fn new(exit: Exit, message: impl Into<String>) -> Self {
        Self { exit, message: message.into(), hints: Vec::new() }
    }

    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self::new(Exit::Usage, message)
    }

    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }
}

/// Errors of writing the result.
impl From<io::Error> for CommandError {
    fn from(error: io::Error) -> Self {
        // A reader such as `head` has enough: that is success.
        let exit = if error.kind() == io::ErrorKind::BrokenPipe { Exit::Done } else { Exit::Refused };
        Self::new(exit, format!("cannot write the result: {error}"))
    }
}

impl From<pipeline::Error> for CommandError {
    fn from(error: pipeline::Error) -> Self {
        use pipeline::Error as E;
        let message = error.to_string();
        let hints: Vec<String> = error.hint().map(str::to_owned).into_iter().collect();
        match error {
            E::Busy { .. } => Self::new(Exit::Refused, message).hint("--wait waits for it to end"),
            E::NoIndex { .. } => Self::new(Exit::Index, message)
                .hint("whoran index PATH… makes one")
                .hint("--data DIR or WHORAN_DATA names another data directory"),
            E::Ingest(_) | E::Io { .. } | E::Threads(_) => Self { exit: Exit::Refused, message, hints },
            E::OtherWatch { .. } => Self::usage(message).hint("--name gives this one another name"),
            E::Vanished { logs } => {
                let mut error = Self::new(Exit::Refused, message);
                for log in logs.iter().take(5) {
                    error = error.hint(format!("put it back: {log}"));
                }
                error.hint("whoran rebuild --drop-vanished goes on without what they held")
            }
            E::Index(_) => {
                Self::new(Exit::Index, message).hint("the index is derived: `whoran rebuild` makes it anew")
            }
            E::Output(error) => error.into(),
        }
    }
}
