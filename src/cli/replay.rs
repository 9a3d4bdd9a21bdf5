//! `metastable replay`: the same again, or where two runs part.

use std::io::Write as _;
use std::path::PathBuf;

use clap::Args;
use serde_json::json;

use super::arguments::Format;
use super::failure::Failure;
use super::run::with_progress;
use super::world::World;
use crate::experiment::{BUILD, Comparison, Difference, Replay, first_difference, replay};
use crate::model::{Case, hexadecimal};
use crate::observe::Entry;
use crate::plan::Plan;
use crate::report::decimal::seconds;
use crate::report::human;

/// `metastable replay`.
#[derive(Args, Debug)]
pub(super) struct ReplayArguments {
    /// The case, a TOML file; with --to-first-difference two files, each a case or a model
    #[arg(value_name = "CASE", required = true, num_args = 1..=2)]
    pub(super) files: Vec<PathBuf>,
    /// Run two cases or models, each under its own seed, and show the first event at which they part
    #[arg(long, conflicts_with = "force")]
    pub(super) to_first_difference: bool,
    /// Run the case even if another version recorded it, or if it was edited
    #[arg(long)]
    pub(super) force: bool,
    /// What is printed: text for people, or JSON
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT", conflicts_with = "to_first_difference")]
    pub(super) format: Format,
}

/// Runs a case again, or two.
pub(super) fn main(arguments: &ReplayArguments) -> Result<(), Failure> {
    match (&arguments.files[..], arguments.to_first_difference) {
        ([first, second], true) => part(&World::read(first)?, &World::read(second)?),
        ([path], false) => again(arguments, path),
        ([_], true) => Err(Failure::Other(
            "--to-first-difference takes two files, and there is one".to_owned(),
            "write `metastable replay --to-first-difference A B`, where each is a case or a model".to_owned(),
        )),
        _ => Err(Failure::Other(
            "one case is replayed at a time, and there are two".to_owned(),
            "to see where two runs part, write `--to-first-difference`".to_owned(),
        )),
    }
}

fn again(arguments: &ReplayArguments, path: &std::path::Path) -> Result<(), Failure> {
    let (case, beside) = World::read_case(path)?;
    let total = case.model.run.duration.as_ns().saturating_mul(2);
    let replayed = with_progress(&case.model.name, total, |progress| {
        replay(&case, &beside, arguments.force, progress).map_err(Failure::from)
    })?;
    let text = match arguments.format {
        Format::Text => told(&case, &replayed),
        Format::Json => format!("{:#}\n", as_json(&case, &replayed)),
    };
    let mut stdout = anstream::stdout().lock();
    stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()).map_err(Failure::Stdout)?;
    if replayed.is_same {
        return Ok(());
    }
    let help = if case.record.build == BUILD {
        "the same program, model and seed gave another run: this is a defect of metastable; please report it with the case"
    } else {
        "another build of metastable recorded it; `metastable replay --to-first-difference` shows where two cases part"
    };
    Err(Failure::DoesNotHold("the run is not the one that was recorded".to_owned(), help.to_owned()))
}

fn told(case: &Case, replayed: &Replay) -> String {
    let (model, record) = (&case.model, &case.record);
    let verdict = replayed.trial.judgement.as_ref().map_or("undecided", |judgement| judgement.verdict.name());
    let same = if replayed.is_same { "SAME" } else { "DIFFERENT" };
    let digest = hexadecimal(&replayed.trial.run.digest);
    let to_the_bit = if replayed.is_same {
        format!("The run is the one that was recorded, to the bit: digest {}", &digest[..16])
    } else {
        format!(
            "The run has the digest {}, and {} was recorded ({})",
            &digest[..16],
            record.run_digest.chars().take(16).collect::<String>(),
            record.verdict.name()
        )
    };
    let holds = if replayed.judged.holds { "holds" } else { "does not hold" };
    let lines = [
        format!("{same}  {}, seed {}: {verdict}", model.name, model.run.seed),
        to_the_bit,
        format!("{} {holds}", replayed.property),
        format!("  {}", replayed.judged.why),
    ];
    wrapped(&lines)
}

fn as_json(case: &Case, replayed: &Replay) -> serde_json::Value {
    let judgement = replayed.trial.judgement.as_ref();
    json!({
        "schema": 1,
        "model": case.model.name,
        "seed": case.model.run.seed,
        "same": replayed.is_same,
        "run_digest": hexadecimal(&replayed.trial.run.digest),
        "recorded_run_digest": case.record.run_digest,
        "verdict": judgement.map_or("undecided", |judgement| judgement.verdict.name()),
        "property": replayed.property.to_string(),
        "holds": replayed.judged.holds,
        "margin": replayed.judged.margin,
        "why": replayed.judged.why,
    })
}

