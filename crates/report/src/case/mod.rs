//! A case as one HTML page: what was found, and each session as a person would read it. No script and nothing from a
//! network; every text passes [`safe`] and the templates' own escaping, and a policy in the page's head forbids the rest.

use std::io;

use maud::{DOCTYPE, Markup, PreEscaped, html};
use whoran_model::{ByteSpan, CommandKind, CommandRecord, Dossier, Finding, Review, Reviewed, TimePrecision};

use crate::findings::FindingRow;
use crate::rows::not_seen_to_run;
use crate::{safe, wire};

const STYLE: &str = include_str!("style.css");

/// What a page may do: show itself.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";

/// What stands at the top of a page.
#[derive(Debug, Clone)]
pub struct Head {
    /// When it was made, RFC 3339.
    pub made: String,
    /// The version of the program.
    pub version: &'static str,
    /// What was asked for, as typed.
    pub asked: String,
    /// How many sessions there are.
    pub sessions: usize,
    /// Hash of the archive's last manifest line.
    pub manifest_head: String,
    /// Whether the raw logs are beside the page.
    pub with_raw: bool,
}

/// Begins a page: what it is, and all that was found, with the last review that holds for each.
///
/// # Errors
///
/// Those of `out`.
pub fn begin(
    out: &mut impl io::Write,
    head: &Head,
    findings: &[(Finding, Option<Review>)],
) -> io::Result<()> {
    let raw = if head.with_raw {
        "The raw logs are beside it, with the secrets that are in them."
    } else {
        "Secrets are masked; the raw logs are not part of it."
    };
    let top = html! {
        header {
            h1 { "Sessions and what was done in them" }
            p { "Made " time { (head.made) } " by whoran " (head.version) " from an archive whose manifest ends with "
                code { (head.manifest_head) } ". " (raw) }
            p { "Asked for: " code { (text(&head.asked)) } ". Sessions: " (head.sessions) "." }
            p { "Times are UTC. A command was entered not later than its time; where a session's end is all that is known, "
                "that is said. The files beside this page hold the same as data; " code { "whoran verify" }
                " on this folder, or " code { "sha256sum -c SHA256SUMS" } " in it, shows that none was changed." }
        }
        section {
            h2 { "Findings" }
            @if findings.is_empty() { p.empty { "No rule found anything." } } @else { (table(findings)) }
        }
    };
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(POLICY);
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="referrer" content="no-referrer";
                title { "Case: " (text(&head.asked)) }
                style { (PreEscaped(STYLE)) }
            }
            body { (top) main { "\u{0}" } }
        }
    }
    .into_string();
    // What follows is written as it comes, into the place kept for it; no text can hold that sign.
    out.write_all(page.split('\u{0}').next().unwrap_or_default().as_bytes())
}

/// Adds a session. `is_asked` says of a command's place whether it was asked for.
///
/// # Errors
///
/// Those of `out`.
pub fn session(
    out: &mut impl io::Write,
    dossier: &Dossier,
    findings: &[Finding],
    reviews: &[Review],
    is_asked: &dyn Fn(u32) -> bool,
) -> io::Result<()> {
    let s = &dossier.session;
    let odd: Vec<String> =
        s.diagnostics.iter().map(|odd| format!("{}: {} [{}]", odd.log, odd.kind, odd.kind.code())).collect();
    let page = html! {
        section id={ (anchor(s.id.as_str())) } {
            h2 { (text(s.id.as_str())) }
            dl {
                (term("Identity", s.identity.as_ref().map(|who| who.as_str())))
                (term("Person", s.person.as_deref()))
                (term("Ran as", s.run_as_user.as_ref().map(|user| user.as_str())))
                (term("Node", s.target.as_ref().map(|node| node.as_str())))
                (term("Name of the node", s.target_name.as_deref()))
                (term("Host", s.host.as_deref()))
                (term("First", wire::time(s.first).as_deref()))
                (term("Last", wire::time(s.last).as_deref()))
                @for log in &s.logs { (term("Log", Some(&format!("{} ({} bytes)", log.log, log.bytes)))) }
            }
            @if s.logs.is_empty() { p.empty { "There is no log of this session." } }
            @if !odd.is_empty() { h3 { "Odd about it" } ul { @for one in &odd { li { (text(one)) } } } }
            h3 { "Reviews" }
            @if reviews.is_empty() { p.empty { "Nobody signed this session off." } } @else {
                ul { @for review in reviews { li { (signed(review, s.commands())) } } }
            }
            @for finding in findings.iter().filter(|finding| finding.seq.is_none()) { (found(finding)) }
            @if !dossier.commands.is_empty() {
                h3 { "Commands" }
                ol start="0" {
                    @for record in &dossier.commands {
                        (command(record, findings, is_asked(record.command.seq)))
                    }
                }
            }
        }
    };
    out.write_all(page.into_string().as_bytes())
}

/// Ends a page.
///
/// # Errors
///
/// Those of `out`.
pub fn end(out: &mut impl io::Write) -> io::Result<()> {
    out.write_all(b"</main></body></html>\n")
}

fn text(text: &str) -> String {
    safe::block(text).into_owned()
}

/// The id of a session as a page's anchor: its bytes, so that nothing in it acts.
fn anchor(id: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    let mut name = String::from("s-");
    for byte in id.bytes() {
        match plain(byte) {
            true => name.push(char::from(byte)),
            false => name.push_str(&format!("_{byte:02x}")),
        }
    }
    name
}

