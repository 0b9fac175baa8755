//! When the documents of each segment happened, run by run: where the latest can be, and where not to look for them.
//!
//! Sessions are not in order of time in a segment, but commands that lie near each other are near in time too. So a few
//! runs hold the newest hits, however many there are.

use std::io::Write;

use tantivy::columnar::{ColumnarReader, DynamicColumn};
use tantivy::directory::{OwnedBytes, TerminatingWrite};
use tantivy::index::{Segment, SegmentComponent, SegmentReader};

use crate::beside::Beside;

/// So many documents that follow each other are a run.
pub(crate) const RUN: u32 = 128;

/// The earliest and the latest time of each run, in ticks, little-endian; the other way round where none has a time.
pub(crate) const TIMES: Beside = Beside { extension: "times", write };

const NONE: (i64, i64) = (i64::MAX, i64::MIN);

fn write(segment: &Segment, component: SegmentComponent) -> tantivy::Result<()> {
    let columns = ColumnarReader::open(segment.open_read(SegmentComponent::FastFields)?)?;
    let mut runs = vec![NONE; columns.num_docs().div_ceil(RUN) as usize];
    for handle in columns.read_columns("time")? {
        let DynamicColumn::I64(column) = handle.open()? else { continue };
        for doc in 0..columns.num_docs() {
            let (earliest, latest) = &mut runs[(doc / RUN) as usize];
            for time in column.values_for_doc(doc) {
                *earliest = time.min(*earliest);
                *latest = time.max(*latest);
            }
        }
    }
    let mut out = segment.open_write(component)?;
    for (earliest, latest) in runs {
        out.write_all(&earliest.to_le_bytes())?;
        out.write_all(&latest.to_le_bytes())?;
    }
    Ok(out.terminate()?)
}

/// The times of a segment's runs.
pub(crate) struct Times(OwnedBytes);

impl Times {
    pub(crate) fn open(reader: &SegmentReader) -> tantivy::Result<Self> {
        Ok(Self(reader.open_read(TIMES.component())?.read_bytes()?))
    }

    /// The earliest and the latest of each run.
    pub(crate) fn runs(&self) -> impl Iterator<Item = Option<(i64, i64)>> + '_ {
        let (ends, _) = self.0.as_chunks::<8>();
        let (runs, _) = ends.as_chunks::<2>();
        runs.iter().map(|&[earliest, latest]| {
            let run = (i64::from_le_bytes(earliest), i64::from_le_bytes(latest));
            (run != NONE).then_some(run)
        })
    }
}
