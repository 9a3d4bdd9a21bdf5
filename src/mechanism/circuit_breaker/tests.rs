//! Goal: the state machine of resilience4j, and what gobreaker, Polly, Hystrix and linkerd do otherwise.
//! Method: random scripts of overlapping calls against a naive model that remembers every outcome and counts anew each time; published rules one by one.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;

use super::*;
use crate::kernel::random::{Draws, SiteKey, Word, hash64};
use crate::kernel::{Duration, Time};
use crate::mechanism::retry::{BackoffSettings, ExponentialSettings, FixedSettings, JitterSettings};
use crate::mechanism::{Class, Problems};
use crate::quantity::{Factor, Limit, Share};

fn ms(number: u64) -> Duration {
    Duration::from_ns(number * 1_000_000)
}

fn at(ms: u64) -> Time {
    Time::from_ns(ms * 1_000_000)
}

fn draws(ordinal: u64) -> Draws {
    let site = SiteKey::new(3, hash64("edges.a.b.p.circuit_breaker"));
    Word::root(site, ordinal).at(site)
}

fn fixed(length: Duration) -> BackoffSettings {
    BackoffSettings::Fixed(FixedSettings { base: length, jitter: JitterSettings::None })
}

/// One breaker and its clock.
struct Bench {
    breaker: CircuitBreaker,
    state: CircuitBreakerState,
    now: u64,
}

impl Bench {
    fn new(settings: &CircuitBreakerSettings) -> Self {
        let mut problems = Problems::new();
        settings.check(&mut problems);
        assert!(!problems.has_errors(), "{:?}", problems.into_found());
        let breaker = CircuitBreaker::new(settings);
        Self { breaker, state: breaker.start(), now: 0 }
    }

    fn admit(&mut self) -> Result<Permit, Refusal> {
        let would = self.breaker.would_admit(&mut self.state, at(self.now), draws);
        let admitted = self.breaker.admit(&mut self.state, at(self.now), draws);
        assert_eq!(would, admitted.is_ok(), "what is asked is what happens");
        admitted
    }

    fn record(&mut self, permit: Permit, class: Class, took: Duration) {
        self.breaker.record(&mut self.state, at(self.now), permit, (class, took), draws);
    }

    /// Calls that end at once, as long as they are let through.
    fn calls(&mut self, classes: &[Class]) -> Vec<bool> {
        classes
            .iter()
            .map(|&class| {
                let admitted = self.admit();
                if let Ok(permit) = admitted {
                    self.record(permit, class, Duration::ZERO);
                }
                admitted.is_ok()
            })
            .collect()
    }

    fn is_open(&self) -> bool {
        matches!(self.state.phase(), Phase::Open { .. })
    }

    fn is_closed(&self) -> bool {
        self.state.phase() == Phase::Closed
    }
}

/// What is done to a breaker.
#[derive(Clone, Debug)]
enum Step {
    Wait(u64),
    Call,
    End(Index, Class, u64),
}

fn script() -> impl Strategy<Value = Vec<Step>> {
    let class = prop_oneof![
        4 => Just(Class::Ok),
        4 => Just(Class::Reset),
        1 => Just(Class::Cancelled),
        1 => Just(Class::AppError)
    ];
    let step = prop_oneof![
        3 => prop_oneof![4 => 0_u64..60, 1 => 0_u64..1500].prop_map(Step::Wait),
        5 => Just(Step::Call),
        5 => (any::<Index>(), class, 0_u64..200).prop_map(|(which, class, took)| Step::End(which, class, took)),
    ];
    vec(step, 1..300)
}

