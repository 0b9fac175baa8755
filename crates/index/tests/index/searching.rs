//! The index finds what reading every record finds.

use jiff::tz::TimeZone;
use rand_like::Dice;
use regex::RegexBuilder;
use whoran_index::{
    Expr, Field, FieldType, Index, Match, Order, Query, SearchOptions, SessionFilter, Value, Writer,
};
use whoran_model::{CommandKind, CommandRecord, NodeId, OsUser, Principal};

use crate::given::{OPTIONS, at, indexed, record, secrets, session, sid};

/// Numbers that look random and are the same in every run.
pub(crate) mod rand_like {
    pub(crate) struct Dice(pub(crate) u64);

    impl Dice {
        pub(crate) fn roll(&mut self, sides: usize) -> usize {
            self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (self.0 >> 33) as usize % sides
        }

        pub(crate) fn pick<'a>(&mut self, from: &[&'a str]) -> &'a str {
            from[self.roll(from.len())]
        }
    }
}

const WORDS: &[&str] = &[
    "cat",
    "/etc/passwd",
    "/etc/shadow",
    "|",
    "||",
    "grep",
    "-rf",
    "rm",
    "--no-verify",
    ">/dev/null",
    "2>&1",
    "日本語",
    "Straße",
    "sudo",
    "PASSWD",
    "foo-bar",
    "foo",
    "bar",
    "a_b",
    "$(whoami)",
    "*",
    "passwords",
];

fn corpus(sessions: usize, length: u32) -> Vec<CommandRecord> {
    let mut dice = Dice(11);
    let mut records = Vec::new();
    for s in 0..sessions {
        for seq in 0..length {
            let mut text = |n: usize| {
                let words: Vec<_> = (0..n).map(|_| dice.pick(WORDS)).collect();
                words.join(if dice.roll(2) == 0 { " " } else { "\n\t" })
            };
            let mut r = record(&format!("alice-{s:02}"), seq, &text(3));
            r.command.output = text(4);
            r.identity =
                [None, Some("arn:aws:iam::1:user/alice"), Some("arn:aws:sts::1:assumed-role/Ops/bob.smith")]
                    [dice.roll(3)]
                .map(Principal::new);
            r.command.os_user =
                [None, Some("root"), Some("ec2-user"), Some("Root-Admin")][dice.roll(4)].map(OsUser::new);
            r.target = Some(NodeId::new(["i-0aaa", "i-0aab", "mi-1"][dice.roll(3)]));
            r.command.time = [
                None,
                Some(at("2024-05-01T00:00:00Z")),
                Some(at("2024-05-01T23:59:59.9999999Z")),
                Some(at("2024-05-02T00:00:00Z")),
                Some(at("1969-12-31T23:59:59Z")),
            ][dice.roll(5)];
            r.command.kind = [CommandKind::Shell, CommandKind::Repl][dice.roll(2)];
            r.command.confidence = [1.0, 0.9, 0.25][dice.roll(3)];
            r.command.output_truncated = dice.roll(2) == 0;
            r.secrets = secrets(dice.roll(3) as u32);
            records.push(r);
        }
    }
    records
}

/// Letters together, each other sign with its repetitions, nothing for white space: written apart from the index's own.
fn pieces(text: &str) -> Vec<String> {
    let mut pieces: Vec<String> = Vec::new();
    let mut before = ' ';
    for c in text.to_lowercase().chars() {
        let han = ('\u{4e00}'..='\u{9fff}').contains(&c);
        let joins = c == before && !c.is_alphanumeric()
            || c.is_alphanumeric()
                && before.is_alphanumeric()
                && !han
                && !('\u{4e00}'..='\u{9fff}').contains(&before);
        match pieces.last_mut() {
            _ if c.is_whitespace() => {}
            Some(last) if joins => last.push(c),
            _ => pieces.push(c.to_string()),
        }
        before = c;
    }
    pieces
}

fn found(field: &Field, value: &str, wanted: &str, prefix: bool) -> bool {
    if field.ty != FieldType::Text {
        let (value, wanted) = (value.to_lowercase(), wanted.to_lowercase());
        return if prefix { value.starts_with(&wanted) } else { value == wanted };
    }
    let (value, wanted) = (pieces(value), pieces(wanted));
    value.windows(wanted.len()).any(|window| {
        let last = wanted.len() - 1;
        window[..last] == wanted[..last]
            && if prefix { window[last].starts_with(&wanted[last]) } else { window[last] == wanted[last] }
    })
}

