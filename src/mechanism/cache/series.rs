//! What caches report: columns of `caches.csv`, over all that a cache consists of.

use crate::mechanism::{Column, Kind};

const fn count(name: &'static str, unit: &'static str, meaning: &'static str) -> Column {
    Column { name, unit, kind: Kind::Count, meaning }
}

/// The columns that show what a cache is asked for, and what it has.
pub const COLUMNS: &[Column] = &[
    count("gets", "look-ups", "Look-ups that were answered: `hits` and `misses`."),
    count("hits", "look-ups", "Look-ups that found an entry that may be used."),
    count(
        "negative_hits",
        "look-ups",
        "Of the `hits`, those that found that there is nothing, or that a load has failed a moment ago.",
    ),
    count(
        "failed_hits",
        "look-ups",
        "Of the `negative_hits`, those that found that a load has failed, and failed like it.",
    ),
    count("misses", "look-ups", "Look-ups that found none."),
    count("expired", "look-ups", "Of the `misses`, those that found an entry that was too old."),
    Column {
        name: "hit_ratio",
        unit: "ratio",
        kind: Kind::Average,
        meaning: "`hits` without `failed_hits`, as a share of `gets`; empty if there were none.",
    },
    count(
        "stale",
        "look-ups",
        "Look-ups that were given an entry beyond its time: `hits` during `stale_while_revalidate`, `misses` whose load failed during `stale_if_error`, and `misses` that were not made to wait during `serve_stale`.",
    ),
    count(
        "served_on_error",
        "look-ups",
        "Of the `misses`, those whose load failed and that were given what was there; if that was beyond its time, they are among the `stale`.",
    ),
    count(
        "get_errors",
        "calls",
        "Look-ups whose call to the service that the cache is in failed: neither `hits` nor `misses` for who made it, even if one of its attempts has looked something up.",
    ),
    count("write_errors", "calls", "Calls to that service for a `put` or an `invalidate` that failed."),
    count("leases", "look-ups", "Of the `misses`, those that got a token, and may fill what they missed."),
    count(
        "lease_waits",
        "look-ups",
        "Of the `misses`, those that were told to wait, as somebody else has the token. Who looks again is counted again; with `serve_stale` some are given what was there instead.",
    ),
    count(
        "refused_puts",
        "entries",
        "What was not put there, for want of a valid token: not among the `fills`.",
    ),
    count("fills", "entries", "Entries that were put there, those written anew included."),
    count(
        "negative_fills",
        "entries",
        "Of the `fills`, those that say that there is nothing, or that a load has failed.",
    ),
    count(
        "absent",
        "entries",
        "What was to be put there or loaded, and is nothing, since the key has no value; without `negative` it is none of the `fills`.",
    ),
    count("not_admitted", "entries", "Of the `fills`, entries that the policy of eviction did not let in."),
    count("too_large", "entries", "Of the `not_admitted`, those that are larger than all there is room for."),
    count("evictions", "entries", "Entries that had to go to make room for others."),
    count(
        "invalidations",
        "entries",
        "Entries that were taken away by a handler, or of which it ended the time.",
    ),
    Column {
        name: "propagating",
        unit: "messages",
        kind: Kind::Last,
        meaning: "Invalidations on their way at the end of the interval.",
    },
    count(
        "outdated",
        "look-ups",
        "Look-ups that were given an entry whose key had been changed since it was put there: the `invalidate` was on its way.",
    ),
    Column {
        name: "outdated_mean_s",
        unit: "s",
        kind: Kind::Average,
        meaning: "How long ago that change was, on average.",
    },
    Column {
        name: "outdated_max_s",
        unit: "s",
        kind: Kind::Quantile,
        meaning: "How long ago that change was, at most.",
    },
    count("flushed", "entries", "Entries that a fault or a crash took away."),
    count("warmed", "entries", "Entries that `warming` put there, or wrote anew since their time was over."),
    Column {
        name: "dirty",
        unit: "keys",
        kind: Kind::Last,
        meaning: "Keys that were put there and are still to be stored, at the end of the interval.",
    },
    count(
        "coalesced_writes",
        "puts",
        "Puts of a key that was dirty already: they are stored together, unless that is under way.",
    ),
    count(
        "served_dirty",
        "look-ups",
        "Of the look-ups that found no entry, those that were given what is still to be stored.",
    ),
    count("stores", "stores", "Stores that began, before something was put there or behind it."),
    count("stores_behind", "stores", "Of the `stores`, those of what had been put there before."),
    count("store_failures", "stores", "Stores that failed; those whose handler was stopped are not counted."),
    count(
        "writes_lost",
        "keys",
        "Keys that were dirty and will never be stored: tried in vain, flushed, or gone with their instance.",
    ),
    count("loads", "loads", "Loads that began."),
    count(
        "refreshes",
        "loads",
        "Of the `loads`, those that began in the background, for an entry that was used.",
    ),
    count("load_failures", "loads", "Loads that failed: nothing was put there."),
    count("coalesced", "look-ups", "Of the `misses`, those that waited for a load that was under way."),
    Column {
        name: "loads_inside",
        unit: "loads",
        kind: Kind::Last,
        meaning: "Loads under way at the end of the interval.",
    },
    Column {
        name: "entries",
        unit: "entries",
        kind: Kind::Last,
        meaning: "Entries at the end of the interval, those beyond their time that are still there included.",
    },
    Column {
        name: "entries_bytes",
        unit: "bytes",
        kind: Kind::Last,
        meaning: "What these take; empty without `sizes`.",
    },
    Column {
        name: "age_mean_s",
        unit: "s",
        kind: Kind::Average,
        meaning: "Mean age of the entries that were used, at their use.",
    },
    Column {
        name: "age_p50_s",
        unit: "s",
        kind: Kind::Quantile,
        meaning: "Median age of the entries that were used.",
    },
    Column {
        name: "age_p99_s",
        unit: "s",
        kind: Kind::Quantile,
        meaning: "99th percentile of the age of the entries that were used.",
    },
    Column {
        name: "age_max_s",
        unit: "s",
        kind: Kind::Quantile,
        meaning: "Exact maximum of the age of the entries that were used.",
    },
];
