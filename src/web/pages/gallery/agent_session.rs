//! Samples of what agents that finish with a code are answered with.

use super::approvals::approval;
use super::results::receipt;
use super::samples::{CSRF, NOW, Pages, Sample, show};
use crate::protocol::destination::Destination;
use crate::protocol::timestamp::Seconds;
use crate::web::pages::approval::{Agent, ApprovalPage, Finish, Matching, Redirect};
use crate::web::pages::decision::{DecisionPage, Onward, Opener, Outcome};
use crate::web::pages::no_sign_up::NoSignUpPage;
use crate::web::pages::upgrade::UpgradePage;
use crate::web::pages::{Claim, Frame, Source};

const CALLBACK: &str =
    "https://dashboard.example.net/plugins/callback?tenant=\"><script>alert(1)</script>&x=';";
const CODE: &str = "aae_0123456789ABCDEFGHIJKLMNOPQRSTUV3jZRME";

pub fn pages(sample: &Sample, frame: &Frame<'_>) -> Pages {
    let told = |words| Some(Claim { words, source: Source::Told });
    let page = |redirect| {
        let known = approval(sample, frame).agent;
        let agent = Agent { instance: told(&sample.program), label: told(&sample.label), ..known };
        let matching = Matching::Finish(Finish { code: "BCDF-GHJK", redirect });
        ApprovalPage { agent, matching, ..approval(sample, frame) }
    };
    let destination = Destination::of(CALLBACK);
    let redirect = Redirect { destination: &destination, borrowed: None, in_full: Some(CALLBACK) };
    let decision = |outcome, onward| DecisionPage {
        frame,
        csrf: CSRF,
        agent: Some(&sample.agent),
        resource_name: "Example API",
        outcome,
        known_agent: false,
        onward,
        opener: Some(Opener {
            origin: "https://dashboard.example.net".to_owned(),
            message: r#"{"type":"agent-analytics-auth-complete"}"#.to_owned(),
        }),
    };
    let finished = Outcome::Finished {
        code: CODE,
        code_expires_at: NOW + Seconds(590),
        receipt: receipt(sample, false),
    };
    let onward = Onward { url: CALLBACK, destination: &destination };
    let collected = Outcome::Collected(receipt(sample, true));
    let upgrade = UpgradePage {
        frame,
        resource_name: "Example API",
        reason: Some(&sample.reason),
        command: Some(&sample.note),
        billing_href: "https://example.com/billing?from=agent&plan=pro",
        billing_host: "example.com",
    };
    vec![
        show("finish", &page(None)),
        show("finish-callback", &page(Some(redirect))),
        show("finished", &decision(finished, None)),
        show(
            "moving-on-finished",
            &decision(Outcome::Approved(receipt(sample, true)), Some(onward)),
        ),
        show("finished-collected", &decision(collected, None)),
        show("finish-reported", &decision(Outcome::Reported { sessions_ended: None }, None)),
        show("no-sign-up", &NoSignUpPage { frame, sign_in_href: "/sign-in", opener: None }),
        show("agent-upgrade", &upgrade),
    ]
}
