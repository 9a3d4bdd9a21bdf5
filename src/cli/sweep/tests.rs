//! Whatever happens to a folder on the way, in the end it holds what one undisturbed process would have written.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

use proptest::prelude::*;

use super::merge::Merged;
use super::work::{Halted, Work};
use super::{Campaign, CampaignFolder, Layout, layout, ranges};
use crate::analysis::Observation;
use crate::experiment::{Outcome, Progress, Stopped};
use crate::kernel::random::mix;
use crate::model::{DesignMatrix, Experiment, LoadedExperiment, Metric, Points, VerdictName};
use crate::report::directory::small_disk::SmallDisk;
use crate::report::directory::{Disk, Storage};
use crate::report::sweep::{CAMPAIGN_SCHEMA, CELLS_FILE, RUNS_FILE, SweepReport};

/// What befalls a folder.
#[derive(Clone, Debug)]
enum Mishap {
    /// A process works off some part of so many, and is stopped after so many runs.
    Stopped { shard: u64, of: u64, after: u64 },
    /// A process works until the disk is full.
    DiskFull { free: usize },
    /// Two processes work at once, until all is merged and cleaned up.
    Two,
    /// So many bytes remain of a file.
    Torn { block: u64, bytes: u64 },
    /// A byte of a file is another one.
    Flipped { block: u64, byte: u64 },
    /// A process was killed while it wrote.
    Killed { block: u64 },
}

fn mishap() -> impl Strategy<Value = Mishap> {
    prop_oneof![
        (0u64..3, 1u64..4, 0u64..20).prop_map(|(shard, of, after)| Mishap::Stopped {
            shard: shard % of,
            of,
            after
        }),
        (0usize..3000).prop_map(|free| Mishap::DiskFull { free }),
        Just(Mishap::Two),
        (0u64..10, 0u64..2000).prop_map(|(block, bytes)| Mishap::Torn { block, bytes }),
        (0u64..10, 0u64..2000).prop_map(|(block, byte)| Mishap::Flipped { block, byte }),
        (0u64..10).prop_map(|block| Mishap::Killed { block }),
    ]
}

/// A sweep whose runs are drawn and not simulated.
struct Toy {
    experiment: LoadedExperiment,
    points: Points,
    campaign: Campaign,
}

impl Toy {
    fn new(seeds: u64, block_size: u64) -> Self {
        let text = r#"model = "m.toml"
seeds = 2
[variants.one]
[variants.two]
[sweep]
"a.rate" = { values = ["1/s", "2/s", "4/s"] }
"b" = { values = [true, "a word, and \"quotes\""] }
"#;
        let experiment = Experiment::parse("toy", text).unwrap_or_else(|found| panic!("{found}"));
        let points = experiment.points(&DesignMatrix::default()).unwrap();
        let campaign = Campaign {
            schema: CAMPAIGN_SCHEMA.to_owned(),
            version: "1".to_owned(),
            build: "b".to_owned(),
            experiment: "toy.toml".to_owned(),
            id: "id".to_owned(),
            cells: experiment.experiment.cell_count(&points),
            first_seed: 5,
            seeds,
            block_size,
        };
        Self { experiment, points, campaign }
    }

    fn report(&self, layout: Layout) -> SweepReport<'_> {
        SweepReport { name: "toy", experiment: &self.experiment.experiment, points: &self.points, layout }
    }

    /// Works on a part of the blocks until a number of runs are done.
    fn go(
        &self,
        place: &Path,
        part: (u64, u64),
        after: u64,
        storage: &(impl Storage + Sync),
    ) -> Result<(), Halted> {
        let (folder, campaign) = CampaignFolder::open(place, &self.campaign, &Disk).expect("it is ours");
        let layout = layout(&campaign);
        let progress = Progress::default();
        let left = AtomicU64::new(after);
        let simulate = |cells: &[u64], seed| {
            let draw = |&cell: &u64| {
                let spent =
                    left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1));
                spent.map(|_| drawn(cell, seed)).map_err(|_| Stopped::Cancelled)
            };
            cells.iter().map(draw).collect()
        };
        let work = Work::new(&folder, &campaign, self.report(layout), &progress, simulate);
        let blocks: Vec<u64> = (0..layout.blocks()).filter(|block| block % part.1 == part.0).collect();
        work.go_through(&blocks, storage)
    }

    fn suffer(&self, place: &Path, mishap: &Mishap) {
        let file = |block: u64| place.join("blocks").join(format!("block-{block:06}.csv"));
        match *mishap {
            Mishap::Stopped { shard, of, after } => {
                let _ = self.go(place, (shard, of), after, &Disk);
            }
            Mishap::DiskFull { free } => {
                let _ = self.go(place, (0, 1), u64::MAX, &SmallDisk::new(free));
            }
            Mishap::Two => std::thread::scope(|scope| {
                for _ in 0..2 {
                    scope.spawn(|| self.complete(place));
                }
            }),
            Mishap::Torn { block, bytes } => {
                if let Ok(mut whole) = fs::read(file(block)) {
                    whole.truncate(bytes as usize);
                    fs::write(file(block), whole).unwrap();
                }
            }
            Mishap::Flipped { block, byte } => {
                if let Ok(mut whole) = fs::read(file(block))
                    && let Some(byte) = whole.get_mut(byte as usize)
                {
                    *byte ^= 1;
                    fs::write(file(block), whole).unwrap();
                }
            }
            Mishap::Killed { block } => {
                let _ = fs::write(
                    place.join("blocks").join(format!(".block-{block:06}.csv-a1B2c3.partial")),
                    "# half",
                );
            }
        }
    }

    /// Does what is left, and merges.
    fn complete(&self, place: &Path) {
        self.go(place, (0, 1), u64::MAX, &Disk).expect("nothing is in the way any more");
        let (folder, campaign) = CampaignFolder::read(place).unwrap();
        let report = self.report(layout(&campaign));
        Merged::of(report, &folder, &campaign).expect("all is there").write(&Disk).unwrap();
        folder.remove_partial_files();
    }

    /// Does what is left, merges, and reads all files.
    fn end(&self, place: &Path) -> BTreeMap<String, Vec<u8>> {
        self.complete(place);
        let mut files = BTreeMap::new();
        for below in [place.to_owned(), place.join("blocks")] {
            for entry in fs::read_dir(below).unwrap().flatten().filter(|entry| entry.path().is_file()) {
                files.insert(
                    entry.file_name().to_string_lossy().into_owned(),
                    fs::read(entry.path()).unwrap(),
                );
            }
        }
        files
    }
}

