//! Several lines that a shell without a line editor was given before it asked for them, pasted mostly: the terminal shows all of them
//! at once, and each prompt is followed by what its line shows, or by the next prompt.

use super::*;

/// Lines that are looked at for the prompts.
const MOST: usize = 2048;
/// What dash asks with for the rest of a command.
const MORE: &str = "> ";

/// A command that was given, or a line that was shown.
enum Step {
    Given {
        text: String,
        span: Range<usize>,
    },
    /// From that byte of a line on.
    Shown {
        unit: usize,
        from: usize,
    },
}

/// How such lines came out.
struct Queue<'u> {
    /// The lines that stand below the first.
    rows: Vec<(usize, &'u str)>,
    /// So many of them were given to the shell.
    given: usize,
    steps: Vec<Step>,
    /// Lines that hold more than one prompt.
    several: usize,
    /// A command is not finished.
    open: bool,
}

impl Machine<'_> {
    /// Takes a line and those that were given with it, if so many prompts follow as they ask for.
    pub(super) fn take_queued(&mut self, at: usize, line: &Line<'_>, prompt: &str, rest: &str) -> bool {
        let shell = self.levels.top().is_some_and(|l| l.program.is_none() && !l.marked);
        if !shell || line.rare().mark.is_some() || rest.trim_start().is_empty() {
            return false;
        }
        let units = Rc::clone(&self.units);
        let Some((queue, end)) = queue(&units, at, prompt, rest) else { return false };
        // what was not given is what the first command showed
        let left = queue.rows[queue.given..].iter().map(|(unit, _)| Step::Shown { unit: *unit, from: 0 });
        let mut steps = queue.steps;
        steps.splice(1..1, left);
        for step in steps {
            match step {
                Step::Given { text, span } => {
                    let entered = Entered::on(line, prompt, text, Status::Run, 0.85);
                    self.entered(Entered { span, ..entered });
                }
                Step::Shown { unit, from } => {
                    if let Unit::Line(line) = &units[unit] {
                        self.output(&line.text[from..], &line.span);
                    }
                }
            }
        }
        self.taken = end.0;
        if let Some((unit, from)) = end.1
            && let Unit::Line(line) = &units[unit]
        {
            // the shell is ready again
            let typed = line.text[from + prompt.len()..].to_owned();
            self.entered(Entered::on(line, prompt, typed, Status::Run, 0.85));
        }
        true
    }
}

/// The unit behind all of that, and where in the one before it stands a prompt behind others at which something was typed again.
type End = (usize, Option<(usize, usize)>);

/// The lines below unit `at` that were given to the shell with `rest`.
fn queue<'u>(units: &'u [Unit<'_>], at: usize, prompt: &str, rest: &str) -> Option<(Queue<'u>, End)> {
    let text = |n: usize| match units.get(n) {
        Some(Unit::Line(line)) if line.text.len() < 4096 && line.rare().mark.is_none() => {
            Some(line.text.as_ref())
        }
        _ => None,
    };
    let span = |n: usize| match &units[n] {
        Unit::Line(line) => line.span.clone(),
        Unit::Edit(edit) => edit.span.clone(),
    };
    let first = text(at + 1).filter(|first| !first.starts_with(prompt))?;
    let open = !is_complete(rest);
    // few outputs begin so
    if !open && likeness(first) < KNOWN {
        return None;
    }
    let asks = |text: &str| text.starts_with(prompt) || open && text.starts_with(MORE);
    let rows = (at + 1..at + MOST).map_while(|n| Some((n, text(n).filter(|text| !asks(text))?)));
    let mut queue = Queue {
        rows: rows.collect(),
        given: 0,
        steps: vec![Step::Given { text: rest.trim_end().to_owned(), span: span(at) }],
        several: 0,
        open,
    };
    let begin = queue.rows.last()?.0 + 1;
    for n in begin..begin + MOST {
        let line = text(n)?;
        let (mut from, mut prompts) = (0, 0);
        while let Some(next) = queue.prompt_at(line, from, prompt) {
            let row = queue.rows.get(queue.given).copied();
            let Some((unit, row)) = row
                .filter(|(_, row)| next == MORE || queue.is_next(row, &line[from + next.len()..], prompts))
            else {
                // the shell is ready again
                let end = if from == 0 { (n, None) } else { (n + 1, Some((n, from))) };
                return (next == prompt && queue.is_sure()).then_some((queue, end));
            };
            queue.give(row, span(unit), next == MORE)?;
            (from, prompts) = (from + next.len(), prompts + 1);
        }
        if prompts > 1 && likeness(&line[from..]) < KNOWN {
            queue.several += 1;
        }
        if prompts == 0 || !line[from..].trim_start().is_empty() {
            queue.steps.push(Step::Shown { unit: n, from });
        }
        if queue.given == queue.rows.len() && !queue.open {
            return queue.is_sure().then_some((queue, (n + 1, None)));
        }
    }
    None
}

impl Queue<'_> {
    /// The prompt that stands there.
    fn prompt_at<'p>(&self, line: &str, from: usize, prompt: &'p str) -> Option<&'p str> {
        [prompt, MORE]
            .into_iter()
            .find(|next| line[from..].starts_with(*next) && self.open == (*next == MORE))
    }

    /// Whether `row` is what was given at a prompt with `behind` on its line, after so many others.
    fn is_next(&self, row: &str, behind: &str, prompts: usize) -> bool {
        if row.trim().is_empty() {
            return true;
        }
        // Enter was pressed, or something typed that the line does not show
        let typed = behind.trim_start().is_empty()
            || likeness(behind) >= KNOWN && !row.contains(behind.trim_end()) && prompts == 0;
        likeness(row) >= 0.0 && !typed
    }

    /// Gives a row to the shell; nothing where a command becomes too long to be asked whether it is complete.
    fn give(&mut self, row: &str, span: Range<usize>, more: bool) -> Option<()> {
        self.given += 1;
        let row = row.trim_end();
        let last = self.steps.iter_mut().rev().find_map(|step| match step {
            Step::Given { text, span } => Some((text, span)),
            Step::Shown { .. } => None,
        });
        if let Some((text, whole)) = last.filter(|_| more) {
            text.push('\n');
            text.push_str(row);
            whole.end = whole.end.max(span.end);
            if text.len() > LONGEST_ASKED {
                return None;
            }
            self.open = !is_complete(text);
        } else if !row.is_empty() {
            self.open = !is_complete(row);
            self.steps.push(Step::Given { text: row.to_owned(), span });
        }
        Some(())
    }

    fn is_sure(&self) -> bool {
        self.given >= 2 && self.several > 0 && !self.open
    }
}
