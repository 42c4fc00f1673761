//! What the person sees, and who may answer (contracts/credentials.md 1.4; contracts/pages.md).

use serde_json::json;

use super::{Client, approve, assert_refused, detached, login, site, text};
use crate::support::person::{Person, between};

/// Cases 060 and 064: the request is answered by whoever began to answer it, from a page of ours;
/// a link alone decides nothing.
#[tokio::test]
async fn a_link_decides_nothing_and_a_foreign_form_neither() {
    let site = site().await;
    let mut ada = site.person("ada@example.com").await;
    let mut bob = site.person("bob@example.com").await;
    let client = Client::of(&site);
    let request = client.start(&detached()).await;
    let link = request.opened_by(&mut ada).await;
    for _ in 0..20 {
        assert_eq!(site.get(&link).await.status, 303, "case 063: nobody is signed in");
        assert_eq!(ada.get(&link).await.status, 200);
    }
    let forged = site.post_form(&link, &[("decision", "approve"), ("scope", "live:read")]).await;
    assert_eq!(forged.status, 403);
    assert_eq!(request.poll().await.json()["status"], "pending");
    assert_eq!(approve(&mut ada, &link, &["live:read"]).await.status, 303);
    let other = bob.get(&link).await;
    assert_eq!(other.status, 403);
    let code = request.code().await;
    assert!(!other.text.contains(&code) && !other.text.contains("Agent Analytics CLI"));
    assert_eq!(approve(&mut bob, &link, &["live:read"]).await.status, 403);
    assert_eq!(request.poll().await.json()["approved_email"], "ada@example.com");
    site.close().await;
}

/// contracts/pages.md points 5 to 9: the person is told where the request came from, because the
/// agent asked and not this browser, and denies with one press if they did not start it.
#[tokio::test]
async fn the_page_says_where_the_request_came_from() {
    let site = site().await;
    let mut ada = site.person("ada@example.com").await;
    let client = Client::of(&site);
    for body in [detached(), login(&json!({}))] {
        let request = client.start(&body).await;
        let link = request.opened_by(&mut ada).await;
        let page = ada.get(&link).await.text;
        for shown in ["127.0.0.1", "node", "Did you start this just now?"] {
            assert!(page.contains(shown), "{shown}");
        }
        assert!(!page.contains("This browser, sent here by the agent"));
        assert_eq!(ada.answer(&link, &[("started", "no")]).await.status, 303);
        assert!(!ada.get(&link).await.text.contains("http-equiv"), "who did not start it stays");
        assert_eq!(request.poll().await.status, 410);
        let denied = ada.get(&link).await.text;
        assert!(denied.contains("is kept for whoever runs this server"));
        assert!(!denied.contains("freezes"), "nothing else of this agent's is known");
        assert_eq!(ada.answer(&link, &[("decision", "report")]).await.status, 303);
        let reported = ada.get(&link).await.text;
        assert!(reported.contains("Reported") && !reported.contains("are frozen"));
    }
    site.close().await;
}

/// contracts/pages.md point 3: a well-known name that leads to a foreign place needs a second
/// look, at this door as well.
#[tokio::test]
async fn a_borrowed_name_needs_a_second_look() {
    let site = site().await;
    let mut ada = site.person("ada@example.com").await;
    let client = Client::of(&site);
    let body = login(&json!({
        "client_name": "Claude", "callback_url": "https://agent.example.net/callback",
    }));
    let request = client.start(&body).await;
    let link = request.opened_by(&mut ada).await;
    assert_eq!(approve(&mut ada, &link, &["live:read"]).await.status, 422);
    assert_eq!(request.poll().await.json()["status"], "pending");
    let fields = [("decision", "approve"), ("scope", "live:read"), ("confirm_brand", "yes")];
    assert_eq!(ada.answer(&link, &fields).await.status, 303);
    assert_eq!(request.poll().await.json()["status"], "approved");
    site.close().await;
}

/// AA34, 1.4: where only an existing account may answer, nobody makes one on the way, and the
/// window that asked is told; nobody else's window is.
#[tokio::test]
async fn nobody_makes_an_account_where_one_must_exist() {
    let site = site().await;
    let client = Client::of(&site);
    let body = login(&json!({
        "callback_url": "https://paperclip.example.net:8443/callback?x=1",
        "metadata": { "requires_existing_account": true },
    }));
    let request = client.start(&body).await;
    let mut eve = Person::new(&site, "eve@example.com");
    let link = request.opened_by(&mut eve).await;
    let to = format!("return_to={}", link.replace('/', "%2F"));
    let sign_in = eve.get(&format!("/sign-in?{to}")).await;
    assert_eq!(sign_in.status, 200);
    assert!(sign_in.text.contains("has an account already"));
    assert!(!sign_in.text.contains("/sign-up"), "{}", sign_in.text);
    assert_eq!(sign_in.header("cross-origin-opener-policy"), Some("unsafe-none"));

    let refused = eve.get(&format!("/sign-up?{to}")).await;
    assert_eq!(refused.status, 403);
    assert_eq!(refused.header("cross-origin-opener-policy"), Some("unsafe-none"));
    let told = between(&refused.text, "data-opener=\"", "\"").expect("an origin");
    assert_eq!(told, "https://paperclip.example.net:8443");
    assert!(refused.text.contains("agent-analytics-auth-error"));
    assert!(refused.text.contains("ACCOUNT_SETUP_REQUIRED"));
    let fields = [
        ("email", "eve@example.com"),
        ("password", "correct horse battery"),
        ("name", "Eve"),
        ("return_to", &link),
    ];
    let posted = eve.post_from("/sign-in", "/sign-up", &fields).await;
    assert_eq!(posted.status, 403);
    assert_eq!(site.count("SELECT COUNT(*) FROM account").await, 0);

    let other = client.start(&detached()).await;
    let link = other.opened_by(&mut eve).await;
    let to = format!("return_to={}", link.replace('/', "%2F"));
    assert!(eve.get(&format!("/sign-in?{to}")).await.text.contains("/sign-up"));
    assert_eq!(eve.get(&format!("/sign-up?{to}")).await.status, 200);
    site.close().await;
}

