//! Sign-offs: who looked at what, and what they found it to be. They stand in the audit log, as uses that say more.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::Path;

use serde::{Deserialize, Serialize};
use whoran_model::{Finding, Review, ReviewVerdict, Reviewed, SessionId};

use crate::{Error, Store, Use, Uses, record, uses};

/// Longest note that is kept whole, in bytes.
const MAX_NOTE: usize = 4 << 10;
/// About how many bytes of ids go into one line of the audit log; what is more gets another line.
const MAX_IDS: usize = 16 << 10;

/// What one line of the audit log signs off.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignOff {
    /// The word of a [`ReviewVerdict`].
    pub verdict: String,
    /// In the reviewer's words, with secrets masked.
    pub note: String,
    /// The sessions.
    pub sessions: Vec<SignedOff>,
}

/// One session, or some of its commands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignedOff {
    /// Id of the session.
    pub id: String,
    /// How many commands it had, where all of it is signed off.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub all: Option<u64>,
    /// Ids of the commands, where some are.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub commands: Vec<String>,
}

/// Signs off sessions, or commands of them, in the audit log of the directory `data`. `what` is the use that does it. Says
/// how many lines that took.
///
/// # Errors
///
/// The audit log cannot be written.
pub fn sign_off(
    data: &Path,
    what: &Use,
    verdict: ReviewVerdict,
    note: &str,
    sessions: &BTreeMap<SessionId, Reviewed>,
) -> Result<usize, Error> {
    let mut note = whoran_mask::masked(note, &whoran_mask::in_command(note)).into_owned();
    if note.len() > MAX_NOTE {
        note.truncate(note.floor_char_boundary(MAX_NOTE));
        note.push('…');
    }
    let lines = lines(sessions);
    for sessions in &lines {
        let review =
            SignOff { verdict: verdict.as_str().to_owned(), note: note.clone(), sessions: sessions.clone() };
        record(data, Use { review: Some(review), ..what.clone() })?;
    }
    Ok(lines.len())
}

/// What goes into one line each.
fn lines(sessions: &BTreeMap<SessionId, Reviewed>) -> Vec<Vec<SignedOff>> {
    let mut lines: Vec<Vec<SignedOff>> = Vec::new();
    let mut bytes = MAX_IDS;
    let mut add = |signed: SignedOff| {
        let size = signed.id.len() + signed.commands.iter().map(|id| id.len() + 3).sum::<usize>() + 32;
        match lines.last_mut().filter(|_| bytes + size <= MAX_IDS) {
            Some(line) => {
                line.push(signed);
                bytes += size;
            }
            None => {
                lines.push(vec![signed]);
                bytes = size;
            }
        }
    };
    for (id, reviewed) in sessions {
        let id = id.as_str().to_owned();
        match reviewed {
            Reviewed::Session { commands } => {
                add(SignedOff { id, all: Some(*commands), commands: Vec::new() })
            }
            Reviewed::Commands(ids) => {
                for ids in ids.iter().collect::<Vec<_>>().chunks(256) {
                    let commands = ids.iter().map(|id| (*id).clone()).collect();
                    add(SignedOff { id: id.clone(), all: None, commands });
                }
            }
        }
    }
    lines
}

/// All sign-offs of a data directory, by session.
#[derive(Debug, Clone, Default)]
pub struct Reviews {
    by_session: HashMap<SessionId, Vec<Review>>,
    /// Lines of the audit log that are not as they were written.
    pub mismatches: usize,
}

impl Store {
    /// What was signed off.
    ///
    /// # Errors
    ///
    /// The audit log cannot be read.
    pub fn reviews(&self) -> Result<Reviews, Error> {
        Ok(Reviews::of(&uses(&self.data, None)?))
    }
}

