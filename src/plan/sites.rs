//! The places at which numbers are drawn.

use std::collections::BTreeMap;

use crate::kernel::random::hash64;
use crate::mechanism::Problems;

/// Names a site of a plan.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct SiteId(u32);

impl SiteId {
    /// The position in [`super::Plan::sites`].
    #[inline]
    pub const fn index(self) -> usize {
        self.0 as usize
    }
}

/// A place at which numbers are drawn: a path of names, and its hash.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Site {
    /// `services.db.handler.work.0`.
    pub path: String,
    /// [`hash64`] of the path.
    pub hash: u64,
}

/// Collects the sites of a plan, each once.
#[derive(Debug, Default)]
pub(super) struct Sites {
    sites: Vec<Site>,
    by_path: BTreeMap<String, SiteId>,
}

impl Sites {
    pub(super) fn add(&mut self, path: String) -> SiteId {
        if let Some(&site) = self.by_path.get(&path) {
            return site;
        }
        let site = SiteId(self.sites.len() as u32);
        self.by_path.insert(path.clone(), site);
        self.sites.push(Site { hash: hash64(&path), path });
        site
    }

    /// The sites, unless two of them would draw the same numbers.
    pub(super) fn finish(self, problems: &mut Problems) -> Vec<Site> {
        let mut by_hash: Vec<&Site> = self.sites.iter().collect();
        by_hash.sort_by_key(|site| site.hash);
        for pair in by_hash.windows(2) {
            if pair[0].hash == pair[1].hash {
                let message =
                    format!("`{}` and `{}` would draw the same random numbers", pair[0].path, pair[1].path);
                problems.error(
                    message,
                    "rename one of the two components: their names have the same 64-bit hash",
                );
            }
        }
        self.sites
    }
}
