//! A text without the signs that may stand in the middle of a word and are no part of it.

/// In small letters, without quotes, backslashes and ends of lines, and without the signs of substitutions and
/// redirections: whatever a word is once the line was read as shell, it stands in this unless the shell works it out.
pub fn bare(text: &str) -> String {
    text.chars().filter(|c| !is_sign(*c)).flat_map(char::to_lowercase).map(small).collect()
}

/// Whether [`bare`] may join letters that have something between them in the text, or gives letters that the text in
/// small letters has not. Where it does neither, a run of ASCII letters and digits that stands in the one stands in
/// the other.
pub fn is_torn(text: &str) -> bool {
    let (mut before, mut signs) = (' ', false);
    for c in text.chars() {
        if is_sign(c) {
            signs = true;
        } else {
            if c == LONG_S || signs && c.is_alphanumeric() && before.is_alphanumeric() {
                return true;
            }
            (before, signs) = (c, false);
        }
    }
    false
}

fn is_sign(c: char) -> bool {
    matches!(c, '\'' | '"' | '\\' | '\n' | '$' | '`' | '(' | ')' | '<' | '>')
}

/// Where case does not count it is an `s`; written small it stays what it is.
const LONG_S: char = 'ſ';

fn small(c: char) -> char {
    if c == LONG_S { 's' } else { c }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn words_are_torn_where_letters_meet() {
        for (text, barely, torn) in [
            ("echo \"a b\" 2>/dev/null", "echo a b 2/dev/null", false),
            ("X=\"$(id)\"", "x=id", false),
            ("my''sql", "mysql", true),
            ("cu\\\nrl", "curl", true),
            ("a\nb", "ab", true),
            ("\u{212a}ill", "kill", false),
            ("\u{17f}udo", "sudo", true),
            ("", "", false),
        ] {
            assert_eq!((bare(text).as_str(), is_torn(text)), (barely, torn), "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn what_is_not_torn_has_its_runs_of_letters(text in "[aK7ſé日İ \\\\'\"\n$(<>`./=-]{0,12}") {
            let small: String = text.chars().flat_map(char::to_lowercase).collect();
            let bare = bare(&text);
            let mut runs = bare.split(|c: char| !c.is_ascii_alphanumeric());
            prop_assert!(is_torn(&text) || runs.all(|run| small.contains(run)));
        }
    }
}
