//! `/forward-auth`: a proxy in front of an API holds a request back and asks whether it may pass
//! (docs/proxies.md). The proxy proves itself with the credentials that its API introspects with,
//! because everything else in the request is a stranger's.

mod let_in;

use std::net::IpAddr;

use actix_web::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};

use super::answer::{self, oauth_error, retry_after};
use super::carried::{self, Carried, Contradiction};
use super::{forwarded, request};
use crate::app::App;
use crate::domain::plan::{Beyond, Left};
use crate::domain::resource::Resource;
use crate::flow::acting::SaidAgent;
use crate::flow::api_key;
use crate::flow::credential;
use crate::flow::forward_auth::{self, Accepts, NotLetIn, Waiting};
use crate::flow::principal::{ResourceServer, resource_server};
use crate::protocol::basic;
use crate::protocol::challenge::Refusal;
use crate::protocol::error::OAuthError;
use crate::protocol::error_dialect::Fault;
use crate::protocol::form::Form;
use crate::protocol::resource_identifier::ResourceIdentifier;
use crate::protocol::scope::Scopes;

/// Who the proxy is, in the form of `Authorization: Basic`, which itself is the request's own.
const PROXY: &str = "countersign-proxy";

/// Scopes that the location needs, beside those in its query.
const REQUIRED_SCOPE: &str = "countersign-required-scope";

/// What the location accepts, where the query is not its own. Envoy sends no header of the
/// request's that it was not told to send, so nobody else writes this one.
const ACCEPT: &str = "countersign-accept";

/// `/forward-auth`, with any method. Where something follows in the path, it is the path of the
/// request itself, as Envoy asks; then the query is the request's own as well, and not read.
pub async fn forward_auth(request: HttpRequest, app: Data<App>) -> HttpResponse {
    let answer = match answered(&app, &request).await {
        Ok(answer) | Err(answer) => answer,
    };
    app.metrics.request("/forward-auth", answer.status().as_u16());
    answer
}

async fn answered(app: &App, request: &HttpRequest) -> Result<HttpResponse, HttpResponse> {
    let proxy = proxy(app, request).ok_or_else(|| oauth_error(&OAuthError::InvalidClient))?;
    let asked = location(request).and_then(|location| {
        let resource = app.resource(proxy.resource())?;
        let known = location.needed.iter().all(|scope| resource.rule(scope).is_some());
        known.then_some(location)
    });
    let waiting = asked.as_ref().and_then(|location| waiting(app, request, &proxy, location));
    let (Some(location), Some(waiting)) = (&asked, waiting) else {
        return Err(fault(app, &proxy, Fault::Validation));
    };
    match forward_auth::admit(app, &proxy, &waiting, app.clock.now()).await {
        Ok(_) if location.refusals_only => Err(fault(app, &proxy, Fault::Unavailable)),
        Ok(let_in) => {
            let mut answer = let_in::answer(&let_in, &waiting);
            rate_headers(&mut answer, let_in.left);
            Ok(answer)
        }
        Err(error) => {
            if let NotLetIn::Exposed { key, how } = &error {
                let occasion = request::occasion(app, request);
                api_key::tell_exposed(app, key, *how, &occasion).await;
            }
            Err(refuse(app, &proxy, &waiting.needed, &error))
        }
    }
}

/// The resource server that this proxy stands before, by its one header.
fn proxy<'a>(app: &'a App, request: &HttpRequest) -> Option<ResourceServer<'a>> {
    let credentials = only(request.headers(), &[PROXY]).ok()??;
    resource_server(app, &basic::parse(credentials)?)
}

/// What the proxy's configuration says of the place that is asked for.
struct Location {
    needed: Scopes,
    accepts: Accepts,
    /// The request was refused a moment ago, and only the words are asked for: nginx knows no
    /// other way to hand them on. If it would be let in by now, it is to come again.
    refusals_only: bool,
}

