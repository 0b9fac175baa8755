//! `pull` against moto, which is nobody's server of ours: it says what AWS's protocols are.

use std::process::Command;

use whoran_testkit::aws::Moto;

use crate::home::{Home, Output};

/// Fills moto by boto3, which it brings along.
fn fill(script: &str) {
    let python = Moto::prepare().unwrap_or_else(|why| panic!("{why}"));
    let mut command = Command::new(python);
    let prelude = "
import sys, time, json, boto3
def client(service):
    return boto3.client(service, endpoint_url=sys.argv[1], region_name='eu-west-1',
        aws_access_key_id='AKIAEXAMPLE', aws_secret_access_key='secret')
s3, logs, now = client('s3'), client('logs'), int(time.time() * 1000)
";
    command.args(["-c", &format!("{prelude}{script}"), Moto::shared().endpoint()]);
    command.env("AWS_EC2_METADATA_DISABLED", "true");
    let out = command.output().unwrap();
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
}

fn run(home: &Home, args: &[&str], region: &str) -> Output {
    let mut command = home.command(args);
    command
        .env("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE")
        .env("AWS_SECRET_ACCESS_KEY", "secret")
        .env("AWS_REGION", region)
        .env("AWS_ENDPOINT_URL", Moto::shared().endpoint())
        .env("AWS_EC2_METADATA_DISABLED", "true");
    Output::of(&mut command)
}

#[test]
fn a_bucket_of_many_pages_comes_once() {
    fill(
        "
s3.create_bucket(Bucket='pages', CreateBucketConfiguration={'LocationConstraint': 'eu-west-1'})
for n in range(2500):
    s3.put_object(Bucket='pages', Key=f'ssm/user{n}-0e348611852{n:06}.log', Body=b'sh-5.2$ id\\r\\n' * (n % 7 + 1))
s3.put_object(Bucket='pages', Key='ssm/a b+c%d?e#f.log', Body=b'odd')
",
    );
    let home = Home::new();
    let first = run(&home, &["pull", "s3://pages/ssm/"], "eu-west-1");
    assert_eq!(first.column("logs"), ["2501"], "{first}");
    let again = run(&home, &["pull", "s3://pages/ssm/"], "eu-west-1");
    assert_eq!((again.column("logs"), again.column("unchanged")), (vec!["0".into()], vec!["2501".into()]));
    fill(
        "s3.put_object(Bucket='pages', Key='ssm/user7-0e348611852000007.log', Body=b'sh-5.2$ uptime\\r\\n')",
    );
    let third = run(&home, &["pull", "s3://pages/ssm/"], "eu-west-1");
    assert_eq!(third.column("logs"), ["1"], "{third}");
    let missing = run(&home, &["pull", "s3://no-such-pages"], "eu-west-1");
    assert_eq!(missing.code, Some(4), "{missing}");
    assert!(missing.stderr.contains("NoSuchBucket"), "{missing}");
}

#[test]
fn a_group_of_both_kinds_comes_once() {
    fill(
        "
group = '/ssm/both'
logs.create_log_group(logGroupName=group)
def put(stream, messages):
    logs.create_log_stream(logGroupName=group, logStreamName=stream)
    for at in range(0, len(messages), 1000):
        logs.put_log_events(logGroupName=group, logStreamName=stream, logEvents=[
            {'timestamp': now - 3600000 + at + n, 'message': m} for n, m in enumerate(messages[at:at + 1000])])
for n in range(299):
    put(f'user{n}-0e348611852{n:06}', ['Script started on 2026-03-02 10:00:00+00:00\\n$ id', 'x'])
put('busy-0e34861185201706f', [json.dumps({'eventVersion': '1.0', 'eventTime': '2026-03-01T08:00:00Z',
    'awsRegion': 'eu-west-1', 'target': {'id': 'i-0aaaaaaaaaaaaaaa1'},
    'userIdentity': {'arn': 'arn:aws:iam::123456789012:user/busy'}, 'runAsUser': 'ssm-user',
    'sessionId': 'busy-0e34861185201706f', 'sessionData': [f'line {n}']}) for n in range(10001)])
",
    );
    let pull = ["pull", "cloudwatch:/ssm/both", "--requests-per-second", "1000"];
    let home = Home::new();
    let first = run(&home, &pull, "eu-west-1");
    assert_eq!(
        (first.column("events"), first.column("logs")),
        (vec!["10599".into()], vec!["300".into()]),
        "{first}"
    );
    let again = run(&home, &pull, "eu-west-1");
    assert_eq!(again.column("events"), ["0"], "{again}");
    let one = ["pull", "cloudwatch:/ssm/both", "--session", "busy-0e34861185201706f"];
    assert_eq!(run(&Home::new(), &one, "eu-west-1").column("events"), ["10001"]);
    let elsewhere = run(&Home::new(), &pull, "us-west-2");
    assert_eq!(elsewhere.code, Some(4), "{elsewhere}");
    assert!(elsewhere.stderr.contains("no such log group in the region us-west-2"), "{elsewhere}");
}

#[test]
fn users_documents_and_tags_are_looked_at() {
    fill(
        "
iam, ssm, tags = client('iam'), client('ssm'), client('resourcegroupstaggingapi')
allow = json.dumps({'Version': '2012-10-17', 'Statement': {'Effect': 'Allow', 'Action': 'ssm:StartSession', 'Resource': '*'}})
own = iam.create_policy(PolicyName='own', PolicyDocument=allow)['Policy']['Arn']
for n in range(120):
    iam.create_user(UserName=f'user{n}', Path='/team/', Tags=[{'Key': 'SSMSessionRunAs', 'Value': f'os{n}'}])
    iam.put_user_policy(UserName=f'user{n}', PolicyName='start', PolicyDocument=allow)
trust = json.dumps({'Version': '2012-10-17', 'Statement': {'Effect': 'Allow', 'Action': 'sts:AssumeRole',
    'Principal': {'AWS': '*'}}})
iam.create_role(RoleName='Ops', AssumeRolePolicyDocument=trust, PermissionsBoundary=own)
iam.attach_role_policy(RoleName='Ops', PolicyArn=own)
ec2 = client('ec2')
image = ec2.describe_images()['Images'][0]['ImageId']
ec2.run_instances(ImageId=image, MinCount=1, MaxCount=1, TagSpecifications=[
    {'ResourceType': 'instance', 'Tags': [{'Key': 'Name', 'Value': 'bastion'}]}])
",
    );
    let home = Home::new();
    let output = run(&home, &["pull", "context", "--requests-per-second", "1000"], "eu-west-1");
    // moto does not know all of Systems Manager: what it cannot say is told, and the rest comes.
    assert_eq!(output.code, Some(3), "{output}");
    let skipped = output.rows()[0]["skipped"].to_string();
    assert!(!skipped.contains("/iam/") && !skipped.contains("/tags/"), "{output}");
    assert_eq!(home.run(&["index"]).code, Some(0));
    let access = home.run(&["access", "--format", "jsonl"]);
    let granted: Vec<_> = access.rows().into_iter().filter(|row| row["start"] == "granted").collect();
    assert_eq!(granted.len(), 121, "{access}");
    assert!(granted.iter().all(|row| row["target_name"] == "bastion"), "{access}");
    let user = granted.iter().find(|row| row["principal"] == "arn:aws:iam::123456789012:user/team/user7");
    assert!(user.is_some(), "{access}");
}