fn place(session: &str, seq: u32) -> String {
    format!("{}-c{seq}", anchor(session))
}

fn term(name: &str, value: Option<&str>) -> Markup {
    html! { div { dt { (name) } dd { @match value { Some(value) => (text(value)), None => em { "unknown" } } } } }
}

fn table(findings: &[(Finding, Option<Review>)]) -> Markup {
    html! {
        div.wide { table {
            thead { tr {
                th scope="col" { "Level" } th scope="col" { "Finding" } th scope="col" { "Where" }
                th scope="col" { "Time" } th scope="col" { "Who" } th scope="col" { "Rule by" } th scope="col" { "Reviewed" }
            } }
            tbody {
                @for (finding, review) in findings {
                    @let row = FindingRow::new(finding, review.as_ref());
                    @let to = finding.seq.map_or_else(|| anchor(row.session_id), |seq| place(row.session_id, seq));
                    tr class=(row.level) {
                        td { strong { (row.level) } }
                        td { (text(row.title)) @if !row.techniques.is_empty() { " " span.soft { (text(&row.techniques.join(" "))) } } }
                        td { a href={ "#" (to) } { (text(row.session_id)) @if let Some(seq) = row.seq { "#" (seq) } } }
                        td { (row.time.as_deref().unwrap_or("unknown")) }
                        td { (text(row.person.or(row.identity).unwrap_or("unknown"))) }
                        td { (text(row.author.unwrap_or("unknown"))) @if let Some(license) = row.license { " " span.soft { (text(license)) } } }
                        td { @match &row.review { Some(review) => { (review.verdict) " by " (text(review.by)) }, None => "no" } }
                    }
                }
            }
        } }
    }
}

fn found(finding: &Finding) -> Markup {
    let row = FindingRow::new(finding, None);
    html! {
        aside class={ "finding " (row.level) } {
            p { strong { (row.level) ": " (text(row.title)) } " " span.soft { (text(&row.techniques.join(" "))) } }
            @if let Some(description) = &finding.rule.description { p { (text(description.trim())) } }
            ul {
                @for why in &row.why {
                    li { (text(why.selection)) ": " (text(why.field.unwrap_or("the line"))) " " code { (text(why.pattern)) } }
                }
            }
            p.soft {
                "Rule" @if let Some(author) = row.author { " by " (text(author)) }
                @if let Some(license) = row.license { ", " (text(license)) }
                @if let Some(id) = row.rule_id { ", " code { (text(id)) } }
            }
            p.soft { "Shown by " (evidence(&finding.evidence)) }
        }
    }
}

fn command(record: &CommandRecord, findings: &[Finding], asked: bool) -> Markup {
    let c = &record.command;
    let user = c.os_user.as_ref().map_or("?", |user| user.as_str());
    let bound = match c.time_precision {
        TimePrecision::Batch => "",
        TimePrecision::Session => " (end of the session)",
        TimePrecision::None => "",
    };
    let status = not_seen_to_run(c.status);
    let output = c.output.trim_end().trim_start_matches(['\r', '\n']).replace("\r\n", "\n");
    html! {
        li id=(place(record.session_id.as_str(), c.seq)) class=[asked.then_some("asked")] {
            p.soft {
                (wire::time(c.time).as_deref().unwrap_or("no time")) (bound) ", as " (text(user))
                @if let Some(host) = &c.host { " on " (text(host)) }
                @if let Some(cwd) = &c.cwd { " in " (text(cwd)) }
                @if let Some(status) = status { ", " (status) }
                @if c.confidence < 0.8 { ", confidence " (format!("{:.2}", c.confidence)) }
                @if !record.secrets.is_empty() { ", " (record.secrets.len()) " masked" }
            }
            @match c.kind {
                CommandKind::Password => p.command { em { "A password was entered." } },
                _ => pre.command { code { (text(&c.command)) } },
            }
            @if let Some(typed) = &c.typed { p.soft { "Typed as " code { (text(typed)) } } }
            @if !output.is_empty() { pre.output { samp { (text(&output)) } } }
            @if c.output_truncated { p.soft { "The output was cut in the middle." } }
            @for finding in findings.iter().filter(|finding| finding.seq == Some(c.seq)) { (found(finding)) }
            p.soft { "Shown by " (evidence(&c.evidence)) }
        }
    }
}

fn evidence(spans: &[ByteSpan]) -> Markup {
    html! {
        @if spans.is_empty() { "no log" }
        @for (at, span) in spans.iter().enumerate() {
            @if at > 0 { ", " }
            code { (text(span.log.as_str())) ":" (span.start) "-" (span.end) }
        }
    }
}

fn signed(review: &Review, commands: u64) -> Markup {
    let what = match &review.what {
        Reviewed::Session { commands: then } if *then == commands => "the whole session".to_owned(),
        Reviewed::Session { commands: then } => format!("the session when it had {then} commands"),
        Reviewed::Commands(ids) => format!("{} of {commands} commands", ids.len()),
    };
    html! {
        strong { (review.verdict.as_str()) } " by " (text(&review.by)) " on " (text(&review.host)) ", "
        (wire::time(Some(review.time)).unwrap_or_default()) ", " (what) ": " (text(&review.note))
    }
}
