//! Account → Tokens: what a person's browser hands to the person's scripts. It takes the browser's
//! cookie, and nothing else.

use actix_web::http::header;
use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse};
use serde::Serialize;

use super::account::{person_error, value};
use super::answer::{self, json};
use super::pages::tokens::{TokenShown, TokensPage};
use super::person::{Posted, posted, sign_in_again, signed_in, to_sign_in, visitor};
use super::visitor::Visitor;
use crate::app::App;
use crate::flow::console::{self, ConsoleError, Issued};

/// A token that took the place of another, for the page's own script.
#[derive(Serialize)]
struct Renewed<'a> {
    token: &'a str,
    expires_at: String,
}

/// `GET /account/tokens`.
pub async fn show(request: HttpRequest, app: Data<App>) -> HttpResponse {
    let visitor = match visitor(&app, &request).await {
        Ok(visitor) => visitor,
        Err(answer) => return answer,
    };
    if visitor.human().is_none() {
        return to_sign_in(&request);
    }
    page(&app, &visitor, None)
}

/// `POST /account/tokens`: a token, on a page; or in JSON for the script of a page that is open and
/// has one.
pub async fn issue(request: HttpRequest, payload: Payload, app: Data<App>) -> HttpResponse {
    let Posted { visitor, form, .. } = match posted(&app, &request, payload).await {
        Ok(posted) => posted,
        Err(answer) => return answer,
    };
    let human = match signed_in(&app, &visitor) {
        Ok(human) => human,
        Err(answer) => return answer,
    };
    let Some(offer) = console::offer(&app, value(&form, "profile")) else {
        return visitor.error(&app, 400, None, Some(request.path()));
    };
    let renews =
        request.headers().get(header::ACCEPT).is_some_and(|kind| kind == "application/json");
    match console::issue(&app, human, &offer, form.get("earlier"), visitor.now) {
        Ok(Issued { token, ends_at }) if renews => {
            json(200, &Renewed { token: &token, expires_at: ends_at.iso() })
        }
        Ok(Issued { token, ends_at }) => {
            page(&app, &visitor, Some((&offer.profile.name, &token, ends_at)))
        }
        Err(ConsoleError::NotFresh) if renews => answer::refusal(403, "sign in again"),
        Err(ConsoleError::NotFresh) => sign_in_again(&app, &visitor, request.path()),
        Err(ConsoleError::Person(error)) => person_error(&app, &visitor, &error),
    }
}

fn page(
    app: &App,
    visitor: &Visitor,
    shown: Option<(&str, &str, crate::protocol::timestamp::Timestamp)>,
) -> HttpResponse {
    let page = TokensPage {
        frame: &visitor.frame(app),
        csrf: visitor.form_token(),
        profiles: console::offers(app).map(|offer| offer.profile.name.as_str()).collect(),
        shown: shown.map(|(profile, token, ends_at)| TokenShown { profile, token, ends_at }),
    };
    answer::for_renewal(visitor.page(app, 200, &page))
}
