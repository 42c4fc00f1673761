//! Samples of what the standard doors show: redirects, devices, sessions that ask for more.

use super::approvals::{approval, scopes};
use super::results::{decided, granted, receipt};
use super::samples::{CSRF, NOW, Pages, Sample, show};
use crate::domain::brand::{Voucher, borrowed};
use crate::domain::budget::CallsLeft;
use crate::protocol::destination::Destination;
use crate::protocol::timestamp::Seconds;
use crate::web::pages::approval::{
    Agent, ApprovalError, ApprovalPage, BorrowedBrand, ExtraLifetime, ExtraLifetimeOption,
    Matching, Redirect, ScopeChoice, Seen, StepUp,
};
use crate::web::pages::authorize_refused::{AuthorizeRefusedPage, Refusal};
use crate::web::pages::decision::{DecisionPage, DenialReason, Onward, Outcome};
use crate::web::pages::device::{DeviceCode, DeviceError, DevicePage};
use crate::web::pages::session::{Event, HistoryLine, SessionPage};
use crate::web::pages::sessions::{Extra, Group, Parent, Reused, SessionLine, SessionsPage};
use crate::web::pages::unknown_client::UnknownClientPage;
use crate::web::pages::{Claim, Frame, Proof, ScopeWords, Source};

pub const SITE: &str = "https://agent.example.net/callback?from=\"><script>alert(1)</script>&x=';";
pub const LOOPBACK: &str =
    "http://127.0.0.1:33418/callback?code=aac_1&iss=https://auth.example.com";
pub const PROGRAM: &str = "cursor://anysphere.cursor-mcp/oauth/callback?code=aac_1";

pub fn pages(sample: &Sample, frame: &Frame<'_>) -> Pages {
    let mut pages = redirects(sample, frame);
    pages.extend(more(sample, frame));
    pages.extend(moving_on(sample, frame));
    pages.extend(devices(sample, frame));
    pages.extend(refusals(sample, frame));
    pages.extend(sessions(sample, frame));
    pages
}

fn client<'a>(name: &'a str, source: Source<'a>, site: Option<&'a str>) -> Agent<'a> {
    Agent {
        name: Some(Claim { words: name, source }),
        site: site.map(|words| Claim { words, source }),
        kind: None,
        reason: None,
        instance: None,
        label: None,
        seen: Seen::First,
    }
}

fn redirects(sample: &Sample, frame: &Frame<'_>) -> Pages {
    let page = |agent: Agent<'_>, uri: &str, error| {
        let destination = Destination::of(uri);
        let name = agent.name.map_or("", |name| name.words);
        let voucher = agent.name.map_or(Voucher::Nobody, |name| name.source.voucher());
        let foreign = borrowed(name, voucher, &destination);
        let confirmed = error == Some(ApprovalError::NothingTicked);
        let borrowed = foreign.as_ref().map(|borrowed| BorrowedBrand { borrowed, confirmed });
        let matching =
            Matching::Redirect(Redirect { destination: &destination, borrowed, in_full: None });
        show("", &ApprovalPage { agent, matching, error, ..approval(sample, frame) }).1
    };
    let document = Source::Proven(Proof::Document("agent.example.net"));
    let operator = Source::Proven(Proof::Operator);
    let told = client(&sample.agent, Source::Told, Some(&sample.kind));
    let published = client(&sample.agent, document, Some("agent.example.net"));
    let known = client("Build server", operator, None);
    let claude = client("Claude", Source::Told, None);
    let cursor = client("Cursor", Source::Told, None);
    let unconfirmed = Some(ApprovalError::BrandUnconfirmed);
    [
        ("redirect-site", page(published, SITE, None)),
        ("redirect-operator", page(known, SITE, None)),
        ("redirect-loopback", page(told, LOOPBACK, None)),
        ("redirect-program", page(cursor, PROGRAM, None)),
        ("redirect-borrowed", page(claude, SITE, None)),
        ("redirect-unconfirmed", page(claude, SITE, unconfirmed)),
        ("redirect-confirmed", page(claude, SITE, Some(ApprovalError::NothingTicked))),
    ]
    .map(|(name, page)| (name.to_owned(), page))
    .into()
}

fn more(sample: &Sample, frame: &Frame<'_>) -> Pages {
    let option = |lifetime, span| ExtraLifetimeOption {
        lifetime,
        ends_at: NOW + span,
        chosen: lifetime == ExtraLifetime::OneHour,
    };
    let step_up = StepUp {
        label: &sample.label,
        id: "ses_01",
        held: granted(),
        details: vec!["Pay at most 20.00 EUR to Example Shop".to_owned()],
        ends_at: NOW + Seconds::HOUR.times(7),
        lifetimes: vec![
            option(ExtraLifetime::Session, Seconds::HOUR.times(7)),
            option(ExtraLifetime::FifteenMinutes, Seconds(900)),
            option(ExtraLifetime::OneHour, Seconds::HOUR),
        ],
    };
    let delete = |scope: &ScopeChoice<'_>| scope.name == "releases:delete";
    let destination = Destination::of(LOOPBACK);
    let redirect = Redirect { destination: &destination, borrowed: None, in_full: None };
    let matching = Matching::Redirect(redirect);
    let known = client(&sample.agent, Source::Proven(Proof::Operator), None);
    let step_up = ApprovalPage {
        agent: Agent { seen: Seen::Again { times_today: 2 }, ..known },
        scopes: scopes().into_iter().filter(delete).collect(),
        step_up: Some(step_up),
        matching,
        ..approval(sample, frame)
    };
    let details = ApprovalPage {
        details: vec!["Pay at most 20.00 EUR to Example Shop".to_owned(), sample.reason.clone()],
        identity: true,
        matching,
        ..approval(sample, frame)
    };
    let compared = Matching::Compared { code: "BCDF-GHJK" };
    let compared = ApprovalPage { agent: known, matching: compared, ..approval(sample, frame) };
    vec![show("step-up", &step_up), show("details", &details), show("compared", &compared)]
}

