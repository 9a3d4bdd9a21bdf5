//! What can be typed.

use std::ffi::OsStr;
use std::num::NonZeroUsize;
use std::path::PathBuf;

use super::boundary::BoundaryArguments;
use super::diagnose::DiagnoseArguments;
use super::exports::ExportArguments;
use super::hunt::HuntArguments;
use super::hysteresis::HysteresisArguments;
use super::replay::ReplayArguments;
use super::report::ReportArguments;
use super::shrink::ShrinkArguments;
use super::sweep::SweepArguments;
use clap::{Args, Parser, Subcommand, ValueEnum};

pub(super) use super::edits::{Edit, ModelArguments, quoted};

/// After the trigger is gone, does the system come back?
///
/// metastable runs a model of services, queues and call policies (one TOML file) through a seeded, deterministic simulation, once
/// with the faults that the model calls triggers and once without. It says whether goodput returns after the trigger has ended.
#[derive(Parser, Debug)]
#[command(
    name = "metastable",
    version,
    max_term_width = 80,
    after_help = "\
Examples:
  metastable check models/checkout.toml
  metastable run models/checkout.toml
  metastable run models/checkout.toml --set policies.db.retry.max_attempts=1
  metastable explain models/checkout.toml
  metastable compare experiments/retry-budget.toml
  metastable sweep experiments/sweeps/vulnerability.toml --out results/map

Exit codes:
  0    fine; a verdict, whatever it is, is a result and not a failure
  1    something that was asserted does not hold
  2    a mistake in the arguments or the model, or files that cannot be read or written
  130  interrupted"
)]
pub(super) struct Arguments {
    /// What to do.
    #[command(subcommand)]
    pub(super) command: Command,
}

