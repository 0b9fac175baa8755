//! Lines that show some of their text twice, because the step back that went before it is lost.
//!
//! Who goes back to a line's start and types there makes the editor write the rest of the line again, once for every
//! key: `ls /tmp`, `sls /tmp`, `uls /tmp`, … stand glued to each other. Who types into an editor that shows suggestions
//! makes it write the rest of the suggestion again.

/// Less of a line, written again, is no sign of anything.
const SHORTEST: usize = 4;
/// What stands where the cursor went back: a step, and a bell.
const STEPS: [char; 2] = ['\u{8}', '\u{7}'];
/// Text longer than this is not looked at.
const LONGEST: usize = 4096;

/// What a line says in whose start something was inserted. `starts` says whether a command may begin so.
///
/// `A I A` is `I A`, and so is `A i A n A` with letters coming one by one; of the last line only what fits the terminal
/// is written each time.
pub(crate) fn inserted_in_front(line: &str, starts: impl Fn(&str) -> bool) -> Option<String> {
    let line = line.trim_end();
    // of most lines the start comes but once
    if let Some((_, rest)) = line.as_bytes().split_first()
        && let Some(start) = line.as_bytes().first_chunk::<SHORTEST>()
        && start.is_ascii()
        && start[1] != 0x08
        && !rest.array_windows().any(|again| again == start)
    {
        return None;
    }
    let all: Vec<char> = line.chars().take(LONGEST).collect();
    let text = doubled_start(&all);
    let key = text.get(..SHORTEST)?;
    if key.contains(&'\u{8}') || key.contains(&' ') && text.len() < 16 {
        return None;
    }
    let mut again: Vec<usize> = Vec::new();
    let mut at = SHORTEST;
    while at + SHORTEST <= text.len() {
        if text[at..].starts_with(key) {
            again.push(at);
            at += SHORTEST;
        } else {
            at += 1;
        }
    }
    let first = *again.first()?;
    // one key was pressed before the line was written again; or several at once, and the last time it is written whole
    let whole = again.iter().rev().map(|at| text.len() - at);
    let whole = whole.filter(|len| *len < first && text[text.len() - len..] == text[..*len]);
    let by_key = (again.len() > 1).then_some(first - 1);
    // or went back some steps first, and rang where it could go no further
    let stepped = text[..first].iter().position(|c| STEPS.contains(c));
    by_key.into_iter().chain(whole).chain(stepped).find_map(|old| put_in_front(text, old, &again, &starts))
}

/// What a line says before which a command was put that begins with the same letter, from which on the line differs: going
/// to the start rings, the letter is stepped over by writing it, and the others are put behind it.
pub(crate) fn inserted_alike(line: &str, is_command: impl Fn(&str) -> bool) -> Option<String> {
    let (old, rest) = line.split_at(line.find('\u{8}')?);
    let rest = rest.trim_start_matches('\u{8}').strip_prefix('\u{7}')?.trim_start_matches(STEPS);
    let mut chars = rest.chars();
    let letter = chars.next().filter(|c| old.starts_with(*c))?;
    let behind = chars.as_str().strip_prefix('\u{8}').filter(|behind| !behind.contains(STEPS))?;
    let read = format!("{letter}{behind}{old}");
    let first = |text: &str| text.split_whitespace().next().is_some_and(&is_command);
    (behind.ends_with(' ') && first(&read) && !first(old)).then_some(read)
}

/// What a line says that was changed in a row above its last: behind steps back all is drawn again from the change on, where
/// it wraps by itself. What stood there had a blank at the edge.
pub(crate) fn changed_before_wrap(raw: &[u8], prompt: &str) -> Option<String> {
    const LEAST: usize = 6;
    /// Characters put in.
    const MOST: usize = 3;
    let raw = Some(raw).filter(|raw| raw.len() <= LONGEST)?;
    let text = std::str::from_utf8(raw).ok()?;
    let text = &text[text.find(prompt)? + prompt.len()..];
    let (old, new) = text.split_once('\u{8}')?;
    let new = new.trim_start_matches('\u{8}').trim_end();
    // the prompt may be drawn once more
    let new = new.strip_suffix(prompt.trim_end()).unwrap_or(new);
    if new.contains(STEPS) || prompt.trim().is_empty() || old.contains('\u{1b}') || new.contains('\u{1b}') {
        return None;
    }
    new.char_indices().take(MOST + 1).enumerate().find_map(|(put_in, (at, _))| {
        let same = &new[at..];
        let count = letters(same).count();
        let start = old.char_indices().rev().filter(|(_, c)| *c != ' ').nth(count.checked_sub(1)?)?.0;
        let (head, tail) = old.split_at(start);
        let wrapped = tail.len() > same.len() && letters(tail).eq(letters(same));
        if count < LEAST || !wrapped {
            return None;
        }
        // nothing was put in: what stood before it was taken out
        let mut head = head.to_owned();
        if put_in == 0 && head.pop()? == ' ' {
            return None;
        }
        Some(head + new)
    })
}

