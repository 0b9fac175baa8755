//! What a report goes by, each with who said so.

use jiff::civil::{Time, Weekday};
use jiff::tz::TimeZone;
use serde::Serialize;
use whoran_model::Timestamp;

use crate::compliance::Framework;
use crate::document::{TableKind, TableRow};

/// A parameter, and whether somebody set it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Given<T> {
    /// Its value.
    pub value: T,
    /// Whether it was set; else it is the default.
    pub set: bool,
}

impl<T> Given<T> {
    /// What somebody set, else the default.
    pub fn or(set: Option<T>, default: T) -> Self {
        Self { set: set.is_some(), value: set.unwrap_or(default) }
    }
}

/// What a report goes by.
#[derive(Debug, Clone)]
pub struct Parameters {
    /// Whose report it is.
    pub organization: Given<Option<String>>,
    /// How many months of records there should be.
    pub retention_months: Given<u32>,
    /// When work is usual.
    pub business_hours: Given<BusinessHours>,
    /// Accounts in scope; none is all.
    pub accounts: Given<Vec<String>>,
    /// Nodes in scope, by id or name, `*` for any characters; none is all.
    pub nodes: Given<Vec<String>>,
    /// Tags of nodes in scope, `KEY=VALUE`; none is all.
    pub node_tags: Given<Vec<String>>,
    /// Nodes of which each session is told.
    pub critical_nodes: Given<Vec<String>>,
    /// The same by tags.
    pub critical_tags: Given<Vec<String>>,
    /// Who reviews, and signs.
    pub reviewers: Given<Vec<String>>,
}

/// When work is usual, in a time zone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BusinessHours {
    /// First and last day.
    days: (Weekday, Weekday),
    /// From this time of the day on.
    from: Time,
    /// Up to that.
    to: Time,
    /// Where.
    pub zone: TimeZone,
}

/// What a node is known by.
#[derive(Debug, Clone, Copy, Default)]
pub struct Node<'a> {
    /// Its id.
    pub id: &'a str,
    /// Its name.
    pub name: Option<&'a str>,
    /// Its tags.
    pub tags: &'a [whoran_model::Tag],
}

impl Parameters {
    /// The defaults. Times of day are of `zone`.
    pub fn defaults(framework: Option<Framework>, zone: TimeZone) -> Self {
        let none = || Given { value: Vec::new(), set: false };
        Self {
            organization: Given { value: None, set: false },
            retention_months: Given { value: framework.map_or(12, Framework::retention_months), set: false },
            business_hours: Given { value: BusinessHours::usual(zone), set: false },
            accounts: none(),
            nodes: none(),
            node_tags: none(),
            critical_nodes: none(),
            critical_tags: none(),
            reviewers: none(),
        }
    }

    /// Whether anything narrows down what is in scope.
    pub fn is_scoped(&self) -> bool {
        !(self.accounts.value.is_empty() && self.nodes.value.is_empty() && self.node_tags.value.is_empty())
    }

    /// Whether something of this account and node is in scope. What is not known of it is no reason to leave it out.
    pub fn in_scope(&self, account: Option<&str>, node: Option<Node<'_>>) -> bool {
        let accounts = &self.accounts.value;
        let fits = accounts.is_empty() || account.is_none_or(|account| accounts.iter().any(|a| a == account));
        let (nodes, tags) = (&self.nodes.value, &self.node_tags.value);
        fits && ((nodes.is_empty() && tags.is_empty()) || node.is_none_or(|node| node.is_any_of(nodes, tags)))
    }

    /// Whether a node is critical.
    pub fn is_critical(&self, node: Node<'_>) -> bool {
        node.is_any_of(&self.critical_nodes.value, &self.critical_tags.value)
    }

