//! Goal: every budget decides as its source does.
//! Method: random scripts against naive models that remember everything, and against tower's own budget; the published figures of the quota and the tokens by hand.

use proptest::collection::vec;
use proptest::prelude::*;
use tower::retry::budget::{Budget as _, TpsBudget};

use super::*;
use crate::kernel::Time;
use crate::mechanism::{Class, Problems};
use crate::quantity::{Duration, Factor, Limit, Share};

fn at_ms(ms: u64) -> Time {
    Time::from_ns(ms * 1_000_000)
}

fn budget(settings: &RetryBudgetSettings) -> RetryBudget {
    RetryBudget::new(settings).expect("these settings bound something")
}

fn factor(value: f64) -> Factor {
    Factor::new(value).expect("a factor")
}

fn ratio(percent: u32, min: u32, ttl_s: u64, implementation: Implementation) -> RetryBudgetSettings {
    RetryBudgetSettings::Ratio(RatioSettings {
        percent: Share::percent(percent),
        min_retries_per_second: min,
        ttl: Duration::from_secs(ttl_s),
        implementation,
    })
}

/// What happens to a budget that counts calls.
#[derive(Clone, Copy, Debug)]
enum Use {
    Wait(u64),
    Call,
    Retry,
}

fn script() -> impl Strategy<Value = Vec<Use>> {
    let wait = prop_oneof![
        6 => 0_u64..150,
        3 => (0_u64..40).prop_map(|tenths| tenths * 100),
        1 => 0_u64..20_000,
    ];
    let uses = prop_oneof![2 => wait.prop_map(Use::Wait), 4 => Just(Use::Call), 3 => Just(Use::Retry)];
    vec(uses, 1..200)
}

/// The decisions of a `ratio` budget on a script.
fn decisions(settings: &RetryBudgetSettings, script: &[Use]) -> Vec<bool> {
    let budget = budget(settings);
    let (mut state, mut now, mut decided) = (budget.start(Time::ZERO), 0, Vec::new());
    for step in script {
        match step {
            Use::Wait(ms) => now += ms,
            Use::Call => budget.call_began(&mut state, at_ms(now)),
            Use::Retry => {
                let left = budget.left(&state, at_ms(now), Class::Reset);
                let granted = budget.withdraw(&mut state, at_ms(now), Class::Reset);
                assert_eq!(granted.is_some(), left != Some(0), "what is left says what is granted");
                decided.push(granted.is_some());
            }
        }
    }
    decided
}

/// The same by a model that remembers every deposit and withdrawal with the number of its slot. `kept`: slots that count besides the current one.
fn remembered(
    percent: u32,
    min: u32,
    ttl_ms: u64,
    implementation: Implementation,
    script: &[Use],
) -> Vec<bool> {
    let (slot, kept) = (ttl_ms / 10, if implementation == Implementation::Tower { 10 } else { 9 });
    let (deposit, withdrawal) = match (percent, implementation) {
        (0, _) => (0, 1),
        (_, Implementation::Tower) => (1, i64::from(100 / percent)),
        (_, Implementation::Finagle) => (1000, i64::from(100_000 / percent)),
    };
    let reserve = i64::from(min) * (ttl_ms / 1000).cast_signed() * withdrawal;
    let (mut now, mut began, mut number) = (0_u64, 0_u64, 0_u64);
    let (mut book, mut decided): (Vec<(u64, i64)>, Vec<bool>) = (Vec::new(), Vec::new());
    for step in script {
        if let Use::Wait(ms) = step {
            now += ms;
            continue;
        }
        let passed = now - began;
        if passed >= slot {
            let skipped = match implementation {
                Implementation::Finagle => passed / slot - 1,
                Implementation::Tower => passed.div_ceil(slot) - 1,
            };
            (number, began) = (number + 1 + skipped, now);
        }
        match step {
            Use::Call => book.push((number, deposit)),
            Use::Wait(_) | Use::Retry => {
                let counted = book.iter().filter(|(slot, _)| slot + kept >= number);
                let is_granted = reserve + counted.map(|(_, amount)| amount).sum::<i64>() >= withdrawal;
                decided.push(is_granted);
                if is_granted {
                    book.push((number, -withdrawal));
                }
            }
        }
    }
    decided
}

