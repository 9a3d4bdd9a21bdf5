//! What can be written about waiting for branches.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::mechanism::Problems;

/// `wait = "all"`, `"any"` or a number: how many branches must succeed before the handler goes on.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Wait {
    /// Every branch. The first failure is the failure of the whole.
    #[default]
    All,
    /// The first success; the whole fails when every branch has.
    Any,
    /// So many successes: a quorum.
    Count(u32),
}

impl Wait {
    /// Notes what is wrong with waiting so for this many branches; `problems` is at `wait`.
    pub fn check(self, branches: u64, problems: &mut Problems) {
        let Self::Count(count) = self else { return };
        if count == 0 {
            problems
                .error("waiting for 0 branches is not waiting", "write `\"any\"`, `\"all\"`, or a number");
        } else if u64::from(count) > branches {
            problems.error(
                format!("{count} of {branches} branches can never succeed"),
                "write `\"all\"`, or at most the number of branches",
            );
        }
    }

    /// How many of this many branches must succeed.
    pub const fn needed(self, branches: u32) -> u32 {
        match self {
            Self::All => branches,
            Self::Any => 1,
            Self::Count(count) => count,
        }
    }
}

impl fmt::Display for Wait {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::All => f.write_str("all"),
            Self::Any => f.write_str("any"),
            Self::Count(count) => count.fmt(f),
        }
    }
}

impl Serialize for Wait {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::All => serializer.serialize_str("all"),
            Self::Any => serializer.serialize_str("any"),
            Self::Count(count) => serializer.serialize_u32(*count),
        }
    }
}

impl<'de> Deserialize<'de> for Wait {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(WaitVisitor)
    }
}

struct WaitVisitor;

impl serde::de::Visitor<'_> for WaitVisitor {
    type Value = Wait;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("\"all\", \"any\", or a number of branches such as 2")
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Wait, E> {
        match text {
            "all" => Ok(Wait::All),
            "any" => Ok(Wait::Any),
            _ => {
                let text: String = text.chars().take(40).collect();
                Err(E::custom(format!("`{text}` is not `all`, `any` or a number of branches such as 2")))
            }
        }
    }

    fn visit_i64<E: serde::de::Error>(self, number: i64) -> Result<Wait, E> {
        u32::try_from(number)
            .map(Wait::Count)
            .map_err(|_| E::custom(format!("`{number}` is not a number of branches: write for example 2")))
    }

    fn visit_u64<E: serde::de::Error>(self, number: u64) -> Result<Wait, E> {
        u32::try_from(number)
            .map(Wait::Count)
            .map_err(|_| E::custom(format!("`{number}` is not a number of branches: write for example 2")))
    }
}

#[cfg(feature = "schema")]
impl schemars::JsonSchema for Wait {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Wait".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "description": "How many branches must succeed: \"all\", \"any\" or a number.",
            "oneOf": [
                { "type": "string", "enum": ["all", "any"] },
                { "type": "integer", "minimum": 1, "maximum": u32::MAX },
            ],
        })
    }
}
