//! What the browser takes back to the client once a human has answered.

use crate::app::App;
use crate::domain::approval::{Approval, Phase, State};
use crate::domain::denial::told;
use crate::protocol::authorization_response::{AuthorizationResponse, Outcome};
use crate::protocol::secret::{Secret, SecretKind};
use crate::protocol::timestamp::Timestamp;

/// The authorization code of an approval: derived, so a page that is loaded again carries
/// the same one, and the database knows its digest alone.
#[must_use]
pub fn code(app: &App, approval: &Approval) -> Secret {
    let context = ["authorization code", approval.id.as_str()];
    app.vault.derive(SecretKind::AuthorizationCode, &context)
}

/// Where the browser goes on to: the client's redirection with a code while there is one to
/// collect, or with the refusal ([RFC 6749 §4.1.2]). None while nobody has answered, when the
/// yes was taken back after it went there, and when the question came through another door.
///
/// [RFC 6749 §4.1.2]: https://www.rfc-editor.org/rfc/rfc6749#section-4.1.2
#[must_use]
pub fn onward(app: &App, approval: &Approval, now: Timestamp) -> Option<String> {
    let redirection = approval.ask.redirection.as_ref()?;
    let (secret, denial);
    let outcome = match (approval.phase(now), &approval.state) {
        (Phase::Approved, State::Approved(_)) => {
            secret = code(app, approval);
            Outcome::Code(secret.reveal())
        }
        (_, State::Denied { reason, note, acceptable, .. }) if !approval.is_withdrawn() => {
            denial = told(*reason, note.as_ref(), acceptable.as_ref());
            Outcome::Denied(&denial)
        }
        _ => return None,
    };
    let state = redirection.state.as_deref();
    let response = AuthorizationResponse { issuer: app.issuer(), state, outcome };
    Some(response.location(&redirection.uri))
}
