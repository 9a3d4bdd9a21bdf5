//! What is accepted, what is shown again, and what is said about mistakes.

use super::*;
use crate::quantity::Files;

#[test]
fn every_form_is_read_and_shown_again() {
    for (text, canonical) in [
        ("5ms", "5ms"),
        (" 5ms ", "5ms"),
        ("exponential(5ms)", "exponential(5ms)"),
        ("exponential(mean=5ms)", "exponential(5ms)"),
        ("uniform(1ms,9ms)", "uniform(1ms, 9ms)"),
        ("uniform(low=1ms, high=1ms)", "uniform(1ms, 1ms)"),
        ("normal( mean = 5ms , sd = 1ms )", "normal(mean=5ms, sd=1ms)"),
        ("normal(sd=0s, mean=5ms)", "normal(mean=5ms, sd=0s)"),
        ("lognormal(p50=5ms, p99=40ms)", "lognormal(p50=5ms, p99=40ms)"),
        ("lognormal(mean=5ms, cv=1.50)", "lognormal(mean=5ms, cv=1.5)"),
        ("gamma(mean=5ms, cv=0.5)", "gamma(mean=5ms, cv=0.5)"),
        ("erlang(k=3, mean=5ms)", "erlang(k=3, mean=5ms)"),
        ("weibull(shape=0.5, mean=5ms)", "weibull(shape=0.5, mean=5ms)"),
        ("pareto(min=1ms, alpha=1.5)", "pareto(min=1ms, alpha=1.5)"),
        ("pareto(min=1ms, alpha=1.5, max=10s)", "pareto(min=1ms, alpha=1.5, max=10s)"),
        ("hyperexponential(mean=5ms, cv=2)", "hyperexponential(mean=5ms, cv=2)"),
        ("mixture(99%: 1ms, 1%: exponential(100ms))", "mixture(99%: 1ms, 1%: exponential(100ms))"),
        (
            "mixture(50%:mixture(50%:1ms,50%:2ms),50%:uniform(1ms,2ms))",
            "mixture(50%: mixture(50%: 1ms, 50%: 2ms), 50%: uniform(1ms, 2ms))",
        ),
        (
            "quantiles(0%: 1ms, 50%: 5ms, 99%: 40ms, 100%: 90ms)",
            "quantiles(0%: 1ms, 50%: 5ms, 99%: 40ms, 100%: 90ms)",
        ),
        ("empirical(data/a (1), b.csv)", "empirical(data/a (1), b.csv)"),
    ] {
        let distribution: Distribution = text.parse().unwrap();
        assert_eq!(distribution.to_string(), canonical, "{text}");
        assert_eq!(canonical.parse(), Ok(distribution), "{text}");
    }
}