fn moving_on(sample: &Sample, frame: &Frame<'_>) -> Pages {
    let page = |name, uri, outcome| {
        let destination = Destination::of(uri);
        let onward = Some(Onward { url: uri, destination: &destination });
        show(name, &DecisionPage { onward, ..decided(sample, frame, outcome) })
    };
    let approved = || Outcome::Approved(receipt(sample, true));
    let denied =
        |reason| Outcome::Denied { reason, note: Some(&sample.note), acceptable: Vec::new() };
    vec![
        page("moving-on-site", SITE, approved()),
        page("moving-on-loopback", LOOPBACK, approved()),
        page("moving-on-program", PROGRAM, approved()),
        page("moving-on-denied", SITE, denied(Some(DenialReason::NotNow))),
        page("moving-on-denied-program", PROGRAM, denied(None)),
        page("staying-not-me", SITE, denied(Some(DenialReason::NotMe))),
        page("staying-reported", SITE, Outcome::Reported { sessions_ended: None }),
    ]
}

fn devices(sample: &Sample, frame: &Frame<'_>) -> Pages {
    let page = |name, code, error| show(name, &DevicePage { frame, csrf: CSRF, code, error });
    let unknown = |tries_left| Some(DeviceError::Unknown { tries_left });
    vec![
        page("device", DeviceCode::Typed(""), None),
        page("device-missing", DeviceCode::Typed(""), Some(DeviceError::Missing)),
        page("device-unknown", DeviceCode::Typed(&sample.note), unknown(3)),
        page("device-last", DeviceCode::Typed("BCDF-GHJK"), unknown(1)),
        page("device-brought", DeviceCode::Brought("BCDF-GHJK"), None),
        page("device-brought-unknown", DeviceCode::Brought("BCDF-GHJK"), unknown(0)),
    ]
}

fn refusals(sample: &Sample, frame: &Frame<'_>) -> Pages {
    let page = |name, refusal| show(name, &AuthorizeRefusedPage { frame, refusal });
    let unknown = |name, client_id, is_a_document| {
        show(name, &UnknownClientPage { frame, client_id, is_a_document })
    };
    let client = Some(sample.agent.as_str());
    let registered = vec!["agent.example.net", "127.0.0.1:33418", "cursor:"];
    let asked = Some("https://evil.example/steal?x=\"><script>");
    let known = Refusal::RedirectNotRegistered { client, asked, registered };
    let none = Refusal::RedirectNotRegistered { client: None, asked: None, registered: Vec::new() };
    let description = &sample.reason;
    let destination = Destination::of(SITE);
    let onward = Onward { url: SITE, destination: &destination };
    vec![
        page("authorize-not-registered", known),
        page("authorize-no-redirect", none),
        page("authorize-another-browser", Refusal::AnotherBrowser),
        page("authorize-expired", Refusal::Expired),
        page("authorize-malformed", Refusal::Malformed { description }),
        page("authorize-unfit", Refusal::Unfit { description, onward }),
        unknown("client-forgotten", &sample.agent, false),
        unknown("client-unreadable", "https://agent.example.net/client.json", true),
    ]
}

fn sessions(sample: &Sample, frame: &Frame<'_>) -> Pages {
    let source = Source::Proven(Proof::Document("agent.example.net"));
    let scope = ScopeWords { name: "releases:delete", title: "Delete releases" };
    let line = |parent, ended_at| SessionLine {
        id: "ses_03",
        label: &sample.label,
        agent: Some(Claim { words: &sample.agent, source }),
        parent,
        scopes: granted(),
        extras: vec![Extra { scope, ends_at: NOW + Seconds(840) }],
        details: vec!["Pay at most 20.00 EUR to Example Shop".to_owned()],
        resource_name: "Example API",
        created_at: NOW - Seconds::HOUR,
        last_used_at: None,
        last_used_from: None,
        is_paused: false,
        ends_at: NOW + Seconds::HOUR,
        calls: Some(CallsLeft { calls: 1_000, left: 0 }),
        ended_at,
        address: "203.0.113.24",
    };
    let parent = Some(Parent { id: "ses_01", label: &sample.label });
    let events = [
        Event::Reused,
        Event::HandedOn,
        Event::ExtraEnded,
        Event::Widened,
        Event::EndedWithParent,
        Event::EndedByOperator,
        Event::Locked,
        Event::ClientRemoved,
    ];
    let history = events.map(|event| HistoryLine { at: NOW - Seconds(60), event, address: None });
    let reused = Reused { id: "ses_04", label: &sample.label, at: NOW - Seconds(900) };
    let list = SessionsPage {
        frame,
        csrf: CSRF,
        groups: vec![Group { key: "n:agent".to_owned(), sessions: vec![line(parent, None)] }],
        search: "",
        reused: vec![reused],
        notice: None,
    };
    let one = SessionPage {
        frame,
        csrf: CSRF,
        session: line(parent, Some(NOW - Seconds(60))),
        history: history.into(),
        notice: None,
        less: None,
        may_pause: false,
    };
    vec![show("sessions-standard", &list), show("session-reused", &one)]
}
