//! What the session documents of an account mean for its record: what would be lost, and what would mend it.

use whoran_model::{ByteSpan, DocumentSettings, SessionDocument, Timestamp};

use crate::Context;
use crate::context::Place;

/// How bad a [`Finding`] is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// As it should be.
    Ok,
    /// Worth knowing.
    Note,
    /// Something will be missing from the record.
    Warning,
    /// There will be no record.
    Loss,
}

impl Level {
    /// A stable short name.
    pub fn code(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Note => "note",
            Self::Warning => "warning",
            Self::Loss => "loss",
        }
    }
}

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The account, where one is known.
    pub account: Option<String>,
    /// The region; `None` where it is a matter of the account.
    pub region: Option<String>,
    /// The session document.
    pub document: Option<String>,
    /// What was looked at, a stable short name.
    pub check: &'static str,
    /// How bad it is.
    pub level: Level,
    /// What it means.
    pub says: String,
    /// What would mend it.
    pub mend: Option<&'static str>,
    /// What says so.
    pub evidence: Vec<ByteSpan>,
}

/// What a setting means.
type Says = (&'static str, Level, String, Option<&'static str>);

impl Context {
    /// Looks at the latest version of every session document, and at who may choose another one. Ordered by account,
    /// region and document.
    pub fn doctor(&self) -> Vec<Finding> {
        let mut findings = Vec::new();
        for (place, settings, evidence) in self.latest_documents() {
            let Place { account, region, name } = place;
            let usual = Place { name: SessionDocument::PREFERENCES.into(), ..place.clone() };
            let says = if name == SessionDocument::PREFERENCES {
                let mut says = logging(settings);
                says.extend(run_as(settings));
                says.extend(encryption(settings));
                says.extend(limits(settings));
                says
            } else {
                self.latest(&usual)
                    .and_then(|(usual, _)| other_document(settings, usual))
                    .into_iter()
                    .collect()
            };
            findings.extend(says.into_iter().map(|(check, level, says, mend)| Finding {
                account: Some(account.clone()).filter(|account| !account.is_empty()),
                region: Some(region.clone()).filter(|region| !region.is_empty()),
                document: Some(name.clone()),
                check,
                level,
                says,
                mend,
                evidence: vec![evidence.clone()],
            }));
        }
        for (account, choosers) in self.document_choosers() {
            let names: Vec<_> = choosers.iter().take(5).map(|(who, _)| who.as_str()).collect();
            let more = choosers.len().saturating_sub(names.len());
            let more = if more > 0 { format!(" and {more} more") } else { String::new() };
            findings.push(Finding {
                account: Some(account),
                region: None,
                document: None,
                check: "custom-documents",
                level: Level::Warning,
                says: format!(
                    "{} may start a session with any document, one that logs nowhere too: {}{more}",
                    if choosers.len() == 1 { "1 principal".into() } else { format!("{} principals", choosers.len()) },
                    names.join(", ")
                ),
                mend: Some(
                    "allow ssm:StartSession on named documents, under the condition ssm:SessionDocumentAccessCheck",
                ),
                evidence: choosers.into_iter().map(|(_, evidence)| evidence).collect(),
            });
        }
        findings
    }

    fn latest_documents(&self) -> impl Iterator<Item = (&Place, &DocumentSettings, &ByteSpan)> {
        self.documents().places().filter_map(|place| {
            let (settings, evidence) = self.latest(place)?;
            Some((place, settings, evidence))
        })
    }

    fn latest(&self, place: &Place) -> Option<(&DocumentSettings, &ByteSpan)> {
        let known = self.documents().history(place)?.at(Timestamp::MAX, |_, _| true)?;
        Some((known.value, known.evidence))
    }
}

fn logging(settings: &DocumentSettings) -> Vec<Says> {
    let mut says: Vec<Says> = Vec::new();
    match (&settings.log_group, &settings.s3_bucket) {
        (None, None) => {
            let text = "sessions leave no log at all".to_owned();
            return vec![("logging", Level::Loss, text, Some("name an S3 bucket and a log group"))];
        }
        (Some(group), _) if settings.streaming == Some(true) => {
            says.push((
                "streaming",
                Level::Ok,
                format!("sessions are streamed to {group} as they go on"),
                None,
            ));
        }
        (Some(group), _) => {
            let text = format!(
                "{group} gets the text only when a session ends: without who, as whom and when, and not at all from a \
                 node that is gone by then"
            );
            says.push(("streaming", Level::Warning, text, Some("switch cloudWatchStreamingEnabled on")));
        }
        (None, Some(_)) => {
            let text = "nothing is streamed: transcripts tell neither who, nor as whom, nor when".to_owned();
            says.push(("streaming", Level::Warning, text, Some("name a log group and stream to it")));
        }
    }
    says.push(match &settings.s3_bucket {
        Some(bucket) => {
            ("transcript", Level::Ok, format!("transcripts go to {bucket}, every byte of them"), None)
        }
        None => (
            "transcript",
            Level::Warning,
            "no transcripts: the streamed text alone loses cursor movements and characters beyond ASCII"
                .to_owned(),
            Some("name an S3 bucket"),
        ),
    });
    says
}

