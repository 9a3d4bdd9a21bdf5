//! The effective model: explained, read back, digested.

use super::{GOOD, changed, explain, load};
use crate::quantity::{Files, NoFiles};

#[test]
fn explain_names_every_origin_and_parses_back() {
    let text = changed("\"800/s\"", "\"$load\"") + "[params]\nload = \"700/s\"\n";
    let loaded = load(&text, &["policies.db.timeout=5s"]).unwrap();
    let explained = explain(&loaded);
    for line in [
        "duration = \"15min\"  # line 3",
        "arrivals.open.rate = \"700/s\"       # param load, line 17",
        "  { work = \"8ms\" },              # line 11",
        "queue.order = \"fifo\"             # default",
    ] {
        assert!(explained.lines().any(|found| found == line), "{line}\n{explained}");
    }
    assert!(explained.contains("timeout = \"5s\"") && explained.contains("# --set"));
    assert_eq!(load(&explained, &[]).unwrap().model, loaded.model);
    assert_eq!(load(&loaded.model.effective_toml(), &[]).unwrap().model, loaded.model);
    assert!(!loaded.model.effective_toml().contains('#'));
}

#[test]
fn the_models_of_this_project_are_accepted_and_parse_back() {
    for text in [
        include_str!("../../../models/backoff-only.toml"),
        include_str!("../../../models/batch-at-midnight.toml"),
        include_str!("../../../models/breaker-fleet.toml"),
        include_str!("../../../models/cache-logins.toml"),
        include_str!("../../../models/connection-storm.toml"),
        include_str!("../../../models/checkout.toml"),
        include_str!("../../../models/congestive-collapse.toml"),
        include_str!("../../../models/database-brownout.toml"),
        include_str!("../../../models/fan-out.toml"),
        include_str!("../../../models/hedging-under-load.toml"),
        include_str!("../../../models/four-planes.toml"),
        include_str!("../../../models/idle-firewall.toml"),
        include_str!("../../../models/link-imbalance.toml"),
        include_str!("../../../models/lock-convoy.toml"),
        include_str!("../../../models/lookaside-spiral.toml"),
        include_str!("../../../models/shards-added.toml"),
        include_str!("../../../models/stampede.toml"),
        include_str!("../../../models/throttled-origin.toml"),
        include_str!("../../../models/expired-key.toml"),
        include_str!("../../../models/multi-level-cache.toml"),
        include_str!("../../../models/gc-death-spiral.toml"),
        include_str!("../../../models/gc-hysteresis.toml"),
        include_str!("../../../models/pool-exhaustion.toml"),
        include_str!("../../../models/queue-bound.toml"),
        include_str!("../../../models/retry-budget.toml"),
        include_str!("../../../models/retry-storm.toml"),
        include_str!("../../../models/steady.toml"),
        include_str!("../../../models/three-tier.toml"),
        include_str!("../../../models/vendor-defaults.toml"),
        include_str!("../../../models/cold-start.toml"),
        include_str!("../../../models/deterministic-stall.toml"),
        include_str!("../../../models/flaky-server.toml"),
        include_str!("../../../models/open-closed.toml"),
        include_str!("../../../models/optimistic-lock.toml"),
        include_str!("../../../models/plain-overload.toml"),
        include_str!("../../../models/retry-growth.toml"),
        include_str!("../../../models/write-behind.toml"),
    ] {
        let loaded = load(text, &[]).unwrap_or_else(|found| panic!("{found}"));
        let again = load(&explain(&loaded), &[]).unwrap_or_else(|found| panic!("{found}")).model;
        assert_eq!(again, loaded.model);
        assert_eq!(again.digest(&NoFiles), loaded.model.digest(&NoFiles));
    }
}

#[test]
fn the_digest_is_about_meaning() {
    let digest = |text: &str, overrides: &[&str]| load(text, overrides).unwrap().model.digest_hex(&NoFiles);
    let good = digest(GOOD, &[]);
    assert_eq!(good.len(), 64);
    assert_eq!(good, digest(&format!("# a comment\n{GOOD}"), &["run.seed=9", "description=words"]));
    assert_eq!(good, digest(GOOD, &["run.duration=900s", "run.interval=1000ms", "services.db.instances=1"]));
    assert_ne!(good, digest(GOOD, &["services.db.threads=5"]));
    let defaulted = ["workloads.shoppers.policy=default", "--unset policies.db"];
    let written = [&defaulted[..], &["policies.default={}"]].concat();
    assert_eq!(digest(GOOD, &defaulted), digest(GOOD, &written));
}

/// One file that holds one thing, whatever it is called.
struct Holding(&'static str);

impl Files for Holding {
    fn read(&self, _: &str) -> std::io::Result<String> {
        Ok(self.0.to_owned())
    }
}

#[test]
fn a_file_counts_by_what_it_holds() {
    let digest = |path: &str, held: &'static str| {
        let work = format!("services.db.handler[0].work=empirical({path})");
        load(GOOD, &[&work]).unwrap().model.digest(&Holding(held))
    };
    assert_eq!(digest("a.csv", "duration\n5ms\n"), digest("b.csv", "duration\n5ms\n"));
    assert_ne!(digest("a.csv", "duration\n5ms\n"), digest("a.csv", "duration\n6ms\n"));
}
