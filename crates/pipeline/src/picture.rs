//! What facts say beside the logs, put in where the logs leave a gap.

use std::collections::{BTreeMap, HashMap};
use std::ops::Range;
use std::sync::Arc;

use whoran_link::{Access, Attempt, Context, Finding, Gap, Resolution, SharedUser};
use whoran_model::{CommandRecord, Session, SessionId, SessionLog, Shape, Timestamp};

/// Every session that logs or facts name, with all that is known of it.
#[derive(Debug, Default)]
pub struct Picture {
    context: Arc<Context>,
    sessions: BTreeMap<SessionId, (Resolution, Session)>,
}

impl Picture {
    pub(crate) fn new(context: Arc<Context>, logged: Vec<Session>) -> Self {
        let mut sessions: BTreeMap<_, _> = BTreeMap::new();
        for mut session in logged {
            let resolution = complete(&context, &mut session);
            sessions.insert(session.id.clone(), (resolution, session));
        }
        for id in context.session_ids() {
            sessions.entry(id.clone()).or_insert_with(|| {
                let mut session = Session::unknown(id.clone());
                (complete(&context, &mut session), session)
            });
        }
        Self { context, sessions }
    }

    /// What is known from beside the logs.
    pub fn context(&self) -> &Context {
        &self.context
    }

    /// The sessions by id. One that has no log has no [`logs`](Session::logs), and what is known of it all the same.
    pub fn sessions(&self) -> impl Iterator<Item = (&Session, &Resolution)> {
        self.sessions.values().map(|(resolution, session)| (session, resolution))
    }

    /// The sessions that have a log.
    pub fn logged(&self) -> impl Iterator<Item = (&Session, &Resolution)> {
        self.sessions().filter(|(session, _)| has_log(session))
    }

    /// One session.
    pub fn session(&self, id: &SessionId) -> Option<&Resolution> {
        self.sessions.get(id).map(|(resolution, _)| resolution)
    }

    /// Calls to start a session that were refused, by time.
    pub fn attempts(&self) -> impl Iterator<Item = Attempt<'_>> {
        self.context.attempts()
    }

    /// Who may start a session where, who did, and who was refused: at a time, or by all that is known.
    pub fn access(&self, at: Option<Timestamp>) -> Vec<Access> {
        self.context.access(self.sessions().map(|(_, known)| known), at)
    }

    /// The same for these sessions alone, and for attempts that were refused in that time.
    pub fn access_during<'a>(
        &'a self,
        sessions: impl IntoIterator<Item = &'a Resolution>,
        during: &Range<Timestamp>,
    ) -> Vec<Access> {
        self.context.access_during(sessions, None, during)
    }

    /// What should be in the record and is not.
    pub fn gaps(&self) -> Vec<Gap> {
        let sessions = self.sessions().map(|(session, known)| (known, Some(session).filter(|s| has_log(s))));
        self.context.gaps(&sessions.collect::<Vec<_>>())
    }

    /// What the session documents mean for the record.
    pub fn doctor(&self) -> Vec<Finding> {
        self.context.doctor()
    }

    /// Every OS user of every node with those who used it.
    pub fn shared(&self) -> Vec<SharedUser> {
        SharedUser::of(self.logged())
    }
}

fn has_log(session: &Session) -> bool {
    !session.logs.is_empty()
}

/// As much of its session as a command knows, where that is enough to complete it: a session's first time tells which of
/// a node's names was its name then, and no command has it.
fn as_known_to(record: &CommandRecord, context: &Context) -> Option<Session> {
    let id = &record.session_id;
    let (target, listed) = (record.target.as_ref(), context.record(id));
    let started = context.start(id).is_some() || listed.is_some_and(|listed| listed.started.is_some());
    let named = target.is_some_and(|node| !context.node(node).is_empty());
    if !started && (listed.is_some() || named) {
        return None;
    }
    let evidence = record.command.evidence.first()?;
    Some(Session {
        identity: record.identity.clone(),
        account: record.account.clone(),
        region: record.region.clone(),
        run_as_user: record.run_as_user.clone(),
        target: target.cloned(),
        logs: vec![SessionLog { log: evidence.log.clone(), shape: Shape::Events, bytes: 0 }],
        ..Session::unknown(id.clone())
    })
}

/// Puts into a session what its logs do not say and facts do; what the logs say stays. A name that the caller of a
/// session chose is nobody's name.
pub(crate) fn complete(context: &Context, session: &mut Session) -> Resolution {
    let known = context.session(&session.id, Some(&*session).filter(|session| has_log(session)));
    session.person = known.identity.known_person().map(str::to_owned);
    session.identity = session.identity.take().or_else(|| known.identity.principal.clone());
    session.account = session.account.take().or_else(|| known.account.clone());
    session.region = session.region.take().or_else(|| known.region.clone());
    session.target = session.target.take().or_else(|| known.target.clone());
    session.target_name.clone_from(&known.target_name);
    known
}

/// The same for a command of the session.
pub(crate) fn complete_command(session: &Session, record: &mut CommandRecord) {
    record.person.clone_from(&session.person);
    record.identity.clone_from(&session.identity);
    record.account.clone_from(&session.account);
    record.region.clone_from(&session.region);
    record.target.clone_from(&session.target);
    record.target_name.clone_from(&session.target_name);
}

/// Completes commands as they come, looking at each session once.
pub(crate) struct Completing<'a> {
    context: &'a Context,
    seen: HashMap<SessionId, Option<Session>>,
}

impl<'a> Completing<'a> {
    pub(crate) fn new(context: &'a Context) -> Self {
        Self { context, seen: HashMap::new() }
    }

    pub(crate) fn command<E>(
        &mut self,
        record: &mut CommandRecord,
        session: impl FnOnce(&SessionId) -> Result<Option<Session>, E>,
    ) -> Result<(), E> {
        if !self.seen.contains_key(&record.session_id) {
            let mut found = match as_known_to(record, self.context) {
                Some(session) => Some(session),
                None => session(&record.session_id)?,
            };
            if let Some(session) = &mut found {
                complete(self.context, session);
            }
            self.seen.insert(record.session_id.clone(), found);
        }
        if let Some(Some(session)) = self.seen.get(&record.session_id) {
            complete_command(session, record);
        }
        Ok(())
    }
}
