//! `/account/address`: whether an account's address is verified, and the link that does it.

use actix_web::web::{Data, Path, Payload};
use actix_web::{HttpRequest, HttpResponse};

use super::account::person_error;
use super::answer::see_other;
use super::forgot_password::letter_sent;
use super::pages::address::{AddressPage, AddressState};
use super::pages::letter_sent::Sent;
use super::person::{Posted, posted, signed_in, to_sign_in, visitor};
use super::visitor::Visitor;
use crate::app::App;
use crate::flow::account::EntryError;
use crate::flow::mailed_link;

/// `GET /account/address`.
pub async fn show(request: HttpRequest, app: Data<App>) -> HttpResponse {
    let visitor = match visitor(&app, &request).await {
        Ok(visitor) => visitor,
        Err(answer) => return answer,
    };
    let Some(human) = visitor.human() else { return to_sign_in(&request) };
    let verified = human.account().email_verified_at.is_some();
    page(&app, &visitor, if verified { AddressState::Verified } else { AddressState::Unverified })
}

/// `POST /account/address`: a letter with a link.
pub async fn ask(request: HttpRequest, payload: Payload, app: Data<App>) -> HttpResponse {
    let Posted { visitor, occasion, .. } = match posted(&app, &request, payload).await {
        Ok(posted) => posted,
        Err(answer) => return answer,
    };
    let human = match signed_in(&app, &visitor) {
        Ok(human) => human,
        Err(answer) => return answer,
    };
    match mailed_link::ask_to_verify(&app, human, &occasion).await {
        Ok(()) => letter_sent(&app, &visitor, Sent::Address, None),
        Err(error) => refused(&app, &visitor, error),
    }
}

/// `GET /account/address/{link}`: looking, as mail scanners do, verifies nothing.
pub async fn confirm(request: HttpRequest, link: Path<String>, app: Data<App>) -> HttpResponse {
    let visitor = match visitor(&app, &request).await {
        Ok(visitor) => visitor,
        Err(answer) => return answer,
    };
    let Some(human) = visitor.human() else { return to_sign_in(&request) };
    match mailed_link::may_verify(&app, human, &link, visitor.now).await {
        Ok(()) => page(&app, &visitor, AddressState::Asked { link: &link }),
        Err(error) => refused(&app, &visitor, error),
    }
}

/// `POST /account/address/{link}`.
pub async fn verify(
    request: HttpRequest,
    link: Path<String>,
    payload: Payload,
    app: Data<App>,
) -> HttpResponse {
    let Posted { visitor, occasion, .. } = match posted(&app, &request, payload).await {
        Ok(posted) => posted,
        Err(answer) => return answer,
    };
    let human = match signed_in(&app, &visitor) {
        Ok(human) => human,
        Err(answer) => return answer,
    };
    match mailed_link::verify(&app, human, &link, &occasion).await {
        Ok(()) => see_other("/account/address"),
        Err(error) => refused(&app, &visitor, error),
    }
}

fn page(app: &App, visitor: &Visitor, state: AddressState<'_>) -> HttpResponse {
    let email = visitor.human().map_or("", |human| human.account().email.as_str());
    let page = AddressPage { frame: &visitor.frame(app), csrf: visitor.form_token(), email, state };
    visitor.page(app, 200, &page)
}

fn refused(app: &App, visitor: &Visitor, error: EntryError) -> HttpResponse {
    match error {
        EntryError::Person(error) => person_error(app, visitor, &error),
        _ => visitor.error(app, 410, None, Some("/account/address")),
    }
}
