//! Goal: copies are sent when their sources say, and not more of them.
//! Method: the percentile against a naive model that remembers every latency, the extra load against Finagle's budget, what follows a failure case by case.

use proptest::collection::vec;
use proptest::prelude::*;

use super::*;
use crate::kernel::Time;
use crate::mechanism::retry_budget::{Implementation, RatioSettings, RetryBudget, RetryBudgetSettings};
use crate::mechanism::{Class, Problems};
use crate::quantity::{Duration, Limit, Share};

fn ms(ms: u64) -> Duration {
    Duration::from_ns(ms * 1_000_000)
}

fn settings(text: &str) -> HedgeSettings {
    toml::from_str(text).expect("these settings can be read")
}

fn at_ms(at: u64) -> Time {
    Time::ZERO + ms(at)
}

const FIXED: &str = "delay = { fixed = \"50ms\" }";

#[test]
fn what_is_not_written_is_two_copies_of_which_the_loser_is_cancelled() {
    let written = settings(FIXED);
    assert_eq!((written.max_attempts, written.max_extra_load), (2, Limit::Unlimited));
    assert!(written.cancel_losers && written.distinct_hosts && !written.tied);
    assert_eq!(written.on_failure, OnHedgeFailure::SendNext);
    let HedgeDelaySettings::Percentile(percentile) =
        settings("delay = { percentile = { percentile = \"99%\" } }").delay
    else {
        panic!("a percentile is written");
    };
    assert_eq!((percentile.window, percentile.min), (Duration::from_secs(30), ms(1)));
    assert_eq!(percentile.max, Limit::At(Duration::from_secs(2)));
}

#[test]
fn a_fixed_delay_is_the_same_until_there_are_enough_copies() {
    let hedge = Hedge::new(&settings(&format!("{FIXED}\nmax_attempts = 3")));
    let mut state = hedge.start(Time::ZERO);
    for copies in [1, 2] {
        assert_eq!(hedge.delay(&mut state, at_ms(5), copies), Some(ms(50)));
    }
    assert_eq!(hedge.delay(&mut state, at_ms(5), 3), None);
    assert_eq!(hedge.as_constant(), Some(ms(50)));
}

#[test]
fn what_follows_a_failure() {
    use Failure::{Fatal, SendNext, Wait};
    let after = |more: &str, class: Class, copies: u32| {
        Hedge::new(&settings(&format!("{FIXED}\nmax_attempts = 3\n{more}"))).failed(class, copies)
    };
    for (more, class, copies, expected) in [
        ("", Class::ServerError, 1, SendNext),
        ("", Class::ServerError, 3, Wait),
        ("", Class::AppError, 1, Fatal),
        ("non_fatal = [\"app_error\"]", Class::AppError, 2, SendNext),
        ("non_fatal = [\"app_error\"]", Class::ServerError, 3, Fatal),
        ("on_failure = \"wait\"", Class::Overloaded, 1, Wait),
        ("on_failure = \"wait\"", Class::AppError, 1, Fatal),
        ("", Class::LocalReject, 1, Wait),
        ("non_fatal = []", Class::LocalReject, 3, Wait),
    ] {
        assert_eq!(after(more, class, copies), expected, "{more} {class} {copies}");
    }
}

#[test]
fn a_delay_beyond_its_bounds_is_raised_or_none() {
    let text =
        "delay = { percentile = { percentile = \"50%\", window = \"3s\", min = \"10ms\", max = \"100ms\" } }";
    let hedge = Hedge::new(&settings(text));
    let delay_of = |took: u64| {
        let mut state = hedge.start(Time::ZERO);
        hedge.ended(&mut state, at_ms(500), Class::Ok, ms(took));
        hedge.current_delay(&mut state, at_ms(1000))
    };
    assert_eq!(delay_of(1), Some(ms(10)));
    assert_eq!(delay_of(20).map(|delay| delay.as_ns() / 100_000), Some(200));
    assert_eq!(delay_of(150), None, "so slow a service gets no second copy");
}

#[test]
fn failures_that_may_be_fast_say_nothing_of_how_slow_the_service_is() {
    let hedge = Hedge::new(&settings("delay = { percentile = { percentile = \"50%\", window = \"3s\" } }"));
    for class in Class::ALL {
        let mut state = hedge.start(Time::ZERO);
        hedge.ended(&mut state, at_ms(500), class, ms(20));
        let counts = hedge.current_delay(&mut state, at_ms(1000)).is_some();
        let expected =
            matches!(class, Class::Ok | Class::AttemptTimeout | Class::DeadlineExceeded | Class::Cancelled);
        assert_eq!(counts, expected, "{class}");
    }
}

