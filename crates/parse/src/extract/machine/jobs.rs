//! What jobs in the background say while a line is typed: it stands behind the prompt, or between the keys.

use super::lossy::without_sequences;
use super::*;
use crate::shell::is_shell;

/// Commands after which a job in the background is taken to have ended.
const JOBS: usize = 6;

/// So many lines further on are looked at for others that a job has printed.
const AHEAD_OF_JOB: usize = 48;

/// Whether a job's line is told to print `said`: it stands there from the start of a word on, or as much of it as stands before
/// something that the shell puts in. A few letters are words of their own.
fn tells(job: &str, said: &str) -> bool {
    const FEW: usize = 4;
    const MOST: usize = 32;
    let of_word = |text: Option<char>| text.is_some_and(char::is_alphanumeric);
    let mut whole = job.match_indices(said).map(|(at, _)| (&job[..at], &job[at + said.len()..]));
    let starts = |before: &str| !of_word(before.chars().next_back());
    let ends = |behind: &str| said.len() >= FEW || !of_word(behind.chars().next());
    whole.any(|(before, behind)| starts(before) && ends(behind))
        || job.match_indices('$').take(MOST).any(|(at, _)| {
            let ends_so = |len: &usize| job.as_bytes()[..at].ends_with(&said.as_bytes()[..*len]);
            (FEW..=said.len().min(at).min(MOST))
                .filter(ends_so)
                .any(|len| job.get(..at - len).is_some_and(starts))
        })
}

/// Whether a command was sent to the background.
pub(super) fn is_job(draft: &Draft) -> bool {
    // most end in something else
    if draft.text.bytes().next_back().is_some_and(|b| b.is_ascii_graphic() && b != b'&') {
        return false;
    }
    let text = draft.text.trim_end();
    text.ends_with('&') && !text.ends_with("&&")
}

/// Whether a shell says under which number a job runs: `[1] 4711`.
pub(super) fn is_job_number(text: &str) -> bool {
    let digits = |t: &str| !t.is_empty() && t.bytes().all(|b| b.is_ascii_digit());
    let told = text.trim_end().strip_prefix('[').and_then(|t| t.split_once("] "));
    told.is_some_and(|(number, process)| digits(number) && digits(process))
}

/// Whether `said` begins with the name of a program in a job's line, as a complaint does: `cat: x: No such file`, or with that
/// of its shell before it, `sh: 1: x: not found`.
fn complains(job: &str, said: &str) -> bool {
    const FIELDS: usize = 3;
    // as mksh begins
    let said = said.strip_prefix("E: ").unwrap_or(said);
    let mut fields = said.split(": ").take(FIELDS + 1).peekable();
    let Some(first) = fields.next().filter(|first| !first.is_empty() && fields.peek().is_some()) else {
        return false;
    };
    let word = |c: char| c.is_whitespace() || "(){};&|'\"".contains(c);
    let named = job.split(word).any(|word| word == first || name_of(word) == first);
    let shell = || {
        is_shell(name_of(first.trim_start_matches('-')))
            && fields.take(FIELDS - 1).any(|name| runs(job, name))
    };
    named || shell()
}

/// Whether a job's line runs a program of that name.
fn runs(job: &str, name: &str) -> bool {
    SimpleCommands::of(job).iter().any(|words| words.first().is_some_and(|word| word == name))
}

/// What jobs are known to say where a line is typed.
#[derive(Default)]
struct Heard {
    /// Their lines.
    jobs: Vec<String>,
    /// What lines look like that are shown near, and how often: a job that keeps a log writes many alike.
    shapes: HashMap<u64, usize>,
}

impl Heard {
    /// Takes note of a line that was shown.
    fn see(&mut self, line: &str) {
        let line = line.trim_end();
        if worth_a_shape(line) && !is_job_number(line) && likeness(line) < KNOWN {
            *self.shapes.entry(exact_key(line)).or_default() += 1;
        }
    }

    /// Where in a line begins what a job says, as others tell beside it.
    fn cut_seen(&mut self, line: &str) -> Option<usize> {
        if let Some(times) = self.shapes.get_mut(&exact_key(line.trim_end())) {
            *times = times.saturating_sub(1);
        }
        self.cut(line)
    }

    /// Where in `typed` begins what a job says, if the line ends in that: it came between the keys, and the line goes on in the
    /// next row.
    fn cut(&self, typed: &str) -> Option<usize> {
        const LEAST: usize = 4;
        const MOST: usize = 200;
        let typed_end = typed.trim_end().len();
        let from = typed_end.saturating_sub(MOST);
        let starts = typed.char_indices().map(|(at, _)| at).filter(|at| (from..typed_end).contains(at));
        let starts = starts.take_while(|at| typed_end - at >= LEAST);
        let told = |at: &usize| {
            let said = &typed[*at..typed_end];
            self.tell(said) || self.log(&typed[..*at], said)
        };
        starts.into_iter().find(told)
    }