/// Lines of at most 80 characters; what goes on is as far to the right as its line.
pub(super) fn wrapped(lines: &[String]) -> String {
    const WIDTH: usize = 80;
    let mut out = String::new();
    for line in lines {
        let indent: String = line.chars().take_while(|c| *c == ' ').collect();
        let mut width = 0;
        // The double space behind the first word of an answer stays.
        for word in line.trim_start().split(' ') {
            let length = word.chars().count();
            if width > 0 && width + 1 + length > WIDTH {
                out.push('\n');
                width = 0;
            }
            if width == 0 {
                out.push_str(&indent);
                width = indent.len();
            } else {
                out.push(' ');
                width += 1;
            }
            out.push_str(word);
            width += length;
        }
        out.push('\n');
    }
    out
}

/// Where two runs part.
fn part(first: &World, second: &World) -> Result<(), Failure> {
    let plans = [first.plan()?, second.plan()?];
    let seeds = [first.model.run.seed, second.model.run.seed];
    let runs = [(&plans[0], seeds[0]), (&plans[1], seeds[1])];
    let names = [first, second].map(|world| world.path.display().to_string());
    let text = match first_difference(runs).map_err(Failure::of_stopped)? {
        Comparison::Same { entries, .. } => {
            format!("SAME  {} and {}\nBoth runs had the same {entries} happenings\n", names[0], names[1])
        }
        Comparison::Differs(difference) => parted(&names, &plans, &difference),
    };
    let mut stdout = anstream::stdout().lock();
    stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()).map_err(Failure::Stdout)
}

fn parted(names: &[String; 2], plans: &[Plan; 2], difference: &Difference) -> String {
    let Some(at) = difference.at() else {
        return format!("DIFFERENT  {} and {} differ, but not when they are repeated\n", names[0], names[1]);
    };
    let width = names.iter().map(|name| name.chars().count()).max().unwrap_or(0);
    let mut lines = vec![
        format!("DIFFERENT  The two runs part at {} s", seconds(u128::from(at.as_ns()))),
        format!("Behind the same {} happenings:", human::count(difference.same_entries)),
    ];
    for (index, entry) in difference.entries.iter().enumerate() {
        let shown = match entry {
            None => "the run has ended".to_owned(),
            Some(Entry::IntervalEnded(at)) => format!("{} s  an interval ended", time(*at)),
            Some(Entry::Happened(at, happening)) => {
                format!("{} s  {}", time(*at), named(&format!("{happening:?}"), &plans[index]))
            }
        };
        lines.push(format!("  {:width$}  {shown}", names[index]));
    }
    wrapped(&lines)
}

fn time(at: crate::kernel::Time) -> String {
    seconds(u128::from(at.as_ns()))
}

/// What happened, with the names of components in place of their numbers.
fn named(happening: &str, plan: &Plan) -> String {
    let of = |word: &str, number: usize| -> Option<String> {
        let name = match word {
            "workload" => plan.workloads.get(number)?.name.clone(),
            "service" => plan.services.get(number)?.name.clone(),
            "change" => plan.changes.get(number)?.name.clone(),
            _ => return None,
        };
        Some(format!("{word}: {name}"))
    };
    let parts = happening.split_inclusive([',', ' ', '}']).collect::<Vec<_>>();
    let mut out = String::new();
    let mut index = 0;
    while index < parts.len() {
        let word = parts[index].trim_end().strip_suffix(':');
        let next = parts.get(index + 1).copied().unwrap_or_default();
        let number = next.trim_end_matches([',', ' ', '}']);
        if let Some(named) = word.zip(number.parse().ok()).and_then(|(word, number)| of(word, number)) {
            out.push_str(&named);
            out.push_str(&next[number.len()..]);
            index += 2;
        } else {
            out.push_str(parts[index]);
            index += 1;
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_broken_at_spaces_and_keep_their_indent() {
        let text = wrapped(&["SAME  a".to_owned(), format!("  {}", "word ".repeat(30).trim_end())]);
        assert!(text.starts_with("SAME  a\n  word word"), "{text}");
        assert!(text.lines().all(|line| line.len() <= 80), "{text}");
        assert!(text.lines().skip(1).all(|line| line.starts_with("  word")), "{text}");
    }
}
