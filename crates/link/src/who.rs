//! A principal → the human behind it, each hop with what proves it.

use std::collections::HashSet;

use whoran_model::{AccessEvent, ByteSpan, Caller, Detail, Entity, Principal, SessionId};

use crate::Context;
use crate::entities::Actor;

/// What a person's name rests on, best first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Basis {
    /// `sourceIdentity`, which a chain of roles cannot change once it is set.
    SourceIdentity,
    /// The user name of Identity Center: a session name of a role that only Identity Center can make.
    IdentityCenter,
    /// The name of an IAM user.
    IamUser,
    /// The subject that an identity provider vouches for.
    IdentityProvider,
    /// The id of a user in the identity store of Identity Center.
    OnBehalfOf,
    /// The session name of a role that is named like one of Identity Center; that it lies in its path was not seen.
    NamedLikeIdentityCenter,
    /// The session name of a role, or a federated user's name, which the caller chooses.
    RoleSessionName,
    /// What the session's id begins with, which follows the role session name.
    SessionIdPrefix,
}

impl Basis {
    /// A stable short name.
    pub fn code(self) -> &'static str {
        match self {
            Self::SourceIdentity => "source-identity",
            Self::IdentityCenter => "identity-center",
            Self::IamUser => "iam-user",
            Self::IdentityProvider => "identity-provider",
            Self::OnBehalfOf => "on-behalf-of",
            Self::NamedLikeIdentityCenter => "named-like-identity-center",
            Self::RoleSessionName => "role-session-name",
            Self::SessionIdPrefix => "session-id-prefix",
        }
    }

    /// How far a name that rests on this may be believed.
    pub fn certainty(self) -> Certainty {
        match self {
            Self::NamedLikeIdentityCenter => Certainty::Likely,
            Self::RoleSessionName | Self::SessionIdPrefix => Certainty::CallerChosen,
            _ => Certainty::Proven,
        }
    }
}

/// How far a name may be believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Certainty {
    /// AWS or an identity provider vouches for it.
    Proven,
    /// Nothing speaks against it; one piece of evidence is missing.
    Likely,
    /// The caller could have given any name.
    CallerChosen,
}

impl Certainty {
    /// A stable short name.
    pub fn code(self) -> &'static str {
        match self {
            Self::Proven => "proven",
            Self::Likely => "likely",
            Self::CallerChosen => "caller-chosen",
        }
    }
}

/// A human's name and what it rests on.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Person {
    /// The name.
    pub name: String,
    /// What it rests on.
    pub basis: Basis,
}

/// One step from a session back to its human.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hop {
    /// Who acted.
    pub principal: Option<Principal>,
    /// What they called, as in `sts.amazonaws.com:AssumeRole`; `None` where only a log's envelope names them.
    pub action: Option<String>,
    /// What says so; `None` for an envelope, whose log the session names.
    pub evidence: Option<ByteSpan>,
}

/// Who started a session.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Identity {
    /// The principal.
    pub principal: Option<Principal>,
    /// Its account, twelve digits.
    pub account: Option<String>,
    /// The IAM user or role that its rights and tags are those of. Root has none.
    pub entity: Option<Entity>,
    /// The human, as far as evidence goes. A name that the caller chose is here too and says so: see
    /// [`Basis::certainty`].
    pub person: Option<Person>,
    /// Other names that evidence gives and that are not [`person`](Self::person)'s, best first.
    pub also: Vec<Person>,
    /// From the one who started the session back to where the trail ends.
    pub chain: Vec<Hop>,
    /// What would have to be known to say more.
    pub missing: Vec<String>,
}

impl Identity {
    /// The human's name where it is more than the caller's word.
    pub fn known_person(&self) -> Option<&str> {
        let person = self.person.as_ref()?;
        (person.basis.certainty() != Certainty::CallerChosen).then_some(person.name.as_str())
    }
}

/// Chains of roles are short; a longer one is a ring or an attack.
const MAX_HOPS: usize = 16;

impl Context {
    /// Who made a call.
    pub fn caller(&self, event: &AccessEvent) -> Identity {
        let mut names = Vec::new();
        let mut chain = Vec::new();
        let mut missing = Vec::new();
        let mut seen = HashSet::new();
        let mut at = event;
        loop {
            names.extend(self.names(&at.caller, chain.is_empty()));
            if let Detail::Assumed(assumed) = &at.detail {
                names.extend(named(assumed.source_identity.as_deref(), Basis::SourceIdentity));
                names.extend(named(assumed.subject.as_deref(), Basis::IdentityProvider));
            }
            chain.push(Hop {
                principal: at.caller.principal.clone(),
                action: Some(at.action.clone()),
                evidence: Some(at.evidence.clone()),
            });
            if at.caller.kind.as_deref() != Some("AssumedRole") {
                break;
            }
            let Some(key) = at.caller.access_key.as_deref() else { break };
            match self.handed_out(key) {
                Some(earlier) if chain.len() < MAX_HOPS && seen.insert(key) && earlier.time <= event.time => {
                    at = earlier;
                }
                _ => {
                    missing.push(format!("the STS call that handed out access key {key}"));
                    break;
                }
            }
        }
        let caller = &event.caller;
        let actor = caller.principal.as_ref().map(Actor::of);
        let mut identity = Identity {
            principal: caller.principal.clone(),
            account: caller.account.clone().or_else(|| account_of(caller.principal.as_ref())),
            entity: actor.and_then(|a| a.entity()),
            chain,
            ..Identity::default()
        };
        identity.settle(names);
        if identity.person.as_ref().is_none_or(|p| p.basis.certainty() != Certainty::Proven) {
            identity.missing = missing;
        }
        identity
    }

