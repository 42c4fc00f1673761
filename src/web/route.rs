//! What a route is made of: which methods it answers, who may call it, what it counts.

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceFactory, ServiceRequest, ServiceResponse};
use actix_web::http::{Method, header};
use actix_web::middleware::from_fn;
use actix_web::web::{self, Data};
use actix_web::{Error, Resource, Route, guard};

use super::answer;
use super::fallback::wrong_method;
use crate::app::App;

/// `GET`, and `HEAD` with it (RFC 9110 §9.3.2).
pub(super) fn get() -> Route {
    web::route().guard(guard::Any(guard::Get()).or(guard::Head()))
}

/// A resource that answers other methods with what it allows (RFC 9110 §15.5.6).
pub(super) fn bare(path: &str, allow: &'static str) -> Resource {
    let refuse = move |request, app| async move { wrong_method(&request, &app, allow).await };
    web::resource(path).default_service(web::to(refuse))
}

type Measured<B> = ServiceResponse<B>;

/// As [`bare`], counted under its path.
pub(super) fn at(
    path: &'static str,
    allow: &'static str,
) -> Resource<
    impl ServiceFactory<
        ServiceRequest,
        Config = (),
        Response = Measured<impl MessageBody>,
        Error = Error,
        InitError = (),
    >,
> {
    bare(path, allow).wrap(from_fn(move |request: ServiceRequest, next| async move {
        let app = request.app_data::<Data<App>>().cloned();
        let answer = actix_web::middleware::Next::call(&next, request).await?;
        if let Some(app) = app {
            app.metrics.request(path, answer.status().as_u16());
        }
        Ok::<_, Error>(answer)
    }))
}

/// A resource that browser-hosted agents of any origin may call. No cookie counts here, so
/// there is nothing for a foreign page to borrow.
pub(super) fn open(
    path: &'static str,
    allow: &'static str,
) -> Resource<
    impl ServiceFactory<
        ServiceRequest,
        Config = (),
        Response = Measured<impl MessageBody>,
        Error = Error,
        InitError = (),
    >,
> {
    at(path, allow).route(web::method(Method::OPTIONS).to(answer::preflight)).wrap(from_fn(
        |request: ServiceRequest, next| async move {
            let mut answer = actix_web::middleware::Next::call(&next, request).await?;
            for (name, value) in answer::ANY_ORIGIN {
                answer.headers_mut().insert(name, header::HeaderValue::from_static(value));
            }
            Ok::<_, Error>(answer)
        },
    ))
}

/// A discovery document: read by anybody, from anywhere.
pub(super) fn document<F, Args>(path: &'static str, handler: F) -> Resource
where
    F: actix_web::Handler<Args>,
    Args: actix_web::FromRequest + 'static,
    F::Output: actix_web::Responder + 'static,
{
    bare(path, "GET, HEAD, OPTIONS")
        .route(get().to(handler))
        .route(web::method(Method::OPTIONS).to(answer::preflight))
}
