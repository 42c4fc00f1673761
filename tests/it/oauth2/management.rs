//! A client manages its own registration ([RFC 7592]).
//!
//! [RFC 7592]: https://www.rfc-editor.org/rfc/rfc7592

use reqwest::Method;
use serde_json::{Value, json};

use super::{CALLBACK, clients, registered, text};
use crate::support::Site;
use crate::support::agent::{member, path_of};
use crate::support::client::Client;
use crate::support::reply::Reply;

/// One request to a registration, with its token.
async fn ask(
    site: &Site,
    method: Method,
    registration: &Value,
    token: &str,
    body: Option<&Value>,
) -> Reply {
    let path = path_of(text(registration, "registration_client_uri"));
    let request = site.client.request(method, format!("{}{path}", site.url)).bearer_auth(token);
    Reply::of(match body {
        Some(body) => request.json(body),
        None => request,
    })
    .await
}

async fn own(site: &Site, method: Method, registration: &Value, body: Option<&Value>) -> Reply {
    let token = text(registration, "registration_access_token");
    ask(site, method, registration, token, body).await
}

/// RFC 7592 §2.1, §3: what is read is what was registered, to the last member.
#[tokio::test]
async fn a_client_reads_what_it_registered() {
    let site = Site::open().await;
    for method in ["none", "client_secret_basic"] {
        let registration = registered(&site, method).await;
        let read = own(&site, Method::GET, &registration, None).await;
        assert_eq!((read.status, read.json()), (200, registration));
        assert_eq!(read.header("cache-control"), Some("no-store"));
    }
    site.close().await;
}

/// RFC 7592 §2.2: an update replaces everything; the id, the time and the token stay.
#[tokio::test]
async fn an_update_replaces_all_of_the_metadata() {
    let site = Site::open().await;
    let registration = registered(&site, "none").await;
    let body = json!({
        "client_id": text(&registration, "client_id"),
        "redirect_uris": ["https://client.example.com/new"],
        "client_name": "New name",
        "token_endpoint_auth_method": "client_secret_post",
    });
    let updated = own(&site, Method::PUT, &registration, Some(&body)).await;
    assert_eq!(updated.status, 200, "{}", updated.text);
    let answer = updated.json();
    for name in ["client_id", "client_id_issued_at", "registration_access_token"] {
        assert_eq!(answer[name], registration[name], "{name}");
    }
    assert_eq!(answer["redirect_uris"], json!(["https://client.example.com/new"]));
    assert_eq!(answer["client_name"], "New name");
    assert_eq!(answer["client_secret_expires_at"], 0);
    assert_eq!(own(&site, Method::GET, &registration, None).await.json(), answer);

    let secret = text(&answer, "client_secret").to_owned();
    let body = json!({
        "client_id": text(&registration, "client_id"), "client_secret": secret,
        "redirect_uris": [CALLBACK], "token_endpoint_auth_method": "none",
    });
    let updated = own(&site, Method::PUT, &registration, Some(&body)).await.json();
    assert_eq!(updated.get("client_secret"), None, "a public client has none");
    assert_eq!(updated.get("client_name"), None, "what is left out is gone");
    site.close().await;
}

/// RFC 7592 §2.2: the body names this client, and with the secret it has; a refused update
/// changes nothing.
#[tokio::test]
async fn an_update_that_contradicts_the_registration_changes_nothing() {
    let site = Site::open().await;
    let registration = registered(&site, "client_secret_basic").await;
    let other = registered(&site, "client_secret_basic").await;
    let id = text(&registration, "client_id");
    for (body, code) in [
        (json!({ "redirect_uris": [CALLBACK] }), "invalid_request"),
        (
            json!({ "client_id": text(&other, "client_id"), "redirect_uris": [CALLBACK] }),
            "invalid_request",
        ),
        (
            json!({ "client_id": id, "client_secret": "wrong", "redirect_uris": [CALLBACK] }),
            "invalid_request",
        ),
        (json!({ "client_id": id, "redirect_uris": ["javascript:1"] }), "invalid_redirect_uri"),
        (
            json!({ "client_id": id, "redirect_uris": [CALLBACK], "grant_types": ["password"] }),
            "invalid_client_metadata",
        ),
    ] {
        let reply = own(&site, Method::PUT, &registration, Some(&body)).await;
        reply.assert_error(400, code);
    }
    assert_eq!(own(&site, Method::GET, &registration, None).await.json(), registration);
    site.close().await;
}

