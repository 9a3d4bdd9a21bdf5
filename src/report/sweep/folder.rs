//! The folder of a campaign: `campaign.json`, which says what it is, and a file for each block that is done.
//!
//! A block is a pure function of the campaign and its number, and its file appears whole or not at all. So any number of processes may work in the folder at a time, on any
//! number of machines, and be killed at any moment: whoever goes on computes what is missing. Two that compute the same block write the same bytes.

use std::fs;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use tempfile::NamedTempFile;

use super::block::{Block, BlockIdentity};
use super::cells::CELLS_FILE;
use super::rows::RUNS_FILE;
use crate::report::directory::{OUT, OutputError, Storage, sync_directory};

/// The version of the schema of `campaign.json`.
pub const CAMPAIGN_SCHEMA: &str = "metastable.campaign.v1";
/// The name of the file that says what a folder holds.
pub const CAMPAIGN_FILE: &str = "campaign.json";
/// The name of the file with all rows as Parquet, in builds that can write it.
pub const RUNS_PARQUET: &str = "runs.parquet";
/// The name of the file with a row per cell as Parquet.
pub const CELLS_PARQUET: &str = "cells.parquet";
/// What stands in the folder.
const OURS: [&str; 5] = [CAMPAIGN_FILE, RUNS_FILE, CELLS_FILE, RUNS_PARQUET, CELLS_PARQUET];
/// The folder of the blocks.
const BLOCKS: &str = "blocks";
/// How files end that are being written.
const PARTIAL: &str = ".partial";
/// How many random letters their names have.
const RANDOM: usize = 6;
/// How often a file is begun that others clean away: as often as there may be processes that finish at the same time.
const ATTEMPTS_MAX: u32 = 100;
/// More runs than these do not fit into the memory of the machine that merges them.
pub const RUNS_MAX: u64 = 100_000_000;

/// What a folder holds.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Campaign {
    /// The version of this file.
    pub schema: String,
    /// The version of the program.
    pub version: String,
    /// Which program it is, to the letter of its source.
    pub build: String,
    /// The file of the experiment, as it was named.
    pub experiment: String,
    /// SHA-256 over all that decides what comes out: models, cells, the first seed. Not how many seeds: there may be more later.
    pub id: String,
    /// How many cells there are.
    pub cells: u64,
    /// The first seed.
    pub first_seed: u64,
    /// Under how many seeds each cell runs.
    pub seeds: u64,
    /// How many runs a block has.
    pub block_size: u64,
}

impl Campaign {
    /// Whether the numbers could have been written: nobody who edits the file makes the program divide by 0.
    fn is_sound(&self) -> bool {
        let last_seed = self.first_seed.checked_add(self.seeds);
        let runs = self.cells.checked_mul(self.seeds);
        self.block_size > 0 && last_seed.is_some() && runs.is_some_and(|runs| (1..=RUNS_MAX).contains(&runs))
    }
}

/// Why a folder cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum FolderError {
    /// It cannot be read or written.
    #[error(transparent)]
    Output(#[from] OutputError),
    /// It holds something else.
    #[error("`{}` holds {what}", path.display())]
    Other {
        /// The folder.
        path: PathBuf,
        /// What.
        what: String,
        /// What to do about it.
        help: String,
    },
}

/// What there is of a block.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Found {
    /// Nothing.
    Missing,
    /// A file that is not as it was written.
    Torn,
    /// So many of its runs.
    Some(Block),
}

/// A folder that belongs to a campaign.
#[derive(Clone, Debug)]
pub struct CampaignFolder {
    path: PathBuf,
}

