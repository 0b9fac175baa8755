//! Any bytes: no panic, every span inside its log and in order, and no more out than was put in.

use std::collections::BTreeMap;
use std::fmt;

use proptest::prelude::*;
use whoran_model::{ByteSpan, Command, LogId, Parsed, Shape};
use whoran_parse::Router;

use crate::support::logs::{Log, parse};

const NAME: &str = "alice-0e34861185201706f";

/// The most that may come out of a session: output is kept in capped pieces, a line has a few readings besides its own.
fn most_out(bytes_in: usize) -> usize {
    8 * bytes_in + (256 << 10)
}

fn size(command: &Command) -> usize {
    let readings: usize = command.alternatives.iter().map(|a| a.command.len()).sum();
    let names = [&command.host, &command.cwd, &command.program, &command.typed];
    let names: usize = names.iter().filter_map(|n| n.as_ref()).map(String::len).sum();
    command.command.len() + command.output.len() + readings + names
}

fn check(logs: &[Log], chunk: usize) -> Result<(), TestCaseError> {
    let lengths: BTreeMap<&str, u64> = logs.iter().map(|l| (l.name.as_str(), l.bytes.len() as u64)).collect();
    for log in logs {
        let mut router = Router::new(LogId::new(log.name.as_str()));
        router.feed(&log.bytes);
        for fragment in router.finish().fragments {
            let mut at = 0;
            for range in &fragment.ranges {
                prop_assert!(at <= range.start && range.start < range.end, "{:?}", fragment.ranges);
                at = range.end;
            }
            prop_assert!(at <= lengths[log.name.as_str()]);
        }
    }
    let sessions = parse(logs, || chunk);
    for parsed in sessions.values() {
        spans(parsed, &lengths)?;
    }
    let all: usize = logs.iter().map(|l| l.bytes.len()).sum();
    let out: usize = sessions.values().flat_map(|p| &p.commands).map(size).sum();
    prop_assert!(out <= most_out(all), "{out} bytes out of {all}");
    Ok(())
}

fn spans(parsed: &Parsed, lengths: &BTreeMap<&str, u64>) -> Result<(), TestCaseError> {
    // one log may hold a transcript behind events; there the two are not in one order
    let one_shape = |log: &LogId| parsed.logs.iter().filter(|l| l.log == *log).count() == 1;
    let transcripts = parsed.logs.iter().filter(|l| l.shape == Shape::Transcript).map(|l| &l.log);
    let whole = transcripts.clone().find(|log| one_shape(log)).filter(|_| transcripts.count() == 1);
    let mut last = 0;
    for (nth, command) in parsed.commands.iter().enumerate() {
        prop_assert_eq!(command.seq as usize, nth);
        prop_assert!((0.0..=1.0).contains(&command.confidence));
        prop_assert!(command.alternatives.len() <= 5);
        let others = command.alternatives.iter().map(|a| a.confidence);
        let rated: Vec<f32> = [command.confidence].into_iter().chain(others).collect();
        prop_assert!(rated.is_sorted_by(|a, b| a >= b), "the likeliest comes first: {:?}", rated);
        prop_assert!(!command.evidence.is_empty(), "{:?} proves itself", command.command);
        for ByteSpan { log, start, end } in &command.evidence {
            prop_assert!(start < end && *end <= lengths[log.as_str()], "{start}..{end} in {log}");
            if Some(log) == whole {
                prop_assert!(last <= *start, "{start} after {last}");
                last = *start;
            }
        }
    }
    Ok(())
}

