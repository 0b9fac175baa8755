//! What rules are held against: a few named values, borrowed from a command or a session.

use std::borrow::Cow;

use rsigma_eval::{Event, EventValue};

/// One record.
#[derive(Debug, Default)]
pub(crate) struct Record<'a> {
    fields: Vec<(&'a str, EventValue<'a>)>,
}

impl<'a> Record<'a> {
    pub(crate) fn text(mut self, name: &'a str, text: impl Into<Cow<'a, str>>) -> Self {
        self.fields.push((name, EventValue::Str(text.into())));
        self
    }

    pub(crate) fn maybe(self, name: &'a str, text: Option<impl Into<Cow<'a, str>>>) -> Self {
        match text {
            Some(text) => self.text(name, text),
            None => self,
        }
    }

    pub(crate) fn number(mut self, name: &'a str, number: i64) -> Self {
        self.fields.push((name, EventValue::Int(number)));
        self
    }

    /// A field of several values; a rule asks for any of them.
    pub(crate) fn list(mut self, name: &'a str, texts: impl IntoIterator<Item = Cow<'a, str>>) -> Self {
        let texts = texts.into_iter().map(EventValue::Str).collect();
        self.fields.push((name, EventValue::Array(texts)));
        self
    }
}

/// The same value, borrowed.
fn borrowed<'v>(value: &'v EventValue<'_>) -> EventValue<'v> {
    match value {
        EventValue::Str(text) => EventValue::Str(Cow::Borrowed(text)),
        EventValue::Int(number) => EventValue::Int(*number),
        EventValue::Float(number) => EventValue::Float(*number),
        EventValue::Bool(is) => EventValue::Bool(*is),
        EventValue::Null => EventValue::Null,
        EventValue::Array(values) => EventValue::Array(values.iter().map(borrowed).collect()),
        EventValue::Map(entries) => EventValue::Map(
            entries.iter().map(|(key, value)| (Cow::Borrowed(&**key), borrowed(value))).collect(),
        ),
    }
}

impl Event for Record<'_> {
    fn get_field(&self, path: &str) -> Option<EventValue<'_>> {
        self.fields.iter().find(|(name, _)| *name == path).map(|(_, value)| borrowed(value))
    }

    fn any_string_value(&self, pred: &dyn Fn(&str) -> bool) -> bool {
        self.all_string_values().iter().any(|text| pred(text))
    }

    fn all_string_values(&self) -> Vec<Cow<'_, str>> {
        let mut texts = Vec::new();
        for (_, value) in &self.fields {
            match value {
                EventValue::Str(text) => texts.push(Cow::Borrowed(&**text)),
                EventValue::Array(values) => texts.extend(values.iter().filter_map(EventValue::as_str)),
                _ => {}
            }
        }
        texts
    }

    fn to_json(&self) -> serde_json::Value {
        let fields = self.fields.iter().map(|(name, value)| ((*name).to_owned(), value.to_json()));
        serde_json::Value::Object(fields.collect())
    }
}