fn meets(record: &CommandRecord, expr: &Expr) -> bool {
    let value = |field: &Field| (field.of_command)(record);
    match expr {
        Expr::All => true,
        Expr::Not(inner) => !meets(record, inner),
        Expr::And(parts) => parts.iter().all(|part| meets(record, part)),
        Expr::Or(parts) => parts.iter().any(|part| meets(record, part)),
        Expr::Known(field) => value(field) != Value::Null,
        Expr::Gap | Expr::Sessions(_) | Expr::Values(_) | Expr::Indicators(_) => false,
        Expr::Pattern(pattern) => {
            let holds = |text: &str| {
                if pattern.literal {
                    return text.contains(&pattern.text);
                }
                RegexBuilder::new(&pattern.text).multi_line(true).build().unwrap().is_match(text)
            };
            let places = pattern.field.map_or(vec!["command", "output"], |field| vec![field.key]);
            places.into_iter().any(|key| match value(whoran_index::field(key).unwrap()) {
                Value::Text(text) => holds(&text),
                Value::List(texts) => texts.iter().any(|text| holds(text)),
                _ => false,
            })
        }
        Expr::Bool { field, value: wanted } => value(field) == Value::Bool(*wanted),
        Expr::Number { field, from, to } => {
            let Value::Number(n) = value(field) else { return false };
            from.is_none_or(|from| n >= from) && to.is_none_or(|to| n <= to)
        }
        Expr::Time { field, from, to } => {
            let Value::Time(time) = value(field) else { return false };
            from.is_none_or(|from| time >= from) && to.is_none_or(|to| time < to)
        }
        Expr::Match(Match { field: Some(field), text, prefix }) => match value(field) {
            Value::Text(value) => found(field, &value, text, *prefix),
            Value::List(values) => values.iter().any(|value| found(field, value, text, *prefix)),
            _ => false,
        },
        Expr::Match(Match { field: None, text, prefix }) => {
            ["command", "output"].map(|key| whoran_index::field(key).unwrap()).into_iter().any(|field| {
                meets(record, &Expr::Match(Match { field: Some(field), text: text.clone(), prefix: *prefix }))
            })
        }
    }
}

fn ids(index: &Index, query: &Query, options: &SearchOptions) -> (u64, Vec<String>) {
    let hits = index.search(query, options).unwrap();
    (hits.total().unwrap(), hits.map(|hit| hit.unwrap().id).collect())
}

fn in_order(mut records: Vec<&CommandRecord>, order: Order) -> Vec<String> {
    records.sort_by(|a, b| {
        let place = (&a.session_id, a.command.seq).cmp(&(&b.session_id, b.command.seq));
        match order {
            Order::NewestFirst => b.command.time.cmp(&a.command.time).then(place),
            Order::OldestFirst => {
                let time = |r: &CommandRecord| (r.command.time.is_none(), r.command.time);
                time(a).cmp(&time(b)).then(place)
            }
            Order::Session => place,
        }
    });
    records.into_iter().map(|r| r.id.clone()).collect()
}

#[test]
fn a_part_of_a_session_is_what_lies_between() {
    let records = corpus(3, 6);
    let dir = tempfile::tempdir().unwrap();
    let index = indexed(dir.path(), &records);
    let id = &records[0].session_id;
    let all = index.commands_of(id).unwrap();
    assert!(all.len() > 4);
    assert_eq!(index.commands_in(id, 1..=3).unwrap(), all[1..=3]);
    assert_eq!(index.commands_in(id, 2..=u32::MAX).unwrap(), all[2..]);
    assert_eq!(index.commands_in(id, 1000..=1001).unwrap(), []);
}