/// The subcommands.
#[derive(Subcommand, Debug)]
pub(super) enum Command {
    /// Run a model and its twin, print the verdict, write the time series
    ///
    /// The results go into a directory that appears whole or not at all: summary.json, workloads.csv, edges.csv, services.csv, and
    /// one file for each mechanism in use that has columns of its own; with --seeds summary.json and runs.csv. Earlier results there are replaced as a whole; a directory with anything else in it is refused.
    #[command(after_help = "\
Examples:
  metastable run models/checkout.toml
  metastable run models/checkout.toml --seed 7
  metastable run models/checkout.toml --set faults.db_slow.duration=30s
  metastable run models/checkout.toml --unset policies.internal.retry
  metastable run models/checkout.toml --seeds 1..20
  metastable run models/checkout.toml --report checkout.html
  metastable run models/checkout.toml --openmetrics checkout.txt
  metastable run models/checkout.toml --perfetto checkout.json
  metastable run models/checkout.toml --check-determinism
  metastable run models/checkout.toml --format json | jq .verdict")]
    Run(RunArguments),
    /// Look for mistakes in a model without running it
    ///
    /// All mistakes are shown at once, each with its place in the file and what to do about it. Exit code 2 if there are any;
    /// warnings alone are fine.
    #[command(after_help = "\
Examples:
  metastable check models/checkout.toml
  metastable check models/checkout.toml --set services.db.threads=16
  metastable check models/checkout.toml --format json")]
    Check(CheckArguments),
    /// Print the whole model that is in force, every default included
    ///
    /// The text is a model itself. Every value has its origin beside it: a line of the file, the command line, a default.
    #[command(after_help = "\
Examples:
  metastable explain models/checkout.toml
  metastable explain models/checkout.toml --set policies.db.retry.max_attempts=1 > explicit.toml")]
    Explain(ExplainArguments),
    /// Compare variants of a model under the same seeds, and say which is better
    ///
    /// An experiment is a TOML file: a model, variants of it, a number of seeds, and what is expected. Every variant meets the same
    /// arrivals and the same demands, so what differs is the change and not luck. The answer comes first, then how often each variant
    /// survives, what it gives and costs, the differences with their intervals, and whether the claims hold.
    #[command(after_help = "\
Examples:
  metastable compare experiments/retry-budget.toml
  metastable compare experiments/retry-budget.toml --seeds 100 --out results/budget
  metastable compare experiments/retry-budget.toml --report budget.html
  metastable compare experiments/*.toml

Exit codes:
  0  every claim holds, or there is none
  1  a claim fails, or has too few seeds
  2  a mistake in the arguments, the experiment or the model")]
    Compare(CompareArguments),
    /// Run every combination of values that an experiment sweeps over, and write one table
    ///
    /// Every cell, a combination of values, runs under every seed. Results go into a folder as blocks, each of which appears whole or not
    /// at all: a sweep that was interrupted or killed goes on when it is run again, and any number of processes may share the work. When
    /// all blocks are there they are merged into runs.csv, a row per cell and seed, and cells.csv, a row per cell.
    #[command(
        args_conflicts_with_subcommands = true,
        subcommand_negates_reqs = true,
        after_help = "\
Examples:
  metastable sweep experiments/sweeps/vulnerability.toml --out results/map
  metastable sweep experiments/sweeps/vulnerability.toml --out results/map --seeds 200
  metastable sweep experiments/sweeps/vulnerability.toml --out results/map --shard 0/8
  metastable sweep status results/map
  metastable sweep merge results/map
  metastable sweep verify results/map --sample 1%

Exit codes:
  0    all runs were judged
  1    a run failed, or a claim does not hold, or a block is not what it should be
  2    a mistake in the arguments, the experiment or the model, or another sweep in the folder
  130  interrupted; run it again to go on"
    )]
    Sweep(SweepArguments),
    /// Find the value of a number of the model at which its behaviour changes
    ///
    /// Bisection: each value is run under as many seeds as it takes to prove that less, or more, than half of them are metastable (or
    /// another share, or verdict). The answer is two values with the boundary between them, and 95 % confidence as a whole.
    #[command(after_help = "\
Examples:
  metastable boundary models/database-brownout.toml --along workloads.app.arrivals.open.rate=120/s..200/s
  metastable boundary models/database-brownout.toml --along faults.stall.duration=100ms..60s --log --tolerance 10%
  metastable boundary models/database-brownout.toml --along services.db.threads=30..90 --verdict surviving

Exit codes:
  0  the boundary is found
  1  it is not inside the range
  2  a mistake in the arguments or the model")]
    Boundary(BoundaryArguments),
    /// Let the load of a workload rise and fall again: where does it fall over, and where does it come back?
    ///
    /// In one run the load goes up and as slowly down, without the triggers of the model. Both thresholds are medians over the seeds, and
    /// the way back counts as another one only if it is, by more than the speed of the ramp explains.
    #[command(after_help = "\
Examples:
  metastable hysteresis models/gc-hysteresis.toml --along workloads.users.arrivals.open.rate=300/s..1000/s
  metastable hysteresis models/gc-hysteresis.toml --along workloads.users.arrivals.open.rate=300/s..1000/s --for 1h")]
    Hysteresis(HysteresisArguments),
    /// Say what keeps a system down after its trigger, and what brings it back
    ///
    /// The world is copied when the last trigger has ended. In each copy one feedback is taken away: the retries of a policy, hedges, user retries, abandoned work, a backlog, a cold cache, memory pressure.
    /// Those without which it comes back keep it down. Later it is copied again, and an operator does one thing in each copy: sheds load, drops a backlog, restarts a service, turns retries off,
    /// waits longer, adds threads.
    #[command(after_help = "\
Examples:
  metastable diagnose models/retry-storm.toml
  metastable diagnose models/retry-storm.toml --after 5min --seed 7
  metastable diagnose models/gc-death-spiral.toml --format json | jq .loops")]
    Diagnose(DiagnoseArguments),
    /// Search seeds and schedules of faults for runs in which a property does not hold
    ///
    /// The triggers of the model give way to faults that are drawn: evenly, in swarms of few kinds, and as variations of those that came nearest to breaking the
    /// property. Each kind of failure becomes a case. What was run is kept in a journal: a hunt that was interrupted goes on when it is run again, and one with more
    /// --runs continues a shorter one.
    #[command(after_help = "\
Examples:
  metastable hunt models/three-tier.toml
  metastable hunt models/three-tier.toml --property 'recovers_within(30s) and nothing_lost' --runs 2000
  metastable hunt models/three-tier.toml --until 10min --faults pause,degrade,load_spike

Exit codes:
  0    the property held in every run
  1    it did not; there is a case for each kind of failure
  2    a mistake in the arguments or the model
  130  interrupted; run it again to go on")]
    Hunt(HuntArguments),
    /// Run a case again, and say whether it comes out the same; or find where two runs part
    ///
    /// A case is a file that `hunt` and `shrink` write: a model with every default and every fault written out, and what came out of it. The same version runs it
    /// again to the bit.
    #[command(after_help = "\
Examples:
  metastable replay results/hunt/case-1.toml
  metastable replay --to-first-difference results/hunt/case-1.toml smaller.toml
  metastable replay --to-first-difference models/checkout.toml mine.toml

Exit codes:
  0  the run is the one that was recorded
  1  it is another one
  2  a mistake in the arguments or the case, or another version or model than what was recorded")]
    Replay(ReplayArguments),
    /// Find the smallest run that fails in the same way, and tell its story
    ///
    /// Under the same seed faults, components and settings are taken away as long as the property does not hold and the verdict stays the same; what is left gets
    /// shorter, weaker and rounder. What was tried is kept in a journal beside the output: a search that was interrupted goes on when it is run again.
    #[command(after_help = "\
Examples:
  metastable shrink results/hunt/case-1.toml
  metastable shrink results/hunt/case-1.toml --out smallest.toml
  metastable shrink models/retry-storm.toml --out smallest.toml

Exit codes:
  0    the smallest case is written
  2    a mistake in the arguments or the case, or the property holds
  130  interrupted; run it again to go on")]
    Shrink(ShrinkArguments),
    /// Make the report of results that are there already
    ///
    /// The same file that `--report` would have given. A sweep is read from its blocks, and a comparison from its runs; other results are
    /// simulated again by the command that stands in their folder, and there is no report if they do not come out the same.
    #[command(after_help = "\
Examples:
  metastable report results/checkout-1
  metastable report results/map --out map.html --figures figures")]
    Report(ReportArguments),
    /// Print the JSON Schema of the language of models, or of experiments
    ///
    /// Editors complete and check files with it. A model names it in its first line, `#:schema metastable.schema.json`, as the
    /// extension Even Better TOML and the program taplo read it.
    #[command(after_help = "\
Examples:
  metastable schema > metastable.schema.json
  metastable schema experiment > metastable.experiment.schema.json")]
    Schema(SchemaArguments),
    /// Print a script that completes commands and options in a shell
    #[command(after_help = "\
Examples:
  metastable completions bash > /etc/bash_completion.d/metastable
  metastable completions zsh > ~/.zfunc/_metastable
  metastable completions fish > ~/.config/fish/completions/metastable.fish")]
    Completions(CompletionsArguments),
    /// Print the manual page, or write one for each subcommand
    #[command(after_help = "\
Examples:
  metastable man | man -l -
  metastable man --dir ~/.local/share/man/man1")]
    Man(ManArguments),
}

/// `metastable run`.
#[derive(Args, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of the command line")]
pub(super) struct RunArguments {
    #[command(flatten)]
    pub(super) model: ModelArguments,
    /// The seed; overrides `run.seed`. The same model and seed give the same bytes, everywhere
    #[arg(long, value_name = "N")]
    pub(super) seed: Option<u64>,
    /// Several seeds, first and last included: one line each, and how often each verdict came
    #[arg(long, value_name = "A..B", conflicts_with_all = ["seed", "report", "figures"], value_parser = Seeds::parse)]
    pub(super) seeds: Option<Seeds>,
    /// Where the results go [default: results/<name>-<seed>]
    #[arg(long, value_name = "DIR")]
    pub(super) out: Option<PathBuf>,
    #[command(flatten)]
    pub(super) pictures: PictureArguments,
    #[command(flatten)]
    pub(super) exports: ExportArguments,
    /// Run without the twin: faster, but without a verdict
    #[arg(long)]
    pub(super) no_twin: bool,
    /// Check all conservation laws while running; exit code 1 if one is violated
    #[arg(long)]
    pub(super) check: bool,
    /// Exit code 1 if an objective of the model is not met
    #[arg(long, conflicts_with_all = ["no_twin", "seeds"])]
    pub(super) strict: bool,
    /// Run twice instead, compare everything that happens, and write nothing; exit code 1 at the first difference
    #[arg(long, conflicts_with_all = ["out", "report", "figures", "no_twin", "check", "format", "ascii", "strict", "seeds"])]
    pub(super) check_determinism: bool,
    /// How many threads may work at a time, which changes no result [default: one per processor]
    #[arg(long, value_name = "N")]
    pub(super) jobs: Option<NonZeroUsize>,
    /// What is printed: text for people, or summary.json
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    pub(super) format: Format,
    /// Draw with ASCII characters only
    #[arg(long)]
    pub(super) ascii: bool,
}

/// `--seeds 1..20`: from the first to the last, both included.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Seeds {
    pub(super) first: u64,
    pub(super) last: u64,
}

/// More seeds than this are a slip of the hand.
pub(super) const SEEDS_MAX: u64 = 1_000_000;

impl Seeds {
    fn parse(text: &str) -> Result<Self, String> {
        const HELP: &str = "write the first and the last seed, such as `1..20`";
        let (first, last) = text.split_once("..").ok_or(HELP)?;
        let seed = |text: &str| text.parse::<u64>().map_err(|_| HELP.to_owned());
        let (first, last) = (seed(first)?, seed(last.strip_prefix('=').unwrap_or(last))?);
        if last < first {
            return Err(format!("the last seed {last} is before the first, {first}"));
        }
        if last - first >= SEEDS_MAX {
            return Err(format!("these are more than {SEEDS_MAX} seeds"));
        }
        Ok(Self { first, last })
    }
}

/// `metastable compare`.
#[derive(Args, Debug)]
pub(super) struct CompareArguments {
    /// The experiments, TOML files
    #[arg(value_name = "EXPERIMENT", required = true)]
    pub(super) experiments: Vec<PathBuf>,
    /// How many seeds, instead of what the experiment says
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(2..=SEEDS_MAX))]
    pub(super) seeds: Option<u64>,
    /// Where the results go: comparison.json, runs.csv, verdicts.csv, variants.csv, differences.csv; of several experiments a directory
    /// for each. Runs that are there already are not repeated
    #[arg(long, value_name = "DIR")]
    pub(super) out: Option<PathBuf>,
    #[command(flatten)]
    pub(super) pictures: PictureArguments,
    /// How many threads may work at a time, which changes no result [default: one per processor]
    #[arg(long, value_name = "N")]
    pub(super) jobs: Option<NonZeroUsize>,
    /// What is printed: text for people, or comparison.json
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    pub(super) format: Format,
    /// Draw with ASCII characters only
    #[arg(long)]
    pub(super) ascii: bool,
}

/// What is drawn.
#[derive(Args, Debug)]
pub(super) struct PictureArguments {
    /// Write a report for people: one HTML file that loads nothing, with charts. An earlier report there is replaced
    #[arg(long, value_name = "FILE")]
    pub(super) report: Option<PathBuf>,
    /// Write the drawings of the report as SVG files, for papers and slides, and figures.json, which lists them
    #[arg(long, value_name = "DIR")]
    pub(super) figures: Option<PathBuf>,
}

/// `metastable schema`.
#[derive(Args, Debug)]
pub(super) struct SchemaArguments {
    /// Of what
    #[arg(value_enum, default_value_t, value_name = "LANGUAGE")]
    pub(super) language: Language,
}

/// What a schema is about.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, ValueEnum)]
pub(super) enum Language {
    /// Models
    #[default]
    Model,
    /// Experiments
    Experiment,
}

/// `metastable check`.
#[derive(Args, Debug)]
pub(super) struct CheckArguments {
    #[command(flatten)]
    pub(super) model: ModelArguments,
    /// What is printed: text for people, or JSON
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    pub(super) format: Format,
}

/// `metastable explain`.
#[derive(Args, Debug)]
pub(super) struct ExplainArguments {
    #[command(flatten)]
    pub(super) model: ModelArguments,
}

/// `metastable completions`.
#[derive(Args, Debug)]
pub(super) struct CompletionsArguments {
    /// Which shell
    #[arg(value_enum, value_name = "SHELL")]
    pub(super) shell: clap_complete::Shell,
}

/// `metastable man`.
#[derive(Args, Debug)]
pub(super) struct ManArguments {
    /// Write metastable.1 and a page for each subcommand into this directory
    #[arg(long, value_name = "DIR")]
    pub(super) dir: Option<PathBuf>,
}

/// What is printed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, ValueEnum)]
pub(super) enum Format {
    /// For people
    #[default]
    Text,
    /// For programs
    Json,
}

impl RunArguments {
    /// The command that gives the same result again, ready for a POSIX shell.
    pub(super) fn replay(&self, seed: u64) -> String {
        let places = [
            ("--out", &self.out),
            ("--report", &self.pictures.report),
            ("--figures", &self.pictures.figures),
        ];
        let places = places.iter().filter_map(|(option, place)| Some((option, place.as_ref()?)));
        let places = places.map(|(option, place)| format!(" {option} {}", quoted(place.as_os_str())));
        self.simulation(seed) + &places.collect::<String>() + &self.exports.words()
    }

    /// The same without the places where results go, on which they do not depend.
    pub(super) fn simulation(&self, seed: u64) -> String {
        typed(&self.words(Some(seed)))
    }

    /// The words of that command.
    pub(super) fn words(&self, seed: Option<u64>) -> Vec<String> {
        let mut words = vec!["run".to_owned()];
        words.extend(self.model.raw_words());
        words.extend(seed.into_iter().flat_map(|seed| ["--seed".to_owned(), seed.to_string()]));
        words.extend(self.no_twin.then(|| "--no-twin".to_owned()));
        words
    }
}

/// A command of these words, ready for a POSIX shell.
pub(super) fn typed(words: &[String]) -> String {
    let words: Vec<String> = words.iter().map(|word| quoted(OsStr::new(word))).collect();
    format!("metastable {}", words.join(" "))
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    fn run_arguments(line: &[&str]) -> RunArguments {
        match Arguments::try_parse_from([&["metastable", "run"], line].concat()).expect("arguments").command {
            Command::Run(arguments) => arguments,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_definition_is_consistent() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn edits_keep_the_order_in_which_they_were_typed() {
        let arguments = run_arguments(&["--set", "a=1", "m.toml", "--unset", "a", "--set=a=2", "--unset=b"]);
        let set = |text: &str| Edit::Set(text.to_owned());
        let unset = |text: &str| Edit::Unset(text.to_owned());
        assert_eq!(arguments.model.edits.0, [set("a=1"), unset("a"), set("a=2"), unset("b")]);
    }

    #[test]
    fn values_may_begin_with_a_hyphen_after_an_equals_sign() {
        let arguments = run_arguments(&["m.toml", "--set=a=-1"]);
        assert_eq!(arguments.model.edits.0, [Edit::Set("a=-1".to_owned())]);
    }

    #[test]
    fn the_replay_command_is_safe_in_a_shell() {
        let arguments = run_arguments(&["my model.toml", "--set", "a.b='x y'", "--no-twin"]);
        assert_eq!(
            arguments.replay(7),
            r"metastable run 'my model.toml' --set 'a.b='\''x y'\''' --seed 7 --no-twin"
        );
    }
}