fn settings() -> impl Strategy<Value = CircuitBreakerSettings> {
    let window = prop_oneof![
        (1_u32..12).prop_map(|size| WindowSettings::Count(CountWindowSettings { size })),
        (1_u64..8, 1_u32..5).prop_map(|(tenths, buckets)| {
            let duration = ms(tenths * 100 * u64::from(buckets));
            WindowSettings::Time(TimeWindowSettings { duration, buckets })
        }),
    ];
    let rate = || prop_oneof![3 => (1_u32..=100).prop_map(|it| Limit::At(Share::percent(it))), 1 => Just(Limit::Unlimited)];
    let row = prop_oneof![2 => Just(Limit::Unlimited), 1 => (1_u32..6).prop_map(Limit::At)];
    let wait = prop_oneof![1 => Just(Limit::Unlimited), 1 => (1_u64..500).prop_map(|it| Limit::At(ms(it)))];
    let rule =
        prop_oneof![Just(SuccessRule::Rate), Just(SuccessRule::AllConsecutive), Just(SuccessRule::First)];
    let late = prop_oneof![Just(LateResults::CurrentState), Just(LateResults::Discard)];
    let open = (1_u64..400, 1_u32..5);
    (window, 1_u32..12, (rate(), rate()), row, (open, wait), (rule, late)).prop_map(
        |(window, minimum_calls, (failure, slow), row, ((open, probes), wait), (rule, late))| {
            let has_rate = failure != Limit::Unlimited || slow != Limit::Unlimited;
            let row = if has_rate { row } else { Limit::At(minimum_calls) };
            CircuitBreakerSettings {
                window,
                minimum_calls,
                failure_rate_threshold: failure,
                slow_call_rate_threshold: slow,
                slow_call_duration_threshold: ms(100),
                consecutive_failures: row,
                open_duration: fixed(ms(open)),
                half_open_max_calls: probes,
                half_open_max_wait: wait,
                half_open_success_rule: rule,
                late_results: late,
                ..CircuitBreakerSettings::default()
            }
        },
    )
}

/// The same, from the rules: every outcome of a phase with its instant, and nothing summed up beforehand.
struct Naive {
    settings: CircuitBreakerSettings,
    phase: &'static str,
    since: u64,
    outcomes: Vec<(u64, bool, bool)>,
    admitted: u32,
    number: u32,
}

impl Naive {
    fn enter(&mut self, phase: &'static str, now: u64) {
        (self.phase, self.since, self.admitted) = (phase, now, 0);
        self.outcomes.clear();
        self.number += 1;
    }

    fn open_ms(&self) -> u64 {
        let BackoffSettings::Fixed(fixed) = &self.settings.open_duration else {
            unreachable!("the generator writes fixed ones")
        };
        fixed.base.as_ns() / 1_000_000
    }

    fn expire(&mut self, now: u64) {
        if let ("half-open", Limit::At(wait)) = (self.phase, self.settings.half_open_max_wait) {
            let end = self.since + wait.as_ns() / 1_000_000;
            if now > end {
                self.enter("open", end);
            }
        }
    }

    fn admit(&mut self, now: u64) -> Result<u32, Refusal> {
        self.expire(now);
        if self.phase == "open" {
            if now <= self.since + self.open_ms() {
                return Err(Refusal::Open);
            }
            self.enter("half-open", now);
        }
        if self.phase == "half-open" {
            if self.admitted == self.settings.half_open_max_calls {
                return Err(Refusal::HalfOpenFull);
            }
            self.admitted += 1;
        }
        Ok(self.number)
    }

    fn is_too_high(&self, outcomes: &[(u64, bool, bool)]) -> bool {
        let share = |count: usize| count as f64 / outcomes.len() as f64;
        let reaches = |share: f64, threshold: Limit<Share>| {
            threshold.limited().is_some_and(|threshold| share >= threshold.as_f64())
        };
        reaches(share(outcomes.iter().filter(|it| it.1).count()), self.settings.failure_rate_threshold)
            || reaches(
                share(outcomes.iter().filter(|it| it.2).count()),
                self.settings.slow_call_rate_threshold,
            )
    }