/// `None` for what cannot be read. A request that sends these headers itself asks more of itself,
/// and never less.
fn location(request: &HttpRequest) -> Option<Location> {
    let own = request.match_info().get("path").is_none();
    let query = if own { request.query_string() } else { "" };
    let query = Form::parse(query.as_bytes(), &["scope", "accept"]).ok()?;
    let mut needed = Scopes::new();
    for text in query.all("scope").chain(every(request, REQUIRED_SCOPE)?) {
        needed = needed.join(&Scopes::stored(text).ok()?);
    }
    let accepts = if own {
        Accepts::read(query.all("accept"))?
    } else {
        Accepts::read(every(request, ACCEPT)?.into_iter())?
    };
    Some(Location { needed, accepts, refusals_only: query.get("answer") == Some("refusal") })
}

/// Every value of a header; `None` if one is no text.
fn every<'a>(request: &'a HttpRequest, name: &str) -> Option<Vec<&'a str>> {
    request.headers().get_all(name).map(|value| value.to_str().ok()).collect()
}

/// The request that is held back; `None` if it says one thing in two ways.
fn waiting<'a>(
    app: &'a App,
    request: &'a HttpRequest,
    proxy: &ResourceServer<'a>,
    location: &Location,
) -> Option<Waiting<'a>> {
    let headers = request.headers();
    let (method, uri, query) = match request.match_info().get("path") {
        Some(_) => {
            (None, request.path().strip_prefix("/forward-auth"), Some(request.query_string()))
        }
        None => (
            only(headers, &["x-forwarded-method", "x-original-method"]).ok()?,
            only(headers, &["x-forwarded-uri", "x-original-uri"]).ok()?,
            None,
        ),
    };
    // What is behind it never counts where the request goes on to, and so not here.
    let uri = Some(uri).filter(|uri| !uri.is_some_and(|uri| uri.contains('#')))?;
    let (path, of_uri) = uri.map_or(("/", None), |uri| match uri.split_once('?') {
        Some((path, query)) => (path, Some(query)),
        None => (uri, None),
    });
    let query = query.or(of_uri).unwrap_or_default();
    let carried = Carried::read(app, proxy.resource(), headers, query).ok()?;
    Some(Waiting {
        presented: carried.presented,
        places: carried.places,
        needed: location.needed.clone(),
        accepts: location.accepts,
        method: method.unwrap_or_else(|| request.method().as_str()),
        // Whatever else it begins with would become a part of the host in front of it.
        path: Some(path).filter(|path| path.starts_with('/'))?,
        query,
        from: told_address(app, request),
        proof: only(headers, &["dpop"]).ok()?,
        from_page: carried::is_from_page(headers),
        is_encrypted: only(headers, &["x-forwarded-proto"]).ok()? == Some("https"),
        said_agents: said_agents(app, proxy.resource(), headers),
    })
}

/// What the request says of itself, wherever a profile of this resource has a place for it.
fn said_agents<'a>(
    app: &'a App,
    resource: &'a ResourceIdentifier,
    headers: &'a HeaderMap,
) -> Vec<SaidAgent<'a>> {
    let said = |header: &'a str| {
        headers.get_all(header).map(move |value| SaidAgent { header, agent: value.as_bytes() })
    };
    credential::agent_headers(app, resource).flat_map(said).collect()
}

/// The address that a trusted proxy tells of, which is not its own.
fn told_address(app: &App, request: &HttpRequest) -> Option<IpAddr> {
    let peer = request.peer_addr()?.ip();
    let told = forwarded::client(peer, &app.settings.trusted_proxies, request.headers());
    Some(told).filter(|told| *told != peer.to_canonical())
}

/// The one value of these headers, however often it is said.
fn only<'a>(headers: &'a HeaderMap, names: &[&str]) -> Result<Option<&'a str>, Contradiction> {
    let mut found = None;
    for value in names.iter().flat_map(|name| headers.get_all(*name)) {
        let value = value.to_str().map_err(|_| Contradiction)?;
        if found.is_some_and(|earlier| earlier != value) {
            return Err(Contradiction);
        }
        found = Some(value);
    }
    Ok(found)
}

