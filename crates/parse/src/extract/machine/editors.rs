//! Line editors that mark themselves.

use super::typed::runs_commands;
use super::*;

/// Rows alike at one place of their edits.
#[derive(Default)]
struct Upper {
    count: u32,
    /// The key of the prompt below the first.
    below: Option<u64>,
    /// How many have the same below.
    same: u32,
    /// Hashes of the last rows of their edits, up to three different ones.
    lasts: Vec<u64>,
}

impl<'a> Machine<'a> {
    /// Learns which rows of edits are the upper lines of prompts: the same again and again, with a prompt below, or above
    /// ever other last rows.
    pub(super) fn learn_leads(&mut self) {
        let mut seen: HashMap<(usize, u64), Upper> = HashMap::new();
        for (at, _) in &self.first_rows {
            let Unit::Edit(edit) = &self.units[*at] else { continue };
            let Some(last) = edit.rows.last().map(|r| hash(r)) else { continue };
            for (i, row) in edit.rows.iter().enumerate().take(3) {
                let row = if i == 0 { &row[edit.mark..] } else { row };
                // further lines that fish indents begin with no prompt
                let below = edit.rows.get(i + 1).filter(|r| !r.starts_with("  "));
                let below = below.and_then(|r| Some((r, self.marked.best(r, None)?.0)));
                let below = below.map(|(r, at)| exact_key(&r[..at]));
                let upper = seen.entry((i, loose_key(row))).or_default();
                let first = *upper.below.get_or_insert(below.unwrap_or(0));
                upper.count += 1;
                upper.same += u32::from(below.is_some_and(|b| b == first));
                if i + 1 < edit.rows.len() && upper.lasts.len() < 3 && !upper.lasts.contains(&last) {
                    upper.lasts.push(last);
                }
            }
        }
        let is_lead = |u: &Upper| u.same >= 2 && 4 * u.same >= 3 * u.count || u.lasts.len() >= 3;
        self.leads = seen.into_iter().filter(|(_, upper)| is_lead(upper)).map(|(key, _)| key).collect();
    }

    /// How many rows of the edit are upper lines of its prompt.
    pub(super) fn lead_rows(&self, edit: &Edit) -> usize {
        let is_lead = |i: usize| {
            let row = &edit.rows[i];
            let row = if i == 0 { &row[edit.mark..] } else { row };
            let typed = self.marked.best(row, None).is_some_and(|(at, _)| {
                self.marked.count(&row[..at]) > 1 && !row[at..].trim_start().is_empty()
            });
            let left = matches!(self.opened, Opens::Exit) || self.left_editor;
            let due = self.levels.top().into_iter().chain(self.levels.below().filter(|_| left));
            let mut due = due.filter(|l| l.shown > 0).filter_map(|l| prompt_end(row, &l.prompt));
            if due.any(|end| likeness(&row[end..]) > 0.0) {
                return false;
            }
            let edited = i == 0 && edit.floor.is_some_and(|f| f > edit.mark && f < edit.rows[0].len());
            let extra = !typed && edit.returns.get(i).is_some_and(|r| *r > self.returns && self.returns > 0);
            let known = self.leads.contains(&(i, loose_key(row)));
            row.trim_start().is_empty() || (extra || known) && !edited
        };
        if let Some(rows) = self.redrawn_below(edit) {
            return rows;
        }
        // only while no prompt ends on the row itself, and never the last
        (0..edit.rows.len().saturating_sub(1).min(3)).take_while(|i| is_lead(*i)).count()
    }

    /// Where the prompt seems to end on the first row of the edit at `at`, behind its mark.
    fn best_on_edit(&self, at: usize) -> Option<(usize, f32)> {
        let found = self.first_rows.binary_search_by_key(&at, |(unit, _)| *unit).ok()?;
        self.marked.best_of(&self.first_rows[found].1)
    }

