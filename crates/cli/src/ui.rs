//! The only place that prints. Data goes to stdout, everything else to stderr.

use std::io::{self, BufWriter, IsTerminal, Write};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use whoran_pipeline::Event;
#[cfg(feature = "aws")]
use whoran_pipeline::remote::PullEvent;
use whoran_report::safe;

use crate::args::Format;
use crate::config::Config;
use crate::error::CommandError;
use crate::exit::Exit;
use crate::table::Table;

/// The user's two streams.
pub(crate) struct Ui {
    out: BufWriter<io::Stdout>,
    width: Option<u16>,
    /// Whether a person reads stdout.
    pub(crate) terminal: bool,
    /// Whether to print nothing on stderr but errors.
    pub(crate) quiet: bool,
}

impl Ui {
    pub(crate) fn new(config: &Config) -> Self {
        let width = config.columns.or_else(|| terminal_size::terminal_size().map(|(width, _)| width.0));
        Self { out: BufWriter::new(io::stdout()), width, terminal: io::stdout().is_terminal(), quiet: false }
    }

    /// The form to print in: what was asked for, else a table for people and lines for programs.
    pub(crate) fn format(&self, asked: Option<Format>) -> Format {
        asked.unwrap_or(if self.terminal { Format::Table } else { Format::Jsonl })
    }

    /// Stdout. Who writes text from a log to it sees to it that it is harmless first.
    pub(crate) fn out(&mut self) -> &mut impl Write {
        &mut self.out
    }

    /// One line on stdout, made harmless by who calls.
    pub(crate) fn line(&mut self, text: &str) -> io::Result<()> {
        writeln!(self.out, "{text}")
    }

    /// Ends stdout.
    pub(crate) fn finish(&mut self) -> io::Result<()> {
        self.out.flush()
    }

    /// A table on stdout, fitted to the terminal.
    pub(crate) fn table(&mut self, table: &Table) -> io::Result<()> {
        table.write(self.width.map_or(160, usize::from), &mut self.out)
    }

    /// A remark on stderr.
    pub(crate) fn note(&mut self, text: &str) {
        if !self.quiet {
            self.warn(text);
        }
    }

    fn warn(&mut self, text: &str) {
        // Stdout first, or a terminal shows the remark before what it is about. With stderr gone there is nobody to
        // tell, and a broken stdout is found by `finish`.
        let _ = self.out.flush();
        let _ = writeln!(io::stderr().lock(), "{}", safe::block(text));
    }

    /// Prints an error with its hints.
    pub(crate) fn error(&mut self, error: &CommandError) -> Exit {
        if error.exit != Exit::Done {
            let mut text = format!("error: {}", error.message);
            for hint in &error.hints {
                text.push_str(&format!("\nhint: {hint}"));
            }
            self.warn(&text);
        }
        error.exit
    }

    /// Prints what clap says about the command line: help to stdout, errors to stderr.
    pub(crate) fn command_line(&mut self, error: &clap::Error) -> Exit {
        let printed = error.print();
        match (error.exit_code(), printed) {
            (0, _) => Exit::Done,
            _ => Exit::Usage,
        }
    }

    /// A progress bar, where a person watches.
    pub(crate) fn progress(&self) -> Progress {
        let shown = !self.quiet && io::stderr().is_terminal();
        let target = if shown { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        Progress(ProgressBar::with_draw_target(None, target))
    }
}

/// Shows how far a run has come.
pub(crate) struct Progress(ProgressBar);

impl Progress {
    /// Takes an event of the run.
    pub(crate) fn event(&self, event: &Event<'_>) {
        match event {
            Event::Listed { logs, bytes } => self.start(*bytes, format!("reading {logs} logs")),
            Event::Gathered { sessions, bytes } => self.start(*bytes, format!("parsing {sessions} sessions")),
            Event::Read { bytes } | Event::Parsed { bytes, .. } => self.0.inc(*bytes),
            Event::Diagnostic(_) | Event::Committed => {}
        }
    }

    /// Takes an event of a pull, whose end is not known before it comes.
    #[cfg(feature = "aws")]
    pub(crate) fn pulled(&self, event: &PullEvent<'_>) {
        match event {
            PullEvent::Listed { bytes } if self.0.length().is_none_or(|length| length == 0) => {
                self.start(*bytes, "pulling".to_owned());
            }
            PullEvent::Listed { bytes } => self.0.inc_length(*bytes),
            PullEvent::Fetched { bytes } => self.0.inc(*bytes),
            PullEvent::Skipped(_) => {}
        }
    }

    fn start(&self, bytes: u64, message: String) {
        const LOOK: &str = "{msg:24} {wide_bar} {bytes}/{total_bytes} {bytes_per_sec} {eta}";
        if let Ok(style) = ProgressStyle::with_template(LOOK) {
            self.0.set_style(style);
        }
        self.0.reset();
        self.0.set_length(bytes);
        self.0.set_message(message);
    }

    /// Takes the bar away.
    pub(crate) fn end(&self) {
        self.0.finish_and_clear();
    }
}

/// A time for a table: to the second, with its offset; `-` where it is not known.
pub(crate) fn time(at: Option<Timestamp>, tz: &TimeZone) -> String {
    let Some(at) = at else { return "-".into() };
    let at = at.to_zoned(tz.clone());
    if at.offset().is_zero() {
        at.strftime("%Y-%m-%d %H:%M:%SZ").to_string()
    } else {
        at.strftime("%Y-%m-%d %H:%M:%S%:z").to_string()
    }
}

/// A size for people, in powers of 1024.
pub(crate) fn size(bytes: u64) -> String {
    let units = ["B", "KiB", "MiB", "GiB", "TiB"];
    let (mut value, mut unit) = (bytes as f64, 0);
    while value >= 1024.0 && unit + 1 < units.len() {
        value /= 1024.0;
        unit += 1;
    }
    if unit == 0 { format!("{bytes} B") } else { format!("{value:.1} {}", units[unit]) }
}

/// `1 session`, `2 sessions`.
pub(crate) fn count(n: u64, what: &str) -> String {
    if n == 1 { format!("1 {what}") } else { format!("{n} {what}s") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_and_counts_read_well() {
        assert_eq!(size(1023), "1023 B");
        assert_eq!(size(1536), "1.5 KiB");
        assert_eq!(size(u64::MAX), "16777216.0 TiB");
        assert_eq!((count(1, "log"), count(0, "log")), ("1 log".into(), "0 logs".into()));
    }

    #[test]
    fn a_time_says_which_zone_it_is_in() {
        let at = "2026-01-02T03:04:05.9Z".parse().ok();
        assert_eq!(time(at, &TimeZone::UTC), "2026-01-02 03:04:05Z");
        let vienna = TimeZone::get("Europe/Vienna").unwrap();
        assert_eq!(time(at, &vienna), "2026-01-02 04:04:05+01:00");
        assert_eq!(time(None, &vienna), "-");
    }
}
