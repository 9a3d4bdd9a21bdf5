//! Bits that must not move, ends that must not be left, and parameters that must be refused.

use super::*;
use crate::kernel::random::{Draws, SiteKey, Word, hash64};

fn draws() -> Draws {
    let site = |name| SiteKey::new(1, hash64(name));
    Word::root(site("workloads.w"), 5).at(site("services.s.handler.work.0"))
}

/// A shape of every kind, with the least and the greatest value that it may give.
fn shapes() -> Vec<(&'static str, Sampler, u64, u64)> {
    let mixture =
        vec![(99.0, Sampler::constant(Duration::from_ns(1_000_000))), (1.0, Sampler::exponential(1e8))];
    let points = vec![(0.0, 1e6), (0.5, 5e6), (0.99, 4e7), (1.0, 9e7)];
    vec![
        ("constant", Sampler::constant(Duration::from_ns(42)), 42, 42),
        ("exponential", Sampler::exponential(5e6), 0, u64::MAX),
        ("uniform", Sampler::uniform(1e6, 9e6), 1_000_000, 9_000_000),
        ("normal", Sampler::normal(5e6, 3e6), 0, u64::MAX),
        ("lognormal", Sampler::lognormal(15.4, 0.9), 0, u64::MAX),
        ("gamma", Sampler::gamma(2.5, 2e6), 0, u64::MAX),
        ("gamma below 1", Sampler::gamma(0.4, 2e6), 0, u64::MAX),
        ("erlang", Sampler::erlang(3, 5e6), 0, u64::MAX),
        ("weibull", Sampler::weibull(0.7, 5e6), 0, u64::MAX),
        ("pareto", Sampler::pareto(1e6, 1.5, None), 1_000_000, u64::MAX),
        ("bounded pareto", Sampler::pareto(1e6, 1.5, Some(1e9)), 1_000_000, 1_000_000_000),
        ("hyperexponential", Sampler::hyperexponential(5e6, 3.0), 0, u64::MAX),
        ("mixture", Sampler::mixture(mixture), 0, u64::MAX),
        ("quantiles", Sampler::quantiles(points), 1_000_000, 90_000_000),
        ("empirical", Sampler::empirical(vec![11, 22, 33]), 11, 33),
    ]
}

/// The first samples of [`shapes`] in nanoseconds. Produced by our own build: they pin stability (a changed sample changes every run
/// that has one), not correctness.
const GOLDEN: [[u64; 8]; 15] = [
    [42, 42, 42, 42, 42, 42, 42, 42],
    [3_054_196, 10_772_175, 10_726_947, 7_237_566, 736_113, 2_438_937, 5_570_147, 5_898_628],
    [2_935_099, 7_772_593, 5_431_000, 6_770_026, 1_760_790, 8_861_388, 1_483_442, 8_943_439],
    [3_582_223, 9_984_187, 856_600, 8_699_790, 4_581_191, 2_826_167, 4_888_162, 8_149_240],
    [3_187_243, 21_752_868, 1_407_013, 14_797_032, 4_300_997, 2_540_446, 4_715_892, 12_544_240],
    [3_085_643, 1_406_493, 3_935_209, 4_224_510, 769_867, 8_885_989, 5_247_438, 1_842_543],
    [1_679_588, 49_817, 4_839_749, 1_636_472, 21_808, 487_554, 247_057, 1_536_708],
    [3_278_301, 1_645_626, 4_075_218, 4_343_753, 985_869, 8_551_822, 5_284_176, 2_080_258],
    [2_472_586, 14_967_890, 14_878_193, 8_480_683, 323_864, 1_793_020, 5_833_984, 6_331_612],
    [1_502_644, 4_205_066, 4_179_784, 2_624_811, 1_103_127, 1_384_296, 2_101_573, 2_195_662],
    [2_575_703, 1_117_434, 1_482_694, 1_243_382, 4_798_769, 1_011_720, 6_491_646, 1_004_741],
    [5_686_244, 3_820_451, 1_287_427, 7_842_086, 3_113_674, 1_120_186, 3_676_653, 3_519_491],
    [1_000_000, 1_000_000, 1_000_000, 1_000_000, 1_000_000, 1_000_000, 1_000_000, 297_125_230],
    [2_935_099, 29_755_291, 8_848_218, 20_803_805, 1_760_790, 39_476_680, 1_483_442, 54_649_398],
    [11, 33, 22, 33, 11, 33, 11, 33],
];

