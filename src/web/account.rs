//! People come in: sign-in, sign-up, one-time links, sign-out, and the start page.

use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse};

use super::answer::{for_popup, person_status, retry_after, see_other};
use super::pages::home::HomePage;
use super::pages::sign_in::{SignInError, SignInPage};
use super::person::{Posted, posted, visitor};
use super::return_to::ReturnTo;
use super::visitor::{Visitor, set_cookie};
use crate::app::App;
use crate::domain::ask::Ask;
use crate::domain::origin::Occasion;
use crate::flow::account::{self, EntryError, SignedIn};
use crate::flow::agent_session;
use crate::flow::error::PersonError;
use crate::flow::mail;
use crate::flow::passkey;
use crate::protocol::form::Form;

/// Where people land who had nowhere else to go.
const HOME: &str = "/account/sessions";

/// `GET /`.
pub async fn home(request: HttpRequest, app: Data<App>) -> HttpResponse {
    let visitor = match visitor(&app, &request).await {
        Ok(visitor) => visitor,
        Err(answer) => return answer,
    };
    let demo = app.settings.demo.then(|| app.settings.issuer.url("/demo/whoami"));
    let page = HomePage {
        frame: &visitor.frame(&app),
        sign_up_open: account::sign_up_is_open(&app),
        first_request: demo.as_deref(),
    };
    visitor.page(&app, 200, &page)
}

/// `GET /sign-in`.
pub async fn show_sign_in(request: HttpRequest, app: Data<App>) -> HttpResponse {
    let visitor = match visitor(&app, &request).await {
        Ok(visitor) => visitor,
        Err(answer) => return answer,
    };
    let return_to = query_return_to(&request);
    let again = query(&request, "again").is_some();
    let known = visitor.human().map(|human| human.account().email.as_str());
    match known {
        Some(_) if !again => see_other(return_to.as_ref().map_or(HOME, ReturnTo::as_str)),
        known => {
            let email = known.unwrap_or_default();
            sign_in_page(&app, &visitor, email, return_to.as_ref(), None).await
        }
    }
}

/// `POST /sign-in`.
pub async fn sign_in(request: HttpRequest, payload: Payload, app: Data<App>) -> HttpResponse {
    let Posted { visitor, form, occasion } = match posted(&app, &request, payload).await {
        Ok(posted) => posted,
        Err(answer) => return answer,
    };
    let return_to = form.get("return_to").and_then(ReturnTo::parse);
    let (email, password) = (value(&form, "email"), value(&form, "password"));
    match account::sign_in(&app, email, password, &occasion).await {
        Ok(signed_in) => {
            welcome_in(&app, &visitor, &signed_in, return_to.as_ref(), &occasion).await
        }
        Err(EntryError::Person(PersonError::Limited(wait))) => {
            let error = Some(SignInError::TooManyTries(wait));
            sign_in_page(&app, &visitor, email, return_to.as_ref(), error).await
        }
        Err(EntryError::Person(error)) => person_error(&app, &visitor, &error),
        Err(_) => {
            let error = Some(SignInError::WrongPair);
            sign_in_page(&app, &visitor, email, return_to.as_ref(), error).await
        }
    }
}

