//! Shares: 0 % to 100 %, always written in percent.
//!
//! Vendors mix 0..1 (Polly `FailureRatio` 0.1) and 0..100 (resilience4j 50, Envoy 20), so a bare number is never guessed at.

use std::fmt;
use std::str::FromStr;

use super::ParseError;
use super::decimal::{Decimal, Misfit, fixed, split_number};
use super::text::{refuse_spaces, serde_as_text};

/// Billionths in one percent, and their number of decimals.
const PERCENT: u32 = 10_000_000;
const PERCENT_DECIMALS: u32 = 7;

/// A share from 0 % to 100 %, exact to a billionth.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Share {
    billionths: u32,
}

impl Share {
    /// Nothing.
    pub const ZERO: Self = Self { billionths: 0 };
    /// Everything.
    pub const ONE: Self = Self { billionths: 1_000_000_000 };

    /// So many whole percent.
    ///
    /// # Panics
    ///
    /// If `percent` is more than 100.
    pub const fn percent(percent: u32) -> Self {
        assert!(percent <= 100);
        Self { billionths: percent * PERCENT }
    }

    /// Whether it is nothing.
    pub const fn is_zero(&self) -> bool {
        self.billionths == 0
    }

    /// So many billionths, if there are at most 1 000 000 000.
    pub const fn from_billionths(billionths: u32) -> Option<Self> {
        if billionths <= Self::ONE.billionths { Some(Self { billionths }) } else { None }
    }

    /// In billionths: 1 000 000 000 is everything.
    pub const fn billionths(self) -> u32 {
        self.billionths
    }

    /// As a number from 0 to 1.
    pub fn as_f64(self) -> f64 {
        f64::from(self.billionths) / 1e9
    }
}

impl FromStr for Share {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        refuse_spaces(text)?;
        if let Some(positive) = text.strip_prefix('-')
            && Decimal::parse(split_number(positive).0).is_ok()
        {
            return Err(ParseError::new(format!("negative share `{text}`: a share is at least \"0%\"")));
        }
        let (number, unit) = split_number(text);
        let decimal = Decimal::parse(number).map_err(|why| misfit(text, why))?;
        if unit.is_empty() {
            return Err(bare_number(text, decimal));
        }
        if unit != "%" {
            return Err(misfit(text, Misfit::Malformed));
        }
        let billionths = decimal.times(u64::from(PERCENT)).map_err(|why| misfit(text, why))?;
        let share = u32::try_from(billionths).ok().and_then(Self::from_billionths);
        share.ok_or_else(|| misfit(text, Misfit::TooLarge))
    }
}

/// Takes a number below 1 for a ratio and any other for percent; of 1 nobody knows.
fn bare_number(text: &str, number: Decimal) -> ParseError {
    let billionths = number.times(1_000_000_000).ok().and_then(|billionths| u32::try_from(billionths).ok());
    let percent = number.times(u64::from(PERCENT)).ok().and_then(|billionths| u32::try_from(billionths).ok());
    let ratio = billionths.and_then(Share::from_billionths);
    let percent = percent.and_then(Share::from_billionths);
    let hint = match (ratio, percent) {
        (Some(Share::ONE), _) => "\"1%\" or \"100%\"".to_owned(),
        (Some(share), _) | (None, Some(share)) => format!("\"{share}\""),
        (None, None) => "\"20%\"".to_owned(),
    };
    ParseError::new(format!("bare number `{text}`: a share is written in percent, such as {hint}"))
}

fn misfit(text: &str, why: Misfit) -> ParseError {
    ParseError::new(match why {
        Misfit::Malformed => format!("`{text}` is not a share: write for example \"20%\" or \"0.01%\""),
        Misfit::TooFine => {
            format!("share `{text}` is finer than a billionth: the smallest step is \"0.0000001%\"")
        }
        Misfit::TooLarge => format!("share `{text}` is more than everything: a share is at most \"100%\""),
    })
}

impl fmt::Display for Share {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}%", fixed(u128::from(self.billionths), PERCENT_DECIMALS))
    }
}

serde_as_text!(Share, "a share such as \"20%\"");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_exact_to_a_billionth() {
        for (text, billionths, canonical) in [
            ("0%", 0, "0%"),
            ("20%", 200_000_000, "20%"),
            ("0.01%", 100_000, "0.01%"),
            ("99.90%", 999_000_000, "99.9%"),
            ("0.0000001%", 1, "0.0000001%"),
            ("100%", 1_000_000_000, "100%"),
        ] {
            let share: Share = text.parse().unwrap();
            assert_eq!((share.billionths(), share.to_string().as_str()), (billionths, canonical), "{text}");
        }
        assert_eq!(Share::percent(100), Share::ONE);
        assert_eq!(Share::from_billionths(1_000_000_001), None);
    }

    #[test]
    fn mistakes_are_answered_with_the_right_spelling() {
        for (text, message) in [
            ("130%", r#"share `130%` is more than everything: a share is at most "100%""#),
            (
                "99999999999999999999%",
                r#"share `99999999999999999999%` is more than everything: a share is at most "100%""#,
            ),
            ("-1%", r#"negative share `-1%`: a share is at least "0%""#),
            ("0.2", r#"bare number `0.2`: a share is written in percent, such as "20%""#),
            ("20", r#"bare number `20`: a share is written in percent, such as "20%""#),
            ("1", r#"bare number `1`: a share is written in percent, such as "1%" or "100%""#),
            ("1.0", r#"bare number `1.0`: a share is written in percent, such as "1%" or "100%""#),
            ("200", r#"bare number `200`: a share is written in percent, such as "20%""#),
            ("20 %", r#"`20 %` contains a space: write "20%""#),
            (
                "0.00000001%",
                r#"share `0.00000001%` is finer than a billionth: the smallest step is "0.0000001%""#,
            ),
            ("20percent", r#"`20percent` is not a share: write for example "20%" or "0.01%""#),
            ("half", r#"`half` is not a share: write for example "20%" or "0.01%""#),
        ] {
            assert_eq!(text.parse::<Share>().unwrap_err().message(), message, "{text}");
        }
    }
}
