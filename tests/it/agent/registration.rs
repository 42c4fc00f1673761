//! `POST /agent/identity`: how agents introduce themselves.

use countersign::protocol::timestamp::Seconds;
use serde_json::{Value, json};

use super::{NO_LIMITS, claims_of, rows, text};
use crate::support::agent::{member, path_of};
use crate::support::reply::Reply;
use crate::support::{EVENTS_API, Site};

fn names(value: &Value) -> Vec<&str> {
    let mut names: Vec<_> =
        value.as_object().expect("an object").keys().map(String::as_str).collect();
    names.sort_unstable();
    names
}

/// auth.md 2.2 and section 3, "serve both": the nested names and the flat ones, the same
/// values, and no attempt yet.
#[tokio::test]
async fn an_anonymous_registration_is_answered_in_both_dialects_at_once() {
    let site = Site::open().await;
    let body = site.agent().register_anonymous().await.body;
    let expected = [
        "assertion_expires",
        "claim",
        "claim_token",
        "claim_token_expires",
        "claim_url",
        "id",
        "identity",
        "identity_assertion",
        "post_claim_scopes",
        "pre_claim_scopes",
        "registration_id",
        "registration_type",
        "resource",
        "scopes",
        "type",
    ];
    assert_eq!(names(&body), expected);
    assert_eq!(names(&body["claim"]), ["expires_at", "token", "url"]);
    assert_eq!(names(&body["identity"]), ["assertion", "expires_at"]);
    for (nested, flat) in [
        ("/id", "/registration_id"),
        ("/type", "/registration_type"),
        ("/identity/assertion", "/identity_assertion"),
        ("/identity/expires_at", "/assertion_expires"),
        ("/claim/token", "/claim_token"),
        ("/claim/expires_at", "/claim_token_expires"),
        ("/claim/url", "/claim_url"),
        ("/scopes/pre_claim", "/pre_claim_scopes"),
        ("/scopes/post_claim", "/post_claim_scopes"),
    ] {
        assert_eq!(body.pointer(nested), body.pointer(flat), "{nested} {flat}");
    }
    assert_eq!(body["type"], "anonymous");
    assert!(text(&body, "/id").starts_with("reg_"));
    assert!(text(&body, "/claim_token").starts_with("clm_"));
    assert_eq!(body["scopes"], json!({ "pre_claim": ["demo:read"], "post_claim": ["demo:read"] }));
    assert_eq!(body["claim"]["expires_at"], "2027-01-16T08:00:00.000Z");
    assert_eq!(body["identity"]["expires_at"], "2027-01-15T09:00:00.000Z");
    assert_eq!(body["claim"]["url"], format!("{}/agent/identity/claim", site.url));
    site.close().await;
}

/// auth.md 2.2: no identity before a human answers; an attempt, its link and, where typed
/// codes are on, the code and the pace of polling.
#[tokio::test]
async fn a_registration_for_a_person_comes_with_its_attempt() {
    let site = Site::open().await;
    let body = site.agent().register_for("ada@example.com").await.body;
    assert!(body.get("identity").is_none() && body.get("identity_assertion").is_none());
    assert!(body.get("pre_claim_scopes").is_none());
    assert_eq!(body["scopes"], json!({ "post_claim": ["demo:read", "demo:write"] }));
    let claim = &body["claim"];
    let expected = [
        "attempt",
        "expires_at",
        "expires_in",
        "interval",
        "token",
        "url",
        "user_code",
        "verification_uri",
    ];
    assert_eq!(names(claim), expected);
    assert_eq!(names(&claim["attempt"]), ["expires_at", "id", "verification_uri"]);
    assert_eq!(claim["attempt"]["verification_uri"], claim["verification_uri"]);
    assert_eq!((&claim["expires_in"], &claim["interval"]), (&json!(600), &json!(5)));
    assert_eq!(claim["attempt"]["expires_at"], "2027-01-15T08:10:00.000Z");
    let code = text(claim, "/user_code");
    let letters: Vec<&str> = code.split('-').collect();
    assert_eq!(letters.iter().map(|half| half.len()).collect::<Vec<_>>(), [4, 4]);
    assert!(code.chars().all(|c| c == '-' || "BCDFGHJKLMNPQRSTVWXZ".contains(c)), "{code}");
    let link = text(claim, "/verification_uri");
    assert!(path_of(&link).starts_with("/approve/"), "{link}");
    assert!(!link.contains(&code) && !link.contains(&code.replace('-', "")));
    site.close().await;
}

