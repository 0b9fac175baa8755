//! `Linked` → `Masked`: secrets that a terminal showed leave the record here, before anything is stored or printed, and
//! every command gets its id, which is made of what is left.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;

use whoran_link::Linked;
use whoran_mask::{Found, Key, Spread};
use whoran_model::{
    Command, CommandRecord, Detail, DocumentSettings, Fact, MaskedSecret, Session, command_id,
};

/// What to do with secrets.
#[derive(Debug, Clone, Default)]
pub enum Secrets {
    /// Leave them where they are.
    #[default]
    Shown,
    /// Mask them, with fingerprints where there is a key to make them with.
    Masked(Option<Key>),
}

/// Whether a text, were it entered, would be masked before it is indexed.
pub fn shows_secret(text: &str) -> bool {
    !whoran_mask::in_command(text).is_empty()
}

/// A session whose commands show no secret that we know how to see, unless it was asked to show them.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Masked {
    /// The session.
    pub(crate) session: Session,
    /// Its commands, in order.
    pub(crate) commands: Vec<CommandRecord>,
}

/// Masks every text of every command and notes in each record what was masked in it.
pub(crate) fn mask(Linked { session, mut commands }: Linked, secrets: &Secrets) -> Masked {
    let mut masking = Masking::new(secrets);
    let found = commands.iter().map(|record| by_themselves(&record.command, &mut masking.spread)).collect();
    masking.take_out(&mut commands, found);
    Masked { session, commands }
}

/// Masks a session whose commands come piece by piece: first all of them to be learned from, then to be masked.
pub(crate) struct Masking<'s> {
    secrets: &'s Secrets,
    spread: Spread,
    ids: Ids,
}

impl<'s> Masking<'s> {
    pub(crate) fn new(secrets: &'s Secrets) -> Self {
        Self { secrets, spread: Spread::default(), ids: Ids::default() }
    }

    /// Learns what is a secret in all of the session.
    pub(crate) fn learn(&mut self, commands: &[Command]) {
        for command in commands {
            by_themselves(command, &mut self.spread);
        }
    }

    /// Masks the next commands, once all were learned from.
    pub(crate) fn mask(&mut self, mut commands: Vec<CommandRecord>) -> Vec<CommandRecord> {
        let mut known = Spread::default();
        let found = commands.iter().map(|record| by_themselves(&record.command, &mut known)).collect();
        self.take_out(&mut commands, found);
        commands
    }

    /// Takes out what each command shows by itself, and what the session shows again.
    fn take_out(&mut self, commands: &mut [CommandRecord], mut found: Vec<Vec<Vec<Found>>>) {
        self.spread.ready();
        for (record, found) in commands.iter_mut().zip(&mut found) {
            find_again(&record.command, &self.spread, found);
            record.id = self.ids.next(record, found);
            if let Secrets::Masked(key) = self.secrets {
                take_out(record, found, key.as_ref());
            }
        }
    }
}

/// Makes the id of every command, of what masking leaves of it and of how often the session had that before.
#[derive(Default)]
struct Ids {
    /// How often each text came, by a hash that no two texts share.
    seen: HashMap<[u64; 2], u32>,
    keys: [RandomState; 2],
}

impl Ids {
    fn next(&mut self, record: &CommandRecord, found: &[Vec<Found>]) -> String {
        let found = found.first().map_or(&[][..], Vec::as_slice);
        let text = whoran_mask::masked(&record.command.command, found);
        let nth = self.seen.entry(self.keys.each_ref().map(|key| key.hash_one(&text))).or_default();
        *nth += 1;
        command_id(&record.session_id, &text, *nth - 1)
    }
}

/// Adds to what each text of a command shows by itself what the session shows again.
fn find_again(command: &Command, spread: &Spread, all: &mut Vec<Vec<Found>>) {
    if !spread.is_empty() {
        again(command, spread, all);
    }
    if all.is_empty() {
        return;
    }
    // All that was entered is one line: what is a secret in one reading of it is one in the others.
    let secrets: Vec<(usize, &str)> = texts(command)
        .zip(all.iter())
        .enumerate()
        .filter(|(_, (text, _))| matches!(text, Text::Entered(_)))
        .flat_map(|(at, (text, found))| found.iter().map(move |f| (at, &text.as_str()[f.span.clone()])))
        .collect();
    if secrets.is_empty() {
        return;
    }
    for (at, (text, found)) in texts(command).zip(all).enumerate() {
        // the other readings are guesses, beside a line that tells its secrets itself
        let guessed = at > 0 || found.is_empty();
        if let Text::Entered(text) = text
            && guessed
        {
            let others = secrets.iter().filter(|(own, _)| *own != at).map(|(_, secret)| *secret);
            *found = whoran_mask::resembling(text, others, std::mem::take(found));
        }
    }
}