    /// A line editor marked itself: there is a prompt, only its end is to be found.
    pub(super) fn edit(&mut self, at: usize, edit: &Edit) {
        let Some(first_row) = edit.rows.first() else { return };
        self.broken = false;
        if self.continuing {
            let (left, right) = first_row.split_at(edit.mark);
            if self.continue_edit(edit, left, right) {
                return;
            }
        }
        let (left, right) = first_row.split_at(edit.mark);
        if is_pagers_question(right) {
            return self.output(right, &edit.span);
        }
        if self.goes_on_silently(right) {
            return self.append(right, edit.span.end, None);
        }
        let best = self.best_on_edit(at);
        let before = self.keyed(edit) && !left.trim_start().is_empty();
        let before = self.is_prompt_before_mark(left, best.map(|b| &right[..b.0]), before);
        let leads = if before { 0 } else { self.lead_rows(edit) };
        let mut lead = self.lead.take().unwrap_or_default();
        for (i, row) in edit.rows[..leads].iter().enumerate() {
            lead.push_str(if i == 0 { right } else { row });
            lead.push(' ');
        }
        if leads > 0 && !left.trim_start().is_empty() {
            self.output(left, &(edit.span.start..edit.mark_at.max(edit.span.start)));
        }
        let (row, mark) = if leads > 0 { (&edit.rows[leads], 0) } else { (first_row, edit.mark) };
        let (left, right) = row.split_at(mark);
        let on_first = |at: Option<usize>| at.filter(|_| leads == 0);
        let redrawn = self.redrawn_prompt(row, mark).filter(|_| self.keyed(edit));
        let best = if leads > 0 { self.marked.best(right, None) } else { best };
        let (start, end) = match on_first(edit.input) {
            Some(input) if input > mark => (mark, input),
            _ if let Some(end) = redrawn => (0, end),
            _ if before => (0, mark),
            _ if let Some(end) = self.in_environment(right) => (mark, mark + end),
            _ => {
                let repl = matches!(self.opened, Opens::Repl { .. })
                    || self.levels.top().is_some_and(|l| l.program.is_some() && l.prompt.is_empty());
                let needed = match repl {
                    true if self.calculates() => 2.5,
                    true => 1.0,
                    false => f32::MIN,
                };
                (mark, mark + best.filter(|(_, score)| *score >= needed).map_or(0, |(at, _)| at))
            }
        };
        if start == mark && !left.trim_start().is_empty() {
            self.output(left, &(edit.span.start..edit.mark_at.max(edit.span.start)));
        }
        let direct = start == 0 && mark > 0;
        let prompt_first = direct || redrawn.is_some();
        let (prompt, first) = (&row[start..end], &row[end..]);
        if let Some(program) = self.levels.top().filter(|l| l.program.is_some())
            && let Some(draft) = self.running.and_then(|r| self.drafts.get(r))
            && let Some(rest) = program_continuation(right, &program.prompt, &draft.text)
            && !self.levels.lower(prompt, &says(&format!("{lead} {prompt}")))
        {
            self.append(rest, edit.span.end, None);
            return;
        }
        let mut more = if edit.torn { &[] } else { &edit.rows[leads + 1..] };
        let ran = self.fish_runs(edit);
        if let Some((_, above)) = more.split_last()
            && edit.ended == Ended::Left
            && ran
        {
            // typed ahead while the line was handed over
            more = above;
        }
        // zsh asks what to search for below the line
        let own = self.given.bytes.get(edit.span.clone()).unwrap_or_default();
        let asks = || memmem::find(own, b"-i-search: ").is_some();
        let question =
            |row: &String| ["bck", "fwd"].iter().any(|q| row.starts_with(q)) || row.contains("-i-search");
        let searched = more.iter().position(question).filter(|_| asks());
        more = &more[..searched.unwrap_or(more.len())];
        let mut first = after_last_prompt(first, prompt, false);
        if let Some((again, end)) = drawn_again(more, prompt) {
            // completions were listed between, or a line was given up: what stands there replaces what stood before
            (first, more) = (&more[again][end..], &more[again + 1..]);
        }
        if let Some(given_up) = more.iter().rposition(|row| row.ends_with("^C"))
            && given_up + 1 < more.len()
        {
            (first, more) = (&more[given_up + 1], &more[given_up + 2..]);
        } else if first.ends_with("^C") && !more.is_empty() {
            // what was given up is no part of the next line, whose prompt could not be placed
            (first, more) = (&more[0], &more[1..]);
        }
        if !more.is_empty() && first.ends_with("  ") {
            // a longer line stood there before
            first = first.trim_end();
        }
        let indent = prompt.chars().count();
        let indented = |row: &String| row.chars().take(indent).all(char::is_whitespace);
        let indented = indent > 1 && !more.is_empty() && more.iter().all(indented);
        let whole = prompt_first || indented;
        let program = matches!(self.opened, Opens::Repl { .. })
            || self.levels.top().is_some_and(|l| l.program.is_some());
        let text = if let Some(statement) = statement(first, more, prompt).filter(|_| program) {
            statement
        } else if indented && (ran || !prompt_first) {
            // fish indents further rows up to its prompt's end, and more by what they mean
            let rows: Vec<&str> = more.iter().map(|r| r.trim_start()).collect();
            format!("{first}\n{}", rows.join("\n"))
        } else {
            rows_text(first, more)
        };
        let mut others = Vec::new();
        let torn = more.first().filter(|_| !whole && self.job_runs());
        let spoken = torn.and_then(|rest| Some((self.job_speaks(first)?, rest)));
        let text = match spoken {
            Some((at, rest)) => {
                others = vec![first[..at].to_owned(), text];
                rows_text(&format!("{}{rest}", &first[..at]), &more[1..])
            }
            None => text,
        };
        let within = if more.is_empty() && !whole { self.without_said(own, &text) } else { None };
        let text = match within {
            Some(within) => {
                others = vec![text];
                within
            }
            None => text,
        };
        if edit.torn
            && let Some(rows) = edit.rows.get(leads + 1..).filter(|rows| !rows.is_empty())
        {
            let rows: Vec<&str> = rows.iter().map(|row| row.trim()).filter(|row| !row.is_empty()).collect();
            others.push(format!("{first}\n{}", rows.join("\n")));
        }
        let told = if ran { self.told(edit, &text) } else { None };
        let said = told.as_ref().map(|told| (told.fits(&text), told));
        // fish runs all lines as one
        let whole = whole || ran;
        let (mut text, mut by_key) = (text, false);
        if let Some((fits, told)) = said.filter(|(fits, _)| !fits || edit.torn || edit.placed) {
            let below = if edit.torn { edit.rows.get(leads + 1..).unwrap_or_default() } else { &[] };
            let mut ways = self.commands_told(told, &text, below).into_iter();
            if let Some(way) = ways.next().filter(|_| !fits) {
                others.insert(0, std::mem::replace(&mut text, way));
            }
            others.splice(0..0, ways);
            if self.given.mode == Mode::Streamed {
                let drawn = self.drawn_whole(told, edit).into_iter().filter(|drawn| *drawn != text);
                others.splice(0..0, drawn.collect::<Vec<_>>());
                if let Some(typed) = self.typed_by_key(edit, prompt, told).filter(|typed| *typed != text) {
                    by_key = (!text.contains('\n') || !fits) && (edit.torn || runs_commands(&typed));
                    let other = if by_key { std::mem::replace(&mut text, typed) } else { typed };
                    others.insert(0, other);
                }
            }
        }
        let lossy = edit.torn || edit.placed || searched.is_some() || said.is_some_and(|(fits, _)| !fits);
        if self.given.mode == Mode::Streamed && lossy {
            others.extend(self.plausible(prompt, &text, true));
        }
        let entered = !text.trim_start().is_empty();
        let status = match edit.ended {
            Ended::Cut => Status::Incomplete,
            _ if self.hangs_up(edit) => Status::Incomplete,
            _ if text.trim_end().ends_with("^C") => Status::Aborted,
            // zsh switches the keypad back when a line is submitted
            _ if ran || own.ends_with(b"\x1b>\x1b[?2004l") => Status::Run,
            _ if edit.keypad_left_on && prompt_first && entered => Status::Aborted,
            // zsh leaves its editor before the line end, bash after
            Ended::Left if !prompt_first && entered => Status::Aborted,
            _ => Status::Run,
        };
        self.left_editor = edit.ended == Ended::Left && !entered;
        let certain = edit.input.is_some() || prompt_first || self.marked.count(prompt) > 1;
        let confidence: f32 = match certain {
            _ if let Some((fits, told)) = said
                && (told.whole || !fits) =>
            {
                if fits {
                    0.97
                } else {
                    0.6
                }
            }
            _ if by_key => 0.7,
            _ if edit.torn => 0.3,
            _ if edit.placed || torn.is_some() => 0.85,
            // a streaming copy has lost the returns between
            _ if searched.is_some() && self.given.mode == Mode::Streamed => 0.85,
            true => 0.99,
            false => 0.95,
        };
        // a file may hold what marks an editor, too; what a streaming copy keeps whole are keys, one by one
        let along = self.is_along(at, edit.span.start, false) && self.given.mode == Mode::Exact;
        let confidence = if along { confidence.min(0.85) } else { confidence };
        let begin = if start == mark { edit.mark_at } else { edit.span.start };
        let span = begin.min(edit.span.end)..edit.span.end;
        self.entered(Entered {
            lead,
            prompt,
            text,
            status,
            marked: true,
            replayed: true,
            title: edit.title.clone(),
            whole,
            confidence,
            span,
            raw: None,
            others,
        });
        if let Some(top) = self.levels.top_mut().filter(|_| direct && before) {
            top.prompt_first = true;
        }
    }

