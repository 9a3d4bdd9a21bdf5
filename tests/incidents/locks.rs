//! Locks that outlive what held them up: what the header of the model says.

use metastable::analysis::Verdict::{self, Metastable, Recovered};
use metastable::experiment::Trial;
use metastable::observe::WorkloadRow;

use crate::systems::conduct;

const SEEDS: [&str; 2] = ["run.seed=1", "run.seed=2"];

/// The run under each of the seeds.
fn trials(changes: &[&str]) -> [Trial; 2] {
    SEEDS.map(|seed| conduct("lock-convoy", &[changes, &[seed]].concat()))
}

fn verdicts(changes: &[&str]) -> [Verdict; 2] {
    trials(changes).map(|trial| trial.judgement.expect("there is a judgement").verdict)
}

#[test]
fn a_convoy_outlives_the_migration_that_began_it() {
    for trial in trials(&[]) {
        assert_eq!(trial.judgement.as_ref().map(|judgement| judgement.verdict), Some(Metastable));
        let (run, twin) = (&trial.run, trial.twin.as_ref().expect("it was asked for"));
        let minutes = 300..600;
        // The row is never free, and gets as many purchases done as it can: for nobody.
        let row = &run.locks[0].rows[minutes.clone()];
        let (acquired, held): (u64, u128) =
            (row.iter().map(|row| row.acquired).sum(), row.iter().map(|row| row.holding.integral).sum());
        assert!(held as f64 > 0.99 * 300e9, "{held} ns");
        assert!((acquired as f64 / 300.0 - 90.0).abs() < 15.0, "{acquired} in 300 s");
        assert!(row.iter().all(|row| row.wait.p50_ns > 1_000_000_000), "nobody waits so long for anything");
        let share = |index: usize| {
            let good = |rows: &[WorkloadRow]| rows[minutes.clone()].iter().map(|row| row.good).sum::<u64>();
            good(&run.workloads[index].rows) as f64 / good(&twin.workloads[index].rows) as f64
        };
        assert!(share(0) < 0.02, "buyers: {}", share(0));
        // Those who only read need no row, but a thread.
        assert!((0.75..0.92).contains(&share(1)), "readers: {}", share(1));
    }
}

#[test]
fn who_does_not_wait_for_nobody_lets_the_others_pass() {
    for cure in [
        "locks.stock.wait_timeout=500ms",
        "services.app.abandoned_work=abort",
        "services.app.threads=60",
        r#"policies.user.retry.budget={ ratio = { percent = "10%", min_retries_per_second = 0 } }"#,
    ] {
        assert_eq!(verdicts(&[cure]), [Recovered; 2], "{cure}");
    }
    let defaults =
        ["locks.stock.wait_timeout=50s", r#"policies.user.retry.budget={ ratio = { percent = "10%" } }"#];
    for change in defaults {
        assert_eq!(verdicts(&[change]), [Metastable; 2], "{change}");
    }
}
