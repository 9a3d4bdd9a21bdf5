//! What holds for every quantity: what is shown parses back to the same value, as text, in TOML and in JSON.

use std::fmt::{Debug, Display};
use std::str::FromStr;

use proptest::collection::vec;
use proptest::prelude::*;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::*;

#[derive(PartialEq, Debug, Serialize, Deserialize)]
struct Line<T> {
    x: T,
}

/// What every quantity can do.
trait Quantity:
    FromStr<Err = ParseError> + Display + Serialize + DeserializeOwned + PartialEq + Debug + Clone
{
}

impl<T> Quantity for T where
    T: FromStr<Err = ParseError> + Display + Serialize + DeserializeOwned + PartialEq + Debug + Clone
{
}

/// Goes through text, TOML and JSON and back, and sees that the text is canonical.
fn check<T: Quantity>(value: &T) -> Result<(), TestCaseError> {
    check_in_toml(value)?;
    let line = Line { x: value.clone() };
    let json = serde_json::to_string(&line).expect("a quantity is a string or a number");
    prop_assert_eq!(&serde_json::from_str::<Line<T>>(&json).expect("reads back"), &line);
    Ok(())
}

/// Goes through text and TOML only.
fn check_in_toml<T: Quantity>(value: &T) -> Result<(), TestCaseError> {
    let text = value.to_string();
    let parsed: T = text.parse().map_err(|error| TestCaseError::fail(format!("{text}: {error}")))?;
    prop_assert_eq!(&parsed, value);
    prop_assert_eq!(parsed.to_string(), text);
    let line = Line { x: value.clone() };
    let toml = toml::to_string(&line).expect("a quantity is a string or a number");
    prop_assert_eq!(&toml::from_str::<Line<T>>(&toml).expect("reads back"), &line);
    Ok(())
}

/// Numbers of every magnitude, and round ones.
fn number() -> impl Strategy<Value = u64> {
    let round = (0_u64..1000, 0_u32..16).prop_map(|(digits, zeros)| digits * 10_u64.pow(zeros));
    prop_oneof![round, (any::<u64>(), 0_u32..64).prop_map(|(bits, shift)| bits >> shift)]
}

fn duration() -> impl Strategy<Value = Duration> {
    const UNIT_NS: [u64; 6] = [1, 1_000, 1_000_000, 1_000_000_000, 60_000_000_000, 3_600_000_000_000];
    let whole = (0..1000_u64, prop::sample::select(&UNIT_NS)).prop_map(|(n, unit_ns)| n * unit_ns);
    prop_oneof![whole, number()].prop_map(Duration::from_ns)
}

fn positive_duration() -> impl Strategy<Value = Duration> {
    number().prop_map(|ns| Duration::from_ns(ns.max(1)))
}

fn factor(least: f64, greatest: f64) -> impl Strategy<Value = Factor> {
    (least..=greatest).prop_map(|value| Factor::new(value).expect("invariant: in a range of factors"))
}

fn share() -> impl Strategy<Value = Share> {
    let billionths = |n: u32| Share::from_billionths(n).expect("invariant: at most everything");
    prop_oneof![(0_u32..=100).prop_map(Share::percent), (0_u32..=1_000_000_000).prop_map(billionths)]
}

fn pair() -> impl Strategy<Value = (Duration, Duration)> {
    (positive_duration(), positive_duration()).prop_map(|(a, b)| (a.min(b), a.max(b)))
}

fn rest_of(share: Share) -> Share {
    Share::from_billionths(Share::ONE.billionths() - share.billionths())
        .expect("invariant: the rest of everything")
}

fn quantiles() -> impl Strategy<Value = Distribution> {
    (vec(share(), 0..5), vec(duration(), 7)).prop_map(|(mut shares, mut durations)| {
        shares.extend([Share::ZERO, Share::ONE]);
        shares.sort();
        durations.sort();
        Distribution::Quantiles(shares.into_iter().zip(durations).collect())
    })
}

fn simple_distribution() -> impl Strategy<Value = Distribution> {
    prop_oneof![
        duration().prop_map(Distribution::Constant),
        positive_duration().prop_map(|mean| Distribution::Exponential { mean }),
        pair().prop_map(|(low, high)| Distribution::Uniform { low, high }),
        (duration(), duration()).prop_map(|(mean, sd)| Distribution::Normal { mean, sd }),
        pair().prop_map(|(p50, p99)| Distribution::LognormalByQuantiles { p50, p99 }),
        (positive_duration(), factor(0.001, 1000.0))
            .prop_map(|(mean, cv)| Distribution::LognormalByMoments { mean, cv }),
        (positive_duration(), factor(0.001, 1000.0)).prop_map(|(mean, cv)| Distribution::Gamma { mean, cv }),
        (1_u32..=1000, positive_duration()).prop_map(|(k, mean)| Distribution::Erlang { k, mean }),
        (factor(0.1, 1000.0), positive_duration())
            .prop_map(|(shape, mean)| Distribution::Weibull { shape, mean }),
        (pair(), factor(0.01, 1000.0), any::<bool>()).prop_map(|((min, max), alpha, is_bounded)| {
            Distribution::Pareto { min, alpha, max: (is_bounded && max > min).then_some(max) }
        }),
        (positive_duration(), factor(1.0, 1000.0))
            .prop_map(|(mean, cv)| Distribution::Hyperexponential { mean, cv }),
        quantiles(),
        "[a-z/]{1,8}[.]csv".prop_map(|path| Distribution::Empirical { path }),
    ]
}