/// A run that depends on nothing but its cell and its seed.
fn drawn(cell: u64, seed: u64) -> Outcome {
    let bits = mix(cell, seed);
    let values = Metric::ALL.map(|metric| {
        let bits = mix(bits, metric.index() as u64);
        (!bits.is_multiple_of(4)).then(|| (bits % 1000) as f64 / 7.0)
    });
    match bits % 9 {
        0 => Outcome::Panic("it said\nso".to_owned()),
        1 => Outcome::ModelError("a, b".to_owned()),
        _ => Outcome::Observed(Box::new(Observation {
            seed,
            verdict: VerdictName::ALL[(bits % 6) as usize],
            reason: None,
            values,
            observed_s: Some(3.5),
            digest: [bits as u8; 32],
        })),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn in_the_end_all_is_as_if_nothing_had_happened(
        seeds in 1u64..4,
        block_size in 1u64..15,
        mishaps in prop::collection::vec(mishap(), 0..6),
        threads in 1usize..4,
    ) {
        let toy = Toy::new(seeds, block_size);
        let undisturbed = tempfile::tempdir().unwrap();
        let expected = toy.end(undisturbed.path());
        let disturbed = tempfile::tempdir().unwrap();
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        let found = pool.install(|| {
            for mishap in &mishaps {
                toy.suffer(disturbed.path(), mishap);
            }
            toy.end(disturbed.path())
        });
        prop_assert_eq!(found, expected);
    }

    #[test]
    fn how_many_rows_are_read_at_a_time_changes_nothing(
        seeds in 1u64..9,
        block_size in 1u64..30,
        rows_at_once in 1u64..40,
    ) {
        let toy = Toy::new(seeds, block_size);
        let place = tempfile::tempdir().unwrap();
        let expected = toy.end(place.path());
        let (folder, campaign) = CampaignFolder::read(place.path()).unwrap();
        let merged = Merged::by(toy.report(layout(&campaign)), &folder, &campaign, rows_at_once);
        merged.expect("all is there").write(&Disk).unwrap();
        for name in [RUNS_FILE, CELLS_FILE] {
            prop_assert_eq!(&fs::read(place.path().join(name)).unwrap(), &expected[name], "{}", name);
        }
    }

    #[test]
    fn more_seeds_later_are_the_same_as_all_at_once(before in 1u64..4, after in 1u64..4, block_size in 1u64..30) {
        let (few, many) = (Toy::new(before, block_size), Toy::new(before + after, block_size));
        let (grown, at_once) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        few.end(grown.path());
        prop_assert_eq!(many.end(grown.path()), many.end(at_once.path()));
    }
}

#[test]
fn a_full_disk_is_told() {
    let place = tempfile::tempdir().unwrap();
    let toy = Toy::new(2, 5);
    let halted = toy.go(place.path(), (0, 1), u64::MAX, &SmallDisk::new(700));
    assert!(matches!(&halted, Err(Halted::Output(error)) if error.help().contains("disk")), "{halted:?}");
}

#[test]
fn numbers_in_a_row_are_put_together() {
    assert_eq!(ranges(&[0, 1, 2, 5, 7, 8]), "0 to 2, 5, 7 to 8");
}
