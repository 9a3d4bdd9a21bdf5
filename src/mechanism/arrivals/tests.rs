//! Goal: arrivals are where the cumulative rate says, exactly for constant gaps, and as a Poisson process in law.
//! Method: closed forms for the constant process; dispersion, Kolmogorov–Smirnov and chi-square with fixed seeds for the other.

use proptest::prelude::*;

use super::*;
use crate::kernel::num;
use crate::kernel::random::{SiteKey, Stream, hash64};
use crate::kernel::{Duration, Time};
use crate::mechanism::{Problem, Problems};
use crate::quantity::{Distribution, Factor, NoFiles, Rate, Share};

const SECOND_NS: u64 = 1_000_000_000;

fn stream(seed: u64) -> Stream {
    Stream::new(seed, hash64("workloads.shoppers.arrivals"))
}

fn per_second(count: u64) -> Rate {
    Rate::new(count, SECOND_NS)
}

fn at_s(seconds: u64) -> Time {
    Time::from_ns(seconds * SECOND_NS)
}

fn step(at_s: f64, scale: f64, ramp_s: f64) -> ProfileStep {
    let duration = |seconds: f64| Duration::from_ns((seconds * 1e9).round() as u64);
    let scale = Factor::new(scale).expect("a factor");
    ProfileStep { at: duration(at_s), scale, ramp: duration(ramp_s) }
}

/// The process of a workload itself: from 0 for ever, nothing added.
fn workload(rate: Rate, process: Process, profile: &[ProfileStep]) -> ArrivalProcess {
    ArrivalProcess::new(rate, process, Profile::new(profile), (Time::ZERO, Time::MAX), 1.0, stream(1))
}

fn take_before(process: ArrivalProcess, end: Time) -> Vec<Time> {
    process.take_while(|&arrival| arrival < end).collect()
}

#[test]
fn constant_arrivals_are_exact() {
    let process = workload(per_second(7), Process::Constant, &[]);
    for (arrival, k) in process.take(1_000_000).zip(1_u128..) {
        // round(k · 10^9 / 7), which has no ties.
        let expected_ns = (2 * k * u128::from(SECOND_NS) + 7) / 14;
        assert_eq!(u128::from(arrival.as_ns()), expected_ns, "arrival {k}");
    }
}

#[test]
fn constant_arrivals_of_a_whole_multiple_are_exact_too() {
    let (from, until) = (at_s(30), at_s(31));
    let profile = Profile::new(&[step(10.0, 2.0, 5.0)]);
    let spike = ArrivalProcess::new(per_second(7), Process::Constant, profile, (from, until), 2.0, stream(1));
    let expected: Vec<u64> = (1..28).map(|k| 30 * SECOND_NS + (2 * k * SECOND_NS + 28) / 56).collect();
    let found: Vec<u64> = spike.map(Time::as_ns).collect();
    assert_eq!(found, expected, "28 times a second; the 28th would be at the end of the window");
}

#[test]
fn no_rate_no_arrivals() {
    for process in [Process::Constant, Process::Poisson] {
        assert_eq!(workload(per_second(0), process, &[]).next(), None);
        assert_eq!(workload(per_second(9), process, &[step(0.0, 0.0, 0.0)]).next(), None);
        let window = (at_s(5), at_s(5));
        let profile = Profile::new(&[]);
        assert_eq!(ArrivalProcess::new(per_second(9), process, profile, window, 1.0, stream(1)).next(), None);
    }
}

#[test]
fn constant_arrivals_stop_at_once_where_the_rate_ends_and_go_on_where_it_returns() {
    let profile = [step(1.0, 0.0, 0.0), step(2.0, 1.0, 0.0), step(2.5, 0.0, 0.0)];
    let arrivals: Vec<u64> = workload(per_second(10), Process::Constant, &profile)
        .map(|arrival| arrival.as_ns() / (SECOND_NS / 10))
        .collect();
    assert_eq!(arrivals, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 21, 22, 23, 24, 25]);
}

#[test]
fn the_kth_constant_arrival_is_where_the_cumulative_rate_reaches_k() {
    let steps = [step(3.0, 3.0, 4.0), step(10.0, 0.25, 7.5), step(20.0, 0.0, 1.0), step(25.0, 2.0, 3.0)];
    let profile = Profile::new(&steps);
    let arrivals = take_before(workload(per_second(100), Process::Constant, &steps), at_s(40));
    assert!(arrivals.len() > 4000, "{} arrivals", arrivals.len());
    for (&arrival, k) in arrivals.iter().zip(1_u32..) {
        let reached = profile.integral(Time::ZERO, arrival) / 1e9 * 100.0;
        // Half a nanosecond of rounding is 1.5e-7 arrivals at the highest rate.
        assert!((reached - f64::from(k)).abs() < 2e-7, "{reached} arrivals at the {k}th");
    }
}

