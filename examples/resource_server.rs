//! A whole API that agents get into through Countersign. In two terminals:
//!
//!     countersign --config examples/resource_server.toml
//!     cargo run --example resource_server

use std::collections::HashMap;
use std::error::Error;
use std::sync::{Mutex, PoisonError};

use actix_web::http::Method;
use actix_web::web::{self, Data, Json, ServiceConfig};
use actix_web::{App, HttpResponse, HttpServer};
use countersign::resource_server::{ProtectedResource, Session, SetUpError};

/// Events by the account whose they are.
#[derive(Default)]
pub struct Events(Mutex<HashMap<String, Vec<String>>>);

/// What this API is called, which Countersign lets agents in, and who asks it about tokens.
pub fn protect(address: &str, countersign: &str) -> Result<ProtectedResource, SetUpError> {
    ProtectedResource::describe(address, countersign)
        .name("Example API")
        .scopes("events:read events:write")
        .default_scopes("events:read")
        .introspected_as("example-api", "example-api-secret")
}

/// Reading needs one scope, adding needs both.
pub fn routes(server: &mut ServiceConfig, api: &ProtectedResource) {
    let guard = api.requires("events:read").on(Method::POST, "events:read events:write");
    server.service(api.metadata());
    server.service(web::resource("/events").wrap(guard).get(list).post(add));
}

async fn list(session: Session, events: Data<Events>) -> Json<Vec<String>> {
    let events = events.0.lock().unwrap_or_else(PoisonError::into_inner);
    let own = session.account().and_then(|account| events.get(account));
    Json(own.cloned().unwrap_or_default())
}

async fn add(session: Session, event: Json<String>, events: Data<Events>) -> HttpResponse {
    let Some(account) = session.account() else { return HttpResponse::Forbidden().finish() };
    let mut events = events.0.lock().unwrap_or_else(PoisonError::into_inner);
    events.entry(account.to_owned()).or_default().push(event.into_inner());
    HttpResponse::Created().finish()
}

#[actix_web::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let api = protect("http://127.0.0.1:3000", "http://127.0.0.1:8080")?;
    let events = Data::new(Events::default());
    let app = move || App::new().app_data(events.clone()).configure(|server| routes(server, &api));
    Ok(HttpServer::new(app).bind(("127.0.0.1", 3000))?.run().await?)
}
