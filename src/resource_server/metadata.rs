//! The document at the well-known path: where to ask for access ([RFC 9728 §3]).
//!
//! [RFC 9728 §3]: https://www.rfc-editor.org/rfc/rfc9728#section-3

use actix_web::http::header;
use actix_web::{HttpResponse, Resource, guard, web};

use super::description::Checked;
use super::preflight::{self, preflight};
use crate::protocol::metadata::ProtectedResourceMetadata;
use crate::protocol::resource_identifier::ResourceIdentifier;
use crate::protocol::signature_algorithm::SignatureAlgorithm;

const WELL_KNOWN: &str = "/.well-known/oauth-protected-resource";

/// The document as JSON ([RFC 9728 §2]).
///
/// [RFC 9728 §2]: https://www.rfc-editor.org/rfc/rfc9728#section-2
pub fn document(described: &Checked) -> String {
    let server = &described.authorization_server;
    let usual = Some(&described.default_scopes).filter(|scopes| !scopes.is_empty());
    let document = ProtectedResourceMetadata {
        resource: described.identifier.as_str(),
        resource_name: &described.name,
        resource_logo_uri: None,
        authorization_servers: [server.as_str()],
        scopes_supported: usual.unwrap_or(&described.scopes).to_vec(),
        bearer_methods_supported: ["header"],
        authorization_details_types_supported: Vec::new(),
        dpop_signing_alg_values_supported: Some(SignatureAlgorithm::NAMES),
        resource_documentation: server.url("/auth.md"),
        resource_policy_uri: None,
        resource_tos_uri: None,
    };
    serde_json::to_string(&document).unwrap_or_default()
}

/// Serves `document` to anybody, at both of its paths ([RFC 9728 §3.1]).
///
/// [RFC 9728 §3.1]: https://www.rfc-editor.org/rfc/rfc9728#section-3.1
pub fn service(identifier: &ResourceIdentifier, document: String) -> Resource {
    let inserted = format!("{WELL_KNOWN}{}", identifier.path());
    let answer = move || {
        let document = document.clone();
        async move {
            let mut answer = HttpResponse::Ok()
                .content_type("application/json")
                .insert_header((header::CACHE_CONTROL, "public, max-age=300"))
                .insert_header((header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
                .body(document);
            preflight::open_to_any_origin(answer.headers_mut());
            answer
        }
    };
    web::resource([inserted, WELL_KNOWN.to_owned()])
        .route(web::route().guard(guard::Any(guard::Get()).or(guard::Head())).to(answer))
        .route(web::route().guard(guard::Options()).to(async || preflight()))
}
