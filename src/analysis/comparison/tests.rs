//! Goal: the best variant is named only if the seeds prove it, and claims are judged as their definition says. Method: observations made up by hand.

use super::*;
use crate::analysis::Needed;
use crate::model::{Bound, ExpectSettings};

/// One run: its verdict, goodput, attempts per request, and time to recovery in a run that looks at 100 s after the trigger.
fn observation(seed: u64, verdict: VerdictName, goodput: f64, attempts: f64) -> Observation {
    let mut values = [None; Metric::ALL.len()];
    values[Metric::Goodput.index()] = Some(goodput);
    values[Metric::Attempts.index()] = Some(attempts);
    values[Metric::Recovery.index()] = verdict.is_good().then_some(10.0 + seed as f64);
    Observation { seed, verdict, reason: None, values, observed_s: Some(100.0), digest: [0; 32] }
}

/// Variants whose seeds `0..survivals` recover and whose others do not; goodput varies with the seed, in the same way for all.
fn comparison(variants: &[(&str, u64, f64, f64)], seeds: u64) -> Comparison {
    let names = variants.iter().map(|(name, ..)| (*name).to_owned()).collect();
    let observed = variants.iter().map(|&(_, survivals, goodput, attempts)| {
        let one = |seed: u64| {
            let verdict = if seed < survivals { VerdictName::Recovered } else { VerdictName::Metastable };
            let luck = (seed * 37 % 11) as f64;
            observation(seed, verdict, goodput + luck + 0.001 * (seed % 3) as f64, attempts)
        };
        (0..seeds).map(one).collect()
    });
    Comparison::new(names, 0, observed.collect())
}

fn relation_of_two(one: (u64, f64, f64), other: (u64, f64, f64), seeds: u64) -> Relation {
    let variants = [("one", one.0, one.1, one.2), ("other", other.0, other.1, other.2)];
    comparison(&variants, seeds).relation(0, 1, CONFIDENCE)
}

#[test]
fn survival_counts_more_than_goodput_and_goodput_more_than_cost() {
    let better = |relation| matches!(relation, Relation::Better(Level::Survival { .. }));
    assert!(better(relation_of_two((20, 1.0, 9.0), (0, 99.0, 1.0), 20)));
    let relation = relation_of_two((20, 50.0, 9.0), (20, 49.0, 1.0), 20);
    assert!(matches!(relation, Relation::Better(Level::Goodput(..))), "{relation:?}");
    let relation = relation_of_two((20, 50.0, 2.0), (20, 50.0, 1.0), 20);
    assert!(matches!(relation, Relation::Worse(Level::Cost(..))), "{relation:?}");
    assert_eq!(relation_of_two((20, 50.0, 1.0), (20, 50.0, 1.0), 20), Relation::Tie);
}

/// 5 of 5 against 0 of 5 is p = 2 / 32, which is not enough; 6 of 6 against 0 of 6 is.
#[test]
fn few_seeds_prove_little() {
    let survival = |seeds| relation_of_two((seeds, 5.0, 1.0), (0, 5.0, 1.0), seeds);
    assert_eq!(survival(5), Relation::Tie);
    assert!(matches!(survival(6), Relation::Better(Level::Survival { better_only: 6, worse_only: 0, .. })));
}

#[test]
fn the_answer_shares_its_confidence_among_its_comparisons() {
    let is_about = |found: f64, expected: f64| (found - expected).abs() < 1e-12;
    let seven = [("none", 0, 5.0, 1.0), ("all", 7, 5.0, 1.0)];
    let answer = comparison(&seven, 7).answer();
    assert_eq!((answer.best, answer.ties), (1, vec![]));
    assert!(is_about(answer.confidence, 1.0 - 0.05 / 3.0), "three levels: {}", answer.confidence);
    let three = [seven[0], seven[1], ("half", 3, 5.0, 1.0)];
    let answer = comparison(&three, 7).answer();
    assert!(is_about(answer.confidence, 1.0 - 0.05 / 6.0), "{}", answer.confidence);
    // 7 of 7 is p = 2 / 128: enough for one comparison, not for one of two.
    assert_eq!((answer.best, answer.ties), (1, vec![2, 0]));
}

/// Survival comes first: more goodput of the one and more survivals of the other do not add up to a winner.
#[test]
fn nobody_is_best_who_survived_less_often() {
    let variants = [("busy", 19, 50.0, 1.0), ("steady", 20, 40.0, 1.0)];
    let answer = comparison(&variants, 20).answer();
    assert_eq!((answer.best, answer.ties), (1, vec![0]));
    assert!(
        matches!(answer.others[..], [(0, Relation::Conflict { favoured: 0, .. })]),
        "{:?}",
        answer.others
    );
    let variants = [("busy", 20, 50.0, 1.0), ("steady", 20, 40.0, 1.0)];
    let answer = comparison(&variants, 20).answer();
    assert_eq!((answer.best, answer.ties), (0, vec![]));
}