/// auth.md 2.9: nothing identity-bearing before a claim; the assertion names the
/// registration, this issuer, and its own end.
#[tokio::test]
async fn an_assertion_before_the_claim_says_nothing_about_a_person() {
    let site = Site::open().await;
    let registered = site.agent().register_anonymous().await;
    let claims = claims_of(&registered.assertion());
    assert_eq!(names(&claims), ["aud", "exp", "generation", "iat", "iss", "jti", "sub"]);
    assert_eq!((&claims["iss"], &claims["aud"]), (&json!(site.url), &json!(site.url)));
    assert_eq!(claims["sub"], registered.id);
    assert_eq!((&claims["iat"], &claims["exp"]), (&json!(1_800_000_000), &json!(1_800_003_600)));
    site.close().await;
}

/// Case 017: the caller chooses none of what the server keeps; the principal comes from
/// the credential alone.
#[tokio::test]
async fn members_that_are_the_servers_to_choose_are_not_taken_from_the_body() {
    let site = Site::open().await;
    let ada = site.person("ada@example.com").await;
    let extra = json!({
        "type": "anonymous", "id": "reg_mine", "registration_id": "reg_mine", "sub": ada.email,
        "user_id": "acc_1", "account_id": "acc_1", "owner": "ada@example.com",
        "status": "claimed", "claimed_at": 1, "trusted": true, "pre_claim_scopes": ["demo:write"],
        "claim_token": "clm_mine", "generation": 9, "email": "ada@example.com",
        "email_verified": true, "session_id": "ses_1", "created_at": 1,
    });
    let reply = site.post_json("/agent/identity", &extra).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    let body = reply.json();
    assert!(!body.to_string().contains("mine"), "{body}");
    assert_eq!(body["scopes"]["pre_claim"], json!(["demo:read"]));
    let claims = claims_of(&text(&body, "/identity/assertion"));
    assert_eq!(claims["generation"], 1);
    assert!(claims.get("email").is_none());
    let access =
        member(&site.agent().exchange(&text(&body, "/identity/assertion")).await, "access_token");
    let known = site.introspect(&access).await.json();
    assert_eq!((&known["sub"], &known["client_id"]), (&body["id"], &body["id"]));
    let chosen = "SELECT COUNT(*) FROM registration WHERE account_id IS NOT NULL OR \
                  generation <> 1 OR created_at <> 1800000000 OR approval_id IS NOT NULL";
    assert_eq!(site.count(chosen).await, 0);

    let token = text(&body, "/claim_token");
    let extra = json!({
        "type": "service_auth", "claim_token": token, "login_hint": "ada@example.com",
        "status": "completed", "user_code": "BCDF-GHJK", "account_id": "acc_1", "state": "approved",
    });
    assert_eq!(site.post_json("/agent/identity/claim", &extra).await.status, 200);
    site.agent().poll(&token).await.assert_error(400, "authorization_pending");
    site.close().await;
}

/// Case 018: whatever an anonymous agent asks for, its token carries pre-claim scopes; what
/// does not exist is dropped and reported.
#[tokio::test]
async fn an_anonymous_agent_holds_pre_claim_scopes_whatever_it_asks_for() {
    let site = Site::open().await;
    let agent = site.agent();
    let body = json!({
        "type": "anonymous", "requested_scopes": ["demo:write", "demo:read", "admin", "account:keys"],
    });
    let registered = agent.register(&body).await;
    assert_eq!(registered.body["scopes"]["pre_claim"], json!(["demo:read"]));
    assert_eq!(registered.body["scopes"]["post_claim"], json!(["demo:read", "demo:write"]));
    assert_eq!(registered.body["dropped_scopes"], json!(["account:keys", "admin"]));
    let plain = agent.exchange(&registered.assertion()).await;
    assert_eq!(plain.json()["scope"], "demo:read");
    let assertion = registered.assertion();
    for scope in ["demo:write", "demo:read demo:write", "admin", "demo:read admin"] {
        let fields = [
            ("grant_type", crate::support::agent::JWT_BEARER),
            ("assertion", &assertion),
            ("scope", scope),
        ];
        agent.token(&fields).await.assert_error(400, "invalid_scope");
    }
    assert_eq!(rows(&site, "token").await, 1);
    site.close().await;
}

