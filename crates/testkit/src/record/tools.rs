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

/// Shells that a recording can do without.
const RARE: &[(&str, &str)] = &[("tcsh", "tcsh"), ("mksh", "mksh"), ("ksh93", "ksh93u+m")];

/// What people give zsh, and a recording can do without: the files and the Debian packages that have them.
pub(super) const PLUGINS: [(&str, &str); 2] = [
    ("/usr/share/zsh-autosuggestions/zsh-autosuggestions.zsh", "zsh-autosuggestions"),
    ("/usr/share/zsh-syntax-highlighting/zsh-syntax-highlighting.zsh", "zsh-syntax-highlighting"),
];

/// Where sessions look for programs.
const PATH: [&str; 5] = ["/usr/local/bin", "/usr/bin", "/bin", "/usr/sbin", "/sbin"];

/// Whether a program is there.
pub(super) fn there(program: &str) -> bool {
    PATH.iter().any(|dir| Path::new(dir).join(program).exists())
}

fn missing_of(tools: &[(&'static str, &'static str)]) -> Vec<(&'static str, &'static str)> {
    tools.iter().copied().filter(|(program, _)| !there(program)).collect()
}

fn missing() -> Vec<(&'static str, &'static str)> {
    missing_of(TOOLS)
}

/// The shells that a recording does without.
pub(super) fn rare_missing() -> Vec<(&'static str, &'static str)> {
    missing_of(RARE)
}

/// What zsh does without.
pub(super) fn plugins_missing() -> Vec<(&'static str, &'static str)> {
    PLUGINS.into_iter().filter(|(file, _)| !Path::new(file).exists()).map(|(_, name)| (name, name)).collect()
}

/// Whether everything is there that must be.
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
    let packages: Vec<&str> =
        missing().iter().chain(&rare_missing()).chain(&plugins_missing()).map(|m| m.1).collect();
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
