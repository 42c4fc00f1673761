//! `/account/browsers`: where whoever looks is signed in, and signing out there.

use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse};

use super::account::person_error;
use super::answer::see_other;
use super::pages::browsers::{BrowserLine, BrowsersPage};
use super::person::{Posted, posted, signed_in, to_sign_in, visitor};
use crate::app::App;
use crate::domain::browser::BrowserSession;
use crate::flow::browser::{self, Which};
use crate::protocol::secret::Digest;
use crate::protocol::text::ToldText;
use crate::protocol::user_agent;

/// `GET /account/browsers`.
pub async fn show(request: HttpRequest, app: Data<App>) -> HttpResponse {
    let visitor = match visitor(&app, &request).await {
        Ok(visitor) => visitor,
        Err(answer) => return answer,
    };
    let Some(human) = visitor.human() else { return to_sign_in(&request) };
    let browsers = match browser::list(&app, human, visitor.now).await {
        Ok(browsers) => browsers,
        Err(error) => return person_error(&app, &visitor, &error),
    };
    let page = BrowsersPage {
        frame: &visitor.frame(&app),
        csrf: visitor.form_token(),
        browsers: browsers.iter().map(|one| line(one, human.browser())).collect(),
        done: request.query_string() == "done=signed_out",
    };
    visitor.page(&app, 200, &page)
}

fn line<'a>(browser: &'a BrowserSession, this: &Digest) -> BrowserLine<'a> {
    let program = browser.from.user_agent.as_ref().map(ToldText::as_str);
    BrowserLine {
        name: browser.digest.hex(),
        is_this: browser.digest == *this,
        program: program.map(user_agent::in_words),
        address: &browser.from.address,
        signed_in_at: browser.created_at,
        ends_at: browser.expires_at,
    }
}

/// `POST /account/browsers`: one of the others, or all of them.
pub async fn sign_out(request: HttpRequest, payload: Payload, app: Data<App>) -> HttpResponse {
    let Posted { visitor, form, occasion } = match posted(&app, &request, payload).await {
        Ok(posted) => posted,
        Err(answer) => return answer,
    };
    let human = match signed_in(&app, &visitor) {
        Ok(human) => human,
        Err(answer) => return answer,
    };
    let which = match (form.get("others"), form.get("browser")) {
        (Some("yes"), None) => Which::Others,
        (None, Some(name)) => Which::One(name),
        _ => return visitor.error(&app, 400, None, Some("/account/browsers")),
    };
    match browser::sign_out(&app, human, which, &occasion).await {
        Ok(()) => see_other("/account/browsers?done=signed_out"),
        Err(error) => person_error(&app, &visitor, &error),
    }
}
