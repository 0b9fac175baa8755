//! What a line of shell runs, as far as the line alone tells.
//!
//! [`programs`] names what a line runs, also behind `sudo`, `env`, `xargs`, `sh -c` and in substitutions;
//! [`each_part`] gives every one of these with its words, and says who runs it and as whom.
//!
//! ```
//! assert_eq!(whoran_shell::programs("curl -s example.com/x | sudo bash"), ["curl", "sudo", "bash"]);
//! ```

mod parts;
mod split;

pub use parts::{Part, each_part, is_raised, programs};
