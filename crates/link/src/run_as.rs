//! Run As: which OS user a session was owed, which it used, and whether that is right.
//!
//! The rule: where the session document switches Run As on, a tag `SSMSessionRunAs` on the IAM user or role (or on the
//! STS session) names the OS user; else the document's default does; else the session may not start. The user must
//! exist on the node: a tag that names one that does not never falls back to the default. Where Run As is off, and on
//! Windows always, it is `ssm-user`.

use whoran_model::{
    ByteSpan, Detail, DocumentSettings, Entity, EntityKind, OsUser, SessionDocument, Timestamp,
};

use crate::Context;
use crate::context::{Place, RUN_AS_TAG, run_as_tag};

/// The OS user of a session where Run As is off, and on Windows.
pub const SSM_USER: &str = "ssm-user";

/// The OS user that a session was owed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Owed {
    /// The one that the tag of the IAM user or role names.
    Tag(OsUser),
    /// The one that a tag of the STS session names; it goes before the role's own.
    SessionTag(OsUser),
    /// The default of the session document.
    Default(OsUser),
    /// `ssm-user`: Run As is off, or the node runs Windows.
    SsmUser,
    /// None: Run As is on, and there is neither tag nor default.
    Nobody,
    /// Not known.
    Unknown,
}

impl Owed {
    /// Its name.
    pub fn user(&self) -> Option<&str> {
        match self {
            Self::Tag(user) | Self::SessionTag(user) | Self::Default(user) => Some(user.as_str()),
            Self::SsmUser => Some(SSM_USER),
            Self::Nobody | Self::Unknown => None,
        }
    }

    /// A stable short name of why.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Tag(_) => "tag",
            Self::SessionTag(_) => "session-tag",
            Self::Default(_) => "default",
            Self::SsmUser => "ssm-user",
            Self::Nobody => "nobody",
            Self::Unknown => "unknown",
        }
    }
}

/// What shows the OS user that a session used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum UsedBy {
    /// `runAsUser` of its streaming events.
    Envelope,
    /// Its first prompt, or the answer to `id` or `whoami` at its beginning.
    Terminal,
}

/// Whether a session ran as it should.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Verdict {
    /// As the tag says.
    AsTagged,
    /// As the default says.
    AsDefault,
    /// As `ssm-user`, as it should where Run As does not apply.
    SsmUser,
    /// As somebody else.
    Mismatch,
    /// There is neither tag nor default: it may not start.
    NoTagAndNoDefault,
    /// It was refused, or failed, for the OS user it was owed.
    CouldNotStart,
    /// Something is missing to know.
    Unknown,
}

impl Verdict {
    /// A stable short name.
    pub fn code(self) -> &'static str {
        match self {
            Self::AsTagged => "as-tagged",
            Self::AsDefault => "as-default",
            Self::SsmUser => "ssm-user",
            Self::Mismatch => "mismatch",
            Self::NoTagAndNoDefault => "no-tag-and-no-default",
            Self::CouldNotStart => "could-not-start",
            Self::Unknown => "unknown",
        }
    }
}

/// What was owed, what was used, and the verdict.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunAs {
    /// What was owed.
    pub owed: Owed,
    /// What was used; `None` where no log shows it.
    pub used: Option<OsUser>,
    /// What shows that.
    pub used_by: Option<UsedBy>,
    /// Whether that is right.
    pub verdict: Verdict,
    /// What would have to be known to say more.
    pub missing: Vec<String>,
    /// Why it did not start, in the service's own words.
    pub failure: Option<String>,
    /// What says what was owed: the tag's last change or listing, the session document, the node's listing.
    pub evidence: Vec<ByteSpan>,
}

