//! `pull` of what lies beside the logs: CloudTrail's last 90 days, its files in a bucket, and what an account is now.

use std::io::Write;

use flate2::{Compression, write::GzEncoder};
use serde_json::{Value, json};
use whoran_testkit::aws::{Fault, Server};

use super::pull::{archived, logs, manifest, run};
use crate::home::Home;

const DAY: i64 = 24 * 3600;

/// Seconds since 1970.
fn now() -> i64 {
    std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs() as i64
}

fn spelled(second: i64) -> String {
    whoran_model::Timestamp::from_second(second).unwrap().to_string()
}

/// A record of CloudTrail, made by alice.
fn record(id: &str, second: i64, source: &str, name: &str, more: &Value) -> Value {
    let mut record = json!({
        "eventVersion": "1.11", "eventID": id, "eventTime": spelled(second),
        "eventSource": format!("{source}.amazonaws.com"), "eventName": name,
        "awsRegion": "eu-west-1", "recipientAccountId": "111122223333", "sourceIPAddress": "198.51.100.7",
        "userIdentity": {"type": "IAMUser", "arn": "arn:aws:iam::111122223333:user/alice",
            "accountId": "111122223333", "userName": "alice", "accessKeyId": "AKIAEXAMPLE"},
    });
    record.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    record
}

fn start(n: i64, second: i64) -> Value {
    let id = format!("alice-{n:017x}");
    let more = json!({"requestParameters": {"target": "i-0aaaaaaaaaaaaaaa1"}, "responseElements": {"sessionId": id}});
    record(&format!("start-{n}"), second, "ssm", "StartSession", &more)
}

/// The record as `LookupEvents` gives it.
fn looked_up(record: &Value, second: i64) -> Value {
    json!({
        "EventId": record["eventID"], "EventName": record["eventName"], "EventTime": second,
        "CloudTrailEvent": record.to_string(),
    })
}

/// The ids of the archived records, in the order of the archive.
fn ids(home: &Home) -> Vec<String> {
    let text = String::from_utf8(archived(home)).unwrap();
    let records = text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    records.filter_map(|record| Some(record["eventID"].as_str()?.to_owned())).collect()
}

#[test]
fn the_last_90_days_come_once_whatever_stumbles() {
    let (home, server) = (Home::new(), Server::start());
    let now = now();
    server.account(|account| {
        for n in 0..130 {
            let at = now - 60 * DAY + n * 3600;
            account.trail.push(looked_up(&start(n, at), at));
        }
        let at = now - 80 * DAY;
        let tags = json!({"requestParameters": {"userName": "alice", "tags": [{"key": "SSMSessionRunAs", "value": "deploy"}]}});
        account.trail.push(looked_up(&record("tag", at, "iam", "TagUser", &tags), at));
        // Calls of the same name that have nothing to do with sessions.
        account.trail.push(looked_up(&record("athena", at, "athena", "StartSession", &json!({})), at));
    });
    server.on("LookupEvents", |call, _| (call.number % 3 == 1).then(Fault::throttled));
    let first = run(&home, &server, &["pull", "cloudtrail"]);
    assert_eq!((first.code, first.column("events")), (Some(0), vec!["131".to_owned()]), "{first}");
    assert_eq!(
        logs(&home),
        ["cloudtrail:111122223333/eu-west-1/StartSession", "cloudtrail:111122223333/us-east-1/TagUser"]
    );
    let found = ids(&home);
    assert_eq!((found[0].as_str(), found[129].as_str()), ("start-0", "start-129"), "the oldest first");
    // Where each call is recorded is where it is asked for.
    for answered in server.calls().iter().filter(|a| a.call.operation == "LookupEvents") {
        let name = answered.call.input["LookupAttributes"][0]["AttributeValue"].as_str().unwrap();
        let region = answered.call.region.as_str();
        assert!(
            name.starts_with("Assume")
                || (region == "us-east-1") == name.ends_with("User")
                || name.ends_with("Role"),
            "{name} {region}"
        );
    }

    let before = manifest(&home);
    assert_eq!(run(&home, &server, &["pull", "cloudtrail"]).column("events"), ["0"]);
    assert_eq!(manifest(&home), before, "a pull that finds nothing changes nothing");
    server.account(|account| account.trail.push(looked_up(&start(130, now - 60), now - 60)));
    assert_eq!(run(&home, &server, &["pull", "cloudtrail"]).column("events"), ["1"]);

    assert_eq!(home.run(&["index"]).code, Some(0));
    assert_eq!(home.run(&["coverage"]).rows().len(), 131, "sessions of which there is no log");
}

