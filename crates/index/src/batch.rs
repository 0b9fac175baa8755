//! Documents that go to the engine together. Their texts lie in one string and their values in one list, which all of
//! them share, and the engine reads them where they lie: a document that is made by itself, and let go on another
//! thread, costs more than what is in it.

use tantivy::schema::Field;
use tantivy::schema::document::{ReferenceValue, ReferenceValueLeaf, Value};

use crate::document::Key;

/// A batch is full with so many documents, or bytes of them.
const DOCUMENTS: usize = 256;
const BYTES: usize = 256 << 10;

/// About so many bytes the engine takes for a value, beside its text.
const OF_A_VALUE: usize = 16;

/// Documents, one behind the other. What is added belongs to the next one, until that is ended.
#[derive(Debug, Default)]
pub(crate) struct Batch {
    texts: String,
    keys: Vec<Key>,
    values: Vec<Given>,
    /// Values of the next document that come behind its others.
    later: Vec<Given>,
    /// The text that was added last.
    last: Place,
    /// Where the values of each document end, and about how many bytes it holds.
    ends: Vec<(usize, usize)>,
    /// Bytes of the next document, and of all others.
    bytes: usize,
    ended: usize,
}

/// A value of one field.
#[derive(Debug, Clone, Copy)]
enum Given {
    Text(Field, Place),
    /// The bytes of a text.
    Bytes(Field, Place),
    Key(Field, u32),
    Number(Field, f64),
    Time(Field, i64),
    Bool(Field, bool),
}

/// Where a text lies. A place beyond 4 GiB is none, and its text an empty one.
#[derive(Debug, Clone, Copy, Default)]
struct Place {
    from: u32,
    len: u32,
}

impl Batch {
    pub(crate) fn text(&mut self, field: Field, text: &str) {
        let place = self.place(text);
        self.put(Given::Text(field, place), text.len());
    }

    /// A text of a column. The engine wants values in the order of its fields, and columns are its last.
    pub(crate) fn column(&mut self, field: Field, text: &str) {
        let place = self.place(text);
        self.bytes += OF_A_VALUE + text.len();
        self.later.push(Given::Text(field, place));
    }

    /// A text that is written where it stays.
    pub(crate) fn written(&mut self, field: Field, write: impl FnOnce(&mut String)) {
        let place = self.write(write);
        self.put(Given::Text(field, place), place.len as usize);
    }

    /// The bytes of a text that is written where it stays.
    pub(crate) fn bytes(&mut self, field: Field, write: impl FnOnce(&mut String)) {
        let place = self.write(write);
        self.put(Given::Bytes(field, place), place.len as usize);
    }

    pub(crate) fn key(&mut self, field: Field, key: &Key) {
        if self.keys.last() != Some(key) {
            self.keys.push(*key);
        }
        let last = self.keys.len() - 1;
        self.put(Given::Key(field, u32::try_from(last).unwrap_or(u32::MAX)), key.len());
    }

    pub(crate) fn number(&mut self, field: Field, number: f64) {
        self.put(Given::Number(field, number), 0);
    }

    pub(crate) fn time(&mut self, field: Field, ticks: i64) {
        self.put(Given::Time(field, ticks), 0);
    }

    pub(crate) fn bool(&mut self, field: Field, value: bool) {
        self.put(Given::Bool(field, value), 0);
    }

    /// Ends a document.
    pub(crate) fn end(&mut self) {
        self.values.append(&mut self.later);
        self.ends.push((self.values.len(), self.bytes));
        self.ended += std::mem::take(&mut self.bytes);
    }

    pub(crate) fn is_full(&self) -> bool {
        self.ended >= BYTES || self.ends.len() >= DOCUMENTS
    }

    /// Documents that were ended.
    pub(crate) fn len(&self) -> usize {
        self.ends.len()
    }

    /// About how many bytes they hold together.
    pub(crate) fn weight(&self) -> usize {
        self.ended
    }

    /// About how many bytes one of them holds.
    pub(crate) fn weight_of(&self, document: usize) -> usize {
        self.ends.get(document).map_or(0, |(_, bytes)| *bytes)
    }

