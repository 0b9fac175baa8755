//! Output that does not end its line: behind it stands the prompt that is due, which a few signs tell if it is short.

use super::*;

impl Machine<'_> {
    /// Where a short prompt stands behind the only line of what ends none of its own, or behind the last that it closes.
    pub(super) fn behind_unended(&self, text: &str) -> Option<Range<usize>> {
        let top = self.levels.top().filter(|top| !top.marked && top.program.is_none() && top.shown > 0)?;
        let prompt = top.prompt.as_str();
        let running = self.drafts.get(self.running?)?;
        let long = text.len() >= LONGEST_ASKED || running.text.len() >= LONGEST_ASKED;
        if prompt.trim().is_empty() || !prompt.ends_with(' ') || long {
            return None;
        }
        // on most lines it stands nowhere
        last_place(text, prompt)?;
        let at = memmem::find(text.as_bytes(), prompt.as_bytes()).filter(|at| *at > 0)?;
        let (left, rest) = (&text[..at], &text[at + prompt.len()..]);
        let glued = left.ends_with(|c: char| c.is_alphanumeric() || ".,:;!)]}>=/+-_".contains(c));
        let closes = || left.bytes().all(|b| matches!(b, b'}' | b']'));
        let stands = glued && (running.output.lines == 0 || closes()) && likeness(rest) >= KNOWN;
        (stands && ends_no_line(&running.text)).then_some(at..at + prompt.len())
    }
}

/// Whether a command may leave its last line without an end: what comes from the network as it is, a number of bytes, or what was
/// asked for so.
fn ends_no_line(command: &str) -> bool {
    SimpleCommands::of(command).iter().any(|words| {
        let mut words = words.iter().map(AsRef::as_ref).skip_while(|word| matches!(*word, "sudo" | "time"));
        let name = name_of(words.next().unwrap_or_default());
        let mut has = |found: &dyn Fn(&str) -> bool| words.any(found);
        match name {
            "curl" | "printf" | "tr" | "openssl" | "dd" | "kubectl" | "docker" | "podman" | "redis-cli" => {
                true
            }
            "echo" => has(&|word| word.starts_with("-n") || word.ends_with("\\c")),
            "head" | "tail" => has(&|word| word.starts_with("-c") || word.starts_with("--bytes")),
            "wget" => has(&|word| word.starts_with('-') && word.contains('O')),
            "jq" | "yq" => has(&|word| word == "--join-output" || is_flag(word, 'j')),
            "base64" => has(&|word| word.starts_with("-w") || is_flag(word, 'd')),
            "python3" | "python" | "perl" | "ruby" | "node" => {
                has(&|word| is_flag(word, 'c') || is_flag(word, 'e'))
            }
            "awk" => has(&|word| word.contains("printf")),
            _ => false,
        }
    })
}

/// Whether a word is options of a letter each, and this is one of them.
fn is_flag(word: &str, letter: char) -> bool {
    word.starts_with('-') && !word.starts_with("--") && word.contains(letter)
}

#[cfg(test)]
mod tests {
    use super::ends_no_line;

    #[test]
    fn what_leaves_its_line_open_is_known() {
        for line in [
            "curl -s http://169.254.169.254/latest/meta-data/hostname",
            "sudo head -c 30 /etc/hosts",
            "echo -n abc",
            "TOKEN=$(date); curl -s x",
            "jq -rj .name a.json",
            "echo aGk= | base64 -d",
        ] {
            assert!(ends_no_line(line), "{line}");
        }
        for line in ["cat notes", "echo abc", "head -n 3 notes", "ls", "jq -r .name a.json", "grep -c x y"] {
            assert!(!ends_no_line(line), "{line}");
        }
    }
}