#[test]
fn a_pull_that_breaks_off_goes_on_where_it_was() {
    let (home, server) = (Home::new(), Server::start());
    let now = now();
    server.account(|account| {
        for n in 0..4500 {
            let at = now - 80 * DAY + n * 1500;
            account.trail.push(looked_up(&start(n, at), at));
        }
    });
    server.on("LookupEvents", |call, _| {
        (call.number == 110).then(|| Fault::denied("cloudtrail:LookupEvents", "*"))
    });
    let denied = run(&home, &server, &["pull", "cloudtrail"]);
    assert_eq!(denied.code, Some(4), "{denied}");
    assert!(denied.stderr.contains("cloudtrail:LookupEvents"), "{denied}");
    let came = ids(&home).len();
    assert!((500..4500).contains(&came), "windows that were read whole stay: {came}");
    let rest = run(&home, &server, &["pull", "cloudtrail"]);
    assert_eq!(rest.code, Some(0), "{rest}");
    let found = ids(&home);
    let due: Vec<_> = (0..4500).map(|n| format!("start-{n}")).collect();
    assert!(found == due, "{} came, each once and in order", found.len());
}

fn gz(text: &str) -> Vec<u8> {
    let mut gz = GzEncoder::new(Vec::new(), Compression::fast());
    gz.write_all(text.as_bytes()).unwrap();
    gz.finish().unwrap()
}

