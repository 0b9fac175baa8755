//! `whoran cat`: a log's original bytes.

use std::io::{self, BufRead, BufReader, Read, Write};

use whoran_pipeline::{self as pipeline, FoundLogs, Original};
use whoran_report::safe;

use super::unmask::tell_changed;
use crate::args::{Cat, Global};
use crate::config::Config;
use crate::error::CommandError;
use crate::exit::Exit;
use crate::ui::Ui;

pub(super) fn run(args: &Cat, global: &Global, config: &Config, ui: &mut Ui) -> Result<Exit, CommandError> {
    let data = config.data(global.data.as_deref())?;
    let log = match pipeline::find_log(&data, &args.log)? {
        FoundLogs::One(log) => log,
        FoundLogs::Several(logs) => {
            let message = format!("{:?} is part of the names of {} logs", args.log, logs.len());
            let hint = |error: CommandError, log| error.hint(format!("whoran cat {log}"));
            return Err(logs.iter().take(5).fold(CommandError::usage(message), hint));
        }
        FoundLogs::None => {
            ui.note(&format!(
                "the archive knows no log {:?}; `whoran search` names them as evidence",
                args.log
            ));
            return Ok(Exit::NothingFound);
        }
    };
    let mut bytes = BufReader::new(Original::open(&data, &log)?);
    let terminal = ui.terminal;
    let copied = copy(&mut bytes, ui.out(), terminal);
    match copied? {
        Ok(()) => {}
        Err(e) => return Err(CommandError::new(Exit::Refused, format!("cannot read {log}: {e}"))),
    }
    if terminal {
        ui.note("what acts on a terminal is escaped; piped, the bytes are as they were");
    }
    if bytes.get_ref().has_changed() {
        tell_changed([&log], ui);
    }
    Ok(Exit::Done)
}

/// Writes the bytes as they are, or as harmless text for a terminal. An error of writing is the outer one.
fn copy(from: &mut impl BufRead, to: &mut impl Write, harmless: bool) -> io::Result<io::Result<()>> {
    let mut chunk = Vec::new();
    loop {
        chunk.clear();
        // A line is at most so long that it fits in memory.
        let read = if harmless {
            from.take(1 << 16).read_until(b'\n', &mut chunk)
        } else {
            from.take(1 << 16).read_to_end(&mut chunk)
        };
        match read {
            Ok(0) => return Ok(Ok(())),
            Ok(_) if harmless => to.write_all(safe::block(&String::from_utf8_lossy(&chunk)).as_bytes())?,
            Ok(_) => to.write_all(&chunk)?,
            Err(e) => return Ok(Err(e)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_kept_and_a_terminal_is_spared() {
        let log = b"sh-5.2$ \x1b]0;title\x07ls\r\n\xff\x00\n".repeat(9000);
        let copied = |harmless| {
            let mut out = Vec::new();
            copy(&mut &log[..], &mut out, harmless).unwrap().unwrap();
            out
        };
        assert!(copied(false) == log);
        let text = String::from_utf8(copied(true)).unwrap();
        assert_eq!(text.lines().count(), 18_000);
        assert!(text.chars().all(|c| c == '\n' || !c.is_control()));
    }
}
