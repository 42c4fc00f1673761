//! Promise P7: an agent's session never yields a key, and a key is never an agent's session.

use serde_json::json;

use super::{PLAIN, ask, keys, live, make, site};
use crate::support::Site;
use crate::support::agent::member;
use crate::support::person::{Person, form_token};
use crate::support::reply::Reply;

/// An agent that holds every scope there is, of a person who has a key.
async fn agent(site: &Site, ada: &mut Person) -> String {
    let body = json!({
        "type": "service_auth",
        "login_hint": "ada@example.com",
        "requested_scopes": ["read", "write"],
    });
    let registered = site.agent().register(&body).await;
    let answer = [
        ("decision", "approve"),
        ("user_code", &registered.user_code()),
        ("scope", "read"),
        ("scope", "write"),
        ("lifetime", "8h"),
    ];
    let approved = ada.answer(&registered.link(), &answer).await;
    assert_eq!(approved.status, 303, "{}", approved.text);
    member(&site.agent().poll(&registered.claim_token).await, "access_token")
}

/// P7, AA19, AA25, AS08, case 235: with every scope there is, with a form token of its own, and
/// with the access token in every place a key could come in, an agent sees and moves no key.
#[tokio::test]
async fn no_session_however_scoped_reads_makes_rotates_or_revokes_a_key() {
    let site = site().await;
    let mut ada = site.person("ada@example.com").await;
    let key = make(&mut ada, "agentvista", &PLAIN).await;
    let access = agent(&site, &mut ada).await;
    let known = live(&ask(&site, &access).await);
    assert_eq!(known["scope"], "read write");
    let mut nobody = Person::new(&site, "eve@example.com");
    let token = form_token(&nobody.get("/sign-in").await);
    let cookie = nobody.cookie.clone().expect("a cookie");
    let before = keys(&site).await;
    let mine = format!("/account/keys/{}", key.id);
    let mut asked = 0;
    for (method, path) in [
        ("GET", "/account/keys".to_owned()),
        ("GET", "/account/keys/new/agentvista".to_owned()),
        ("POST", "/account/keys/new/agentvista".to_owned()),
        ("GET", mine.clone()),
        ("GET", format!("{mine}/revoke")),
        ("POST", format!("{mine}/revoke")),
        ("POST", format!("{mine}/rotate")),
    ] {
        for (header, value) in [
            ("authorization", format!("Bearer {access}")),
            ("authorization", format!("ApiKey {access}")),
            ("x-api-key", access.clone()),
            ("cookie", format!("countersign={access}")),
            ("authorization", format!("Bearer {}", key.secret)),
            ("x-api-key", key.secret.clone()),
            ("cookie", format!("countersign={}", key.secret)),
        ] {
            let url = format!("{}{path}", site.url);
            let request = site.client.request(method.parse().expect("a method"), url);
            let request =
                if header == "cookie" { request } else { request.header("cookie", &cookie) };
            let request = request.header(header, value);
            let mut fields = PLAIN.to_vec();
            fields.push(("csrf", &token));
            let request = if method == "POST" { request.form(&fields) } else { request };
            let reply = Reply::of(request).await;
            let wanted = if method == "POST" { 403 } else { 303 };
            assert_eq!(reply.status, wanted, "{method} {path} with {header}: {}", reply.text);
            assert!(!reply.text.contains(&key.secret[..11]), "{method} {path} shows a key");
            asked += 1;
        }
    }
    assert_eq!((keys(&site).await, asked), (before, 49));
    live(&ask(&site, &key.secret).await);
    site.close().await;
}

/// AA01: each class of credential on another's route is refused. A key opens nothing that an
/// agent's session opens here, cannot be handed on, and is no client's secret.
#[tokio::test]
async fn a_key_is_no_session_anywhere() {
    let settings = "[[profile]]\nname = \"test\"\n[profile.agent_sessions]\n\
                    [[profile.credential]]\nprefix = \"ex_\"\n";
    let site = Site::open_with(settings).await;
    let mut ada = site.person("ada@example.com").await;
    let fields = [PLAIN[0], PLAIN[2], ("scope", "demo:read"), ("scope", "demo:write")];
    let key = make(&mut ada, "test", &fields).await;
    site.assert_live(&key.secret).await;
    assert_eq!(site.call(&key.secret).await.status, 401);
    for path in ["/demo/whoami", "/demo/mcp"] {
        let request = site.client.get(format!("{}{path}", site.url)).bearer_auth(&key.secret);
        assert_eq!(Reply::of(request).await.status, 401, "{path}");
    }
    let exchange = [
        ("grant_type", "urn:ietf:params:oauth:grant-type:token-exchange"),
        ("subject_token", key.secret.as_str()),
        ("subject_token_type", "urn:ietf:params:oauth:token-type:access_token"),
    ];
    assert!(site.post_form("/token", &exchange).await.status >= 400);
    let refresh = [("grant_type", "refresh_token"), ("refresh_token", key.secret.as_str())];
    site.post_form("/token", &refresh).await.assert_error(400, "invalid_grant");
    assert_eq!(site.post_form("/revoke", &[("token", &key.secret)]).await.status, 200);
    site.assert_live(&key.secret).await;
    site.close().await;
}
