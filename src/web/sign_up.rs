//! People make their accounts, where they may.

use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse};

use super::account::{
    existing_account_only, href, on_the_way, person_error, query_return_to, value, welcome_in,
};
use super::answer::for_popup;
use super::forgot_password::letter_sent;
use super::opener;
use super::pages::FieldError;
use super::pages::letter_sent::Sent;
use super::pages::no_sign_up::NoSignUpPage;
use super::pages::sign_up::SignUpPage;
use super::person::{Posted, posted, visitor};
use super::return_to::ReturnTo;
use super::visitor::Visitor;
use crate::app::App;
use crate::domain::account::{LONGEST_PASSWORD, SHORTEST_PASSWORD};
use crate::domain::origin::Occasion;
use crate::flow::account::{self, EntryError, NewPerson};
use crate::flow::{mail, mailed_link};
use crate::protocol::form::Form;

/// `GET /sign-up`.
pub async fn show(request: HttpRequest, app: Data<App>) -> HttpResponse {
    let visitor = match visitor(&app, &request).await {
        Ok(visitor) => visitor,
        Err(answer) => return answer,
    };
    let return_to = query_return_to(&request);
    if let Some(refusal) = no_sign_up(&app, &visitor, return_to.as_ref()).await {
        return refusal;
    }
    sign_up_page(&app, &visitor, 200, &Entered::default(), return_to.as_ref())
}

/// Why nobody may make an account now: this server lets in whom its operator adds, or what the
/// person came for is for existing accounts only, which whoever sent them here is told.
async fn no_sign_up(
    app: &App,
    visitor: &Visitor,
    return_to: Option<&ReturnTo>,
) -> Option<HttpResponse> {
    let ask = match existing_account_only(app, return_to).await {
        Ok(Some(ask)) => ask,
        Ok(None) if account::sign_up_is_open(app) => return None,
        Ok(None) => return Some(visitor.error(app, 403, None, Some("/sign-in"))),
        Err(error) => return Some(person_error(app, visitor, &error)),
    };
    let page = NoSignUpPage {
        frame: &visitor.frame(app),
        sign_in_href: &href("/sign-in", return_to),
        opener: opener::told_to_set_up(&ask),
    };
    Some(for_popup(visitor.page(app, 403, &page)))
}

/// `POST /sign-up`.
pub async fn sign_up(request: HttpRequest, payload: Payload, app: Data<App>) -> HttpResponse {
    let Posted { visitor, form, occasion } = match posted(&app, &request, payload).await {
        Ok(posted) => posted,
        Err(answer) => return answer,
    };
    let return_to = form.get("return_to").and_then(ReturnTo::parse);
    if let Some(refusal) = no_sign_up(&app, &visitor, return_to.as_ref()).await {
        return refusal;
    }
    let person = person(&form);
    if mail::is_set(&app) {
        return by_mail(&app, &visitor, &person, (return_to.as_ref(), &occasion)).await;
    }
    match account::sign_up(&app, &person, &occasion).await {
        Ok(signed_in) => {
            welcome_in(&app, &visitor, &signed_in, return_to.as_ref(), &occasion).await
        }
        Err(EntryError::Person(error)) => person_error(&app, &visitor, &error),
        Err(EntryError::Closed) => visitor.error(&app, 403, None, Some("/sign-in")),
        Err(error) => {
            let entered = Entered::of(&person, &error);
            sign_up_page(&app, &visitor, 422, &entered, return_to.as_ref())
        }
    }
}

/// The same answer for every address.
async fn by_mail(
    app: &App,
    visitor: &Visitor,
    person: &NewPerson<'_>,
    (return_to, occasion): (Option<&ReturnTo>, &Occasion),
) -> HttpResponse {
    match mailed_link::ask_for_account(app, person.email, occasion).await {
        Ok(()) => letter_sent(app, visitor, Sent::Account, return_to),
        Err(EntryError::Person(error)) => person_error(app, visitor, &error),
        Err(EntryError::Closed) => visitor.error(app, 403, None, Some("/sign-in")),
        Err(error) => sign_up_page(app, visitor, 422, &Entered::of(person, &error), return_to),
    }
}

/// What a person typed, and what was wrong with it.
#[derive(Default)]
pub(super) struct Entered<'a> {
    pub name: &'a str,
    pub email: &'a str,
    pub email_error: Option<FieldError>,
    pub password_error: Option<FieldError>,
}

impl<'a> Entered<'a> {
    pub fn of(person: &NewPerson<'a>, error: &EntryError) -> Self {
        let entered = Self { name: person.name, email: person.email, ..Self::default() };
        match error {
            EntryError::Email => Self { email_error: Some(FieldError::EmailInvalid), ..entered },
            EntryError::Taken => Self { email_error: Some(FieldError::EmailTaken), ..entered },
            EntryError::Password => {
                Self { password_error: Some(password_error(person.password)), ..entered }
            }
            _ => entered,
        }
    }
}

fn password_error(password: &str) -> FieldError {
    match password.chars().count() {
        0..SHORTEST_PASSWORD => FieldError::PasswordTooShort(SHORTEST_PASSWORD),
        SHORTEST_PASSWORD..=LONGEST_PASSWORD => FieldError::PasswordTooCommon,
        _ => FieldError::PasswordTooLong(LONGEST_PASSWORD),
    }
}

fn sign_up_page(
    app: &App,
    visitor: &Visitor,
    status: u16,
    entered: &Entered<'_>,
    return_to: Option<&ReturnTo>,
) -> HttpResponse {
    let page = SignUpPage {
        frame: &visitor.frame(app),
        csrf: visitor.form_token(),
        return_to: return_to.map_or("", ReturnTo::as_str),
        name: entered.name,
        email: entered.email,
        least_password: SHORTEST_PASSWORD,
        name_error: None,
        email_error: entered.email_error,
        password_error: entered.password_error,
        sign_in_href: &href("/sign-in", return_to),
        by_mail: mail::is_set(app),
    };
    on_the_way(return_to, visitor.page(app, status, &page))
}

pub(super) fn person(form: &Form) -> NewPerson<'_> {
    NewPerson {
        name: value(form, "name"),
        email: value(form, "email"),
        password: value(form, "password"),
    }
}
