//! A real terminal: keys go in, bytes come out and are kept with human times.

use std::io::{Read, Write};
use std::process::Child;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use pty_process::blocking::{Command, Pty, open};

use super::RecordError;
use crate::agent::Recording;

/// A program that has not answered after this long is taken for stuck.
const PATIENCE: Duration = Duration::from_secs(8);
/// How long a key may take to echo.
const ECHO: Duration = Duration::from_millis(25);
/// Output that pauses for this long has ended, where nothing else tells.
const QUIET: Duration = Duration::from_millis(45);

/// A program on a terminal. Times in its recording are made up: people are slower than this code.
pub(super) struct Terminal {
    pty: Arc<Pty>,
    child: Child,
    output: Receiver<Vec<u8>>,
    recording: Recording,
    now_ms: i64,
    /// The last program on it is gone.
    ended: bool,
}

impl Terminal {
    /// Starts a program on a terminal of so many columns.
    pub(super) fn start(command: Command, columns: u16, start_ms: i64) -> Result<Self, RecordError> {
        let failed = |e: &dyn std::fmt::Display| RecordError::Terminal(e.to_string());
        let (pty, pts) = open().map_err(|e| failed(&e))?;
        pty.resize(pty_process::Size::new(24, columns)).map_err(|e| failed(&e))?;
        let child = command.spawn(pts).map_err(|e| failed(&e))?;
        let pty = Arc::new(pty);
        let (sender, output) = channel();
        let reader = Arc::clone(&pty);
        std::thread::spawn(move || {
            let mut buffer = [0; 8192];
            // The terminal reports an error once the last program on it is gone.
            while let Ok(n) = (&*reader).read(&mut buffer)
                && n > 0
                && sender.send(buffer[..n].to_vec()).is_ok()
            {}
        });
        Ok(Self { pty, child, output, recording: Recording::default(), now_ms: start_ms, ended: false })
    }

    /// How many bytes were shown so far.
    pub(super) fn len(&self) -> usize {
        self.recording.bytes().len()
    }

    /// What was shown from that byte on.
    pub(super) fn since(&self, at: usize) -> &[u8] {
        &self.recording.bytes()[at..]
    }

    /// The time it is for the person at the keyboard, milliseconds since 1970.
    pub(super) fn now_ms(&self) -> i64 {
        self.now_ms
    }

    /// The person does nothing for a while.
    pub(super) fn pause(&mut self, ms: u64) {
        self.now_ms += ms as i64;
        self.recording.push(self.now_ms, b"");
    }

    /// Presses keys without a look at the screen. Nobody types into a terminal whose shell has ended.
    pub(super) fn send(&mut self, keys: &[u8]) -> Result<(), RecordError> {
        self.lives()?;
        (&*self.pty).write_all(keys).map_err(|e| RecordError::Terminal(e.to_string()))
    }

    /// Presses one key and lets it echo.
    pub(super) fn key(&mut self, key: &[u8], after_ms: u64) -> Result<(), RecordError> {
        self.pause(after_ms);
        self.send(key)?;
        let mut wait = ECHO;
        loop {
            match self.output.recv_timeout(wait) {
                Ok(bytes) => self.recording.push(self.now_ms, &bytes),
                Err(why) => {
                    self.ended |= why == RecvTimeoutError::Disconnected;
                    return Ok(());
                }
            }
            wait = Duration::from_millis(2);
        }
    }

    /// An error once the last program is gone.
    pub(super) fn lives(&self) -> Result<(), RecordError> {
        if self.ended { Err(self.stuck()) } else { Ok(()) }
    }

    fn stuck(&self) -> RecordError {
        RecordError::Stuck(self.since(self.len().saturating_sub(1500)).escape_ascii().to_string())
    }

    /// Reads until the output pauses.
    pub(super) fn quiet(&mut self) {
        let start = Instant::now();
        self.within(PATIENCE, |_| start.elapsed() >= QUIET);
    }

    /// Reads until the condition holds for what came since and the output pauses.
    pub(super) fn until(&mut self, done: impl FnMut(&[u8]) -> bool) -> Result<(), RecordError> {
        if self.within(PATIENCE, done) { Ok(()) } else { Err(self.stuck()) }
    }

    /// Like [`Terminal::until`], but says whether it came to that within the time and before the last program was gone.
    pub(super) fn within(&mut self, limit: Duration, mut done: impl FnMut(&[u8]) -> bool) -> bool {
        let start = Instant::now();
        let from = self.len();
        // Twice in a row: a shell says that it is about to prompt a little before it does.
        let mut held = false;
        while start.elapsed() < limit {
            match self.output.recv_timeout(Duration::from_millis(12)) {
                Ok(bytes) => {
                    // What a program prints later was printed later.
                    self.now_ms += 3;
                    self.recording.push(self.now_ms, &bytes);
                    held = false;
                }
                Err(RecvTimeoutError::Disconnected) => {
                    self.ended = true;
                    return false;
                }
                Err(RecvTimeoutError::Timeout) if !done(self.since(from)) => {}
                Err(RecvTimeoutError::Timeout) if held && self.awaits_keys() => return true,
                Err(RecvTimeoutError::Timeout) => held = true,
            }
        }
        false
    }

    /// Whether the program in front waits for a key and not for a child of its own, as far as the system says: on a busy
    /// machine a shell may be slow to prompt, and what is typed before is type-ahead, which must not come by accident.
    fn awaits_keys(&self) -> bool {
        let read = |pid: &str, file: &str| std::fs::read_to_string(format!("/proc/{pid}/{file}")).ok();
        let Some(stat) = read(&self.child.id().to_string(), "stat") else { return true };
        // behind the name: state, parent, group, session, terminal, group in front
        let front = stat.rsplit(')').next().and_then(|fields| fields.split_whitespace().nth(5));
        match front.and_then(|pid| read(pid, "wchan")) {
            Some(place) if place.len() > 1 => {
                ["wait_woken", "poll", "select", "n_tty"].iter().any(|w| place.contains(w))
            }
            _ => true,
        }
    }

    /// Makes the terminal wider or narrower.
    pub(super) fn resize(&mut self, columns: u16) -> Result<(), RecordError> {
        let size = pty_process::Size::new(24, columns);
        self.pty.resize(size).map_err(|e| RecordError::Terminal(e.to_string()))
    }

    /// Waits for a program that was told to end, ends any other, and gives the recording.
    pub(super) fn finish(mut self, ending: bool) -> Recording {
        let start = Instant::now();
        while ending && start.elapsed() < PATIENCE && matches!(self.child.try_wait(), Ok(None)) {
            self.quiet();
        }
        self.kill();
        while let Ok(bytes) = self.output.recv_timeout(ECHO) {
            self.recording.push(self.now_ms, &bytes);
        }
        std::mem::take(&mut self.recording)
    }

    fn kill(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        self.kill();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_typed_into_a_terminal_whose_shell_has_ended() {
        let command = Command::new("sh").args(["-c", "read line"]);
        let mut term = Terminal::start(command, 80, 0).unwrap();
        assert!(term.key(b"x\r", 0).is_ok());
        assert!(term.until(|_| false).is_err());
        assert!(term.key(b"y", 0).is_err() && term.lives().is_err());
    }
}
