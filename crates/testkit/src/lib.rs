//! Sessions with known truth, for tests and benches; nothing of it ships.

pub mod agent;
mod dice;

pub use dice::Dice;
