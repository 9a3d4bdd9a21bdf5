//! What a single run says of its own means.
//!
//! A queue with one server, Poisson arrivals and exponential work: the mean response is 1 / (mu - lambda) (D. Gross et al., Fundamentals of Queueing Theory, 4th ed. 2008, 2.2).

use metastable::analysis::{SteadyState, clopper_pearson};

use crate::util;

/// Half of what it can do, for an hour.
fn states(begin: &str, warmup: &str, seeds: u64) -> Vec<SteadyState> {
    let model = util::model(&format!(
        r#"
        name = "station"
        run = {{ duration = "3600s", warmup = "{warmup}", interval = "10s" }}
        [workloads.customers]
        arrivals = {{ open = {{ rate = "5/s" }} }}
        to = "station"
        clients = 1
        {begin}
        [services.station]
        threads = 1
        queue = {{ capacity = "unlimited" }}
        handler = [{{ work = "exponential(100ms)" }}]
        "#
    ));
    let plan = util::plan(&model);
    util::for_seeds(seeds, |seed| {
        SteadyState::of_run(&util::run(&plan, seed)).pop().expect("there is one workload")
    })
}

/// Goal: the intervals that a run prints cover the truth as often as they say. Method: two hundred seeds; how often is itself judged, with 99.9 % confidence.
#[test]
fn batch_means_cover_the_mean_response_of_a_queue() {
    let states = states("", "100s", 200);
    let covered = |intervals: Vec<(f64, f64)>, truth: f64| {
        let count = intervals.iter().filter(|(mean, half)| (mean - truth).abs() <= *half).count() as u64;
        let (low, high) = clopper_pearson(count, intervals.len() as u64, 0.999);
        assert!(low <= 0.95 && 0.95 <= high, "{count} of {}", intervals.len());
    };
    let of = |means: Option<metastable::analysis::BatchMeans>| {
        let means = means?;
        Some((means.mean, means.half_width(SteadyState::CONFIDENCE)?))
    };
    let latency: Vec<(f64, f64)> = states.iter().filter_map(|state| of(state.mean_latency_s)).collect();
    let goodput: Vec<(f64, f64)> = states.iter().filter_map(|state| of(state.goodput_per_s)).collect();
    // One in a hundred is refused by chance.
    assert!(latency.len() > 190 && goodput.len() > 190, "{} and {}", latency.len(), goodput.len());
    covered(latency, 0.2);
    covered(goodput, 5.0);
}

/// Goal: a warm-up that is too short is noticed, and one that is long enough is rarely blamed. Method: a load that is higher than the capacity for its first minutes, left out or not.
#[test]
fn a_warmup_that_is_too_short_is_noticed() {
    let begin = r#"profile = [{ at = "0s", scale = 3 }, { at = "100s", scale = 1 }]"#;
    let mut settled: Vec<f64> = states(begin, "0s", 20)
        .into_iter()
        .map(|state| {
            assert!(state.needs_warmup || state.settled_after.is_none(), "{state:?}");
            state.settled_after.map_or(f64::INFINITY, metastable::kernel::Duration::as_secs_f64)
        })
        .collect();
    settled.sort_by(f64::total_cmp);
    // 100 s at 15/s with room for 10/s: 500 wait, and 5/s of them are gone with every second more.
    assert!(settled[0] >= 180.0 && settled[10] <= 400.0, "{settled:?}");
    let later = states(begin, "600s", 100);
    let count = |is: fn(&SteadyState) -> bool| later.iter().filter(|state| is(state)).count() as u64;
    for blamed in [count(|state| state.needs_warmup), count(|state| state.settled_after.is_none())] {
        let (_, high) = clopper_pearson(blamed, 100, 0.999);
        assert!(high <= 0.2, "{blamed} of 100");
    }
}
