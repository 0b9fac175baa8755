//! The program as its users meet it: one module for each verb, and what goes wrong.

mod bad_input;
mod completions;
mod home;
mod index;
mod kill;
mod parse;
mod search;
mod sessions;
mod show;
mod status;
mod who;
