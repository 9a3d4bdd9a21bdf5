//! What happened, in the order in which it began: the stretches of time in which something was wrong.
//!
//! Everything is looked at through a window as long as goodput must hold to count; a stretch is the longest run of windows in all of which it was so.

use std::ops::Range;

use crate::kernel::Time;
use crate::mechanism::Class;
use crate::mechanism::fault::Role;
use crate::observe::{CacheRow, Run, ServiceRow};
use crate::report::human;

/// Something that went on for a while.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Episode {
    pub(super) begin_ns: u64,
    /// `None`: to the end of the run.
    pub(super) end_ns: Option<u64>,
    pub(super) what: String,
    /// How bad it was, for a choice among many.
    weight: f64,
    is_trigger: bool,
}

/// So many are told, the triggers left aside.
const EPISODES_MAX: usize = 14;
/// So many occurrences of triggers are told.
const TRIGGERS_MAX: usize = 6;
/// All threads are in use, as far as a mean can say that.
const BUSY: f64 = 0.98;
/// Attempts per call that are not just a few retries.
const AMPLIFIED: f64 = 1.5;

/// Tells a run beside its twin. `hold` is the length of the window, in rows; below `relapse` of the twin goodput is down.
pub(super) fn told(run: &Run, twin: Option<&Run>, hold: usize, relapse: f64) -> Vec<Episode> {
    let window = hold.clamp(1, run.row_count().max(1));
    let mut teller = Teller { run, window, episodes: Vec::new() };
    if let Some(twin) = twin {
        teller.goodput(twin, relapse);
    }
    teller.load();
    teller.waste();
    teller.calls();
    teller.circuit_breakers();
    teller.caches();
    teller.memory();
    chosen(teller.episodes, run)
}

/// What is compared in a row: a part, and what it is a part of.
type Parts = Vec<(f64, f64)>;

struct Teller<'a> {
    run: &'a Run,
    window: usize,
    episodes: Vec<Episode>,
}

impl Teller<'_> {
    /// Tells the longest stretch in which it is so, if there is one.
    fn note(
        &mut self,
        parts: &[(f64, f64)],
        weight: f64,
        is_so: impl Fn(f64, f64) -> bool,
        what: impl Fn(f64, f64) -> String,
    ) {
        let run = self.run;
        let Some(stretch) = longest(parts, self.window, &is_so) else { return };
        let (part, whole) = sums(&parts[stretch.clone()]);
        let share = stretch.len() as f64 / run.row_count() as f64;
        self.episodes.push(Episode {
            begin_ns: run.row_start(stretch.start).as_ns(),
            end_ns: (stretch.end < run.row_count()).then(|| run.row_start(stretch.end).as_ns()),
            what: what(part, whole),
            weight: weight + share,
            is_trigger: false,
        });
    }

    /// The integral of a level by row, and what it would be at `full`.
    fn levels<R>(&self, rows: &[R], level: impl Fn(&R) -> u128, full: impl Fn(&R) -> f64) -> Parts {
        let rows = rows.iter().enumerate();
        rows.map(|(index, row)| (level(row) as f64, self.run.row_length(index).as_ns() as f64 * full(row)))
            .collect()
    }

    fn goodput(&mut self, twin: &Run, relapse: f64) {
        for workload in &self.run.workloads {
            let Some(other) = twin.workloads.iter().find(|it| it.name == workload.name) else { continue };
            let rows = workload.rows.iter().zip(&other.rows);
            let parts: Parts = rows.map(|(row, twin)| (row.good as f64, twin.good as f64)).collect();
            let is_down = |good: f64, twin: f64| twin > 0.0 && good < relapse * twin;
            self.note(&parts, 3.0, is_down, |good, twin| {
                format!(
                    "goodput of {} is {} of the twin’s",
                    workload.name,
                    human::percent(good / twin.max(1.0))
                )
            });
        }
    }

    fn load(&mut self) {
        for service in &self.run.services {
            let Some(threads) = service.threads.filter(|&threads| threads > 0) else { continue };
            let parts = self.levels(&service.rows, |row| row.busy.integral, |_| threads as f64);
            self.note(
                &parts,
                1.0,
                |busy, all| busy >= BUSY * all,
                |_, _| {
                    let most = service.rows.iter().map(|row| row.queued.max).max().filter(|most| *most > 0);
                    let queue = most.map(|most| format!("; at most {} attempts wait", human::count(most)));
                    format!("all threads of {} are in use{}", service.name, queue.unwrap_or_default())
                },
            );
        }
    }

    fn waste(&mut self) {
        for service in &self.run.services {
            let of_row = |row: &ServiceRow| (row.wasted_work_ns as f64, row.working.integral as f64);
            let parts: Parts = service.rows.iter().map(of_row).collect();
            let is_wasted = |wasted: f64, work: f64| work > 0.0 && wasted >= 0.5 * work;
            self.note(&parts, 1.5, is_wasted, |wasted, work| {
                format!(
                    "{} of the work of {} is for nobody",
                    human::percent((wasted / work).min(1.0)),
                    service.name
                )
            });
        }
    }

    fn calls(&mut self) {
        for edge in &self.run.edges {
            let parts: Parts = edge.rows.iter().map(|row| (row.attempts as f64, row.calls as f64)).collect();
            let is_amplified = |attempts: f64, calls: f64| calls > 0.0 && attempts >= AMPLIFIED * calls;
            self.note(&parts, 1.2, is_amplified, |attempts, calls| {
                let per_call = human::rate(attempts / calls);
                format!("each call from {} to {} takes {per_call} attempts", edge.caller, edge.target)
            });
            // What fails for a workload is told by its goodput.
            if edge.caller_is_workload {
                continue;
            }
            let ended = edge.rows.iter().map(|row| {
                let all: u64 = row.call_ended.iter().sum();
                ((all - row.call_ended[Class::Ok.index()]) as f64, all as f64)
            });
            let fails = |failed: f64, all: f64| all > 0.0 && failed >= 0.5 * all;
            self.note(&ended.collect::<Parts>(), 0.8, fails, |failed, all| {
                let share = human::percent(failed / all);
                format!("{share} of the calls from {} to {} fail", edge.caller, edge.target)
            });
        }
    }

    fn circuit_breakers(&mut self) {
        for series in &self.run.guards.circuit_breakers {
            let edge = &self.run.edges[series.edge];
            let parts = self.levels(&series.rows, |row| row.open.integral, |row| row.breakers as f64);
            self.note(
                &parts,
                1.0,
                |open, all| all > 0.0 && open >= 0.1 * all,
                |open, all| {
                    let share = human::percent(open / all);
                    format!(
                        "{share} of the circuit breakers from {} to {} are open",
                        edge.caller, edge.target
                    )
                },
            );
        }
    }

    /// Many more misses than usual.
    fn caches(&mut self) {
        for cache in &self.run.caches {
            let of_row = |row: &CacheRow| (row.misses as f64, (row.hits + row.misses) as f64);
            let parts: Parts = cache.rows.iter().map(of_row).collect();
            let (misses, gets) = sums(&parts);
            let many = (2.0 * misses / gets.max(1.0)).clamp(0.5, 1.0);
            self.note(
                &parts,
                1.1,
                |misses, gets| gets > 0.0 && misses >= many * gets,
                |misses, gets| {
                    format!(
                        "{} of the look-ups in {} find nothing",
                        human::percent(misses / gets),
                        cache.name
                    )
                },
            );
        }
    }

    fn memory(&mut self) {
        for memory in &self.run.memories {
            let parts = self.levels(&memory.rows, |row| row.stopped.integral, |row| f64::from(row.instances));
            self.note(
                &parts,
                1.3,
                |stopped, all| stopped >= 0.3 * all,
                |stopped, all| {
                    let share = human::percent(stopped / all);
                    format!("collecting garbage stops {} for {share} of the time", memory.service)
                },
            );
        }
    }
}

