//! Records as bytes: how the index stores what it must give back unchanged.
//!
//! Fields follow each other in the order written here, numbers as LEB128, texts and lists behind their length. Nothing
//! names itself, so **any change here is a new [`SCHEMA_VERSION`](crate::SCHEMA_VERSION)**; the doc store compresses
//! the rest. A field added to a noun of `model` stops this file from compiling until it is stored too.

use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};

use whoran_model::{
    Alternative, ByteSpan, Command, CommandKind, CommandRecord, Diagnostic, DiagnosticKind, LogId, LogRef,
    MaskedSecret, NodeId, Origin, OsUser, Principal, Session, SessionId, SessionLog, Shape, Status,
    TimePrecision, Timestamp, UserTally,
};

use crate::log::{DiagnosticCounts, LogDone, LogMark};

/// The value as bytes.
pub(crate) fn encode<T: Coded>(value: &T) -> Vec<u8> {
    let mut out = Vec::new();
    value.put(&mut out);
    out
}

/// The value that the bytes are, or `None` where they are none, or more than one.
pub(crate) fn decode<T: Coded>(mut bytes: &[u8]) -> Option<T> {
    let value = T::get(&mut bytes)?;
    bytes.is_empty().then_some(value)
}

/// A value that can be written as bytes and read back equal.
pub(crate) trait Coded: Sized {
    fn put(&self, out: &mut Vec<u8>);
    fn get(from: &mut &[u8]) -> Option<Self>;
}

impl Coded for u64 {
    fn put(&self, out: &mut Vec<u8>) {
        let mut rest = *self;
        while rest >= 0x80 {
            out.push(rest as u8 | 0x80);
            rest >>= 7;
        }
        out.push(rest as u8);
    }

    fn get(from: &mut &[u8]) -> Option<Self> {
        let mut value = 0;
        for shift in (0..64).step_by(7) {
            let (&byte, rest) = from.split_first()?;
            *from = rest;
            value |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Some(value);
            }
        }
        None
    }
}

impl Coded for u32 {
    fn put(&self, out: &mut Vec<u8>) {
        u64::from(*self).put(out);
    }

    fn get(from: &mut &[u8]) -> Option<Self> {
        u64::get(from)?.try_into().ok()
    }
}

impl Coded for bool {
    fn put(&self, out: &mut Vec<u8>) {
        out.push(u8::from(*self));
    }

    fn get(from: &mut &[u8]) -> Option<Self> {
        match u64::get(from)? {
            0 => Some(false),
            1 => Some(true),
            _ => None,
        }
    }
}

fn take<'a>(from: &mut &'a [u8], len: u64) -> Option<&'a [u8]> {
    let (head, rest) = from.split_at_checked(usize::try_from(len).ok()?)?;
    *from = rest;
    Some(head)
}

impl<const N: usize> Coded for [u8; N] {
    fn put(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(self);
    }

    fn get(from: &mut &[u8]) -> Option<Self> {
        take(from, N as u64)?.try_into().ok()
    }
}

impl Coded for f32 {
    fn put(&self, out: &mut Vec<u8>) {
        self.to_le_bytes().put(out);
    }

    fn get(from: &mut &[u8]) -> Option<Self> {
        <[u8; 4]>::get(from).map(f32::from_le_bytes)
    }
}

fn put_text(text: &str, out: &mut Vec<u8>) {
    (text.len() as u64).put(out);
    out.extend_from_slice(text.as_bytes());
}

fn get_text<'a>(from: &mut &'a [u8]) -> Option<&'a str> {
    let len = u64::get(from)?;
    std::str::from_utf8(take(from, len)?).ok()
}

impl Coded for String {
    fn put(&self, out: &mut Vec<u8>) {
        put_text(self, out);
    }

    fn get(from: &mut &[u8]) -> Option<Self> {
        get_text(from).map(str::to_owned)
    }
}

