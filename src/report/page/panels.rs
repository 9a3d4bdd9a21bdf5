//! Which charts each kind of component has.

use super::course::Panel;
use crate::report::svg::Measure::{Bytes, Number, Seconds, Share};

/// `title, measure, unit: column => label, …`.
macro_rules! panels {
    ($($title:literal, $measure:ident, $unit:literal: $($column:literal => $label:literal),+;)*) => {
        &[$(Panel { title: $title, measure: $measure, unit: $unit, lines: &[$(($column, $label)),+] }),*]
    };
}

pub(super) const WORKLOAD: &[Panel] = panels! {
    "Requests", Number, "requests per second": "good" => "goodput", "offered" => "offered", "ok_late" => "too late", "user_retries" => "repeated by users";
    "Failures", Number, "requests per second": "failed_app_error" => "application error", "failed_server_error" => "server error",
        "failed_gateway_error" => "gateway error", "failed_overloaded" => "overloaded", "failed_connect_failure" => "no connection",
        "failed_refused_stream" => "refused", "failed_reset" => "reset", "failed_attempt_timeout" => "attempt timeout",
        "failed_deadline_exceeded" => "deadline exceeded", "failed_cancelled" => "cancelled", "failed_local_reject" => "rejected by the client",
        "failed_conflict" => "conflict";
    "Latency of successes", Seconds, "time": "latency_p50_s" => "p50", "latency_p99_s" => "p99", "latency_p999_s" => "p99.9";
    "In progress", Number, "requests": "inside" => "in progress";
};

pub(super) const EDGE: &[Panel] = panels! {
    "Calls and attempts", Number, "per second": "calls" => "calls", "attempts" => "attempts", "call_ok" => "calls that succeed", "retries" => "retries";
    "How attempts fail", Number, "attempts per second": "attempt_app_error" => "application error", "attempt_server_error" => "server error",
        "attempt_gateway_error" => "gateway error", "attempt_overloaded" => "overloaded", "attempt_connect_failure" => "no connection",
        "attempt_refused_stream" => "refused", "attempt_reset" => "reset", "attempt_attempt_timeout" => "timeout",
        "attempt_deadline_exceeded" => "deadline exceeded", "attempt_cancelled" => "cancelled", "attempt_local_reject" => "rejected by the client",
        "attempt_conflict" => "conflict";
    "Latency of calls", Seconds, "time": "call_latency_p50_s" => "p50", "call_latency_p99_s" => "p99", "attempt_latency_p99_s" => "attempt p99";
    "In progress", Number, "attempts and calls": "attempts_inside" => "attempts", "calls_inside" => "calls";
    "Lost on the network", Number, "per second": "attempt_lost" => "attempts", "reply_lost" => "replies";
};

pub(super) const RETRY_BUDGET: &[Panel] = panels! {
    "Retry budget", Number, "retries per second": "granted" => "granted", "denied" => "denied";
};

pub(super) const CIRCUIT_BREAKER: &[Panel] = panels! {
    "Circuit breakers", Number, "breakers": "open_mean" => "open", "half_open" => "half-open";
    "Refused by circuit breakers", Number, "per second": "rejected_open" => "by open ones", "rejected_half_open" => "by half-open ones";
};

pub(super) const BULKHEAD: &[Panel] = panels! {
    "Bulkhead", Number, "attempts": "in_use_mean" => "inside", "waiting_mean" => "waiting", "held_by_abandoned" => "held by abandoned ones";
    "Refused by the bulkhead", Number, "attempts per second": "rejected_full" => "full", "rejected_timeout" => "waited in vain";
};

pub(super) const POOL: &[Panel] = panels! {
    "Connections", Number, "connections": "in_use_mean" => "in use", "idle" => "idle", "connecting" => "being opened";
    "Waiting for a connection", Number, "attempts": "waiting_mean" => "waiting, mean", "waiting_max" => "at most";
    "Connections opened and lost", Number, "per second": "opened" => "opened", "connect_failures" => "failures", "closed_abandoned" => "abandoned",
        "closed_broken" => "broken", "rejected_timeout" => "waited in vain", "rejected_full" => "no room to wait";
};

pub(super) const ADAPTIVE_THROTTLE: &[Panel] = panels! {
    "Adaptive throttle", Share, "probability of a rejection": "rejection_probability_mean" => "mean", "rejection_probability_max" => "highest";
};

pub(super) const RATE_LIMIT: &[Panel] = panels! {
    "Rate limit", Number, "per second": "passed" => "passed", "rejected" => "rejected", "waited" => "waited";
};

