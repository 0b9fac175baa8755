//! The keys a person presses to get one line onto the screen, mistakes included.

use crate::Dice;

pub(super) const ENTER: &[u8] = b"\r";
pub(super) const CTRL_C: &[u8] = b"\x03";
pub(super) const CTRL_D: &[u8] = b"\x04";
pub(super) const CTRL_L: &[u8] = b"\x0c";
pub(super) const CTRL_R: &[u8] = b"\x12";
pub(super) const TAB: &[u8] = b"\t";
/// Searches history for what stands before the cursor, in tcsh.
pub(super) const META_P: &[u8] = b"\x1bp";
pub(super) const UP: &[u8] = b"\x1b[A";
const BACKSPACE: &[u8] = b"\x7f";
const CTRL_A: &[u8] = b"\x01";
const CTRL_E: &[u8] = b"\x05";
const CTRL_K: &[u8] = b"\x0b";
const CTRL_U: &[u8] = b"\x15";
const CTRL_W: &[u8] = b"\x17";
const CTRL_Y: &[u8] = b"\x19";
const LEFT: &[u8] = b"\x1b[D";
const DOWN: &[u8] = b"\x1b[B";
const DELETE: &[u8] = b"\x1b[3~";
const WORD_LEFT: &[u8] = b"\x1bb";

/// Key presses in order.
pub(super) type Keys = Vec<Vec<u8>>;

/// One key for every character.
pub(super) fn plain(text: &str) -> Keys {
    text.chars().map(|c| c.to_string().into_bytes()).collect()
}

fn times(key: &[u8], n: usize) -> Keys {
    vec![key.to_vec(); n]
}

/// The line with a few slips of the finger at its end, erased one by one. Works in every shell.
pub(super) fn slip(dice: &mut Dice, text: &str) -> Keys {
    let at = dice.below(text.chars().count() + 1);
    let wrong = dice.text(b"abcdefgh", 1 + dice.clone().below(4));
    let (head, tail): (String, String) = (text.chars().take(at).collect(), text.chars().skip(at).collect());
    [plain(&head), plain(&wrong), times(BACKSPACE, wrong.len()), plain(&tail)].concat()
}

/// The line by any way an editing shell offers.
pub(super) fn edited(dice: &mut Dice, text: &str) -> Keys {
    let chars: Vec<char> = text.chars().collect();
    let at = dice.below(chars.len().max(1));
    let head: String = chars[..at].iter().collect();
    let tail: String = chars[at..].iter().collect();
    let behind = chars.len() - at;
    match dice.below(10) {
        0..=2 => slip(dice, text),
        // A line thrown away, by Ctrl-U or from the front by Ctrl-A Ctrl-K.
        3 => [plain("ls -l /tm"), times(CTRL_U, 1), plain(text)].concat(),
        4 => [plain("cat a"), times(CTRL_A, 1), times(CTRL_K, 1), plain(text)].concat(),
        // A wrong last word.
        5 => [plain(&head), plain(" wrongg"), times(CTRL_W, 1), times(BACKSPACE, 1), plain(&tail)].concat(),
        // A character forgotten, put in with the arrow keys.
        6 if behind > 0 => {
            let missing = &chars[at..=at].iter().collect::<String>();
            let rest: String = chars[at + 1..].iter().collect();
            [plain(&head), plain(&rest), times(LEFT, behind - 1), plain(missing), times(CTRL_E, 1)].concat()
        }
        // A character too many, deleted under the cursor.
        7 => [
            plain(&head),
            plain("x"),
            plain(&tail),
            times(LEFT, behind + 1),
            times(DELETE, 1),
            times(CTRL_E, 1),
        ]
        .concat(),
        // The line cut out and put back.
        8 => [plain(text), times(CTRL_U, 1), times(CTRL_Y, 1)].concat(),
        // A word in front added last, after a walk over words and a useless Down.
        _ => match text.split_once(' ') {
            Some((word, rest)) => [
                plain(rest),
                times(WORD_LEFT, 1),
                times(DOWN, 1),
                times(CTRL_A, 1),
                plain(&format!("{word} ")),
                times(CTRL_E, 1),
            ]
            .concat(),
            None => plain(text),
        },
    }
}

/// The line in vi mode: a character too many, taken out in command mode, and the rest.
pub(super) fn vi(dice: &mut Dice, text: &str) -> Keys {
    const ESCAPE: &[u8] = b"\x1b";
    let chars: Vec<char> = text.chars().collect();
    let at = dice.below(chars.len().max(1));
    let back = 1 + dice.below((chars.len() - at).min(9));
    let (head, tail): (String, String) = (chars[..at].iter().collect(), chars[at..].iter().collect());
    let (shown, rest): (String, String) =
        (tail.chars().take(back).collect(), tail.chars().skip(back).collect());
    [
        plain(&head),
        plain("j"),
        plain(&shown),
        times(ESCAPE, 1),
        times(b"h", back),
        plain("x"),
        plain("A"),
        plain(&rest),
    ]
    .concat()
}

/// Several lines pasted at once, between the marks a terminal puts around them.
pub(super) fn paste(lines: &[String]) -> Vec<u8> {
    format!("\x1b[200~{}\x1b[201~", lines.join("\r")).into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_leaves_the_line_as_it_was_meant() {
        for seed in 0..200 {
            let mut line = String::new();
            for key in slip(&mut Dice::new(seed), "echo caf\u{e9} -l") {
                if key == BACKSPACE {
                    line.pop();
                } else {
                    line.push_str(std::str::from_utf8(&key).unwrap());
                }
            }
            assert_eq!(line, "echo caf\u{e9} -l");
        }
    }
}
