//! All policies of one principal together.

use std::collections::BTreeSet;

use super::document::{Effect, Select, Statement};
use super::pattern::{self, Place, Reading};
use super::{Policy, Request, StatementRef, Tri, condition};

/// What the policies of one principal say to a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Permission {
    /// They allow it.
    Granted {
        /// The statements that do.
        by: Vec<StatementRef>,
    },
    /// They allow it or not, as something turns out that no fact tells.
    Conditional {
        /// The statements that allow or deny it then.
        by: Vec<StatementRef>,
        /// Condition keys and documents that would have to be known.
        on: BTreeSet<String>,
    },
    /// A statement denies it.
    Denied {
        /// The statements that do.
        by: Vec<StatementRef>,
    },
    /// Nothing allows it.
    NotGranted {
        /// Statements that would allow it if the permission boundary did; empty where nothing does.
        but_for_boundary: Vec<StatementRef>,
    },
}

impl Permission {
    /// It in one word.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Granted { .. } => "granted",
            Self::Conditional { .. } => "conditional",
            Self::Denied { .. } => "denied",
            Self::NotGranted { .. } => "not-granted",
        }
    }

    /// What holds between two times of which it was this at the first and `later` at the second.
    pub(crate) fn or_later(self, later: Self, when: &str) -> Self {
        if self.code() == later.code() {
            return self;
        }
        let on = format!("{} became {} {when}", self.code(), later.code());
        Self::Conditional { by: joined(self.into_statements(), later.into_statements()), on: [on].into() }
    }

    /// The same where it is not known that it holds at all.
    pub(crate) fn depending(self, on: &str) -> Self {
        match self {
            no @ (Self::Denied { .. } | Self::NotGranted { .. }) => no,
            yes => yes.and(Self::Conditional { by: Vec::new(), on: [on.to_owned()].into() }),
        }
    }

    fn into_statements(self) -> Vec<StatementRef> {
        match self {
            Self::Granted { by } | Self::Conditional { by, .. } | Self::Denied { by } => by,
            Self::NotGranted { but_for_boundary } => but_for_boundary,
        }
    }

    /// Whether both of two requests may be done.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        use Permission::{Conditional, Denied, Granted, NotGranted};
        match (self, other) {
            (no @ (Denied { .. } | NotGranted { .. }), _) | (_, no @ (Denied { .. } | NotGranted { .. })) => {
                no
            }
            (Granted { by: a }, Granted { by: b }) => Granted { by: joined(a, b) },
            (Conditional { by: a, on }, Granted { by: b })
            | (Granted { by: a }, Conditional { by: b, on }) => Conditional { by: joined(a, b), on },
            (Conditional { by: a, on }, Conditional { by: b, on: more }) => {
                Conditional { by: joined(a, b), on: on.into_iter().chain(more).collect() }
            }
        }
    }
}

fn joined(a: Vec<StatementRef>, b: Vec<StatementRef>) -> Vec<StatementRef> {
    a.into_iter().chain(b).collect::<BTreeSet<_>>().into_iter().collect()
}

/// The policies of one principal, as a snapshot shows them.
#[derive(Debug, Clone, Default)]
pub struct Policies<'a> {
    /// Its own, those attached to it and those of its groups.
    pub identity: Vec<&'a Policy>,
    /// Policies or groups that are named and whose content the snapshot lacks.
    pub missing: Vec<String>,
    /// The permission boundary; `Err` names one whose content the snapshot lacks.
    pub boundary: Option<Result<&'a Policy, String>>,
}

