use super::*;

const EVENT: &str = r#"{"eventVersion":"1.0","eventTime":"2023-06-01T03:54:06Z","awsRegion":"r","target":{"id":"i-1"},"userIdentity":{"arn":"a"},"runAsUser":"u","sessionId":"test-user-093b7e0ceca558bd8","sessionData":["sh-5.2$ whoami","u"]}"#;

fn route(name: &str, bytes: &[u8]) -> Routed {
    let mut router = Router::new(LogId::new(name));
    router.feed(bytes);
    router.finish()
}

fn summary(routed: &Routed) -> Vec<(String, Shape, usize)> {
    routed.fragments.iter().map(|f| (f.session.to_string(), f.shape, f.ranges.len())).collect()
}

fn codes(routed: &Routed) -> Vec<&'static str> {
    routed.diagnostics.iter().map(|d| d.kind.code()).collect()
}

#[test]
fn events_one_per_line_are_one_fragment_a_session() {
    let other = EVENT.replace("test-user-093", "other-user-093");
    let routed = route("x.jsonl", format!("{EVENT}\n{EVENT}\n{other}\n{EVENT}\n").as_bytes());
    assert_eq!(
        summary(&routed),
        [
            ("other-user-093b7e0ceca558bd8".into(), Shape::Events, 1),
            ("test-user-093b7e0ceca558bd8".into(), Shape::Events, 2)
        ]
    );
    assert!(routed.diagnostics.is_empty());
}

#[test]
fn a_pretty_printed_event_is_one_record() {
    let value: serde_json::Value = serde_json::from_str(EVENT).unwrap();
    let pretty = serde_json::to_string_pretty(&value).unwrap();
    let routed = route("x", format!("{pretty}\n{pretty}").as_bytes());
    assert_eq!(summary(&routed), [("test-user-093b7e0ceca558bd8".into(), Shape::Events, 1)]);
    assert_eq!(routed.fragments[0].ranges.first(), Some(&(0..(2 * pretty.len() + 1) as u64)));
    assert_eq!(routed.fragments[0].ranges.len(), 1);
}

#[test]
fn api_output_is_cut_into_its_records() {
    let message = serde_json::to_string(EVENT).unwrap();
    let plain = serde_json::to_string("Script started on 2025-03-04 11:00:09+00:00 [x]\n# ls\r\n").unwrap();
    let doc = format!(
        r#"{{"events": [ {{"logStreamName":"s","timestamp":1,"message":{message}}},
            {{"logStreamName":"ecs-execute-command-egv8enfq3l9zptzgnrlq6szeji","timestamp":1,"message":{plain}}} ],
            "searchedLogStreams": [{{"logStreamName":"nothing"}}], "nextToken":"t"}}"#
    );
    let routed = route("x.json", doc.as_bytes());
    assert_eq!(
        summary(&routed),
        [
            ("ecs-execute-command-egv8enfq3l9zptzgnrlq6szeji".into(), Shape::Envelopes, 1),
            ("test-user-093b7e0ceca558bd8".into(), Shape::Envelopes, 1)
        ]
    );
}

#[test]
fn a_transcript_is_named_by_its_key_and_confirmed_by_its_header() {
    let head = "Script started on 2025-03-04 10:20:41+00:00 [COMMAND=\"cat /var/lib/amazon/ssm/i-1/session/orchestration/bob-0e34861185201706f/Standard_Stream/ipcTempFile.log\" <not executed on terminal>]\n$ ls\r\r\n";
    let routed = route("s3://b/p/bob-0e34861185201706f.log", head.as_bytes());
    assert_eq!(summary(&routed), [("bob-0e34861185201706f".into(), Shape::Transcript, 1)]);
    assert!(routed.diagnostics.is_empty());
    assert_eq!(codes(&route("eve-0e34861185201706f.log", head.as_bytes())), ["session-id-mismatch"]);
    assert_eq!(summary(&route("copy.log", head.as_bytes()))[0].0, "bob-0e34861185201706f");
}