/// Case 018, oauth.md row 29; RFC 6749 §3.3: defaults when nothing known is left.
#[tokio::test]
async fn a_request_without_a_known_scope_gets_the_default_ones() {
    let site = Site::open().await;
    let agent = site.agent();
    for requested in [json!(null), json!([]), json!(["nonsense"]), json!(""), json!("nonsense")] {
        let body = json!({ "type": "anonymous", "requested_scopes": requested });
        let registered = agent.register(&body).await;
        assert_eq!(registered.body["scopes"]["post_claim"], json!(["demo:read"]), "{requested}");
    }
    site.close().await;
}

/// auth.md section 1 and 2.11: hosts spell the list `scopes` or `requested_scopes`, as an
/// array or as one string.
#[tokio::test]
async fn scopes_may_be_an_array_or_a_string_under_either_name() {
    let site = Site::open_with(NO_LIMITS).await;
    let agent = site.agent();
    for member in ["requested_scopes", "scopes"] {
        for list in [json!(["demo:write", "demo:read"]), json!("demo:write demo:read")] {
            let mut body = json!({ "type": "anonymous" });
            body[member] = list;
            let registered = agent.register(&body).await;
            assert_eq!(registered.body["post_claim_scopes"], json!(["demo:read", "demo:write"]));
        }
    }
    site.close().await;
}

/// auth.md section 4: known and unknown addresses are answered alike, so nobody can ask
/// who has an account here.
#[tokio::test]
async fn a_registration_does_not_reveal_whether_the_person_exists() {
    let site = Site::open().await;
    site.add_person("ada@example.com").await;
    let agent = site.agent();
    let known = agent.register_for("ada@example.com").await.body;
    let unknown = agent.register_for("nobody@example.com").await.body;
    assert_eq!(names(&known), names(&unknown));
    assert_eq!(names(&known["claim"]), names(&unknown["claim"]));
    for member in ["type", "scopes", "post_claim_scopes", "resource", "claim_url"] {
        assert_eq!(known[member], unknown[member]);
    }
    let lengths = |body: &Value| body.to_string().len();
    assert_eq!(lengths(&known), lengths(&unknown));
    site.close().await;
}

/// auth.md 2.2: a hint is an e-mail address, trimmed; anything else is refused and leaves
/// no row.
#[tokio::test]
async fn a_hint_that_is_no_address_is_refused() {
    let site = Site::open().await;
    let agent = site.agent();
    for hint in ["", " ", "ada", "@example.com", "ada@", "ada@example.com\r\nBcc: eve@example.com"]
    {
        let body = json!({ "type": "service_auth", "login_hint": hint });
        agent.post("/agent/identity", &body).await.assert_error(400, "invalid_login_hint");
    }
    let body = json!({ "type": "service_auth" });
    agent.post("/agent/identity", &body).await.assert_error(400, "invalid_login_hint");
    assert_eq!(rows(&site, "registration").await, 0);
    let body = json!({ "type": "service_auth", "login_hint": "  ada@example.com " });
    assert_eq!(agent.post("/agent/identity", &body).await.status, 200);
    site.close().await;
}

/// RFC 8707 §2.1: the resource may be named at registration; an unknown one is
/// `invalid_target` and leaves no row.
#[tokio::test]
async fn the_resource_is_named_at_registration() {
    let site = Site::open_with(EVENTS_API).await;
    let agent = site.agent();
    let demo = format!("{}/demo", site.url);
    for (resource, kept) in [
        (demo.as_str(), demo.as_str()),
        ("https://api.example.com", "https://api.example.com"),
        ("https://api.example.com/", "https://api.example.com"),
    ] {
        let body = json!({ "type": "anonymous", "resource": resource });
        assert_eq!(agent.register(&body).await.body["resource"], kept);
    }
    for resource in
        ["https://api.example.com//", "https://API.example.com", "https://else.example", "x", ""]
    {
        let body = json!({ "type": "anonymous", "resource": resource });
        agent.post("/agent/identity", &body).await.assert_error(400, "invalid_target");
    }
    assert_eq!(rows(&site, "registration").await, 3);
    site.close().await;
}

