//! Samples of the page of history.

use super::samples::{NOW, Pages, Sample, show};
use crate::domain::account_history::Group;
use crate::domain::event::EventKind;
use crate::protocol::timestamp::Seconds;
use crate::web::pages::Frame;
use crate::web::pages::history::{AccountLine, HistoryPage};

pub fn pages(sample: &Sample, frame: &Frame<'_>) -> Pages {
    let line = |kind, minutes: i64| AccountLine {
        at: NOW - Seconds::MINUTE.times(minutes),
        kind,
        agent: None,
        address: "203.0.113.7",
        place: None,
    };
    let of_agent = |kind, minutes| AccountLine {
        agent: Some(&sample.agent),
        address: "2001:db8:85a3::8a2e:370:7334",
        place: Some(sample.kind.clone()),
        ..line(kind, minutes)
    };
    let page = HistoryPage {
        frame,
        lines: vec![
            of_agent(EventKind::TokenRefreshed, 2),
            of_agent(EventKind::ApprovalGranted, 61),
            line(EventKind::SignedIn, 62),
            line(EventKind::SignInFailed, 63),
            line(EventKind::AccountCreated, 90_000),
        ],
        group: None,
        session: None,
        older: Some("evt_01a3185c500070008000ce7d58f2e18e"),
        is_later_page: true,
    };
    let empty = HistoryPage {
        frame,
        lines: Vec::new(),
        group: Some(Group::Keys),
        session: Some("ses_01a3185c500070008000ce7d58f2e18e"),
        older: None,
        is_later_page: false,
    };
    vec![show("history", &page), show("history-empty", &empty)]
}
