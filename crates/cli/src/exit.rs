//! The exit codes, all of them.

use std::process::ExitCode;

/// How the program ends. The numbers are promised; scripts depend on them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    /// Everything asked for was done.
    Done,
    /// Nothing was found.
    NothingFound,
    /// The command line or a setting is wrong.
    Usage,
    /// Done, but bytes of some log were left out.
    Partial,
    /// A source or the lock was refused or cannot be reached.
    Refused,
    /// The index cannot be used.
    Index,
    /// What was checked is not as it should be, or something was found that should not be there.
    Mismatch,
}

impl Exit {
    pub(crate) fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::NothingFound => 1,
            Self::Usage => 2,
            Self::Partial => 3,
            Self::Refused => 4,
            Self::Index => 5,
            Self::Mismatch => 6,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

/// The table above for `--help`.
pub(crate) const HELP: &str = "\
Exit codes:
  0    done
  1    nothing found (search, show, timeline, facets and cat only)
  2    wrong usage or configuration
  3    partial: bytes of some log were left out (a warning alone is not partial)
  4    a source or the lock was refused or cannot be reached
  5    the index cannot be used
  6    mismatches present (verify, audit), or findings (detect --fail-on, report --fail-on)
  130  interrupted";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_help_names_every_code() {
        let exits = [
            Exit::Done,
            Exit::NothingFound,
            Exit::Usage,
            Exit::Partial,
            Exit::Refused,
            Exit::Index,
            Exit::Mismatch,
        ];
        for exit in exits {
            assert!(HELP.contains(&format!("\n  {}    ", exit.code())), "{exit:?}");
        }
    }
}
