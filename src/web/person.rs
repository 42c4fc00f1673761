//! What every page does before its own work: recognise the browser, take the form.

use actix_web::web::Payload;
use actix_web::{HttpRequest, HttpResponse};

use super::answer::{self, see_other};
use super::request::{self, BodyError};
use super::return_to::ReturnTo;
use super::visitor::{Visitor, unrecognised};
use crate::app::App;
use crate::domain::origin::Occasion;
use crate::flow::principal::Human;
use crate::protocol::form::Form;

/// A form that came from a page of ours.
pub struct Posted {
    pub visitor: Visitor,
    pub form: Form,
    pub occasion: Occasion,
}

/// Recognises the browser.
///
/// # Errors
///
/// The page that says why not.
pub async fn visitor(app: &App, request: &HttpRequest) -> Result<Visitor, HttpResponse> {
    Visitor::of(app, request)
        .await
        .map_err(|error| unrecognised(app, answer::person_status(&error)))
}

/// Takes a form: whole, unambiguous, and from this browser's own page.
///
/// # Errors
///
/// The page that says why not; nothing has changed.
pub async fn posted(
    app: &App,
    request: &HttpRequest,
    payload: Payload,
) -> Result<Posted, HttpResponse> {
    let visitor = visitor(app, request).await?;
    let form = match request::form(app, request, payload, &["scope"]).await {
        Ok(form) => form,
        Err(error) => return Err(unreadable(app, &visitor, error)),
    };
    if visitor.check(app, request, &form).is_err() {
        return Err(visitor.error(app, 403, None, Some(request.path())));
    }
    let occasion = Occasion { at: visitor.now, from: request::origin(app, request) };
    Ok(Posted { visitor, form, occasion })
}

fn unreadable(app: &App, visitor: &Visitor, error: BodyError) -> HttpResponse {
    let mut answer = visitor.error(app, error.status(), None, None);
    if error.closes() {
        answer::close(&mut answer);
    }
    answer
}

/// Nobody is signed in: that comes first, and then this page.
#[must_use]
pub fn to_sign_in(request: &HttpRequest) -> HttpResponse {
    let return_to = ReturnTo::parse(request.path());
    see_other(&return_to.map_or_else(|| "/sign-in".to_owned(), |path| path.on("/sign-in")))
}

/// What lasts or costs is asked for right after a sign-in: that comes again, and then `path`.
#[must_use]
pub fn sign_in_again(app: &App, visitor: &Visitor, path: &str) -> HttpResponse {
    match ReturnTo::parse(path) {
        Some(return_to) => see_other(&format!("{}&again=1", return_to.on("/sign-in"))),
        None => visitor.error(app, 404, None, None),
    }
}

/// The signed-in person of a posted form.
///
/// # Errors
///
/// Nobody is signed in.
#[expect(clippy::result_large_err, reason = "the page is made once and sent")]
pub fn signed_in<'a>(app: &App, visitor: &'a Visitor) -> Result<&'a Human, HttpResponse> {
    visitor.human().ok_or_else(|| visitor.error(app, 403, None, Some("/sign-in")))
}
