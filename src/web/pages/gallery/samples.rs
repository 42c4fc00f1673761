//! What the gallery shows.

use askama::Template;

use crate::domain::resource::Risk;
use crate::protocol::timestamp::{Seconds, Timestamp};
use crate::web::pages::approval::{
    Agent, ApprovalError, ApprovalPage, Bounds, IdleEnd, Lifetime, LifetimeOption, Matching,
    NetworkComparison, Notice, Origin, ScopeChoice, Seen,
};
use crate::web::pages::approval_refused::ApprovalRefusedPage;
use crate::web::pages::error::ErrorPage;
use crate::web::pages::home::HomePage;
use crate::web::pages::{Claim, Frame, Person, Proof, Service, Source};
use crate::web::texts::english::ENGLISH;

pub const NOW: Timestamp = Timestamp(1_800_000_000);
pub const CSRF: &str = "fXn2Lq8sT0cR5vJdY7wA";

/// The words that come from strangers.
pub struct Sample {
    pub agent: String,
    pub kind: String,
    pub reason: String,
    pub program: String,
    pub note: String,
    pub label: String,
    pub person: String,
}

impl Sample {
    pub fn calm() -> Self {
        Self {
            agent: "Release notes bot".into(),
            kind: "coding agent".into(),
            reason: "Collect merged changes and publish the notes for version 2.4.".into(),
            program: "curl 8.14 on Linux".into(),
            note: "Ask me again on Monday.".into(),
            label: "Release notes bot on my laptop".into(),
            person: "Ada Lovelace".into(),
        }
    }

    pub fn hostile() -> Self {
        let long = "W".repeat(500);
        Self {
            agent: format!("<script>alert(1)</script>{long}"),
            kind: "\u{202E}gnp.tnega\"><img src=x onerror=\"alert(1)".into(),
            reason: format!("</dd></dl><h1>Approved</h1> {long}"),
            program: "' onmouseover='alert(1) <script>".into(),
            note: format!("\"><script>{long}"),
            label: format!("\" autofocus onfocus=\"alert(1)\u{2067}{long}"),
            person: format!("<b>{long}</b>"),
        }
    }

    fn frame(&self, signed_in: bool) -> Frame<'_> {
        Frame {
            texts: &ENGLISH,
            now: NOW,
            host: "auth.example.com",
            base: "",
            service: Service {
                name: "Example",
                documentation: Some("https://docs.example.com"),
                support: Some("https://example.com/support"),
                privacy: Some("https://example.com/privacy"),
                ..Service::default()
            },
            keys: true,
            agents: true,
            organizations: true,
            projects: true,
            plans: true,
            mail: true,
            person: signed_in.then_some(Person {
                name: &self.person,
                email: "ada@example.com",
                verified: false,
                csrf: CSRF,
                administrator: true,
            }),
        }
    }
}

pub type Pages = Vec<(String, String)>;

pub fn pages(sample: &Sample) -> Pages {
    let (outside, inside) = (sample.frame(false), sample.frame(true));
    let mut pages = super::accounts::accounts(sample, &outside);
    pages.extend(approvals(sample, &inside));
    pages.extend(super::doors::pages(sample, &inside));
    pages.extend(super::agent_session::pages(sample, &inside));
    pages.extend(super::results::decisions(sample, &inside));
    pages.extend(super::sessions::pages(sample, &inside));
    pages.extend(super::api_keys::pages(sample, &inside));
    pages.extend(super::account_agents::pages(sample, &inside));
    pages.extend(super::organizations::pages(sample, &inside));
    pages.extend(super::projects::pages(sample, &inside));
    pages.extend(super::tokens::pages(&inside));
    pages.extend(super::usage::pages(&inside));
    pages.extend(super::history::pages(sample, &inside));
    pages.extend(super::inbox::pages(sample, &inside));
    pages.extend(super::browsers::pages(sample, &inside));
    pages.extend(super::admin::pages(sample, &inside));
    pages.extend([
        show(
            "home",
            &HomePage {
                frame: &outside,
                sign_up_open: true,
                first_request: Some("https://auth.example.com/demo/whoami"),
            },
        ),
        show(
            "home-signed-in",
            &HomePage { frame: &inside, sign_up_open: false, first_request: None },
        ),
        show(
            "error-404",
            &ErrorPage { frame: &outside, status: 404, retry_after: None, way_on: None },
        ),
        show(
            "error-429",
            &ErrorPage {
                frame: &outside,
                status: 429,
                retry_after: Some(Seconds(300)),
                way_on: Some("/sign-in"),
            },
        ),
        show(
            "error-500",
            &ErrorPage { frame: &outside, status: 500, retry_after: None, way_on: None },
        ),
    ]);
    pages
}

pub fn show(name: &str, page: &impl Template) -> (String, String) {
    (name.to_owned(), page.render().expect("a page"))
}

