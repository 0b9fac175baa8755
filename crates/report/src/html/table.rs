//! Tables for people: what matters in columns, the rest beneath each row; on a narrow screen each row is a card.

use jiff::tz::TimeZone;
use maud::{Markup, html};
use serde_json::Value;
use whoran_model::Principal;

use super::{grouped, moment, prose, text};
use crate::document::{Column, Form, SectionKind, Stand, Table};
use crate::safe;
use crate::who::brief;

/// How many of a row's places, ids or texts are shown; all are in JSON and CSV, and the rest is counted.
const SHOWN: usize = 4;

/// A name up to so many bytes is not broken into lines.
const SHORT: usize = 22;

/// Longest text that is shown of one value, in bytes.
const LONGEST: usize = 2000;

pub(super) fn table(table: &Table, zone: &TimeZone) -> Markup {
    let columns = table.kind.columns();
    let main = columns.iter().filter(|column| column.stand == Stand::Main);
    html! {
        figure.table id={ "table-" (table.kind.code()) } {
            figcaption {
                h3 { (table.kind.title()) }
                p.rows { (rows(table)) }
            }
            @if let Some(empty) = &table.empty {
                p.empty { (prose(empty)) }
            } @else {
                table {
                    thead {
                        tr {
                            @for column in main.clone() {
                                th scope="col" .number[is_number(column.form)] { (column.heading) }
                            }
                        }
                    }
                    @for row in &table.rows { (record(columns, row, zone)) }
                }
            }
        }
    }
}

/// How many rows there are, and how to get those that are not here.
fn rows(table: &Table) -> Markup {
    let (shown, total) = (table.rows.len() as u64, table.total);
    let count = |n: u64| grouped(&n.to_string());
    html! {
        @if shown < total {
            (count(shown)) " of " (count(total)) " rows"
            @if let Some(rest) = table.rest() { "; all of them: " code { (text(&rest)) } }
        } @else if total == 1 { "1 row" } @else { (count(total)) " rows" }
    }
}

fn record(columns: &[Column], row: &[Value], zone: &TimeZone) -> Markup {
    let cells: Vec<_> = columns.iter().zip(row).collect();
    let main = cells.iter().enumerate().filter(|(_, (column, _))| column.stand == Stand::Main);
    let below: Vec<_> =
        cells.iter().filter(|(column, value)| column.stand == Stand::Below && !is_nothing(value)).collect();
    let width = columns.iter().filter(|column| column.stand == Stand::Main).count();
    html! {
        tbody {
            tr {
                @for (at, (column, value)) in main {
                    td data-h=(column.heading) .number[is_number(column.form)] .code[column.form == Form::Code] {
                        div {
                            (shown(column.form, value, zone))
                            @for (with, value) in
                                cells[at + 1..].iter().take_while(|(column, _)| column.stand == Stand::With)
                            {
                                @if !is_nothing(value) {
                                    span.with {
                                        @if !with.heading.is_empty() { (with.heading) " " }
                                        (shown(with.form, value, zone))
                                    }
                                }
                            }
                        }
                    }
                }
            }
            @if !below.is_empty() {
                tr.below {
                    td colspan=(width) {
                        @for (column, value) in below {
                            span.item {
                                @if !column.heading.is_empty() { span.key { (column.heading) } " " }
                                (shown(column.form, value, zone))
                            }
                            " "
                        }
                    }
                }
            }
        }
    }
}

fn is_number(form: Form) -> bool {
    matches!(form, Form::Count | Form::Share)
}

fn is_nothing(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(values) => values.is_empty(),
        _ => false,
    }
}

fn shown(form: Form, value: &Value, zone: &TimeZone) -> Markup {
    match (form, value) {
        (Form::Name, Value::Null) => html! { span.unknown { "unknown" } },
        (_, value) if is_nothing(value) => html! { span.none { "\u{2013}" } },
        (Form::Name, Value::String(name)) => html! { strong.short[name.len() <= SHORT] { (cut(name)) } },
        (Form::Id, Value::String(id)) => html! { span.id { (id_of(id)) } },
        (Form::Code, Value::String(code)) => html! { code { (block(code)) } },
        (Form::Word, Value::String(word)) => html! { span.word.grave[is_grave(word)] { (text(word)) } },
        (Form::Time, Value::String(time)) => time.parse().map_or_else(|_| text(time), |at| moment(at, zone)),
        (Form::Count, Value::Number(n)) => html! { (grouped(&n.to_string())) },
        (Form::Share, Value::Number(n)) => html! { (format!("{:.2}", n.as_f64().unwrap_or_default())) },
        (Form::Truth, Value::Bool(yes)) => html! { (if *yes { "yes" } else { "no" }) },
        (_, Value::Array(values)) => list(form, values),
        (_, Value::String(value)) => cut(value),
        (_, other) => html! { (other.to_string()) },
    }
}

fn list(form: Form, values: &[Value]) -> Markup {
    let more = values.len().saturating_sub(SHOWN);
    html! {
        @for (at, value) in values.iter().take(if form == Form::Sections { values.len() } else { SHOWN }).enumerate() {
            @if at > 0 { (if form == Form::Texts { "; " } else { ", " }) }
            @match form {
                Form::Evidence => {
                    span.id { (cut(value["log"].as_str().unwrap_or_default())) ":" (value["start"].to_string()) "-" (value["end"].to_string()) }
                }
                Form::Sections => { (link(value.as_str().unwrap_or_default())) }
                Form::Texts => { (cut(value.as_str().unwrap_or_default())) }
                _ => { span.id { (cut(value.as_str().unwrap_or_default())) } }
            }
        }
        @if more > 0 && form != Form::Sections { " and " (more) " more" }
    }
}

fn link(code: &str) -> Markup {
    let section = SectionKind::ALL.iter().find(|kind| kind.code() == code);
    html! { @if let Some(section) = section { a href={ "#" (section.code()) } { (section.title()) } } }
}

/// What is to be noticed among other words.
fn is_grave(word: &str) -> bool {
    matches!(
        word,
        "mismatch"
            | "unexplained"
            | "loss"
            | "denied"
            | "failed"
            | "no-tag-and-no-default"
            | "could-not-start"
            | "exception"
    )
}

/// An id; of a principal's ARN what tells it from others.
fn id_of(id: &str) -> Markup {
    if id.starts_with("arn:") && id.contains(":assumed-role/") | id.contains(":user/") | id.ends_with(":root")
    {
        return html! { span title=(safe::line(id)) { (cut(&brief(&Principal::new(id)))) } };
    }
    cut(id)
}

fn cut(value: &str) -> Markup {
    let end = value.floor_char_boundary(LONGEST.min(value.len()));
    html! { (text(&value[..end])) @if end < value.len() { "\u{2026}" } }
}

/// Text of several lines.
fn block(value: &str) -> Markup {
    let end = value.floor_char_boundary(LONGEST.min(value.len()));
    html! { (safe::block(&value[..end])) @if end < value.len() { "\u{2026}" } }
}
