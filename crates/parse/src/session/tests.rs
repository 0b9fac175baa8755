use whoran_model::{TimePrecision, Timestamp};

use super::*;
use crate::Router;

fn parse(logs: &[(&str, &[u8])]) -> Vec<Parsed> {
    let mut parsers: BTreeMap<SessionId, SessionParser> = BTreeMap::new();
    for (name, bytes) in logs {
        let mut router = Router::new(LogId::new(*name));
        router.feed(bytes);
        for fragment in router.finish().fragments {
            let parser = parsers
                .entry(fragment.session.clone())
                .or_insert_with(|| SessionParser::new(fragment.session.clone(), &Hints::default()));
            for range in &fragment.ranges {
                let own = &bytes[range.start as usize..range.end as usize];
                parser.feed(&fragment, range.start, own);
            }
        }
    }
    parsers.into_values().map(SessionParser::finish).collect()
}

fn commands(parsed: &Parsed) -> Vec<(&str, Option<&str>)> {
    parsed.commands.iter().map(|c| (c.command.as_str(), c.os_user.as_ref().map(OsUser::as_str))).collect()
}

const EVENT: &str = r#"{"eventVersion":"1.0","eventTime":"2023-06-01T03:54:06Z","awsRegion":"ap-northeast-1","target":{"id":"i-0"},"userIdentity":{"arn":"arn:aws:iam::000000000000:user/test-user"},"runAsUser":"test-user","sessionId":"test-user-093b7e0ceca558bd8","sessionData":["sh-5.2$ sh-5.2$ whoami","test-user"]}"#;

#[test]
fn the_published_event_gives_its_command() {
    let parsed = parse(&[("x", EVENT.as_bytes())]).remove(0);
    assert_eq!(commands(&parsed), [("whoami", Some("test-user"))]);
    let command = &parsed.commands[0];
    assert_eq!(command.output, "test-user");
    assert_eq!(command.time.unwrap().to_string(), "2023-06-01T03:54:06Z");
    let span = &command.evidence[0];
    assert_eq!(&EVENT[span.start as usize..span.end as usize], "\"sh-5.2$ sh-5.2$ whoami\"");
}

/// Events are let go piece by piece while they are decoded, wherever the cuts fall.
#[test]
fn pieces_of_a_long_log_are_one_session() {
    let event = |n: usize| {
        let text = EVENT.replace("03:54:06", &format!("{:02}:{:02}:00", 4 + n / 60, n % 60));
        match n {
            // written by somebody else, and torn
            7 | 400 => text.replace('{', "{\n ").replace('}', "\n}"),
            300 => text[..text.len() - 9].replace("}", "}\n"),
            _ => text.replace("whoami", &format!("echo {n} {}.", "}{".repeat(n % 40))),
        }
    };
    let log = (0..1100).map(event).collect::<Vec<_>>().join("\n");
    assert!(log.len() > 5 * PIECE);
    let mut router = Router::new(LogId::new("x"));
    router.feed(log.as_bytes());
    let fragment = router.finish().fragments.remove(0);
    let parsed = |chunk: usize| {
        let mut parser = SessionParser::new(fragment.session.clone(), &Hints::default());
        for range in &fragment.ranges {
            let own = &log.as_bytes()[range.start as usize..range.end as usize];
            for (nth, bytes) in own.chunks(chunk).enumerate() {
                parser.feed(&fragment, range.start + (nth * chunk) as u64, bytes);
            }
        }
        parser.finish()
    };
    let whole = parsed(usize::MAX);
    assert!((1090..=1100).contains(&whole.commands.len()), "{}", whole.commands.len());
    for command in &whole.commands {
        let span = &command.evidence[0];
        let bytes = &log[span.start as usize..span.end as usize];
        assert_eq!(bytes, format!("\"sh-5.2$ sh-5.2$ {}\"", command.command));
    }
    for chunk in [1000, PIECE, PIECE + 1, 3 * PIECE] {
        assert_eq!(parsed(chunk), whole, "{chunk}");
    }
}

