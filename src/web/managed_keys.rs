//! The routes at which programs manage keys, as the settings name them (docs/credentials.md,
//! "Management"). No cookie counts here, and no agent's session (design promise P7).

mod session_token;
mod words;

use std::sync::Arc;

use actix_web::http::Method;
use actix_web::http::header::{self, HeaderValue};
use actix_web::web::{self, Data, Payload, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse, Resource, guard};

use self::words::{Words, facts};
use super::account::query;
use super::answer::{self, json};
use super::carried::Carried;
use super::request;
use crate::app::App;
use crate::config::ManagedRoute;
use crate::domain::api_key::KeyKind;
use crate::domain::origin::Occasion;
use crate::flow::api_key::{self, Caller, ForAgent, KeyError, Offer, Program};
use crate::protocol::error_dialect::Fault;
use crate::protocol::json::parse;
use crate::protocol::managed_key::{NewKey, Operation, Outcome, Page};

/// One operation of one kind of keys.
#[derive(Debug, Clone)]
struct Place {
    profile: String,
    kind: KeyKind,
    route: ManagedRoute,
}

/// Whether this is the path of such a route.
pub(super) fn is_route(app: &App, path: &str) -> bool {
    let routes = api_key::offers(app).flat_map(|offer| offer.routes());
    let mut paths = routes.map(|route| route.path.as_str());
    paths.any(|route| {
        let (own, asked) = (route.split('/'), path.strip_suffix('/').unwrap_or(path).split('/'));
        own.clone().count() == asked.clone().count()
            && own.zip(asked).all(|(own, asked)| own == asked || own.starts_with('{'))
    })
}

/// Serves every route of the settings, those with an id last: they would take what another names.
pub fn routes(app: &App, server: &mut ServiceConfig) {
    let mut places: Vec<Arc<Place>> =
        api_key::offers(app).flat_map(|offer| placed(&offer)).collect();
    places.sort_by_key(|place| (place.route.path.contains('{'), place.route.path.clone()));
    for places in places.chunk_by(|one, other| one.route.path == other.route.path) {
        server.service(resource(places));
    }
}

fn placed(offer: &Offer<'_>) -> Vec<Arc<Place>> {
    let place = |route: &ManagedRoute| {
        let (profile, kind) = (offer.profile.name.clone(), offer.rules.kind);
        Arc::new(Place { profile, kind, route: route.clone() })
    };
    offer.routes().map(place).collect()
}

/// One address, a slash at its end or not: a redirect would lose what is posted (AS19).
fn resource(places: &[Arc<Place>]) -> Resource {
    let path = places.first().map_or("", |place| place.route.path.as_str());
    let mut served = web::resource([path.to_owned(), format!("{path}/")]);
    let mut allow = vec!["OPTIONS"];
    for place in places {
        allow.push(&place.route.method);
        let method = place.route.method.parse().unwrap_or(Method::POST);
        let own = Arc::clone(place);
        let handler = move |request: HttpRequest, payload: Payload, app: Data<App>| {
            let place = Arc::clone(&own);
            async move { answered(&app, &request, payload, &place).await }
        };
        let head = guard::fn_guard(|context| context.head().method == Method::HEAD);
        let takes = guard::Method(method.clone());
        served = if method == Method::GET {
            served.route(web::route().guard(guard::Any(takes).or(head)).to(handler))
        } else {
            served.route(web::route().guard(takes).to(handler))
        };
    }
    let (allow, place) = (allow.join(", "), places.first().cloned());
    served.route(web::method(Method::OPTIONS).to(answer::preflight)).default_service(web::to(
        move |app: Data<App>| {
            let (allow, place) = (allow.clone(), place.clone());
            async move { wrong_method(&app, &allow, place.as_deref()) }
        },
    ))
}

fn wrong_method(app: &App, allow: &str, place: Option<&Place>) -> HttpResponse {
    let offer = place.and_then(|place| api_key::offer_of(app, &place.profile, place.kind));
    let dialect = offer.map(|offer| offer.profile.error_dialect).unwrap_or_default();
    let sentence = "the method is not allowed here";
    let mut answer = json(405, &dialect.saying(Fault::Validation, sentence, app.clock.now()));
    if let Ok(allow) = HeaderValue::from_str(allow) {
        answer.headers_mut().insert(header::ALLOW, allow);
    }
    answer
}

async fn answered(
    app: &App,
    request: &HttpRequest,
    payload: Payload,
    place: &Place,
) -> HttpResponse {
    let operation = place.route.operation;
    let answer = match api_key::offer_of(app, &place.profile, place.kind) {
        None => super::not_found_json(),
        Some(offer) => match operated(app, request, payload, (&offer, operation)).await {
            Ok(answer) | Err(answer) => answer,
        },
    };
    app.metrics.request(label(operation), answer.status().as_u16());
    answer::for_any_origin(answer)
}

/// As the figures name it; paths are the operator's own.
const fn label(operation: Operation) -> &'static str {
    match operation {
        Operation::Create => "managed keys: create",
        Operation::Register => "managed keys: register an agent",
        Operation::List => "managed keys: list",
        Operation::Revoke => "managed keys: revoke",
        Operation::Rotate => "managed keys: rotate",
        Operation::Ping => "managed keys: ping",
        Operation::Authenticate => "session tokens: authenticate",
        Operation::LogOut => "session tokens: log out",
    }
}

