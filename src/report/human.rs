//! Numbers for people: three significant digits and a unit. Files have the exact values.

/// A span of time: `850 ns`, `12.3 ms`, `1.50 s`, `250 s`, `16.7 min`.
pub fn duration(ns: u64) -> String {
    /// Nanoseconds per unit, and from where on the unit is used; just below, three digits would round up to `1000`.
    const UNITS: [(f64, f64, &str); 6] = [
        (1e3, 1e3, "us"),
        (1e6, 0.9995e6, "ms"),
        (1e9, 0.9995e9, "s"),
        (60e9, 999.5e9, "min"),
        (3_600e9, 999.5 * 60e9, "h"),
        (86_400e9, 999.5 * 3_600e9, "d"),
    ];
    let value = ns as f64;
    UNITS.into_iter().rfind(|(_, from, _)| value >= *from).map_or_else(
        || format!("{ns} ns"),
        |(scale, _, unit)| format!("{} {unit}", three_digits(value / scale)),
    )
}

/// A mean and how far its interval reaches to either side, in the unit of the larger of both: `-1.23 ± 0.05 s`; the sign is written, as of a difference.
pub fn difference_of_spans(mean_s: f64, half_s: f64, plus_minus: &str) -> String {
    let size = mean_s.abs().max(half_s);
    if size == 0.0 {
        return "0".to_owned();
    }
    let (scale, unit) = match size {
        0.9995.. => (1.0, "s"),
        0.9995e-3.. => (1e3, "ms"),
        _ => (1e6, "us"),
    };
    format!("{} {unit}", difference(mean_s * scale, half_s * scale, plus_minus))
}

/// A mean and how far its interval reaches to either side, with the decimals that mean something: `+1003 ± 12`, `-0.120 ± 0.015`.
pub fn difference(mean: f64, half: f64, plus_minus: &str) -> String {
    let size = mean.abs().max(half);
    if size == 0.0 {
        return "0".to_owned();
    }
    let decimals = match size {
        99.95.. => 0,
        9.995.. => 1,
        0.0995.. => 2,
        _ => 3,
    };
    // Two digits of the half-width are all that it is worth.
    let worth = match half {
        9.95.. => 0,
        0.95.. => 1,
        0.0095.. => 2,
        _ => 3,
    };
    // What is not 0 does not read as if it were.
    let vanishes = half > 0.0 && half < [0.5, 0.05, 0.005, 0.0005][decimals];
    let decimals = (decimals + usize::from(vanishes)).min(worth);
    format!("{mean:+.decimals$} {plus_minus} {half:.decimals$}")
}

/// The same of what is no difference: `1003 ± 12`.
pub fn mean(mean: f64, half: f64, plus_minus: &str) -> String {
    difference(mean, half, plus_minus).trim_start_matches('+').to_owned()
}

/// The same of a span: `41.2 ± 0.6 ms`.
pub fn mean_span(mean_s: f64, half_s: f64, plus_minus: &str) -> String {
    difference_of_spans(mean_s, half_s, plus_minus).trim_start_matches('+').to_owned()
}

/// A number of things: `0`, `150`, `9999`, `45.6k`.
pub fn count(count: u64) -> String {
    if count < 10_000 { count.to_string() } else { rate(count as f64) }
}