    /// All of them as rows.
    pub fn rows(&self) -> Vec<ParameterRow> {
        let list = |given: &Given<Vec<String>>, none: &str| {
            (if given.value.is_empty() { none.to_owned() } else { given.value.join(", ") }, given.set)
        };
        let row = |parameter, (value, set): (String, bool), means| ParameterRow {
            parameter,
            value,
            set_by: if set { "whoran.toml" } else { "default" },
            means,
        };
        let months = self.retention_months.value;
        vec![
            row(
                "organization",
                (
                    self.organization.value.clone().unwrap_or_else(|| "not given".into()),
                    self.organization.set,
                ),
                "stands on the first page",
            ),
            row(
                "retention_months",
                (months.to_string(), self.retention_months.set),
                "how many months of records, counted back from the period's end, there should be",
            ),
            row(
                "business_hours",
                (self.business_hours.value.to_string(), self.business_hours.set),
                "sessions that begin outside of it are told one by one",
            ),
            row(
                "accounts",
                list(&self.accounts, "all"),
                "accounts in scope; a session of an unknown account counts as in scope",
            ),
            row(
                "nodes",
                list(&self.nodes, "all"),
                "nodes in scope, by id or name; a session on an unknown node counts as in scope",
            ),
            row(
                "node_tags",
                list(&self.node_tags, "all"),
                "nodes in scope, by a tag in the last listing that has any",
            ),
            row(
                "critical_nodes",
                list(&self.critical_nodes, "none"),
                "each person's sessions on these are told",
            ),
            row("critical_tags", list(&self.critical_tags, "none"), "the same, by tag"),
            row("reviewers", list(&self.reviewers, "none"), "who signs, and whose reviews count"),
        ]
    }
}

/// A parameter as a row.
#[derive(Debug, Clone, Serialize)]
pub struct ParameterRow {
    parameter: &'static str,
    value: String,
    set_by: &'static str,
    means: &'static str,
}

impl TableRow for ParameterRow {
    const TABLE: TableKind = TableKind::Parameters;
}

impl Node<'_> {
    fn is_any_of(&self, patterns: &[String], tags: &[String]) -> bool {
        let named = |pattern: &String| {
            is_like(self.id, pattern) || self.name.is_some_and(|name| is_like(name, pattern))
        };
        let tagged = |wanted: &String| {
            let (key, value) = wanted.split_once('=').unwrap_or((wanted, "*"));
            self.tags.iter().any(|tag| tag.key == key && is_like(&tag.value, value))
        };
        patterns.iter().any(named) || tags.iter().any(tagged)
    }
}

/// Whether `text` is what `pattern` says, where `*` stands for any characters.
fn is_like(text: &str, pattern: &str) -> bool {
    let Some((head, rest)) = pattern.split_once('*') else { return text == pattern };
    let Some(text) = text.strip_prefix(head) else { return false };
    if rest.is_empty() {
        return true;
    }
    let starts = text.char_indices().map(|(at, _)| at).chain([text.len()]);
    starts.into_iter().any(|at| is_like(&text[at..], rest))
}

impl BusinessHours {
    /// Monday to Friday, 8 to 18.
    fn usual(zone: TimeZone) -> Self {
        let (from, to) = (Time::constant(8, 0, 0, 0), Time::constant(18, 0, 0, 0));
        Self { days: (Weekday::Monday, Weekday::Friday), from, to, zone }
    }

    /// Reads `Mon-Fri 08:00-18:00`.
    ///
    /// # Errors
    ///
    /// What is wrong with it.
    pub fn read(text: &str, zone: TimeZone) -> Result<Self, String> {
        let wrong = || format!("{text:?} are no business hours; write them like Mon-Fri 08:00-18:00");
        let (days, hours) = text.trim().split_once(' ').ok_or_else(wrong)?;
        let day = |name: &str| {
            let name = name.to_ascii_lowercase();
            DAYS.iter().find(|(_, short)| *short == name).map(|(day, _)| *day)
        };
        let (first, last) = days.split_once('-').unwrap_or((days, days));
        let time = |text: &str| {
            let (hour, minute) = text.trim().split_once(':')?;
            Time::new(hour.parse().ok()?, minute.parse().ok()?, 0, 0).ok()
        };
        let (from, to) = hours.split_once('-').ok_or_else(wrong)?;
        let days = (day(first).ok_or_else(wrong)?, day(last).ok_or_else(wrong)?);
        let (from, to) = (time(from).ok_or_else(wrong)?, time(to).ok_or_else(wrong)?);
        if from >= to {
            return Err(wrong());
        }
        Ok(Self { days, from, to, zone })
    }

    /// The same hours in another zone.
    #[must_use]
    pub fn in_zone(self, zone: TimeZone) -> Self {
        Self { zone, ..self }
    }

