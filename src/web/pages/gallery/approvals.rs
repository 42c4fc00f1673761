//! Samples of the approval page.

use super::samples::{CSRF, NOW, Pages, Sample, show};
use crate::domain::resource::Risk;
use crate::protocol::timestamp::Seconds;
use crate::web::pages::approval::{
    Agent, ApprovalError, ApprovalPage, Bounds, IdleEnd, Lifetime, LifetimeOption, Matching,
    NetworkComparison, Notice, Origin, ScopeChoice, Seen,
};
use crate::web::pages::approval_refused::ApprovalRefusedPage;
use crate::web::pages::{Claim, Frame, Proof, Source};

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

pub fn approvals(sample: &Sample, frame: &Frame<'_>) -> Pages {
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
