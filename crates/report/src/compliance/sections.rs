//! The sections, one function each.

use serde_json::Value;

use super::aggregate::{self, CriticalRow, WorkRow};
use super::rows::{GapSummaryRow, TechniqueRow, VerdictRow, cause_means, verdict_means};
use super::{Framework, Material, PopulationRow, remarks};
use crate::document::{
    Block, Fact, Head, Remark, Report, Section, SectionKind as S, SignOff, Table, TableKind, Weight, count,
};
use crate::input::{Commands, SessionLine};
use crate::rows::AccessRow;

/// What every table of commands is cut to is asked for in full like this.
fn all_of(commands: &Commands) -> String {
    format!("whoran search --format csv '{}'", commands.query.replace('\'', r"'\''"))
}

pub(super) fn report(m: &Material<'_>) -> Report {
    let (places, all) = aggregate::population(&m.sessions);
    let work = aggregate::work(m.sessions.iter().filter(|entry| entry.privileged > 0));
    let (months, empty_months) = aggregate::months(&m.begun, m.period.1, m.parameters.retention_months.value);
    let mut remarks = remarks::remarks(m, &all, empty_months);
    remarks.sort_by_key(|remark| remark.weight);
    let none_in_period = no_sessions(m);
    let mut sections = vec![
        summary(m, &all, remarks),
        scope(m),
        method(m),
        controls(m.framework),
        population(m, places, &all, &none_in_period),
        coverage(m),
        text_analysis(m),
        privileged(m, work),
        shared(m),
        run_as(m),
        access(m),
        critical(m),
        denied(m),
        accounts(m),
        logs(m),
        system(m),
        hours(m),
        retention(m, months, empty_months),
        samples(m, &none_in_period),
        m.judged.findings(),
        m.judged.reviews(),
        integrity(m),
        sign_off(m),
    ];
    // The model section stands where its framework looks for it.
    if m.framework != Framework::Nist {
        sections.sort_by_key(|section| section.kind);
    }
    Report { head: m.head.clone(), sections }
}

fn no_sessions(m: &Material<'_>) -> String {
    match (m.out_of_scope, m.undated) {
        (0, 0) => "No session of the archive began in this period.".to_owned(),
        (out, undated) => format!(
            "No session in scope began in this period; {} began in it and {} left out by the parameters, {} in the archive \
             without any time.",
            count(out, "session"),
            if out == 1 { "is" } else { "are" },
            count(undated, "session"),
        ),
    }
}

fn summary(m: &Material<'_>, all: &PopulationRow, remarks: Vec<Remark>) -> Section {
    let exceptions = remarks.iter().filter(|remark| remark.weight == Weight::Exception).count();
    let facts = vec![
        Fact::new("sessions", "sessions", all.sessions),
        Fact::new("logged", "with a log", all.logged),
        Fact::new("persons", "persons or principals", all.persons),
        Fact::new("nodes", "managed nodes", all.nodes),
        Fact::new("commands", "commands", all.commands),
        Fact::new("privileged", "privileged commands", m.privileged.total),
        Fact::new("refused", "refused attempts", m.attempts.len() as u64),
        Fact::new("exceptions", "exceptions", exceptions as u64),
    ];
    let mut section = Section::new(S::Summary)
        .prose(format!(
            "This is evidence for {}. It says what records of AWS Session Manager show of the period, how that is known, \
             and what they do not show. Whether a control is met is for its reader to decide.",
            m.framework.name()
        ))
        .facts(facts);
    section.blocks.push(Block::Remarks { remarks });
    section.bars(aggregate::over_time(&m.sessions, m.period.0, m.period.1, &m.days_missing))
}

fn scope(m: &Material<'_>) -> Section {
    Section::new(S::Scope)
        .prose(
            "In scope are sessions of AWS Systems Manager Session Manager that the archive knows of, by a log, by CloudTrail \
             or by the service's own list, and that began in the period. A session counts whole in the period in which it \
             began, so that reports on periods that follow each other share none and leave none out. Other ways onto a node \
             (SSH, consoles, agents, automation) are not in scope.",
        )
        .facts(vec![
            Fact::new("undated", "sessions without any time, in no period", m.undated),
            Fact::new("out_of_scope", "sessions of the period left out by parameters", m.out_of_scope),
        ])
        .table(Table::of(m.parameters.rows(), usize::MAX, "There are no parameters."))
}

