//! Names of resources, in the partition of AWS that they are in.

use super::Remote;

/// Partitions other than `aws`, by what the names of their regions begin with, as the SDK's own rules have them.
const PARTITIONS: [(&str, &str); 7] = [
    ("cn-", "aws-cn"),
    ("us-gov-", "aws-us-gov"),
    ("us-iso-", "aws-iso"),
    ("us-isob-", "aws-iso-b"),
    ("eu-isoe-", "aws-iso-e"),
    ("us-isof-", "aws-iso-f"),
    ("eusc-", "aws-eusc"),
];

/// The partition that a region is in; `aws` where no region is known.
pub(super) fn partition(region: Option<&str>) -> &'static str {
    let other = |region: &str| PARTITIONS.iter().find(|(begin, _)| region.starts_with(begin));
    region.and_then(other).map_or("aws", |(_, partition)| partition)
}

/// The partition of a source, as far as the source itself says: by its region, else by the role it takes on.
pub(super) fn partition_of(remote: &Remote) -> &str {
    let access = &remote.access;
    let of_role = || access.assume_role.as_deref()?.split(':').nth(1).filter(|part| !part.is_empty());
    match access.region.as_deref().or(remote.location.region()) {
        None => of_role().unwrap_or("aws"),
        region => partition(region),
    }
}

/// A bucket; an access point is named by its own ARN.
pub(super) fn bucket(partition: &str, bucket: &str) -> String {
    if bucket.starts_with("arn:") { bucket.to_owned() } else { format!("arn:{partition}:s3:::{bucket}") }
}

/// An object of a bucket.
pub(super) fn object(partition: &str, of: &str, key: &str) -> String {
    let between = if of.starts_with("arn:") { "/object/" } else { "/" };
    format!("{}{between}{key}", bucket(partition, of))
}

/// A log group, or any where `name` is a pattern.
pub(super) fn log_group(partition: &str, region: &str, account: &str, name: &str) -> String {
    format!("arn:{partition}:logs:{region}:{account}:log-group:{name}")
}

/// A document of Systems Manager, or any where `name` is a pattern.
pub(super) fn document(region: &str, account: &str, name: &str) -> String {
    format!("arn:{}:ssm:{region}:{account}:document/{name}", partition(Some(region)))
}

/// The region in which a partition records calls to IAM, and to the global endpoint of STS
/// (docs.aws.amazon.com/IAM/latest/UserGuide/cloudtrail-integration.html).
pub(super) fn global_region(partition: &str) -> &'static str {
    match partition {
        "aws-cn" => "cn-north-1",
        "aws-us-gov" => "us-gov-west-1",
        "aws-iso" => "us-iso-east-1",
        "aws-iso-b" => "us-isob-east-1",
        "aws-iso-e" => "eu-isoe-west-1",
        "aws-iso-f" => "us-isof-south-1",
        "aws-eusc" => "eusc-de-east-1",
        _ => "us-east-1",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_region_tells_its_partition() {
        for (region, expected) in [
            ("eu-west-1", "aws"),
            ("us-east-1", "aws"),
            ("cn-north-1", "aws-cn"),
            ("us-gov-west-1", "aws-us-gov"),
            ("us-iso-east-1", "aws-iso"),
            ("us-isob-east-1", "aws-iso-b"),
            ("eusc-de-east-1", "aws-eusc"),
        ] {
            assert_eq!(partition(Some(region)), expected, "{region}");
        }
        assert_eq!(partition(None), "aws");
    }

    #[test]
    fn a_source_without_a_region_is_where_its_role_is() {
        let mut remote = Remote::new("s3://b/".parse().unwrap());
        assert_eq!(partition_of(&remote), "aws");
        remote.access.assume_role = Some("arn:aws-cn:iam::111122223333:role/r".into());
        assert_eq!(partition_of(&remote), "aws-cn");
        remote.access.region = Some("us-gov-east-1".into());
        assert_eq!(partition_of(&remote), "aws-us-gov");
    }

    #[test]
    fn an_access_point_is_its_own_name() {
        let point = "arn:aws-cn:s3:cn-north-1:111122223333:accesspoint/p";
        assert_eq!(bucket("aws", point), point);
        assert_eq!(object("aws", point, "k"), format!("{point}/object/k"));
        assert_eq!(object("aws-cn", "b", "k"), "arn:aws-cn:s3:::b/k");
    }
}
