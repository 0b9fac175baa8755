//! What a streaming copy kept of a line editor that marks itself.
//!
//! The agent keeps a line as it was when one of its sequences is not to its liking; zsh and fish write such a one with
//! every prompt. Of their editing nothing is missing but carriage returns, and where those stood can be told: behind the
//! blanks that fill a row, around the character that zsh writes twice to wrap, before the sequence with which it draws
//! its prompt anew. See FORMATS of the agent: every `CR` of a streamed line is deleted.

use std::ops::Range;

use memchr::memmem;
use unicode_width::UnicodeWidthChar;

use super::first_char;

const OPENS: &[u8] = b"\x1b[?2004h";
const CLOSES: &[u8] = b"\x1b[?2004l";
/// What zsh writes right before its marks, the keypad on and off, and fish with every colour; the agent keeps a line for
/// them.
const ZSH: [&[u8]; 2] = [b"\x1b=", b"\x1b>"];
const FISH: &[u8] = b"\x1b(B";
/// zsh begins to draw its prompt with this, in the first column.
const DRAWS: &[u8] = b"\x1b[0m\x1b[27m\x1b[24m";
/// The same with what follows in an editor that it does so in.
pub(super) const DRAWS_BELOW: &[u8] = b"\x1b[0m\x1b[27m\x1b[24m\x1b[J";
/// The sign with which fish marks a missing line end.
const FISH_SIGN: &[u8] = "⏎ ".as_bytes();
/// How a full-screen program leaves the screen.
const LEFT: &[u8] = b"\x1b[?1049l";
/// Lines one use of an editor may take.
const MOST_LINES: usize = 200;
/// Bytes that it may write.
const MOST_BYTES: usize = 1 << 16;
/// How often in one use of an editor it is asked how far its row is written.
const MOST_LOOKS: usize = 8;
/// Blanks that can be no text.
const MANY_BLANKS: usize = 19;

/// The uses of line editors that were kept whole, each from the start of its first line to behind its closing mark.
pub(super) fn editors(bytes: &[u8]) -> Vec<Range<usize>> {
    let mut out: Vec<Range<usize>> = Vec::new();
    let mut closings = memmem::find_iter(bytes, CLOSES).peekable();
    for opening in memmem::find_iter(bytes, OPENS) {
        if out.last().is_some_and(|r| opening < r.end) {
            continue;
        }
        while closings.next_if(|at| *at < opening).is_some() {}
        let Some(&closing) = closings.peek() else { break };
        // what another program left on the line before says nothing of this editor
        let zsh = ZSH.iter().any(|own| bytes[..opening].ends_with(own) || bytes[..closing].ends_with(own));
        let (mut opened, mut closing) = (opening, closing);
        if zsh {
            // zsh goes on where it was, fish draws the line anew
            while let Some(hole) = hole(bytes, closing) {
                let near = &bytes[hole.end..bytes.len().min(hole.end + MOST_BYTES)];
                let Some(next) = memmem::find(near, CLOSES) else { break };
                if !may_edit(&bytes[opened + OPENS.len()..closing]) {
                    break;
                }
                (opened, closing) = (hole.end, hole.end + next);
            }
        }
        let between = &bytes[(opened + OPENS.len()).min(closing)..closing];
        if !may_edit(between) || goes_on(&bytes[closing + CLOSES.len()..]) {
            continue;
        }
        let lines = memchr::memchr_iter(b'\n', between).count();
        // bash closes its editor behind the line end, where the mark is mostly lost: its lines are read one by one
        let at_start = bytes[..closing].ends_with(b"\n");
        if lines > MOST_LINES || at_start || lines > 0 && !ends_editing(between) {
            continue;
        }
        let start = memchr::memrchr(b'\n', &bytes[..opening]).map_or(0, |lf| lf + 1);
        let start = out.last().map_or(start, |r| start.max(r.end));
        // another editor had the line: what it drew last is no part of that
        let near = start.max(opening.saturating_sub(MOST_BYTES));
        let left = memmem::rfind(&bytes[near..opening], LEFT).map(|at| near + at + LEFT.len());
        let start = left.unwrap_or(start);
        if !zsh && memmem::find(between, FISH).is_none() {
            continue;
        }
        out.push(start..closing + CLOSES.len());
    }
    out
}