    /// Whether a job was told to print `said`, or says itself that it is the one who speaks.
    fn tell(&self, said: &str) -> bool {
        !said.is_empty()
            && !said.starts_with(' ')
            && !said.ends_with('&')
            && self.jobs.iter().any(|job| tells(job, said) || complains(job, said))
    }

    /// Whether `said`, behind what was typed before, is one of many lines that look alike, or of two that no command begins.
    fn log(&self, before: &str, said: &str) -> bool {
        if self.shapes.is_empty() || !worth_a_shape(said) || likeness(said) >= KNOWN {
            return false;
        }
        let times = self.shapes.get(&exact_key(said)).copied().unwrap_or_default();
        let likely = times > 1 || times == 1 && likeness(said) <= 0.0;
        // what is told to be printed looks like what was printed
        let prints =
            || before.split_whitespace().next().is_some_and(|name| matches!(name, "echo" | "printf"));
        likely && (before.is_empty() || said.bytes().any(|b| b.is_ascii_digit()) && !prints())
    }

    /// Whether `typed` is what such a job said behind a prompt, and `next` what was typed below it.
    fn said_all(&self, typed: &str, next: &str) -> bool {
        likeness(typed) < KNOWN && likeness(next) >= KNOWN && self.tell(typed.trim_end())
    }
}

/// Whether a line is long enough to be known by what it looks like.
fn worth_a_shape(line: &str) -> bool {
    line.len() >= 12 && line.len() < 4096 && line.contains(' ')
}

/// An editor's rows that a job spoke between.
pub(super) struct Between {
    /// What was typed.
    pub(super) text: String,
    /// What the job said.
    pub(super) said: Vec<String>,
    /// What else was typed, perhaps.
    pub(super) others: Vec<String>,
    /// How sure that is at most.
    pub(super) confidence: f32,
}