#[test]
fn what_cannot_be_meant_is_refused() {
    let found = |text: &str| {
        let mut problems = Problems::new();
        settings(text).check(&mut problems);
        problems.into_found().into_iter().map(|problem| problem.message).collect::<Vec<String>>().join("\n")
    };
    let percentile = |text: &str| found(&format!("delay = {{ percentile = {{ {text} }} }}"));
    assert_eq!(found(FIXED), "");
    for (found, expected) in [
        (found(&format!("{FIXED}\nmax_attempts = 1")), "`1` is not between 2 and 10"),
        (found(&format!("{FIXED}\nmax_attempts = 11")), "`11` is not between 2 and 10"),
        (found(&format!("{FIXED}\nmax_extra_load = \"0%\"")), "no copy is ever sent"),
        (found(&format!("{FIXED}\nmin_hedges_per_second = 10")), "nothing to add to"),
        (found(&format!("{FIXED}\nnon_fatal = [\"ok\"]")), "`ok` is a success"),
        (found(&format!("{FIXED}\nnon_fatal = [\"cancelled\"]")), "of the whole call"),
        (found(&format!("{FIXED}\ntied = true\ncancel_losers = false")), "take each other away"),
        (percentile("percentile = \"0%\""), "not the latency of most"),
        (percentile("percentile = \"100%\""), "not the latency of most"),
        (percentile("percentile = \"95%\", window = \"2ms\""), "over before anything is known"),
        (percentile("percentile = \"95%\", min = \"2s\""), "no delay is at least `2s`"),
    ] {
        assert!(found.contains(expected), "{found} should say {expected}");
    }
}

/// All latencies with the instants at which they were seen; what counts is looked for each time.
#[derive(Default)]
struct Naive(Vec<(u64, u64)>);

impl Naive {
    /// The nearest-rank percentile over the last three full windows of this length.
    fn percentile(&self, now_ms: u64, window_ms: u64, percent: u64) -> Option<u64> {
        let end = now_ms / window_ms * window_ms;
        let start = end.saturating_sub(3 * window_ms);
        let seen = self.0.iter().filter(|(at, _)| (start..end).contains(at));
        let mut latencies: Vec<u64> = seen.map(|(_, took)| *took).collect();
        latencies.sort_unstable();
        let rank = (latencies.len() as u64 * percent).div_ceil(100).max(1) as usize;
        latencies.get(rank - 1).copied()
    }
}

proptest! {
    #[test]
    fn the_percentile_is_that_of_the_last_full_windows(
        percent in 1_u64..=99,
        steps in vec((0_u64..400, 1_u64..5_000_000, any::<bool>()), 1..200),
    ) {
        let text = format!(
            "delay = {{ percentile = {{ percentile = \"{percent}%\", window = \"300ms\", min = \"0s\", max = \"unlimited\" }} }}"
        );
        let hedge = Hedge::new(&settings(&text));
        let (mut state, mut naive, mut now) = (hedge.start(Time::ZERO), Naive::default(), 0);
        for (gap, took_us, asks) in steps {
            now += gap;
            if asks {
                let delay = hedge.current_delay(&mut state, at_ms(now)).map(Duration::as_ns);
                let exact = naive.percentile(now, 100, percent);
                prop_assert_eq!(delay.is_some(), exact.is_some());
                if let (Some(delay), Some(exact)) = (delay, exact) {
                    // The histogram is off by less than 1/128.
                    prop_assert!(delay.abs_diff(exact) * 128 <= exact, "{} {}", delay, exact);
                }
            } else {
                hedge.ended(&mut state, at_ms(now), Class::Ok, Duration::from_ns(took_us * 1000));
                naive.0.push((now, took_us * 1000));
            }
        }
    }

    /// Finagle's filter has a retry budget of its own for this.
    #[test]
    fn extra_load_is_what_a_retry_budget_of_its_own_grants(
        percent in 1_u32..=100,
        min in 0_u32..=3,
        steps in vec((0_u64..2000, any::<bool>()), 1..200),
    ) {
        let text = format!("{FIXED}\nmax_extra_load = \"{percent}%\"\nmin_hedges_per_second = {min}");
        let hedge = Hedge::new(&settings(&text));
        let budget = RetryBudget::new(&RetryBudgetSettings::Ratio(RatioSettings {
            percent: Share::percent(percent),
            min_retries_per_second: min,
            ttl: Duration::from_secs(10),
            implementation: Implementation::Finagle,
        })).expect("it bounds something");
        let (mut state, mut same) = (hedge.start(Time::ZERO), budget.start(Time::ZERO));
        let mut now = 0;
        for (gap, begins) in steps {
            now += gap;
            if begins {
                hedge.attempt_began(&mut state, at_ms(now));
                budget.call_began(&mut same, at_ms(now));
            } else {
                let granted = budget.withdraw(&mut same, at_ms(now), Class::AttemptTimeout).is_some();
                prop_assert_eq!(hedge.withdraw(&mut state, at_ms(now)), granted);
            }
        }
    }
}
