//! The credentials that a request carries which waits at a proxy: in `Authorization`, in headers
//! for keys, and in those parameters of its address that a profile names (docs/credentials.md,
//! "Transport").

use actix_web::HttpRequest;
use actix_web::http::header::{self, HeaderMap, HeaderValue};
use url::form_urlencoded;

use super::request;
use crate::app::App;
use crate::config::Via;
use crate::flow::api_key;
use crate::flow::credential::{self, Place, Shown};
use crate::flow::error::PersonError;
use crate::flow::forward_auth::Presented;
use crate::protocol::resource_identifier::ResourceIdentifier;

/// Where a key comes beside `Authorization`, whatever a profile says.
const KEY_HEADERS: [&str; 2] = ["x-api-key", "api-key"];

/// What a request carries, and everywhere it does.
#[derive(Debug, Default)]
pub struct Carried<'a> {
    pub presented: Option<Presented<'a>>,
    pub places: Vec<Place<'a>>,
}

/// Two ways to say one thing do not agree, or a value is no text.
#[derive(Debug)]
pub struct Contradiction;

impl<'a> Carried<'a> {
    /// The credential of a request for this resource. Two equal ones are one; which of two others
    /// is meant, nobody can say.
    pub fn read(
        app: &'a App,
        resource: &'a ResourceIdentifier,
        headers: &'a HeaderMap,
        query: &'a str,
    ) -> Result<Self, Contradiction> {
        let mut carried = Self::default();
        for value in headers.get_all(header::AUTHORIZATION) {
            let (presented, place) = authorization(value);
            carried.add(presented, place)?;
        }
        let named = credential::ways(app, resource).filter_map(|via| match via {
            Via::Header(name) => Some(name.as_str()),
            _ => None,
        });
        let named =
            named.filter(|name| !KEY_HEADERS.iter().any(|key| key.eq_ignore_ascii_case(name)));
        for name in KEY_HEADERS.into_iter().chain(named) {
            for value in headers.get_all(name) {
                let presented = value.to_str().map_or(Presented::Unusable, held);
                carried.add(presented, Place::Header(name))?;
            }
        }
        let named = credential::ways(app, resource).filter_map(|via| match via {
            Via::Query(name) => Some(name.as_str()),
            _ => None,
        });
        for parameter in query.split('&') {
            // Whoever reads the address after us reads names without their escapes.
            let Some((name, value)) = form_urlencoded::parse(parameter.as_bytes()).next() else {
                continue;
            };
            // A parameter without a value counts as omitted (RFC 6749 §3.1).
            let named = named.clone().find(|named| *named == name && !value.is_empty());
            if let Some(named) = named {
                carried.add(spelled(parameter, named), Place::Query(named))?;
            }
        }
        Ok(carried)
    }

    /// For whoever judges it.
    pub fn shown(&self) -> Shown<'_> {
        (self.presented, &self.places)
    }

    /// Whether it came in the address, where histories and logs keep it.
    pub fn is_in_address(&self) -> bool {
        self.places.iter().any(|place| matches!(place, Place::Query(_)))
    }

    /// Whether a page in a browser sends a key that belongs on a server; its owner is told
    /// (docs/credentials.md, "Leaks").
    ///
    /// # Errors
    ///
    /// The database is away.
    pub async fn is_exposed(&self, app: &App, request: &HttpRequest) -> Result<bool, PersonError> {
        let Some(Presented::Held(text)) = self.presented else { return Ok(false) };
        if !is_from_page(request.headers()) || !api_key::belongs_on_a_server(app, text) {
            return Ok(false);
        }
        let occasion = request::occasion(app, request);
        api_key::tell_of_page(app, text, &occasion).await.map(|()| true)
    }

    fn add(&mut self, presented: Presented<'a>, place: Place<'a>) -> Result<(), Contradiction> {
        if self.presented.is_some_and(|earlier| earlier != presented) {
            return Err(Contradiction);
        }
        self.presented = Some(presented);
        self.places.push(place);
        Ok(())
    }
}

/// Whether a page in a browser sends it: with an `Origin` (Fetch standard), or, as an image or a
/// script is loaded, without one; then the browser says from where it comes and that nobody goes
/// there (Fetch Metadata). Programs say the one or the other, and not both.
pub fn is_from_page(headers: &HeaderMap) -> bool {
    let loads = headers.get("sec-fetch-mode").is_some_and(|mode| mode != "navigate");
    headers.contains_key(header::ORIGIN) || (headers.contains_key("sec-fetch-site") && loads)
}

/// RFC 6750 §2.1, RFC 9449 §7.1, and the scheme of keys; case does not matter (RFC 9110 §11.1).
fn authorization(value: &HeaderValue) -> (Presented<'_>, Place<'_>) {
    let Some((scheme, text)) = value.to_str().ok().and_then(|text| text.split_once(' ')) else {
        return (Presented::Unusable, Place::Bearer);
    };
    let is = |known: &str| scheme.eq_ignore_ascii_case(known);
    match () {
        () if is("bearer") => (held(text), Place::Bearer),
        () if is("apikey") => (held(text), Place::ApiKeyScheme),
        () if is("dpop") => (Presented::Proven(text.trim()), Place::Proven),
        () => (Presented::Unusable, Place::Bearer),
    }
}

fn held(text: &str) -> Presented<'_> {
    Presented::Held(text.trim())
}

/// No credential needs an escape, nor does its name: one in an escaped spelling was made to look
/// like something else.
fn spelled<'a>(parameter: &'a str, name: &str) -> Presented<'a> {
    let value = parameter.strip_prefix(name).and_then(|rest| rest.strip_prefix('='));
    let plain =
        |value: &&str| value.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    value.filter(plain).map_or(Presented::Unusable, Presented::Held)
}
