//! `whoran facets`: what there is, and how much of each.

use serde::Serialize;
use whoran_pipeline::{Facet, SearchOptions, facet_field};
use whoran_report::rows::Row;

use super::answer::Answer;
use super::open;
use super::search::explain;
use crate::args::Global;
use crate::args::search::Facets;
use crate::config::Config;
use crate::error::CommandError;
use crate::exit::Exit;
use crate::table::Cell;
use crate::ui::{self, Ui};

/// Length of the longest bar.
const BAR: u64 = 30;

/// One value of a field.
#[derive(Debug, Serialize)]
struct FacetRow {
    field: &'static str,
    /// `null` is not known.
    value: Option<String>,
    commands: u64,
    #[serde(skip)]
    most: u64,
}

impl Row for FacetRow {
    const COLUMNS: &'static [&'static str] = &["field", "value", "commands"];
}

pub(super) fn run(
    args: &Facets,
    global: &Global,
    config: &Config,
    ui: &mut Ui,
) -> Result<Exit, CommandError> {
    let answer = Answer::new(&args.output, config, ui)?;
    let tz = config.time_zone(args.output.tz.as_deref())?;
    // Names of fields come first; what follows is the query.
    let named = args.words.iter().take_while(|word| facet_field(word).is_ok()).count();
    if named == 0 {
        let first = args.words.first().map_or("", String::as_str);
        return Err(
            facet_field(first).map_or_else(|error| explain(first, &error), |_| CommandError::usage(""))
        );
    }
    let (names, words) = args.words.split_at(named);
    let fields: Vec<_> = names.iter().filter_map(|name| facet_field(name).ok()).collect();
    let text = words.join(" ");
    let query = whoran_pipeline::query(&text, &tz, config.now).map_err(|error| explain(&text, &error))?;
    let [since, until] = args.window.bounds(config, &tz)?;
    let options = SearchOptions { since, until, ..SearchOptions::default() };
    let facets = open(global, config)?.facets(&query, &options, &fields, args.limit)?;
    let found = facets.iter().any(|facet| facet.hits > 0);
    let cut: Vec<_> = facets.iter().filter_map(more).collect();
    let rows = facets.into_iter().flat_map(rows).collect();
    answer.print(rows, &["field", "value", "commands", ""], cells, ui)?;
    cut.iter().for_each(|text| ui.note(text));
    if !found {
        let sought = if text.is_empty() { String::new() } else { format!(" by the query {text}") };
        ui.note(&format!("nothing found{sought}"));
        return Ok(Exit::NothingFound);
    }
    Ok(Exit::Done)
}

fn rows(facet: Facet) -> impl Iterator<Item = FacetRow> {
    let most = facet.values.iter().map(|value| value.count).max().unwrap_or(0);
    let field = facet.field;
    let row = move |value: whoran_pipeline::FacetValue| FacetRow {
        field,
        value: value.value,
        commands: value.count,
        most,
    };
    facet.values.into_iter().map(row)
}

/// What was left out, and how to get it.
fn more(facet: &Facet) -> Option<String> {
    let more = facet.more?;
    let all = facet.values.len() as u64 + more.values;
    Some(format!(
        "{}: {} more, {} in all; --limit {all} shows all",
        facet.field,
        ui::count(more.values, "value"),
        ui::count(more.count, "command")
    ))
}

fn cells(row: &FacetRow, _: &Answer) -> Vec<Cell> {
    // At least one sign: what is there is seen.
    let length = (row.commands * BAR).div_ceil(row.most.max(1));
    vec![
        row.field.into(),
        row.value.as_deref().unwrap_or("unknown").into(),
        format!("{:>8}", row.commands).into(),
        Cell::free(&"#".repeat(length as usize)),
    ]
}
