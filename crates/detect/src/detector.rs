//! Rules made ready, and a session held against them.

use std::collections::HashSet;
use std::sync::Arc;

use rsigma_eval::Engine;
use whoran_model::{
    CommandKind, CommandRecord, Dossier, Finding, Level, Reason, Rule, Session, SessionFact, Sought, Status,
};
use whoran_shell::bare;

use crate::need::{self, Need, Sieve, need};
use crate::record::Record;
use crate::views::{self, Line};
use crate::{Rules, Sight, why};

/// Rules made ready. Sessions can be held against it from many threads at once, and one does not depend on another.
pub struct Detector {
    rules: Vec<Arc<Rule>>,
    /// An engine for each sight that any rule is held against, in the order of [`Sight::ALL`].
    engines: Vec<Option<Held>>,
    sought: Sought,
}

/// The rules of one sight.
struct Held {
    sight: Sight,
    engine: Engine,
    /// Lets through every command that one of them fires on.
    sieve: Sieve,
}

impl std::fmt::Debug for Detector {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Detector").field("rules", &self.rules.len()).finish_non_exhaustive()
    }
}

impl Detector {
    /// Makes rules ready that are of this level or a higher one.
    pub fn new(rules: &Rules, least: Level) -> Self {
        let chosen: Vec<_> = rules.loaded.iter().filter(|loaded| loaded.rule.level >= least).collect();
        let mut needs = Vec::new();
        let engines = Sight::ALL.map(|sight| {
            let mut engine = Engine::new();
            let of_sight = chosen.iter().enumerate().filter(|(_, loaded)| loaded.sights.contains(&sight));
            let need = Need::any(of_sight.clone().map(|(_, loaded)| need(&loaded.sigma.detection, sight)));
            let sieve = Sieve::new(need::commands(need.clone()).as_ref());
            needs.push((sight, need));
            let sigma: Vec<_> = of_sight
                .map(|(number, loaded)| {
                    let mut sigma = loaded.sigma.clone();
                    // Ids may be missing or there twice; the number finds the rule again.
                    sigma.id = Some(number.to_string());
                    sigma
                })
                .collect();
            // Each was compiled once before, when it was read.
            let _ = engine.add_rules(&sigma);
            (engine.rule_count() > 0).then_some(Held { engine, sight, sieve })
        });
        let of = |session: bool| {
            let of = needs.iter().filter(move |(sight, _)| (*sight == Sight::Session) == session);
            Need::any(of.map(|(_, need)| need.clone()))
        };
        let sought = Sought { commands: need::commands(of(false)), diagnostics: need::diagnostics(of(true)) };
        Self {
            rules: chosen.iter().map(|loaded| Arc::clone(&loaded.rule)).collect(),
            engines: engines.into(),
            sought,
        }
    }

    /// What a rule may fire on: what findings are made of needs nothing else of a session.
    pub fn sought(&self) -> &Sought {
        &self.sought
    }

    /// What the rules find in a session: on it as a whole first, then command by command, the worst first.
    pub fn findings(&self, dossier: &Dossier) -> Vec<Finding> {
        let mut findings = Vec::new();
        let session = &dossier.session;
        let mut told = HashSet::new();
        for fact in &dossier.facts {
            let record = views::fact(fact, session);
            self.hold(Sight::Session, &record, &mut |number, why| {
                // A log may have many places of one kind; the first stands for all.
                if told.insert((number, fact.kind, fact.fields.first().cloned())) {
                    findings.push(of_fact(&self.rules[number], session, fact, why));
                }
            });
        }
        sort(&mut findings);
        for (record, nth) in dossier.commands.iter().zip(&dossier.typed) {
            let mut found = Found::default();
            self.command(record, *nth, dossier.windows, &mut found);
            let of_command =
                found.reasons.into_iter().map(|(number, why)| of_command(&self.rules[number], record, why));
            let mut of_command: Vec<_> = of_command.collect();
            sort(&mut of_command);
            findings.append(&mut of_command);
        }
        findings
    }

