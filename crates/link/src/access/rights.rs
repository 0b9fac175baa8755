//! What the policies of one principal say about sessions on one node.

use whoran_model::{EntityKind, SessionDocument};

use super::Target;
use super::holder::Holder;
use crate::Permission;
use crate::policy::{Answer, Request};

/// What a principal may do with sessions on one node, by its policies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rights {
    /// `ssm:StartSession` with the preferences document.
    pub start: Permission,
    /// `ssm:ResumeSession` on sessions of its own.
    pub resume_own: Permission,
    /// `ssm:TerminateSession` on sessions of its own.
    pub terminate_own: Permission,
    /// `ssm:TerminateSession` on sessions of others.
    pub terminate_others: Permission,
}

/// With it in a condition, the service asks for the session document too.
pub(super) const DOCUMENT_CHECK: &str = "ssm:SessionDocumentAccessCheck";
/// How a session's id ends; which letters come is of no matter to a policy.
const SOME_SUFFIX: &str = "00000000000000000000000000";

impl Rights {
    /// Combines what holds before and after a time in question.
    pub(super) fn or_later(self, later: Self, when: &str) -> Self {
        Self {
            start: self.start.or_later(later.start, when),
            resume_own: self.resume_own.or_later(later.resume_own, when),
            terminate_own: self.terminate_own.or_later(later.terminate_own, when),
            terminate_others: self.terminate_others.or_later(later.terminate_others, when),
        }
    }

    /// The same, where it is not known whether there was anybody to have them.
    pub(super) fn depending(self, on: &str) -> Self {
        Self {
            start: self.start.depending(on),
            resume_own: self.resume_own.depending(on),
            terminate_own: self.terminate_own.depending(on),
            terminate_others: self.terminate_others.depending(on),
        }
    }
}

impl Holder<'_> {
    pub(super) fn rights(&self, account: &str, node: &Target<'_>) -> Rights {
        let region = node.region;
        let asks = |action: &str, resource: String| self.request(account, region, action, &resource);
        let tags = |request: Request| {
            let Some(tags) = node.tags else { return request };
            let tags = || tags.iter().map(|t| (t.key.as_str(), t.value.as_str()));
            request.with_tags("ssm:resourceTag/", tags()).with_tags("aws:ResourceTag/", tags())
        };
        let arn = |service: &str, rest: &str| self.arn(service, region, account, rest);
        let instance = match node.id.as_str() {
            hybrid if hybrid.starts_with("mi-") => arn("ssm", &format!("managed-instance/{hybrid}")),
            instance => arn("ec2", &format!("instance/{instance}")),
        };
        let start = tags(asks("ssm:StartSession", instance));
        let mut may_start = self.policies.evaluate(&start);
        if self.policies.identity.iter().any(|p| p.asks(DOCUMENT_CHECK)) {
            let document = arn("ssm", &format!("document/{}", SessionDocument::PREFERENCES));
            may_start = may_start.and(self.policies.evaluate(&asks("ssm:StartSession", document)));
        }
        let own = |action: &str| {
            let request = self.on_session(account, region, action, node, true);
            let by_name = self.policies.evaluate(&request);
            let Answer::Values(id) = request.answer("aws:userid") else { return by_name };
            // Policies are written for ids that begin with either; the service has been seen to use the name.
            let by_id = request.on(&arn("ssm", &session(&id[0])));
            match (by_name, self.policies.evaluate(&by_id)) {
                (
                    Permission::NotGranted { .. },
                    Permission::Granted { by } | Permission::Conditional { by, .. },
                ) => Permission::Conditional {
                    by,
                    on: ["session ids that begin with aws:userid".to_owned()].into(),
                },
                (by_name, _) => by_name,
            }
        };
        Rights {
            start: may_start,
            resume_own: own("ssm:ResumeSession"),
            terminate_own: own("ssm:TerminateSession"),
            terminate_others: self.policies.evaluate(&self.on_session(
                account,
                region,
                "ssm:TerminateSession",
                node,
                false,
            )),
        }
    }

    /// A request about a session on the node, its own or that of somebody whom no policy names.
    fn on_session(&self, account: &str, region: &str, action: &str, node: &Target<'_>, own: bool) -> Request {
        // What a role's session is called its caller chooses; the name below is none that a policy could know.
        let name = match (own, self.entity.kind) {
            (true, EntityKind::User) => self.entity.name.as_str(),
            (true, EntityKind::Role) => "\u{1}own",
            (false, _) => "\u{1}other",
        };
        let resource = self.arn("ssm", region, account, &session(name));
        let mut request = self.request(account, region, action, &resource);
        let target = "ssm:resourceTag/aws:ssmmessages:target-id";
        let whose = "ssm:resourceTag/aws:ssmmessages:session-id";
        request = request.with_value(target, node.id.as_str());
        let id = match self.entity.kind {
            EntityKind::User => self.id.map(str::to_owned),
            EntityKind::Role => self.id.map(|id| format!("{id}:\u{1}own")),
        };
        if let Some(id) = id {
            request = request.with_value("aws:userid", id.as_str());
            return request.with_value(whose, if own { id } else { "\u{1}other".to_owned() });
        }
        request
    }

    /// The ARN of something in the partition that the principal is in.
    pub(super) fn arn(&self, service: &str, region: &str, account: &str, rest: &str) -> String {
        let partition = self.principal.partition().unwrap_or("aws");
        format!("arn:{partition}:{service}:{region}:{account}:{rest}")
    }

    fn request(&self, account: &str, region: &str, action: &str, resource: &str) -> Request {
        let mut request = Request::new(action, resource)
            .with_value("aws:PrincipalArn", self.principal.as_str())
            .with_value("aws:PrincipalAccount", account)
            .with_value("aws:ResourceAccount", account)
            .with_value("aws:RequestedRegion", region)
            .with_value("aws:PrincipalIsAWSService", "false")
            .with_value("aws:ViaAWSService", "false")
            .with_value("aws:SecureTransport", "true")
            .with_value(DOCUMENT_CHECK, "true");
        if !self.more_tags {
            request = request.with_tags("aws:PrincipalTag/", self.tags.iter().copied());
        }
        match self.entity.kind {
            EntityKind::User => {
                request = request
                    .with_value("aws:username", self.entity.name.as_str())
                    .with_value("aws:PrincipalType", "User");
                match self.id {
                    Some(id) => request.with_value("aws:userid", id),
                    None => request,
                }
            }
            EntityKind::Role => {
                request.with("aws:username", Answer::Absent).with_value("aws:PrincipalType", "AssumedRole")
            }
        }
    }
}

/// The end of a session's ARN.
fn session(name: &str) -> String {
    format!("session/{name}-{SOME_SUFFIX}")
}