/// Who is beaten by another one of those that may be the best is none of them.
#[test]
fn a_tie_leaves_out_who_is_beaten_by_another_one() {
    let variants = [("steady", 20, 30.0, 1.0), ("busy", 19, 50.0, 1.0), ("half_busy", 19, 40.0, 1.0)];
    let answer = comparison(&variants, 20).answer();
    assert_eq!((answer.best, answer.ties, answer.cycle), (0, vec![1], vec![]));
}

/// Goodput of the first varies so much that cost decides about it: it beats the second, which beats the third by goodput, which beats the first.
#[test]
fn nobody_is_best_who_is_beaten() {
    let mut compared = comparison(&[("a", 20, 50.0, 2.0), ("b", 20, 50.7, 3.0), ("c", 20, 49.3, 1.0)], 20);
    for (seed, run) in compared.observations[0].iter_mut().enumerate() {
        run.values[Metric::Goodput.index()] = Some(55.0 + [9.0, -9.0][seed % 2]);
    }
    let answer = compared.answer();
    let best = answer.best;
    assert!(answer.others.iter().any(|(_, relation)| matches!(relation, Relation::Worse(_))));
    let mut tied = [&answer.ties[..], &[best]].concat();
    tied.sort_unstable();
    assert_eq!(tied, [0, 1, 2]);
    assert_eq!((answer.cycle.len(), answer.cycle[0]), (3, best));
    let is_after = |(&one, &other): (&usize, &usize)| (one + 1) % 3 == other;
    assert!(answer.cycle.iter().zip(&answer.cycle[1..]).all(is_after), "{:?}", answer.cycle);
}

/// Differences that are all the same have no spread; that so many have the same sign is what they prove.
#[test]
fn two_seeds_with_the_same_difference_make_no_winner() {
    let variants = [("less", 9, 50.0, 1.0), ("more", 9, 51.0, 1.0)];
    assert_eq!(comparison(&variants, 2).answer().ties, [0]);
    assert!(comparison(&variants, 9).answer().ties.is_empty());
}

/// Common random numbers: what all variants have in common does not hide what differs.
#[test]
fn pairs_show_what_means_hide() {
    let compared = comparison(&[("less", 20, 50.0, 1.0), ("more", 20, 50.5, 1.0)], 20);
    let difference = compared.difference(1, 0, Metric::Goodput).unwrap();
    assert!((difference.mean - 0.5).abs() < 1e-9 && difference.deviation < 1e-9, "{difference:?}");
    assert!(compared.estimate(0, Metric::Goodput).unwrap().deviation > 1.0);
}

#[test]
fn who_is_not_back_counts_with_all_the_time_that_was_looked_at() {
    let compared = comparison(&[("never", 0, 5.0, 1.0), ("once", 1, 5.0, 1.0), ("always", 3, 5.0, 1.0)], 3);
    assert_eq!(compared.horizon(&[0, 1, 2]), Some(100.0));
    let mean = |variant| compared.estimate(variant, Metric::Recovery).unwrap().mean;
    assert_eq!((mean(0), mean(1), mean(2)), (100.0, 70.0, 11.0));
    let median = |variant| compared.median_recovery(variant);
    assert_eq!(median(0), Some(RecoverySpan::NotWithin(100.0)));
    assert_eq!(median(1), Some(RecoverySpan::NotWithin(100.0)));
    assert_eq!(median(2), Some(RecoverySpan::Within(11.0)));
}

/// A variant whose trigger is so long that its runs end 1 s after it says nothing about the others, and one that never fell loses nothing by it.
#[test]
fn a_short_look_at_one_variant_does_not_cut_off_the_others() {
    let variants = [("first", 6, 5.0, 1.0), ("second", 6, 5.0, 1.0), ("longer", 6, 5.0, 1.0)];
    let mut compared = comparison(&variants, 6);
    for run in &mut compared.observations[2] {
        (run.verdict, run.observed_s) = (VerdictName::Unaffected, Some(1.0));
        run.values[Metric::Recovery.index()] = Some(0.0);
    }
    let mean = |compared: &Comparison, variant, versus| {
        compared.difference(variant, versus, Metric::Recovery).unwrap().mean
    };
    assert_eq!(compared.median_recovery(0), Some(RecoverySpan::Within(12.0)));
    assert_eq!((compared.horizon(&[0, 2]), compared.cut_off(&[0, 2])), (Some(100.0), None));
    assert_eq!(mean(&compared, 2, 0), -12.5);
    assert_eq!(
        (compared.horizon(&[2]), compared.median_recovery(2)),
        (Some(1.0), Some(RecoverySpan::Within(0.0)))
    );
    // One that fell is known for a second only: that concerns the differences from it, and nothing else.
    for run in &mut compared.observations[2] {
        (run.verdict, run.values[Metric::Recovery.index()]) = (VerdictName::Metastable, None);
    }
    assert_eq!(compared.median_recovery(0), Some(RecoverySpan::Within(12.0)));
    assert_eq!(compared.median_recovery(2), Some(RecoverySpan::NotWithin(1.0)));
    assert_eq!((mean(&compared, 2, 0), compared.cut_off(&[2, 0])), (0.0, Some(1.0)));
    assert_eq!((mean(&compared, 1, 0), compared.cut_off(&[1, 0])), (0.0, None));
    assert_eq!(compared.estimate(0, Metric::Recovery).unwrap().mean, 12.5);
}

