//! A property test with proptest, to copy: its strategies can be combined with one's own. Here settings of policies and faults are drawn together.
//!
//! ```sh
//! cargo test --features proptest --test with_proptest
//! ```
//!
//! `docs/property-tests.md` tells more.

use std::sync::LazyLock;

use metastable::analysis::Property;
use metastable::model::schedule::{FaultSpace, Limits, Schedule, Style};
use metastable::testing::{World, strategies};
use proptest::prelude::*;
use proptest::test_runner::RngSeed;

/// The system.
static SHOP: LazyLock<World> = LazyLock::new(|| {
    let world = World::load("models/queue-bound.toml").expect("the model makes sense");
    world.with(["services.server.queue.capacity=10"]).expect("it still does")
});

static FAULTS: LazyLock<FaultSpace> =
    LazyLock::new(|| SHOP.faults(&Limits::default()).expect("there is time for faults"));

fn faults() -> impl Strategy<Value = Schedule> {
    strategies::schedules(&FAULTS, Style::Swarm)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 16, rng_seed: RngSeed::Fixed(1), ..ProptestConfig::default() })]

    #[test]
    fn the_server_comes_back_whatever_happens(schedule in faults()) {
        SHOP.check(&schedule, &Property::Recovers)?;
    }

    /// However it is called: the settings that are drawn shrink to those that matter.
    #[test]
    fn a_short_queue_needs_no_luck(settings in strategies::policies(SHOP.model()), schedule in faults()) {
        let world = SHOP.with(&settings)?;
        world.check(&schedule, &Property::Recovers)?;
    }
}
