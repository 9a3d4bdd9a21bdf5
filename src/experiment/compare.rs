//! Variants of one model under the same seeds.

use rayon::prelude::*;

use super::{Progress, Stopped, Trial, TrialOptions, Variant, forest};
use crate::analysis::Observation;
use crate::kernel::Duration;
use crate::plan::Plan;

/// Every variant is judged, and nothing else is looked at.
const OPTIONS: TrialOptions = TrialOptions { with_twin: true, check: false };

/// Runs every variant under every seed, many at a time, and keeps a line of each: by variant, in the order of the seeds. The result does not depend on how many run at a time.
///
/// # Errors
/// If `progress` was told to cancel, or a trace was changed while it was replayed.
pub fn observe_variants(
    variants: &[Variant<'_>],
    seeds: &[u64],
    progress: &Progress,
) -> Result<Vec<Vec<Observation>>, Stopped> {
    let families = families(variants);
    let work: Vec<(u64, &[usize])> =
        seeds.iter().flat_map(|&seed| families.iter().map(move |family| (seed, family.as_slice()))).collect();
    // Seed by seed: what is slow with one variant is spread over all cores.
    let observed: Vec<Vec<Observation>> = work
        .par_iter()
        .map(|&(seed, family)| {
            let members: Vec<Variant<'_>> = family.iter().map(|&index| variants[index]).collect();
            observe_together(&members, seed, progress)
        })
        .collect::<Result<_, _>>()?;
    let mut by_variant: Vec<Vec<Observation>> = vec![Vec::with_capacity(seeds.len()); variants.len()];
    for ((_, family), observed) in work.into_iter().zip(observed) {
        for (&variant, observation) in family.iter().zip(observed) {
            by_variant[variant].push(observation);
        }
    }
    Ok(by_variant)
}

/// The positions of the variants that have something in common, which is simulated once.
pub(super) fn families(variants: &[Variant<'_>]) -> Vec<Vec<usize>> {
    let plans: Vec<&Plan> = variants.iter().map(|variant| variant.plan).collect();
    forest::families(&plans)
}

/// The lines of variants of one family under a seed.
pub(super) fn observe_together(
    variants: &[Variant<'_>],
    seed: u64,
    progress: &Progress,
) -> Result<Vec<Observation>, Stopped> {
    let trials = Trial::conduct_all(variants, seed, OPTIONS, progress)?;
    let observed = trials.iter().map(|trial| {
        let judgement = trial.judgement.as_ref().expect("invariant: with its twin a run is judged");
        Observation::new(&trial.run, judgement)
    });
    Ok(observed.collect())
}

/// How much time one seed of all variants simulates, for a progress bar.
pub fn simulated_per_seed(variants: &[Variant<'_>]) -> Duration {
    let of_one = |variant: &Variant<'_>| {
        variant.model.run.duration.as_ns().saturating_mul(Trial::run_count(variant.plan, OPTIONS))
    };
    Duration::from_ns(variants.iter().map(of_one).fold(0, u64::saturating_add))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::analysis::{Comparison, Estimate};
    use crate::model::{Metric, Model, Overrides};
    use crate::quantity::NoFiles;

    const MODEL: &str = r#"name = "shop"
[run]
duration = "60s"
warmup = "2s"
[workloads.users]
arrivals = { open = { rate = "40/s" } }
to = "db"
policy = "query"
[policies.query]
per_try_timeout = "300ms"
retry = { max_attempts = 3 }
[services.db]
threads = 3
queue = { capacity = 40 }
handler = [{ work = "exponential(30ms)" }]
[faults.slow]
at = "10s"
duration = "5s"
degrade = { service = "db", factor = 4 }
"#;

    fn variant(set: &str) -> (Model, Plan) {
        let mut overrides = Overrides::new();
        overrides.set(set);
        let loaded = Model::parse("shop", MODEL, &overrides).unwrap_or_else(|found| panic!("{found}"));
        let plan = Plan::compile(&loaded.model, &NoFiles).expect("a model without files");
        (loaded.model, plan)
    }

    fn observed(threads: usize, seeds: &[u64]) -> Vec<Vec<Observation>> {
        let owned = [variant("run.seed=1"), variant("policies.query.retry.max_attempts=2")];
        let variants = owned.each_ref().map(|(model, plan)| Variant { model, plan });
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| observe_variants(&variants, seeds, &Progress::default())).unwrap()
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 8, ..ProptestConfig::default() })]

        #[test]
        fn the_number_of_threads_changes_nothing(first in 0u64..1000, count in 1u64..5, threads in 2usize..6) {
            let seeds: Vec<u64> = (first..first + count).collect();
            prop_assert_eq!(observed(threads, &seeds), observed(1, &seeds));
        }

        #[test]
        fn more_seeds_later_are_the_same_as_all_at_once(first in 0u64..1000, before in 1u64..4, after in 1u64..4) {
            let seeds: Vec<u64> = (first..first + before + after).collect();
            let (earlier, later) = seeds.split_at(before as usize);
            let mut both = observed(2, earlier);
            both.iter_mut().zip(observed(2, later)).for_each(|(both, later)| both.extend(later));
            prop_assert_eq!(both, observed(2, &seeds));
        }
    }

    /// Common random numbers: differences between pairs vary less than those between independent runs would.
    #[test]
    fn the_same_luck_for_all_makes_differences_clear() {
        let seeds: Vec<u64> = (1..=40).collect();
        let names = ["three", "two"].map(str::to_owned).to_vec();
        let compared = Comparison::new(names, 0, observed(2, &seeds));
        let variance = |estimate: Option<Estimate>| estimate.map_or(0.0, |it| it.deviation * it.deviation);
        for metric in [Metric::Goodput, Metric::P50] {
            let paired = variance(compared.difference(1, 0, metric));
            let unpaired: f64 = (0..2).map(|variant| variance(compared.estimate(variant, metric))).sum();
            assert!(paired < 0.5 * unpaired, "{metric:?}: {paired} paired, {unpaired} unpaired");
        }
    }
}
