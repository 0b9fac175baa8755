//! A report as JSON, and the schema that every one of them meets.

use std::io;

use serde::{Serialize, Serializer};
use serde_json::{Map, Value, json};

use super::{Form, Head, Report, Section, SectionKind, TableKind};
use crate::compliance::Framework;
use crate::document::ReportKind;
use crate::wire;

/// Writes a report as one JSON document.
///
/// # Errors
///
/// Those of `out`.
pub fn write_json(out: &mut impl io::Write, report: &Report) -> io::Result<()> {
    wire::write_line(out, report)
}

#[derive(Serialize)]
struct Wire<'a> {
    v: u32,
    report: &'static str,
    framework: Option<&'static str>,
    title: String,
    subject: Option<&'a str>,
    organization: Option<&'a str>,
    from: Option<String>,
    to: Option<String>,
    made: Option<String>,
    made_with: &'static str,
    archive: &'a super::Archive,
    pseudonyms: bool,
    sections: &'a [Section],
}

impl Serialize for Report {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Head { kind, subject, organization, from, to, made, archive, pseudonyms } = &self.head;
        Wire {
            v: wire::VERSION,
            report: kind.code(),
            framework: match kind {
                ReportKind::Compliance(framework) => Some(framework.code()),
                _ => None,
            },
            title: self.head.title(),
            subject: subject.as_deref(),
            organization: organization.as_deref(),
            from: wire::time(*from),
            to: wire::time(*to),
            made: wire::time(Some(*made)),
            made_with: concat!("whoran ", env!("CARGO_PKG_VERSION")),
            archive,
            pseudonyms: *pseudonyms,
            sections: &self.sections,
        }
        .serialize(serializer)
    }
}

impl Serialize for Section {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Wire<'a> {
            section: SectionKind,
            title: &'static str,
            blocks: &'a [super::Block],
        }
        Wire { section: self.kind, title: self.kind.title(), blocks: &self.blocks }.serialize(serializer)
    }
}

fn nullable(ty: &str) -> Value {
    json!({ "type": [ty, "null"] })
}

fn texts() -> Value {
    json!({ "type": "array", "items": { "type": "string" } })
}

fn form(form: Form) -> Value {
    match form {
        Form::Text | Form::Name | Form::Id | Form::Code | Form::Word => nullable("string"),
        Form::Time => json!({ "type": ["string", "null"], "format": "date-time" }),
        Form::Count => json!({ "type": ["integer", "null"], "minimum": 0 }),
        Form::Share => json!({ "type": ["number", "null"], "minimum": 0, "maximum": 1 }),
        Form::Truth => nullable("boolean"),
        Form::Evidence => json!({ "type": "array", "items": { "$ref": "#/$defs/place" } }),
        Form::Ids | Form::Texts => texts(),
        Form::Sections => json!({ "type": "array", "items": { "$ref": "#/$defs/section-name" } }),
    }
}

/// An object with these keys and no others, all of them always there.
fn object(properties: Map<String, Value>) -> Value {
    let keys: Vec<_> = properties.keys().cloned().collect();
    json!({ "type": "object", "properties": properties, "required": keys, "additionalProperties": false })
}

fn keys(properties: Value) -> Value {
    match properties {
        Value::Object(properties) => object(properties),
        other => other,
    }
}

/// The JSON Schema (draft 2020-12) of all reports: `crates/report/schema/report.schema.json`.
pub fn schema() -> Value {
    let count = || json!({ "type": "integer", "minimum": 0 });
    let text = || json!({ "type": "string" });
    let sections: Vec<_> = SectionKind::ALL.iter().map(|kind| kind.code()).collect();
    let frameworks: Vec<_> = Framework::ALL.iter().map(|framework| framework.code()).collect();
    let mut defs = Map::new();
    defs.insert("place".into(), keys(json!({ "log": text(), "start": count(), "end": count() })));
    defs.insert("section-name".into(), json!({ "enum": sections }));
    let mut blocks = vec![
        keys(json!({ "block": { "const": "prose" }, "text": text() })),
        keys(json!({ "block": { "const": "facts" }, "facts": { "type": "array", "items": keys(json!({
            "key": text(), "label": text(), "value": { "type": ["string", "integer", "null"] } })) } })),
        keys(json!({ "block": { "const": "remarks" }, "remarks": { "type": "array", "items": keys(json!({
            "weight": { "enum": ["exception", "attention", "note"] }, "text": text(),
            "section": { "$ref": "#/$defs/section-name" } })) } })),
        keys(
            json!({ "block": { "const": "bars" }, "title": text(), "first": text(), "second": nullable("string"),
            "mark": nullable("string"), "bars": { "type": "array", "items": keys(json!({
                "label": text(), "first": count(), "second": count(), "marked": { "type": "boolean" } })) } }),
        ),
        keys(json!({ "block": { "const": "sign-off" }, "roles": { "type": "array", "items": keys(json!({
            "role": text(), "name": nullable("string") })) } })),
    ];
    for kind in TableKind::ALL {
        let columns = kind.columns().iter().map(|column| (column.key.to_owned(), form(column.form)));
        let table = keys(json!({
            "block": { "const": "table" }, "table": { "const": kind.code() }, "title": { "const": kind.title() },
            "shown": count(), "total": count(), "empty": nullable("string"), "whole": nullable("string"),
            "rows": { "type": "array", "items": object(columns.collect()) } }));
        let name = format!("table-{}", kind.code());
        blocks.push(json!({ "$ref": format!("#/$defs/{name}") }));
        defs.insert(name, table);
    }
    let section = keys(json!({ "section": { "$ref": "#/$defs/section-name" }, "title": text(),
        "blocks": { "type": "array", "items": { "oneOf": blocks } } }));
    let time = || form(Form::Time);
    let mut schema = keys(json!({
        "v": { "const": wire::VERSION },
        "report": { "enum": ["compliance", "activity", "person", "node", "session", "diff"] },
        "framework": { "enum": frameworks.into_iter().map(Value::from).chain([Value::Null]).collect::<Vec<_>>() },
        "title": text(), "subject": nullable("string"), "organization": nullable("string"),
        "from": time(), "to": time(), "made": { "type": "string", "format": "date-time" }, "made_with": text(),
        "archive": keys(json!({ "head": { "type": "string", "pattern": "^[0-9a-f]{64}$" }, "lines": count(), "indexed": count() })),
        "pseudonyms": { "type": "boolean" },
        "sections": { "type": "array", "items": section },
    }));
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema".into();
    schema["title"] = "A report of whoran".into();
    schema["$defs"] = Value::Object(defs);
    schema
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_published_schema_is_this_one() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/schema/report.schema.json");
        let published: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
        assert!(published == schema(), "write this to {path}:\n{:#}", schema());
    }
}
