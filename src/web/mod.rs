//! Who asks us: extractors, handlers, pages, and every route.

mod account;
mod account_agent;
mod address;
mod admin;
mod agent;
mod agent_session;
mod answer;
mod api_key;
mod api_key_new;
mod api_key_words;
mod approve;
mod approve_bounds;
mod approve_door;
mod approve_page;
mod assets;
mod authorize;
mod background;
mod base_path;
mod browsers;
mod carried;
mod console;
mod demo;
mod device;
mod documents;
mod fallback;
mod forgot_password;
mod forward_auth;
mod forwarded;
mod health;
mod history;
mod inbox;
mod introspect;
mod join;
mod leaked_keys;
mod less;
mod letters;
mod limits;
mod link;
mod managed_keys;
mod mcp;
mod offered;
mod opener;
mod organization;
mod organizations;
pub mod pages;
mod passkeys;
mod person;
pub mod principal;
mod project;
mod pushed_request;
mod register;
mod request;
mod request_log;
mod return_to;
mod route;
mod scope_words;
pub mod server;
mod sessions;
mod sign_up;
mod slashes;
pub mod texts;
mod tls;
mod token;
mod upgrade;
mod usage;
mod user_claimed;
mod visitor;

use actix_web::http::Method;
use actix_web::web::{self, ServiceConfig};

use self::fallback::{method_not_allowed, not_found, not_found_json};
use self::route::{at, bare, document, get, open};
use crate::resource_server::ProtectedResource;

