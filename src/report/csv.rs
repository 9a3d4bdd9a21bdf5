//! The time series as CSV: one file per kind of component, one row per run, interval and component.
//!
//! The columns are fixed (see [`super::columns`]), so a file can be read without knowing the model. Names are quoted where
//! CSV (RFC 4180) asks for it; lines end with a line feed.

use std::io::{self, Write};

use super::columns::{self, Field, Interval};
use super::decimal::seconds;
use crate::observe::{EdgeSeries, GroupRow, GroupSeries, GuardSeries, PolicySeries, Run};

/// A run and what it is called in the column `run`: `actual` or `twin`.
pub type NamedRun<'a> = (&'a str, &'a Run);

/// One of the CSV files.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Series {
    /// Requests, by workload.
    Workloads,
    /// Requests by kind, of the workloads that have several.
    Operations,
    /// Requests by tenant, of the workloads that have any.
    Tenants,
    /// Calls and attempts, by caller, target and policy.
    Edges,
    /// What retry budgets granted and denied, by caller, target and policy, where there are any.
    RetryBudgets,
    /// What circuit breakers do, by caller, target and policy, where there are any.
    CircuitBreakers,
    /// Who was inside bulkheads, by caller, target and policy, where there are any.
    Bulkheads,
    /// Who took connections, and how these came and went, by caller, target and policy, where there are any.
    Pools,
    /// What clients rejected themselves, by caller, target and policy, where they do.
    AdaptiveThrottles,
    /// Copies of attempts, by caller, target and policy, where these are hedged.
    Hedges,
    /// Who had a permit and who waited for one, by caller, target and policy, where calls need any.
    RateLimits,
    /// Which instances clients leave out, by caller, target and policy, where they do.
    OutlierDetection,
    /// Attempts received, by service.
    Services,
    /// Look-ups and what is there, by cache, where there are any.
    Caches,
    /// What is alive and what collecting costs, by service, where memory is limited.
    Memory,
    /// Who has locks and who waits for them, by lock, where there are any.
    Locks,
    /// Who wrote registers and who came too late, by register, where there are any.
    Registers,
}

impl Series {
    /// Every file.
    pub const ALL: [Self; 17] = [
        Self::Workloads,
        Self::Operations,
        Self::Tenants,
        Self::Edges,
        Self::RetryBudgets,
        Self::CircuitBreakers,
        Self::Bulkheads,
        Self::Pools,
        Self::AdaptiveThrottles,
        Self::RateLimits,
        Self::Hedges,
        Self::OutlierDetection,
        Self::Services,
        Self::Caches,
        Self::Memory,
        Self::Locks,
        Self::Registers,
    ];

    /// Whether there is anything to write; what every run has is always written.
    pub fn is_there(self, runs: &[NamedRun<'_>]) -> bool {
        match self {
            Self::Operations => runs.iter().any(|(_, run)| !run.operations.is_empty()),
            Self::Tenants => runs.iter().any(|(_, run)| !run.tenants.is_empty()),
            Self::RetryBudgets => runs.iter().any(|(_, run)| !run.guards.retry_budgets.is_empty()),
            Self::CircuitBreakers => runs.iter().any(|(_, run)| !run.guards.circuit_breakers.is_empty()),
            Self::Bulkheads => runs.iter().any(|(_, run)| !run.guards.bulkheads.is_empty()),
            Self::Pools => runs.iter().any(|(_, run)| !run.guards.pools.is_empty()),
            Self::AdaptiveThrottles => runs.iter().any(|(_, run)| !run.guards.adaptive_throttles.is_empty()),
            Self::RateLimits => runs.iter().any(|(_, run)| !run.guards.rate_limits.is_empty()),
            Self::Hedges => runs.iter().any(|(_, run)| !run.guards.hedges.is_empty()),
            Self::OutlierDetection => runs.iter().any(|(_, run)| !run.guards.outlier_detection.is_empty()),
            Self::Caches => runs.iter().any(|(_, run)| !run.caches.is_empty()),
            Self::Memory => runs.iter().any(|(_, run)| !run.memories.is_empty()),
            Self::Locks => runs.iter().any(|(_, run)| !run.locks.is_empty()),
            Self::Registers => runs.iter().any(|(_, run)| !run.registers.is_empty()),
            Self::Workloads | Self::Edges | Self::Services => true,
        }
    }

    /// The name of the file.
    pub const fn file_name(self) -> &'static str {
        match self {
            Self::Workloads => "workloads.csv",
            Self::Operations => "operations.csv",
            Self::Tenants => "tenants.csv",
            Self::Edges => "edges.csv",
            Self::RetryBudgets => "retry_budgets.csv",
            Self::CircuitBreakers => "circuit_breakers.csv",
            Self::Bulkheads => "bulkheads.csv",
            Self::Pools => "pools.csv",
            Self::AdaptiveThrottles => "adaptive_throttles.csv",
            Self::RateLimits => "rate_limits.csv",
            Self::Hedges => "hedges.csv",
            Self::OutlierDetection => "outlier_detection.csv",
            Self::Services => "services.csv",
            Self::Caches => "caches.csv",
            Self::Memory => "memory.csv",
            Self::Locks => "locks.csv",
            Self::Registers => "registers.csv",
        }
    }

