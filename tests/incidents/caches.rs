//! Caches that are lost, and whether they come back: what the headers of the models say.

use metastable::analysis::Verdict::{self, Metastable, Recovered, Unaffected};
use metastable::experiment::Trial;

use crate::systems::conduct;

const SEEDS: [&str; 3] = ["run.seed=1", "run.seed=2", "run.seed=3"];

/// The verdict, under each of the seeds.
fn verdicts(model: &str, changes: &[&str]) -> Vec<Verdict> {
    let of = |seed: &str| {
        let trial = conduct(model, &[changes, &[seed]].concat());
        trial.judgement.expect("there is a judgement").verdict
    };
    SEEDS.map(of).to_vec()
}

/// Hits as a share of the look-ups in these seconds.
fn hit_ratio(trial: &Trial, seconds: std::ops::Range<usize>) -> f64 {
    let rows = &trial.run.caches[0].rows[seconds];
    let hits: u64 = rows.iter().map(|row| row.hits).sum();
    let misses: u64 = rows.iter().map(|row| row.misses).sum();
    hits as f64 / (hits + misses) as f64
}

#[test]
fn a_look_aside_cache_that_is_lost_stays_lost() {
    assert_eq!(verdicts("lookaside-spiral", &[]), [Metastable; 3]);
    let trial = conduct("lookaside-spiral", &[]);
    let frozen = hit_ratio(&trial, 480..600);
    assert!((frozen - 0.579).abs() < 0.03, "{frozen}");
    let before = hit_ratio(&trial, 20..120);
    assert!((before - 0.825).abs() < 0.005, "{before}");
    assert_eq!(verdicts("lookaside-spiral", &["workloads.users.arrivals.open.rate=500/s"]), [Unaffected; 3]);
}

#[test]
fn what_arrives_late_is_kept_by_a_load_of_the_cache() {
    let read_through =
        r#"services.app.handler[0].cache={ get = "cache", load = [{ call = { to = "db" } }] }"#;
    for cure in [read_through, "policies.db.timeout=3s", "faults.flush.cache_flush.share=50%"] {
        let found = verdicts("lookaside-spiral", &[cure]);
        assert!(found.iter().all(|verdict| matches!(verdict, Unaffected | Recovered)), "{cure}: {found:?}");
    }
    for cure in ["services.db.abandoned_work=drop_on_dequeue", "services.db.queue.capacity=200"] {
        let found = verdicts("lookaside-spiral", &[cure]);
        assert!(found.iter().all(|verdict| matches!(verdict, Unaffected | Recovered)), "{cure}: {found:?}");
    }
}
