//! What is known of a run once it is over: enough to go on without running it again.

use std::fmt;
use std::str::FromStr;

use crate::model::VerdictName;

/// What a run of a hunt said. As text it is one line.
#[derive(Clone, PartialEq, Debug)]
pub struct Answer {
    /// How near the property was to not holding; below 0 if it does not.
    pub margin: f64,
    /// The verdict.
    pub verdict: VerdictName,
    /// If the property does not hold: what tells this failure from others.
    pub signature: Option<String>,
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The shortest text that reads back to the same number.
        write!(f, "{:?} {}", self.margin, self.verdict.name())?;
        self.signature.iter().try_for_each(|signature| write!(f, " {signature}"))
    }
}

impl FromStr for Answer {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let mut parts = text.splitn(3, ' ');
        let margin = parts.next().and_then(|part| part.parse().ok()).ok_or(())?;
        let name = parts.next().ok_or(())?;
        let verdict = VerdictName::ALL.into_iter().find(|verdict| verdict.name() == name).ok_or(())?;
        Ok(Self { margin, verdict, signature: parts.next().map(str::to_owned) })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_is_written_reads_back(margin in -1.0_f64..=1.0, verdict in 0_usize..6, fails in any::<bool>()) {
            let signature = fails.then(|| "metastable: retries at db".to_owned());
            let answer = Answer { margin, verdict: VerdictName::ALL[verdict], signature };
            prop_assert_eq!(answer.to_string().parse(), Ok(answer));
        }
    }

    #[test]
    fn half_a_line_is_no_answer() {
        for text in ["", "0.5", "0.5 meta", "x metastable"] {
            assert_eq!(text.parse::<Answer>(), Err(()), "{text}");
        }
    }
}
