//! What the environment says: the only place that asks it.

use std::env;
use std::path::{Path, PathBuf};

use etcetera::{AppStrategy, AppStrategyArgs};
use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};

use whoran_pipeline::Actor;

use crate::error::CommandError;

/// The environment, read once at the start.
#[derive(Debug, Clone)]
pub(crate) struct Config {
    data: Option<PathBuf>,
    /// Directory of configuration files, by the platform's custom.
    pub(crate) config_dir: Option<PathBuf>,
    tz: Option<String>,
    /// Width of the terminal in columns, where `COLUMNS` says it.
    pub(crate) columns: Option<u16>,
    /// Whether `NO_COLOR`, or a terminal that knows none, asks for no colour.
    pub(crate) no_color: bool,
    /// The program that shows long text: `PAGER`, else `less`; nothing where `PAGER` asks for none.
    pub(crate) pager: Option<String>,
    /// How `less` is to behave, where `LESS` says so.
    pub(crate) less: Option<String>,
    /// The time at the start.
    pub(crate) now: Timestamp,
    /// The command line, the program's name first.
    pub(crate) command: Vec<String>,
}

impl Config {
    pub(crate) fn from_environment() -> Self {
        let text = |name| env::var(name).ok().filter(|v| !v.is_empty());
        let arguments = env::args_os().skip(1).map(|a| a.to_string_lossy().into_owned());
        Self {
            data: env::var_os("WHORAN_DATA")
                .filter(|v| !v.is_empty())
                .map(PathBuf::from)
                .or_else(|| platform().map(|place| place.data_dir())),
            config_dir: platform().map(|place| place.config_dir()),
            tz: text("TZ"),
            columns: text("COLUMNS").and_then(|v| v.parse().ok()),
            no_color: text("NO_COLOR").is_some() || text("TERM").as_deref() == Some("dumb"),
            pager: pager(env::var("PAGER").ok()),
            less: env::var("LESS").ok(),
            now: Timestamp::now(),
            command: std::iter::once("whoran".to_owned()).chain(arguments).collect(),
        }
    }

    /// The same at the time that it is now.
    pub(crate) fn at_this_moment(&self) -> Self {
        self.at(Timestamp::now())
    }

    /// The same at another time.
    pub(crate) fn at(&self, now: Timestamp) -> Self {
        Self { now, ..self.clone() }
    }

    /// This process, for others who want to know who holds the lock.
    pub(crate) fn holder(&self) -> String {
        format!("process {}, `{}`", std::process::id(), self.command.join(" "))
    }

    /// Who asks: what the operating system knows, and nothing that a variable could claim.
    #[expect(clippy::unused_self, reason = "the environment is asked here and nowhere else")]
    pub(crate) fn actor(&self) -> Actor {
        let uid = nix::unistd::getuid();
        let user = nix::unistd::User::from_uid(uid).ok().flatten().map(|user| user.name);
        // What is no number or the highest one stands for no login.
        let login = std::fs::read_to_string("/proc/self/loginuid").ok();
        let login_uid = login.and_then(|uid| uid.trim().parse().ok()).filter(|&uid| uid != u32::MAX);
        let host = nix::unistd::gethostname().unwrap_or_default().to_string_lossy().into_owned();
        Actor { uid: uid.as_raw(), user, login_uid, host }
    }

    /// The data directory: what the command line says, or `WHORAN_DATA`, or the platform's place.
    pub(crate) fn data(&self, asked: Option<&Path>) -> Result<PathBuf, CommandError> {
        asked.map(Path::to_owned).or_else(|| self.data.clone()).ok_or_else(|| {
            CommandError::usage("no home directory to keep data in")
                .hint("name a directory with --data DIR or WHORAN_DATA")
        })
    }

