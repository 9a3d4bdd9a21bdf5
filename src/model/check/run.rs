//! `[run]` and `[judge]`.

use super::callers;
use crate::mechanism::Problems;
use crate::model::codes;
use crate::model::settings::{Model, RunSettings};

/// More rows than this, over all components, are a mistake in the interval, not a wish: each is kept in memory, about half a kilobyte.
const ROWS_MAX: u64 = 5_000_000;

pub(super) fn check(model: &Model, problems: &mut Problems) {
    let components = callers(model).len() + model.workloads.len() + model.services.len();
    problems.at("run", |problems| check_run(&model.run, components as u64, problems));
    problems.at("judge", |problems| check_judge(model, problems));
    if model.workloads.is_empty() {
        let help = "write `[workloads.<name>]` with `arrivals = { open = { rate = \"800/s\" } }` and `to`";
        problems.error_with_code(
            codes::MISSING_FIELD,
            "the model has no workload: nothing would happen",
            help,
        );
    }
}

fn check_run(run: &RunSettings, components: u64, problems: &mut Problems) {
    let mut wrong = |field: &str, message: String, help: &str| {
        problems.at(field, |problems| problems.error_with_code(codes::INVALID_TIMES, message, help));
    };
    let (duration_ns, interval_ns) = (run.duration.as_ns(), run.interval.as_ns());
    if duration_ns == 0 {
        wrong(
            "duration",
            "nothing can happen in no time".to_owned(),
            "write for example `duration = \"15min\"`",
        );
        return;
    }
    if interval_ns == 0 {
        wrong("interval", "an interval needs a length".to_owned(), "write for example `interval = \"1s\"`");
        return;
    }
    if interval_ns > duration_ns {
        let message = format!("an interval of {} is longer than the run of {}", run.interval, run.duration);
        wrong("interval", message, "no row would ever be complete");
    } else if (duration_ns / interval_ns).saturating_mul(components) > ROWS_MAX {
        let rows = duration_ns / interval_ns;
        let message = format!(
            "{rows} rows for each of {components} workloads, edges and services are more than {ROWS_MAX}"
        );
        wrong("interval", message, "write a longer `interval`");
    }
    if run.warmup.as_ns() >= duration_ns {
        let message = format!("a warm-up of {} leaves nothing of the run of {}", run.warmup, run.duration);
        wrong("warmup", message, "write a longer `duration` or a shorter `warmup`");
    } else if !run.warmup.as_ns().is_multiple_of(interval_ns) {
        let message =
            format!("a warm-up of {} is not a whole number of intervals of {}", run.warmup, run.interval);
        wrong("warmup", message, "summaries begin with a whole row");
    }
}

fn check_judge(model: &Model, problems: &mut Problems) {
    let judge = &model.judge;
    let mut wrong = |field: &str, message: String, help: &str| {
        problems.at(field, |problems| problems.error_with_code(codes::INVALID_JUDGE, message, help));
    };
    if judge.threshold.billionths() == 0 {
        wrong("threshold", "every system is above a threshold of 0%".to_owned(), "the default is `90%`");
    }
    if judge.relapse > judge.threshold {
        let message = format!("`relapse` {} is above `threshold` {}", judge.relapse, judge.threshold);
        wrong("relapse", message, "a system that is back would have fallen again at once");
    }
    if judge.hold.intervals == 0 {
        wrong("hold.intervals", "a hold window needs an interval".to_owned(), "the default is 10");
    }
    if judge.final_window.is_zero() {
        wrong("final_window", "a final window needs a length".to_owned(), "the default is `5min`");
    }
}