#[test]
fn poisson_counts_have_a_variance_equal_to_their_mean() {
    let arrivals = take_before(workload(per_second(100), Process::Poisson, &[]), at_s(1000));
    let mut counts = [0_u32; 1000];
    for arrival in &arrivals {
        counts[(arrival.as_ns() / SECOND_NS) as usize] += 1;
    }
    let mean = arrivals.len() as f64 / 1000.0;
    // Standard deviation of the mean: 0.316; of the index: sqrt(2/999) = 0.0447. Four of them: two-sided 99.99 %.
    assert!((mean - 100.0).abs() < 1.27, "mean {mean}");
    let variance =
        counts.iter().map(|&count| (f64::from(count) - mean) * (f64::from(count) - mean)).sum::<f64>()
            / 999.0;
    assert!((variance / mean - 1.0).abs() < 0.179, "index of dispersion {}", variance / mean);
}

/// The largest distance between the empirical distribution and the exponential one of mean 1.
fn distance_from_exponential(mut gaps: Vec<f64>) -> f64 {
    gaps.sort_by(f64::total_cmp);
    let count = gaps.len() as f64;
    let distances = gaps.iter().enumerate().map(|(index, &gap)| {
        let law = 1.0 - num::exp(-gap);
        let (below, above) = (index as f64 / count, (index + 1) as f64 / count);
        (law - below).abs().max((above - law).abs())
    });
    distances.fold(0.0, f64::max)
}

#[test]
fn gaps_are_exponential_in_the_time_of_the_profile() {
    let steps = [step(5.0, 4.0, 10.0), step(30.0, 0.1, 20.0), step(60.0, 2.0, 0.0)];
    let profile = Profile::new(&steps);
    let arrivals = take_before(workload(per_second(200), Process::Poisson, &steps), at_s(80));
    let mut earlier = Time::ZERO;
    let gaps: Vec<f64> = arrivals
        .iter()
        .map(|&arrival| profile.integral(std::mem::replace(&mut earlier, arrival), arrival) / 1e9 * 200.0)
        .collect();
    assert!(gaps.len() > 20_000, "{} gaps", gaps.len());
    // The 99.9 % quantile of Kolmogorov's distribution.
    let limit = 1.95 / (gaps.len() as f64).sqrt();
    let distance = distance_from_exponential(gaps);
    assert!(distance < limit, "distance {distance}, limit {limit}");
}

#[test]
fn counts_follow_the_integral_of_the_rate() {
    let steps = [step(5.0, 5.0, 15.0), step(25.0, 0.0, 10.0)];
    let process = workload(per_second(100), Process::Poisson, &steps);
    let arrivals = take_before(process.clone(), at_s(100));
    let mut chi_square = 0.0;
    for second in 0..34 {
        let (from, until) = (at_s(second), at_s(second + 1));
        let expected = process.mean_rate(from, until);
        let counted = arrivals.iter().filter(|&&arrival| from <= arrival && arrival < until).count() as f64;
        chi_square += (counted - expected) * (counted - expected) / expected;
    }
    // 34 degrees of freedom: 99.99 % are above 11.3, and 99.99 % below 73.7 (Wilson–Hilferty).
    assert!((11.3..73.7).contains(&chi_square), "chi-square {chi_square}");
    assert!(arrivals.iter().all(|&arrival| arrival < at_s(35)), "nothing arrives at a rate of 0");
}

#[test]
fn the_rate_is_that_of_profile_and_window() {
    let window = (at_s(10), at_s(30));
    let profile = Profile::new(&[step(0.0, 2.0, 20.0)]);
    let spike = ArrivalProcess::new(per_second(10), Process::Poisson, profile, window, 3.0, stream(1));
    let rates = [0, 9, 10, 20, 29, 30].map(|second| spike.rate_at(at_s(second)));
    assert_eq!(rates, [0.0, 0.0, 45.0, 60.0, 60.0, 0.0]);
    assert!((spike.mean_rate(at_s(0), at_s(20)) - 26.25).abs() < 1e-9);
    assert_eq!(spike.mean_rate(at_s(20), at_s(20)), 0.0);
    assert_eq!(spike.mean_rate(at_s(40), at_s(50)), 0.0);
}

