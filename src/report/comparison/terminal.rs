//! The text on the terminal: the answer, how often each variant survives, what it gives and costs, the differences, and the claims.

use std::cell::Cell;
use std::io::{self, Write};

use anstyle::Style;

use super::ComparisonReport;
use crate::analysis::{CONFIDENCE, Claim, Estimate, Finding, Needed, RecoverySpan, Seen, clopper_pearson};
use crate::model::{ExpectSettings, Metric, SeedSettings, Unit, VerdictName};
use crate::report::human;
use crate::report::sparkline::Charset;
use crate::report::table::{Table, shorten};
use crate::report::terminal::{Tone, WIDTH, wrap};

/// So many verdicts have a column each; of more, those that are bad.
const VERDICTS_SHOWN: usize = 4;
/// What stands behind a mean over fewer seeds than there are, and what that means.
const MISSING: &str = "*";
const MISSING_NOTE: &str = "; *: not all seeds have a value";
/// Differences that have a column; the others are in the file.
const DIFFERENCES: [(Metric, &str); 4] = [
    (Metric::Goodput, "goodput/s"),
    (Metric::P99, "p99"),
    (Metric::Recovery, "recovery"),
    (Metric::Attempts, "attempts"),
];

impl ComparisonReport<'_> {
    /// Writes the text, with colours; a stream that wants none removes them.
    ///
    /// # Errors
    /// Whatever the writer reports.
    pub fn write_text(&self, out: &mut impl Write, charset: Charset) -> io::Result<()> {
        let spoken = self.spoken();
        let style = spoken.tone.style();
        let seeds = self.comparison.seed_count();
        let (first, last) = (self.experiment.first_seed, self.experiment.first_seed + (seeds.max(1) - 1));
        let about = format!("{}, seeds {first} to {last}", shorten(self.name, WIDTH / 2, charset));
        // A long list of equals has a line of its own.
        let gap = if spoken.word.chars().count() + about.chars().count() + 2 > WIDTH { "\n" } else { "  " };
        for (index, line) in wrap(&spoken.word, WIDTH).iter().enumerate() {
            write!(out, "{}{style}{line}{style:#}", if index > 0 { "\n" } else { "" })?;
        }
        writeln!(out, "{gap}{about}")?;
        for line in wrap(&spoken.sentence, WIDTH) {
            writeln!(out, "{line}")?;
        }
        if !self.experiment.claim.is_empty() {
            writeln!(out)?;
            for line in wrap(&format!("Claim: {}", self.experiment.claim), WIDTH) {
                writeln!(out, "{line}")?;
            }
        }
        let mut tables = vec![self.survival_table(), self.metrics_table(charset)];
        tables.extend((self.comparison.variant_count() > 1).then(|| self.differences_table(charset)));
        let bold = Style::new().bold();
        for table in tables {
            writeln!(out)?;
            let note = table.note.clone();
            let lines = Table { note: String::new(), ..table }.lines(WIDTH, charset);
            for (index, line) in lines.into_iter().enumerate() {
                let style = if index == 0 { bold } else { Style::new() };
                writeln!(out, "{style}{line}{style:#}")?;
            }
            for line in wrap(&note, WIDTH).iter().filter(|line| !line.is_empty()) {
                writeln!(out, "{line}")?;
            }
        }
        if let Some(doubt) = self.imprecision() {
            writeln!(out, "\n{doubt}")?;
        }
        self.write_claims(out)
    }

    /// That the precision that was asked for has not been reached.
    fn imprecision(&self) -> Option<String> {
        let SeedSettings::Until(until) = self.experiment.seeds else { return None };
        let (metric, share) = (until.until.metric.name(), until.until.share);
        let is_known = self.comparison.is_precise(until.until);
        (!is_known)
            .then(|| format!("{metric} is not known to {share} for every variant yet: more seeds may do it"))
    }

    pub(in crate::report) fn survival_table(&self) -> Table {
        let all = 0..self.comparison.variant_count();
        let occurs = |verdict: &VerdictName| {
            all.clone().any(|variant| self.comparison.verdict_count(variant, *verdict) > 0)
        };
        let mut verdicts: Vec<VerdictName> = VerdictName::ALL.into_iter().filter(occurs).collect();
        if verdicts.len() > VERDICTS_SHOWN {
            verdicts.retain(|verdict| !verdict.is_good());
        }
        let rows = all.clone().map(|variant| {
            let (survivals, seeds) = (self.comparison.survivals(variant), self.comparison.seed_count());
            let (low, high) = clopper_pearson(survivals, seeds, CONFIDENCE);
            let mut row = vec![
                self.variant_name(variant).to_owned(),
                human::percent(survivals as f64 / seeds as f64),
                format!("{:.0} to {:.0} %", (low * 100.0).floor(), (high * 100.0).ceil()),
            ];
            row.extend(verdicts.iter().map(|verdict| {
                let count = self.comparison.verdict_count(variant, *verdict);
                if count > 0 { count.to_string() } else { String::new() }
            }));
            row
        });
        let mut headings = vec!["variant", "survives", "95 %"];
        headings.extend(verdicts.iter().map(|verdict| verdict.name()));
        Table { headings, rows: rows.collect(), note: String::new() }
    }

    pub(in crate::report) fn metrics_table(&self, charset: Charset) -> Table {
        let has_missing = Cell::new(false);
        let rows = (0..self.comparison.variant_count()).map(|variant| {
            let marked = |metric: Metric, text: &dyn Fn(Estimate) -> Option<String>| {
                let estimate = self.comparison.estimate(variant, metric)?;
                let is_partial = estimate.count < self.comparison.seed_count();
                has_missing.set(has_missing.get() || is_partial);
                Some(text(estimate)? + if is_partial { MISSING } else { "" })
            };
            let nothing = || charset.nothing().to_owned();
            let mean = |metric: Metric| {
                marked(metric, &|it| Some(shown(it.mean, metric.unit()))).unwrap_or_else(nothing)
            };
            let median = |_| {
                Some(match self.comparison.median_recovery(variant)? {
                    RecoverySpan::Within(time) => shown(time, Unit::Seconds),
                    RecoverySpan::NotWithin(time) => format!(">{}", shown(time, Unit::Seconds)),
                })
            };
            let recovery = marked(Metric::Recovery, &median).unwrap_or_else(nothing);
            vec![
                self.variant_name(variant).to_owned(),
                mean(Metric::Goodput),
                mean(Metric::Success),
                mean(Metric::P99),
                recovery,
                mean(Metric::Attempts),
                mean(Metric::WastedWork),
            ]
        });
        let headings = vec!["variant", "goodput/s", "success", "p99", "recovery", "attempts", "wasted"];
        let rows = rows.collect();
        let mut note = "Means over the seeds; p99: of what succeeded; recovery: the median, from the end of the trigger; attempts: per request".to_owned();
        note += if has_missing.get() { MISSING_NOTE } else { "" };
        Table { headings, rows, note }
    }

    pub(in crate::report) fn differences_table(&self, charset: Charset) -> Table {
        let baseline = self.comparison.baseline;
        let (mut has_unclear, mut has_missing) = (false, false);
        let mut cut_off: Vec<String> = Vec::new();
        let others = (0..self.comparison.variant_count()).filter(|&variant| variant != baseline);
        let rows: Vec<Vec<String>> = others
            .map(|variant| {
                let cells = DIFFERENCES.map(|(metric, _)| {
                    let difference = self.comparison.difference(variant, baseline, metric);
                    // A single pair says nothing about how sure it is.
                    let Some(estimate) = difference.filter(|estimate| estimate.count > 1) else {
                        return charset.nothing().to_owned();
                    };
                    let is_unclear = estimate.clear_sign(CONFIDENCE).is_none();
                    let is_partial = estimate.count < self.comparison.seed_count();
                    let is_nothing = estimate.half_width(CONFIDENCE) == Some(0.0);
                    let unclear = if is_unclear && !is_nothing { "~ " } else { "" };
                    let partial = if is_partial { MISSING } else { "" };
                    has_unclear |= !unclear.is_empty();
                    has_missing |= is_partial;
                    format!("{unclear}{}{partial}", compared(&estimate, metric.unit(), charset))
                });
                if let Some(horizon) = self.comparison.cut_off(&[variant, baseline]) {
                    let time = shown(horizon, Unit::Seconds);
                    cut_off.push(format!(
                        "; recovery of {}: within the first {time}",
                        self.variant_name(variant)
                    ));
                }
                std::iter::once(self.variant_name(variant).to_owned()).chain(cells).collect()
            })
            .collect();
        let mut note = format!(
            "Less {}, seed by seed, with 95 % intervals, each by itself; the differences that decide at the top have 95 % together",
            self.variant_name(baseline)
        );
        note += if has_unclear { "; ~: may as well be 0" } else { "" };
        note += if has_missing { MISSING_NOTE } else { "" };
        note.extend(cut_off);
        let mut headings = vec!["difference"];
        headings.extend(DIFFERENCES.map(|(_, heading)| heading));
        Table { headings, rows, note }
    }

    fn write_claims(&self, out: &mut impl Write) -> io::Result<()> {
        if !self.claims.is_empty() {
            writeln!(out)?;
        }
        for claim in self.claims {
            let (tone, word) = word(claim.finding);
            let style = tone.style();
            let text = format!("{word}  {}: {}", claim.name, self.claim_evidence(claim));
            for (index, line) in wrap(&text, WIDTH - 2).iter().enumerate() {
                match line.strip_prefix(&word).filter(|_| index == 0) {
                    Some(rest) => writeln!(out, "{style}{word}{style:#} {rest}")?,
                    None if index == 0 => writeln!(out, "{style}{line}{style:#}")?,
                    None => writeln!(out, "  {line}")?,
                }
            }
        }
        Ok(())
    }

    /// What was seen, against what was asked.
    pub(in crate::report) fn claim_evidence(&self, claim: &Claim) -> String {
        let expected = &claim.expected;
        let bounds = [("at least", &expected.at_least), ("at most", &expected.at_most)];
        let asked: Vec<String> = bounds
            .iter()
            .filter_map(|(word, bound)| bound.as_ref().map(|bound| format!("{word} {bound}")))
            .collect();
        let asked = asked.join(" and ");
        let subject = match (&expected.versus, expected.metric) {
            (Some(versus), Some(metric)) => {
                format!("{} of {} less that of {versus}", metric.name(), expected.variant)
            }
            (None, Some(metric)) => format!("{} of {}", metric.name(), expected.variant),
            (_, None) => expected.variant.clone(),
        };
        match claim.seen {
            Seen::Share { count, of, low, high } => {
                let verdict = expected.verdict.map_or("", VerdictName::name);
                let (at_least, at_most) =
                    (format!("{:.1} %", floored(low)), format!("{:.1} %", ceiled(high)));
                let proven = proven(claim, (low, high), &at_least, &at_most);
                format!(
                    "{subject} ends {verdict} with {count} of {of} seeds, which proves {proven}; asked: {asked}"
                )
            }
            Seen::Mean { missing, .. } if missing > 0 => {
                format!("{subject} has no value with {missing} of {} seeds", self.comparison.seed_count())
            }
            Seen::Mean { estimate, bounds, .. } => {
                let unit = expected.metric.map_or(Unit::Number, Metric::unit);
                let mean = estimate.map_or_else(String::new, |it| signed(it.mean, unit));
                let mean = mean + &self.within(expected);
                if let Some(why) = self.too_short(expected).filter(|_| claim.finding != Finding::Fails) {
                    return format!("{subject} is {mean}; asked: {asked}, and {why}");
                }
                let Some((low, high)) = bounds else {
                    return format!("{subject} is {mean} under every seed; asked: {asked}");
                };
                let proven = proven(claim, (low, high), &signed(low, unit), &signed(high, unit));
                format!("{subject} is {mean}, which proves {proven}; asked: {asked}")
            }
        }
    }

    /// Within how much time, where the claim is about times to recovery.
    fn within(&self, expected: &ExpectSettings) -> String {
        self.claim_horizon(expected).map_or_else(String::new, |horizon| {
            format!(" within the first {}", shown(horizon, Unit::Seconds))
        })
    }

    fn claim_horizon(&self, expected: &ExpectSettings) -> Option<f64> {
        let position = |name| self.comparison.names.iter().position(|other| other == name);
        let variant = position(&expected.variant)?;
        let versus = expected.versus.as_ref().and_then(position);
        self.comparison.claim_horizon(variant, versus, expected.metric?)
    }

    /// That the runs are too short for what was asked, if they are.
    fn too_short(&self, expected: &ExpectSettings) -> Option<String> {
        let horizon = self.claim_horizon(expected)?;
        let mut bounds = [&expected.at_least, &expected.at_most].into_iter().flatten();
        bounds.any(|bound| bound.value().abs() >= horizon).then(|| {
            let horizon = shown(horizon, Unit::Seconds);
            format!(
                "all runs look at the first {horizon} after the trigger only, so a longer `run.duration` is needed"
            )
        })
    }
}