    /// Writes the whole file, header included, and says how many rows came after the header.
    ///
    /// # Errors
    /// Whatever the writer reports; it is flushed, so nothing is lost in a buffer.
    pub fn write(self, out: impl Write, runs: &[NamedRun<'_>]) -> io::Result<u64> {
        match self {
            Self::Workloads => write_file(out, columns::WORKLOAD_KEYS, columns::WORKLOADS, runs, |run| {
                run.workloads.iter().map(|series| (vec![&*series.name], None, &*series.rows)).collect()
            }),
            Self::Operations => {
                let keys = columns::OPERATION_KEYS;
                write_file(out, keys, columns::OPERATIONS, runs, |run| groups(&run.operations))
            }
            Self::Tenants => {
                let keys = columns::TENANT_KEYS;
                write_file(out, keys, columns::TENANTS, runs, |run| groups(&run.tenants))
            }
            Self::Edges => write_file(out, columns::EDGE_KEYS, columns::EDGES, runs, |run| {
                run.edges.iter().map(|edge| (edge_names(edge), None, &*edge.rows)).collect()
            }),
            Self::RetryBudgets => write_policies(out, columns::RETRY_BUDGETS, runs, |it| &it.retry_budgets),
            Self::CircuitBreakers => {
                write_policies(out, columns::CIRCUIT_BREAKERS, runs, |it| &it.circuit_breakers)
            }
            Self::Bulkheads => write_policies(out, columns::BULKHEADS, runs, |it| &it.bulkheads),
            Self::Pools => write_policies(out, columns::POOLS, runs, |it| &it.pools),
            Self::AdaptiveThrottles => {
                write_policies(out, columns::ADAPTIVE_THROTTLES, runs, |it| &it.adaptive_throttles)
            }
            Self::RateLimits => write_policies(out, columns::RATE_LIMITS, runs, |it| &it.rate_limits),
            Self::Hedges => write_policies(out, columns::HEDGES, runs, |it| &it.hedges),
            Self::OutlierDetection => {
                write_policies(out, columns::OUTLIER_DETECTION, runs, |it| &it.outlier_detection)
            }
            Self::Services => write_file(out, columns::SERVICE_KEYS, columns::SERVICES, runs, |run| {
                run.services
                    .iter()
                    .map(|series| (vec![&*series.name], series.threads, &*series.rows))
                    .collect()
            }),
            Self::Caches => write_file(out, columns::CACHE_KEYS, columns::CACHES, runs, |run| {
                run.caches.iter().map(|series| (vec![&*series.name], None, &*series.rows)).collect()
            }),
            Self::Memory => write_file(out, columns::SERVICE_KEYS, columns::MEMORY, runs, |run| {
                run.memories.iter().map(|series| (vec![&*series.service], None, &*series.rows)).collect()
            }),
            Self::Locks => write_file(out, columns::LOCK_KEYS, columns::LOCKS, runs, |run| {
                run.locks.iter().map(|series| (vec![&*series.name], None, &*series.rows)).collect()
            }),
            Self::Registers => write_file(out, columns::REGISTER_KEYS, columns::REGISTERS, runs, |run| {
                run.registers.iter().map(|series| (vec![&*series.name], None, &*series.rows)).collect()
            }),
        }
    }
}

/// The names of a component, how many threads it has, its rows.
type Component<'a, R> = (Vec<&'a str>, Option<u64>, &'a [R]);

fn edge_names(edge: &EdgeSeries) -> Vec<&str> {
    vec![&*edge.caller, &*edge.target, &*edge.policy]
}

fn groups(series: &[GroupSeries]) -> Vec<Component<'_, GroupRow>> {
    series.iter().map(|series| (vec![&*series.workload, &*series.name], None, &*series.rows)).collect()
}