proptest! {
    #[test]
    fn a_ratio_is_what_a_full_memory_makes_of_it(
        script in script(),
        percent in 0_u32..=100,
        min in 0_u32..4,
        ttl_s in 1_u64..=10,
        is_tower in any::<bool>(),
    ) {
        let implementation = if is_tower { Implementation::Tower } else { Implementation::Finagle };
        let settings = ratio(percent, min, ttl_s, implementation);
        prop_assert_eq!(decisions(&settings, &script), remembered(percent, min, ttl_s * 1000, implementation, &script));
    }

    /// The real thing, under a clock that is moved by hand.
    #[test]
    fn tower_decides_the_same(script in script(), percent in 1_u32..=100, min in 0_u32..4, ttl_s in 1_u64..=10) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build()?;
        let theirs = runtime.block_on(async {
            let budget = TpsBudget::new(std::time::Duration::from_secs(ttl_s), min, percent as f32 / 100.0);
            let mut decided = Vec::new();
            for step in &script {
                match step {
                    Use::Wait(ms) => tokio::time::advance(std::time::Duration::from_millis(*ms)).await,
                    Use::Call => budget.deposit(),
                    Use::Retry => decided.push(budget.withdraw()),
                }
            }
            decided
        });
        // Where the reciprocal of the share is whole, single precision may still fall below it.
        let in_floats = (1.0 / (percent as f32 / 100.0)) as u32;
        prop_assume!(in_floats == 100 / percent);
        prop_assert_eq!(decisions(&ratio(percent, min, ttl_s, Implementation::Tower), &script), theirs);
    }
}

#[test]
fn an_idle_client_may_spend_the_whole_reserve_at_once_and_has_it_again_after_the_window() {
    let budget = budget(&RetryBudgetSettings::Ratio(RatioSettings::default()));
    let mut state = budget.start(Time::ZERO);
    let burst = |state: &mut RetryBudgetState, ms: u64| {
        (0..1000).take_while(|_| budget.withdraw(state, at_ms(ms), Class::Reset).is_some()).count()
    };
    assert_eq!(burst(&mut state, 0), 100, "10/s x 10 s");
    assert_eq!(burst(&mut state, 8_999), 0);
    assert_eq!(burst(&mut state, 20_000), 100);
}

#[test]
fn a_concurrency_budget_follows_what_is_in_flight() {
    let settings = ConcurrencySettings { percent: Share::percent(20), min_retry_concurrency: 3 };
    let budget = budget(&RetryBudgetSettings::Concurrency(settings));
    let mut state = budget.start(Time::ZERO);
    let grants = |state: &mut RetryBudgetState| {
        (0..100).take_while(|_| budget.withdraw(state, Time::ZERO, Class::Reset) == Some(1)).count()
    };
    assert_eq!(grants(&mut state), 3, "with nothing in flight the minimum");
    for _ in 0..29 {
        budget.attempt_began(&mut state);
    }
    assert_eq!(grants(&mut state), 2, "5 of 29 is the whole number below 20 %");
    budget.attempt_ended(&mut state, Time::ZERO, Class::Reset, true);
    let mut held = 1;
    budget.retry_ended(&mut state, &mut held);
    assert_eq!((held, grants(&mut state)), (0, 1), "28 allow 5, of which one has ended");
    for _ in 0..5 {
        budget.call_ended(&mut state, 1, 2, Class::Reset);
    }
    for _ in 0..28 {
        budget.attempt_ended(&mut state, Time::ZERO, Class::Ok, false);
    }
    assert_eq!(state.held(), 0);
}

#[test]
fn a_static_budget_counts_retries_until_they_end() {
    let budget = budget(&RetryBudgetSettings::Static(StaticSettings::default()));
    let mut state = budget.start(Time::ZERO);
    let granted: Vec<_> = (0..5).map(|_| budget.withdraw(&mut state, Time::ZERO, Class::Reset)).collect();
    assert_eq!(granted, [Some(1), Some(1), Some(1), None, None]);
    budget.call_ended(&mut state, 0, 1, Class::Reset);
    assert_eq!(budget.withdraw(&mut state, Time::ZERO, Class::Reset), None, "that call held none");
    budget.call_ended(&mut state, 1, 2, Class::Ok);
    assert_eq!(budget.withdraw(&mut state, Time::ZERO, Class::Reset), Some(1));
}