/// Where an editor of files had the line that zsh's editor went on with, behind the closing mark that stands at `closing`.
fn hole(bytes: &[u8], closing: usize) -> Option<Range<usize>> {
    const LONGEST: usize = 1 << 18;
    let start = closing + CLOSES.len();
    let behind = &bytes[start..bytes.len().min(start + LONGEST)];
    let end = start + if goes_on(behind) { memmem::find(behind, LEFT)? + LEFT.len() } else { return None };
    let resumed = memmem::find(&bytes[end..bytes.len().min(end + 128)], OPENS)?;
    text_free(&bytes[end..end + resumed]).then_some(start..end + resumed)
}

/// All of them in an editor's own bytes, the next one last.
pub(super) fn holes(bytes: &[u8], own: &Range<usize>) -> Vec<Range<usize>> {
    let closings = memmem::find_iter(&bytes[own.clone()], CLOSES).map(|at| own.start + at);
    let mut holes: Vec<_> =
        closings.filter(|at| at + CLOSES.len() < own.end).filter_map(|at| hole(bytes, at)).collect();
    holes.reverse();
    holes
}

/// Whether what stands between two marks may be all that an editor wrote.
fn may_edit(between: &[u8]) -> bool {
    between.len() <= MOST_BYTES && memmem::find(between, OPENS).is_none() && is_editing(between)
}

/// Whether these may be the bytes of a line editor, and not of a full-screen program or a file.
fn is_editing(between: &[u8]) -> bool {
    let usual = |b: u8| b >= b' ' || matches!(b, 0x07 | 0x08 | b'\t' | b'\n' | b'\r' | 0x1b);
    between.iter().all(|b| usual(*b))
        && !memmem::find_iter(between, b"\x1b[").any(|at| is_placing(&between[at + 2..]))
}

/// Whether a sequence is one of those with which programs use the whole screen.
fn is_placing(params: &[u8]) -> bool {
    let end = params.iter().take(16).position(|b| (0x40..0x7f).contains(b)).unwrap_or(0);
    let (params, last) = (&params[..end], params.get(end));
    params.starts_with(b"?1049") || params.contains(&b';') && matches!(last, Some(b'H' | b'f' | b'r'))
}

/// Whether the last line before a closing mark is an editor's: nothing but sequences, steps over its rows, or its prompt
/// drawn anew below what something else said.
fn ends_editing(between: &[u8]) -> bool {
    let last = memchr::memrchr(b'\n', between).map_or(between, |lf| &between[lf + 1..]);
    let steps = || memmem::find(last, b"\x1b[A").is_some();
    let searches = last.starts_with(b"bck-i-search: ") || last.starts_with(b"fwd-i-search: ");
    // zsh switches the keypad back when it leaves
    let zsh = between.ends_with(ZSH[1]);
    zsh || searches && steps()
        || last.starts_with(b"\x1b")
            && (text_free(last) || steps() || last.starts_with(DRAWS) || typed_ahead(last))
}

/// Whether the terminal showed keys between fish's last colour and its mark: they were typed before the command could run.
fn typed_ahead(last: &[u8]) -> bool {
    const LONGEST: usize = 256;
    const RESET: &[u8] = b"\x1b(B\x1b[m";
    let keys = memchr::memrchr(0x1b, last).map_or(0, |at| at + b"\x1b[m".len());
    let (before, keys) = last.split_at(keys.min(last.len()));
    before.ends_with(RESET) && text_free(before) && keys.len() < LONGEST
}

fn text_free(line: &[u8]) -> bool {
    behind_sequences(line).is_empty()
}

/// What follows the sequences at the start of `line`; all of it where one has no end.
fn behind_sequences(mut line: &[u8]) -> &[u8] {
    while let Some(rest) = line.strip_prefix(b"\x1b") {
        let skipped = match rest.first() {
            Some(b'[') => rest.iter().skip(1).position(|b| (0x40..0x7f).contains(b)).map(|n| n + 2),
            Some(b'(' | b')') => Some(2),
            Some(_) => Some(1),
            None => Some(0),
        };
        let Some(skipped) = skipped.filter(|n| *n <= rest.len()) else { break };
        line = &rest[skipped..];
    }
    line
}

