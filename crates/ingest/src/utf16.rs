//! UTF-16 → UTF-8. Windows PowerShell 5 writes what a program prints to a file so (`aws logs … > events.json`), with a byte
//! order mark before it (Unicode 16.0, §23.8).

use std::io::{self, BufRead, Read};

/// Which byte of a unit comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Order {
    Little,
    Big,
}

impl Order {
    /// What the mark at the beginning says. UTF-32, whose mark begins alike, is none.
    pub(crate) fn of(magic: &[u8]) -> Option<Self> {
        match magic {
            [0xff, 0xfe, 0, 0] => None,
            [0xff, 0xfe, ..] => Some(Self::Little),
            [0xfe, 0xff, ..] => Some(Self::Big),
            _ => None,
        }
    }
}

/// Reads UTF-16 as UTF-8, without the mark. What is no character becomes U+FFFD.
pub(crate) struct Utf16<R> {
    input: R,
    order: Order,
    begun: bool,
    /// The first byte of a unit whose second did not come yet.
    half: Option<u8>,
    /// The first unit of a pair whose second did not come yet.
    high: Option<u16>,
    text: String,
    /// How much of it was delivered.
    given: usize,
}

impl<R: BufRead> Utf16<R> {
    pub(crate) fn new(input: R, order: Order) -> Self {
        Self { input, order, begun: false, half: None, high: None, text: String::new(), given: 0 }
    }

    pub(crate) fn get_ref(&self) -> &R {
        &self.input
    }

    pub(crate) fn into_inner(self) -> R {
        self.input
    }

    /// Decodes what the input has at hand; `false` at its end.
    fn step(&mut self) -> io::Result<bool> {
        let bytes = self.input.fill_buf()?;
        let read = bytes.len();
        let mut units: Vec<u16> = self.high.take().into_iter().collect();
        for &byte in bytes {
            match (self.half.take(), self.order) {
                (None, _) => self.half = Some(byte),
                (Some(first), Order::Little) => units.push(u16::from_le_bytes([first, byte])),
                (Some(first), Order::Big) => units.push(u16::from_be_bytes([first, byte])),
            }
        }
        self.input.consume(read);
        if read > 0 {
            self.high = units.pop_if(|last| (0xd800..0xdc00).contains(last));
        } else if self.half.take().is_some() {
            units.push(0xfffd);
        }
        let decoded = char::decode_utf16(units).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER));
        self.text.extend(decoded.skip_while(|c| !self.begun && *c == '\u{feff}'));
        self.begun |= !self.text.is_empty();
        Ok(read > 0)
    }
}

impl<R: BufRead> Read for Utf16<R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        while self.given == self.text.len() {
            self.text.clear();
            self.given = 0;
            if !self.step()? && self.text.is_empty() {
                return Ok(0);
            }
        }
        let left = &self.text.as_bytes()[self.given..];
        let len = left.len().min(buf.len());
        buf[..len].copy_from_slice(&left[..len]);
        self.given += len;
        Ok(len)
    }
}

#[cfg(test)]
mod tests {
    use std::io::BufReader;

    use super::*;

    fn stored(text: &str, order: Order) -> Vec<u8> {
        let bytes = |unit| if order == Order::Big { u16::to_be_bytes(unit) } else { u16::to_le_bytes(unit) };
        format!("\u{feff}{text}").encode_utf16().flat_map(bytes).collect()
    }

    fn read(stored: &[u8], room: usize) -> String {
        let order = Order::of(&stored[..stored.len().min(4)]).unwrap();
        let mut text = String::new();
        Utf16::new(BufReader::with_capacity(room, stored), order).read_to_string(&mut text).unwrap();
        text
    }

    #[test]
    fn every_character_is_read_however_it_comes() {
        let text = "{\"a\":\"é日本😀\u{feff}\"}\r\n";
        for order in [Order::Little, Order::Big] {
            for room in [1, 2, 3, 5, 4096] {
                assert_eq!(read(&stored(text, order), room), text, "{order:?} {room}");
            }
        }
    }

    #[test]
    fn what_is_cut_or_no_character_is_seen_as_such() {
        let whole = stored("a😀", Order::Little);
        assert_eq!(read(&whole[..whole.len() - 1], 4096), "a\u{fffd}\u{fffd}");
        assert_eq!(read(&whole[..whole.len() - 2], 3), "a\u{fffd}");
        assert_eq!(read(&whole[..2], 3), "");
        assert_eq!(
            (Order::of(b"\xff\xfe\0\0"), Order::of(b"\xff"), Order::of(b"{\"a\"")),
            (None, None, None)
        );
    }
}
