//! The answer, in a sentence.

use super::BoundaryReport;
use crate::analysis::{Counted, Outcome, Probe, Side};
use crate::model::VerdictName;

impl BoundaryReport<'_> {
    /// The answer in a few words.
    pub fn headline(&self) -> String {
        match self.outcome {
            Outcome::Crossing { below, above } => {
                let (from, to) = if self.search.rises() { (below, above) } else { (above, below) };
                format!("BOUNDARY: {} to {}", self.written(from), self.written(to))
            }
            Outcome::SameSide(_) => "NO CROSSING".to_owned(),
            Outcome::OpenEnd(_) => "NO ANSWER".to_owned(),
        }
    }

    /// What it rests on.
    pub fn sentence(&self) -> String {
        let probes = self.search.probes();
        let (end, level) = (self.ends_so(), self.level());
        match self.outcome {
            Outcome::Crossing { below, above } => {
                let side = |probe: usize, word: &str, rest: &str| {
                    format!("at {} {word}{rest} ({})", self.written(probe), seen(&probes[probe]))
                };
                let rest = format!(" than {level} of all seeds {end}");
                let (first, second) = if self.search.rises() {
                    (side(below, "less", &rest), side(above, "more", ""))
                } else {
                    (side(above, "more", &rest), side(below, "less", ""))
                };
                let open = self.search.open_between();
                let values: Vec<String> =
                    open.iter().map(|&value| self.search.question().along.written(value)).collect();
                let untold = match values.as_slice() {
                    [] => String::new(),
                    [only] => format!(". At {only} it cannot be told"),
                    [first, .., last] => format!(". From {first} to {last} it cannot be told"),
                };
                let seeds = self.search.question().seeds_max;
                let with = if untold.is_empty() { String::new() } else { format!(" with {seeds} seeds") };
                format!("{}, {second}: proven with 95 % confidence{untold}{with}", capitalised(&first))
            }
            Outcome::SameSide(side) => {
                let word = if side == Side::Below { "Less" } else { "More" };
                format!(
                    "{word} than {level} of all seeds {end} at either end: at {} {}, at {} {}",
                    self.written(0),
                    seen(&probes[0]),
                    self.written(1),
                    seen(&probes[1])
                )
            }
            Outcome::OpenEnd(end_of_range) => format!(
                "It cannot be told whether more or less than {level} of all seeds {end} at {}, where the range ends: {} do",
                self.written(end_of_range),
                seen(&probes[end_of_range])
            ),
        }
    }

    /// That the answer is wider than was asked for, and how to go on.
    pub fn width(&self) -> Option<String> {
        let (Outcome::Crossing { below, above }, true) = (self.outcome, self.search.is_cut_short()) else {
            return None;
        };
        let question = self.search.question();
        let (from, to) = if self.search.rises() { (below, above) } else { (above, below) };
        Some(format!(
            "This is wider than the tolerance of {}: the search ends after {} values. To go on, search from {} to {}",
            question.tolerance.to_string().replace('%', " %"),
            self.search.probes().len(),
            self.written(from),
            self.written(to)
        ))
    }

    /// That the share does not only rise, or only fall.
    pub fn doubt(&self) -> Option<String> {
        let (low, high) = self.search.inversion()?;
        let probes = self.search.probes();
        let (more, less) = if self.search.rises() { ("more", "rise") } else { ("less", "fall") };
        Some(format!(
            "NOT MONOTONE: at {} {more} of the seeds {} than at {} ({} and {}): the share does not only {less}, so there are more crossings than this one",
            self.written(low),
            self.ends_so(),
            self.written(high),
            seen(&probes[low]),
            seen(&probes[high]),
        ))
    }

    /// What to do where there is no answer.
    pub fn help(&self) -> String {
        match self.outcome {
            Outcome::Crossing { .. } => String::new(),
            Outcome::OpenEnd(_) => "begin the range further out, or ask more seeds with `--seeds`".to_owned(),
            Outcome::SameSide(_) => {
                let ends = [0, 1].map(|probe| {
                    let most = VerdictName::ALL.into_iter().max_by_key(|&verdict| {
                        (self.search.probes()[probe].verdict_count(verdict), std::cmp::Reverse(verdict))
                    });
                    let most = most.unwrap_or(VerdictName::Undecided);
                    (self.written(probe), most)
                });
                let [(from, one), (to, other)] = ends;
                let is_other_question = one.is_good() != other.is_good()
                    && self.search.question().counted != Counted::NotSurviving;
                if is_other_question {
                    format!(
                        "at {from} most seeds end {}, at {to} {}: ask `--verdict not-surviving`, or choose another end",
                        one.name(),
                        other.name()
                    )
                } else {
                    format!(
                        "at {from} most seeds end {}, at {to} {}: choose a wider range, or another `--verdict`",
                        one.name(),
                        other.name()
                    )
                }
            }
        }
    }

    /// What the runs do that count: `end metastable`.
    pub(in crate::report) fn ends_so(&self) -> String {
        match self.search.question().counted {
            Counted::Verdict(verdict) => format!("end {}", verdict.name()),
            Counted::Surviving => "survive".to_owned(),
            Counted::NotSurviving => "do not survive".to_owned(),
        }
    }

    /// `50 %`.
    pub(in crate::report) fn level(&self) -> String {
        self.search.question().level.to_string().replace('%', " %")
    }
}

/// `3 of 12`.
fn seen(probe: &Probe) -> String {
    format!("{} of {}", probe.count, probe.seed_count())
}

fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}
