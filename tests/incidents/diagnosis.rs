//! What keeps published failures down, and that nothing does where there is no loop.

use metastable::experiment::{Action, Diagnosis, Finding, Progress, diagnose};
use metastable::kernel::Duration;
use metastable::model::Model;
use metastable::quantity::NoFiles;

use crate::database_stall;
use crate::util::model_of;

fn diagnosed(model: &Model, reaction_s: u64) -> Diagnosis {
    diagnose(model, &NoFiles, Duration::from_secs(reaction_s), &Progress::default())
        .expect("it can be diagnosed")
}

/// The share of the load, in percent, with which it comes back for good, if there is one.
fn shed_level(diagnosis: &Diagnosis) -> Option<u64> {
    let Finding::Down { remedies, .. } = &diagnosis.finding else { return None };
    remedies.iter().find_map(|remedy| match remedy.action {
        Action::Shed { percent } if remedy.after.is_back() => Some(percent),
        _ => None,
    })
}

/// R. Isaacs et al., `HotOS` 2025: of 5/s between 1.5/s and 2/s are enough, if the load is cut at 1200 s and what follows is judged after 3600 s.
#[test]
fn retries_keep_the_running_example_down_and_its_shed_level_is_found() {
    let diagnosis = diagnosed(&model_of("retry-storm", &["run.duration=3600s"]), 300);
    assert!(diagnosis.loops().contains(&"retries of `impatient`"), "{:?}", diagnosis.loops());
    let level = shed_level(&diagnosis).expect("with less load it comes back");
    assert!((30..=40).contains(&level), "{level} % of 5/s");
}

#[test]
fn retries_keep_the_database_down_that_had_stood_still() {
    let diagnosis = diagnosed(&database_stall::model(280, 2, 1200), 60);
    assert!(diagnosis.loops().contains(&"retries of `app`"), "{:?}", diagnosis.loops());
}

#[test]
fn a_cold_cache_keeps_the_spiral_going() {
    let diagnosis = diagnosed(&model_of("lookaside-spiral", &[]), 60);
    assert!(diagnosis.loops().contains(&"cold cache `cache`"), "{:?}", diagnosis.loops());
}

#[test]
fn a_full_heap_keeps_the_collector_busy() {
    let diagnosis = diagnosed(&model_of("gc-death-spiral", &[]), 60);
    assert!(diagnosis.loops().contains(&"memory pressure at `app`"), "{:?}", diagnosis.loops());
}

#[test]
fn where_there_is_no_loop_none_is_found() {
    // More load than capacity, with a spike on top of it.
    let overloaded = diagnosed(&database_stall::model(320, 1, 400), 60);
    assert!(overloaded.loops().is_empty() && overloaded.finding == Finding::NotDown, "{overloaded:?}");
    // A node that limps to the end of the run, and has nothing to do with what is remembered.
    let limping = diagnosed(&model_of("slow-node", &[]), 60);
    assert!(limping.loops().is_empty() && limping.finding == Finding::NotDown, "{limping:?}");
    // What comes back by itself is kept down by nothing.
    let recovered = diagnosed(&database_stall::model(100, 2, 400), 60);
    assert!(recovered.loops().is_empty() && recovered.finding == Finding::NotDown, "{recovered:?}");
}
