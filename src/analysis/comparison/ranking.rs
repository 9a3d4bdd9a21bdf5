//! Which variant is better: it survives more often; if that cannot be told, it serves more; if that cannot be told either, it costs less.

use std::cmp::Ordering;

use super::{CONFIDENCE, Comparison};
use crate::analysis::statistics::{Estimate, sign_test};
use crate::model::Metric;

/// What decided between two variants.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Level {
    /// One survives under seeds under which the other does not: how often the better one alone, the worse one alone, and how likely that is by chance.
    Survival {
        /// Seeds under which only the better one survives.
        better_only: u64,
        /// Seeds under which only the worse one does.
        worse_only: u64,
        /// The p-value of the exact test of `McNemar`.
        p_value: f64,
    },
    /// Requests per second that the better one serves more, and their interval at the confidence of the answer.
    Goodput(Estimate, (f64, f64)),
    /// Attempts per request that the better one sends less, and their interval at the confidence of the answer.
    Cost(Estimate, (f64, f64)),
}

/// How two variants stand to one another.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Relation {
    /// The first is better.
    Better(Level),
    /// The second is better.
    Worse(Level),
    /// Nothing tells them apart.
    Tie,
    /// One is better by a level, but the other was seen to survive more often, however little that proves.
    Conflict {
        /// The variant that the level favours.
        favoured: usize,
        /// Goodput or cost.
        level: Level,
    },
}

/// Which variant to choose.
#[derive(Clone, PartialEq, Debug)]
pub struct Answer {
    /// The best variant by what was observed.
    pub best: usize,
    /// How it stands to each of the others, those first that come next.
    pub others: Vec<(usize, Relation)>,
    /// The others that may be the best as well, in the order of their figures: the best is not better than they are, and none of them is ruled out by another one.
    pub ties: Vec<usize>,
    /// Variants of which each is better than the next, and the last better than the first, which is the best by what was observed: none of them is better than all others. Mostly empty.
    pub cycle: Vec<usize>,
    /// The confidence with which each level of each of these comparisons is judged, so that all of them together have 95 %.
    pub confidence: f64,
}

/// Survival, goodput, cost.
const LEVELS: usize = 3;

/// Who beats whom.
struct Victories {
    /// By variant and variant.
    beats: Vec<Vec<bool>>,
    /// The same, also by way of others.
    reaches: Vec<Vec<bool>>,
}

impl Victories {
    fn new(relations: &[Vec<Relation>]) -> Self {
        let count = relations.len();
        let is_better = |relation: &Relation| matches!(relation, Relation::Better(_));
        let beats: Vec<Vec<bool>> = relations.iter().map(|row| row.iter().map(is_better).collect()).collect();
        let mut reaches = beats.clone();
        for through in 0..count {
            for from in 0..count {
                for to in 0..count {
                    reaches[from][to] |= reaches[from][through] && reaches[through][to];
                }
            }
        }
        Self { beats, reaches }
    }

    fn losses(&self, variant: usize) -> usize {
        self.beats.iter().filter(|row| row[variant]).count()
    }

    /// Whether one beats the other, and is not beaten back.
    fn rules_out(&self, one: usize, other: usize) -> bool {
        self.reaches[one][other] && !self.reaches[other][one]
    }

    /// The shortest way from a variant through those that it beats back to itself.
    fn cycle(&self, from: usize) -> Vec<usize> {
        if !self.reaches[from][from] {
            return Vec::new();
        }
        // Each with the place of the one that beats it.
        let mut found = vec![(from, 0)];
        let mut at = 0;
        while !self.beats[found[at].0][from] {
            for next in 0..self.beats.len() {
                if self.beats[found[at].0][next] && found.iter().all(|(known, _)| *known != next) {
                    found.push((next, at));
                }
            }
            at += 1;
        }
        let step_back = |&place: &usize| (place > 0).then(|| found[place].1);
        let mut way: Vec<usize> =
            std::iter::successors(Some(at), step_back).map(|place| found[place].0).collect();
        way.reverse();
        way
    }
}

impl Relation {
    /// How the second stands to the first.
    fn mirrored(self) -> Self {
        match self {
            Self::Better(level) => Self::Worse(level),
            Self::Worse(level) => Self::Better(level),
            Self::Tie | Self::Conflict { .. } => self,
        }
    }
}

