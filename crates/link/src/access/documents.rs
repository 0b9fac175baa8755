//! Who may choose the session document: one that logs elsewhere, or nowhere.

use std::collections::{BTreeMap, BTreeSet};

use whoran_model::{ByteSpan, Principal};

use super::holder::ReadPolicies;
use super::rights::DOCUMENT_CHECK;
use crate::policy::Request;
use crate::{Context, Permission};

impl Context {
    /// The principals, by account, that may start a session on some node with a document of any name. Without the
    /// condition that has the service ask for the document too, that is everybody who may start one.
    pub(crate) fn document_choosers(&self) -> BTreeMap<String, Vec<(Principal, ByteSpan)>> {
        let may = |p: &Permission| matches!(p, Permission::Granted { .. } | Permission::Conditional { .. });
        let rows = self.access([], None);
        let starters: BTreeSet<&Principal> = rows
            .iter()
            .filter(|row| row.rights.as_ref().is_some_and(|rights| may(&rights.start)))
            .map(|row| &row.principal)
            .collect();
        let mut choosers: BTreeMap<String, Vec<_>> = BTreeMap::new();
        for (account, snapshot) in self.latest_snapshots() {
            let read = ReadPolicies::of(snapshot);
            for holder in read.holders().filter(|holder| starters.contains(holder.principal)) {
                let checked = holder.policies.identity.iter().any(|policy| policy.asks(DOCUMENT_CHECK));
                // no account has a document of this name, so that only a wildcard allows it
                let any = holder.arn("ssm", "us-east-1", account, "document/\u{1}any");
                let request = Request::new("ssm:StartSession", &any).with_value(DOCUMENT_CHECK, "true");
                if !checked || may(&holder.policies.evaluate(&request)) {
                    let one = (holder.principal.clone(), holder.evidence.clone());
                    choosers.entry(account.to_owned()).or_default().push(one);
                }
            }
        }
        choosers
    }
}
