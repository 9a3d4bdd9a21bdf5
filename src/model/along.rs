//! A number of the model that varies: `workloads.app.arrivals.open.rate=100/s..200/s`.

use std::fmt;

use crate::kernel::num;
use crate::quantity::{Duration, Rate, Scalar};

use super::experiment::Scale;

/// How far from the exact middle a rounder number may lie, as a share of what is between the ends.
const ROUNDING: f64 = 0.1;
/// More decimals than this no quantity reads.
const DECIMALS_MAX: i32 = 18;

/// Units of which there is no part.
const WHOLE: [&str; 3] = ["ns", "B", "B/s"];

/// The path of a value, and the range of its number. What stands around the number, a unit or the name of a distribution, stays as it is.
#[derive(Clone, PartialEq, Debug)]
pub struct Along {
    text: String,
    path: String,
    prefix: String,
    suffix: String,
    low: f64,
    high: f64,
    is_whole: bool,
    is_converted: bool,
}

impl Along {
    /// Reads `PATH=FROM..TO`. Whether there is such a path is known by the model.
    ///
    /// # Errors
    /// What is wrong with it, and how it is written.
    pub fn parse(text: &str) -> Result<Self, String> {
        const HELP: &str =
            "write a path and a range, such as `workloads.app.arrivals.open.rate=100/s..200/s`";
        let (path, range) = text.split_once('=').ok_or(HELP)?;
        let (from, to) = range.split_once("..").ok_or(HELP)?;
        if path.is_empty() || from.is_empty() || to.is_empty() {
            return Err(HELP.to_owned());
        }
        let Numbers { prefix, suffix, from: from_number, to: to_number, is_converted, is_float } =
            Self::around(from, to)?;
        let [from_value, to_value] = [&from_number, &to_number]
            .map(|number| number.parse::<f64>().expect("invariant: digits were checked"));
        if from_value == to_value {
            return Err(format!("`{from}` and `{to}` are the same: a range has two ends"));
        }
        Ok(Self {
            text: text.to_owned(),
            path: path.to_owned(),
            // A bare whole number is a count; with a unit, or a point, what is between has a meaning, if it is not the smallest unit.
            is_whole: WHOLE.contains(&suffix.as_str())
                || (prefix.is_empty()
                    && suffix.is_empty()
                    && !is_float
                    && !from.contains('.')
                    && !to.contains('.')),
            prefix,
            suffix,
            low: from_value.min(to_value),
            high: from_value.max(to_value),
            is_converted,
        })
    }

    /// What both ends have before and behind their numbers, and the numbers.
    fn around(from: &str, to: &str) -> Result<Numbers, String> {
        let same = from.bytes().zip(to.bytes()).take_while(|(one, other)| one == other).count();
        let is_numeric = |byte: u8| byte.is_ascii_digit() || byte == b'.';
        if (from.contains(['e', 'E']) || to.contains(['e', 'E']))
            && let (Some(from), Some(to)) = (without_exponent(from), without_exponent(to))
        {
            let (prefix, suffix) = (String::new(), String::new());
            return Ok(Numbers { prefix, suffix, from, to, is_converted: false, is_float: true });
        }
        let prefix =
            from.as_bytes()[..same].iter().rposition(|&byte| !is_numeric(byte)).map_or(0, |at| at + 1);
        let prefix = (0..=prefix).rev().find(|&at| from.is_char_boundary(at)).unwrap_or(0);
        let (from_rest, to_rest) = (&from[prefix..], &to[prefix..]);
        let number_length = |text: &str| text.bytes().take_while(|&byte| is_numeric(byte)).count();
        let (from_number, from_suffix) = from_rest.split_at(number_length(from_rest));
        let (to_number, to_suffix) = to_rest.split_at(number_length(to_rest));
        let is_number = |text: &str| !text.is_empty() && text.parse::<f64>().is_ok();
        if !is_number(from_number) || !is_number(to_number) {
            // In `1/min..1/s` the number is the same and the unit is not.
            if let Some(numbers) = Self::in_one_unit(from, to) {
                return Ok(numbers);
            }
            return Err(format!(
                "`{from}` and `{to}` are no range of one number: write two numbers with their unit, such as 100/s..200/s, 1s..10s, 5%..50% or 1..16"
            ));
        }
        if from_suffix == to_suffix {
            let parts = [&from[..prefix], from_suffix, from_number, to_number].map(str::to_owned);
            let [prefix, suffix, from, to] = parts;
            return Ok(Numbers { prefix, suffix, from, to, is_converted: false, is_float: false });
        }
        if prefix > 0 {
            return Err(format!("`{from}` and `{to}` differ in more than one number: write both alike"));
        }
        Self::in_one_unit(from, to).ok_or_else(|| {
            format!(
                "`{from}` and `{to}` have different units: write both in the same one, such as 100/s..200/s"
            )
        })
    }