/// A mechanism of policies, by edge.
fn write_policies<R>(
    out: impl Write,
    groups: &[&[Field<R>]],
    runs: &[NamedRun<'_>],
    series: impl for<'a> Fn(&'a GuardSeries) -> &'a [PolicySeries<R>],
) -> io::Result<u64> {
    write_file(out, columns::EDGE_KEYS, groups, runs, |run| {
        let named = |it: &'_ PolicySeries<R>| edge_names(&run.edges[it.edge]);
        series(&run.guards).iter().map(|it| (named(it), None, &*it.rows)).collect()
    })
}

fn write_file<R>(
    out: impl Write,
    keys: &[(&str, &str)],
    groups: &[&[Field<R>]],
    runs: &[NamedRun<'_>],
    components: impl for<'a> Fn(&'a Run) -> Vec<Component<'a, R>>,
) -> io::Result<u64> {
    write_rows(&mut csv::Writer::from_writer(out), keys, groups, runs, components).map_err(undisguised)
}

/// What the disk said: inside an error of the CSV writer, a full disk would no longer be known as one.
fn undisguised(error: csv::Error) -> io::Error {
    match error.into_kind() {
        csv::ErrorKind::Io(cause) => cause,
        other => io::Error::other(format!("{other:?}")),
    }
}

