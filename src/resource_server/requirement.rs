//! The middleware: nobody gets past it without what it requires.

use std::future::{Ready, ready};
use std::rc::Rc;

use actix_web::body::{EitherBody, MessageBody};
use actix_web::dev::{Service, ServiceRequest, ServiceResponse, Transform, forward_ready};
use actix_web::http::Method;
use actix_web::{Error, HttpMessage as _, ResponseError as _};
use futures_util::future::LocalBoxFuture;

use super::preflight::{open_to_any_origin, preflight};
use super::protected_resource::ProtectedResource;
use super::refused::Refused;
use super::session::Session;
use crate::protocol::scope::{NotAScope, Scopes};

/// A middleware for a scope, a resource or a route, made by
/// [`ProtectedResource::requires`]. It looks at the token before anybody looks at the method,
/// so a request of any method learns from the challenge how to get in ([RFC 9728 §5.1]);
/// around a single route that is true of that route's methods only. `OPTIONS` it answers
/// itself, as a preflight.
///
/// [RFC 9728 §5.1]: https://www.rfc-editor.org/rfc/rfc9728#section-5.1
#[derive(Debug, Clone)]
#[must_use = "a requirement guards what it is wrapped around"]
pub struct Requirement {
    resource: ProtectedResource,
    needs: Needs,
    anew: bool,
}

/// What is needed, or that it cannot be understood; then the server does not start.
#[derive(Debug, Clone)]
struct Needs {
    always: Result<Scopes, NotAScope>,
    by_method: Vec<(Method, Result<Scopes, NotAScope>)>,
}

impl Requirement {
    pub(super) fn new(resource: ProtectedResource, scopes: &str) -> Self {
        let needs = Needs { always: Scopes::stored(scopes), by_method: Vec::new() };
        Self { resource, needs, anew: false }
    }

    /// For requests of this method, these scopes and not the ones named before; `GET` means
    /// `HEAD` too. Name all that the operation needs, so that one approval is enough
    /// ([RFC 6750 §3.1]).
    ///
    /// [RFC 6750 §3.1]: https://www.rfc-editor.org/rfc/rfc6750#section-3.1
    pub fn on(mut self, method: Method, scopes: &str) -> Self {
        self.needs.by_method.push((method, Scopes::stored(scopes)));
        self
    }

    /// Believes nothing that was remembered: for what spends or deletes. Countersign is asked
    /// about every request ([RFC 7662 §4]).
    ///
    /// [RFC 7662 §4]: https://www.rfc-editor.org/rfc/rfc7662#section-4
    pub fn anew(mut self) -> Self {
        self.anew = true;
        self
    }

    async fn admit(&self, request: &ServiceRequest) -> Result<Session, Refused> {
        let needed = self.needs.of(request.method()).ok_or(Refused::Misguarded)?;
        let known = request.extensions().get::<Session>().cloned();
        let known = known.filter(|session| session.is_of(&self.resource));
        let session = match known {
            Some(session) if self.anew => {
                self.resource.look_again(request.head(), needed).await?.after(&session)
            }
            Some(session) => session,
            None => self.resource.identify(request.head(), needed, self.anew).await?,
        };
        session.requiring(needed)
    }
}

impl Needs {
    fn all(&self) -> impl Iterator<Item = &Result<Scopes, NotAScope>> {
        self.by_method.iter().map(|(_, scopes)| scopes).chain([&self.always])
    }

    /// What a request of this method needs; the last that was said counts. `HEAD` says what
    /// `GET` would (RFC 9110 §9.3.2), so it needs as much.
    fn of(&self, method: &Method) -> Option<&Scopes> {
        let method = if method == Method::HEAD { &Method::GET } else { method };
        let said = self.by_method.iter().rev().find(|(one, _)| one == method);
        said.map_or(&self.always, |(_, scopes)| scopes).as_ref().ok()
    }
}

impl<S, B> Transform<S, ServiceRequest> for Requirement
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error> + 'static,
    B: MessageBody + 'static,
{
    type Response = ServiceResponse<EitherBody<B>>;
    type Error = Error;
    type Transform = Guarded<S>;
    type InitError = ();
    type Future = Ready<Result<Guarded<S>, ()>>;

    fn new_transform(&self, service: S) -> Self::Future {
        let described = self.resource.scopes();
        let sound = |needed: &Result<Scopes, NotAScope>| {
            needed.as_ref().is_ok_and(|needed| described.covers(needed))
        };
        if !self.needs.all().all(sound) {
            let needs = &self.needs;
            tracing::error!(?needs, %described, "a requirement names what is not among the scopes");
            return ready(Err(()));
        }
        ready(Ok(Guarded { service: Rc::new(service), requirement: Rc::new(self.clone()) }))
    }
}

/// A service behind a [`Requirement`].
pub struct Guarded<S> {
    service: Rc<S>,
    requirement: Rc<Requirement>,
}

impl<S, B> Service<ServiceRequest> for Guarded<S>
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error> + 'static,
    B: MessageBody + 'static,
{
    type Response = ServiceResponse<EitherBody<B>>;
    type Error = Error;
    type Future = LocalBoxFuture<'static, Result<Self::Response, Error>>;

    forward_ready!(service);

    fn call(&self, request: ServiceRequest) -> Self::Future {
        let (service, requirement) = (Rc::clone(&self.service), Rc::clone(&self.requirement));
        Box::pin(async move {
            if request.method() == Method::OPTIONS {
                return Ok(request.into_response(preflight()).map_into_right_body());
            }
            let mut answer = match requirement.admit(&request).await {
                Ok(session) => {
                    request.extensions_mut().insert(session);
                    service.call(request).await?.map_into_left_body()
                }
                Err(refused) => {
                    refused.log();
                    request.into_response(refused.error_response()).map_into_right_body()
                }
            };
            open_to_any_origin(answer.headers_mut());
            Ok(answer)
        })
    }
}
