//! `/forgot-password`: a way back in over the mailbox.

use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse};

use super::account::{href, on_the_way, person_error, query_return_to, value};
use super::pages::FieldError;
use super::pages::forgot_password::ForgotPasswordPage;
use super::pages::letter_sent::{LetterSentPage, Sent};
use super::person::{Posted, posted, visitor};
use super::return_to::ReturnTo;
use super::visitor::Visitor;
use crate::app::App;
use crate::flow::account::EntryError;
use crate::flow::mailed_link;

/// `GET /forgot-password`.
pub async fn show(request: HttpRequest, app: Data<App>) -> HttpResponse {
    let visitor = match visitor(&app, &request).await {
        Ok(visitor) => visitor,
        Err(answer) => return answer,
    };
    form(&app, &visitor, ("", None), query_return_to(&request).as_ref())
}

/// `POST /forgot-password`: the same answer for every address.
pub async fn ask(request: HttpRequest, payload: Payload, app: Data<App>) -> HttpResponse {
    let Posted { visitor, form: posted, occasion } = match posted(&app, &request, payload).await {
        Ok(posted) => posted,
        Err(answer) => return answer,
    };
    let return_to = posted.get("return_to").and_then(ReturnTo::parse);
    let email = value(&posted, "email");
    match mailed_link::ask_for_password(&app, email, &occasion).await {
        Ok(()) => letter_sent(&app, &visitor, Sent::Password, return_to.as_ref()),
        Err(EntryError::Person(error)) => person_error(&app, &visitor, &error),
        Err(_) => {
            let entered = (email, Some(FieldError::EmailInvalid));
            form(&app, &visitor, entered, return_to.as_ref())
        }
    }
}

fn form(
    app: &App,
    visitor: &Visitor,
    (email, email_error): (&str, Option<FieldError>),
    return_to: Option<&ReturnTo>,
) -> HttpResponse {
    let page = ForgotPasswordPage {
        frame: &visitor.frame(app),
        csrf: visitor.form_token(),
        return_to: return_to.map_or("", ReturnTo::as_str),
        email,
        email_error,
        sign_in_href: &href("/sign-in", return_to),
    };
    let status = if email_error.is_some() { 422 } else { 200 };
    on_the_way(return_to, visitor.page(app, status, &page))
}

/// The page that says to look into one's mailbox. It does not repeat the address.
pub(super) fn letter_sent(
    app: &App,
    visitor: &Visitor,
    sent: Sent,
    return_to: Option<&ReturnTo>,
) -> HttpResponse {
    let page = LetterSentPage {
        frame: &visitor.frame(app),
        sent,
        sign_in_href: &href("/sign-in", return_to),
    };
    on_the_way(return_to, visitor.page(app, 200, &page))
}