#[test]
fn a_spike_adds_its_own_arrivals_only() {
    let profile = Profile::new(&[step(2.0, 2.0, 0.0)]);
    let of_spike = Stream::new(1, hash64("faults.rush.arrivals"));
    let window = (at_s(10), at_s(60));
    let spike = ArrivalProcess::new(per_second(100), Process::Poisson, profile, window, 2.0, of_spike);
    let mut base = workload(per_second(100), Process::Poisson, &[step(2.0, 2.0, 0.0)]);
    let alone = take_before(base.clone(), at_s(100));
    // Drawn in turn, as a run with the spike does.
    let (mut with_spike, mut extra) = (Vec::new(), Vec::new());
    let mut spike = spike;
    let (mut next_base, mut next_extra) = (base.next(), spike.next());
    while let Some(arrival) = next_base.filter(|&arrival| arrival < at_s(100)) {
        if let Some(added) = next_extra.filter(|&added| added < arrival) {
            extra.push(added);
            next_extra = spike.next();
        } else {
            with_spike.push(arrival);
            next_base = base.next();
        }
    }
    assert_eq!(with_spike, alone);
    assert!(extra.iter().all(|&added| window.0 <= added && added < window.1));
    // Poisson with mean 100 · 2 · 2 · 50 = 20 000, standard deviation 141; four of them: 99.99 %.
    assert!(extra.len().abs_diff(20_000) < 566, "{} arrivals added", extra.len());
}

proptest! {
    #[test]
    fn arrivals_stay_in_order_and_in_their_window(
        pieces in prop::collection::vec((0.001_f64..3.0, 0.0_f64..3.0, 0.0_f64..1.0), 0..6),
        from_ns in 0_u64..5_000_000_000,
        length_ns in 0_u64..5_000_000_000,
        factor in 0.0_f64..4.0,
        is_constant: bool,
        seed: u64,
    ) {
        let mut end = 0.0;
        let steps: Vec<ProfileStep> = pieces.iter().map(|&(gap, scale, ramp)| {
            let written = step(end + gap, scale, ramp * gap);
            end += gap + ramp * gap + 1e-6;
            written
        }).collect();
        let mut problems = Problems::new();
        check_profile(&steps, &mut problems);
        prop_assert_eq!(problems.into_found(), vec![]);
        let (from, until) = (Time::from_ns(from_ns), Time::from_ns(from_ns + length_ns));
        let process = if is_constant { Process::Constant } else { Process::Poisson };
        let profile = Profile::new(&steps);
        let mut arrivals = ArrivalProcess::new(Rate::new(1000, 3 * SECOND_NS), process, profile.clone(), (from, until), factor, stream(seed));
        let mut earlier = from;
        let mut count = 0_u32;
        for arrival in arrivals.by_ref() {
            prop_assert!(earlier <= arrival && arrival < until, "{:?} after {:?}", arrival, earlier);
            earlier = arrival;
            count += 1;
        }
        prop_assert_eq!(arrivals.next(), None);
        let expected = profile.integral(from, until) / 1e9 * factor * 1000.0 / 3.0;
        let tolerance = if is_constant { 1.0 + 1e-6 } else { 7.0 * expected.sqrt() + 10.0 };
        prop_assert!((f64::from(count) - expected).abs() <= tolerance, "{} arrivals, expected {}", count, expected);
    }
}

fn problems_of(steps: &[ProfileStep]) -> Vec<Problem> {
    let mut problems = Problems::new();
    problems.at("shoppers", |problems| check_profile(steps, problems));
    problems.into_found()
}

/// One error is found, at this path below the workload.
fn check_error(steps: &[ProfileStep], path: &str, part: &str) {
    let found = problems_of(steps);
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(found[0].path, format!("shoppers.{path}"));
    assert!(found[0].is_error && found[0].help.is_some() && found[0].message.contains(part), "{found:?}");
}

#[test]
fn profiles_that_cannot_be_meant_are_refused() {
    assert_eq!(problems_of(&[step(1.0, 2.0, 1.0), step(2.0, 1.0, 0.0)]), []);
    check_error(&[step(2.0, 1.0, 0.0), step(1.0, 2.0, 0.0)], "profile[1].at", "order");
    check_error(&[step(2.0, 1.0, 0.0), step(2.0, 2.0, 0.0)], "profile[1].at", "order");
    check_error(&[step(0.0, 1.0, 0.0), step(1.0, 2.0, 1.0), step(1.5, 1.0, 0.0)], "profile[2].at", "ramp");
}

