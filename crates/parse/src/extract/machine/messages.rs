//! What others write to the terminal while a line is typed: wall(1) and shutdown, write(1), syslog's emergencies. Each begins a row of
//! its own, and the line goes on below it.

use super::*;

/// Who writes, which says where it ends.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Writer {
    /// To all, between blank rows (util-linux, systemd).
    Wall,
    /// One row (rsyslog's `omusrmsg`).
    Syslog,
    /// Until it says `EOF`.
    Write,
}

fn writer(row: &str) -> Option<Writer> {
    let row = row.trim_end();
    if row.starts_with("Broadcast message from ") && row.ends_with("):") {
        return Some(Writer::Wall);
    }
    let from = row.strip_prefix("Message from ").filter(|from| from.ends_with(" ..."))?;
    let named = from.contains('@') && from.contains(" at ");
    named.then_some(if from.starts_with("syslogd@") { Writer::Syslog } else { Writer::Write })
}

/// How many rows a message has that begins with the first of these.
fn length<'r>(writer: Writer, mut rows: impl Iterator<Item = &'r str>) -> usize {
    const MOST: usize = 64;
    let (mut count, mut said) = (0, false);
    while let Some(row) = rows.next().filter(|_| count < MOST) {
        match writer {
            _ if count == 0 => {}
            Writer::Wall if row.trim().is_empty() && said => return count + 1,
            Writer::Wall => said |= !row.trim().is_empty(),
            Writer::Syslog => return count + usize::from(row.starts_with(' ')),
            Writer::Write if row.trim_end() == "EOF" => return count + 1,
            Writer::Write => {}
        }
        count += 1;
    }
    count
}

/// An edit without the rows that others wrote into it, and these.
pub(super) fn without_messages(edit: &Edit) -> Option<(Edit, Vec<String>)> {
    let rows = |from: usize| edit.rows[from..].iter().map(String::as_str);
    let mut at = edit.rows.iter().skip(1).position(|row| writer(row).is_some())? + 1;
    let (mut left, mut said) = (edit.clone(), Vec::new());
    left.rows.truncate(at);
    left.returns.truncate(at);
    let mut goes_on = false;
    while let Some(row) = edit.rows.get(at) {
        if let Some(writer) = writer(row) {
            let count = length(writer, rows(at));
            said.extend(edit.rows[at..at + count].iter().cloned());
            (at, goes_on) = (at + count, true);
            continue;
        }
        match left.rows.last_mut().filter(|_| goes_on) {
            Some(last) => last.push_str(row),
            None => {
                left.rows.push(row.clone());
                left.returns.extend(edit.returns.get(at));
            }
        }
        (at, goes_on) = (at + 1, false);
    }
    Some((left, said))
}

impl Machine<'_> {
    /// The rest of a line without marks, of which `typed` stands above what somebody wrote. Takes the units between, and its own.
    pub(super) fn behind_message(&mut self, at: usize, typed: &str) -> Option<String> {
        let units = Rc::clone(&self.units);
        let row = |at: usize| match units.get(at) {
            Some(Unit::Line(line)) if line.rare().mark.is_none() && line.text.len() < 4096 => {
                Some(line.text.as_ref())
            }
            _ => None,
        };
        row(at + 1).and_then(writer)?;
        let (mut text, mut next) = (typed.to_owned(), at + 1);
        let mut said = Vec::new();
        while let Some(by) = row(next).and_then(writer) {
            let count = length(by, (next..).map_while(row));
            said.extend((next..next + count).filter_map(row).map(str::to_owned));
            next += count;
            // another message may follow at once
            if let Some(rest) = row(next).filter(|rest| writer(rest).is_none()) {
                text.push_str(rest);
                next += 1;
            }
        }
        if said.is_empty() {
            return None;
        }
        self.keep_said(&said);
        self.taken = next;
        Some(text)
    }
}