#[test]
fn hits_are_those_of_a_reader_with_patience() {
    let records = corpus(12, 6);
    let dir = tempfile::tempdir().unwrap();
    let index = indexed(dir.path(), &records);
    let mut some = 0;
    let mut check = |text: &str| {
        let query = Query::parse(text, &TimeZone::UTC).unwrap_or_else(|e| panic!("{text}: {e}"));
        let expected: Vec<_> = records.iter().filter(|r| meets(r, query.expr())).collect();
        some += usize::from(!expected.is_empty() && expected.len() < records.len());
        for order in [Order::NewestFirst, Order::OldestFirst, Order::Session] {
            let expected = in_order(expected.clone(), order);
            for limit in [None, Some(0), Some(1), Some(7)] {
                let options = SearchOptions { limit, order, ..SearchOptions::default() };
                let (total, hits) = ids(&index, &query, &options);
                assert_eq!(total as usize, expected.len(), "{text}");
                assert_eq!(
                    hits,
                    expected[..limit.unwrap_or(usize::MAX).min(expected.len())],
                    "{text} {options:?}"
                );
            }
        }
    };
    let id = &records[5].id;
    for length in 1..=id.len() {
        let begun = &id[..length];
        for text in ["id:X", "id:X*", "id:\"X\"", "NOT id:X", "cat id:X", "cat OR id:X", "id:X NOT id:\"X\""]
        {
            check(&text.replace('X', begun));
        }
    }
    for text in [
        "identity:ROLE/ops",
        "identity:\"role Ops\"",
        "identity:bob*",
        "identity:\"user ali\"*",
        "identity:ob",
        "identity:'role/Ops'",
        "identity:'role/ops'",
        "identity:/:user.a/",
        "NOT identity:/Ops/",
        "cat NOT identity:bob",
        "evidence:03",
        "evidence:/-0[1-4]/ identity:alice",
        "evidence:log OR cat",
        "NOT evidence:log",
        "host:ip-10* cwd:/home/ssm-user",
        "cwd:'/HOME'",
        "host:none",
        "cat host:none",
        "NOT host:none",
    ] {
        check(text);
    }
    for text in ["id:*", "NOT id:*", "seq:*", "NOT kind:*", "id:/^[0-7]/", "kind:* cat", "evidence:*"] {
        check(text);
    }
    for text in [
        "",
        "cat",
        "CAT",
        "passwd",
        "/etc/passwd",
        "etc/passwd",
        "/etc",
        "|",
        "||",
        "-rf",
        "rf",
        "--no-verify",
        "verify",
        ">/dev/null",
        "null",
        "2>&1",
        "日本語",
        "本語",
        "語日",
        "strasse",
        "STRASSE",
        "straße",
        "foo-bar",
        "\"foo bar\"",
        "a_b",
        "$(whoami)",
        "whoami",
        "\"*\"",
        "pass*",
        "/etc/pass*",
        "日*",
        "\"cat /etc/pa\"*",
        "\"/etc/\"*",
        "\"cat /etc/passwd\"",
        "\"rm -rf\"",
        "command:cat",
        "output:cat",
        "cat passwd",
        "cat OR rm",
        "NOT cat",
        "rm NOT cat",
        "NOT cat NOT rm",
        "NOT (cat OR rm)",
        "(cat OR rm) (foo OR bar)",
        "cat OR NOT rm",
        "NOT NOT cat",
        "os-user:root",
        "os-user:ROOT",
        "os-user:root*",
        "os-user:\"root-admin\"",
        "os-user:*",
        "NOT os-user:*",
        "NOT os-user:root",
        "identity:alice",
        "identity:bob",
        "identity:smith",
        "identity:user/alice",
        "identity:Ops/bob.smith",
        "identity:arn:aws:iam::1:user/alice",
        "NOT identity:*",
        "target:i-0aaa",
        "target:i-0aa*",
        "target:i-0",
        "session_id:alice-03",
        "session:alice",
        "session:03",
        "kind:repl",
        "NOT kind:repl",
        "seq:3",
        "seq:[2 TO 4]",
        "seq:[* TO 1]",
        "confidence:0.9",
        "confidence:[0 TO 0.9]",
        "masked:[1 TO *]",
        "output_truncated:true",
        "output_truncated:no",
        "account:111122223333",
        "evidence:alice-03",
        "cwd:home",
        "typed:x",
        "NOT typed:x",
        "time:2024-05-01",
        "time:[2024-05-02 TO *]",
        "time:[* TO 2024-05-01]",
        "time:[2024-05-01T00:00:00Z TO 2024-05-01T00:00:00Z]",
        "time:*",
        "NOT time:*",
        "time:1969-12-31",
        "NOT time:2024-05-01",
        "host:ip-10-0-0-1 os-user:root cat",
        "'rm -rf'",
        "'passwd'",
        "'PASSWD'",
        "'asswd'",
        "'tc/pass'",
        "'w'",
        "'|'",
        "'||'",
        "'n/null'",
        "'>/dev/nu'",
        "' '",
        "'\n\t'",
        "'本'",
        "'traße'",
        "'*'",
        "command:'rm'",
        "output:'oo-b'",
        "NOT 'cat'",
        "'cat' NOT 'passwd' os-user:root",
        "'cat' OR NOT (output:'rm' 'foo')",
        "in:output cat",
        "in:output 'cat' (in:command grep OR rm)",
        "/c.t/",
        "/ca(t|p) /",
        r"/cat .*\|\s*(grep|sudo)/",
        "/(?i)PASSWORDS?$/",
        "/(?i)STRASSE|straße/",
        r"/^rm\b/",
        r"/\$\(\w+\)/",
        r"/[^a-z\s]{3}/",
        "/(foo|bar)+-(foo|bar)/",
        r"/\/etc\/(passwd|shadow)$/",
        "NOT /pass(wd|words)/",
        "output:/(?s)cat.*rm/ NOT identity:alice",
        "identity:/user.alice$/",
        "os-user:/^root/",
        "session:'ce-0'",
        "evidence:/0[1-3].log/",
        "confidence:>0.25",
        "confidence:>=0.9",
        "confidence:<0.9",
        "confidence:<=0.9 NOT confidence:<0.9",
        "seq:>2 seq:<5",
        "time:>=2024-05-02",
        "time:>2024-05-01",
        "time:<2024-05-01",
        "time:<=2024-05-01",
        "since:2024-05-02",
        "until:2024-05-01",
        "at:2024-05-01T00:05±10m",
        "at:2024-05-01+-1d",
        "has:identity",
        "has:gap",
        "program:cat",
        "program:grep kind:shell",
        "NOT program:*",
        "privileged:yes",
        "privileged:no",
        "NOT privileged:*",
    ] {
        check(text);
    }
    // And of a few hundred that nobody thought of.
    let mut dice = Dice(5);
    for _ in 0..250 {
        let mut text = String::new();
        for _ in 0..1 + dice.roll(3) {
            let word = dice.pick(WORDS);
            text += dice.pick(&["", "", "NOT ", "command:", "output:", "NOT output:"]);
            text += &match dice.roll(6) {
                3 => format!("'{} {word}' ", dice.pick(WORDS)),
                4 => format!("'{}' ", word.char_indices().nth(1).map_or(word, |(i, _)| &word[i..])),
                5 => format!(
                    "/{}.*{}/ ",
                    regex::escape(word).replace('/', "\\/"),
                    dice.pick(&["a", "(d|u)", "$"])
                ),
                0 => format!("\"{word} {}\" ", dice.pick(WORDS)),
                1 => format!("\"{word}\" "),
                _ => format!("{word} "),
            };
        }
        check(&text);
    }
    assert!(some > 60, "only {some} queries told records apart");
}

