//! The query language without an index: what is understood, and what is said where nothing is.

use jiff::tz::TimeZone;
use proptest::prelude::*;
use whoran_index::{FIELDS, Query, QueryError, help};

fn understood(text: &str) -> String {
    Query::parse(text, &TimeZone::UTC).unwrap_or_else(|e| panic!("{text}: {e}")).expr().to_string()
}

fn refused(text: &str) -> QueryError {
    match Query::parse(text, &TimeZone::UTC) {
        Ok(query) => panic!("{text} was understood as {}", query.expr()),
        Err(error) => error,
    }
}

#[test]
fn queries_mean_what_they_say() {
    for (text, meaning) in [
        ("", ""),
        ("  ", ""),
        ("whoami", r#""whoami""#),
        ("cat /etc/passwd", r#"("cat" "/etc/passwd")"#),
        ("cat AND id", r#"("cat" "id")"#),
        (r#""cat /etc/passwd" -rf"#, r#"("cat /etc/passwd" "-rf")"#),
        (r#""say \"hi\" \\ \n""#, r#""say \"hi\" \\ \\n""#),
        ("a OR b c OR d", r#"("a" OR ("b" "c") OR "d")"#),
        ("(a OR b) c", r#"(("a" OR "b") "c")"#),
        ("NOT a", r#"NOT "a""#),
        ("NOT NOT a b", r#"(NOT NOT "a" "b")"#),
        ("NOT (a OR b)", r#"NOT ("a" OR "b")"#),
        ("a NOT os-user:root", r#"("a" NOT os_user:"root")"#),
        ("os_user:root", r#"os_user:"root""#),
        ("USER:root", r#"os_user:"root""#),
        (r#"identity:"alice smith""#, r#"identity:"alice smith""#),
        ("os_user:*", "os_user:*"),
        ("NOT person:*", "NOT person:*"),
        ("target:i-0123*", r#"target:"i-0123"*"#),
        ("target:i-0123", r#"target:"i-0123"*"#),
        (r#"target:"i-0123""#, r#"target:"i-0123""#),
        ("session:bob-09", r#"session_id:"bob-09"*"#),
        ("\"cat /etc/pa\"* id", r#"("cat /etc/pa"* "id")"#),
        ("pass* rm", r#"("pass"* "rm")"#),
        // Signs are words: a star behind a sign is the shell's own, parentheses inside a word belong to it.
        ("*", r#""*""#),
        ("/tmp/*", r#""/tmp/*""#),
        ("$(whoami)", r#""$(whoami)""#),
        ("($(whoami) OR id)", r#"("$(whoami)" OR "id")"#),
        ("| && > ;", r#"("|" "&&" ">" ";")"#),
        (")", r#"")""#),
        ("a)b* c", r#"("a)b"* "c")"#),
        ("a) b", r#"("a)" "b")"#),
        ("https://example.com", r#""https://example.com""#),
        ("10:30", r#""10:30""#),
        (":wq", r#"":wq""#),
        ("or not and ORDER NOTE", r#"("or" "not" "and" "ORDER" "NOTE")"#),
        ("日本語", r#""日本語""#),
        ("kind:REPL", r#"kind:"repl""#),
        ("origin:shell-profile", r#"origin:"shell_profile""#),
        ("output_truncated:yes", "output_truncated:true"),
        ("seq:3", "seq:[3 TO 3]"),
        ("masked:[1 TO *]", "masked:[1 TO *]"),
        ("masked:[* TO *]", "masked:*"),
        ("confidence:[0 TO 0.5]", "confidence:[0 TO 0.5]"),
        ("time:2024-05-01", "time:[2024-05-01T00:00:00Z TO 2024-05-01T23:59:59.999999Z]"),
        ("time:[2024-05-01 TO *]", "time:[2024-05-01T00:00:00Z TO *]"),
        ("time:[* TO 2024-05-01 12:00]", "time:[* TO 2024-05-01T12:00:59.999999Z]"),
        ("'rm -rf /'", "'rm -rf /'"),
        ("'it''s' x", r#"('it''s' "x")"#),
        ("don't", r#""don't""#),
        ("command:'a\"b'", "command:'a\"b'"),
        (r"/curl .*\|\s*(ba)?sh/", r"/curl .*\|\s*(ba)?sh/"),
        (r"(/a|b/ OR /[/]x\/$/)", r"(/a|b/ OR /[/]x\/$/)"),
        ("host:/^web/ x", r#"(host:/^web/ "x")"#),
        // Paths are words.
        ("/tmp/", r#""/tmp/""#),
        ("/etc/passwd (a OR b) /tmp/", r#"("/etc/passwd" ("a" OR "b") "/tmp/")"#),
        ("cat /etc /var/", r#"("cat" "/etc" "/var/")"#),
        ("in:output a 'b'", r#"(output:"a" output:'b')"#),
        ("a in:OUTPUT", r#"output:"a""#),
        ("(in:command a OR b) c", r#"((command:"a" OR command:"b") "c")"#),
        ("in:output a (in:command b) user:c", r#"(output:"a" command:"b" os_user:"c")"#),
        ("has:gap NOT has:person", "(has:gap NOT person:*)"),
        ("seq:>=3", "seq:[3 TO *]"),
        ("time:<2024-05-01", "time:[* TO 2024-04-30T23:59:59.999999Z]"),
        ("time:>2024-05-01", "time:[2024-05-02T00:00:00Z TO *]"),
        ("since:2024-05-01", "time:[2024-05-01T00:00:00Z TO *]"),
        ("until:2024-05-01", "time:[* TO 2024-05-01T23:59:59.999999Z]"),
        ("at:2024-05-01T03:54±10m", "time:[2024-05-01T03:44:00Z TO 2024-05-01T04:04:59.999999Z]"),
        ("at:2024-05-01+-1d", "time:[2024-04-30T00:00:00Z TO 2024-05-02T23:59:59.999999Z]"),
        ("time:\"2024-05-01 12:00\"", "time:[2024-05-01T12:00:00Z TO 2024-05-01T12:00:59.999999Z]"),
    ] {
        assert_eq!(understood(text), meaning, "{text}");
    }
}

#[test]
fn dates_are_of_the_zone() {
    let zone = TimeZone::fixed(jiff::tz::offset(-5));
    let now = "2024-05-10T12:00:00Z".parse().unwrap();
    for (text, meaning) in [
        ("since:7d", "time:[2024-05-03T12:00:00Z TO *]"),
        ("until:90m", "time:[* TO 2024-05-10T10:29:59.999999Z]"),
        ("since:2024-05-01", "time:[2024-05-01T05:00:00Z TO *]"),
    ] {
        assert_eq!(Query::parse_at(text, &zone, now).unwrap().expr().to_string(), meaning);
    }
    let query = Query::parse("time:[2024-05-01 TO 2024-05-01T12:00Z]", &zone).unwrap();
    assert_eq!(query.expr().to_string(), "time:[2024-05-01T05:00:00Z TO 2024-05-01T12:00:00.999999Z]");
}

#[test]
fn mistakes_are_shown_and_mended() {
    for (text, mistake, message, hint) in [
        ("id usr:root", "usr", "there is no field usr", "did you mean user:?"),
        ("sesion-id:x", "sesion-id", "no field", "session_id"),
        ("root:x:0:0", "root", "no field", "quote it: \"root:x:0:0\""),
        ("v:1", "v", "no field", "quote it"),
        ("os_user:", "os_user:", "nothing follows", "os_user:value"),
        ("os_user: root", "os_user:", "nothing follows", "os_user:value"),
        ("a \"b c", "\"", "never closed", "\"cat /etc/passwd\""),
        ("\"\"", "\"\"", "nothing stands between", "\"cat"),
        ("(a OR b", "(", "never closed", "(whoami OR id)"),
        ("a ()", "", "missing here", "whoami OR id"),
        ("OR a", "OR", "missing beside OR", "quote it"),
        ("a OR", "OR", "missing beside OR", "quote it"),
        ("a OR OR b", "OR", "missing beside OR", "quote it"),
        ("a AND", "AND", "missing beside AND", "quote it"),
        ("AND a", "AND", "missing beside AND", "quote it"),
        ("a NOT", "NOT", "missing beside NOT", "quote it"),
        ("(NOT) a", "NOT", "missing beside NOT", "quote it"),
        ("kind:shel", "shel", "kind is never", "shell, repl, password"),
        ("kind:\"shell\"*", "\"shell\"*", "no beginnings", "kind:shell"),
        ("seq:three", "three", "not a number", "seq:3"),
        ("seq:NaN", "NaN", "not a number", "seq:3"),
        ("seq:[5 TO 1]", "seq:[5 TO 1]", "ends before", "seq:[1 TO *]"),
        ("seq:[5, 1]", "[5, 1]", "[from TO to]", "seq:[1 TO *]"),
        ("time:[2024-05-01 TO", "[", "never closed", "time:[2024"),
        ("time:yesterday", "yesterday", "not a date", "2024-05-01"),
        ("time:[2024-05-01 TO soon]", "soon", "not a date", "2024-05-01"),
        ("time:[2024-05-02 TO 2024-05-01]", "time:[2024-05-02 TO 2024-05-01]", "ends before", "time:[2024"),
        ("since:7d", "7d", "not a date, a time or an age", "since:7d"),
        ("since:", "since:", "nothing follows", "since:7d"),
        ("at:noon", "noon", "not a date", "±10m"),
        ("has:everything", "everything", "nothing that can be had", "has:gap"),
        ("snce:7d", "snce", "no field", "did you mean since:?"),
        ("in:file x", "file", "no place", "in:output"),
        ("a OR in:output", "OR", "missing beside", "quote it"),
        ("in:output", "in:output", "missing beside in:output", "quote it"),
        ("a 'b c", "'", "never closed", "'rm -rf /'"),
        ("''", "''", "nothing stands between", "'rm -rf /'"),
        ("x /a(b/", "(", "not a regular expression: unclosed group", r"(ba)?sh/"),
        ("confidence:>x", ">x", "not a number", "confidence:>=1"),
        ("seq:/a|b/", "/a|b/", "no beginnings or parts", "seq:3"),
        ("truncated:maybe", "maybe", "neither true nor false", "output_truncated:true"),
    ] {
        let error = refused(text);
        assert_eq!(&text[error.span.clone()], mistake, "{text}: {error}");
        assert!(error.message.contains(message), "{text}: {error}");
        assert!(error.hint.contains(hint), "{text}: {}", error.hint);
    }
}

#[test]
fn depth_and_length_are_bounded() {
    for text in ["(".repeat(10_000), "NOT ".repeat(4_000), "x ".repeat(10_000), "x ".repeat(257)] {
        refused(&text);
    }
    understood(&format!("{}x{}", "(".repeat(60), ")".repeat(60)));
}

#[test]
fn help_names_every_field() {
    let help = help();
    for field in FIELDS.iter().filter(|field| field.is_queryable()) {
        assert!(help.contains(field.help), "{}", field.key);
        assert!(help.contains(&field.key.replace('_', "-")), "{}", field.key);
    }
    assert!(help.lines().all(|line| line.chars().count() <= 110), "{help}");
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_is_understood_or_refused_in_place(
        text in prop_oneof![
            "(?s).{0,40}",
            r#"([()"*:\[\] '/|>=±\\]|OR|NOT|AND|TO|time|in:output|since|at|has:gap|os-user|kind|seq|3|é|2024-05-01|x){0,20}"#,
        ],
    ) {
        match Query::parse(&text, &TimeZone::UTC) {
            Err(error) => prop_assert!(text.get(error.span.clone()).is_some(), "{error:?}"),
            Ok(query) => {
                // What was understood, written out, is understood alike.
                let written = query.expr().to_string();
                let again = Query::parse(&written, &TimeZone::UTC);
                prop_assert!(again.is_ok(), "{written}: {again:?}");
                prop_assert_eq!(again.unwrap().expr().to_string(), written);
            }
        }
    }
}
