//! Records as text: how the index stores what it must give back unchanged.
//!
//! Text, because the engine copies a text at once and other bytes one by one. Fields follow each other in the order written
//! here, numbers as signs of six bits each, the lowest first and a seventh set where more follow, texts and lists behind
//! their length. Nothing names itself, so **any change here is a new [`SCHEMA_VERSION`](crate::SCHEMA_VERSION)**; the doc store compresses
//! the rest. A field added to a noun of `model` stops this file from compiling until it is stored too.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};

use whoran_model::{
    Alternative, ByteSpan, Command, CommandKind, CommandRecord, Diagnostic, DiagnosticKind, LogId, LogRef,
    MaskedSecret, NodeId, Origin, OsUser, Principal, Session, SessionId, SessionLog, Shape, Status,
    TimePrecision, Timestamp, UserTally,
};

use crate::log::{DiagnosticCounts, LogDone, LogMark};

/// The value that the text is, or `None` where it is none, or more than one.
pub(crate) fn decode<T: Coded>(mut text: &str) -> Option<T> {
    let value = T::get(&mut text)?;
    text.is_empty().then_some(value)
}

/// The log that the text is of and what tells whether it has changed. Its hash, which stands behind that, is passed over.
pub(crate) fn decode_mark(mut text: &str) -> Option<(LogId, LogMark)> {
    let mark = <(LogId, LogMark)>::get(&mut text)?;
    Option::<[u8; 32]>::skip(&mut text)?;
    text.is_empty().then_some(mark)
}

/// How many values the list has that the text is.
pub(crate) fn length(mut text: &str) -> Option<u64> {
    u64::get(&mut text)
}

/// A value that can be written as text and read back equal.
pub(crate) trait Coded: Sized {
    fn put(&self, out: &mut String);
    fn get(from: &mut &str) -> Option<Self>;

    /// Passes over one.
    fn skip(from: &mut &str) -> Option<()> {
        Self::get(from).map(drop)
    }
}

/// A value that is made of named ones.
trait Fields {
    /// Passes over what comes before the field of that name; over all of it where there is none.
    fn skip_to(name: &str, from: &mut &str) -> Option<()>;
}

/// What is looked into most often of a command, without making it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Texts<'a> {
    pub(crate) command: &'a str,
    pub(crate) output: &'a str,
}

impl<'a> Texts<'a> {
    /// Those of the record that the text is.
    pub(crate) fn of(text: &'a str) -> Option<Self> {
        let mut from = text;
        CommandRecord::skip_to("command", &mut from)?;
        Command::skip_to("command", &mut from)?;
        let command = get_text(&mut from)?;
        skip_field(|command: Command| command.typed, &mut from)?;
        let output = get_text(&mut from)?;
        Some(Self { command, output })
    }
}

/// Bits of a number in each sign, and the one that says that more follow.
const BITS: u32 = 6;
const MORE: u8 = 1 << BITS;

fn put_byte(byte: u8, out: &mut String) {
    out.push(char::from(byte));
}

impl Coded for u64 {
    fn put(&self, out: &mut String) {
        let mut rest = *self;
        while rest >= u64::from(MORE) {
            put_byte(rest as u8 & (MORE - 1) | MORE, out);
            rest >>= BITS;
        }
        put_byte(rest as u8, out);
    }

    fn get(from: &mut &str) -> Option<Self> {
        let mut value = 0;
        for (n, &byte) in from.as_bytes().iter().enumerate() {
            let shift = u32::try_from(n).ok()? * BITS;
            if !byte.is_ascii() || shift >= u64::BITS {
                return None;
            }
            value |= u64::from(byte & (MORE - 1)) << shift;
            if byte < MORE {
                *from = &from[n + 1..];
                return Some(value);
            }
        }
        None
    }
}

/// Small numbers stay small, whatever their sign.
impl Coded for i64 {
    fn put(&self, out: &mut String) {
        (self.cast_unsigned() << 1 ^ (self >> 63).cast_unsigned()).put(out);
    }

    fn get(from: &mut &str) -> Option<Self> {
        let value = u64::get(from)?;
        Some((value >> 1).cast_signed() ^ -(value & 1).cast_signed())
    }
}

impl Coded for u32 {
    fn put(&self, out: &mut String) {
        u64::from(*self).put(out);
    }

    fn get(from: &mut &str) -> Option<Self> {
        u64::get(from)?.try_into().ok()
    }
}

impl Coded for bool {
    fn put(&self, out: &mut String) {
        u64::from(*self).put(out);
    }

    fn get(from: &mut &str) -> Option<Self> {
        match u64::get(from)? {
            0 => Some(false),
            1 => Some(true),
            _ => None,
        }
    }
}

fn put_text(text: &str, out: &mut String) {
    (text.len() as u64).put(out);
    out.push_str(text);
}

