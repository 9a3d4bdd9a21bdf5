//! `metastable sweep`: every cell of an experiment under every seed, in a folder that any number of processes fill.

mod arguments;
mod cells;
mod formats;
mod merge;
mod picture;
#[cfg(test)]
mod tests;
mod work;

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use self::arguments::{MergeArguments, Shard, SweepCommand, SweepFolder, VerifyArguments};
use self::cells::{Cells, load};
use self::formats::Formats;
use self::merge::{Inventory, Merged};
use self::work::{Halted, Work};
use super::arguments::quoted;
use super::failure::Failure;
use super::interrupt;
use super::load::print;
use super::output::{until_closed, warn};
use super::pictures::Pictures;
use super::run::limit_threads;
use crate::experiment::{BUILD, Layout, Progress};
use crate::kernel::random::mix;
use crate::report::directory::Disk;
use crate::report::sparkline::Charset;
use crate::report::sweep::{
    BlockIdentity, CAMPAIGN_SCHEMA, CELLS_FILE, Campaign, CampaignFolder, Found, RUNS_FILE,
};

pub(super) use self::arguments::SweepArguments;

/// Runs a sweep, or looks after its folder.
pub(super) fn main(arguments: &SweepArguments) -> Result<(), Failure> {
    match (&arguments.command, &arguments.experiment, &arguments.out) {
        (Some(SweepCommand::Status(folder)), ..) => status(folder),
        (Some(SweepCommand::Merge(arguments)), ..) => merge(arguments),
        (Some(SweepCommand::Verify(arguments)), ..) => verify(arguments),
        (None, Some(experiment), Some(out)) => run(arguments, experiment, out),
        (None, ..) => unreachable!("the arguments are required without a subcommand"),
    }
}

/// An experiment whose cells can run; what is wrong with it has been said.
fn loaded(path: &Path) -> Result<Cells, Failure> {
    load(path)?.map_err(|findings| {
        print(&findings);
        Failure::Model
    })
}

fn say(text: &str) -> Result<(), Failure> {
    let mut stdout = anstream::stdout().lock();
    stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()).map_err(Failure::Stdout)
}

fn charset(is_ascii: bool) -> Charset {
    if is_ascii { Charset::Ascii } else { Charset::Unicode }
}

/// What the folder of these cells holds.
fn campaign(cells: &Cells, experiment: &Path, seeds: u64, block_size: Option<u64>) -> Campaign {
    Campaign {
        schema: CAMPAIGN_SCHEMA.to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        build: BUILD.to_owned(),
        experiment: experiment.display().to_string(),
        id: cells.id().to_owned(),
        cells: cells.count(),
        first_seed: cells.experiment().first_seed,
        seeds,
        block_size: block_size.unwrap_or_else(|| default_block_size(cells.count() * seeds)),
    }
}

/// A thousand blocks, so that little is lost with one, and none so small that its file takes longer than its runs.
fn default_block_size(runs: u64) -> u64 {
    (runs / 1000).clamp(10, 1000)
}

fn layout(campaign: &Campaign) -> Layout {
    let Campaign { cells, seeds, first_seed, block_size, .. } = *campaign;
    Layout { cells, seeds, first_seed, block_size }
}