/// What each text of a command shows by itself, which `spread` learns.
fn by_themselves(command: &Command, spread: &mut Spread) -> Vec<Vec<Found>> {
    let mut all = Vec::new();
    for (at, text) in texts(command).enumerate() {
        let found = match text {
            Text::Entered(text) => whoran_mask::in_command(text),
            Text::Shown(text) => whoran_mask::in_output(text),
        };
        put(&mut all, at, found);
    }
    if all.is_empty() {
        return all;
    }
    all.resize(texts(command).count(), Vec::new());
    // A key id in the command tells what the 40 characters in its output are, and the other way round.
    if all.iter().flatten().any(|f| f.kind == "aws-access-key-id") {
        for (text, found) in texts(command).zip(&mut all) {
            *found = whoran_mask::beside_key_id(text.as_str(), std::mem::take(found));
        }
    }
    // Other readings of the line are guesses, and so is what would be a secret in them.
    let sure = all.len() - command.alternatives.len();
    for (text, found) in texts(command).zip(&all).take(sure) {
        spread.learn(text.as_str(), found);
    }
    all
}

/// Adds to `all` what the texts of a command show again.
fn again(command: &Command, spread: &Spread, all: &mut Vec<Vec<Found>>) {
    for (at, text) in texts(command).enumerate() {
        let found = all.get_mut(at).map(std::mem::take).unwrap_or_default();
        put(all, at, spread.repeated(text.as_str(), found));
    }
    if !all.is_empty() {
        all.resize(texts(command).count(), Vec::new());
    }
}

/// Puts what was found in the text at `at` into its place; where nothing was, no place is needed.
fn put(all: &mut Vec<Vec<Found>>, at: usize, found: Vec<Found>) {
    if !found.is_empty() {
        all.resize(all.len().max(at + 1), Vec::new());
        all[at] = found;
    }
}

/// Takes secrets out of what people wrote in the calls and documents that a fact is of: the command that a call to
/// StartSession carries above all.
pub(crate) fn mask_fact(fact: &mut Fact) {
    match fact {
        Fact::Access(event) => {
            let event = Arc::make_mut(event);
            event.reason.iter_mut().for_each(take_out_of_prose);
            event.parameters.iter_mut().flat_map(|(_, values)| values).for_each(take_out_of_command);
            if let Detail::Document { settings: Some(settings), .. } = &mut event.detail {
                written(settings).for_each(take_out_of_command);
            }
        }
        Fact::Document(document) => {
            written(&mut Arc::make_mut(document).settings).for_each(take_out_of_command);
        }
        Fact::Session(session) => {
            let session = Arc::make_mut(session);
            session.reason.iter_mut().chain(&mut session.details).for_each(take_out_of_prose);
        }
        Fact::Iam(_) | Fact::Version(_) | Fact::Node(_) => {}
    }
}

fn written(settings: &mut DocumentSettings) -> impl Iterator<Item = &mut String> {
    let DocumentSettings { linux_profile, windows_profile, linux_commands, .. } = settings;
    linux_profile.iter_mut().chain(windows_profile).chain(linux_commands)
}

fn take_out_of_command(text: &mut String) {
    *text = whoran_mask::masked(text, &whoran_mask::in_command(text)).into_owned();
}

fn take_out_of_prose(text: &mut String) {
    *text = whoran_mask::masked(text, &whoran_mask::in_output(text)).into_owned();
}

/// A text of a command, by how secrets in it are told.
enum Text<'a> {
    Entered(&'a str),
    Shown(&'a str),
}

impl<'a> Text<'a> {
    fn as_str(&self) -> &'a str {
        match self {
            Self::Entered(text) | Self::Shown(text) => text,
        }
    }
}

/// Every text of a command that could hold a secret; the command itself is the first.
fn texts(command: &Command) -> impl Iterator<Item = Text<'_>> {
    [Text::Entered(&command.command), Text::Shown(&command.output)]
        .into_iter()
        .chain(command.typed.as_deref().map(Text::Entered))
        .chain(command.cwd.as_deref().map(Text::Shown))
        .chain(command.alternatives.iter().map(|a| Text::Entered(&a.command)))
}

/// The same texts, to be changed.
fn texts_mut(command: &mut Command) -> Vec<&mut String> {
    let mut texts = vec![&mut command.command, &mut command.output];
    texts.extend(&mut command.typed);
    texts.extend(&mut command.cwd);
    texts.extend(command.alternatives.iter_mut().map(|a| &mut a.command));
    texts
}

fn take_out(record: &mut CommandRecord, found: &[Vec<Found>], key: Option<&Key>) {
    let mut values: Vec<String> = Vec::new();
    for (text, found) in texts_mut(&mut record.command).into_iter().zip(found) {
        for Found { span, kind } in found {
            let value = &text[span.clone()];
            if !values.iter().any(|known| known == value) {
                record.secrets.push(MaskedSecret {
                    kind: (*kind).to_owned(),
                    fingerprint: key.map(|key| key.fingerprint(value)),
                });
                values.push(value.to_owned());
            }
        }
        if !found.is_empty() {
            *text = whoran_mask::masked(text, found).into_owned();
        }
    }
}

#[cfg(test)]
mod tests {
    use whoran_mask::KEY_BYTES;
    use whoran_model::{
        Alternative, CommandKind, Envelope, Origin, Parsed, SessionLog, Shape, Status, TimePrecision,
    };

    use super::*;

