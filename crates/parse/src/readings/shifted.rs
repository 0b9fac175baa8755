//! A line of two rows of tcsh, into the first of which something was put: each key moves a character over the edge.
//!
//! tcsh puts the key in and writes the last column of the row anew; behind it, to get over the edge, what the row below
//! began with before, which it writes over with what it begins with now. Its sequences and returns are lost; what it wrote is
//! not, and tells the keys.

/// Longer lines are not read.
const LONGEST: usize = 1024;

/// What a line says of which `text` was drawn, or nothing where that is no such line.
pub(crate) fn shifted(text: &str) -> Option<String> {
    const EDGE: &str = " \u{8}";
    const STEPS: [char; 2] = ['\u{8}', '\u{7}'];
    let (first, behind) = text.split_once(EDGE).filter(|_| text.len() <= LONGEST)?;
    let (second, moved) = behind.split_at(behind.find(STEPS)?);
    let drawn = moved.trim_start_matches(STEPS);
    let steps = &moved[..moved.len() - drawn.len()];
    let drawn: Vec<char> = drawn.trim_end().chars().collect();
    if first.contains(STEPS)
        || second.is_empty()
        || drawn.is_empty()
        || drawn.iter().any(|c| STEPS.contains(c))
    {
        return None;
    }
    let edge = first.chars().count();
    let mut line: Vec<char> = first.chars().chain(second.chars()).collect();
    // the bell rings at the start of the line; else each step is one back, but the last in the row below, which is a return
    let place = if steps.contains('\u{7}') { 0 } else { line.len().checked_sub(steps.len() + 2)? };
    if place >= edge {
        return None;
    }
    if let Some(keys) = keys(&line, edge, &drawn) {
        line.splice(place..place, keys);
    } else if taken_out(&line[edge..], &drawn) {
        line.remove(place);
    } else {
        return None;
    }
    Some(line.into_iter().collect())
}

/// The keys that were put into the first `edge` characters of `line`, for which `drawn` was written.
fn keys(line: &[char], edge: usize, drawn: &[char]) -> Option<Vec<char>> {
    let (mut keys, mut rest) = (Vec::new(), drawn);
    loop {
        let gone = keys.len();
        // at the end the cursor may go there over the edge
        if gone > 0 && line[edge - 1 - gone..].starts_with(rest) {
            return Some(keys);
        }
        let last = edge.checked_sub(gone + 2)?;
        let (key, written) = rest.split_first()?;
        rest = written.strip_prefix(&[line[last], *line.get(edge - gone)?, line[last + 1]])?;
        keys.push(*key);
        // a short row is written to its end
        let below = &line[last + 2..];
        if let Some(behind) = rest.strip_prefix(below) {
            rest = behind;
        }
    }
}

/// Whether a character was taken out of the row above `below`, for which `drawn` was written.
fn taken_out(below: &[char], drawn: &[char]) -> bool {
    let Some(rest) = drawn.strip_prefix(&[below[0], below[0]]) else { return false };
    let written = rest.strip_prefix(&below[1..]);
    // at Enter it goes on by writing what stands there, or some of it
    below.len() > 1 && (written.is_some_and(|end| below.starts_with(end)) || below.starts_with(rest))
}

/// What a line of two rows of readline says of which `text` was drawn, where a character was taken out above the edge: the
/// upper row was written anew from there on, and one character of the row below, or all that follows. At the edge stands a
/// blank.
pub(crate) fn taken_out_above(text: &str, prompt: &str) -> Option<String> {
    const LEAST: usize = 3;
    let (old, moved) = text.split_at(text.find('\u{8}')?);
    let drawn = moved.trim_start_matches('\u{8}');
    let steps = moved.len() - drawn.len();
    // the prompt may be drawn once more
    let drawn = drawn.split(prompt).next().unwrap_or_default().trim_end();
    let plain = |part: &str| !part.contains(['\u{8}', '\u{7}', '\u{1b}']);
    if prompt.is_empty() || text.len() > LONGEST || drawn.len() < LEAST || !plain(old) || !plain(drawn) {
        return None;
    }
    let (old, drawn): (Vec<char>, Vec<char>) = (old.chars().collect(), drawn.chars().collect());
    // one step goes over the edge, and one to the start of the row below
    let place = old.len().checked_sub(steps + 3)?;
    let whole = old.len() == place + 2 + drawn.len();
    let fits = |edge: usize| whole || (edge - place..=edge - place + 1).contains(&drawn.len());
    (place + 1..old.len()).filter(|edge| old[*edge] == ' ' && fits(*edge)).find_map(|edge| {
        let line = [&old[..edge], &old[edge + 1..]].concat();
        let behind = &line[place + 1..];
        behind.starts_with(&drawn).then(|| line[..place].iter().chain(behind).collect())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn back(n: usize) -> String {
        "\u{8}".repeat(n)
    }

    #[test]
    fn keys_at_the_start_move_the_edge() {
        let of = |text: &str| shifted(text).unwrap_or_default();
        assert_eq!(
            of("~/app.log | sort \u{8} -rn | head # ab\u{7}cr taotrtsro  os s"),
            "cat ~/app.log | sort -rn | head # ab"
        );
        // the row below is so short that it is written to its end
        assert_eq!(
            of("dtchq -x 'dt $5' | ca \u{8}t\u{7}tctatr acatu|c cate  | '| '"),
            "true dtchq -x 'dt $5' | cat"
        );
        assert_eq!(shifted("~/app.log | sort \u{8} -rn\u{7}cat "), None);
    }

    #[test]
    fn a_key_within_the_first_row_is_put_where_the_steps_led() {
        let text = format!("grep -n 2 ~/app.og | head  \u{8}-3{}ld- -3d -3", back(10));
        assert_eq!(shifted(&text).as_deref(), Some("grep -n 2 ~/app.log | head -3"));
        let text = format!("true mdijd -x 'xmdijd $5' \u{8} | cat{}   | cat", back(14));
        assert_eq!(shifted(&text).as_deref(), Some("true mdijd -x 'mdijd $5' | cat"));
        let text = format!("trxue kqotg -x 'kqotg $5' | c \u{8}at{}aatat", back(27));
        assert_eq!(shifted(&text).as_deref(), Some("true kqotg -x 'kqotg $5' | cat"));
    }
    #[test]
    fn a_character_taken_out_of_the_upper_row_writes_it_anew() {
        let of = |old: &str, steps: usize, new: &str| {
            taken_out_above(&format!("{old}{}{new}", back(steps)), "~> ")
        };
        assert_eq!(
            of("test -f ~/ntsxkt.txt || e cho missing ntskt", 27, "kt.txt || ech~> ").as_deref(),
            Some("test -f ~/ntskt.txt || echo missing ntskt")
        );
        // the line has one row now
        assert_eq!(
            of("grep -n 8 ~/app.logx | head  -4", 9, " | head -4~> ").as_deref(),
            Some("grep -n 8 ~/app.log | head -4")
        );
        assert_eq!(of("test -f ~/ntsxkt.txt || e cho missing ntskt", 26, "kt.txt || ech"), None);
        assert_eq!(of("cat ab cd", 5, "pwd"), None);
    }
}