/// RFC 7592 §2: one answer for a wrong token, another client's, an unknown client and none.
#[tokio::test]
async fn only_the_token_of_this_registration_opens_it() {
    let site = Site::open().await;
    let registration = registered(&site, "none").await;
    let other = registered(&site, "client_secret_basic").await;
    let foreign = text(&other, "registration_access_token");
    let unknown = json!({ "registration_client_uri": format!("{}/register/clientx", site.url) });
    let body = json!({
        "client_id": text(&registration, "client_id"), "redirect_uris": [CALLBACK],
    });
    let mut answers = Vec::new();
    for method in [Method::GET, Method::PUT, Method::DELETE] {
        let body = (method == Method::PUT).then_some(&body);
        for (target, token) in [
            (&registration, foreign),
            (&registration, "rat_wrong"),
            (&registration, text(&other, "client_secret")),
            (&registration, ""),
            (&unknown, foreign),
        ] {
            let reply = ask(&site, method.clone(), target, token, body).await;
            reply.assert_error(401, "invalid_token");
            let challenge = reply.header("www-authenticate").map(str::to_owned);
            answers.push((challenge, reply.text));
        }
    }
    answers.dedup();
    assert_eq!(answers.len(), 1, "{answers:?}");
    assert_eq!(clients(&site).await, 2);
    site.close().await;
}

/// RFC 7592 §2.3: the client, its sessions and its questions go; nobody else's do.
#[tokio::test]
async fn a_deleted_client_takes_its_sessions_along_and_nobody_elses() {
    let site = Site::open().await;
    let mut ada = site.person("ada@example.com").await;
    let registration = site
        .post_json(
            "/register",
            &json!({
                "redirect_uris": [crate::support::client::CALLBACK],
                "token_endpoint_auth_method": "none",
            }),
        )
        .await
        .json();
    let id = text(&registration, "client_id").to_owned();
    let leaving = Client { site: &site, id, secret: None };
    let staying = Client::register(&site).await;
    let code = leaving.approved_by(&mut ada).await.code();
    let tokens = leaving.redeem(&code, &[]).await;
    let others = staying.redeem(&staying.approved_by(&mut ada).await.code(), &[]).await;
    let uncollected = leaving.approved_by(&mut ada).await.code();
    let question = leaving.send(&mut ada, &[]).await;

    let gone = own(&site, Method::DELETE, &registration, None).await;
    assert_eq!((gone.status, gone.text.as_str()), (204, ""));
    site.assert_dead(&member(&tokens, "access_token")).await;
    site.assert_live(&member(&others, "access_token")).await;
    assert_eq!(staying.refresh(&member(&others, "refresh_token")).await.status, 200);
    let refreshed = leaving.refresh(&member(&tokens, "refresh_token")).await;
    refreshed.assert_error(401, "invalid_client");
    leaving.redeem(&uncollected, &[]).await.assert_error(401, "invalid_client");
    let late = ada.answer(&question, &[("decision", "approve"), ("scope", "demo:read")]).await;
    assert_ne!(late.status, 303, "the question is closed: {}", late.text);
    let live = "SELECT COUNT(*) FROM session WHERE ended_at IS NULL";
    assert_eq!(site.count(live).await, 1);

    let again = own(&site, Method::GET, &registration, None).await;
    again.assert_error(401, "invalid_token");
    assert_eq!(clients(&site).await, 1);
    site.close().await;
}
