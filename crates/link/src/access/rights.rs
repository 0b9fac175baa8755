//! What the policies of one principal say about sessions on one node.

use whoran_model::{EntityKind, NodeId, SessionDocument};

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

impl Holder<'_> {
    pub(super) fn rights(&self, account: &str, node: &Target<'_>) -> Rights {
        let region = node.region;
        let asks = |action: &str, resource: String| self.request(account, region, action, &resource);
        let tags = |request: Request| {
            let Some(tags) = node.tags else { return request };
            let tags = || tags.iter().map(|t| (t.key.as_str(), t.value.as_str()));
            request.with_tags("ssm:resourceTag/", tags()).with_tags("aws:ResourceTag/", tags())
        };
        let start = tags(asks("ssm:StartSession", node_arn(node.id, account, region)));
        let mut may_start = self.policies.evaluate(&start);
        if self.policies.identity.iter().any(|p| p.asks(DOCUMENT_CHECK)) {
            let document =
                format!("arn:aws:ssm:{region}:{account}:document/{}", SessionDocument::PREFERENCES);
            may_start = may_start.and(self.policies.evaluate(&asks("ssm:StartSession", document)));
        }
        let own = |action: &str| {
            let request = self.on_session(account, region, action, node, true);
            let by_name = self.policies.evaluate(&request);
            let Answer::Values(id) = request.answer("aws:userid") else { return by_name };
            // Policies are written for ids that begin with either; the service has been seen to use the name.
            let by_id = request.on(&session_arn(account, region, &id[0]));
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
        let mut request = self.request(account, region, action, &session_arn(account, region, name));
        let target = "ssm:resourceTag/aws:ssmmessages:target-id";
        let session = "ssm:resourceTag/aws:ssmmessages:session-id";
        request = request.with_value(target, node.id.as_str());
        let id = match self.entity.kind {
            EntityKind::User => self.id.map(str::to_owned),
            EntityKind::Role => self.id.map(|id| format!("{id}:\u{1}own")),
        };
        if let Some(id) = id {
            request = request.with_value("aws:userid", id.as_str());
            return request.with_value(session, if own { id } else { "\u{1}other".to_owned() });
        }
        request
    }

    fn request(&self, account: &str, region: &str, action: &str, resource: &str) -> Request {
        let mut request = Request::new(action, resource)
            .with_value("aws:PrincipalArn", self.principal.as_str())
            .with_value("aws:PrincipalAccount", account)
            .with_value("aws:ResourceAccount", account)
            .with_value("aws:RequestedRegion", region)
            .with_value("aws:PrincipalIsAWSService", "false")
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

fn node_arn(node: &NodeId, account: &str, region: &str) -> String {
    match node.as_str() {
        hybrid if hybrid.starts_with("mi-") => {
            format!("arn:aws:ssm:{region}:{account}:managed-instance/{hybrid}")
        }
        instance => format!("arn:aws:ec2:{region}:{account}:instance/{instance}"),
    }
}

fn session_arn(account: &str, region: &str, name: &str) -> String {
    format!("arn:aws:ssm:{region}:{account}:session/{name}-{SOME_SUFFIX}")
}