/// What terminals, shells and loggers write, and what imitates it.
fn piece() -> impl Strategy<Value = Vec<u8>> {
    let fixed: &[&[u8]] = &[
        b"$ ",
        b"# ",
        b"> ",
        b"sh-5.2$ ",
        b"[root@web ~]# ",
        b"PS C:\\> ",
        b">>> ",
        b"mysql> ",
        b"Password: ",
        b"ls",
        b"sudo -i",
        b"exit",
        b"cat <<EOF",
        b"EOF",
        b"for i in 1; do",
        b"'",
        b"\\",
        b"!!",
        b"\r\r\n",
        b"\r\n",
        b"\n",
        b"\r",
        b"\x08",
        b"\x08 \x08",
        b"\x07",
        b"\t",
        b"\x1b[K",
        b"\x1b[J",
        b"\x1b[H",
        b"\x1b[2J",
        b"\x1b[?2004h",
        b"\x1b[?2004l\r",
        b"\x1b[?1049h",
        b"\x1b[?1049l",
        b"\x1b]0;t\x07",
        b"\x1b]133;A\x1b\\",
        b"\x1b[A",
        b"\x1b[3P",
        b"\x1b[2@",
        b"\x1b7",
        b"\x1b8",
        b"\x1b[9999;9999H",
        b"\x1b[65535C",
        b"\x1b[65535b",
        b"\x1b[99999L",
        b"^C",
        b"\xff",
        b"\xc3",
        b"\xe2\x80\x94",
        b"\xf0\x9f\x98\x80",
        b"Script started on 2025-03-04 10:20:41+00:00 [x]\n",
        b"\nScript done on 2025-03-04 10:20:41+00:00 [COMMAND_EXIT_CODE=\"0\"]\n",
        b"**********************\r\nWindows PowerShell transcript start\r\n",
        b"{\"eventVersion\":\"1.0\",\"eventTime\":\"2025-03-04T10:20:41Z\",",
        b"\"sessionId\":\"alice-0e34861185201706f\",\"sessionData\":[\"sh-5.2$ id\",\"",
        b"\"]}\n",
        b"{\"events\":[{\"timestamp\":1,\"message\":\"",
        b"\"logEvents\":[",
        b"\\u001b[K",
        b"\\u0008",
        b"\\ud800",
        b"{",
        b"}",
        b"[",
        b"]",
        b"\"",
        b",",
        b":",
    ];
    prop_oneof![
        8 => prop::sample::select(fixed).prop_map(<[u8]>::to_vec),
        1 => prop::collection::vec(any::<u8>(), 0..12),
        1 => "[a-z |/.-]{1,20}".prop_map(String::into_bytes),
    ]
}

/// Many pieces; prints as text.
#[derive(Clone)]
struct Soup(Vec<u8>);

impl fmt::Debug for Soup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "b\"{}\"", self.0.escape_ascii())
    }
}

fn soup() -> impl Strategy<Value = Soup> {
    prop::collection::vec(piece(), 0..200).prop_map(|pieces| Soup(pieces.concat()))
}

/// Lines of few pieces again and again, behind one prompt: what looks alike is compared with all that looks so.
fn refrains() -> impl Strategy<Value = Vec<Soup>> {
    const MORE: &[&[u8]] = &[b"a", b" ", b"<\x08", b"*\x08"];
    let piece = prop_oneof![3 => piece(), 1 => prop::sample::select(MORE).prop_map(<[u8]>::to_vec)];
    let line = prop::collection::vec((any::<prop::sample::Index>(), 1_usize..20), 1..8);
    let lines = (any::<bool>(), prop::collection::vec(line, 1..25));
    (
        prop::sample::select(&["$ ", "sh-4.2$ ", "u@h:~$ ", "# ", "~> "]),
        prop::collection::vec(piece, 1..5),
        lines,
    )
        .prop_map(|(prompt, pieces, (again, lines))| {
            let text = |parts: Vec<(prop::sample::Index, usize)>| {
                let part = |(at, times): (prop::sample::Index, usize)| {
                    at.get(&pieces).repeat(if again { times } else { 1 })
                };
                Soup([prompt.as_bytes().to_vec(), parts.into_iter().flat_map(part).collect()].concat())
            };
            lines.into_iter().map(text).collect()
        })
}

