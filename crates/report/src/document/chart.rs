//! Bars over time or over names.

use serde::Serialize;

/// A chart of bars. Each bar has two parts, one on the other; the second is the one to worry about.
#[derive(Debug, Clone, Serialize)]
pub struct Bars {
    /// What it shows.
    pub title: String,
    /// What the first part is.
    pub first: &'static str,
    /// What the second part is, where there is one.
    pub second: Option<&'static str>,
    /// What a mark below a bar says.
    pub mark: Option<&'static str>,
    /// The bars, in order.
    pub bars: Vec<Bar>,
}

/// One bar.
#[derive(Debug, Clone, Serialize)]
pub struct Bar {
    /// What it is of.
    pub label: String,
    /// How large its first part is.
    pub first: u64,
    /// How large its second part is.
    pub second: u64,
    /// Whether it is marked.
    pub marked: bool,
}

impl Bars {
    pub(super) fn map_texts(&mut self, map: &mut dyn FnMut(&mut String)) {
        map(&mut self.title);
        self.bars.iter_mut().for_each(|bar| map(&mut bar.label));
    }

    /// The largest bar.
    pub fn highest(&self) -> u64 {
        self.bars.iter().map(|bar| bar.first + bar.second).max().unwrap_or_default()
    }
}
