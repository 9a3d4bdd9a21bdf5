//! What can be written about a link.

use serde::{Deserialize, Serialize};

use crate::mechanism::Problems;
use crate::quantity::{Bandwidth, Distribution, Duration, Limit, Share};

/// `default = { latency = "250us", jitter = "50us", loss = "0.01%" }`: everything about a link, one way. Request and reply are drawn separately.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct LinkSettings {
    /// How long a message is on its way.
    pub latency: Distribution,
    /// Added to or taken from the latency, uniformly up to this much, never below 0 (the `jitter` of Toxiproxy).
    #[serde(skip_serializing_if = "is_default")]
    pub jitter: Duration,
    /// The probability that a segment is lost.
    #[serde(skip_serializing_if = "is_default")]
    pub loss: Share,
    /// What becomes of a lost segment.
    #[serde(skip_serializing_if = "is_default")]
    pub transport: Transport,
    /// How much goes over the link per second, each direction for itself. Messages wait for one another in the order in which they were sent; their sizes are
    /// those of the `call`.
    #[serde(skip_serializing_if = "is_default")]
    pub bandwidth: Limit<Bandwidth>,
}

/// What becomes of a lost segment.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Transport {
    /// It is sent again after 200 ms, 400 ms, 800 ms, … (at most 120 s), 15 times; then the connection is given up, and the caller hears `reset`.
    #[default]
    Tcp,
    /// It is gone, and nobody hears of it.
    Datagram,
}

/// The same where only some of it differs: what is not written here is taken from the next entry that fits.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct LinkOverride {
    /// How long a message is on its way.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub latency: Option<Distribution>,
    /// Added to or taken from the latency, uniformly up to this much.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub jitter: Option<Duration>,
    /// The probability that a segment is lost.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub loss: Option<Share>,
    /// What becomes of a lost segment.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub transport: Option<Transport>,
    /// How much goes over the link per second.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bandwidth: Option<Limit<Bandwidth>>,
}

impl Default for LinkSettings {
    fn default() -> Self {
        Self {
            latency: Distribution::Constant(Duration::ZERO),
            jitter: Duration::ZERO,
            loss: Share::ZERO,
            transport: Transport::Tcp,
            bandwidth: Limit::Unlimited,
        }
    }
}

impl LinkSettings {
    /// These settings, with what `more_specific` says instead where it says anything.
    pub fn with(mut self, more_specific: &LinkOverride) -> Self {
        let LinkOverride { latency, jitter, loss, transport, bandwidth } = more_specific.clone();
        self.latency = latency.unwrap_or(self.latency);
        self.jitter = jitter.unwrap_or(self.jitter);
        self.loss = loss.unwrap_or(self.loss);
        self.transport = transport.unwrap_or(self.transport);
        self.bandwidth = bandwidth.unwrap_or(self.bandwidth);
        self
    }

    /// Whether a message takes its latency, and that is all.
    pub fn is_plain(&self) -> bool {
        self.jitter.is_zero() && self.loss == Share::ZERO && self.bandwidth == Limit::Unlimited
    }

    /// Notes what is probably not meant; `problems` is at the link.
    pub fn check(&self, problems: &mut Problems) {
        check_loss(Some(self.loss), Some(self.transport), problems);
    }
}

impl LinkOverride {
    /// Notes what is probably not meant; `problems` is at the entry.
    pub fn check(&self, problems: &mut Problems) {
        check_loss(self.loss, self.transport, problems);
        if *self == Self::default() {
            problems.warning(
                "this entry changes nothing",
                "write `latency`, `jitter`, `loss`, `transport` or `bandwidth`",
            );
        }
    }
}

fn check_loss(loss: Option<Share>, transport: Option<Transport>, problems: &mut Problems) {
    if loss == Some(Share::ONE) && transport != Some(Transport::Datagram) {
        problems.at("loss", |problems| {
            problems.warning(
                "nothing ever comes through: every connection is given up after 924.6 s",
                "write a smaller share; to cut a link for some time, write a `partition`",
            );
        });
    }
}

/// Whether a field says what it says by default: then it is not written out.
fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}
