//! From a draft to a command.

use whoran_model::{ByteSpan, Command, CommandKind, DiagnosticKind, LogId, OsUser, TimePrecision, Timestamp};

use crate::decode::Notes;
use crate::extract::Draft;

/// Notes what commands say about the record itself.
pub(super) fn note_commands<'d>(
    drafts: impl IntoIterator<Item = &'d Draft>,
    place: impl Fn(usize) -> Option<(LogId, u64)>,
    notes: &mut Notes,
) {
    for draft in drafts {
        let text = draft.text.trim();
        // all of these signs hold one of three words
        let word = |at| ["stty", "HIST", "hist"].iter().any(|word| text[at..].starts_with(word));
        if !memchr::memchr3_iter(b's', b'H', b'h', text.as_bytes()).any(word) {
            continue;
        }
        let echo_off = text.contains("stty -echo") || text.contains("stty raw");
        let history_off =
            ["unset HISTFILE", "HISTFILE=/dev/null", "history -c", "set +o history", "HISTSIZE=0"]
                .iter()
                .any(|sign| text.contains(sign));
        for (is, kind) in [(echo_off, DiagnosticKind::EchoOff), (history_off, DiagnosticKind::HistoryOff)] {
            if is && let Some((log, at)) = place(draft.span.start) {
                notes.add(&log, Some(at), kind);
            }
        }
    }
}

pub(super) fn into_command(
    draft: Draft,
    users: &[Option<OsUser>],
    time: Option<Timestamp>,
    time_precision: TimePrecision,
    evidence: Vec<ByteSpan>,
) -> Command {
    let (output, output_truncated) = draft.output.finish();
    let confidence = (draft.confidence * 1000.0).round() / 1000.0;
    let (mut text, mut alternatives) = (draft.text, draft.alternatives);
    if draft.kind == CommandKind::Repl {
        // a blank line ends a statement of several
        let texts = alternatives.iter_mut().map(|other| &mut other.command).chain([&mut text]);
        texts.for_each(|text| text.truncate(text.trim_end().len()));
    }
    alternatives.retain(|other| other.command != text);
    // the likeliest come first; how likely each is was weighed apart, and what was chosen may have been doubted since
    alternatives.iter_mut().fold(confidence, |most, other| {
        other.confidence = other.confidence.min(most);
        other.confidence
    });
    Command {
        seq: 0,
        time,
        time_precision,
        os_user: users.get(draft.level).cloned().flatten(),
        host: draft.said.host.clone(),
        cwd: draft.said.cwd.clone(),
        kind: draft.kind,
        program: draft.program,
        command: text,
        typed: draft.typed,
        output,
        output_truncated,
        origin: draft.origin,
        status: draft.status,
        confidence,
        alternatives,
        evidence,
    }
}
