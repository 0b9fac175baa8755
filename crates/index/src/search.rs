//! Finding commands: which there are, in what order, one at a time.

use std::cell::RefCell;
use std::ops::RangeInclusive;

use tantivy::query::BooleanQuery;
use whoran_model::{CommandRecord, Timestamp};

use crate::error::Result;
use crate::query::Query;
use crate::reader::Index;
use crate::walk::Walk;
use crate::wanted::Wanted;

/// How found commands follow each other. Each is a total order, so the same index always answers alike.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Order {
    /// Latest first, those without a time last; of the same microsecond by session and place in it.
    #[default]
    NewestFirst,
    /// Earliest first, those without a time last; of the same microsecond by session and place in it.
    OldestFirst,
    /// By session id and place in the session.
    Session,
}

/// What to find of what meets a query.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SearchOptions {
    /// At most so many; `None` is all.
    pub limit: Option<usize>,
    /// In this order.
    pub order: Order,
    /// Only commands with a time, at this time or later.
    pub since: Option<Timestamp>,
    /// Only commands with a time, before this time.
    pub until: Option<Timestamp>,
}

/// The commands found. They are looked for, and their records read, as the iterator is asked for them.
pub struct Hits {
    walk: RefCell<Walk>,
    failed: bool,
}

impl std::fmt::Debug for Hits {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Hits").finish_non_exhaustive()
    }
}

impl Index {
    /// The commands that meet a query.
    ///
    /// # Errors
    /// The index cannot be read.
    pub fn search(&self, query: &Query, options: &SearchOptions) -> Result<Hits> {
        let walk = Walk::begin(self, Wanted::new(self, query, options)?, options)?;
        Ok(Hits { walk: RefCell::new(walk), failed: false })
    }

    /// The engine's condition for the commands that meet a query.
    pub(crate) fn condition(&self, query: &Query, options: &SearchOptions) -> Result<BooleanQuery> {
        Wanted::new(self, query, options)?.condition(self)
    }
}

impl Hits {
    /// How many commands meet the query, whatever the limit. They are counted now, where finding the first ones did not
    /// tell.
    ///
    /// # Errors
    /// The index cannot be read.
    pub fn total(&self) -> Result<u64> {
        self.walk.borrow_mut().total()
    }

    /// At least and at most how many commands meet the query, whatever the limit: the same number, unless more than a
    /// thousand commands may have to be read to tell.
    ///
    /// # Errors
    /// The index cannot be read.
    pub fn bounds(&self) -> Result<RangeInclusive<u64>> {
        self.walk.borrow_mut().bounds()
    }

    /// How many commands were read until now to tell. 0 where the index itself knows.
    pub fn scanned(&self) -> u64 {
        self.walk.borrow().read
    }
}

impl Iterator for Hits {
    type Item = Result<CommandRecord>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.failed {
            return None;
        }
        let walk = self.walk.get_mut();
        let found = walk.next().and_then(|at| at.map(|at| walk.load(at)).transpose()).transpose();
        self.failed = found.as_ref().is_some_and(Result::is_err);
        found
    }
}
