//! What a session may see and end of its owner's connections, and the demo (contracts/
//! credentials.md 1.1, 1.8, 1.10).

use serde_json::{Value, json};

use super::{
    Client, PROFILE, SCOPES, assert_refused, detached, introspect, lay, session, site, site_with,
    text,
};
use crate::support::Site;
use crate::support::reply::Reply;

const NOW: i64 = 1_800_000_000_000;

/// AA28, 1.1: the list has every member, times in milliseconds, null where there is nothing, and
/// what was ended is still in it.
#[tokio::test]
async fn a_session_sees_every_connection_of_its_owner() {
    let site = site().await;
    let mut ada = site.person("ada@example.com").await;
    let mut bob = site.person("bob@example.com").await;
    let client = Client::of(&site);
    let mut body = detached();
    lay(&mut body, &json!({ "label": "Paperclip Company X", "client_type": "paperclip" }));
    let request = client.start(&body).await;
    request.approved_by(&mut ada).await;
    let exchanged = request.finish(&request.code().await).await.json();
    let (first, second) = (exchanged["agent_session"].clone(), session(&client, &mut ada).await);
    session(&client, &mut bob).await;
    let body = json!({ "session_id": second["id"] });
    client.post_as(text(&second, "access_token"), "/agent-sessions/revoke", &body).await;

    let access = text(&first, "access_token");
    let reply = client.get_as(access, "/account/agent-sessions").await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    assert!(!reply.text.contains("aar_") && !reply.text.contains("aas_"), "AA05: no tokens");
    let list = reply.json()["sessions"].as_array().expect("a list").clone();
    assert_eq!(list.len(), 2, "bob's is not among them: {list:?}");
    let mut scopes = SCOPES.to_vec();
    scopes.sort_unstable();
    assert_eq!(
        list[0],
        json!({
            "id": first["id"],
            "client_type": "paperclip",
            "client_name": "Agent Analytics CLI",
            "client_instance_id": "pid:4711",
            "label": "Paperclip Company X",
            "scopes": scopes,
            "status": "active",
            "created_at": NOW,
            "last_used_at": null,
            "access_expires_at": NOW + 3_600_000,
            "refresh_expires_at": NOW + 30 * 86_400_000,
            "revoked_at": null,
        })
    );
    let ended = (&list[1]["id"], &list[1]["status"], &list[1]["revoked_at"]);
    assert_eq!(ended, (&second["id"], &json!("revoked"), &json!(NOW)));
    site.close().await;
}

/// 1.8: a session ends itself with any scope; another one of its owner's takes that owner, and
/// somebody else's is not there at all.
#[tokio::test]
async fn a_session_ends_itself_and_no_other() {
    let site = site().await;
    let mut ada = site.person("ada@example.com").await;
    let mut bob = site.person("bob@example.com").await;
    let client = Client::of(&site);
    let (sibling, foreign) = (session(&client, &mut ada).await, session(&client, &mut bob).await);
    let request = client.start(&detached()).await;
    let link = request.opened_by(&mut ada).await;
    assert_eq!(super::approve(&mut ada, &link, &["live:read"]).await.status, 303);
    let own = request.finish(&request.code().await).await.json()["agent_session"].clone();
    assert_eq!(own["scopes"], json!(["live:read"]), "1.10: the page may narrow");

    let access = text(&own, "access_token");
    let revoke = async |id: &Value| {
        let body = json!({ "session_id": id });
        client.post_as(access, "/agent-sessions/revoke", &body).await
    };
    assert_refused(&revoke(&sibling["id"]).await, 403, "FORBIDDEN");
    for id in [&foreign["id"], &json!("ses_unknown"), &json!("\u{0}"), &json!("' OR 1=1")] {
        assert_refused(&revoke(id).await, 404, "NOT_FOUND");
    }
    assert_refused(&revoke(&Value::Null).await, 400, "MISSING_FIELDS");
    for other in [&sibling, &foreign] {
        let known = introspect(&site, text(other, "access_token")).await;
        assert_eq!(known["active"], true, "it lives on");
    }
    assert_eq!(revoke(&own["id"]).await.status, 200);
    assert_refused(&revoke(&own["id"]).await, 401, "INVALID_TOKEN");
    assert_refused(&client.refresh(text(&own, "refresh_token")).await, 401, "INVALID_TOKEN");
    site.close().await;
}