    /// Whether fish left its editor because the session ended, near the log's end: whatever it runs it names in the title.
    fn hangs_up(&self, edit: &Edit) -> bool {
        let own = self.given.bytes.get(edit.span.clone()).unwrap_or_default();
        let after = self.given.bytes.get(edit.span.end..).unwrap_or_default();
        let runs = || memmem::find(&after[..after.len().min(64)], b"\x1b]0;").is_some();
        let fish = || edit.title.is_some() && memmem::find(own, b"\x1b(B").is_some();
        after.len() < 2048 && fish() && !runs()
    }

    /// Whether fish says in the title what it runs, right behind its editor.
    fn fish_runs(&self, edit: &Edit) -> bool {
        let own = self.given.bytes.get(edit.span.clone()).unwrap_or_default();
        let after = self.given.bytes.get(edit.span.end..).unwrap_or_default();
        fish::behind_keys(after).starts_with(b"\x1b]0;") && memmem::find(own, b"\x1b(B").is_some()
    }

    /// Whether a line that was begun on a cleared screen is the first of a prompt whose last line an editor below marks;
    /// takes the lines between.
    pub(super) fn is_lead(&mut self, at: usize) -> bool {
        let (units, mut lead) = (Rc::clone(&self.units), String::new());
        for (i, unit) in units.iter().enumerate().skip(at).take(4) {
            match unit {
                Unit::Line(line) if line.text.len() < 1024 => {
                    lead.push_str(line.text.trim());
                    lead.push(' ');
                }
                Unit::Edit(edit) if edit.mark > 0 && self.keyed(edit) => {
                    (self.lead, self.taken) = (Some(lead), i);
                    return true;
                }
                _ => return false,
            }
        }
        false
    }

