//! Samples of what stands after a decision: results and sessions.

use super::samples::{CSRF, NOW, Pages, Sample, show};
use crate::domain::budget::CallsLeft;
use crate::protocol::timestamp::Seconds;
use crate::web::pages::decision::{DecisionPage, DenialReason, Outcome, Receipt, SessionForm};
use crate::web::pages::session::{Event, HistoryLine, SessionPage};
use crate::web::pages::sessions::{SessionLine, SessionNotice, SessionsPage};
use crate::web::pages::{Claim, Frame, ScopeWords, Source};

pub fn granted() -> Vec<ScopeWords<'static>> {
    vec![
        ScopeWords { name: "projects:read", title: "Read your projects" },
        ScopeWords { name: "releases:write", title: "Write release notes" },
    ]
}

pub fn receipt(sample: &Sample, with_session: bool) -> Receipt<'_> {
    Receipt {
        session: with_session.then_some(SessionForm { id: "ses_01", label: &sample.label }),
        granted: granted(),
        refused: vec![ScopeWords { name: "releases:delete", title: "Delete releases" }],
        details: Vec::new(),
        decided_at: NOW - Seconds(5),
        ends_at: NOW + Seconds::HOUR.times(8),
        undo_until: with_session.then_some(NOW + Seconds(115)),
        calls: Some(1_000),
        resource: "https://api.example.com",
    }
}

pub fn decisions(sample: &Sample, frame: &Frame<'_>) -> Pages {
    let relayed = |receipt| Outcome::Relayed {
        code: "BCDF-GHJK",
        code_expires_at: NOW + Seconds(590),
        receipt,
    };
    let denied = Outcome::Denied {
        reason: Some(DenialReason::TooMuch),
        note: Some(&sample.note),
        acceptable: granted(),
    };
    let not_me =
        Outcome::Denied { reason: Some(DenialReason::NotMe), note: None, acceptable: Vec::new() };
    [
        ("decision-approved", Outcome::Approved(receipt(sample, true))),
        ("decision-approved-early", Outcome::Approved(receipt(sample, false))),
        ("decision-relayed", relayed(receipt(sample, false))),
        ("decision-collected", Outcome::Collected(receipt(sample, true))),
        ("decision-denied", denied),
        ("decision-denied-not-me", not_me),
        (
            "decision-denied-plainly",
            Outcome::Denied { reason: None, note: None, acceptable: Vec::new() },
        ),
        ("decision-reported", Outcome::Reported { sessions_ended: Some(2) }),
        ("decision-withdrawn", Outcome::Withdrawn),
        ("decision-expired", Outcome::Expired),
        ("decision-locked", Outcome::Locked),
        ("decision-superseded", Outcome::Superseded),
    ]
    .into_iter()
    .map(|(name, outcome)| show(name, &decided(sample, frame, outcome)))
    .collect()
}

pub fn decided<'a>(
    sample: &'a Sample,
    frame: &'a Frame<'a>,
    outcome: Outcome<'a>,
) -> DecisionPage<'a> {
    let agent = Some(sample.agent.as_str());
    DecisionPage {
        frame,
        csrf: CSRF,
        agent,
        resource_name: "Example API",
        outcome,
        onward: None,
        opener: None,
        known_agent: true,
    }
}

pub fn sessions(sample: &Sample, frame: &Frame<'_>) -> Pages {
    let line = |id, label, agent, last_used_at| SessionLine {
        id,
        label,
        agent,
        parent: None,
        scopes: granted(),
        extras: Vec::new(),
        details: Vec::new(),
        resource_name: "Example API",
        created_at: NOW - Seconds::DAY.times(2),
        last_used_at,
        ends_at: NOW + Seconds::DAY.times(5),
        calls: Some(CallsLeft { calls: 1_000, left: 12 }),
        ended_at: None,
        address: "203.0.113.24",
    };
    let told = Claim { words: &sample.agent, source: Source::Told };
    let first = line("ses_01", &sample.label, Some(told), Some(NOW - Seconds(240)));
    let second = line("ses_02", "Weekly report", None, None);
    let event = |ago, event, address| HistoryLine { at: NOW - Seconds(ago), event, address };
    let history = || {
        vec![
            event(240, Event::Renewed, Some("203.0.113.24")),
            event(90_000, Event::Renamed, None),
            event(172_740, Event::Collected, Some("2001:db8:85a3:8d3:1319:8a2e:370:7348")),
            event(172_800, Event::Approved, Some("198.51.100.7")),
            event(172_980, Event::Asked, Some("203.0.113.24")),
        ]
    };
    let list =
        |sessions, notice| SessionsPage { frame, csrf: CSRF, sessions, reused: Vec::new(), notice };
    let one = |ended_at, notice| SessionPage {
        frame,
        csrf: CSRF,
        session: SessionLine { ended_at, ..first.clone() },
        history: history(),
        notice,
    };
    vec![
        show("sessions", &list(vec![first.clone(), second], None)),
        show("sessions-empty", &list(Vec::new(), Some(SessionNotice::Disconnected))),
        show("session", &one(None, Some(SessionNotice::Renamed))),
        show("session-ended", &one(Some(NOW - Seconds(30)), None)),
    ]
}
