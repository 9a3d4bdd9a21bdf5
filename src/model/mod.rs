//! The document: one TOML file, assembled from the settings of the mechanisms.
//!
//! Here a text becomes a [`Model`], or a list of messages that say what is wrong, where, and what to do about it. The order:
//! syntax, overrides of the command line, parameters ([`Document`]), types, meaning ([`Model::parse`]). Only this floor knows
//! about files, lines and columns; everything below names a path (`policies.db.retry.max_attempts`). Nothing here opens a file.

mod along;
mod case;
mod check;
mod codes;
mod decode;
mod diagnostic;
mod digest;
mod document;
mod effective;
mod experiment;
mod graph;
mod load;
mod node;
mod overrides;
mod params;
mod path;
mod presets;
mod push;
pub mod schedule;
#[cfg(feature = "schema")]
mod schema;
mod settings;
mod spelling;
#[cfg(test)]
mod tests;
mod topology;
mod wording;

pub use along::Along;
pub use case::{Case, CaseFiles, CaseRecord, EMBEDDED_BYTES_MAX, LoadedCase};
pub(crate) use check::NAME_CHARS_MAX;
pub(crate) use decode::decode_json;
pub use diagnostic::{Diagnostic, Diagnostics, Location, Severity, SourceName};
pub use digest::{hash_of_file, hexadecimal};
pub use document::Document;
pub use effective::explain;
pub use experiment::{
    Assignments, Axis, AxisSettings, AxisValue, Bound, DesignMatrix, DesignSettings, ExpectSettings,
    Experiment, LatinHypercubeSettings, LoadedExperiment, Metric, Named, Points, Precision, RangeSettings,
    Scale, SeedSettings, SobolSettings, Unit, UntilSettings, Values, VariantSettings, VerdictName, Written,
};
pub use graph::ServiceGraph;
pub use load::Loaded;
pub use overrides::Overrides;
#[cfg(feature = "schema")]
pub use schema::{experiment_schema, experiment_schema_text, schema, schema_text, structure};
pub use settings::{
    AbandonedWork, CallSettings, ChoiceSettings, DeadlineSettings, GetSettings, HoldSettings, JudgeSettings,
    LateReplies, LatencyObjectiveSettings, LinkEntrySettings, LinkOverride, LinkSettings, LockStepSettings,
    Model, NetworkSettings, ObjectiveSettings, OperationSettings, ParallelSettings, PolicyPreset,
    PolicySettings, RepeatSettings, RunSettings, Scope, ServiceSettings, StepAt, StepSettings,
    TenantSettings, Transport, TrySettings, UserRetrySettings, WorkloadSettings, ZonePairSettings,
};
pub(crate) use spelling::{closest as closest_name, listed as listed_names};
pub use topology::Topology;
