//! Against the probabilities themselves, by Pearson's chi-squared.

use proptest::prelude::*;

use super::*;
use crate::kernel::Time;
use crate::kernel::random::{SiteKey, Word, hash64};
use crate::mechanism::Problems;
use crate::quantity::{Duration, Factor, Limit, Share};

fn draw(popularity: &Popularity, number: u64) -> u32 {
    let site = SiteKey::new(7, hash64("test"));
    popularity.draw(&mut Word::root(site, number).at(site))
}

fn zipf(exponent: f64, count: u32) -> KeySettings {
    KeySettings::Zipf(ZipfSettings { exponent: Factor::new(exponent).unwrap(), count: Limit::At(count) })
}

fn endless(exponent: f64) -> KeySettings {
    KeySettings::Zipf(ZipfSettings { exponent: Factor::new(exponent).unwrap(), count: Limit::Unlimited })
}

/// Chi-squared of `draws` draws over the keys, standardised: (chi² - degrees) / sqrt(2 degrees), close to normal for the numbers of keys taken here.
fn deviation(popularity: &Popularity, probabilities: &[f64], draws: u32) -> f64 {
    deviation_of(popularity, probabilities, draws, |key| key as usize)
}

/// The same over cells of several keys.
fn deviation_of(
    popularity: &Popularity,
    probabilities: &[f64],
    draws: u32,
    cell: impl Fn(u32) -> usize,
) -> f64 {
    let mut counts = vec![0_u32; probabilities.len()];
    for number in 0..draws {
        counts[cell(draw(popularity, u64::from(number)))] += 1;
    }
    let terms = counts.iter().zip(probabilities).map(|(&count, probability)| {
        let expected = probability * f64::from(draws);
        let difference = f64::from(count) - expected;
        difference * difference / expected
    });
    let degrees = (probabilities.len() - 1) as f64;
    (terms.sum::<f64>() - degrees) / (2.0 * degrees).sqrt()
}

/// With 50 keys and the least expected count above 30; a standardised chi-squared above 4 has a probability below 10^-3, and the seed is fixed.
#[test]
fn every_exponent_gives_its_law() {
    for exponent in [0.0, 0.5, 0.99, 1.0, 1.000_000_001, 1.3, 2.0] {
        let weights: Vec<f64> =
            (1..=50).map(|rank| crate::kernel::num::pow(f64::from(rank), -exponent)).collect();
        let sum: f64 = weights.iter().sum();
        let probabilities: Vec<f64> = weights.iter().map(|weight| weight / sum).collect();
        let found = deviation(&Popularity::new(&zipf(exponent, 50)), &probabilities, 200_000);
        assert!(found.abs() < 4.0, "exponent {exponent}: {found}");
    }
}

#[test]
fn uniform_and_hot_keys_have_their_shares() {
    let uniform = Popularity::new(&KeySettings::Uniform(UniformSettings { count: 40 }));
    assert!(deviation(&uniform, &[1.0 / 40.0; 40], 100_000).abs() < 4.0);
    let settings = HotSpotSettings { count: 40, hot: 4, share: "70%".parse::<Share>().unwrap() };
    let probabilities: Vec<f64> = (0..40).map(|key| if key < 4 { 0.7 / 4.0 } else { 0.3 / 36.0 }).collect();
    let hot = Popularity::new(&KeySettings::HotSpot(settings));
    assert!(deviation(&hot, &probabilities, 100_000).abs() < 4.0);
}

/// What the module says of a million keys: H(10^4) / H(10^6) for the exponent 0.99.
#[test]
fn the_first_hundredth_of_a_million_keys_gets_two_thirds() {
    let popularity = Popularity::new(&zipf(0.99, 1_000_000));
    let harmonic =
        |count: u32| (1..=count).map(|rank| crate::kernel::num::pow(f64::from(rank), -0.99)).sum::<f64>();
    let expected = harmonic(10_000) / harmonic(1_000_000);
    assert!((expected - 0.664).abs() < 0.005, "{expected}");
    let draws = 100_000;
    let hits = (0..draws).filter(|&number| draw(&popularity, number) < 10_000).count() as f64;
    let error = (expected * (1.0 - expected) / draws as f64).sqrt();
    assert!((hits / draws as f64 - expected).abs() < 4.0 * error, "{hits}");
}