impl Reviews {
    /// What lines of an audit log sign off. One whose verdict is no word of today's counts as unclear.
    pub fn of(uses: &Uses) -> Self {
        let mut by_session: HashMap<SessionId, Vec<Review>> = HashMap::new();
        for (line, what) in &uses.uses {
            let Some(review) = &what.review else { continue };
            for signed in &review.sessions {
                let Ok(session_id) = signed.id.parse::<SessionId>() else { continue };
                let actor = &what.actor;
                by_session.entry(session_id.clone()).or_default().push(Review {
                    line: *line,
                    time: what.time,
                    by: actor.user.clone().unwrap_or_else(|| format!("uid {}", actor.uid)),
                    login_uid: actor.login_uid,
                    host: actor.host.clone(),
                    verdict: review.verdict.parse().unwrap_or(ReviewVerdict::Unclear),
                    note: review.note.clone(),
                    session_id,
                    what: match signed.all {
                        Some(commands) => Reviewed::Session { commands },
                        None => Reviewed::Commands(signed.commands.iter().cloned().collect()),
                    },
                });
            }
        }
        Self { by_session, mismatches: uses.mismatches.len() }
    }

    /// All of them, in the order in which they were written.
    pub fn all(&self) -> Vec<&Review> {
        let mut all: Vec<_> = self.by_session.values().flatten().collect();
        all.sort_by(|a, b| (a.line, &a.session_id).cmp(&(b.line, &b.session_id)));
        all
    }

    /// Those of a session, or of commands of it, in the order in which they were written.
    pub fn of_session(&self, id: &SessionId) -> &[Review] {
        self.by_session.get(id).map_or(&[], Vec::as_slice)
    }

    /// The last one that holds for the command of a finding, or for its session, which has so many commands.
    pub fn of_finding(&self, finding: &Finding, commands: u64) -> Option<&Review> {
        let holds = |review: &&Review| match &finding.command_id {
            Some(id) => review.covers_command(id, commands),
            None => review.covers_session(commands),
        };
        self.of_session(&finding.session_id).iter().rev().find(holds)
    }

    /// How many of a session's commands are signed off, one way or another, where it has so many now.
    pub fn covered(&self, id: &SessionId, commands: u64) -> u64 {
        let of = self.of_session(id);
        if of.iter().any(|review| review.covers_session(commands)) {
            return commands;
        }
        let some = of.iter().filter_map(|review| match &review.what {
            Reviewed::Commands(ids) => Some(ids),
            Reviewed::Session { .. } => None,
        });
        (some.flatten().collect::<BTreeSet<_>>().len() as u64).min(commands)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Actor;
    use whoran_model::Timestamp;

    #[test]
    fn what_was_signed_off_comes_back_however_much_it_is() {
        let dir = tempfile::tempdir().unwrap();
        let actor =
            Actor { uid: 1000, user: Some("kim".into()), login_uid: Some(7), host: "forensics-1".into() };
        let what =
            Use::new(Timestamp::UNIX_EPOCH, actor, "review", &["whoran".into(), "review".into()], false);
        let id = |n: u32| format!("alice-{n:017x}").parse::<SessionId>().unwrap();
        let mut sessions: BTreeMap<_, _> =
            (0..2000).map(|n| (id(n), Reviewed::Session { commands: u64::from(n) })).collect();
        let ids: BTreeSet<_> = (0..3000).map(|n| format!("{n:020x}")).collect();
        sessions.insert(id(5000), Reviewed::Commands(ids.clone()));
        let note = format!("{} mysql -phunter2-x", "\u{1}".repeat(5000));
        let lines = sign_off(dir.path(), &what, ReviewVerdict::Suspicious, &note, &sessions).unwrap();
        assert!(lines > 5, "{lines}");
        let uses = uses(dir.path(), None).unwrap();
        assert_eq!((uses.uses.len(), uses.mismatches.len()), (lines, 0));
        let reviews = Reviews::of(&uses);
        let [one] = reviews.of_session(&id(7)) else { panic!("one review") };
        assert_eq!(
            (one.by.as_str(), one.verdict, &one.what),
            ("kim", ReviewVerdict::Suspicious, &Reviewed::Session { commands: 7 })
        );
        assert!(!one.note.contains("hunter2"));
        let of_commands = reviews.of_session(&id(5000));
        assert!(ids.iter().all(|id| of_commands.iter().any(|review| review.covers_command(id, 1))));
        assert!(reviews.of_session(&id(6000)).is_empty());
    }
}