fn write_rows<R>(
    file: &mut csv::Writer<impl Write>,
    keys: &[(&str, &str)],
    groups: &[&[Field<R>]],
    runs: &[NamedRun<'_>],
    components: impl for<'a> Fn(&'a Run) -> Vec<Component<'a, R>>,
) -> csv::Result<u64> {
    for (name, _) in columns::KEYS.iter().chain(keys) {
        file.write_field(name)?;
    }
    for field in groups.iter().copied().flatten() {
        file.write_field(field.column.name)?;
    }
    file.write_record(None::<&[u8]>)?;

    let mut row_count = 0;
    for (label, run) in runs {
        let components = components(run);
        let seed = run.seed.to_string();
        for index in 0..run.row_count() {
            let start = seconds(u128::from(run.row_start(index).as_ns()));
            let length = run.row_length(index);
            for (names, threads, rows) in &components {
                let Some(row) = rows.get(index) else { continue };
                for key in [&*seed, label, &*start].iter().chain(names) {
                    file.write_field(key)?;
                }
                let interval = Interval { length, threads: *threads };
                for field in groups.iter().copied().flatten() {
                    file.write_field((field.cell)(row, interval).render())?;
                }
                file.write_record(None::<&[u8]>)?;
                row_count += 1;
            }
        }
    }
    file.flush()?;
    Ok(row_count)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::Duration;
    use crate::mechanism::Class;
    use crate::observe::{
        EdgeRow, EdgeSeries, EdgeTotals, Gauge, Quantiles, ServiceRow, ServiceSeries, ServiceTotals,
        WorkloadRow, WorkloadSeries, WorkloadTotals,
    };

    fn run() -> Run {
        let latency = Quantiles {
            count: 3,
            sum_ns: 100_000_001,
            p50_ns: 20_000_000,
            p90_ns: 30_000_000,
            p99_ns: 40_000_000,
            p999_ns: 50_000_000,
            max_ns: 60_000_000,
        };
        let mut failed = [0; Class::COUNT];
        failed[Class::DeadlineExceeded.index()] = 2;
        let workload = WorkloadRow { offered: 6, good: 3, ok_late: 1, failed, latency, ..Default::default() };
        let edge = EdgeRow { calls: 6, attempts: 9, retries: 3, ..Default::default() };
        let busy = Gauge { integral: 500_000_000, max: 2, last: 1 };
        let service = ServiceRow {
            received: 9,
            busy,
            working: Gauge { integral: 250_000_000, max: 1, last: 0 },
            ..Default::default()
        };
        Run {
            operations: Vec::new(),
            guards: GuardSeries::default(),
            caches: Vec::new(),
            memories: Vec::new(),
            locks: Vec::new(),
            registers: Vec::new(),
            tenants: Vec::new(),
            seed: 7,
            duration: Duration::from_ns(1_250_000_000),
            warmup: Duration::ZERO,
            interval: Duration::from_ns(1_000_000_000),
            workloads: vec![WorkloadSeries {
                name: "shop, pers".to_owned(),
                rows: vec![workload, WorkloadRow::default()],
                totals: WorkloadTotals::default(),
            }],
            edges: vec![EdgeSeries {
                caller: "shoppers".to_owned(),
                caller_is_workload: true,
                target: "db".to_owned(),
                policy: "default".to_owned(),
                rows: vec![edge, EdgeRow::default()],
                totals: EdgeTotals::default(),
            }],
            services: ["db", "web"]
                .map(|name| ServiceSeries {
                    name: name.to_owned(),
                    threads: (name == "db").then_some(4),
                    rows: vec![service.clone(), service.clone()],
                    totals: ServiceTotals::default(),
                })
                .to_vec(),
            faults: vec![],
            events: 0,
            digest: [0; 32],
        }
    }

    fn written(series: Series) -> (u64, String) {
        let (actual, twin) = (run(), run());
        let mut out = Vec::new();
        let rows =
            series.write(&mut out, &[("actual", &actual), ("twin", &twin)]).expect("memory can be written");
        (rows, String::from_utf8(out).expect("text"))
    }

    /// The cells of one column, header left out.
    fn column(text: &str, name: &str) -> Vec<String> {
        let mut reader = ::csv::Reader::from_reader(text.as_bytes());
        let place = reader.headers().expect("header").iter().position(|header| header == name).expect(name);
        reader.records().map(|record| record.expect("record")[place].to_owned()).collect()
    }

    #[test]
    fn workloads_are_written_exactly() {
        let (rows, text) = written(Series::Workloads);
        assert_eq!(rows, 4);
        let mut lines = text.lines();
        assert_eq!(
            lines.next(),
            Some(
                "seed,run,interval_start_s,workload,offered,user_retries,good,ok_late,failed_app_error,failed_server_error,\
                 failed_gateway_error,failed_overloaded,failed_connect_failure,failed_refused_stream,failed_reset,\
                 failed_attempt_timeout,failed_deadline_exceeded,failed_cancelled,failed_local_reject,failed_conflict,inside,\
                 extra_offered,extra_good,extra_failed,extra_inside,latency_mean_s,latency_p50_s,latency_p90_s,\
                 latency_p99_s,latency_p999_s,latency_max_s,failure_latency_p50_s,failure_latency_p99_s"
            )
        );
        let first = "0,\"shop, pers\",6,0,3,1,0,0,0,0,0,0,0,0,2,0,0,0,0,0,0,0,0,0.033333334,0.02,0.03,0.04,0.05,0.06,,";
        let empty = "1,\"shop, pers\",0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,,,,,,,,";
        let expected: Vec<String> = ["actual", "twin"]
            .iter()
            .flat_map(|run| [first, empty].map(|rest| format!("7,{run},{rest}")))
            .collect();
        assert_eq!(lines.collect::<Vec<_>>(), expected);
        assert!(text.ends_with('\n') && !text.contains('\r'));
    }

    #[test]
    fn rows_are_in_the_order_of_run_interval_and_name() {
        let (rows, text) = written(Series::Services);
        assert_eq!(rows, 8);
        assert_eq!(column(&text, "interval_start_s"), ["0", "0", "1", "1", "0", "0", "1", "1"]);
        assert_eq!(column(&text, "service"), ["db", "web", "db", "web", "db", "web", "db", "web"]);
    }

    #[test]
    fn averages_take_the_length_of_the_row_that_they_are_of() {
        let (_, text) = written(Series::Services);
        assert_eq!(column(&text, "threads_busy_mean")[..4], ["0.5", "0.5", "2", "2"]);
        assert_eq!(column(&text, "utilisation_ratio")[..4], ["0.125", "", "0.5", ""]);
        assert_eq!(column(&text, "work_s")[0], "0.25");
    }

    #[test]
    fn edges_are_named_by_caller_target_and_policy() {
        let (rows, text) = written(Series::Edges);
        assert_eq!(rows, 4);
        assert!(
            text.starts_with("seed,run,interval_start_s,caller,target,policy,calls,call_ok,call_app_error,")
        );
        assert!(text.contains("\n7,actual,0,shoppers,db,default,6,0,"));
        assert_eq!(column(&text, "retries"), ["3", "0", "3", "0"]);
    }

    #[test]
    fn a_writer_that_fails_is_heard() {
        for series in Series::ALL {
            let (_, text) = written(series);
            let mut small = vec![0; text.len() - 1];
            let actual = run();
            let result = series.write(small.as_mut_slice(), &[("actual", &actual), ("twin", &actual)]);
            assert!(result.is_err(), "{series:?}");
        }
    }
}
