//! Episodes: the stretches of time in which something was wrong, in the order in which they began.
//!
//! Everything is looked at through a window as long as goodput must hold to count; a stretch is the longest run of windows in all of which it was so.

use std::ops::Range;

use crate::kernel::Time;
use crate::mechanism::Class;
use crate::observe::{CacheRow, EdgeSeries, Run, ServiceRow};

/// Something that went on for a while.
#[derive(Clone, PartialEq, Debug)]
pub struct Episode {
    /// When it began.
    pub begin: Time,
    /// When it ended; `None`: not before the run did.
    pub end: Option<Time>,
    /// What it was.
    pub what: Trouble,
    weight: f64,
}

/// What may go wrong.
#[derive(Clone, PartialEq, Debug)]
pub enum Trouble {
    /// Goodput is down.
    GoodputDown {
        /// Of this workload.
        workload: String,
        /// To this share of the twin's.
        ratio: f64,
    },
    /// All threads are in use.
    AllThreadsInUse {
        /// Of this service.
        service: String,
        /// So many attempts wait at most, over the whole run.
        queued_max: u64,
    },
    /// Work is done for nobody.
    WastedWork {
        /// By this service.
        service: String,
        /// This share of it.
        share: f64,
    },
    /// Calls take several attempts.
    Amplified {
        /// From this workload or service.
        caller: String,
        /// To this service.
        target: String,
        /// So many.
        attempts_per_call: f64,
    },
    /// Calls of a service fail.
    CallsFail {
        /// From this service.
        caller: String,
        /// To this one.
        target: String,
        /// This share of them.
        share: f64,
    },
    /// Circuit breakers are open.
    CircuitBreakersOpen {
        /// Of this workload or service.
        caller: String,
        /// For this service.
        target: String,
        /// This share of them.
        share: f64,
    },
    /// Look-ups find nothing.
    Misses {
        /// In this cache.
        cache: String,
        /// This share of them.
        share: f64,
    },
    /// Collecting garbage stops a service.
    StoppedByCollections {
        /// This one.
        service: String,
        /// For this share of the time.
        share: f64,
    },
}

/// Of more, the longest of those that matter most are kept.
const EPISODES_MAX: usize = 14;
/// All threads are in use, as far as a mean can say that.
const BUSY: f64 = 0.98;
/// Attempts per call that are not just a few retries.
const AMPLIFIED: f64 = 1.5;

/// The episodes of a run beside its twin. `hold` is the length of the window, in rows; below `relapse` of the twin goodput is down.
pub fn episodes(run: &Run, twin: Option<&Run>, hold: usize, relapse: f64) -> Vec<Episode> {
    let window = hold.clamp(1, run.row_count().max(1));
    let mut watch = Watch { run, window, episodes: Vec::new() };
    if let Some(twin) = twin {
        watch.goodput(twin, relapse);
    }
    watch.load();
    watch.waste();
    watch.calls();
    watch.circuit_breakers();
    watch.caches();
    watch.memory();
    let mut episodes = watch.episodes;
    episodes.sort_by(|one, other| other.weight.total_cmp(&one.weight));
    episodes.truncate(EPISODES_MAX);
    episodes.sort_by_key(|episode| episode.begin);
    episodes
}

/// What is compared in a row: a part, and what it is a part of.
type Parts = Vec<(f64, f64)>;

struct Watch<'a> {
    run: &'a Run,
    window: usize,
    episodes: Vec<Episode>,
}

impl Watch<'_> {
    /// Notes the longest stretch in which it is so, if there is one.
    fn note(
        &mut self,
        parts: &[(f64, f64)],
        weight: f64,
        is_so: impl Fn(f64, f64) -> bool,
        what: impl Fn(f64, f64) -> Trouble,
    ) {
        let run = self.run;
        let Some(stretch) = longest(parts, self.window, &is_so) else { return };
        let (part, whole) = sums(&parts[stretch.clone()]);
        let share = stretch.len() as f64 / run.row_count() as f64;
        self.episodes.push(Episode {
            begin: run.row_start(stretch.start),
            end: (stretch.end < run.row_count()).then(|| run.row_start(stretch.end)),
            what: what(part, whole),
            weight: weight + share,
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
            self.note(&parts, 3.0, is_down, |good, twin| Trouble::GoodputDown {
                workload: workload.name.clone(),
                ratio: good / twin.max(1.0),
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
                |_, _| Trouble::AllThreadsInUse {
                    service: service.name.clone(),
                    queued_max: service.rows.iter().map(|row| row.queued.max).max().unwrap_or(0),
                },
            );
        }
    }

    fn waste(&mut self) {
        for service in &self.run.services {
            let of_row = |row: &ServiceRow| (row.wasted_work_ns as f64, row.working.integral as f64);
            let parts: Parts = service.rows.iter().map(of_row).collect();
            let is_wasted = |wasted: f64, work: f64| work > 0.0 && wasted >= 0.5 * work;
            self.note(&parts, 1.5, is_wasted, |wasted, work| Trouble::WastedWork {
                service: service.name.clone(),
                // What ends in a row may have begun before it.
                share: (wasted / work).min(1.0),
            });
        }
    }

    fn calls(&mut self) {
        for edge in &self.run.edges {
            let EdgeSeries { caller, target, .. } = edge;
            let parts: Parts = edge.rows.iter().map(|row| (row.attempts as f64, row.calls as f64)).collect();
            let is_amplified = |attempts: f64, calls: f64| calls > 0.0 && attempts >= AMPLIFIED * calls;
            self.note(&parts, 1.2, is_amplified, |attempts, calls| Trouble::Amplified {
                caller: caller.clone(),
                target: target.clone(),
                attempts_per_call: attempts / calls,
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
            self.note(&ended.collect::<Parts>(), 0.8, fails, |failed, all| Trouble::CallsFail {
                caller: caller.clone(),
                target: target.clone(),
                share: failed / all,
            });
        }
    }

    fn circuit_breakers(&mut self) {
        for series in &self.run.guards.circuit_breakers {
            let EdgeSeries { caller, target, .. } = &self.run.edges[series.edge];
            let parts = self.levels(&series.rows, |row| row.open.integral, |row| row.breakers as f64);
            let are_open = |open: f64, all: f64| all > 0.0 && open >= 0.1 * all;
            self.note(&parts, 1.0, are_open, |open, all| Trouble::CircuitBreakersOpen {
                caller: caller.clone(),
                target: target.clone(),
                share: open / all,
            });
        }
    }

    /// Many more misses than usual.
    fn caches(&mut self) {
        for cache in &self.run.caches {
            let of_row = |row: &CacheRow| (row.misses as f64, (row.hits + row.misses) as f64);
            let parts: Parts = cache.rows.iter().map(of_row).collect();
            let (misses, gets) = sums(&parts);
            let many = (2.0 * misses / gets.max(1.0)).clamp(0.5, 1.0);
            let are_many = |misses: f64, gets: f64| gets > 0.0 && misses >= many * gets;
            self.note(&parts, 1.1, are_many, |misses, gets| Trouble::Misses {
                cache: cache.name.clone(),
                share: misses / gets,
            });
        }
    }

    fn memory(&mut self) {
        for memory in &self.run.memories {
            let parts = self.levels(&memory.rows, |row| row.stopped.integral, |row| f64::from(row.instances));
            let is_stopped = |stopped: f64, all: f64| all > 0.0 && stopped >= 0.3 * all;
            self.note(&parts, 1.3, is_stopped, |stopped, all| Trouble::StoppedByCollections {
                service: memory.service.clone(),
                share: stopped / all,
            });
        }
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