/// The start of a session, as far as Run As is concerned.
#[derive(Debug, Clone, Default)]
pub(crate) struct Start<'a> {
    pub(crate) account: Option<&'a str>,
    pub(crate) region: Option<&'a str>,
    pub(crate) at: Option<Timestamp>,
    pub(crate) entity: Option<&'a Entity>,
    /// Whether it is the account's root, who cannot have a tag.
    pub(crate) root: bool,
    /// The session document; `None` is the preferences.
    pub(crate) document: Option<&'a str>,
    /// What the caller's credentials were handed out with.
    pub(crate) access_key: Option<&'a str>,
    /// The node's platform, and what says so.
    pub(crate) platform: Option<(&'a str, &'a ByteSpan)>,
    pub(crate) used: Option<(OsUser, UsedBy)>,
    /// What the service said where it did not start, and where it said so.
    pub(crate) failure: Option<(&'a str, &'a ByteSpan)>,
}

/// What is owed, and what that rests on.
struct Rule {
    owed: Owed,
    /// Whether a change in between would have been seen.
    settled: bool,
    missing: Vec<String>,
    evidence: Vec<ByteSpan>,
    /// Whether the tag counts only if Run As is on, of which nothing is known.
    assumed: bool,
    /// Whether lines were put before the person's, so that the first prompt need not be the session's own user.
    profile: bool,
}

impl Context {
    /// Judges one start of a session.
    pub(crate) fn run_as(&self, start: &Start<'_>) -> RunAs {
        let mut rule = self.rule(start);
        let failure = start.failure.filter(|(text, _)| is_run_as_failure(text));
        let (used, used_by) = start.used.clone().unzip();
        let verdict = match (&failure, &used) {
            (Some((text, place)), _) => {
                rule.evidence.push((*place).clone());
                rule.refused(text)
            }
            (None, None) if rule.owed == Owed::Nobody && rule.settled => Verdict::NoTagAndNoDefault,
            (None, None) => {
                rule.missing.push("a log that shows the OS user".into());
                Verdict::Unknown
            }
            (None, Some(used)) => rule.compare(used, used_by, start.platform.is_some()),
        };
        if !matches!(verdict, Verdict::Unknown | Verdict::CouldNotStart) {
            rule.missing.clear();
        }
        if rule.assumed && verdict == Verdict::Unknown {
            rule.owed = Owed::Unknown;
        }
        let Rule { owed, missing, evidence, .. } = rule;
        let failure = failure.map(|(text, _)| text.to_owned());
        RunAs { owed, used, used_by, verdict, missing, failure, evidence }
    }

    /// What the rule gives, whatever happened then.
    fn rule(&self, start: &Start<'_>) -> Rule {
        let mut rule = Rule {
            owed: Owed::Unknown,
            settled: true,
            missing: Vec::new(),
            evidence: Vec::new(),
            assumed: false,
            profile: false,
        };
        if let Some(("Windows", place)) = start.platform {
            rule.owed = Owed::SsmUser;
            rule.evidence.push(place.clone());
            return rule;
        }
        let Some(at) = start.at else {
            rule.missing.push("when the session started".into());
            return rule;
        };
        let settings = self.settings_at(start, at, &mut rule);
        if let Some(settings) = settings {
            rule.profile = settings.linux_profile.as_deref().is_some_and(|p| !p.trim().is_empty());
            if settings.run_as != Some(true) {
                rule.owed = Owed::SsmUser;
                return rule;
            }
        }
        rule.assumed = settings.is_none();
        let tag = self.tag_at(start, at, &mut rule);
        rule.owed = match (tag, settings) {
            (Some(Some(owed)), _) => owed,
            (Some(None), Some(settings)) => {
                settings.run_as_default.clone().map_or(Owed::Nobody, Owed::Default)
            }
            _ => Owed::Unknown,
        };
        rule
    }

    fn settings_at(&self, start: &Start<'_>, at: Timestamp, rule: &mut Rule) -> Option<&DocumentSettings> {
        let name = start.document.unwrap_or(SessionDocument::PREFERENCES);
        let (Some(account), Some(region)) = (start.account, start.region) else {
            rule.missing.push("account and region of the session".into());
            return None;
        };
        let place = Place { account: account.into(), region: region.into(), name: name.into() };
        let Some(known) = self.document_at(&place, at) else {
            rule.missing.push(format!("session document {name} of {account} in {region} as of {at}"));
            return None;
        };
        rule.settled &= known.settled;
        rule.evidence.push(known.evidence.clone());
        Some(known.value)
    }

