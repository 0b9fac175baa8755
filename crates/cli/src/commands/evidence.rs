//! `whoran evidence`: sessions with all that is known of them, in a folder that can be checked anywhere.

use std::collections::BTreeSet;
use std::io::{self, Seek, Write};
use std::ops::ControlFlow;

use serde::Serialize;
use whoran_detect::Detector;
use whoran_model::{Dossier, Finding, Level, LogId, Review, SessionId, Sought};
use whoran_pipeline::{CaseFile, CaseFolder, Reviews};
use whoran_report::case::{self, Head};
use whoran_report::findings::{FindingRow, ReviewRow};
use whoran_report::wire;

use super::chosen::Chosen;
use super::unmask::WORK;
use super::{open, rules, sessions, timeline};
use crate::args::Global;
use crate::args::detect::Evidence;
use crate::config::Config;
use crate::error::CommandError;
use crate::exit::Exit;
use crate::ui::{self, Ui};

/// What lies in the folder, for who has nothing but it.
const README: &str = "\
Sessions of AWS Session Manager, and what was done in them.

index.html      for reading
sessions.jsonl  who, where, when and why, one session a line
commands.jsonl  one command a line, with the bytes of the log that show it (evidence)
calls.jsonl     what CloudTrail recorded of these sessions and of the credentials they were started with
findings.jsonl  what rules found, with their authors, and why
reviews.jsonl   who signed off what
manifest.jsonl  the lines of the archive's manifest about these logs, word for word; each has the log's SHA-256
about.json      what was asked for, when this was made, and the hash of the manifest's last line
raw/            the logs themselves, where they were asked for; raw.jsonl says which file is which log
SHA256SUMS      the hash of each other file

`whoran verify FOLDER` or `sha256sum -c SHA256SUMS` shows whether one was changed. That proves nothing against whoever
wrote the list anew: compare the hash of SHA256SUMS with the one that was noted when this was made.
";

#[derive(Serialize)]
struct About<'a> {
    v: u32,
    made: String,
    program: &'static str,
    version: &'static str,
    asked: &'a [String],
    sessions: usize,
    commands: u64,
    findings: usize,
    rules: Vec<RuleName<'a>>,
    masked: bool,
    with_raw: bool,
    manifest_head: &'a str,
}

#[derive(Serialize)]
struct RuleName<'a> {
    rule_id: Option<&'a str>,
    title: &'a str,
    author: Option<&'a str>,
    license: Option<&'a str>,
    source: &'a str,
}

pub(super) fn run(
    args: &Evidence,
    global: &Global,
    config: &Config,
    ui: &mut Ui,
) -> Result<Exit, CommandError> {
    let tz = config.time_zone(args.tz.as_deref())?;
    let now = args.now.as_deref().map(|now| config.time(now, &tz, false)).transpose()?.unwrap_or(config.now);
    let rules = rules::read(&args.rules, ui)?;
    let store = open(global, config)?;
    let chosen = Chosen::read(&args.what, &store, &tz, config)?;
    let wanted = chosen.sessions()?;
    let (picture, reviews) = (store.picture()?, store.reviews()?);
    let detector = Detector::new(&rules, Level::Informational);
    let mut case = Case::new(CaseFolder::create(&args.output)?, &reviews, &chosen)?;
    let mut broken = None;
    store.each_dossier(
        &picture,
        &|id| wanted.contains(id),
        &Sought::ALL,
        &WORK,
        &|dossier| {
            let findings = detector.findings(&dossier);
            (dossier, findings)
        },
        &mut |(dossier, findings)| match case.session(&dossier, findings) {
            Ok(()) => ControlFlow::Continue(()),
            Err(error) => {
                broken = Some(error);
                ControlFlow::Break(())
            }
        },
    )?;
    if let Some(error) = broken {
        return Err(error);
    }
    let known = picture.sessions().filter(|(session, _)| wanted.contains(&session.id));
    let gapped = store.gapped_sessions(&picture)?;
    let rows = known.map(|(session, known)| {
        sessions::Line::new(gapped.get(&session.id).unwrap_or(session), known, &reviews)
    });
    case.lines("sessions.jsonl", rows)?;
    case.lines(
        "calls.jsonl",
        picture.calls_of(&wanted).into_iter().map(|moment| timeline::row(moment, &picture)),
    )?;
    case.lines(
        "reviews.jsonl",
        reviews.all().into_iter().filter(|r| wanted.contains(&r.session_id)).map(ReviewRow::from),
    )?;
    let logs = std::mem::take(&mut case.logs);
    let manifest = store.manifest_lines(&logs)?;
    case.text("manifest.jsonl", &manifest.iter().map(|line| format!("{line}\n")).collect::<String>())?;
    let (mut missing, mut changed) = (0, 0);
    if args.with_raw {
        let raw = store.raw_logs(&logs, &mut case.folder)?;
        missing = raw.iter().filter(|log| log.file.is_none()).count() as u64;
        changed = raw.iter().filter(|log| log.as_indexed == Some(false)).count() as u64;
        case.lines("raw.jsonl", raw)?;
    }
    let head = store.manifest_head()?;
    let made = wire::time(Some(now)).unwrap_or_default();
    let used = rules.loaded.iter().map(|loaded| &loaded.rule).map(|rule| RuleName {
        rule_id: rule.id.as_deref(),
        title: &rule.title,
        author: rule.author.as_deref(),
        license: rule.license.as_deref(),
        source: &rule.source,
    });
    let about = About {
        v: wire::VERSION,
        made: made.clone(),
        program: "whoran",
        version: env!("CARGO_PKG_VERSION"),
        asked: &args.what,
        sessions: wanted.len(),
        commands: case.commands,
        findings: case.findings.len(),
        rules: used.collect(),
        masked: true,
        with_raw: args.with_raw,
        manifest_head: &head,
    };
    case.lines("about.json", [about])?;
    case.text("README.txt", README)?;
    let (findings, commands) = (case.findings.len() as u64, case.commands);
    let page = Head {
        made,
        version: env!("CARGO_PKG_VERSION"),
        asked: args.what.join(" "),
        sessions: wanted.len(),
        manifest_head: head,
        with_raw: args.with_raw,
    };
    let sum = case.finish(&page)?.finish(now)?;
    let (sessions, commands) = (ui::count(wanted.len() as u64, "session"), ui::count(commands, "command"));
    let findings = ui::count(findings, "finding");
    ui.note(&format!("{sessions}, {commands}, {findings} in {0} and {0}.tar.zst", args.output.display()));
    if missing > 0 {
        ui.note(&format!("{} cannot be read any more; raw.jsonl says why", ui::count(missing, "log")));
    }
    if changed > 0 {
        let logs = ui::count(changed, "log");
        ui.note(&format!(
            "warning: {logs} changed after being indexed: raw/ has what is there now, raw.jsonl says which"
        ));
    }
    ui.note(&format!("evidence head {sum}"));
    Ok(if missing > 0 { Exit::Partial } else { Exit::Done })
}

