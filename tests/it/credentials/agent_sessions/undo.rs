//! "Undo" at the door of agent sessions (contracts/pages.md 24).

use serde_json::json;

use super::{Client, detached, introspect, login, site, text};

/// The person takes the yes back, before or after the exchange: the finish code opens nothing,
/// the token is dead, polling says so, and the browser is not sent to the callback again.
#[tokio::test]
async fn an_agent_session_is_taken_back_before_and_after_its_exchange() {
    let site = site().await;
    let mut ada = site.person("ada@example.com").await;
    let client = Client::of(&site);
    for exchanges_first in [false, true] {
        let request = client.start(&detached()).await;
        let link = request.approved_by(&mut ada).await;
        let code = request.code().await;
        let early = if exchanges_first { Some(request.finish(&code).await) } else { None };
        assert_eq!(ada.answer(&link, &[("undo", "yes")]).await.status, 303);
        let page = ada.get(&link).await.text;
        assert!(page.contains("Taken back") && !page.contains(&code), "{page}");
        assert_ne!(request.finish(&code).await.status, 200);
        assert_eq!(request.poll().await.status, 410);
        if let Some(early) = early {
            let session = early.json()["agent_session"].clone();
            let known = introspect(&site, text(&session, "access_token")).await;
            assert_eq!(known, json!({ "active": false }));
            let refreshed = client.refresh(text(&session, "refresh_token")).await;
            assert_ne!(refreshed.status, 200, "{}", refreshed.text);
        }
    }
    let request = client.start(&login(&json!({}))).await;
    let link = request.approved_by(&mut ada).await;
    assert!(ada.get(&link).await.text.contains("http-equiv"), "the browser takes the code");
    assert_eq!(ada.answer(&link, &[("undo", "yes")]).await.status, 303);
    let page = ada.get(&link).await.text;
    assert!(
        !page.contains("http-equiv") && !page.contains("/callback"),
        "and nothing more: {page}"
    );
    assert_eq!(site.count("SELECT COUNT(*) FROM session WHERE ended_at IS NULL").await, 0);
    site.close().await;
}
