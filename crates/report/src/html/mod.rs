//! A report as one HTML page that stands alone: no script, nothing from a network, and nothing in it that acts. Every text
//! passes [`safe`] and the templates' own escaping; a policy in the page's head
//! forbids the rest.

mod chart;
mod table;

use std::io;

use jiff::tz::TimeZone;
use maud::{DOCTYPE, Markup, PreEscaped, html};
use serde_json::Value;
use whoran_model::Timestamp;

use crate::document::{Block, Fact, Head, Remark, Report, Section, SignOff};
use crate::safe;

const STYLE: &str = include_str!("style.css");

/// What a page may do: show itself.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";

/// Writes a report as a page. Times are shown in `zone`.
///
/// # Errors
///
/// Those of `out`.
pub fn write(out: &mut impl io::Write, report: &Report, zone: &TimeZone) -> io::Result<()> {
    out.write_all(page(report, zone).into_string().as_bytes())
}

fn page(report: &Report, zone: &TimeZone) -> Markup {
    let Report { head, sections } = report;
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(POLICY);
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="referrer" content="no-referrer";
                title { (text(&head.title())) }
                style { (PreEscaped(STYLE)) (PreEscaped(footer(head))) }
            }
            body {
                (cover(head, zone))
                nav.contents aria-label="Contents" {
                    h2 { "Contents" }
                    ol {
                        @for section in sections {
                            li { a href={ "#" (section.kind.code()) } { (section.kind.title()) } }
                        }
                    }
                }
                main {
                    @for section in sections { (part(section, zone)) }
                }
            }
        }
    }
}

/// What stands at the foot of every printed page: nothing in it is from a log.
fn footer(head: &Head) -> String {
    let hex = head.archive.head.chars().filter(char::is_ascii_hexdigit).take(16).collect::<String>();
    let kind = match head.kind {
        crate::document::ReportKind::Compliance(framework) => format!("Evidence for {}", framework.name()),
        kind => format!("Report: {}", kind.code()),
    };
    format!("@page{{@bottom-left{{content:\"{kind} \\B7  head {hex}\"}}}}")
}

fn cover(head: &Head, zone: &TimeZone) -> Markup {
    let period = |at: Option<Timestamp>, open: &'static str| {
        at.map_or_else(|| html! { (open) }, |at| html! { (moment(at, zone)) })
    };
    html! {
        header.cover {
            p.kicker {
                @if let Some(organization) = &head.organization { (text(organization)) " \u{b7} " }
                "AWS Session Manager: who ran what, as which OS user, on which machine"
            }
            h1 { (text(&head.title())) }
            dl.meta {
                div { dt { "Period" } dd { (period(head.from, "from the beginning")) " up to " (period(head.to, "now")) } }
                div { dt { "Made" } dd { (moment(head.made, zone)) " with whoran " (env!("CARGO_PKG_VERSION")) } }
                div.wide { dt { "Manifest head" } dd.id { (text(&head.archive.head)) } }
                @if head.pseudonyms {
                    div.wide {
                        dt { "Pseudonyms" }
                        dd { "Persons have stable pseudonyms in this report; the method says what they cover." }
                    }
                }
            }
        }
    }
}

fn part(section: &Section, zone: &TimeZone) -> Markup {
    html! {
        section id=(section.kind.code()) {
            h2 { (section.kind.title()) }
            @for block in &section.blocks {
                @match block {
                    Block::Prose { text } => { p { (prose(text)) } }
                    Block::Facts { facts } => { (figures(facts, zone)) }
                    Block::Remarks { remarks } => { (remarks_of(remarks)) }
                    Block::Table(table) => { (table::table(table, zone)) }
                    Block::Bars(bars) => { (chart::bars(bars)) }
                    Block::SignOff { roles } => { (sign_off(roles)) }
                }
            }
        }
    }
}

fn figures(facts: &[Fact], zone: &TimeZone) -> Markup {
    html! {
        dl.facts {
            @for fact in facts {
                div.long[fact.value.as_str().is_some_and(|text| text.len() > 30)] {
                    dt { (text(&fact.label)) }
                    dd {
                        @match &fact.value {
                            Value::Number(n) => { (grouped(&n.to_string())) }
                            Value::String(value) => {
                                @if let Ok(at) = value.parse() { (moment(at, zone)) } @else { (text(value)) }
                            }
                            _ => { "not known" }
                        }
                    }
                }
            }
        }
    }
}