/// gRPC A6: "if `token_count` is less than or equal to the threshold, defined to be `(maxTokens / 2)`, then RPCs will not be retried".
#[test]
fn tokens_stop_retries_at_the_half_and_successes_bring_them_back() {
    let budget =
        budget(&RetryBudgetSettings::Token(TokenSettings { max_tokens: 10, token_ratio: factor(0.1) }));
    let mut state = budget.start(Time::ZERO);
    let fail = |state: &mut RetryBudgetState| {
        budget.attempt_ended(state, Time::ZERO, Class::Reset, true);
        budget.withdraw(state, Time::ZERO, Class::Reset).is_some()
    };
    let retried: Vec<bool> = (0..6).map(|_| fail(&mut state)).collect();
    assert_eq!(retried, [true, true, true, true, false, false]);
    // Four tokens are left; a failure that is not retried takes none, twenty successes bring two, and the next failure takes one again.
    budget.attempt_ended(&mut state, Time::ZERO, Class::AppError, false);
    for _ in 0..20 {
        budget.attempt_ended(&mut state, Time::ZERO, Class::Ok, false);
    }
    assert!(!fail(&mut state));
    for _ in 0..11 {
        budget.attempt_ended(&mut state, Time::ZERO, Class::Ok, false);
    }
    assert_eq!(
        budget.left(&state, Time::ZERO, Class::Reset),
        Some(2),
        "at 6.1 tokens, and at 5.1 after one more failure"
    );
    assert!(fail(&mut state), "5.1 are more than the half");
}

/// The standard mode of the AWS SDKs: 500 tokens, 5 for a retry and 10 after a time-out; the success of a retry returns what the last one took.
#[test]
fn a_quota_is_taken_by_retries_and_returned_by_their_success() {
    let budget = budget(&RetryBudgetSettings::Quota(QuotaSettings::default()));
    let mut state = budget.start(Time::ZERO);
    let left = |state: &RetryBudgetState| {
        budget.left(state, Time::ZERO, Class::ServerError).map(|retries| retries * 5)
    };
    assert_eq!(budget.withdraw(&mut state, Time::ZERO, Class::ServerError), Some(5));
    assert_eq!(budget.withdraw(&mut state, Time::ZERO, Class::AttemptTimeout), Some(10));
    assert_eq!(left(&state), Some(485));
    budget.call_ended(&mut state, 10, 3, Class::Ok);
    assert_eq!(left(&state), Some(495), "the last cost alone comes back");
    budget.call_ended(&mut state, 0, 1, Class::Ok);
    budget.call_ended(&mut state, 0, 1, Class::Reset);
    budget.call_ended(&mut state, 5, 2, Class::Reset);
    for _ in 0..4 {
        budget.call_ended(&mut state, 0, 1, Class::Ok);
    }
    assert_eq!(left(&state), Some(500), "one for a call that needs no retry, none for one that fails");
    budget.call_ended(&mut state, 0, 1, Class::Ok);
    assert_eq!(left(&state), Some(500), "never more than the whole");
    let granted =
        (0..1000).take_while(|_| budget.withdraw(&mut state, Time::ZERO, Class::AttemptTimeout).is_some());
    assert_eq!(granted.count(), 50);
}

#[test]
fn a_bucket_needs_more_than_one_token_for_a_retry() {
    let budget = budget(&RetryBudgetSettings::Bucket(BucketSettings { capacity: 5, per_call: factor(0.1) }));
    let mut state = budget.start(Time::ZERO);
    let granted = |state: &mut RetryBudgetState| {
        (0..10).take_while(|_| budget.withdraw(state, Time::ZERO, Class::Reset).is_some()).count()
    };
    assert_eq!(granted(&mut state), 4);
    budget.call_began(&mut state, Time::ZERO);
    assert_eq!(granted(&mut state), 1, "1.1 tokens");
    for _ in 0..9 {
        budget.call_began(&mut state, Time::ZERO);
    }
    assert_eq!(granted(&mut state), 0, "exactly one is not more than one");
}

