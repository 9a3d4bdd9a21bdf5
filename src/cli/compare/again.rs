//! The report of a comparison that is there.

use super::super::arguments::CompareArguments;
use super::super::failure::Failure;
use super::super::interrupt;
use super::super::load::print;
use super::super::pictures::Pictures;
use super::super::report::Earlier;
use super::load;
use crate::analysis::Claim;
use crate::model::SeedSettings;
use crate::report::comparison::{COMPARISON_FILE, ComparisonReport, ComparisonSummary};
use crate::report::directory::Cleanup;

/// Makes the pictures of a comparison whose runs stand in a folder; what is missing is run again.
pub(in crate::cli) fn again(
    arguments: &CompareArguments,
    earlier: Earlier<'_>,
    pictures: &Pictures<'_>,
) -> Result<(), Failure> {
    let cleanup = Cleanup::default();
    interrupt::handle(&cleanup)?;
    let Some(path) = arguments.experiments.first() else { return Ok(()) };
    let loaded = load(path, arguments.seeds)?.map_err(|findings| {
        print(&findings);
        Failure::Model
    })?;
    let experiment = &loaded.read.experiment;
    let seeds = arguments.seeds.map_or(experiment.seeds, SeedSettings::Count);
    let comparison = loaded.observe(seeds, loaded.earlier(earlier.folder).unwrap_or_default())?;
    let claims: Vec<Claim> =
        experiment.expect.iter().map(|(name, expected)| comparison.judge(name, expected)).collect();
    let answer = comparison.answer();
    let report = ComparisonReport {
        name: &loaded.name,
        experiment,
        variants: &loaded.identities,
        comparison: &comparison,
        answer: &answer,
        claims: &claims,
    };
    earlier.require(COMPARISON_FILE, &ComparisonSummary::new(&report, Vec::new()).to_json())?;
    loaded.draw(report, arguments, pictures, &cleanup)
}
