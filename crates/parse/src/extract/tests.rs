use std::fmt::Write;

use super::*;
use crate::term::{Mode, Window};

/// A long session: lines in an editor that marks itself, lines without marks, other users, lines of several lines, and
/// output of some and of many lines.
fn session() -> String {
    let mut shown = String::new();
    let mut line = |prompt: &str, entered: &str, marked: bool| {
        let (on, off) = if marked { ("\x1b[?2004h", "\x1b[?2004l\r") } else { ("", "") };
        write!(shown, "{on}{prompt}{entered}\r\r\n{off}").unwrap();
        for n in 0..entered.len() * entered.len() % 83 {
            write!(shown, "{n:>4} {}\r\r\n", ["total 12", "drwxr-x--- 2 ops ops", "a: b"][n % 3]).unwrap();
        }
    };
    for round in 0..60 {
        for n in 0..5 + round % 7 {
            line("[ops@web-1 ~]$ ", &format!("grep -c {n} /var/log/messages-{round}"), true);
        }
        line("[ops@web-1 ~]$ ", "sudo su -", true);
        line("[root@web-1 ~]# ", "systemctl restart nginx", true);
        line("[root@web-1 ~]# ", "sh", true);
        for n in 0..round % 5 {
            line("# ", &format!("cat /etc/hosts.{n}"), false);
        }
        line("# ", "exit", false);
        line("[root@web-1 ~]# ", "logout", true);
    }
    shown
}

#[test]
fn a_session_read_in_windows_gives_what_it_gives_whole() {
    let shown = session();
    for mode in [Mode::Exact, Mode::Streamed] {
        let shown = if mode == Mode::Streamed { shown.replace('\r', "") } else { shown.clone() };
        let bytes = shown.as_bytes();
        let given = Given { mode, bytes, begins: &[], run_as: Some("ops"), broke_off: false };
        let all = Holding { most: usize::MAX, known: None };
        let whole = extract(given, Window::USUAL, all, &mut |_| panic!("all are held"));
        assert!(whole.drafts.len() > 700, "{}", whole.drafts.len());
        for window in [Window { units: 2000, bytes: 1 << 20 }, Window { units: 1 << 20, bytes: 70_000 }] {
            let windows = extract(given, window, all, &mut |_| panic!("all are held"));
            assert_eq!(windows.hindsight.users, whole.hindsight.users);
            for (one, other) in windows.drafts.iter().zip(&whole.drafts) {
                assert_eq!(one, other);
            }
            assert_eq!(windows.drafts.len(), whole.drafts.len());
        }
    }
}
