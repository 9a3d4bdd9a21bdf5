//! What is kept of answers that bring nothing.
//!
//! A key that has no value is missed for ever, and each look-up goes to the origin, unless it is kept that there is nothing (RFC 2308, section 5; null values in Spring's caches). A load that fails may be kept as
//! well: whoever looks the key up then fails at once, and the origin is spared (RFC 2308, section 7; negative caching of CDNs). Both only for a short time, since it ends only then.

use serde::{Deserialize, Serialize};

use crate::kernel::Duration;
use crate::mechanism::class::ClassSet;
use crate::mechanism::{Class, Problems};

/// `negative = { ttl = "5s", classes = ["gateway_error"] }`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct NegativeSettings {
    /// For so long it is known that a key has no value, or that its load has failed. Above 0; no default.
    pub ttl: Duration,
    /// Loads that end like this are kept; the others are not. `app_error`, `server_error`, `gateway_error` and `conflict`. Concerns `load`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub classes: Vec<Class>,
}

/// How a load can end, but for success and for reasons that say nothing of what was to be loaded.
const FAILURES: [Class; 4] = [Class::AppError, Class::ServerError, Class::GatewayError, Class::Conflict];

impl NegativeSettings {
    pub(super) fn check(&self, problems: &mut Problems) {
        if self.ttl.is_zero() {
            problems.at("ttl", |problems| {
                problems.error("what is kept for no time is not kept", "write for how long, such as \"5s\"");
            });
        }
        for (index, class) in self.classes.iter().enumerate() {
            if !FAILURES.contains(class) {
                let names: Vec<String> = FAILURES.iter().map(|class| format!("`{class}`")).collect();
                problems.at_index("classes", index, |problems| {
                    problems.error(
                        format!("no load ends with `{class}`"),
                        format!(
                            "`classes` can name {}; a call that fails is a `gateway_error`",
                            names.join(", ")
                        ),
                    );
                });
            }
        }
    }
}

/// Why there is no value.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Nothing {
    /// The key has none.
    Absent,
    /// Its load has failed.
    Failed(Class),
}

/// The rules about it.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) struct Negative {
    pub(super) ttl: Duration,
    classes: ClassSet,
}

impl Negative {
    pub(super) fn new(settings: &NegativeSettings) -> Self {
        Self { ttl: settings.ttl, classes: ClassSet::of(&settings.classes) }
    }

    /// Whether that is kept.
    pub(super) fn keeps(&self, nothing: Nothing) -> bool {
        match nothing {
            Nothing::Absent => true,
            Nothing::Failed(class) => self.classes.contains(class),
        }
    }
}