/// 1.4: the window that asked hears of the yes, of the no and of the end, at the origin of its
/// callback and at no other; without a callback there is no such window.
#[tokio::test]
async fn the_window_that_asked_is_told_at_its_own_origin() {
    let site = site().await;
    let mut ada = site.person("ada@example.com").await;
    let client = Client::of(&site);
    let message = |page: &str| {
        let origin = between(page, "data-opener=\"", "\"").expect("an origin").to_owned();
        let message = between(page, "data-message=\"", "\"").expect("a message");
        let message = message.replace("&#34;", "\"");
        (origin, serde_json::from_str::<serde_json::Value>(&message).expect("JSON"))
    };
    let callback = json!({ "callback_url": "https://paperclip.example.net/callback" });
    let request = client.start(&login(&callback)).await;
    let link = request.opened_by(&mut ada).await;
    assert!(!ada.get(&link).await.text.contains("data-opener"), "nothing to tell yet");
    approve(&mut ada, &link, &["live:read"]).await;
    let code = request.code().await;
    let said = json!({
        "type": "agent-analytics-auth-callback", "requestId": request.id(), "exchangeCode": code,
    });
    let page = ada.get(&link).await;
    assert_eq!(page.header("cross-origin-opener-policy"), Some("unsafe-none"));
    assert_eq!(message(&page.text), ("https://paperclip.example.net".to_owned(), said));
    request.exchange(&code, &json!(super::VERIFIER)).await;
    let (_, said) = message(&ada.get(&link).await.text);
    assert_eq!(said, json!({ "type": "agent-analytics-auth-complete" }));

    let request = client.start(&login(&callback)).await;
    let link = request.opened_by(&mut ada).await;
    ada.deny(&link, "not_now").await;
    let (_, said) = message(&ada.get(&link).await.text);
    assert_eq!(
        (text(&said, "type"), text(&said, "code")),
        ("agent-analytics-auth-error", "ACCESS_DENIED")
    );

    let request = client.start(&detached()).await;
    let link = request.approved_by(&mut ada).await;
    assert!(!ada.get(&link).await.text.contains("data-opener"));
    site.close().await;
}

/// AA36: a browser signs out with a POST, and no agent session ends with it.
#[tokio::test]
async fn signing_out_of_the_browser_ends_no_agent_session() {
    let site = site().await;
    let mut ada = site.person("ada@example.com").await;
    let client = Client::of(&site);
    let own = super::session(&client, &mut ada).await;
    assert_eq!(ada.get("/sign-out").await.status, 405);
    assert_eq!(ada.get("/account/sessions").await.status, 200);
    assert_eq!(ada.post_from("/account/sessions", "/sign-out", &[]).await.status, 303);
    assert_eq!(ada.get("/account/sessions").await.status, 303);
    let who = client.get_as(text(&own, "access_token"), "/account").await;
    assert_eq!(who.status, 200, "{}", who.text);
    site.close().await;
}

/// P3, AA05: neither finish code nor poll token nor session token stands in the database.
#[tokio::test]
async fn nothing_that_opens_anything_is_stored() {
    let site = site().await;
    let mut ada = site.person("ada@example.com").await;
    let client = Client::of(&site);
    let (request, code) = client.approved(&mut ada, &detached()).await;
    let exchanged = request.finish(&code).await.json();
    let session = &exchanged["agent_session"];
    for secret in [
        code.as_str(),
        text(&request.told, "poll_token"),
        text(session, "access_token"),
        text(session, "refresh_token"),
    ] {
        let kept = format!(
            "SELECT (SELECT COUNT(*) FROM approval WHERE ask LIKE '%{secret}%' OR state LIKE '%{secret}%') \
             + (SELECT COUNT(*) FROM event WHERE detail LIKE '%{secret}%')"
        );
        assert_eq!(site.count(&kept).await, 0);
    }
    let unknown = client.post("/agent-sessions/poll", &json!({ "auth_request_id": "x" })).await;
    assert_refused(&unknown, 400, "MISSING_FIELDS");
    site.close().await;
}
