//! Goal: when faults happen follows from their numbers alone, as in a list written by hand; selections keep their promises.

use proptest::prelude::*;

use super::*;
use crate::kernel::random::{SiteKey, Word, hash64};
use crate::kernel::sampler::Sampler;
use crate::kernel::{Duration, Time};
use crate::quantity::Share;

fn key(seed: u64) -> SiteKey {
    SiteKey::new(seed, hash64("faults.db_slow"))
}

/// Begins and ends of all occurrences before an instant, as the engine asks for them.
fn occurrences(timing: &Timing, key: SiteKey, end_of_run: Time) -> Vec<(Time, Option<Time>)> {
    let mut found = Vec::new();
    let mut next = timing.first(key);
    while let Some(at) = next.filter(|&at| at < end_of_run) {
        let occurrence = found.len() as u64;
        let end = timing.length(occurrence, key).map(|length| at + length);
        found.push((at, end));
        next = end.and_then(|end| timing.next(occurrence + 1, end, key));
    }
    found
}

proptest! {
    /// Equal gaps and lengths: the n-th begin is known by multiplication.
    #[test]
    fn equal_gaps_make_a_grid(
        at in prop::option::of(0_u64..1000),
        (gap, length) in (1_u64..300, 1_u64..300),
        until in prop::option::of(0_u64..5000),
        count in prop::option::of(1_u32..20),
    ) {
        let span = |ns| Sampler::constant(Duration::from_ns(ns));
        let timing = Timing {
            at: at.map(Time::from_ns),
            every: Some(span(gap)),
            duration: Some(span(length)),
            until: until.map(Time::from_ns),
            count,
        };
        let first = at.unwrap_or(gap);
        let expected: Vec<(Time, Option<Time>)> = (0..u64::from(count.unwrap_or(u32::MAX)))
            .map(|n| first + n * (gap + length))
            .take_while(|&begin| begin < until.unwrap_or(u64::MAX).min(5000))
            .map(|begin| (Time::from_ns(begin), Some(Time::from_ns(begin + length))))
            .collect();
        prop_assert_eq!(occurrences(&timing, key(1), Time::from_ns(5000)), expected);
    }

    /// Drawn gaps and lengths: the n-th of each is the draw for the number n, so other lengths leave the gaps as they were.
    #[test]
    fn what_is_drawn_belongs_to_the_number_of_the_occurrence(seed: u64, mean_gap in 1.0_f64..1e6, mean_length in 0.0_f64..1e6) {
        let (gaps, lengths) = (Sampler::exponential(mean_gap), Sampler::exponential(mean_length.max(1.0)));
        let timing = Timing { every: Some(gaps.clone()), duration: Some(lengths.clone()), ..Timing::default() };
        let key = key(seed);
        let mut now = 0;
        for (n, (begin, end)) in occurrences(&timing, key, Time::from_ns(20_000_000)).into_iter().take(50).enumerate() {
            let draw = |sampler: &Sampler| sampler.sample(&mut Word::root(key, n as u64).at(key)).as_ns();
            now += draw(&gaps).max(1);
            prop_assert_eq!(begin.as_ns(), now);
            now += draw(&lengths);
            prop_assert_eq!(end, Some(Time::from_ns(now)));
        }
    }

    #[test]
    fn a_share_is_rounded_down_and_a_random_one_is_at_most_that(seed: u64, percent in 0_u32..=100, count in 1_u32..50, occurrence: u64) {
        let share = Share::percent(percent);
        let most = (percent * count / 100) as usize;
        let chosen = |select: &Select| select_instances(select, &[], key(seed), occurrence, count);
        let of_share = chosen(&Select::Share(share));
        prop_assert_eq!(of_share.len(), most);
        let of_random = chosen(&Select::RandomMaxShare(share));
        prop_assert!(of_random.len() <= most);
        prop_assert!(of_random.iter().all(|ordinal| of_share.contains(ordinal)));
    }

    #[test]
    fn everybody_is_on_one_side_or_among_the_others(patterns in prop::collection::vec(prop::collection::vec(any::<bool>(), 0..4), 1..5)) {
        let mut side = Side::nobody(patterns.len());
        for (component, pattern) in patterns.iter().enumerate() {
            side.add(component, pattern.clone());
        }
        let others = side.others();
        for (component, pattern) in patterns.iter().enumerate() {
            for ordinal in 0..12 {
                let is_in = !pattern.is_empty() && pattern[ordinal % pattern.len()];
                prop_assert_eq!(side.contains(component as u32, ordinal as u32), is_in);
                prop_assert_eq!(others.contains(component as u32, ordinal as u32), !is_in);
            }
            prop_assert_eq!(side.has_any_of(component as u32), pattern.contains(&true));
        }
    }
}

#[test]
fn a_random_share_takes_all_its_values() {
    let mut counts = [0_u32; 4];
    for occurrence in 0..10_000 {
        let selected =
            select_instances(&Select::RandomMaxShare(Share::percent(75)), &[], key(1), occurrence, 4);
        counts[selected.len()] += 1;
    }
    // The share is uniform from 0 % to 75 %: none below 25 %, one below 50 %, two below 75 %, and three almost never.
    for count in &counts[..3] {
        // Binomial(10 000, 1/3) has a standard deviation of 47; five of them.
        assert!(count.abs_diff(3333) < 236, "{counts:?}");
    }
}

#[test]
fn a_zone_is_a_selection() {
    let zones = ["a", "b", "a"].map(str::to_owned);
    let select =
        |zone: &str, zones: &[String]| select_instances(&Select::Zone(zone.to_owned()), zones, key(1), 0, 5);
    assert_eq!(select("a", &zones), [0, 2, 3]);
    assert_eq!(select("b", &zones), [1, 4]);
    assert_eq!(select("a", &[]), [0_u32; 0]);
}

#[test]
fn a_fault_that_is_fixed_is_known_before_the_run() {
    let at = Some(Time::from_ns(10));
    let span = |ns| Some(Sampler::constant(Duration::from_ns(ns)));
    let known = |timing: Timing| timing.known_window();
    assert_eq!(known(Timing { at, ..Timing::default() }), Some((Time::from_ns(10), None)));
    assert_eq!(
        known(Timing { at, duration: span(5), ..Timing::default() }),
        Some((Time::from_ns(10), Some(Time::from_ns(15))))
    );
    assert_eq!(known(Timing { at, duration: Some(Sampler::exponential(5.0)), ..Timing::default() }), None);
    assert_eq!(known(Timing { at, duration: span(5), every: span(5), ..Timing::default() }), None);
    assert_eq!(known(Timing { every: span(5), ..Timing::default() }), None);
}

#[test]
fn a_ramp_has_ten_equal_steps() {
    let ramp = Duration::from_secs(30);
    let steps: Vec<u64> =
        (0..RAMP_STEPS).map(|step| ramp_step_at(Time::ZERO, ramp, step).as_ns() / 1_000_000_000).collect();
    assert_eq!(steps, [0, 3, 6, 9, 12, 15, 18, 21, 24, 27]);
    assert_eq!(Effect::Degrade(11.0).at_strength(1), Effect::Degrade(2.0));
    assert_eq!(Effect::Degrade(1.1).at_strength(10), Effect::Degrade(1.1));
    assert_eq!(Effect::Crash.at_strength(1), Effect::Crash);
}