    /// Durations in the smaller of their units, rates in the smallest in which both are decimals.
    fn in_one_unit(from: &str, to: &str) -> Option<Numbers> {
        const UNITS: [(&str, u64); 4] = [("s", 1_000_000_000), ("ms", 1_000_000), ("us", 1000), ("ns", 1)];
        if let (Ok(from), Ok(to)) = (from.parse::<Duration>(), to.parse::<Duration>()) {
            let (from, to) = (from.as_ns(), to.as_ns());
            let (unit, ns) =
                UNITS.into_iter().find(|(_, ns)| from.is_multiple_of(*ns) && to.is_multiple_of(*ns))?;
            return Some(converted(unit, from / ns, to / ns));
        }
        let (from, to) = (from.parse::<Rate>().ok()?, to.parse::<Rate>().ok()?);
        let (unit, [from, to]) = Rate::in_one_unit(from, to)?;
        Some(converted(&format!("/{unit}"), from, to))
    }

    /// The path of the value.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The smallest and the largest number.
    pub fn ends(&self) -> (f64, f64) {
        (self.low, self.high)
    }

    /// The value with this number, as it is typed.
    pub fn written(&self, number: f64) -> String {
        let text = format!("{}{number}{}", self.prefix, self.suffix);
        // Between `100ms` and `1min` nobody writes 60000ms.
        match text.parse::<Duration>() {
            Ok(duration) if self.is_converted => duration.to_string(),
            _ => text,
        }
    }

    /// Whether the value with this number can be read where the ends of the range can: of a duration there is no half nanosecond.
    fn is_readable(&self, number: f64) -> bool {
        let is_scalar = |number: f64| Scalar::parse(&self.written(number)).is_ok();
        !is_scalar(self.low) || !is_scalar(self.high) || is_scalar(number)
    }

    /// What stands behind `--set`.
    pub fn assignment(&self, number: f64) -> String {
        format!("{}={}", self.path, self.written(number))
    }

    /// The roundest number near the middle of two; `None` if nothing is between them.
    pub fn middle(&self, low: f64, high: f64, scale: Scale) -> Option<f64> {
        let position = |number: f64| if scale == Scale::Log { num::ln(number) } else { number };
        let (from, to) = (position(low), position(high));
        let middle = f64::midpoint(from, to);
        let is_near = |number: f64| {
            self.is_readable(number)
                && low < number
                && number < high
                && (position(number) - middle).abs() <= ROUNDING * (to - from)
        };
        let exact = if scale == Scale::Log { num::exp(middle) } else { middle };
        let least = if self.is_whole { 0 } else { -DECIMALS_MAX };
        let round =
            (least..=DECIMALS_MAX).rev().map(|power| rounded(exact, power)).find(|&number| is_near(number));
        // Of few whole numbers none may be near enough.
        round.or_else(|| Some(exact.floor()).filter(|&number| self.is_whole && low < number && number < high))
    }
}

/// What both ends of a range have around their numbers, and the numbers.
struct Numbers {
    prefix: String,
    suffix: String,
    from: String,
    to: String,
    /// Whether they were written in different units.
    is_converted: bool,
    /// Whether one was written with an exponent.
    is_float: bool,
}

/// The same number without an exponent, if it is one alone.
fn without_exponent(text: &str) -> Option<String> {
    text.parse::<f64>().ok().filter(|number| number.is_finite()).map(|number| number.to_string())
}

fn converted(unit: &str, from: impl fmt::Display, to: impl fmt::Display) -> Numbers {
    let (from, to) = (from.to_string(), to.to_string());
    Numbers { prefix: String::new(), suffix: unit.to_owned(), from, to, is_converted: true, is_float: false }
}

