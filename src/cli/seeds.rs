//! `metastable run --seeds`: one model under several seeds.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use super::arguments::{Format, RunArguments, Seeds};
use super::failure::Failure;
use super::interrupt;
use super::load::LoadedModel;
use super::output::until_closed;
use crate::experiment::{Progress, Replicate, Trial, TrialOptions, conduct_replicates};
use crate::model::hexadecimal;
use crate::report::decimal::seconds;
use crate::report::directory::{Cleanup, Destination, Disk};
use crate::report::replicates::{RUNS_FILE, ReplicatesSummary, write_runs};
use crate::report::sparkline::Charset;
use crate::report::summary::{FileSummary, ModelIdentity, SUMMARY_FILE};

/// Runs every seed; whatever fails on the way leaves no files behind.
pub(super) fn main(loaded: &LoadedModel, arguments: &RunArguments, seeds: Seeds) -> Result<(), Failure> {
    let model = &loaded.model;
    let place = || Path::new("results").join(format!("{}-{}..{}", model.name, seeds.first, seeds.last));
    let directory: PathBuf = arguments.out.clone().unwrap_or_else(place);
    let cleanup = Cleanup::default();
    interrupt::handle(&cleanup)?;
    let mut staging = Destination::check(&directory)?.stage(Disk, cleanup)?;

    let replicates = conduct(loaded, arguments, seeds)?;
    let rows = staging.write(RUNS_FILE, |out| write_runs(out, &replicates))?;
    let files = vec![FileSummary { name: RUNS_FILE.to_owned(), rows }];
    let identity = ModelIdentity { name: model.name.clone(), digest: hexadecimal(&loaded.digest) };
    let summary = ReplicatesSummary::new(identity, &replicates, files);
    let json = summary.to_json();
    staging.write(SUMMARY_FILE, |out| out.write_all(json.as_bytes()))?;
    staging.commit()?;

    let mut stdout = anstream::stdout().lock();
    let written = match arguments.format {
        Format::Json => stdout.write_all(json.as_bytes()),
        Format::Text => {
            let charset = if arguments.ascii { Charset::Ascii } else { Charset::Unicode };
            summary
                .write_text(&mut stdout, &replicates, charset)
                .and_then(|()| writeln!(stdout, "results  {}", directory.display()))
        }
    };
    until_closed(written.and_then(|()| stdout.flush()))?;
    let laws = replicates.iter().flat_map(|replicate| {
        let law = |violation: &crate::observe::Violation| {
            let at = seconds(u128::from(violation.at.as_ns()));
            format!("seed {}, {at} s: {}", replicate.seed, violation.law)
        };
        replicate.violations.iter().map(law)
    });
    let laws: Vec<String> = laws.collect();
    if laws.is_empty() { Ok(()) } else { Err(Failure::Violated(laws)) }
}

fn conduct(loaded: &LoadedModel, arguments: &RunArguments, seeds: Seeds) -> Result<Vec<Replicate>, Failure> {
    let (model, plan) = (&loaded.model, &loaded.plan);
    let options = TrialOptions { with_twin: !arguments.no_twin, check: arguments.check };
    let seeds: Vec<u64> = (seeds.first..=seeds.last).collect();
    let of_one = model.run.duration.as_ns().saturating_mul(Trial::run_count(plan, options));
    let total_ns = of_one.saturating_mul(seeds.len() as u64);
    super::run::with_progress(&model.name, total_ns, |progress: &Progress| {
        conduct_replicates(model, plan, &seeds, options, progress).map_err(Failure::of_stopped)
    })
}
