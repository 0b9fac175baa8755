//! What differs from run to run gives way to placeholders of a fixed width, so that tables stay aligned in snapshots.
//!
//! ```
//! use whoran_testkit::Redactor;
//!
//! let redactor = Redactor::new().times().durations();
//! assert_eq!(redactor.redact("done  in 1.25s at 2026-03-01T08:00:00Z"), "done  in [time] at [when..............]");
//! ```

use std::path::Path;

/// Replaces what varies; choose what that is.
#[derive(Debug, Clone, Default)]
pub struct Redactor {
    dirs: Vec<(String, String)>,
    times: bool,
    durations: bool,
    sizes: bool,
}

impl Redactor {
    /// Replaces nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Replaces a folder's path by `[name]`.
    pub fn dir(mut self, path: &Path, name: &str) -> Self {
        self.dirs.push((path.display().to_string(), format!("[{name}]")));
        // Longer paths first, or a parent would hide its children.
        self.dirs.sort_by_key(|(path, _)| std::cmp::Reverse(path.len()));
        self
    }

    /// Replaces dates with times.
    pub fn times(mut self) -> Self {
        self.times = true;
        self
    }

    /// Replaces durations such as `1.25s` or `300 ms`.
    pub fn durations(mut self) -> Self {
        self.durations = true;
        self
    }

    /// Replaces sizes and rates such as `1.5 MiB` or `200 MB/s`.
    pub fn sizes(mut self) -> Self {
        self.sizes = true;
        self
    }

    /// The text with placeholders.
    pub fn redact(&self, text: &str) -> String {
        let mut out = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(c) = rest.chars().next() {
            let in_word = out.chars().next_back().is_some_and(|c| c.is_alphanumeric() || c == '.');
            if let Some((path, name)) = self.dirs.iter().find(|(path, _)| rest.starts_with(path.as_str())) {
                out.push_str(name);
                rest = &rest[path.len()..];
            } else if let Some((len, placeholder)) = c.is_ascii_digit().then(|| self.value(rest)).flatten()
                && !in_word
            {
                rest = &rest[len..];
                rest = &rest[align(&mut out, len, &placeholder, rest)..];
            } else {
                out.push(c);
                rest = &rest[c.len_utf8()..];
            }
        }
        out
    }

    /// Length of the varying value the text begins with, and what stands for it.
    fn value(&self, text: &str) -> Option<(usize, String)> {
        if self.times
            && let Some(len) = time(text)
        {
            return Some((len, format!("[when{}]", ".".repeat(len.saturating_sub(6)))));
        }
        if self.durations
            && let Some(len) = quantity(text, &["ns", "\u{b5}s", "us", "ms", "s", "min", "m", "h"])
        {
            return Some((len, "[time]".into()));
        }
        let sizes = ["B", "kB", "KB", "MB", "GB", "KiB", "MiB", "GiB", "bytes"];
        self.sizes.then(|| quantity(text, &sizes)).flatten().map(|len| (len, "[size]".into()))
    }
}

/// Writes the placeholder and lets blanks beside it make up for its width. Returns how many blanks of `rest` are gone.
fn align(out: &mut String, len: usize, placeholder: &str, rest: &str) -> usize {
    let blanks_before = out.len() - out.trim_end_matches(' ').len();
    let blanks_after = rest.len() - rest.trim_start_matches(' ').len();
    let grown = placeholder.len() as isize - len as isize;
    let mut gone = 0;
    if blanks_after >= 2 && blanks_after as isize > grown {
        out.push_str(placeholder);
        if grown < 0 {
            out.push_str(&" ".repeat(grown.unsigned_abs()));
        }
        gone = grown.max(0) as usize;
    } else if blanks_before >= 2 && blanks_before as isize > grown {
        out.truncate(out.len() - blanks_before);
        out.push_str(&" ".repeat((blanks_before as isize - grown) as usize));
        out.push_str(placeholder);
    } else {
        out.push_str(placeholder);
    }
    gone
}

/// Length of a date with a time at the start of the text.
fn time(text: &str) -> Option<usize> {
    let shape = |text: &str, shape: &str| {
        let fits = |(b, s): (u8, u8)| if s == b'0' { b.is_ascii_digit() } else { b == s };
        text.len() >= shape.len() && text.bytes().zip(shape.bytes()).all(fits)
    };
    let len = match shape(text, "0000-00-00T00:00:00") || shape(text, "0000-00-00 00:00:00") {
        true => 19,
        false if shape(text, "0000-00-00 00:00") => return Some(16),
        false => return None,
    };
    let fraction = match text[len..].strip_prefix('.') {
        Some(digits) => 1 + digits.bytes().take_while(u8::is_ascii_digit).count(),
        None => 0,
    };
    let zone = &text[len + fraction..];
    let zone = if zone.starts_with('Z') {
        1
    } else if shape(zone, "+00:00") || shape(zone, "-00:00") {
        6
    } else {
        0
    };
    Some(len + fraction + zone)
}

/// Length of a number with one of the units, at the start of the text; `/s` may follow.
fn quantity(text: &str, units: &[&str]) -> Option<usize> {
    let number = text.bytes().take_while(|b| b.is_ascii_digit() || matches!(b, b'.' | b',')).count();
    let blank = usize::from(text[number..].starts_with(' '));
    let unit = &text[number + blank..];
    let unit_len = units.iter().filter(|word| begins_with_word(unit, word)).map(|word| word.len()).max()?;
    let per_second = if unit[unit_len..].starts_with("/s") { 2 } else { 0 };
    Some(number + blank + unit_len + per_second)
}

fn begins_with_word(text: &str, word: &str) -> bool {
    text.strip_prefix(word).is_some_and(|rest| !rest.starts_with(char::is_alphanumeric))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_stay_where_they_are() {
        let redactor = Redactor::new().durations().sizes();
        assert_eq!(redactor.redact("9ms     a   1.5 MiB  x"), "[time]  a   [size]   x");
        assert_eq!(redactor.redact("1204ms  a  12.5 MiB  x"), "[time]  a  [size]    x");
        assert_eq!(redactor.redact("     9ms|"), "  [time]|");
    }

    #[test]
    fn times_keep_their_width_and_words_stay_whole() {
        let redactor = Redactor::new().times().durations().sizes();
        let line = "2026-03-01T08:00:00.125Z x";
        assert_eq!(redactor.redact(line).len(), line.len());
        assert!(redactor.redact(line).starts_with("[when"));
        for same in ["sh-5.2$ ls", "i-0abc5s", "v1.2 h2", "3 sessions, 14 commands", "10 hosts"] {
            assert_eq!(redactor.redact(same), same);
        }
        assert_eq!(redactor.redact("12.5 MB/s"), "[size]");
    }

    #[test]
    fn folders_lose_their_names() {
        let redactor = Redactor::new().dir(Path::new("/tmp/x"), "tmp").dir(Path::new("/tmp/x/home"), "home");
        assert_eq!(redactor.redact("/tmp/x/home/a /tmp/x/b"), "[home]/a [tmp]/b");
    }
}
