//! `whoran report`: every figure right, every form harmless, the same bytes each time, and no name where none belongs.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use serde_json::Value;
use whoran_report::safe;
use whoran_testkit::organisation::{OrganisationSpec, OrganisationTruth, organisation};

use crate::home::Home;

/// Before any run of a test: uses of the program until then are part of a report.
const NOW: &str = "2026-10-01T00:00:00Z";

const KINDS: &[&[&str]] = &[
    &["compliance", "--framework", "pci", "--from", "2026-01-01"],
    &["compliance", "--framework", "nist", "--from", "2026-01-01"],
    &["compliance", "--framework", "soc2", "--from", "2026-01-01"],
    &["compliance", "--framework", "iso27001", "--from", "2026-01-01"],
    &["compliance", "--framework", "hipaa", "--from", "2026-01-01", "--verify"],
    &["activity"],
    &["activity", "--from", "2026-03-01", "--to", "2026-03-01"],
    &["session", "alice"],
    &["diff", "--from", "2026-03-01T09:00"],
];

fn with<'a>(kind: &[&'a str], more: &[&'a str]) -> Vec<&'a str> {
    [&["report"], kind, &["--now", NOW], more].concat()
}

fn json(home: &Home, kind: &[&str]) -> Value {
    let output = home.run(&with(kind, &["--format", "json"]));
    assert_eq!(output.code, Some(0), "{output}");
    serde_json::from_str(&output.stdout).unwrap()
}

fn blocks<'a>(report: &'a Value, section: &str) -> Vec<&'a Value> {
    let sections = report["sections"].as_array().unwrap();
    let section = sections.iter().find(|s| s["section"] == section).unwrap();
    section["blocks"].as_array().unwrap().iter().collect()
}

fn fact(report: &Value, section: &str, key: &str) -> u64 {
    let facts = blocks(report, section).into_iter().filter_map(|block| block["facts"].as_array()).flatten();
    facts.filter(|fact| fact["key"] == key).map(|fact| fact["value"].as_u64().unwrap()).next().unwrap()
}

fn table<'a>(report: &'a Value, name: &str) -> &'a Value {
    let sections = report["sections"].as_array().unwrap();
    let mut blocks = sections.iter().flat_map(|section| section["blocks"].as_array().unwrap());
    blocks.find(|block| block["table"] == name).unwrap()
}

fn rows<'a>(report: &'a Value, name: &str) -> &'a Vec<Value> {
    table(report, name)["rows"].as_array().unwrap()
}

fn sum(report: &Value, name: &str, key: &str) -> u64 {
    rows(report, name).iter().map(|row| row[key].as_u64().unwrap()).sum()
}

/// How many rows have each value of a key.
fn tally(report: &Value, name: &str, key: &str) -> BTreeMap<String, u64> {
    let mut tally = BTreeMap::new();
    for row in rows(report, name) {
        *tally.entry(row[key].as_str().unwrap_or("-").to_owned()).or_default() += 1;
    }
    tally
}

fn text(path: &Path) -> String {
    fs::read_to_string(path).unwrap()
}

#[test]
fn every_report_meets_the_published_schema() {
    let home = Home::with_context();
    let schema = Path::new(env!("CARGO_MANIFEST_DIR")).join("../report/schema/report.schema.json");
    let schema = jsonschema::validator_for(&serde_json::from_str(&text(&schema)).unwrap()).unwrap();
    for kind in KINDS {
        let report = json(&home, kind);
        let errors: Vec<_> =
            schema.iter_errors(&report).map(|e| format!("{}: {e}", e.instance_path())).take(3).collect();
        assert!(errors.is_empty(), "{kind:?}: {errors:#?}");
    }
    assert!(!schema.is_valid(&serde_json::json!({ "v": 1 })));
}

