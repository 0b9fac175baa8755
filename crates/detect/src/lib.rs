//! Rules in, findings out.
//!
//! Not there yet: the engine.
