//! moto in a process of its own.

use std::fs::{self, File};
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Output, Stdio};
use std::sync::OnceLock;

/// What is installed, each package at one version.
const REQUIREMENTS: &str = include_str!("requirements.txt");
const LAUNCHER: &str = include_str!("moto.py");

/// A moto server, which ends with this value or with this process.
#[derive(Debug)]
pub struct Moto {
    endpoint: String,
    child: Child,
    /// The server ends when this closes, so also when this process is killed.
    _stdin: ChildStdin,
}

impl Moto {
    /// Starts a server of its own, with nothing in it.
    ///
    /// # Panics
    /// moto cannot be installed or started; the message says how to mend it.
    pub fn start() -> Self {
        match Self::prepare().and_then(|python| Self::launch(&python)) {
            Ok(moto) => moto,
            Err(why) => panic!("{why}"),
        }
    }

    /// The one server that the tests of a binary share: each takes buckets and groups of its own name.
    ///
    /// # Panics
    /// As [`Moto::start`].
    pub fn shared() -> &'static Self {
        static SHARED: OnceLock<Moto> = OnceLock::new();
        SHARED.get_or_init(Self::start)
    }

    /// Where it listens: `http://127.0.0.1:PORT`.
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// Installs moto where that is not done yet, into `moto` in the target folder, and gives the Python to run it with.
    ///
    /// # Errors
    /// What failed, and the command that mends it.
    pub fn prepare() -> Result<PathBuf, String> {
        let target = target_dir();
        let (venv, python) = (target.join("moto"), target.join("moto/bin/python"));
        let (lock, stamp) = (target.join("moto.lock"), venv.join("requirements.txt"));
        let failed = |what: &str, why: String| {
            format!(
                "moto, which plays AWS in tests, could not be made ready: {what}: {why}\n\
                 It needs Python 3 with venv (Debian: apt-get install python3-venv) and, the first time, a package index.\n\
                 To try again: rm -rf {venv} && cargo run -p whoran-testkit -- moto",
                venv = venv.display(),
            )
        };
        let io = |e: std::io::Error| failed("files", e.to_string());
        fs::create_dir_all(&target).map_err(io)?;
        let lock = File::create(lock).map_err(io)?;
        // Other test binaries may want it at the same time.
        lock.lock().map_err(io)?;
        if fs::read_to_string(&stamp).is_ok_and(|done| done == REQUIREMENTS) {
            return Ok(python);
        }
        if venv.exists() {
            fs::remove_dir_all(&venv).map_err(io)?;
        }
        run(Command::new("python3").args(["-m", "venv"]).arg(&venv))
            .map_err(|e| failed("python3 -m venv", e))?;
        let list = target.join("moto.requirements.txt");
        fs::write(&list, REQUIREMENTS).map_err(io)?;
        let pip =
            ["-m", "pip", "install", "--quiet", "--no-input", "--disable-pip-version-check", "--requirement"];
        run(Command::new(&python).args(pip).arg(&list)).map_err(|e| failed("pip install", e))?;
        fs::rename(&list, &stamp).map_err(io)?;
        Ok(python)
    }

    fn launch(python: &Path) -> Result<Self, String> {
        let failed = |why: String| format!("moto did not start: {why}");
        let mut child = Command::new(python)
            .args(["-c", LAUNCHER])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|e| failed(e.to_string()))?;
        let (Some(stdin), Some(stdout), Some(mut stderr)) =
            (child.stdin.take(), child.stdout.take(), child.stderr.take())
        else {
            return Err(failed("no pipes".to_owned()));
        };
        let mut port = String::new();
        let read = BufReader::new(stdout).read_line(&mut port).map_err(|e| e.to_string());
        let port: u16 = match read.and_then(|_| port.trim().parse().map_err(|_| port.clone())) {
            Ok(port) => port,
            Err(line) => {
                let mut why = line;
                let _ = child.kill();
                let _ = stderr.read_to_string(&mut why);
                let _ = child.wait();
                return Err(failed(why));
            }
        };
        // What it has to say is not kept, but the pipe must not fill.
        std::thread::spawn(move || std::io::copy(&mut stderr, &mut std::io::sink()));
        Ok(Self { endpoint: format!("http://127.0.0.1:{port}"), child, _stdin: stdin })
    }
}

impl Drop for Moto {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn run(command: &mut Command) -> Result<(), String> {
    let Output { status, stdout, stderr } =
        command.stdin(Stdio::null()).output().map_err(|e| e.to_string())?;
    if status.success() {
        return Ok(());
    }
    Err(format!("{status}\n{}{}", String::from_utf8_lossy(&stdout), String::from_utf8_lossy(&stderr)))
}

/// Cargo's target folder: the one it was told, else the workspace's.
fn target_dir() -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    match std::env::var_os("CARGO_TARGET_DIR") {
        Some(dir) => root.join(dir),
        None => root.join("target"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_starts_and_answers() {
        let address = Moto::shared().endpoint().trim_start_matches("http://");
        let mut stream = std::net::TcpStream::connect(address).unwrap();
        std::io::Write::write_all(
            &mut stream,
            b"GET /moto-api/data.json HTTP/1.1\r\nHost: moto\r\nConnection: close\r\n\r\n",
        )
        .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    }
}
