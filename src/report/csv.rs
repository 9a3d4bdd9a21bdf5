//! The time series as CSV: one file per kind of component, one row per run, interval and component.
//!
//! The columns are fixed (see [`super::columns`]), so a file can be read without knowing the model. Names are quoted where
//! CSV (RFC 4180) asks for it; lines end with a line feed.

use std::io::{self, Write};

use super::columns::{self, Cell, Field, Interval};
use super::decimal::seconds;
use crate::mechanism::Column;
use crate::observe::{EdgeSeries, GroupRow, GroupSeries, PolicySeries, Run};

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
        self.write_rows(&mut csv::Writer::from_writer(out), runs).map_err(undisguised)
    }

    fn write_rows(self, file: &mut csv::Writer<impl Write>, runs: &[NamedRun<'_>]) -> csv::Result<u64> {
        for (name, _) in columns::KEYS.iter().chain(self.keys()) {
            file.write_field(name)?;
        }
        for column in self.columns() {
            file.write_field(column.name)?;
        }
        file.write_record(None::<&[u8]>)?;

        let (mut row_count, columns) = (0, self.columns().len());
        for (label, run) in runs {
            let components = self.components(run);
            let seed = run.seed.to_string();
            for index in 0..run.row_count() {
                let start = seconds(u128::from(run.row_start(index).as_ns()));
                for component in components.iter().filter(|component| index < component.rows) {
                    for key in [&*seed, label, &*start].iter().chain(&component.names) {
                        file.write_field(key)?;
                    }
                    for column in 0..columns {
                        file.write_field((component.cell)(index, column).render())?;
                    }
                    file.write_record(None::<&[u8]>)?;
                    row_count += 1;
                }
            }
        }
        file.flush()?;
        Ok(row_count)
    }

    /// The names that tell its rows apart, and what they mean.
    pub fn keys(self) -> &'static [(&'static str, &'static str)] {
        match self {
            Self::Workloads => columns::WORKLOAD_KEYS,
            Self::Operations => columns::OPERATION_KEYS,
            Self::Tenants => columns::TENANT_KEYS,
            Self::Services | Self::Memory => columns::SERVICE_KEYS,
            Self::Caches => columns::CACHE_KEYS,
            Self::Locks => columns::LOCK_KEYS,
            Self::Registers => columns::REGISTER_KEYS,
            Self::Edges
            | Self::RetryBudgets
            | Self::CircuitBreakers
            | Self::Bulkheads
            | Self::Pools
            | Self::AdaptiveThrottles
            | Self::Hedges
            | Self::RateLimits
            | Self::OutlierDetection => columns::EDGE_KEYS,
        }
    }

    /// The columns after the keys.
    pub fn columns(self) -> Vec<Column> {
        match self {
            Self::Workloads => columns_of(columns::WORKLOADS),
            Self::Operations => columns_of(columns::OPERATIONS),
            Self::Tenants => columns_of(columns::TENANTS),
            Self::Edges => columns_of(columns::EDGES),
            Self::RetryBudgets => columns_of(columns::RETRY_BUDGETS),
            Self::CircuitBreakers => columns_of(columns::CIRCUIT_BREAKERS),
            Self::Bulkheads => columns_of(columns::BULKHEADS),
            Self::Pools => columns_of(columns::POOLS),
            Self::AdaptiveThrottles => columns_of(columns::ADAPTIVE_THROTTLES),
            Self::RateLimits => columns_of(columns::RATE_LIMITS),
            Self::Hedges => columns_of(columns::HEDGES),
            Self::OutlierDetection => columns_of(columns::OUTLIER_DETECTION),
            Self::Services => columns_of(columns::SERVICES),
            Self::Caches => columns_of(columns::CACHES),
            Self::Memory => columns_of(columns::MEMORY),
            Self::Locks => columns_of(columns::LOCKS),
            Self::Registers => columns_of(columns::REGISTERS),
        }
    }

    /// What its rows are of, in their order.
    pub fn components(self, run: &Run) -> Vec<Component<'_>> {
        let guards = &run.guards;
        match self {
            Self::Workloads => {
                let of = run.workloads.iter().map(|it| (vec![&*it.name], None, &*it.rows));
                components(run, columns::WORKLOADS, of)
            }
            Self::Operations => components(run, columns::OPERATIONS, groups(&run.operations)),
            Self::Tenants => components(run, columns::TENANTS, groups(&run.tenants)),
            Self::Edges => {
                let of = run.edges.iter().map(|it| (edge_names(it), None, &*it.rows));
                components(run, columns::EDGES, of)
            }
            Self::RetryBudgets => policies(run, columns::RETRY_BUDGETS, &guards.retry_budgets),
            Self::CircuitBreakers => policies(run, columns::CIRCUIT_BREAKERS, &guards.circuit_breakers),
            Self::Bulkheads => policies(run, columns::BULKHEADS, &guards.bulkheads),
            Self::Pools => policies(run, columns::POOLS, &guards.pools),
            Self::AdaptiveThrottles => policies(run, columns::ADAPTIVE_THROTTLES, &guards.adaptive_throttles),
            Self::RateLimits => policies(run, columns::RATE_LIMITS, &guards.rate_limits),
            Self::Hedges => policies(run, columns::HEDGES, &guards.hedges),
            Self::OutlierDetection => policies(run, columns::OUTLIER_DETECTION, &guards.outlier_detection),
            Self::Services => {
                let of = run.services.iter().map(|it| (vec![&*it.name], it.threads, &*it.rows));
                components(run, columns::SERVICES, of)
            }
            Self::Caches => {
                let of = run.caches.iter().map(|it| (vec![&*it.name], None, &*it.rows));
                components(run, columns::CACHES, of)
            }
            Self::Memory => {
                let of = run.memories.iter().map(|it| (vec![&*it.service], None, &*it.rows));
                components(run, columns::MEMORY, of)
            }
            Self::Locks => {
                let of = run.locks.iter().map(|it| (vec![&*it.name], None, &*it.rows));
                components(run, columns::LOCKS, of)
            }
            Self::Registers => {
                let of = run.registers.iter().map(|it| (vec![&*it.name], None, &*it.rows));
                components(run, columns::REGISTERS, of)
            }
        }
    }
}

