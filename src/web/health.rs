//! What operators and their machines ask: alive, ready, figures.

use std::sync::atomic::{AtomicBool, Ordering};

use actix_web::HttpResponse;
use actix_web::http::header;
use actix_web::web::Data;
use serde_json::json;

use super::answer;
use crate::app::App;
use crate::flow::upkeep;

/// Set when the server has been told to stop: it is still answering, and wants no more work.
#[derive(Default)]
pub struct Draining(AtomicBool);

impl Draining {
    pub fn begin(&self) {
        self.0.store(true, Ordering::SeqCst);
    }

    fn has_begun(&self) -> bool {
        self.0.load(Ordering::SeqCst)
    }
}

/// `GET /healthz`: the process lives.
pub async fn live() -> HttpResponse {
    answer::json(200, &json!({ "status": "ok" }))
}

/// `GET /readyz`: the database answers, keeps what it acknowledges, and nobody has asked
/// the server to stop. The schema is up to date or the server would not have started.
pub async fn ready(app: Data<App>, draining: Data<Draining>) -> HttpResponse {
    if draining.has_begun() {
        return answer::json(503, &json!({ "status": "stopping" }));
    }
    match upkeep::ready(&app).await {
        Ok(()) => answer::json(200, &json!({ "status": "ready" })),
        Err(error) => {
            tracing::error!(%error, "the database is not ready");
            answer::json(503, &json!({ "status": "database" }))
        }
    }
}

/// `GET /metrics`, on its own listener.
pub async fn metrics(app: Data<App>) -> HttpResponse {
    HttpResponse::Ok()
        .insert_header((
            header::CONTENT_TYPE,
            "application/openmetrics-text; version=1.0.0; charset=utf-8",
        ))
        .body(app.metrics.text())
}