fn method(m: &Material<'_>) -> Section {
    let mut section = Section::new(S::Method);
    for text in METHOD {
        section = section.prose(*text);
    }
    section.prose(format!(
        "No table shows more than {} rows. Each says how many it would have, and where it is cut, which command gives all of \
         them. Empty tables say why they are empty.",
        m.limit
    ))
}

/// How every report comes to its figures.
pub(crate) const METHOD: &[&str] = &[
    "Commands are read from what terminals showed: edits, history expansion and here-documents are followed, and each \
     command carries how sure its reading is (confidence, 0 to 1) and the bytes of the log that prove it. What ran inside of \
     scripts, editors and background jobs was never shown and is not there. Secrets are masked before anything is indexed.",
    "Who it was: CloudTrail's record of StartSession gives the principal; the person behind it is known, in this order of \
     trust, from a source identity, IAM Identity Center, the IAM user, an identity provider. A name that its caller chose (a \
     role session name, the beginning of a session's id) is shown as \u{201c}says\u{201d} and proves nothing. The word behind \u{201c}by\u{201d} \
     says which of these it is.",
    "Privileged is what ran as root, Administrator or SYSTEM, or through sudo, doas, su, pkexec or runas. The OS user is the \
     one at that moment, after sudo -i, su and exit, as the prompt shows it; where no log shows it, it is unknown.",
    "Times are UTC. Of a command in a stream the time is that of its upload to CloudWatch, not later than a second or so \
     after it (\u{201c}batch\u{201d}); of one in a transcript only the end of its session is known (\u{201c}session\u{201d}). \
     Calls have CloudTrail's time, in seconds.",
    "What may be done is worked out from policies of users, groups and roles and their boundaries as they were when somebody \
     looked. Service control policies, and policies on resources and on sessions, are not evaluated.",
    "Evidence is a place in a log: its name and a range of bytes of it, decompressed; or CloudTrail's id of an event. \
     `whoran show SESSION` shows a session, `whoran cat LOG` its bytes, `whoran verify` that they are those the manifest \
     names.",
];

fn controls(framework: Framework) -> Section {
    let rows = framework.controls().iter().copied();
    Section::new(S::Controls)
        .prose(
            "Numbers are those of the framework; the words are ours and replace no text of it. A section named here holds \
             evidence for a control, or says that there is none.",
        )
        .table(Table::of(rows, usize::MAX, "There are no controls."))
}

fn population(m: &Material<'_>, places: Vec<PopulationRow>, all: &PopulationRow, none: &str) -> Section {
    let unrecorded_logs = m.sessions.iter().filter(|e| e.is_logged() && !e.recorded).count() as u64;
    let recorded_logs = m.sessions.iter().filter(|e| e.is_logged() && e.recorded).count() as u64;
    let recorded_only = m.sessions.iter().filter(|e| !e.is_logged() && e.recorded).count() as u64;
    let listed_only = m.sessions.iter().filter(|e| !e.is_logged() && !e.recorded && e.listed).count() as u64;
    Section::new(S::Population)
        .prose(
            "Three sources say which sessions there were, and none of them knows of the others: logs, CloudTrail's records of \
             StartSession, and the service's list of the last 30 days before somebody looked. Where they agree, the \
             population is complete as far as any of them shows; where they do not, the next section says so.",
        )
        .facts(vec![
            Fact::new("log_and_record", "sessions with a log and CloudTrail's record", recorded_logs),
            Fact::new("log_alone", "with a log alone", unrecorded_logs),
            Fact::new("record_alone", "with CloudTrail's record alone", recorded_only),
            Fact::new("list_alone", "in the service's list alone", listed_only),
            Fact::new("sessions", "sessions in all", all.sessions),
        ])
        .table(Table::of(places, m.limit, none))
        .table(Table::of(m.elements.iter().cloned(), usize::MAX, none))
        .table(
            Table::of(m.sessions.iter().map(SessionLine::from), m.limit, none)
                .whole("whoran sessions --format csv"),
        )
}

