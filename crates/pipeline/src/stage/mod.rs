//! The stages of a run, one file each, in the order in which data passes them.

pub(crate) mod facts;
mod gather;
pub(crate) mod index;
mod large;
mod list;
pub(crate) mod mask;
mod parallel;
mod parse;
mod route;
mod touch;

pub(crate) use gather::{SessionLogs, batches, gather};
pub(crate) use large::Large;
pub(crate) use list::{FoundLog, Listing, SourceNumber};
pub(crate) use mask::mask;
pub(crate) use parallel::in_parallel;
pub(crate) use parse::{Found, parse, parse_within, reread};
pub(crate) use route::{RoutedLog, Routing, route, set_apart, set_shared_apart};
pub(crate) use touch::{drawn_in, gone, touched};