fn distribution() -> impl Strategy<Value = Distribution> {
    simple_distribution().prop_recursive(3, 8, 2, |inner| {
        (share(), inner.clone(), inner)
            .prop_map(|(share, a, b)| Distribution::Mixture(vec![(share, a), (rest_of(share), b)]))
    })
}

proptest! {
    #[test]
    fn durations_read_back(value in duration()) {
        check(&value)?;
    }

    #[test]
    fn rates_read_back(count in number(), per_ns in number()) {
        check(&Rate::new(count, per_ns.max(1)))?;
    }

    #[test]
    fn rates_in_decimals_read_back(digits in 0_u64..1_000_000, scale in 0_usize..4, unit in prop::sample::select(&["ns", "us", "ms", "s", "min", "h", "d"])) {
        let text = format!("{}.{:0scale$}1/{unit}", digits, 0);
        let rate: Rate = text.parse().expect("a fraction of small numbers");
        prop_assert!(!rate.to_string().ends_with("ns"), "{} is shown in a unit, not as {}", text, rate);
        check(&rate)?;
    }

    #[test]
    fn sizes_read_back(value in number()) {
        check(&Bytes::new(value))?;
    }

    #[test]
    fn shares_read_back(value in share()) {
        check(&value)?;
    }

    #[test]
    fn factors_read_back(value in prop_oneof![0.0..10.0, 0.0..f64::MAX, (0_u32..100).prop_map(f64::from)]) {
        // `serde_json` rounds what it reads unless its feature `float_roundtrip` is on.
        check_in_toml(&Factor::new(value).expect("finite and not negative"))?;
    }

    #[test]
    fn limits_read_back(count in any::<u32>(), value in duration()) {
        check(&Limit::At(count))?;
        check(&Limit::At(value))?;
    }

    #[test]
    fn distributions_read_back(value in distribution()) {
        prop_assert_eq!(value.check(), Ok(()));
        check(&value)?;
    }

    /// No text makes a parser panic, and what it accepts it shows canonically.
    #[test]
    fn any_text_is_accepted_or_refused(text in "[-0-9.a-zµ%/(),:= ]{0,24}") {
        if let Ok(value) = text.parse::<Duration>() { check(&value)?; }
        if let Ok(value) = text.parse::<Rate>() { check(&value)?; }
        if let Ok(value) = text.parse::<Bytes>() { check(&value)?; }
        if let Ok(value) = text.parse::<Share>() { check(&value)?; }
        if let Ok(value) = text.parse::<Factor>() { check_in_toml(&value)?; }
        if let Ok(value) = text.parse::<Distribution>() { check(&value)?; }
    }
}

#[test]
fn a_wrong_type_is_answered_with_an_example_at_its_place() {
    fn check_error<T: DeserializeOwned + Debug>(value: &str, message: &str) {
        let error = toml::from_str::<Line<T>>(&format!("x = {value}")).unwrap_err();
        assert_eq!(error.message(), message, "{value}");
        assert_eq!(error.span(), Some(4..4 + value.len()), "{value}");
        // JSON asks serde another way than TOML does.
        let error = serde_json::from_str::<Line<T>>(&format!("{{\"x\": {value}}}")).unwrap_err();
        assert!(error.to_string().starts_with(message), "{error}");
    }
    check_error::<Duration>("5", r#"bare number `5`: a duration needs a unit, such as "5ms" or "5s""#);
    check_error::<Duration>("-5", r#"negative duration `-5`: a duration is at least "0s""#);
    check_error::<Duration>(
        "1.5",
        r#"bare number `1.5`: a duration needs a unit, such as "1.5ms" or "1.5s""#,
    );
    check_error::<Duration>("true", r#"invalid type: boolean `true`, expected a duration such as "5ms""#);
    check_error::<Rate>("800", r#"bare number `800`: a rate needs a unit, such as "800/s""#);
    check_error::<Bytes>("64", r#"bare number `64`: a size needs a unit, such as "64MiB" or "64B""#);
    check_error::<Share>("0.2", r#"bare number `0.2`: a share is written in percent, such as "20%""#);
    check_error::<Distribution>("5", r#"bare number `5`: a duration needs a unit, such as "5ms" or "5s""#);
    check_error::<Distribution>(
        "[]",
        r#"invalid type: sequence, expected a distribution such as "5ms" or "exponential(5ms)""#,
    );
}
