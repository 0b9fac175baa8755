//! Shells that end without being told to, or are put aside: whose commands those are that come next.

use whoran_testkit::agent::Resend;

use super::streamed;
use super::unusual;

fn marked(prompt: &str, text: &str) -> String {
    format!("\x1b[?2004h{prompt}{text}\r\n\x1b[?2004l\r")
}

fn unmarked(prompt: &str, text: &str) -> String {
    format!("{prompt}{text}\r\n")
}

const OWN: &str = "[root@web ~]# ";
const OTHER: &str = "[app@db ~]$ ";

type Shell = fn(&str, &str) -> String;

/// The shell outside and the one in front.
const PAIRS: [(Shell, Shell); 3] = [(unmarked, unmarked), (unmarked, marked), (marked, marked)];

/// A session of two shells that mark their editors or do not, of which the inner one ends as `said` tells.
fn log(outer: Shell, inner: Shell, opens: &str, said: &str) -> String {
    [
        &outer(OWN, "uptime"),
        "up 3 days\r\n",
        &outer(OWN, opens),
        &inner(OTHER, "pwd"),
        "/home/app\r\n",
        &inner(OTHER, "sleep 600"),
        said,
        &outer(OWN, "id -un"),
        "root\r\n",
        &outer(OWN, "exit"),
    ]
    .concat()
}

fn due(opens: &str) -> Vec<(String, Option<String>)> {
    let of = |user: &str, text: &str| (text.to_owned(), Some(user.to_owned()));
    [
        ("root", "uptime"),
        ("root", opens),
        ("app", "pwd"),
        ("app", "sleep 600"),
        ("root", "id -un"),
        ("root", "exit"),
    ]
    .map(|(user, text)| of(user, text))
    .to_vec()
}

fn streamed(log: &str) -> Vec<(String, Option<String>)> {
    streamed::ran(&[log], Resend::Never).into_iter().map(|(text, user, _)| (text, user)).collect()
}

#[test]
fn the_shell_outside_goes_on_where_the_one_in_front_is_gone() {
    let ssh = "ssh app@db";
    for said in [
        "Connection to db closed by remote host.\r\nConnection to db closed.\r\n",
        "client_loop: send disconnect: Broken pipe\r\n",
        "Timeout, server db not responding.\r\r\n",
    ] {
        for (outer, inner) in PAIRS {
            let log = log(outer, inner, ssh, said);
            assert_eq!(unusual::ran(&log), due(ssh), "{said}");
            assert_eq!(streamed(&log), due(ssh), "{said}");
        }
    }
    let su = log(unmarked, marked, "su - app", "Killed\r\n");
    assert_eq!(unusual::ran(&su), due("su - app"));
    assert_eq!(streamed(&su), due("su - app"));
}

#[test]
fn what_is_said_behind_a_prompt_is_no_command_and_what_was_typed_there_was_not_entered() {
    for typed in ["", "rm -rf /srv/x"] {
        for inner in [unmarked as Shell, marked] {
            let ends = inner(OTHER, "").replace("\r\n", "").replace("\x1b[?2004l\r", "");
            let said = format!(
                "{ends}{typed}Connection to db closed by remote host.\r\nConnection to db closed.\r\n"
            );
            let log = log(unmarked, inner, "ssh app@db", &said);
            assert_eq!(unusual::ran(&log), due("ssh app@db"), "{typed}");
            assert_eq!(streamed(&log), due("ssh app@db"), "{typed}");
        }
    }
}

#[test]
fn a_shell_that_was_stopped_is_in_front_again_when_it_is_brought_back() {
    for (outer, inner) in PAIRS {
        let log = [
            &outer(OWN, "su - app"),
            &inner(OTHER, "pwd"),
            "/home/app\r\n",
            &inner(OTHER, "suspend -f"),
            "\r\n[1]+  Stopped                 su - app\r\n",
            &outer(OWN, "id -un"),
            "root\r\n",
            &outer(OWN, "fg"),
            "su - app\r\n",
            &inner(OTHER, "id -un"),
            "app\r\n",
            &inner(OTHER, "exit"),
            "logout\r\n",
            &outer(OWN, "exit"),
        ]
        .concat();
        let of = |user: &str, text: &str| (text.to_owned(), Some(user.to_owned()));
        let due = [
            of("root", "su - app"),
            of("app", "pwd"),
            of("app", "suspend -f"),
            of("root", "id -un"),
            of("root", "fg"),
            of("app", "id -un"),
            of("app", "exit"),
            of("root", "exit"),
        ];
        assert_eq!(unusual::ran(&log), due);
        assert_eq!(streamed(&log), due);
    }
}

#[test]
fn a_shell_that_says_it_ends_is_gone_although_the_prompt_stays_the_same() {
    // both show what the last command returned, and the one inside was given up at the end
    let log = [
        &marked("~ > ", "sudo su -"),
        "\x1b[?2004h~ > echo no^C\x1b[?2004l\r\x1b[?2004h\x1b[?2004l\r\r\n",
        &marked("130 ~ > ", "exit"),
        "logout\r\n",
        &marked("130 ~ > ", "date"),
        "Mon\r\n",
        &marked("~ > ", "exit"),
    ]
    .concat();
    let [outside, root] = ["ops", "root"].map(|user| Some(user.to_owned()));
    let users: Vec<_> = streamed(&log).into_iter().map(|(_, user)| user).collect();
    assert_eq!(users, [outside.clone(), root.clone(), outside.clone(), outside]);
    let users: Vec<_> = unusual::ran(&log).into_iter().map(|(_, user)| user).collect();
    assert_eq!(users, [None, root, None, None]);
}
