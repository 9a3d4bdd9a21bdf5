//! The answer, in a word and a sentence.

use super::ComparisonReport;
use crate::analysis::{CONFIDENCE, Level, Relation, clopper_pearson};
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
        let (best, ties) = (self.answer.best, &self.answer.ties);
        let name = self.variant_name(best);
        let survives = format!("{name} survives with {}", self.survivals(best));
        if self.comparison.variant_count() == 1 {
            let tone = self.tone(best);
            return Spoken { word: name.to_owned(), tone, sentence: survives };
        }
        let claim = match (ties.is_empty(), self.answer.cycle.is_empty()) {
            (true, _) => survives,
            (false, true) => self.tied(),
            (false, false) => self.circle(),
        };
        let sentence = claim + &self.evidence(best, ties.is_empty());
        if ties.is_empty() {
            Spoken { word: format!("BEST: {name}"), tone: self.tone(best), sentence }
        } else {
            let tied: Vec<&str> = self.tied_variants().map(|variant| self.variant_name(variant)).collect();
            Spoken { word: format!("TIE: {}", tied.join(", ")), tone: Tone::Unclear, sentence }
        }
    }

    /// What tells the best from the first that it beats, if it beats any.
    fn evidence(&self, best: usize, is_alone: bool) -> String {
        let others = self.answer.others.iter().filter(|(other, _)| !self.answer.ties.contains(other));
        let beaten = others.into_iter().find_map(|&(other, relation)| match relation {
            Relation::Better(level) => Some((other, level)),
            Relation::Worse(_) | Relation::Tie | Relation::Conflict { .. } => None,
        });
        let Some((other, level)) = beaten else { return String::new() };
        let name = self.variant_name(other);
        let lead = if is_alone { ", and".to_owned() } else { format!("; {}", self.variant_name(best)) };
        let evidence = match level {
            Level::Survival { .. } if is_alone => format!(", {name} with {}", self.survivals(other)),
            Level::Survival { .. } => format!("; {name} survives with {}", self.survivals(other)),
            Level::Goodput(..) | Level::Cost(..) => format!("{lead} {}", self.advantage(level, other)),
        };
        // What decided instead of survival says nothing about it.
        let is_open = is_alone && !matches!(level, Level::Survival { .. });
        let open = if is_open { self.open_survival(best, other) } else { String::new() };
        evidence + &self.about_baseline(best, other) + &open
    }

    /// What a variant has over another one.
    fn advantage(&self, level: Level, other: usize) -> String {
        let name = self.variant_name(other);
        match level {
            Level::Survival { better_only, worse_only, .. } => {
                format!(
                    "survives with {better_only} seeds with which {name} does not, {worse_only} the other way"
                )
            }
            Level::Goodput(estimate, (low, high)) => {
                let [mean, low, high] = [estimate.mean, low, high].map(human::rate);
                format!("serves {mean} requests/s more than {name} ({low} to {high})")
            }
            Level::Cost(estimate, (low, high)) => {
                let [mean, low, high] = [estimate.mean, low, high].map(human::rate);
                format!("needs {mean} attempts per request less than {name} ({low} to {high})")
            }
        }
    }

    /// Between what the survival of two variants may be that it does not tell apart.
    fn open_survival(&self, one: usize, other: usize) -> String {
        let between = |variant: usize| {
            let (low, high) =
                clopper_pearson(self.comparison.survivals(variant), self.comparison.seed_count(), CONFIDENCE);
            format!("{:.0} and {:.0} %", (low * 100.0).floor(), (high * 100.0).ceil())
        };
        let (first, second) = (self.variant_name(one), self.variant_name(other));
        if between(one) == between(other) {
            return format!("; the survival of {first} and {second} is between {}", between(one));
        }
        format!("; the survival of {first} is between {}, of {second} {}", between(one), between(other))
    }

    /// The best and who may be the best as well.
    fn tied_variants(&self) -> impl Iterator<Item = usize> + '_ {
        std::iter::once(self.answer.best).chain(self.answer.ties.iter().copied())
    }

    /// Who beats whom, where each is beaten by another one.
    fn circle(&self) -> String {
        let cycle = &self.answer.cycle;
        let next = cycle.iter().cycle().skip(1);
        let steps = cycle.iter().zip(next).filter_map(|(&one, &other)| {
            let relation = self.comparison.relation(one, other, self.answer.confidence);
            let Relation::Better(level) = relation else { return None };
            Some(format!("{} {}", self.variant_name(one), self.advantage(level, other)))
        });
        format!("each of them is beaten by another one: {}", steps.collect::<Vec<_>>().join(", "))
    }

    /// Why there is no winner.
    fn tied(&self) -> String {
        let (best, seeds) = (self.answer.best, self.comparison.seed_count());
        let counts: Vec<u64> =
            self.tied_variants().map(|variant| self.comparison.survivals(variant)).collect();
        let (low, high) = (counts.iter().min().copied(), counts.iter().max().copied());
        let range = match (low.unwrap_or(0), high.unwrap_or(0)) {
            (low, high) if low == high => format!("{low}"),
            (low, high) => format!("{low} to {high}"),
        };
        let who = if counts.len() == 2 { "both survive" } else { "all survive" };
        let relation = |one, other| self.comparison.relation(one, other, self.answer.confidence);
        let is_plain = self.tied_variants().all(|one| {
            self.tied_variants().all(|other| one == other || relation(one, other) == Relation::Tie)
        });
        if is_plain {
            return format!("nothing ranks one above the other: {who} with {range} of {seeds} seeds");
        }
        let at_odds = self.answer.others.iter().filter_map(|&(other, relation)| match relation {
            Relation::Conflict { favoured, level } if self.answer.ties.contains(&other) => {
                let (one, other) = if favoured == best { (best, other) } else { (other, best) };
                let (name, advantage) = (self.variant_name(one), self.advantage(level, other));
                Some(format!("{name} {advantage}, but survives with {}", self.survivals(one)))
            }
            _ => None,
        });
        let name = self.variant_name(best);
        let sentences =
            std::iter::once(format!("{name} survives with {}", self.survivals(best))).chain(at_odds);
        format!("none is told to be better than {name}: {}", sentences.collect::<Vec<_>>().join("; "))
    }

    /// Where the runner-up is not the baseline, whether the change was worth it.
    fn about_baseline(&self, best: usize, mentioned: usize) -> String {
        let baseline = self.comparison.baseline;
        let is_plain = baseline == best || baseline == mentioned || self.answer.ties.contains(&baseline);
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
