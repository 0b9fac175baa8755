//! A command as the records that rules are held against: its parts as processes, its line, itself; a session's facts.

use std::borrow::Cow;
use std::ops::ControlFlow;

use whoran_model::{CommandRecord, Session, SessionFact};
use whoran_shell::each_part;

use crate::record::Record;
use crate::sight::ARGUMENTS;

/// One part of a line, with what it takes to be a process.
#[derive(Debug, Default)]
pub(crate) struct Process {
    name: String,
    image: String,
    line: String,
    words: Vec<String>,
    user: Option<String>,
    parent: Option<usize>,
    assigned: Vec<String>,
    writes: Vec<String>,
}

impl Process {
    /// Whether it runs something: variables alone do not.
    pub(crate) fn is_program(&self) -> bool {
        !self.name.is_empty()
    }
}

/// What a line of shell comes to.
#[derive(Debug, Default)]
pub(crate) struct Line {
    pub(crate) processes: Vec<Process>,
}

impl Line {
    /// Reads a line of a shell of Linux.
    pub(crate) fn read(text: &str, cwd: Option<&str>) -> Self {
        let mut processes = Vec::new();
        each_part(text, &mut |part| {
            let words: Vec<String> = part.words().map(str::to_owned).collect();
            processes.push(Process {
                name: part.name.to_owned(),
                image: words.first().map(|program| image(program, cwd)).unwrap_or_default(),
                line: words.join(" "),
                user: part.user.as_deref().map(str::to_owned),
                parent: part.parent,
                assigned: part.assigned().map(str::to_owned).collect(),
                writes: part.writes.iter().map(|write| write.to_string()).collect(),
                words,
            });
            ControlFlow::Continue(())
        });
        Self { processes }
    }

    /// Reads a line of PowerShell: what stands between bars and semicolons outside of quotes.
    pub(crate) fn of_powershell(text: &str) -> Self {
        let (mut processes, mut quote, mut start) = (Vec::new(), None, 0);
        let ends = text.char_indices().chain([(text.len(), ';')]);
        for (at, c) in ends {
            match (quote, c) {
                (Some(open), c) if c == open => quote = None,
                (None, '\'' | '"') => quote = Some(c),
                (None, '|' | ';' | '\n') => {
                    processes.extend(windows_process(text[start..at].trim()));
                    start = at + 1;
                }
                _ => {}
            }
            if start > text.len() {
                break;
            }
        }
        Self { processes }
    }

    fn parent(&self, process: &Process) -> Option<&Process> {
        process.parent.and_then(|at| self.processes.get(at))
    }

    /// One part as a process of Linux, or of Windows.
    pub(crate) fn process<'a>(&'a self, process: &'a Process, of: &'a CommandRecord) -> Record<'a> {
        let parent = self.parent(process);
        let windows = process.image.contains('\\');
        Record::default()
            .text("Image", &*process.image)
            .text("CommandLine", &*process.line)
            .maybe("ParentImage", parent.map(|parent| &*parent.image).or(windows.then_some(POWERSHELL)))
            .maybe("ParentCommandLine", parent.map(|parent| &*parent.line))
            .maybe("User", process.user.as_deref().or(user(of)))
            .maybe("CurrentDirectory", of.command.cwd.as_deref())
    }

    /// One part as auditd's record of its words.
    pub(crate) fn execve<'a>(&'a self, process: &'a Process) -> Record<'a> {
        let mut record = Record::default().text("type", "EXECVE");
        for (name, word) in ARGUMENTS.iter().skip(1).zip(&process.words) {
            record = record.text(name, &**word);
        }
        record
    }

    /// Whether the whole line says more than its one part.
    pub(crate) fn is_more_than_its_part(&self, text: &str) -> bool {
        !matches!(self.processes.as_slice(), [one] if one.line == text.trim())
    }

    /// The command with all that is known of it.
    pub(crate) fn command<'a>(&'a self, record: &'a CommandRecord, nth: u32) -> Record<'a> {
        let c = &record.command;
        let texts = |each: fn(&Process) -> &[String]| {
            self.processes.iter().flat_map(each).map(|text| Cow::Borrowed(text.as_str()))
        };
        let parts = self.processes.iter().map(|process| Cow::Borrowed(process.line.as_str()));
        let names = self.processes.iter().map(|process| Cow::Borrowed(process.name.as_str()));
        Record::default()
            .text("command", &*c.command)
            .maybe("typed", c.typed.as_deref())
            .text("output", &*c.output)
            .text("kind", c.kind.as_str())
            .maybe("program", c.program.as_deref())
            .text("origin", c.origin.as_str())
            .text("status", c.status.as_str())
            .maybe("os_user", user(record))
            .maybe("run_as_user", record.run_as_user.as_ref().map(|user| user.as_str()))
            .maybe("host", c.host.as_deref())
            .maybe("cwd", c.cwd.as_deref())
            .maybe("identity", record.identity.as_ref().map(|identity| identity.as_str()))
            .maybe("person", record.person.as_deref())
            .maybe("account", record.account.as_deref())
            .maybe("region", record.region.as_deref())
            .maybe("target", record.target.as_ref().map(|target| target.as_str()))
            .maybe("target_name", record.target_name.as_deref())
            .text("confidence", c.confidence.to_string())
            .number("seq", i64::from(c.seq))
            .number("nth", i64::from(nth))
            .list("parts", parts.filter(|part| !part.is_empty()))
            .list("programs", names.filter(|name| !name.is_empty()))
            .list("assigned", texts(|process| &process.assigned))
            .list("writes", texts(|process| &process.writes))
            .list("secrets", record.secrets.iter().map(|secret| Cow::Borrowed(secret.kind.as_str())))
    }
}

