//! Samples of the page that hands tokens to scripts.

use super::samples::{CSRF, NOW, Pages, show};
use crate::protocol::timestamp::Seconds;
use crate::web::pages::Frame;
use crate::web::pages::tokens::{TokenShown, TokensPage};

pub fn pages(frame: &Frame<'_>) -> Pages {
    let profiles = || vec!["agent-sentinel", "agentvista"];
    let token = format!("eyJ0eXAiOiJjb25zb2xlK2p3dCJ9.{}.{}", "eyJ".repeat(120), "AbC-".repeat(21));
    let ends_at = NOW + Seconds::HOUR;
    let shown = TokenShown { profile: "agent-sentinel", token: &token, ends_at };
    vec![
        show("tokens", &TokensPage { frame, csrf: CSRF, profiles: profiles(), shown: None }),
        show(
            "tokens-shown",
            &TokensPage { frame, csrf: CSRF, profiles: profiles(), shown: Some(shown) },
        ),
    ]
}