impl Policies<'_> {
    /// Evaluates a request. An explicit denial wins; else identity policies and the boundary must both allow it.
    pub fn evaluate(&self, request: &Request) -> Permission {
        let bounds: &[&Policy] = match &self.boundary {
            Some(Ok(policy)) => &[policy],
            _ => &[],
        };
        let denying = matching(self.identity.iter().chain(bounds), Effect::Deny, request);
        let allowing = matching(&self.identity, Effect::Allow, request);
        let missing = Tri::any(self.missing.iter().map(Tri::maybe));

        let deny = Tri::any(denying.iter().map(|(_, tri)| tri.clone()));
        if deny == Tri::Yes {
            return Permission::Denied { by: sure(&denying) };
        }
        let allow = Tri::any(allowing.iter().map(|(_, tri)| tri.clone())).or(missing.clone());
        let bounded = match &self.boundary {
            None => Tri::Yes,
            Some(Err(name)) => Tri::maybe(name),
            Some(Ok(_)) => Tri::any(matching(bounds, Effect::Allow, request).into_iter().map(|(_, tri)| tri)),
        };
        if allow == Tri::No {
            return Permission::NotGranted { but_for_boundary: Vec::new() };
        }
        if bounded == Tri::No {
            return Permission::NotGranted { but_for_boundary: named(&allowing) };
        }
        // A policy that is missing could also deny.
        match Tri::all([allow, bounded, deny.or(missing).not()]) {
            Tri::Yes => Permission::Granted { by: sure(&allowing) },
            Tri::No => Permission::NotGranted { but_for_boundary: Vec::new() },
            Tri::Maybe(on) => {
                let possible = named(&allowing).into_iter().chain(named(&denying));
                Permission::Conditional { by: possible.collect(), on }
            }
        }
    }
}

type Matching = Vec<(StatementRef, Tri)>;

fn sure(matching: &Matching) -> Vec<StatementRef> {
    matching.iter().filter(|(_, tri)| *tri == Tri::Yes).map(|(by, _)| by.clone()).collect()
}

fn named(matching: &Matching) -> Vec<StatementRef> {
    matching.iter().map(|(by, _)| by.clone()).collect()
}

/// The statements of that effect which match, or may.
fn matching<'a, 'p: 'a>(
    policies: impl IntoIterator<Item = &'a &'p Policy>,
    effect: Effect,
    request: &Request,
) -> Matching {
    let mut found = Vec::new();
    for policy in policies {
        for statement in policy.statements.iter().filter(|s| s.effect == effect) {
            let tri = applies(statement, policy.variables, request);
            if tri != Tri::No {
                let by = StatementRef { policy: policy.name.clone(), statement: statement.name.clone() };
                found.push((by, tri));
            }
        }
    }
    found
}

fn applies(statement: &Statement, variables: bool, request: &Request) -> Tri {
    let action = Reading { wildcards: true, variables: false, fold: true };
    let action = selects(&statement.actions, |p| pattern::matches(p, &request.action, action, request));
    let resource = || match &statement.resources {
        Some(select) => selects(select, |p| {
            pattern::arn_matches(p, &request.resource, Place::Resource, variables, request)
        }),
        None => Tri::Yes,
    };
    match action {
        Tri::No => Tri::No,
        _ => {
            let conditions = statement.conditions.iter().map(|c| condition::holds(c, variables, request));
            Tri::all(conditions).and(resource())
        }
    }
}

