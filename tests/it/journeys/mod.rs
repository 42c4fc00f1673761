//! Whole journeys: an agent, a human and a resource server.

use countersign::protocol::timestamp::Seconds;
use serde_json::json;

use crate::support::Site;
use crate::support::agent::member;

/// The journey of the README: 401, registration, approval, token, call, introspection,
/// disconnection.
#[tokio::test]
async fn an_agent_gets_in_through_a_typed_code_and_is_disconnected() {
    let site = Site::open().await;
    let refused = site.get("/demo/notes").await;
    assert_eq!(refused.status, 401);
    let mut ada = site.person("ada@example.com").await;
    let agent = site.agent();
    let registered = agent.register_for("ada@example.com").await;
    agent.poll(&registered.claim_token).await.assert_error(400, "authorization_pending");

    assert_eq!(ada.approve(&registered).await.status, 303);
    let receipt = ada.get(&registered.link()).await;
    assert_eq!(receipt.status, 200);
    assert!(receipt.text.contains("Test agent"));

    let tokens = agent.poll(&registered.claim_token).await;
    let access = member(&tokens, "access_token");
    assert_eq!(tokens.json()["scope"], "demo:read demo:write");
    assert_eq!(site.call(&access).await.status, 200);
    let known = site.introspect(&access).await.json();
    assert_eq!(known["active"], true);
    assert_eq!(known["agent"], "Test agent");
    assert_eq!(known["approved_at"], 1_800_000_000);

    let list = ada.get("/account/sessions").await;
    assert!(list.text.contains("Test agent"));
    let session = known["session_id"].as_str().expect("a session").to_owned();
    let path = format!("/account/sessions/{session}/disconnect");
    assert_eq!(ada.post_from("/account/sessions", &path, &[]).await.status, 303);
    site.assert_dead(&access).await;
    site.close().await;
}

/// Dialect D3: the page shows the code, the human hands it back, nothing is polled.
#[tokio::test]
async fn an_agent_gets_in_through_a_relayed_code() {
    let site = Site::open().await;
    let mut ada = site.person("ada@example.com").await;
    let agent = site.agent();
    let registered = agent.register_anonymous().await;
    let before = member(&agent.exchange(&registered.assertion()).await, "access_token");
    site.assert_live(&before).await;
    let attempt = agent.start_claim(&registered.claim_token, "ada@example.com").await;
    let link = attempt.json()["attempt"]["verification_uri"].as_str().expect("a link").to_owned();
    let link = crate::support::agent::path_of(&link);
    agent
        .complete(&registered.claim_token, "BCDF-GHJK")
        .await
        .assert_error(409, "claim_not_confirmed");

    let code = ada.approve_relayed(&link).await;
    agent.poll(&registered.claim_token).await.assert_error(400, "authorization_pending");
    let claimed = agent.complete(&registered.claim_token, &code.to_lowercase()).await;
    assert_eq!(claimed.status, 200, "{}", claimed.text);
    let identity = claimed.json()["identity"].clone();
    site.assert_dead(&before).await;
    let access = member(
        &agent.exchange(identity["assertion"].as_str().expect("text")).await,
        "access_token",
    );
    assert_eq!(site.call(&access).await.status, 200);

    site.advance(Seconds::HOUR);
    let refreshed = agent
        .post(
            "/agent/identity",
            &json!({ "type": "refresh", "refresh_token": identity["refresh_token"]["value"] }),
        )
        .await;
    assert_eq!(refreshed.status, 200, "{}", refreshed.text);
    assert_eq!(refreshed.json()["type"], "refresh");
    site.close().await;
}
