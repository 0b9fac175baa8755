//! The server of `whoran_testkit::aws`, asked by an SDK that is none of ours: boto3, which moto brings along.

#![expect(clippy::unwrap_used, reason = "a test may fail where it stands")]

use std::process::Command;

use serde_json::json;
use whoran_testkit::aws::{Fault, Limits, Moto, Server};

/// Runs Python that has clients for the server at hand, and gives what it printed.
fn boto3(server: &Server, script: &str) -> String {
    let python = Moto::prepare().unwrap_or_else(|why| panic!("{why}"));
    let prelude = r#"
import sys, boto3, botocore
from botocore.config import Config
once = Config(retries={"total_max_attempts": 1}, s3={"addressing_style": "path"})
def client(service, config=once, region="eu-west-1"):
    return boto3.client(service, endpoint_url=sys.argv[1], region_name=region, config=config,
        aws_access_key_id="AKIAEXAMPLE", aws_secret_access_key="secret")
def refused(call, **arguments):
    try:
        call(**arguments)
    except botocore.exceptions.ClientError as e:
        return e.response["Error"]["Code"]
    except Exception as e:
        return type(e).__name__
    return "answered"
s3, logs = client("s3"), client("logs")
"#;
    let mut command = Command::new(python);
    command.args(["-c", &format!("{prelude}{script}"), server.endpoint()]);
    for (name, _) in std::env::vars_os().filter(|(n, _)| n.to_string_lossy().starts_with("AWS_")) {
        command.env_remove(name);
    }
    let out = command.env("AWS_EC2_METADATA_DISABLED", "true").output().unwrap();
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    String::from_utf8(out.stdout).unwrap()
}

#[test]
fn s3_lists_and_gives_what_is_there_and_breaks_when_told() {
    let server = Server::start();
    let hostile = "../a:b\n\u{1}é<&> +%41";
    server.account(|a| {
        let bucket = a.bucket("logs");
        for n in 0..2500 {
            bucket.put(&format!("p/{n:04}.log"), format!("log {n}"));
        }
        bucket.put(hostile, "odd");
        bucket.put("big", vec![b'x'; 100_000]);
        bucket.put("cold", "ice").storage_class = "GLACIER".to_owned();
        a.bucket("far").region = "us-east-1".to_owned();
        a.bucket("paid").requester_pays = true;
    });
    // Between the first page and the second, one that was listed goes and one that comes later is put.
    server.on("ListObjectsV2", |call, account| {
        if call.input["continuation-token"].is_string()
            && account.bucket("logs").objects.contains_key("p/0000.log")
        {
            account.bucket("logs").delete("p/0000.log");
            account.bucket("logs").put("p/9999.log", "late");
        }
        None
    });
    server.on("GetObject", |call, _| match call.resource.as_str() {
        "logs/p/0001.log" => (call.number <= 2).then(Fault::slow_down),
        "logs/p/0002.log" => Some(Fault::Reset(None)),
        "logs/big" => match call.number % 3 {
            0 => Some(Fault::Reset(Some(50_000))),
            1 => Some(Fault::Truncated(50_000)),
            _ => Some(Fault::Short(99_999)),
        },
        "logs/p/0003.log" => Some(Fault::denied_s3("s3:GetObject", "arn:aws:s3:::logs/p/0003.log")),
        _ => None,
    });
    let said = boto3(
        &server,
        r#"
keys = [o for page in s3.get_paginator("list_objects_v2").paginate(Bucket="logs", Prefix="p/") for o in page["Contents"]]
print(len(keys), keys[0]["Key"], keys[-1]["Key"], keys[0]["Size"], keys[0]["LastModified"].isoformat())
odd = [o["Key"] for o in s3.list_objects_v2(Bucket="logs", MaxKeys=1)["Contents"]][0]
print(repr(odd), s3.get_object(Bucket="logs", Key=odd)["Body"].read())
get = lambda key: s3.get_object(Bucket="logs", Key=key)["Body"].read()
codes = [refused(get, key=k) for k in ["p/0001.log", "p/0002.log", "p/0003.log", "cold", "none"]]
print(*codes)
print(*[s3.head_object(Bucket="logs", Key="big")["ContentLength"] for _ in "1"], len(s3.get_object(Bucket="logs", Key="p/2000.log", Range="bytes=4-")["Body"].read()))
bodies = []
for _ in range(3):
    try: bodies.append(len(get("big")))
    except Exception as e: bodies.append('reset' if 'reset' in str(e) else 'short' if 'IncompleteRead' in str(e) else repr(e))
print(sorted(map(str, bodies)))
print(refused(s3.list_objects_v2, Bucket="none"), refused(s3.list_objects_v2, Bucket="paid"), refused(s3.list_objects_v2, Bucket="paid", RequestPayer="requester"))
print(refused(client("s3").get_object, Bucket="logs", Key="big", IfMatch="other"))
print(refused(s3.list_objects_v2, Bucket="far"), refused(client("s3", region="us-east-1").list_objects_v2, Bucket="far"))
"#,
    );
    let lines: Vec<&str> = said.lines().collect();
    assert_eq!(lines[0], "2501 p/0000.log p/9999.log 5 2025-03-04T10:00:01+00:00");
    assert_eq!(lines[1], r"'../a:b\n\x01é<&> +%41' b'odd'");
    assert_eq!(lines[2], "SlowDown ConnectionClosedError AccessDenied InvalidObjectState NoSuchKey");
    assert_eq!(lines[3], "100000 4");
    assert_eq!(lines[4], "['99999', 'reset', 'short']");
    assert_eq!(lines[5], "NoSuchBucket AccessDenied answered");
    assert_eq!(lines[6], "PreconditionFailed");
    assert_eq!(lines[7], "AuthorizationHeaderMalformed answered");
    assert_eq!(server.calls()[0].call.access_key, "AKIAEXAMPLE");
}