fn remarks_of(remarks: &[Remark]) -> Markup {
    html! {
        h3 { "What to look at first" }
        @if remarks.is_empty() {
            p { "Nothing stands out." }
        } @else {
            ul.remarks {
                @for remark in remarks {
                    li class=(remark.weight.word()) {
                        strong.weight { (remark.weight.word()) }
                        span { (text(&remark.text)) }
                        a href={ "#" (remark.section.code()) } { (remark.section.title()) }
                    }
                }
            }
        }
    }
}

fn sign_off(roles: &[SignOff]) -> Markup {
    html! {
        div.signatures {
            @for role in roles {
                div.signature {
                    p.role { (text(&role.role)) @if let Some(name) = &role.name { ": " (text(name)) } }
                    @for line in ["Name", "Date", "Signature", "Remarks"] { p.line { (line) } }
                }
            }
        }
    }
}

/// A text in which nothing acts.
fn text(text: &str) -> Markup {
    html! { (safe::line(text)) }
}

/// A paragraph of ours, where `…` stands for what is typed.
fn prose(paragraph: &str) -> Markup {
    html! {
        @for (at, part) in paragraph.split('`').enumerate() {
            @if at % 2 == 1 { code { (text(part)) } } @else { (text(part)) }
        }
    }
}

/// A point in time, to the second, with its offset.
fn moment(at: Timestamp, zone: &TimeZone) -> Markup {
    let local = at.to_zoned(zone.clone());
    let offset = if local.offset().is_zero() { "Z".to_owned() } else { local.strftime("%:z").to_string() };
    html! {
        time datetime=(at.strftime("%Y-%m-%dT%H:%M:%SZ")) {
            span { (local.strftime("%Y-%m-%d")) } " " span { (local.strftime("%H:%M:%S")) (offset) }
        }
    }
}

/// Digits in groups of three, with narrow spaces.
fn grouped(number: &str) -> String {
    let digits = number.len();
    let mut out = String::new();
    for (at, digit) in number.chars().enumerate() {
        if at > 0 && (digits - at).is_multiple_of(3) && digit.is_ascii_digit() && !out.ends_with('-') {
            out.push('\u{202f}');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The relative luminance of `#rrggbb`, by WCAG 2.2.
    fn luminance(colour: &str) -> f64 {
        let part = |at: usize| {
            let value = f64::from(u8::from_str_radix(&colour[at..at + 2], 16).unwrap()) / 255.0;
            if value <= 0.04045 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
        };
        0.2126 * part(1) + 0.7152 * part(3) + 0.0722 * part(5)
    }

    #[test]
    fn every_colour_of_text_has_contrast_enough() {
        let colour = |name: &str| STYLE.split(&format!("--{name}:")).nth(1).unwrap()[..7].to_owned();
        for ground in ["#ffffff".to_owned(), colour("faint")] {
            for name in ["ink", "soft", "accent"] {
                let (light, dark) = (luminance(&ground), luminance(&colour(name)));
                let contrast = (light + 0.05) / (dark + 0.05);
                assert!(contrast >= 4.5, "{name} on {ground}: {contrast:.2}");
            }
        }
        // No text has another colour than those, and links are underlined.
        let used = STYLE.match_indices("color:").map(|(at, _)| &STYLE[at + 6..]);
        for value in used {
            let known = ["var(--ink)", "var(--soft)", "var(--accent)", "inherit", "#55606b"];
            let border = ["var(--line)"];
            assert!(
                known.iter().chain(&border).any(|k| value.starts_with(k)) || value.starts_with("exact"),
                "{}",
                &value[..20]
            );
        }
    }

    #[test]
    fn numbers_are_read_in_groups() {
        for (number, read) in
            [("7", "7"), ("999", "999"), ("1000", "1\u{202f}000"), ("1234567", "1\u{202f}234\u{202f}567")]
        {
            assert_eq!(grouped(number), read);
        }
    }
}