#[test]
fn a_name_of_another_shape_proves_nothing() {
    const TYPED: &str = "Script started on 2025-03-04 11:00:09+00:00 [x]\n$ id\r\n";
    let proven = |name: &str, bytes: &str| {
        let routed = route(name, bytes.as_bytes());
        let told: Vec<_> = routed.fragments.iter().map(|f| (f.session.to_string(), f.proven)).collect();
        (told, codes(&routed))
    };
    let nameless = EVENT.replace("test-user-093b7e0ceca558bd8", "a/b");
    let is = |id: &str, proven| vec![(id.to_owned(), proven)];
    assert_eq!(proven("x.jsonl", EVENT), (is("test-user-093b7e0ceca558bd8", true), vec![]));
    assert_eq!(
        proven("x.jsonl", &format!("{nameless}\n{nameless}")),
        (is("x", false), vec!["unproven-session-id"])
    );
    assert_eq!(proven("x.log", TYPED), (is("x", false), vec!["unproven-session-id"]));
    for bytes in [&nameless, TYPED] {
        let named = proven("alice-0e34861185201706f", bytes);
        assert_eq!(named, (is("alice-0e34861185201706f", true), vec![]));
    }
}

#[test]
fn a_record_inside_terminal_text_is_text() {
    let text = format!("Script started on 2022-01-25 06:49:24+0000\n$ cat x\r\r\n{EVENT}\n{EVENT}\n");
    let routed = route("bob-0e34861185201706f.log", text.as_bytes());
    assert_eq!(summary(&routed), [("bob-0e34861185201706f".into(), Shape::Transcript, 1)]);
}

#[test]
fn text_after_records_is_text_to_the_end() {
    let text = format!("{EVENT}\nScript started on 2022-01-25 06:49:24+0000\n$ cat x\r\r\n{EVENT}\n");
    let routed = route("bob-0e34861185201706f.log", text.as_bytes());
    let shapes: Vec<_> = routed.fragments.iter().map(|f| (f.shape, f.ranges[0].start)).collect();
    assert_eq!(shapes, [(Shape::Transcript, EVENT.len() as u64 + 1), (Shape::Events, 0)]);
}

#[test]
fn what_an_export_task_writes_is_events_with_their_times() {
    let stamp = "2025-03-04T10:15:32.123Z ";
    let text = format!("{stamp}{EVENT}\n{stamp}{EVENT}\n{stamp}{}\n", EVENT.replace("test-user", "b"));
    let routed = route("000000", text.as_bytes());
    assert_eq!(
        summary(&routed),
        [
            ("b-093b7e0ceca558bd8".into(), Shape::Events, 1),
            ("test-user-093b7e0ceca558bd8".into(), Shape::Events, 2)
        ]
    );
    assert_eq!(routed.fragments[1].ranges[0], 25..25 + EVENT.len() as u64);
    assert!(routed.diagnostics.is_empty());
    for chunk in 1..40 {
        let mut router = Router::new(LogId::new("000000"));
        text.as_bytes().chunks(chunk).for_each(|bytes| router.feed(bytes));
        assert_eq!(router.finish(), routed, "chunks of {chunk}");
    }
    // A time alone is none, wherever it ends.
    for end in 1..25 {
        let routed = route("x", format!("{EVENT}\n{}\n{EVENT}\n", &stamp[..end]).as_bytes());
        assert_eq!((routed.fragments.len(), codes(&routed)), (1, vec!["damaged-json"]), "{end}");
    }
}

#[test]
fn a_delivery_stream_writes_envelopes_without_a_line_end_between() {
    let message = serde_json::to_string(EVENT).unwrap();
    let envelope = |kind: &str, stream: &str, message: &str| {
        format!(
            r#"{{"messageType":"{kind}","owner":"1","logGroup":"g","logStream":"{stream}","subscriptionFilters":["f"],"logEvents":[{{"id":"1","timestamp":1,"message":{message}}}]}}"#
        )
    };
    let control =
        envelope("CONTROL_MESSAGE", "", "\"CWL CONTROL MESSAGE: Checking health of destination Firehose.\"");
    let data = envelope("DATA_MESSAGE", "s", &message);
    let routed = route("x", format!("{control}{data}{control}{data}").as_bytes());
    assert_eq!(summary(&routed), [("test-user-093b7e0ceca558bd8".into(), Shape::Envelopes, 2)]);
    assert!(routed.diagnostics.is_empty(), "{:?}", routed.diagnostics);
}

#[test]
fn a_cut_record_costs_no_other() {
    let cut = &EVENT[..EVENT.len() - 9];
    let routed = route("x", format!("{EVENT}\n{cut}\n{EVENT}\n").as_bytes());
    assert_eq!(routed.fragments.len(), 1);
    let bytes: u64 = routed.fragments[0].ranges.iter().map(|r| r.end - r.start).sum();
    assert!(bytes >= (2 * EVENT.len() + cut.len()) as u64, "{:?}", routed.fragments);
    let early = &EVENT[..60];
    let routed = route("x", format!("{EVENT}\n{early}\n{EVENT}\n").as_bytes());
    assert_eq!(codes(&routed), ["damaged-json"]);
    assert_eq!(routed.diagnostics[0].at, Some(EVENT.len() as u64 + 1));
    assert_eq!(routed.fragments[0].ranges.len(), 2);
}

