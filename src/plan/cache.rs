//! Caches, and who uses which part of them.

use crate::mechanism::cache::{self, Coalesce};

use super::{SiteId, Span};

/// A cache of the model.
#[derive(Clone, Debug)]
pub struct Cache {
    /// The name in the model.
    pub name: String,
    /// Its rules.
    pub rules: cache::Cache,
    /// The first of its parts, counted over all caches.
    pub first_part: u32,
    /// How many parts there are: one for everybody, or one in each instance of a service.
    pub parts: u32,
    /// The service in whose instances it is; `None`: it is for everybody.
    pub local_to: Option<u32>,
    /// How long it takes to look something up, or to change it.
    pub latency: Span,
    /// Who waits for a load that is under way.
    pub coalesce: Coalesce,
    /// How many of the most popular keys are in it when the run begins, as far as there is room.
    pub warm_keys: u32,
    /// Where ages and times to live of these are drawn.
    pub site: SiteId,
}

impl Cache {
    /// The part that is used in this instance of a service.
    pub const fn part(&self, ordinal: u32) -> u32 {
        if self.local_to.is_some() { self.first_part + ordinal } else { self.first_part }
    }
}
