//! The only place that prints. Data goes to stdout, everything else to stderr.

use std::io::{self, BufWriter, IsTerminal, Write};
use std::path::PathBuf;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use jiff::Timestamp;
use jiff::tz::TimeZone;
#[cfg(feature = "aws")]
use whoran_pipeline::remote::PullEvent;
use whoran_pipeline::{Event, shell_word};
use whoran_report::safe;

use crate::args::{Color, Format, Global, Output};
use crate::config::Config;
use crate::error::CommandError;
use crate::exit::Exit;
use crate::table::Table;
use crate::target::{OutputFile, Pager};

/// The user's two streams.
pub(crate) struct Ui {
    out: BufWriter<Target>,
    width: Option<u16>,
    /// Whether a person reads stdout.
    pub(crate) terminal: bool,
    /// Whether to colour what goes to stdout.
    pub(crate) color: bool,
    /// Whether to print nothing on stderr but errors.
    quiet: bool,
    /// Remarks that wait until the pager has given the screen back.
    later: Vec<String>,
    /// Where archive and index are, if that was said on the command line.
    data: Option<PathBuf>,
    pager: Option<String>,
    less: Option<String>,
}

/// Where the result goes.
enum Target {
    Stdout(io::Stdout),
    File(OutputFile),
    Pager(Pager),
}

impl Ui {
    pub(crate) fn new(config: &Config) -> Self {
        let width = config.columns.or_else(|| terminal_size::terminal_size().map(|(width, _)| width.0));
        let terminal = io::stdout().is_terminal();
        Self {
            out: BufWriter::new(Target::Stdout(io::stdout())),
            width,
            terminal,
            color: terminal && !config.no_color,
            quiet: false,
            later: Vec::new(),
            data: None,
            pager: config.pager.clone(),
            less: config.less.clone(),
        }
    }

    /// Takes what was asked for everywhere.
    pub(crate) fn set(&mut self, global: &Global) {
        self.quiet = global.quiet;
        self.data.clone_from(&global.data);
        self.color = match global.color {
            Color::Auto => self.color,
            Color::Always => true,
            Color::Never => false,
        };
    }

    /// What to type to call whoran with these words, on the same data.
    pub(crate) fn call(&self, words: &[&str]) -> String {
        let data = self.data.as_ref().map(|data| data.to_string_lossy());
        let data = data.as_deref().into_iter().flat_map(|data| ["--data", data]);
        let words = words.iter().copied().chain(data).map(shell_word);
        std::iter::once("whoran".to_owned()).chain(words).collect::<Vec<_>>().join(" ")
    }

    /// Sends the result to the file that was asked for, where one was.
    pub(crate) fn direct(&mut self, output: &Output, global: &Global) -> Result<(), CommandError> {
        if let Some(path) = &output.output {
            self.out = BufWriter::new(Target::File(OutputFile::create(path, output.clobber)?));
            self.terminal = false;
            self.color = global.color == Color::Always;
        }
        Ok(())
    }

    /// Hands what follows to a pager, where a person reads.
    pub(crate) fn page(&mut self) {
        if self.terminal
            && let Some(command) = &self.pager
            && let Some(pager) = Pager::start(command, self.less.as_deref())
        {
            self.out = BufWriter::new(Target::Pager(pager));
        }
    }

    /// The form to print in: what was asked for, else a table for people, what a file's name ends in, or lines for
    /// programs.
    pub(crate) fn format(&self, output: &Output) -> Format {
        let named = || {
            let ending = output.output.as_ref()?.extension()?.to_str()?;
            match ending.to_ascii_lowercase().as_str() {
                "csv" => Some(Format::Csv),
                "json" => Some(Format::Json),
                _ => None,
            }
        };
        output.format.or_else(named).unwrap_or(if self.terminal { Format::Table } else { Format::Jsonl })
    }

    /// Stdout. Who writes text from a log to it sees to it that it is harmless first.
    pub(crate) fn out(&mut self) -> &mut impl Write {
        &mut self.out
    }

    /// One line on stdout, made harmless by who calls.
    pub(crate) fn line(&mut self, text: &str) -> io::Result<()> {
        writeln!(self.out, "{text}")
    }

    /// Ends the result: only now a file is in its place, and a pager is read to its end.
    pub(crate) fn finish(&mut self) -> io::Result<()> {
        self.out.flush()?;
        match self.take() {
            Target::File(file) => file.finish()?,
            Target::Stdout(_) | Target::Pager(_) => {}
        }
        self.tell_later();
        Ok(())
    }

    /// What was written to until now; what follows goes to stdout.
    fn take(&mut self) -> Target {
        std::mem::replace(&mut self.out, BufWriter::new(Target::Stdout(io::stdout()))).into_parts().0
    }

    fn tell_later(&mut self) {
        for text in std::mem::take(&mut self.later) {
            self.warn(&text);
        }
    }

    /// A table on stdout, fitted to the terminal.
    pub(crate) fn table(&mut self, table: &Table) -> io::Result<()> {
        table.write(self.width.map_or(160, usize::from), self.color, &mut self.out)
    }

    /// A remark on stderr.
    pub(crate) fn note(&mut self, text: &str) {
        if self.quiet {
        } else if matches!(self.out.get_ref(), Target::Pager(_)) {
            self.later.push(text.to_owned());
        } else {
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
        if matches!(self.out.get_ref(), Target::Pager(_)) {
            drop(self.take());
            self.tell_later();
        }
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

impl Write for Target {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Stdout(out) => out.write(bytes),
            Self::File(file) => file.write(bytes),
            Self::Pager(pager) => pager.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Stdout(out) => out.flush(),
            Self::File(file) => file.flush(),
            Self::Pager(pager) => pager.flush(),
        }
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
            Event::Diagnostic(_) | Event::Committed | Event::Began(_) | Event::Ended(_) => {}
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
