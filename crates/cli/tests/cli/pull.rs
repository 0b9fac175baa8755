//! `pull`, `sync`, `init` and `policy`, with the real SDK against a local AWS.

use std::process::Command;

use serde_json::Value;
use whoran_testkit::aws::{Fault, Server};

use crate::home::{Home, Output};

const GROUP: &str = "/ssm/sessions";
/// 2026-03-01T08:00:00Z in milliseconds.
const MARCH: i64 = 1_772_352_000_000;
/// 2100-01-01, and so after the last pull, whenever the test runs.
const LATER: i64 = 4_102_444_800_000;

/// The program with a server in place of AWS.
pub(crate) fn command(home: &Home, endpoint: &str, args: &[&str]) -> Command {
    let mut command = home.command(args);
    command
        .env("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE")
        .env("AWS_SECRET_ACCESS_KEY", "secret")
        .env("AWS_REGION", "eu-west-1")
        .env("AWS_ENDPOINT_URL", endpoint)
        .env("AWS_EC2_METADATA_DISABLED", "true");
    command
}

pub(crate) fn run(home: &Home, server: &Server, args: &[&str]) -> Output {
    // The rate AWS allows would only slow a test down.
    let fast = ["--requests-per-second", "2000"];
    let fast = if args[0] == "pull" { &fast[..] } else { &[] };
    Output::of(&mut command(home, server.endpoint(), &[args, fast].concat()))
}

