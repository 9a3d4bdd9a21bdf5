//! The values of the charts as JSON, for the script.

use std::fmt::Write as _;

use crate::observe::Run;
use crate::report::svg::{Chart, Measure, sampled, significant};

/// No line has more points than this.
const POINTS_MAX: usize = 2000;
/// Nor less, if it has as many.
const POINTS_MIN: usize = 60;
/// All lines of a page together have about so many, five bytes each.
const POINTS_OF_PAGE: usize = 80_000;
/// Digits of a value that a reader is told.
const DIGITS: usize = 5;

/// `{"interval":1,"duration":900,"charts":{"c1":{"m":"number","s":[{"l":"goodput","v":[…]}]}}}`: times in seconds; of each line the values at equal distances, of
/// every interval if they are not too many, `null` where there is none.
///
/// `topology` is what the drawing of who calls whom shows at each moment.
pub(super) fn json<'a>(
    run: &Run,
    charts: impl Iterator<Item = &'a Chart> + Clone,
    topology: Option<&str>,
) -> String {
    let line_count = charts.clone().map(|chart| chart.lines.len()).sum::<usize>().max(1);
    let points_max = (POINTS_OF_PAGE / line_count).clamp(POINTS_MIN, POINTS_MAX);
    let (interval, duration) = (run.interval.as_secs_f64(), run.duration.as_secs_f64());
    let mut out = format!("{{\"interval\":{interval},\"duration\":{duration},\"charts\":{{");
    for (index, chart) in charts.enumerate() {
        let measure = match chart.measure {
            Measure::Number => "number",
            Measure::Seconds => "seconds",
            Measure::Share => "share",
            Measure::Bytes => "bytes",
        };
        let gap = if index > 0 { ",\n" } else { "\n" };
        let _ = write!(out, "{gap}{}:{{\"m\":\"{measure}\",\"s\":[", text(&chart.name));
        for (index, line) in chart.lines.iter().enumerate() {
            let samples = sampled(&line.values, points_max);
            let gap = if index > 0 { "," } else { "" };
            let values: Vec<String> = samples
                .iter()
                .map(|value| value.map_or_else(|| "null".to_owned(), |value| significant(value, DIGITS)))
                .collect();
            let _ = write!(out, "{gap}{{\"l\":{},\"v\":[{}]", text(&line.label), values.join(","));
            out.push('}');
        }
        out.push_str("]}");
    }
    out.push('}');
    if let Some(topology) = topology {
        out.extend([",\n\"topology\":", topology]);
    }
    out.push('}');
    out
}

/// A string of JSON that neither HTML nor XML takes for anything else.
pub(super) fn text(text: &str) -> String {
    let quoted = serde_json::to_string(text).expect("invariant: text has a JSON form");
    let mut safe = String::with_capacity(quoted.len());
    for character in quoted.chars() {
        match character {
            '<' | '>' | '&' | '\u{2028}' | '\u{2029}' | '\u{fffe}' | '\u{ffff}' | '\u{7f}'..='\u{9f}' => {
                let _ = write!(safe, "\\u{:04x}", character as u32);
            }
            _ => safe.push(character),
        }
    }
    safe
}
