//! Bars as inline SVG. The picture stretches to its place; its words are HTML beside it and keep their size.

use maud::{Markup, html};

use super::{grouped, text};
use crate::document::Bars;

/// Width of a bar and its share of the room between two, in units of the picture.
const STEP: usize = 10;
const WIDTH: usize = 8;
const HEIGHT: u64 = 100;

pub(super) fn bars(chart: &Bars) -> Markup {
    let highest = chart.highest().max(1);
    let height = |n: u64| (n * HEIGHT) as f64 / highest as f64;
    let any = |of: fn(&crate::document::Bar) -> bool| chart.bars.iter().any(of);
    let label = |at: usize| chart.bars.get(at).map_or("", |bar| bar.label.as_str());
    let sum: u64 = chart.bars.iter().map(|bar| bar.first + bar.second).sum();
    let last = chart.bars.len().saturating_sub(1);
    html! {
        figure.chart {
            figcaption {
                h3 { (text(&chart.title)) }
                p.legend {
                    span { span.swatch.first {} (chart.first) }
                    @if let Some(second) = chart.second { span { span.swatch.second {} (second) } }
                    @if let Some(mark) = chart.mark.filter(|_| any(|bar| bar.marked)) {
                        span { span.swatch.mark {} (mark) }
                    }
                }
            }
            p.highest { (grouped(&chart.highest().to_string())) }
            svg viewBox={ "0 0 " (chart.bars.len().max(1) * STEP) " 112" } preserveAspectRatio="none" role="img"
                aria-label={ (text(&chart.title)) ": " (sum) " in " (chart.bars.len()) " bars, at most " (chart.highest()) }
            {
                line vector-effect="non-scaling-stroke" x1="0" y1="100" x2=(chart.bars.len().max(1) * STEP) y2="100" {}
                @for (at, bar) in chart.bars.iter().enumerate() {
                    @let x = at * STEP + (STEP - WIDTH) / 2;
                    @let (first, second) = (height(bar.first), height(bar.second));
                    g {
                        title { (text(&bar.label)) ": " (bar.first) " " (chart.first)
                            @if let Some(name) = chart.second { ", " (bar.second) " " (name) } }
                        @if bar.first > 0 {
                            rect.first x=(x) y=(format!("{:.2}", 100.0 - first)) width=(WIDTH) height=(format!("{first:.2}")) {}
                        }
                        @if bar.second > 0 {
                            rect.second vector-effect="non-scaling-stroke" x=(x) y=(format!("{:.2}", 100.0 - first - second)) width=(WIDTH)
                                height=(format!("{second:.2}")) {}
                        }
                        @if bar.marked { rect.mark x=(x) y="104" width=(WIDTH) height="8" {} }
                    }
                }
            }
            p.axis { span { (text(label(0))) } @if last > 1 { span { (text(label(last / 2))) } } @if last > 0 { span { (text(label(last))) } } }
        }
    }
}
