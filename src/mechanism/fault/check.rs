//! What is wrong with a fault, as far as it can be seen without the rest of the model.

use super::{
    AllocationSurge, Blackhole, CacheFlush, ConfigPush, CpuStress, Degrade, ErrorInjection, FaultKind,
    FaultSettings, IoDelay, LoadSpike, LockHeld, MemoryStress, NetworkLatency, PacketLoss, Partition, Select,
    ZoneOutage,
};
use crate::mechanism::{Class, Problems};
use crate::quantity::{Distribution, Duration, Share};

/// The kinds of faults, as a message lists them.
const KINDS: &str = "`degrade`, `pause`, `crash`, `load_spike`, `error_injection`, `cpu_stress`, `memory_stress`, `allocation_surge`, `latency`, `packet_loss`, `partition`, `blackhole`, `zone_outage`, `cache_flush`, `io_delay`, `lock_held`, `config_push`";

const ZERO: Distribution = Distribution::Constant(Duration::ZERO);

impl FaultSettings {
    /// Notes what is wrong with these settings; `problems` is at the fault. What needs the rest of the model (names, numbers of instances, the
    /// length of the run) is not looked at here.
    pub fn check(&self, problems: &mut Problems) {
        self.check_kind(problems);
        self.check_begin(problems);
        self.check_length(problems);
        for kind in self.kinds() {
            problems.at(kind.name(), |problems| check_settings(kind, problems));
        }
    }

    fn check_kind(&self, problems: &mut Problems) {
        let kinds: Vec<&str> = self.kinds().map(FaultKind::name).collect();
        match kinds[..] {
            [] => problems.error(
                "this fault does not say what goes wrong",
                format!("write one of {KINDS}, such as `degrade = {{ service = \"db\", factor = 10 }}`"),
            ),
            [_] => {}
            [..] => problems.error(
                format!("this fault is several at once: `{}`", kinds.join("`, `")),
                "write a fault of its own for each of them",
            ),
        }
    }

    fn check_begin(&self, problems: &mut Problems) {
        match (self.at, &self.every, &self.after) {
            (None, None, None) => problems.error(
                "this fault does not say when it begins",
                "write `at = \"5min\"`, `every = \"exponential(10min)\"`, or `after = { fault = \"…\" }`",
            ),
            (Some(_), _, Some(_)) => problems.error(
                "this fault begins at an instant and after another fault",
                "write `at` or `after`, not both",
            ),
            (_, Some(_), Some(_)) => problems.error(
                "a fault that follows another one happens as often as that one does",
                "write `every` or `after`, not both",
            ),
            _ => {}
        }
        if self.after.as_ref().is_some_and(|after| after.probability == Share::ZERO) {
            problems.at("after.probability", |problems| {
                problems.error("a fault with the probability 0 never happens", "write a share above 0 %");
            });
        }
        for (field, is_written) in [("until", self.until.is_some()), ("count", self.count.is_some())] {
            if is_written && self.every.is_none() {
                problems.at(field, |problems| {
                    problems.error(
                        format!("`{field}` is about a fault that repeats"),
                        "write `every` too, or remove it; how long a fault lasts is its `duration`",
                    );
                });
            }
        }
        if self.count == Some(0) {
            problems.at("count", |problems| {
                problems.error("a fault that happens 0 times does nothing", "write at least 1");
            });
        }
        if self.every == Some(ZERO) {
            problems.at("every", |problems| {
                problems.error(
                    "without a gap between them, all occurrences are one",
                    "write a longer gap, or `at` and no `every`",
                );
            });
        }
    }

