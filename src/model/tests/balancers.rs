//! Balancers that look at what is not there, and weights that nobody looks at.

use super::{GOOD, check_short, load};

#[test]
fn weights_and_balancers_fit_together() {
    let weighing = "policies.db.balancer=weighted_round_robin";
    let (two, weights) = ("services.db.instances=2", "services.db.weights=[3, 1]");
    assert!(load(GOOD, &[weighing, two, weights]).unwrap().warnings.is_empty());
    let hashing = "policies.db.balancer=ring_hash";
    assert!(load(GOOD, &[hashing, two, weights]).unwrap().warnings.is_empty());
    assert!(load(GOOD, &[hashing, two]).unwrap().warnings.is_empty());
    for (overrides, expected) in [
        (&[weighing, two, "services.db.weights=[3]"][..], "M030 3:19 `weights` has 1 entry, not 2"),
        (
            &[weighing, two, "services.db.weights=[3, 0]"],
            "M030 3:19 the weight `0` is not between 1 and 1000000",
        ),
        (&[two, weights], "M105 2:19 nobody who calls `db` looks at these weights"),
        (
            &[weighing, two],
            "M130 1:28 no service that is called so has `weights`: all instances weigh the same",
        ),
        (
            &[
                "policies.db.balancer=least_request",
                "services.db.instances=1000",
                "workloads.shoppers.clients=10001",
            ],
            "M022 1:28 each client remembers each instance: 10001000 pairs are more than 10000000",
        ),
    ] {
        check_short(GOOD, overrides, &[expected]);
    }
    let unwritten = ["workloads.shoppers.policy=default", "--unset policies.db", two];
    assert!(load(GOOD, &unwritten).is_ok(), "the built-in policy needs no table here either");
}