/// The engine goes through documents in windows of a few thousand and takes other ways between them than inside.
#[test]
fn hits_are_the_same_among_thousands() {
    let mut records = corpus(20, 500);
    records[77].command.command = "xyzzy cat".to_owned();
    let dir = tempfile::tempdir().unwrap();
    let index = indexed(dir.path(), &records);
    for text in [
        "\"cat sudo\"",
        "\"cat cat\"",
        "command:\"cat cat cat\"",
        "\"cat /etc/passwd\"",
        "\"cat /etc/passwd\" OR \"sudo grep\"",
        "\"| || |\"",
        "\"xyzzy cat\"",
        "session:alice-03 (command:\"cat /etc/passwd\" OR output:\"rm -rf\" OR (sudo grep))",
        "os-user:root NOT \"cat /etc/passwd\" NOT (foo-bar OR \"rm -rf\")",
        "/etc/pass* \"sudo 2>&1\" NOT identity:alice",
        "seq:[100 TO 120] (whoami OR NOT passwd) time:2024-05-01",
        "NOT (a_b (cat OR \"foo bar\")) confidence:0.25 日本語",
        "session:alice-03 /whoami\\)?.*passwd/ NOT '日本語 rm'",
        "'oo-ba' NOT output:'t /etc/sh'",
    ] {
        let query = Query::parse(text, &TimeZone::UTC).unwrap();
        let expected =
            in_order(records.iter().filter(|r| meets(r, query.expr())).collect(), Order::NewestFirst);
        assert!(!expected.is_empty(), "{text}");
        let counted = index.search(&query, &SearchOptions { limit: Some(0), ..Default::default() }).unwrap();
        assert_eq!(counted.total().unwrap(), expected.len() as u64, "{text}");
        assert_eq!(
            ids(&index, &query, &SearchOptions::default()),
            (expected.len() as u64, expected),
            "{text}"
        );
    }
}