/// What a text is but for its blanks, which wraps leave and take.
pub(crate) fn letters(text: &str) -> impl DoubleEndedIterator<Item = char> + Clone {
    text.chars().filter(|c| *c != ' ')
}

/// How many letters are left of the longer of two texts without what both begin with and what both end with; blanks aside.
pub(crate) fn rest_of_unlike(a: &str, b: &str) -> usize {
    let (mut a, mut b) = (letters(a), letters(b));
    for at_end in [false, true] {
        loop {
            let left = (a.clone(), b.clone());
            let next = if at_end { (a.next_back(), b.next_back()) } else { (a.next(), b.next()) };
            if next.0 != next.1 || next.0.is_none() {
                (a, b) = left;
                break;
            }
        }
    }
    a.count().max(b.count())
}

/// What a line says before which something was put: going to its start rang. `true` where nothing else it may be: the line was
/// written again each time, without the blank that it may have had at the edge, or can be no command alone.
pub(crate) fn put_before(raw: &str, prompt: &str, starts: impl Fn(&str) -> bool) -> Option<(String, bool)> {
    const LEAST: usize = 6;
    let text = raw.get(raw.find(prompt)? + prompt.len()..)?.trim_end_matches('\n');
    let (old, new) = text.split_at(text.find(STEPS)?);
    // the prompt may be drawn once more
    let again = old.rfind(prompt).filter(|_| prompt.trim().len() > 2).map(|at| &old[at + prompt.len()..]);
    let old = again.unwrap_or(old);
    let typed = new.trim_start_matches(STEPS);
    let rang = new[..new.len() - typed.len()].contains('\u{7}');
    if text.len() > LONGEST || !rang || typed.is_empty() {
        return None;
    }
    let new: String = new.chars().filter(|c| !STEPS.contains(c)).collect();
    let count = letters(old).count();
    let start = new.char_indices().rev().filter(|(_, c)| *c != ' ').nth(count.checked_sub(1)?);
    let again =
        start.map(|(at, _)| &new[at..]).filter(|again| count >= LEAST && letters(again).eq(letters(old)));
    let begins = |text: &str| text.split_once(' ').is_some_and(|(name, _)| starts(name));
    if let Some(again) = again {
        // where the line ends at the edge, a blank stands before the next letter
        let apart = |part: &'_ str| part.strip_prefix(' ').filter(|rest| !rest.is_empty()).map(str::to_owned);
        let letters = new.split(again).map(|part| apart(part).unwrap_or_else(|| part.to_owned()));
        let ways = [new.replace(again, "") + again, letters.collect::<String>() + again];
        return ways.into_iter().find(|text| begins(text)).map(|text| (text, true));
    }
    // the first letter stays where what is put before the line begins with it
    let old = old.trim_end();
    let rest = old.strip_prefix(|_: char| true)?;
    let first = &old[..old.len() - rest.len()];
    let texts = [format!("{new}{old}"), format!("{first}{new}{rest}")];
    // a name and a blank, put before what no command begins with
    let named =
        typed.ends_with(' ') && !typed.contains(STEPS) && !old.starts_with(|c: char| c.is_alphanumeric());
    texts.into_iter().find(|text| begins(text)).map(|text| (text, named))
}

