//! English, about plans.

use crate::web::texts::{UsageTexts, Words};

pub const USAGE: UsageTexts = UsageTexts {
    title: "Usage",
    lead: "What your keys and agents have used this month, and what your plan includes.",
    plan: "Plan",
    requests: "Requests",
    rate: "Rate limit",
    rate_of: |most, span| format!("{most} in {span}"),
    unlimited: "None",
    events: "Events",
    events_of: |events, most| format!("{events} of {most}"),
    until: "Counted until",
    used_up: Words {
        title: "The events of this month are used up",
        sentence: "What sends events is refused until the next month begins. Reading goes on.",
    },
    delay: "Figures are up to half a minute old.",
};
