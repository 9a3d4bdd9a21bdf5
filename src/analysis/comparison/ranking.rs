//! Which variant is better: it survives more often; if that cannot be told, it serves more; if that cannot be told either, it costs less.

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
}

/// Which variant to choose.
#[derive(Clone, PartialEq, Debug)]
pub struct Answer {
    /// The best variant by what was observed.
    pub best: usize,
    /// How it stands to each of the others, those first that come next.
    pub others: Vec<(usize, Relation)>,
    /// The confidence of each of these comparisons, so that all of them together have 95 %.
    pub confidence: f64,
}

impl Answer {
    /// The others that cannot be told from the best.
    pub fn ties(&self) -> Vec<usize> {
        let tied = self.others.iter().filter(|(_, relation)| *relation == Relation::Tie);
        tied.map(|(variant, _)| *variant).collect()
    }
}

impl Comparison {
    /// The best variant: one that no other beats, and of several such the one with the better figures.
    pub fn answer(&self) -> Answer {
        let mut order: Vec<usize> = (0..self.variant_count()).collect();
        let figure = |variant: usize, metric| self.estimate(variant, metric).map_or(0.0, |it| it.mean);
        order.sort_by(|&one, &other| {
            let more = |metric| figure(other, metric).total_cmp(&figure(one, metric));
            let survival = self.survivals(other).cmp(&self.survivals(one));
            survival.then(more(Metric::Goodput)).then(more(Metric::Attempts).reverse())
        });
        let confidence = self.shared_confidence();
        let is_beaten = |variant: usize, other: usize| {
            other != variant && matches!(self.relation(variant, other, confidence), Relation::Worse(_))
        };
        let losses = |variant: usize| order.iter().filter(|&&other| is_beaten(variant, other)).count();
        // The order is that of the figures, so the first of the fewest losses is the best of them.
        let best = order.iter().copied().min_by_key(|&variant| losses(variant)).unwrap_or_default();
        let others = order.iter().copied().filter(|&other| other != best);
        let others = others.map(|other| (other, self.relation(best, other, confidence))).collect();
        Answer { best, others, confidence }
    }

    /// 95 % for all comparisons of one variant with the others (C. Bonferroni; O. Dunn, Journal of the American Statistical Association 1961).
    fn shared_confidence(&self) -> f64 {
        let comparisons = self.variant_count().saturating_sub(1).max(1);
        1.0 - (1.0 - CONFIDENCE) / comparisons as f64
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
            Some(Relation::Better(_)) if one_only < other_only => Relation::Tie,
            Some(Relation::Worse(_)) if one_only > other_only => Relation::Tie,
            Some(relation) => relation,
            None => Relation::Tie,
        }
    }

    fn by_metric(&self, one: usize, other: usize, metric: Metric, confidence: f64) -> Option<Relation> {
        let is_cost = metric == Metric::Attempts;
        let advantage = |better: usize, worse: usize| {
            let (of, less) = if is_cost { (worse, better) } else { (better, worse) };
            let estimate = self.difference(of, less, metric)?;
            let interval = estimate.interval(confidence)?;
            let level = if is_cost { Level::Cost } else { Level::Goodput };
            (interval.0 > 0.0).then(|| level(estimate, interval))
        };
        let better = advantage(one, other).map(Relation::Better);
        better.or_else(|| advantage(other, one).map(Relation::Worse))
    }
}
