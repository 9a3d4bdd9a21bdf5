//! The same model and seed give the same bytes, whatever the way there.

use proptest::prelude::*;
use toml::{Table, Value};

use metastable::kernel::{Duration, Time};
use metastable::model::Model;
use metastable::observe::Happening;

use super::models::model;
use super::worlds::{Log, begin, compile, config, results, run, run_model};

proptest! {
    #![proptest_config(config(2))]

    #[test]
    fn a_run_is_repeated_to_the_last_event(model in model()) {
        let (first, _, first_log) = run(&compile(&model), model.run.seed, Log::default());
        let (second, _, second_log) = run(&compile(&model), model.run.seed, Log::default());
        let difference = first_log.0.iter().zip(&second_log.0).position(|(one, other)| one != other);
        prop_assert_eq!(difference, None);
        prop_assert_eq!(first, second);
    }

    #[test]
    fn the_order_of_the_file_changes_nothing(model in model()) {
        let text = toml::to_string(&model).expect("a model can be written");
        let mut document: Table = toml::from_str(&text).expect("what was written can be read");
        reverse(&mut document);
        let reversed = toml::to_string(&document).expect("a document can be written");
        prop_assert_ne!(&text, &reversed);
        let other: Model = Model::decode("reversed.toml", &reversed).expect("a reversed document is a model too");
        prop_assert_eq!(&model, &other);
        prop_assert_eq!(run_model(&model), run_model(&other));
    }

    #[test]
    fn steps_slices_and_one_go_are_the_same(model in model(), slice_ms in 1_u64..3000) {
        let plan = compile(&model);
        let seed = model.run.seed;
        let (whole, _, log) = run(&plan, seed, Log::default());

        let mut stepped = begin(&plan, seed, Log::default());
        while stepped.step() {}
        let (stepped, _, stepped_log) = results::<Log>(&plan, seed, stepped);
        prop_assert_eq!(&stepped, &whole);
        prop_assert!(stepped_log.0 == log.0);

        let mut sliced = begin(&plan, seed, Log::default());
        let mut end = Time::ZERO;
        while end < Time::ZERO + plan.duration {
            end = end + Duration::from_ns(slice_ms * 1_000_000);
            sliced.run_until(end);
        }
        let (sliced, _, sliced_log) = results::<Log>(&plan, seed, sliced);
        prop_assert_eq!(&sliced, &whole);
        prop_assert!(sliced_log.0 == log.0);
    }

    #[test]
    fn a_fork_goes_on_like_its_origin(model in model(), permille in 0_u64..=1000) {
        let plan = compile(&model);
        let seed = model.run.seed;
        let (whole, _, _) = run(&plan, seed, Log::default());
        let mut origin = begin(&plan, seed, Log::default());
        origin.run_until(share_of(plan.duration, permille));
        let mut fork = origin.fork(seed, None);
        // One after the other, so that a state shared by both would show.
        fork.run();
        origin.run();
        let (fork, _, fork_log) = results::<Log>(&plan, seed, fork);
        let (origin, _, origin_log) = results::<Log>(&plan, seed, origin);
        prop_assert!(fork_log.0 == origin_log.0);
        prop_assert_eq!(&fork, &origin);
        prop_assert_eq!(&origin, &whole);
    }

    #[test]
    fn a_rekeyed_fork_keeps_the_past_and_draws_another_future(model in model(), permille in 0_u64..=1000) {
        let plan = compile(&model);
        let seed = model.run.seed;
        let forked_at = share_of(plan.duration, permille);
        let (whole, _, log) = run(&plan, seed, Log::default());
        let mut origin = begin(&plan, seed, Log::default());
        origin.run_until(forked_at);
        let mut fork = origin.fork(seed, Some(1));
        fork.run();
        let (fork, checker, fork_log) = results::<Log>(&plan, seed, fork);
        prop_assert!(checker.violations().is_empty(), "{:?}", checker.violations());

        let closed = (forked_at.as_ns() / plan.interval.as_ns()) as usize;
        for (one, other) in whole.services.iter().zip(&fork.services) {
            prop_assert_eq!(&one.rows[..closed], &other.rows[..closed]);
        }
        let past = log.0.partition_point(|&(at, _)| at < forked_at);
        prop_assert!(log.0[..past] == fork_log.0[..past]);
        prop_assert!(fork_log.0.get(past).is_none_or(|&(at, _)| at >= forked_at));

        // The next arrival of each source is drawn already; the second gap of the rest is new.
        let (future, fork_future) = (arrivals(&log.0[past..]), arrivals(&fork_log.0[past..]));
        let is_random = plan.workloads.iter().all(|workload| {
            let comes_and_goes = workload.batch.is_none() && workload.trace.is_none() && workload.users.is_none();
            comes_and_goes && workload.process == metastable::mechanism::arrivals::Process::Poisson
        });
        let drawn_already = plan.sources.len();
        if is_random && future.len() > drawn_already + 1 {
            prop_assert_ne!(future, fork_future);
        }
    }
}

fn arrivals(log: &[(Time, Happening)]) -> Vec<Time> {
    let entered = log.iter().filter(|(_, happening)| matches!(happening, Happening::RequestEntered { .. }));
    entered.map(|&(at, _)| at).collect()
}

fn share_of(duration: Duration, permille: u64) -> Time {
    Time::from_ns(duration.as_ns() / 1000 * permille)
}

/// Turns every table round, from the outermost to those in lists; lists keep their order, which means something.
fn reverse(table: &mut Table) {
    let entries: Vec<(String, Value)> = std::mem::take(table).into_iter().collect();
    for (key, mut value) in entries.into_iter().rev() {
        reverse_value(&mut value);
        table.insert(key, value);
    }
}

fn reverse_value(value: &mut Value) {
    match value {
        Value::Table(table) => reverse(table),
        Value::Array(elements) => elements.iter_mut().for_each(reverse_value),
        Value::String(_) | Value::Integer(_) | Value::Float(_) | Value::Boolean(_) | Value::Datetime(_) => {}
    }
}
