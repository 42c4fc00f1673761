//! Passkeys: `/account/passkeys`, and signing in with one.

use actix_web::web::{Data, Path, Payload};
use actix_web::{HttpRequest, HttpResponse};

use super::account::{person_error, sign_in_page, value, welcome_in};
use super::answer::see_other;
use super::pages::passkeys::{NewPasskeyPage, PasskeyLine, PasskeyNotice, PasskeysPage};
use super::pages::sign_in::SignInError;
use super::person::{Posted, posted, sign_in_again, signed_in, to_sign_in, visitor};
use super::return_to::ReturnTo;
use super::visitor::Visitor;
use crate::app::App;
use crate::domain::passkey::Passkey;
use crate::flow::account::EntryError;
use crate::flow::error::PersonError;
use crate::flow::passkey::{self, Answer, LONGEST_NAME, PasskeyError};
use crate::protocol::form::Form;
use crate::protocol::text::ToldText;
use crate::protocol::user_agent;

const LIST: &str = "/account/passkeys";
const NEW: &str = "/account/passkeys/new";

/// `POST /sign-in/passkey`.
pub async fn sign_in(request: HttpRequest, payload: Payload, app: Data<App>) -> HttpResponse {
    let Posted { visitor, form, occasion } = match posted(&app, &request, payload).await {
        Ok(posted) => posted,
        Err(answer) => return answer,
    };
    let return_to = form.get("return_to").and_then(ReturnTo::parse);
    let error = match passkey::sign_in(&app, answer(&form, &visitor), &occasion).await {
        Ok(signed_in) => {
            return welcome_in(&app, &visitor, &signed_in, return_to.as_ref(), &occasion).await;
        }
        Err(EntryError::Person(PersonError::Limited(wait))) => SignInError::TooManyTries(wait),
        Err(EntryError::Person(error)) => return person_error(&app, &visitor, &error),
        Err(_) => SignInError::WrongPasskey,
    };
    sign_in_page(&app, &visitor, "", return_to.as_ref(), Some(error)).await
}

fn answer<'a>(form: &'a Form, visitor: &'a Visitor) -> Answer<'a> {
    let (sealed, answer) = (value(form, "question"), value(form, "answer"));
    Answer { sealed, answer, form: visitor.form_token() }
}

/// `GET /account/passkeys`.
pub async fn list(request: HttpRequest, app: Data<App>) -> HttpResponse {
    let visitor = match visitor(&app, &request).await {
        Ok(visitor) => visitor,
        Err(answer) => return answer,
    };
    let Some(human) = visitor.human() else { return to_sign_in(&request) };
    if !passkey::are_offered(&app) {
        return visitor.error(&app, 404, None, None);
    }
    let held = match passkey::list(&app, human).await {
        Ok(held) => held,
        Err(error) => return person_error(&app, &visitor, &error),
    };
    let page = PasskeysPage {
        frame: &visitor.frame(&app),
        csrf: visitor.form_token(),
        passkeys: held.iter().map(line).collect(),
        done: match request.query_string() {
            "done=added" => Some(PasskeyNotice::Added),
            "done=removed" => Some(PasskeyNotice::Removed),
            _ => None,
        },
    };
    visitor.page(&app, 200, &page)
}

fn line(passkey: &Passkey) -> PasskeyLine<'_> {
    PasskeyLine {
        id: &passkey.id,
        name: &passkey.name,
        created_at: passkey.created_at,
        last_used_at: passkey.last_used_at,
    }
}

/// `GET /account/passkeys/new`.
pub async fn show_new(request: HttpRequest, app: Data<App>) -> HttpResponse {
    let visitor = match visitor(&app, &request).await {
        Ok(visitor) => visitor,
        Err(answer) => return answer,
    };
    if visitor.human().is_none() {
        return to_sign_in(&request);
    }
    let program = request.headers().get("user-agent").and_then(|text| text.to_str().ok());
    let program = program.and_then(|text| ToldText::clean(text, 500));
    let name = program.map(|text| user_agent::in_words(text.as_str())).unwrap_or_default();
    new_page(&app, &visitor, &name, None).await
}

/// `POST /account/passkeys/new`.
pub async fn add(request: HttpRequest, payload: Payload, app: Data<App>) -> HttpResponse {
    let Posted { visitor, form, occasion } = match posted(&app, &request, payload).await {
        Ok(posted) => posted,
        Err(answer) => return answer,
    };
    let human = match signed_in(&app, &visitor) {
        Ok(human) => human,
        Err(answer) => return answer,
    };
    let name = value(&form, "name");
    match passkey::add(&app, human, (name, answer(&form, &visitor)), &occasion).await {
        Ok(()) => see_other("/account/passkeys?done=added"),
        Err(error) => new_page(&app, &visitor, name, Some(error)).await,
    }
}

/// The page that makes one, with a question that was not asked before.
async fn new_page(
    app: &App,
    visitor: &Visitor,
    name: &str,
    error: Option<PasskeyError>,
) -> HttpResponse {
    let asked = match (visitor.human(), error) {
        (None, _) => Err(PasskeyError::NotFresh),
        (_, Some(error @ (PasskeyError::NotFresh | PasskeyError::Person(_)))) => Err(error),
        (Some(human), error) => {
            let asked = passkey::ask_to_make(app, human, visitor.form_token(), visitor.now).await;
            asked.map(|question| (question, error))
        }
    };
    let (question, error) = match asked {
        Ok(asked) => asked,
        Err(PasskeyError::Person(error)) => return person_error(app, visitor, &error),
        Err(_) => return sign_in_again(app, visitor, NEW),
    };
    let page = NewPasskeyPage {
        frame: &visitor.frame(app),
        csrf: visitor.form_token(),
        question: &question,
        name,
        longest_name: LONGEST_NAME,
        error: error.as_ref(),
    };
    visitor.page(app, if error.is_some() { 422 } else { 200 }, &page)
}

/// `POST /account/passkeys/{id}/remove`: immediate, without undo.
pub async fn remove(
    request: HttpRequest,
    id: Path<String>,
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
    match passkey::remove(&app, human, &id, &occasion).await {
        Ok(()) => see_other("/account/passkeys?done=removed"),
        Err(PasskeyError::NotFresh) => sign_in_again(&app, &visitor, LIST),
        Err(PasskeyError::Person(error)) => person_error(&app, &visitor, &error),
        // It went meanwhile.
        Err(_) => see_other(LIST),
    }
}
