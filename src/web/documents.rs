//! Discovery: every document an agent reads before it holds anything. Rendered once, from
//! the configuration alone, so no request can change a byte of it.

mod instructions;
mod openid;
mod resources;

use std::collections::BTreeSet;

use actix_web::http::header::{self, HeaderValue};
use actix_web::web::{Bytes, Data};
use actix_web::{HttpRequest, HttpResponse};
use serde::Serialize;

use self::resources::ResourceDocuments;
use crate::app::App;
use crate::domain::resource::Resource;
use crate::flow::attempt::CLAIM_PATH;
use crate::flow::client::registration::REGISTER_PATH;
use crate::flow::device::DEVICE_AUTHORIZATION_PATH;
use crate::flow::grants;
use crate::protocol::client_metadata::AuthenticationMethod;
use crate::protocol::grant_type::GrantType;
use crate::protocol::metadata::{
    AgentAuth, AuthorizationServerMetadata, CredentialTypes, UserClaimedAuth,
};
use crate::protocol::scope::Scopes;
use crate::protocol::secret::Digest;
use crate::protocol::signature_algorithm::SignatureAlgorithm;
use crate::protocol::user_claimed::ACCESS_TOKEN;

/// One document, ready to send.
pub struct Document {
    body: Bytes,
    etag: HeaderValue,
    content_type: &'static str,
}

impl Document {
    /// A document of this text.
    #[must_use]
    pub fn new(text: String, content_type: &'static str) -> Self {
        let etag = format!("\"{}\"", Digest::of(text.as_bytes()).hex().get(..32).unwrap_or("0"));
        let etag = HeaderValue::from_str(&etag).unwrap_or(HeaderValue::from_static("\"0\""));
        Self { body: Bytes::from(text), etag, content_type }
    }

    fn json<T: Serialize>(value: &T) -> Self {
        Self::new(serde_json::to_string(value).unwrap_or_default(), "application/json")
    }

    /// The document, or 304 when the caller has it ([RFC 9110 §13.1.2]).
    ///
    /// [RFC 9110 §13.1.2]: https://www.rfc-editor.org/rfc/rfc9110#section-13.1.2
    #[must_use]
    pub fn answer(&self, request: &HttpRequest) -> HttpResponse {
        let known = request.headers().get(header::IF_NONE_MATCH).is_some_and(|known| {
            let tags = known.as_bytes().split(|byte| *byte == b',').map(<[u8]>::trim_ascii);
            tags.map(|tag| tag.strip_prefix(b"W/").unwrap_or(tag))
                .any(|tag| tag == self.etag.as_bytes() || tag == b"*")
        });
        let mut answer = if known {
            HttpResponse::NotModified().finish()
        } else {
            HttpResponse::with_body(actix_web::http::StatusCode::OK, self.body.clone())
                .map_into_boxed_body()
        };
        let headers = answer.headers_mut();
        headers.insert(header::ETAG, self.etag.clone());
        headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=300"));
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
        if !known {
            headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(self.content_type));
        }
        answer
    }
}

/// Every document this configuration publishes.
pub struct Documents {
    pub authorization_server: Document,
    pub openid_provider: Document,
    pub key_set: Document,
    pub auth_md: Document,
    resources: ResourceDocuments,
}

impl Documents {
    #[must_use]
    pub fn render(app: &App) -> Self {
        Self {
            authorization_server: Document::json(&server_metadata(app)),
            openid_provider: Document::json(&openid::metadata(server_metadata(app))),
            key_set: Document::json(&app.keyring.published()),
            auth_md: Document::new(instructions::render(app), "text/markdown; charset=utf-8"),
            resources: ResourceDocuments::render(app),
        }
    }
}

#[expect(clippy::too_many_lines, reason = "one line per member")]
fn server_metadata(app: &App) -> AuthorizationServerMetadata<'_> {
    let settings = &app.settings;
    let url = |path: &str| settings.issuer.url(path);
    let resources = &settings.resources;
    let scopes = resources.iter().fold(Scopes::new(), |all, one| all.join(&one.all_scopes()));
    AuthorizationServerMetadata {
        issuer: app.issuer(),
        authorization_endpoint: url("/authorize"),
        token_endpoint: url("/token"),
        device_authorization_endpoint: url(DEVICE_AUTHORIZATION_PATH),
        pushed_authorization_request_endpoint: url("/par"),
        require_pushed_authorization_requests: false,
        revocation_endpoint: url("/revoke"),
        introspection_endpoint: url("/introspect"),
        jwks_uri: url("/.well-known/jwks.json"),
        registration_endpoint: settings.strangers.registration.then(|| url(REGISTER_PATH)),
        client_id_metadata_document_supported: settings.strangers.documents,
        response_types_supported: ["code"],
        response_modes_supported: ["query"],
        authorization_response_iss_parameter_supported: true,
        grant_types_supported: grants::offered(app).map(GrantType::name).collect(),
        token_endpoint_auth_methods_supported: client_methods(),
        token_endpoint_auth_signing_alg_values_supported: SignatureAlgorithm::NAMES,
        revocation_endpoint_auth_signing_alg_values_supported: SignatureAlgorithm::NAMES,
        revocation_endpoint_auth_methods_supported: client_methods(),
        introspection_endpoint_auth_methods_supported: BY_SECRET.to_vec(),
        introspection_signing_alg_values_supported: ["ES256"],
        dpop_signing_alg_values_supported: SignatureAlgorithm::NAMES,
        code_challenge_methods_supported: ["S256"],
        scopes_supported: scopes.to_vec(),
        authorization_details_types_supported: detail_types(resources),
        bearer_methods_supported: ["header"],
        resource: app.default_resource().map_or("", |default| default.identifier.as_str()),
        authorization_servers: [app.issuer()],
        protected_resources: resources.iter().map(|one| one.identifier.as_str()).collect(),
        service_documentation: url("/auth.md"),
        op_policy_uri: settings.service.privacy.as_deref(),
        op_tos_uri: settings.service.terms.as_deref(),
        agent_auth: AgentAuth {
            skill: url("/auth.md"),
            identity_endpoint: url("/agent/identity"),
            claim_endpoint: url(CLAIM_PATH),
            identity_types_supported: identity_types(app),
            user_claimed: user_claimed(app),
        },
    }
}