/// Whether zsh took the mark of its editor back for a while only, before `next`: an editor of files is given the line and has the
/// screen at once, or something was said below the line, whose prompt stays where it is.
pub(super) fn goes_on(next: &[u8]) -> bool {
    const NEAR: usize = 128;
    let near = &next[..next.len().min(NEAR)];
    let returns = near.iter().take_while(|b| **b == b'\r').count();
    let sequences = &near[..near.len() - behind_sequences(near).len()];
    if returns == 0 {
        return memmem::find(sequences, b"\x1b[?1049h").is_some();
    }
    let Some(stays) = near[returns..].strip_prefix(DRAWS).filter(|rest| !rest.starts_with(b"\x1b[J")) else {
        return false;
    };
    let row = behind_sequences(stays);
    let row = row.strip_prefix(b"\r").unwrap_or(row);
    memmem::find(&row[..row.len() - behind_sequences(row).len()], OPENS).is_some()
}

/// How far it is to the line feed where an editor took its mark back before `next`, erases what was typed and leaves it to
/// the terminal to show that: rlwrap, whose program has a terminal of its own. A streaming copy has lost the return.
pub(super) fn echoed(next: &[u8]) -> Option<usize> {
    const LONGEST: usize = 1 << 12;
    let mut rest = next.strip_prefix(b"\r").unwrap_or(next);
    while let Some(behind) = rest.strip_prefix(b"\x1b[C") {
        rest = behind;
    }
    let text = rest.strip_prefix(b"\x1b[K")?.strip_prefix(OPENS)?;
    let end =
        memchr::memchr2(b'\n', 0x1b, &text[..text.len().min(LONGEST)]).filter(|end| text[*end] == b'\n')?;
    Some(next.len() - text.len() + end)
}

/// Whether some line of the editor's was not kept: what it wrote there is known, but not where.
pub(super) fn is_torn(bytes: &[u8]) -> bool {
    // zsh draws all of it anew below what something else said
    let drawn = memmem::rfind(bytes, DRAWS).unwrap_or(0);
    bytes[drawn..].split(|b| *b == b'\n').any(|line| !line.is_empty() && !line.contains(&0x1b))
}

/// Whether the editor steps right from the first column only, as fish does and zsh does not.
pub(super) fn steps_from_start(bytes: &[u8]) -> bool {
    // of a prompt of several lines zsh draws the first above
    let zsh = [DRAWS, b"\x1b=\x1b[?2004h"];
    zsh.iter().all(|own| memmem::find(bytes, own).is_none())
}

/// How many columns the right prompt takes to which steps of `n` columns lead with which `done` ends: zsh erases the row
/// before them and goes back by as much behind it, to where its prompt ends.
pub(super) fn right_prompt(done: &[u8], n: usize, next: &[u8]) -> Option<usize> {
    const MOST: usize = 512;
    const UNSURE: usize = 3;
    let steps = memchr::memrchr(0x1b, done).unwrap_or(0);
    if !done[..steps].ends_with(b"\x1b[K") {
        return None;
    }
    let next = &next[..next.len().min(MOST)];
    let (mut at, mut columns) = (0, 0);
    while let Some(b) = next.get(at) {
        match b {
            0x1b => {
                let params = next[at..].strip_prefix(b"\x1b[")?;
                let digits = params.iter().take_while(|b| b.is_ascii_digit() || **b == b';').count();
                match params.get(digits) {
                    // a colour, or what fills the row with it
                    Some(b'm' | b'K') => at += 3 + digits,
                    Some(b'D') => {
                        let back: usize = std::str::from_utf8(&params[..digits]).ok()?.parse().ok()?;
                        // of some signs nobody knows the width but zsh and its terminal
                        let own = back.checked_sub(n).filter(|own| own.abs_diff(columns) <= UNSURE);
                        return own.filter(|own| *own > 0);
                    }
                    _ => return None,
                }
            }
            b if *b < b' ' => return None,
            b if b.is_ascii() => (columns, at) = (columns + 1, at + 1),
            _ => {
                let shown = first_char(&next[at..])?;
                columns += shown.width().unwrap_or(0);
                at += shown.len_utf8();
            }
        }
    }
    None
}