fn coverage(m: &Material<'_>) -> Section {
    let mut causes = std::collections::BTreeMap::<_, u64>::new();
    for gap in &m.gaps {
        *causes.entry((gap.gap, gap.cause)).or_default() += 1;
    }
    let summary = causes.into_iter().map(|((gap, cause), sessions)| GapSummaryRow {
        gap,
        cause,
        sessions,
        means: cause_means(cause),
    });
    let no_gaps = if m.sessions.is_empty() {
        "There are no sessions in which something could be missing."
    } else if m.trail.is_empty() {
        "No gap was seen; but without CloudTrail a session that left no log at all is not known of."
    } else {
        "Every session that CloudTrail or the service's list names has a log with an end, and every log a record of its start."
    };
    // What nobody explains comes first.
    let mut gaps: Vec<_> = m.gaps.iter().collect();
    gaps.sort_by_key(|gap| (gap.cause != "unexplained", gap.gap, gap.time.clone(), gap.session_id.clone()));
    Section::new(S::Coverage)
        .prose(
            "A gap is something that should be in the record and is not. A cause is what evidence makes likely; what nothing \
             explains is called unexplained, and is what to look into.",
        )
        .prose(
            "no-log: a session that started and has no log. no-start: a log, and no record that its session started. no-end: \
             nothing says that or when the session ended, and its log stops without an end. no-s3-copy, no-cloudwatch-copy: \
             the preferences promise a second copy of the log, and there is none.",
        )
        .table(Table::of(summary, usize::MAX, no_gaps))
        .table(
            Table::of(m.trail.iter().cloned(), m.limit, "There is no CloudTrail in the archive for this period.")
                .whole("whoran timeline --format csv"),
        )
        .prose(
            "CloudTrail is kept as far as it says something of sessions. A day without such a record can be a day on which \
             nothing happened; where a log shows a session on it, records are missing.",
        )
        .table(Table::of(
            m.snapshots.iter().cloned(),
            m.limit,
            "Nobody looked at IAM, session documents, nodes or the service's list: rights, OS users owed and names of nodes \
             are not known.",
        ))
        .table(Table::of(
            m.settings.iter().cloned(),
            m.limit,
            "No session document is known: what the preferences would lose cannot be told.",
        ))
        .table(Table::of(m.damaged.iter().cloned(), m.limit, "No log was left out in part, and none shows that something was hidden."))
        .table(Table::of(gaps, m.limit, no_gaps).whole("whoran coverage --format csv"))
}

fn privileged(m: &Material<'_>, work: Vec<WorkRow>) -> Section {
    let none = if m.sessions.iter().all(|entry| entry.session.commands() == 0) {
        "No session of the period has a command in it."
    } else {
        "No command of the period ran as root, Administrator or SYSTEM, or through sudo, doas, su, pkexec or runas."
    };
    Section::new(S::Privileged)
        .prose("Each privileged command is put down to the person whose session it ran in, whatever OS user it ran as.")
        .table(Table::of(work, m.limit, none).whole("whoran who --format csv"))
        .table(commands(TableKind::PrivilegedCommands, &m.privileged, m.limit, none))
}

fn commands(kind: TableKind, found: &Commands, limit: usize, none: &str) -> Table {
    Table::of_kind(kind, &found.rows, limit, none).of_total(found.total).whole(all_of(found))
}

