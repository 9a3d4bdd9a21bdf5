//! Congestive collapse: M. Brooker, `simple_collapse_sim`. Everybody is served at once, and the slower the more there are.
//!
//! Collapse is a matter of luck here, so the share of seeds that recover is compared with that of an independent simulation (25 to 29 % of 200
//! seeds, give or take 15 points).

use metastable::analysis::Verdict;

use crate::trial::{Case, Outcome, Window};
use crate::util::{by_depth, model_of};

/// The case with these changes; judged in `[60 s, 80 s)`, where the source ends. The run goes on, for the verdict needs three
/// holds of 10 s after the return.
fn try_with(changes: &[&str], seeds: u64) -> Vec<Outcome> {
    Case::of(model_of("congestive-collapse", changes), (60, 80)).try_seeds(seeds)
}

/// By the window and by the verdict, which agree for every seed.
fn recovered(outcomes: &[Outcome]) -> usize {
    for outcome in outcomes {
        let expected = if outcome.window.has_recovered() { Verdict::Recovered } else { Verdict::Metastable };
        assert_eq!(outcome.verdict, expected, "{outcome:?}");
    }
    outcomes.iter().filter(|outcome| outcome.has_recovered()).count()
}

#[test]
fn without_backoff_one_in_four_recovers() {
    let outcomes = try_with(&[], by_depth(100, 200));
    let share = recovered(&outcomes) as f64 / outcomes.len() as f64;
    assert!((0.25 - 0.15..=0.29 + 0.15).contains(&share), "{share} of the seeds recover");
    // Of a single seed, the window is too short to count attempts to within 3 %.
    let down = outcomes.iter().filter(|outcome| !outcome.has_recovered()).map(|outcome| outcome.window);
    let total = down.reduce(Window::and).expect("most seeds do not recover");
    assert!(total.has_collapsed(3), "{total:?}");
}

/// The first wait is uniform up to 20 s, the second up to 40 s.
#[test]
fn random_backoff_recovers() {
    let backoff = r#"policies.client.retry.backoff={ exponential = { base = "20s", multiplier = 2, jitter = "full" } }"#;
    let outcomes = try_with(&[backoff], by_depth(100, 200));
    let share = recovered(&outcomes) as f64 / outcomes.len() as f64;
    assert!(share >= 0.98, "{share} of the seeds recover");
}