fn get_text<'a>(from: &mut &'a str) -> Option<&'a str> {
    let len = u64::get(from)?;
    let (text, rest) = from.split_at_checked(usize::try_from(len).ok()?)?;
    *from = rest;
    Some(text)
}

/// A hash: half a byte in each sign.
impl<const N: usize> Coded for [u8; N] {
    fn put(&self, out: &mut String) {
        self.iter().flat_map(|byte| [byte >> 4, byte & 0xf]).for_each(|half| put_byte(half, out));
    }

    fn get(from: &mut &str) -> Option<Self> {
        let (halves, rest) = from.split_at_checked(2 * N)?;
        *from = rest;
        let mut bytes = [0; N];
        for (byte, halves) in bytes.iter_mut().zip(halves.as_bytes().chunks_exact(2)) {
            let [high @ 0..16, low @ 0..16] = *halves else { return None };
            *byte = high << 4 | low;
        }
        Some(bytes)
    }

    fn skip(from: &mut &str) -> Option<()> {
        *from = from.split_at_checked(2 * N)?.1;
        Some(())
    }
}

impl Coded for f32 {
    fn put(&self, out: &mut String) {
        self.to_bits().put(out);
    }

    fn get(from: &mut &str) -> Option<Self> {
        u32::get(from).map(f32::from_bits)
    }
}

impl Coded for Arc<str> {
    fn put(&self, out: &mut String) {
        put_text(self, out);
    }

    fn get(from: &mut &str) -> Option<Self> {
        get_text(from).map(Self::from)
    }

    fn skip(from: &mut &str) -> Option<()> {
        get_text(from).map(drop)
    }
}

impl Coded for String {
    fn put(&self, out: &mut String) {
        put_text(self, out);
    }

    fn get(from: &mut &str) -> Option<Self> {
        get_text(from).map(str::to_owned)
    }

    fn skip(from: &mut &str) -> Option<()> {
        get_text(from).map(drop)
    }
}

/// Names of JSON fields inside diagnostics. There are only as many as the parsers mention, so the few that are kept
/// for ever do no harm.
impl Coded for &'static str {
    fn put(&self, out: &mut String) {
        put_text(self, out);
    }

    fn get(from: &mut &str) -> Option<Self> {
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
    fn put(&self, out: &mut String) {
        self.is_some().put(out);
        if let Some(value) = self {
            value.put(out);
        }
    }

    fn get(from: &mut &str) -> Option<Self> {
        if bool::get(from)? { T::get(from).map(Some) } else { Some(None) }
    }

    fn skip(from: &mut &str) -> Option<()> {
        if bool::get(from)? { T::skip(from) } else { Some(()) }
    }
}

macro_rules! coded_pointers {
    ($($name:ident),*) => {$(
        impl<T: Coded> Coded for $name<T> {
            fn put(&self, out: &mut String) {
                T::put(self, out);
            }

            fn get(from: &mut &str) -> Option<Self> {
                T::get(from).map(Self::new)
            }

            fn skip(from: &mut &str) -> Option<()> {
                T::skip(from)
            }
        }
    )*};
}

coded_pointers!(Box, Arc);

impl<T: Coded> Coded for Vec<T> {
    fn put(&self, out: &mut String) {
        (self.len() as u64).put(out);
        self.iter().for_each(|value| value.put(out));
    }

    fn get(from: &mut &str) -> Option<Self> {
        // No capacity up front: a damaged length must not allocate.
        let len = u64::get(from)?;
        (0..len).map(|_| T::get(from)).collect()
    }

    fn skip(from: &mut &str) -> Option<()> {
        let len = u64::get(from)?;
        (0..len).try_for_each(|_| T::skip(from))
    }
}

impl<A: Coded, B: Coded> Coded for (A, B) {
    fn put(&self, out: &mut String) {
        self.0.put(out);
        self.1.put(out);
    }

    fn get(from: &mut &str) -> Option<Self> {
        Some((A::get(from)?, B::get(from)?))
    }
}

impl Coded for Timestamp {
    fn put(&self, out: &mut String) {
        (self.as_second(), i64::from(self.subsec_nanosecond())).put(out);
    }

    fn get(from: &mut &str) -> Option<Self> {
        let (second, nanosecond) = <(i64, i64)>::get(from)?;
        Timestamp::new(second, nanosecond.try_into().ok()?).ok()
    }
}

impl Coded for SessionId {
    fn put(&self, out: &mut String) {
        put_text(self.as_str(), out);
    }

    fn get(from: &mut &str) -> Option<Self> {
        get_text(from)?.parse().ok()
    }

    fn skip(from: &mut &str) -> Option<()> {
        get_text(from).map(drop)
    }
}