    /// The values of one document.
    pub(crate) fn values(&self, document: usize) -> Values<'_> {
        let from = document.checked_sub(1).map_or(0, |before| self.ends[before].0);
        Values { batch: self, left: self.values[from..self.ends[document].0].iter() }
    }

    fn put(&mut self, value: Given, bytes: usize) {
        self.bytes += OF_A_VALUE + bytes;
        self.values.push(value);
    }

    /// Where the text lies, which is where the last one does where that is the same.
    fn place(&mut self, text: &str) -> Place {
        if self.at(self.last) == text { self.last } else { self.write(|to| to.push_str(text)) }
    }

    fn write(&mut self, write: impl FnOnce(&mut String)) -> Place {
        let from = self.texts.len();
        write(&mut self.texts);
        let place = u32::try_from(from).ok().zip(u32::try_from(self.texts.len() - from).ok());
        self.last = place.map_or_else(Place::default, |(from, len)| Place { from, len });
        self.last
    }

    fn at(&self, Place { from, len }: Place) -> &str {
        let from = from as usize;
        self.texts.get(from..from + len as usize).unwrap_or_default()
    }
}

/// The values of a document, in the order in which they were added.
pub(crate) struct Values<'b> {
    batch: &'b Batch,
    left: std::slice::Iter<'b, Given>,
}

impl<'b> Iterator for Values<'b> {
    type Item = (Field, Shown<'b>);

    fn next(&mut self) -> Option<Self::Item> {
        let given = self.left.next()?;
        let (Given::Text(field, _)
        | Given::Bytes(field, _)
        | Given::Key(field, _)
        | Given::Number(field, _)
        | Given::Time(field, _)
        | Given::Bool(field, _)) = given;
        Some((*field, Shown { batch: self.batch, given }))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.left.size_hint()
    }
}

/// A value as the engine reads it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Shown<'b> {
    batch: &'b Batch,
    given: &'b Given,
}

impl<'b> Value<'b> for Shown<'b> {
    type ArrayIter = std::iter::Empty<Self>;
    type ObjectIter = std::iter::Empty<(&'b str, Self)>;

    fn as_value(&self) -> ReferenceValue<'b, Self> {
        let Self { batch, given } = *self;
        ReferenceValue::Leaf(match *given {
            Given::Text(_, place) => ReferenceValueLeaf::Str(batch.at(place)),
            Given::Bytes(_, place) => ReferenceValueLeaf::Bytes(batch.at(place).as_bytes()),
            Given::Key(_, at) => {
                ReferenceValueLeaf::Bytes(batch.keys.get(at as usize).map_or(&[], |key| key.as_slice()))
            }
            Given::Number(_, number) => ReferenceValueLeaf::F64(number),
            Given::Time(_, ticks) => ReferenceValueLeaf::I64(ticks),
            Given::Bool(_, value) => ReferenceValueLeaf::Bool(value),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_lie_apart_and_equal_texts_once() {
        let [a, b, c] = [0, 1, 2].map(Field::from_field_id);
        let mut batch = Batch::default();
        batch.column(c, "root");
        batch.text(a, "root");
        batch.number(b, 0.5);
        batch.end();
        batch.key(a, &[7; 16]);
        batch.bytes(b, |to| to.push_str("size"));
        batch.end();
        let values = |document| -> Vec<_> {
            batch.values(document).map(|(field, value)| (field, value.as_leaf().unwrap())).collect()
        };
        let (text, bytes) = (ReferenceValueLeaf::Str("root"), ReferenceValueLeaf::Bytes(b"size"));
        assert_eq!(values(0), [(a, text.clone()), (b, ReferenceValueLeaf::F64(0.5)), (c, text)]);
        assert_eq!(values(1), [(a, ReferenceValueLeaf::Bytes(&[7; 16])), (b, bytes)]);
        assert_eq!(batch.texts, "rootsize");
        let held = 5 * OF_A_VALUE + 4 + 4 + 16 + 4;
        assert_eq!((batch.len(), batch.weight()), (2, held));
        assert_eq!(batch.weight_of(0) + batch.weight_of(1), held);
    }
}
