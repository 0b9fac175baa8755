//! Sigma rules in, findings out.
//!
//! [`Rules`] are read from YAML, our own ones and others; each says what of a session it is held against ([`Sight`]), or
//! why it can never fire. A [`Detector`] holds sessions against them. `README.md` beside this crate lists our rules and
//! the fields that rules can ask for.
//!
//! ```
//! use whoran_detect::{Detector, Rules};
//! use whoran_model::Level;
//!
//! let mut rules = Rules::built_in();
//! rules.add("mine.yml", "
//! title: Download
//! logsource: {product: linux, category: process_creation}
//! detection:
//!   program: {Image|endswith: [/curl, /wget]}
//!   condition: program
//! level: low
//! ");
//! assert_eq!(rules.errors, []);
//! let detector = Detector::new(&rules, Level::Low);
//! # drop(detector);
//! ```

mod can;
mod detector;
mod need;
mod record;
mod rules;
mod sight;
mod views;
mod why;

pub use detector::Detector;
pub use rules::{Loaded, RuleError, Rules};
pub use sight::Sight;