/// The whole line, for rules that ask for the line alone.
pub(crate) fn whole_line(record: &CommandRecord) -> Record<'_> {
    Record::default()
        .text("CommandLine", &*record.command.command)
        .maybe("User", user(record))
        .maybe("CurrentDirectory", record.command.cwd.as_deref())
}

/// The whole line and nothing else.
pub(crate) fn only_line<'a>(name: &'a str, record: &'a CommandRecord) -> Record<'a> {
    Record::default().text(name, &*record.command.command)
}

/// A fact of a session.
pub(crate) fn fact<'a>(fact: &'a SessionFact, session: &'a Session) -> Record<'a> {
    let mut record = Record::default()
        .text("fact", fact.kind)
        .maybe("run_as_user", session.run_as_user.as_ref().map(|user| user.as_str()))
        .maybe("identity", session.identity.as_ref().map(|identity| identity.as_str()))
        .maybe("person", session.person.as_deref())
        .maybe("account", session.account.as_deref())
        .maybe("region", session.region.as_deref())
        .maybe("target", session.target.as_ref().map(|target| target.as_str()))
        .maybe("target_name", session.target_name.as_deref())
        .maybe("host", session.host.as_deref())
        .number("commands", i64::try_from(session.commands()).unwrap_or(i64::MAX));
    for (name, value) in &fact.fields {
        record = record.text(name, value.as_str());
    }
    record
}

/// PowerShell as Session Manager starts it.
const POWERSHELL: &str = "C:\\Windows\\System32\\WindowsPowerShell\\v1.0\\powershell.exe";

/// Where a program lies: what was typed says it, or it is taken to be one of the system's.
fn image(program: &str, cwd: Option<&str>) -> String {
    match program.strip_prefix("./") {
        _ if program.starts_with('/') => program.to_owned(),
        Some(rest) if cwd.is_some_and(|cwd| cwd.starts_with('/')) => {
            format!("{}/{rest}", cwd.unwrap_or_default().trim_end_matches('/'))
        }
        _ if program.contains('/') => program.to_owned(),
        _ => format!("/usr/bin/{program}"),
    }
}

/// What a part of a PowerShell line runs, where that is a program: a verb and a noun with a dash between is a cmdlet.
fn windows_process(part: &str) -> Option<Process> {
    let part = part.trim_start_matches(['&', ' ']);
    let program = part.split_whitespace().next()?.trim_matches(['"', '\'']);
    let plain = |c: char| c.is_ascii_alphanumeric() || "._\\:/-~".contains(c);
    let cmdlet = program.split_once('-').is_some_and(|(verb, noun)| {
        verb.chars().all(|c| c.is_ascii_alphabetic()) && noun.starts_with(|c: char| c.is_ascii_alphabetic())
    });
    let name = program.rsplit(['\\', '/']).next().unwrap_or_default();
    if name.is_empty() || !program.chars().all(plain) {
        return None;
    }
    let with_ending = if name.contains('.') { name.to_owned() } else { format!("{name}.exe") };
    let image = match program.contains(['\\', '/']) {
        _ if cmdlet => POWERSHELL.to_owned(),
        true => program.replace('/', "\\"),
        false => format!("C:\\Windows\\System32\\{with_ending}"),
    };
    let words = part.split_whitespace().map(str::to_owned).collect();
    Some(Process { name: name.to_owned(), image, line: part.to_owned(), words, ..Process::default() })
}

fn user(record: &CommandRecord) -> Option<&str> {
    record.command.os_user.as_ref().map(|user| user.as_str())
}