    /// The time zone: what the command line says, or `TZ`, or UTC.
    pub(crate) fn time_zone(&self, asked: Option<&str>) -> Result<TimeZone, CommandError> {
        match (asked, self.tz.as_deref().map(|tz| tz.trim_start_matches(':'))) {
            (Some("local"), _) => Ok(TimeZone::system()),
            (Some(name), _) => TimeZone::get(name).map_err(|_| {
                CommandError::usage(format!("unknown time zone {name:?}"))
                    .hint("use a name such as UTC, Europe/Vienna or America/New_York, or `local`")
            }),
            // A wrong TZ is everywhere taken for UTC.
            (None, Some(name)) => Ok(TimeZone::get(name).unwrap_or(TimeZone::UTC)),
            (None, None) => Ok(TimeZone::UTC),
        }
    }

    /// A time as people write it: what a query takes, or an age such as `7d`. What spans a time, such as a date, is its
    /// first moment, or the one after its last where `end` is set.
    pub(crate) fn time(&self, text: &str, tz: &TimeZone, end: bool) -> Result<Timestamp, CommandError> {
        if let Ok(span) = whoran_pipeline::parse_time(text, tz) {
            return Ok(if end { span.end } else { span.start });
        }
        let wrong = || {
            CommandError::usage(format!("{text:?} is no time")).hint(
                "write it like 2026-01-31, 2026-01-31T12:30, 2026-01-31T12:30:00Z, or 7d for seven days ago",
            )
        };
        let age: jiff::Span = text.parse().map_err(|_| wrong())?;
        let then = Zoned::new(self.now, tz.clone()).checked_sub(age.abs()).map_err(|_| wrong())?;
        Ok(then.timestamp())
    }
}

/// `PAGER=` and `PAGER=cat` are how people ask for none.
fn pager(asked: Option<String>) -> Option<String> {
    let pager = asked.unwrap_or_else(|| "less -R".to_owned());
    (!matches!(pager.trim(), "" | "cat")).then_some(pager)
}

fn platform() -> Option<impl AppStrategy> {
    let app =
        AppStrategyArgs { top_level_domain: String::new(), author: String::new(), app_name: "whoran".into() };
    etcetera::choose_app_strategy(app).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config() -> Config {
        Config {
            data: Some("/data".into()),
            config_dir: None,
            tz: None,
            columns: None,
            no_color: false,
            pager: None,
            less: None,
            now: "2026-03-10T12:00:00Z".parse().unwrap(),
            command: Vec::new(),
        }
    }

    #[test]
    fn a_time_is_read_as_people_write_it() {
        let vienna = TimeZone::get("Europe/Vienna").unwrap();
        for (text, end, expected) in [
            ("2026-01-31T12:30:00+02:00", false, "2026-01-31T10:30:00Z"),
            ("2026-01-31T12:30", false, "2026-01-31T11:30:00Z"),
            ("2026-01-31", false, "2026-01-30T23:00:00Z"),
            ("2026-01-31", true, "2026-01-31T23:00:00Z"),
            ("7d", false, "2026-03-03T12:00:00Z"),
            ("90m", false, "2026-03-10T10:30:00Z"),
        ] {
            let time = config().time(text, &vienna, end).unwrap();
            assert_eq!(time.to_string(), expected, "{text}");
        }
        for text in ["", "yesterday", "2026-13-01", "9999999999y"] {
            assert!(config().time(text, &vienna, false).is_err(), "{text}");
        }
    }

    #[test]
    fn no_pager_can_be_asked_for() {
        let asked = |text: &str| pager(Some(text.to_owned()));
        assert_eq!(pager(None).as_deref(), Some("less -R"));
        assert_eq!(asked("most").as_deref(), Some("most"));
        assert_eq!((asked(""), asked("cat"), asked(" ")), (None, None, None));
    }

    #[test]
    fn the_command_line_goes_before_the_environment() {
        let config = Config { tz: Some("America/New_York".into()), ..config() };
        assert_eq!(config.data(Some(Path::new("/x"))).unwrap(), Path::new("/x"));
        assert_eq!(config.data(None).unwrap(), Path::new("/data"));
        let zone = |asked| config.time_zone(asked).unwrap().iana_name().map(str::to_owned);
        assert_eq!(zone(Some("Asia/Tokyo")).as_deref(), Some("Asia/Tokyo"));
        assert_eq!(zone(None).as_deref(), Some("America/New_York"));
        assert!(config.time_zone(Some("Mars/Olympus")).is_err());
    }
}