fn run(arguments: &SweepArguments, experiment: &Path, out: &Path) -> Result<(), Failure> {
    let cells = loaded(experiment)?;
    let seeds = cells.seeds(arguments.seeds)?;
    limit_threads(arguments.jobs)?;
    let pictures = Pictures::check(&arguments.pictures, Some(out))?;
    let wanted = campaign(&cells, experiment, seeds, arguments.block_size);
    let (folder, campaign) = CampaignFolder::open(out, &wanted, &Disk)?;
    if campaign.seeds > seeds {
        let message = format!("`{}` has {} seeds, and {seeds} were asked for", out.display(), campaign.seeds);
        warn(&message, "all of them are run and shown; for fewer choose another folder with `--out`");
    }
    let layout = layout(&campaign);
    let progress = Arc::new(Progress::default());
    interrupt::cancel(&progress)?;
    let mine: Vec<u64> = (0..layout.blocks())
        .filter(|block| arguments.shard.is_none_or(|shard| block % shard.of == shard.index))
        .collect();
    let report = cells.report(layout);
    let work =
        Work::new(&folder, &campaign, report, &progress, |some, seed| cells.simulate(some, seed, &progress));
    let total = mine.iter().map(|block| layout.block(*block)).map(|runs| runs.end - runs.start).sum();
    let halted = with_bar(cells.name(), total, &work, || work.go_through(&mine, &Disk));
    match halted {
        Ok(()) => {}
        Err(Halted::Output(error)) => return Err(error.into()),
        Err(Halted::Stopped(crate::experiment::Stopped::Cancelled)) => {
            let done = mine.iter().filter(|block| work.is_done(**block)).count();
            let message = format!("interrupted: {done} of {} blocks are there", mine.len());
            return Err(Failure::Interrupted(message, "run the same command again to go on".to_owned()));
        }
        Err(Halted::Stopped(stopped)) => return Err(Failure::of_stopped(stopped)),
    }
    if let Some(shard) = arguments.shard {
        return shard_is_done(shard, mine.len(), out);
    }
    finish(&cells, &folder, &campaign, &pictures, Formats { parquet: false }, charset(arguments.ascii))
}

fn shard_is_done(shard: Shard, blocks: usize, out: &Path) -> Result<(), Failure> {
    let Shard { index, of } = shard;
    let out = quoted(out.as_os_str());
    say(&format!(
        "shard {index}/{of}: its {blocks} blocks are there\nwhen all shards are done: metastable sweep merge {out}\n"
    ))
}

/// Works with a bar on standard error, if that is a terminal: runs, their rate, the time that is left.
fn with_bar<T: Send>(
    name: &str,
    total: u64,
    work: &Work<'_, impl work::Simulate>,
    go: impl FnOnce() -> T,
) -> T {
    let style = ProgressStyle::with_template("{msg} {wide_bar} {pos}/{len} runs, {per_sec}, {eta} left")
        .expect("invariant: the template is well-formed");
    let bar = ProgressBar::with_draw_target(Some(total), ProgressDrawTarget::stderr());
    let bar = bar.with_style(style).with_message(name.to_owned());
    let is_done = std::sync::atomic::AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !is_done.load(std::sync::atomic::Ordering::Acquire) && !bar.is_hidden() {
                bar.set_position(work.runs_done());
                std::thread::sleep(std::time::Duration::from_millis(50));
            }
            bar.finish_and_clear();
        });
        let result = go();
        is_done.store(true, std::sync::atomic::Ordering::Release);
        result
    })
}

