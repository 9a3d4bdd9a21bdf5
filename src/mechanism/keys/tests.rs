//! Against the probabilities themselves, by Pearson's chi-squared.

use proptest::prelude::*;

use super::*;
use crate::kernel::random::{SiteKey, Word, hash64};
use crate::mechanism::Problems;
use crate::quantity::{Factor, Share};

fn draw(popularity: &Popularity, number: u64) -> u32 {
    let site = SiteKey::new(7, hash64("test"));
    popularity.draw(&mut Word::root(site, number).at(site))
}

fn zipf(exponent: f64, count: u32) -> KeySettings {
    KeySettings::Zipf(ZipfSettings { exponent: Factor::new(exponent).unwrap(), count })
}

/// Chi-squared of `draws` draws over the keys, standardised: (chi² - degrees) / sqrt(2 degrees), close to normal for the numbers of keys taken here.
fn deviation(popularity: &Popularity, probabilities: &[f64], draws: u32) -> f64 {
    let mut counts = vec![0_u32; probabilities.len()];
    for number in 0..draws {
        counts[draw(popularity, u64::from(number)) as usize] += 1;
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

proptest! {
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
    let hot = |hot| KeySettings::HotSpot(HotSpotSettings { count: 3, hot, share: Share::ONE });
    assert_eq!(found(&hot(2)), Vec::<String>::new());
    assert_eq!(found(&hot(3)), ["`3` is not between 1 and the other keys"]);
}
