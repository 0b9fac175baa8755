//! The least that a principal must be permitted for the sources in use.

use serde_json::{Value, json};

use super::{Location, Remote, arn};

/// An IAM policy document that permits what pulling these sources takes, and nothing else.
///
/// Roles that are taken on are permitted to be taken on; what they need themselves is in the policy too, to be
/// attached to the role. Objects encrypted with a customer managed key of KMS need `kms:Decrypt` on that key as well: its
/// ARN stands in no source, so the caller names the keys.
pub fn policy(remotes: &[Remote], keys: &[String]) -> Value {
    let mut buckets = Vec::new();
    let mut objects = Vec::new();
    let mut groups = Vec::new();
    let mut streams = Vec::new();
    let mut roles = Vec::new();
    let (mut trail, mut context) = (false, false);
    for remote in remotes {
        let (access, partition) = (&remote.access, arn::partition_of(remote));
        match &remote.location {
            Location::S3 { bucket, prefix } => {
                push(&mut buckets, (arn::bucket(partition, bucket), prefix.clone()));
                let keys = format!("{}*", literal(prefix));
                push(&mut objects, arn::object(partition, bucket, &keys));
            }
            Location::LogGroup { name, of } => {
                let region = access.region.as_deref();
                let (account, region) = match of {
                    Some((account, region)) => (account.as_str(), region.as_str()),
                    None => ("*", region.unwrap_or("*")),
                };
                let arn = arn::log_group(partition, region, account, name);
                push(&mut groups, format!("{arn}:*"));
                push(&mut streams, format!("{arn}:log-stream:*"));
            }
            Location::CloudTrail => trail = true,
            Location::Context => context = true,
        }
        if let Some(role) = &access.assume_role {
            push(&mut roles, role.clone());
        }
    }
    let mut statements = Vec::new();
    for (bucket, prefix) in buckets {
        let mut statement = allow("ListLogs", &["s3:ListBucket"], &[bucket]);
        if !prefix.is_empty() {
            statement["Condition"] = json!({"StringLike": {"s3:prefix": format!("{}*", literal(&prefix))}});
        }
        statements.push(statement);
    }
    if !objects.is_empty() {
        statements.push(allow("ReadLogs", &["s3:GetObject"], &objects));
    }
    if !keys.is_empty() {
        statements.push(allow("DecryptLogs", &["kms:Decrypt"], keys));
    }
    if !groups.is_empty() {
        // Listing groups cannot be narrowed to one of them.
        statements.push(allow("FindLogGroups", &["logs:DescribeLogGroups"], &["*".to_owned()]));
        let actions = ["logs:FilterLogEvents", "logs:StartQuery"];
        statements.push(allow("ReadLogGroups", &actions, &groups));
        statements.push(allow("ReadLogStreams", &["logs:GetLogEvents"], &streams));
        statements.push(allow("ReadQueries", &["logs:GetQueryResults"], &["*".to_owned()]));
    }
    // None of these can be narrowed to anything but documents, of which all are wanted.
    if trail {
        statements.push(allow("LookUpCalls", &["cloudtrail:LookupEvents"], &["*".to_owned()]));
    }
    if context {
        statements.push(allow("LookAtContext", &CONTEXT, &["*".to_owned()]));
    }
    if !roles.is_empty() {
        statements.push(allow("TakeOnRoles", &["sts:AssumeRole"], &roles));
    }
    for n in 1..statements.len() {
        // Statement ids must differ.
        if statements[..n].iter().any(|before| before["Sid"] == statements[n]["Sid"]) {
            let sid = format!("{}{n}", statements[n]["Sid"].as_str().unwrap_or_default());
            statements[n]["Sid"] = sid.into();
        }
    }
    json!({"Version": "2012-10-17", "Statement": statements})
}

/// What looking at an account takes; who the caller is, STS tells everybody.
const CONTEXT: [&str; 7] = [
    "iam:GetAccountAuthorizationDetails",
    "ssm:DescribeInstanceInformation",
    "ssm:DescribeSessions",
    "ssm:GetDocument",
    "ssm:ListDocumentVersions",
    "ssm:ListDocuments",
    "tag:GetResources",
];