/// Where within `range` carriage returns stood: indices of the bytes that followed them, ascending.
pub(super) fn returns(bytes: &[u8], range: &Range<usize>) -> Vec<usize> {
    let mut out = Vec::new();
    let mut blanks = 0;
    // zsh marks a missing line end before its editor opens; inside, blanks cover a longer line
    let (mut width, mut drawn, mut looks, mut wrapped) = (0, range.start, 0, false);
    let opens = memmem::find(&bytes[range.clone()], OPENS).map_or(range.end, |at| range.start + at);
    for at in range.clone() {
        let rest = &bytes[at..range.end];
        match bytes[at] {
            b' ' => blanks += 1,
            // zsh erases the second character of a further row: CR, the first, a blank over it, BS, CR, the first
            0x08 if wrapped && is_first_again(rest, bytes[drawn]) => {
                out.extend([at + 1, at + 4]);
                blanks = 0;
            }
            0x1b => {
                if blanks > MANY_BLANKS && at < opens {
                    // zsh: sign, blanks to the row's end, CR, one more blank, CR
                    out.extend([at - 1, at]);
                    (width, drawn) = (blanks, at);
                } else if rest.starts_with(DRAWS) {
                    out.push(at);
                    drawn = at;
                } else if rest.starts_with(b"\x1b[K\x1b[A\x1b[") && bytes[..at].ends_with(b"\x1b[1B") {
                    // zsh goes down, and returns, to erase a row that it needs no more
                    out.push(at);
                } else if let Some(len) = fish_title(rest) {
                    // fish: title, colours, CR, its prompt
                    out.push(at + len);
                } else if blanks > 0
                    && let Some(again) = rest.strip_prefix(b"\x1b[K")
                {
                    // zsh at the row's end: a blank that wraps, CR, erase, the character, CR, the character; it erases twice
                    // where a right prompt had to go
                    let next = again.strip_prefix(b"\x1b[K").unwrap_or(again);
                    if let Some(len) = twice(next).or_else(|| blank_twice(next)) {
                        let second = range.end - next.len() + len;
                        out.extend([at, second]);
                        (drawn, wrapped) = (second, true);
                    } else if width > 0 && looks < MOST_LOOKS {
                        // the second one is not written where nothing follows
                        looks += 1;
                        if columns(&bytes[drawn..at]) == width + 1 {
                            out.push(at);
                            (drawn, wrapped) = (at + 3, true);
                        }
                    }
                }
                blanks = 0;
            }
            _ => {
                if blanks >= MANY_BLANKS && rest.starts_with(FISH_SIGN) {
                    // fish: sign, blanks to the row's end, CR, the sign's width once more, CR
                    out.extend([at, at + FISH_SIGN.len()]);
                }
                blanks = 0;
            }
        }
    }
    out.sort_unstable();
    out.dedup();
    out
}

/// Whether `bytes` step back and write the first character of their row twice, a blank behind it erased.
fn is_first_again(bytes: &[u8], first: u8) -> bool {
    first > b' ' && bytes.len() >= 5 && bytes[..5] == [0x08, first, b' ', 0x08, first]
}

/// The length of the title that fish sets before it draws its prompt, and of the colours behind it.
fn fish_title(bytes: &[u8]) -> Option<usize> {
    let text = bytes.strip_prefix(b"\x1b]0;")?;
    let end = text.iter().take(256).position(|b| *b < b' ').filter(|end| text[*end] == 0x07)?;
    let mut rest = &text[end + 1..];
    let mut resets = false;
    loop {
        if let Some(more) = rest.strip_prefix(FISH) {
            (rest, resets) = (more, true);
        } else if let Some(more) = behind_colour(rest) {
            rest = more;
        } else {
            return resets.then_some(bytes.len() - rest.len());
        }
    }
}

