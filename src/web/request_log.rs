//! One line for every request: refusals and failures where nobody asked for more, the others at
//! `DEBUG`. It names the route, never the path, because links and keys stand in paths.

use actix_web::dev::ServiceResponse;
use actix_web::web::Data;

use super::request::origin;
use crate::app::App;

/// Writes the line, and hands the answer on.
pub fn noted<B>(answer: ServiceResponse<B>) -> ServiceResponse<B> {
    let request = answer.request();
    let status = answer.status().as_u16();
    if status < 400 && !tracing::enabled!(tracing::Level::DEBUG) {
        return answer;
    }
    let Some(app) = request.app_data::<Data<App>>() else { return answer };
    let (method, address) = (request.method().as_str(), origin(app, request).address);
    let route = request.match_pattern();
    let route = route.as_deref().unwrap_or("none");
    if status < 400 {
        tracing::debug!(method, route, status, address, "answered");
    } else {
        tracing::info!(method, route, status, address, "refused");
    }
    answer
}