#[test]
fn a_rate_of_zero_is_worth_a_warning() {
    let mut problems = Problems::new();
    ArrivalSettings::Open(OpenSettings { rate: per_second(0), process: Process::Poisson, modulation: None })
        .check(&mut problems);
    ArrivalSettings::Open(OpenSettings { rate: per_second(1), process: Process::Poisson, modulation: None })
        .check(&mut problems);
    let found = problems.into_found();
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(!found[0].is_error && found[0].path == "open.rate", "{found:?}");
}

/// A modulated process against its definition: the cumulative rate up to each arrival grows by 1 for equal gaps.
#[test]
fn a_modulated_rate_moves_arrivals_to_where_the_rate_is() {
    let sampler = |distribution: &Distribution, _: &str| distribution.sampler(&NoFiles).ok();
    let constant = |ns: u64| Distribution::Constant(Duration::from_ns(ns));
    let settings =
        ModulationSettings::OnOff(OnOffSettings { on: constant(SECOND_NS), off: constant(3 * SECOND_NS) });
    let modulation = Modulation::new(&settings, sampler).expect("constants can be drawn");
    let site = SiteKey::new(1, hash64("workloads.shoppers.modulation"));
    let process = workload(per_second(4), Process::Constant, &[]).modulated(modulation, site);
    let found: Vec<u64> = process.take(9).map(|arrival| arrival.as_ns() / 1_000_000).collect();
    assert_eq!(found, [250, 500, 750, 1000, 4250, 4500, 4750, 5000, 8250]);
}

/// On and off for exponential times of mean 1 s and 3 s at 40/s: 10/s on average. Var of the fraction of time on over T is 2·p²·q²·(1/a+1/b)… computed here by batches.
#[test]
fn an_on_off_source_has_its_mean_rate_and_is_bursty() {
    let sampler = |distribution: &Distribution, _: &str| distribution.sampler(&NoFiles).ok();
    let exponential = |s: u64| Distribution::Exponential { mean: Duration::from_ns(s * SECOND_NS) };
    let settings = ModulationSettings::OnOff(OnOffSettings { on: exponential(1), off: exponential(3) });
    let modulation = Modulation::new(&settings, sampler).expect("it can be drawn");
    let site = SiteKey::new(1, hash64("workloads.shoppers.modulation"));
    let process = workload(per_second(40), Process::Poisson, &[]).modulated(modulation, site);
    let mut batches = vec![0_u32; 200];
    for arrival in take_before(process, at_s(200 * 100)) {
        batches[(arrival.as_ns() / (100 * SECOND_NS)) as usize] += 1;
    }
    let mean = batches.iter().map(|&count| f64::from(count)).sum::<f64>() / 200.0;
    let square = |x: f64| x * x;
    let variance = batches.iter().map(|&count| square(f64::from(count) - mean)).sum::<f64>() / 199.0;
    let standard_error = (variance / 200.0).sqrt();
    assert!((mean - 1000.0).abs() < 4.0 * standard_error, "{mean} +- {standard_error} per 100 s");
    // The index of dispersion of a Poisson process is 1; here it goes to 1 + 2·λ²·p·q·τ/(λ·p) = 1 + 2·40·.75·.75 = 46 (Fischer and Meier-Hellstern, 1993).
    assert!(variance / mean > 20.0, "index of dispersion {}", variance / mean);
}

#[test]
fn a_day_is_a_cosine() {
    let day = DiurnalSettings {
        period: "24h".parse().unwrap(),
        amplitude: "40%".parse().unwrap(),
        peak: "14h".parse().unwrap(),
    };
    let profile = Profile::new(&day.steps("48h".parse().unwrap()));
    for minute in 0..48 * 60_u64 {
        let at = Time::from_ns(minute * 60_000_000_000);
        let angle = 2.0 * std::f64::consts::PI * (minute as f64 / 60.0 - 14.0) / 24.0;
        let expected = 1.0 + 0.4 * num::cos(angle);
        let found = profile.scale_at(at);
        assert!((found - expected).abs() < 0.4 * 0.000_54, "{minute} min: {found} instead of {expected}");
    }
    let hours = |hours: u64| Time::from_ns(hours * 3_600_000_000_000);
    let mean = profile.integral(hours(24), hours(48)) / 86_400e9;
    assert!((mean - 1.0).abs() < 1e-4, "the day changes nothing about the mean: {mean}");
    // All the way down, and no further.
    let night = DiurnalSettings { amplitude: Share::ONE, peak: Duration::ZERO, ..day };
    let profile = Profile::new(&night.steps("24h".parse().unwrap()));
    assert!(profile.scale_at(hours(12)).abs() < 1e-12);
}
