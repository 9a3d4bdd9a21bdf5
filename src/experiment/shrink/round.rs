//! Values that are easy to say, and less than what there is.

use serde_json::{Value, json};

use crate::quantity::{Bytes, Duration, Rate, Share};

/// Round numbers: 1, 2 and 5 times a power of ten.
const MANTISSAS: [u64; 3] = [1, 2, 5];
/// Factors above 1, which do something.
const FACTORS: [f64; 12] = [1.1, 1.2, 1.5, 2.0, 3.0, 5.0, 10.0, 20.0, 50.0, 100.0, 200.0, 500.0];
/// Shares in percent.
const PERCENTS: [u32; 12] = [1, 2, 5, 10, 20, 30, 40, 50, 60, 70, 80, 90];
/// Simulated times in seconds, as people choose them.
const SECONDS: [u64; 17] =
    [10, 20, 30, 45, 60, 90, 120, 180, 240, 300, 480, 600, 900, 1200, 1800, 2700, 3600];

/// The round values below this one, in ascending order; nothing for what is no quantity.
pub(super) fn below(value: &Value) -> Vec<Value> {
    if let Some(number) = value.as_f64() {
        let factors = FACTORS.into_iter().filter(|factor| *factor < number);
        return factors
            .map(|factor| if factor.fract() == 0.0 { json!(factor as u64) } else { json!(factor) })
            .collect();
    }
    let Some(text) = value.as_str() else { return Vec::new() };
    let as_json = |texts: Vec<String>| texts.into_iter().map(Value::from).collect();
    if let Ok(duration) = text.parse::<Duration>() {
        let shorter = ladder(1_000_000).take_while(|ns| *ns < duration.as_ns());
        return as_json(shorter.map(|ns| Duration::from_ns(ns).to_string()).collect());
    }
    if let Ok(share) = text.parse::<Share>() {
        let smaller = PERCENTS.into_iter().map(Share::percent).filter(|smaller| *smaller < share);
        return as_json(smaller.map(|share| share.to_string()).collect());
    }
    if let Ok(bytes) = text.parse::<Bytes>() {
        let powers = (10..50).map(|power| 1_u64 << power).filter(|smaller| *smaller < bytes.get());
        return as_json(powers.map(|bytes| format!("{}KiB", bytes >> 10)).collect());
    }
    Vec::new()
}

/// Values that are rounder than this one and nearly the same, the less first: whole numbers, and lengths with two digits.
pub(super) fn rounder(value: &Value) -> Vec<Value> {
    if let Some(number) = value.as_f64() {
        let whole =
            [number.floor(), number.ceil()].into_iter().filter(|whole| *whole > 1.0 && number.fract() > 0.0);
        return whole.map(|whole| json!(whole as u64)).collect();
    }
    let Some(ns) = value.as_str().and_then(|text| text.parse::<Duration>().ok()).map(Duration::as_ns) else {
        return Vec::new();
    };
    let unit =
        ns.checked_ilog10().and_then(|digits| 10_u64.checked_pow(digits.saturating_sub(1))).unwrap_or(1);
    let rounded =
        [ns / unit * unit, ns.div_ceil(unit).saturating_mul(unit)].into_iter().filter(|it| *it != ns);
    rounded.map(|ns| Value::from(Duration::from_ns(ns).to_string())).collect()
}

/// Round rates below this one, in ascending order.
pub(super) fn rates_below(rate: Rate) -> Vec<Value> {
    let per_s = rate.as_per_s_f64();
    let tenths = (1..=9).map(|tenth| two_digit_number(per_s * f64::from(tenth) / 10.0));
    tenths
        .filter(|smaller| *smaller > 0.0 && *smaller < per_s)
        .map(|smaller| json!(format!("{smaller}/s")))
        .collect()
}

fn two_digit_number(number: f64) -> f64 {
    if number >= 10.0 {
        let mut unit = 1.0;
        while number / unit >= 100.0 {
            unit *= 10.0;
        }
        return (number / unit).round() * unit;
    }
    (number * 10.0).round() / 10.0
}

/// Simulated times below this one and not below another, in ascending order.
pub(super) fn times_between(least: Duration, most: Duration) -> Vec<Duration> {
    let times = SECONDS.into_iter().map(Duration::from_secs);
    times.filter(|time| *time >= least && *time < most).collect()
}

fn ladder(first: u64) -> impl Iterator<Item = u64> {
    let decades = std::iter::successors(Some(first), |unit| unit.checked_mul(10));
    decades.flat_map(|unit| MANTISSAS.into_iter().filter_map(move |mantissa| unit.checked_mul(mantissa)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_tried_is_round_and_less() {
        let check = |value: Value, expected: &[&str]| {
            let texts: Vec<String> =
                below(&value).iter().map(|it| it.as_str().map_or(it.to_string(), str::to_owned)).collect();
            assert_eq!(texts, expected, "{value}");
        };
        check(json!("7.3ms"), &["1ms", "2ms", "5ms"]);
        check(json!("1ms"), &[]);
        check(json!(4), &["1.1", "1.2", "1.5", "2", "3"]);
        check(json!("7%"), &["1%", "2%", "5%"]);
        check(json!("3KiB"), &["1KiB", "2KiB"]);
        check(json!("exponential(5ms)"), &[]);
        check(json!({"a": 1}), &[]);
        assert_eq!(below(&json!("1h")).last(), Some(&json!("2000s")));
        assert_eq!(rounder(&json!("2.3417s")), [json!("2.3s"), json!("2.4s")]);
        assert_eq!(rounder(&json!(7.3)), [json!(7), json!(8)]);
        for round in [json!("2.3s"), json!("0s"), json!(7), json!("7.3%")] {
            assert_eq!(rounder(&round), Vec::<Value>::new(), "{round}");
        }
        let rates: Vec<Value> = rates_below("613/s".parse().expect("a rate"));
        assert_eq!((rates.len(), &rates[0], &rates[8]), (9, &json!("61/s"), &json!("550/s")));
    }
}