/// 1.10, RFC 6750 §3.1: without `account:read` the account stays closed, and the challenge says
/// what is missing; without a session it says nothing is wrong.
#[tokio::test]
async fn the_account_takes_its_own_scope() {
    let site = site().await;
    let mut ada = site.person("ada@example.com").await;
    let client = Client::of(&site);
    let request = client.start(&detached()).await;
    let link = request.opened_by(&mut ada).await;
    super::approve(&mut ada, &link, &["analytics:read"]).await;
    let own = request.finish(&request.code().await).await.json()["agent_session"].clone();
    for path in ["/account", "/account/agent-sessions"] {
        let refused = client.get_as(text(&own, "access_token"), path).await;
        assert_refused(&refused, 403, "FORBIDDEN");
        let challenge = refused.header("www-authenticate").expect("a challenge");
        assert!(challenge.starts_with(r#"Bearer error="insufficient_scope""#), "{challenge}");
        assert!(challenge.ends_with(r#"scope="account:read""#), "{challenge}");

        let nobody = site.get(path).await;
        assert_refused(&nobody, 401, "AUTH_REQUIRED");
        assert!(!nobody.header("www-authenticate").expect("a challenge").contains("error="));
        for wrong in ["aas_x", text(&own, "refresh_token"), text(&request.told, "poll_token")] {
            assert_refused(&client.get_as(wrong, path).await, 401, "INVALID_TOKEN");
        }
        assert_eq!(ada.get(path).await.status, 401, "AA01: a cookie is no agent session");
        let request = site.client.get(format!("{}{path}", site.url)).basic_auth("api", Some("x"));
        assert_refused(&Reply::of(request).await, 401, "INVALID_TOKEN");
    }
    site.close().await;
}

/// Case 218: a session of another resource is nobody here.
#[tokio::test]
async fn a_session_of_another_resource_opens_no_account() {
    let site = site().await;
    let mut ada = site.person("ada@example.com").await;
    let agent = site.agent();
    let body = json!({
        "type": "service_auth", "login_hint": "ada@example.com", "client_name": "Test agent",
        "resource": format!("{}/demo", site.url), "requested_scopes": ["demo:read", "demo:write"],
    });
    let registered = agent.register(&body).await;
    assert_eq!(ada.approve(&registered).await.status, 303);
    let tokens = agent.poll(&registered.claim_token).await.json();
    let client = Client::of(&site);
    let access = text(&tokens, "access_token");
    assert_eq!(site.call(access).await.status, 200);
    assert_refused(&client.get_as(access, "/account").await, 401, "INVALID_TOKEN");
    let body = json!({ "session_id": "ses_x" });
    let revoked = client.post_as(access, "/agent-sessions/revoke", &body).await;
    assert_refused(&revoked, 401, "INVALID_TOKEN");
    site.close().await;
}

/// AA31, 1.1: a demo is one access token that reads; there is no account behind it, and nothing
/// to renew.
#[tokio::test]
async fn a_demo_session_reads_and_nothing_else() {
    let site = site_with("demo_scopes = [\"account:read\", \"projects:read\"]").await;
    // Seen on the wire: no body, and JSON as its type.
    let request = site.client.post(format!("{}/demo/session", site.url));
    let reply = Reply::of(request.header("content-type", "application/json")).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    let body = reply.json();
    assert_eq!(
        (&body["ok"], &body["mode"], &body["projects"]),
        (&json!(true), &json!("demo"), &json!([]))
    );
    let demo = &body["agent_session"];
    assert_eq!(demo["access_expires_at"], NOW + 3_600_000);
    assert_eq!(demo["scopes"], json!(["account:read", "projects:read"]));
    assert!(demo.get("refresh_token").is_none());
    let access = text(demo, "access_token");
    let known = introspect(&site, access).await;
    assert_eq!(
        (&known["active"], &known["scope"]),
        (&json!(true), &json!("account:read projects:read"))
    );
    let client = Client::of(&site);
    assert_refused(&client.get_as(access, "/account").await, 403, "FORBIDDEN");
    assert_refused(&client.get_as(access, "/account/agent-sessions").await, 403, "FORBIDDEN");
    site.advance(countersign::protocol::timestamp::Seconds::HOUR);
    assert_eq!(introspect(&site, access).await, json!({ "active": false }));
    site.close().await;
}

/// Case 020: whoever collects demos is stopped, and where none is offered there is none.
#[tokio::test]
async fn demos_are_limited_and_off_unless_scopes_are_named_for_them() {
    let closed = site().await;
    assert_refused(&closed.post_json("/demo/session", &json!({})).await, 404, "NOT_FOUND");
    closed.close().await;
    let site = site_with("demo_scopes = [\"projects:read\"]").await;
    for _ in 0..5 {
        assert_eq!(site.post_json("/demo/session", &json!({})).await.status, 200);
    }
    let limited = site.post_json("/demo/session", &json!({})).await;
    assert_refused(&limited, 429, "RATE_LIMITED");
    assert!(limited.header("retry-after").is_some());
    assert_eq!(site.count("SELECT COUNT(*) FROM session").await, 5);
    site.close().await;
}

/// 1.10: where the resource has no scope for the account, any session of it reads it.
#[tokio::test]
async fn an_account_without_a_scope_of_its_own_is_read_by_any_session() {
    let site = Site::open_with(&PROFILE.replace("account:read", "profile:read")).await;
    let mut ada = site.person("ada@example.com").await;
    let client = Client::of(&site);
    let request = client.start(&json!({ "mode": "detached", "client_type": "cli" })).await;
    let link = request.opened_by(&mut ada).await;
    super::approve(&mut ada, &link, &["projects:read"]).await;
    let own = request.finish(&request.code().await).await.json()["agent_session"].clone();
    assert_eq!(client.get_as(text(&own, "access_token"), "/account").await.status, 200);
    site.close().await;
}
