//! What fish says in the title that it runs: the first letters of it, which settle how its rows are read.

use super::right::right_of;
use super::*;

/// So many characters of a command stand in the title, and behind them the directory.
const TOLD: usize = 20;
/// Commands of before that are looked at.
const MOST_EARLIER: usize = 200;
/// A part of what the title says that is nowhere by accident.
const LEAST: usize = 5;

/// What begins the title of a window.
const TITLE: &[u8] = b"\x1b]0;";
/// What fish ends colours with.
const RESET: &[u8] = b"\x1b(B";

/// What stands behind the keys that the terminal showed between the end of the editor and the title: they were typed ahead.
fn behind_keys(after: &[u8]) -> &[u8] {
    const MOST: usize = 64;
    let keys = after.iter().take(MOST).take_while(|b| **b >= b' ' && **b != 0x7f).count();
    if after[keys..].starts_with(TITLE) { &after[keys..] } else { after }
}

/// Whether an edit looks as fish draws it.
fn is_drawn_by_fish(edit: &[u8]) -> bool {
    memmem::find(edit, RESET).is_some()
}

/// How a command begins, lines joined by blanks.
#[derive(Debug)]
pub(super) struct Told {
    text: String,
    /// That is all of it.
    pub(super) whole: bool,
}

impl Told {
    /// What the title that follows an editor says, where `cwd` is the title that its prompt had set.
    fn read(after: &[u8], cwd: &str) -> Option<Self> {
        let title = behind_keys(after).strip_prefix(TITLE)?;
        let end = title.iter().take(256).position(|b| *b < b' ')?;
        let title = std::str::from_utf8(&title[..end]).ok().filter(|_| title[end] == 0x07)?;
        let text = title.strip_suffix(cwd)?.strip_suffix(' ')?;
        let count = text.chars().count();
        (0 < count && count <= TOLD).then(|| Self { text: text.to_owned(), whole: count < TOLD })
    }

    /// Whether the title says so of `command`.
    pub(super) fn fits(&self, command: &str) -> bool {
        let mut own = command.chars().map(|c| if c == '\n' { ' ' } else { c });
        if self.whole {
            return own.collect::<String>().trim_end() == self.text.trim_end();
        }
        let head: String = own.by_ref().take(TOLD).collect();
        head == self.text
    }

    /// Whether a command may begin with the line `text`.
    fn may_begin(&self, text: &str) -> bool {
        let common = text
            .chars()
            .zip(self.text.chars())
            .take_while(|(a, b)| a == b || *a == '\n' && *b == ' ')
            .count();
        common == text.chars().count() || common == self.text.chars().count()
    }

    /// The title up to where rows that show `text` go on from it, which may be in another line.
    fn stitched(&self, text: &str) -> Vec<String> {
        const FEWEST: usize = 3;
        let ends = self.text.char_indices().map(|(at, _)| at).filter(|at| self.text.len() - at >= FEWEST);
        let goes_on = |at: &usize| !self.text[*at..].starts_with(' ') && text.contains(&self.text[*at..]);
        let Some((at, from)) =
            ends.clone().find(goes_on).and_then(|at| Some((at, text.rfind(&self.text[at..])?)))
        else {
            return Vec::new();
        };
        let (before, behind) = (&self.text[..at], &text[from..]);
        let line = before.strip_suffix(' ').map(|line| format!("{line}\n{behind}"));
        line.into_iter().chain([format!("{before}{behind}")]).collect()
    }

    /// What may have been entered, where an editor's rows show `rows`, which may have been drawn several times and in part.
    fn commands(&self, rows: &[&str], earlier: &[&str]) -> Vec<String> {
        let mut all = Vec::new();
        let first = rows.first().copied().unwrap_or_default();
        let again = rows.iter().rposition(|row| *row == first).unwrap_or(0);
        let mut distinct = rows.to_vec();
        distinct.dedup();
        let last = rows.last().filter(|_| rows.len() > 1);
        all.push(rows[again..].join("\n"));
        all.push(distinct.join("\n"));
        if let Some(last) = last {
            all.push(format!("{first}\n{last}"));
            // the second line begins within the title
            for (at, _) in self.text.match_indices(' ') {
                let (before, begins) = self.text.split_at(at);
                let begins = begins.trim();
                if !begins.is_empty() && last.starts_with(begins) && (self.whole || begins.len() >= 2) {
                    all.push(format!("{before}\n{last}"));
                }
            }
            all.extend(earlier.iter().map(|first| format!("{first}\n{last}")));
        }
        // what was drawn over the start
        let joined = rows.concat();
        let ends = self.text.char_indices().map(|(at, _)| &self.text[at..]);
        let seen = ends.filter(|end| end.len() >= LEAST).find_map(|end| Some(joined.rfind(end)? + end.len()));
        if !self.whole
            && let Some(at) = seen
        {
            all.push(format!("{}{}", self.text, &joined[at..]));
        }
        all.extend(earlier.iter().map(|text| (*text).to_owned()));
        if !self.whole {
            all.extend(self.stitched(&rows.join("\n")));
        }
        if self.whole {
            // a line begins with a command, and the rows end with the last
            let begins = |at: &usize| {
                let (line, next) = (&self.text[..*at], &self.text[at + 1..]);
                is_complete(line)
                    && is_command(next.split(' ').next().unwrap_or_default())
                    && joined.trim_end().ends_with(next)
            };
            let places = self.text.match_indices(' ').map(|(at, _)| at).filter(begins);
            all.extend(places.map(|at| format!("{}\n{}", &self.text[..at], &self.text[at + 1..])));
            all.push(self.text.clone());
        }
        let mut fitting: Vec<String> = Vec::new();
        for text in all {
            if self.fits(&text) && !fitting.contains(&text) {
                fitting.push(text);
            }
        }
        fitting
    }
}

