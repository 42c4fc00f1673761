//! What operators watch: requests by route and outcome, the approval funnel, live sessions,
//! how many changes share one commit. Labels are routes and outcomes, never who or what.

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::{Registry, Unit};

use crate::protocol::timestamp::Seconds;

/// One step of an approval.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Funnel {
    Asked,
    Approved,
    Denied,
    Reported,
    Withdrawn,
    Locked,
    Collected,
    Expired,
}

impl Funnel {
    const fn name(self) -> &'static str {
        match self {
            Self::Asked => "asked",
            Self::Approved => "approved",
            Self::Denied => "denied",
            Self::Reported => "reported",
            Self::Withdrawn => "withdrawn",
            Self::Locked => "locked",
            Self::Collected => "collected",
            Self::Expired => "expired",
        }
    }
}

/// What became of trying to send a letter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MailOutcome {
    Sent,
    /// It is tried again.
    Failed,
    GivenUp,
}

impl MailOutcome {
    const fn name(self) -> &'static str {
        match self {
            Self::Sent => "sent",
            Self::Failed => "failed",
            Self::GivenUp => "given_up",
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OutcomeLabels {
    outcome: &'static str,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RouteLabels {
    route: &'static str,
    status: u16,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, EncodeLabelSet)]
struct StepLabels {
    step: &'static str,
}

/// Every figure, and the registry that prints them.
pub struct Metrics {
    registry: Registry,
    requests: Family<RouteLabels, Counter>,
    approvals: Family<StepLabels, Counter>,
    seconds_to_decide: Histogram,
    group_size: Histogram,
    live_sessions: Gauge<i64>,
    mails: Family<OutcomeLabels, Counter>,
}

impl Default for Metrics {
    fn default() -> Self {
        Self::new()
    }
}

impl Metrics {
    #[must_use]
    pub fn new() -> Self {
        let metrics = Self {
            registry: Registry::with_prefix("countersign"),
            requests: Family::default(),
            approvals: Family::default(),
            seconds_to_decide: Histogram::new(exponential_buckets(1.0, 2.0, 12)),
            group_size: Histogram::new(exponential_buckets(1.0, 2.0, 10)),
            live_sessions: Gauge::default(),
            mails: Family::default(),
        };
        metrics.registered()
    }

    fn registered(mut self) -> Self {
        let registry = &mut self.registry;
        registry.register("requests", "Requests by route and status", self.requests.clone());
        registry.register("approvals", "Approvals by step of the funnel", self.approvals.clone());
        registry.register_with_unit(
            "approval_decision",
            "Time from the question to the human's answer",
            Unit::Seconds,
            self.seconds_to_decide.clone(),
        );
        registry.register(
            "commit_group_size",
            "Changes sharing one commit",
            self.group_size.clone(),
        );
        registry.register("live_sessions", "Sessions that are live", self.live_sessions.clone());
        registry.register("mails", "Letters by what became of sending them", self.mails.clone());
        self
    }

    /// Counts a finished request.
    pub fn request(&self, route: &'static str, status: u16) {
        self.requests.get_or_create(&RouteLabels { route, status }).inc();
    }

    /// Counts a step of an approval.
    pub fn funnel(&self, step: Funnel) {
        self.approvals.get_or_create(&StepLabels { step: step.name() }).inc();
    }

    /// Counts a letter that was tried.
    pub fn mail(&self, outcome: MailOutcome) {
        self.mails.get_or_create(&OutcomeLabels { outcome: outcome.name() }).inc();
    }

    /// How long the human took.
    #[expect(clippy::cast_precision_loss, reason = "seconds of one approval fit a float")]
    pub fn decided_after(&self, span: Seconds) {
        self.seconds_to_decide.observe(span.0 as f64);
    }

    /// How many changes one commit carried.
    #[expect(clippy::cast_precision_loss, reason = "a group has at most hundreds of members")]
    pub fn committed(&self, changes: usize) {
        self.group_size.observe(changes as f64);
    }

    pub fn set_live_sessions(&self, count: i64) {
        self.live_sessions.set(count);
    }

    /// Everything, in the text format of `OpenMetrics` 1.0.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = String::new();
        match encode(&mut text, &self.registry) {
            Ok(()) => text,
            Err(error) => {
                tracing::error!(%error, "metrics could not be printed");
                String::new()
            }
        }
    }
}