impl CampaignFolder {
    /// What stands in a folder.
    ///
    /// # Errors
    /// If there is no campaign in it.
    pub fn read(path: &Path) -> Result<(Self, Campaign), FolderError> {
        let file = path.join(CAMPAIGN_FILE);
        let bytes = match read_file(&file) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Err(FolderError::Other {
                    path: path.to_owned(),
                    what: "no sweep".to_owned(),
                    help: "name the folder that `metastable sweep` was given with `--out`".to_owned(),
                });
            }
            other => other.map_err(OutputError::io("read", &file))?,
        };
        let campaign = serde_json::from_slice(&bytes).ok().filter(Campaign::is_sound);
        let campaign = campaign.ok_or_else(|| FolderError::Other {
            path: path.to_owned(),
            what: format!("a `{CAMPAIGN_FILE}` that this version cannot read"),
            help: "choose another folder, or use the version that wrote it".to_owned(),
        })?;
        Ok((Self { path: path.to_owned() }, campaign))
    }

    /// The folder of this campaign, which is made if it is not there. What comes back is the campaign as it is there: the one that began it chose how large blocks are, and there
    /// are as many seeds as were ever asked for.
    ///
    /// # Errors
    /// If something else is there, or it cannot be written.
    pub fn open<S: Storage>(
        path: &Path,
        wanted: &Campaign,
        storage: &S,
    ) -> Result<(Self, Campaign), FolderError> {
        let folder = Self { path: path.to_owned() };
        if !path.join(CAMPAIGN_FILE).exists() {
            folder.begin(wanted, storage)?;
        }
        // Who asks for fewer at the same time may write the file between a look and a write: then it is written again.
        for _ in 0..ATTEMPTS_MAX {
            let (_, mut found) = Self::read(path)?;
            folder.refuse_other(wanted, &found)?;
            if found.seeds >= wanted.seeds {
                return Ok((folder, found));
            }
            found.seeds = wanted.seeds;
            let json = to_json(&found);
            put(&folder.path, CAMPAIGN_FILE, storage, |out| out.write_all(json.as_bytes()))?;
        }
        Self::read(path)
    }

    fn begin<S: Storage>(&self, wanted: &Campaign, storage: &S) -> Result<(), FolderError> {
        let path = &self.path;
        if let Ok(mut entries) = fs::read_dir(path) {
            let is_ours = |name: &str| name == BLOCKS || is_partial(name);
            let is_foreign =
                entries.any(|entry| entry.is_ok_and(|entry| !is_ours(&entry.file_name().to_string_lossy())));
            if is_foreign && path.join(CAMPAIGN_FILE).exists() {
                // Another process has begun it meanwhile.
                return Ok(());
            }
            if is_foreign {
                let what = "is not empty and holds no sweep of metastable";
                return Err(OutputError::Occupied { path: path.clone(), what, option: OUT }.into());
            }
        } else if path.exists() {
            let what = "exists and is not a directory";
            return Err(OutputError::Occupied { path: path.clone(), what, option: OUT }.into());
        }
        let blocks = path.join(BLOCKS);
        fs::create_dir_all(&blocks).map_err(OutputError::io("create", &blocks))?;
        // Of several that begin at a time one wins; the others read what it has written.
        let file = path.join(CAMPAIGN_FILE);
        let json = to_json(wanted);
        let written = staged(path, CAMPAIGN_FILE, storage, |out| out.write_all(json.as_bytes()))?;
        match written.persist_noclobber(&file) {
            Err(error) if !file.exists() => Err(OutputError::io("create", file)(error.error).into()),
            _ => Ok(()),
        }
    }

    /// That a folder holds what is wanted, and nothing else.
    ///
    /// # Errors
    /// If it does not.
    pub fn refuse_other(&self, wanted: &Campaign, found: &Campaign) -> Result<(), FolderError> {
        let what = if found.schema != wanted.schema {
            "a sweep of another version of metastable"
        } else if (&found.version, &found.build) != (&wanted.version, &wanted.build) {
            "a sweep of another build of metastable"
        } else if (&found.id, found.cells, found.first_seed) != (&wanted.id, wanted.cells, wanted.first_seed)
        {
            "another sweep: its model, its cells or its first seed are not these"
        } else {
            return Ok(());
        };
        let help = "choose another folder with `--out`, or remove this one; results of both in one table would be worth nothing";
        Err(FolderError::Other { path: self.path.clone(), what: what.to_owned(), help: help.to_owned() })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What there is of a block.
    ///
    /// # Errors
    /// If a file is there and cannot be read.
    pub fn block(&self, identity: &BlockIdentity<'_>, header: &str) -> Result<Found, OutputError> {
        let file = self.path.join(BLOCKS).join(identity.file_name());
        match read_file(&file) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Found::Missing),
            Err(error) if error.kind() == io::ErrorKind::InvalidInput => Ok(Found::Torn),
            Err(error) => Err(OutputError::io("read", file)(error)),
            Ok(bytes) => Ok(Block::read(&bytes, identity, header).map_or(Found::Torn, Found::Some)),
        }
    }

    /// Puts a block in place, unless as many of its runs or more are there: a process with fewer seeds takes nothing away from one with more.
    ///
    /// # Errors
    /// If it cannot be written; then what was there is as it was.
    pub fn publish<S: Storage>(
        &self,
        identity: &BlockIdentity<'_>,
        block: &Block,
        header: &str,
        storage: &S,
    ) -> Result<(), OutputError> {
        let text = block.to_text(identity, header);
        let (folder, name) = (self.path.join(BLOCKS), identity.file_name());
        let place = folder.join(&name);
        for attempt in 1..=ATTEMPTS_MAX {
            let written = staged(&folder, &name, storage, |out| out.write_all(text.as_bytes()))?;
            let persisted = match self.block(identity, header)? {
                Found::Some(there) if there.rows.len() >= block.rows.len() => return Ok(()),
                Found::Missing => written.persist_noclobber(&place),
                Found::Torn | Found::Some(_) => written.persist(&place),
            };
            match persisted {
                Ok(_) => break,
                // Another process has put this block there, or is done with the whole sweep and has cleaned up.
                Err(error) if is_overtaken(&error.error) && attempt < ATTEMPTS_MAX => {}
                Err(error) => return Err(OutputError::io("create", place)(error.error)),
            }
        }
        sync_directory(&folder).map_err(OutputError::io("write", folder))
    }

    /// Puts a file of results in place.
    ///
    /// # Errors
    /// If it cannot be written; then what was there is as it was.
    pub fn write<S: Storage>(
        &self,
        name: &str,
        storage: &S,
        body: impl Fn(&mut (dyn Write + Send)) -> io::Result<()>,
    ) -> Result<(), OutputError> {
        put(&self.path, name, storage, body)
    }

    /// Removes what killed processes have left half-written. Whoever is still writing begins that file again.
    pub fn remove_partial_files(&self) {
        for folder in [self.path.clone(), self.path.join(BLOCKS)] {
            let entries = fs::read_dir(folder).into_iter().flatten().flatten();
            for entry in entries.filter(|entry| is_partial(&entry.file_name().to_string_lossy())) {
                // It is only in the way of people who look.
                let _ = fs::remove_file(entry.path());
            }
        }
    }

    /// The files among the blocks that are none of these.
    pub fn strays(&self, blocks: u64) -> Vec<String> {
        let is_block = |name: &str| block_number(name).is_some_and(|number| number < blocks);
        let entries = fs::read_dir(self.path.join(BLOCKS)).into_iter().flatten().flatten();
        let names = entries.map(|entry| entry.file_name().to_string_lossy().into_owned());
        let mut strays: Vec<String> = names.filter(|name| !is_block(name) && !is_partial(name)).collect();
        strays.sort_unstable();
        strays
    }
}