    /// Whether a time is within.
    pub fn hold(&self, at: Timestamp) -> bool {
        let at = at.to_zoned(self.zone.clone());
        let day = at.weekday().to_monday_zero_offset();
        let (first, last) = (self.days.0.to_monday_zero_offset(), self.days.1.to_monday_zero_offset());
        let of_week = if first <= last { (first..=last).contains(&day) } else { day >= first || day <= last };
        of_week && self.from <= at.time() && at.time() < self.to
    }
}

const DAYS: [(Weekday, &str); 7] = [
    (Weekday::Monday, "mon"),
    (Weekday::Tuesday, "tue"),
    (Weekday::Wednesday, "wed"),
    (Weekday::Thursday, "thu"),
    (Weekday::Friday, "fri"),
    (Weekday::Saturday, "sat"),
    (Weekday::Sunday, "sun"),
];

impl std::fmt::Display for BusinessHours {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let name = |day: Weekday| {
            ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
                [usize::from(day.to_monday_zero_offset().unsigned_abs())]
        };
        let zone = self.zone.iana_name().unwrap_or("UTC");
        write!(
            f,
            "{}-{} {}-{} {zone}",
            name(self.days.0),
            name(self.days.1),
            short(self.from),
            short(self.to)
        )
    }
}

fn short(time: Time) -> String {
    format!("{:02}:{:02}", time.hour(), time.minute())
}

#[cfg(test)]
mod tests {
    use whoran_model::Tag;

    use super::*;

    #[test]
    fn business_hours_are_of_a_zone() {
        let hours =
            BusinessHours::read("Mon-Fri 08:00-18:00", TimeZone::get("Europe/Vienna").unwrap()).unwrap();
        let hold = |time: &str| hours.hold(time.parse().unwrap());
        assert!(hold("2026-03-02T07:00:00Z"), "8 o'clock in Vienna, a Monday");
        assert!(!hold("2026-03-02T06:59:59Z") && !hold("2026-03-02T17:00:00Z"));
        assert!(!hold("2026-03-01T12:00:00Z"), "a Sunday");
        assert_eq!(hours.to_string(), "Mon-Fri 08:00-18:00 Europe/Vienna");
        let night = BusinessHours::read("Sat-Sun 00:00-23:59", TimeZone::UTC).unwrap();
        assert!(night.hold("2026-03-01T12:00:00Z".parse().unwrap()));
        let round = BusinessHours::read("Sun-Thu 09:00-17:00", TimeZone::UTC).unwrap();
        assert!(round.hold("2026-03-01T12:00:00Z".parse().unwrap()));
        assert!(!round.hold("2026-03-06T12:00:00Z".parse().unwrap()));
        for wrong in ["", "Mon-Fri", "Mon-Fri 18:00-08:00", "Mo-Fr 8:00-9:00", "Mon-Fri 08:00"] {
            assert!(BusinessHours::read(wrong, TimeZone::UTC).is_err(), "{wrong}");
        }
    }

    #[test]
    fn scope_takes_in_what_is_not_known() {
        let mut parameters = Parameters::defaults(None, TimeZone::UTC);
        assert!(parameters.in_scope(Some("1"), None) && !parameters.is_scoped());
        parameters.accounts.value = vec!["111122223333".into()];
        parameters.nodes.value = vec!["web-*".into()];
        parameters.node_tags.value = vec!["env=prod".into()];
        let tags = [Tag { key: "env".into(), value: "prod".into() }];
        let node = |id, name| Some(Node { id, name, tags: &[] });
        let tagged = Some(Node { id: "i-9", name: None, tags: &tags });
        let account = Some("111122223333");
        assert!(parameters.in_scope(None, None) && parameters.in_scope(account, None));
        assert!(
            parameters.in_scope(account, node("i-1", Some("web-1"))) && parameters.in_scope(account, tagged)
        );
        assert!(!parameters.in_scope(account, node("i-1", Some("db-1"))));
        assert!(!parameters.in_scope(Some("2"), node("i-1", Some("web-1"))));
    }

    #[test]
    fn a_star_stands_for_anything() {
        for (text, pattern, like) in [
            ("web-1", "web-*", true),
            ("web-1", "*-1", true),
            ("web-1", "w*b*1", true),
            ("web-1", "web", false),
            ("é", "*é", true),
            ("", "*", true),
        ] {
            assert_eq!(is_like(text, pattern), like, "{text} {pattern}");
        }
    }
}