/// As it was written.
impl fmt::Display for Along {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// The nearest multiple of a power of ten.
fn rounded(number: f64, power: i32) -> f64 {
    // Powers of ten up to 10^22 are exact, and so is a quotient as near to the decimal as a float can be.
    let unit = (0..power.abs()).fold(1.0, |unit, _| unit * 10.0);
    if power >= 0 { (number / unit).round() * unit } else { (number * unit).round() / unit }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn along(range: &str) -> Along {
        Along::parse(&format!("a.b={range}")).unwrap_or_else(|error| panic!("{range}: {error}"))
    }

    #[test]
    fn the_number_varies_and_what_stands_around_it_stays() {
        for (range, ends, example) in [
            ("100/s..200/s", (100.0, 200.0), (150.0, "150/s")),
            ("200/s..100/s", (100.0, 200.0), (150.0, "150/s")),
            ("1..16", (1.0, 16.0), (8.0, "8")),
            ("0.5..1.5", (0.5, 1.5), (1.0, "1")),
            ("5%..50%", (5.0, 50.0), (12.5, "12.5%")),
            ("exponential(10ms)..exponential(30ms)", (10.0, 30.0), (25.0, "exponential(25ms)")),
            (
                "lognormal(p50=1ms, p99=5ms)..lognormal(p50=1ms, p99=50ms)",
                (5.0, 50.0),
                (7.0, "lognormal(p50=1ms, p99=7ms)"),
            ),
            ("500ms..2s", (500.0, 2000.0), (750.0, "750ms")),
            ("1min..2h", (60.0, 7200.0), (90.0, "90s")),
            ("100ms..1min", (100.0, 60_000.0), (60_000.0, "1min")),
            ("100ms..60000ms", (100.0, 60_000.0), (60_000.0, "60000ms")),
            ("30/min..2/s", (0.5, 2.0), (0.75, "0.75/s")),
            ("60/s..7800/min", (60.0, 130.0), (95.0, "95/s")),
            ("1/min..1/s", (1.0, 60.0), (30.0, "30/min")),
            ("20/min..2/s", (20.0, 120.0), (70.0, "70/min")),
            ("1e7..2e7", (1e7, 2e7), (1.5e7, "15000000")),
            ("0.5..1e3", (0.5, 1000.0), (1.25, "1.25")),
            ("1/90s..1/10s", (10.0, 90.0), (20.0, "1/20s")),
        ] {
            let along = along(range);
            assert_eq!(along.ends(), ends, "{range}");
            assert_eq!(along.written(example.0), example.1, "{range}");
            assert_eq!(along.path(), "a.b");
        }
        assert_eq!(along("1/s..2/s").assignment(1.5), "a.b=1.5/s");
        // With a point it is no count, and stays none where the range is shown.
        assert_eq!((along("1.0..2").to_string().as_str(), along("1.0..2").is_whole), ("a.b=1.0..2", false));
    }

    #[test]
    fn mistakes_are_answered_with_how_it_is_written() {
        for (text, message) in [
            ("a.b", "write a path and a range"),
            ("a.b=5", "write a path and a range"),
            ("a.b=..5", "write a path and a range"),
            ("a.b=fast..slow", "no range of one number"),
            ("a.b=1.2.3..4", "no range of one number"),
            ("a.b=5..5", "the same"),
            ("a.b=\u{e9}1..\u{e8}2", "no range of one number"),
            ("a.b=5/s..5%", "different units"),
            ("a.b=exponential(1ms)..exponential(2s)", "more than one number"),
            ("a.b=1/7s..1/s", "no range of one number"),
        ] {
            let error = Along::parse(text).unwrap_err();
            assert!(error.contains(message), "{text}: {error}");
        }
    }

    #[test]
    fn the_middle_is_a_round_number_between() {
        let rate = along("1/s..2/s");
        for (low, high, expected) in [
            (100.0, 200.0, 150.0),
            (100.0, 150.0, 130.0),
            (145.0, 150.0, 148.0),
            (0.0, 1.0, 0.5),
            (0.1, 0.2, 0.15),
        ] {
            assert_eq!(rate.middle(low, high, Scale::Linear), Some(expected), "{low} to {high}");
        }
        assert_eq!(rate.middle(1.0, 10_000.0, Scale::Log), Some(100.0));
        let count = along("1..100");
        assert_eq!(count.middle(3.0, 5.0, Scale::Linear), Some(4.0));
        assert_eq!(count.middle(3.0, 6.0, Scale::Linear), Some(4.0));
        assert_eq!(count.middle(3.0, 4.0, Scale::Linear), None);
        // There is no half nanosecond, whatever the unit, and no part of a byte.
        let ns = along("150000000ns..150000001ns");
        assert_eq!(ns.middle(150_000_000.0, 150_000_001.0, Scale::Linear), None);
        assert_eq!(along("1ms..2ms").middle(1.000_001, 1.000_002, Scale::Linear), None);
        assert_eq!(along("1B..9B").middle(4.0, 5.0, Scale::Linear), None);
        assert_eq!(along("1B..9B").middle(4.0, 6.0, Scale::Linear), Some(5.0));
    }

    proptest! {
        #[test]
        fn bisection_makes_way_and_its_values_read_back(low in 0.001f64..1e6, width in 1e-6f64..1e6, is_log: bool) {
            let scale = if is_log { Scale::Log } else { Scale::Linear };
            let high = low + width;
            let middle = along("1/s..2/s").middle(low, high, scale).unwrap();
            prop_assert!(low < middle && middle < high);
            let position = |number: f64| if is_log { num::ln(number) } else { number };
            let share = (position(middle) - position(low)) / (position(high) - position(low));
            prop_assert!((0.39..=0.61).contains(&share), "{share}");
            prop_assert_eq!(middle.to_string().parse::<f64>().unwrap(), middle);
        }
    }
}