/// What follows the colour at the start of `bytes`, if one stands there.
pub(super) fn behind_colour(bytes: &[u8]) -> Option<&[u8]> {
    let rest = bytes.strip_prefix(b"\x1b[")?;
    let digits = rest.iter().take_while(|b| b.is_ascii_digit() || **b == b';').count();
    rest[digits..].strip_prefix(b"m")
}

/// The columns that what is written takes, steps back taken off.
fn columns(mut bytes: &[u8]) -> usize {
    let (all, mut columns) = (bytes, 0_usize);
    while let Some((first, rest)) = bytes.split_first() {
        bytes = rest;
        match first {
            0x1b => {
                let len = match rest.first() {
                    Some(b'[') => rest.iter().skip(1).position(|b| (0x40..0x7f).contains(b)).map(|n| n + 2),
                    Some(b']') => rest.iter().position(|b| *b == 0x07).map(|n| n + 1),
                    _ => Some(1),
                };
                let steps = |letter: &[u8]| {
                    let params = rest.get(1..len?)?.strip_suffix(letter)?;
                    std::str::from_utf8(params).ok()?.parse::<usize>().ok()
                };
                let (back, right) = (steps(b"D"), steps(b"C"));
                columns = columns.saturating_sub(back.unwrap_or(0));
                bytes = rest.get(len.unwrap_or(rest.len())..).unwrap_or_default();
                let done = &all[..all.len() - bytes.len()];
                if let Some(steps) = right
                    && let Some(own) = right_prompt(done, steps, bytes)
                {
                    // what stands at the right edge is no text
                    let back = format!("\x1b[{}D", steps + own);
                    bytes =
                        memmem::find(bytes, back.as_bytes()).map_or(bytes, |at| &bytes[at + back.len()..]);
                }
            }
            0x08 => columns = columns.saturating_sub(1),
            // the first byte of a character
            b' '..0x7f | 0xc0.. => columns += 1,
            _ => {}
        }
    }
    columns
}

/// The length of the character that `text` begins with twice.
fn twice(text: &[u8]) -> Option<usize> {
    let len = match text.first()? {
        b if *b < b' ' => return None,
        b if *b < 0x80 => 1,
        _ => 1 + text[1..].iter().take(3).take_while(|b| (0x80..0xc0).contains(*b)).count(),
    };
    (text.len() >= 2 * len && text[..len] == text[len..2 * len]).then_some(len)
}

/// The same of a blank, over which a step goes the first time.
fn blank_twice(text: &[u8]) -> Option<usize> {
    const STEP: &[u8] = b"\x1b[1C";
    text.strip_prefix(STEP)?.starts_with(b" ").then_some(STEP.len())
}

