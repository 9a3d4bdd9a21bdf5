//! A number of a model together with its unit, for whoever goes from one value to another: `5`, `1.5`, `"800ms"`, `"400/s"`, `"20%"`, `"64MiB"`, `"10MB/s"`.

use std::fmt;

use serde::de::{Error, Visitor};
use serde::{Deserialize, Deserializer};

use super::{Bandwidth, Bytes, Duration, ParseError, Rate, Share};

/// What a [`Scalar`] is a number of.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Dimension {
    /// Whole things.
    Count,
    /// A number without a unit.
    Number,
    /// Time, in seconds.
    Duration,
    /// Events per second.
    Rate,
    /// A part of 1.
    Share,
    /// Bytes.
    Size,
    /// Bytes per second.
    Bandwidth,
}

impl Dimension {
    /// What the name of a column ends with.
    pub fn suffix(self) -> &'static str {
        match self {
            Self::Count | Self::Number => "",
            Self::Duration => "_s",
            Self::Rate => "_per_s",
            Self::Share => "_ratio",
            Self::Size => "_bytes",
            Self::Bandwidth => "_bytes_per_s",
        }
    }
}

/// A number and what it is a number of.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Scalar {
    value: f64,
    dimension: Dimension,
    /// A rate to the last digit: what stands in `value` may be no number that a model can say.
    rate: Option<Rate>,
}

/// Significant digits of a value that was computed: more than anybody measures, and few enough to hide the last bits of a sum.
const DIGITS: usize = 9;

/// Counts above this are not exact as floats.
const COUNT_MAX: f64 = 9_007_199_254_740_992.0;

/// Durations above this cannot be written.
const DURATION_MAX_S: f64 = 1.8e10;

impl Scalar {
    /// The nearest value that a model can say: counts and bytes are whole, durations have nanoseconds, all else nine digits. `None` if there is none that is near: below 0, more than 100 %, or larger than
    /// a model can hold.
    pub fn nearest(value: f64, dimension: Dimension) -> Option<Self> {
        let is_within = |most: f64| (0.0..=most).contains(&value);
        let (value, is_fit) = match dimension {
            Dimension::Count => (value.round_ties_even(), value.abs() <= COUNT_MAX),
            Dimension::Size => (value.round_ties_even(), is_within(COUNT_MAX)),
            // There is no bandwidth of nothing.
            Dimension::Bandwidth => (value.round_ties_even(), is_within(COUNT_MAX) && value > 0.5),
            Dimension::Share => (billionths(value), is_within(1.0)),
            Dimension::Duration => (billionths(value), is_within(DURATION_MAX_S)),
            Dimension::Number => (significant(value, DIGITS), value.is_finite()),
            Dimension::Rate => {
                // Of very small rates fewer digits can be said.
                let rates = (1..=DIGITS).rev().map(|digits| format!("{}/s", significant(value, digits)));
                return rates.filter_map(|text| text.parse().ok()).map(Self::of_rate).next();
            }
        };
        is_fit.then_some(Self { value, dimension, rate: None })
    }

    fn of_rate(rate: Rate) -> Self {
        Self { value: rate.per_s(), dimension: Dimension::Rate, rate: Some(rate) }
    }

    /// The same number, as one of this kind if it has no unit.
    pub(crate) fn counted_as(self, dimension: Dimension) -> Self {
        match self.dimension {
            Dimension::Count | Dimension::Number => Self { dimension, ..self },
            _ => self,
        }
    }

    /// In the unit of its [`Dimension`].
    pub fn value(self) -> f64 {
        self.value
    }

    /// What it is a number of.
    pub fn dimension(self) -> Dimension {
        self.dimension
    }

    /// A number as written in TOML, if it is whole.
    pub fn count(count: i64) -> Self {
        Self { value: count as f64, dimension: Dimension::Count, rate: None }
    }

    /// A number as written in TOML, if it is not.
    pub fn number(value: f64) -> Self {
        Self { value, dimension: Dimension::Number, rate: None }
    }