/// Text that a policy does not take for a pattern
/// (docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html, special characters).
fn literal(text: &str) -> String {
    text.replace('$', "${$}").replace('*', "${*}").replace('?', "${?}")
}

fn allow(sid: &str, actions: &[&str], resources: &[String]) -> Value {
    json!({"Sid": sid, "Effect": "Allow", "Action": actions, "Resource": resources})
}

fn push<T: PartialEq>(list: &mut Vec<T>, one: T) {
    if !list.contains(&one) {
        list.push(one);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_policy_permits_the_sources_and_nothing_else() {
        let remote = |text: &str| Remote::new(text.parse().unwrap());
        let mut lake = remote("cloudwatch:arn:aws:logs:eu-west-1:111122223333:log-group:/ssm");
        lake.access.assume_role = Some("arn:aws:iam::111122223333:role/read-logs".into());
        let remotes =
            [remote("s3://b/ssm/"), remote("s3://b/"), lake, remote("cloudtrail"), remote("context")];
        let policy = policy(&remotes, &["arn:aws:kms:eu-west-1:111122223333:key/k".into()]);
        let statements = policy["Statement"].as_array().unwrap();
        let granted: Vec<String> = statements
            .iter()
            .flat_map(|s| s["Action"].as_array().unwrap().iter().zip(std::iter::repeat(s)))
            .map(|(action, s)| format!("{} {}", action.as_str().unwrap(), s["Resource"]))
            .collect();
        assert_eq!(
            granted,
            [
                r#"s3:ListBucket ["arn:aws:s3:::b"]"#,
                r#"s3:ListBucket ["arn:aws:s3:::b"]"#,
                r#"s3:GetObject ["arn:aws:s3:::b/ssm/*","arn:aws:s3:::b/*"]"#,
                r#"kms:Decrypt ["arn:aws:kms:eu-west-1:111122223333:key/k"]"#,
                r#"logs:DescribeLogGroups ["*"]"#,
                r#"logs:FilterLogEvents ["arn:aws:logs:eu-west-1:111122223333:log-group:/ssm:*"]"#,
                r#"logs:StartQuery ["arn:aws:logs:eu-west-1:111122223333:log-group:/ssm:*"]"#,
                r#"logs:GetLogEvents ["arn:aws:logs:eu-west-1:111122223333:log-group:/ssm:log-stream:*"]"#,
                r#"logs:GetQueryResults ["*"]"#,
                r#"cloudtrail:LookupEvents ["*"]"#,
                r#"iam:GetAccountAuthorizationDetails ["*"]"#,
                r#"ssm:DescribeInstanceInformation ["*"]"#,
                r#"ssm:DescribeSessions ["*"]"#,
                r#"ssm:GetDocument ["*"]"#,
                r#"ssm:ListDocumentVersions ["*"]"#,
                r#"ssm:ListDocuments ["*"]"#,
                r#"tag:GetResources ["*"]"#,
                r#"sts:AssumeRole ["arn:aws:iam::111122223333:role/read-logs"]"#,
            ]
        );
        assert_eq!(statements[0]["Condition"]["StringLike"]["s3:prefix"], "ssm/*");
        let mut sids: Vec<_> = statements.iter().map(|s| s["Sid"].as_str().unwrap()).collect();
        sids.sort_unstable();
        sids.dedup();
        assert_eq!(sids.len(), statements.len(), "every statement has an id of its own");
    }

    #[test]
    fn every_arn_is_in_the_partition_of_its_source() {
        let mut bucket = Remote::new("s3://b/".parse().unwrap());
        bucket.access.region = Some("cn-north-1".into());
        let arn = "arn:aws-us-gov:logs:us-gov-west-1:111122223333:log-group:/ssm";
        let group = Remote::new(arn.parse().unwrap());
        assert_eq!(group.location.to_string(), format!("cloudwatch:{arn}"));
        let policy = policy(&[bucket, group], &[]).to_string();
        assert!(policy.contains("arn:aws-cn:s3:::b/*") && policy.contains(&format!("{arn}:*")), "{policy}");
        assert!(!policy.contains("arn:aws:"), "{policy}");
    }

    #[test]
    fn a_prefix_is_no_pattern() {
        assert_eq!(literal("a*b?$"), "a${*}b${?}${$}");
    }
}
