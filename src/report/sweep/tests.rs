//! Blocks and what they may go through: torn files, full disks, others who write the same.

use std::io;
use std::path::Path;

use proptest::prelude::*;

use super::*;
use crate::report::directory::small_disk::SmallDisk;
use crate::report::directory::{Disk, OutputError};

const HEADER: &str = "cell,seed\n";

fn identity(index: u64) -> BlockIdentity<'static> {
    BlockIdentity { campaign: "c0ffee", block_size: 3, index }
}

fn block() -> Block {
    Block { rows: ["0,1\n", "1,1\n", "2,\"x\"\"y\"\n"].map(str::to_owned).to_vec() }
}

proptest! {
    #[test]
    fn whatever_happens_to_a_file_is_seen(cut in 0usize..200, byte in any::<u8>(), is_cut in any::<bool>()) {
        let text = block().to_text(&identity(2), HEADER);
        let mut bytes = text.clone().into_bytes();
        let at = cut % bytes.len();
        if is_cut {
            bytes.truncate(at);
        } else {
            bytes[at] = byte;
        }
        let expected = (bytes == text.as_bytes()).then(block);
        prop_assert_eq!(Block::read(&bytes, &identity(2), HEADER), expected);
    }
}

#[test]
fn a_block_is_not_taken_for_another_one() {
    let bytes = block().to_text(&identity(2), HEADER).into_bytes();
    assert_eq!(Block::read(&bytes, &identity(2), HEADER), Some(block()));
    assert_eq!(Block::read(&bytes, &identity(3), HEADER), None);
    assert_eq!(Block::read(&bytes, &BlockIdentity { campaign: "bad", ..identity(2) }, HEADER), None);
    assert_eq!(Block::read(&bytes, &BlockIdentity { block_size: 4, ..identity(2) }, HEADER), None);
    assert_eq!(Block::read(&bytes, &identity(2), "cell\n"), None);
}

fn campaign() -> Campaign {
    let text = |text: &str| text.to_owned();
    Campaign {
        schema: text(CAMPAIGN_SCHEMA),
        version: text("1"),
        build: text("b"),
        experiment: text("x.toml"),
        id: text("c0ffee"),
        cells: 3,
        first_seed: 1,
        seeds: 4,
        block_size: 3,
    }
}

fn files_below(path: &Path) -> Vec<String> {
    let mut names = Vec::new();
    for entry in std::fs::read_dir(path).unwrap() {
        let entry = entry.unwrap();
        if entry.path().is_dir() {
            names.extend(files_below(&entry.path()));
        } else {
            names.push(entry.file_name().to_string_lossy().into_owned());
        }
    }
    names.sort();
    names
}

#[test]
fn a_full_disk_leaves_what_was_there() {
    let place = tempfile::tempdir().unwrap();
    let (folder, _) = CampaignFolder::open(place.path(), &campaign(), &Disk).unwrap();
    let short = Block { rows: block().rows[..1].to_vec() };
    folder.publish(&identity(0), &short, HEADER, &Disk).unwrap();
    let size = block().to_text(&identity(0), HEADER).len();
    for free in [0, 1, size - 1, size] {
        let disk = SmallDisk::new(free);
        let error = folder.publish(&identity(0), &block(), HEADER, &disk).unwrap_err();
        assert!(
            matches!(&error, OutputError::Io { source, .. } if source.kind() == io::ErrorKind::StorageFull),
            "{error}"
        );
        assert_eq!(folder.block(&identity(0), HEADER).unwrap(), Found::Some(short.clone()), "{free}");
        assert_eq!(files_below(place.path()), ["block-000000.csv", CAMPAIGN_FILE]);
    }
    folder.publish(&identity(0), &block(), HEADER, &SmallDisk::new(size + 1)).unwrap();
    assert_eq!(folder.block(&identity(0), HEADER).unwrap(), Found::Some(block()));
}

