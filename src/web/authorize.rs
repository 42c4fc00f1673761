//! The authorization endpoint, `/authorize`.

use actix_web::http::Method;
use actix_web::http::header::{self, HeaderValue};
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};

use super::account::person_error;
use super::answer::{self, see_other};
use super::pages::authorize_refused::{AuthorizeRefusedPage, Refusal};
use super::pages::decision::Onward;
use super::pages::unknown_client::UnknownClientPage;
use super::person::visitor;
use super::request;
use super::visitor::{Visitor, mark, set_mark};
use crate::app::App;
use crate::domain::id::ClientId;
use crate::flow::client::document::is_a_url;
use crate::flow::code::{NotAsked, begin, look};
use crate::protocol::destination::Destination;
use crate::protocol::error::OAuthError;
use crate::protocol::form::Form;
use crate::protocol::redirect_uri::RedirectUri;
use crate::protocol::secret::SecretKind;
use crate::protocol::text::ToldText;

/// `GET /authorize` ([RFC 6749 §4.1.1]): the browser goes on to the approval page, marked as
/// the one that may answer. `HEAD` looks whether it would, and puts no question.
///
/// [RFC 6749 §4.1.1]: https://www.rfc-editor.org/rfc/rfc6749#section-4.1.1
pub async fn authorize(request: HttpRequest, app: Data<App>) -> HttpResponse {
    let visitor = match visitor(&app, &request).await {
        Ok(visitor) => visitor,
        Err(answer) => return answer,
    };
    let Ok(query) = Form::parse(request.query_string().as_bytes(), &["resource"]) else {
        return malformed(&app, &visitor, "a parameter is repeated or is not UTF-8");
    };
    let known = mark(&app, &request);
    if request.method() == Method::HEAD {
        let occasion = request::occasion(&app, &request);
        return match look(&app, &query, known.as_ref(), &occasion).await {
            Ok(()) => onward(),
            Err(refused) => not_asked(&app, &request, &visitor, &refused),
        };
    }
    let mark = match known.clone().map_or_else(|| app.entropy.secret(SecretKind::BrowserMark), Ok) {
        Ok(mark) => mark,
        Err(error) => return person_error(&app, &visitor, &error.into()),
    };
    match begin(&app, &query, &mark, &request::occasion(&app, &request)).await {
        Ok(link) => {
            let mut answer = see_other(&format!("/approve/{}", link.reveal()));
            if known.is_none() {
                set_mark(&app, &mut answer, &mark);
            }
            answer
        }
        Err(refused) => not_asked(&app, &request, &visitor, &refused),
    }
}

/// What `GET` would answer, without the address of a question that is not put
/// ([RFC 9110 §9.3.2]).
///
/// [RFC 9110 §9.3.2]: https://www.rfc-editor.org/rfc/rfc9110#section-9.3.2
fn onward() -> HttpResponse {
    let mut answer = see_other("");
    answer.headers_mut().remove(header::LOCATION);
    answer
}

fn not_asked(
    app: &App,
    request: &HttpRequest,
    visitor: &Visitor,
    refused: &NotAsked,
) -> HttpResponse {
    match refused {
        NotAsked::UnknownClient(_) if asks_for_json(request) => {
            answer::oauth_error(&OAuthError::InvalidClient)
        }
        refused => refuse(app, visitor, refused),
    }
}

/// Whether this is a program that looks at the answer before it opens a browser, as
/// mcp-remote does with a client id that it has kept: told what is wrong, it registers again.
/// A browser always takes HTML as well.
fn asks_for_json(request: &HttpRequest) -> bool {
    let accepts = request.headers().get(header::ACCEPT).and_then(|value| value.to_str().ok());
    accepts.is_some_and(|types| types.contains("application/json") && !types.contains("text/html"))
}

fn refuse(app: &App, visitor: &Visitor, refused: &NotAsked) -> HttpResponse {
    match refused {
        NotAsked::Told { location, at_once: true, .. } => found(location),
        NotAsked::Told { location, description, .. } => {
            let destination = Destination::of(location);
            let onward = Onward { url: location, destination: &destination };
            refused_page(app, visitor, Refusal::Unfit { description, onward })
        }
        NotAsked::SpentRequest => refused_page(app, visitor, Refusal::Expired),
        NotAsked::NoClient => malformed(app, visitor, "client_id is missing"),
        NotAsked::UnknownClient(id) => unknown_client(app, visitor, id),
        NotAsked::ForeignRedirection { client, presented } => {
            let registered: Vec<String> = client.redirect_uris.iter().map(shown).collect();
            let asked = presented.as_deref().and_then(|uri| ToldText::clean(uri, 200));
            let refusal = Refusal::RedirectNotRegistered {
                client: client.name.as_ref().map(ToldText::as_str),
                asked: asked.as_ref().map(ToldText::as_str),
                registered: registered.iter().map(String::as_str).collect(),
            };
            refused_page(app, visitor, refusal)
        }
        NotAsked::Failed(error) => person_error(app, visitor, error),
    }
}

/// The program that sent this browser hears nothing, so the person is told how to help it.
fn unknown_client(app: &App, visitor: &Visitor, id: &str) -> HttpResponse {
    let shown = ToldText::clean(id, 200);
    let page = UnknownClientPage {
        frame: &visitor.frame(app),
        client_id: shown.as_ref().map_or("", ToldText::as_str),
        is_a_document: is_a_url(&ClientId(id.to_owned())),
    };
    visitor.page(app, UnknownClientPage::STATUS, &page)
}

fn malformed(app: &App, visitor: &Visitor, description: &str) -> HttpResponse {
    refused_page(app, visitor, Refusal::Malformed { description })
}

/// Host or scheme of a registered redirection: enough to see what is wrong with another.
fn shown(uri: &RedirectUri) -> String {
    Destination::of(uri.as_str()).shown().to_owned()
}

/// Refuses on a page of ours; the browser stays here.
pub fn refused_page(app: &App, visitor: &Visitor, refusal: Refusal<'_>) -> HttpResponse {
    let status = refusal.status();
    visitor.page(app, status, &AuthorizeRefusedPage { frame: &visitor.frame(app), refusal })
}

/// Sends the browser to the client with an error (RFC 6749 §4.1.2.1), where that is a program
/// of this device or one that the operator wrote down. Nobody has decided anything, so nothing
/// is lost if it does not arrive.
fn found(location: &str) -> HttpResponse {
    let Ok(location) = HeaderValue::from_str(location) else {
        return answer::page(500, String::new(), true);
    };
    HttpResponse::Found()
        .insert_header((header::LOCATION, location))
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .insert_header((header::REFERRER_POLICY, "no-referrer"))
        .finish()
}
