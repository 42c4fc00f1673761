//! Samples of the list of sessions, and of one session.

use super::results::granted;
use super::samples::{CSRF, NOW, Pages, Sample, show};
use crate::domain::budget::CallsLeft;
use crate::protocol::timestamp::Seconds;
use crate::web::pages::approval::{Lifetime, LifetimeOption};
use crate::web::pages::less::{KeptScope, LessError, LessForm};
use crate::web::pages::session::{Event, HistoryLine, SessionPage};
use crate::web::pages::sessions::{Group, SessionLine, SessionNotice, SessionsPage};
use crate::web::pages::{Claim, Frame, Source};

pub fn pages(sample: &Sample, frame: &Frame<'_>) -> Pages {
    let told = Claim { words: &sample.agent, source: Source::Told };
    let first = line("ses_01", &sample.label, Some(told));
    let paused = SessionLine { is_paused: true, ..line("ses_05", "Nightly", Some(told)) };
    let second = SessionLine { last_used_at: None, ..line("ses_02", "Weekly report", None) };
    let group = |key: &str, sessions| Group { key: key.to_owned(), sessions };
    let alone = || group("u:", vec![second.clone()]);
    let list = |groups, search, notice| SessionsPage {
        frame,
        csrf: CSRF,
        groups,
        search,
        reused: Vec::new(),
        notice,
    };
    let one = |session, notice, less: Less| SessionPage {
        frame,
        csrf: CSRF,
        session,
        history: history(),
        notice,
        may_pause: less != Less::Over,
        less: less.form(),
    };
    let both = vec![group("n:agent", vec![first.clone()]), alone()];
    let several = vec![group("n:agent", vec![first.clone(), paused.clone()]), alone()];
    let over = SessionLine { ended_at: Some(NOW - Seconds(30)), ..first.clone() };
    let (renamed, ended) = (SessionNotice::Renamed, SessionNotice::AllEnded);
    vec![
        show("sessions", &list(both, "", None)),
        show("sessions-by-agent", &list(several, "", None)),
        show("sessions-found", &list(vec![alone()], &sample.label, None)),
        show("sessions-not-found", &list(Vec::new(), &sample.label, None)),
        show("sessions-empty", &list(Vec::new(), "", Some(ended))),
        show("session", &one(first.clone(), Some(renamed), Less::Offered)),
        show("session-nothing-left", &one(first.clone(), None, Less::Nothing)),
        show("session-bad-calls", &one(first, None, Less::BadCalls)),
        show("session-paused", &one(paused, Some(SessionNotice::Paused), Less::Offered)),
        show("session-ended", &one(over, None, Less::Over)),
    ]
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Less {
    Offered,
    Nothing,
    BadCalls,
    Over,
}

impl Less {
    fn form(self) -> Option<LessForm<'static>> {
        let scope = |name, title, required, kept| KeptScope { name, title, required, kept };
        let end = |lifetime, span, chosen| LifetimeOption { lifetime, ends_at: NOW + span, chosen };
        let (error, calls) = match self {
            Self::Offered => (None, ""),
            Self::Nothing => (Some(LessError::Nothing), ""),
            Self::BadCalls => (Some(LessError::BadCalls), "many"),
            Self::Over => return None,
        };
        Some(LessForm {
            scopes: vec![
                scope("projects:read", "Read projects", true, true),
                scope("releases:write", "Publish releases", false, error.is_none()),
            ],
            ends: vec![
                end(Lifetime::OneHour, Seconds::HOUR, true),
                end(Lifetime::EightHours, Seconds::HOUR.times(8), false),
            ],
            calls: Some(calls),
            signed: error.is_some(),
            error,
        })
    }
}

fn line<'a>(id: &'a str, label: &'a str, agent: Option<Claim<'a>>) -> SessionLine<'a> {
    SessionLine {
        id,
        label,
        agent,
        parent: None,
        scopes: granted(),
        extras: Vec::new(),
        details: Vec::new(),
        resource_name: "Example API",
        created_at: NOW - Seconds::DAY.times(2),
        last_used_at: Some(NOW - Seconds(240)),
        last_used_from: Some("203.0.113.25"),
        is_paused: false,
        ends_at: NOW + Seconds::DAY.times(5),
        calls: Some(CallsLeft { calls: 1_000, left: 12 }),
        ended_at: None,
        address: "203.0.113.24",
    }
}

fn history() -> Vec<HistoryLine<'static>> {
    let event = |ago, event, address| HistoryLine { at: NOW - Seconds(ago), event, address };
    vec![
        event(120, Event::Resumed, Some("198.51.100.7")),
        event(180, Event::Paused, Some("198.51.100.7")),
        event(200, Event::Lowered, Some("198.51.100.7")),
        event(240, Event::Renewed, Some("203.0.113.24")),
        event(90_000, Event::Renamed, None),
        event(172_740, Event::Collected, Some("2001:db8:85a3:8d3:1319:8a2e:370:7348")),
        event(172_800, Event::Approved, Some("198.51.100.7")),
        event(172_980, Event::Asked, Some("203.0.113.24")),
    ]
}