impl Machine<'_> {
    /// Whether fish left its editor because the session ended, near the log's end: whatever it runs it names in the title.
    pub(super) fn hangs_up(&self, edit: &Edit) -> bool {
        const NEAR: usize = 64;
        let after = self.given.behind(edit.span.end);
        let runs = || memmem::find(&after[..after.len().min(NEAR)], TITLE).is_some();
        after.len() < 2048 && edit.title.is_some() && is_drawn_by_fish(self.given.of(&edit.span)) && !runs()
    }

    /// Whether fish says in the title what it runs, right behind its editor.
    pub(super) fn fish_runs(&self, edit: &Edit) -> bool {
        let after = behind_keys(self.given.behind(edit.span.end));
        after.starts_with(TITLE) && is_drawn_by_fish(self.given.of(&edit.span))
    }

    /// What fish says that it runs of what was entered in an editor, whose rows show `text`.
    pub(super) fn told(&self, edit: &Edit, text: &str) -> Option<Told> {
        let cwd = self.given.bytes.get(edit.title.clone()?)?;
        let after = self.given.behind(edit.span.end);
        let told = Told::read(after, std::str::from_utf8(cwd).ok()?)?;
        // older ones say no more than the command's name
        let name = !told.text.trim_end().contains(' ')
            && text.trim().contains(' ')
            && !text.trim_end().ends_with(told.text.trim_end());
        (!name).then_some(told)
    }

    /// The line as fish painted it last, from its first row on, behind a prompt of so many columns; whether nothing was drawn
    /// since. It does so once it knows the colours of what was pasted or recalled.
    pub(super) fn painted(&self, told: &Told, edit: &Edit, columns: usize) -> Option<(String, bool)> {
        const HEAD: usize = 8;
        const LEAST: usize = 3;
        let head: String = told.text.chars().take(HEAD).collect();
        if head.chars().count() < LEAST || head.contains(' ') && head.trim_end().len() < LEAST {
            return None;
        }
        let own = self.given.of(&edit.span);
        // what stands right of a row is painted with it
        if right_of(own).is_some() {
            return None;
        }
        let own = String::from_utf8_lossy(own);
        let lines: Vec<&str> = own.split('\n').map(|line| line.trim_end_matches('\r')).collect();
        let first = |line: &str| {
            let (_, row) = line.rsplit_once("\x1b[A")?;
            Some(without_steps(row)).filter(|row| row.starts_with(&head))
        };
        let (begins, mut text) =
            lines.iter().enumerate().rev().find_map(|(n, line)| Some((n, first(line)?)))?;
        let mut rows = lines[begins + 1..].iter();
        for line in rows.by_ref() {
            let row = without_steps(line);
            if row.trim().is_empty() || line.contains("\x1b[?2004l") {
                break;
            }
            if row.trim().contains("   ") {
                // names that are listed below it
                return None;
            }
            match leading_steps(line) {
                _ if !line.contains('\u{1b}') => text.push('\n'),
                steps if steps >= columns.min(3) => text.push('\n'),
                // a blank that stands there already is stepped over
                steps => text.extend(std::iter::repeat_n(' ', steps)),
            }
            text.push_str(row.trim_start());
            if line.ends_with("\x1b[A") {
                break;
            }
        }
        let since = rows.any(|line| !line.contains("\x1b[?2004l") && !without_steps(line).trim().is_empty());
        let text = text.trim_end().to_owned();
        (told.fits(&text) && is_complete(&text)).then_some((text, !since))
    }

    /// What was entered in an editor of several rows, as far as it was drawn whole somewhere: the line in one piece, as
    /// history shows it, in this editor or in one nearby; or its first row in one piece and what was typed behind it, key
    /// by key, or is drawn below.
    pub(super) fn drawn_whole(&self, told: &Told, edit: &Edit) -> Vec<String> {
        const NEAR: usize = 1 << 16;
        const MOST: usize = 2;
        const HEAD: usize = 8;
        let head: String = told.text.chars().take(HEAD).collect();
        if head.chars().count() < HEAD {
            return Vec::new();
        }
        let mut found: Vec<String> = Vec::new();
        let mut take = |text: String| {
            if told.fits(&text) && is_complete(&text) && !found.contains(&text) && found.len() < MOST {
                found.push(text);
            }
        };
        let own = self.given.of(&edit.span);
        if let Some(run) = longest_run(own, head.as_bytes()) {
            let row = String::from_utf8_lossy(&own[run.clone()]).into_owned();
            let below = String::from_utf8_lossy(&own[run.end..]);
            let mut lines = below.split('\n').map(|line| line.trim_end_matches('\r'));
            lines.next();
            let lines: Vec<&str> = lines.take(64).collect();
            let typed: Vec<&str> = lines.iter().take_while(|l| !l.contains('\u{1b}')).copied().collect();
            let drawn = lines.iter().map(|line| without_steps(line)).filter(|line| !line.trim().is_empty());
            let drawn: Vec<String> = drawn.collect();
            if let Some(last) = drawn.iter().rev().find(|line| line.len() > 1) {
                take(format!("{row}{}", last.trim()));
            }
            take(typed.concat().chars().fold(row.clone(), |mut line, key| {
                match key {
                    '\u{8}' => drop(line.pop()),
                    key if key.is_control() => {}
                    key => line.push(key),
                }
                line
            }));
            take(row);
        }
        let near = edit.span.start.saturating_sub(NEAR)..self.given.bytes.len().min(edit.span.end + NEAR);
        let near = self.given.of(&near);
        if let Some(run) = longest_run(near, told.text.as_bytes()) {
            take(String::from_utf8_lossy(&near[run]).trim_end().to_owned());
        }
        found
    }

    /// The likeliest command that the title allows, and others.
    pub(super) fn commands_told(&self, told: &Told, text: &str, more: &[String]) -> Vec<String> {
        let rows: Vec<&str> = text.lines().chain(more.iter().map(String::as_str)).map(str::trim).collect();
        let rows: Vec<&str> = rows.into_iter().filter(|row| !row.is_empty()).collect();
        let run = self.drafts.iter().rev().take(MOST_EARLIER);
        let run =
            run.filter(|d| d.program.is_none() && d.text.len() < LONGEST_ASKED).map(|d| d.text.as_str());
        let earlier: Vec<&str> = run.filter(|text| told.may_begin(text)).collect();
        if rows.is_empty() { Vec::new() } else { told.commands(&rows, &earlier) }
    }
}