    fn record(&mut self, now: u64, number: u32, class: Class, took: u64) {
        self.expire(now);
        let is_late = number != self.number;
        if is_late && self.settings.late_results == LateResults::Discard {
            return;
        }
        if matches!(class, Class::Cancelled | Class::AppError) {
            if self.phase == "half-open" && !is_late {
                self.admitted -= 1;
            }
            return;
        }
        self.outcomes.push((now, class != Class::Ok, took > 100));
        let failures_in_a_row = self.outcomes.iter().rev().take_while(|it| it.1).count();
        match self.phase {
            "closed" => {
                let seen: Vec<_> = match self.settings.window {
                    WindowSettings::Count(count) => {
                        let from = self.outcomes.len().saturating_sub(count.size as usize);
                        self.outcomes[from..].to_vec()
                    }
                    WindowSettings::Time(time) => {
                        let bucket = time.duration.as_ns() / 1_000_000 / u64::from(time.buckets);
                        let is_seen =
                            |it: &&(u64, bool, bool)| it.0 / bucket + u64::from(time.buckets) > now / bucket;
                        self.outcomes.iter().filter(is_seen).copied().collect()
                    }
                };
                let minimum = match self.settings.window {
                    WindowSettings::Count(count) => self.settings.minimum_calls.min(count.size),
                    WindowSettings::Time(_) => self.settings.minimum_calls,
                };
                let is_row = self
                    .settings
                    .consecutive_failures
                    .limited()
                    .is_some_and(|row| failures_in_a_row >= row as usize);
                if is_row || (seen.len() >= minimum as usize && self.is_too_high(&seen)) {
                    self.enter("open", now);
                }
            }
            "half-open" => {
                let permitted = self.settings.half_open_max_calls;
                let all = self.outcomes.len() as u32;
                let verdict = match self.settings.half_open_success_rule {
                    SuccessRule::Rate => (all >= permitted.min(self.settings.minimum_calls))
                        .then(|| self.is_too_high(&self.outcomes)),
                    SuccessRule::AllConsecutive if failures_in_a_row > 0 => Some(true),
                    SuccessRule::AllConsecutive => (all >= permitted).then_some(false),
                    SuccessRule::First => Some(failures_in_a_row > 0),
                };
                match verdict {
                    Some(true) => self.enter("open", now),
                    Some(false) => self.enter("closed", now),
                    None => {}
                }
            }
            _ => {}
        }
    }
}

proptest! {
    #[test]
    fn every_decision_is_that_of_the_rules(settings in settings(), script in script()) {
        let mut bench = Bench::new(&settings);
        let mut naive = Naive { settings, phase: "closed", since: 0, outcomes: Vec::new(), admitted: 0, number: 0 };
        let mut running: Vec<(Permit, u32)> = Vec::new();
        for step in script {
            match step {
                Step::Wait(ms) => bench.now += ms,
                Step::Call => match (bench.admit(), naive.admit(bench.now)) {
                    (Ok(permit), Ok(number)) => running.push((permit, number)),
                    (ours, theirs) => prop_assert_eq!(ours.err(), theirs.err()),
                },
                Step::End(..) if running.is_empty() => {}
                Step::End(which, class, took) => {
                    let (permit, number) = running.swap_remove(which.index(running.len()));
                    bench.record(permit, class, ms(took));
                    naive.record(bench.now, number, class, took);
                }
            }
            let phase = match bench.state.phase() {
                Phase::Closed => "closed",
                Phase::Open { .. } => "open",
                Phase::HalfOpen { .. } => "half-open",
            };
            prop_assert_eq!(phase, naive.phase);
        }
    }
}

/// resilience4j: nothing is decided before 100 outcomes, then half of them are enough; after 60 s ten calls decide.
#[test]
fn the_defaults_are_those_of_resilience4j() {
    let mut bench = Bench::new(&CircuitBreakerSettings::default());
    let outcomes = |failures: usize, successes: usize| {
        [vec![Class::Reset; failures], vec![Class::Ok; successes]].concat()
    };
    bench.calls(&outcomes(50, 49));
    assert!(bench.is_closed(), "99 outcomes say nothing");
    bench.calls(&[Class::Ok]);
    assert!(bench.is_open(), "50 of 100");
    bench.now = 60_000;
    assert_eq!(bench.calls(&[Class::Ok]), [false], "it leaves strictly after the wait");
    bench.now = 60_001;
    assert_eq!(bench.calls(&outcomes(4, 6)), [true; 10]);
    assert!(bench.is_closed(), "4 of 10 are below one half");
    bench.calls(&outcomes(99, 0));
    assert!(bench.is_closed(), "what was counted before is forgotten");
}

