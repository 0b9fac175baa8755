//! What every report is made of: sections of prose, figures, tables and charts. It is one value, and HTML, CSV and JSON
//! are written from it alone.

mod chart;
mod json;
mod section;
mod table;
mod tables;

use serde::Serialize;
use serde_json::Value;
use whoran_model::Timestamp;

pub use chart::{Bar, Bars};
pub use json::{schema, write_json};
pub use section::SectionKind;
pub use table::{Column, Form, Stand, Table, TableRow};
pub use tables::TableKind;

use crate::compliance::Framework;

/// What a report is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReportKind {
    /// Evidence for the controls of a framework.
    Compliance(Framework),
    /// All that happened in a time.
    Activity,
    /// What one person did.
    Person,
    /// What happened on one node.
    Node,
    /// One session.
    Session,
    /// What was never there before.
    Diff,
}

impl ReportKind {
    /// A stable short name.
    pub fn code(self) -> &'static str {
        match self {
            Self::Compliance(_) => "compliance",
            Self::Activity => "activity",
            Self::Person => "person",
            Self::Node => "node",
            Self::Session => "session",
            Self::Diff => "diff",
        }
    }
}

/// Where the archive stood when a report was made.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Archive {
    /// SHA-256 of the manifest's last line.
    pub head: String,
    /// How many lines it has.
    pub lines: u64,
    /// How many of them the index knows.
    pub indexed: u64,
}

/// What stands on a report's first page.
#[derive(Debug, Clone)]
pub struct Head {
    /// What it is about.
    pub kind: ReportKind,
    /// The person, node or session it is about.
    pub subject: Option<String>,
    /// Whose report it is, where somebody said so.
    pub organization: Option<String>,
    /// The period's beginning; it belongs to the period.
    pub from: Option<Timestamp>,
    /// The period's end; it does not.
    pub to: Option<Timestamp>,
    /// When the report was made.
    pub made: Timestamp,
    /// Where the archive stood.
    pub archive: Archive,
    /// Whether persons have pseudonyms.
    pub pseudonyms: bool,
}

impl Head {
    /// What the report is called.
    pub fn title(&self) -> String {
        let of = |what: &str| format!("{what} {}", self.subject.as_deref().unwrap_or("unknown"));
        match self.kind {
            ReportKind::Compliance(framework) => format!("Evidence for {}", framework.name()),
            ReportKind::Activity => "Session activity".to_owned(),
            ReportKind::Person => of("Activity of"),
            ReportKind::Node => of("Activity on"),
            ReportKind::Session => of("Session"),
            ReportKind::Diff => "What is new".to_owned(),
        }
    }
}

/// A report.
#[derive(Debug, Clone)]
pub struct Report {
    /// Its first page.
    pub head: Head,
    /// Its sections, each at most once.
    pub sections: Vec<Section>,
}

/// A section.
#[derive(Debug, Clone)]
pub struct Section {
    /// Which.
    pub kind: SectionKind,
    /// What is in it.
    pub blocks: Vec<Block>,
}

/// A part of a section.
#[derive(Debug, Clone, Serialize)]
#[serde(tag = "block", rename_all = "kebab-case")]
pub enum Block {
    /// A paragraph.
    Prose {
        /// The text.
        text: String,
    },
    /// Figures.
    Facts {
        /// Each with its name.
        facts: Vec<Fact>,
    },
    /// What to look at first, the gravest first.
    Remarks {
        /// The remarks.
        remarks: Vec<Remark>,
    },
    /// A table.
    Table(Table),
    /// A chart.
    Bars(Bars),
    /// Room for signatures.
    SignOff {
        /// Who is to sign.
        roles: Vec<SignOff>,
    },
}

/// A figure.
#[derive(Debug, Clone, Serialize)]
pub struct Fact {
    /// A stable short name.
    pub key: &'static str,
    /// What it says to a reader.
    pub label: String,
    /// A number, a text, or null where it is not known.
    pub value: Value,
}