/// Where the longest text without a sequence stands that begins with `head` and is no title.
fn longest_run(bytes: &[u8], head: &[u8]) -> Option<Range<usize>> {
    const MOST: usize = 64;
    let places = memmem::find_iter(bytes, head).take(MOST).filter(|at| !bytes[..*at].ends_with(TITLE));
    let runs = places.map(|at| {
        let len = bytes[at..].iter().take_while(|b| **b >= b' ' && **b != 0x7f).count();
        at..at + len
    });
    runs.max_by_key(Range::len)
}

/// How many columns the steps at a line's start lead right.
fn leading_steps(mut line: &str) -> usize {
    let mut all = 0;
    while let Some(rest) = line.strip_prefix("\x1b[") {
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count().min(4);
        let Some(behind) = rest[digits..].strip_prefix('C') else { break };
        all += rest[..digits].parse().unwrap_or(1);
        line = behind;
    }
    all
}

/// What a line draws, its steps back taken as leading to where the same is drawn again.
fn without_steps(line: &str) -> String {
    let text = super::lossy::without_sequences(line.as_bytes());
    text.rsplit('\u{8}').next().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(title: &str) -> Told {
        Told::read(format!("\x1b]0;{title} ~/src\x07").as_bytes(), "~/src").unwrap()
    }

    #[test]
    fn a_title_says_how_a_command_begins() {
        assert!(told("pwd").fits("pwd") && told("pwd cd").fits("pwd\ncd") && !told("pwd").fits("pwd -P"));
        let long = told("wc -l ~/app.log ~/no");
        assert!(!long.whole && long.fits("wc -l ~/app.log ~/notes.txt") && !long.fits("wc -l ~/app.log"));
        assert!(Told::read(b"\x1b]0;pwd ~\x07", "/srv").is_none());
        assert!(Told::read(b"ls -\x1b]0;pwd ~\x07", "~").is_some_and(|told| told.fits("pwd")));
    }

    #[test]
    fn rows_drawn_several_times_are_read_as_the_title_says() {
        let of =
            |title: &str, rows: &[&str]| told(title).commands(rows, &["ls -l /srv/app/one.log"])[0].clone();
        assert_eq!(
            of("pwd cd ~/src && ls", &["pwd", "cd ~/src && ls", "pwd", "cd ~/src && ls"]),
            "pwd\ncd ~/src && ls"
        );
        assert_eq!(
            of("test -f ~/mpkfh.txt ", &["<webactivatest -f ~/mpkfh.txt || echo no"]),
            "test -f ~/mpkfh.txt || echo no"
        );
        assert_eq!(
            of("cd /usr/share date -", &["cd /usr/shardate -u", "date -u +%Y"]),
            "cd /usr/share\ndate -u +%Y"
        );
        assert_eq!(of("ls -l /srv/app/one.l", &["ls -tive"]), "ls -l /srv/app/one.log");
        assert_eq!(of("for i in (seq 2) ech", &["for echo $i", "end"]), "for i in (seq 2)\necho $i\nend");
    }
}