#[test]
fn golden_samples_stay() {
    for ((name, sampler, ..), expected) in shapes().into_iter().zip(GOLDEN) {
        let mut bits = draws();
        let samples: [u64; 8] = std::array::from_fn(|_| sampler.sample(&mut bits).as_ns());
        assert_eq!(samples, expected, "{name}");
    }
}

/// Some words written down beforehand, then ordinary ones (a rejection could wait for ever on a constant).
struct Scripted {
    words: [u64; 3],
    next: usize,
    then: Draws,
}

impl Bits for Scripted {
    fn next_u64(&mut self) -> u64 {
        self.next += 1;
        self.words.get(self.next - 1).copied().unwrap_or_else(|| self.then.next_u64())
    }
}

/// All triples of words at the ends: first and last layer, first and last place, both signs.
fn extreme_bits() -> impl Iterator<Item = Scripted> {
    const WORDS: [u64; 8] = [0, 255, 256, 511, u64::MAX, u64::MAX - 255, u64::MAX - 256, 1 << 63];
    (0..512).map(|index| {
        let words = [WORDS[index & 7], WORDS[index >> 3 & 7], WORDS[index >> 6]];
        Scripted { words, next: 0, then: draws() }
    })
}

#[test]
fn extreme_bits_give_finite_numbers() {
    for mut bits in extreme_bits() {
        let x = unit_exponential(&mut bits);
        assert!(x.is_finite() && x >= 0.0, "{x} from {:x?}", bits.words);
    }
    for mut bits in extreme_bits() {
        let x = standard_normal(&mut bits);
        assert!(x.abs() < 40.0, "{x} from {:x?}", bits.words);
    }
}

#[test]
fn extreme_bits_stay_inside_the_support() {
    for (name, sampler, least, greatest) in shapes() {
        for mut bits in extreme_bits() {
            let ns = sampler.sample(&mut bits).as_ns();
            assert!((least..=greatest).contains(&ns), "{name}: {ns} from {:x?}", bits.words);
        }
    }
}

#[test]
fn the_ends_of_the_unit_interval_are_the_ends_of_the_support() {
    let bounded = BoundedPareto { min: 1e6, max: 1e9, alpha: 1.5, tail: num::pow(1e-3, 1.5) };
    assert_eq!([0.0, 1.0].map(|u| whole_ns(bounded.invert(u)).as_ns()), [1_000_000_000, 1_000_000]);
    let points = [(0.0, 3.0), (0.5, 4.0), (1.0, 7.0)];
    assert_eq!(interpolate(&points, 0.0), 3.0);
    assert_eq!(interpolate(&points, 0.5), 4.0);
    assert!(interpolate(&points, 1.0 - f64::EPSILON / 2.0) <= 7.0);
}

#[test]
fn samples_round_to_the_nearest_nanosecond_and_saturate() {
    let ns = |x| whole_ns(x).as_ns();
    assert_eq!([0.0, 0.49, 0.5, 1.49, 2.5, -3.0].map(ns), [0, 0, 1, 1, 3, 0]);
    let odd = (1_u64 << 52) + 1;
    assert_eq!(ns(odd as f64), odd);
    assert_eq!([1e300, f64::INFINITY].map(ns), [u64::MAX; 2]);
    assert_eq!(Sampler::exponential(1e300).sample(&mut draws()), Duration::MAX);
    assert_eq!(Sampler::lognormal(1e9, 0.0).sample(&mut draws()), Duration::MAX);
}

