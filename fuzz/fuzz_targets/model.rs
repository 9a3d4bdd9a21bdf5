//! Any bytes are a model or have mistakes that are told: no panic, no hang, no flood of memory. What is a model is one again when it is explained,
//! and the same one.
//!
//!     cargo +nightly fuzz run model -- -max_len=8192 -rss_limit_mb=1024 -timeout=10

#![no_main]

use libfuzzer_sys::fuzz_target;
use metastable::model::{Model, Overrides, explain};
use metastable::plan::Plan;
use metastable::quantity::NoFiles;

/// More processes than this take their time to be planned, which is no news.
const INSTANCES_MAX: u64 = 10_000;

fuzz_target!(|bytes: &[u8]| {
    match Model::parse_bytes("model.toml", bytes, &Overrides::new()) {
        Err(found) => assert!(!found.to_string().is_empty()),
        Ok(loaded) => {
            let again = Model::parse("explained", &explain(&loaded), &Overrides::new());
            let again = again.unwrap_or_else(|found| panic!("the explanation is no model:\n{found}"));
            assert_eq!(again.model, loaded.model);
            let instances = loaded.model.services.values().map(|service| u64::from(service.instances));
            if instances.sum::<u64>() <= INSTANCES_MAX {
                // Files cannot be read here; that is a mistake like others.
                let _ = Plan::compile(&loaded.model, &NoFiles);
            }
        }
    }
});