fn text_analysis(m: &Material<'_>) -> Section {
    let rows = m.techniques.iter().map(|(technique, found)| TechniqueRow {
        technique: technique.name,
        why: technique.why,
        commands: found.total,
        sessions: found.sessions,
        persons: found.persons,
        query: found.query.clone(),
    });
    let sure = m.elements.iter().find(|row| row.element == "text read surely");
    let mut facts = vec![
        Fact::new("analysed", "privileged commands analysed, each with its full text", m.privileged.total),
        Fact::new("of_sessions", "in sessions", m.privileged.sessions),
        Fact::new("of_persons", "of persons or principals", m.privileged.persons),
        Fact::new("techniques", "patterns asked for", m.techniques.len() as u64),
    ];
    facts.extend(sure.map(|row| {
        Fact::new("surely_read", "of all commands read with confidence 0.9 or more", row.present)
    }));
    Section::new(S::TextAnalysis)
        .prose(
            "The full text of every privileged command of the period was analysed, with all its parameters and each part of \
             a line by itself (behind sudo, env, xargs, in pipes and substitutions), on the machine that holds this \
             archive: not on the nodes where the commands ran, and without need of them. This is what NIST SP 800-53 \
             AU-6(8) describes.",
        )
        .facts(facts)
        .prose(
            "A pattern is no verdict. Each stands for something that is ordinary work in one place and not in another; the \
             question it was asked with stands beneath it and can be asked again with `whoran search`.",
        )
        .table(Table::of(rows, usize::MAX, "Nothing was asked for."))
        .table(
            Table::of(m.programs.iter().cloned(), m.limit, "No privileged command of the period names a program.")
                .whole("whoran facets program 'privileged:yes' --format csv"),
        )
}

pub(super) fn shared_users(m: &Material<'_>) -> u64 {
    let mut users: Vec<_> = m.shared.iter().map(|row| (&row.target, &row.os_user)).collect();
    users.dedup();
    users.len() as u64
}

fn shared(m: &Material<'_>) -> Section {
    Section::new(S::Shared)
        .prose(
            "An OS user of a node is shared where more than one person or principal worked as it in the period. Each is named \
             with what they did, since every session has an identity of its own.",
        )
        .facts(vec![
            Fact::new("shared_users", "OS users of nodes used by several", shared_users(m)),
            Fact::new(
                "unattributed",
                "of their rows without a proven person",
                m.shared.iter().filter(|row| row.who.person.is_none()).count() as u64,
            ),
        ])
        .table(
            Table::of(m.shared.iter().cloned(), m.limit, "No OS user of a node was used by more than one person.")
                .whole("whoran shared --format csv"),
        )
}

fn run_as(m: &Material<'_>) -> Section {
    let tally = aggregate::tally(m.run_as.iter().map(|row| row.verdict));
    let verdicts = tally.into_iter().map(|(verdict, sessions)| VerdictRow {
        verdict,
        sessions,
        means: verdict_means(verdict),
    });
    let mut doubtful: Vec<_> = m
        .run_as
        .iter()
        .filter(|row| !matches!(row.verdict, "as-tagged" | "as-default" | "ssm-user"))
        .collect();
    let grave = |verdict: &str| match verdict {
        "mismatch" => 0,
        "no-tag-and-no-default" => 1,
        "could-not-start" => 2,
        _ => 3,
    };
    doubtful.sort_by_key(|row| (grave(row.verdict), row.time.clone(), row.session_id.clone()));
    Section::new(S::RunAs)
        .prose(
            "Where the session document switches Run As on, the tag SSMSessionRunAs of the principal names the OS user, else \
             the document's default does, else the session may not start. What was owed at the time is compared with what \
             the session's log shows.",
        )
        .table(Table::of(verdicts, usize::MAX, "No session or refused call of the period is known."))
        .table(
            Table::of(doubtful, m.limit, "Every session of the period ran as the OS user that it was owed.")
                .whole("whoran runas --format csv"),
        )
}

fn access(m: &Material<'_>) -> Section {
    let is = |row: &&AccessRow, start: &str| row.start == Some(start);
    let n = |start: &str| m.access.iter().filter(|row| is(row, start)).count() as u64;
    let unused = m.access.iter().filter(|row| is(row, "granted") && row.used == 0).count() as u64;
    let beyond = m
        .access
        .iter()
        .filter(|row| row.used > 0 && matches!(row.start, Some("denied" | "not-granted")))
        .count() as u64;
    let mut rows: Vec<_> = m.access.iter().collect();
    rows.sort_by_key(|row| std::cmp::Reverse((row.used, row.denied, row.failed)));
    Section::new(S::Access)
        .prose(
            "Each principal against each node of its account: what policies allow by the latest look at them, and what was \
             used and refused in the period. What hangs on something no file tells is conditional, and says on what.",
        )
        .facts(vec![
            Fact::new("granted", "pairs granted", n("granted")),
            Fact::new("conditional", "pairs that hang on a condition", n("conditional")),
            Fact::new("unused", "granted and not used in the period", unused),
            Fact::new("beyond", "used and not allowed by the latest policies", beyond),
            Fact::new("none", "pairs neither allowed nor tried, not shown", m.access_none),
        ])
        .table(
            Table::of(
                rows,
                m.limit,
                "No policies are known, and no call of the period names a principal and a node.",
            )
            .whole("whoran access --format csv"),
        )
}

