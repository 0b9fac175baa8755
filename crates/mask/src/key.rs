//! Fingerprints: equal for equal secrets, and of no use without the key.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// Bytes of a [`Key`].
pub const KEY_BYTES: usize = 32;

/// Bytes of a fingerprint: among a million different secrets, two share one with a chance of one in 500.
const FINGERPRINT_BYTES: usize = 6;

/// What fingerprints are made with. A weak password behind an unkeyed hash is found by trying; with a key that stays in
/// its place, a fingerprint tells nothing but whether two secrets are the same.
#[derive(Clone)]
pub struct Key([u8; KEY_BYTES]);

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Key(…)")
    }
}

impl Key {
    /// A key of random bytes.
    pub fn new(bytes: [u8; KEY_BYTES]) -> Self {
        Self(bytes)
    }

    /// Twelve hexadecimal digits of HMAC-SHA-256 (RFC 2104). White space at line ends and around the secret does not
    /// count: a private key is the same with either line end.
    pub fn fingerprint(&self, secret: &str) -> String {
        let mut mac =
            <Hmac<Sha256> as KeyInit>::new_from_slice(&self.0).expect("HMAC takes a key of any length");
        for line in secret.trim().lines() {
            mac.update(line.trim_end().as_bytes());
            mac.update(b"\n");
        }
        let bytes = mac.finalize().into_bytes();
        bytes.iter().take(FINGERPRINT_BYTES).map(|b| format!("{b:02x}")).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fingerprint_is_of_the_secret_and_the_key() {
        let (one, two) = (Key::new([1; KEY_BYTES]), Key::new([2; KEY_BYTES]));
        assert_eq!(one.fingerprint("hunter2"), one.fingerprint("hunter2\n"));
        assert_eq!(one.fingerprint("a\r\nb"), one.fingerprint("a\nb"));
        assert_ne!(one.fingerprint("hunter2"), one.fingerprint("hunter3"));
        assert_ne!(one.fingerprint("hunter2"), two.fingerprint("hunter2"));
        assert_eq!(one.fingerprint("").len(), 12);
        assert!(!format!("{one:?}").contains('1'));
    }
}
