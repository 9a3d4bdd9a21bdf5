//! Reads a distribution: a bare duration or size, or a name with arguments in parentheses.

use std::marker::PhantomData;
use std::str::FromStr;

use super::amount::Examples;
use super::check::NESTING_MAX;
use super::{Amount, Distribution};
use crate::quantity::{Factor, ParseError, Share};

/// The distributions with a name.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Kind {
    Exponential,
    Uniform,
    Normal,
    Lognormal,
    Gamma,
    Erlang,
    Weibull,
    Pareto,
    Hyperexponential,
    Mixture,
    Quantiles,
    Empirical,
}

/// How a distribution is written.
#[derive(Debug)]
struct Form {
    kind: Kind,
    name: &'static str,
    examples: Examples,
    /// The names of its arguments; empty where the arguments are points or a path.
    arguments: &'static [&'static str],
    /// Whether the names may be left out.
    positional: bool,
}

impl Form {
    fn example<T: Amount>(&self) -> &'static str {
        T::example(&self.examples)
    }
}

const fn form(
    kind: Kind,
    name: &'static str,
    (durations, sizes): (&'static str, &'static str),
    arguments: &'static [&'static str],
    positional: bool,
) -> Form {
    Form { kind, name, examples: Examples { durations, sizes }, arguments, positional }
}

/// All forms; the order is the one of the message that lists them.
const FORMS: [Form; 12] = [
    form(Kind::Exponential, "exponential", ("exponential(5ms)", "exponential(4KiB)"), &["mean"], true),
    form(Kind::Uniform, "uniform", ("uniform(1ms, 9ms)", "uniform(1KiB, 9KiB)"), &["low", "high"], true),
    form(
        Kind::Normal,
        "normal",
        ("normal(mean=5ms, sd=1ms)", "normal(mean=4KiB, sd=1KiB)"),
        &["mean", "sd"],
        false,
    ),
    form(
        Kind::Lognormal,
        "lognormal",
        ("lognormal(p50=5ms, p99=40ms)", "lognormal(p50=1KiB, p99=64KiB)"),
        &["p50", "p99", "mean", "cv"],
        false,
    ),
    form(
        Kind::Gamma,
        "gamma",
        ("gamma(mean=5ms, cv=0.5)", "gamma(mean=4KiB, cv=0.5)"),
        &["mean", "cv"],
        false,
    ),
    form(Kind::Erlang, "erlang", ("erlang(k=3, mean=5ms)", "erlang(k=3, mean=4KiB)"), &["k", "mean"], false),
    form(
        Kind::Weibull,
        "weibull",
        ("weibull(shape=0.5, mean=5ms)", "weibull(shape=0.5, mean=4KiB)"),
        &["shape", "mean"],
        false,
    ),
    form(
        Kind::Pareto,
        "pareto",
        ("pareto(min=1ms, alpha=1.5, max=10s)", "pareto(min=1KiB, alpha=1.5, max=10MiB)"),
        &["min", "alpha", "max"],
        false,
    ),
    form(
        Kind::Hyperexponential,
        "hyperexponential",
        ("hyperexponential(mean=5ms, cv=2)", "hyperexponential(mean=4KiB, cv=2)"),
        &["mean", "cv"],
        false,
    ),
    form(
        Kind::Mixture,
        "mixture",
        ("mixture(99%: 1ms, 1%: exponential(100ms))", "mixture(99%: 1KiB, 1%: exponential(100KiB))"),
        &[],
        false,
    ),
    form(
        Kind::Quantiles,
        "quantiles",
        ("quantiles(0%: 1ms, 50%: 5ms, 100%: 90ms)", "quantiles(0%: 1KiB, 50%: 4KiB, 100%: 90KiB)"),
        &[],
        false,
    ),
    form(Kind::Empirical, "empirical", ("empirical(latencies.csv)", "empirical(sizes.csv)"), &[], false),
];

/// Below this likeness (Jaro-Winkler, 0 to 1) a name is not taken for a misspelling of another.
const LIKENESS_MIN: f64 = 0.7;

impl<T: Amount> FromStr for Distribution<T> {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        parse(text, 0)
    }
}