macro_rules! coded_ids {
    ($($name:ident),*) => {$(
        impl Coded for $name {
            fn put(&self, out: &mut String) {
                put_text(self.as_str(), out);
            }

            fn get(from: &mut &str) -> Option<Self> {
                get_text(from).map($name::new)
            }

            fn skip(from: &mut &str) -> Option<()> {
                get_text(from).map(drop)
            }
        }
    )*};
}

coded_ids!(Principal, OsUser, NodeId, LogId);

/// Passes over a field, whatever its type is.
fn skip_field<S, T: Coded>(_: impl Fn(S) -> T, from: &mut &str) -> Option<()> {
    T::skip(from)
}

/// Structs, field by field.
macro_rules! coded_structs {
    ($($name:ident { $($field:ident),* $(,)? })*) => {$(
        impl Coded for $name {
            fn put(&self, out: &mut String) {
                let $name { $($field),* } = self;
                $($field.put(out);)*
            }

            fn get(from: &mut &str) -> Option<Self> {
                $(let $field = Coded::get(from)?;)*
                Some($name { $($field),* })
            }

            fn skip(from: &mut &str) -> Option<()> {
                Self::skip_to("", from)
            }
        }

        impl Fields for $name {
            fn skip_to(name: &str, from: &mut &str) -> Option<()> {
                $(
                    if name == stringify!($field) {
                        return Some(());
                    }
                    skip_field(|value: Self| value.$field, from)?;
                )*
                Some(())
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
    LogMark { size, version }
}

/// Enums: a tag, then what the variant holds. Tags are part of the layout.
macro_rules! coded_enums {
    ($($name:ident { $($tag:literal = $variant:ident $(($inner:ident))? $({ $($field:ident),* })?),* $(,)? })*) => {$(
        impl Coded for $name {
            fn put(&self, out: &mut String) {
                match self {
                    $(Self::$variant $(($inner))? $({ $($field),* })? => {
                        put_byte($tag, out);
                        $($inner.put(out);)?
                        $($($field.put(out);)*)?
                    })*
                }
            }

            fn get(from: &mut &str) -> Option<Self> {
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
        14 = EnvelopeConflict { field, first, other },
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
        25 = Packed(how),
        26 = BehindAnother,
        27 = PromptsInOutput(n),
        28 = RanInside(n),
    }
}

mod facts;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use whoran_model::Fact;

    use super::*;

    fn encode<T: Coded>(value: &T) -> String {
        let mut out = String::new();
        value.put(&mut out);
        out
    }

    #[test]
    fn the_layout_of_version_8_stays_as_it_is() {
        let diagnostic = Diagnostic {
            log: LogId::new("a"),
            at: Some(300),
            session: None,
            kind: DiagnosticKind::EnvelopeConflict {
                field: "f",
                first: "ké".to_owned(),
                other: String::new(),
            },
        };
        let text = "\u{1}a\u{1}\u{6c}\u{4}\u{0}\u{e}\u{1}f\u{3}ké\u{0}";
        assert_eq!(encode(&diagnostic), text);
        assert_eq!(decode(text), Some(diagnostic));
        let early = Timestamp::new(-1, -5).unwrap();
        assert_eq!(encode(&(early, [0x1f_u8, 0])), "\u{1}\u{9}\u{1}\u{f}\u{0}\u{0}");
        assert_eq!(decode("\u{1}\u{9}"), Some(early));
        assert_eq!(encode(&0.5_f32), "\u{40}\u{40}\u{40}\u{40}\u{3f}");
    }

    #[test]
    fn cut_and_longer_texts_are_refused() {
        let text = encode(&vec![Some("text".to_owned()), None]);
        assert!(decode::<Vec<Option<String>>>(&text).is_some());
        for cut in 0..text.len() {
            assert_eq!(decode::<Vec<Option<String>>>(&text[..cut]), None);
        }
        assert_eq!(decode::<Vec<Option<String>>>(&(text + "\0")), None);
        assert_eq!(decode::<Vec<u64>>(&encode(&u64::MAX)), None, "a length alone sets nothing aside");
        assert_eq!(decode::<u64>("\u{7f}".repeat(10).as_str()), None);
        assert_eq!(decode::<String>("\u{1}é"), None, "a text ends between characters");
        assert_eq!(decode::<[u8; 1]>("\u{10}\u{0}"), None);
    }

    proptest! {
        #[test]
        fn any_text_is_a_record_or_refused(text in "[\\x00-\\x7fé]{0,200}") {
            let _ = decode::<CommandRecord>(&text);
            let _ = decode::<Session>(&text);
            let _ = decode::<LogDone>(&text);
            let _ = decode::<Fact>(&text);
        }

        #[test]
        fn numbers_come_back_equal(n: u64, m: u32, i: i64, f: u32) {
            prop_assert_eq!(decode(&encode(&(n, (m, i)))), Some((n, (m, i))));
            let back = decode::<f32>(&encode(&f32::from_bits(f)));
            prop_assert_eq!(back.map(f32::to_bits), Some(f));
        }
    }
}
