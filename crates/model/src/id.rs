//! Identifiers, checked once and never confused with each other.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

/// A text that cannot be the identifier it was taken for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidId {
    what: &'static str,
    text: String,
}

impl fmt::Display for InvalidId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "not a {}: {:?}", self.what, self.text)
    }
}

impl std::error::Error for InvalidId {}

macro_rules! text_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Arc<str>);

        impl $name {
            /// Takes the text as it is.
            pub fn new(text: impl Into<Arc<str>>) -> Self {
                Self(text.into())
            }

            /// The text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

/// One Session Manager session: `<prefix>-<suffix>`.
///
/// The prefix is the IAM user name or the role session name and may hold dashes, dots and `@`; the suffix is
/// 17 hex digits (2018 to about 2023) or 26 lower-case letters and digits. Other shapes are accepted and opaque.
/// The prefix is chosen by the caller: it is a hint at an identity and never proof of one.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SessionId(Arc<str>);

impl SessionId {
    /// The longest session id accepted, in bytes.
    pub const MAX_LEN: usize = 256;

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether the id has one of the two shapes the service gives out.
    pub fn is_well_formed(&self) -> bool {
        self.prefix().is_some()
    }

    /// What stands before the generated suffix, where the id has one of the two known shapes: the name of an IAM user or of a
    /// role's session, of which STS allows letters and digits of ASCII and `_=,.@+-` (API_AssumeRole).
    pub fn prefix(&self) -> Option<&str> {
        let (prefix, suffix) = self.0.rsplit_once('-')?;
        let old = suffix.len() == 17 && suffix.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        let new = suffix.len() == 26 && suffix.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'z'));
        let in_name = |b: u8| b.is_ascii_alphanumeric() || b"_=,.@+-".contains(&b);
        (!prefix.is_empty() && prefix.bytes().all(in_name) && (old || new)).then_some(prefix)
    }
}

impl FromStr for SessionId {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        let fits = !text.is_empty()
            && text.len() <= Self::MAX_LEN
            && !text.chars().any(|c| c.is_control() || c == '/' || c == '\\');
        if fits { Ok(Self(text.into())) } else { Err(InvalidId { what: "session id", text: text.into() }) }
    }
}

impl fmt::Display for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

text_id! {
    /// An IAM identity as the log envelope gives it: an ARN of a user, an assumed role, or the account's root.
    Principal
}

impl Principal {
    /// The part of AWS that the ARN belongs to: `aws`, `aws-cn`, `aws-us-gov`.
    pub fn partition(&self) -> Option<&str> {
        self.0.strip_prefix("arn:")?.split_once(':').map(|(partition, _)| partition)
    }

    /// The twelve-digit account inside the ARN.
    pub fn account(&self) -> Option<&str> {
        let account = self.0.split(':').nth(4)?;
        (account.len() == 12 && account.bytes().all(|b| b.is_ascii_digit())).then_some(account)
    }

    /// What follows the account: `user/bob`, `assumed-role/Ops/alice`, `root`.
    pub fn resource(&self) -> Option<&str> {
        self.0.splitn(6, ':').nth(5)
    }
}

text_id! {
    /// An account of the managed node's operating system, spelled as the log or the prompt spells it.
    OsUser
}

text_id! {
    /// A managed node: `i-…` for EC2, `mi-…` for hybrid nodes, `ecs:…` for containers.
    NodeId
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_id_has_a_prefix_only_in_the_two_known_shapes() {
        let prefix = |s: &str| s.parse::<SessionId>().unwrap().prefix().map(str::to_owned);
        assert_eq!(prefix("garland.kan.temp-0e34861185201706f").as_deref(), Some("garland.kan.temp"));
        assert_eq!(
            prefix("alice@example.com-4njnyxxl8yn676nsla8j6l4bra").as_deref(),
            Some("alice@example.com")
        );
        let uuid = "42ba7ac1-0000-4000-8000-000000000000";
        assert_eq!(prefix(&format!("{uuid}-0959abc60267189e0")).as_deref(), Some(uuid));
        assert_eq!(prefix("session"), None);
        assert_eq!(prefix("-0e34861185201706f"), None);
        assert_eq!(prefix("notes about alice-0e34861185201706f"), None);
    }

    #[test]
    fn hostile_session_ids_are_refused() {
        for text in ["", "../etc/passwd", "a/b", "a\nb", "a\0b", "a\\b", &"x".repeat(257)] {
            assert!(text.parse::<SessionId>().is_err(), "{text:?}");
        }
    }

    #[test]
    fn a_principal_knows_its_account() {
        assert_eq!(
            Principal::new("arn:aws:iam::000000000000:user/test-user").account(),
            Some("000000000000")
        );
        assert_eq!(
            Principal::new("arn:aws:sts::111122223333:assumed-role/R/a:b").resource(),
            Some("assumed-role/R/a:b")
        );
        assert_eq!(Principal::new("arn:aws-cn:iam::111122223333:root").partition(), Some("aws-cn"));
        assert_eq!(
            (Principal::new("nonsense").account(), Principal::new("nonsense").partition()),
            (None, None)
        );
    }
}
