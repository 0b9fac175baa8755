//! What a record is: an event of the agent, a record of CloudWatch's APIs around one, or nothing of use.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::LazyLock;

use memchr::{memchr, memchr2, memmem};
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::value::RawValue;
use whoran_model::{DiagnosticKind, Shape};

use crate::quoted::Flat;

/// A record larger than this is left out. CloudWatch takes events of at most 1 MiB.
pub(super) const MAX_RECORD: usize = 16 << 20;
/// What CloudWatch sends through a subscription to see whether it arrives.
const CONTROL: &str = "CWL CONTROL MESSAGE";
const SESSION_KEY: &[u8] = b"\"sessionId\":\"";
/// What the agent's records begin with.
pub(super) const RECORD_START: &[u8] = b"{\"eventVersion\":";

/// One record.
#[derive(Debug, PartialEq)]
pub(super) struct Found {
    pub(super) range: Range<u64>,
    /// `None` where it holds no session data.
    pub(super) shape: Option<Shape>,
    /// The session it names.
    pub(super) session: Option<String>,
    /// The log stream it stands in.
    pub(super) stream: Option<String>,
    pub(super) damage: Option<DiagnosticKind>,
}

impl Found {
    /// What holds no session data.
    pub(super) fn nothing(range: Range<u64>) -> Self {
        Self { range, shape: None, session: None, stream: None, damage: None }
    }

    /// What is larger than any event.
    pub(super) fn oversized(range: Range<u64>) -> Self {
        Self { damage: Some(DiagnosticKind::OversizedRecord(MAX_RECORD as u64)), ..Self::nothing(range) }
    }

    /// What begins as an event: one, damage, or what holds no session data.
    pub(super) fn event(text: &[u8], shape: Shape, range: Range<u64>) -> Self {
        let nothing = Self::nothing(range);
        match serde_json::from_slice::<Probe<'_>>(text).map(Probe::session_of_event) {
            Ok(None) => nothing,
            Ok(Some(session)) => Self { shape: Some(shape), session, ..nothing },
            Err(_) => Self { damage: Some(DiagnosticKind::DamagedJson { recovered: false }), ..nothing },
        }
    }

    /// A record as CloudWatch's APIs list them. It may stand among what is of one stream.
    pub(super) fn listed(flat: &Flat<'_>, record: &[u8], range: Range<u64>, stream: Option<&str>) -> Self {
        let found = Self::around(flat.message, range.clone(), flat.stream.or(stream));
        found.unwrap_or_else(|| cut(record, range))
    }

    /// A record around a message, the inside of a JSON string. `None` where that is damaged.
    fn around(message: &str, range: Range<u64>, stream: Option<&str>) -> Option<Self> {
        let own = |session| Self {
            shape: Some(Shape::Envelopes),
            session,
            stream: stream.map(str::to_owned),
            ..Self::nothing(range.clone())
        };
        if let Some(session) = QUOTED.session(message.as_bytes()) {
            return Some(own(Some(session.to_owned())));
        }
        let line = first_line(message)?;
        if line.starts_with(CONTROL) && stream.is_none_or(str::is_empty) {
            return Some(Self::nothing(range));
        }
        if line.starts_with('{') {
            let message = unquoted(message)?;
            let inner = serde_json::from_str::<Probe<'_>>(&message).ok().and_then(Probe::session_of_event);
            return Some(own(inner.flatten()));
        }
        Some(own(super::header_session(line.as_bytes()).map(|id| id.as_str().to_owned())))
    }

    /// Gives it to `take`; what follows is no neighbour.
    pub(super) fn alone(self, take: &mut impl FnMut(Self)) {
        let end = self.range.end;
        take(self);
        take(Self::nothing(end..end));
    }
}

#[derive(Deserialize)]
pub(super) struct Probe<'a> {
    #[serde(rename = "sessionId", borrow)]
    session_id: Option<Cow<'a, str>>,
    #[serde(rename = "sessionData")]
    session_data: Option<IgnoredAny>,
    #[serde(borrow)]
    message: Option<&'a RawValue>,
    #[serde(rename = "logStreamName", borrow)]
    stream: Option<Cow<'a, str>>,
}

impl Probe<'_> {
    /// The session of what is an event, if it names one; `None` of anything else.
    pub(super) fn session_of_event(self) -> Option<Option<String>> {
        self.session_data.is_some().then(|| self.session_id.map(Cow::into_owned))
    }
}

/// The agent's own form of an event, by which its session is found without decoding: inside a JSON string every quote is
/// escaped, so the key's bytes can't stand in content.
pub(super) struct Compact {
    begins: &'static [u8],
    find_key: memmem::Finder<'static>,
    /// What follows the session.
    ends_session: &'static [u8],
}

/// As it stands in a log.
pub(super) static BARE: LazyLock<Compact> = LazyLock::new(|| Compact {
    begins: RECORD_START,
    find_key: memmem::Finder::new(SESSION_KEY),
    ends_session: b"\",\"sessionData\":[",
});