fn parse<T: Amount>(text: &str, depth: usize) -> Result<Distribution<T>, ParseError> {
    let text = text.trim();
    let Some((name, rest)) = text.split_once('(') else {
        return parse_constant(text);
    };
    let name = name.trim_end();
    let form = FORMS.iter().find(|form| form.name == name).ok_or_else(|| unknown_name::<T>(name))?;
    let inside = rest.strip_suffix(')').ok_or_else(|| not_closed::<T>(text, form))?;
    let parts = split_arguments(inside).ok_or_else(|| not_closed::<T>(text, form))?;
    let distribution = match form.kind {
        Kind::Mixture if depth >= NESTING_MAX => {
            return Err(ParseError::new(format!(
                "a mixture is nested more than {NESTING_MAX} deep: write one mixture with more parts"
            )));
        }
        Kind::Mixture => {
            Distribution::Mixture(parse_points::<T, _>(text, form, &parts, |value| parse(value, depth + 1))?)
        }
        Kind::Quantiles => Distribution::Quantiles(parse_points::<T, _>(text, form, &parts, str::parse)?),
        Kind::Empirical => Distribution::Empirical { path: inside.trim().to_owned() },
        kind => parse_named(kind, &Arguments::<T>::bind(text, form, &parts)?)?,
    };
    distribution.check_itself().map_err(|reason| {
        ParseError::new(format!("{reason} in `{text}`: write for example \"{}\"", form.example::<T>()))
    })?;
    Ok(distribution)
}

/// Reads the distributions whose arguments have names.
fn parse_named<T: Amount>(kind: Kind, arguments: &Arguments<'_, T>) -> Result<Distribution<T>, ParseError> {
    let amount = |name| arguments.value::<T>(name);
    let number = |name| arguments.value::<Factor>(name);
    Ok(match kind {
        Kind::Exponential => Distribution::Exponential { mean: amount("mean")? },
        Kind::Uniform => Distribution::Uniform { low: amount("low")?, high: amount("high")? },
        Kind::Normal => Distribution::Normal { mean: amount("mean")?, sd: amount("sd")? },
        Kind::Lognormal => parse_lognormal(arguments)?,
        Kind::Gamma => Distribution::Gamma { mean: amount("mean")?, cv: number("cv")? },
        Kind::Erlang => Distribution::Erlang { k: arguments.whole_number("k")?, mean: amount("mean")? },
        Kind::Weibull => Distribution::Weibull { shape: number("shape")?, mean: amount("mean")? },
        Kind::Pareto => {
            let max = arguments.get("max").map(|_| amount("max")).transpose()?;
            Distribution::Pareto { min: amount("min")?, alpha: number("alpha")?, max }
        }
        Kind::Hyperexponential => Distribution::Hyperexponential { mean: amount("mean")?, cv: number("cv")? },
        Kind::Mixture | Kind::Quantiles | Kind::Empirical => {
            unreachable!("{kind:?} has no named arguments")
        }
    })
}

/// By quantiles or by moments, never half of each.
fn parse_lognormal<T: Amount>(arguments: &Arguments<'_, T>) -> Result<Distribution<T>, ParseError> {
    let given = |name| arguments.get(name).is_some();
    match (given("p50") || given("p99"), given("mean") || given("cv")) {
        (true, true) => Err(ParseError::new(format!(
            "`{}` mixes quantiles and moments: write either \"{}\" or \"lognormal(mean={}, cv=1.5)\"",
            arguments.text,
            arguments.form.example::<T>(),
            T::EXAMPLE
        ))),
        (false, true) => Ok(Distribution::LognormalByMoments {
            mean: arguments.value("mean")?,
            cv: arguments.value("cv")?,
        }),
        (_, false) => Ok(Distribution::LognormalByQuantiles {
            p50: arguments.value("p50")?,
            p99: arguments.value("p99")?,
        }),
    }
}

/// The arguments of one distribution, by name.
struct Arguments<'a, T> {
    of: PhantomData<T>,
    text: &'a str,
    form: &'static Form,
    given: Vec<(&'static str, &'a str)>,
}

impl<'a, T: Amount> Arguments<'a, T> {
    /// Gives each argument its name.
    fn bind(text: &'a str, form: &'static Form, parts: &[&'a str]) -> Result<Self, ParseError> {
        let mut given: Vec<(&'static str, &'a str)> = Vec::new();
        for (i, part) in parts.iter().enumerate() {
            let (name, value) = match part.split_once('=') {
                Some((name, value)) => (named::<T>(text, form, name.trim_end())?, value.trim_start()),
                None => (positional::<T>(text, form, part, i)?, *part),
            };
            if given.iter().any(|(other, _)| *other == name) {
                return Err(ParseError::new(format!(
                    "`{name}` is given twice in `{text}`: write for example \"{}\"",
                    form.example::<T>()
                )));
            }
            given.push((name, value));
        }
        Ok(Self { of: PhantomData, text, form, given })
    }

    fn get(&self, name: &str) -> Option<&'a str> {
        self.given.iter().find(|(given, _)| *given == name).map(|(_, value)| *value)
    }