impl Machine<'_> {
    /// What is known of jobs where rows are typed in unit `at`, with others of it beside them; nothing where none runs.
    fn heard(&self, at: usize, typed: &[&str], beside: &[&str]) -> Option<Heard> {
        const LINES: usize = 32;
        self.job_runs().then_some(())?;
        let mut heard = Heard::default();
        // what is short, or typed without a number, is no entry of a log
        let entry = |line: &str| {
            let number = || line.bytes().any(|b| b.is_ascii_digit());
            worth_a_shape(line) && (likeness(line) < KNOWN || number())
        };
        let logs = typed.iter().any(|row| entry(row));
        for job in self.drafts.iter().rev().take(JOBS) {
            let lines = job.output.head().lines().take(if logs { LINES } else { 0 });
            lines.for_each(|line| heard.see(line));
            if is_job(job) && job.text.len() < 4096 {
                // the line that began the job may have been read wrongly itself
                let others = job.alternatives.iter().map(|other| &other.command);
                heard.jobs.extend([&job.text].into_iter().chain(others).cloned());
            }
        }
        for unit in self.units.iter().skip(at + 1).take(if logs { AHEAD_OF_JOB } else { 0 }) {
            match unit {
                Unit::Line(line) => heard.see(&line.text),
                Unit::Edit(edit) => edit.rows.iter().skip(1).for_each(|row| heard.see(row)),
            }
        }
        beside.iter().for_each(|row| heard.see(row));
        Some(heard)
    }

    /// What was typed on the rows of an editor between lines that a job printed, each of which ends its row. `whole` where an
    /// editor draws rows of its own as well.
    pub(super) fn between_said(
        &self,
        at: usize,
        first: &str,
        more: &[String],
        whole: bool,
    ) -> Option<Between> {
        let (last, above) = more.split_last().filter(|_| self.job_runs())?;
        let rows: Vec<&str> = [first].into_iter().chain(above.iter().map(String::as_str)).collect();
        let mut heard = self.heard(at, &rows, &rows[1..])?;
        let mut spoke = false;
        let cut = |row: &&str| {
            let cut = heard.cut_seen(row);
            // it may say more than one line at once
            let more = spoke && likeness(row) < KNOWN;
            spoke |= cut.is_some();
            cut.or(more.then_some(0))
        };
        if let Some(cuts) = rows.iter().map(cut).collect::<Option<Vec<_>>>() {
            let (typed, said): (Vec<&str>, Vec<&str>) =
                rows.iter().zip(cuts).map(|(row, cut)| row.split_at(cut)).unzip();
            // a row that the editor was left on shows no line end of its own
            let cut = heard.cut(last).unwrap_or(last.len());
            let others = if typed[0].is_empty() { vec![] } else { vec![typed[0].to_owned()] };
            let said = said.into_iter().chain([&last[cut..]]).filter(|said| !said.is_empty());
            let said = said.map(str::to_owned).collect();
            return Some(Between { text: typed.concat() + &last[..cut], said, others, confidence: 0.85 });
        }
        let known = rows.iter().any(|row| likeness(row) >= KNOWN);
        if known || whole && !last.trim().is_empty() {
            return None;
        }
        // what no command begins stands above what was typed, if anything was
        let all = rows_text(first, more);
        let said = rows.into_iter().map(str::to_owned).collect();
        Some(Between { text: last.clone(), said, others: vec![all], confidence: 0.5 })
    }

    /// Where on an editor's only row begins what a job said last, before the editor was left on the row below, which shows nothing.
    pub(super) fn said_last(&self, at: usize, own: &[u8], row: &str) -> Option<usize> {
        self.job_runs().then_some(())?;
        memmem::find(own, b"\r\n").and_then(|_| self.heard(at, &[row], &[])?.cut(row))
    }

    /// Keeps what a job said, which stood behind a prompt: it runs.
    pub(super) fn keep_jobs(&mut self, said: &[String]) {
        if !said.is_empty() {
            self.spoken_at = Some(self.drafts.len());
        }
        self.keep_said(said);
    }

    /// Keeps what was written behind a prompt and not typed.
    pub(super) fn keep_said(&mut self, said: &[String]) {
        if let Some(draft) = self.drafts.last_mut() {
            said.iter().for_each(|line| draft.output.push_line(line.trim_end()));
        }
    }

    /// A line without a mark, or with one, that a job in the background printed into, with what stands on the next, and
    /// what else it may have been. Takes the next unit.
    pub(super) fn spoken_into(
        &mut self,
        at: usize,
        prompt: &str,
        typed: &str,
    ) -> Option<(String, Vec<String>)> {
        let below = match self.units.get(at + 1) {
            Some(Unit::Line(line)) => line.text.as_ref(),
            _ => "",
        };
        let mut heard = self.heard(at, &[typed, below], &[])?;
        let units = Rc::clone(&self.units);
        let mut row = self.row_behind(&units, at, prompt);
        let cut = match heard.cut(typed) {
            None if row.is_some_and(|next| heard.said_all(typed, next)) => 0,
            cut => cut?,
        };
        let mut text = typed[..cut].to_owned();
        let mut said = vec![typed[cut..].to_owned()];
        let mut others = vec![typed.to_owned()];
        if row.is_some() {
            others.insert(0, text.trim_end().to_owned());
        }
        let mut at = at;
        while let Some(shown) = row {
            at += 1;
            self.taken = at + 1;
            // it may speak again before the line is entered, and say more than one line at once
            let typed = text.trim_start().is_empty() && likeness(shown) < KNOWN;
            let cut =
                heard.cut_seen(shown).or((typed && self.command_below(&units, at, prompt)).then_some(0));
            text.push_str(&shown[..cut.unwrap_or(shown.len())]);
            said.extend(cut.map(|cut| shown[cut..].to_owned()));
            row = cut.and_then(|_| self.row_behind(&units, at, prompt));
        }
        self.keep_jobs(&said);
        Some((text.trim_end().to_owned(), others))
    }

    /// Whether one of the next rows below unit `at` begins as a command does, before another prompt.
    fn command_below(&mut self, units: &[Unit<'_>], at: usize, prompt: &str) -> bool {
        const ROWS: usize = 4;
        let mut rows = (at..at + ROWS).map_while(|at| self.row_behind(units, at, prompt));
        rows.any(|row| likeness(row) >= KNOWN)
    }

    /// What stands below unit `at`, if that is no prompt.
    fn row_behind<'u>(&mut self, units: &'u [Unit<'_>], at: usize, prompt: &str) -> Option<&'u str> {
        let Some(Unit::Line(line)) = units.get(at + 1) else { return None };
        let text: &str = &line.text;
        let plain = line.rare().mark.is_none() && text.len() < 4096 && !text.is_empty();
        (plain && !text.starts_with(prompt) && self.same_level(text).is_none()).then_some(text)
    }

    /// A line without what a job in the background said in the middle of it, of whose line end in the editor's bytes its rows
    /// show nothing: they wrapped where that stood.
    pub(super) fn without_said(&self, at: usize, own: &[u8], line: &str) -> Option<String> {
        if !self.job_runs() {
            return None;
        }
        let end = memmem::find(own, b"\r\n").filter(|end| *end < 4096)?;
        let row = without_sequences(&own[..end]);
        let row = row.trim_end();
        let said = &row[self.heard(at, &[row], &[])?.cut(row)?..];
        let (before, behind) = line.split_once(said)?;
        (!behind.trim().is_empty() && !behind.contains(said)).then(|| format!("{before}{behind}"))
    }

    /// Whether a job that was begun lately, or has spoken lately, may print between the keys.
    pub(super) fn job_runs(&self) -> bool {
        let spoke = self.spoken_at.is_some_and(|at| self.drafts.len() < at + JOBS);
        spoke || self.drafts.iter().rev().take(JOBS).any(is_job)
    }
}