/// The sum of `i^-s` over all i from `from` on: term by term to 32, and then by the formula of Euler and Maclaurin, whose error is below 10^-9 of it there.
fn tail(exponent: f64, from: f64) -> f64 {
    let power = crate::kernel::num::pow;
    let term = |i: u32| power(f64::from(i), -exponent);
    let begin = from.max(32.0);
    let first: f64 = (1..32).filter(|&i| f64::from(i) >= from).map(term).sum();
    let last = power(begin, -exponent);
    first + begin * last / (exponent - 1.0) + last / 2.0 + exponent * last / begin / 12.0
}

/// Ranks 1 to 40 and the rest: Pearson's chi-squared over 41 cells, under the rule of the finite ones.
#[test]
fn popular_keys_without_end_have_their_shares() {
    for exponent in [1.1, 1.3, 2.0] {
        let mut probabilities: Vec<f64> = (1..=40)
            .map(|rank| crate::kernel::num::pow(f64::from(rank), -exponent) / tail(exponent, 1.0))
            .collect();
        probabilities.push(tail(exponent, 41.0) / tail(exponent, 1.0));
        let popularity = Popularity::new(&endless(exponent));
        let found = deviation_of(&popularity, &probabilities, 200_000, |key| key.min(40) as usize);
        assert!(found.abs() < 4.0, "exponent {exponent}: {found}");
    }
}

/// Octaves of ranks, up to those that are folded.
#[test]
fn rare_keys_without_end_have_theirs() {
    for exponent in [1.001, 1.01, 1.1, 1.3] {
        let begin = |octave: u32| f64::from(1_u32 << octave);
        let mut probabilities: Vec<f64> = (0..31)
            .map(|octave| tail(exponent, begin(octave)) - tail(exponent, begin(octave + 1)))
            .map(|sum| sum / tail(exponent, 1.0))
            .collect();
        probabilities.push(tail(exponent, begin(31)) / tail(exponent, 1.0));
        let popularity = Popularity::new(&endless(exponent));
        let octave = |key: u32| key.saturating_add(1).ilog2() as usize;
        let found = deviation_of(&popularity, &probabilities, 200_000, octave);
        assert!(found.abs() < 4.0, "exponent {exponent}: {found}");
    }
}

/// Half of these ranks are too large for any number that could count them.
#[test]
fn folded_keys_are_spread_over_the_upper_half() {
    let popularity = Popularity::new(&endless(1.001));
    let keys: Vec<u32> = (0..100_000).map(|number| draw(&popularity, number)).collect();
    let upper: Vec<u32> = keys.into_iter().filter(|key| *key >= FOLDED).collect();
    let expected = upper.len() as f64 / 64.0;
    let mut counts = [0_u32; 64];
    for key in &upper {
        counts[((key - FOLDED) >> 25) as usize] += 1;
    }
    let square = |count: u32| (f64::from(count) - expected) * (f64::from(count) - expected);
    let squares: f64 = counts.iter().map(|&count| square(count) / expected).sum();
    let found = (squares - 63.0) / (2.0_f64 * 63.0).sqrt();
    assert!(upper.len() > 90_000 && found.abs() < 4.0, "{} folded, {found}", upper.len());
}

/// What the module says of the exponent 1.3.
#[test]
fn few_requests_are_for_folded_keys() {
    let share = tail(1.3, 2_147_483_649.0) / tail(1.3, 1.0);
    assert!((share - 0.001_345).abs() < 0.000_000_5, "{share}");
    let popularity = Popularity::new(&endless(1.3));
    let draws = 400_000;
    let hits = (0..draws).filter(|&number| draw(&popularity, number) >= FOLDED).count() as f64;
    let error = (share * (1.0 - share) / draws as f64).sqrt();
    assert!((hits / draws as f64 - share).abs() < 4.0 * error, "{hits}");
}