/// The manifest's lines.
pub(crate) fn manifest(home: &Home) -> Vec<Value> {
    let text = std::fs::read_to_string(home.path("data/archive/manifest.jsonl")).unwrap_or_default();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// The names of the archived logs, sorted.
pub(crate) fn logs(home: &Home) -> Vec<String> {
    let mut names: Vec<_> =
        manifest(home).iter().map(|line| line["log"].as_str().unwrap().to_owned()).collect();
    names.sort();
    names.dedup();
    names
}

/// Everything that was pulled, in the order of the manifest: packs are plain zstd.
pub(crate) fn archived(home: &Home) -> Vec<u8> {
    let mut packs: Vec<_> =
        std::fs::read_dir(home.path("data/archive/packs")).unwrap().map(|e| e.unwrap().path()).collect();
    packs.sort();
    #[expect(clippy::disallowed_methods, reason = "the packs are this test's own")]
    packs.iter().flat_map(|pack| zstd::decode_all(std::fs::File::open(pack).unwrap()).unwrap()).collect()
}

/// The archived events, by what identifies each.
fn events(home: &Home) -> Vec<(String, String)> {
    let text = String::from_utf8(archived(home)).unwrap();
    let mut events: Vec<_> = text
        .lines()
        .map(|line| {
            let event: Value = serde_json::from_str(line).unwrap();
            let text = |key: &str| event[key].as_str().unwrap_or_default().to_owned();
            (text("logStreamName"), text("message"))
        })
        .collect();
    events.sort();
    events
}

/// A streaming event of a session.
fn streamed(session: &str, second: u32, line: &str) -> String {
    let (minute, second) = (second / 60, second % 60);
    format!(
        r#"{{"eventVersion":"1.0","eventTime":"2026-03-01T08:{minute:02}:{second:02}Z","awsRegion":"eu-west-1","target":{{"id":"i-0aaaaaaaaaaaaaaa1"}},"userIdentity":{{"arn":"arn:aws:sts::111122223333:assumed-role/Ops/alice"}},"runAsUser":"ec2-user","sessionId":"{session}","sessionData":["sh-5.2$ {line}"]}}"#
    )
}

#[test]
fn objects_come_over_pages_byte_for_byte_and_only_once() {
    let (home, server) = (Home::new(), Server::start());
    let odd = ["p/../a", "p/a:b", "p/line\nbreak", "p/A", "p/nul\u{1}", "p/q?x=1#y", "p/50%", "p/ é+ "];
    let long = format!("p/{}", "k".repeat(1022));
    server.account(|account| {
        let bucket = account.bucket("logs");
        for n in 0..2500 {
            bucket.put(&format!("p/{n:04}.log"), format!("log {n}\n"));
        }
        for key in odd.iter().chain([&long.as_str()]) {
            bucket.put(key, format!("{key}|"));
        }
        bucket.put("elsewhere", "not asked for");
        bucket.put("p/folder/", "");
    });
    let output = run(&home, &server, &["pull", "s3://logs/p/"]);
    assert_eq!(output.code, Some(0), "{output}");
    assert_eq!(output.column("logs"), ["2509"], "{output}");
    assert_eq!(logs(&home).len(), 2509);
    let text = String::from_utf8(archived(&home)).unwrap();
    for key in odd {
        assert!(text.contains(&format!("{key}|")), "{key:?}");
    }
    assert!(logs(&home).contains(&"s3://logs/p/q%3Fx=1%23y".to_owned()));

    let before = std::fs::read(home.path("data/archive/manifest.jsonl")).unwrap();
    server.forget_calls();
    let output = run(&home, &server, &["pull", "s3://logs/p/"]);
    assert_eq!(output.column("unchanged"), ["2509"], "{output}");
    assert_eq!(server.count("GetObject"), 0);
    assert_eq!(std::fs::read(home.path("data/archive/manifest.jsonl")).unwrap(), before);

    server.account(|account| {
        account.bucket("logs").put("p/new.log", "new\n");
    });
    let output = run(&home, &server, &["pull", "s3://logs/p/"]);
    assert_eq!(output.column("logs"), ["1"], "{output}");
    assert_eq!(server.count("GetObject"), 1);
}

#[test]
fn whatever_goes_wrong_on_the_way_the_bytes_come_whole() {
    let (home, server) = (Home::new(), Server::start());
    let body = |n: u8| (0..200_000_u32).map(|at| (at % 251) as u8 ^ n).collect::<Vec<_>>();
    let faults: [(&str, Option<Fault>); 7] = [
        ("slow-down", Some(Fault::slow_down())),
        ("reset", Some(Fault::Reset(None))),
        ("reset-midway", Some(Fault::Reset(Some(70_000)))),
        ("truncated", Some(Fault::Truncated(70_000))),
        ("short", Some(Fault::Short(199_999))),
        ("internal", Some(Fault::error(500, "InternalError", "We encountered an internal error."))),
        ("fine", None),
    ];
    server.account(|account| {
        for (n, (key, _)) in faults.iter().enumerate() {
            account.bucket("logs").put(key, body(n as u8));
        }
    });
    let mut left: std::collections::HashMap<String, (Option<Fault>, u8)> =
        faults.iter().map(|(key, fault)| (format!("logs/{key}"), (fault.clone(), 2))).collect();
    server.on("GetObject", move |call, _| {
        let (fault, left) = left.get_mut(&call.resource)?;
        *left = left.checked_sub(1)?;
        fault.clone()
    });
    server.on("ListObjectsV2", |call, _| (call.number <= 2).then(Fault::slow_down));
    let output = run(&home, &server, &["pull", "s3://logs"]);
    assert_eq!(output.code, Some(0), "{output}");
    let manifest = manifest(&home);
    assert_eq!(manifest.len(), faults.len());
    let whole = archived(&home);
    let mut at = 0;
    for line in manifest {
        let size = line["size"].as_u64().unwrap() as usize;
        let key = line["log"].as_str().unwrap().strip_prefix("s3://logs/").unwrap().to_owned();
        let n = faults.iter().position(|(name, _)| *name == key).unwrap();
        assert!(whole[at..at + size] == body(n as u8), "{key}");
        at += size;
    }
    let ranges = server.calls().iter().filter(|a| a.call.input["range"].is_string()).count();
    assert!(ranges > 0, "what broke midway was not begun anew");
}

#[test]
fn an_object_that_is_refused_is_named_with_what_is_missing() {
    let (home, server) = (Home::new(), Server::start());
    server.account(|account| {
        for key in ["a", "b", "c"] {
            account.bucket("logs").put(key, key);
        }
    });
    let key = "arn:aws:kms:eu-west-1:111122223333:key/k";
    server.on("GetObject", move |call, _| match call.resource.as_str() {
        "logs/a" => Some(Fault::error(403, "AccessDenied", "Access Denied")),
        "logs/b" => Some(Fault::denied_s3("kms:Decrypt", key)),
        _ => None,
    });
    let output = run(&home, &server, &["pull", "s3://logs"]);
    assert_eq!(output.code, Some(3), "{output}");
    assert!(output.stderr.contains("s3:GetObject on arn:aws:s3:::logs/a"), "{output}");
    assert!(output.stderr.contains(&format!("kms:Decrypt on {key}")), "{output}");
    assert_eq!(logs(&home), ["s3://logs/c"], "the others come");
}

#[test]
fn a_refused_source_is_an_error_with_what_to_permit() {
    let (home, server) = (Home::new(), Server::start());
    server.on("ListObjectsV2", |_, _| Some(Fault::error(403, "AccessDenied", "Access Denied")));
    let refused = run(&home, &server, &["pull", "s3://logs/p/", "--format", "table"]);
    assert_eq!(refused.code, Some(4), "{refused}");
    assert!(refused.stderr.contains("access denied: s3:ListBucket on arn:aws:s3:::logs"), "{refused}");
    assert!(refused.stderr.contains("hint: permit s3:ListBucket"), "{refused}");

    let (home, server) = (Home::new(), Server::start());
    let missing = run(&home, &server, &["pull", "s3://nowhere"]);
    assert_eq!(missing.code, Some(4), "{missing}");
    assert!(missing.stderr.contains("NoSuchBucket"), "{missing}");

    server.on("ListObjectsV2", |_, _| Some(Fault::expired(true)));
    let expired = run(&home, &server, &["pull", "s3://nowhere"]);
    assert_eq!(expired.code, Some(4), "{expired}");
    assert!(expired.stderr.contains("hint: check the credentials"), "{expired}");
}

#[test]
fn objects_change_behind_the_listing() {
    let (home, server) = (Home::new(), Server::start());
    server.account(|account| {
        for key in ["goes", "changes", "stays"] {
            account.bucket("logs").put(key, format!("{key} first\n"));
        }
    });
    server.on("GetObject", |call, account| {
        if call.number == 1 {
            account.bucket("logs").delete("goes");
            account.bucket("logs").put("changes", "changes then\n");
        }
        None
    });
    let output = run(&home, &server, &["pull", "s3://logs"]);
    assert_eq!(output.code, Some(0), "a log that is gone is no partial result: {output}");
    let text = String::from_utf8(archived(&home)).unwrap();
    assert!(text.contains("stays first"), "{text}");
    // Whichever version came, it is noted as what it is, and the next pull finds the rest.
    let again = run(&home, &server, &["pull", "s3://logs"]);
    assert_eq!(again.code, Some(0), "{again}");
    assert!(String::from_utf8(archived(&home)).unwrap().contains("changes then"));
    assert_eq!(run(&home, &server, &["pull", "s3://logs"]).column("logs"), ["0"]);
}

#[test]
fn a_listing_changes_between_its_pages() {
    let (home, server) = (Home::new(), Server::start());
    server.account(|account| {
        for n in 0..1500 {
            account.bucket("logs").put(&format!("p/{n:04}"), format!("{n}"));
        }
    });
    // The first call asks whether the bucket is there; the second has the first thousand.
    server.on("ListObjectsV2", |call, account| {
        if call.number == 3 {
            let bucket = account.bucket("logs");
            bucket.delete("p/1400");
            bucket.put("p/0000-behind", "x");
            bucket.put("p/1200-ahead", "x");
        }
        None
    });
    let output = run(&home, &server, &["pull", "s3://logs/p/"]);
    assert_eq!(output.code, Some(0), "{output}");
    let (names, object) = (logs(&home), |key: &str| format!("s3://logs/p/{key}"));
    assert!(names.contains(&object("1200-ahead")) && !names.contains(&object("0000-behind")));
    assert_eq!(names.len(), 1500, "{output}");
    let again = run(&home, &server, &["pull", "s3://logs/p/"]);
    assert_eq!(
        again.column("logs"),
        ["1"],
        "what came behind the listing's back is the next pull's: {again}"
    );
}

#[test]
fn an_object_in_an_archive_class_is_not_called_forbidden() {
    let (home, server) = (Home::new(), Server::start());
    server.account(|account| drop(account.bucket("logs").put("a", "a").clone()));
    let why = "The operation is not valid for the object's storage class";
    server.on("GetObject", move |_, _| Some(Fault::error(403, "InvalidObjectState", why)));
    let output = run(&home, &server, &["pull", "s3://logs"]);
    assert_eq!(output.code, Some(3), "{output}");
    assert!(output.stderr.contains(why) && !output.stderr.contains("denied"), "{output}");
}

#[test]
fn a_full_disk_stops_a_pull_and_the_next_goes_on() {
    let (home, server) = (Home::new(), Server::start());
    server.account(|account| {
        for n in 0..300_u64 {
            // Noise, which no packing makes shorter.
            let noise = (0..400_u64)
                .flat_map(|at| (n * 400 + at + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15).to_le_bytes());
            account.bucket("logs").put(&format!("{n:03}"), noise.collect::<Vec<u8>>());
            account.log(GROUP, &format!("user{n}-0e34861185201706f"), MARCH + n as i64, &format!("line {n}"));
        }
    });
    for (source, column) in [("s3://logs", "logs"), ("cloudwatch:/ssm/sessions", "events")] {
        let pull = command(&home, server.endpoint(), &["pull", source, "--requests-per-second", "2000"]);
        let (output, words) = home.run_on_a_full_disk(&pull);
        assert_eq!(output.code, Some(4), "{output}");
        assert!(output.stderr.contains(words) && output.stderr.contains("archive"), "{output}");
        assert_eq!(home.run(&["verify"]).code, Some(0), "what is there is whole");
        let output = run(&home, &server, &["pull", source]);
        assert_eq!(output.code, Some(0), "{output}");
        let came = output.column(column)[0].parse::<u64>().unwrap();
        assert!(came <= 300, "{output}");
        assert_eq!(run(&home, &server, &["pull", source]).column(column), ["0"]);
    }
    assert_eq!(logs(&home).len(), 600, "with room again, nothing is missing");
    assert_eq!(manifest(&home).len(), 600, "and nothing doubled");
}

#[test]
fn a_bucket_with_versions_keeps_each_as_a_log_of_its_own() {
    let (home, server) = (Home::new(), Server::start());
    let put = |text: &str| {
        server.account(|account| {
            account.bucket("logs").versioned = true;
            account.bucket("logs").put("bob-0959abc60267189e0.log", text);
        });
    };
    put("sh-5.2$ rm -rf /srv\r\n");
    assert_eq!(run(&home, &server, &["pull", "s3://logs"]).code, Some(0));
    put("sh-5.2$ ls\r\n");
    assert_eq!(run(&home, &server, &["pull", "s3://logs"]).column("logs"), ["1"]);
    let names = logs(&home);
    assert_eq!(names.len(), 2, "{names:?}");
    assert!(
        names.iter().all(|n| n.starts_with("s3://logs/bob-0959abc60267189e0.log?versionId=")),
        "{names:?}"
    );
    assert_eq!(run(&home, &server, &["pull", "s3://logs"]).column("logs"), ["0"]);
}

#[test]
fn a_bucket_is_found_in_its_region_and_paid_for() {
    let (home, server) = (Home::new(), Server::start());
    server.account(|account| {
        let bucket = account.bucket("far");
        bucket.region = "ap-southeast-2".into();
        bucket.requester_pays = true;
        bucket.put("a", "a");
    });
    let unpaid = run(&home, &server, &["pull", "s3://far"]);
    assert_eq!(unpaid.code, Some(4), "{unpaid}");
    let paid = run(&home, &server, &["pull", "s3://far", "--requester-pays"]);
    assert_eq!(paid.column("logs"), ["1"], "{paid}");
}

#[test]
fn a_clock_that_is_an_hour_off_is_no_hindrance() {
    let (home, server) = (Home::new(), Server::start());
    server.account(|account| {
        account.clock_ahead = 3600;
        account.bucket("logs").put("a", "a");
        account.log(GROUP, "alice-0e34861185201706f", MARCH, "x");
    });
    let output = run(&home, &server, &["pull", "s3://logs"]);
    assert_eq!(output.column("logs"), ["1"], "{output}");
    let output = run(&home, &server, &["pull", &format!("cloudwatch:{GROUP}")]);
    assert_eq!(output.column("events"), ["1"], "{output}");
}

#[test]
fn a_group_comes_whole_and_only_once() {
    let (home, server) = (Home::new(), Server::start());
    let group = format!("cloudwatch:{GROUP}");
    server.account(|account| {
        account.empty_pages = 1;
        account.page_bytes = 64 << 10;
        for n in 0..12_000_i64 {
            account.log(GROUP, "busy-0e34861185201706f", MARCH + n * 500, &format!("line {n}"));
        }
        for n in 0..300_i64 {
            let stream = format!("user{n}-0e348611852{n:06}");
            account.log(GROUP, &stream, MARCH + n * 3_600_000, "not unique");
            account.log(GROUP, &stream, MARCH + n * 3_600_000, "not unique");
        }
    });
    let output = run(&home, &server, &["pull", &group]);
    assert_eq!(output.code, Some(0), "{output}");
    assert_eq!(output.column("events"), ["12600"], "{output}");
    let all = events(&home);
    assert_eq!(all.len(), 12_600, "sent twice is there twice");
    assert_eq!(logs(&home).len(), 301);

    let before = std::fs::read(home.path("data/archive/manifest.jsonl")).unwrap();
    let calls = server.count("FilterLogEvents");
    let output = run(&home, &server, &["pull", &group]);
    assert_eq!(output.column("events"), ["0"], "{output}");
    assert_eq!(std::fs::read(home.path("data/archive/manifest.jsonl")).unwrap(), before);
    assert!(server.count("FilterLogEvents") - calls < calls, "only the end is read again");
}

#[test]
fn events_that_come_late_are_found_and_a_log_grows_at_its_end() {
    let (home, server) = (Home::new(), Server::start());
    let group = format!("cloudwatch:{GROUP}");
    let stream = "alice-0e34861185201706f";
    let minutes = |n: i64| LATER - n * 60_000;
    let log = |at, text: &str| {
        server.account(|account| drop(account.log(GROUP, stream, at, text).clone()));
    };
    log(minutes(30), "first");
    log(minutes(5), "third");
    assert_eq!(run(&home, &server, &["pull", &group]).column("events"), ["2"]);
    log(minutes(10), "second");
    log(minutes(1), "fourth");
    let output = run(&home, &server, &["pull", &group]);
    assert_eq!(output.column("events"), ["2"], "{output}");
    let lines = manifest(&home);
    assert_eq!(lines.len(), 2);
    assert_eq!(lines[1]["from"], lines[0]["size"], "the second part goes on from the first");
    assert_eq!(events(&home).len(), 4);
}

#[test]
fn a_group_goes_on_from_its_last_commit() {
    let (home, server) = (Home::new(), Server::start());
    // More than comes between two commits.
    let (events_in_all, text) = (160, "x".repeat(250_000));
    server.account(|account| {
        for n in 0..events_in_all {
            let stream = format!("user{}-0e34861185201706f", n % 3);
            account.log(GROUP, &stream, MARCH + n * 1000, &format!("{n} {text}"));
        }
    });
    let mut refused = false;
    server.on("FilterLogEvents", move |call, _| {
        // Tokens name the time of the last event that came.
        let at = call.input["nextToken"].as_str()?.split('/').nth(2)?.parse::<i64>().ok()?;
        let refuse = at > MARCH + 140_000 && !std::mem::replace(&mut refused, true);
        refuse.then(|| Fault::denied("logs:FilterLogEvents", "*"))
    });
    let group = format!("cloudwatch:{GROUP}");
    assert_eq!(run(&home, &server, &["pull", &group]).code, Some(4));
    let before = events(&home).len() as i64;
    assert!(before > 100 && before < events_in_all, "{before}");
    let output = run(&home, &server, &["pull", &group]);
    assert_eq!(output.column("events"), [(events_in_all - before).to_string()], "{output}");
    let mut all = events(&home);
    all.dedup();
    assert_eq!(all.len() as i64, events_in_all);
}

#[test]
fn throttling_slows_down_and_loses_nothing() {
    let (home, server) = (Home::new(), Server::start());
    server.account(|account| {
        account.page_bytes = 4 << 10;
        for n in 0..1000_i64 {
            account.log(GROUP, "alice-0e34861185201706f", MARCH + n * 1000, &format!("line {n}"));
        }
    });
    server.on("FilterLogEvents", |call, _| match call.number {
        3..6 => Some(Fault::throttled()),
        8 => Some(Fault::Reset(None)),
        9 => {
            Some(Fault::error(503, "ServiceUnavailableException", "The service cannot complete the request."))
        }
        _ => None,
    });
    let output = run(&home, &server, &["pull", &format!("cloudwatch:{GROUP}")]);
    assert_eq!(output.column("events"), ["1000"], "{output}");
}

#[test]
fn one_session_comes_alone_and_is_not_doubled_by_its_group() {
    let (home, server) = (Home::new(), Server::start());
    let group = format!("cloudwatch:{GROUP}");
    server.account(|account| {
        account.empty_pages = 2;
        account.page_bytes = 8 << 10;
        for n in 0..1000_i64 {
            account.log(GROUP, "alice-0e34861185201706f", MARCH + n * 1000, &format!("line {}", n / 2 * 2));
            account.log(GROUP, "bob-0959abc60267189e0", MARCH + n * 1000, "bob");
        }
    });
    let one = ["pull", &group, "--session", "alice-0e34861185201706f"];
    assert_eq!(run(&home, &server, &one).column("events"), ["1000"]);
    assert_eq!(run(&home, &server, &one).column("events"), ["0"], "the end is a token that repeats");
    assert_eq!(run(&home, &server, &["pull", &group]).column("events"), ["1000"], "bob's alone");
    assert_eq!(run(&home, &server, &one).column("events"), ["0"]);
    assert_eq!(events(&home).len(), 2000);
    let missing = run(&home, &server, &["pull", &group, "--session", "carol-0959abc60267189e0"]);
    assert_eq!(missing.code, Some(4), "{missing}");
}

#[test]
fn a_group_of_infrequent_access_is_read_by_queries() {
    let (home, server) = (Home::new(), Server::start());
    server.account(|account| {
        account.group(GROUP).infrequent_access = true;
        for n in 0..25_000_i64 {
            account.log(GROUP, "alice-0e34861185201706f", MARCH + n * 40, &format!("line {n}"));
        }
    });
    let group = format!("cloudwatch:{GROUP}");
    let output = run(&home, &server, &["pull", &group]);
    assert_eq!(output.column("events"), ["25000"], "{output}");
    assert_eq!(server.count("FilterLogEvents"), 0);
    assert_eq!(run(&home, &server, &["pull", &group]).column("events"), ["0"]);
    assert_eq!(events(&home).len(), 25_000);
}

#[test]
fn a_group_that_is_not_there_or_refused_is_said() {
    let (home, server) = (Home::new(), Server::start());
    let missing = run(&home, &server, &["pull", "cloudwatch:/nowhere"]);
    assert_eq!(missing.code, Some(4), "{missing}");
    assert!(missing.stderr.contains("no such log group in the region eu-west-1"), "{missing}");
    assert!(missing.stderr.contains("hint: name another region"), "{missing}");

    server.account(|account| drop(account.log(GROUP, "a", MARCH, "x").clone()));
    let group = format!("cloudwatch:{GROUP}");
    let arn = "arn:aws:logs:eu-west-1:111122223333:log-group:/ssm/sessions:log-stream:";
    server.on("FilterLogEvents", move |_, _| Some(Fault::denied("logs:FilterLogEvents", arn)));
    let denied = run(&home, &server, &["pull", &group]);
    assert_eq!(denied.code, Some(4), "{denied}");
    assert!(denied.stderr.contains(&format!("logs:FilterLogEvents on {arn}")), "{denied}");

    server.on("DescribeLogGroups", |_, _| Some(Fault::expired(false)));
    let expired = run(&home, &server, &["pull", &group]);
    assert_eq!(expired.code, Some(4), "{expired}");
    assert!(expired.stderr.contains("hint: check the credentials"), "{expired}");
}

#[test]
fn without_leave_to_list_groups_one_is_read_all_the_same() {
    let (home, server) = (Home::new(), Server::start());
    server.account(|account| drop(account.log(GROUP, "alice-0e34861185201706f", MARCH, "x").clone()));
    server.on("DescribeLogGroups", |_, _| Some(Fault::denied("logs:DescribeLogGroups", "*")));
    let output = run(&home, &server, &["pull", &format!("cloudwatch:{GROUP}")]);
    assert_eq!(output.column("events"), ["1"], "{output}");
    assert_eq!(logs(&home), ["cloudwatch:111122223333/eu-west-1//ssm/sessions/alice-0e34861185201706f"]);
}

#[test]
fn sync_pulls_all_sources_and_indexes_what_came() {
    let (home, server) = (Home::new(), Server::start());
    let alice = "alice-0e34861185201706f";
    server.account(|account| {
        let log = "Script started on 2026-03-02 10:00:00+00:00\r\nsh-5.2$ uptime\r\n up\r\n";
        account.bucket("logs").put("ssm/bob-0959abc60267189e0.log", log);
        account.log(GROUP, alice, MARCH, &streamed(alice, 0, "whoami"));
    });
    home.write(
        "whoran.toml",
        format!(
            "[[source]]\nfrom = \"s3://logs/ssm/\"\n\n[[source]]\nfrom = \"cloudwatch:{GROUP}\"\n\
             region = \"eu-west-1\"\nassume_role = \"arn:aws:iam::111122223333:role/read-logs\"\n\
             requests_per_second = 500.0\n"
        )
        .as_bytes(),
    );
    let output = run(&home, &server, &["sync"]);
    assert_eq!(output.code, Some(0), "{output}");
    assert_eq!(home.run(&["sessions"]).column("session_id"), [alice, "bob-0959abc60267189e0"]);
    let hits = home.run(&["search", "whoami"]);
    let evidence = &hits.rows()[0]["evidence"][0]["log"];
    assert_eq!(evidence, &format!("cloudwatch:111122223333/eu-west-1/{GROUP}/{alice}"), "{hits}");
    assert_eq!(server.count("AssumeRole"), 1, "for the source that says so");

    let before = home.everything();
    assert_eq!(run(&home, &server, &["sync"]).code, Some(0));
    assert_eq!(home.everything(), before);

    // The session goes on, and is replaced by what it is now.
    server
        .account(|account| drop(account.log(GROUP, alice, MARCH + 5000, &streamed(alice, 5, "id")).clone()));
    server.account(|account| drop(account.log(GROUP, alice, LATER, &streamed(alice, 9, "exit")).clone()));
    let output = run(&home, &server, &["sync"]);
    assert_eq!(output.code, Some(0), "{output}");
    let commands = home.run(&["show", "alice", "-f", "jsonl"]).column("command");
    assert_eq!(
        commands,
        ["whoami", "exit"],
        "what came later than 15 minutes after its time is not looked for"
    );
}

#[test]
fn one_source_that_fails_does_not_keep_the_others() {
    let (home, server) = (Home::new(), Server::start());
    server.account(|account| drop(account.bucket("logs").put("a.log", "sh-5.2$ id\r\n").clone()));
    let output = run(&home, &server, &["pull", "s3://nowhere", "s3://logs"]);
    assert_eq!(output.code, Some(4), "{output}");
    assert_eq!(output.column("logs"), ["0", "1"]);
    assert!(output.rows()[0]["error"].as_str().unwrap().contains("NoSuchBucket"), "{output}");
}

#[test]
fn init_writes_the_sources_that_the_account_logs_to() {
    let (home, server) = (Home::new(), Server::start());
    server.account(|account| {
        let document = r#"{"schemaVersion":"1.0","sessionType":"Standard_Stream","inputs":{"s3BucketName":"logs",
            "s3KeyPrefix":"ssm","cloudWatchLogGroupName":"/ssm/sessions"}}"#;
        account.documents.insert("SSM-SessionManagerRunShell".into(), document.into());
        account.bucket("logs").put("ssm/bob-0959abc60267189e0.log", "sh-5.2$ id\r\n");
        account.group(GROUP);
    });
    assert_eq!(run(&home, &server, &["init"]).code, Some(0));
    let text = std::fs::read_to_string(home.path("whoran.toml")).unwrap();
    let sources: Vec<&str> = text.lines().filter(|l| !l.starts_with('#') && !l.is_empty()).collect();
    assert_eq!(
        sources,
        [
            "[[source]]",
            r#"from = "s3://logs/ssm/""#,
            r#"region = "eu-west-1""#,
            "[[source]]",
            r#"from = "cloudwatch:/ssm/sessions""#,
            r#"region = "eu-west-1""#,
        ]
    );
    assert_eq!(run(&home, &server, &["init"]).code, Some(2), "it is never written over");
    assert_eq!(run(&home, &server, &["sync"]).code, Some(0));
    let policy = run(&home, &server, &["policy"]);
    assert!(policy.stdout.contains("arn:aws:logs:eu-west-1:*:log-group:/ssm/sessions:*"), "{policy}");
}

