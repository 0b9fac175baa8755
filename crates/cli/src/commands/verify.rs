//! `whoran verify`: whether the archive is what its manifest says, or a folder of evidence what it was made.

use std::path::Path;

use serde::Serialize;
use whoran_pipeline::{self as pipeline, Mismatch, Replaced};
use whoran_report::{safe, wire};

use super::{json, no_csv};
use crate::args::{Format, Global, Verify};
use crate::config::Config;
use crate::error::CommandError;
use crate::exit::Exit;
use crate::ui::{self, Ui};

#[derive(Serialize)]
struct Wire<'a> {
    v: u32,
    code: &'static str,
    line: Option<u64>,
    log: Option<&'a str>,
    message: String,
}

impl<'a> From<&'a Replaced> for Wire<'a> {
    fn from(replaced: &'a Replaced) -> Self {
        Self {
            v: wire::VERSION,
            code: "replaced",
            line: Some(replaced.line),
            log: Some(replaced.log.as_str()),
            message: replaced.to_string(),
        }
    }
}

impl<'a> From<&'a Mismatch> for Wire<'a> {
    fn from(mismatch: &'a Mismatch) -> Self {
        Self {
            v: wire::VERSION,
            code: mismatch.code(),
            line: mismatch.line(),
            log: mismatch.log().map(|log| log.as_str()),
            message: mismatch.to_string(),
        }
    }
}

pub(super) fn run(
    args: &Verify,
    global: &Global,
    config: &Config,
    ui: &mut Ui,
) -> Result<Exit, CommandError> {
    let format = no_csv(ui.format(&args.output))?;
    if let Some(path) = &args.path {
        return case(path, args.head.as_deref(), format, ui);
    }
    let found = pipeline::verify(&config.data(global.data.as_deref())?, args.head.as_deref())?;
    let rows = found.mismatches.iter().map(Wire::from).chain(found.replaced.iter().map(Wire::from));
    if format == Format::Table {
        for row in rows {
            ui.line(&safe::line(&format!("{}: {}", row.code, row.message)))?;
        }
    } else {
        json(ui, format, rows)?;
    }
    let mut text = format!(
        "{}, {} read; {}",
        ui::count(found.lines, "manifest line"),
        ui::size(found.bytes),
        match found.mismatches.len() as u64 {
            0 => "all is as it was written".to_owned(),
            1 => "1 mismatch".to_owned(),
            n => format!("{n} mismatches"),
        }
    );
    if !found.replaced.is_empty() {
        let logs = ui::count(found.replaced.len() as u64, "log");
        text.push_str(&format!("; {logs} replaced and read again: what was indexed first is gone"));
    }
    if found.pruned > 0 {
        text.push_str(&format!("; {} pruned", ui::count(found.pruned, "line")));
    }
    if found.tail > 0 {
        text.push_str(&format!(
            "; {} of a run that was cut short, which count for nothing",
            ui::size(found.tail)
        ));
    }
    ui.note(&text);
    match (&args.head, found.since) {
        (None, _) => ui.note("no head given: that lines were cut off or all written anew cannot be seen"),
        (Some(_), Some(0)) => ui.note("the head given is the last line's"),
        (Some(_), Some(n)) => ui.note(&format!("{} since the head given", ui::count(n, "line"))),
        (Some(_), None) => {}
    }
    ui.note(&format!("manifest head {}", found.head));
    Ok(if found.mismatches.is_empty() { Exit::Done } else { Exit::Mismatch })
}

#[derive(Serialize)]
struct CaseWire<'a> {
    v: u32,
    code: &'static str,
    file: &'a str,
    message: String,
}

/// Checks a folder of evidence, or the archive of one, with nothing else at hand.
fn case(path: &Path, head: Option<&str>, format: Format, ui: &mut Ui) -> Result<Exit, CommandError> {
    let check = pipeline::verify_case(path, head)?;
    if format == Format::Table {
        for mismatch in &check.mismatches {
            ui.line(&safe::line(&format!("{}: {mismatch}", mismatch.code())))?;
        }
    } else {
        let wire = |mismatch| -> CaseWire<'_> {
            let mismatch: &pipeline::CaseMismatch = mismatch;
            let (code, file) = (mismatch.code(), mismatch.file());
            CaseWire { v: wire::VERSION, code, file, message: mismatch.to_string() }
        };
        json(ui, format, check.mismatches.iter().map(wire))?;
    }
    let whole = match check.mismatches.len() as u64 {
        0 => "all is as it was made".to_owned(),
        1 => "1 mismatch".to_owned(),
        n => format!("{n} mismatches"),
    };
    ui.note(&format!("{}, {} read; {whole}", ui::count(check.files, "file"), ui::size(check.bytes)));
    if head.is_none() {
        ui.note("no head given: that all was made anew, hashes and all, cannot be seen");
    }
    ui.note(&format!("evidence head {}", check.head));
    Ok(if check.mismatches.is_empty() { Exit::Done } else { Exit::Mismatch })
}
