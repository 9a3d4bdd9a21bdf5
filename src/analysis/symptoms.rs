//! What a run that is down shows that its twin does not: which service is the narrow place, and what keeps it busy.
//!
//! Symptoms are differences of figures in the final window, no proof: to prove that a loop sustains a failure it has to be taken away.

use crate::analysis::{EdgeFigures, Figures, Judgement, ServiceFigures, Span};
use crate::kernel::Time;
use crate::model::Model;
use crate::observe::Run;

/// A ratio must differ by so much to be told.
const TENTH: f64 = 0.1;
/// So many times as many attempts per call, or as in the twin, are an amplification.
const AMPLIFIED: f64 = 1.2;
/// So many attempts more on average are a queue.
const QUEUED: f64 = 10.0;

/// What a run shows in its final window, and its twin does not.
#[derive(Clone, PartialEq, Debug)]
pub struct Symptoms {
    /// The final window of the worst workload; everything after the warm-up where there is none.
    pub window: Span,
    /// The service whose threads do most of what they can.
    pub narrow: Option<NarrowPlace>,
    /// What differs from the twin, in the order in which one explains the next.
    pub signs: Vec<Sign>,
}

/// The service that has the most to do, for what it can do.
#[derive(Clone, PartialEq, Debug)]
pub struct NarrowPlace {
    /// The name in the model.
    pub service: String,
    /// Which share of what it can do at a time it does, in the run.
    pub busy: f64,
    /// The same in the twin.
    pub busy_in_twin: f64,
    /// Attempts that it receives per second, in the run.
    pub received_per_s: f64,
    /// The same in the twin.
    pub received_per_s_in_twin: f64,
    /// Of its work in the run: the share whose result nobody used.
    pub wasted: f64,
}

/// Something that differs from the twin.
#[derive(Clone, PartialEq, Debug)]
pub enum Sign {
    /// The share of the time for which memory is collected.
    Memory {
        /// The service.
        service: String,
        /// In the run and in the twin.
        stopped: [f64; 2],
    },
    /// The share of the reads that a cache answers.
    ColdCache {
        /// The cache.
        cache: String,
        /// In the run and in the twin.
        hits: [f64; 2],
    },
    /// The share of the calls that the caller's own policy rejects.
    Rejected {
        /// Who calls.
        caller: String,
        /// Whom.
        target: String,
        /// What rejects: `circuit_breaker`, `pool`, …
        by: &'static str,
        /// In the run and in the twin.
        share: [f64; 2],
    },
    /// Who waits for a lock, on average.
    Lock {
        /// The lock.
        lock: String,
        /// In the run and in the twin.
        waiting: [f64; 2],
    },
    /// Copies beyond the first / attempts.
    Hedges {
        /// Who calls.
        caller: String,
        /// Whom.
        target: String,
        /// In the run and in the twin.
        extra: [f64; 2],
    },
    /// Requests with which users repeat an earlier one / requests.
    UserRetries {
        /// The workload.
        workload: String,
        /// In the run and in the twin.
        share: [f64; 2],
    },
    /// Attempts per call.
    Retries {
        /// Who calls.
        caller: String,
        /// Whom.
        target: String,
        /// Under which policy.
        policy: String,
        /// In the run and in the twin.
        attempts: [f64; 2],
    },
    /// The share of the work whose result nobody used.
    Wasted {
        /// The service.
        service: String,
        /// In the run and in the twin.
        share: [f64; 2],
    },
    /// Attempts that wait for a thread, on average.
    Queue {
        /// The service.
        service: String,
        /// In the run and in the twin.
        waiting: [f64; 2],
    },
}

impl Sign {
    /// One word for the mechanism.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Memory { .. } => "memory",
            Self::ColdCache { .. } => "cold_cache",
            Self::Rejected { by, .. } => by,
            Self::Lock { .. } => "lock",
            Self::Hedges { .. } => "hedges",
            Self::UserRetries { .. } => "user_retries",
            Self::Retries { .. } => "retries",
            Self::Wasted { .. } => "wasted_work",
            Self::Queue { .. } => "queue",
        }
    }
}