/// What a file holds; a pipe is none, and nobody waits for what may come out of it.
fn read_file(path: &Path) -> io::Result<Vec<u8>> {
    if !fs::metadata(path)?.is_file() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "it is no file"));
    }
    fs::read(path)
}

/// Whether a file is one of ours that is being written: `.runs.csv-x1Y2z3.partial`. What somebody else calls `.partial` is his.
fn is_partial(name: &str) -> bool {
    let inner = name.strip_prefix('.').and_then(|rest| rest.strip_suffix(PARTIAL));
    let parts = inner.and_then(|inner| inner.rsplit_once('-'));
    parts.is_some_and(|(name, random)| {
        let is_ours = OURS.contains(&name) || block_number(name).is_some();
        is_ours && random.len() == RANDOM && random.bytes().all(|byte| byte.is_ascii_alphanumeric())
    })
}

/// The number of a block whose file is called so.
fn block_number(name: &str) -> Option<u64> {
    name.strip_prefix("block-")?.strip_suffix(".csv")?.parse().ok()
}

/// Whether another process was faster with the same file.
fn is_overtaken(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::AlreadyExists)
}

/// Writes a file and renames it into place.
fn put<S: Storage>(
    folder: &Path,
    name: &str,
    storage: &S,
    body: impl Fn(&mut (dyn Write + Send)) -> io::Result<()>,
) -> Result<(), OutputError> {
    let place = folder.join(name);
    for attempt in 1..=ATTEMPTS_MAX {
        match staged(folder, name, storage, &body)?.persist(&place) {
            Ok(_) => break,
            // Another process is done with the whole sweep and has cleaned up.
            Err(error) if error.error.kind() == io::ErrorKind::NotFound && attempt < ATTEMPTS_MAX => {}
            Err(error) => return Err(OutputError::io("create", place)(error.error)),
        }
    }
    sync_directory(folder).map_err(OutputError::io("write", folder))
}

/// A file beside its place, on the disk.
fn staged<S: Storage>(
    folder: &Path,
    name: &str,
    storage: &S,
    body: impl Fn(&mut (dyn Write + Send)) -> io::Result<()>,
) -> Result<NamedTempFile<S::File>, OutputError> {
    let shown = folder.join(name);
    let prefix = format!(".{name}-");
    let mut builder = tempfile::Builder::new();
    let made = builder
        .prefix(&prefix)
        .rand_bytes(RANDOM)
        .suffix(PARTIAL)
        .make_in(folder, |path| storage.create(path));
    let mut file = made.map_err(OutputError::io("create", &shown))?;
    let mut out = BufWriter::new(file.as_file_mut());
    let written = body(&mut out).and_then(|()| out.flush());
    // What is still in the buffer after a failure would be written, and fail, once more when it is dropped.
    let _ = out.into_parts();
    written.and_then(|()| storage.sync(file.as_file())).map_err(OutputError::io("write", shown))?;
    Ok(file)
}

fn to_json(campaign: &Campaign) -> String {
    let mut text = serde_json::to_string_pretty(campaign).expect("invariant: names and numbers");
    text.push('\n');
    text
}
