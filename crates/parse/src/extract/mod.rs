//! Units of a terminal → commands.
//!
//! [`extract`] goes through what the terminal showed once, from first to last, and keeps one thing in mind: the stack of
//! prompts the user stands before. A line is a command when it begins with the prompt that is due; another prompt is
//! believed only where something could have put it there.

mod capture;
mod draft;
mod expand;
mod input;
mod level;
mod levels;
mod machine;

pub(crate) use draft::Draft;
pub(crate) use machine::{Extracted, Given, Hindsight, Holding, UNSEEN, extract};

#[cfg(test)]
mod tests;
