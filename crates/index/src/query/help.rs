//! `help query`, from the same table as everything else.

use std::fmt::Write;

use crate::schema::{FIELDS, FieldType};

const INTRO: &str = "\
whoami                    commands with that word in the command or its output
cat /etc/passwd           several words: all of them, anywhere
\"cat /etc/passwd\"         exactly this, one after the other
/etc/pass*                a word that begins like this
os-user:root              a field; - and _ are alike, letter case never counts
identity:\"alice bob\"      a field with several words
os-user:*                 any value; NOT os-user:* finds what no log proves
NOT os-user:root          everything else
whoami OR id              either
(whoami OR id) host:web   parentheses
time:[2024-05-01 TO *]    from that day on; a day, a minute or RFC 3339, * is open
-rf  |  >/dev/null        signs are words like others

Fields:
";

/// The query language on one screen, with every field.
pub fn help() -> String {
    let mut text = INTRO.to_owned();
    for field in FIELDS.iter().filter(|field| field.is_queryable()) {
        let names = [&[field.key], field.aliases].concat().join(", ").replace('_', "-");
        // Writing to a string cannot fail.
        let _ = write!(text, "  {names:<24}  {}", field.help);
        if let FieldType::Choice(values) = field.ty {
            let _ = write!(text, ": {}", values.join(", "));
        }
        text.push('\n');
    }
    text
}