    /// The tag in force; `Some(None)` where there is none.
    fn tag_at(&self, start: &Start<'_>, at: Timestamp, rule: &mut Rule) -> Option<Option<Owed>> {
        if start.root {
            return Some(None);
        }
        let (Some(account), Some(entity)) = (start.account, start.entity) else {
            rule.missing.push("the IAM user or role".into());
            return None;
        };
        if entity.kind == EntityKind::Role {
            match start.access_key.map(|key| self.session_tag(key)) {
                Some(Some((Some(user), place))) => {
                    rule.evidence.push(place.clone());
                    return Some(Some(Owed::SessionTag(OsUser::new(user))));
                }
                Some(Some((None, _))) => {}
                _ if self.takes_tags(account, &entity.name) == Some(false) => {}
                // Session tags are rare: that there were none is taken as unsettled, not as unknown.
                _ => rule.settled = false,
            }
        }
        let name = match entity.kind {
            EntityKind::User => format!("user {}", entity.name),
            EntityKind::Role => format!("role {}", entity.name),
        };
        let recorded = |from, to| self.iam_recorded(account, from, to);
        let known = self.tag_history(account, entity).and_then(|points| points.at(at, recorded));
        let Some(known) = known else {
            rule.missing.push(format!("tags of {name} in {account} as of {at}"));
            return None;
        };
        rule.settled &= known.settled;
        rule.evidence.push(known.evidence.clone());
        Some(known.value.as_deref().map(|user| Owed::Tag(OsUser::new(user))))
    }

    /// The tag among the session tags that credentials were handed out with, those handed on included. `None` where
    /// the trail does not show how they were handed out.
    fn session_tag(&self, access_key: &str) -> Option<(Option<String>, &ByteSpan)> {
        let mut key = access_key;
        let mut first = true;
        for _ in 0..16 {
            let event = self.handed_out(key)?;
            let Detail::Assumed(assumed) = &event.detail else { return None };
            let goes_along = || assumed.transitive.iter().any(|key| key.eq_ignore_ascii_case(RUN_AS_TAG));
            if let Some(user) = run_as_tag(&assumed.tags)
                && (first || goes_along())
            {
                return Some((Some(user), &event.evidence));
            }
            match event.caller.access_key.as_deref() {
                Some(earlier) if event.caller.kind.as_deref() == Some("AssumedRole") => key = earlier,
                _ => return Some((None, &event.evidence)),
            }
            first = false;
        }
        None
    }
}

impl Rule {
    /// The service refused it for its OS user.
    fn refused(&self, text: &str) -> Verdict {
        match self.owed {
            Owed::Nobody => Verdict::NoTagAndNoDefault,
            Owed::Unknown if text.contains("please set the RunAs default user") => Verdict::NoTagAndNoDefault,
            _ => Verdict::CouldNotStart,
        }
    }

    fn compare(&mut self, used: &OsUser, by: Option<UsedBy>, platform_known: bool) -> Verdict {
        let agrees = self.owed.user() == Some(used.as_str());
        match &self.owed {
            Owed::Tag(_) | Owed::SessionTag(_) if agrees => return Verdict::AsTagged,
            Owed::Unknown => return Verdict::Unknown,
            Owed::Default(_) if agrees => return Verdict::AsDefault,
            Owed::SsmUser if agrees => return Verdict::SsmUser,
            _ => {}
        }
        // It disagrees. Only what is certain on both sides makes that a mismatch.
        let Self { missing, .. } = self;
        if !platform_known && used.as_str() == SSM_USER {
            missing.push("the node's platform: Run As does not apply to Windows".into());
        }
        if by == Some(UsedBy::Terminal) && self.profile {
            missing.push("streaming events: a shell profile runs before the first prompt".into());
        }
        if !self.settled {
            missing.push(
                "CloudTrail of the time between the session and what is known of tags and preferences".into(),
            );
        }
        if missing.is_empty() { Verdict::Mismatch } else { Verdict::Unknown }
    }
}

/// Whether the service or the agent says that a session did not start for its OS user.
pub(crate) fn is_run_as_failure(text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    text.contains("runas") || text.contains("run as") || text.contains("invalid uid and gid")
}
