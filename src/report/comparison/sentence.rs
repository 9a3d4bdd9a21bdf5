//! The answer, in a word and a sentence.

use super::ComparisonReport;
use crate::analysis::{Level, Relation};
use crate::report::human;
use crate::report::terminal::Tone;

/// The answer for people.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(in crate::report) struct Spoken {
    /// `BEST: budget`, `TIE: budget, breaker`.
    pub(in crate::report) word: String,
    /// How it feels.
    pub(in crate::report) tone: Tone,
    /// What it rests on.
    pub(in crate::report) sentence: String,
}

impl ComparisonReport<'_> {
    /// The answer in words.
    pub(in crate::report) fn spoken(&self) -> Spoken {
        let (best, ties) = (self.answer.best, self.answer.ties());
        let name = self.variant_name(best);
        let survives = format!("{name} survives with {}", self.survivals(best));
        if self.comparison.variant_count() == 1 {
            let tone = self.tone(best);
            return Spoken { word: name.to_owned(), tone, sentence: survives };
        }
        let claim = if ties.is_empty() { survives } else { self.tied(&ties) };
        let sentence = claim + &self.evidence(best, ties.is_empty());
        if ties.is_empty() {
            Spoken { word: format!("BEST: {name}"), tone: self.tone(best), sentence }
        } else {
            let tied: Vec<&str> =
                std::iter::once(best).chain(ties).map(|variant| self.variant_name(variant)).collect();
            Spoken { word: format!("TIE: {}", tied.join(", ")), tone: Tone::Unclear, sentence }
        }
    }

    /// What tells the best from the first that it beats, if it beats any.
    fn evidence(&self, best: usize, is_alone: bool) -> String {
        let beaten = self.answer.others.iter().find_map(|&(other, relation)| match relation {
            Relation::Better(level) => Some((other, level)),
            Relation::Worse(_) | Relation::Tie => None,
        });
        let Some((other, level)) = beaten else { return String::new() };
        let name = self.variant_name(other);
        let lead = if is_alone { ", and".to_owned() } else { format!("; {}", self.variant_name(best)) };
        let evidence = match level {
            Level::Survival { .. } if is_alone => format!(", {name} with {}", self.survivals(other)),
            Level::Survival { .. } => format!("; {name} survives with {}", self.survivals(other)),
            Level::Goodput(estimate, (low, high)) => {
                let [mean, low, high] = [estimate.mean, low, high].map(human::rate);
                format!("{lead} serves {mean} requests/s more than {name} ({low} to {high})")
            }
            Level::Cost(estimate, (low, high)) => {
                let [mean, low, high] = [estimate.mean, low, high].map(human::rate);
                format!("{lead} needs {mean} attempts per request less than {name} ({low} to {high})")
            }
        };
        evidence + &self.about_baseline(best, other)
    }

    fn tied(&self, ties: &[usize]) -> String {
        let best = self.answer.best;
        let seeds = self.comparison.seed_count();
        let counts: Vec<u64> = std::iter::once(best)
            .chain(ties.iter().copied())
            .map(|variant| self.comparison.survivals(variant))
            .collect();
        let (low, high) = (counts.iter().min().copied(), counts.iter().max().copied());
        let range = match (low.unwrap_or(0), high.unwrap_or(0)) {
            (low, high) if low == high => format!("{low}"),
            (low, high) => format!("{low} to {high}"),
        };
        let who = if ties.len() == 1 { "both survive" } else { "all survive" };
        format!("nothing ranks one above the other: {who} with {range} of {seeds} seeds")
    }

    /// Where the runner-up is not the baseline, whether the change was worth it.
    fn about_baseline(&self, best: usize, mentioned: usize) -> String {
        let baseline = self.comparison.baseline;
        let is_plain = baseline == best || baseline == mentioned || self.answer.ties().contains(&baseline);
        if is_plain {
            return String::new();
        }
        format!("; {}, the baseline, with {}", self.variant_name(baseline), self.survivals(baseline))
    }

    /// `29 of 30 seeds`.
    fn survivals(&self, variant: usize) -> String {
        format!("{} of {} seeds", self.comparison.survivals(variant), self.comparison.seed_count())
    }

    /// The name of a variant.
    pub(super) fn variant_name(&self, variant: usize) -> &str {
        &self.comparison.names[variant]
    }

    /// The best may still be bad.
    fn tone(&self, variant: usize) -> Tone {
        let (survivals, seeds) = (self.comparison.survivals(variant), self.comparison.seed_count());
        match survivals {
            0 => Tone::Bad,
            _ if 2 * survivals > seeds => Tone::Good,
            _ => Tone::Unclear,
        }
    }
}
