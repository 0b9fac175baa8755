//! A parsed session → rows, each of which stands by itself.

use std::collections::HashMap;

use whoran_model::{
    Command, CommandRecord, Diagnostic, Envelope, LogId, OsUser, Parsed, Principal, Session, SessionId,
    SessionLog, UserTally,
};

/// A session with its commands, each a row of its own.
#[derive(Debug, Clone, PartialEq)]
pub struct Linked {
    /// The session.
    pub session: Session,
    /// Its commands, in order.
    pub commands: Vec<CommandRecord>,
}

impl Linked {
    /// Makes rows of what a session's logs show. Never fails: what is not known is `None`.
    pub fn of(parsed: Parsed) -> Self {
        let Parsed { id, envelope, logs, commands, diagnostics } = parsed;
        let mut linking = Linking::new(id, envelope, logs);
        let commands = linking.commands(commands);
        Self { session: linking.end(diagnostics), commands }
    }
}

/// A session whose commands are still to come.
#[derive(Debug)]
pub struct Linking {
    session: Session,
    /// Where in the session's list each of its users stands.
    users: HashMap<Option<OsUser>, usize>,
}

impl Linking {
    /// Begins with what is known of a session before its commands, which come piece by piece.
    pub fn new(id: SessionId, envelope: Envelope, logs: Vec<SessionLog>) -> Self {
        let places = || logs.iter().filter_map(|log| group_owner(&log.log));
        let session = Session {
            // The agent writes to a log group of the node's own account, while a principal may belong to another.
            account: places()
                .next()
                .map(|(account, _)| account.to_owned())
                .or_else(|| envelope.identity.as_ref().and_then(Principal::account).map(str::to_owned)),
            region: envelope.region.or_else(|| places().next().map(|(_, region)| region.to_owned())),
            identity: envelope.identity,
            person: None,
            run_as_user: envelope.run_as_user,
            target: envelope.target,
            target_name: None,
            host: None,
            first: envelope.first,
            last: envelope.last,
            users: Vec::new(),
            logs,
            diagnostics: Vec::new(),
            id,
        };
        Self { session, users: HashMap::new() }
    }

    /// What is known so far. What is put in here is in the rows that come after.
    pub fn session(&mut self) -> &mut Session {
        &mut self.session
    }

    /// Takes the next commands of the session.
    pub fn commands(&mut self, commands: Vec<Command>) -> Vec<CommandRecord> {
        for command in &commands {
            if self.session.host.is_none() {
                self.session.host.clone_from(&command.host);
            }
            self.tally(command);
        }
        commands.into_iter().map(|command| record(&self.session, command)).collect()
    }

    /// Who did how much, in the order in which the users appear.
    fn tally(&mut self, command: &Command) {
        let tallies = &mut self.session.users;
        let at = self.users.get(&command.os_user).copied().unwrap_or_else(|| {
            let os_user = command.os_user.clone();
            tallies.push(UserTally { os_user, commands: 0, first: None, last: None });
            self.users.insert(command.os_user.clone(), tallies.len() - 1);
            tallies.len() - 1
        });
        let tally = &mut tallies[at];
        tally.commands += 1;
        if let Some(time) = command.time {
            tally.first = Some(tally.first.map_or(time, |first| first.min(time)));
            tally.last = Some(tally.last.map_or(time, |last| last.max(time)));
        }
    }

    /// All commands came: the session.
    pub fn end(self, diagnostics: Vec<Diagnostic>) -> Session {
        Session { diagnostics, ..self.session }
    }
}

fn record(session: &Session, command: Command) -> CommandRecord {
    CommandRecord {
        id: String::new(),
        session_id: session.id.clone(),
        identity: session.identity.clone(),
        person: session.person.clone(),
        account: session.account.clone(),
        region: session.region.clone(),
        run_as_user: session.run_as_user.clone(),
        target: session.target.clone(),
        target_name: session.target_name.clone(),
        secrets: Vec::new(),
        command,
    }
}

/// Account and region of the log group that a CloudWatch log lies in.
fn group_owner(log: &LogId) -> Option<(&str, &str)> {
    let mut parts = log.as_str().strip_prefix("cloudwatch:")?.split('/');
    let (account, region) = (parts.next()?, parts.next()?);
    let is_account = account.len() == 12 && account.bytes().all(|b| b.is_ascii_digit());
    (is_account && !region.is_empty()).then_some((account, region))
}

#[cfg(test)]
mod tests {
    use whoran_model::{
        CommandKind, Envelope, Origin, OsUser, SessionLog, Shape, Status, TimePrecision, Timestamp,
    };

    use super::*;

    fn command(seq: u32, text: &str, user: Option<&str>, second: i64) -> Command {
        Command {
            seq,
            time: Some(Timestamp::from_second(second).unwrap()),
            time_precision: TimePrecision::Batch,
            os_user: user.map(OsUser::new),
            host: (seq > 0).then(|| format!("host-{seq}")),
            cwd: None,
            kind: CommandKind::Shell,
            program: None,
            command: text.into(),
            typed: None,
            output: String::new(),
            output_truncated: false,
            origin: Origin::Typed,
            status: Status::Run,
            confidence: 1.0,
            alternatives: vec![],
            evidence: vec![],
        }
    }

    fn parsed(log: &str, identity: Option<&str>, commands: Vec<Command>) -> Parsed {
        Parsed {
            id: "alice-0e34861185201706f".parse().unwrap(),
            envelope: Envelope { identity: identity.map(Principal::new), ..Envelope::default() },
            logs: vec![SessionLog { log: LogId::new(log), shape: Shape::Events, bytes: 1 }],
            commands,
            diagnostics: vec![],
        }
    }

    #[test]
    fn users_are_counted_in_order_of_appearance() {
        let commands = vec![
            command(0, "a", None, 5),
            command(1, "b", Some("root"), 7),
            command(2, "c", None, 6),
            command(3, "d", Some("root"), 3),
        ];
        let session = Linked::of(parsed("a", None, commands)).session;
        let seen: Vec<_> = session
            .users
            .iter()
            .map(|u| {
                let second = |t: Option<Timestamp>| t.unwrap().as_second();
                (u.os_user.as_ref().map(OsUser::as_str), u.commands, second(u.first), second(u.last))
            })
            .collect();
        assert_eq!(seen, [(None, 2, 5, 6), (Some("root"), 2, 3, 7)]);
        assert_eq!(session.host.as_deref(), Some("host-1"));
        assert_eq!(session.commands(), 4);
    }

    #[test]
    fn the_account_is_the_log_groups_before_it_is_the_principals() {
        let arn = Some("arn:aws:sts::111122223333:assumed-role/Ops/alice");
        let account = |log: &str, arn| Linked::of(parsed(log, arn, vec![])).session.account;
        assert_eq!(account("logs/x.json", arn).as_deref(), Some("111122223333"));
        assert_eq!(account("cloudwatch:444455556666/eu-west-1/g/s", arn).as_deref(), Some("444455556666"));
        assert_eq!(account("cloudwatch:nonsense/eu-west-1/g/s", None), None);
        assert_eq!(account("logs/x.log", None), None);
    }

    #[test]
    fn a_session_ids_prefix_is_no_identity() {
        let linked = Linked::of(parsed("a", None, vec![command(0, "id", None, 1)]));
        assert_eq!((linked.session.identity, linked.session.person), (None, None));
        assert_eq!(linked.commands[0].identity, None);
    }
}
