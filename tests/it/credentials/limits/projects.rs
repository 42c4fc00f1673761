//! Public tokens: they open what the operator named, and nothing else.

use serde_json::json;

use super::{ask, at, dies, is_live, key, project, site};
use crate::pages::browser;
use crate::support::person::form_token;
use crate::support::{START, Site};

/// AA12, AO02: made on a page, there in the clear any time, known to introspection as public, and
/// let in by its own place to its own routes alone.
#[tokio::test]
async fn a_public_token_opens_the_routes_that_are_named_and_nothing_else() {
    let site = site().await;
    let mut ada = site.person("ada@example.com").await;
    let (id, token) = project(&mut ada, "agent-analytics").await;
    let page = ada.get("/account/projects").await.text;
    assert!(page.contains(&format!("data-token=&#34;{token}&#34;")), "{page}");
    let known = ask(&site, &token).await.json();
    let owner = known["owner"].as_str().expect("an owner").to_owned();
    let expected = json!({
        "active": true, "scope": "", "sub": owner, "owner": owner, "iat": START.0,
        "aud": "https://api.example.com", "iss": site.url, "token_type": "Bearer",
        "profile": "agent-analytics", "credential_type": "public", "credential_id": id,
        "mode": "live",
    });
    assert_eq!(known, expected);
    for (asked, status) in [
        ("POST /track", 200),
        ("POST /track/", 200),
        ("POST /track/batch", 200),
        ("GET /track", 401),
        ("post /track", 401),
        ("POST /track/batch/1", 401),
        ("POST /track/../stats", 401),
        ("POST //track", 401),
        ("POST /TRACK", 401),
        ("GET /stats", 401),
        ("POST /", 401),
    ] {
        let reply = at(&site, &format!("{asked}?token={token}"), &[]).await;
        assert_eq!(reply.status, status, "{asked}: {}", reply.text);
        if status == 200 {
            assert_eq!(reply.header("countersign-credential-type"), Some("public"));
            assert_eq!(reply.header("countersign-credential"), Some(id.as_str()));
            assert_eq!(reply.header("countersign-scope"), Some(""));
        }
    }
    site.close().await;
}

/// AO03: a public token in the place of a key reads nothing, not even with a route that is named
/// for it.
#[tokio::test]
async fn a_public_token_is_no_key() {
    let site = site().await;
    let mut ada = site.person("ada@example.com").await;
    let (_, token) = project(&mut ada, "agent-analytics").await;
    let bearer = format!("Bearer {token}");
    for (name, value) in [("authorization", &bearer), ("x-api-key", &token), ("api-key", &token)] {
        for asked in ["GET /stats", "POST /track"] {
            let reply = at(&site, asked, &[(name, value)]).await;
            assert_eq!((reply.status, &reply.json()["code"]), (401, &"INVALID_TOKEN".into()));
        }
    }
    for path in ["/account/keys", "/account/projects", "/demo/whoami", "/account/sessions"] {
        let request = site.client.get(format!("{}{path}", site.url)).bearer_auth(&token);
        let reply = crate::support::reply::Reply::of(request).await;
        assert!(reply.status == 401 || reply.status == 303, "{path}: {}", reply.status);
    }
    site.close().await;
}

/// Promise P2, AO11: once revoked it is worth nothing on the next request, on every node, and so
/// after a restart.
#[tokio::test]
async fn a_revoked_public_token_is_dead_on_every_node() {
    let site = site().await;
    let mut ada = site.person("ada@example.com").await;
    let (id, token) = project(&mut ada, "agent-analytics").await;
    let other = site.second_node().await;
    assert!(is_live(&site, &token).await && is_live(&other, &token).await);
    let path = format!("/account/projects/{id}/revoke");
    let gone = ada.post_from("/account/projects", &path, &[]).await;
    let done = "/account/projects?done=revoked";
    assert_eq!((gone.status, gone.header("location")), (303, Some(done)));
    assert!(!is_live(&site, &token).await);
    dies(&other, &token).await;
    assert_eq!(ada.post_from("/account/projects", &path, &[]).await.status, 303, "twice is fine");
    assert_eq!(site.count("SELECT revision FROM project").await, 2);
    other.close().await;
    site.close().await;
}

