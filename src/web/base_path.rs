//! The path of an issuer that has one. Behind a proxy that takes it off, requests come without
//! it, and directly they come with it: both are the same requests. Links of pages carry it
//! (`frame.base`), and so does every redirection of ours.

use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::Uri;
use actix_web::http::header::{HeaderValue, LOCATION};
use actix_web::web::Data;

use crate::app::App;

/// The request at the address that it has here.
pub fn taken_off(mut request: ServiceRequest) -> ServiceRequest {
    if let Some(uri) = below(&request) {
        request.match_info_mut().get_mut().update(&uri);
        request.head_mut().uri = uri;
    }
    request
}

fn below(request: &ServiceRequest) -> Option<Uri> {
    let base = request.app_data::<Data<App>>()?.settings.issuer.path();
    let rest = request.uri().path_and_query()?.as_str().strip_prefix(base)?;
    let ours = !base.is_empty() && rest.starts_with('/');
    ours.then(|| rest.parse().ok())?
}

/// The answer, with redirections to where the browser finds them.
pub fn put_on<B>(mut answer: ServiceResponse<B>) -> ServiceResponse<B> {
    if let Some(location) = above(&answer) {
        answer.headers_mut().insert(LOCATION, location);
    }
    answer
}

fn above<B>(answer: &ServiceResponse<B>) -> Option<HeaderValue> {
    let path = answer.headers().get(LOCATION)?.to_str().ok()?;
    let base = answer.request().app_data::<Data<App>>()?.settings.issuer.path();
    let ours = !base.is_empty() && path.starts_with('/');
    ours.then(|| HeaderValue::from_str(&format!("{base}{path}")).ok())?
}
