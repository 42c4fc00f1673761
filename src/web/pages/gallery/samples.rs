//! What the gallery shows.

use askama::Template;

use crate::protocol::timestamp::{Seconds, Timestamp};
use crate::web::pages::error::ErrorPage;
use crate::web::pages::home::HomePage;
use crate::web::pages::{Frame, Person, Service};
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
            passkeys: true,
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
    pages.extend(super::approvals::approvals(sample, &inside));
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
    pages.extend(super::passkeys::pages(sample, &inside));
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