pub fn scopes() -> Vec<ScopeChoice<'static>> {
    let choice = |name, title, risk| ScopeChoice {
        name,
        title,
        possible: "",
        impossible: "",
        risk,
        required: false,
        ticked: risk == Risk::Read,
    };
    vec![
        ScopeChoice { required: true, ..choice("projects:read", "Read your projects", Risk::Read) },
        ScopeChoice {
            possible: "list merged changes since the last release",
            impossible: "see private repositories you did not share",
            ..choice("changes:read", "Read merged changes", Risk::Read)
        },
        ScopeChoice {
            possible: "publish notes for a version",
            impossible: "change the code of a release",
            ..choice("releases:write", "Write release notes", Risk::Change)
        },
        ScopeChoice {
            possible: "remove a draft that went wrong",
            impossible: "delete a project",
            ..choice("releases:delete", "Delete releases", Risk::Delete)
        },
    ]
}

fn lifetimes() -> Vec<LifetimeOption> {
    [
        (Lifetime::Once, Seconds::HOUR),
        (Lifetime::OneHour, Seconds::HOUR),
        (Lifetime::EightHours, Seconds::HOUR.times(8)),
        (Lifetime::SevenDays, Seconds::DAY.times(7)),
        (Lifetime::ThirtyDays, Seconds::DAY.times(30)),
        (Lifetime::Custom, Seconds::DAY.times(90)),
    ]
    .map(|(lifetime, span)| LifetimeOption {
        lifetime,
        ends_at: NOW + span,
        chosen: lifetime == Lifetime::EightHours,
    })
    .to_vec()
}

pub fn approval<'a>(sample: &'a Sample, frame: &'a Frame<'a>) -> ApprovalPage<'a> {
    let told = |words| Some(Claim { words, source: Source::Told });
    ApprovalPage {
        frame,
        csrf: CSRF,
        agent: Agent {
            name: told(&sample.agent),
            site: None,
            kind: told(&sample.kind),
            reason: told(&sample.reason),
            instance: None,
            label: None,
            seen: Seen::First,
        },
        origin: Origin {
            address: "203.0.113.24",
            place: Some("Wellington, New Zealand".to_owned()),
            program: Some(sample.program.clone()),
            asked_at: NOW - Seconds(180),
            approver_address: "203.0.113.24",
            approver_place: Some("Wellington, New Zealand".to_owned()),
            network_comparison: NetworkComparison::Same,
        },
        matching: Matching::Typed { typed: "", no_code_href: Some("?code=none") },
        resource_name: "Example API",
        resource: "https://api.example.com",
        scopes: scopes(),
        details: Vec::new(),
        identity: false,
        step_up: None,
        lifetimes: lifetimes(),
        most_days: 90,
        custom_days: "",
        bounds: bounds(),
        expires_at: NOW + Seconds(420),
        notice: None,
        error: None,
    }
}

fn approvals(sample: &Sample, frame: &Frame<'_>) -> Pages {
    let page = || approval(sample, frame);
    let unknown = Agent {
        name: None,
        site: None,
        kind: None,
        reason: None,
        instance: None,
        label: None,
        seen: Seen::Again { times_today: 3 },
    };
    let elsewhere = Origin {
        approver_address: "2001:db8:85a3:8d3:1319:8a2e:370:7348",
        approver_place: None,
        network_comparison: NetworkComparison::Different,
        program: None,
        ..page().origin
    };
    let source = Source::Proven(Proof::Document("agent.example.net"));
    let proven = Claim { words: "Release notes bot", source };
    let refused = ApprovalRefusedPage { frame, csrf: CSRF, return_to: "/approve/cvt_x" };
    let typed = Matching::Typed { typed: "BCDF-GHJL", no_code_href: None };
    let relayed = Matching::Relayed { have_code_href: Some("?code=typed") };
    let wrong = ApprovalError::WrongCode { tries_left: 3 };
    vec![
        show("approval", &page()),
        show(
            "approval-wrong-code",
            &ApprovalPage { error: Some(wrong), matching: typed, ..page() },
        ),
        show(
            "approval-no-code-typed",
            &ApprovalPage { error: Some(ApprovalError::CodeMissing), ..page() },
        ),
        show(
            "approval-nothing-ticked",
            &ApprovalPage { error: Some(ApprovalError::NothingTicked), ..page() },
        ),
        show(
            "approval-bad-lifetime",
            &ApprovalPage { error: Some(ApprovalError::BadLifetime), custom_days: "900", ..page() },
        ),
        show(
            "approval-bad-calls",
            &ApprovalPage {
                error: Some(ApprovalError::BadCalls),
                bounds: Bounds { calls: Some("many"), idle: IdleEnd::OneHour, ..bounds() },
                ..page()
            },
        ),
        show("approval-kept", &ApprovalPage { notice: Some(Notice::NothingDecided), ..page() }),
        show("approval-read-only", &ApprovalPage { notice: Some(Notice::ReadOnly), ..page() }),
        show("approval-relayed", &ApprovalPage { matching: relayed, ..page() }),
        show("approval-unknown", &ApprovalPage { agent: unknown, origin: elsewhere, ..page() }),
        show(
            "approval-proven",
            &ApprovalPage { agent: Agent { name: Some(proven), ..page().agent }, ..page() },
        ),
        show("approval-refused", &refused),
    ]
}

fn bounds() -> Bounds<'static> {
    Bounds {
        calls: Some(""),
        usual_idle: Seconds::DAY.times(30),
        idle: IdleEnd::Usual,
        idle_ends: IdleEnd::ALL.to_vec(),
    }
}