/// What is proven on the sides that matter: those that were asked for, or the one on which the claim fails.
fn proven(claim: &Claim, (low, high): (f64, f64), at_least: &str, at_most: &str) -> String {
    let (least, most) = (claim.expected.at_least.as_ref(), claim.expected.at_most.as_ref());
    let is_low = least.is_some_and(|bound| high < bound.value());
    let (at_least, at_most) = (format!("{at_least} or more"), format!("{at_most} or less"));
    match (claim.finding, least, most) {
        (Finding::Fails, ..) if is_low => at_most,
        (Finding::Fails, _, Some(bound)) if low > bound.value() => at_least,
        (_, Some(_), None) => at_least,
        (_, None, _) => at_most,
        (_, Some(_), Some(_)) => format!("{at_least} and {at_most}"),
    }
}

/// The word for a finding, and how it feels.
pub(in crate::report) fn word(finding: Finding) -> (Tone, String) {
    match finding {
        Finding::Holds => (Tone::Good, "HOLDS".to_owned()),
        Finding::Fails => (Tone::Bad, "FAILS".to_owned()),
        Finding::TooFewSeeds { needs: Needed::Count(count) } => {
            (Tone::Unclear, format!("TOO FEW SEEDS (needs {count})"))
        }
        Finding::TooFewSeeds { needs: Needed::TooMany } => {
            (Tone::Unclear, "TOO FEW SEEDS (needs more than a million)".to_owned())
        }
        Finding::TooFewSeeds { needs: Needed::Never } => {
            (Tone::Unclear, "TOO FEW SEEDS (as seen, no number would do)".to_owned())
        }
    }
}