#[test]
fn the_same_archive_and_time_give_the_same_bytes() {
    let home = Home::with_context();
    for (at, kind) in KINDS.iter().enumerate() {
        let folders = ["a", "b"].map(|copy| format!("{copy}{at}"));
        for folder in &folders {
            let output = home.run(&with(kind, &["-o", folder]));
            assert_eq!(output.code, Some(0), "{output}");
        }
        let files = |folder: &String| -> BTreeMap<_, _> {
            let entries = fs::read_dir(home.path(folder)).unwrap();
            entries.map(|e| e.unwrap()).map(|e| (e.file_name(), fs::read(e.path()).unwrap())).collect()
        };
        let [first, second] = [files(&folders[0]), files(&folders[1])];
        for (name, bytes) in &first {
            assert!(second[name] == *bytes, "{kind:?}: {}", name.display());
        }
        let sums = text(&home.path(&folders[0]).join("SHA256SUMS"));
        assert_eq!(sums.lines().count() + 1, first.len());
        assert!(first.len() >= 7 && sums.contains("  report.html\n"), "{sums}");
    }
}

#[test]
fn a_folder_with_something_in_it_stays_as_it_is() {
    let home = Home::indexed();
    home.write("out/report.html", b"theirs");
    let output = home.run(&with(&["activity"], &["-o", "out"]));
    assert_eq!(output.code, Some(2), "{output}");
    assert_eq!(text(&home.path("out/report.html")), "theirs");
    assert_eq!(home.run(&with(&["activity"], &["-o", "out", "--clobber"])).code, Some(0));
    assert!(text(&home.path("out/report.html")).starts_with("<!DOCTYPE html>"));
}