#[test]
fn of_a_trails_files_the_records_that_matter_are_kept() {
    let (home, server) = (Home::new(), Server::start());
    let at = 1_772_352_000;
    let relevant = [start(1, at).to_string(), start(2, at + 60).to_string()];
    let noise = record("noise", at, "s3", "GetObject", &json!({})).to_string();
    let key =
        |n: u32| format!("AWSLogs/o-exampleorgid/111122223333/CloudTrail/eu-west-1/2026/03/01/{n}.json.gz");
    let whole = gz(&format!(r#"{{"Records":[{noise},{},{noise},{},{noise}]}}"#, relevant[0], relevant[1]));
    let damaged = whole[..whole.len() - 20].to_vec();
    server.account(|account| {
        let bucket = account.bucket("trail");
        bucket.put(&key(1), whole.clone());
        bucket.put(&key(2), gz(&format!(r#"{{"Records":[{noise}]}}"#)));
        bucket.put(&key(3), damaged.clone());
        bucket.put("AWSLogs/o-exampleorgid/111122223333/CloudTrail-Digest/eu-west-1/x.json.gz", "digest");
    });
    let first = run(&home, &server, &["pull", "s3://trail/AWSLogs/"]);
    assert_eq!(first.column("logs"), ["3"], "{first}");
    let name = |n: u32| format!("s3://trail/{}", key(n));
    assert_eq!(logs(&home), [format!("{}#records", name(1)), format!("{}#records", name(2)), name(3)]);
    let kept = home.run(&["cat", &format!("{}#records", name(1))]).stdout;
    let mut lines = kept.lines();
    assert_eq!([lines.next(), lines.next()], [Some(relevant[0].as_str()), Some(relevant[1].as_str())]);
    let of: Value = serde_json::from_str(lines.next().unwrap()).unwrap();
    assert_eq!((&of["cloudTrailObject"], &of["kept"]), (&json!(name(1)), &json!(2)));
    let file = home.path("1.json.gz");
    std::fs::write(&file, &whole).unwrap();
    let sum = std::process::Command::new("sha256sum").arg(file).output().unwrap();
    assert!(String::from_utf8(sum.stdout).unwrap().starts_with(of["sha256"].as_str().unwrap()));

    let again = run(&home, &server, &["pull", "s3://trail/AWSLogs/"]);
    assert_eq!((again.column("logs"), again.column("unchanged")), (vec!["0".into()], vec!["3".into()]));
    let indexed = home.run(&["index"]);
    assert_eq!(indexed.code, Some(3), "the damaged file alone is told: {indexed}");
    assert!(!indexed.stderr.contains("/2.json.gz"), "{indexed}");
    let gaps = home.run(&["coverage"]);
    assert_eq!(gaps.column("session_id").len(), 2, "{gaps}");
}

/// A page of IAM, as it comes: policies percent-encoded.
fn iam_page(users: &[&str]) -> String {
    let policy = "%7B%22Version%22%3A%222012-10-17%22%2C%22Statement%22%3A%7B%22Effect%22%3A%22Allow%22%2C%22Action%22%3A%22ssm%3AStartSession%22%2C%22Resource%22%3A%22%2A%22%7D%7D";
    let one = |name: &&str| {
        format!(
            "<member><Path>/</Path><UserName>{name}</UserName><UserId>AIDA{name}</UserId>\
             <Arn>arn:aws:iam::111122223333:user/{name}</Arn><CreateDate>2025-01-01T00:00:00Z</CreateDate>\
             <UserPolicyList><member><PolicyName>start</PolicyName><PolicyDocument>{policy}</PolicyDocument></member>\
             </UserPolicyList><Tags><member><Key>SSMSessionRunAs</Key><Value>os-{name}</Value></member></Tags></member>"
        )
    };
    format!("<UserDetailList>{}</UserDetailList>", users.iter().map(one).collect::<String>())
}

fn fill(server: &Server) {
    server.account(|account| {
        account.iam_pages = vec![iam_page(&["alice"]), iam_page(&["bob", "carol"])];
        let preferences = |run_as: bool| {
            json!({"schemaVersion": "1.0", "sessionType": "Standard_Stream", "inputs": {"s3BucketName": "logs", "runAsEnabled": run_as}})
        };
        let name = "SSM-SessionManagerRunShell";
        account.documents.insert(name.into(), preferences(true).to_string());
        account.earlier_documents.insert(name.into(), vec![preferences(false).to_string()]);
        for n in 0..230 {
            account.sessions.push(json!({
                "SessionId": format!("alice-{n:017x}"), "Target": "i-0aaaaaaaaaaaaaaa1", "Status": "Terminated",
                "StartDate": 1_772_352_000.5 + f64::from(n), "EndDate": 1_772_352_600.0 + f64::from(n),
                "Owner": "arn:aws:iam::111122223333:user/alice",
            }));
        }
        for n in 0..60 {
            let id = format!("i-{n:017x}");
            account.instances.push(json!({"InstanceId": id, "PlatformType": "Linux", "PingStatus": "Online"}));
            let arn = format!("arn:aws:ec2:eu-west-1:111122223333:instance/{id}");
            account.tagged.push(json!({"ResourceARN": arn, "Tags": [{"Key": "Name", "Value": format!("web-{n}")}]}));
        }
    });
}

#[test]
fn an_account_is_looked_at_page_by_page() {
    let (home, server) = (Home::new(), Server::start());
    fill(&server);
    for operation in ["DescribeSessions", "GetAccountAuthorizationDetails", "GetDocument", "GetResources"] {
        server.on(operation, |call, _| (call.number % 2 == 1).then(Fault::throttled));
    }
    let first = run(&home, &server, &["pull", "context"]);
    assert_eq!((first.code, first.column("logs")), (Some(0), vec!["5".to_owned()]), "{first}");
    let parts: Vec<_> = logs(&home).iter().map(|name| name.rsplit_once('/').unwrap().0.to_owned()).collect();
    let due = ["documents", "iam", "nodes", "sessions", "tags"]
        .map(|p| format!("context:111122223333/eu-west-1/{p}"));
    assert_eq!(parts, due);
    assert_eq!(home.run(&["index"]).code, Some(0));
    let access = home.run(&["access", "--format", "jsonl"]);
    let granted = access.rows().iter().filter(|row| row["start"] == "granted").count();
    assert_eq!(
        granted,
        3 * 60,
        "every user on every node: {}",
        &access.stdout[..500.min(access.stdout.len())]
    );
    assert_eq!(access.rows()[7]["target_name"], "web-7");
    assert_eq!(home.run(&["coverage"]).rows().len(), 230);
    let runas = home.run(&["runas", "--format", "jsonl"]);
    assert_eq!(runas.rows()[0]["owed"], "os-alice", "{}", runas.rows()[0]);
}

#[test]
fn what_may_not_be_looked_at_is_named_and_the_rest_comes() {
    let (home, server) = (Home::new(), Server::start());
    fill(&server);
    server.on("GetAccountAuthorizationDetails", |_, _| {
        Some(Fault::error(403, "AccessDenied", "User: arn:aws:iam::111122223333:user/eve is not authorized"))
    });
    server
        .on("ListDocumentVersions", |_, _| Some(Fault::denied("ssm:ListDocumentVersions", "arn:aws:ssm:x")));
    let output = run(&home, &server, &["pull", "context"]);
    assert_eq!((output.code, output.column("logs")), (Some(3), vec!["3".to_owned()]), "{output}");
    for missing in ["iam:GetAccountAuthorizationDetails", "ssm:ListDocumentVersions"] {
        assert!(output.stderr.contains(missing), "{output}");
    }
    for operation in ["DescribeSessions", "DescribeInstanceInformation", "GetResources"] {
        server.on(operation, |_, _| Some(Fault::denied("ssm:Any", "*")));
    }
    let none = run(&home, &server, &["pull", "context"]);
    assert_eq!(none.code, Some(4), "{none}");
    assert!(none.stderr.contains("hint: permit"), "{none}");
}