/// The first of many hits are looked for where they can be. They must be the first of all.
#[test]
fn the_first_hits_are_the_first_of_all() {
    let mut records = corpus(60, 150);
    for r in &mut records {
        let session: i64 = r.session_id.as_str()["alice-".len()..].parse().unwrap();
        // Sessions in no order of time, some that overlap, some without; two commands at each moment.
        let begun = at("2024-05-01T00:00:00Z").as_second() + session * 37 % 60 / 2 * 60;
        let time = jiff::Timestamp::from_second(begun + i64::from(r.command.seq / 2)).unwrap();
        r.command.time = (session % 7 != 0 && r.command.seq % 11 != 0).then_some(time);
    }
    let dir = tempfile::tempdir().unwrap();
    indexed(dir.path(), &records);
    records.retain(|r| !r.session_id.as_str().ends_with('3') || r.command.seq % 2 == 0);
    let writer = Writer::open(dir.path(), OPTIONS).unwrap();
    for id in (3..60).step_by(10).map(|n| format!("alice-{n:02}")) {
        let kept: Vec<_> = records.iter().filter(|r| r.session_id == sid(&id)).cloned().collect();
        writer.replace_session(&session(&id, &kept), &kept).unwrap();
    }
    writer.commit(Default::default()).unwrap();
    writer.finish().unwrap();
    let index = Index::open(dir.path()).unwrap();
    let mut unsure = 0;
    for text in [
        "*",
        "os-user:root",
        "os-user:root cat",
        "\"rm -rf\"",
        "NOT os-user:root",
        "ca*",
        "'oo-ba'",
        "sudo",
        "NOT 'oo-ba'",
        "os-user:root OR /o+-b/",
        "'m -r'",
        "os-user:root /ca.*m -rf?/",
    ] {
        let query = Query::parse(text, &TimeZone::UTC).unwrap();
        for order in [Order::NewestFirst, Order::OldestFirst, Order::Session] {
            let all = in_order(records.iter().filter(|r| meets(r, query.expr())).collect(), order);
            for limit in [1, 20, 700, 5000] {
                let options = SearchOptions { limit: Some(limit), order, ..SearchOptions::default() };
                let (total, first) = ids(&index, &query, &options);
                assert_eq!(total, all.len() as u64, "{text}");
                assert_eq!(first, all[..limit.min(all.len())], "{text} {order:?} {limit}");
                // The same where nobody counted them before.
                let mut hits = index.search(&query, &options).unwrap();
                let first: Vec<_> = hits.by_ref().map(|hit| hit.unwrap().id).collect();
                assert_eq!(first, all[..limit.min(all.len())], "{text} {order:?} {limit}");
                let (bounds, read, total) = (hits.bounds().unwrap(), hits.scanned(), all.len() as u64);
                assert!(
                    bounds.contains(&total) && *bounds.start() >= first.len() as u64,
                    "{text} {bounds:?}"
                );
                // Exact, but where there may be more than a thousand left to be read.
                assert!(bounds.start() == bounds.end() || bounds.end() - bounds.start() > 1000, "{bounds:?}");
                unsure += u32::from(bounds.start() < bounds.end());
                assert_eq!(hits.total().unwrap(), total, "{text}");
                assert!(hits.scanned() - read <= (bounds.end() - bounds.start()).max(1000), "{text}");
            }
        }
    }
    assert!(unsure > 5, "only {unsure} searches had more to read");
}