    /// Reads a text with a unit.
    ///
    /// # Errors
    /// If no quantity is written like that.
    pub fn parse(text: &str) -> Result<Self, ParseError> {
        let of = |value, dimension| Ok(Self { value, dimension, rate: None });
        if text.ends_with('%') {
            return of(text.parse::<Share>()?.as_f64(), Dimension::Share);
        }
        if text.contains('/') {
            if let Ok(bandwidth) = text.parse::<Bandwidth>() {
                return of(bandwidth.bytes_per_s() as f64, Dimension::Bandwidth);
            }
            return text.parse().map(Self::of_rate);
        }
        if let Ok(duration) = text.parse::<Duration>() {
            return of(duration.as_secs_f64(), Dimension::Duration);
        }
        if let Ok(size) = text.parse::<Bytes>() {
            return of(size.get() as f64, Dimension::Size);
        }
        Err(ParseError::new(format!(
            "`{text}` is not a number with a unit: write for example 5, 1.5, \"800ms\", \"400/s\", \"20%\" or \"64MiB\""
        )))
    }
}

/// The nearest number of so many digits.
fn significant(value: f64, digits: usize) -> f64 {
    format!("{value:.*e}", digits - 1).parse().unwrap_or(value)
}

fn billionths(value: f64) -> f64 {
    (significant(value, DIGITS) * 1e9).round_ties_even() / 1e9
}

/// As a model says it, without quotes.
impl fmt::Display for Scalar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let value = self.value;
        match self.dimension {
            Dimension::Count => write!(f, "{value:.0}"),
            Dimension::Number => write!(f, "{value:?}"),
            Dimension::Duration => write!(f, "{}", Duration::from_ns((value * 1e9).round_ties_even() as u64)),
            Dimension::Rate => match self.rate {
                Some(rate) => write!(f, "{rate}"),
                None => write!(f, "{value}/s"),
            },
            Dimension::Share => {
                let share =
                    Share::from_billionths((value * 1e9).round_ties_even() as u32).unwrap_or(Share::ONE);
                write!(f, "{share}")
            }
            Dimension::Size => write!(f, "{}", Bytes::new(value as u64)),
            Dimension::Bandwidth => write!(f, "{}/s", Bytes::new(value as u64)),
        }
    }
}

impl<'de> Deserialize<'de> for Scalar {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Written;
        impl Visitor<'_> for Written {
            type Value = Scalar;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a number, with its unit if it has one, such as 5, \"800ms\" or \"400/s\"")
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Scalar, E> {
                Scalar::parse(text).map_err(E::custom)
            }

            fn visit_i64<E: Error>(self, count: i64) -> Result<Scalar, E> {
                let is_exact = (count.unsigned_abs() as f64) <= COUNT_MAX;
                is_exact.then(|| Scalar::count(count)).ok_or_else(|| E::custom("that is too large to vary"))
            }

            fn visit_u64<E: Error>(self, count: u64) -> Result<Scalar, E> {
                let misfit = |_| E::custom("that is too large to vary");
                i64::try_from(count).map_err(misfit).and_then(|count| self.visit_i64(count))
            }

            fn visit_f64<E: Error>(self, value: f64) -> Result<Scalar, E> {
                let misfit = || E::custom("only finite numbers can be varied");
                value.is_finite().then(|| Scalar::number(value)).ok_or_else(misfit)
            }
        }
        deserializer.deserialize_any(Written)
    }
}

#[cfg(feature = "schema")]
impl schemars::JsonSchema for Scalar {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Scalar".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "description": "A number of a model, with its unit if it has one.",
            "anyOf": [{ "type": "string", "pattern": "^[0-9]" }, { "type": "number" }],
            "examples": [5, 1.5, "800ms", "400/s", "20%", "64MiB"],
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn nearest(value: f64, dimension: Dimension) -> Scalar {
        Scalar::nearest(value, dimension).unwrap()
    }

