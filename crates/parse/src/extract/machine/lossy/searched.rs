//! Lines that an incremental search finds: the shell draws them, and not all of what it takes for that is left.

use super::*;

impl Machine<'_> {
    /// The line of before that a search found, where the shell counts the bytes of its prompt for columns: of the line that
    /// asks it deletes so many too few, and the last letters it writes stand there twice.
    pub(super) fn found_too_far(&self, prompt: &str, shown: &str, span: &Range<usize>) -> Option<String> {
        let extra = prompt.len() - prompt.chars().count();
        let own = self.given.bytes.get(span.clone()).filter(|own| extra > 0 && own.len() < LONGEST_LINE)?;
        let shown = shown.trim_end().as_bytes();
        let is_found = |line: &[u8]| {
            let same = |(a, b): &(&u8, &u8)| a == b;
            let head = line.iter().zip(shown).take_while(same).count();
            let tail = line.iter().rev().zip(shown.iter().rev()).take_while(same).count();
            line.len() + extra == shown.len() && head + tail >= line.len()
        };
        let mut earlier = self.drafts.iter().rev().take(500).filter(|d| d.status == Status::Run);
        let found = is_search(own).then(|| earlier.find(|d| is_found(d.text.as_bytes())))?;
        found.map(|d| d.text.clone())
    }

    /// A line found by incremental search: the shell redraws only what differs from the search line, so a streaming copy
    /// may show no more than its first words. The rest is the last command that begins so.
    pub(super) fn searched(&self, raw: &[u8], shown: &str) -> Option<String> {
        if !is_search(raw) {
            return None;
        }
        let earlier = || {
            self.drafts.iter().rev().take(500).filter(|d| d.status == Status::Run).map(|d| d.text.as_str())
        };
        let start = shown.trim_end();
        let raw = without_sequences(raw);
        let found = first_match(&raw);
        if shown.starts_with(' ') {
            // only what was added behind the end is shown
            if let Some(found) = found {
                return Some(format!("{found}{start}"));
            }
            // what was found begins as the last query shows it
            let last =
                raw.rsplit("': ").next().and_then(|r| r.split('\u{8}').next()).filter(|r| !r.is_empty())?;
            return earlier().find(|h| h.starts_with(last)).map(|found| format!("{found}{start}"));
        }
        if start.is_empty() {
            // the prompt alone was written again, over the question before what was found
            let last = raw.rsplit("': ").next().and_then(|r| r.split('\u{8}').next()).unwrap_or_default();
            let last = last.trim_end();
            return (!last.is_empty() && earlier().any(|h| h.trim_end() == last)).then(|| last.to_owned());
        }
        if let Some(found) = found.filter(|f| f.starts_with(start)) {
            return (found.len() > start.len()).then_some(found);
        }
        if earlier().any(|h| h == start) {
            return None;
        }
        earlier().find(|h| h.len() > start.len() && h.starts_with(start)).map(str::to_owned)
    }
}

/// Whether an incremental search asks there what to look for.
pub(in super::super) fn is_search(raw: &[u8]) -> bool {
    raw.contains(&b'`') && memmem::find(raw, b"i-search)`").is_some()
}

/// The line that a search found, where the prompt's end is all that was drawn when it was over: the line was moved beside it,
/// and nothing of it written again.
pub(super) fn found_unmoved(line: &str, prompt: &str) -> Option<String> {
    let sign = prompt.trim_end().chars().next_back()?;
    let drawn = line.trim_end().strip_suffix(sign)?;
    // what stands there is no rest of the line, which would have been written behind the prompt
    let last = drawn.rsplit('\u{8}').next().filter(|last| last.len() < drawn.len())?;
    (!last.contains("': ")).then(|| first_match(line)).flatten()
}

/// The first line that an incremental search shows and that holds all that was searched for: the search stays with it.
fn first_match(line: &str) -> Option<String> {
    let (_, search) = line.split_once("i-search)`")?;
    let mut parts = search.split("': ");
    let mut query = parts.next().filter(|q| !q.contains('\u{8}'))?.to_owned();
    let mut lines = Vec::new();
    let mut parts = parts.peekable();
    while let Some(part) = parts.next() {
        let ends = part.find('\u{8}').into_iter().chain(part.find("(reverse-i-search")).min();
        let (shown, keys) = part.split_at(ends.unwrap_or(part.len()));
        lines.push(shown);
        if parts.peek().is_some() {
            // the question may be asked anew
            let keys = keys.rsplit('`').next().unwrap_or(keys);
            query.push_str(keys.trim_start_matches('\u{8}'));
        }
    }
    lines.into_iter().find(|line| !query.is_empty() && line.contains(&query)).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_search_stays_with_what_it_found() {
        let back = "\u{8}".repeat(9);
        let line = format!(
            "$ (reverse-i-search)`': \u{8}\u{8}\u{8}l': ls /srv/x{back}s': ls\u{8}\u{8}$ ls\u{8}\u{8}"
        );
        assert_eq!(first_match(&line).as_deref(), Some("ls /srv/x"));
        let other = line.replace("ls /srv/x", "tail /srv").replace("': ls", "': ls -d /etc");
        assert_eq!(first_match(&other).as_deref(), Some("ls -d /etc"), "it went on to another line");
    }

    #[test]
    fn a_line_beside_which_only_the_prompt_was_drawn_stays() {
        let of = |keys: &str| {
            let line = format!("(main)$ (reverse-i-search)`': \u{8}\u{8}\u{8}p': pwd | wc -l{keys}");
            found_unmoved(&line, "(main)$ ")
        };
        assert_eq!(of("\u{8}\u{8}\u{8}w\u{8}\u{8}\u{8}dmain)$").as_deref(), Some("pwd | wc -l"));
        assert_eq!(of("\u{8}\u{8}w\u{8}dmain)$ pwd | wc"), None);
    }
}