/// All commands are counted column by column where nothing was deleted, and one by one where something was.
#[test]
fn counts_of_all_are_those_of_every_command() {
    let dir = tempfile::tempdir().unwrap();
    let mut records = corpus(6, 40);
    let mut index = indexed(dir.path(), &records);
    for replaced in [false, true] {
        if replaced {
            let writer = Writer::open(dir.path(), OPTIONS).unwrap();
            records.retain(|r| r.session_id != sid("alice-03") || r.command.seq < 5);
            let kept: Vec<_> = records.iter().filter(|r| r.session_id == sid("alice-03")).cloned().collect();
            writer.replace_session(&session("alice-03", &kept), &kept).unwrap();
            writer.commit(Default::default()).unwrap();
            writer.finish().unwrap();
            index = Index::open(dir.path()).unwrap();
        }
        for key in ["os_user", "kind", "program"] {
            let field = whoran_index::field(key).unwrap();
            let (mut unknown, mut values) = (0, std::collections::HashMap::new());
            for record in &records {
                let of = match (field.of_command)(record) {
                    Value::Text(text) => vec![text.into_owned()],
                    Value::List(texts) => texts.into_iter().map(|text| text.into_owned()).collect(),
                    _ => vec![],
                };
                unknown += u64::from(of.is_empty());
                of.into_iter().for_each(|text| *values.entry(text).or_insert(0) += 1);
            }
            let counts = index.count(&Query::all(), &SearchOptions::default(), field).unwrap().unwrap();
            assert_eq!(
                (counts.total, counts.unknown, counts.values),
                (records.len() as u64, unknown, values),
                "{key}"
            );
        }
    }
}

#[test]
fn since_and_until_leave_out_what_has_no_time() {
    let records = corpus(12, 6);
    let dir = tempfile::tempdir().unwrap();
    let index = indexed(dir.path(), &records);
    let (since, until) = (at("2024-05-01T00:00:00Z"), at("2024-05-02T00:00:00Z"));
    for (since, until) in [(Some(since), None), (None, Some(until)), (Some(since), Some(until))] {
        let options = SearchOptions { since, until, ..SearchOptions::default() };
        let expected = records.iter().filter(|r| {
            r.command
                .time
                .is_some_and(|t| since.is_none_or(|since| t >= since) && until.is_none_or(|until| t < until))
        });
        let expected = in_order(expected.collect(), Order::NewestFirst);
        assert!(!expected.is_empty());
        assert_eq!(ids(&index, &Query::all(), &options), (expected.len() as u64, expected));
    }
}

#[test]
fn a_long_run_of_letters_is_found() {
    let blob = "QUJD".repeat(500);
    let dir = tempfile::tempdir().unwrap();
    let mut with_output = record("s", 1, "cat key");
    with_output.command.output = format!("-----BEGIN\n{blob}==\n");
    let index = indexed(dir.path(), &[record("s", 0, &format!("echo {blob}|base64 -d")), with_output]);
    for (text, hits) in [
        (blob.as_str(), 2),
        (&format!("{}*", &blob[..300]), 2),
        (&format!("\"{blob}==\""), 1),
        (&blob[..300], 0),
    ] {
        let query = Query::parse(text, &TimeZone::UTC).unwrap();
        assert_eq!(index.search(&query, &SearchOptions::default()).unwrap().total().unwrap(), hits, "{text}");
    }
}

#[test]
fn sessions_are_listed_latest_first() {
    let dir = tempfile::tempdir().unwrap();
    let timed = |id: &str, time: &str, user: &str| {
        let mut record = record(id, 0, "id");
        record.command.time = (!time.is_empty()).then(|| at(time));
        record.command.os_user = Some(OsUser::new(user));
        record
    };
    let index = indexed(
        dir.path(),
        &[
            timed("b", "2024-05-01T00:00:00Z", "root"),
            timed("a", "2024-05-01T00:00:00Z", "ssm-user"),
            timed("c", "2024-05-03T00:00:00Z", "root"),
            timed("d", "", "root"),
        ],
    );
    let listed = |filter: SessionFilter| {
        let sessions = index.sessions(&filter).unwrap();
        sessions.iter().map(|s| s.id.to_string()).collect::<Vec<_>>().join(" ")
    };
    let query = |text| Some(Query::parse(text, &TimeZone::UTC).unwrap());
    assert_eq!(listed(SessionFilter::default()), "c a b d");
    assert_eq!(listed(SessionFilter { query: query("os-user:root"), ..Default::default() }), "c b d");
    assert_eq!(listed(SessionFilter { query: query("NOT time:*"), ..Default::default() }), "d");
    let since = Some(at("2024-05-02T00:00:00Z"));
    assert_eq!(listed(SessionFilter { since, ..Default::default() }), "c");
    assert_eq!(listed(SessionFilter { until: since, ..Default::default() }), "a b");
    assert_eq!(index.session(&sid("zzz")).unwrap(), None);
    assert_eq!(index.session(&sid("d")).unwrap().unwrap(), session("d", &[timed("d", "", "root")]));
}