#[test]
fn a_transcript_gives_commands_and_users() {
    let id = "bob-0e34861185201706f";
    let body = "\x1b[?2004h\x1b]0;deploy@web-1:~\x07[deploy@web-1 ~]$ lss\x08\x1b[K\r\r\n\x1b[?2004l\rdata.txt\r\r\n\
                \x1b[?2004h\x1b]0;deploy@web-1:~\x07[deploy@web-1 ~]$ sudo su -\r\r\n\x1b[?2004l\r\
                \x1b[?2004h\x1b]0;root@web-1:~\x07[root@web-1 ~]# rm -rf /srv/old\r\r\n\x1b[?2004l\r";
    let log = format!(
        "Script started on 2025-03-04 10:20:41+00:00 [x]\n{body}\nScript done on 2025-03-04 10:20:41+00:00 [COMMAND_EXIT_CODE=\"0\"]\n"
    );
    let parsed = parse(&[(&format!("{id}.log"), log.as_bytes())]).remove(0);
    assert_eq!(
        commands(&parsed),
        [("ls", Some("deploy")), ("sudo su -", Some("deploy")), ("rm -rf /srv/old", Some("root"))]
    );
    let span = &parsed.commands[0].evidence[0];
    let bytes = &log.as_bytes()[span.start as usize..span.end as usize];
    assert!(
        bytes.starts_with(b"\x1b]0;deploy@web-1:~\x07[deploy") && bytes.ends_with(b"\x1b[K\r\r\n"),
        "{:?}",
        String::from_utf8_lossy(bytes)
    );
    assert_eq!(parsed.commands[0].time_precision, TimePrecision::Session);
}

/// A session as the agent streams it, a line in an event of its own a minute.
fn stream(id: &str, lines: &[&str]) -> String {
    let event = |(minute, line): (usize, &&str)| {
        EVENT
            .replace("03:54:06", &format!("03:{minute:02}:06"))
            .replace("test-user-093b7e0ceca558bd8", id)
            .replace("\"sh-5.2$ sh-5.2$ whoami\",\"test-user\"", &serde_json::to_string(line).unwrap())
    };
    lines.iter().enumerate().map(event).collect::<Vec<_>>().join("\n")
}

fn transcript(lines: &[&str]) -> String {
    let body: String = lines.iter().map(|line| format!("{line}\r\n")).collect();
    format!(
        "Script started on 2023-06-01 03:54:06+00:00 [x]\n{body}\nScript done on 2023-06-01 04:54:06+00:00 [x]\n"
    )
}

