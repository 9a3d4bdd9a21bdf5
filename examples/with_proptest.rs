//! The same with proptest, whose strategies can be combined with one's own: here settings of policies and faults are drawn together.
//!
//!   cargo test --release --features proptest --example with_proptest

use std::sync::LazyLock;

use metastable::analysis::Property;
use metastable::model::schedule::{FaultSpace, Limits, Schedule, Style};
use metastable::testing::{World, strategies};
use proptest::prelude::*;

/// Two minutes of a smaller shop.
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
    #![proptest_config(ProptestConfig { cases: 16, ..ProptestConfig::default() })]

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

/// The tests are all there is.
fn main() {}