/// What a line says in whose start letters were put one by one, each of which made the editor draw the prompt and the rest
/// of the first row again: `text` is what was drawn behind the first prompt.
pub(crate) fn inserted_behind_prompt(text: &str, prompt: &str) -> Option<String> {
    let old = text.split(STEPS).next()?.trim_end();
    let key =
        old.get(..SHORTEST).filter(|key| !prompt.trim().is_empty() && !key.contains(' ') || old.len() > 8)?;
    let mut parts = text.get(old.len()..).filter(|rest| rest.len() <= LONGEST)?.split(prompt);
    let front = |part: &str| {
        let drawn = part.rsplit(STEPS).next().unwrap_or_default();
        drawn.find(key).map(|at| drawn[..at].to_owned())
    };
    let first = parts.next()?;
    // drawn again it has no blanks that a wrap left
    let copy = first.rsplit(STEPS).next().and_then(|drawn| Some(drawn[drawn.find(key)?..].trim_end()));
    let whole = copy.filter(|copy| letters(copy).eq(letters(old))).unwrap_or(old);
    let mut word = front(first).unwrap_or_default().trim_start().to_owned();
    if word.is_empty() && first.contains(STEPS) && first.contains(key) {
        // as the line begins with the first letter, only the rest was drawn behind it
        word.extend(old.chars().next());
    }
    let mut again = 0;
    for more in parts.map_while(front).filter(|more| !more.is_empty()) {
        // each letter alone, or all of them so far
        word = if more.len() > word.len() && more.starts_with(&word) { more } else { word + &more };
        again += 1;
    }
    (again > 0).then(|| word + whole)
}

/// What a line of several rows says in whose middle a character was put or taken out: `text` is what was drawn first, and
/// `again` what was drawn when the cursor had gone there.
pub(crate) fn changed_in_row_above(text: &str, again: &str) -> Vec<String> {
    const HEAD: usize = 8;
    let mut out = Vec::new();
    let head = |from: &str| from.char_indices().nth(HEAD).map(|(at, _)| from[..at].to_owned());
    let first = again.chars().next().map_or(0, char::len_utf8);
    if let Some(at) = head(&again[first..]).and_then(|head| text.find(&head)) {
        out.push(format!("{}{}{}", &text[..at], &again[..first], &text[at..]));
    }
    if let Some(at) = head(again).and_then(|head| text.find(&head)).filter(|at| *at > 0)
        && let Some((before, _)) = text[..at].char_indices().next_back()
    {
        out.push(format!("{}{}", &text[..before], &text[at..]));
    }
    out
}

/// Reads `text` as a line of `old` characters that was written again at each of `again`, with something put in front each
/// time.
fn put_in_front(text: &[char], old: usize, again: &[usize], starts: impl Fn(&str) -> bool) -> Option<String> {
    if old < SHORTEST || text[..old].contains(&'\u{8}') {
        return None;
    }
    let mut front = String::new();
    let (mut at, mut back) = (old, 0);
    // wraps leave blanks in one copy and not in another
    let mut best = &text[..old];
    while at < text.len() {
        let next = *again.iter().find(|a| **a >= at)?;
        // so many steps lead over what was written again
        let steps = text[at..next].iter().take_while(|c| **c == '\u{8}').count();
        let over = if steps >= back { back } else { 0 };
        for c in &text[at + over..next] {
            match c {
                '\u{8}' => drop(front.pop()),
                '\u{7}' => {}
                c => front.push(*c),
            }
        }
        let (same, whole) = same_but_for_blanks(&text[next..], &text[..old]);
        if same < SHORTEST.max(old.min(8)) {
            return None;
        }
        if whole && same < best.len() {
            best = &text[next..next + same];
        }
        (at, back) = (next + same, same);
        if text[at..].iter().all(|c| matches!(c, ' ' | '\u{8}')) {
            break;
        }
    }
    let old: String = best.iter().collect();
    let glued = front.starts_with(|c: char| c.is_alphanumeric() || matches!(c, '.' | '/' | '(' | '!'));
    if !glued || front.is_empty() {
        return None;
    }
    let begins = |read: &String| read.split_whitespace().next().is_some_and(&starts);
    // the blank behind a command may be taken for one that a wrap left
    let ways = [format!("{front}{old}"), format!("{front} {old}")];
    ways.into_iter().find(begins)
}

/// How many characters of `text` are the start of `old` but for blanks that either has more, and whether that is all of it.
fn same_but_for_blanks(text: &[char], old: &[char]) -> (usize, bool) {
    let (mut at, mut seen) = (0, 0);
    while let (Some(a), Some(b)) = (text.get(at), old.get(seen)) {
        match (a, b) {
            (a, b) if a == b => (at, seen) = (at + 1, seen + 1),
            (' ', b) if text.get(at + 1) == Some(b) => at += 1,
            (a, ' ') if old.get(seen + 1) == Some(a) => seen += 1,
            _ => break,
        }
    }
    (at, seen == old.len())
}

/// zsh writes a line's first character twice.
fn doubled_start(text: &[char]) -> &[char] {
    match text {
        [a, '\u{8}', b, ..] if a == b => &text[2..],
        _ => text,
    }
}