impl Symptoms {
    /// Compares a run with its twin; without one, with itself before its own end, which shows nothing but the narrow place.
    pub fn of(model: &Model, run: &Run, twin: Option<&Run>, judgement: Option<&Judgement>) -> Self {
        let whole = Span { begin: Time::ZERO + run.warmup, end: Time::ZERO + run.duration };
        let window = judgement.and_then(|judgement| judgement.worst()?.final_window).unwrap_or(whole);
        let figures = [run, twin.unwrap_or(run)].map(|run| Figures::of_window(run, window));
        let mut signs = Vec::new();
        memories(&figures, &mut signs);
        caches(&figures, &mut signs);
        rejections(&figures, &mut signs);
        locks(&figures, &mut signs);
        hedges(&figures, &mut signs);
        user_retries([run, twin.unwrap_or(run)], window, &mut signs);
        edges(&figures, &mut signs);
        services(&figures, &mut signs);
        let runs = [run, twin.unwrap_or(run)];
        let stopped = signs.iter().find_map(|sign| match sign {
            Sign::Memory { service, .. } => Some(service.as_str()),
            _ => None,
        });
        Self { window, narrow: narrow(model, runs, &figures, window, stopped), signs }
    }

    /// What the failure is told apart by from others: the main mechanism, the first of the signs, and the narrow place.
    pub fn signature(&self) -> String {
        let place = self.narrow.as_ref().map_or("nowhere", |narrow| &narrow.service);
        let main = self.signs.first().map_or("nothing lasting", Sign::name);
        format!("{main} at {place}")
    }
}

type Both<'a> = &'a [Figures; 2];

fn memories(figures: Both<'_>, signs: &mut Vec<Sign>) {
    for (run, twin) in figures[0].memories.iter().zip(&figures[1].memories) {
        let stopped = [run, twin].map(|it| it.stopped_ratio.unwrap_or(0.0));
        if stopped[0] - stopped[1] >= TENTH {
            signs.push(Sign::Memory { service: run.service.clone(), stopped });
        }
    }
}

fn caches(figures: Both<'_>, signs: &mut Vec<Sign>) {
    for (run, twin) in figures[0].caches.iter().zip(&figures[1].caches) {
        let (Some(now), Some(usual)) = (run.hit_ratio, twin.hit_ratio) else { continue };
        if usual - now >= TENTH {
            signs.push(Sign::ColdCache { cache: run.name.clone(), hits: [now, usual] });
        }
    }
}

fn rejections(figures: Both<'_>, signs: &mut Vec<Sign>) {
    for (run, twin) in figures[0].policies.iter().zip(&figures[1].policies) {
        let calls = |figures: &Figures| {
            let is_same = |edge: &&EdgeFigures| {
                (&edge.caller, &edge.target, &edge.policy) == (&run.caller, &run.target, &run.policy)
            };
            figures.edges.iter().find(is_same).map_or(0, |edge| edge.calls).max(1) as f64
        };
        for (by, count) in &run.rejected {
            let usual = twin.rejected.get(by).copied().unwrap_or(0);
            let share = [*count as f64 / calls(&figures[0]), usual as f64 / calls(&figures[1])];
            if share[0] - share[1] >= TENTH {
                let (caller, target) = (run.caller.clone(), run.target.clone());
                signs.push(Sign::Rejected { caller, target, by, share });
            }
        }
    }
}

fn locks(figures: Both<'_>, signs: &mut Vec<Sign>) {
    for (run, twin) in figures[0].locks.iter().zip(&figures[1].locks) {
        let waiting = [run.waiting_mean, twin.waiting_mean];
        if waiting[0] - waiting[1] >= QUEUED {
            signs.push(Sign::Lock { lock: run.name.clone(), waiting });
        }
    }
}

fn hedges(figures: Both<'_>, signs: &mut Vec<Sign>) {
    for (run, twin) in figures[0].policies.iter().zip(&figures[1].policies) {
        let extra = [run, twin].map(|it| it.hedges.and_then(|hedges| hedges.extra_load).unwrap_or(0.0));
        if extra[0] - extra[1] >= TENTH {
            let (caller, target) = (run.caller.clone(), run.target.clone());
            signs.push(Sign::Hedges { caller, target, extra });
        }
    }
}

fn user_retries(runs: [&Run; 2], window: Span, signs: &mut Vec<Sign>) {
    let interval = runs[0].interval.as_ns().max(1);
    let first = window.begin.as_ns().div_ceil(interval) as usize;
    let count = (window.length().as_ns() / interval) as usize;
    for (run, twin) in runs[0].workloads.iter().zip(&runs[1].workloads) {
        let share = [run, twin].map(|series| {
            let rows = series.rows.iter().skip(first).take(count);
            let (retries, offered) = rows
                .fold((0, 0), |(retries, offered), row| (retries + row.user_retries, offered + row.offered));
            retries as f64 / offered.max(1) as f64
        });
        if share[0] - share[1] >= TENTH {
            signs.push(Sign::UserRetries { workload: run.name.clone(), share });
        }
    }
}

