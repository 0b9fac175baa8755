//! Facts from beside the logs: how fast CloudTrail's files are sifted, beside a decoder that skips the same bytes, and
//! what linking adds to a run; and what a new snapshot of IAM costs that comes to an organisation's sessions later.
//!
//! `cargo bench -p whoran-benches --bench link [-- MIB] [--records N] [--rounds N] [--quick]`

#![expect(clippy::print_stdout, reason = "a bench reports on standard output")]

use serde::Deserialize;
use serde::de::IgnoredAny;
use whoran_benches::measure::{Asked, after, by_turns, median, table, wall};
use whoran_benches::{medians, runs};
use whoran_model::LogId;
use whoran_parse::Router;
use whoran_pipeline::{Stages, Step};
use whoran_testkit::organisation::{OrganisationSpec, hold_back_snapshots, organisation};
use whoran_testkit::{Spec, generate};

type Failure = Box<dyn std::error::Error>;

fn main() -> Result<(), Failure> {
    let asked = Asked::from_arguments(64);
    sift(after("--records").unwrap_or(if asked.quick { 2_000 } else { 100_000 }), asked.rounds);
    linking(&asked)?;
    snapshot(&asked)
}

/// A file of CloudTrail, all keys skipped.
#[derive(Deserialize)]
struct Skipped {
    #[serde(rename = "Records")]
    records: Vec<IgnoredAny>,
}

/// Files full of records that no question is about.
fn sift(records: usize, rounds: usize) {
    let file = format!("{{\"Records\":[{}]}}", (0..records).map(record).collect::<Vec<_>>().join(","));
    let (mut kept, mut skipped) = (0, 0);
    let [sifting, skipping] = medians(
        rounds,
        [
            &mut || {
                let mut router = Router::new(LogId::new("trail.json"));
                file.as_bytes().chunks(256 << 10).for_each(|chunk| router.feed(chunk));
                kept = router.finish().facts.map_or(0, |facts| facts.len());
            },
            &mut || {
                skipped = serde_json::from_str::<Skipped>(&file).map_or(0, |file| file.records.len());
            },
        ],
    );
    let rate = |time: std::time::Duration| format!("{:.0}", file.len() as f64 / 1e6 / time.as_secs_f64());
    println!("{skipped} records of CloudTrail, {kept} of them facts; processor time of one thread:\n");
    let ratio = skipping.as_secs_f64() / sifting.as_secs_f64();
    table(
        &["sifted, MB/s", "skipped by `serde_json`, MB/s", "ratio", "bar"],
        &[vec![rate(sifting), rate(skipping), format!("{ratio:.2}"), "0.7".to_owned()]],
    );
}

/// A call as other services record them.
fn record(n: usize) -> String {
    let (source, name) = [
        ("s3.amazonaws.com", "GetObject"),
        ("ec2.amazonaws.com", "DescribeInstances"),
        ("kms.amazonaws.com", "Decrypt"),
        ("dynamodb.amazonaws.com", "GetItem"),
        ("logs.amazonaws.com", "CreateLogStream"),
        ("lambda.amazonaws.com", "GetFunction20150331v2"),
    ][n % 6];
    serde_json::json!({
        "eventVersion": "1.09",
        "userIdentity": {
            "type": "AssumedRole", "principalId": format!("AROAEXAMPLE{n:010}:worker-{n}"),
            "arn": format!("arn:aws:sts::111122223333:assumed-role/Worker/worker-{n}"), "accountId": "111122223333",
            "accessKeyId": format!("ASIA{n:016}"),
            "sessionContext": {
                "sessionIssuer": {"type": "Role", "arn": "arn:aws:iam::111122223333:role/Worker", "userName": "Worker"},
                "attributes": {"creationDate": "2026-03-01T08:00:00Z", "mfaAuthenticated": "false"},
            },
        },
        "eventTime": "2026-03-01T08:00:00Z", "eventSource": source, "eventName": name, "awsRegion": "eu-west-1",
        "sourceIPAddress": "198.51.100.7", "userAgent": "[aws-sdk-java/2.25 Linux/5.10 \"quoted\" OpenJDK]",
        "requestParameters": {"bucketName": "logs", "key": format!("a/b/{n}"), "Host": "logs.s3.eu-west-1.amazonaws.com"},
        "responseElements": null, "requestID": format!("{n:032x}"), "eventID": format!("{n:08x}-0000-4000-8000-000000000000"),
        "readOnly": true, "resources": [{"type": "AWS::S3::Object", "ARN": format!("arn:aws:s3:::logs/a/b/{n}")}],
        "eventType": "AwsApiCall", "managementEvent": false, "recipientAccountId": "111122223333",
        "eventCategory": "Data", "tlsDetails": {"tlsVersion": "TLSv1.3", "cipherSuite": "TLS_AES_128_GCM_SHA256"},
    })
    .to_string()
}

