//! `help query`, from the same table as everything else.

use std::fmt::Write;

use crate::fields::{FIELDS, FieldType};

const INTRO: &str = "\
Words: letter case never counts
  whoami                    commands with that word in the command or its output
  cat /etc/passwd           several words: all of them, anywhere
  \"cat /etc/passwd\"         exactly this, one after the other
  /etc/pass*                a word that begins like this
  -rf  |  >/dev/null        signs are words like others

Texts: found anywhere, also inside words; letter case, signs and spaces count
  'rm -rf /'                exactly this; '' stands for a quote
  /curl .*\\|\\s*(ba)?sh/     a regular expression; (?i) makes letter case not count, ^ and $ are the ends
                            of a line, \\/ is a slash; with none of ( ) [ ] { } | ^ ? $ \\ .* it is a path

Where
  in:output Permission      only in the output, or in:command; it is said of all texts beside it
  os-user:root              a field; - and _ are alike. identity:\"alice bob\", host:'db-', identity:/user.a/
  os-user:*                 any value; NOT os-user:* finds what no log proves
  program:curl              run in any part of a pipeline or list, also behind sudo, env, nohup, xargs
  privileged:yes            as root, Administrator or SYSTEM, or through sudo, doas, su, pkexec or runas
  has:gap                   of a session whose record, or a copy, lacks something; has:person is person:*

When
  since:7d  until:2024-05   an age, a month, a day, a minute or RFC 3339
  at:2024-05-01T14:30±10m   about that time; +- is as good
  time:[2024-05-01 TO *]    a range, * is open
  confidence:>=0.9  seq:<5  numbers and times

Together
  whoami OR id              either
  NOT os-user:root          everything else
  (whoami OR id) host:web   parentheses

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