/// What was typed into an editor that shows a suggestion behind the cursor and writes it again for every key: with `it`
/// suggested behind `.ex`, typing it gives `.ex` `it` `i` `t` `t`.
pub(crate) fn without_suggestions(text: &str) -> Option<String> {
    let all: Vec<char> = text.chars().take(LONGEST).collect();
    // one letter written twice means nothing unless more of a suggestion is seen
    let longest = |at: usize| (2..=12).rev().find(|n| all[at..].starts_with(&suggested(&all, at, *n)));
    if !(0..all.len()).any(|at| longest(at).is_some()) {
        return None;
    }
    let mut out = String::new();
    let mut at = 0;
    while at < all.len() {
        let n = longest(at).or_else(|| {
            (at > 0 && all[at].is_alphanumeric() && all.get(at + 1) == Some(&all[at])).then_some(1)
        });
        match n {
            Some(n) => {
                out.extend(&all[at..at + n]);
                at += n * (n + 3) / 2;
            }
            None => {
                out.push(all[at]);
                at += 1;
            }
        }
    }
    Some(out)
}

/// What typing a suggestion of `n` characters shows, if they stand at `at`; nothing fits where there are not so many.
fn suggested(all: &[char], at: usize, n: usize) -> Vec<char> {
    let Some(word) = all.get(at..at + n).filter(|w| w.iter().all(|c| c.is_alphanumeric())) else {
        return vec!['\0'];
    };
    let mut out = word.to_vec();
    for i in 0..n {
        out.push(word[i]);
        out.extend(&word[i + 1..]);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_put_before_a_line_stands_behind_the_bell() {
        let of = |raw: &str| put_before(raw, "$ ", |name| ["mk", "echo"].contains(&name));
        let again =
            "$ -p ~/ab && cd ~/a b\u{8}\u{8}\u{7}m-p ~/ab && cd ~/abk-p ~/ab && cd ~/ab -p ~/ab && cd ~/ab";
        assert_eq!(of(again), Some(("mk -p ~/ab && cd ~/ab".to_owned(), true)));
        assert_eq!(of("$ one 2\u{8}\u{7}\u{8}echo\u{8}\u{8} "), Some(("echo one 2".to_owned(), false)));
        assert_eq!(of(&again.replace('\u{8}', "")), of(again));
        let edge = "$ -p ~/abcd\u{8}\u{8}\u{7}m-p ~/abcd k-p ~/abcd -p ~/abcd";
        assert_eq!(of(edge), Some(("mk -p ~/abcd".to_owned(), true)));
        assert_eq!(of("$ end 2\u{8}\u{7}\u{8}cho e\u{8}"), Some(("echo end 2".to_owned(), false)));
        assert_eq!(of("$ one 2\u{8}x"), None);
        assert_eq!(of("$ -n 2 ~/ab\u{8}\u{8}\u{7}echo "), Some(("echo -n 2 ~/ab".to_owned(), true)));
    }

    #[test]
    fn what_is_drawn_again_behind_a_change_above_the_edge_is_the_end() {
        let of = |old: &str, new: &str| {
            let raw = format!("$ {old}{}{new}", "\u{8}".repeat(9));
            changed_before_wrap(raw.as_bytes(), "$ ")
        };
        assert_eq!(of("echo misxsi ng abcd", "sing abcd").as_deref(), Some("echo missing abcd"));
        assert_eq!(
            of("test -f~/ab || echo mis sing", " ~/ab || echo missing$ ").as_deref(),
            Some("test -f ~/ab || echo missing")
        );
        assert_eq!(of("echo misxsing abcd", "sing abcd"), None, "no blank tells of an edge");
        assert_eq!(of("echo ab cd", "pwd"), None);
    }

    #[test]
    fn letters_drawn_with_their_prompt_come_first() {
        let old = "-p ~/tmp/x && cd ~/tmp/x";
        let each = format!("{old}\u{8}\u{8}\u{7}\u{8}mkdi{old} ops$ r{old}ops$  {old}ops$ ");
        assert_eq!(inserted_behind_prompt(&each, "ops$ "), Some(format!("mkdir {old}")));
        let all = format!("{old}\u{7}\u{8}m{old}ops$ mk{old}ops$ mk {old}ops$ ");
        assert_eq!(inserted_behind_prompt(&all, "ops$ "), Some(format!("mk {old}")));
        let alike = format!("{old}\u{7}{old}ops$ r{old}ops$  {old}ops$ ").replace("-p", "tp");
        assert_eq!(inserted_behind_prompt(&alike, "ops$ "), Some(format!("tr {}", old.replace("-p", "tp"))));
        assert_eq!(inserted_behind_prompt("ls -la /tmp", "$ "), None);
    }

    #[test]
    fn a_character_is_put_into_the_row_above_or_taken_out() {
        let of = changed_in_row_above;
        assert_eq!(of("cat /app.log | wc", "~/app.log |")[0], "cat ~/app.log | wc");
        assert!(of("true dxqntf --flag", "qntf --fla").contains(&"true dqntf --flag".to_owned()));
    }

    fn front(line: &str) -> Option<String> {
        inserted_in_front(line, |w| ["head", "sudo", "time", "echo", "ls"].contains(&w))
    }

    #[test]
    fn what_was_put_in_front_comes_first() {
        assert_eq!(front("cat ~/app.ymlhead -2 cat ~/app.yml").as_deref(), Some("head -2 cat ~/app.yml"));
        assert_eq!(front("ls -lasls -lauls -ladls -laols -la ls -la").as_deref(), Some("sudo ls -la"));
        assert_eq!(
            front("find /var/log -type ftfind /var/log -typifind /var/log -tymfind /var/log -tefind /var/log - find /var/log ").as_deref(),
            Some("time find /var/log -type f"),
            "cut at the terminal's edge"
        );
        assert_eq!(front("s\u{8}systemctl stop xssystemctl stop x\u{8}susystemctl stop xdsystemctl stop xosystemctl stop x systemctl stop x").as_deref(), Some("sudo systemctl stop x"));
    }

    #[test]
    fn who_goes_back_step_by_step_and_rings_puts_it_in_front_too() {
        let back = "\u{8}\u{8}\u{8}\u{7}";
        assert_eq!(
            front(&format!("~/a.yml{back}h~/a.ymle~/a.ymla~/a.ymld~/a.yml ~/a.yml")).as_deref(),
            Some("head ~/a.yml")
        );
    }

    #[test]
    fn a_command_put_in_front_may_begin_as_the_line_does() {
        let read = |line: &str| inserted_alike(line, |word| ["echo", "ls"].contains(&word));
        assert_eq!(
            read("erasr 874\u{8}\u{8}\u{8}\u{7}\u{8}\u{8}\u{8}e\u{8}cho ").as_deref(),
            Some("echo erasr 874")
        );
        assert_eq!(read("ls -lx\u{8}\u{7}l\u{8}s "), None, "the line has a command");
        assert_eq!(read("ls -lx\u{8} /srv"), None);
    }

    #[test]
    fn steps_over_what_was_written_again_erase_nothing() {
        let back = "\u{8}".repeat(14);
        let line = format!(
            "/no/such/egrec\u{8}\u{8}\u{7}l/no/such/egrec{back}s/no/such/egrec{back} /no/such/egrec{back}"
        );
        assert_eq!(front(&line).as_deref(), Some("ls /no/such/egrec"));
        // a wrap left a blank in the first copy
        let copy = "\"a: b\" > /tmp/whoran-x";
        let line = format!("\"a: b\" > /tmp/who ran-xe{copy}c{copy}h{copy}o{copy} {copy}");
        assert_eq!(front(&line).as_deref(), Some("echo \"a: b\" > /tmp/whoran-x"));
    }

    #[test]
    fn what_is_put_in_front_is_cut_at_the_edge_each_time() {
        let old = "~/app.log | grep INFO |  sort -rn |  head -1";
        let row = "~/app.log | grep INFO | sort -rn | h";
        let rows: String = [(0, 'c'), (1, 'a'), (2, 't'), (3, ' ')]
            .map(|(cut, c)| format!("{c}{}", &row[..row.len() - cut]))
            .concat();
        let line = format!("{old}\u{8}\u{8}\u{8}\u{7}\u{8}\u{8}{rows}");
        let read = inserted_in_front(&line, |word| word == "cat");
        assert_eq!(read, Some(format!("cat {old}")));
    }

    #[test]
    fn a_word_said_twice_is_no_redraw() {
        assert_eq!(front("cat a.txt; cat a.txt"), None);
        assert_eq!(front("make && make install"), None);
        assert_eq!(front("echo echo"), None);
        assert_eq!(front("test -f test"), None);
    }

    #[test]
    fn suggestions_are_taken_out() {
        assert_eq!(without_suggestions(".exititt").as_deref(), Some(".exit"));
        assert_eq!(
            without_suggestions("const os=requireree(\"oss\")").as_deref(),
            Some("const os=require(\"os\")")
        );
        assert_eq!(without_suggestions("console.log(1)"), None);
    }
}
