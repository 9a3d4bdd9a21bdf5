//! Goodness of fit: every shape against its distribution function (Kolmogorov-Smirnov) and against its own mean.
//!
//! Seeds are fixed, so every test always passes or always fails. A perfect sampler would fail one Kolmogorov-Smirnov test with
//! probability 10^-3 and one test of the mean (4 standard errors) with 6 x 10^-5.

use statrs::distribution::{ContinuousCDF, Gamma, LogNormal, Normal};

use super::*;
use crate::kernel::random::{SiteKey, Stream, Word, hash64};

const SAMPLES: u64 = 50_000;
/// `sqrt(-ln(0.001 / 2) / 2)`: the asymptotic quantile of `sqrt(n) D` at significance 10^-3.
const CRITICAL: f64 = 1.949_475;

/// The way samples are drawn in a run: one site, one word per request, one sample each.
fn samples_ns(sampler: &Sampler) -> Vec<u64> {
    let site = |name| SiteKey::new(11, hash64(name));
    let draw =
        |n| sampler.sample(&mut Word::root(site("workloads.w"), n).at(site("services.s.work"))).as_ns();
    (0..SAMPLES).map(draw).collect()
}

/// A sample v stands for everything that rounds to it, so the distribution function is compared at v - 1/2 and v + 1/2.
fn assert_fits(name: &str, sampler: &Sampler, cdf: impl Fn(f64) -> f64) {
    let mut samples = samples_ns(sampler);
    samples.sort_unstable();
    let count = samples.len() as f64;
    let mut distance = 0.0_f64;
    let mut before = 0.0;
    for same in samples.chunk_by(|a, b| a == b) {
        let (value, after) = (same[0] as f64, before + same.len() as f64);
        distance = distance.max((before / count - cdf(value - 0.5)).abs());
        distance = distance.max((after / count - cdf(value + 0.5)).abs());
        before = after;
    }
    assert!(distance * count.sqrt() < CRITICAL, "{name}: sqrt(n) D = {}", distance * count.sqrt());
    assert_mean(name, sampler, &samples);
}

fn assert_mean(name: &str, sampler: &Sampler, samples: &[u64]) {
    let count = samples.len() as f64;
    let mean = samples.iter().sum::<u64>() as f64 / count;
    let variance =
        samples.iter().map(|&ns| (ns as f64 - mean) * (ns as f64 - mean)).sum::<f64>() / (count - 1.0);
    let off = (mean - sampler.mean_ns()) / (variance / count).sqrt();
    assert!(off.abs() < 4.0, "{name}: mean {mean}, expected {}, {off} standard errors", sampler.mean_ns());
}

fn exponential_cdf(mean: f64, ns: f64) -> f64 {
    1.0 - num::exp(-ns.max(0.0) / mean)
}

#[test]
fn exponential_and_uniform_fit() {
    assert_fits("exponential", &Sampler::exponential(5e6), |ns| exponential_cdf(5e6, ns));
    // So short that rounding is most of it.
    assert_fits("exponential", &Sampler::exponential(3.0), |ns| exponential_cdf(3.0, ns));
    assert_fits("uniform", &Sampler::uniform(2e6, 9e6), |ns| ((ns - 2e6) / 7e6).clamp(0.0, 1.0));
}

#[test]
fn normal_fits_truncated_at_zero() {
    for (mean, sd) in [(5e6, 1e6), (1e6, 2e6), (0.0, 1e6)] {
        let whole = Normal::new(mean, sd).expect("valid");
        let cut = whole.cdf(0.0);
        let cdf = |ns: f64| ((whole.cdf(ns) - cut) / (1.0 - cut)).max(0.0);
        assert_fits(&format!("normal({mean}, {sd})"), &Sampler::normal(mean, sd), cdf);
    }
}

#[test]
fn lognormal_and_weibull_fit() {
    for sigma in [0.1, 0.9, 1.5] {
        let mu = num::ln(5e6);
        let exact = LogNormal::new(mu, sigma).expect("valid");
        assert_fits(&format!("lognormal({sigma})"), &Sampler::lognormal(mu, sigma), |ns| exact.cdf(ns));
    }
    for shape in [0.5, 1.0, 3.5] {
        let cdf = |ns: f64| 1.0 - num::exp(-num::pow(ns.max(0.0) / 1e6, shape));
        assert_fits(&format!("weibull({shape})"), &Sampler::weibull(shape, 1e6), cdf);
    }
}

#[test]
fn gamma_and_erlang_fit() {
    for shape in [0.1, 0.5, 1.0, 2.5, 400.0] {
        let exact = Gamma::new(shape, 1e-7).expect("valid");
        assert_fits(&format!("gamma({shape})"), &Sampler::gamma(shape, 1e7), |ns| exact.cdf(ns.max(0.0)));
    }
    for k in [1, 3] {
        let exact = Gamma::new(f64::from(k), f64::from(k) / 5e6).expect("valid");
        assert_fits(&format!("erlang({k})"), &Sampler::erlang(k, 5e6), |ns| exact.cdf(ns.max(0.0)));
    }
}

#[test]
fn pareto_fits_with_and_without_a_maximum() {
    let exceedance = |alpha: f64, ns: f64| num::pow((ns / 1e6).max(1.0), -alpha);
    assert_fits("pareto", &Sampler::pareto(1e6, 3.0, None), |ns| 1.0 - exceedance(3.0, ns));
    for (alpha, max) in [(0.5, 1e8), (1.0, 1e9), (1.0001, 1e9), (2.5, 1.2e6)] {
        let cdf = |ns: f64| (1.0 - exceedance(alpha, ns.min(max))) / (1.0 - exceedance(alpha, max));
        assert_fits(&format!("pareto({alpha}, {max})"), &Sampler::pareto(1e6, alpha, Some(max)), cdf);
    }
}

