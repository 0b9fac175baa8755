//! What a prompt says about user, host and directory.

use super::candidates::is_shell_sign;

/// What could be read from a prompt.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Says {
    pub(crate) user: Option<String>,
    pub(crate) host: Option<String>,
    pub(crate) cwd: Option<String>,
    /// It ends in the sign that shells show to root.
    pub(crate) root_sign: bool,
}

/// What stands between user and host: Kali has a sign of its own, of which the agent's filter leaves two bytes.
const SIGNS: [&str; 3] = ["@", "㉿", "\u{fffd}\u{fffd}"];

/// Reads a prompt: `user@host`, the directory behind it or beginning with `~` or `/`, and the sign at its end.
pub(crate) fn says(prompt: &str) -> Says {
    let visible = prompt.trim_end();
    let mut said = Says { root_sign: visible.ends_with('#'), ..Says::default() };
    let user_char = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | '$' | '\\');
    let host_char = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_');
    for at in memchr::memchr3_iter(b'@', 0xe3, 0xef, visible.as_bytes()) {
        let Some(sign) = SIGNS.iter().find(|sign| visible[at..].starts_with(**sign)) else { continue };
        let before = &visible[..at];
        let user = &before[before.rfind(|c| !user_char(c)).map_or(0, |i| i + char_len(before, i))..];
        let after = &visible[at + sign.len()..];
        let host = &after[..after.find(|c| !host_char(c)).unwrap_or(after.len())];
        // damaged bytes stand elsewhere too
        let in_brackets = || before.ends_with(&format!("({user}")) && after[host.len()..].starts_with(')');
        let named = user.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
            && (*sign != SIGNS[2] || in_brackets());
        if named && host.starts_with(|c: char| c.is_ascii_alphanumeric()) {
            said.user = Some(user.to_owned());
            said.host = Some(host.to_owned());
            let rest = &after[host.len()..];
            let rest = rest.trim_start_matches([':', ' ', ']', ')']);
            let end = rest.find([' ', ']', ')', '$', '#', '%', '>', '}']).unwrap_or(rest.len());
            let dir = rest[..end].trim_end_matches(':');
            if !dir.is_empty() && !dir.bytes().all(|b| b.is_ascii_digit() || b == b':') {
                said.cwd = Some(dir.to_owned());
            }
            break;
        }
    }
    if said.cwd.as_deref().is_none_or(|d| !d.starts_with(['~', '/'])) {
        let path =
            visible.split([' ', ':', '[', ']', '(', ')', '|', '{', '}']).find(|w| w.starts_with(['~', '/']));
        if let Some(path) = path {
            let path = path.trim_end_matches(is_shell_sign);
            if !path.is_empty() {
                said.cwd = Some(path.to_owned());
            }
        }
    }
    said
}

fn char_len(text: &str, at: usize) -> usize {
    text[at..].chars().next().map_or(1, char::len_utf8)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(prompt: &str) -> (String, String, String) {
        let s = says(prompt);
        (s.user.unwrap_or_default(), s.host.unwrap_or_default(), s.cwd.unwrap_or_default())
    }

    #[test]
    fn user_host_and_directory() {
        let is = |u: &str, h: &str, d: &str| (u.to_owned(), h.to_owned(), d.to_owned());
        assert_eq!(read("[ec2-user@ip-10-0-1-23 ~]$ "), is("ec2-user", "ip-10-0-1-23", "~"));
        assert_eq!(read("ubuntu@ip-172-31-5-6:/usr/bin$ "), is("ubuntu", "ip-172-31-5-6", "/usr/bin"));
        assert_eq!(read("[root@web etc]# "), is("root", "web", "etc"));
        assert_eq!(read("sh-5.2$ "), is("", "", ""));
        assert_eq!(read("12:00 ~/src (main) % "), is("", "", "~/src"));
        for sign in ["@", "㉿", "\u{fffd}\u{fffd}"] {
            let kali = format!("┌──(kali{sign}box)-[/etc]");
            assert_eq!(read(&kali), is("kali", "box", "/etc"), "{kali}");
        }
        assert_eq!(read("ops\u{fffd}\u{fffd}~ "), is("", "", ""));
    }
}