    /// The end of the prompt of a shell that writes it before the mark and had to write it again behind it: zsh, when the
    /// screen was cleared.
    fn redrawn_prompt(&self, row: &str, mark: usize) -> Option<usize> {
        if mark > 0 {
            return None;
        }
        // or of the shell below one that was just left
        let left = matches!(self.opened, Opens::Exit) || self.left_editor;
        let below = self.levels.below().filter(|_| left);
        let mut due = self.levels.top().into_iter().chain(below).filter(|l| l.prompt_first && l.shown > 0);
        due.find_map(|l| prompt_end(row, &l.prompt))
    }

    /// How many rows stand above the last line of such a prompt, where the screen was cleared in the editor.
    fn redrawn_below(&self, edit: &Edit) -> Option<usize> {
        let own = self.given.bytes.get(edit.span.clone()).unwrap_or_default();
        let cleared = || memmem::find(own, b"\x1b[2J").is_some();
        if edit.mark > 0 || !self.keyed(edit) || self.redrawn_prompt(&edit.rows[0], 0).is_some() || !cleared()
        {
            return None;
        }
        (1..edit.rows.len().min(3)).find(|i| self.redrawn_prompt(&edit.rows[*i], 0).is_some())
    }

    /// Whether what stands before an editor's mark was written as zsh writes its prompt: on a cleared screen, with the rest
    /// of the line erased or the keypad switched behind it.
    fn keyed(&self, edit: &Edit) -> bool {
        let before = edit.mark_at.checked_sub(b"\x1b[?2004h".len()).and_then(|at| self.given.bytes.get(..at));
        let ends = |sign: &[u8]| before.is_some_and(|b| b.ends_with(sign));
        edit.cleared || ends(b"\x1b=") || ends(b"\x1b[K")
    }

