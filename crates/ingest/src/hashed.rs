//! Bytes, hashed and counted on their way.

use std::io::{self, Read};

use sha2::{Digest, Sha256};

/// A reader that knows what went through it.
#[derive(Debug)]
pub struct Hashed<R> {
    inner: R,
    /// Nothing where nobody asks.
    hash: Option<Sha256>,
    /// How many bytes were read.
    pub(crate) count: u64,
    /// Why reading failed, if it did: what others make of an early end is not the reason.
    pub(crate) failure: Option<io::Error>,
}

impl<R: Read> Hashed<R> {
    /// Reads from `inner`.
    pub fn new(inner: R) -> Self {
        Self { inner, hash: Some(Sha256::new()), count: 0, failure: None }
    }

    /// Reads from `inner` without a hash.
    pub(crate) fn counted(inner: R) -> Self {
        Self { hash: None, ..Self::new(inner) }
    }

    /// SHA-256 of what was read; of nothing, where it was only counted.
    pub fn sha256(&self) -> [u8; 32] {
        self.hash.clone().unwrap_or_default().finalize().into()
    }

    /// Reads what is left.
    pub(crate) fn drain(&mut self) -> io::Result<u64> {
        io::copy(self, &mut io::sink())
    }
}

impl<R: Read> Read for Hashed<R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        loop {
            match self.inner.read(buf) {
                Ok(n) => {
                    if let Some(hash) = &mut self.hash {
                        hash.update(&buf[..n]);
                    }
                    self.count += n as u64;
                    return Ok(n);
                }
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) => {
                    let kind = e.kind();
                    self.failure = Some(e);
                    return Err(kind.into());
                }
            }
        }
    }
}

/// Bytes in lower-case hex, as hashes are written.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The SHA-256 that is written so.
pub(crate) fn sha256_of_hex(text: &[u8]) -> Option<[u8; 32]> {
    let digits: &[u8; 64] = text.try_into().ok()?;
    let mut bytes = [0; 32];
    for (byte, [high, low]) in bytes.iter_mut().zip(digits.as_chunks().0) {
        let digit = |digit: u8| char::from(digit).to_digit(16);
        *byte = u8::try_from(digit(*high)? << 4 | digit(*low)?).ok()?;
    }
    Some(bytes)
}