fn selects(select: &Select, matches: impl Fn(&str) -> Tri) -> Tri {
    match select {
        Select::Only(patterns) => Tri::any(patterns.iter().map(|p| matches(p))),
        Select::AllBut(patterns) => Tri::any(patterns.iter().map(|p| matches(p))).not(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NODE: &str = "arn:aws:ec2:eu-west-1:111122223333:instance/i-0abc1234def567890";

    fn policy(name: &str, statements: &str) -> Policy {
        Policy::read(name, &format!(r#"{{"Version":"2012-10-17","Statement":[{statements}]}}"#)).unwrap()
    }

    fn allow(name: &str) -> Policy {
        policy(name, r#"{"Sid":"yes","Effect":"Allow","Action":"ssm:StartSession","Resource":"*"}"#)
    }

    fn by(policy: &str, statement: &str) -> Vec<StatementRef> {
        vec![StatementRef { policy: policy.into(), statement: statement.into() }]
    }

    fn ask(identity: &[&Policy], boundary: Option<Result<&Policy, String>>, missing: &[&str]) -> Permission {
        let missing = missing.iter().map(|m| (*m).to_owned()).collect();
        let request = Request::new("ssm:StartSession", NODE).with_tags("ssm:resourceTag/", [("Env", "prod")]);
        Policies { identity: identity.to_vec(), missing, boundary }.evaluate(&request)
    }

    #[test]
    fn an_explicit_denial_wins() {
        let deny =
            policy("d", r#"{"Effect":"Deny","Action":"ssm:*","Resource":"arn:aws:ec2:*:*:instance/*"}"#);
        assert_eq!(ask(&[&allow("a")], None, &[]), Permission::Granted { by: by("a", "yes") });
        assert_eq!(ask(&[&allow("a"), &deny], None, &[]), Permission::Denied { by: by("d", "#1") });
        assert_eq!(ask(&[&allow("a")], Some(Ok(&deny)), &[]), Permission::Denied { by: by("d", "#1") });
        assert_eq!(ask(&[], None, &[]), Permission::NotGranted { but_for_boundary: vec![] });
    }

    #[test]
    fn a_boundary_must_allow_too_and_gives_nothing() {
        let other = policy("b", r#"{"Effect":"Allow","Action":"ec2:*","Resource":"*"}"#);
        let no = Permission::NotGranted { but_for_boundary: by("a", "yes") };
        assert_eq!(ask(&[&allow("a")], Some(Ok(&other)), &[]), no);
        assert_eq!(
            ask(&[&allow("a")], Some(Ok(&allow("b"))), &[]),
            Permission::Granted { by: by("a", "yes") }
        );
        assert_eq!(ask(&[], Some(Ok(&allow("b"))), &[]), Permission::NotGranted { but_for_boundary: vec![] });
        let unknown = ask(&[&allow("a")], Some(Err("arn:b".into())), &[]);
        assert_eq!(unknown, Permission::Conditional { by: by("a", "yes"), on: ["arn:b".into()].into() });
    }

    #[test]
    fn not_action_and_not_resource_mean_everything_else() {
        let all_but = |action: &str, resource: &str| {
            let text = format!(r#"{{"Effect":"Allow","NotAction":"{action}","NotResource":"{resource}"}}"#);
            matches!(ask(&[&policy("n", &text)], None, &[]), Permission::Granted { .. })
        };
        assert!(all_but("iam:*", "arn:aws:s3:::*"));
        assert!(!all_but("ssm:start*", "arn:aws:s3:::*"));
        assert!(!all_but("iam:*", "arn:aws:ec2:*:*:instance/i-0abc*"));
    }

    #[test]
    fn tags_of_the_node_decide_where_a_condition_asks_for_them() {
        let tagged = |value: &str| {
            let text = format!(
                r#"{{"Effect":"Allow","Action":"ssm:StartSession","Resource":"*","Condition":{{"StringLike":{{"ssm:resourceTag/env":["{value}"]}}}}}}"#
            );
            ask(&[&policy("t", &text)], None, &[])
        };
        assert_eq!(tagged("prod"), Permission::Granted { by: by("t", "#1") });
        assert_eq!(tagged("dev"), Permission::NotGranted { but_for_boundary: vec![] });
    }

    #[test]
    fn what_no_fact_tells_makes_it_conditional_and_is_named() {
        let mfa = r#""Condition":{"Bool":{"aws:MultiFactorAuthPresent":"true"}}"#;
        let guarded = policy("g", &format!(r#"{{"Effect":"Allow","Action":"ssm:*","Resource":"*",{mfa}}}"#));
        let on = || BTreeSet::from(["aws:MultiFactorAuthPresent".to_owned()]);
        assert_eq!(ask(&[&guarded], None, &[]), Permission::Conditional { by: by("g", "#1"), on: on() });
        // Another statement that allows it whatever comes settles it; one that may deny it unsettles it.
        assert_eq!(ask(&[&guarded, &allow("a")], None, &[]), Permission::Granted { by: by("a", "yes") });
        let denial = policy("d", &format!(r#"{{"Effect":"Deny","Action":"ssm:*","Resource":"*",{mfa}}}"#));
        let both = [by("a", "yes"), by("d", "#1")].concat();
        assert_eq!(ask(&[&allow("a"), &denial], None, &[]), Permission::Conditional { by: both, on: on() });
        assert_eq!(
            ask(&[&allow("a")], None, &["arn:gone"]),
            Permission::Conditional { by: by("a", "yes"), on: ["arn:gone".into()].into() }
        );
    }
}