    /// Whether what stands left of an editor's mark is its prompt (zsh) and not a program's last words. `keyed` where the
    /// keypad was switched between.
    pub(super) fn is_prompt_before_mark(&self, left: &str, right: Option<&str>, keyed: bool) -> bool {
        if left.trim_start().is_empty() {
            return false;
        }
        let alike = |l: &Level| alike(&l.prompt, left) && says(left).user.is_some();
        if self.levels.top().is_some_and(|l| same(&l.prompt, left) || alike(l)) {
            return true;
        }
        let due = |p: &str| {
            let said = says(p);
            self.levels.top().is_some_and(|l| l.fits(p, &said)) || self.levels.lower(p, &said)
        };
        if right.is_some_and(|p| !p.trim_start().is_empty() && (self.marked.count(p) > 1 || due(p))) {
            return false;
        }
        keyed
            || left
                .trim_end()
                .ends_with(|c: char| !c.is_alphanumeric() && !matches!(c, '.' | ',' | '"' | '\''))
    }

    /// A continuation line in a line editor; `false` where this is none.
    pub(super) fn continue_edit(&mut self, edit: &Edit, left: &str, right: &str) -> bool {
        let known = self.levels.top().and_then(|l| l.ps2.clone());
        let before = (!left.trim_start().is_empty()).then(|| continuation(left, known.as_deref())).flatten();
        let (ps2, rest) = match (before, continuation(right, known.as_deref())) {
            (Some((ps2, "")), _) => (ps2, right),
            (_, Some(found)) => found,
            _ => return false,
        };
        if let Some(top) = self.levels.top_mut() {
            top.ps2 = Some(ps2.to_owned());
        }
        let mut text = rest.to_owned();
        for row in edit.rows.iter().skip(1) {
            text.push('\n');
            text.push_str(row);
        }
        let stopped =
            text.trim_end().ends_with("^C") || edit.ended == Ended::Left && left.trim_start().is_empty();
        let status = match edit.ended {
            Ended::Cut => Some(Status::Incomplete),
            _ if stopped => Some(Status::Aborted),
            _ => None,
        };
        self.append(text.trim_end_matches("^C"), edit.span.end, status);
        true
    }
}

/// The last of `rows` that begins with the prompt, numbers aside, and where that ends.
fn drawn_again(rows: &[String], prompt: &str) -> Option<(usize, usize)> {
    if prompt.trim_start().is_empty() {
        return None;
    }
    rows.iter().enumerate().rev().find_map(|(i, row)| Some((i, prompt_end(row, prompt)?)))
}

/// Where on a row the prompt ends that it begins with, numbers aside.
fn prompt_end(row: &str, prompt: &str) -> Option<usize> {
    if row.starts_with(prompt) {
        return Some(prompt.len());
    }
    // a clock in it goes on
    let clock = prompt.trim().len() >= 4 && prompt.bytes().any(|b| b.is_ascii_digit());
    behind_same(prompt, row).filter(|end| clock && is_candidate(row, *end, None))
}