    fn required(&self, name: &str) -> Result<&'a str, ParseError> {
        self.get(name).ok_or_else(|| {
            let Self { text, form, .. } = self;
            ParseError::new(format!(
                "`{name}` is missing in `{text}`: write for example \"{}\"",
                form.example::<T>()
            ))
        })
    }

    fn value<V: FromStr<Err = ParseError>>(&self, name: &str) -> Result<V, ParseError> {
        let value = self.required(name)?;
        value
            .parse()
            .map_err(|error: ParseError| ParseError::new(format!("in `{name}={value}`: {}", error.message())))
    }

    fn whole_number(&self, name: &str) -> Result<u32, ParseError> {
        let value = self.required(name)?;
        let is_digits = !value.is_empty() && value.bytes().all(|b| b.is_ascii_digit());
        value.parse().ok().filter(|_| is_digits).ok_or_else(|| {
            let Self { text, form, .. } = self;
            ParseError::new(format!(
                "`{name}` is not a whole number in `{text}`: write for example \"{}\"",
                form.example::<T>()
            ))
        })
    }
}

/// The argument that is called `name`.
fn named<T: Amount>(text: &str, form: &'static Form, name: &str) -> Result<&'static str, ParseError> {
    form.arguments.iter().find(|argument| **argument == name).copied().ok_or_else(|| {
        ParseError::new(format!(
            "unknown argument `{name}` in `{text}`: write for example \"{}\"",
            form.example::<T>()
        ))
    })
}

/// The `i`-th argument, if it may go without its name.
fn positional<T: Amount>(
    text: &str,
    form: &'static Form,
    part: &str,
    i: usize,
) -> Result<&'static str, ParseError> {
    match form.arguments.get(i) {
        Some(name) if form.positional => Ok(name),
        None if form.positional => Err(ParseError::new(format!(
            "`{part}` is one argument too many in `{text}`: write for example \"{}\"",
            form.example::<T>()
        ))),
        Some(_) | None => Err(ParseError::new(format!(
            "argument `{part}` lacks its name in `{text}`: write for example \"{}\"",
            form.example::<T>()
        ))),
    }
}

/// Reads `share: value` points.
fn parse_points<T: Amount, V>(
    text: &str,
    form: &Form,
    parts: &[&str],
    value: impl Fn(&str) -> Result<V, ParseError>,
) -> Result<Vec<(Share, V)>, ParseError> {
    let point = |part: &&str| {
        let (share, rest) = part.split_once(':').ok_or_else(|| {
            ParseError::new(format!(
                "`{part}` lacks its share in `{text}`: write for example \"{}\"",
                form.example::<T>()
            ))
        })?;
        Ok((share.trim_end().parse()?, value(rest.trim_start())?))
    };
    parts.iter().map(point).collect()
}

/// Splits at the commas outside parentheses; none if the parentheses do not pair up.
pub(super) fn split_arguments(inside: &str) -> Option<Vec<&str>> {
    let mut parts = Vec::new();
    let mut depth = 0_usize;
    let mut start = 0;
    for (i, c) in inside.char_indices() {
        match c {
            '(' => depth += 1,
            ')' => depth = depth.checked_sub(1)?,
            ',' if depth == 0 => {
                parts.push(inside[start..i].trim());
                start = i + 1;
            }
            _ => {}
        }
    }
    if !inside.trim().is_empty() {
        parts.push(inside[start..].trim());
    }
    (depth == 0).then_some(parts)
}

fn parse_constant<T: Amount>(text: &str) -> Result<Distribution<T>, ParseError> {
    let is_word = text.starts_with(char::is_alphabetic);
    match text.parse() {
        Ok(value) => Ok(Distribution::Constant(value)),
        Err(_) if is_word => Err(match meant(text) {
            Some(form) if form.name == text => ParseError::new(format!(
                "`{text}` lacks its arguments: write for example \"{}\"",
                form.example::<T>()
            )),
            Some(_) | None => unknown_name::<T>(text),
        }),
        Err(error) => Err(error),
    }
}

fn not_closed<T: Amount>(text: &str, form: &Form) -> ParseError {
    ParseError::new(format!(
        "the parentheses of `{text}` do not pair up: write for example \"{}\"",
        form.example::<T>()
    ))
}

/// The form whose name is most like this one, if any is.
fn meant(name: &str) -> Option<&'static Form> {
    let name = name.to_lowercase().replace(['_', '-'], "");
    let likeness = |form: &Form| strsim::jaro_winkler(&name, form.name);
    let best = FORMS.iter().max_by(|a, b| likeness(a).total_cmp(&likeness(b)))?;
    (likeness(best) >= LIKENESS_MIN).then_some(best)
}

fn unknown_name<T: Amount>(name: &str) -> ParseError {
    let help = match meant(name) {
        _ if ["constant", "const", "fixed", "deterministic"].contains(&name) => {
            format!("a constant is a bare {}, such as \"{}\"", T::NOUN, T::EXAMPLE)
        }
        Some(form) => format!("did you mean `{}`, such as \"{}\"", form.name, form.example::<T>()),
        None => {
            let names: Vec<_> = FORMS.iter().map(|form| form.name).collect();
            format!("write a {} such as \"{}\", or one of {}", T::NOUN, T::EXAMPLE, names.join(", "))
        }
    };
    ParseError::new(format!("unknown distribution `{name}`: {help}"))
}