    fn check_length(&self, problems: &mut Problems) {
        if let Some(kind) = self.kind().filter(|kind| kind.is_instantaneous()) {
            if self.duration.is_some() {
                problems.at("duration", |problems| {
                    problems.error(
                        format!("`{}` happens at one instant, and has no length", kind.name()),
                        "remove `duration`; to empty it again and again write `every`",
                    );
                });
            }
        } else if self.every.is_some() && self.duration.is_none() {
            problems.at("every", |problems| {
                problems.error(
                    "a fault that never ends cannot happen again",
                    "write how long it lasts, such as `duration = \"exponential(30s)\"`",
                );
            });
        }
        if self.duration == Some(ZERO) {
            problems.at("duration", |problems| {
                problems.error(
                    "a fault that lasts no time does nothing",
                    "write how long it lasts, or remove `duration` if it has no end",
                );
            });
        }
        let Some(ramp) = self.ramp else { return };
        problems.at("ramp", |problems| {
            if let Some(kind) = self.kind().filter(|kind| !kind.can_ramp()) {
                problems.error(
                    format!("`{}` has no strength that could grow", kind.name()),
                    "remove `ramp`: it is for `degrade`, `latency`, `packet_loss`, `load_spike`, `memory_stress` and `allocation_surge`",
                );
            } else if let Some(Distribution::Constant(duration)) = self.duration
                && ramp > duration
            {
                problems.error(
                    format!("a ramp of {ramp} is longer than the fault, which lasts {duration}"),
                    "write a shorter `ramp` or a longer `duration`",
                );
            }
        });
    }
}

fn check_settings(kind: FaultKind<'_>, problems: &mut Problems) {
    match kind {
        FaultKind::Degrade(fault) => fault.check(problems),
        FaultKind::Pause(fault) => fault.select.check(problems),
        FaultKind::Crash(fault) => fault.select.check(problems),
        FaultKind::LoadSpike(fault) => fault.check(problems),
        FaultKind::ErrorInjection(fault) => fault.check(problems),
        FaultKind::CpuStress(fault) => fault.check(problems),
        FaultKind::MemoryStress(fault) => fault.check(problems),
        FaultKind::AllocationSurge(fault) => fault.check(problems),
        FaultKind::Latency(fault) => fault.check(problems),
        FaultKind::PacketLoss(fault) => fault.check(problems),
        FaultKind::Partition(fault) => fault.check(problems),
        FaultKind::Blackhole(Blackhole { select, .. }) => select.check(problems),
        FaultKind::IoDelay(fault) => fault.check(problems),
        FaultKind::ZoneOutage(ZoneOutage { .. }) | FaultKind::LockHeld(LockHeld { .. }) => {}
        FaultKind::CacheFlush(fault) => fault.check(problems),
        FaultKind::ConfigPush(fault) => fault.check(problems),
    }
}

impl CacheFlush {
    fn check(&self, problems: &mut Problems) {
        if self.share == Share::ZERO {
            problems.at("share", |problems| {
                problems
                    .error("a cache that loses none of its entries loses nothing", "write a share above 0 %");
            });
        }
        self.select.check(problems);
    }
}

impl Degrade {
    fn check(&self, problems: &mut Problems) {
        self.select.check(problems);
        problems.at("factor", |problems| {
            if self.factor.get() == 0.0 {
                problems.error(
                    "work that takes 0 times as long takes no time",
                    "write a factor above 1 to slow the work down; to stop it, write a `pause`",
                );
            } else if self.factor.get() == 1.0 {
                problems.warning("a factor of 1 changes nothing", "write a factor above 1");
            }
        });
    }
}

impl MemoryStress {
    fn check(&self, problems: &mut Problems) {
        self.select.check(problems);
        if self.bytes.is_zero() {
            problems.at("bytes", |problems| {
                problems.error("nothing more is alive", "write how much, such as \"1GiB\"");
            });
        }
    }
}

impl AllocationSurge {
    fn check(&self, problems: &mut Problems) {
        self.select.check(problems);
        problems.at("factor", |problems| {
            if self.factor.get() == 0.0 {
                problems.error("attempts that allocate nothing keep nothing alive", "write a factor above 1");
            } else if self.factor.get() == 1.0 {
                problems.warning("a factor of 1 changes nothing", "write a factor above 1");
            }
        });
    }
}

impl IoDelay {
    fn check(&self, problems: &mut Problems) {
        self.select.check(problems);
        if self.delay.is_zero() {
            problems.at("delay", |problems| {
                problems.warning("a delay of 0 changes nothing", "write a longer one, such as `\"50ms\"`");
            });
        }
    }
}

impl LoadSpike {
    fn check(&self, problems: &mut Problems) {
        if self.factor.get() == 1.0 {
            problems.at("factor", |problems| {
                problems.error(
                    "a factor of 1 changes nothing",
                    "write a factor above 1 for more arrivals, or below 1 for fewer",
                );
            });
        }
    }
}