    fn command(&self, record: &CommandRecord, nth: u32, windows: bool, found: &mut Found) {
        let c = &record.command;
        let bare = bare(&c.command);
        let may = |held: &Held| held.sight != Sight::Session && held.sieve.lets_through(&bare, nth);
        found.may = Sight::ALL.map(|sight| self.held(sight).is_some_and(may));
        if !found.may.contains(&true) {
            return;
        }
        // A log may end with the command that ended it.
        let ran = c.status != Status::Aborted;
        let line = match c.kind {
            CommandKind::Shell if windows => Line::of_powershell(&c.command),
            CommandKind::Shell => Line::read(&c.command, c.cwd.as_deref()),
            CommandKind::Repl | CommandKind::Password => Line::default(),
        };
        if ran {
            let process = if windows { Sight::WindowsProcess } else { Sight::Process };
            for part in line.processes.iter().filter(|part| part.is_program()) {
                self.note(process, || line.process(part, record), found);
                if !windows {
                    self.note(Sight::Execve, || line.execve(part), found);
                }
            }
            match (windows, c.kind) {
                (true, CommandKind::Shell) => {
                    self.note(Sight::ScriptBlock, || views::only_line("ScriptBlockText", record), found);
                }
                (false, CommandKind::Shell) => {
                    if line.is_more_than_its_part(&c.command) {
                        self.note(Sight::Line, || views::whole_line(record), found);
                    }
                    self.note(Sight::Words, || views::only_line("line", record), found);
                }
                (false, CommandKind::Repl) => {
                    self.note(Sight::Words, || views::only_line("line", record), found);
                }
                (true, CommandKind::Repl) | (_, CommandKind::Password) => {}
            }
        }
        self.note(Sight::Command, || line.command(record, nth), found);
    }

    fn note<'a>(&self, sight: Sight, record: impl FnOnce() -> Record<'a>, found: &mut Found) {
        if !found.may[sight as usize] {
            return;
        }
        self.hold(sight, &record(), &mut |number, why| {
            if found.matched.insert(number) {
                found.reasons.push((number, why));
            }
        });
    }

    fn held(&self, sight: Sight) -> Option<&Held> {
        self.engines.iter().flatten().find(|held| held.sight == sight)
    }

    /// Gives the number of each rule that the record meets, and why.
    fn hold(&self, sight: Sight, record: &Record<'_>, found: &mut dyn FnMut(usize, Vec<Reason>)) {
        let Some(Held { engine, .. }) = self.held(sight) else { return };
        for result in engine.evaluate(record) {
            let number = result.header.rule_id.as_deref().and_then(|id| id.parse::<usize>().ok());
            let Some((number, id)) = number.zip(result.header.rule_id.as_deref()) else { continue };
            let rule = engine.rules().iter().find(|rule| rule.id.as_deref() == Some(id));
            let selections = result.as_detection().map(|body| body.matched_selections.as_slice());
            let why = rule.zip(selections).map(|(rule, selections)| why::why(rule, selections, record));
            found(number, why.unwrap_or_default());
        }
    }
}

/// Rules that a command met, each once.
#[derive(Default)]
struct Found {
    /// Of each sight, in the order of [`Sight::ALL`], whether one of its rules may fire.
    may: [bool; Sight::ALL.len()],
    matched: HashSet<usize>,
    reasons: Vec<(usize, Vec<Reason>)>,
}

fn sort(findings: &mut [Finding]) {
    findings.sort_by(|a, b| {
        let name = |finding: &Finding| {
            (finding.rule.title.clone(), finding.rule.id.clone(), finding.rule.source.clone())
        };
        b.rule.level.cmp(&a.rule.level).then_with(|| name(a).cmp(&name(b)))
    });
}

fn of_command(rule: &Arc<Rule>, record: &CommandRecord, why: Vec<Reason>) -> Finding {
    let c = &record.command;
    Finding {
        rule: Arc::clone(rule),
        session_id: record.session_id.clone(),
        seq: Some(c.seq),
        command_id: Some(record.id.clone()),
        command: Some(c.command.clone()),
        time: c.time,
        time_precision: c.time_precision,
        identity: record.identity.clone(),
        person: record.person.clone(),
        account: record.account.clone(),
        region: record.region.clone(),
        os_user: c.os_user.clone(),
        target: record.target.clone(),
        target_name: record.target_name.clone(),
        why,
        evidence: c.evidence.clone(),
    }
}

fn of_fact(rule: &Arc<Rule>, session: &Session, fact: &SessionFact, why: Vec<Reason>) -> Finding {
    Finding {
        rule: Arc::clone(rule),
        session_id: session.id.clone(),
        seq: None,
        command_id: None,
        command: None,
        time: fact.time,
        time_precision: fact.time_precision,
        identity: session.identity.clone(),
        person: session.person.clone(),
        account: session.account.clone(),
        region: session.region.clone(),
        os_user: session.run_as_user.clone(),
        target: session.target.clone(),
        target_name: session.target_name.clone(),
        why,
        evidence: fact.evidence.clone(),
    }
}