#[test]
fn what_is_no_log_says_so() {
    assert_eq!(codes(&route("README.md", b"# Logs\n")), ["not-a-log"]);
    let tar = [&[b'a'; 257][..], b"ustar\0", &[0; 300]].concat();
    for packed in [&b"PK\x03\x04\x14"[..], b"\xfd7zXZ\0\0", b"BZh91AY&SY", &tar] {
        assert_eq!(codes(&route("bob-0e34861185201706f.zip", packed)), ["packed"]);
    }
    assert_eq!(codes(&route("x", b"")), ["empty-log"]);
    assert_eq!(codes(&route("x.json", b"{\"a\": 1}")), Vec::<&str>::new());
}

#[test]
fn any_chunking_gives_the_same() {
    let message = serde_json::to_string(EVENT).unwrap();
    // more brackets are closed than were opened
    let damaged = EVENT.replace("\"target\":{", "\"target\":");
    assert_ne!(damaged, EVENT);
    let doc =
        format!("{EVENT}\n{}\n{EVENT}\n{{\"events\":[{{\"message\":{message}}}]}}\n{EVENT}\n", &EVENT[..150]);
    let open = EVENT.replace("\"target\":{", "\"target\":{{");
    // past what is looked at to tell what a log is
    let many = format!("{EVENT}\n").repeat(40);
    let doc = format!("{many}{doc}{damaged}\n{EVENT}\n{damaged}\n{open}\n{EVENT}\n");
    let doc = format!("{doc}Script started on 2022-01-25 06:49:24+0000\n$ ls\n{EVENT}\n");
    let whole = route("x", doc.as_bytes());
    assert_eq!(whole.fragments.len(), 3, "events, envelopes and a transcript");
    for size in [1, 2, 3, 7, 64, 1000] {
        let mut router = Router::new(LogId::new("x"));
        doc.as_bytes().chunks(size).for_each(|c| router.feed(c));
        assert_eq!(router.finish(), whole, "chunks of {size}");
    }
}

