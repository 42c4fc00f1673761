//! A request for one person, opened by another.

use super::{forms, is_approval, state};
use crate::support::Site;
use crate::support::agent::member;
use crate::support::person::{Person, form_token};

/// Case 060, pages.md 22: refused before any detail, on page and on post; the attempt stays
/// whole, and the rightful person finishes.
#[tokio::test]
async fn somebody_else_sees_nothing_of_a_request_and_cannot_answer_it() {
    let site = Site::open().await;
    let mut ada = site.person("ada@example.com").await;
    let mut bob = site.person("bob@example.com").await;
    let agent = site.agent();
    let registered = agent.register_for("ada@example.com").await;
    let (link, code) = (registered.link(), registered.user_code());
    let before = state(&site).await;
    let secrets = [
        "Test agent",
        "to see whether it works",
        "demo:read",
        "Add demo notes",
        "ada@example.com",
        code.as_str(),
    ];
    for path in [link.clone(), format!("{link}?code=none"), format!("{link}?user_code={code}")] {
        let page = bob.get(&path).await;
        assert_eq!(page.status, 403, "{path}");
        assert!(page.text.contains("This request is for another account"));
        for secret in secrets {
            assert!(!page.text.contains(secret), "{secret} is shown to somebody else");
        }
    }
    let token = form_token(&bob.get(&link).await);
    for decision in ["approve", "deny", "report"] {
        for path in [link.clone(), format!("{link}?code=none")] {
            let fields = [
                ("decision", decision),
                ("user_code", code.as_str()),
                ("scope", "demo:read"),
                ("end_sessions", "yes"),
                ("csrf", token.as_str()),
            ];
            let reply = bob.post_raw(&path, &fields).await;
            assert_eq!(reply.status, 403, "{decision} {path}");
            for secret in secrets {
                assert!(!reply.text.contains(secret), "{secret} is told after {decision}");
            }
        }
    }
    for extra in [("preset", "read_only"), ("preset", "keep"), ("started", "no")] {
        let reply = bob.post_raw(&link, &[extra, ("csrf", token.as_str())]).await;
        assert_eq!(reply.status, 403, "{extra:?}");
        assert!(!reply.text.contains("Test agent"));
    }
    assert_eq!(state(&site).await, before);
    assert!(is_approval(&site, &registered.id, "waiting").await);
    assert_eq!(ada.approve(&registered).await.status, 303);
    member(&agent.poll(&registered.claim_token).await, "access_token");
    assert_eq!(bob.get(&link).await.status, 403, "nor what was decided");
    site.close().await;
}

/// pages.md 22: the page offers to switch, and brings the person back to the same request.
#[tokio::test]
async fn switching_accounts_leads_back_to_the_request() {
    let site = Site::open().await;
    site.add_person("ada@example.com").await;
    let mut person = site.person("bob@example.com").await;
    let link = site.agent().register_for("ada@example.com").await.link();
    let refused = person.get(&link).await;
    let forms = forms(&link, &refused.text);
    let switch = forms.iter().find(|form| {
        form.action == "/sign-out" && form.fields.iter().any(|(_, value)| *value == link)
    });
    let fields = &switch.expect("a form that switches accounts").fields;
    let fields: Vec<_> = fields.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
    let left = person.post_raw("/sign-out", &fields).await;
    assert_eq!(left.status, 303);
    let sign_in = left.header("location").expect("a location").to_owned();
    let page = person.get(&sign_in).await;
    assert!(page.text.contains("An agent is waiting for your answer"));
    let token = form_token(&page);
    let form = super::forms(&sign_in, &page.text).remove(0);
    let back = form.fields.iter().find(|(name, _)| name == "return_to").expect("a way back");
    let fields = [
        ("email", "ada@example.com"),
        ("password", crate::support::PASSWORD),
        ("return_to", back.1.as_str()),
        ("csrf", token.as_str()),
    ];
    let entered = person.post_raw("/sign-in", &fields).await;
    assert_eq!(entered.header("location"), Some(link.as_str()));
    assert_eq!(person.get(&link).await.status, 200);
    site.close().await;
}

/// Once somebody has begun to answer, nobody else may go on: an attempt that names nobody
/// cannot exist here, so the named person is asked for by each way of naming one.
#[tokio::test]
async fn an_attempt_answers_to_the_person_it_names_whatever_the_spelling() {
    let site = Site::open().await;
    let mut ada = site.person("ada@example.com").await;
    let mut bob = site.person("bob@example.com").await;
    let agent = site.agent();
    for hint in ["ADA@example.com", "Ada@EXAMPLE.com", " ada@example.com "] {
        let body = serde_json::json!({ "type": "service_auth", "login_hint": hint });
        let reply = agent.post("/agent/identity", &body).await;
        if reply.status != 200 {
            reply.assert_error(400, "invalid_login_hint");
            continue;
        }
        let url = reply.json()["claim"]["attempt"]["verification_uri"].as_str().map(str::to_owned);
        let link = crate::support::agent::path_of(&url.expect("a link"));
        assert_eq!(ada.get(&link).await.status, 200, "{hint}");
        assert_eq!(bob.get(&link).await.status, 403, "{hint}");
    }
    let mut stranger = Person::new(&site, "eve@example.com");
    let link = agent.register_for("nobody@example.com").await.link();
    assert_eq!(stranger.get(&link).await.status, 303, "unknown addresses are answered alike");
    assert_eq!(ada.get(&link).await.status, 403);
    site.close().await;
}