/// A size: `512 B`, `200 KiB`, `1.50 GiB`.
pub fn bytes(bytes: u64) -> String {
    let units = [("TiB", 1_u64 << 40), ("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)];
    let value = bytes as f64;
    let unit = units.into_iter().find(|(_, scale)| value >= 0.9995 * *scale as f64);
    unit.map_or_else(
        || format!("{bytes} B"),
        |(unit, scale)| format!("{} {unit}", three_digits(value / scale as f64)),
    )
}

/// A number per second: `0.25`, `12.3`, `1.23k`, `45.6M`.
pub fn rate(per_s: f64) -> String {
    for (scale, suffix) in [(1e9, "G"), (1e6, "M"), (1e3, "k")] {
        if per_s >= 0.9995 * scale {
            return format!("{}{suffix}", three_digits(per_s / scale));
        }
    }
    three_digits(per_s)
}

/// A share of 1 in percent: `0 %`, `0.3 %`, `58.1 %`, `100 %`. What is not all is never shown as all, nor what is not none as none.
pub fn percent(share: f64) -> String {
    let percent = share * 100.0;
    if percent <= 0.0 {
        "0 %".to_owned()
    } else if percent < 0.05 {
        "<0.1 %".to_owned()
    } else if percent > 99.95 && percent < 100.0 {
        ">99.9 %".to_owned()
    } else if percent == 100.0 {
        "100 %".to_owned()
    } else if percent >= 999.5 {
        format!("{percent:.0} %")
    } else {
        format!("{percent:.1} %")
    }
}

/// A position on the time axis, as a model would spell it: `0s`, `90s`, `45min`, `2h`.
pub fn instant(ns: u64) -> String {
    const UNITS: [(u64, &str); 3] =
        [(86_400_000_000_000, "d"), (3_600_000_000_000, "h"), (60_000_000_000, "min")];
    let whole = UNITS.into_iter().find(|(unit_ns, _)| ns > 0 && ns.is_multiple_of(*unit_ns));
    if let Some((unit_ns, unit)) = whole {
        return format!("{}{unit}", ns / unit_ns);
    }
    format!("{}s", super::decimal::seconds(u128::from(ns)))
}

fn three_digits(value: f64) -> String {
    if value == 0.0 {
        "0".to_owned()
    } else if value < 9.995 {
        format!("{value:.2}")
    } else if value < 99.95 {
        format!("{value:.1}")
    } else {
        format!("{value:.0}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_three_digits_and_a_unit() {
        for (ns, expected) in [
            (0, "0 ns"),
            (850, "850 ns"),
            (1_000, "1.00 us"),
            (12_345_678, "12.3 ms"),
            (999_900_000, "1.00 s"),
            (1_500_000_000, "1.50 s"),
            (250_000_000_000, "250 s"),
            (1_000_000_000_000, "16.7 min"),
            (100_000_000_000_000, "27.8 h"),
            (u64::MAX, "213504 d"),
        ] {
            assert_eq!(duration(ns), expected);
        }
    }

    #[test]
    fn sizes_have_three_digits_and_a_binary_unit() {
        for (size, expected) in [
            (0, "0 B"),
            (1000, "1000 B"),
            (1023, "1023 B"),
            (1024, "1.00 KiB"),
            (1_048_500, "1.00 MiB"),
            (1 << 31, "2.00 GiB"),
            (u64::MAX, "16777216 TiB"),
        ] {
            assert_eq!(bytes(size), expected);
        }
    }

    #[test]
    fn differences_have_the_digits_that_mean_something() {
        for (mean, half, expected) in [
            (0.0, 0.0, "0"),
            (1003.4, 12.34, "+1003 ± 12"),
            (-3.281, 0.082, "-3.28 ± 0.08"),
            (0.004, 0.0021, "+0.004 ± 0.002"),
            (-17.04, 1.53, "-17.0 ± 1.5"),
            (0.3, 31.0, "+0 ± 31"),
            (150.13, 0.27, "+150.1 ± 0.3"),
            (-0.6612, 0.0031, "-0.661 ± 0.003"),
        ] {
            assert_eq!(difference(mean, half, "±"), expected);
        }
        for (mean_s, half_s, expected) in [
            (-0.0123, 0.0012, "-12.3 ± 1.2 ms"),
            (0.0, 0.0, "0"),
            (-1775.4, 12.0, "-1775 ± 12 s"),
            (0.000_01, 0.0, "+10.0 ± 0.0 us"),
        ] {
            assert_eq!(difference_of_spans(mean_s, half_s, "±"), expected);
        }
        assert_eq!(difference(1.0, 0.5, "+-"), "+1.00 +- 0.50");
    }

    #[test]
    fn rates_have_three_digits_and_a_suffix() {
        for (per_s, expected) in [
            (0.0, "0"),
            (0.25, "0.25"),
            (9.999, "10.0"),
            (99.96, "100"),
            (999.6, "1.00k"),
            (45_600_000.0, "45.6M"),
        ] {
            assert_eq!(rate(per_s), expected);
        }
    }

    #[test]
    fn counts_are_exact_as_long_as_they_are_short() {
        for (number, expected) in [(0, "0"), (9_999, "9999"), (10_000, "10.0k"), (u64::MAX, "18446744074G")] {
            assert_eq!(count(number), expected);
        }
    }

    #[test]
    fn shares_near_the_ends_do_not_look_like_the_ends() {
        for (share, expected) in [
            (0.0, "0 %"),
            (0.000_1, "<0.1 %"),
            (0.581, "58.1 %"),
            (0.9999, ">99.9 %"),
            (1.0, "100 %"),
            (1.25, "125.0 %"),
            (30.0, "3000 %"),
        ] {
            assert_eq!(percent(share), expected);
        }
    }

    #[test]
    fn instants_are_spelled_as_in_a_model() {
        for (ns, expected) in [
            (0, "0s"),
            (250_000_000, "0.25s"),
            (90_000_000_000, "90s"),
            (2_700_000_000_000, "45min"),
            (7_200_000_000_000, "2h"),
            (777_600_000_000_000_000, "9000d"),
        ] {
            assert_eq!(instant(ns), expected);
        }
    }
}
