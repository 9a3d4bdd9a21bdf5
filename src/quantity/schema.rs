//! How quantities look in the JSON Schema of the model language: text with a pattern, examples, and what an editor should say about it.
//!
//! The patterns accept every spelling that the parsers accept, and refuse most of what they refuse; what they let through (a share above 100 %, units in the
//! wrong order, a distribution with another argument) is answered by `check`.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

use super::{Bandwidth, Bytes, Distribution, Duration, Factor, Limit, Rate, Room, Share, SizeDistribution};

const DURATION: &str = "([0-9]+(\\.[0-9]+)?(ns|us|\u{b5}s|\u{3bc}s|ms|s|min|m|h|d))+";
const UNIT: &str = "(ns|us|\u{b5}s|\u{3bc}s|ms|s|min|m|h|d)";
const NUMBER: &str = r"[0-9]+(\.[0-9]+)?";
const BYTES_UNIT: &str = "(B|[kK]B|KiB|[MGTP]B|[MGTP]iB)";
const FORMS: &str = "exponential|uniform|normal|lognormal|gamma|erlang|weibull|pareto|hyperexponential|mixture|quantiles|empirical";

/// A quantity that is a text: its name, its pattern, examples, and a description.
macro_rules! text_schema {
    ($type:ty, $pattern:expr, $examples:expr, $description:literal) => {
        impl JsonSchema for $type {
            fn schema_name() -> Cow<'static, str> {
                stringify!($type).into()
            }

            fn schema_id() -> Cow<'static, str> {
                concat!("metastable::", stringify!($type)).into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!({
                    "description": $description,
                    "type": "string",
                    "pattern": $pattern,
                    "examples": $examples,
                })
            }
        }
    };
}

text_schema!(
    Duration,
    format!("^{DURATION}$"),
    ["250ms", "1.5s", "10min", "1h30m"],
    "A length of time with its unit: `ns`, `us`, `ms`, `s`, `min` (or `m`), `h`, `d`. Exact to a nanosecond, at most 584 years; the larger unit first."
);

text_schema!(
    Rate,
    format!("^{NUMBER}/({UNIT}|{DURATION})$"),
    ["800/s", "0.5/s", "60/min", "1/90s"],
    "So many per unit of time, or per duration. Kept as an exact fraction."
);

text_schema!(
    Share,
    format!("^{NUMBER}%$"),
    ["20%", "0.05%", "100%"],
    "A part of a whole in percent, from `0%` to `100%`, exact to a billionth. Never a bare number, since tools disagree between 0.2 and 20."
);

text_schema!(
    Bytes,
    format!("^{NUMBER}{BYTES_UNIT}$"),
    ["64MiB", "1.5GB", "4KiB"],
    "A size. `64MiB` (binary) and `64MB` (decimal) are kept apart."
);

text_schema!(
    Bandwidth,
    format!("^{NUMBER}{BYTES_UNIT}/s$"),
    ["100MB/s", "12.5MiB/s"],
    "So many bytes, not bits, per second: a line of 1 Gbit/s carries at most `125MB/s`."
);

text_schema!(
    Distribution,
    format!(r"^\s*({DURATION}|({FORMS})\s*\(.*\))\s*$"),
    [
        "5ms",
        "exponential(5ms)",
        "uniform(1ms, 9ms)",
        "normal(mean=5ms, sd=1ms)",
        "lognormal(p50=5ms, p99=40ms)",
        "lognormal(mean=5ms, cv=1.5)",
        "gamma(mean=5ms, cv=0.5)",
        "erlang(k=3, mean=5ms)",
        "weibull(shape=0.5, mean=5ms)",
        "pareto(min=1ms, alpha=1.5, max=10s)",
        "hyperexponential(mean=5ms, cv=2)",
        "mixture(99%: 1ms, 1%: exponential(100ms))",
        "quantiles(0%: 1ms, 50%: 5ms, 100%: 90ms)",
        "empirical(latencies.csv)",
    ],
    "How a duration is drawn: always the same (`5ms`), or a distribution by its percentiles or its moments. `cv` is the standard deviation divided by the mean."
);

text_schema!(
    SizeDistribution,
    format!(r"^\s*({NUMBER}{BYTES_UNIT}|({FORMS})\s*\(.*\))\s*$"),
    [
        "4KiB",
        "exponential(4KiB)",
        "uniform(1KiB, 9KiB)",
        "lognormal(p50=1KiB, p99=64KiB)",
        "pareto(min=1KiB, alpha=1.5, max=10MiB)",
        "mixture(99%: 1KiB, 1%: exponential(100KiB))",
        "quantiles(0%: 1KiB, 50%: 4KiB, 100%: 90KiB)",
        "empirical(sizes.csv)",
    ],
    "How a size is drawn: always the same (`4KiB`), or a distribution. The forms are those of durations."
);

impl JsonSchema for Factor {
    fn schema_name() -> Cow<'static, str> {
        "Factor".into()
    }

    fn schema_id() -> Cow<'static, str> {
        "metastable::Factor".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "A bare number, finite and not negative: how many times as much.",
            "type": "number",
            "minimum": 0,
            "examples": [3, 0.5],
        })
    }
}

/// A count, or a size.
impl JsonSchema for Room {
    fn schema_name() -> Cow<'static, str> {
        "Room".into()
    }

    fn schema_id() -> Cow<'static, str> {
        "metastable::Room".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let (entries, bytes) = (generator.subschema_for::<u32>(), generator.subschema_for::<Bytes>());
        json_schema!({ "anyOf": [entries, bytes] })
    }
}

/// A limit, or the word `"unlimited"`.
impl<T: JsonSchema> JsonSchema for Limit<T> {
    fn schema_name() -> Cow<'static, str> {
        let of = T::schema_name();
        // Counts have no type of their own, and Rust's name of theirs says nothing to a reader.
        let of = if of.starts_with("uint") { Cow::Borrowed("Count") } else { of };
        format!("{of}OrUnlimited").into()
    }

    fn schema_id() -> Cow<'static, str> {
        format!("metastable::Limit<{}>", T::schema_id()).into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let value = generator.subschema_for::<T>();
        json_schema!({
            "description": "A limit. No limit is the word `\"unlimited\"`, never 0.",
            "anyOf": [value, { "type": "string", "const": "unlimited" }],
        })
    }
}