pub(super) const HEDGE: &[Panel] = panels! {
    "Hedging", Number, "per second": "hedges" => "copies", "won" => "won", "denied_extra_load" => "denied: extra load", "denied_budget" => "denied: budget";
};

pub(super) const OUTLIER_DETECTION: &[Panel] = panels! {
    "Ejected instances", Number, "pairs of client and instance": "hosts_ejected_mean" => "ejected", "panicking" => "clients in panic";
};

pub(super) const SERVICE: &[Panel] = panels! {
    "Load", Number, "attempts per second": "ok" => "handled with success", "received" => "received";
    "Threads in use", Share, "share of all threads": "utilisation_ratio" => "in use";
    "Queue", Number, "attempts": "attempts_queued_mean" => "mean", "attempts_queued_max" => "at most";
    "In progress", Number, "attempts": "attempts_inside_mean" => "waiting or handled", "threads_busy_mean" => "threads in use";
    "Time in the service, and of it in the queue", Seconds, "time": "time_in_service_p50_s" => "in service p50", "time_in_service_p99_s" => "in service p99", "time_in_queue_p50_s" => "in queue p50",
        "time_in_queue_p99_s" => "in queue p99";
    "Work", Number, "threads at work": "attempts_working_mean" => "at work", "wasted_work_s" => "for nobody";
    "Not handled with success", Number, "attempts per second": "overloaded" => "overloaded", "dropped" => "dropped", "expired" => "expired",
        "cancelled" => "cancelled", "reset" => "reset", "app_error" => "application error", "server_error" => "server error",
        "gateway_error" => "gateway error", "conflict" => "conflict";
    "Abandoned while the service has them", Number, "attempts per second": "orphaned" => "abandoned", "duplicate_executions" => "done twice", "fallbacks" => "fallbacks";
    "Waiting for resources", Number, "attempts": "attempts_waiting_for_cpu_mean" => "for a CPU", "attempts_in_io_mean" => "in I/O", "attempts_waiting_for_io_mean" => "for I/O",
        "attempts_waiting_for_permit_mean" => "for a permit";
};

pub(super) const MEMORY: &[Panel] = panels! {
    "Memory", Bytes, "size": "live_bytes" => "alive", "occupied_bytes" => "occupied";
    "Stopped by collections", Share, "share of the time": "stopped_ratio" => "stopped";
    "Pauses", Seconds, "time": "pause_p50_s" => "p50", "pause_max_s" => "longest";
    "Collections", Number, "per second": "collections" => "collections", "allocation_stalls" => "allocation stalls", "out_of_memory" => "killed";
};

pub(super) const CACHE: &[Panel] = panels! {
    "Hits", Share, "share of the look-ups": "hit_ratio" => "hits";
    "Look-ups", Number, "per second": "hits" => "hits", "misses" => "misses", "stale" => "stale", "coalesced" => "wait for another's load", "get_errors" => "failed";
    "Entries", Number, "entries": "entries" => "entries";
    "Loads and fills", Number, "per second": "fills" => "fills", "warmed" => "from warming", "loads" => "loads", "load_failures" => "loads that fail", "refused_puts" => "refused";
    "Stores", Number, "per second": "stores" => "stores", "stores_behind" => "of what is there", "coalesced_writes" => "coalesced", "store_failures" => "that fail", "writes_lost" => "lost";
    "Still to be stored", Number, "keys": "dirty" => "dirty keys";
    "What goes", Number, "entries per second": "evictions" => "evicted", "invalidations" => "invalidated", "flushed" => "flushed", "not_admitted" => "not admitted";
    "Leases", Number, "per second": "leases" => "granted", "lease_waits" => "told to wait";
};

pub(super) const LOCK: &[Panel] = panels! {
    "Who waits", Number, "attempts": "waiting_mean" => "waiting, mean", "waiting_max" => "at most", "holding_mean" => "holding";
    "Taken", Number, "per second": "acquired" => "taken", "contended" => "after waiting", "timed_out" => "waited in vain";
    "Waiting time", Seconds, "time": "wait_p50_s" => "p50", "wait_p99_s" => "p99";
    "Holding time", Seconds, "time": "hold_p50_s" => "p50", "hold_p99_s" => "p99";
};

pub(super) const REGISTER: &[Panel] = panels! {
    "Writes", Number, "per second": "writes" => "writes", "conflicts" => "conflicts", "reads" => "reads";
};

pub(super) const GROUP: &[Panel] = panels! {
    "Requests", Number, "requests per second": "good" => "goodput", "offered" => "offered", "failed" => "failed", "ok_late" => "too late";
};