#[test]
fn logs_end_where_the_api_reference_says() {
    let server = Server::start();
    server.account(|a| {
        for n in 0..25_000 {
            a.log(
                "sessions",
                if n % 2 == 0 { "alice-1" } else { "bob-1" },
                1000 + n / 2,
                &format!("line {n}"),
            );
        }
        a.group("rare").infrequent_access = true;
        a.log("rare", "carol-1", 5000, "seldom");
        a.log("large", "one", 1, &"x".repeat(600_000));
        a.log("large", "one", 2, &"y".repeat(600_000));
    });
    let script = r#"
def walk(**arguments):
    pages, token = [], None
    while True:
        page = logs.filter_log_events(logGroupName="sessions", **arguments, **({"nextToken": token} if token else {}))
        pages.append(len(page["events"]))
        token = page.get("nextToken")
        if not token: return pages
print(walk())
print(walk(startTime=1000, endTime=1001), walk(logStreamNamePrefix="bob"))
pages, token = [], None
while True:
    page = logs.get_log_events(logGroupName="sessions", logStreamName="alice-1", startFromHead=True, startTime=1000, endTime=1002, **({"nextToken": token} if token else {}))
    pages.append(len(page["events"]))
    if page["nextForwardToken"] == token: break
    token = page["nextForwardToken"]
print(pages)
print(len(logs.filter_log_events(logGroupName="large")["events"]))
print(refused(logs.filter_log_events, logGroupName="rare"), refused(logs.filter_log_events, logGroupName="none"), refused(logs.filter_log_events, logGroupName="sessions", nextToken="mine"))
print([g["logGroupClass"] for g in logs.describe_log_groups()["logGroups"]], [s["logStreamName"] for s in logs.describe_log_streams(logGroupName="sessions")["logStreams"]])
query = logs.start_query(logGroupName="rare", startTime=0, endTime=9, queryString="fields @timestamp, @message, @logStream | sort @timestamp asc | limit 10000")["queryId"]
print(logs.get_query_results(queryId=query)["status"], [f["value"] for f in logs.get_query_results(queryId=query)["results"][0]])
"#;
    let said = boto3(&server, script);
    let lines: Vec<&str> = said.lines().collect();
    assert_eq!(lines[0], "[10000, 10000, 5000]");
    assert_eq!(lines[1], "[4] [10000, 2500]", "both ends of FilterLogEvents are inclusive");
    assert_eq!(lines[2], "[2, 0]", "the end of GetLogEvents is exclusive, and a token that comes again");
    assert_eq!(lines[3], "1", "a page holds 1 MB");
    assert_eq!(lines[4], "InvalidOperationException ResourceNotFoundException InvalidParameterException");
    assert_eq!(lines[5], "['STANDARD', 'INFREQUENT_ACCESS', 'STANDARD'] ['alice-1', 'bob-1']");
    assert!(
        lines[6].starts_with("Running ['1970-01-01 00:00:05.000', 'seldom', 'carol-1', '"),
        "{}",
        lines[6]
    );

    server.account(|a| a.empty_pages = 2);
    let said = boto3(&server, script);
    let lines: Vec<&str> = said.lines().collect();
    assert_eq!(lines[0], "[0, 0, 10000, 0, 0, 10000, 0, 0, 5000, 0, 0, 0]");
    assert_eq!(lines[2], "[0, 0, 2, 0]");
}