/// Nothing that is seen within 100 s is longer than 100 s: of runs that never come back no claim about 120 s holds, and none about 80 s.
#[test]
fn no_claim_is_proven_beyond_the_horizon() {
    let finding = |survivals, versus: bool, at_least: Option<&str>, at_most: Option<&str>| {
        let bound = |text: Option<&str>| text.map(|text| text.parse::<Bound>().unwrap());
        let expected = ExpectSettings {
            variant: "one".to_owned(),
            metric: Some(Metric::Recovery),
            versus: versus.then(|| "other".to_owned()),
            at_least: bound(at_least),
            at_most: bound(at_most),
            ..share("90%")
        };
        let expected = ExpectSettings { verdict: None, ..expected };
        let compared = comparison(&[("one", survivals, 5.0, 1.0), ("other", 0, 5.0, 1.0)], 20);
        compared.judge("claim", &expected).finding
    };
    let unproven = Finding::TooFewSeeds { needs: Needed::Never };
    for survivals in [0, 10, 20] {
        for at_most in ["100s", "120s"] {
            assert_eq!(finding(survivals, false, None, Some(at_most)), unproven, "{survivals} {at_most}");
            assert_eq!(finding(survivals, true, None, Some(at_most)), unproven, "{survivals} {at_most}");
        }
        assert_eq!(finding(survivals, false, Some("120s"), None), unproven, "{survivals}");
    }
    assert_eq!(finding(0, false, None, Some("80s")), Finding::Fails);
    assert_eq!(finding(0, false, Some("80s"), None), Finding::Holds);
    assert_eq!(finding(20, false, None, Some("80s")), Finding::Holds);
}

fn share(at_least: &str) -> ExpectSettings {
    ExpectSettings {
        variant: "one".to_owned(),
        verdict: Some(VerdictName::Recovered),
        metric: None,
        versus: None,
        at_least: Some(at_least.parse::<Bound>().unwrap()),
        at_most: None,
        rises_with: None,
        falls_with: None,
    }
}

fn finding(survivals: u64, seeds: u64, expected: &ExpectSettings) -> Finding {
    comparison(&[("one", survivals, 50.0, 1.0)], seeds).judge("claim", expected).finding
}

/// 20 of 20 seeds prove only 86 %; 59 of 59 are needed for 95 %, 29 of 29 for 90 %.
#[test]
fn a_share_holds_fails_or_has_too_few_seeds() {
    assert_eq!(finding(59, 59, &share("95%")), Finding::Holds);
    let too_few = |count| Finding::TooFewSeeds { needs: Needed::Count(count) };
    assert_eq!(finding(58, 58, &share("95%")), too_few(59));
    assert_eq!(finding(20, 20, &share("90%")), too_few(29));
    assert_eq!(finding(20, 20, &share("86%")), Finding::Holds);
    assert_eq!(finding(3, 20, &share("90%")), Finding::Fails);
    assert_eq!(finding(18, 20, &share("90%")), Finding::TooFewSeeds { needs: Needed::Never });
    assert_eq!(finding(20, 20, &share("99.9998%")), Finding::TooFewSeeds { needs: Needed::TooMany });
    let rarely = ExpectSettings { at_least: None, at_most: Some("5%".parse().unwrap()), ..share("5%") };
    assert_eq!(finding(0, 59, &rarely), Finding::Holds);
    assert_eq!(finding(0, 20, &rarely), too_few(59));
    assert_eq!(finding(20, 20, &rarely), Finding::Fails);
}

#[test]
fn who_never_fell_has_recovered_too() {
    let mut compared = comparison(&[("one", 59, 50.0, 1.0)], 59);
    compared.observations[0].iter_mut().for_each(|run| run.verdict = VerdictName::Unaffected);
    assert_eq!(compared.judge("claim", &share("95%")).finding, Finding::Holds);
}

