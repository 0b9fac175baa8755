//! Names of logs that lie in AWS. No two share one, whatever characters they have.

use whoran_model::{LogId, Timestamp};

/// What the name of every object of a bucket begins with.
pub(super) fn bucket_prefix(bucket: &str) -> String {
    format!("s3://{bucket}/")
}

/// The name of an object: one name for each version where the bucket has versions.
pub(super) fn of_object(bucket: &str, key: &str, version: Option<&str>) -> LogId {
    let mut name = bucket_prefix(bucket);
    escape(key, "%?#", &mut name);
    // Objects that were there before a bucket got versions have the version `null`, and so has every other one since
    // versions were suspended: it can be replaced, and names nothing.
    if let Some(version) = version.filter(|version| *version != "null") {
        name.push_str("?versionId=");
        escape(version, "%?#", &mut name);
    }
    LogId::new(name)
}

/// The name of the records that were kept of a CloudTrail file. In the name of an object a number sign is escaped.
pub(super) fn of_records(object: &LogId) -> LogId {
    LogId::new(format!("{object}#records"))
}

/// The name of an object without its version, be it of the whole object or of records in it.
pub(super) fn without_version(name: &str) -> &str {
    name.split_once(['?', '#']).map_or(name, |(object, _)| object)
}

/// The name of what CloudTrail recorded of calls with that name.
pub(super) fn of_calls(account: &str, region: &str, event_name: &str) -> LogId {
    LogId::new(format!("cloudtrail:{account}/{region}/{event_name}"))
}

/// The name of a look at a part of an account, at that time.
pub(super) fn of_look(account: &str, region: &str, part: &str, at: Timestamp) -> LogId {
    LogId::new(format!("context:{account}/{region}/{part}/{}", at.strftime("%Y%m%dT%H%M%SZ")))
}

/// What the name of every stream of a log group begins with.
pub(super) fn group_prefix(account: &str, region: &str, group: &str) -> String {
    format!("cloudwatch:{account}/{region}/{group}/")
}

/// The name of a log stream, in its group.
pub(super) fn of_stream(group_prefix: &str, stream: &str) -> LogId {
    let mut name = group_prefix.to_owned();
    escape(stream, "%?#/", &mut name);
    LogId::new(name)
}

/// Writes `text` with each of the characters in `special` as `%HH`.
fn escape(text: &str, special: &str, out: &mut String) {
    for c in text.chars() {
        if special.contains(c) {
            out.push_str(&format!("%{:02X}", u32::from(c)));
        } else {
            out.push(c);
        }
    }
}

/// The key that stands in a listing with `%HH` and `+` for whatever XML cannot hold.
pub(super) fn key_of_listing(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let hex = |n: usize| bytes.get(at + n).and_then(|b| char::from(*b).to_digit(16));
        let (byte, width) = match (byte, hex(1), hex(2)) {
            (b'%', Some(high), Some(low)) => ((high * 16 + low) as u8, 3),
            (b'+', ..) => (b' ', 1),
            (byte, ..) => (byte, 1),
        };
        out.push(byte);
        at += width;
    }
    String::from_utf8(out).unwrap_or_else(|_| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_told_apart_and_give_the_session() {
        let id = "alice@example.com-4njnyxxl8yn676nsla8j6l4bra";
        let name = of_object("b", &format!("p?q/{id}.log"), Some("v/1?x"));
        assert_eq!(name.as_str(), format!("s3://b/p%3Fq/{id}.log?versionId=v/1%3Fx"));
        assert_eq!(name.stem(), id);
        assert_eq!(without_version(name.as_str()), of_object("b", &format!("p?q/{id}.log"), None).as_str());
        assert_eq!(of_object("b", "k", Some("null")), of_object("b", "k", None));
        let records = of_records(&of_object("b", "k#", Some("v")));
        assert_eq!(records.as_str(), "s3://b/k%23?versionId=v#records");
        assert_eq!(without_version(records.as_str()), "s3://b/k%23");
        assert_eq!(without_version(of_records(&of_object("b", "k", None)).as_str()), "s3://b/k");

        let outer = of_stream(&group_prefix("1", "r", "a"), "b/c");
        let inner = of_stream(&group_prefix("1", "r", "a/b"), "c");
        assert_ne!(outer, inner);
        assert_eq!(of_stream(&group_prefix("1", "r", "/ssm/x"), id).stem(), id);
    }

    #[test]
    fn keys_come_out_of_a_listing_as_they_are() {
        for (listed, key) in [
            ("a%2Fb+c%25", "a/b c%"),
            ("%00%0A%E2%82%AC", "\0\n€"),
            ("plain", "plain"),
            ("%", "%"),
            ("%zz", "%zz"),
        ] {
            assert_eq!(key_of_listing(listed), key, "{listed}");
        }
    }
}