    /// A rate is a fraction of nanoseconds, which divided as floats gives 119.99999999999999 for 120/s.
    #[test]
    fn every_rate_that_can_be_written_stays_what_it_is() {
        for rate in ["15/s", "30/s", "60/s", "120/s", "7800/min", "20/min", "1/90s", "1/7s", "1/7ns"] {
            let scalar = Scalar::parse(rate).unwrap();
            let again = scalar.to_string().parse::<Rate>();
            assert_eq!(again, rate.parse(), "{rate}: {scalar}");
        }
        for per_s in 1..10_000_u32 {
            let scalar = Scalar::parse(&format!("{per_s}/s")).unwrap();
            assert_eq!((scalar.value(), scalar.to_string()), (f64::from(per_s), format!("{per_s}/s")));
        }
        assert_eq!(Scalar::parse("1/90s").unwrap().value(), 1.0 / 90.0);
    }

    #[test]
    fn what_no_model_can_say_is_no_value() {
        for (value, dimension) in [
            (-0.005, Dimension::Duration),
            (1e300, Dimension::Duration),
            (1.5, Dimension::Share),
            (-0.1, Dimension::Share),
            (-1.0, Dimension::Rate),
            (1e300, Dimension::Rate),
            (-1.0, Dimension::Size),
            (1e30, Dimension::Bandwidth),
            (1e17, Dimension::Count),
            (f64::INFINITY, Dimension::Number),
            (f64::NAN, Dimension::Duration),
        ] {
            assert_eq!(Scalar::nearest(value, dimension), None, "{value} {dimension:?}");
        }
        assert_eq!(nearest(0.0, Dimension::Duration).to_string(), "0s");
        assert_eq!(nearest(0.0, Dimension::Rate).to_string(), "0/s");
        assert_eq!(nearest(1.0, Dimension::Share).to_string(), "100%");
    }

    #[test]
    fn units_are_recognised() {
        for (text, value, dimension, shown) in [
            ("800ms", 0.8, Dimension::Duration, "800ms"),
            ("1min", 60.0, Dimension::Duration, "1min"),
            ("400/s", 400.0, Dimension::Rate, "400/s"),
            ("60/min", 1.0, Dimension::Rate, "1/s"),
            ("20%", 0.2, Dimension::Share, "20%"),
            ("64MiB", 67_108_864.0, Dimension::Size, "64MiB"),
            ("10MB/s", 1e7, Dimension::Bandwidth, "10MB/s"),
        ] {
            let scalar = Scalar::parse(text).unwrap();
            assert_eq!((scalar.value(), scalar.dimension()), (value, dimension), "{text}");
            assert_eq!(scalar.to_string(), shown);
        }
        assert_eq!(nearest(4.6, Dimension::Count).to_string(), "5");
        assert_eq!(nearest(1.0, Dimension::Number).to_string(), "1.0");
        assert!(Scalar::parse("unlimited").is_err());
    }

    #[test]
    fn a_sum_shows_no_last_bits() {
        assert_eq!(nearest(0.1 + 0.2, Dimension::Rate).to_string(), "0.3/s");
        assert_eq!(nearest(0.1 + 0.2, Dimension::Number).to_string(), "0.3");
    }

    proptest! {
        #[test]
        fn what_is_shown_can_be_read_again(digits in 1.0..9.9f64, power in -9i32..9, which in 0usize..5) {
            let dimension = [Dimension::Duration, Dimension::Rate, Dimension::Size, Dimension::Share, Dimension::Bandwidth][which];
            let value: f64 = format!("{digits}e{power}").parse().unwrap();
            let value = match dimension {
                Dimension::Share => value / 1e9,
                Dimension::Bandwidth => value + 1.0,
                _ => value,
            };
            let scalar = nearest(value, dimension);
            let read = Scalar::parse(&scalar.to_string()).unwrap();
            prop_assert_eq!(read.dimension(), dimension);
            prop_assert!((read.value() - scalar.value()).abs() <= 1e-12 * scalar.value() + 1e-18, "{} {}", read.value(), scalar.value());
        }
    }
}