/// auth.md 2.2 and flaw 10: what is not the documented body is a 400 in the dialect's
/// shape, never a 5xx, and leaves no row.
#[tokio::test]
async fn a_body_that_is_not_the_documented_one_is_refused_and_changes_nothing() {
    let site = Site::open().await;
    let deep = format!("{}{}", "[".repeat(5000), "]".repeat(5000));
    let bodies = [
        "",
        "{",
        "null",
        "[]",
        "\"anonymous\"",
        "{}",
        r#"{"type":null}"#,
        r#"{"type":7}"#,
        r#"{"type":["anonymous"]}"#,
        r#"{"type":"ANONYMOUS"}"#,
        r#"{"type":"anonymous"}}"#,
        r#"{"type":"anonymous","type":"service_auth"}"#,
        r#"{"type":"anonymous","x":1,"x":2}"#,
        r#"{"type":"anonymous","requested_scopes":{"a":1}}"#,
        r#"{"type":"anonymous","client_name":["a"]}"#,
        &deep,
    ];
    for path in ["/agent/identity", "/agent/identity/claim", "/agent/identity/claim/complete"] {
        for body in bodies {
            let request = site.client.post(format!("{}{path}", site.url));
            let request = request.header("content-type", "application/json").body(body.to_owned());
            let reply = Reply::of(request).await;
            reply.assert_error(400, "invalid_request");
            assert_eq!(reply.json()["message"], reply.json()["error_description"]);
        }
        let request = site.client.post(format!("{}{path}", site.url));
        let request = request.header("content-type", "text/plain").body(r#"{"type":"anonymous"}"#);
        Reply::of(request).await.assert_error(415, "invalid_request");
        let request = site.client.post(format!("{}{path}", site.url));
        let request = request.header("content-type", "application/json");
        Reply::of(request.body(b"{\"type\":\"\xff\"}".to_vec()))
            .await
            .assert_error(400, "invalid_request");
    }
    assert_eq!(rows(&site, "registration").await, 0);
    let request = site.client.post(format!("{}/agent/identity", site.url));
    let request = request.header("content-type", "application/json; charset=UTF-8");
    assert_eq!(Reply::of(request.body(r#"{"type":"anonymous"}"#)).await.status, 200);
    site.close().await;
}

/// operator.md, "Names on the wire", and oauth.md trap 17: what an agent tells about itself
/// is kept short and without control or direction-changing characters.
#[tokio::test]
async fn what_an_agent_tells_about_itself_is_cleaned() {
    let site = Site::open().await;
    let agent = site.agent();
    let body = json!({ "type": "anonymous", "client_name": "Help\u{202e}er\u{0007}\n\u{200b}x" });
    let registered = agent.register(&body).await;
    let access = member(&agent.exchange(&registered.assertion()).await, "access_token");
    let name = text(&site.introspect(&access).await.json(), "/agent");
    assert!(name.contains("Help") && !name.chars().any(char::is_control), "{name:?}");
    assert!(!name.contains('\u{202e}') && !name.contains('\u{200b}'), "{name:?}");
    let body = json!({ "type": "anonymous", "client_name": "n".repeat(5000) });
    let registered = agent.register(&body).await;
    let access = member(&agent.exchange(&registered.assertion()).await, "access_token");
    assert!(text(&site.introspect(&access).await.json(), "/agent").chars().count() < 500);
    site.close().await;
}

/// auth.md 2.11 and flaw 14: an unclaimed registration and everything it issued end with
/// its claim token.
#[tokio::test]
async fn an_anonymous_registration_ends_with_its_claim_token() {
    let site = Site::open().await;
    let agent = site.agent();
    let registered = agent.register_anonymous().await;
    site.advance(Seconds(24 * 3600 - 1));
    agent.exchange(&registered.assertion()).await.assert_error(400, "invalid_grant");
    let started = agent.start_claim(&registered.claim_token, "ada@example.com").await;
    assert_eq!(started.status, 200);
    assert_eq!(started.json()["claim_attempt"]["expires_in"], 1);
    site.advance(Seconds(1));
    let late = agent.start_claim(&registered.claim_token, "ada@example.com").await;
    late.assert_error(410, "claim_expired");
    agent.poll(&registered.claim_token).await.assert_error(400, "expired_token");
    let late = agent.complete(&registered.claim_token, "BCDF-GHJK").await;
    late.assert_error(410, "claim_expired");
    site.close().await;
}