impl Comparison {
    /// The best variant: one that no other beats, not even by way of third ones, and of several such the one with the better figures. Where some beat one another in a circle and nobody else
    /// beats them, it is one of those.
    pub fn answer(&self) -> Answer {
        let mut order: Vec<usize> = (0..self.variant_count()).collect();
        let figure = |variant: usize, metric| self.estimate(variant, metric).map_or(0.0, |it| it.mean);
        order.sort_by(|&one, &other| {
            let more = |metric| figure(other, metric).total_cmp(&figure(one, metric));
            let survival = self.survivals(other).cmp(&self.survivals(one));
            survival.then(more(Metric::Goodput)).then(more(Metric::Attempts).reverse())
        });
        let confidence = self.shared_confidence();
        let relations = self.relations(confidence);
        let victories = Victories::new(&relations);
        let is_top = |variant: usize| !order.iter().any(|&other| victories.rules_out(other, variant));
        // The order is that of the figures, so the first of the fewest losses is the best of them.
        let top = order.iter().copied().filter(|&variant| is_top(variant));
        let best = top.min_by_key(|&variant| victories.losses(variant)).unwrap_or_default();
        let others: Vec<usize> = order.iter().copied().filter(|&other| other != best).collect();
        let is_open = |variant: usize| is_top(variant) || !victories.beats[best][variant];
        let open: Vec<usize> = others.iter().copied().filter(|&other| is_open(other)).collect();
        let is_ruled_out = |variant: usize| open.iter().any(|&other| victories.rules_out(other, variant));
        let ties: Vec<usize> = open.iter().copied().filter(|&other| !is_ruled_out(other)).collect();
        let cycle = victories.cycle(best);
        let others: Vec<(usize, Relation)> =
            others.into_iter().map(|other| (other, relations[best][other])).collect();
        debug_assert!(
            !ties.is_empty() || others.iter().all(|(_, relation)| matches!(relation, Relation::Better(_))),
            "who is best alone is better than every other one"
        );
        Answer { best, others, ties, cycle, confidence }
    }

    /// 95 % for all comparisons of one variant with the others, each of which tries three levels in turn (C. Bonferroni; O. Dunn, Journal of the American Statistical Association
    /// 1961).
    fn shared_confidence(&self) -> f64 {
        let comparisons = self.variant_count().saturating_sub(1).max(1);
        1.0 - (1.0 - CONFIDENCE) / (LEVELS * comparisons) as f64
    }

    /// How each variant stands to each.
    fn relations(&self, confidence: f64) -> Vec<Vec<Relation>> {
        let count = self.variant_count();
        let with_later =
            |one: usize| (one + 1..count).map(|other| self.relation(one, other, confidence)).collect();
        let later: Vec<Vec<Relation>> = (0..count).map(with_later).collect();
        let relation = |one: usize, other: usize| match one.cmp(&other) {
            Ordering::Less => later[one][other - one - 1],
            Ordering::Equal => Relation::Tie,
            Ordering::Greater => later[other][one - other - 1].mirrored(),
        };
        (0..count).map(|one| (0..count).map(|other| relation(one, other)).collect()).collect()
    }

    /// How one variant stands to another: the first level that tells them apart decides.
    pub fn relation(&self, one: usize, other: usize, confidence: f64) -> Relation {
        let pairs = || self.observations[one].iter().zip(&self.observations[other]);
        let only = |wanted: (bool, bool)| {
            let is_so = pairs().map(|(one, other)| (one.verdict.is_good(), other.verdict.is_good()));
            is_so.filter(|found| *found == wanted).count() as u64
        };
        let (one_only, other_only) = (only((true, false)), only((false, true)));
        let p_value = sign_test(one_only, other_only);
        if p_value <= 1.0 - confidence {
            let (better_only, worse_only) = (one_only.max(other_only), one_only.min(other_only));
            let level = Level::Survival { better_only, worse_only, p_value };
            return if one_only > other_only { Relation::Better(level) } else { Relation::Worse(level) };
        }
        let by_metric = self
            .by_metric(one, other, Metric::Goodput, confidence)
            .or_else(|| self.by_metric(one, other, Metric::Attempts, confidence));
        match by_metric {
            // Who was seen to survive less often is not called better, however little that proves.
            Some(Relation::Better(level)) if one_only < other_only => {
                Relation::Conflict { favoured: one, level }
            }
            Some(Relation::Worse(level)) if one_only > other_only => {
                Relation::Conflict { favoured: other, level }
            }
            Some(relation) => relation,
            None => Relation::Tie,
        }
    }

    fn by_metric(&self, one: usize, other: usize, metric: Metric, confidence: f64) -> Option<Relation> {
        let is_cost = metric == Metric::Attempts;
        let (of, less) = if is_cost { (other, one) } else { (one, other) };
        let advantage = self.difference(of, less, metric)?;
        // Differences that are all the same have no spread to judge them by; that they have the same sign is what they prove.
        if advantage.is_constant() && sign_test(advantage.count, 0) > 1.0 - confidence {
            return None;
        }
        let (low, high) = advantage.interval(confidence)?;
        let level = if is_cost { Level::Cost } else { Level::Goodput };
        if low > 0.0 {
            Some(Relation::Better(level(advantage, (low, high))))
        } else if high < 0.0 {
            Some(Relation::Worse(level(advantage.negated(), (-high, -low))))
        } else {
            None
        }
    }
}
