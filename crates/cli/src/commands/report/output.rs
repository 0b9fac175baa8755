//! Where a report goes: into a folder, or to standard output.

use std::fs;
use std::io::Write;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use jiff::tz::TimeZone;
use sha2::{Digest, Sha256};
use whoran_report::document::{Block, Report, write_json};
use whoran_report::{csv, html, safe};

use crate::args::report::{Made, ReportFormat};
use crate::error::CommandError;
use crate::table::{Cell, Table};
use crate::target::OutputFile;
use crate::ui::{self, Ui};

/// Where to.
pub(super) enum Target {
    Folder {
        dir: PathBuf,
        clobber: bool,
    },
    Html,
    Json,
    /// Its figures, for a person.
    Figures,
}

const HASHES: &str = "SHA256SUMS";

impl Target {
    /// Says so before anything is gathered where the target cannot be written to.
    pub(super) fn check(made: &Made, ui: &Ui) -> Result<Self, CommandError> {
        if let Some(dir) = &made.output {
            let (dir, clobber) = (dir.clone(), made.clobber);
            let taken = fs::read_dir(&dir).is_ok_and(|mut entries| entries.next().is_some());
            if taken && !clobber {
                return Err(CommandError::usage(format!(
                    "cannot write {}: something is in it",
                    dir.display()
                ))
                .hint("--clobber writes over files of the same names"));
            }
            return Ok(Self::Folder { dir, clobber });
        }
        Ok(match made.format {
            Some(ReportFormat::Html) => Self::Html,
            Some(ReportFormat::Json) => Self::Json,
            None if ui.terminal => Self::Figures,
            None => Self::Html,
        })
    }

    pub(super) fn write(&self, report: &Report, tz: &TimeZone, ui: &mut Ui) -> Result<(), CommandError> {
        match self {
            Self::Html => html::write(ui.out(), report, tz)?,
            Self::Json => write_json(ui.out(), report)?,
            Self::Figures => figures(report, ui)?,
            Self::Folder { dir, clobber } => {
                let written = folder(report, tz, dir, *clobber)?;
                ui.note(&format!("{} in {}", ui::count(written as u64, "file"), dir.display()));
            }
        }
        ui.note(&format!("manifest head {}", report.head.archive.head));
        let exceptions = report.remarks().filter(|remark| remark.weight.word() == "exception").count();
        if exceptions > 0 {
            ui.note(&ui::count(exceptions as u64, "exception"));
        }
        Ok(())
    }
}

/// Writes all files under other names first, then puts them in their places, the hashes last.
fn folder(report: &Report, tz: &TimeZone, dir: &Path, clobber: bool) -> Result<usize, CommandError> {
    let cannot = |e: std::io::Error| CommandError::usage(format!("cannot write {}: {e}", dir.display()));
    fs::DirBuilder::new().recursive(true).mode(0o700).create(dir).map_err(cannot)?;
    let mut files = Files { dir, clobber, made: Vec::new(), hashes: String::new() };
    files.add("report.html", |out| html::write(out, report, tz))?;
    files.add("report.json", |out| write_json(out, report))?;
    for table in report.tables() {
        let name = format!("{}.csv", table.kind.code());
        files.add(&name, |out| csv::table(out, table))?;
    }
    let hashes = std::mem::take(&mut files.hashes);
    files.add(HASHES, |out| out.write_all(hashes.as_bytes()))?;
    let written = files.made.len();
    for file in files.made {
        file.finish().map_err(cannot)?;
    }
    Ok(written)
}

struct Files<'a> {
    dir: &'a Path,
    clobber: bool,
    made: Vec<OutputFile>,
    /// As `sha256sum` writes and checks them.
    hashes: String,
}

impl Files<'_> {
    fn add(
        &mut self,
        name: &str,
        write: impl FnOnce(&mut Vec<u8>) -> std::io::Result<()>,
    ) -> Result<(), CommandError> {
        let mut bytes = Vec::new();
        write(&mut bytes)?;
        let hash: String = Sha256::digest(&bytes).iter().map(|b| format!("{b:02x}")).collect();
        self.hashes.push_str(&format!("{hash}  {name}\n"));
        let mut file = OutputFile::create(&self.dir.join(name), self.clobber)?;
        file.write_all(&bytes)?;
        self.made.push(file);
        Ok(())
    }
}

/// What a terminal gets: figures, and what to look at first.
fn figures(report: &Report, ui: &mut Ui) -> Result<(), CommandError> {
    ui.line(&safe::line(&report.head.title()))?;
    for block in report.sections.iter().take(1).flat_map(|section| &section.blocks) {
        match block {
            Block::Facts { facts } => {
                let row = |value: &serde_json::Value| match value {
                    serde_json::Value::String(text) => Cell::free(text),
                    other => other.to_string().into(),
                };
                let rows = facts.iter().map(|fact| vec![row(&fact.value), Cell::free(&fact.label)]).collect();
                ui.table(&Table::new(&["number", "of"], rows))?;
            }
            Block::Remarks { remarks } => {
                for remark in remarks {
                    ui.line(&safe::line(&format!("{}: {}", remark.weight.word(), remark.text)))?;
                }
            }
            _ => {}
        }
    }
    ui.note("-o DIR writes all of it");
    Ok(())
}