proptest! {
    #[test]
    fn every_exponent_above_1_gives_keys_without_end(above in 1e-9..19.0_f64, number: u64) {
        let popularity = Popularity::new(&endless(1.0 + above));
        prop_assert_eq!(draw(&popularity, number), draw(&popularity, number));
    }

    #[test]
    fn a_key_is_one_of_those_that_there_are(exponent in 0.0..20.0_f64, count in 1_u32.., number: u64) {
        prop_assert!(draw(&Popularity::new(&zipf(exponent, count)), number) < count);
    }
}

#[test]
fn settings_that_mean_nothing_are_refused() {
    let found = |settings: &KeySettings| {
        let mut problems = Problems::new();
        settings.check(&mut problems);
        problems.into_found().iter().map(|problem| problem.message.clone()).collect::<Vec<_>>()
    };
    assert_eq!(found(&zipf(0.99, 10)), Vec::<String>::new());
    assert_eq!(found(&zipf(0.99, 0)), ["there is no key"]);
    assert_eq!(found(&zipf(21.0, 10)), ["an exponent of 21 is above 20"]);
    assert_eq!(found(&endless(1.000_1)), Vec::<String>::new());
    let [message] = &found(&endless(1.0))[..] else { panic!("without a sum there is no share") };
    assert!(message.starts_with("with an exponent of 1 the popularities of unlimited keys"), "{message}");
    let hot = |hot| KeySettings::HotSpot(HotSpotSettings { count: 3, hot, share: Share::ONE });
    assert_eq!(found(&hot(2)), Vec::<String>::new());
    assert_eq!(found(&hot(3)), ["`3` is not between 1 and the other keys"]);
}

fn drift(every_ns: u64, by: u32) -> KeyDriftSettings {
    KeyDriftSettings { every: Duration::from_ns(every_ns), by }
}

#[test]
fn the_popular_keys_move_on_at_each_step() {
    let moved =
        |keys: &KeySettings, key, at| KeyDrift::new(&drift(10, 3), keys).moved(key, Time::from_ns(at));
    let seven = zipf(0.99, 7);
    assert_eq!([0, 9, 10, 19, 20, 30, 70].map(|at| moved(&seven, 0, at)), [0, 0, 3, 3, 6, 2, 0]);
    assert_eq!((0..7).map(|key| moved(&seven, key, 10)).collect::<Vec<_>>(), [3, 4, 5, 6, 0, 1, 2]);
    let unlimited = endless(1.3);
    assert_eq!(
        [0, FOLDED - 1, FOLDED, u32::MAX].map(|key| moved(&unlimited, key, 10)),
        [3, 2, FOLDED, u32::MAX]
    );
}

proptest! {
    /// However long the run, nothing overflows, and keys only change places.
    #[test]
    fn keys_that_drift_change_places(every in 1_u64..1000, by: u32, count in 1_u32.., keys: (u32, u32), at: u64) {
        let drift = KeyDrift::new(&drift(every, by), &zipf(1.0, count));
        let (one, other) = (keys.0 % count, keys.1 % count);
        let [a, b] = [one, other].map(|key| drift.moved(key, Time::from_ns(at)));
        prop_assert!(a < count && b < count);
        prop_assert_eq!(a == b, one == other);
    }
}

#[test]
fn a_drift_that_moves_nothing_is_found() {
    let found = |drift: KeyDriftSettings, keys: Option<&KeySettings>| {
        let mut problems = Problems::new();
        drift.check(keys, &mut problems);
        problems.into_found().into_iter().map(|it| (it.is_error, it.path)).collect::<Vec<_>>()
    };
    let at = |is_error, path: &str| vec![(is_error, path.to_owned())];
    assert_eq!(found(drift(1, 3), Some(&zipf(1.0, 7))), []);
    assert_eq!(found(drift(1, 3), Some(&endless(1.3))), []);
    assert_eq!(found(drift(0, 3), Some(&zipf(1.0, 7))), at(true, "every"));
    assert_eq!(found(drift(1, 14), Some(&zipf(1.0, 7))), at(false, "by"));
    assert_eq!(found(drift(1, 0), Some(&endless(1.3))), at(false, "by"));
    assert_eq!(found(drift(1, 3), None), at(false, ""));
    let uniform = KeySettings::Uniform(UniformSettings { count: 7 });
    assert_eq!(found(drift(1, 3), Some(&uniform)), at(false, ""));
}