/// Names of JSON fields inside diagnostics. There are only as many as the parsers mention, so the few that are kept
/// for ever do no harm.
impl Coded for &'static str {
    fn put(&self, out: &mut Vec<u8>) {
        put_text(self, out);
    }

    fn get(from: &mut &[u8]) -> Option<Self> {
        static NAMES: Mutex<Option<HashSet<&'static str>>> = Mutex::new(None);
        let text = get_text(from)?;
        let mut names = NAMES.lock().unwrap_or_else(PoisonError::into_inner);
        let names = names.get_or_insert_default();
        if let Some(name) = names.get(text) {
            return Some(name);
        }
        let name: &'static str = Box::leak(text.into());
        names.insert(name);
        Some(name)
    }
}

impl<T: Coded> Coded for Option<T> {
    fn put(&self, out: &mut Vec<u8>) {
        self.is_some().put(out);
        if let Some(value) = self {
            value.put(out);
        }
    }

    fn get(from: &mut &[u8]) -> Option<Self> {
        if bool::get(from)? { T::get(from).map(Some) } else { Some(None) }
    }
}

impl<T: Coded> Coded for Box<T> {
    fn put(&self, out: &mut Vec<u8>) {
        T::put(self, out);
    }

    fn get(from: &mut &[u8]) -> Option<Self> {
        T::get(from).map(Self::new)
    }
}

impl<T: Coded> Coded for Vec<T> {
    fn put(&self, out: &mut Vec<u8>) {
        (self.len() as u64).put(out);
        self.iter().for_each(|value| value.put(out));
    }

    fn get(from: &mut &[u8]) -> Option<Self> {
        // No capacity up front: a damaged length must not allocate.
        let len = u64::get(from)?;
        (0..len).map(|_| T::get(from)).collect()
    }
}

impl<A: Coded, B: Coded> Coded for (A, B) {
    fn put(&self, out: &mut Vec<u8>) {
        self.0.put(out);
        self.1.put(out);
    }

    fn get(from: &mut &[u8]) -> Option<Self> {
        Some((A::get(from)?, B::get(from)?))
    }
}

impl Coded for Timestamp {
    fn put(&self, out: &mut Vec<u8>) {
        self.as_nanosecond().to_le_bytes().put(out);
    }

    fn get(from: &mut &[u8]) -> Option<Self> {
        Timestamp::from_nanosecond(i128::from_le_bytes(<[u8; 16]>::get(from)?)).ok()
    }
}

impl Coded for SessionId {
    fn put(&self, out: &mut Vec<u8>) {
        put_text(self.as_str(), out);
    }

    fn get(from: &mut &[u8]) -> Option<Self> {
        get_text(from)?.parse().ok()
    }
}

macro_rules! coded_ids {
    ($($name:ident),*) => {$(
        impl Coded for $name {
            fn put(&self, out: &mut Vec<u8>) {
                put_text(self.as_str(), out);
            }

            fn get(from: &mut &[u8]) -> Option<Self> {
                get_text(from).map($name::new)
            }
        }
    )*};
}

coded_ids!(Principal, OsUser, NodeId, LogId);

/// Structs, field by field.
macro_rules! coded_structs {
    ($($name:ident { $($field:ident),* $(,)? })*) => {$(
        impl Coded for $name {
            fn put(&self, out: &mut Vec<u8>) {
                let $name { $($field),* } = self;
                $($field.put(out);)*
            }

            fn get(from: &mut &[u8]) -> Option<Self> {
                $(let $field = Coded::get(from)?;)*
                Some($name { $($field),* })
            }
        }
    )*};
}

coded_structs! {
    Alternative { command, confidence }
    ByteSpan { log, start, end }
    MaskedSecret { kind, fingerprint }
    Command {
        seq, time, time_precision, os_user, host, cwd, kind, program, command, typed, output, output_truncated, origin,
        status, confidence, alternatives, evidence,
    }
    CommandRecord {
        id, session_id, identity, person, account, region, run_as_user, target, target_name, secrets, command,
    }
    SessionLog { log, shape, bytes }
    UserTally { os_user, commands, first, last }
    Diagnostic { log, at, session, kind }
    Session {
        id, identity, person, account, region, run_as_user, target, target_name, host, first, last, logs, users,
        diagnostics,
    }
    LogRef { id, size, version }
    DiagnosticCounts { notes, warnings, losses }
    LogDone { log, sha256, sessions, counts, diagnostics }
    LogMark { size, version, sha256 }
}