/// The first characters that `bytes` write, colours aside; none where something else comes before them.
pub(super) fn text_ahead(mut bytes: &[u8]) -> Vec<char> {
    let mut out = Vec::new();
    while out.len() < 8 {
        match bytes.first() {
            Some(b) if (b' '..0x7f).contains(b) => {
                out.push(*b as char);
                bytes = &bytes[1..];
            }
            Some(0x1b) if bytes.starts_with(FISH) => bytes = &bytes[FISH.len()..],
            Some(0x1b) => {
                let len = bytes.iter().take(16).position(|b| *b == b'm');
                let colour = |len: usize| {
                    bytes[1] == b'[' && bytes[2..len].iter().all(|b| b.is_ascii_digit() || *b == b';')
                };
                let Some(len) = len.filter(|n| *n >= 2 && colour(*n)) else { break };
                bytes = &bytes[len + 1..];
            }
            _ => break,
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use crate::term::{Mode, Unit, read};

    /// Edits as rows between angles, lines as they are, of what a streaming copy made of `shown`.
    fn streamed(shown: &str) -> Vec<String> {
        read(shown.replace('\r', "").as_bytes(), Mode::Streamed)
            .into_iter()
            .map(|u| match u {
                Unit::Line(line) => line.text.into_owned(),
                Unit::Edit(edit) => format!("<{}>", edit.rows.join("|")),
            })
            .filter(|text| !text.is_empty())
            .collect()
    }

    #[test]
    fn fish_steps_from_the_first_column() {
        let sign = format!("\x1b[2m⏎\x1b(B\x1b[m{}\r⏎ \r\x1b[K", " ".repeat(39));
        let typed = "\x1b[K\r\x1b[C\x1b[Cl\r\x1b[3C\x1b[34ms\r\x1b[4Cx\r\x1b[5C\r\x1b[4C\x08\x1b[K\r\x1b[3Cs\r\x1b[4C";
        let bytes = format!(
            "{sign}\x1b[?2004h\x1b]0;~\x07\x1b(B\x1b[m\r$ {typed}\x1b(B\r\n\x1b(B\x1b[?2004l\x1b]0;ls ~\x07a.txt\r\n"
        );
        assert_eq!(streamed(&bytes), ["<$ ls>", "a.txt"]);
    }

    #[test]
    fn fish_draws_its_prompt_behind_its_title() {
        let draws = |dir: &str| {
            format!(
                "\x1b]0;{dir}\x07\x1b[30m\x1b(B\x1b[m\r[\x1b[34mops\x1b(B\x1b[m@web-10 {dir}]> \x1b[K\r\x1b[16C"
            )
        };
        let bytes = format!(
            "\x1b[?2004h{}{}py\r\x1b[18C\x08\x08\x1b[34mpy\r\x1b[18C\x1b(B\r\n\x1b(B\x1b[?2004l\ra\r\n",
            draws("~"),
            draws("~")
        );
        assert_eq!(streamed(&bytes), ["<[ops@web-10 ~]> py>", "a"]);
    }

    #[test]
    fn fish_steps_over_what_stays() {
        let typed = "\x1b[K\r\x1b[3Cmising\r\x1b[9C\r\x1b[5C\x1b[C\x1b[36msing\r\x1b[6C\r\x1b[10C";
        let bytes =
            format!("\x1b[?2004h\x1b]0;~\x07\x1b(B\x1b[m\r~> {typed}\x1b(B\r\n\x1b(B\x1b[?2004l\ra\r\n");
        assert_eq!(streamed(&bytes), ["<~> missing>", "a"]);
    }

    #[test]
    fn zsh_wraps_and_draws_anew() {
        let sign = format!("\x1b[1m\x1b[7m%\x1b[27m\x1b[1m\x1b[0m{}\r \r\r", " ".repeat(39));
        let start = format!("{sign}\x1b[0m\x1b[27m\x1b[24m\x1b[Jh% \x1b[K\x1b[?1h\x1b=\x1b[?2004h");
        let end = "\x1b[?1l\x1b>\x1b[?2004l\r\r\n";
        let long = "x".repeat(37);
        assert_eq!(streamed(&format!("{start}{long} \r\x1b[Ky\ryz{end}")), [format!("<h% {long}yz>")]);
        assert_eq!(streamed(&format!("{start}e\x08exit{end}")), ["<h% exit>"]);
        // where a right prompt stood, it erases twice, and steps over a blank
        let beside = format!("{start}{long} \r\x1b[K\x1b[Ky\ryz{end}");
        assert_eq!(streamed(&beside), [format!("<h% {long}yz>")]);
        let blank = format!("{start}{long} \r\x1b[K\x1b[K\x1b[1C\r yz{end}");
        assert_eq!(streamed(&blank), [format!("<h% {long} yz>")]);
        // on the second row too, where the second character is not written again if nothing follows
        let rows = format!("{start}{long} \r\x1b[Ky\ry{} \r\x1b[Kz{end}", "x".repeat(39));
        assert_eq!(streamed(&rows), [format!("<h% {long}y{}z>", "x".repeat(39))]);
        let erased = format!("{start}{long} \r\x1b[Ky\ryab\x08 \x08\x08\ry \x08\ryzz{end}");
        assert_eq!(streamed(&erased), [format!("<h% {long}yzz>")]);
    }

    #[test]
    fn an_editor_of_a_full_screen_program_is_none() {
        let bytes = "\x1b[?2004h\x1b[?1049h\x1b=\x1b[1;24r\x1b[24;1Htext\x1b[?2004l\r\n";
        assert!(!streamed(bytes).iter().any(|t| t.starts_with('<')));
    }
}