#[test]
fn a_folder_belongs_to_one_campaign() {
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("new");
    let opened = |wanted: &Campaign| CampaignFolder::open(&path, wanted, &Disk);
    opened(&campaign()).unwrap();
    assert_eq!(
        opened(&Campaign { block_size: 99, ..campaign() }).unwrap().1,
        campaign(),
        "the first one chose"
    );
    let more = Campaign { seeds: 9, ..campaign() };
    assert_eq!(opened(&more).unwrap().1, more, "seeds may be added");
    assert_eq!(opened(&campaign()).unwrap().1, more, "and are not taken away");
    for (other, word) in [
        (Campaign { id: "other".to_owned(), ..campaign() }, "another sweep"),
        (Campaign { build: "other".to_owned(), ..campaign() }, "another build"),
        (Campaign { version: "2".to_owned(), ..campaign() }, "another build"),
        (Campaign { schema: "v9".to_owned(), ..campaign() }, "another version"),
    ] {
        let error = opened(&other).unwrap_err().to_string();
        assert!(error.contains(word), "{error}");
    }
    let file = path.join(CAMPAIGN_FILE);
    let written = std::fs::read_to_string(&file).unwrap();
    for (from, to) in [
        ("\"block_size\": 3", "\"block_size\": 0"),
        ("\"cells\": 3", "\"cells\": 18446744073709551615"),
        ("\"seeds\": 9", "\"seeds\": 0"),
    ] {
        assert!(written.contains(from), "{written}");
        std::fs::write(&file, written.replace(from, to)).unwrap();
        let error = opened(&campaign()).unwrap_err().to_string();
        assert!(error.contains("cannot read"), "{to}: {error}");
    }
    let foreign = tempfile::tempdir().unwrap();
    std::fs::write(foreign.path().join("thesis.tex"), "").unwrap();
    let error = CampaignFolder::open(foreign.path(), &campaign(), &Disk).unwrap_err().to_string();
    assert!(error.contains("holds no sweep"), "{error}");
}

/// A process with fewer seeds that was slower finds more than it has computed.
#[test]
fn who_is_slower_with_fewer_seeds_takes_nothing_away() {
    let place = tempfile::tempdir().unwrap();
    let (folder, _) = CampaignFolder::open(place.path(), &campaign(), &Disk).unwrap();
    folder.publish(&identity(0), &block(), HEADER, &Disk).unwrap();
    let short = Block { rows: block().rows[..1].to_vec() };
    folder.publish(&identity(0), &short, HEADER, &Disk).unwrap();
    assert_eq!(folder.block(&identity(0), HEADER).unwrap(), Found::Some(block()));
    assert_eq!(files_below(place.path()), ["block-000000.csv", CAMPAIGN_FILE]);
}

#[test]
fn only_our_own_unfinished_files_are_removed() {
    let place = tempfile::tempdir().unwrap();
    let (folder, _) = CampaignFolder::open(place.path(), &campaign(), &Disk).unwrap();
    let theirs = ["movie.mkv.partial", ".notes-abc.partial", ".runs.csv-x.partial", "runs.csv.partial"];
    let ours = [".runs.csv-aB3xY9.partial", ".campaign.json-abcdef.partial", ".cells.csv-000000.partial"];
    for name in theirs.iter().chain(&ours) {
        std::fs::write(place.path().join(name), "").unwrap();
        std::fs::write(place.path().join("blocks").join(name), "").unwrap();
    }
    std::fs::write(place.path().join("blocks/.block-000007.csv-Q1w2E3.partial"), "").unwrap();
    folder.remove_partial_files();
    let mut left: Vec<&str> = theirs.iter().chain(&theirs).copied().chain([CAMPAIGN_FILE]).collect();
    left.sort_unstable();
    assert_eq!(files_below(place.path()), left);
    let foreign = tempfile::tempdir().unwrap();
    std::fs::write(foreign.path().join("movie.mkv.partial"), "").unwrap();
    assert!(CampaignFolder::open(foreign.path(), &campaign(), &Disk).is_err());
}

/// Many processes begin one sweep at once, each with its own number of seeds.
#[test]
fn all_who_begin_at_once_are_let_in() {
    for _ in 0..50 {
        let place = tempfile::tempdir().unwrap();
        std::thread::scope(|scope| {
            let begin = |seeds| {
                let wanted = Campaign { seeds, ..campaign() };
                CampaignFolder::open(place.path(), &wanted, &Disk).map(|_| ())
            };
            let handles: Vec<_> = (1..=8).map(|seeds| scope.spawn(move || begin(seeds))).collect();
            for handle in handles {
                handle.join().unwrap().unwrap();
            }
        });
    }
}