#[test]
fn shapes_without_spread_are_their_mean() {
    let flat = [
        Sampler::uniform(7.0, 7.0),
        Sampler::normal(7.0, 0.0),
        Sampler::lognormal(num::ln(7.0), 0.0),
        Sampler::pareto(7.0, 2.0, Some(7.0)),
        Sampler::quantiles(vec![(0.0, 7.0), (1.0, 7.0)]),
        Sampler::empirical(vec![7]),
        Sampler::mixture(vec![(1.0, Sampler::constant(Duration::from_ns(7)))]),
    ];
    for sampler in flat {
        assert_eq!(sampler.sample(&mut draws()).as_ns(), 7, "{sampler:?}");
        assert!((sampler.mean_ns() - 7.0).abs() < 1e-12, "{sampler:?}");
    }
    for sampler in [
        Sampler::exponential(0.0),
        Sampler::gamma(0.001, 0.0),
        Sampler::weibull(1e-300, 0.0),
        Sampler::hyperexponential(0.0, 1e200),
    ] {
        assert_eq!(sampler.sample(&mut draws()), Duration::ZERO, "{sampler:?}");
        assert_eq!(sampler.mean_ns(), 0.0, "{sampler:?}");
    }
}

#[test]
fn means_agree_with_the_textbook() {
    let close = |sampler: Sampler, expected: f64| {
        let mean = sampler.mean_ns();
        assert!((mean / expected - 1.0).abs() < 1e-10, "{mean} instead of {expected}: {sampler:?}");
    };
    close(Sampler::pareto(1e6, 3.0, None), 1.5e6);
    close(Sampler::pareto(1e6, 1.0, Some(1e9)), 1e6 * num::ln(1000.0) / (1.0 - 1e-3));
    close(Sampler::pareto(1e6, 2.0, Some(1e8)), 2e6 * (1.0 - 1e-2) / (1.0 - 1e-4));
    close(Sampler::weibull(0.5, 1e6), 2e6);
    close(Sampler::normal(0.0, 1e6), 1e6 * (2.0 / std::f64::consts::PI).sqrt());
    close(Sampler::quantiles(vec![(0.0, 0.0), (0.5, 2e6), (1.0, 4e6)]), 2e6);
    assert_eq!(Sampler::pareto(1e6, 1.0, None).mean_ns(), f64::INFINITY);
}

#[test]
fn a_constant_says_so_and_draws_nothing() {
    let sampler = Sampler::constant(Duration::from_ns(9));
    let mut bits = draws();
    sampler.sample(&mut bits);
    assert_eq!(bits.next_u64(), draws().next_u64());
    assert_eq!(sampler.as_constant(), Some(Duration::from_ns(9)));
    assert_eq!(Sampler::exponential(9.0).as_constant(), None);
}

#[test]
fn a_sampler_fits_into_half_a_cache_line() {
    assert!(size_of::<Sampler>() <= 32, "{} bytes", size_of::<Sampler>());
}

#[test]
fn parameters_outside_their_range_are_refused() {
    type Case = (&'static str, fn() -> Sampler);
    let refused: [Case; 12] = [
        ("a negative mean", || Sampler::exponential(-1.0)),
        ("a mean that is no number", || Sampler::exponential(f64::NAN)),
        ("an interval upside down", || Sampler::uniform(2.0, 1.0)),
        ("an infinite spread", || Sampler::normal(1.0, f64::INFINITY)),
        ("a shape of 0", || Sampler::gamma(0.0, 1.0)),
        ("no stage", || Sampler::erlang(0, 1.0)),
        ("a minimum of 0", || Sampler::pareto(0.0, 1.0, None)),
        ("a maximum below the minimum", || Sampler::pareto(2.0, 1.0, Some(1.0))),
        ("a variation below 1", || Sampler::hyperexponential(1.0, 0.9)),
        ("a mixture of nothing", || Sampler::mixture(vec![(0.0, Sampler::exponential(1.0))])),
        ("quantiles that do not end at 1", || Sampler::quantiles(vec![(0.0, 1.0), (0.5, 2.0)])),
        ("an empty list", || Sampler::empirical(Vec::new())),
    ];
    for (what, build) in refused {
        assert!(std::panic::catch_unwind(build).is_err(), "{what} was accepted");
    }
}
