//! A word at a line's end that may have been erased without a trace: a program would have complained of it, or named it.

use super::*;

/// A shorter word may stand anywhere.
const LEAST: usize = 3;

impl Machine<'_> {
    /// Takes lines without their last word where another reading has none, and what was shown knows nothing of it.
    pub(super) fn settle_uncomplained(&self, drafts: &mut [Draft]) {
        const SURE: f32 = 0.9;
        let doubtful = |d: &&mut Draft| {
            let shell = d.kind == CommandKind::Shell && d.status == Status::Run;
            shell && d.confidence < SURE && d.text.len() < LONGEST_ASKED && !d.text.contains('\n')
        };
        for draft in drafts.iter_mut().filter(doubtful) {
            let Some((left, word)) = draft.text.trim_end().rsplit_once(' ') else { continue };
            let plain = word.len() >= LEAST && word.bytes().all(|b| b.is_ascii_alphanumeric());
            let erased = |other: &Alternative| other.command.trim_end() == left.trim_end();
            if !plain
                || !draft.alternatives.iter().any(erased)
                || self.weighing.words.again(word)
                || !is_odd_operand(left)
                || knows(draft.output.head(), word)
            {
                continue;
            }
            let left = left.trim_end().to_owned();
            draft.read_as(left, OTHER);
            draft.confidence = draft.confidence.min(0.8);
        }
    }
}

/// Whether the last command of a line complains of one word more, or names it beside what it says of others.
fn is_odd_operand(line: &str) -> bool {
    let commands = SimpleCommands::of(line);
    let Some((name, words)) = commands.last().split_first() else { return false };
    let operands = words.iter().filter(|word| !word.starts_with('-')).count();
    match name.as_ref() {
        "pwd" | "whoami" | "logname" | "tty" | "uptime" => operands == 0,
        "id" | "date" | "sleep" | "uname" => true,
        // one folder is listed without its name
        "cd" | "ls" | "wc" | "stat" | "file" => operands > 0,
        _ => false,
    }
}

/// Whether what was shown names a word or complains of how many there are.
fn knows(shown: &str, word: &str) -> bool {
    let complaints = ["too many", "extra operand", "sage:", "invalid"];
    shown.contains(word) || complaints.iter().any(|said| shown.contains(said))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_more_is_complained_of_or_named() {
        for line in ["pwd", "id -un", "cd /srv", "ls -la ~", "cat a; whoami", "sleep 0.3", "wc -l a.log"] {
            assert!(is_odd_operand(line), "{line}");
        }
        for line in ["ls", "ls -la", "cd", "cat a", "echo a", "docker ps", ""] {
            assert!(!is_odd_operand(line), "{line}");
        }
        assert!(knows("id: \u{2018}x1y\u{2019}: no such user", "x1y") && !knows("ops\n", "x1y"));
        assert!(knows("bash: cd: too many arguments", "x1y"));
    }
}
