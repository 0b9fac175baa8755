//! The messages of a plain upload, which pages, exports and deliveries spread over several logs and repeat.

use std::collections::{HashMap, HashSet, VecDeque};

use super::transcript::is_whole;

/// A message that is terminal text: the inside of its JSON string and where that stands in the log.
#[derive(Debug, Clone)]
pub(super) struct Plain {
    pub(super) text: String,
    pub(super) raw: Vec<u8>,
    /// Index of its log among the shares.
    pub(super) log: usize,
    pub(super) at: u64,
    /// CloudWatch's own time of the message in milliseconds, where the log has it.
    pub(super) stored: Option<i64>,
    /// CloudWatch's own name of the message, where the log has it.
    pub(super) id: Option<String>,
}

/// Copies of one upload: each log that has all of it is one, and what other logs have of it is put together to one more.
/// A log that says something else of a message than others is a copy by itself.
pub(super) fn copies(logs: Vec<Vec<Plain>>) -> Vec<Vec<Plain>> {
    let mut copies = Vec::new();
    let mut merged: Vec<Plain> = Vec::new();
    for log in logs {
        let log = in_order(log);
        let ends = log.first().zip(log.last());
        if ends.is_some_and(|(first, last)| is_whole(&first.text, &last.text)) || contradicts(&merged, &log) {
            copies.push(log);
        } else if merged.is_empty() {
            merged = log;
        } else {
            merged = merge(merged, log);
        }
    }
    copies.push(merged);
    copies.retain(|copy| !copy.is_empty());
    copies
}

/// Each message once, by time; what was stored in the same millisecond stays as it came.
fn in_order(mut messages: Vec<Plain>) -> Vec<Plain> {
    let mut seen = HashSet::new();
    messages.retain(|message| message.id.as_ref().is_none_or(|id| seen.insert(id.clone())));
    if messages.iter().all(|message| message.stored.is_some()) {
        messages.sort_by_key(|message| message.stored);
    }
    messages
}

/// Whether two logs give one message different texts.
fn contradicts(merged: &[Plain], log: &[Plain]) -> bool {
    let texts: HashMap<&str, &str> =
        merged.iter().filter_map(|message| Some((message.id.as_deref()?, message.text.as_str()))).collect();
    let known = |message: &Plain| texts.get(message.id.as_deref()?).map(|text| *text != message.text);
    log.iter().any(|message| known(message) == Some(true))
}

/// Puts the messages that only `log` has between those that both have.
fn merge(merged: Vec<Plain>, log: Vec<Plain>) -> Vec<Plain> {
    let known = known_in(&merged, &log);
    // for each message of the log, where the next one stands that both have
    let mut ends = vec![merged.len(); log.len()];
    let mut end = merged.len();
    for (own, at) in known.iter().enumerate().rev() {
        ends[own] = end;
        end = at.unwrap_or(end);
    }
    let mut from = 0;
    let mut before: Vec<VecDeque<Plain>> = vec![VecDeque::new(); merged.len() + 1];
    for ((message, at), end) in log.into_iter().zip(&known).zip(ends) {
        match at {
            Some(at) => from = from.max(at + 1),
            None => {
                let between = merged.get(from..end).unwrap_or_default();
                from += between.partition_point(|other| other.stored <= message.stored);
                before[from].push_back(message);
            }
        }
    }
    let mut all = Vec::with_capacity(merged.len());
    for (message, new) in merged.into_iter().map(Some).chain([None]).zip(before) {
        all.extend(new);
        all.extend(message);
    }
    all
}

/// Where in `merged` each message of `log` stands, none twice.
fn known_in(merged: &[Plain], log: &[Plain]) -> Vec<Option<usize>> {
    let mut by_id: HashMap<&str, usize> = HashMap::new();
    let mut by_text: HashMap<(Option<i64>, &str), VecDeque<usize>> = HashMap::new();
    for (at, message) in merged.iter().enumerate() {
        by_id.extend(message.id.as_deref().map(|id| (id, at)));
        by_text.entry((message.stored, &message.text)).or_default().push_back(at);
    }
    let mut taken = vec![false; merged.len()];
    let mut known = Vec::with_capacity(log.len());
    for message in log {
        let mut at = message.id.as_deref().and_then(|id| by_id.get(id).copied());
        let alike = by_text.get_mut(&(message.stored, message.text.as_str()));
        if let Some(alike) = alike.filter(|_| at.is_none()) {
            while at.is_none()
                && let Some(other) = alike.pop_front()
            {
                // two messages with names of their own are two, whatever they say
                let fits = !taken[other] && (merged[other].id.is_none() || message.id.is_none());
                at = fits.then_some(other);
            }
        }
        at.into_iter().for_each(|at| taken[at] = true);
        known.push(at);
    }
    known
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(stored: i64, text: &str, id: bool) -> Plain {
        let id = id.then(|| format!("{stored}{text}"));
        Plain { text: text.into(), raw: text.into(), log: 0, at: 0, stored: Some(stored), id }
    }

    fn log(text: &str, id: bool) -> Vec<Plain> {
        text.split(' ')
            .map(|m| m.split_at(1))
            .map(|(ms, text)| message(ms.parse().unwrap(), text, id))
            .collect()
    }

    fn together(logs: &[(&str, bool)]) -> Vec<String> {
        let copies = copies(logs.iter().map(|(text, id)| log(text, *id)).collect());
        copies.iter().map(|copy| copy.iter().map(|m| m.text.as_str()).collect::<Vec<_>>().join("")).collect()
    }

    #[test]
    fn pages_are_put_together_whatever_they_share() {
        for ids in [(false, false), (true, true), (true, false)] {
            let two = |a, b| together(&[(a, ids.0), (b, ids.1)]);
            assert_eq!(two("1a 1b 2c", "2c 3d"), ["abcd"]);
            assert_eq!(two("2c 3d", "1a 1b 2c"), ["abcd"]);
            assert_eq!(two("1b 1c", "1a 1b"), ["abc"]);
            assert_eq!(two("1a 3c", "2b 4d"), ["abcd"]);
            assert_eq!(two("1a 2b", "1a 2b"), ["ab"]);
            assert_eq!(two("1a 1a 2b", "1a 2b 3c"), if ids.0 { ["abc"] } else { ["aabc"] });
        }
    }

    #[test]
    fn a_message_delivered_twice_is_one_and_late_ones_find_their_place() {
        assert_eq!(together(&[("2b 1a 2b 3c", true)]), ["abc"]);
    }

    #[test]
    fn a_log_that_says_something_else_of_a_message_is_a_copy_by_itself() {
        let mut other = log("1a 2b", true);
        other[1].text = "forged".into();
        assert_eq!(copies(vec![log("1a 2b 3c", true), other]).len(), 2);
    }
}
