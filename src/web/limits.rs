//! How large the head of a request may be. The HTTP library has bounds of its own (128 kB of
//! head, 96 headers, a URL of 64 kB) and refuses with a bare status, so ours lie well below:
//! whoever is just over a limit is told so in words.

use actix_web::body::BoxBody;
use actix_web::dev::{Service, ServiceRequest, ServiceResponse};
use actix_web::web::Data;
use actix_web::{Error, HttpResponse};
use futures_util::future::Either;

use super::answer;
use super::fallback::{error_page, wants_page};
use crate::app::App;

/// The longest URL. RFC 9110 §4.1 asks for 8,000 bytes at least; no URL of ours comes near.
const URL_BYTES: usize = 8_192;

/// All header lines together: four times what a browser sends with a host's full cookies,
/// and what proxies in front commonly let through.
const HEADER_BYTES: usize = 32_768;

/// How many header lines: a browser behind two proxies sends about thirty.
const HEADERS: usize = 64;

/// What is too large about a head.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Excess {
    Url,
    Headers,
}

impl Excess {
    /// RFC 9110 §15.5.15, RFC 6585 §5.
    const fn status(self) -> u16 {
        match self {
            Self::Url => 414,
            Self::Headers => 431,
        }
    }

    const fn sentence(self) -> &'static str {
        match self {
            Self::Url => "the URL is longer than 8192 bytes",
            Self::Headers => "the headers are more than 64, or larger than 32768 bytes together",
        }
    }
}

/// Lets a request through to its route, unless its head is too large.
pub fn within<S>(
    request: ServiceRequest,
    service: &S,
) -> impl Future<Output = Result<ServiceResponse<BoxBody>, Error>> + use<S>
where
    S: Service<ServiceRequest, Response = ServiceResponse<BoxBody>, Error = Error>,
{
    match excess(&request) {
        None => Either::Left(service.call(request)),
        Some(excess) => Either::Right(async move {
            let answer = refuse(&request, excess).await;
            Ok(request.into_response(answer))
        }),
    }
}

fn excess(request: &ServiceRequest) -> Option<Excess> {
    let uri = request.uri();
    let target = uri.path_and_query().map_or(0, |target| target.as_str().len());
    if target + uri.authority().map_or(0, |authority| authority.as_str().len()) > URL_BYTES {
        return Some(Excess::Url);
    }
    let (mut count, mut bytes) = (0, 0);
    for (name, value) in request.headers() {
        count += 1;
        // With the colon, the space and the line's end.
        bytes += name.as_str().len() + value.len() + 4;
    }
    (count > HEADERS || bytes > HEADER_BYTES).then_some(Excess::Headers)
}

/// The route is not known yet, so a caller that accepts pages gets one, as with a 404.
async fn refuse(request: &ServiceRequest, excess: Excess) -> HttpResponse {
    let status = excess.status();
    let app = request.app_data::<Data<App>>();
    if let Some(app) = app {
        app.metrics.request("none", status);
    }
    let mut answer = match app.filter(|_| wants_page(request.request())) {
        Some(app) => error_page(request.request(), app, status).await,
        None => answer::for_any_origin(answer::refusal(status, excess.sentence())),
    };
    answer::close(&mut answer);
    answer
}
