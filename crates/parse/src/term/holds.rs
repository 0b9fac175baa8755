//! What a line's text may hold, told in one pass when the line is taken, so that later questions need not look at it again.

/// Kinds of characters that a text may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Holds(u8);

const CONTROL: u8 = 1;
const SIGN: u8 = 2;
const BANG: u8 = 4;
const NO_LETTER_FIRST: u8 = 8;

/// Bytes that are looked at at once.
const TOGETHER: usize = 16;

impl Default for Holds {
    /// Anything.
    fn default() -> Self {
        Self(u8::MAX)
    }
}

impl Holds {
    pub(super) fn of(text: &[u8]) -> Self {
        let mut kinds = [0; TOGETHER];
        let mut see = |some: &[u8; TOGETHER]| {
            for (kinds, b) in kinds.iter_mut().zip(some) {
                let control = (*b < b' ') & (*b != b'\t') | (*b == 0x7f);
                let sign = (b.wrapping_sub(b'#') <= b'%' - b'#') | (*b == b'>') | (*b >= 0x80);
                let kind = |is: bool, kind: u8| if is { kind } else { 0 };
                *kinds |= kind(control, CONTROL) | kind(sign, SIGN) | kind(*b == b'!', BANG);
            }
        };
        text.as_chunks().0.iter().for_each(&mut see);
        // the last ones, of which some may be seen twice
        match text.last_chunk() {
            Some(last) => see(last),
            None => {
                let mut some = [b' '; TOGETHER];
                some[..text.len()].copy_from_slice(text);
                see(&some);
            }
        }
        let kinds = kinds.iter().fold(0, |all, kinds| all | kinds);
        let letter = text.first().is_some_and(u8::is_ascii_alphanumeric);
        Self(if letter { kinds } else { kinds | NO_LETTER_FIRST })
    }

    /// The same of a line whose colours are taken out, in which no other control characters are.
    pub(super) fn without_colours(self) -> Self {
        Self(self.0 & !CONTROL)
    }

    /// Control characters other than tabs: without them nothing in a line moves the cursor but text, if it is text, and tabs.
    pub(crate) fn controls(self) -> bool {
        self.0 & CONTROL != 0
    }

    /// Signs that shells end their prompts with, and characters beyond ASCII.
    pub(crate) fn signs(self) -> bool {
        self.0 & SIGN != 0
    }

    /// Exclamation marks.
    pub(crate) fn bangs(self) -> bool {
        self.0 & BANG != 0
    }

    /// Something else than a letter or a digit at its start.
    pub(crate) fn begins_oddly(self) -> bool {
        self.0 & NO_LETTER_FIRST != 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sign_is_seen_wherever_it_stands() {
        for len in 0..50 {
            let text = vec![b'a'; len];
            let held = Holds::of(&text);
            assert!(!held.controls() && !held.signs() && !held.bangs() && held.begins_oddly() == (len == 0));
            for at in 0..len {
                let with = |b: u8| {
                    let mut text = text.clone();
                    text[at] = b;
                    let held = Holds::of(&text);
                    (held.controls(), held.signs(), held.bangs())
                };
                assert!([0, 8, 0x1b, 0x7f].into_iter().all(|b| with(b) == (true, false, false)));
                assert!(
                    [b'$', b'#', b'%', b'>', 0x80, 0xe2].into_iter().all(|b| with(b) == (false, true, false))
                );
                assert_eq!((with(b'!'), with(b'\t')), ((false, false, true), (false, false, false)));
            }
        }
    }
}
