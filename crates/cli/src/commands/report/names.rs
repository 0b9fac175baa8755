//! The names of persons that a report may hold, and pseudonyms for them.

use std::collections::BTreeSet;

use whoran_model::Principal;
use whoran_pipeline::{Picture, Store, Uses};
use whoran_report::document::Report;
use whoran_report::pseudonym::Pseudonyms;

use crate::error::CommandError;

/// Names.
#[derive(Default)]
pub(super) struct Names(BTreeSet<String>);

impl Names {
    /// Every name that a session, a call or a look at IAM gives.
    pub(super) fn of(picture: &Picture) -> Self {
        let mut names = Self::default();
        let context = picture.context();
        for (session, known) in picture.sessions() {
            let identity = &known.identity;
            let persons = identity.person.iter().chain(&identity.also).map(|person| person.name.as_str());
            persons.for_each(|name| names.add(name));
            session.id.prefix().into_iter().for_each(|prefix| names.add(prefix));
            let hops = identity.chain.iter().filter_map(|hop| hop.principal.as_ref());
            session
                .identity
                .iter()
                .chain(&known.contradicting)
                .chain(hops)
                .for_each(|p| names.add_principal(p));
        }
        for event in context.events() {
            let identity = context.caller(event);
            identity.person.iter().chain(&identity.also).for_each(|person| names.add(&person.name));
            event.caller.principal.iter().for_each(|principal| names.add_principal(principal));
            event
                .caller
                .user_name
                .iter()
                .filter(|_| event.caller.kind.as_deref() != Some("AssumedRole"))
                .for_each(|name| names.add(name));
            if let whoran_model::Detail::Iam(change) = &event.detail
                && change.entity.kind == whoran_model::EntityKind::User
            {
                names.add(&change.entity.name);
            }
        }
        for (_, snapshot) in context.snapshots() {
            snapshot.users.iter().for_each(|user| names.add_principal(&user.principal));
        }
        names
    }

    /// With those who used this tool.
    pub(super) fn and_users(mut self, uses: &Uses) -> Self {
        uses.uses.iter().filter_map(|(_, one)| one.actor.user.as_deref()).for_each(|name| self.add(name));
        self
    }

    /// A name that is nobody's stays: of root, of a service, of an instance.
    fn add(&mut self, name: &str) {
        let instance = ["i-", "mi-"].iter().any(|start| {
            name.strip_prefix(start)
                .is_some_and(|rest| rest.len() >= 8 && rest.bytes().all(|b| b.is_ascii_hexdigit()))
        });
        if !instance && !["root", "ecs-execute-command", ""].contains(&name) {
            self.0.insert(name.to_owned());
        }
    }

    /// The user's name, or what a role's or a federated session is called.
    fn add_principal(&mut self, principal: &Principal) {
        let Some(resource) = principal.resource() else { return };
        let name = match resource.split_once('/') {
            Some(("user" | "federated-user", path)) => path.rsplit('/').next(),
            Some(("assumed-role", rest)) => rest.split_once('/').map(|(_, session)| session),
            _ => None,
        };
        name.into_iter().for_each(|name| self.add(name));
    }
}

/// Puts pseudonyms in the place of the names. They are made with the key of the data directory: nobody without it can
/// tell a name from one.
pub(super) fn hide(report: &mut Report, names: Names, store: &Store) -> Result<(), CommandError> {
    let fingerprint = store.fingerprints()?.ok_or_else(|| {
        CommandError::usage("there is no key to make pseudonyms with").hint("`whoran index` makes one")
    })?;
    let key = |name: &str| fingerprint(&format!("person\u{0}{name}"));
    let pseudonyms = Pseudonyms::new(names.0.iter().map(String::as_str), key);
    pseudonyms.apply(report);
    Ok(())
}
