//! Exact decimals from integers.
//!
//! Times are whole nanoseconds and averages are quotients of integers. Writing them digit by digit keeps a float, and with it
//! the question of how it was rounded, out of every file.

const NS_PER_S: u128 = 1_000_000_000;

/// Nanoseconds as seconds, exactly, without trailing zeros: `0.25`, `12`.
pub fn seconds(ns: u128) -> String {
    fraction(ns / NS_PER_S, ns % NS_PER_S)
}

/// `numerator / denominator`, rounded half up to nine decimals, without trailing zeros; `None` if the denominator is 0.
pub fn quotient(numerator: u128, denominator: u128) -> Option<String> {
    let whole = numerator.checked_div(denominator)?;
    let mut rest = numerator % denominator;
    let mut billionths = 0;
    // One digit at a time: multiplying by 10^9 at once could leave the range of u128.
    for _ in 0..9 {
        rest = rest.saturating_mul(10);
        billionths = billionths * 10 + rest / denominator;
        rest %= denominator;
    }
    if rest >= denominator - rest {
        billionths += 1;
    }
    Some(fraction(whole + billionths / NS_PER_S, billionths % NS_PER_S))
}

/// `numerator / denominator` rounded half up to a whole number; `None` if the denominator is 0.
pub fn rounded_quotient(numerator: u128, denominator: u128) -> Option<u128> {
    let whole = numerator.checked_div(denominator)?;
    let rest = numerator % denominator;
    Some(whole + u128::from(rest >= denominator - rest))
}

fn fraction(whole: u128, billionths: u128) -> String {
    if billionths == 0 {
        return whole.to_string();
    }
    let digits = format!("{billionths:09}");
    format!("{whole}.{}", digits.trim_end_matches('0'))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn seconds_are_exact_to_the_nanosecond() {
        for (ns, expected) in [
            (0, "0"),
            (1, "0.000000001"),
            (250_000_000, "0.25"),
            (12_000_000_000, "12"),
            (1_000_000_001, "1.000000001"),
            (u128::from(u64::MAX), "18446744073.709551615"),
        ] {
            assert_eq!(seconds(ns), expected);
        }
    }

    #[test]
    fn quotients_are_rounded_half_up_at_the_ninth_decimal() {
        for (numerator, denominator, expected) in [
            (0, 7, "0"),
            (1, 3, "0.333333333"),
            (2, 3, "0.666666667"),
            (3, 2, "1.5"),
            (1, 2_000_000_000, "0.000000001"),
            (1, 2_000_000_001, "0"),
            (1_999_999_999, 2_000_000_000, "1"),
            (u128::from(u64::MAX) << 32, 1 << 32, "18446744073709551615"),
        ] {
            assert_eq!(quotient(numerator, denominator).as_deref(), Some(expected));
        }
        assert_eq!(quotient(1, 0), None);
    }

    #[test]
    fn means_in_nanoseconds_are_rounded_to_the_nearest() {
        assert_eq!(rounded_quotient(5, 2), Some(3));
        assert_eq!(rounded_quotient(4, 3), Some(1));
        assert_eq!(rounded_quotient(4, 0), None);
    }

    proptest! {
        #[test]
        fn seconds_read_back_to_the_same_nanoseconds(ns in any::<u64>()) {
            let text = seconds(u128::from(ns));
            let (whole, rest) = text.split_once('.').unwrap_or((&text, ""));
            let read: u128 = whole.parse::<u128>().unwrap() * NS_PER_S + format!("{rest:0<9}").parse::<u128>().unwrap();
            prop_assert_eq!(read, u128::from(ns));
        }

        #[test]
        fn quotients_are_within_half_a_billionth(numerator in any::<u64>(), denominator in 1u64..) {
            let text = quotient(u128::from(numerator), u128::from(denominator)).unwrap();
            let (whole, rest) = text.split_once('.').unwrap_or((&text, ""));
            let read: u128 = whole.parse::<u128>().unwrap() * NS_PER_S + format!("{rest:0<9}").parse::<u128>().unwrap();
            let exact = u128::from(numerator) * NS_PER_S;
            prop_assert!(2 * exact.abs_diff(read * u128::from(denominator)) <= u128::from(denominator));
        }
    }
}
