//! Rules from files and folders, as verbs that hold them against sessions take them.

use std::fs;
use std::path::{Path, PathBuf};

use whoran_detect::Rules;

use crate::args::detect::Rules as Args;
use crate::error::CommandError;
use crate::ui::{self, Ui};

/// More than a file of rules has, in bytes.
const MAX_FILE: u64 = 8 << 20;
/// How deep folders are gone into.
const MAX_DEPTH: usize = 32;
/// How many mistakes are told one by one.
const TOLD: usize = 20;

/// Reads our own rules and those that were named, and says what was wrong with some.
pub(super) fn read(args: &Args, ui: &mut Ui) -> Result<Rules, CommandError> {
    let mut rules = if args.no_built_in { Rules::default() } else { Rules::built_in() };
    let mut files = Vec::new();
    for path in &args.rules {
        let cannot = |error: std::io::Error| {
            CommandError::usage(format!("cannot read rules from {}: {error}", path.display()))
        };
        let before = files.len();
        collect(path, MAX_DEPTH, true, &mut files).map_err(cannot)?;
        if files.len() == before {
            return Err(CommandError::usage(format!("no rules in {}", path.display()))
                .hint("rules are files that end in .yml or .yaml"));
        }
    }
    files.sort();
    files.dedup();
    for file in &files {
        let name = file.display().to_string();
        match text(file) {
            Ok(text) => rules.add(&name, &text),
            Err(error) => rules.cannot_read(&name, &error),
        }
    }
    for error in rules.errors.iter().take(TOLD) {
        ui.note(&format!("left out: {error}"));
    }
    if let Some(more) = rules.errors.len().checked_sub(TOLD).filter(|more| *more > 0) {
        ui.note(&format!("left out: {more} more"));
    }
    if rules.left_out > 0 {
        ui.note(&format!(
            "left out: {}, which are not evaluated",
            ui::count(rules.left_out as u64, "correlation or filter")
        ));
    }
    Ok(rules)
}

/// Files of rules at or below a path. One that was named is taken whatever its name ends in.
fn collect(path: &Path, depth: usize, named: bool, files: &mut Vec<PathBuf>) -> std::io::Result<()> {
    if fs::metadata(path)?.is_dir() {
        let Some(depth) = depth.checked_sub(1) else { return Ok(()) };
        for entry in fs::read_dir(path)? {
            // A link that leads nowhere is no rule.
            let path = entry?.path();
            if path.exists() {
                collect(&path, depth, false, files)?;
            }
        }
    } else if named || path.extension().is_some_and(|ending| ending == "yml" || ending == "yaml") {
        files.push(path.to_owned());
    }
    Ok(())
}

fn text(file: &Path) -> std::io::Result<String> {
    if fs::metadata(file)?.len() > MAX_FILE {
        return Err(std::io::Error::other(format!("more than {} of rules", ui::size(MAX_FILE))));
    }
    fs::read_to_string(file)
}
