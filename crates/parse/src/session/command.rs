//! From a draft to a command.

use whoran_model::{ByteSpan, Command, CommandKind, DiagnosticKind, LogId, OsUser, TimePrecision, Timestamp};

use crate::decode::Notes;
use crate::extract::Draft;
use crate::prompt::{Says, is_shell_sign, says};
use crate::shell::hides_keys;

/// So many prompts in an output are no accident.
const LEAST_PROMPTS: u64 = 3;

/// How many lines of an output name a user of the host that the prompt of their command names, before a prompt's sign.
fn prompts_in(output: &str, said: &Says) -> u64 {
    const LONGEST: usize = 256;
    let Some(host) = &said.host else { return 0 };
    let mut rest = output;
    let mut found = 0;
    while let Some(at) = memchr::memmem::find(rest.as_bytes(), host.as_bytes()) {
        let begin = rest[..at].rfind('\n').map_or(0, |end| end + 1);
        let end = rest[at..].find('\n').map_or(rest.len(), |len| at + len);
        let line = &rest[begin..end];
        let sign = |(at, c): (usize, char)| {
            let ends = line[at + c.len_utf8()..].chars().next().is_none_or(char::is_whitespace);
            (ends && (is_shell_sign(c) || c == '❯')).then_some(at)
        };
        let prompt = line.char_indices().take(LONGEST).skip_while(|(n, _)| begin + n < at).find_map(sign);
        let says = prompt.map(|sign| says(&line[..sign]));
        found += u64::from(says.is_some_and(|own| own.user.is_some() && own.host == said.host));
        rest = &rest[end..];
    }
    found
}

/// Notes what commands say about the record itself.
pub(super) fn note_commands<'d>(
    drafts: impl IntoIterator<Item = &'d Draft>,
    place: impl Fn(usize) -> Option<(LogId, u64)>,
    notes: &mut Notes,
) {
    let mut note = |draft: &Draft, kind: DiagnosticKind| {
        if let Some((log, at)) = place(draft.span.start) {
            notes.add(&log, Some(at), kind);
        }
    };
    for draft in drafts {
        let (prompts, inside) = (prompts_in(draft.output.head(), &draft.said), draft.output.ran_inside);
        if prompts >= LEAST_PROMPTS {
            note(draft, DiagnosticKind::PromptsInOutput(prompts));
        }
        if inside > 0 {
            note(draft, DiagnosticKind::RanInside(inside));
        }
        let text = draft.text.trim();
        // all of these signs hold one of three words
        let word = |at| {
            ["HIST", "hist"].iter().any(|word| text[at..].starts_with(word)) || text[..=at].ends_with("stty")
        };
        if !memchr::memchr3_iter(b'y', b'H', b'h', text.as_bytes()).any(word) {
            continue;
        }
        if hides_keys(text) {
            note(draft, DiagnosticKind::EchoOff);
        }
        let signs = ["unset HISTFILE", "HISTFILE=/dev/null", "history -c", "set +o history", "HISTSIZE=0"];
        if signs.iter().any(|sign| text.contains(sign)) {
            note(draft, DiagnosticKind::HistoryOff);
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
