//! Killed at any moment, `pull` and `sync` lose nothing and double nothing.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{Read as _, Seek as _, SeekFrom};
use std::process::Command;
use std::time::Instant;

use serde_json::Value;
use whoran_testkit::aws::Server;

use crate::home::{Home, Output};
use crate::kills::{assert_same, kill_at_random};

const SOURCES: &str = "[[source]]\nfrom = \"s3://logs/ssm/\"\n\n[[source]]\nfrom = \"cloudwatch:/ssm/sessions\"\n\
                       requests_per_second = 2000.0\n";

/// A bucket and a log group, every third session in both, that come over many small pages.
fn server() -> Server {
    let server = Server::start();
    server.account(|account| {
        (account.page_bytes, account.empty_pages) = (6000, 1);
        for seed in 0..9 {
            let session = whoran_testkit::session(seed);
            let id = session.session.id.clone();
            if seed % 3 != 1 {
                account.bucket("logs").put(&format!("ssm/{id}.log"), session.transcript.clone());
            }
            if seed % 3 != 0 {
                for (n, event) in session.stream_jsonl().lines().enumerate() {
                    // 2026-03-01T08:00:00Z; events of one session share moments, as those of one batch do.
                    let time = 1_772_352_000_000 + i64::try_from(seed * 600 + n as u64 / 3).unwrap() * 1000;
                    account.log("/ssm/sessions", &id, time, event);
                }
            }
        }
    });
    server
}

fn command(home: &Home, server: &Server, verb: &str) -> Command {
    let quick = if verb == "sync" { &["--threads", "1", "--memory", "64M"][..] } else { &[] };
    let mut command = home.command(&[&[verb], quick].concat());
    command
        .env("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE")
        .env("AWS_SECRET_ACCESS_KEY", "secret")
        .env("AWS_REGION", "eu-west-1")
        .env("AWS_ENDPOINT_URL", server.endpoint())
        .env("AWS_EC2_METADATA_DISABLED", "true");
    command
}

fn home() -> Home {
    let home = Home::new();
    home.write("whoran.toml", SOURCES.as_bytes());
    // One key for all: fingerprints of masked secrets are part of what is compared.
    home.write("data/mask.key", &[7; 32]);
    home
}

/// What the manifest says was pulled: of each log its bytes, or its events in order.
#[expect(clippy::disallowed_methods, reason = "the packs are this test's own")]
fn archived(home: &Home) -> BTreeMap<String, Vec<String>> {
    let text = fs::read_to_string(home.path("data/archive/manifest.jsonl")).unwrap();
    let mut logs: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for line in text.lines() {
        let line: Value = serde_json::from_str(line).unwrap();
        let number = |key: &str| line[key].as_u64().unwrap();
        let mut pack =
            File::open(home.path(&format!("data/archive/packs/{:06}.zst", number("pack")))).unwrap();
        pack.seek(SeekFrom::Start(number("offset"))).unwrap();
        let bytes = zstd::decode_all(pack.take(number("stored"))).unwrap();
        let held = logs.entry(line["log"].as_str().unwrap().to_owned()).or_default();
        held.extend(String::from_utf8_lossy(&bytes).lines().map(str::to_owned));
    }
    logs
}

fn kill(verb: &str, seed: u64) {
    let server = server();
    let whole = home();
    let began = Instant::now();
    let output = Output::of(&mut command(&whole, &server, verb));
    assert!(matches!(output.code, Some(0 | 3)), "{output}");
    let took = began.elapsed();
    let expected = archived(&whole);
    assert!(expected.len() > 9, "{:?}", expected.keys());
    assert_eq!(whole.run(&["verify"]).code, Some(0));
    let said = whole.everything();
    assert_eq!(said.lines().count() > 20, verb == "sync", "{said}");

    let check = |home: &Home, when: &str| {
        let got = archived(home);
        for (log, due) in &expected {
            assert!(got.get(log) == Some(due), "{when}: {log}\n{:?}\n{due:?}", got.get(log));
        }
        assert_eq!(got.len(), expected.len(), "{when}");
        let verified = home.run(&["verify"]);
        assert_eq!(verified.code, Some(0), "{when}: {verified}");
        assert_same(&home.everything(), &said, when);
    };
    let home = kill_at_random(seed, took, self::home, |home| command(home, &server, verb), check);
    // What a pull left makes the same index.
    let indexed = [&whole, &home].map(|home| {
        assert!(matches!(home.run(&["index"]).code, Some(0 | 3)));
        home.everything()
    });
    assert!(indexed[0].lines().count() > 20);
    assert_same(&indexed[1], &indexed[0], "indexed in the end");
}

#[test]
fn two_hundred_kills_of_pull_lose_and_double_nothing() {
    kill("pull", 4);
}

#[test]
fn two_hundred_kills_of_sync_lose_and_double_nothing() {
    kill("sync", 44);
}