/// The refusal as the protected resource would say it, to hand on as it is.
fn refuse(
    app: &App,
    proxy: &ResourceServer<'_>,
    needed: &Scopes,
    error: &NotLetIn,
) -> HttpResponse {
    let refusal = match error {
        NotLetIn::Refused(refusal) => refusal,
        NotLetIn::Beyond(beyond) => return used_up(app, proxy, *beyond),
        NotLetIn::NotAccepted | NotLetIn::AnotherAgent | NotLetIn::Exposed { .. } => {
            return fault(app, proxy, Fault::Resource);
        }
        NotLetIn::AgentUnsaid { header } => {
            let sentence = format!("the owner has several agents; name one in {header}");
            return said(app, proxy, Fault::Validation, &sentence);
        }
        NotLetIn::Failed(error) => {
            answer::log(error, error.status());
            let what = match error {
                OAuthError::TemporarilyUnavailable(_) => Fault::Unavailable,
                OAuthError::RateLimited(wait) => Fault::Rate(*wait),
                _ => Fault::Internal,
            };
            return fault(app, proxy, what);
        }
    };
    let what = match refusal {
        Refusal::NoToken => Fault::Missing,
        Refusal::InsufficientScope(_) => Fault::Scope,
        Refusal::OwnerGone => Fault::OwnerGone,
        _ => Fault::Invalid,
    };
    let mut answer = fault(app, proxy, what);
    let usual = app.resource(proxy.resource()).filter(|_| needed.is_empty());
    let usual = usual.map(Resource::default_scopes);
    let needed = usual.as_ref().unwrap_or(needed);
    let challenge = refusal.challenge(&proxy.resource().metadata_url(), needed);
    if let Ok(challenge) = HeaderValue::from_str(&challenge) {
        answer.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
    }
    if let Refusal::UseNonce(nonce) = refusal {
        answer::dpop_nonce(&mut answer, nonce);
    }
    answer
}

/// Good, and nothing is left of what its account may use; no challenge, because no other
/// credential of that account would do better.
fn used_up(app: &App, proxy: &ResourceServer<'_>, beyond: Beyond) -> HttpResponse {
    let (said, left) = match beyond {
        Beyond::Plan => (Fault::Plan, None),
        Beyond::Events(wait) => (Fault::Events(wait), None),
        Beyond::Rate { left, has_larger } => {
            let wait = left.reset.since(app.clock.now());
            (if has_larger { Fault::PlanRate(wait) } else { Fault::Rate(wait) }, Some(left))
        }
    };
    let mut answer = fault(app, proxy, said);
    rate_headers(&mut answer, left);
    answer
}

/// AO18, AG19: what is left of a rate, and in which second all of it is there again.
fn rate_headers(answer: &mut HttpResponse, left: Option<Left>) {
    let Some(Left { limit, remaining, reset }) = left else { return };
    let said = [
        ("x-ratelimit-limit", i64::from(limit)),
        ("x-ratelimit-remaining", i64::from(remaining)),
        ("x-ratelimit-reset", reset.0),
    ];
    for (name, value) in said {
        answer.headers_mut().insert(HeaderName::from_static(name), HeaderValue::from(value));
    }
}

/// What is wrong, in the dialect of the resource. A page of any origin may read it, since no
/// cookie counts.
fn fault(app: &App, proxy: &ResourceServer<'_>, fault: Fault) -> HttpResponse {
    said(app, proxy, fault, fault.sentence())
}

/// The same, in a sentence that says more.
fn said(app: &App, proxy: &ResourceServer<'_>, fault: Fault, sentence: &str) -> HttpResponse {
    let body = forward_auth::dialect(app, proxy).saying(fault, sentence, app.clock.now());
    let mut answer = answer::json(fault.status(), &body);
    retry_after(&mut answer, fault.retry_after().map(|wait| wait.0));
    answer::for_any_origin(answer)
}