/// Merges what is there and shows it; everything has to be there.
fn finish(
    cells: &Cells,
    folder: &CampaignFolder,
    campaign: &Campaign,
    pictures: &Pictures<'_>,
    formats: Formats,
    charset: Charset,
) -> Result<(), Failure> {
    let layout = layout(campaign);
    let report = cells.report(layout);
    let merged = Merged::of(report, folder, campaign)?;
    let (_, now) = CampaignFolder::open(folder.path(), campaign, &Disk)?;
    if now.seeds > campaign.seeds {
        let message = format!(
            "another process has asked for {} seeds meanwhile, and these are {}",
            now.seeds, campaign.seeds
        );
        let help = "the tables are its to write; run the same command again to help";
        return Err(Failure::Other(message, help.to_owned()));
    }
    merged.write(&Disk)?;
    if formats.parquet {
        formats::write_parquet(&merged, &Disk)?;
    }
    folder.remove_partial_files();
    let claims = report.judge(&merged.verdicts);
    picture::draw(cells, campaign, &merged, &claims, pictures)?;
    let mut stdout = anstream::stdout().lock();
    let folder = folder.path();
    let written = report
        .write_text(&merged.cells, &mut stdout, charset)
        .and_then(|()| {
            writeln!(stdout)?;
            claims.iter().try_for_each(|claim| claim.write_text(&mut stdout))?;
            writeln!(
                stdout,
                "{}results  {}",
                if claims.is_empty() { "" } else { "\n" },
                folder.join(RUNS_FILE).display()
            )?;
            writeln!(stdout, "         {}", folder.join(CELLS_FILE).display())?;
            formats
                .names()
                .iter()
                .try_for_each(|name| writeln!(stdout, "         {}", folder.join(name).display()))?;
            write!(stdout, "{}", pictures.lines())?;
            writeln!(stdout, "one run  {}", cells.command(0, layout.first_seed))
        })
        .and_then(|()| stdout.flush());
    until_closed(written)?;
    if let [(cell, seed), ..] = merged.failed.as_slice() {
        let (failed, runs) = (merged.failed.len(), layout.runs());
        let message = format!(
            "{failed} of {runs} runs have no result, the first of them: {}",
            cells.command(*cell, *seed)
        );
        return Err(Failure::DoesNotHold(message, format!("the column `message` of {RUNS_FILE} says why")));
    }
    let broken: Vec<String> =
        claims.iter().filter(|claim| !claim.holds()).map(|claim| format!("`{}`", claim.name)).collect();
    if broken.is_empty() {
        return Ok(());
    }
    let help = "`sweep` shows above what was seen; more seeds with `--seeds` may prove more";
    Err(Failure::DoesNotHold(format!("claims do not hold: {}", broken.join(", ")), help.to_owned()))
}

/// The folder that was named, and the experiment that it belongs to.
fn opened(named: &SweepFolder) -> Result<(Cells, CampaignFolder, Campaign), Failure> {
    let (folder, found) = CampaignFolder::read(&named.folder)?;
    let path = named.experiment.clone().unwrap_or_else(|| PathBuf::from(&found.experiment));
    if !path.exists() {
        return Err(Failure::Other(
            format!("the experiment of this sweep, `{}`, is not there", path.display()),
            "go to the folder in which the sweep was begun, or say where it is with `--experiment`"
                .to_owned(),
        ));
    }
    let cells = loaded(&path)?;
    let wanted = Campaign { block_size: found.block_size, ..campaign(&cells, &path, found.seeds, None) };
    folder.refuse_other(&wanted, &found)?;
    Ok((cells, folder, found))
}

fn status(named: &SweepFolder) -> Result<(), Failure> {
    let (cells, folder, campaign) = opened(named)?;
    let layout = layout(&campaign);
    let merged = Inventory::of(cells.report(layout), &folder, &campaign)?;
    let blocks = layout.blocks();
    let share = (merged.runs as f64 / layout.runs() as f64 * 100.0).floor();
    let mut text = format!(
        "{}: {} of {blocks} blocks, {} of {} runs ({share:.0} %)\n",
        cells.name(),
        merged.whole,
        merged.runs,
        layout.runs()
    );
    for (word, blocks) in
        [("missing", &merged.missing), ("not whole", &merged.partial), ("damaged", &merged.torn)]
    {
        if !blocks.is_empty() {
            let _ = writeln!(text, "{word:<9} {}", ranges(blocks));
        }
    }
    let strays = folder.strays(blocks);
    if !strays.is_empty() {
        let _ = writeln!(text, "strays    {}", strays.join(", "));
    }
    let out = quoted(named.folder.as_os_str());
    let _ = if merged.whole == blocks {
        writeln!(text, "to merge  metastable sweep merge {out}")
    } else {
        let (experiment, seeds) = (quoted(campaign.experiment.as_ref()), campaign.seeds);
        writeln!(text, "to go on  metastable sweep {experiment} --out {out} --seeds {seeds}")
    };
    say(&text)
}