#[test]
fn means_and_differences_are_held_to_their_bounds() {
    let compared = comparison(&[("one", 20, 50.0, 1.0), ("other", 20, 40.0, 1.0)], 20);
    let judged = |versus: Option<&str>, at_least: &str| {
        let expected = ExpectSettings {
            verdict: None,
            metric: Some(Metric::Goodput),
            versus: versus.map(str::to_owned),
            ..share(at_least)
        };
        compared.judge("claim", &expected).finding
    };
    assert_eq!(judged(None, "50/s"), Finding::Holds);
    assert_eq!(judged(None, "60/s"), Finding::Fails);
    assert!(matches!(judged(None, "54.5/s"), Finding::TooFewSeeds { needs: Needed::Count(21..) }));
    // Nothing that succeeds is not fast.
    let slow = ExpectSettings {
        verdict: None,
        metric: Some(Metric::P99),
        at_least: None,
        at_most: Some("800ms".parse().unwrap()),
        ..share("1%")
    };
    assert_eq!(compared.judge("claim", &slow).finding, Finding::Fails);
}

/// 59 of 59 prove that hardly any seed is different; fewer that are all the same prove nothing about how different it may be.
#[test]
fn what_is_always_the_same_needs_59_seeds() {
    let judged = |at_least: &str, seeds| {
        let compared = comparison(&[("one", seeds, 50.0, 1.0), ("other", seeds, 40.0, 1.0)], seeds);
        let expected = ExpectSettings {
            verdict: None,
            metric: Some(Metric::Goodput),
            versus: Some("other".to_owned()),
            ..share(at_least)
        };
        compared.judge("claim", &expected).finding
    };
    assert_eq!(judged("9.9/s", 58), Finding::TooFewSeeds { needs: Needed::Count(59) });
    assert_eq!(judged("9.9/s", 59), Finding::Holds);
    assert_eq!(judged("10.1/s", 58), Finding::TooFewSeeds { needs: Needed::Never });
    assert_eq!(judged("10.1/s", 59), Finding::Fails);
}

/// Two of two seeds stay down where two of two never fell: 100 s of 100 s, but a run that is the other way round would turn each of them by 200 s. By hand: 100 - 200 (1 - 0.05^(1/n)) is above
/// 20 from n = 6 on.
#[test]
fn two_seeds_prove_no_recovery() {
    let judged = |seeds| {
        let mut compared = comparison(&[("one", 0, 50.0, 1.0), ("other", seeds, 50.0, 1.0)], seeds);
        for run in &mut compared.observations[1] {
            run.values[Metric::Recovery.index()] = Some(0.0);
        }
        let expected = ExpectSettings {
            verdict: None,
            metric: Some(Metric::Recovery),
            versus: Some("other".to_owned()),
            ..share("20s")
        };
        compared.judge("claim", &expected).finding
    };
    assert_eq!(judged(2), Finding::TooFewSeeds { needs: Needed::Count(6) });
    assert_eq!(judged(5), Finding::TooFewSeeds { needs: Needed::Count(6) });
    assert_eq!(judged(6), Finding::Holds);
}

#[test]
fn a_precision_is_reached_by_every_variant_or_not_at_all() {
    let compared = comparison(&[("one", 20, 50.0, 1.0), ("other", 20, 4.0, 1.0)], 20);
    assert!(compared.is_precise("goodput 20%".parse().unwrap()));
    assert!(!compared.is_precise("goodput 3%".parse().unwrap()));
    assert!(!compared.is_precise("p99 50%".parse().unwrap()), "nobody has a p99");
    assert!(!compared.is_precise("attempts 50%".parse().unwrap()), "20 that are the same say nothing");
    let compared = comparison(&[("one", 59, 50.0, 1.0)], 59);
    assert!(compared.is_precise("attempts 1%".parse().unwrap()));
}

#[test]
fn the_median_counts_who_is_not_back_as_longer_than_any() {
    let mut compared = comparison(&[("one", 20, 50.0, 1.0)], 20);
    for (index, run) in compared.observations[0].iter_mut().enumerate() {
        run.observed_s = Some(300.0);
        run.values[Metric::Recovery.index()] = (index < 14).then_some(index as f64);
    }
    let median = compared.median(0, Metric::Recovery).unwrap();
    // The sixth and the fifteenth of twenty; the fifteenth never came back.
    assert_eq!((median.count, median.median, median.interval), (20, 9.0, Some((5.0, f64::INFINITY))));
    let compared = Comparison::new(compared.names, 0, compared.observations);
    assert_eq!(compared.median_recovery(0), Some(RecoverySpan::Within(9.0)));
}