fn run_as(settings: &DocumentSettings) -> Vec<Says> {
    if settings.run_as != Some(true) {
        let text = "Run As is off: everybody is ssm-user, who may become root".to_owned();
        return vec![(
            "run-as",
            Level::Warning,
            text,
            Some("switch runAsEnabled on and tag users and roles"),
        )];
    }
    let on = ("run-as", Level::Ok, "Run As is on".to_owned(), None);
    let default = match settings.run_as_default.as_ref().map(|user| user.as_str()) {
        None => (
            "default-user",
            Level::Ok,
            "there is no default OS user: without the tag SSMSessionRunAs no session starts".to_owned(),
            None,
        ),
        Some("root") => (
            "default-user",
            Level::Warning,
            "the default OS user is root, with whom the agent starts no session".to_owned(),
            Some("name another one, or none"),
        ),
        Some(user) => (
            "default-user",
            Level::Note,
            format!("everybody without the tag SSMSessionRunAs shares the OS user {user}"),
            Some("leave runAsDefaultUser empty"),
        ),
    };
    vec![on, default]
}

fn encryption(settings: &DocumentSettings) -> Vec<Says> {
    let mut says: Vec<Says> = Vec::new();
    let mut place = |named: bool, enforced: Option<bool>, what: &str| {
        if named && enforced != Some(true) {
            let text = format!("a session starts even if the {what} is not encrypted");
            says.push(("encryption", Level::Note, text, Some("have the service check for encryption")));
        }
    };
    place(settings.s3_bucket.is_some(), settings.s3_encryption, "S3 bucket");
    place(settings.log_group.is_some(), settings.log_group_encryption, "log group");
    if settings.kms_key.is_none() {
        let text = "no KMS key of your own encrypts the connection, beyond TLS".to_owned();
        says.push(("encryption", Level::Note, text, Some("name a key as kmsKeyId")));
    }
    says
}

fn limits(settings: &DocumentSettings) -> Option<Says> {
    settings.max_minutes.is_none().then(|| {
        let text = "a session may last for ever; its transcript is written when it ends".to_owned();
        ("duration", Level::Note, text, Some("set maxSessionDuration"))
    })
}

/// A document beside the preferences that people may use.
fn other_document(own: &DocumentSettings, usual: &DocumentSettings) -> Option<Says> {
    let tunnel = own.session_type.as_deref() == Some("Port");
    if tunnel || (&own.s3_bucket, &own.log_group) == (&usual.s3_bucket, &usual.log_group) {
        return None;
    }
    let (level, text) = if own.s3_bucket.is_none() && own.log_group.is_none() {
        (Level::Loss, "sessions with this document leave no log")
    } else {
        (Level::Warning, "sessions with this document are logged elsewhere than the preferences say")
    };
    Some(("custom-documents", level, text.to_owned(), Some("give it the destinations of the preferences")))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use whoran_model::{Fact, LogId, Taken};

    use super::*;

    fn document(name: &str, settings: DocumentSettings) -> Fact {
        Fact::Document(Arc::new(SessionDocument {
            taken: Taken {
                account: Some("111122223333".into()),
                region: Some("eu-west-1".into()),
                ..Taken::default()
            },
            name: name.into(),
            version: None,
            created: None,
            settings,
            evidence: ByteSpan { log: LogId::new(name), start: 0, end: 9 },
        }))
    }

    fn levels(facts: Vec<Fact>) -> Vec<(&'static str, Level)> {
        Context::new(facts).doctor().iter().map(|f| (f.check, f.level)).collect()
    }

    #[test]
    fn an_empty_document_loses_everything_and_a_full_one_little() {
        let empty = levels(vec![document(SessionDocument::PREFERENCES, DocumentSettings::default())]);
        assert!(empty.contains(&("logging", Level::Loss)) && empty.contains(&("run-as", Level::Warning)));

        let full = DocumentSettings {
            s3_bucket: Some("b".into()),
            s3_encryption: Some(true),
            log_group: Some("g".into()),
            streaming: Some(true),
            log_group_encryption: Some(true),
            kms_key: Some("k".into()),
            run_as: Some(true),
            max_minutes: Some(60),
            ..DocumentSettings::default()
        };
        let found = levels(vec![document(SessionDocument::PREFERENCES, full.clone())]);
        assert!(found.iter().all(|(_, level)| *level == Level::Ok), "{found:?}");
        assert_eq!(found.len(), 4);

        let late = DocumentSettings {
            streaming: None,
            run_as_default: Some(whoran_model::OsUser::new("root")),
            ..full.clone()
        };
        let found = levels(vec![document(SessionDocument::PREFERENCES, late)]);
        assert!(
            found.contains(&("streaming", Level::Warning))
                && found.contains(&("default-user", Level::Warning))
        );

        let others = levels(vec![
            document(SessionDocument::PREFERENCES, full.clone()),
            document("Alike", full.clone()),
            document("Elsewhere", DocumentSettings { s3_bucket: Some("mine".into()), ..full.clone() }),
            document(
                "Tunnel",
                DocumentSettings { session_type: Some("Port".into()), ..DocumentSettings::default() },
            ),
            document("Nowhere", DocumentSettings::default()),
        ]);
        let customs: Vec<_> =
            others.iter().filter(|(check, _)| *check == "custom-documents").map(|(_, l)| *l).collect();
        assert_eq!(customs, [Level::Warning, Level::Loss]);
    }
}
