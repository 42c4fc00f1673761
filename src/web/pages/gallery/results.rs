//! Samples of what stands after a decision: results.

use super::samples::{CSRF, NOW, Pages, Sample, show};
use crate::protocol::timestamp::Seconds;
use crate::web::pages::decision::{DecisionPage, DenialReason, Outcome, Receipt, SessionForm};
use crate::web::pages::{Frame, ScopeWords};

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
