//! Property tests for a system of one's own: copy this file to `tests/`, and write the path of your model.
//!
//! ```sh
//! cargo test --release --example property_test
//! ```
//!
//! `docs/property-tests.md` tells the story behind it.

use metastable::analysis::Property;
use metastable::testing::{Failed, PropertyTest, World, WorldError};

/// The system: three minutes of it are enough to see whether it comes back.
fn shop() -> Result<World, WorldError> {
    World::load("models/three-tier.toml")?.with(["run.duration=3min"])
}

/// What is asked of it: whatever happens, it comes back.
fn comes_back(world: &World) -> PropertyTest {
    PropertyTest::new(world, Property::Recovers).cases(64)
}

/// A change that sounds sensible: queries that hang are given up sooner, and tried four times, at once.
const FAIL_FAST: &str = r#"policies.query.retry={ max_attempts = 4, backoff = "none" }"#;
const SOONER: &str = r#"policies.query.per_try_timeout="100ms""#;

#[test]
fn the_shop_comes_back_whatever_happens() {
    comes_back(&shop().unwrap()).kept_in("tests/regressions").assert();
}

#[test]
fn the_change_is_stopped() {
    let changed = shop().unwrap().with([FAIL_FAST, SOONER]).unwrap();
    let failed = comes_back(&changed).run().unwrap_err();
    assert!(failed.schedule.len() <= 2, "{failed}");
    // The same schedule fails again, in the same way.
    let again = changed.check(&failed.schedule, &Property::Recovers).unwrap_err();
    assert_eq!(again.judged, failed.judged);
}

#[test]
fn a_retry_budget_cures_it() {
    let budget = r#"policies.query.retry.budget={ ratio = { percent = "20%" } }"#;
    let cured = shop().unwrap().with([FAIL_FAST, SOONER, budget]).unwrap();
    comes_back(&cured).assert();
}

/// What a test that fails says: `cargo run --release --example property_test`.
fn main() -> Result<(), Failed> {
    let changed = shop().and_then(|shop| shop.with([FAIL_FAST, SOONER])).expect("this model makes sense");
    comes_back(&changed).kept_in("target/regressions").run().map(|_| ())
}