/// The weightiest, and the triggers, in the order in which they began.
fn chosen(mut episodes: Vec<Episode>, run: &Run) -> Vec<Episode> {
    episodes.sort_by(|one, other| other.weight.total_cmp(&one.weight));
    episodes.truncate(EPISODES_MAX);
    let triggers = run.faults.iter().filter(|fault| fault.role == Role::Trigger).take(TRIGGERS_MAX);
    episodes.extend(triggers.map(|fault| Episode {
        begin_ns: fault.at.as_ns(),
        end_ns: fault.end.map(Time::as_ns),
        what: format!("the trigger {} acts: {} on {}", fault.name, fault.kind, fault.target),
        weight: 0.0,
        is_trigger: true,
    }));
    episodes.sort_by_key(|episode| (episode.begin_ns, !episode.is_trigger));
    episodes
}

impl Episode {
    /// Whether it is what the model did to the system, and not what the system did.
    pub(super) fn is_trigger(&self) -> bool {
        self.is_trigger
    }
}

fn sums(parts: &[(f64, f64)]) -> (f64, f64) {
    parts.iter().fold((0.0, 0.0), |sum, part| (sum.0 + part.0, sum.1 + part.1))
}

/// The longest stretch of which every window is so; of equals the first.
fn longest(parts: &[(f64, f64)], window: usize, is_so: &impl Fn(f64, f64) -> bool) -> Option<Range<usize>> {
    let mut best: Option<Range<usize>> = None;
    let mut current: Option<Range<usize>> = None;
    for (begin, part) in parts.windows(window).enumerate() {
        let (one, other) = sums(part);
        let end = begin + window;
        current = match (is_so(one, other), current) {
            (true, Some(range)) => Some(range.start..end),
            (true, None) => Some(begin..end),
            (false, _) => None,
        };
        let is_longer = |range: &Range<usize>| best.as_ref().is_none_or(|best| range.len() > best.len());
        if let Some(range) = current.clone().filter(is_longer) {
            best = Some(range);
        }
    }
    best.map(|range| trimmed(parts, range, is_so))
}

/// Without the rows at both ends that are there only because their neighbours make up for them.
fn trimmed(parts: &[(f64, f64)], range: Range<usize>, is_so: &impl Fn(f64, f64) -> bool) -> Range<usize> {
    let holds = |row: &usize| is_so(parts[*row].0, parts[*row].1);
    match (range.clone().find(&holds), range.clone().rev().find(&holds)) {
        (Some(first), Some(last)) => first..last + 1,
        _ => range,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_stretch_is_that_of_whole_windows() {
        let parts = |text: &str| -> Vec<(f64, f64)> {
            text.bytes().map(|byte| (f64::from(byte - b'0'), 1.0)).collect()
        };
        let is_so = |part: f64, whole: f64| part >= whole;
        assert_eq!(longest(&parts("0011100110"), 2, &is_so), Some(2..5));
        assert_eq!(longest(&parts("0111100110"), 5, &is_so), None);
        assert_eq!(longest(&parts("0000011111"), 3, &is_so), Some(5..10));
        // Through the window a gap is made up for by its neighbours.
        assert_eq!(longest(&parts("0020200"), 2, &is_so), Some(2..5));
    }
}
