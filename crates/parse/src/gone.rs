//! What is said where a shell ends, or is put aside, without being told to.

/// What is said so: how it begins, and how it may end.
const SAID: [(&str, &[&str]); 7] = [
    ("Connection to ", &[" closed.", " closed by remote host.", ": Broken pipe"]),
    ("packet_write_wait: ", &[": Broken pipe"]),
    ("client_loop: send disconnect: ", &[""]),
    ("Timeout, server ", &[" not responding."]),
    ("Read from remote host ", &[": Connection reset by peer"]),
    ("Session terminated, killing shell...", &[""]),
    ("command terminated with exit code ", &[""]),
];

/// Where in `text` begins what says that the shell in front, or the way to it, is gone, and goes on to its end: ssh, whose
/// other end closed or is not heard of any more, kubectl, su, or whoever waited for one that was killed. Nobody types that.
pub(crate) fn gone_at(text: &str) -> Option<usize> {
    let text = text.trim_end();
    if matches!(text, "Killed" | "Terminated") {
        return Some(0);
    }
    // most lines are shorter
    let long = SAID.iter().filter(|(start, _)| text.len() >= start.len());
    let said = long.filter(|(_, ends)| ends.iter().any(|end| text.ends_with(end)));
    // mostly not even its first letter stands there
    let place = |start: &str| {
        let mut firsts = memchr::memchr_iter(start.as_bytes()[0], text.as_bytes());
        firsts.find(|at| text[*at..].starts_with(start))
    };
    said.filter_map(|(start, _)| place(start)).min()
}

/// The same of a line that begins so, which most do not.
#[inline]
pub(crate) fn says_it_is_gone(text: &str) -> bool {
    matches!(text.as_bytes().first(), Some(b'C' | b'K' | b'R' | b'S' | b'T' | b'c' | b'p'))
        && (text.starts_with("Killed")
            || text.starts_with("Terminated")
            || SAID.iter().any(|(start, _)| text.starts_with(start)))
        && gone_at(text) == Some(0)
}

/// The job that a shell says was stopped: `[1]+  Stopped                 su - app`, in zsh `[1]  + suspended  su - app`.
pub(crate) fn stopped(text: &str) -> Option<&str> {
    let (_, job) = text.strip_prefix('[')?.split_once(']')?;
    let job = job.trim_start_matches(['+', '-', ' ']);
    let job = job.strip_prefix("Stopped").or_else(|| job.strip_prefix("suspended"))?;
    // by which signal
    let signal = job.trim_start().strip_prefix('(').and_then(|rest| rest.split_once(')'));
    Some(signal.map_or(job, |(_, job)| job).trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_of_a_shell_that_is_gone_is_known() {
        for text in [
            "Connection to web-1 closed by remote host.",
            "Connection to 10.0.0.7 closed.",
            "client_loop: send disconnect: Broken pipe",
            "packet_write_wait: Connection to 10.0.0.7 port 22: Broken pipe",
            "Timeout, server 10.0.0.7 not responding.",
            "Killed",
            "command terminated with exit code 137",
        ] {
            assert!(says_it_is_gone(text), "{text}");
        }
        for text in
            ["Connection to db refused", "Killed 3 jobs", "kill -9 3", "connection closed.", "Timeout"]
        {
            assert_eq!(gone_at(text), None, "{text}");
        }
        assert_eq!(gone_at("$ ls -lConnection to web-1 closed by remote host."), Some(7));
    }

    #[test]
    fn a_job_that_was_stopped_is_named() {
        assert_eq!(stopped("[1]+  Stopped                 su - app"), Some("su - app"));
        assert_eq!(stopped("[1]+  Stopped(SIGTSTP)        su - app"), Some("su - app"));
        assert_eq!(stopped("[2]  + suspended (signal)  sudo -i"), Some("sudo -i"));
        assert_eq!(stopped("[1]+  Done                    sleep 5"), None);
    }
}