/// A case in the making. What comes of each session is written as it comes.
struct Case<'a> {
    folder: CaseFolder,
    reviews: &'a Reviews,
    chosen: &'a Chosen,
    commands_file: CaseFile,
    findings_file: CaseFile,
    /// The sessions as they will stand in the page, behind what was found.
    page: std::fs::File,
    findings: Vec<(Finding, Option<Review>)>,
    commands: u64,
    /// Every log that something in the case points to.
    logs: BTreeSet<LogId>,
}

impl<'a> Case<'a> {
    fn new(folder: CaseFolder, reviews: &'a Reviews, chosen: &'a Chosen) -> Result<Self, CommandError> {
        Ok(Self {
            commands_file: folder.file("commands.jsonl")?,
            findings_file: folder.file("findings.jsonl")?,
            page: tempfile::tempfile()?,
            folder,
            reviews,
            chosen,
            findings: Vec::new(),
            commands: 0,
            logs: BTreeSet::new(),
        })
    }

    fn session(&mut self, dossier: &Dossier, findings: Vec<Finding>) -> Result<(), CommandError> {
        let session = &dossier.session;
        self.logs.extend(session.logs.iter().map(|log| log.log.clone()));
        for record in &dossier.commands {
            self.commands += 1;
            wire::write_line(&mut self.commands_file, &wire::Command::from(record))?;
        }
        let reviews = self.reviews.of_session(&session.id);
        let mut out = io::BufWriter::new(&self.page);
        let is_asked = |seq| is_asked(self.chosen, &session.id, seq);
        case::session(&mut out, dossier, &findings, reviews, &is_asked)?;
        out.flush()?;
        for finding in findings {
            self.logs.extend(finding.evidence.iter().map(|span| span.log.clone()));
            let review = self.reviews.of_finding(&finding, session.commands()).cloned();
            wire::write_line(&mut self.findings_file, &FindingRow::new(&finding, review.as_ref()))?;
            self.findings.push((finding, review));
        }
        Ok(())
    }

    fn lines<T: Serialize>(
        &mut self,
        name: &str,
        rows: impl IntoIterator<Item = T>,
    ) -> Result<(), CommandError> {
        let mut file = self.folder.file(name)?;
        for row in rows {
            wire::write_line(&mut file, &row)?;
        }
        self.folder.close(file)?;
        Ok(())
    }

    fn text(&mut self, name: &str, text: &str) -> Result<(), CommandError> {
        let mut file = self.folder.file(name)?;
        file.write_all(text.as_bytes())?;
        self.folder.close(file)?;
        Ok(())
    }

    /// Puts the page together and ends what is still open.
    fn finish(self, head: &Head) -> Result<CaseFolder, CommandError> {
        let Self { mut folder, commands_file, findings_file, mut page, mut findings, .. } = self;
        folder.close(commands_file)?;
        folder.close(findings_file)?;
        findings.sort_by_key(|(finding, _)| std::cmp::Reverse(finding.rule.level));
        let mut index = folder.file("index.html")?;
        case::begin(&mut index, head, &findings)?;
        page.rewind()?;
        io::copy(&mut page, &mut index)?;
        case::end(&mut index)?;
        folder.close(index)?;
        Ok(folder)
    }
}

/// Whether a command was asked for by itself.
fn is_asked(chosen: &Chosen, session: &SessionId, seq: u32) -> bool {
    match chosen {
        Chosen::Sessions(_) => false,
        Chosen::Commands(places) => places.get(session).is_some_and(|places| places.contains(&seq)),
    }
}