#[test]
fn hyperexponential_has_the_mean_and_variation_asked_for() {
    for cv in [1.0, 1.5, 4.0] {
        let sampler = Sampler::hyperexponential(1e6, cv);
        let root: f64 = ((cv * cv - 1.0) / (cv * cv + 1.0)).sqrt();
        let common = f64::midpoint(1.0, root);
        let cdf = |ns| {
            common * exponential_cdf(1e6 / (2.0 * common), ns)
                + (1.0 - common) * exponential_cdf(1e6 / (2.0 * (1.0 - common)), ns)
        };
        assert_fits(&format!("hyperexponential({cv})"), &sampler, cdf);
        let second_moment = f64::midpoint(1.0 / common, 1.0 / (1.0 - common));
        assert!(
            (second_moment - 1.0 - cv * cv).abs() < 1e-9,
            "balanced means give cv² = {}",
            second_moment - 1.0
        );
    }
}

#[test]
fn mixture_fits_also_when_nested() {
    let inner = Sampler::mixture(vec![(1.0, Sampler::exponential(1e6)), (3.0, Sampler::uniform(0.0, 4e6))]);
    let sampler = Sampler::mixture(vec![
        (98.0, inner),
        (0.0, Sampler::constant(Duration::MAX)),
        (2.0, Sampler::exponential(1e8)),
    ]);
    let cdf = |ns: f64| {
        0.245 * exponential_cdf(1e6, ns)
            + 0.735 * (ns / 4e6).clamp(0.0, 1.0)
            + 0.02 * exponential_cdf(1e8, ns)
    };
    assert_fits("mixture", &sampler, cdf);
}

#[test]
fn quantiles_fit_with_a_lump_and_a_gap() {
    let sampler =
        Sampler::quantiles(vec![(0.0, 1e6), (0.4, 5e6), (0.5, 5e6), (0.7, 8e6), (0.7, 2e7), (1.0, 9e7)]);
    let cdf = |ns: f64| match ns {
        ns if ns < 1e6 => 0.0,
        ns if ns < 5e6 => 0.4 * (ns - 1e6) / 4e6,
        ns if ns < 8e6 => 0.5 + 0.2 * (ns - 5e6) / 3e6,
        ns if ns < 2e7 => 0.7,
        ns => 0.7 + 0.3 * (ns.min(9e7) - 2e7) / 7e7,
    };
    assert_fits("quantiles", &sampler, cdf);
}

#[test]
fn empirical_fits() {
    let sampler = Sampler::empirical(vec![70, 10, 40, 10]);
    let cdf =
        |ns: f64| f64::from([10.0, 10.0, 40.0, 70.0].iter().map(|&v| u32::from(v <= ns)).sum::<u32>()) / 4.0;
    assert_fits("empirical", &sampler, cdf);
}

/// `sqrt(n) D` of a million numbers, which sees what 50 000 rounded ones hide.
fn fine_distance(mut values: Vec<f64>, cdf: impl Fn(f64) -> f64) -> f64 {
    values.sort_unstable_by(f64::total_cmp);
    let count = values.len() as f64;
    let distance = values.iter().enumerate().map(|(index, &x)| {
        let exact = cdf(x);
        (exact - index as f64 / count).max((index + 1) as f64 / count - exact)
    });
    distance.fold(0.0, f64::max) * count.sqrt()
}

/// Whether a count out of a million is within 3.3 standard deviations (10^-3) of what its probability says.
fn assert_share(name: &str, hits: usize, probability: f64) {
    let (mean, variance) = (1e6 * probability, 1e6 * probability * (1.0 - probability));
    assert!((hits as f64 - mean).abs() < 3.3 * variance.sqrt(), "{name}: {hits} instead of {mean}");
}

#[test]
fn a_million_unit_exponentials_fit_to_the_tail() {
    let mut stream = Stream::new(3, hash64("exponential"));
    let values: Vec<f64> = (0..1_000_000).map(|_| unit_exponential(&mut stream)).collect();
    // 7.697 is where the ziggurat's tail begins, 0.06 where its last layer ends.
    for x in [0.001, 0.06, 1.0, 7.5, 7.697_117, 9.0] {
        assert_share("exponential", values.iter().filter(|&&value| value > x).count(), num::exp(-x));
    }
    let distance = fine_distance(values, |x| 1.0 - num::exp(-x));
    assert!(distance < CRITICAL, "sqrt(n) D = {distance}");
}

#[test]
fn a_million_standard_normals_fit_to_both_tails() {
    let mut stream = Stream::new(3, hash64("normal"));
    let values: Vec<f64> = (0..1_000_000).map(|_| standard_normal(&mut stream)).collect();
    let exceedance = |x: f64| 0.5 * num::erfc(x / std::f64::consts::SQRT_2);
    for x in [0.0, 0.2, 1.0, 3.0, 3.654_153, 4.0] {
        assert_share("normal above", values.iter().filter(|&&value| value > x).count(), exceedance(x));
        assert_share("normal below", values.iter().filter(|&&value| value < -x).count(), exceedance(x));
    }
    let distance = fine_distance(values, |x| 1.0 - exceedance(x));
    assert!(distance < CRITICAL, "sqrt(n) D = {distance}");
}
