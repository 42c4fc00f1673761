//! Session tokens: an agent's key is traded for one, and one is given back.

use actix_web::{HttpRequest, HttpResponse};

use super::carried;
use super::words::Words;
use crate::app::App;
use crate::domain::origin::Occasion;
use crate::flow::api_key::Offer;
use crate::flow::session_token::{self, NotIssued};
use crate::protocol::error_dialect::Fault;
use crate::protocol::managed_key::{Operation, Outcome, SessionTokenFacts};
use crate::web::answer;

/// `POST /auth/authenticate` and `DELETE /auth/logout`, wherever the settings put them.
pub async fn answered(
    app: &App,
    request: &HttpRequest,
    (offer, operation): (&Offer<'_>, Operation),
    occasion: &Occasion,
) -> Result<HttpResponse, HttpResponse> {
    let words = Words { app, offer };
    let Some(tokens) = &offer.profile.session_tokens else {
        return Err(crate::web::not_found_json());
    };
    let carried = carried(words, request).await?;
    let shown = carried.shown();
    let refused = |error| refused(words, error, operation);
    if operation == Operation::LogOut {
        let ended = session_token::log_out(app, (offer, tokens), shown, occasion).await;
        return ended.map(|()| words.said(200, &Outcome::LoggedOut)).map_err(refused);
    }
    let issued = session_token::authenticate(app, (offer, tokens), shown, occasion).await;
    let issued = issued.map_err(refused)?;
    let facts = SessionTokenFacts {
        token: issued.secret.reveal(),
        agent_id: issued.agent.id.as_str(),
        agent_name: &issued.agent.name,
        expires_at: issued.expires_at,
    };
    Ok(words.said(200, &Outcome::SessionToken(facts)))
}

fn refused(words: Words<'_>, error: NotIssued, operation: Operation) -> HttpResponse {
    let (fault, sentence) = match error {
        NotIssued::NotAProgram(error) => {
            let hint = match operation {
                Operation::LogOut => {
                    "this takes a live session token, sent as Authorization: Bearer"
                }
                _ => "this takes a live key of an agent, sent where its profile says",
            };
            return words.not_let_in(error, hint);
        }
        NotIssued::Locked(wait) => {
            (Fault::Rate(wait), "too many wrong keys came from this address; come again later")
        }
        NotIssued::TooOften(wait) => {
            (Fault::Rate(wait), "the key was traded too often within the hour")
        }
        NotIssued::NoEntropy(error) => {
            answer::log(&error, 500);
            (Fault::Internal, Fault::Internal.sentence())
        }
    };
    words.told(fault, sentence)
}
