//! What an auditor should look at first.

use super::sections::{out_of_hours, shared_users};
use super::{Material, PopulationRow};
use crate::document::{Remark, SectionKind as S, Weight, count};

fn unexplained(m: &Material<'_>, gap: &str) -> u64 {
    m.gaps.iter().filter(|row| row.gap == gap && row.cause == "unexplained").count() as u64
}

fn verdicts(m: &Material<'_>, verdict: &str) -> u64 {
    m.run_as.iter().filter(|row| row.verdict == verdict).count() as u64
}

/// By the section that shows more of it.
pub(super) fn remarks(m: &Material<'_>, all: &PopulationRow, empty_months: u64) -> Vec<Remark> {
    use Weight::{Attention, Exception, Note};
    let mut remarks = Vec::new();
    let mut say = |weight, n: u64, section, text: String| {
        if n > 0 {
            remarks.push(Remark { weight, text, section });
        }
    };
    let no_log = unexplained(m, "no-log");
    say(
        Exception,
        no_log,
        S::Coverage,
        format!("{} without a log, and nothing explains it.", count(no_log, "session")),
    );
    let proven: u64 = m.trail.iter().map(|row| row.proven_days).sum();
    say(
        Exception,
        proven,
        S::Coverage,
        format!(
            "CloudTrail has no records on {} of an account and region on which logs show sessions.",
            count(proven, "day")
        ),
    );
    let no_start = unexplained(m, "no-start");
    say(
        Exception,
        no_start,
        S::Coverage,
        format!(
            "{} with a log and without CloudTrail's record of a start, at a time of which its records are there.",
            count(no_start, "session")
        ),
    );
    let mismatches = verdicts(m, "mismatch");
    say(
        Exception,
        mismatches,
        S::RunAs,
        format!("{} as another OS user than the one owed.", count(mismatches, "session")),
    );
    let lost = m.damaged.iter().filter(|row| row.severity == "loss").count() as u64;
    say(
        Exception,
        lost,
        S::Coverage,
        format!("{} of a log left out, since it could not be read.", count(lost, "part")),
    );
    let unseen = m.damaged.len() as u64 - lost;
    say(
        Attention,
        unseen,
        S::Coverage,
        format!(
            "{} of logs at which less was shown than was done, such as with echo off.",
            count(unseen, "place")
        ),
    );
    let losses = m.settings.iter().filter(|row| row.level == "loss").count() as u64;
    say(
        Exception,
        losses,
        S::Coverage,
        format!("{} of a session document by which sessions leave no record.", count(losses, "setting")),
    );
    if let Some(Err(_)) = &m.verified {
        say(Exception, 1, S::Integrity, "The archive is not what its manifest says.".to_owned());
    }
    let behind = m.head.archive.lines.saturating_sub(m.head.archive.indexed);
    say(
        Exception,
        behind,
        S::Integrity,
        format!(
            "{} of the manifest not indexed: what they name is not in this report.",
            count(behind, "line")
        ),
    );
    let no_trail = u64::from(m.trail.is_empty());
    say(
        Exception,
        no_trail,
        S::Coverage,
        "There is no CloudTrail in the archive: that each session left a log cannot be shown.".to_owned(),
    );
    say(
        Attention,
        empty_months,
        S::Retention,
        format!(
            "{} of the {} months that records are to be kept for have no session at all.",
            empty_months, m.parameters.retention_months.value
        ),
    );
    let shared = shared_users(m);
    say(
        Attention,
        shared,
        S::Shared,
        match shared {
            1 => "1 OS user of a node used by more than one person.".to_owned(),
            _ => format!("{shared} OS users of nodes used by more than one person each."),
        },
    );
    let unknown = m.sessions.iter().filter(|entry| entry.who.person.is_none()).count() as u64;
    say(
        Attention,
        unknown,
        S::Population,
        format!(
            "{} of which no person is proven: nobody is known, or the caller chose the name.",
            count(unknown, "session")
        ),
    );
    let warnings = m.settings.iter().filter(|row| row.level == "warning").count() as u64;
    say(
        Attention,
        warnings,
        S::Coverage,
        format!("{} of session documents by which something will be missing.", count(warnings, "setting")),
    );
    let denied = m.attempts.iter().filter(|row| row.outcome == "denied").count() as u64;
    say(
        Attention,
        denied,
        S::Denied,
        format!("{} to start a session refused by a policy.", count(denied, "attempt")),
    );
    let late = out_of_hours(m).count() as u64;
    say(Note, late, S::Hours, format!("{} begun outside of business hours.", count(late, "session")));
    let explained =
        m.gaps.iter().filter(|row| row.gap == "no-log" && row.cause != "unexplained").count() as u64;
    say(
        Note,
        explained,
        S::Coverage,
        format!("{} without a log, with a likely cause.", count(explained, "session")),
    );
    say(
        Note,
        m.undated,
        S::Scope,
        format!("{} in the archive without any time, in no period.", count(m.undated, "session")),
    );
    say(
        Note,
        m.out_of_scope,
        S::Scope,
        format!("{} of the period left out by the parameters.", count(m.out_of_scope, "session")),
    );
    say(Note, u64::from(all.sessions == 0), S::Population, "No session began in this period.".to_owned());
    remarks.extend(m.judged.remarks());
    remarks
}