fn critical(m: &Material<'_>) -> Section {
    let named = m.parameters.critical_nodes.value.len() + m.parameters.critical_tags.value.len() > 0;
    let none = if named {
        "No session of the period was on a critical node."
    } else {
        "No node is named as critical: set critical_nodes or critical_tags in whoran.toml."
    };
    let work = aggregate::work(m.sessions.iter().filter(|entry| entry.critical));
    Section::new(S::Critical)
        .prose("Every person's sessions on the nodes that the parameters call critical.")
        .table(
            Table::of(work.into_iter().map(CriticalRow), m.limit, none).whole("whoran sessions --format csv"),
        )
}

fn denied(m: &Material<'_>) -> Section {
    let none = if m.trail.is_empty() {
        "There is no CloudTrail in the archive for this period: refused calls are not known."
    } else {
        "CloudTrail's records of the period have no refused call to start a session."
    };
    Section::new(S::Denied)
        .prose("Refused calls are CloudTrail's; what was refused inside of a session is read from the output of commands.")
        .table(Table::of(m.attempts.iter().cloned(), m.limit, none).whole("whoran timeline --format csv"))
        .table(commands(
            TableKind::Elevation,
            &m.refused,
            m.limit,
            "No command's output of the period says that rights were refused.",
        ))
}

fn accounts(m: &Material<'_>) -> Section {
    Section::new(S::Accounts)
        .prose(
            "Commands whose text says that they change accounts, credentials or rights of a node; whether they worked, their \
             output says. Calls that set the tag SSMSessionRunAs decide as which OS user somebody works.",
        )
        .table(commands(
            TableKind::AccountCommands,
            &m.account_commands,
            m.limit,
            "No command of the period changes accounts, credentials or rights, as far as its text says.",
        ))
        .table(
            Table::of_kind(
                TableKind::AccountCalls,
                &m.account_calls,
                m.limit,
                no_calls(m, "changes a tag that decides on OS users"),
            )
            .whole("whoran timeline --format csv"),
        )
}

fn no_calls(m: &Material<'_>, what: &str) -> String {
    if m.trail.is_empty() {
        "There is no CloudTrail in the archive for this period.".to_owned()
    } else {
        format!("No call of the period that CloudTrail recorded {what}.")
    }
}

fn logs(m: &Material<'_>) -> Section {
    Section::new(S::Logs)
        .prose(
            "What stops or changes records: on a node by commands, for the account by changes of its session documents. And \
             who read records: on a node, and here.",
        )
        .table(commands(
            TableKind::LogCommands,
            &m.log_commands,
            m.limit,
            "No command of the period stops, changes or clears records, as far as its text says.",
        ))
        .table(
            Table::of_kind(TableKind::LogCalls, &m.log_calls, m.limit, no_calls(m, "changes a session document"))
                .whole("whoran timeline --format csv"),
        )
        .table(commands(
            TableKind::LogReading,
            &m.log_reading,
            m.limit,
            "No command of the period reads logs, as far as its text says.",
        ))
        .table(
            Table::of(m.uses.iter().cloned(), m.limit, "Nobody asked this tool in the period.")
                .whole("whoran audit --format jsonl"),
        )
}

fn system(m: &Material<'_>) -> Section {
    Section::new(S::System)
        .prose("Commands whose text says that they install, remove, schedule, mount, or switch services on and off.")
        .table(commands(
            TableKind::SystemCommands,
            &m.system,
            m.limit,
            "No command of the period changes the system, as far as its text says.",
        ))
}

pub(super) fn out_of_hours<'a>(m: &'a Material<'_>) -> impl Iterator<Item = &'a crate::input::Entry<'a>> {
    let hours = &m.parameters.business_hours.value;
    m.sessions.iter().filter(|entry| entry.begun().is_some_and(|at| !hours.hold(at)))
}