#[test]
fn mistakes_are_answered_with_the_right_spelling() {
    for (text, message) in [
        ("5", r#"bare number `5`: a duration needs a unit, such as "5ms" or "5s""#),
        ("", r#"`` is not a duration: write for example "5ms" or "1.5s""#),
        ("exponential", r#"`exponential` lacks its arguments: write for example "exponential(5ms)""#),
        ("exp(5ms)", r#"unknown distribution `exp`: did you mean `exponential`, such as "exponential(5ms)""#),
        (
            "log_normal(p50=5ms)",
            r#"unknown distribution `log_normal`: did you mean `lognormal`, such as "lognormal(p50=5ms, p99=40ms)""#,
        ),
        (
            "Gama(5ms)",
            r#"unknown distribution `Gama`: did you mean `gamma`, such as "gamma(mean=5ms, cv=0.5)""#,
        ),
        ("constant(5ms)", r#"unknown distribution `constant`: a constant is a bare duration, such as "5ms""#),
        (
            "zipf(5)",
            r#"unknown distribution `zipf`: write a duration such as "5ms", or one of exponential, uniform, normal, lognormal, gamma, erlang, weibull, pareto, hyperexponential, mixture, quantiles, empirical"#,
        ),
        (
            "exponential(5ms",
            r#"the parentheses of `exponential(5ms` do not pair up: write for example "exponential(5ms)""#,
        ),
        (
            "exponential(5ms))",
            r#"the parentheses of `exponential(5ms))` do not pair up: write for example "exponential(5ms)""#,
        ),
        ("exponential(5)", r#"in `mean=5`: bare number `5`: a duration needs a unit, such as "5ms" or "5s""#),
        ("exponential()", r#"`mean` is missing in `exponential()`: write for example "exponential(5ms)""#),
        (
            "exponential(5ms, 6ms)",
            r#"`6ms` is one argument too many in `exponential(5ms, 6ms)`: write for example "exponential(5ms)""#,
        ),
        (
            "exponential(0s)",
            r#"`mean` is not above 0 in `exponential(0s)`: write for example "exponential(5ms)""#,
        ),
        (
            "gamma(5ms, 2)",
            r#"argument `5ms` lacks its name in `gamma(5ms, 2)`: write for example "gamma(mean=5ms, cv=0.5)""#,
        ),
        (
            "gamma(mean=5ms, scv=2)",
            r#"unknown argument `scv` in `gamma(mean=5ms, scv=2)`: write for example "gamma(mean=5ms, cv=0.5)""#,
        ),
        ("gamma(mean=5ms, cv=2x)", "in `cv=2x`: `2x` is not a factor: write a bare number, such as 2"),
        (
            "gamma(mean=5ms, mean=5ms)",
            r#"`mean` is given twice in `gamma(mean=5ms, mean=5ms)`: write for example "gamma(mean=5ms, cv=0.5)""#,
        ),
        (
            "lognormal(p50=5ms, cv=2)",
            r#"`lognormal(p50=5ms, cv=2)` mixes quantiles and moments: write either "lognormal(p50=5ms, p99=40ms)" or "lognormal(mean=5ms, cv=1.5)""#,
        ),
        (
            "erlang(k=1.5, mean=1s)",
            r#"`k` is not a whole number in `erlang(k=1.5, mean=1s)`: write for example "erlang(k=3, mean=5ms)""#,
        ),
        (
            "mixture(1ms, 2ms)",
            r#"`1ms` lacks its share in `mixture(1ms, 2ms)`: write for example "mixture(99%: 1ms, 1%: exponential(100ms))""#,
        ),
        ("mixture(130%: 1ms)", r#"share `130%` is more than everything: a share is at most "100%""#),
    ] {
        assert_eq!(text.parse::<Distribution>().unwrap_err().message(), message, "{text}");
    }
}

#[test]
fn numbers_out_of_range_are_refused() {
    for (text, reason) in [
        ("uniform(9ms, 1ms)", "`high` (1ms) is below `low` (9ms)"),
        ("lognormal(p50=0s, p99=1ms)", "`p50` is not above 0"),
        ("lognormal(p50=2ms, p99=1ms)", "`p99` (1ms) is below `p50` (2ms)"),
        ("lognormal(mean=5ms, cv=0)", "`cv` is not from 0.001 to 1000"),
        ("gamma(mean=5ms, cv=0.0001)", "`cv` is not from 0.001 to 1000"),
        ("erlang(k=0, mean=5ms)", "`k` is not from 1 to 1000"),
        ("weibull(shape=0, mean=5ms)", "`shape` is not from 0.1 to 1000"),
        ("pareto(min=0s, alpha=1)", "`min` is not above 0"),
        ("pareto(min=1ms, alpha=0)", "`alpha` is not from 0.01 to 1000"),
        ("pareto(min=1ms, alpha=1, max=1ms)", "`max` (1ms) is not above `min` (1ms)"),
        ("hyperexponential(mean=5ms, cv=0.9)", "`cv` is not from 1 to 1000"),
        ("mixture()", "the shares sum to less than 100%"),
        ("mixture(99%: 1ms, 0.9999999%: 2ms)", "the shares sum to less than 100%"),
        ("mixture(99%: 1ms, 2%: 2ms)", "the shares sum to more than 100%"),
        ("quantiles(1%: 1ms, 100%: 2ms)", "the quantiles do not start at 0%"),
        ("quantiles(0%: 1ms, 99%: 2ms)", "the quantiles do not end at 100%"),
        ("quantiles(0%: 1ms, 60%: 1ms, 50%: 1ms, 100%: 2ms)", "the shares decrease from 60% to 50%"),
        ("quantiles(0%: 2ms, 100%: 1ms)", "the durations decrease from 2ms at 0% to 1ms at 100%"),
        ("empirical()", "the file has no name"),
    ] {
        let message = text.parse::<Distribution>().unwrap_err().to_string();
        assert!(message.starts_with(&format!("{reason} in `{text}`: write for example \"")), "{message}");
    }
}

#[test]
fn nesting_is_bounded() {
    let nested = |depth: usize| {
        let whole = "mixture(100%: ".repeat(depth) + "1ms" + &")".repeat(depth);
        whole.parse::<Distribution>()
    };
    assert!(nested(8).unwrap().check().is_ok());
    assert!(nested(9).is_err());
    let by_hand = Distribution::Mixture(vec![(Share::ONE, nested(8).unwrap())]);
    assert!(by_hand.check().unwrap_err().starts_with("a mixture is nested more than 8 deep in `mixture("));
}

/// A file of sizes.
struct Sizes;

impl Files for Sizes {
    fn read(&self, _: &str) -> std::io::Result<String> {
        Ok("size\n1KiB\n3KiB\n".to_owned())
    }
}

#[test]
fn sizes_have_the_forms_of_durations_and_words_of_their_own() {
    for text in [
        "4KiB",
        "exponential(4KiB)",
        "uniform(1KiB, 9KiB)",
        "lognormal(p50=1KiB, p99=64KiB)",
        "lognormal(mean=4KiB, cv=1.5)",
        "pareto(min=1KiB, alpha=1.5, max=10MiB)",
        "mixture(99%: 1KiB, 1%: exponential(100KiB))",
        "quantiles(0%: 1KiB, 50%: 4KiB, 100%: 90KiB)",
        "empirical(sizes.csv)",
    ] {
        assert_eq!(text.parse::<SizeDistribution>().unwrap().to_string(), text);
    }
    for (text, message) in [
        ("4", r#"bare number `4`: a size needs a unit, such as "4MiB" or "4B""#),
        (
            "5ms",
            "unknown unit `ms` in `5ms`: a unit is B, kB, KiB, MB, MiB, GB, GiB, TB, TiB, PB or PiB, such as in \"64MiB\"",
        ),
        ("exponential", r#"`exponential` lacks its arguments: write for example "exponential(4KiB)""#),
        ("constant(4KiB)", r#"unknown distribution `constant`: a constant is a bare size, such as "4KiB""#),
        (
            "exponential(0B)",
            r#"`mean` is not above 0 in `exponential(0B)`: write for example "exponential(4KiB)""#,
        ),
        (
            "lognormal(p50=1KiB, cv=2)",
            r#"`lognormal(p50=1KiB, cv=2)` mixes quantiles and moments: write either "lognormal(p50=1KiB, p99=64KiB)" or "lognormal(mean=4KiB, cv=1.5)""#,
        ),
    ] {
        assert_eq!(text.parse::<SizeDistribution>().unwrap_err().message(), message, "{text}");
    }
    let empirical: SizeDistribution = "empirical(sizes.csv)".parse().unwrap();
    assert_eq!(empirical.sampler(&Sizes).unwrap().mean_ns(), 2048.0);
    let durations: Distribution = "empirical(sizes.csv)".parse().unwrap();
    let message = "`sizes.csv` line 1: the header is `size`: write \"duration\"";
    assert_eq!(durations.sampler(&Sizes).err().as_deref(), Some(message));
}