/// Every route, on one screen.
#[expect(clippy::too_many_lines, reason = "one screen is the point")]
pub fn routes(server: &mut ServiceConfig) {
    server
        // Resource servers and their proxies ask on every request, so they are found first
        .service(bare("/introspect", "POST").route(web::post().to(introspect::introspect)))
        .service(bare("/oauth2/introspect", "POST").route(web::post().to(introspect::introspect)))
        .service(bare("/introspect/batch", "POST").route(web::post().to(introspect::batch)))
        .service(bare("/forward-auth", "*").route(web::route().to(forward_auth::forward_auth)))
        .service(
            bare("/forward-auth/{path:.*}", "*").route(web::route().to(forward_auth::forward_auth)),
        )
        // Discovery: the pattern last, because it is tried on everything below it
        .service(document(
            "/.well-known/oauth-authorization-server",
            documents::authorization_server,
        ))
        .service(document("/.well-known/openid-configuration", documents::openid_provider))
        .service(document("/.well-known/oauth-protected-resource", documents::protected_resource))
        .service(document("/.well-known/jwks.json", documents::key_set))
        .service(document("/auth.md", documents::instructions))
        .service(document(
            "/.well-known/oauth-protected-resource/{path:.*}",
            documents::protected_resource,
        ))
        .service(document(
            "/.well-known/oauth-authorization-server/{path:.*}",
            documents::authorization_server,
        ))
        .service(document(
            "/.well-known/openid-configuration/{path:.*}",
            documents::openid_provider,
        ))
        // Agents
        .service(open("/agent/identity", "POST, OPTIONS").route(web::post().to(agent::identity)))
        .service(
            open("/agent/identity/claim", "POST, OPTIONS")
                .route(web::post().to(agent::start_claim)),
        )
        .service(
            open("/agent/identity/claim/complete", "POST, OPTIONS")
                .route(web::post().to(agent::complete_claim)),
        )
        .service(open("/token", "POST, OPTIONS").route(web::post().to(token::token)))
        .service(open("/oauth2/token", "POST, OPTIONS").route(web::post().to(token::token)))
        .service(open("/par", "POST, OPTIONS").route(web::post().to(pushed_request::push)))
        .service(open("/oauth2/par", "POST, OPTIONS").route(web::post().to(pushed_request::push)))
        .service(open("/revoke", "POST, OPTIONS").route(web::post().to(token::revoke)))
        .service(open("/oauth2/revoke", "POST, OPTIONS").route(web::post().to(token::revoke)))
        // Clients
        .service(open("/register", "POST, OPTIONS").route(web::post().to(register::register)))
        .service(
            open("/oauth2/register", "POST, OPTIONS").route(web::post().to(register::register)),
        )
        .service(
            open("/register/{client_id}", "GET, HEAD, PUT, DELETE, OPTIONS")
                .route(get().to(register::read))
                .route(web::put().to(register::update))
                .route(web::delete().to(register::delete)),
        )
        .service(
            open("/device_authorization", "POST, OPTIONS").route(web::post().to(device::authorize)),
        )
        .service(
            open("/oauth2/device_authorization", "POST, OPTIONS")
                .route(web::post().to(device::authorize)),
        )
        // People
        .service(at("/authorize", "GET, HEAD").route(get().to(authorize::authorize)))
        .service(at("/", "GET, HEAD").route(get().to(account::home)))
        .service(
            at("/sign-in", "GET, HEAD, POST")
                .route(get().to(account::show_sign_in))
                .route(web::post().to(account::sign_in)),
        )
        .service(
            at("/sign-up", "GET, HEAD, POST")
                .route(get().to(sign_up::show))
                .route(web::post().to(sign_up::sign_up)),
        )
        .service(at("/sign-in/passkey", "POST").route(web::post().to(passkeys::sign_in)))
        .service(at("/sign-out", "POST").route(web::post().to(account::sign_out)))
        .service(
            at("/welcome/{link}", "GET, HEAD, POST")
                .route(get().to(link::show_welcome))
                .route(web::post().to(link::welcome)),
        )
        .service(
            at("/approve/{id}", "GET, HEAD, POST")
                .route(get().to(approve::show))
                .route(web::post().to(approve::answer)),
        )
        .service(
            at("/device", "GET, HEAD, POST")
                .route(get().to(device::show))
                .route(web::post().to(device::answer)),
        )
        .service(at("/account/history", "GET, HEAD").route(get().to(history::show)))
        .service(at("/account/history/export.csv", "GET, HEAD").route(get().to(history::csv)))
        .service(
            at("/account/history/export.jsonl", "GET, HEAD").route(get().to(history::json_lines)),
        )
        .service(
            at("/account/browsers", "GET, HEAD, POST")
                .route(get().to(browsers::show))
                .route(web::post().to(browsers::sign_out)),
        )
        .service(at("/account/passkeys", "GET, HEAD").route(get().to(passkeys::list)))
        .service(
            at("/account/passkeys/new", "GET, HEAD, POST")
                .route(get().to(passkeys::show_new))
                .route(web::post().to(passkeys::add)),
        )
        .service(
            at("/account/passkeys/{id}/remove", "POST").route(web::post().to(passkeys::remove)),
        )
        .service(at("/account/inbox", "GET, HEAD").route(get().to(inbox::show)))
        .service(
            at("/account/sessions", "GET, HEAD, POST")
                .route(get().to(sessions::list))
                .route(web::post().to(less::end_many)),
        )
        .service(at("/account/sessions/{id}", "GET, HEAD").route(get().to(sessions::show)))
        .service(
            at("/account/sessions/{id}/rename", "POST").route(web::post().to(sessions::rename)),
        )
        .service(
            at("/account/sessions/{id}/disconnect", "POST")
                .route(web::post().to(sessions::disconnect)),
        )
        .service(at("/account/sessions/{id}/lower", "POST").route(web::post().to(less::lower)))
        .service(at("/account/sessions/{id}/pause", "POST").route(web::post().to(less::pause)))
        .service(at("/account/sessions/{id}/resume", "POST").route(web::post().to(less::resume)))
        // Administrators
        .service(at("/admin", "GET, HEAD").route(get().to(admin::overview)))
        .service(
            at("/admin/accounts", "GET, HEAD, POST")
                .route(get().to(admin::accounts))
                .route(web::post().to(admin::add)),
        )
        .service(
            at("/admin/accounts/{id}", "GET, HEAD, POST")
                .route(get().to(admin::account))
                .route(web::post().to(admin::act)),
        )
        .service(at("/static/{name}", "GET, HEAD").route(get().to(assets::file)))
        // An issuer with a path, asked without a proxy that takes it off
        .service(document(
            "/{path:.*}/.well-known/oauth-authorization-server",
            documents::authorization_server,
        ))
        .service(document(
            "/{path:.*}/.well-known/openid-configuration",
            documents::openid_provider,
        ))
        // Health
        .service(bare("/healthz", "GET, HEAD").route(get().to(health::live)))
        .service(bare("/readyz", "GET, HEAD").route(get().to(health::ready)))
        .default_service(web::to(not_found));
}

/// The routes of the demo resource, where it is switched on: authenticated before the method is
/// looked at.
pub fn demo_routes(server: &mut ServiceConfig, demo: &ProtectedResource) {
    let (reads, session) = (demo.requires("demo:read"), demo.requires_session());
    let reads_or_writes = reads.clone().on(Method::POST, "demo:write");
    server
        .service(
            open("/demo/whoami", "GET, HEAD, POST, OPTIONS")
                .route(web::route().to(demo::who_am_i).wrap(session)),
        )
        .service(
            open("/demo/notes", "GET, HEAD, POST, OPTIONS")
                .route(web::route().to(demo::notes).wrap(reads_or_writes)),
        )
        .service(
            open("/demo/mcp", "GET, HEAD, POST, OPTIONS")
                .route(web::route().to(demo::mcp).wrap(reads)),
        );
}

/// The routes of the metrics listener.
pub fn metrics_routes(server: &mut ServiceConfig) {
    server.service(bare("/metrics", "GET, HEAD").route(get().to(health::metrics)));
}