fn hours(m: &Material<'_>) -> Section {
    let hours = &m.parameters.business_hours.value;
    Section::new(S::Hours).prose(format!("Business hours are {hours}. Holidays are not known.")).table(
        Table::of_kind(
            TableKind::OutOfHours,
            out_of_hours(m).map(SessionLine::from),
            m.limit,
            format!("Every session of the period began within {hours}."),
        )
        .whole("whoran sessions --format csv"),
    )
}

fn retention(m: &Material<'_>, months: Vec<aggregate::MonthRow>, empty: u64) -> Section {
    let oldest = m.begun.iter().map(|begun| begun.at).min();
    let required = m.parameters.retention_months.value;
    Section::new(S::Retention)
        .prose(
            "What the archive holds of each month that records are to be kept for, counted back from the period's end. A month \
             without a session can be one in which nobody worked: the archive cannot tell that from records that are gone.",
        )
        .facts(vec![
            Fact::new("required", "months to be kept", u64::from(required)),
            Fact::new("empty", "of them without a session", empty),
            Fact::new("oldest", "oldest session in scope", crate::wire::time(oldest).map_or(Value::Null, Value::from)),
        ])
        .table(Table::of(months, usize::MAX, "No month is to be kept."))
}

fn samples(m: &Material<'_>, none: &str) -> Section {
    let rows = aggregate::samples(&m.sessions, &m.head.archive.head, m.samples);
    let drawn = rows.len() as u64;
    Section::new(S::Samples)
        .prose(
            "Drawn by lot: of all sessions of the population, those whose id gives the lowest SHA-256 behind the manifest head, \
             so that anybody can draw them again and nobody chose them. Each can be followed from the session back to the \
             person, and checked against its sources by the ids and places named.",
        )
        .facts(vec![
            Fact::new("drawn", "drawn", drawn),
            Fact::new("of", "of sessions", m.sessions.len() as u64),
        ])
        .table(Table::of(rows, usize::MAX, none))
}

fn integrity(m: &Material<'_>) -> Section {
    let section = archive(&m.head);
    match &m.verified {
        None => section.prose(
            "The bytes were not read again for this report. `whoran verify --head HASH` compares all of them with a head that \
             was kept elsewhere.",
        ),
        Some(Ok(text) | Err(text)) => section.prose(text.clone()),
    }
}

/// What the archive's head shows, and what it does not.
pub(crate) fn archive(head: &Head) -> Section {
    let archive = &head.archive;
    let mut section = Section::new(S::Integrity);
    if head.pseudonyms {
        section = section.prose(crate::pseudonym::COVERS);
    }
    section
        .prose(
            "Every log that was read has a line in the archive's manifest with its name, version, size and SHA-256, and the \
             hash of the line before; the hash of the last line, the head, stands for all of them. A head that was kept \
             elsewhere shows that nothing up to it was changed, taken out or put in. Without one the chain proves nothing \
             against whoever can write to the archive, and it says nothing of the time before a log was read.",
        )
        .facts(vec![
            Fact::new("head", "manifest head", archive.head.clone()),
            Fact::new("lines", "lines of the manifest", archive.lines),
            Fact::new("indexed", "of them indexed", archive.indexed),
        ])
        .prose(
            "This report is made from the archive alone: the same archive, parameters and time give the same bytes. Their \
             SHA-256 stands in SHA256SUMS, where the report was written into a folder.",
        )
}

fn sign_off(m: &Material<'_>) -> Section {
    let mut roles = vec![SignOff { role: "Prepared by".to_owned(), name: None }];
    let reviewers = &m.parameters.reviewers.value;
    let reviewed = |name: &String| SignOff { role: "Reviewed by".to_owned(), name: Some(name.clone()) };
    roles.extend(reviewers.iter().map(reviewed));
    if reviewers.is_empty() {
        roles.push(SignOff { role: "Reviewed by".to_owned(), name: None });
    }
    let mut section = Section::new(S::SignOff).prose(
        "Who signs says that they have read this report and looked into its exceptions, and adds what they found.",
    );
    section.blocks.push(Block::SignOff { roles });
    section
}