#[test]
fn the_rest_is_told_in_pages() {
    let server = Server::start();
    server.account(|a| {
        a.documents.insert("SSM-SessionManagerRunShell".into(), "{}".into());
        for n in 0..120 {
            let status = if n % 3 == 0 { "Connected" } else { "Terminated" };
            a.sessions.push(json!({ "SessionId": format!("alice-{n}"), "Status": status, "StartDate": n }));
            a.instances.push(json!({ "InstanceId": format!("i-{n}"), "ComputerName": "web" }));
            let name = if n % 2 == 0 { "StartSession" } else { "RunInstances" };
            a.trail.push(json!({ "EventId": n.to_string(), "EventName": name, "EventTime": n, "CloudTrailEvent": "{}" }));
        }
    });
    server.limit(Limits::aws().with("LookupEvents", 1000.0).with("DescribeLogGroups", 1.0));
    let said = boto3(
        &server,
        r#"
ssm, trail, sts = client("ssm"), client("cloudtrail"), client("sts")
print(ssm.get_document(Name="SSM-SessionManagerRunShell")["Content"], refused(ssm.get_document, Name="none"))
print(sum(len(p["Sessions"]) for p in ssm.get_paginator("describe_sessions").paginate(State="History", PaginationConfig={"PageSize": 30})))
print([len(p["InstanceInformationList"]) for p in ssm.get_paginator("describe_instance_information").paginate()])
started = [e for p in trail.get_paginator("lookup_events").paginate(LookupAttributes=[{"AttributeKey": "EventName", "AttributeValue": "StartSession"}]) for e in p["Events"]]
print(len(started), started[0]["EventId"])
print(sts.assume_role(RoleArn="arn:aws:iam::444455556666:role/Auditor", RoleSessionName="me")["Credentials"]["AccessKeyId"], sts.get_caller_identity()["Account"])
print(*[refused(logs.describe_log_groups) for _ in range(2)])
"#,
    );
    let lines: Vec<&str> = said.lines().collect();
    assert_eq!(lines[0], "{} InvalidDocument");
    assert_eq!(lines[1..5], ["80", "[50, 50, 20]", "60 118", "ASIAAuditor 111122223333"]);
    assert_eq!(lines[5], "answered ThrottlingException");
}

#[test]
fn a_clock_that_is_off_is_refused() {
    let server = Server::start();
    server.account(|a| {
        a.bucket("logs");
        a.clock_ahead = 3600;
    });
    let said = boto3(
        &server,
        "print(refused(s3.list_objects_v2, Bucket='logs'), refused(logs.describe_log_groups))\n",
    );
    assert_eq!(said.trim(), "RequestTimeTooSkewed InvalidSignatureException");
}
