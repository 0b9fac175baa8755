//! What a line of shell runs, as far as the line alone tells.
//!
//! [`programs`] names what a line runs, also behind `sudo`, `env`, `xargs`, `sh -c` and in substitutions;
//! [`each_part`] gives every one of these with its words, and says who runs it and as whom. [`bare`] is
//! for who wants to tell, without reading the line, what no word of it can be.
//!
//! ```
//! assert_eq!(whoran_shell::programs("curl -s example.com/x | sudo bash"), ["curl", "sudo", "bash"]);
//! ```

mod bare;
mod parts;
mod split;

pub use bare::{bare, is_torn};
pub use parts::{Part, each_part, is_raised, programs};
