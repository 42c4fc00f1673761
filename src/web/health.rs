//! What operators and their machines ask: alive, ready, figures.

use std::sync::atomic::{AtomicBool, Ordering};

use actix_web::HttpResponse;
use actix_web::http::header;
use actix_web::web::Data;
use serde_json::json;

use super::answer;
use crate::app::App;
use crate::flow::upkeep;

/// What `/readyz` has been told, and whether anybody looks at it.
#[derive(Default)]
pub struct Readiness {
    stopping: AtomicBool,
    watched: AtomicBool,
}

impl Readiness {
    /// The server has been told to stop: it is still answering, and wants no more work.
    pub fn end(&self) {
        self.stopping.store(true, Ordering::SeqCst);
    }

    /// Whether anybody has asked, so that somebody is there to notice a no.
    pub fn is_watched(&self) -> bool {
        self.watched.load(Ordering::SeqCst)
    }

    /// Notes the question; whether the server has been told to stop.
    fn asked(&self) -> bool {
        self.watched.store(true, Ordering::SeqCst);
        self.stopping.load(Ordering::SeqCst)
    }
}

/// `GET /healthz`: the process lives.
pub async fn live() -> HttpResponse {
    answer::json(200, &json!({ "status": "ok" }))
}

/// `GET /readyz`: the database answers, keeps what it acknowledges, and nobody has asked
/// the server to stop. The schema is up to date or the server would not have started.
pub async fn ready(app: Data<App>, readiness: Data<Readiness>) -> HttpResponse {
    if readiness.asked() {
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