fn user_claimed(app: &App) -> Option<UserClaimedAuth> {
    app.agent_sessions().filter(|(_, rules)| rules.user_claimed)?;
    let url = |path: &str| app.settings.issuer.url(path);
    Some(UserClaimedAuth {
        register_uri: url("/agent/auth"),
        claim_uri: url("/agent/auth/claim"),
        revocation_uri: url("/agent/auth/revoke"),
        user_claimed: CredentialTypes { credential_types_supported: [ACCESS_TOKEN] },
    })
}

/// How resource servers prove themselves at introspection.
const BY_SECRET: [&str; 2] = ["client_secret_basic", "client_secret_post"];

/// How clients may prove themselves.
fn client_methods() -> Vec<&'static str> {
    AuthenticationMethod::ALL.map(AuthenticationMethod::name).to_vec()
}

fn identity_types(app: &App) -> Vec<&'static str> {
    let agents = &app.settings.agents;
    let anonymous = agents.anonymous.then_some("anonymous");
    let service_auth = agents.service_auth.then_some("service_auth");
    anonymous.into_iter().chain(service_auth).collect()
}

/// `GET /.well-known/oauth-authorization-server` ([RFC 8414 §3]), and the other places where
/// the document of an issuer with a path is looked for.
///
/// [RFC 8414 §3]: https://www.rfc-editor.org/rfc/rfc8414#section-3
pub async fn authorization_server(
    request: HttpRequest,
    documents: Data<Documents>,
    app: Data<App>,
) -> HttpResponse {
    const PLACE: &str = "/.well-known/oauth-authorization-server";
    let document = is_ours(&app, request.path(), PLACE).then_some(&documents.authorization_server);
    counted(&app, PLACE, answer(document, &request))
}

/// `GET /.well-known/openid-configuration` (OpenID Connect Discovery 1.0 §4), also where [RFC
/// 8414 §5] puts it.
///
/// [RFC 8414 §5]: https://www.rfc-editor.org/rfc/rfc8414#section-5
pub async fn openid_provider(
    request: HttpRequest,
    documents: Data<Documents>,
    app: Data<App>,
) -> HttpResponse {
    const PLACE: &str = "/.well-known/openid-configuration";
    let document = is_ours(&app, request.path(), PLACE).then_some(&documents.openid_provider);
    counted(&app, PLACE, answer(document, &request))
}

/// Whether a path is `place`, or `place` before or behind the issuer's path (oauth.md trap 4).
fn is_ours(app: &App, path: &str, place: &str) -> bool {
    let own = app.settings.issuer.path();
    let path = path.strip_suffix('/').unwrap_or(path);
    path == place || path == format!("{place}{own}") || path == format!("{own}{place}")
}

fn answer(document: Option<&Document>, request: &HttpRequest) -> HttpResponse {
    match document {
        Some(document) => document.answer(request),
        None => super::answer::for_any_origin(super::fallback::not_found_json()),
    }
}

/// The types of details of every resource, once each.
fn detail_types(resources: &[Resource]) -> Vec<&str> {
    let rules = resources.iter().flat_map(|resource| &resource.details);
    rules.map(|rule| rule.kind.as_str()).collect::<BTreeSet<_>>().into_iter().collect()
}

/// `GET /.well-known/jwks.json` ([RFC 7517 §5]).
///
/// [RFC 7517 §5]: https://www.rfc-editor.org/rfc/rfc7517#section-5
pub async fn key_set(
    request: HttpRequest,
    documents: Data<Documents>,
    app: Data<App>,
) -> HttpResponse {
    counted(&app, "/.well-known/jwks.json", documents.key_set.answer(&request))
}

/// `GET /auth.md`: what an agent reads first.
pub async fn instructions(
    request: HttpRequest,
    documents: Data<Documents>,
    app: Data<App>,
) -> HttpResponse {
    counted(&app, "/auth.md", documents.auth_md.answer(&request))
}

/// `GET /.well-known/oauth-protected-resource{path}` ([RFC 9728 §3]).
///
/// [RFC 9728 §3]: https://www.rfc-editor.org/rfc/rfc9728#section-3
pub async fn protected_resource(
    request: HttpRequest,
    documents: Data<Documents>,
    app: Data<App>,
) -> HttpResponse {
    let path = request.path();
    let path = path.strip_prefix("/.well-known/oauth-protected-resource").unwrap_or(path);
    let document = documents.resources.at(path, request.query_string());
    counted(&app, "/.well-known/oauth-protected-resource", answer(document, &request))
}

fn counted(app: &App, route: &'static str, answer: HttpResponse) -> HttpResponse {
    app.metrics.request(route, answer.status().as_u16());
    answer
}