/// A corpus with what lies beside it, and without.
fn linking(asked: &Asked) -> Result<(), Failure> {
    let folder = tempfile::tempdir()?;
    let (corpus, data) = (folder.path().join("corpus"), folder.path().join("data"));
    let truth = generate(&Spec { bytes: asked.mib << 20, ..Spec::default() }, &corpus)?;
    // What is true of the corpus lies beside it and is nothing to be read.
    for entry in std::fs::read_dir(&corpus)? {
        let path = entry?.path();
        if path.is_file() {
            std::fs::remove_file(path)?;
        }
    }
    let fresh = || if data.exists() { std::fs::remove_dir_all(&data) } else { Ok(()) };
    let mut shares = Vec::new();
    let mut alone = || {
        fresh()?;
        let (took, outcome) = wall(|| runs::index(&corpus.join("logs"), &data));
        outcome?;
        Ok::<_, Failure>(took)
    };
    let mut facts = 0;
    let mut with_facts = || {
        fresh()?;
        let stages = Stages::default();
        let (took, outcome) = wall(|| runs::index_with(&corpus, &data, &|event| stages.event(&event)));
        facts = outcome?.facts;
        let all: f64 = stages.spent().map(|(_, time)| time.as_secs_f64()).sum();
        let link = stages.spent().filter(|(step, _)| *step == Step::Link).map(|(_, time)| time.as_secs_f64());
        shares.push((link.sum::<f64>() / all * 1e4) as u64);
        Ok(took)
    };
    let times = by_turns(asked.rounds, &mut [&mut alone, &mut with_facts])?;
    println!("{} MiB of logs, {} sessions, {facts} facts:\n", asked.mib, truth.sessions.len());
    table(
        &[
            "logs alone, s",
            "with facts, s",
            "reading and linking add",
            "linking alone, of all thread time",
            "bar",
        ],
        &[vec![
            format!("{:.2}", times[0].as_secs_f64()),
            format!("{:.2}", times[1].as_secs_f64()),
            format!("{:.1} %", (times[1].as_secs_f64() / times[0].as_secs_f64() - 1.0) * 100.0),
            format!("{:.2} %", median(shares) as f64 / 100.0),
            "10 %".to_owned(),
        ]],
    );
    Ok(())
}

/// A look at IAM that comes when all sessions are indexed, which are not read again for it.
fn snapshot(asked: &Asked) -> Result<(), Failure> {
    let folder = tempfile::tempdir()?;
    let [all, later, data] = ["all", "later", "data"].map(|name| folder.path().join(name));
    let spec = if asked.quick { OrganisationSpec::SMALL } else { OrganisationSpec::FULL };
    let truth = organisation(&spec, &all)?;
    hold_back_snapshots(&all, &later)?;
    let (mut wholes, mut snapshots) = (Vec::new(), Vec::new());
    for _ in 0..asked.rounds {
        if data.exists() {
            std::fs::remove_dir_all(&data)?;
        }
        let (whole, outcome) = wall(|| runs::index(&all, &data));
        outcome?;
        let (took, outcome) = wall(|| runs::index(&later, &data));
        if outcome?.sessions != 0 {
            return Err("sessions were read again".into());
        }
        wholes.push(whole);
        snapshots.push(took);
    }
    let [whole, took] = [wholes, snapshots].map(|times| median(times).as_secs_f64());
    println!("An organisation of {} sessions, to which another look at IAM comes:\n", truth.sessions.len());
    table(
        &["all, s", "the look, s", "share", "bar"],
        &[vec![
            format!("{whole:.2}"),
            format!("{took:.2}"),
            format!("{:.1} %", took / whole * 100.0),
            "5 %".to_owned(),
        ]],
    );
    Ok(())
}
