//! What PowerShell takes for a whole command: it asks for more while something is open.

/// Whether a prompt is PowerShell's own: `PS C:\> `, of another machine `[web]: PS C:\> `.
pub(crate) fn is_powershells(prompt: &str) -> bool {
    let own = prompt.strip_prefix('[').and_then(|host| host.split_once("]: ")).map_or(prompt, |(_, own)| own);
    own.starts_with("PS ") && own.trim_end().ends_with('>')
}

/// Whether PowerShell runs `text` as it stands, and asks for no further line (`about_Parsing`, `about_Quoting_Rules`).
pub(crate) fn is_whole(text: &str) -> bool {
    let (mut depth, mut quote, mut here) = (0_usize, None, None);
    for line in text.lines() {
        if let Some(end) = here {
            // it ends at the start of a line
            here = here.filter(|_| !line.starts_with(end));
            continue;
        }
        let mut chars = line.chars().peekable();
        while let Some(c) = chars.next() {
            match (quote, c) {
                // behind a backtick no sign means anything, but between single quotes
                (None | Some('"'), '`') => {
                    chars.next();
                }
                (Some(open), c) if c == open => quote = None,
                (Some(_), _) => {}
                (None, '@') if chars.peek() == Some(&'"') && ends_with(line, "@\"") => here = Some("\"@"),
                (None, '@') if chars.peek() == Some(&'\'') && ends_with(line, "@'") => here = Some("'@"),
                (None, '#') => break,
                (None, '"' | '\'') => quote = Some(c),
                (None, '(' | '{' | '[') => depth += 1,
                (None, ')' | '}' | ']') => depth = depth.saturating_sub(1),
                _ => {}
            }
            if here.is_some() {
                break;
            }
        }
    }
    let last = text.trim_end();
    depth == 0 && quote.is_none() && here.is_none() && !last.ends_with(['|', '`', ','])
}

fn ends_with(line: &str, sign: &str) -> bool {
    line.trim_end().ends_with(sign)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_open_asks_for_more() {
        for whole in [
            "Get-Process",
            "foreach ($s in 'a','b') {\n  Write-Host $s\n}",
            "Write-Host 'it''s' # {",
            "$x = @\"\n{ 'a'\n\"@",
            "Write-Host \"a `\" b\"",
        ] {
            assert!(is_whole(whole), "{whole}");
        }
        for open in
            ["if ($x) {", "Get-Process |", "Write-Host 'a", "$x = @'", "$x = @'\n'a'", "Get-Foo `", "f @(1,"]
        {
            assert!(!is_whole(open), "{open}");
        }
        assert!(is_powershells("PS C:\\> ") && is_powershells("[web02]: PS C:\\Users\\adm> "));
        assert!(!is_powershells("C:\\>") && !is_powershells("PS1> x$ "));
    }
}
