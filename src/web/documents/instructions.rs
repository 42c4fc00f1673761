//! `/auth.md`: what an agent reads first, from the live configuration.

use askama::Template;

use crate::app::App;
use crate::domain::resource::{Resource, ScopeRule};
use crate::flow::grants;
use crate::protocol::agent_error::AgentErrorCode;
use crate::protocol::grant_type::GrantType;
use crate::protocol::timestamp::Seconds;

/// auth.md, from the live configuration.
#[derive(Template)]
#[template(path = "auth.md", escape = "none")]
struct AuthMd<'a> {
    app: &'a App,
    issuer: &'a str,
    service: &'a str,
    errors: Vec<(u16, &'static str, &'static str)>,
    grants: Vec<&'static str>,
}

impl AuthMd<'_> {
    fn url(&self, path: &str) -> String {
        self.app.settings.issuer.url(path)
    }

    fn resources(&self) -> &[Resource] {
        &self.app.settings.resources
    }

    fn notes(rule: &ScopeRule) -> String {
        let mut notes = Vec::new();
        notes.extend(rule.default.then_some("default"));
        notes.extend(rule.required.then_some("always included"));
        notes.extend(rule.pre_claim.then_some("before a human claims you"));
        notes.join(", ")
    }

    /// In the longest unit that says it exactly: `24 hours`, `10 minutes`.
    fn span(span: Seconds) -> String {
        let units = [(Seconds::HOUR, "hour"), (Seconds::MINUTE, "minute"), (Seconds(1), "second")];
        let exact = units.into_iter().find(|(unit, _)| span.0 % unit.0 == 0);
        let (unit, word) = exact.unwrap_or((Seconds(1), "second"));
        let count = span.0 / unit.0;
        format!("{count} {word}{}", if count == 1 { "" } else { "s" })
    }
}

/// The whole document.
pub(super) fn render(app: &App) -> String {
    use AgentErrorCode as Code;
    let codes = [
        Code::InvalidRequest,
        Code::InvalidLoginHint,
        Code::InvalidScope,
        Code::InvalidTarget,
        Code::AnonymousDisabled,
        Code::ServiceAuthDisabled,
        Code::IssuerNotEnabled,
        Code::InvalidClaimToken,
        Code::InvalidClaim,
        Code::AlreadyClaimed,
        Code::ClaimExpired,
        Code::ClaimRevoked,
        Code::ClaimDenied,
        Code::ClaimNotConfirmed,
        Code::TooManyAttempts,
        Code::InvalidUserCode,
        Code::UserCodeExpired,
        Code::InvalidRefreshToken,
        Code::RateLimitExceeded,
    ];
    let document = AuthMd {
        app,
        issuer: app.issuer(),
        service: &app.settings.service.name,
        errors: codes.map(|code| (code.status(), code.name(), code.sentence())).to_vec(),
        grants: grants::offered(app).map(GrantType::name).collect(),
    };
    document.render().unwrap_or_default()
}
