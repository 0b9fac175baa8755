//! The programs that are recorded, and where they come from.

use std::path::Path;
use std::process::{Command, Stdio};

use super::RecordError;

/// Programs and the Debian packages that have them.
const TOOLS: &[(&str, &str)] = &[
    ("bash", "bash"),
    ("dash", "dash"),
    ("zsh", "zsh"),
    ("fish", "fish"),
    ("busybox", "busybox"),
    ("python3", "python3"),
    ("sqlite3", "sqlite3"),
    ("less", "less"),
    ("ed", "ed"),
    ("sudo", "sudo"),
    ("top", "procps"),
    ("hostname", "hostname"),
];

/// Where sessions look for programs.
const PATH: [&str; 5] = ["/usr/local/bin", "/usr/bin", "/bin", "/usr/sbin", "/sbin"];

fn missing() -> Vec<(&'static str, &'static str)> {
    let there = |program: &str| PATH.iter().any(|dir| Path::new(dir).join(program).exists());
    TOOLS.iter().copied().filter(|(program, _)| !there(program)).collect()
}

/// Whether everything is there.
pub(super) fn check() -> Result<(), RecordError> {
    match missing().as_slice() {
        [] => Ok(()),
        missing => Err(RecordError::Missing {
            programs: missing.iter().map(|m| m.0).collect(),
            packages: missing.iter().map(|m| m.1).collect(),
        }),
    }
}

/// Installs what is missing, where that takes no question; says otherwise what to install.
pub(super) fn install() -> Result<(), RecordError> {
    let packages: Vec<&str> = missing().iter().map(|m| m.1).collect();
    if packages.is_empty() {
        return Ok(());
    }
    for before in [&["apt-get"][..], &["sudo", "-n", "apt-get"]] {
        let mut command = Command::new(before[0]);
        command.args(&before[1..]).args(["install", "-y", "--no-install-recommends"]).args(&packages);
        command.env("DEBIAN_FRONTEND", "noninteractive");
        let quiet = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        if quiet.status().is_ok_and(|s| s.success()) {
            break;
        }
    }
    check()
}