pub(super) async fn sign_in_page(
    app: &App,
    visitor: &Visitor,
    email: &str,
    return_to: Option<&ReturnTo>,
    error: Option<SignInError>,
) -> HttpResponse {
    let status = match error {
        None => 200,
        Some(SignInError::WrongPair | SignInError::WrongPasskey) => 401,
        Some(SignInError::TooManyTries(_)) => 429,
        Some(SignInError::ExpiredForm) => 403,
    };
    let waiting = match existing_account_only(app, return_to).await {
        Ok(waiting) => waiting,
        Err(error) => return person_error(app, visitor, &error),
    };
    let offered = account::sign_up_is_open(app) && waiting.is_none();
    let sign_up = offered.then(|| href("/sign-up", return_to));
    let forgot = mail::is_set(app).then(|| href("/forgot-password", return_to));
    let passkey = match passkey::ask_to_sign_in(app, visitor.form_token(), visitor.now) {
        Ok(passkey) => passkey,
        Err(error) => return person_error(app, visitor, &error),
    };
    let page = SignInPage {
        frame: &visitor.frame(app),
        csrf: visitor.form_token(),
        return_to: return_to.map_or("", ReturnTo::as_str),
        to_decide: return_to.is_some_and(ReturnTo::is_approval),
        email,
        error,
        existing_account: waiting.is_some(),
        sign_up_href: sign_up.as_deref(),
        forgot_href: forgot.as_deref(),
        passkey: passkey.as_ref(),
        needs_passkey: visitor.human().is_some_and(|human| !human.confirms()),
    };
    let mut answer = on_the_way(return_to, visitor.page(app, status, &page));
    if let Some(SignInError::TooManyTries(wait)) = error {
        retry_after(&mut answer, Some(wait.0));
    }
    answer
}

/// The question that waits, if only existing accounts may answer it.
pub(super) async fn existing_account_only(
    app: &App,
    return_to: Option<&ReturnTo>,
) -> Result<Option<Ask>, PersonError> {
    match return_to.and_then(ReturnTo::link) {
        Some(link) => agent_session::existing_account_only(app, link).await,
        None => Ok(None),
    }
}

/// Signing in may be a step of what a client opened a window for.
pub(super) fn on_the_way(return_to: Option<&ReturnTo>, page: HttpResponse) -> HttpResponse {
    if return_to.is_some_and(ReturnTo::is_approval) { for_popup(page) } else { page }
}

/// `POST /sign-out`.
pub async fn sign_out(request: HttpRequest, payload: Payload, app: Data<App>) -> HttpResponse {
    let Posted { visitor, form, occasion } = match posted(&app, &request, payload).await {
        Ok(posted) => posted,
        Err(answer) => return answer,
    };
    let return_to = form.get("return_to").and_then(ReturnTo::parse);
    if let Some(human) = visitor.human()
        && let Err(error) = account::sign_out(&app, human, &occasion).await
    {
        return person_error(&app, &visitor, &error);
    }
    see_other(&href("/sign-in", return_to.as_ref()))
}

/// The page for a person's error.
pub fn person_error(app: &App, visitor: &Visitor, error: &PersonError) -> HttpResponse {
    let wait = match error {
        PersonError::Limited(wait) => Some(*wait),
        _ => None,
    };
    visitor.error(app, person_status(error), wait, None)
}

/// Gives the browser its new cookie. Whoever was signed in with the old one is signed out, so
/// that no copy of it lives on.
pub(super) async fn welcome_in(
    app: &App,
    visitor: &Visitor,
    signed_in: &SignedIn,
    return_to: Option<&ReturnTo>,
    occasion: &Occasion,
) -> HttpResponse {
    if let Some(before) = visitor.human()
        && let Err(error) = account::sign_out(app, before, occasion).await
    {
        return person_error(app, visitor, &error);
    }
    let mut answer = see_other(return_to.map_or(HOME, ReturnTo::as_str));
    set_cookie(app, &mut answer, &signed_in.cookie, Some(signed_in.lasts));
    answer
}

pub(super) fn value<'a>(form: &'a Form, name: &str) -> &'a str {
    form.get(name).unwrap_or_default()
}

pub(super) fn href(page: &str, return_to: Option<&ReturnTo>) -> String {
    return_to.map_or_else(|| page.to_owned(), |return_to| return_to.on(page))
}

pub(super) fn query_return_to(request: &HttpRequest) -> Option<ReturnTo> {
    ReturnTo::parse(&query(request, "return_to")?)
}

pub(super) fn query(request: &HttpRequest, name: &str) -> Option<String> {
    let query = Form::parse(request.query_string().as_bytes(), &[]).ok()?;
    query.get(name).map(ToOwned::to_owned)
}
