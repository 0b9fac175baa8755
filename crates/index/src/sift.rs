//! A session's commands, chosen by the index before any is read.

use std::collections::BTreeSet;

use rayon::prelude::*;
use tantivy::collector::DocSetCollector;
use tantivy::columnar::{Column, StrColumn};
use tantivy::query::{BooleanQuery, EnableScoring, Query as EngineQuery, TermQuery};
use tantivy::schema::IndexRecordOption;
use tantivy::{BitSet, DocId, Searcher, SegmentReader, Term};
use whoran_model::{CommandKind, CommandRecord, Origin, SessionId, is_of_windows};

use crate::document::{Kind, TORN, key};
use crate::error::Result;
use crate::fields::field;
use crate::query::{Holding, Need};
use crate::reader::{Index, load};
use crate::schema::column;

/// What chooses, made once for all sessions. It sees the commit it was made at.
pub struct Sift {
    searcher: Searcher,
    /// By segment.
    parts: Vec<Part>,
    first: u32,
}

/// Those of a session's commands that were chosen, in order.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Sifted {
    /// The commands.
    pub commands: Vec<CommandRecord>,
    /// For each, how many lines a person had typed in the session until then, it included.
    pub typed: Vec<u32>,
    /// Whether a prompt of the session, chosen or not, shows a directory of Windows.
    pub windows: bool,
}

impl Index {
    /// Chooses commands that hold one of these texts (of ASCII in small letters, without blanks) in their
    /// [bare](whoran_shell::bare) form, and those until which a person had typed at most `first` lines. Others are among
    /// them: what is looked for is the longest run of letters of each text.
    ///
    /// # Errors
    /// The index cannot be read.
    pub fn sift(&self, texts: &[String], first: u32) -> Result<Sift> {
        let searcher = self.searcher();
        let query = self.may_hold(texts);
        let weight = query.weight(EnableScoring::disabled_from_searcher(&searcher));
        let weight = weight.map_err(|source| self.fail(source))?;
        let parts = searcher.segment_readers().par_iter().map(|segment| {
            let mut chosen = BitSet::with_max_value(segment.max_doc());
            weight.for_each_no_score(segment, &mut |found| {
                for &doc in found {
                    chosen.insert(doc);
                }
            })?;
            Part::open(segment, chosen)
        });
        let parts = parts.collect::<tantivy::Result<Vec<_>>>().map_err(|source| self.fail(source))?;
        Ok(Sift { searcher, parts, first })
    }

    fn may_hold(&self, texts: &[String]) -> Box<dyn EngineQuery> {
        let Some(command) = field("command").and_then(|command| self.schema().of(command)) else {
            return self.kind(Kind::Command);
        };
        let torn = Term::from_field_text(self.schema().has, TORN);
        Box::new(BooleanQuery::union(vec![
            Box::new(Holding { field: command, need: needed(texts), lists: self.words().clone() }),
            Box::new(TermQuery::new(torn, IndexRecordOption::Basic)),
        ]))
    }

    /// Those of the session's commands that are chosen.
    ///
    /// # Errors
    /// The index cannot be read.
    pub fn sifted(&self, id: &SessionId, by: &Sift) -> Result<Sifted> {
        let own = BooleanQuery::intersection(vec![
            self.owned_by([key(Kind::Session, id.as_str())]),
            self.kind(Kind::Command),
        ]);
        let docs = by.searcher.search(&own, &DocSetCollector).map_err(|source| self.fail(source))?;
        let mut rows: Vec<_> =
            docs.into_iter().map(|at| (by.parts[at.segment_ord as usize].row(at.doc_id), at)).collect();
        rows.sort_unstable_by_key(|(row, _)| row.seq);
        let mut sifted = Sifted::default();
        let mut typed = 0;
        for (row, at) in rows {
            typed += u32::from(row.typed);
            sifted.windows |= row.windows;
            if row.chosen || typed <= by.first {
                let record = load(self.dir(), &by.searcher, Kind::Command, at)?;
                sifted.commands.push(record);
                sifted.typed.push(typed);
            }
        }
        Ok(sifted)
    }
}

/// A command may hold one of the texts where one of its words holds their longest runs of letters.
fn needed(texts: &[String]) -> Need {
    let runs = texts.iter().map(|text| {
        let runs = text.split(|c: char| !c.is_ascii_alphanumeric());
        runs.max_by_key(|run| run.len()).unwrap_or_default()
    });
    let runs: BTreeSet<_> = runs.collect();
    match runs.contains("") {
        true => Need::Nothing,
        false => Need::OneOf(runs.into_iter().map(|run| Need::Text(run.to_owned())).collect()),
    }
}

/// What is known of a segment's commands without reading them.
struct Part {
    chosen: BitSet,
    seq: Option<Column<f64>>,
    typed: Values,
    password: Values,
    windows: Values,
}

struct Row {
    seq: u32,
    typed: bool,
    windows: bool,
    chosen: bool,
}

impl Part {
    fn open(segment: &SegmentReader, chosen: BitSet) -> tantivy::Result<Self> {
        Ok(Self {
            chosen,
            seq: segment.fast_fields().column_opt("seq")?,
            typed: Values::open(segment, "origin", |value| value == Origin::Typed.as_str())?,
            password: Values::open(segment, "kind", |value| value == CommandKind::Password.as_str())?,
            windows: Values::open(segment, "cwd", is_of_windows)?,
        })
    }

    fn row(&self, doc: DocId) -> Row {
        let seq = self.seq.as_ref().and_then(|seq| seq.first(doc));
        Row {
            // Places are whole numbers that a float holds exactly.
            seq: seq.unwrap_or_default() as u32,
            typed: self.typed.hold(doc) && !self.password.hold(doc),
            windows: self.windows.hold(doc),
            chosen: self.chosen.contains(doc),
        }
    }
}

/// Some of the values of a column.
struct Values {
    column: Option<StrColumn>,
    /// Their numbers in the segment, ascending.
    some: Vec<u64>,
}

impl Values {
    fn open(segment: &SegmentReader, key: &str, is_one: impl Fn(&str) -> bool) -> tantivy::Result<Self> {
        let mut some = Vec::new();
        let column = match field(key) {
            Some(field) => segment.fast_fields().str(&column(field))?,
            None => None,
        };
        if let Some(column) = &column {
            let mut values = column.dictionary().stream()?;
            while values.advance() {
                if std::str::from_utf8(values.key()).is_ok_and(&is_one) {
                    some.push(values.term_ord());
                }
            }
        }
        Ok(Self { column, some })
    }

    /// Whether the document has one of them.
    fn hold(&self, doc: DocId) -> bool {
        let ords = self.column.as_ref().filter(|_| !self.some.is_empty()).map(|column| column.ords());
        ords.and_then(|ords| ords.first(doc)).is_some_and(|ord| self.some.binary_search(&ord).is_ok())
    }
}
