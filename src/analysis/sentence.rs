//! A judgement in one sentence, with numbers as a person would say them.

use crate::analysis::{Judgement, Undecided, Unstable, Verdict, WorkloadJudgement};
use crate::kernel::Duration;
use crate::quantity::Share;

impl Judgement {
    /// The sentence of the worst workload; with several workloads it says which.
    pub fn sentence(&self) -> String {
        match self.worst() {
            None => "undecided: there is no workload".to_owned(),
            Some(worst) if self.workloads.len() == 1 => worst.sentence(),
            Some(worst) => format!("{} (workload `{}`)", worst.sentence(), worst.name),
        }
    }
}

impl WorkloadJudgement {
    /// The verdict and what it rests on, without a full stop.
    pub fn sentence(&self) -> String {
        let explanation = match self.verdict {
            Verdict::Healthy => format!("{}, {}", self.in_final_window(), self.success()),
            Verdict::Unstable(why) => self.explain_unstable(why),
            Verdict::Unaffected => {
                let threshold = share(self.threshold);
                format!(
                    "after the trigger began at {}, goodput never fell below {threshold} of the twin's",
                    self.begin()
                )
            }
            Verdict::Recovered => self.explain_recovered(),
            Verdict::Metastable => format!("{} and the backlog is not falling", self.state_at_the_end()),
            Verdict::Undecided(why) => self.explain_undecided(why),
        };
        format!("{}: {explanation}", self.verdict)
    }

    fn explain_unstable(&self, why: Unstable) -> String {
        let failing = format!("even without a trigger, {} {}", self.in_final_window(), self.success());
        match why {
            Unstable::Overload => format!("{failing}, and without retries it is no better: overload"),
            Unstable::CollapseWithoutTrigger => {
                format!("{failing}, while without retries the system copes: it collapses without a trigger")
            }
        }
    }

    fn explain_recovered(&self) -> String {
        let when = match self.time_to_recovery {
            None | Some(Duration::ZERO) => {
                format!("goodput was back when the trigger ended at {}", self.end())
            }
            Some(time) => {
                format!("goodput was back {} after the trigger ended at {}", span(time), self.end())
            }
        };
        let relapses = match self.relapses {
            0 => String::new(),
            1 => " after 1 relapse".to_owned(),
            several => format!(" after {several} relapses"),
        };
        format!("{when}{relapses}, and {} it is {} of the twin's", self.in_final_window(), self.ratio())
    }

    fn explain_undecided(&self, why: Undecided) -> String {
        match why {
            Undecided::TriggerNeverEnds => {
                format!(
                    "the trigger that began at {} never ends, so there is nothing to recover from yet",
                    self.begin()
                )
            }
            Undecided::TooLittleTime if self.hold == Duration::MAX => {
                "the twin is offered no request after the warm-up".to_owned()
            }
            Undecided::TooLittleTime => format!(
                "too little time follows the end of the trigger at {}: at least three times {} are needed, and a final \
                 third of at least as many whole intervals",
                self.end(),
                span(self.hold)
            ),
            Undecided::StillDraining => {
                format!("{}, but the backlog is falling: run longer", self.state_at_the_end())
            }
            Undecided::Flapping => format!("{} and goes up and down: run longer", self.state_at_the_end()),
            Undecided::TooLate => format!(
                "{}, but it came back less than {} before the end: run longer",
                self.state_at_the_end(),
                span(self.hold + self.hold + self.hold)
            ),
            Undecided::NothingToCompare => {
                format!("{} the twin has no good request to compare with", self.in_final_window())
            }
        }
    }

    fn state_at_the_end(&self) -> String {
        let window = self.in_final_window();
        format!("the trigger ended at {}; {window} goodput is {} of the twin's", self.end(), self.ratio())
    }

    fn in_final_window(&self) -> String {
        match self.final_window {
            Some(window) => format!("in the last {}", span(window.length())),
            None => "at the end".to_owned(),
        }
    }

    fn success(&self) -> String {
        // What entered before the window and ends in it is good there, and may make more than all.
        match percent(self.final_twin_good.min(self.final_twin_offered), self.final_twin_offered) {
            Some(text) => format!("{text} of the requests succeed"),
            None => "no request is offered".to_owned(),
        }
    }

    fn ratio(&self) -> String {
        percent(self.final_good, self.final_twin_good).unwrap_or_else(|| "an unknown share".to_owned())
    }

    fn begin(&self) -> String {
        self.trigger.map_or_else(String::new, |trigger| span(Duration::from_ns(trigger.begin.as_ns())))
    }

    fn end(&self) -> String {
        let end = self.trigger.and_then(|trigger| trigger.end);
        end.map_or_else(String::new, |end| span(Duration::from_ns(end.as_ns())))
    }
}

/// In tenths of a percent, rounded down: what is below a threshold must not read as if it had reached it.
pub(super) fn percent(part: u64, whole: u64) -> Option<String> {
    let per_mille = (u128::from(part) * 1000).checked_div(u128::from(whole))?;
    Some(match (per_mille / 10, per_mille % 10) {
        (0, 0) if part > 0 => "less than 0.1 %".to_owned(),
        (whole_percent, 0) => format!("{whole_percent} %"),
        (whole_percent, tenths) => format!("{whole_percent}.{tenths} %"),
    })
}

pub(super) fn share(share: Share) -> String {
    percent(u64::from(share.billionths()), 1_000_000_000).unwrap_or_default()
}

/// The two or three units that matter: `250ms`, `12.5s`, `15min 0s`, `2h 5min 0s`.
pub(super) fn span(duration: Duration) -> String {
    let ns = duration.as_ns();
    if ns == 0 {
        return "0s".to_owned();
    }
    if ns < 1_000_000 {
        return format!("{ns}ns");
    }
    if ns < 1_000_000_000 {
        return format!("{}ms", decimal(ns / 1000, 1000));
    }
    let minutes = ns / 60_000_000_000;
    let seconds = decimal(ns % 60_000_000_000 / 1_000_000, 1000);
    match (minutes / 60, minutes % 60) {
        (0, 0) => format!("{seconds}s"),
        (0, minutes) => format!("{minutes}min {seconds}s"),
        (hours, minutes) => format!("{hours}h {minutes}min {seconds}s"),
    }
}

/// `thousandths / unit` with at most three decimals and no zero at the end.
fn decimal(thousandths: u64, unit: u64) -> String {
    let text = format!("{}.{:03}", thousandths / unit, thousandths % unit);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_read_as_people_say_them() {
        let check = |ns: u64, expected: &str| assert_eq!(span(Duration::from_ns(ns)), expected);
        check(0, "0s");
        check(999, "999ns");
        check(1_500_000, "1.5ms");
        check(250_000_000, "250ms");
        check(12_500_000_000, "12.5s");
        check(60_000_000_000, "1min 0s");
        check(900_000_000_000, "15min 0s");
        check(7_500_250_000_000, "2h 5min 0.25s");
    }

    #[test]
    fn percentages_are_rounded_down_and_never_hide_that_there_is_something() {
        let check =
            |part, whole, expected: Option<&str>| assert_eq!(percent(part, whole).as_deref(), expected);
        check(0, 0, None);
        check(0, 7, Some("0 %"));
        check(1, 1_000_000, Some("less than 0.1 %"));
        check(8_999, 10_000, Some("89.9 %"));
        check(9, 10, Some("90 %"));
        check(7, 7, Some("100 %"));
        check(u64::MAX, u64::MAX, Some("100 %"));
    }
}