impl ErrorInjection {
    fn check(&self, problems: &mut Problems) {
        self.select.check(problems);
        if self.share.billionths() == 0 {
            problems.at("share", |problems| {
                problems
                    .warning("a share of 0 % fails nothing", "write a share above 0 %, such as `\"10%\"`");
            });
        }
        problems.at("class", |problems| check_injected_class(self.class, problems));
    }
}

/// A server can only cause what reaches the caller from outside; timers, cancellation and local rejection are the caller's own.
fn check_injected_class(class: Class, problems: &mut Problems) {
    const HELP: &str = "write `server_error`, `gateway_error`, `overloaded`, `app_error`, `conflict`, `refused_stream`, `connect_failure` or `reset`";
    match class {
        Class::Ok => problems.error("`ok` is not an error that could be injected", HELP),
        Class::AttemptTimeout | Class::DeadlineExceeded | Class::Cancelled | Class::LocalReject => {
            problems.error(
                format!("`{class}` comes from the caller itself and cannot be injected at a service"),
                HELP,
            );
        }
        Class::AppError
        | Class::ServerError
        | Class::GatewayError
        | Class::Overloaded
        | Class::ConnectFailure
        | Class::RefusedStream
        | Class::Reset
        | Class::Conflict => {}
    }
}

impl CpuStress {
    fn check(&self, problems: &mut Problems) {
        self.select.check(problems);
        problems.at("load", |problems| {
            if self.load == Share::ONE {
                problems.error(
                    "with a load of 100 % nothing is left for the work",
                    "write a smaller share; to stop the work, write a `pause`",
                );
            } else if self.load == Share::ZERO {
                problems.warning("a load of 0 % changes nothing", "write a share above 0 %");
            }
        });
    }
}

impl NetworkLatency {
    fn check(&self, problems: &mut Problems) {
        let Self { from, to, service, select, delay, jitter, .. } = self;
        check_ends(from.as_ref(), to.as_ref(), service.as_ref(), select, problems);
        if delay.is_zero() && jitter.is_zero() {
            problems.at("delay", |problems| {
                problems.warning("a delay of 0 changes nothing", "write a longer one, such as `\"50ms\"`");
            });
        }
    }
}

impl PacketLoss {
    fn check(&self, problems: &mut Problems) {
        let Self { from, to, service, select, loss, .. } = self;
        check_ends(from.as_ref(), to.as_ref(), service.as_ref(), select, problems);
        if *loss == Share::ZERO {
            problems.at("loss", |problems| {
                problems.warning("a loss of 0 % changes nothing", "write a share above 0 %");
            });
        }
    }
}

fn check_ends(
    from: Option<&String>,
    to: Option<&String>,
    service: Option<&String>,
    select: &Select,
    problems: &mut Problems,
) {
    select.check(problems);
    let has_ends = from.is_some() || to.is_some();
    match service {
        Some(_) if has_ends => problems.error(
            "this says twice which messages are meant",
            "write `from` and `to`, or `service` and `select`",
        ),
        None if *select != Select::All => problems.at("select", |problems| {
            problems.error("`select` is about the instances of a `service`", "write `service` too");
        }),
        Some(_) | None => {}
    }
}

impl Partition {
    fn check(&self, problems: &mut Problems) {
        match (&self.between[..], &self.isolate) {
            ([], Some(_)) => {}
            ([one, other], None) if one != other => {}
            ([one, other], None) if one == other => problems.at("between", |problems| {
                problems.error(
                    format!("`{one}` cannot be cut off from itself"),
                    "write two different names, or `isolate` for one side and everybody else",
                );
            }),
            _ => problems.error(
                "a partition has two sides",
                "write `between = [\"web\", \"db\"]`, or `isolate = \"eu\"` for one side and everybody else",
            ),
        }
        if self.share == Share::ZERO {
            problems.at("share", |problems| {
                problems.error("a partition of 0 % of the pairs does nothing", "write a share above 0 %");
            });
        }
    }
}

impl ConfigPush {
    fn check(&self, problems: &mut Problems) {
        self.select.check(problems);
        if self.set.is_empty() {
            problems.at("set", |problems| {
                problems.error(
                    "this push changes nothing",
                    "write what changes, such as `set = { \"services.db.threads\" = 8 }`",
                );
            });
        }
    }
}