#[test]
fn what_tools_print_and_export_is_read() {
    const ID: &str = "test-user-093b7e0ceca558bd8";
    let second = EVENT.replace("03:54:06", "03:55:06");
    let pretty = |event: &str| {
        serde_json::to_string_pretty(&serde_json::from_str::<serde_json::Value>(event).unwrap()).unwrap()
    };
    let text = |event: &str| serde_json::to_string(event).unwrap();
    let field = |event: &str| format!("\"{}\"", event.replace('"', "\"\""));
    let time = "2023-06-01T03:54:06.123000+00:00";
    let events: &[String] = &[
        format!("{time} {ID} {EVENT}\n{time} {ID} {second}\n"),
        format!("2023-06-01T03:54:06 {EVENT}\n2023-06-01T03:55:06 {second}\n"),
        format!("{time} {ID} \n{}\n{time} {ID} \n{}\n", pretty(EVENT), pretty(&second)),
        format!("{{\"message\":{EVENT}}}\n{{\"message\":{second}}}\n"),
        format!(
            "EVENTS\t7\t1685591646000\tstream\t{EVENT}\t1685\nEVENTS\t8\t1685591646001\tstream\t{second}\t9\n"
        ),
        format!("b/1\tf/2\nEVENTS\t1\t{EVENT}\t2\r\nEVENTS\t1\t{second}\t2\r\nSEARCHEDLOGSTREAMS\ta\tTrue"),
        format!("[{{\"@timestamp\":1,\"@message\":{EVENT}}},{{\"@timestamp\":2,\"@message\":{second}}}]"),
    ];
    let envelopes: &[String] = &[
        format!(
            r#"{{"results":[[{{"field":"@message","value":{}}},{{"field":"@ptr","value":"p"}}],[{{"field":"@message","value":{}}}]]}}"#,
            text(EVENT),
            text(&second)
        ),
        format!(r#"[{{"@timestamp":1,"@message":{}}},{{"@message":{}}}]"#, text(EVENT), text(&second)),
        format!(
            "{{\"_source\":{{\"@message\":{}}}}}\n{{\"_source\":{{\"@message\":{}}}}}\n",
            text(EVENT),
            text(&second)
        ),
        format!("[\n    {},\n    {}\n]\n", text(EVENT), text(&second)),
        format!("timestamp,message\n1685591646000,{}\n1685591706000,{}\n", field(EVENT), field(&second)),
        format!(
            "\"@timestamp\",\"@message\",\"@log\"\r\n2023-06-01 03:55:06.000,{},\"1:g,\"\"\n\"\"\"\r\n2023,{},\r\n",
            field(&second),
            field(EVENT)
        ),
        format!("_time,_raw\n1,{}\n1,{}", field(EVENT), field(&second)),
    ];
    for (log, shape) in events
        .iter()
        .map(|log| (log, Shape::Events))
        .chain(envelopes.iter().map(|log| (log, Shape::Envelopes)))
    {
        let routed = route("saved.txt", log.as_bytes());
        assert_eq!(summary(&routed), [(ID.to_owned(), shape, 2)], "{log}");
        assert!(routed.diagnostics.is_empty(), "{log}: {:?}", routed.diagnostics);
        for chunk in [1, 2, 3, 7, 50, 333] {
            let mut router = Router::new(LogId::new("saved.txt"));
            log.as_bytes().chunks(chunk).for_each(|bytes| router.feed(bytes));
            assert_eq!(router.finish(), routed, "chunks of {chunk}: {log}");
        }
        let fragment = &routed.fragments[0];
        let mut parser = crate::SessionParser::new(fragment.session.clone(), &whoran_model::Hints::default());
        for range in &fragment.ranges {
            parser.feed(fragment, range.start, &log.as_bytes()[range.start as usize..range.end as usize]);
        }
        let parsed = parser.finish();
        let commands: Vec<_> =
            parsed.commands.iter().map(|c| (c.command.as_str(), c.evidence.len())).collect();
        assert_eq!(commands, [("whoami", 1), ("whoami", 1)], "{log}");
        let span = &parsed.commands[1].evidence[0];
        let shown = &log[span.start as usize..span.end as usize];
        assert_eq!(shown.trim_matches(['"', '\\']), "sh-5.2$ whoami", "{log}");
        assert!(parsed.diagnostics.is_empty(), "{log}: {:?}", parsed.diagnostics);
    }
    // what another message quotes is none
    let quoting = field(&format!("x \"{EVENT}\" \"\" \"{EVENT}\""));
    let mixed = format!("timestamp,message\n1,{quoting}\n2,{}\n3,{}\n", field("\""), field(EVENT));
    let routed = route("saved.csv", mixed.as_bytes());
    assert_eq!(summary(&routed), [(ID.to_owned(), Shape::Envelopes, 1)]);
    assert_eq!(routed.fragments[0].ranges[0].end, mixed.len() as u64 - 2);
    let damaged = format!("timestamp,message\n1,{}\n2,{}", field("{}"), &field(EVENT)[..200]);
    assert_eq!(codes(&route("saved.csv", damaged.as_bytes())), ["damaged-json"]);
    assert_eq!(codes(&route("saved.csv", b"timestamp,message\n1,\"{\"\"a\"\":1}\"\n")), ["not-a-log"]);
    // what is named after a session is what its terminal showed, whatever that imitates
    let forged = format!("timestamp,message\r\nEVENTS\t1\t{EVENT}\t2\r\n");
    let routed = route("bob-0e34861185201706f.log", forged.as_bytes());
    assert_eq!(summary(&routed), [("bob-0e34861185201706f".to_owned(), Shape::Transcript, 1)]);
    let damaged = format!("EVENTS\t1\t{EVENT}\nEVENTS\t2\t{}", &EVENT[..200]);
    assert_eq!(codes(&route("saved.txt", damaged.as_bytes())), ["damaged-json"]);
    let plain = "2025-03-04T10:21:41.000Z Script started on 2025-03-04 10:20:41+00:00 [x]\nsh-5.2$ id\r\r\n";
    let routed = route(&format!("exportedlogs/task/{ID}/000000"), plain.as_bytes());
    assert_eq!(summary(&routed), [(ID.to_owned(), Shape::Transcript, 1)]);
    assert_eq!((routed.fragments[0].ranges[0].start, codes(&routed)), (25, vec![]));
    assert!(routed.fragments[0].proven);
}

/// What the console saves has the newest event first. Times of events are of whole seconds.
#[test]
fn events_from_the_newest_on_are_put_in_order() {
    let event = |time: &str, line: &str| {
        let line = serde_json::to_string(line).unwrap();
        EVENT.replace("03:54:06", time).replace("\"sh-5.2$ whoami\"", &line)
    };
    let events = [
        event("03:54:06", "$ echo \"a  b\""),
        event("03:54:06", "$ id -u"),
        event("03:54:07", "$ w"),
        event("03:54:07", "$ uptime"),
    ];
    let rows = events.iter().rev().map(|event| format!("1,\"{}\"\n", event.replace('"', "\"\"")));
    let log = format!("@timestamp,@message\n{}", rows.collect::<String>());
    // some of them are in a page as well, which has more of one than the table
    let again = [&events[1..3], &events[2..3]].concat().join("\n");
    let parsed = |logs: &[(&str, &str)]| {
        let id = "test-user-093b7e0ceca558bd8".parse().unwrap();
        let mut parser = crate::SessionParser::new(id, &whoran_model::Hints::default());
        for (name, log) in logs {
            let fragment = &route(name, log.as_bytes()).fragments[0];
            for range in &fragment.ranges {
                parser.feed(fragment, range.start, &log.as_bytes()[range.start as usize..range.end as usize]);
            }
        }
        parser.finish().commands
    };
    let texts = |logs: &[(&str, &str)]| parsed(logs).iter().map(|c| c.command.clone()).collect::<Vec<_>>();
    let all = ["echo \"a  b\"", "id -u", "w", "uptime"];
    assert_eq!(texts(&[("saved.csv", &log)]), all);
    assert_eq!(texts(&[("saved.csv", &log), ("page.jsonl", &again)]), all);
    assert_eq!(texts(&[("page.jsonl", &again), ("saved.csv", &log)]), all);
    let span = &parsed(&[("saved.csv", &log)])[0].evidence[0];
    assert_eq!(&log[span.start as usize..span.end as usize], r#"""$ echo \""a  b\"""""#);
}

/// A session that was never uploaded may still lie on its node, or in a copy of its disk.
#[test]
fn what_the_agent_keeps_on_a_node_is_read() {
    let bytes = b"$ id\r\nuid=0(root)\r\n$ exit\r\n";
    let name = |file: &str| {
        format!(
            "disk/var/lib/amazon/ssm/i-0abc/session/orchestration/bob-0e34861185201706f/Standard_Stream/{file}"
        )
    };
    let routed = route(&name("ipcTempFile.log"), bytes);
    assert_eq!(summary(&routed), [("bob-0e34861185201706f".into(), Shape::Transcript, 1)]);
    assert_eq!((codes(&routed), routed.fragments[0].proven), (vec![], true));
    let mut parser =
        crate::SessionParser::new(routed.fragments[0].session.clone(), &whoran_model::Hints::default());
    parser.feed(&routed.fragments[0], 0, bytes);
    let parsed = parser.finish();
    assert_eq!(parsed.envelope.target.as_ref().map(|t| t.as_str()), Some("i-0abc"));
    let commands: Vec<_> = parsed.commands.iter().map(|c| c.command.as_str()).collect();
    assert_eq!(commands, ["id", "exit"]);
    assert_eq!(codes(&route(&name("stdout"), bytes)), ["not-a-log"]);
    let day = r"C:\Users\ssm-user\AppData\Amazon\SSM\Session\bob-0e34861185201706f\20261122\PowerShell_transcript.WEB1.txt";
    let banner =
        b"**********************\r\nWindows PowerShell transcript start\r\n**********************\r\n";
    let routed = route(day, banner);
    assert_eq!(summary(&routed), [("bob-0e34861185201706f".into(), Shape::Transcript, 1)]);
    assert!(routed.fragments[0].proven);
    assert_eq!(codes(&route("copied/ipcTempFile.log", bytes)), ["not-a-log"]);
}

#[test]
fn a_copy_is_named_after_its_session_as_well() {
    const ID: &str = "bob.smith-0e34861185201706f";
    for ending in [".log", ".log.gz", " (1).log", "(2).log", " - Copy.log", ".log.1", ".log.old", ".log~"] {
        let routed = route(&format!("in/{ID}{ending}"), b"$ id\r\n");
        assert_eq!(summary(&routed), [(ID.to_owned(), Shape::Transcript, 1)], "{ending}");
        assert!(routed.fragments[0].proven && routed.diagnostics.is_empty(), "{ending}");
    }
    for other in ["bob-0e34861185201706 (1).log", "notes about bob-0e34861185201706f.txt"] {
        assert_eq!(codes(&route(other, b"$ id\r\n")), ["not-a-log"], "{other}");
    }
}
