//! What the name of a log and its folders say of the account, the region and the time its content is of.

use whoran_model::{EntityKind, LogId, Taken, TakenBy, Timestamp};

const AREAS: [&str; 13] =
    ["af", "ap", "ca", "cn", "eu", "eusc", "il", "me", "mx", "sa", "us", "us-gov", "us-iso"];
const DIRECTIONS: [&str; 9] =
    ["central", "east", "north", "northeast", "northwest", "south", "southeast", "southwest", "west"];

/// What the names of looks begin with that were pulled: they say when the answer came.
const PULLED: &str = "context:";

/// Reads the name, the part nearest to its end first.
pub(super) fn of_name(log: &LogId) -> Taken {
    let words: Vec<&str> =
        log.as_str().split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty()).collect();
    let account = words.iter().rev().find(|w| w.len() == 12 && w.bytes().all(|b| b.is_ascii_digit()));
    let at = words.iter().rev().find_map(|word| compact(word)).or_else(|| spelled(&words));
    Taken {
        by: match at {
            Some(_) if log.as_str().starts_with(PULLED) => TakenBy::Answer,
            Some(_) => TakenBy::Name,
            None => TakenBy::Nothing,
        },
        at,
        account: account.map(|account| (*account).to_owned()),
        region: region(&words),
    }
}

/// The user or role in a name such as `list-user-tags-bob-111122223333.json`: what stands before account and time.
pub(super) fn of_entity(log: &LogId) -> Option<(EntityKind, String)> {
    let stem = log.stem();
    let verb = stem.strip_prefix("list-").unwrap_or(stem);
    let (kind, rest) = [(EntityKind::User, "user-tags"), (EntityKind::Role, "role-tags")]
        .into_iter()
        .find_map(|(kind, begin)| Some((kind, verb.strip_prefix(begin)?)))?;
    let name = rest[..place_in(rest).unwrap_or(rest.len())].strip_prefix('-')?;
    (!name.is_empty()).then(|| (kind, name.to_owned()))
}

/// Where the account or the time begins that follows a name.
fn place_in(rest: &str) -> Option<usize> {
    rest.match_indices(['-', '_', '.']).map(|(at, _)| at).find(|at| {
        let behind = of_name(&LogId::new(&rest[*at..]));
        let first = rest[at + 1..].split(['-', '_', '.']).next().unwrap_or_default();
        let begins = first.bytes().all(|b| b.is_ascii_digit()) && matches!(first.len(), 4 | 12)
            || compact(first).is_some();
        begins && (behind.account.is_some() || behind.at.is_some())
    })
}

/// `eu-west-1`, `us-gov-east-1`.
fn region(words: &[&str]) -> Option<String> {
    (2..words.len()).rev().find_map(|end| {
        let [area, direction, number] = words[end - 2..=end] else { return None };
        let is_number = number.len() <= 2 && number.bytes().all(|b| b.is_ascii_digit());
        if !is_number || !DIRECTIONS.contains(&direction) {
            return None;
        }
        let long = end.checked_sub(3).map(|at| format!("{}-{area}", words[at]));
        let area = long
            .filter(|long| AREAS.contains(&long.as_str()))
            .or_else(|| AREAS.contains(&area).then(|| area.to_owned()))?;
        Some(format!("{area}-{direction}-{number}"))
    })
}

/// `20250304T101532Z`.
fn compact(word: &str) -> Option<Timestamp> {
    let (date, time) = word.strip_suffix('Z')?.split_once('T')?;
    let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    if date.len() != 8 || time.len() != 6 || !digits(date) || !digits(time) {
        return None;
    }
    let (d, t) = (date, time);
    let spelled = format!("{}-{}-{}T{}:{}:{}Z", &d[..4], &d[4..6], &d[6..], &t[..2], &t[2..4], &t[4..]);
    spelled.parse().ok()
}

/// `2025-03-04T10:15:32Z`, where colons may be something else that a file's name can hold.
fn spelled(words: &[&str]) -> Option<Timestamp> {
    words.windows(5).rev().find_map(|w| {
        let (day, hour) = w[2].split_once('T')?;
        let second = w[4].strip_suffix('Z')?;
        format!("{}-{}-{day}T{hour}:{}:{second}Z", w[0], w[1], w[3]).parse().ok()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn account_region_and_time_are_read_from_names() {
        let read = |name: &str| {
            let taken = of_name(&LogId::new(name));
            let at = taken.at.map(|at| at.to_string()).unwrap_or_default();
            (taken.account.unwrap_or_default(), taken.region.unwrap_or_default(), at)
        };
        let due = |account: &str, region: &str, at: &str| (account.into(), region.into(), at.into());
        assert_eq!(
            read("context/ssm/SSM-SessionManagerRunShell-111122223333-eu-west-1.json"),
            due("111122223333", "eu-west-1", "")
        );
        assert_eq!(
            read("111122223333/us-gov-east-1/20250304T101532Z/prefs.json"),
            due("111122223333", "us-gov-east-1", "2025-03-04T10:15:32Z")
        );
        assert_eq!(
            read("iam-444455556666-2025-03-04T10-15-32Z.json"),
            due("444455556666", "", "2025-03-04T10:15:32Z")
        );
        assert_eq!(read("notes/2025-03-04/to-west-1.json"), due("", "", ""));
        assert_eq!(read(""), due("", "", ""));
        let pulled = "context:111122223333/eu-west-1/iam/20260302T100000Z";
        assert_eq!(read(pulled), due("111122223333", "eu-west-1", "2026-03-02T10:00:00Z"));
        assert_eq!(of_name(&LogId::new(pulled)).by, TakenBy::Answer);
    }

    #[test]
    fn a_user_or_role_is_what_stands_before_account_and_time() {
        let read = |name: &str| of_entity(&LogId::new(name));
        let due = |kind, name: &str| Some((kind, name.to_owned()));
        let user = |name| due(EntityKind::User, name);
        assert_eq!(read("x/list-user-tags-bob-111122223333.json"), user("bob"));
        assert_eq!(read("111122223333/user-tags-a.b-c@d_1234-5.json"), user("a.b-c@d_1234-5"));
        assert_eq!(read("list-user-tags-bob-20250304T101532Z-111122223333.json"), user("bob"));
        assert_eq!(read("list-user-tags-bob-2025-03-04T10-15-32Z.json"), user("bob"));
        assert_eq!(read("list-role-tags-Ops-111122223333.json"), due(EntityKind::Role, "Ops"));
        for nobody in ["list-user-tags-111122223333.json", "tags.json", "user-tags-", "list-users.json"] {
            assert_eq!(read(nobody), None, "{nobody}");
        }
    }
}