/// Section 2 of contracts/credentials.md, AS07: other people's projects do not exist, and only
/// their owner's browser moves them.
#[tokio::test]
async fn nobody_but_its_owner_sees_or_revokes_a_project() {
    let site = site().await;
    let mut ada = site.person("ada@example.com").await;
    let mut bob = site.person("bob@example.com").await;
    let (id, token) = project(&mut ada, "agent-analytics").await;
    let (_, aak) = key(&mut ada, "agent-analytics").await;
    let path = format!("/account/projects/{id}/revoke");
    for unknown in [path.as_str(), "/account/projects/prj_x/revoke", "/account/projects/%00/revoke"]
    {
        assert_eq!(bob.post_from("/", unknown, &[]).await.status, 404, "{unknown}");
    }
    assert!(!bob.get("/account/projects").await.text.contains(&token));
    let csrf = form_token(&bob.get("/").await);
    for (cookie, csrf) in
        [(None, csrf.as_str()), (ada.cookie.clone(), "forged"), (ada.cookie.clone(), &csrf)]
    {
        let mut thief = browser(&site, "eve@example.com", cookie);
        assert_eq!(thief.post_raw(&path, &[("csrf", csrf)]).await.status, 403);
    }
    let request = site.client.post(format!("{}{path}", site.url)).header("x-api-key", &aak);
    assert_eq!(request.send().await.expect("an answer").status(), 403);
    assert!(is_live(&site, &token).await);
    site.close().await;
}

/// pages.md point 12: what is missing, too long or deceives the eye is said or cleaned, and what
/// no page of ours sends makes nothing.
#[tokio::test]
async fn a_project_needs_a_readable_name_and_a_profile_that_offers_it() {
    let site = site().await;
    let mut ada = site.person("ada@example.com").await;
    let page = "/account/projects";
    let long = "é".repeat(81);
    for (name, words) in [
        ("", "Give the project a name."),
        ("\u{202E}\u{7}\u{200B}", "Give the project a name."),
        (long.as_str(), "80 characters at most"),
    ] {
        let fields = [("name", name), ("profile", "agent-analytics")];
        let reply = ada.post_from(page, page, &fields).await;
        assert_eq!(reply.status, 422, "{name:?}");
        assert!(reply.text.contains("aria-invalid=\"true\"") && reply.text.contains(words));
    }
    for profile in ["", "agent-sentinel", "unknown", "agent-analytics\u{202E}", "\0"] {
        let reply = ada.post_from(page, page, &[("name", "x"), ("profile", profile)]).await;
        assert_eq!(reply.status, 400, "{profile:?}");
    }
    let twice = [("name", "x"), ("name", "y"), ("profile", "agent-analytics")];
    assert_eq!(ada.post_from(page, page, &twice).await.status, 400);
    assert_eq!(site.count("SELECT COUNT(*) FROM project").await, 0);
    let fields = [("name", "My\u{202E} <b>site"), ("profile", "agent-analytics")];
    assert_eq!(ada.post_from(page, page, &fields).await.status, 303);
    assert!(ada.get(page).await.text.contains("<bdi class=\"name\">My &#60;b&#62;site</bdi>"));
    site.close().await;
}

/// Each project leaves a row, so they are limited.
#[tokio::test]
async fn nobody_makes_projects_without_end() {
    let limit = format!("[limits]\nprojects_per_account_per_hour = 1\n{}", super::PROFILES);
    let site = Site::open_with(&limit).await;
    let mut ada = site.person("ada@example.com").await;
    project(&mut ada, "agent-analytics").await;
    let fields = [("name", "two"), ("profile", "agent-analytics")];
    let second = ada.post_from("/account/projects", "/account/projects", &fields).await;
    assert_eq!((second.status, second.header("retry-after")), (429, Some("3600")));
    assert_eq!(site.count("SELECT COUNT(*) FROM project").await, 1);
    site.close().await;
}