/// Numbers with those in a row put together: `0 to 4, 7`.
fn ranges(numbers: &[u64]) -> String {
    let mut ranges: Vec<(u64, u64)> = Vec::new();
    for &number in numbers {
        match ranges.last_mut() {
            Some((_, last)) if *last + 1 == number => *last = number,
            _ => ranges.push((number, number)),
        }
    }
    let shown = ranges
        .into_iter()
        .map(|(first, last)| if first == last { first.to_string() } else { format!("{first} to {last}") });
    shown.collect::<Vec<_>>().join(", ")
}

fn merge(arguments: &MergeArguments) -> Result<(), Failure> {
    let named = &arguments.folder;
    let formats = Formats { parquet: arguments.parquet };
    formats.check()?;
    let pictures = Pictures::check(&arguments.pictures, Some(&named.folder))?;
    let (cells, folder, campaign) = opened(named)?;
    require_whole(&cells, &folder, &campaign, named)?;
    finish(&cells, &folder, &campaign, &pictures, formats, charset(named.ascii))
}

/// Refuses a folder in which blocks are missing.
fn require_whole(
    cells: &Cells,
    folder: &CampaignFolder,
    campaign: &Campaign,
    named: &SweepFolder,
) -> Result<(), Failure> {
    let found = Inventory::of(cells.report(layout(campaign)), folder, campaign)?;
    let blocks = layout(campaign).blocks();
    if found.whole < blocks {
        return Err(Failure::Other(
            format!("{} of {blocks} blocks are missing", blocks - found.whole),
            format!(
                "`metastable sweep status {}` says which, and how to go on",
                quoted(named.folder.as_os_str())
            ),
        ));
    }
    Ok(())
}

/// Makes the pictures of a sweep whose blocks stand in a folder; nothing is simulated, and no table is written.
pub(super) fn again(folder: &Path, pictures: &Pictures<'_>) -> Result<(), Failure> {
    let named = SweepFolder { folder: folder.to_owned(), experiment: None, ascii: false };
    let (cells, folder, campaign) = opened(&named)?;
    require_whole(&cells, &folder, &campaign, &named)?;
    let report = cells.report(layout(&campaign));
    let merged = Merged::of(report, &folder, &campaign)?;
    let claims = report.judge(&merged.verdicts);
    picture::draw(&cells, &campaign, &merged, &claims, pictures)
}

fn verify(arguments: &VerifyArguments) -> Result<(), Failure> {
    let (cells, folder, campaign) = opened(&arguments.folder)?;
    limit_threads(arguments.jobs)?;
    let layout = layout(&campaign);
    let progress = Progress::default();
    let report = cells.report(layout);
    let work =
        Work::new(&folder, &campaign, report, &progress, |some, seed| cells.simulate(some, seed, &progress));
    let mut there = Vec::new();
    for index in 0..layout.blocks() {
        let identity = BlockIdentity { campaign: &campaign.id, block_size: campaign.block_size, index };
        if let Found::Some(block) = folder.block(&identity, &work.header())? {
            there.push((index, block));
        }
    }
    // Another sample than the first blocks, and the same every time.
    there.sort_by_key(|(index, _)| mix(0, *index));
    let sample = (there.len() as f64 * arguments.sample.as_f64()).ceil().max(1.0) as usize;
    there.truncate(sample);
    let mut wrong = Vec::new();
    for (index, block) in &there {
        let again = work.compute(*index, 0, block.rows.len() as u64).map_err(Failure::of_stopped)?;
        if again != block.rows {
            wrong.push(*index);
        }
    }
    wrong.sort_unstable();
    if wrong.is_empty() {
        return say(&format!(
            "{} of {} blocks were computed again, and are the same\n",
            there.len(),
            layout.blocks()
        ));
    }
    Err(Failure::DoesNotHold(
        format!(
            "of {} blocks that were computed again, these are not the same: {}",
            there.len(),
            ranges(&wrong)
        ),
        "remove their files and run the sweep again; if they differ once more, please report it".to_owned(),
    ))
}
