//! Doubled slashes: a client whose base URL ends with one asks at `//agent-sessions/start`. It is
//! answered there; a redirect would turn its POST into a GET (contracts of Agent Analytics, 1.12).

use actix_web::dev::ServiceRequest;
use actix_web::http::Uri;
use actix_web::web::Data;

use super::managed_keys;
use crate::app::App;

/// The request at the address that its own has without doubled slashes, where that is one of
/// the agent sessions' or one at which programs manage keys.
pub fn merged(mut request: ServiceRequest) -> ServiceRequest {
    if let Some(uri) = meant(&request) {
        request.match_info_mut().get_mut().update(&uri);
        request.head_mut().uri = uri;
    }
    request
}

fn meant(request: &ServiceRequest) -> Option<Uri> {
    if !request.path().contains("//") {
        return None;
    }
    let app = request.app_data::<Data<App>>()?;
    let parts: Vec<&str> = request.path().split('/').filter(|part| !part.is_empty()).collect();
    let path = format!("/{}", parts.join("/"));
    let query = request.uri().query().map(|query| format!("?{query}")).unwrap_or_default();
    let is_session = || app.agent_sessions().is_some() && is_ours(&path);
    (is_session() || managed_keys::is_route(app, &path))
        .then(|| format!("{path}{query}").parse().ok())?
}

fn is_ours(path: &str) -> bool {
    let exact = ["/account", "/account/agent-sessions", "/demo/session"];
    path.starts_with("/agent-sessions/") || exact.contains(&path)
}
