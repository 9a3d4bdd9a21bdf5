//! Which instances a fault hits.

use serde::{Deserialize, Serialize};

use crate::kernel::random::{Bits, SiteKey, Word};
use crate::mechanism::Problems;
use crate::quantity::Share;

/// Which instances of a service; the modes are those of Chaos Mesh. Whoever is drawn for a smaller number is also drawn for a larger one.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Select {
    /// Every instance.
    #[default]
    All,
    /// This many, drawn from the seed.
    Fixed(u32),
    /// This share of them, rounded down, drawn from the seed.
    Share(Share),
    /// A share that is itself drawn, uniformly from 0 % to this one; rounded down.
    RandomMaxShare(Share),
    /// Those that stand in this zone.
    Zone(String),
    /// These, by their ordinals from 0 on, as a case lists them.
    Instances(Vec<u32>),
}

impl Select {
    /// Notes what is wrong with it; `problems` is at the table that `select` stands in.
    pub(super) fn check(&self, problems: &mut Problems) {
        let is_nobody = match self {
            Self::Fixed(count) => *count == 0,
            Self::Share(share) | Self::RandomMaxShare(share) => *share == Share::ZERO,
            Self::Instances(ordinals) => ordinals.is_empty(),
            Self::All | Self::Zone(_) => false,
        };
        if is_nobody {
            problems.at("select", |problems| {
                problems.error(
                    "a fault that hits 0 instances does nothing",
                    "write at least `{ fixed = 1 }`, or `\"all\"`",
                );
            });
        }
    }

    /// The most instances of `count` that it may hit, where that is a matter of numbers.
    pub fn most_of(&self, count: u32) -> u32 {
        match self {
            Self::All | Self::Zone(_) => count,
            Self::Fixed(wanted) => (*wanted).min(count),
            Self::Share(share) | Self::RandomMaxShare(share) => share_of(*share, count),
            Self::Instances(ordinals) => (ordinals.len() as u32).min(count),
        }
    }
}

fn share_of(share: Share, count: u32) -> u32 {
    (u64::from(share.billionths()) * u64::from(count) / 1_000_000_000) as u32
}

/// The instances, of `count`, that the `occurrence`-th occurrence of a fault hits, in ascending order; instance i stands in `zones[i % len]`. Where
/// they are drawn they are those with the smallest `mix(site, occurrence, ordinal)`, so a fault that hits one instance more hits all those that it hit before.
pub fn select_instances(
    select: &Select,
    zones: &[String],
    site: SiteKey,
    occurrence: u64,
    count: u32,
) -> Vec<u32> {
    let word = Word::root(site, occurrence);
    let wanted = match select {
        Select::All => return (0..count).collect(),
        Select::Zone(zone) => {
            let is_in_zone =
                |ordinal: &u32| !zones.is_empty() && zones[*ordinal as usize % zones.len()] == *zone;
            return (0..count).filter(is_in_zone).collect();
        }
        Select::Instances(ordinals) => {
            return (0..count).filter(|ordinal| ordinals.contains(ordinal)).collect();
        }
        Select::Fixed(_) | Select::Share(_) => select.most_of(count),
        Select::RandomMaxShare(share) => {
            let most = u64::from(share.billionths());
            let drawn = word.at(site).below(most + 1);
            (drawn * u64::from(count) / 1_000_000_000) as u32
        }
    };
    let mut drawn: Vec<(u64, u32)> =
        (0..count).map(|ordinal| (word.child(u64::from(ordinal)).raw(), ordinal)).collect();
    drawn.sort_unstable();
    let mut selected: Vec<u32> = drawn[..wanted as usize].iter().map(|&(_, ordinal)| ordinal).collect();
    selected.sort_unstable();
    selected
}