#[test]
fn probes_that_never_end_keep_it_half_open_unless_that_has_a_limit() {
    let stuck = CircuitBreakerSettings {
        consecutive_failures: Limit::At(1),
        open_duration: fixed(ms(100)),
        half_open_max_calls: 1,
        ..CircuitBreakerSettings::default()
    };
    let limited = CircuitBreakerSettings { half_open_max_wait: Limit::At(ms(50)), ..stuck.clone() };
    for (settings, comes_back) in [(stuck, false), (limited, true)] {
        let mut bench = Bench::new(&settings);
        bench.calls(&[Class::Reset]);
        bench.now = 101;
        assert!(bench.admit().is_ok());
        bench.now = 151;
        assert_eq!(bench.admit(), Err(Refusal::HalfOpenFull));
        bench.now = 100_000;
        assert_eq!(bench.admit().is_ok(), comes_back);
    }
}

/// linkerd: shut for a backoff that doubles with every failed probe, and is forgotten when one succeeds.
#[test]
fn it_is_open_for_longer_each_time_and_begins_anew_when_it_was_closed() {
    let exponential = ExponentialSettings {
        base: ms(1000),
        max: Limit::At(ms(60_000)),
        multiplier: Factor::new(2.0).expect("2 is a factor"),
        jitter: JitterSettings::None,
    };
    let mut bench = Bench::new(&CircuitBreakerSettings {
        consecutive_failures: Limit::At(7),
        half_open_max_calls: 1,
        half_open_success_rule: SuccessRule::First,
        open_duration: BackoffSettings::Exponential(exponential),
        ..CircuitBreakerSettings::default()
    });
    bench.calls(&[Class::Reset; 6]);
    assert!(bench.is_closed(), "the seventh opens it");
    bench.calls(&[Class::Reset]);
    for wait in [1000, 2000, 4000, 8000] {
        bench.now += wait;
        assert_eq!(bench.calls(&[Class::Reset]), [false]);
        bench.now += 1;
        assert_eq!(bench.calls(&[Class::Reset]), [true]);
    }
    bench.now += 16_001;
    bench.calls(&[Class::Ok]);
    assert!(bench.is_closed());
    bench.calls(&[Class::Reset; 7]);
    bench.now += 1001;
    assert_eq!(bench.calls(&[Class::Ok]), [true]);
}

#[test]
fn slow_calls_open_it_though_they_succeed() {
    let mut bench = Bench::new(&CircuitBreakerSettings {
        window: WindowSettings::Count(CountWindowSettings { size: 10 }),
        slow_call_duration_threshold: ms(200),
        slow_call_rate_threshold: Limit::At(Share::percent(80)),
        ..CircuitBreakerSettings::default()
    });
    for (call, took) in [200, 200, 201, 201, 201, 201, 201, 201, 201, 201].into_iter().enumerate() {
        assert!(bench.is_closed(), "call {call}");
        let permit = bench.admit().expect("it is closed");
        bench.record(permit, Class::Ok, ms(took));
    }
    assert!(bench.is_open(), "8 of 10 took more than 200 ms");
}

#[test]
fn settings_that_cannot_be_meant_are_errors() {
    let errors = |change: &dyn Fn(&mut CircuitBreakerSettings)| {
        let mut settings = CircuitBreakerSettings::default();
        change(&mut settings);
        let mut problems = Problems::new();
        settings.check(&mut problems);
        problems
            .into_found()
            .iter()
            .map(|problem| (problem.is_error, problem.path.clone()))
            .collect::<Vec<_>>()
    };
    let error = |path: &str| vec![(true, path.to_owned())];
    assert_eq!(errors(&|_| {}), []);
    assert_eq!(errors(&|it| it.open_duration = BackoffSettings::None), error("open_duration"));
    assert_eq!(errors(&|it| it.half_open_max_calls = 0), error("half_open_max_calls"));
    assert_eq!(
        errors(&|it| it.failure_rate_threshold = Limit::At(Share::ZERO)),
        error("failure_rate_threshold")
    );
    assert_eq!(errors(&|it| (it.level, it.per) = (Level::Call, Per::Host)), error("per"));
    assert_eq!(errors(&|it| it.counts_as_ignored.push(Class::Reset)), error("counts_as_ignored[3]"));
    assert_eq!(errors(&|it| it.consecutive_failures = Limit::At(0)), error("consecutive_failures"));
    assert_eq!(
        errors(&|it| (it.failure_rate_threshold, it.slow_call_rate_threshold) =
            (Limit::Unlimited, Limit::Unlimited)),
        error("")
    );
    assert_eq!(errors(&|it| it.minimum_calls = 101), [(false, "minimum_calls".to_owned())]);
}