fn event(second: u32, lines: &[Soup]) -> String {
    let lines: Vec<String> = lines.iter().map(|l| String::from_utf8_lossy(&l.0).into_owned()).collect();
    let event = serde_json::json!({
        "eventVersion": "1.0", "eventTime": format!("2025-03-04T10:20:{:02}Z", second % 60), "awsRegion": "eu-west-1",
        "target": {"id": "i-0"}, "userIdentity": {"arn": "arn:aws:iam::111122223333:user/alice"}, "runAsUser": "ssm-user",
        "sessionId": NAME, "sessionData": lines,
    });
    event.to_string() + "\n"
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(400) })]

    #[test]
    fn any_bytes_are_read(bytes in prop::collection::vec(any::<u8>(), 0..2000), chunk in 1_usize..500) {
        check(&[Log::new(format!("{NAME}.log"), bytes)], chunk)?;
    }

    #[test]
    fn any_terminal_is_read(body in soup(), chunk in 1_usize..500, header in any::<bool>()) {
        let mut bytes = if header { b"Script started on 2025-03-04 10:20:41+00:00 [x]\n".to_vec() } else { Vec::new() };
        bytes.extend(body.0);
        check(&[Log::new(format!("{NAME}.log"), bytes)], chunk)?;
    }

    #[test]
    fn any_json_is_read(body in soup(), chunk in 1_usize..500) {
        let bytes = [b"{\"eventVersion\":\"1.0\",".as_slice(), &body.0].concat();
        check(&[Log::new(format!("{NAME}.jsonl"), bytes)], chunk)?;
    }

    #[test]
    fn any_refrain_is_read(lines in refrains()) {
        let body = lines.iter().map(|line| line.0.as_slice()).collect::<Vec<_>>().join(&b"\r\n"[..]);
        check(&[Log::new(format!("{NAME}.log"), body)], 4096)?;
        let stream = (0..).zip(lines.chunks(5)).map(|(second, lines)| event(second, lines)).collect::<String>();
        check(&[Log::new(format!("{NAME}.jsonl"), stream)], 4096)?;
    }

    #[test]
    fn any_copies_are_read_together(lines in prop::collection::vec((0_u32..60, prop::collection::vec(soup(), 0..4)), 0..6), body in soup()) {
        let stream: String = lines.iter().map(|(second, lines)| event(*second, lines)).collect();
        let transcript = [b"Script started on 2025-03-04 10:20:41+00:00 [x]\n".as_slice(), &body.0].concat();
        check(&[Log::new(format!("{NAME}.log"), transcript), Log::new(format!("{NAME}.jsonl"), stream)], 4096)?;
    }
}

#[test]
fn a_line_may_begin_with_what_follows_a_sign_in_it_more_than_once() {
    let lines = ["$", "echo $ echo $ e"].map(|line| Soup(line.into()));
    check(&[Log::new(format!("{NAME}.jsonl"), event(0, &lines))], 4096).unwrap();
}

#[test]
fn leaps_in_an_editor_leave_few_blanks() {
    let body = b"Script started on 2025-03-04 10:20:41+00:00 [x]\n\x1b[?2004h\x1b[65535C^C\x1b[9999;9999H\xff\r\r\n\x1b[65535C\x80 \x7f$ \x08\x08\n\x1b[65535Cx\n\x08!";
    let log = Log::new(format!("{NAME}.log"), body.to_vec());
    let out: usize = parse(&[log], || 4096).values().flat_map(|p| &p.commands).map(size).sum();
    assert!(out < 8 << 10, "{out}");
}

#[test]
fn what_asks_for_much_gets_little() {
    let asks: &[&[u8]] = &[
        b"x\x1b[65535C",
        b"\x1b[?2004h\x1b[65535Cx\n",
        b"x\x1b[65535b",
        b"\x1b[9999;9999Hx",
        b"\x1b[65535@x",
        b"\x1b[65535Lx\n",
        b"\t",
        b"\x1b[999Bx",
        b"\x1b[65535Xx",
        b"\x1b[?1049h\x1b[?1049l",
        b"\x1b7\x1b8",
        b"!!;!!\n",
        b"$ !!!!!!!!\n",
        b"$ a\n",
        b"$ cat <<A\n",
        b"$ (\n",
        b"$ '\n",
    ];
    for ask in asks {
        let body =
            [b"Script started on 2025-03-04 10:20:41+00:00 [x]\nsh-5.2$ ".as_slice(), &ask.repeat(4000)]
                .concat();
        let log = Log::new(format!("{NAME}.log"), body);
        check(&[log], 1 << 16).unwrap_or_else(|e| panic!("{:?}: {e}", String::from_utf8_lossy(ask)));
    }
}