    /// The access keys that a session was begun with: the one that signed the call, and those that it was got with.
    pub fn keys_behind(&self, session: &SessionId) -> Vec<&str> {
        let mut keys = Vec::new();
        let start = self.start(session);
        let mut at = start;
        while let Some(key) = at.and_then(|event| event.caller.access_key.as_deref())
            && keys.len() < MAX_HOPS
            && !keys.contains(&key)
        {
            keys.push(key);
            at = self.handed_out(key).filter(|earlier| start.is_some_and(|start| earlier.time <= start.time));
        }
        keys
    }

    /// Who a principal is of which nothing but the ARN is known.
    pub fn principal(&self, principal: &Principal) -> Identity {
        let caller = Caller { principal: Some(principal.clone()), ..Caller::default() };
        let actor = Actor::of(principal);
        let mut identity = Identity {
            principal: Some(principal.clone()),
            account: account_of(Some(principal)),
            entity: actor.entity(),
            chain: vec![Hop { principal: Some(principal.clone()), action: None, evidence: None }],
            ..Identity::default()
        };
        identity.settle(self.names(&caller, true));
        if identity.known_person().is_none() && matches!(actor, Actor::Role { .. }) {
            identity.missing.push("the CloudTrail record of StartSession".to_owned());
        }
        identity
    }

    /// The names that a caller's own identity gives. A service and an instance are nobody.
    fn names(&self, caller: &Caller, first: bool) -> Vec<Person> {
        let mut names = named(caller.source_identity.as_deref(), Basis::SourceIdentity);
        let kind = caller.kind.as_deref();
        if caller.invoked_by.is_some() && kind == Some("AWSService") {
            return names;
        }
        match caller.principal.as_ref().map(Actor::of) {
            Some(Actor::User { name }) => {
                names.extend(named(Some(caller.user_name.as_deref().unwrap_or(name)), Basis::IamUser));
            }
            Some(Actor::Role { name, session: Some(session) }) if !is_instance(session) => {
                let basis = self.session_name_basis(caller, name);
                // A name chosen on the way says nothing about who began.
                if first || basis != Basis::RoleSessionName {
                    names.extend(named(Some(session), basis));
                }
            }
            Some(Actor::Federated { name }) => {
                let issuer = caller.issuer.as_ref().filter(|i| i.kind.as_deref() == Some("IAMUser"));
                names.extend(named(issuer.and_then(|i| i.user_name.as_deref()), Basis::IamUser));
                names.extend(named(Some(name), Basis::RoleSessionName));
            }
            _ if matches!(kind, Some("SAMLUser" | "WebIdentityUser")) => {
                names.extend(named(caller.user_name.as_deref(), Basis::IdentityProvider));
            }
            _ => {}
        }
        names.extend(named(caller.on_behalf_of.as_deref(), Basis::OnBehalfOf));
        names
    }

    /// What a role session name rests on. Only Identity Center can make a role in its path; the name alone anybody can
    /// give.
    fn session_name_basis(&self, caller: &Caller, role: &str) -> Basis {
        if !role.starts_with("AWSReservedSSO_") {
            return Basis::RoleSessionName;
        }
        let reserved = |arn: &Principal| {
            arn.resource().is_some_and(|r| r.starts_with("role/aws-reserved/sso.amazonaws.com/"))
        };
        let issuer = caller.issuer.as_ref().and_then(|i| i.principal.as_ref());
        let account = account_of(caller.principal.as_ref()).unwrap_or_default();
        let of_account = || self.iam(&account).iter().flat_map(|s| &s.roles);
        let seen = match issuer {
            Some(issuer) => reserved(issuer),
            None => of_account().any(|r| r.name == role && reserved(&r.principal)),
        };
        if seen { Basis::IdentityCenter } else { Basis::NamedLikeIdentityCenter }
    }
}

impl Identity {
    /// Keeps the best name, and the others where they differ from it.
    fn settle(&mut self, mut names: Vec<Person>) {
        names.sort_by_key(|p| p.basis);
        let mut names = names.into_iter();
        self.person = names.next();
        for other in names {
            let same = |p: &Person| p.name == other.name;
            if !self.person.as_ref().is_some_and(same) && !self.also.iter().any(same) {
                self.also.push(other);
            }
        }
    }
}

fn named(name: Option<&str>, basis: Basis) -> Vec<Person> {
    name.filter(|n| !n.is_empty()).map(|n| Person { name: n.to_owned(), basis }).into_iter().collect()
}

fn account_of(principal: Option<&Principal>) -> Option<String> {
    principal.and_then(Principal::account).map(str::to_owned)
}

/// Whether a role session is that of an instance, which is named after itself.
fn is_instance(session: &str) -> bool {
    let Some(hex) = session.strip_prefix("i-").or_else(|| session.strip_prefix("mi-")) else { return false };
    matches!(hex.len(), 8 | 17) && hex.bytes().all(|b| b.is_ascii_hexdigit())
}