    fn command(seq: u32, text: &str, output: &str, other: Option<&str>) -> Command {
        Command {
            seq,
            time: None,
            time_precision: TimePrecision::None,
            os_user: None,
            host: None,
            cwd: None,
            kind: CommandKind::Shell,
            program: None,
            command: text.into(),
            typed: None,
            output: output.into(),
            output_truncated: false,
            origin: Origin::Typed,
            status: Status::Run,
            confidence: 1.0,
            alternatives: other
                .map(|text| Alternative { command: text.into(), confidence: 0.1 })
                .into_iter()
                .collect(),
            evidence: vec![],
        }
    }

    fn session(commands: Vec<Command>, secrets: &Secrets) -> Vec<CommandRecord> {
        let parsed = Parsed {
            id: "alice-0e34861185201706f".parse().unwrap(),
            envelope: Envelope::default(),
            logs: vec![SessionLog { log: whoran_model::LogId::new("a"), shape: Shape::Events, bytes: 1 }],
            commands,
            diagnostics: vec![],
        };
        mask(whoran_link::Linked::of(parsed), secrets).commands
    }

    #[test]
    fn what_people_wrote_in_calls_is_masked_too() {
        // The example keys of AWS's own documentation.
        let (id, secret) = ("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY");
        let evidence = whoran_model::ByteSpan { log: whoran_model::LogId::new("t"), start: 0, end: 1 };
        let mut event =
            whoran_model::AccessEvent::new("e", whoran_model::Timestamp::UNIX_EPOCH, "a:b", evidence);
        event.parameters =
            vec![("command".into(), vec![format!("AWS_SECRET_ACCESS_KEY={secret} aws s3 ls")])];
        event.reason = Some(format!("rotate {id}"));
        let mut fact = Fact::Access(Arc::new(event));
        mask_fact(&mut fact);
        let Fact::Access(event) = fact else { panic!() };
        let command = &event.parameters[0].1[0];
        assert!(!command.contains(secret) && command.ends_with(" aws s3 ls"), "{command}");
        assert!(!event.reason.as_ref().unwrap().contains(id));
    }

    #[test]
    fn a_secret_leaves_every_text_of_the_session() {
        let key = Key::new([5; KEY_BYTES]);
        let records = session(
            vec![
                command(0, "mysql -phunter2-x db", "", Some("mysql -phunter2x db")),
                command(1, "history", "1 mysql -phunter2-x db\n2 hunter2-x", None),
                command(
                    2,
                    "export AWS_ACCESS_KEY_ID=AKIAIOSFODNN7EXAMPLE",
                    "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
                    None,
                ),
            ],
            &Secrets::Masked(Some(key.clone())),
        );
        let shown = format!("{records:?}");
        for secret in ["hunter2", "AKIAIO", "wJalr"] {
            assert!(!shown.contains(secret), "{secret} in {shown}");
        }
        assert_eq!(records[0].command.command, "mysql -p[masked:password] db");
        assert_eq!(records[1].command.output, "1 mysql -p[masked:repeated] db\n2 [masked:repeated]");
        let fingerprints =
            |at: usize| records[at].secrets.iter().filter_map(|s| s.fingerprint.clone()).collect::<Vec<_>>();
        assert!(fingerprints(0).contains(&key.fingerprint("hunter2-x")));
        assert_eq!(fingerprints(1), [key.fingerprint("hunter2-x")]);
        assert_eq!(records[2].secrets.len(), 2);
    }

    #[test]
    fn what_is_a_secret_in_one_reading_of_a_line_is_none_in_another() {
        let read = |text: &str, other: &str| {
            let records = session(vec![command(0, text, "", Some(other))], &Secrets::Masked(None));
            let command = &records[0].command;
            [command.command.clone(), command.alternatives[0].command.clone()]
        };
        let [named, unnamed] = ["htpasswd -b .htpasswd bob LMg9awm8", "passwd bob LMg9awm8"];
        for (text, other) in [(named, unnamed), (unnamed, named)] {
            assert!(read(text, other).iter().all(|text| !text.contains("LMg9awm8")), "{text}");
        }
        assert_eq!(read("ls -l /srv", "ls -l /sr"), ["ls -l /srv", "ls -l /sr"]);
    }

    #[test]
    fn ids_are_the_same_whether_secrets_are_shown_and_tell_none() {
        let commands = || {
            vec![
                command(0, "ls", "", None),
                command(1, "mysql -pa", "", None),
                command(2, "mysql -pb", "", None),
                command(3, "ls", "", None),
            ]
        };
        let ids = |secrets| session(commands(), secrets).into_iter().map(|r| r.id).collect::<Vec<_>>();
        let (shown, masked) = (ids(&Secrets::Shown), ids(&Secrets::Masked(None)));
        assert_eq!(shown, masked);
        let swapped: Vec<_> = session(vec![command(0, "mysql -pb", "", None)], &Secrets::Shown)
            .into_iter()
            .map(|r| r.id)
            .collect();
        assert_eq!(swapped[0], masked[1]);
        assert_ne!(shown[0], shown[3]);
        assert_eq!(session(commands(), &Secrets::Shown)[1].command.command, "mysql -pa");
    }
}