async fn operated(
    app: &App,
    request: &HttpRequest,
    payload: Payload,
    (offer, operation): (&Offer<'_>, Operation),
) -> Result<HttpResponse, HttpResponse> {
    let occasion = request::occasion(app, request);
    if matches!(operation, Operation::Authenticate | Operation::LogOut) {
        return session_token::answered(app, request, (offer, operation), &occasion).await;
    }
    let program = program(app, request, offer).await?;
    let asked = Asked { words: Words { app, offer }, request, program: &program, occasion };
    match operation {
        Operation::Create => asked.create(payload, asked.agent().map(ForAgent::Known)).await,
        Operation::Register => asked.create(payload, Some(ForAgent::New)).await,
        Operation::List => asked.list().await,
        Operation::Revoke => asked.revoke().await,
        Operation::Rotate => asked.rotate().await,
        Operation::Ping => Ok(asked.ping()),
        Operation::Authenticate | Operation::LogOut => Err(super::not_found_json()),
    }
}

/// A request of somebody who was let in.
struct Asked<'a> {
    words: Words<'a>,
    request: &'a HttpRequest,
    program: &'a Program,
    occasion: Occasion,
}

impl<'a> Asked<'a> {
    const fn caller(&self) -> Caller<'a> {
        Caller::Program(self.program, *self.words.offer)
    }

    fn refused(&self, error: &KeyError) -> HttpResponse {
        self.words.refused(error)
    }

    fn id(&self) -> Option<&str> {
        self.request.match_info().get("id")
    }

    fn agent(&self) -> Option<&str> {
        self.request.match_info().get("agent")
    }

    async fn create(
        &self,
        payload: Payload,
        agent: Option<ForAgent<'_>>,
    ) -> Result<HttpResponse, HttpResponse> {
        let Words { app, offer } = self.words;
        let wanted = self.wanted(payload).await?;
        let caller = (self.caller(), offer);
        let wanted = (&wanted, agent);
        let made = api_key::create_worded(app, caller, wanted, &self.occasion).await;
        let (key, secret) = made.map_err(|error| self.refused(&error))?;
        let facts = facts(&key, Some(secret.reveal()), self.occasion.at);
        Ok(self.words.said(201, &Outcome::Key(facts)))
    }

    /// What is to be made; a body that is left out names nothing.
    async fn wanted(&self, payload: Payload) -> Result<NewKey, HttpResponse> {
        let body = request::json(self.words.app, self.request, payload).await;
        let body = body.map_err(|error| self.words.unreadable(error))?;
        if body.is_empty() {
            return Ok(NewKey::default());
        }
        parse(&body).map_err(|error| self.words.told(Fault::Validation, &error.to_string()))
    }

    async fn list(&self) -> Result<HttpResponse, HttpResponse> {
        let Words { app, offer } = self.words;
        let asked = |name| query(self.request, name);
        let page = Page::read(asked("page").as_deref(), asked("page_size").as_deref());
        let wrong = "page counts from 1, and page_size is 100 at most";
        let page = page.ok_or_else(|| self.words.told(Fault::Member, wrong))?;
        let beginning = asked("prefix").unwrap_or_default();
        let organization = asked("org_slug");
        let of = (beginning.as_str(), organization.as_deref());
        let found = api_key::page(app, (self.caller(), offer), page, of).await;
        let (keys, count) = found.map_err(|error| self.refused(&error))?;
        let keys = keys.iter().map(|key| facts(key, None, self.occasion.at)).collect();
        Ok(self.words.said(200, &Outcome::Keys { page, count, keys }))
    }

    async fn revoke(&self) -> Result<HttpResponse, HttpResponse> {
        let id = self.id().unwrap_or_default();
        if let Some(agent) = self.agent() {
            let own = api_key::is_of_agent(self.words.app, self.caller(), id, agent).await;
            own.map_err(|error| self.refused(&error.into()))?;
        }
        let revoked = api_key::revoke(self.words.app, self.caller(), id, &self.occasion).await;
        revoked.map_err(|error| self.refused(&error))?;
        Ok(self.words.said(200, &Outcome::Revoked { id }))
    }

    /// Of the key that is named, or else of the one that asks.
    async fn rotate(&self) -> Result<HttpResponse, HttpResponse> {
        let own = self.program.own().map(|key| key.id.as_str());
        let id = self.id().or(own).unwrap_or_default();
        let rotated = api_key::rotate(self.words.app, self.caller(), id, &self.occasion).await;
        let rotated = rotated.map_err(|error| self.refused(&error))?;
        let facts = facts(&rotated.key, Some(rotated.secret.reveal()), self.occasion.at);
        Ok(self.words.said(200, &Outcome::Key(facts)))
    }

    fn ping(&self) -> HttpResponse {
        match api_key::may_read(self.caller(), self.words.offer) {
            Ok(()) => self.words.said(200, &Outcome::Good),
            Err(error) => self.refused(&error),
        }
    }
}

/// Whoever asks.
async fn program(
    app: &App,
    request: &HttpRequest,
    offer: &Offer<'_>,
) -> Result<Program, HttpResponse> {
    let words = Words { app, offer };
    let carried = carried(words, request).await?;
    let now = app.clock.now();
    let found = api_key::program(app, offer, carried.shown(), now).await;
    found.map_err(|error| words.not_let_in(error, &words.hint()))
}

/// What came with a request. Which of two different credentials is meant, nobody can say; and a key
/// that a page sends is refused, and its owner told.
async fn carried<'a>(
    words: Words<'a>,
    request: &'a HttpRequest,
) -> Result<Carried<'a>, HttpResponse> {
    let resource = &words.offer.resource.identifier;
    let carried = Carried::read(words.app, resource, request.headers(), "");
    let carried = carried.map_err(|_| {
        words.told(Fault::Validation, "two different credentials came with the request")
    })?;
    match carried.is_exposed(words.app, request).await {
        Ok(false) => Ok(carried),
        Ok(true) => {
            Err(words.told(Fault::Resource, "a key belongs on a server, and not in a page"))
        }
        Err(error) => Err(words.refused(&error.into())),
    }
}