/// In percent, rounded down to a tenth: what is not proven is not said.
fn floored(share: f64) -> f64 {
    (share * 1000.0).floor() / 10.0
}

/// In percent, rounded up to a tenth.
fn ceiled(share: f64) -> f64 {
    (share * 1000.0).ceil() / 10.0
}

/// A value for people.
fn shown(value: f64, unit: Unit) -> String {
    match unit {
        Unit::PerSecond | Unit::Number => human::rate(value),
        Unit::Ratio => human::percent(value),
        Unit::Seconds if value == 0.0 => "0 s".to_owned(),
        Unit::Seconds => human::duration((value * 1e9).round() as u64),
    }
}

/// A value that may be negative, with its unit.
fn signed(value: f64, unit: Unit) -> String {
    let sign = if value < 0.0 { "-" } else { "" };
    let per_s = if unit == Unit::PerSecond { "/s" } else { "" };
    format!("{sign}{}{per_s}", shown(value.abs(), unit))
}

/// A difference with its interval.
pub(in crate::report) fn compared(estimate: &Estimate, unit: Unit, charset: Charset) -> String {
    let half = estimate.half_width(CONFIDENCE).unwrap_or(f64::INFINITY);
    let sign = charset.plus_minus();
    match unit {
        Unit::Seconds => human::difference_of_spans(estimate.mean, half, sign),
        Unit::PerSecond | Unit::Ratio | Unit::Number => human::difference(estimate.mean, half, sign),
    }
}