#[test]
fn init_without_an_account_writes_an_example_that_can_be_read() {
    let (home, server) = (Home::new(), Server::start());
    server.on("GetDocument", |_, _| Some(Fault::denied("ssm:GetDocument", "*")));
    let output = run(&home, &server, &["init", "--config", "mine.toml"]);
    assert_eq!((output.code, output.stdout.as_str()), (Some(0), "mine.toml\n"), "{output}");
    let text = std::fs::read_to_string(home.path("mine.toml")).unwrap().replace("\n#[[", "\n[[");
    let text = text.replace("\n#from", "\nfrom").replace("\n#region", "\nregion");
    home.write("mine.toml", text.as_bytes());
    let policy = run(&home, &server, &["policy", "--config", "mine.toml"]);
    assert_eq!(policy.code, Some(0), "{policy}");
}

#[test]
fn what_is_asked_for_wrongly_is_said() {
    let (home, server) = (Home::new(), Server::start());
    for (args, word) in [
        (vec!["pull"], "whoran.toml"),
        (vec!["pull", "http://x"], "s3://bucket/prefix"),
        (vec!["pull", "s3://b", "--session", "a-0e34861185201706f"], "--session is for log groups"),
        (vec!["pull", "s3://b", "--requests-per-second", "0"], "no rate"),
    ] {
        let output = Output::of(&mut command(&home, server.endpoint(), &args));
        assert_eq!(output.code, Some(2), "{output}");
        assert!(output.stderr.contains(word), "{output}");
    }
    assert!(!home.path("data").exists(), "nothing was begun");
}