/// As it stands in a record's message.
static QUOTED: LazyLock<Compact> = LazyLock::new(|| Compact {
    begins: b"{\\\"eventVersion\\\":",
    find_key: memmem::Finder::new(b"\\\"sessionId\\\":\\\""),
    ends_session: b"\\\",\\\"sessionData\\\":[",
});

impl Compact {
    pub(super) fn session<'a>(&self, event: &'a [u8]) -> Option<&'a str> {
        if !event.starts_with(self.begins) || !event.ends_with(b"]}") {
            return None;
        }
        let id = &event[self.find_key.find(event)? + self.find_key.needle().len()..];
        let (id, rest) = id.split_at(memchr2(b'"', b'\\', id)?);
        std::str::from_utf8(id).ok().filter(|_| rest.starts_with(self.ends_session))
    }
}

/// What a whole record is.
pub(super) fn identify(record: &[u8], range: Range<u64>, stream: Option<&str>) -> Found {
    if let Some(flat) = Flat::of(record) {
        return Found::listed(&flat, record, range, stream);
    }
    let Ok(probe) = serde_json::from_slice::<Probe<'_>>(record) else { return cut(record, range) };
    if probe.session_data.is_some() {
        let session = probe.session_id.map(Cow::into_owned);
        return Found { range, shape: Some(Shape::Events), session, stream: None, damage: None };
    }
    let Some(raw) = probe.message.map(RawValue::get).filter(|raw| raw.starts_with('"')) else {
        return Found::nothing(range);
    };
    let inside = raw.strip_prefix('"').and_then(|raw| raw.strip_suffix('"')).unwrap_or_default();
    let stream = probe.stream.as_deref().or(stream);
    Found::around(inside, range.clone(), stream).unwrap_or_else(|| cut(record, range))
}

/// The text of a JSON string.
fn unquoted(inside: &str) -> Option<String> {
    serde_json::from_str(&format!("\"{inside}\"")).ok()
}

/// As much of the text of a JSON string as its first line needs, or more.
fn first_line(inside: &str) -> Option<String> {
    // half of a pair is no character, wherever it stands
    let pairs = [b"\\ud", b"\\uD"].iter().any(|half| memmem::find(inside.as_bytes(), *half).is_some());
    let end = memmem::find(inside.as_bytes(), b"\\n").filter(|_| !pairs);
    // what looks like a line's end may be a backslash and a letter
    end.and_then(|end| unquoted(&inside[..end])).or_else(|| unquoted(inside))
}

/// What is left of a record that is cut or malformed: its session, where the key survived.
pub(super) fn cut(record: &[u8], range: Range<u64>) -> Found {
    let key = memmem::find(record, SESSION_KEY).map(|at| &record[at + SESSION_KEY.len()..]);
    let session = key.and_then(|rest| Some(&rest[..memchr(b'"', rest)?]));
    let session = session.and_then(|id| std::str::from_utf8(id).ok()).map(str::to_owned);
    let has_data = memmem::find(record, b"\"sessionData\"").is_some();
    if has_data {
        // how much of it can be read is found out when it is decoded
        Found { range, shape: Some(Shape::Events), session, stream: None, damage: None }
    } else {
        let damage = Some(DiagnosticKind::DamagedJson { recovered: false });
        Found { range, shape: None, session, stream: None, damage }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_is_the_same_however_it_is_read() {
        const SCRIPT: &str = "Script started on 2025-03-04 10:20:41+00:00 [COMMAND=\\\"cat /var/lib/amazon/ssm/i-0abc/\
                              session/orchestration/bob-0e34861185201706f/Standard_Stream/ipcTempFile.log\\\"]";
        let event = r#"{\"sessionId\":\"bob\",\"sessionData\":[\"a\"]}"#;
        let escaped = event.replacen('{', "\\u007b", 1);
        for (message, session) in [
            (format!("{SCRIPT}\\n$ ls"), Some("bob-0e34861185201706f")),
            (format!("{SCRIPT}\\u000a$ \\ud83d\\ude00"), Some("bob-0e34861185201706f")),
            (format!("{SCRIPT} \\\\n$ ls"), Some("bob-0e34861185201706f")),
            (format!("{SCRIPT}\\n$ ls \\uD83d"), None),
            (format!("$ cat\\n{event}"), None),
            (event.to_owned(), Some("bob")),
            (escaped, Some("bob")),
            ("CWL CONTROL MESSAGE: Checking".to_owned(), None),
        ] {
            let listed = format!(r#"{{"message":"{message}"}}"#);
            let other = format!(r#"{{"message":"{message}","a":{{}}}}"#);
            assert!(Flat::of(listed.as_bytes()).is_some() && Flat::of(other.as_bytes()).is_none());
            let [listed, other] = [listed, other].map(|record| identify(record.as_bytes(), 0..9, None));
            assert_eq!((listed.session.as_deref(), &listed), (session, &other), "{message}");
        }
    }
}
