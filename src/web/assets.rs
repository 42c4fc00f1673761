//! The stylesheets, the script and the seal: four files, compiled in.

use actix_web::web::Path;
use actix_web::{HttpRequest, HttpResponse};

use super::documents::Document;
use super::not_found_json;

/// The files behind `/static/`.
pub struct Assets {
    stylesheet: Document,
    records: Document,
    script: Document,
    seal: Document,
}

impl Default for Assets {
    fn default() -> Self {
        Self {
            stylesheet: Document::new(
                include_str!("../../static/countersign.css").to_owned(),
                "text/css; charset=utf-8",
            ),
            records: Document::new(
                include_str!("../../static/records.css").to_owned(),
                "text/css; charset=utf-8",
            ),
            script: Document::new(
                include_str!("../../static/countersign.js").to_owned(),
                "text/javascript; charset=utf-8",
            ),
            seal: Document::new(
                include_str!("../../static/countersign.svg").to_owned(),
                "image/svg+xml",
            ),
        }
    }
}

/// `GET /static/{name}`.
pub async fn file(
    request: HttpRequest,
    name: Path<String>,
    assets: actix_web::web::Data<Assets>,
) -> HttpResponse {
    match name.as_str() {
        "countersign.css" => assets.stylesheet.answer(&request),
        "records.css" => assets.records.answer(&request),
        "countersign.js" => assets.script.answer(&request),
        "countersign.svg" => assets.seal.answer(&request),
        _ => not_found_json(),
    }
}