/// What some rows of a file are of.
pub struct Component<'a> {
    /// Its names, by the keys of the file.
    pub names: Vec<&'a str>,
    /// How many rows it has.
    pub rows: usize,
    /// The cell of a row, by its position, in a column of the file, by its position there.
    pub cell: Box<dyn Fn(usize, usize) -> Cell + 'a>,
}

impl std::fmt::Debug for Component<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Component")
            .field("names", &self.names)
            .field("rows", &self.rows)
            .finish_non_exhaustive()
    }
}

/// The names of a component, how many threads it has, its rows.
type Rows<'a, R> = (Vec<&'a str>, Option<u64>, &'a [R]);

fn columns_of<R>(groups: &[&[Field<R>]]) -> Vec<Column> {
    groups.iter().copied().flatten().map(|field| field.column).collect()
}

fn components<'a, R>(
    run: &'a Run,
    groups: &'static [&'static [Field<R>]],
    of: impl Iterator<Item = Rows<'a, R>>,
) -> Vec<Component<'a>> {
    let component = |(names, threads, rows): Rows<'a, R>| {
        let cells: Vec<_> = groups.iter().copied().flatten().map(|field| field.cell).collect();
        let cell = move |index: usize, column: usize| {
            (cells[column])(&rows[index], Interval { length: run.row_length(index), threads })
        };
        Component { names, rows: rows.len().min(run.row_count()), cell: Box::new(cell) }
    };
    of.map(component).collect()
}

fn edge_names(edge: &EdgeSeries) -> Vec<&str> {
    vec![&*edge.caller, &*edge.target, &*edge.policy]
}

fn groups(series: &[GroupSeries]) -> impl Iterator<Item = Rows<'_, GroupRow>> {
    series.iter().map(|series| (vec![&*series.workload, &*series.name], None, &*series.rows))
}

/// A mechanism of policies, by edge.
fn policies<'a, R>(
    run: &'a Run,
    fields: &'static [&'static [Field<R>]],
    series: &'a [PolicySeries<R>],
) -> Vec<Component<'a>> {
    let of = series.iter().map(|it| (edge_names(&run.edges[it.edge]), None, &*it.rows));
    components(run, fields, of)
}

/// What the disk said: inside an error of the CSV writer, a full disk would no longer be known as one.
fn undisguised(error: csv::Error) -> io::Error {
    match error.into_kind() {
        csv::ErrorKind::Io(cause) => cause,
        other => io::Error::other(format!("{other:?}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::Duration;
    use crate::mechanism::Class;
    use crate::observe::{
        EdgeRow, EdgeSeries, EdgeTotals, Gauge, GuardSeries, Quantiles, ServiceRow, ServiceSeries,
        ServiceTotals, WorkloadRow, WorkloadSeries, WorkloadTotals,
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