/// The edge with the largest amplification, which is not always the one with the most attempts.
fn edges(figures: Both<'_>, signs: &mut Vec<Sign>) {
    let edges = figures[0].edges.iter().zip(&figures[1].edges);
    let amplified = edges.filter_map(|(run, twin)| {
        let attempts = [run.attempts_per_call?, twin.attempts_per_call.unwrap_or(1.0)];
        (attempts[0] >= AMPLIFIED && attempts[0] >= AMPLIFIED * attempts[1]).then_some((run, attempts))
    });
    if let Some((run, attempts)) = amplified.max_by(|first, second| first.1[0].total_cmp(&second.1[0])) {
        let (caller, target, policy) = (run.caller.clone(), run.target.clone(), run.policy.clone());
        signs.push(Sign::Retries { caller, target, policy, attempts });
    }
}

fn services(figures: Both<'_>, signs: &mut Vec<Sign>) {
    let services = || figures[0].services.iter().zip(&figures[1].services);
    let wasted = |service: &ServiceFigures| service.wasted_work_ratio.unwrap_or(0.0);
    let most = services().max_by(|first, second| wasted(first.0).total_cmp(&wasted(second.0)));
    if let Some((run, twin)) = most.filter(|(run, twin)| wasted(run) - wasted(twin) >= TENTH) {
        signs.push(Sign::Wasted { service: run.name.clone(), share: [wasted(run), wasted(twin)] });
    }
    let queued = |service: &ServiceFigures| service.attempts_queued_mean;
    let most = services().max_by(|first, second| queued(first.0).total_cmp(&queued(second.0)));
    if let Some((run, twin)) = most.filter(|(run, twin)| queued(run) - queued(twin) >= QUEUED) {
        signs.push(Sign::Queue { service: run.name.clone(), waiting: [queued(run), queued(twin)] });
    }
}

/// The service that does most of what it can; `stopped` if there is one whose memory keeps it from doing anything.
fn narrow(
    model: &Model,
    runs: [&Run; 2],
    figures: Both<'_>,
    window: Span,
    stopped: Option<&str>,
) -> Option<NarrowPlace> {
    let busy = runs.map(|run| busy_in(model, run, window));
    let is_candidate = |index: &usize| stopped.is_none_or(|name| runs[0].services[*index].name == name);
    let index = (0..busy[0].len()).filter(is_candidate).max_by(|&first, &second| {
        // Of two that do all that they can, the one that does more than usual.
        let order = |index: usize| (busy[0][index].min(0.95), busy[0][index] - busy[1][index]);
        let (first, second) = (order(first), order(second));
        first.0.total_cmp(&second.0).then(first.1.total_cmp(&second.1))
    })?;
    let [run, twin] = [&figures[0].services[index], &figures[1].services[index]];
    Some(NarrowPlace {
        service: run.name.clone(),
        busy: busy[0][index],
        busy_in_twin: busy[1][index],
        received_per_s: run.received_per_s,
        received_per_s_in_twin: twin.received_per_s,
        wasted: run.wasted_work_ratio.unwrap_or(0.0),
    })
}

/// By service: work and I/O in progress / what can be in progress at a time; 0 where that is not limited.
fn busy_in(model: &Model, run: &Run, window: Span) -> Vec<f64> {
    let interval = run.interval.as_ns().max(1);
    let first = window.begin.as_ns().div_ceil(interval) as usize;
    let count = (window.length().as_ns() / interval) as usize;
    let of = |series: &crate::observe::ServiceSeries| {
        let settings = model.services.get(&series.name)?;
        let instances = f64::from(settings.instances);
        let lanes = settings.threads.limited().into_iter().chain(settings.cpus.limited()).min()?;
        let rows = series.rows.iter().skip(first).take(count);
        let level: u128 = rows.map(|row| row.working.integral + row.in_io.integral).sum();
        let span = (interval as f64 * count.max(1) as f64) * f64::from(lanes) * instances;
        // Those who share a CPU are all at work.
        Some((level as f64 / span).min(1.0))
    };
    run.services.iter().map(|series| of(series).unwrap_or(0.0)).collect()
}
