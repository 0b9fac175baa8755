//! A home of its own for every test: nothing of the machine's environment, nothing left behind.

use std::fmt;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;
use tempfile::TempDir;

/// A directory with a data directory in it.
pub(crate) struct Home {
    dir: TempDir,
}

/// What a run printed, with its exit code.
#[must_use]
pub(crate) struct Output {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Home {
    pub(crate) fn new() -> Self {
        Self { dir: tempfile::tempdir().unwrap() }
    }

    /// A home with the two logs of `tests/data/logs`.
    pub(crate) fn with_logs() -> Self {
        let home = Self::new();
        let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/logs");
        for log in fs::read_dir(data).unwrap() {
            let log = log.unwrap();
            home.write(
                &format!("logs/{}", log.file_name().to_str().unwrap()),
                &fs::read(log.path()).unwrap(),
            );
        }
        home
    }

    /// The same with the logs indexed.
    pub(crate) fn indexed() -> Self {
        let home = Self::with_logs();
        assert_eq!(home.run(&["index", "logs"]).code, Some(0));
        home
    }

    /// The same with what is known from beside them, from files as the AWS CLI and CloudTrail write them.
    pub(crate) fn with_context() -> Self {
        let home = Self::with_logs();
        let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/context");
        for file in fs::read_dir(data).unwrap() {
            let file = file.unwrap();
            home.write(
                &format!("context/{}", file.file_name().to_str().unwrap()),
                &fs::read(file.path()).unwrap(),
            );
        }
        assert_eq!(home.run(&["index", "logs", "context"]).code, Some(0));
        home
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, bytes: &[u8]) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }

    /// The program, about to run in this home.
    pub(crate) fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_whoran"));
        command
            .args(args)
            .current_dir(self.dir.path())
            .env_clear()
            .env("HOME", self.dir.path())
            .env("WHORAN_DATA", self.path("data"))
            .env("COLUMNS", "140")
            .stdin(Stdio::null());
        command
    }

    pub(crate) fn run(&self, args: &[&str]) -> Output {
        Output::of(&mut self.command(args))
    }

    pub(crate) fn pipe(&self, args: &[&str], input: &[u8]) -> Output {
        let mut command = self.command(args);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        child.stdin.take().unwrap().write_all(input).unwrap();
        child.wait_with_output().unwrap().into()
    }
    /// Runs a command whose disk is full after some 64 KiB more than there is already, and gives its words for that. The
    /// disk is a file system of its own, gone afterwards, and what is on it by then is what the home has. Where nobody may
    /// mount one, a limit on the size of files stands for it, which fails in the same way.
    pub(crate) fn run_on_a_full_disk(&self, command: &Command) -> (Output, &'static str) {
        const OWN: [&str; 3] = ["--user", "--map-root-user", "--mount"];
        let may_mount =
            Command::new("unshare").args(OWN).arg("true").output().is_ok_and(|o| o.status.success());
        let (mut around, script, words) = if may_mount {
            let mut unshare = Command::new("unshare");
            unshare.args(OWN).arg("sh");
            let script = r#"home=$WHORAN_DATA; disk=$WHORAN_DATA.disk; mkdir -p "$home" "$disk"
                mount -t tmpfs -o size=$(($(du -sk "$home" | cut -f1) + 64))k none "$disk" || exit 99
                cp -a "$home/." "$disk" || exit 98
                WHORAN_DATA=$disk "$0" "$@"; code=$?
                rm -r "$home"; mkdir "$home"; cp -a "$disk/." "$home" || exit 97
                exit $code"#;
            (unshare, script, "No space left on device")
        } else {
            // sh ignores the signal that would come with it.
            let script = r#"trap '' 25; ulimit -f 16; exec "$0" "$@""#;
            (Command::new("sh"), script, "File too large")
        };
        around.args(["-c", script]).arg(command.get_program()).args(command.get_args());
        around.env_clear().envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
        around.env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin").stdin(Stdio::null());
        (Output::of(around.current_dir(self.path(""))), words)
    }

    /// Everything that a reader can see of the index: what two runs that did the same have in common.
    pub(crate) fn everything(&self) -> String {
        ["search", "sessions", "who"].map(|verb| self.run(&[verb, "--format", "jsonl"]).stdout).concat()
    }
}

impl Output {
    pub(crate) fn of(command: &mut Command) -> Self {
        command.output().unwrap().into()
    }

    /// Stdout as JSON lines.
    pub(crate) fn rows(&self) -> Vec<Value> {
        self.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// One field of every JSON line of stdout, as text; null is `-`.
    pub(crate) fn column(&self, key: &str) -> Vec<String> {
        let text = |value: &Value| match value {
            Value::Null => "-".to_owned(),
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        self.rows().iter().map(|row| text(&row[key])).collect()
    }
}

impl From<std::process::Output> for Output {
    fn from(output: std::process::Output) -> Self {
        Self {
            code: output.status.code(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

/// For snapshots: all three, with what differs from run to run replaced.
impl fmt::Display for Output {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "exit {:?}", self.code)?;
        writeln!(f, "--- stdout\n{}--- stderr", self.stdout)?;
        for line in self.stderr.lines() {
            let timed = line.split_once(" in ").zip(line.split_once("/s)"));
            if let Some(((before, _), (_, after))) = timed {
                writeln!(f, "{before} in [time]{after}")?;
            } else if line.starts_with("manifest head ") {
                writeln!(f, "manifest head [hash]")?;
            } else {
                writeln!(f, "{line}")?;
            }
        }
        Ok(())
    }
}