#[test]
fn what_nothing_explains_can_end_a_run() {
    let home = Home::indexed();
    // There is no CloudTrail: that is an exception.
    let kind = with(KINDS[0], &["--format", "json", "--fail-on", "exception"]);
    assert_eq!(home.run(&kind).code, Some(6));
    assert_eq!(home.run(&with(&["session", "alice"], &["--fail-on", "exception"])).code, Some(0));
    assert_eq!(home.run(&with(&["person", "nobody"], &[])).code, Some(1));
    let audit = home.run(&["audit", "--format", "jsonl"]).stdout;
    assert!(audit.contains(r#""verb":"report""#), "{audit}");
}

/// A report holds sessions against rules as `detect` does, and knows what was signed off until then.
#[test]
fn findings_are_those_of_detect_and_reviews_are_told() {
    let home = Home::new();
    let planted = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata/planted");
    let planted = planted.to_str().unwrap();
    assert_eq!(home.run(&["index", planted]).code, Some(0));
    let key = |row: &Value| {
        let text = |key: &str| row[key].to_string();
        (text("session_id"), text("seq"), text("rule_id"))
    };
    let detected = home.run(&["detect", "--format", "jsonl"]).rows();
    let due: BTreeSet<_> = detected.iter().map(key).collect();
    assert!(due.len() > 10, "{due:?}");
    // Later than everything that this test does.
    let report = |kind: &[&str]| -> Value {
        let output = home.run(&[&["report"], kind, &["--now", "2100-01-01", "--format", "json"]].concat());
        serde_json::from_str(&output.stdout).unwrap()
    };
    let kinds: [&[&str]; 2] = [&["compliance", "--framework", "nist", "--from", "2020-01-01"], &["activity"]];
    for kind in kinds {
        let report = report(kind);
        assert_eq!(rows(&report, "findings").iter().map(key).collect::<BTreeSet<_>>(), due, "{kind:?}");
        assert_eq!(sum(&report, "rules", "findings"), detected.len() as u64);
        assert_eq!(fact(&report, "findings", "findings"), detected.len() as u64);
        assert_eq!(fact(&report, "findings", "open"), detected.len() as u64);
        assert!(rows(&report, "findings").iter().all(|row| row["author"] != "" && row["why"] != "[]"));
        assert!(rows(&report, "reviews").is_empty());
        assert_eq!(table(&report, "unreviewed")["total"], fact(&report, "summary", "sessions"));
    }
    let exception =
        ["report", "activity", "--now", "2100-01-01", "--fail-on", "exception", "--format", "json"];
    assert_eq!(home.run(&exception).code, Some(6), "findings of level high are open");
    let sessions = due.iter().map(|(session, ..)| session.trim_matches('"')).collect::<BTreeSet<_>>();
    for session in &sessions {
        let signed = home.run(&["review", "add", session, "--verdict", "benign", "--note", "planted"]);
        assert_eq!(signed.code, Some(0), "{signed}");
    }
    for kind in kinds {
        let report = report(kind);
        assert_eq!(fact(&report, "findings", "open"), 0, "{kind:?}");
        assert_eq!(fact(&report, "reviews", "whole"), sessions.len() as u64);
        let reviews = rows(&report, "reviews");
        assert_eq!(reviews.len(), sessions.len());
        assert!(reviews.iter().all(|row| row["note"] == "planted" && row["holds"] == true));
        assert!(rows(&report, "findings").iter().all(|row| row["verdict"] == "benign"));
    }
}

#[test]
fn parameters_are_read_and_stated() {
    let home = Home::with_context();
    home.write(
        "whoran.toml",
        b"[report]\norganization = \"Example\"\nretention_months = 3\ncritical_nodes = [\"i-0aaaaaaaaaaaaaaa1\"]\n\
          reviewers = [\"Jo Doe\"]\nnodes = [\"i-0aaaaaaaaaaaaaaa1\"]\n",
    );
    let report = json(&home, KINDS[0]);
    assert_eq!(report["organization"], "Example");
    let set: BTreeMap<_, _> = rows(&report, "parameters")
        .iter()
        .map(|row| {
            (
                row["parameter"].as_str().unwrap(),
                (row["value"].as_str().unwrap(), row["set_by"].as_str().unwrap()),
            )
        })
        .collect();
    assert_eq!(set["retention_months"], ("3", "whoran.toml"));
    assert_eq!(set["accounts"], ("all", "default"));
    assert_eq!(rows(&report, "retention").len(), 3);
    assert!(rows(&report, "critical-nodes").iter().all(|row| row["target"] == "i-0aaaaaaaaaaaaaaa1"));
    assert_eq!(table(&report, "critical-nodes")["empty"], Value::Null);
    assert_eq!(blocks(&report, "sign-off")[1]["roles"][1]["name"], "Jo Doe");
    home.write("whoran.toml", b"[report]\nretention = 3\n");
    assert_eq!(home.run(&with(KINDS[0], &[])).code, Some(2));
}

#[test]
fn a_cut_table_says_how_much_there_is_and_an_empty_one_why() {
    let home = Home::with_context();
    let report = json(&home, &[KINDS[0], &["--limit", "1"]].concat());
    let mut cut = 0;
    for section in report["sections"].as_array().unwrap() {
        for block in section["blocks"].as_array().unwrap().iter().filter(|block| block["block"] == "table") {
            let (shown, total) = (block["shown"].as_u64().unwrap(), block["total"].as_u64().unwrap());
            assert_eq!(shown, block["rows"].as_array().unwrap().len() as u64);
            assert_eq!(total == 0, block["empty"].as_str().is_some_and(|why| !why.is_empty()), "{block}");
            assert_eq!(shown < total, !block["whole"].is_null(), "{}", block["table"]);
            cut += u64::from(shown < total);
        }
    }
    assert!(cut > 3, "{cut}");
}

/// One session whose every part tries to act.
fn hostile() -> Home {
    let home = Home::new();
    let lines: Vec<String> = [
        "<script>alert(1)</script>",
        "echo '<img src=x onerror=alert(2)>' </td></table>",
        "=cmd|' /C calc'!A0",
        "sudo rm \u{202e}gpj.exe \u{1b}]0;owned\u{7}",
        "@SUM(A1) & \"quoted\" 'single'",
    ]
    .iter()
    .map(|command| format!("[root@<b>host</b> ~]# {command}"))
    .collect();
    let event = serde_json::json!({
        "eventVersion": "1.0", "eventTime": "2026-03-01T08:00:05Z", "awsRegion": "<i>eu</i>",
        "target": { "id": "i-\"><script>alert(3)</script>" },
        "userIdentity": { "arn": "arn:aws:iam::111122223333:user/<script>alert(4)<script>" },
        "runAsUser": "=root<svg onload=alert(5)>",
        "sessionId": "<svg onload=alert(6)>-0e34861185201706f",
        "sessionData": lines,
    });
    home.write("logs/<script>=1.jsonl", format!("{event}\n").as_bytes());
    home.write("whoran.toml", b"[report]\norganization = \"<script>alert(7)</script>\"\n");
    assert_eq!(home.run(&["index", "logs"]).code, Some(0));
    home
}

#[test]
fn hostile_content_is_inert_in_every_form() {
    let home = hostile();
    for (at, kind) in [KINDS[0], KINDS[1], &["activity"], &["session", "<svg"], KINDS[8]].iter().enumerate() {
        let folder = format!("out{at}");
        let output = home.run(&with(kind, &["-o", &folder]));
        assert_eq!(output.code, Some(0), "{output}");
        let page = text(&home.path(&folder).join("report.html"));
        assert!(page.contains("&lt;script&gt;alert(") || at == 4, "the content is there");
        for tag in ["<script", "<img", "<i>", "<b>", "onload=\"", "onerror=\"", "javascript:", "http:"] {
            assert!(!page.contains(tag), "{kind:?}: {tag}");
        }
        assert!(page.contains("default-src &#39;none&#39;") || page.contains("default-src 'none'"));
        for svg in page.split("<svg").skip(1) {
            assert!(svg.starts_with(" viewBox="), "{}", &svg[..60]);
        }
        for file in fs::read_dir(home.path(&folder)).unwrap() {
            let path = file.unwrap().path();
            let text = text(&path);
            let acts = |c: char| safe::is_active(c) && !matches!(c, '\n' | '\t');
            assert!(!text.contains(acts), "{}", path.display());
            if path.extension().is_some_and(|ending| ending == "csv") {
                let mut cells = csv::ReaderBuilder::new().has_headers(false).from_reader(text.as_bytes());
                for cell in
                    cells.records().flat_map(|row| row.unwrap().iter().map(str::to_owned).collect::<Vec<_>>())
                {
                    assert!(!cell.starts_with(['=', '+', '-', '@', '\t']), "{}: {cell}", path.display());
                }
            }
        }
    }
}

#[test]
fn pseudonyms_leave_no_name_anywhere() {
    let home = Home::with_context();
    let names = ["alice", "bob"];
    for (at, kind) in [KINDS[0], KINDS[5], KINDS[7], KINDS[8]].iter().enumerate() {
        let folder = format!("out{at}");
        assert_eq!(home.run(&with(kind, &["-o", &folder, "--pseudonyms"])).code, Some(0));
        for file in fs::read_dir(home.path(&folder)).unwrap() {
            let path = file.unwrap().path();
            let text = text(&path).to_lowercase();
            for name in names {
                assert!(!text.contains(name), "{name} in {}", path.display());
            }
        }
    }
    let page = text(&home.path("out0/report.html"));
    assert!(page.contains("person-"), "pseudonyms are there");
    let [first, second] = ["out0", "out1"].map(|folder| {
        let report: Value = serde_json::from_str(&text(&home.path(folder).join("report.json"))).unwrap();
        rows(&report, "sessions").iter().map(|row| row["session_id"].to_string()).collect::<BTreeSet<_>>()
    });
    assert!(!first.is_empty() && first.is_subset(&second), "stable: {first:?} {second:?}");
}

/// The figures of a report on a generated organisation, each against what is true of it.
fn figures_are_right(report: &Value, truth: &OrganisationTruth) {
    let sessions = truth.sessions.values();
    let logged = sessions.clone().filter(|s| s.logged).count() as u64;
    let commands: u64 = sessions.clone().map(|s| s.commands).sum();
    let count = |gap: &str| truth.gaps.iter().filter(|(_, kind, _)| *kind == gap).count() as u64;
    let all = truth.sessions.len() as u64;
    let somebody =
        |person: &Option<String>, principal: &String| person.clone().unwrap_or_else(|| principal.clone());
    for (key, due) in [
        ("sessions", all),
        ("logged", logged),
        ("commands", commands),
        ("nodes", sessions.clone().map(|s| &s.node).collect::<BTreeSet<_>>().len() as u64),
        ("refused", truth.attempts.len() as u64),
    ] {
        assert_eq!(fact(report, "summary", key), due, "{key}");
    }
    // A name that a caller chose is no person: such a session counts by its principal.
    let persons = sessions.clone().map(|s| match s.basis {
        Some("role-session-name") | None => s.principal.clone(),
        _ => somebody(&s.person, &s.principal),
    });
    assert_eq!(fact(report, "summary", "persons"), persons.collect::<BTreeSet<_>>().len() as u64);
    for (key, due) in [
        ("sessions", all),
        ("logged", logged),
        ("unlogged", all - logged),
        ("recorded", all - count("no-start")),
        ("commands", commands),
    ] {
        assert_eq!(sum(report, "population", key), due, "population {key}");
    }
    let mut places = BTreeMap::<_, u64>::new();
    sessions.clone().for_each(|s| *places.entry((s.place.0, s.place.1)).or_default() += 1);
    let said: BTreeMap<_, _> = rows(report, "population")
        .iter()
        .map(|row| {
            (
                (row["account"].as_str().unwrap(), row["region"].as_str().unwrap()),
                row["sessions"].as_u64().unwrap(),
            )
        })
        .collect();
    assert_eq!(said, places);

    let mut gaps = BTreeMap::<_, u64>::new();
    truth.gaps.iter().for_each(|(_, gap, cause)| *gaps.entry((*gap, *cause)).or_default() += 1);
    let said: BTreeMap<_, _> = rows(report, "gap-summary")
        .iter()
        .map(|row| {
            (
                (row["gap"].as_str().unwrap(), row["cause"].as_str().unwrap()),
                row["sessions"].as_u64().unwrap(),
            )
        })
        .collect();
    assert_eq!(said, gaps);
    assert_eq!(table(report, "gaps")["total"], truth.gaps.len());

    let mut verdicts = BTreeMap::<_, u64>::new();
    let refused = truth.attempts.values().filter(|a| !a.denied).map(|a| a.verdict);
    sessions.clone().map(|s| s.verdict).chain(refused).for_each(|v| *verdicts.entry(v).or_default() += 1);
    let said: BTreeMap<_, _> = rows(report, "run-as-verdicts")
        .iter()
        .map(|row| (row["verdict"].as_str().unwrap(), row["sessions"].as_u64().unwrap()))
        .collect();
    assert_eq!(said, verdicts);

    let denied = truth.attempts.values().filter(|a| a.denied).count() as u64;
    let said = tally(report, "attempts", "outcome");
    assert_eq!(said.get("denied").copied().unwrap_or_default(), denied);
    assert_eq!(said.get("failed").copied().unwrap_or_default(), truth.attempts.len() as u64 - denied);

    let pairs = truth.access.values();
    let told = pairs.clone().filter(|p| p.start != "not-granted" || p.started + p.denied > 0).count();
    // Root is in no snapshot, and its pairs stand beside the others.
    let root = rows(report, "access").iter().filter(|row| row["start"].is_null()).count();
    assert_eq!(rows(report, "access").len() - root, told);
    assert_eq!(fact(report, "access", "none"), (pairs.len() - told) as u64);
    for (key, start) in [("granted", "granted"), ("conditional", "conditional")] {
        let due = pairs.clone().filter(|p| p.start == start).count() as u64;
        assert_eq!(fact(report, "access", key), due, "{start}");
    }
    let unused = pairs.clone().filter(|p| p.start == "granted" && p.started == 0).count() as u64;
    assert_eq!(fact(report, "access", "unused"), unused);
    assert_eq!(sum(report, "access", "used"), all);
    assert_eq!(sum(report, "access", "denied"), denied);

    let mut users: BTreeMap<(&str, &str), BTreeMap<String, u64>> = BTreeMap::new();
    for session in sessions.clone().filter(|s| s.logged) {
        let by = users.entry((&session.node, session.used.as_deref().unwrap())).or_default();
        *by.entry(somebody(&session.person, &session.principal)).or_default() += session.commands;
    }
    users.retain(|_, by| by.len() > 1);
    assert_eq!(fact(report, "shared", "shared_users"), users.len() as u64);
    assert_eq!(rows(report, "shared").len(), users.values().map(BTreeMap::len).sum::<usize>());
    assert_eq!(sum(report, "shared", "commands"), users.values().flat_map(BTreeMap::values).sum::<u64>());

    let privileged: u64 =
        sessions.clone().filter(|s| s.used.as_deref() == Some("root")).map(|s| s.commands).sum();
    assert_eq!(fact(report, "summary", "privileged"), privileged);
    assert_eq!(sum(report, "privileged-by", "privileged"), privileged);

    let present = |element: &str| {
        let row = rows(report, "record-elements").iter().find(|row| row["element"] == element).unwrap();
        (row["records"].as_u64().unwrap(), row["present"].as_u64().unwrap())
    };
    assert_eq!(present("OS user"), (commands, commands));
    let reasons = sessions.clone().filter(|s| s.reason.is_some()).count() as u64;
    assert_eq!(present("reason"), (all, reasons));
    let sources = sessions.filter(|s| !s.source_ip.is_empty()).count() as u64;
    assert_eq!(present("source address"), (all, sources));
    for row in rows(report, "samples") {
        let due = &truth.sessions[row["session_id"].as_str().unwrap()];
        assert_eq!(row["verdict"], due.verdict);
        assert_eq!(row["target"], due.node.as_str());
        assert_eq!(row["commands"], due.commands);
        assert_eq!(row["event_ids"].as_array().unwrap().is_empty(), due.source_ip.is_empty());
    }
}

/// All of a generated organisation, in one report that is not cut.
fn of_an_organisation(spec: &OrganisationSpec) -> (Home, Value) {
    let home = Home::new();
    let truth = organisation(spec, &home.path("organisation")).unwrap();
    assert_eq!(home.run(&["index", "organisation/logs", "organisation/context"]).code, Some(0));
    let whole = [
        "compliance",
        "--framework",
        "nist",
        "--from",
        "2020-01-01",
        "--limit",
        "1000000",
        "--samples",
        "50",
    ];
    let report = json(&home, &whole);
    figures_are_right(&report, &truth);
    (home, report)
}

#[test]
fn every_figure_of_a_large_organisation_is_its_known_answer() {
    of_an_organisation(&OrganisationSpec::FULL);
}

#[test]
fn every_figure_of_an_organisation_is_its_known_answer() {
    let (home, report) = of_an_organisation(&OrganisationSpec::SMALL);
    // Periods that follow each other share no session and leave none out.
    let parts = ["2020-01-01,2026-03-10", "2026-03-11,2026-03-20", "2026-03-21,2026-12-31"].map(|period| {
        let (from, to) = period.split_once(',').unwrap();
        let kind = ["compliance", "--framework", "pci", "--from", from, "--to", to, "--limit", "1"];
        let report = json(&home, &kind);
        [("summary", "sessions"), ("summary", "commands"), ("summary", "refused")]
            .map(|(section, key)| fact(&report, section, key))
    });
    let due = ["sessions", "commands", "refused"].map(|key| fact(&report, "summary", key));
    let sums = [0, 1, 2].map(|at| parts.iter().map(|part| part[at]).sum::<u64>());
    assert_eq!(sums, due);
    assert!(
        parts.iter().filter(|part| part[0] > 0).count() > 1,
        "more than one of the periods has something"
    );
}