/// Enums: a tag, then what the variant holds. Tags are part of the layout.
macro_rules! coded_enums {
    ($($name:ident { $($tag:literal = $variant:ident $(($inner:ident))? $({ $($field:ident),* })?),* $(,)? })*) => {$(
        impl Coded for $name {
            fn put(&self, out: &mut Vec<u8>) {
                match self {
                    $(Self::$variant $(($inner))? $({ $($field),* })? => {
                        out.push($tag);
                        $($inner.put(out);)?
                        $($($field.put(out);)*)?
                    })*
                }
            }

            fn get(from: &mut &[u8]) -> Option<Self> {
                Some(match u64::get(from)? {
                    $($tag => {
                        $(let $inner = Coded::get(from)?;)?
                        $($(let $field = Coded::get(from)?;)*)?
                        Self::$variant $(($inner))? $({ $($field),* })?
                    })*
                    _ => return None,
                })
            }
        }
    )*};
}

coded_enums! {
    TimePrecision { 0 = Batch, 1 = Session, 2 = None }
    CommandKind { 0 = Shell, 1 = Repl, 2 = Password }
    Origin { 0 = Typed, 1 = ShellProfile, 2 = Document }
    Status { 0 = Run, 1 = Aborted, 2 = Incomplete }
    Shape { 0 = Events, 1 = Envelopes, 2 = Transcript }
    DiagnosticKind {
        0 = EmptyLog,
        1 = NotALog,
        2 = Unreadable(why),
        3 = DirectoryLoop,
        4 = DamagedCompression(why),
        5 = TooLarge(cap),
        6 = DamagedJson { recovered },
        7 = OversizedRecord(cap),
        8 = InvalidUtf8,
        9 = UnknownEventVersion(version),
        10 = MissingField(field),
        11 = SessionIdMismatch { named, content },
        12 = UnprovenSessionId,
        13 = ForgedStructure,
        14 = EnvelopeConflict { field, kept, other },
        15 = ResentLines(n),
        16 = EndsMidLine,
        17 = MissingTrailer,
        18 = EchoOff,
        19 = HistoryOff,
        20 = OutputWithoutCommand,
        21 = CopiesDisagree { other, other_at },
        22 = Vanished,
        23 = NotAFile(what),
        24 = DamagedYaml,
    }
}

mod facts;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use whoran_model::Fact;

    use super::*;

    #[test]
    fn the_layout_of_version_1_stays_as_it_is() {
        let diagnostic = Diagnostic {
            log: LogId::new("a"),
            at: Some(300),
            session: None,
            kind: DiagnosticKind::EnvelopeConflict { field: "f", kept: "k".to_owned(), other: String::new() },
        };
        let bytes = [1, b'a', 1, 0xac, 2, 0, 14, 1, b'f', 1, b'k', 0];
        assert_eq!(encode(&diagnostic), bytes);
        assert_eq!(decode(&bytes), Some(diagnostic));
        assert_eq!(encode(&(Timestamp::UNIX_EPOCH, 0.5f32)), [[0; 16].as_slice(), &[0, 0, 0, 0x3f]].concat());
    }

    #[test]
    fn cut_and_longer_bytes_are_refused() {
        let bytes = encode(&vec![Some("text".to_owned()), None]);
        assert!(decode::<Vec<Option<String>>>(&bytes).is_some());
        for cut in 0..bytes.len() {
            assert_eq!(decode::<Vec<Option<String>>>(&bytes[..cut]), None);
        }
        assert_eq!(decode::<Vec<Option<String>>>(&[bytes, vec![0]].concat()), None);
        assert_eq!(decode::<Vec<u64>>(&encode(&u64::MAX)), None, "a length alone sets nothing aside");
    }

    proptest! {
        #[test]
        fn any_bytes_are_a_record_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = decode::<CommandRecord>(&bytes);
            let _ = decode::<Session>(&bytes);
            let _ = decode::<LogDone>(&bytes);
            let _ = decode::<Fact>(&bytes);
        }

        #[test]
        fn numbers_come_back_equal(n: u64, m: u32) {
            prop_assert_eq!(decode(&encode(&(n, m))), Some((n, m)));
        }
    }
}