#[test]
fn a_failure_rate_stops_retries_above_its_threshold_and_forgets_after_its_window() {
    let settings = |window| {
        RetryBudgetSettings::FailureRate(FailureRateSettings { threshold: Share::percent(10), window })
    };
    for (window, is_forgotten) in [(Limit::Unlimited, false), (Limit::At(Duration::from_secs(10)), true)] {
        let budget = budget(&settings(window));
        let mut state = budget.start(Time::ZERO);
        for _ in 0..10 {
            budget.call_began(&mut state, Time::ZERO);
        }
        budget.attempt_ended(&mut state, Time::ZERO, Class::AppError, false);
        budget.attempt_ended(&mut state, Time::ZERO, Class::Reset, true);
        let granted = budget.withdraw(&mut state, Time::ZERO, Class::Reset);
        assert_eq!(granted, Some(0), "1 of 10 is not above 10 %");
        budget.attempt_ended(&mut state, Time::ZERO, Class::Reset, true);
        assert_eq!(budget.withdraw(&mut state, Time::ZERO, Class::Reset), None);
        let later = budget.withdraw(&mut state, at_ms(11_000), Class::Reset);
        assert_eq!(later.is_some(), is_forgotten);
    }
}

/// What can be written can be computed, however little sense it makes.
#[test]
fn the_largest_numbers_that_can_be_written_overflow_nothing() {
    let largest = factor(f64::MAX);
    let ratio = RatioSettings {
        percent: Share::from_billionths(1).expect("a share"),
        min_retries_per_second: u32::MAX,
        ttl: Duration::from_secs(60),
        implementation: Implementation::Finagle,
    };
    for settings in [
        RetryBudgetSettings::Ratio(ratio),
        RetryBudgetSettings::Token(TokenSettings { max_tokens: 1000, token_ratio: largest }),
        RetryBudgetSettings::Bucket(BucketSettings { capacity: u32::MAX, per_call: largest }),
    ] {
        let budget = budget(&settings);
        let mut state = budget.start(Time::ZERO);
        for _ in 0..3 {
            budget.call_began(&mut state, Time::ZERO);
            budget.attempt_ended(&mut state, Time::ZERO, Class::Ok, false);
            assert_eq!(budget.withdraw(&mut state, Time::ZERO, Class::Reset), Some(0));
        }
    }
}

#[test]
fn settings_that_deny_everything_are_errors() {
    let errors = |settings: &RetryBudgetSettings| {
        let mut problems = Problems::new();
        settings.check(&mut problems);
        problems.into_found().iter().map(|problem| problem.path.clone()).collect::<Vec<_>>()
    };
    let token = |max_tokens, token_ratio| {
        RetryBudgetSettings::Token(TokenSettings { max_tokens, token_ratio: factor(token_ratio) })
    };
    assert_eq!(errors(&ratio(0, 0, 10, Implementation::Finagle)), ["ratio.percent"]);
    assert_eq!(errors(&ratio(20, 0, 61, Implementation::Tower)), ["ratio.ttl"]);
    assert_eq!(
        errors(&RetryBudgetSettings::Static(StaticSettings { max_retries: 0 })),
        ["static.max_retries"]
    );
    assert_eq!(errors(&token(0, 0.1)), ["token.max_tokens"]);
    assert_eq!(errors(&token(1001, 0.000_9)), ["token.max_tokens", "token.token_ratio"]);
    let quota = QuotaSettings { capacity: 9, ..QuotaSettings::default() };
    assert_eq!(errors(&RetryBudgetSettings::Quota(quota)), ["quota.capacity"]);
    let bucket = BucketSettings { capacity: 1, per_call: factor(0.1) };
    assert_eq!(errors(&RetryBudgetSettings::Bucket(bucket)), ["bucket.capacity"]);
    assert_eq!(errors(&RetryBudgetSettings::Unlimited), [""; 0]);
}