/// How much a remark weighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Weight {
    /// Something is missing from the record, or is not as it should be, and nothing explains it.
    Exception,
    /// To be looked at.
    Attention,
    /// Worth knowing.
    Note,
}

impl Weight {
    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Exception => "exception",
            Self::Attention => "attention",
            Self::Note => "note",
        }
    }
}

/// Something to look at.
#[derive(Debug, Clone, Serialize)]
pub struct Remark {
    /// How much it weighs.
    pub weight: Weight,
    /// What it says.
    pub text: String,
    /// Where more of it is.
    pub section: SectionKind,
}

/// A line to sign on.
#[derive(Debug, Clone, Serialize)]
pub struct SignOff {
    /// In what part.
    pub role: String,
    /// Who, where that is known.
    pub name: Option<String>,
}

impl Report {
    /// All tables, in order.
    pub fn tables(&self) -> impl Iterator<Item = &Table> {
        let blocks = self.sections.iter().flat_map(|section| &section.blocks);
        blocks.filter_map(|block| match block {
            Block::Table(table) => Some(table),
            _ => None,
        })
    }

    /// All remarks, in order.
    pub fn remarks(&self) -> impl Iterator<Item = &Remark> {
        let blocks = self.sections.iter().flat_map(|section| &section.blocks);
        blocks.flat_map(|block| match block {
            Block::Remarks { remarks } => remarks.as_slice(),
            _ => &[],
        })
    }

    /// Puts another text in the place of each text that came from outside: what stands in tables, figures, charts,
    /// paragraphs and on the first page.
    pub fn map_texts(&mut self, map: &mut dyn FnMut(&mut String)) {
        let Head { subject, organization, .. } = &mut self.head;
        subject.iter_mut().chain(organization).for_each(&mut *map);
        for block in self.sections.iter_mut().flat_map(|section| &mut section.blocks) {
            match block {
                Block::Prose { text } => map(text),
                Block::Facts { facts } => facts.iter_mut().for_each(|fact| {
                    map(&mut fact.label);
                    map_value(&mut fact.value, map);
                }),
                Block::Remarks { remarks } => remarks.iter_mut().for_each(|remark| map(&mut remark.text)),
                Block::Table(table) => table.map_texts(map),
                Block::Bars(bars) => bars.map_texts(map),
                Block::SignOff { roles } => {
                    roles.iter_mut().filter_map(|role| role.name.as_mut()).for_each(&mut *map);
                }
            }
        }
    }
}

pub(crate) fn map_value(value: &mut Value, map: &mut dyn FnMut(&mut String)) {
    match value {
        Value::String(text) => map(text),
        Value::Array(values) => values.iter_mut().for_each(|value| map_value(value, map)),
        Value::Object(values) => values.values_mut().for_each(|value| map_value(value, map)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

impl Section {
    /// A section without anything in it.
    pub fn new(kind: SectionKind) -> Self {
        Self { kind, blocks: Vec::new() }
    }

    /// With a paragraph more.
    #[must_use]
    pub fn prose(mut self, text: impl Into<String>) -> Self {
        self.blocks.push(Block::Prose { text: text.into() });
        self
    }

    /// With figures more.
    #[must_use]
    pub fn facts(mut self, facts: Vec<Fact>) -> Self {
        self.blocks.push(Block::Facts { facts });
        self
    }

    /// With a table more.
    #[must_use]
    pub fn table(mut self, table: Table) -> Self {
        self.blocks.push(Block::Table(table));
        self
    }

    /// With a chart more.
    #[must_use]
    pub fn bars(mut self, bars: Bars) -> Self {
        self.blocks.push(Block::Bars(bars));
        self
    }
}

impl Fact {
    /// A figure.
    pub fn new(key: &'static str, label: impl Into<String>, value: impl Into<Value>) -> Self {
        Self { key, label: label.into(), value: value.into() }
    }
}

/// `1 session`, `2 sessions`.
pub(crate) fn count(n: u64, what: &str) -> String {
    if n == 1 { format!("1 {what}") } else { format!("{n} {what}s") }
}
