//! Agents give tokens back ([RFC 7009]).
//!
//! [RFC 7009]: https://www.rfc-editor.org/rfc/rfc7009

use crate::app::App;
use crate::domain::ask::Door;
use crate::domain::change::Effect;
use crate::domain::event::{Event, EventKind};
use crate::domain::origin::Occasion;
use crate::domain::session::{EndCause, Session, TokenKind, end};
use crate::flow::access_token::digest_of;
use crate::flow::client::authentication::{Presented, authenticate};
use crate::protocol::error::OAuthError;
use crate::protocol::secret::{Secret, SecretKind};

/// Revokes a token. One that does not exist, or that is worth nothing any more, is no error
/// (§2.2) and leaves no trace. An access token takes along what was handed on for it, as
/// [RFC 8693 §2.1] leaves to the server, and nothing else; a refresh token its session (§2.1).
///
/// [RFC 8693 §2.1]: https://www.rfc-editor.org/rfc/rfc8693#section-2.1
///
/// A client's token is revoked by that client only (§2.1); where there is no client, holding
/// the token is the proof.
///
/// # Errors
///
/// `invalid_client` when the token is a client's and nobody proves to be it, or the proof
/// fails. The database is away: the token may still live, so the caller must not be told 200.
pub async fn revoke(
    app: &App,
    token: &str,
    presented: &Presented<'_>,
    occasion: &Occasion,
) -> Result<(), OAuthError> {
    let refresh = Secret::parse(SecretKind::Refresh, token).map(|secret| secret.digest());
    let Some(digest) = refresh.or_else(|| digest_of(app, token)) else { return Ok(()) };
    let Some(token) = app.store.token(&digest).await? else { return Ok(()) };
    let Some(session) = app.store.session(&token.session).await? else { return Ok(()) };
    if let Some(owner) = &session.client {
        let caller = authenticate(app, presented, occasion).await?;
        if caller.client().id != *owner {
            return Err(OAuthError::InvalidGrant);
        }
    }
    if session.ended.is_some() {
        // There is nothing left to end, and whoever repeats this fills no trail.
        return Ok(());
    }
    let event = Event::in_session(EventKind::TokenRevoked, &session, occasion).by_rule("revoke");
    let mut effects = match token.kind {
        TokenKind::Access if hangs_alone(&session) => end(&session, EndCause::Revoked, occasion),
        TokenKind::Access => vec![
            Effect::DropToken(token.digest),
            Effect::EndCutFrom {
                session: session.id.clone(),
                token: token.digest,
                at: occasion.at,
            },
        ],
        TokenKind::Refresh => end(&session, EndCause::Revoked, occasion),
    };
    effects.push(Effect::Record(event));
    Ok(app.store.apply(effects).await?)
}

/// Whether the session is its one access token: nobody could get another one from it.
const fn hangs_alone(session: &Session) -> bool {
    matches!(session.door, Door::Machine | Door::Exchange)
}