#[test]
fn what_one_copy_lacks_comes_from_the_other() {
    const ID: &str = "bob-0e34861185201706f";
    let all = [
        "sh-5.2$ whoami",
        "test-user",
        "sh-5.2$ rm -rf /srv/data",
        "sh-5.2$ history -c",
        "sh-5.2$ w",
        "sh-5.2$ sudo su -",
        "sh-5.2# cat /etc/shadow",
        "sh-5.2# exit",
    ];
    let typed = |line: &str| Some(line.split_once("$ ").or_else(|| line.split_once("# "))?.1.to_owned());
    let due: Vec<String> = all.iter().filter_map(|line| typed(line)).collect();
    let streamed = stream(ID, &all);
    let read = |kept: &[&str]| {
        let exact = transcript(kept);
        let parsed = parse(&[(&format!("{ID}.log"), exact.as_bytes()), ("x", streamed.as_bytes())]).remove(0);
        let shown: Vec<String> = parsed.commands.iter().map(|c| c.command.clone()).collect();
        let disagree = parsed.diagnostics.iter().any(|d| d.kind.code() == "copies-disagree");
        let users: Vec<_> = parsed.commands.iter().map(|c| c.os_user.clone()).collect();
        (shown, disagree, users, parsed.commands)
    };
    let (shown, disagree, users, _) = read(&all);
    assert_eq!((&shown, disagree), (&due, false));
    // cut at any line, or with any line taken out: no command is lost, none is there twice
    for n in 3..all.len() {
        assert_eq!(read(&all[..n]).0, due, "cut at {n}");
        let (shown, disagree, ..) = read(&[&all[..n], &all[n + 1..]].concat());
        assert_eq!((&shown, disagree), (&due, true), "without {n}");
    }
    let (shown, disagree, as_users, commands) =
        read(&[&all[..2], &["sh-5.2$ ls -la /srv"], &all[3..]].concat());
    assert_eq!(shown[..4], ["whoami", "rm -rf /srv/data", "ls -la /srv", "history -c"]);
    assert!(disagree);
    assert_eq!([&as_users[..1], &as_users[2..]].concat(), users);
    let evidence = |text: &str| {
        let command = commands.iter().find(|c| c.command == text).unwrap();
        command.evidence.iter().map(|span| span.log.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(evidence("rm -rf /srv/data"), ["x"]);
    assert_eq!(evidence("ls -la /srv"), [format!("{ID}.log")]);
}

#[test]
fn two_exact_copies_are_compared_too() {
    const ID: &str = "bob-0e34861185201706f";
    let all =
        ["sh-5.2$ whoami", "test-user", "sh-5.2$ rm -rf /srv/data", "sh-5.2$ history -c", "sh-5.2$ exit"];
    let disagree = |other: &[&str]| {
        let (one, other) = (transcript(&all), transcript(other));
        let logs = [(format!("a/{ID}.log"), one.as_bytes()), (format!("b/{ID}.log"), other.as_bytes())];
        let parsed = parse(&logs.each_ref().map(|(name, bytes)| (name.as_str(), *bytes))).remove(0);
        assert_eq!(parsed.commands.len(), 4);
        parsed.diagnostics.iter().filter(|d| d.kind.code() == "copies-disagree").count()
    };
    assert_eq!(disagree(&all), 0);
    assert_eq!(disagree(&all[..3]), 0, "one that ends early says nothing else");
    assert_eq!(disagree(&[&all[..2], &all[3..]].concat()), 1);
    assert_eq!(disagree(&[&all[..2], &["sh-5.2$ ls -l"], &all[3..]].concat()), 1);
}

/// Pages of `FilterLogEvents`, as a plain upload's messages come in them.
fn page(id: &str, messages: &[(usize, &str)]) -> String {
    let record = |(n, text): &(usize, &str)| {
        let text = serde_json::to_string(text).unwrap();
        format!(r#"{{"logStreamName":"{id}","timestamp":{n},"message":{text},"eventId":"{n}"}}"#)
    };
    format!(r#"{{"events":[{}]}}"#, messages.iter().map(record).collect::<Vec<_>>().join(","))
}

#[test]
fn an_upload_in_many_pages_is_one_copy_wherever_they_lie() {
    const ID: &str = "bob-0e34861185201706f";
    let whole = transcript(&["sh-5.2$ echo \\", "> one", "one", "sh-5.2$ echo two", "two", "sh-5.2$ exit"]);
    // cut at line ends, whose line feeds are taken off
    let cuts =
        ["\r\n> one", "\r\nsh-5.2$ echo two", "\r\nsh-5.2$ exit"].map(|cut| whole.find(cut).unwrap() + 2);
    let mut messages: Vec<(usize, &str)> = Vec::new();
    let mut from = 0;
    for (n, cut) in cuts.into_iter().chain([whole.len()]).enumerate() {
        messages.push((n, whole[from..cut].trim_end_matches('\n')));
        from = cut;
    }
    let all = page(ID, &messages);
    let due = parse(&[("all", all.as_bytes())]).remove(0);
    assert_eq!(
        due.commands.iter().map(|c| c.command.as_str()).collect::<Vec<_>>(),
        ["echo \\\none", "echo two", "exit"]
    );
    for [a, b] in [[0..1, 1..4], [0..2, 2..4], [0..3, 1..4], [2..4, 0..2], [0..4, 1..3]] {
        let (one, other) = (page(ID, &messages[a.clone()]), page(ID, &messages[b.clone()]));
        let parsed = parse(&[("1", one.as_bytes()), ("2", other.as_bytes())]).remove(0);
        assert_eq!(commands(&parsed), commands(&due), "{a:?} {b:?}");
        let odd = |kind: &str| parsed.diagnostics.iter().any(|d| d.kind.code() == kind);
        assert!(!odd("copies-disagree") && !odd("missing-trailer"), "{a:?} {b:?}: {:?}", parsed.diagnostics);
        for command in &parsed.commands {
            let shown: String = command
                .evidence
                .iter()
                .map(|span| {
                    let log = if span.log.as_str() == "1" { &one } else { &other };
                    &log[span.start as usize..span.end as usize]
                })
                .collect();
            let last = command.command.lines().last().unwrap();
            assert_eq!(shown.contains("sh-5.2$ exit"), last == "exit", "{shown}");
            assert!(shown.contains(last), "{shown}");
            assert!(shown.starts_with("sh-5.2$ "), "{shown}");
        }
    }
}

/// Sessions of every kind one after the other, as one session that nobody could hold.
fn endless(mut of: impl FnMut(u64) -> Vec<u8>) -> Vec<u8> {
    let mut whole = Vec::new();
    let mut seed = 0;
    while whole.len() < 2_500_000 {
        whole.extend(of(seed));
        seed += 1;
    }
    whole
}

#[test]
fn a_session_that_is_not_held_gives_what_it_gives_held() {
    let body = |seed| {
        let transcript = whoran_testkit::session(seed).transcript;
        let lines: Vec<&[u8]> = transcript.split_inclusive(|b| *b == b'\n').collect();
        lines[1..lines.len().saturating_sub(2).max(1)].concat()
    };
    let header = b"Script started on 2025-03-04 10:20:41+00:00 [x]\n".to_vec();
    let transcript = [header, endless(body)].concat();
    let mut second = 1_741_000_000;
    let events = endless(|seed| {
        let events = whoran_testkit::session(seed).stream.into_iter().map(|event| {
            second += 1;
            let mut event: serde_json::Value = serde_json::from_str(&event.message).unwrap();
            event["sessionId"] = "long-0e34861185201706f".into();
            event["eventTime"] = Timestamp::from_second(second).unwrap().to_string().into();
            format!("{event}\n")
        });
        events.collect::<String>().into_bytes()
    });
    for (name, log) in [("long-0e34861185201706f.log", transcript), ("events.jsonl", events)] {
        let mut router = Router::new(LogId::new(name));
        router.feed(&log);
        let fragment = router.finish().fragments.remove(0);
        let mut hints = Hints::default();
        let parser = |hints: &Hints| {
            let mut parser = SessionParser::new(fragment.session.clone(), hints);
            for range in &fragment.ranges {
                let own = &log[range.start as usize..range.end as usize];
                parser.feed(&fragment, range.start, own);
            }
            parser
        };
        let Read::Whole(held) = parser(&hints).finish_within(1 << 30, &mut |_| {}) else {
            panic!("{name} is not held")
        };
        let first = held.commands;
        hints.shell_profile = first.iter().take(2).map(|c| c.command.clone()).collect();
        hints.document_command = Some(first[first.len() / 2].command.clone());

        let whole = parser(&hints).finish();
        assert!(whole.commands.len() > 2000, "{name}: {}", whole.commands.len());
        let mut seen = Vec::new();
        let read = parser(&hints).finish_within(1 << 18, &mut |commands| seen.extend_from_slice(commands));
        let Read::Large(large) = read else { panic!("{name} was held") };
        let (mut given, mut pieces) = (Vec::new(), 0);
        let parsed = large.commands(&mut |commands| {
            given.extend(commands);
            pieces += 1;
        });
        assert!(pieces > 2, "{pieces}");
        assert_eq!(Parsed { commands: given, ..parsed }, whole);
        let texts = |commands: &[Command]| -> Vec<_> {
            let texts =
                |c: &Command| (c.command.clone(), c.typed.clone(), c.output.clone(), c.alternatives.len());
            commands.iter().map(texts).collect()
        };
        assert_eq!(texts(&seen), texts(&whole.commands));
    }
}
