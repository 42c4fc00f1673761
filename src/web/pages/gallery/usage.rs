//! Samples of the page of usage.

use super::samples::{NOW, Pages, show};
use crate::domain::plan::Rate;
use crate::protocol::timestamp::Seconds;
use crate::web::pages::Frame;
use crate::web::pages::usage::{UsageLine, UsagePage};

pub fn pages(frame: &Frame<'_>) -> Pages {
    let free = UsageLine {
        profile: "agentvista",
        plan: "free",
        rate: Some(Rate { most: 10, span: Seconds::MINUTE }),
        requests: 4_711,
        events: 500,
        most_events: Some(500),
        until: NOW + Seconds::DAY.times(17),
    };
    let pro = UsageLine {
        profile: "attractos",
        plan: "pro",
        rate: None,
        events: 12,
        most_events: None,
        ..free
    };
    vec![show("usage", &UsagePage { frame, lines: vec![free, pro] })]
}
