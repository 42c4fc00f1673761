//! More for a session that exists: 403, the missing part alone, one page, the same session.

use countersign::protocol::timestamp::Seconds;
use serde_json::{Value, json};

use crate::support::Site;
use crate::support::agent::member;
use crate::support::client::{CALLBACK, Callback, Client};
use crate::support::person::Person;
use crate::support::reply::Reply;

/// Tokens of a session that only reads.
async fn reading(client: &Client<'_>, person: &mut Person) -> Reply {
    let link = client.send(person, &[("scope", "demo:read")]).await;
    let fields = [("decision", "approve"), ("scope", "demo:read"), ("lifetime", "8h")];
    assert_eq!(person.answer(&link, &fields).await.status, 303);
    client.redeem(&Callback::of(&person.get(&link).await).code(), &[]).await
}

fn session_of(page: &Reply) -> String {
    let field = crate::support::person::between(&page.text, "name=\"session\" value=\"", "\"");
    field.unwrap_or_else(|| panic!("a session to widen: {}", page.text)).to_owned()
}

/// Says yes to `scope` beside what the session has.
async fn widened(client: &Client<'_>, person: &mut Person, scope: &str, lasts: &str) -> Reply {
    let link = client.send(person, &[("scope", scope)]).await;
    let session = session_of(&person.get(&link).await);
    let fields = [
        ("decision", "approve"),
        ("scope", "demo:write"),
        ("session", session.as_str()),
        ("extra_lifetime", lasts),
    ];
    let reply = person.answer(&link, &fields).await;
    assert_eq!(reply.status, 303, "{}", reply.text);
    client.redeem(&Callback::of(&person.get(&link).await).code(), &[]).await
}

async fn known(site: &Site, tokens: &Reply) -> Value {
    site.introspect(&member(tokens, "access_token")).await.json()
}

/// RFC 6750 §3.1 and the MCP scope challenge: the call is refused with all it needs, the page
/// shows the difference, and the session stays one.
#[tokio::test]
async fn the_same_session_gains_what_was_missing() {
    let site = Site::open().await;
    let mut ada = site.person("ada@example.com").await;
    let client = Client::register(&site).await;
    let before = reading(&client, &mut ada).await;
    let access = member(&before, "access_token");
    let refused = site.write_note(&access).await;
    assert_eq!(refused.status, 403);
    let challenge = refused.header("www-authenticate").expect("a challenge");
    assert!(challenge.contains("error=\"insufficient_scope\""), "{challenge}");

    for scope in ["demo:write", "demo:read demo:write"] {
        let link = client.send(&mut ada, &[("scope", scope)]).await;
        let page = ada.get(&link).await;
        assert!(page.text.contains("name=\"scope\" value=\"demo:write\""), "{scope}");
        assert!(!page.text.contains("name=\"scope\" value=\"demo:read\""), "{scope}");
    }
    let after = widened(&client, &mut ada, "demo:write", "session").await;
    assert_eq!(after.json()["scope"], "demo:read demo:write", "{}", after.text);
    let (old, new) = (known(&site, &before).await, known(&site, &after).await);
    assert_eq!(old["session_id"], new["session_id"]);
    assert_eq!(old["scope"], "demo:read", "a token that was issued does not grow");
    assert_eq!(old["exp"], new["exp"]);
    assert_eq!(site.write_note(&member(&after, "access_token")).await.status, 201);

    let older = member(&before, "refresh_token");
    client.refresh(&older).await.assert_error(400, "invalid_grant");
    let refreshed = client.refresh(&member(&after, "refresh_token")).await;
    assert_eq!(refreshed.json()["scope"], "demo:read demo:write");
    assert_eq!(site.count("SELECT COUNT(*) FROM session").await, 1);
    let path = format!("/account/sessions/{}", new["session_id"].as_str().expect("an id"));
    assert!(ada.get(&path).await.text.contains("demo:write"));
    site.close().await;
}

/// What is granted for a quarter of an hour is gone after it, from every token.
#[tokio::test]
async fn a_time_box_ends_by_itself() {
    let site = Site::open().await;
    let mut ada = site.person("ada@example.com").await;
    let client = Client::register(&site).await;
    reading(&client, &mut ada).await;
    let tokens = widened(&client, &mut ada, "demo:write", "15m").await;
    assert_eq!(tokens.json()["scope"], "demo:read demo:write");
    assert_eq!(tokens.json()["expires_in"], 900);
    site.clock.advance(Seconds(899));
    site.assert_live(&member(&tokens, "access_token")).await;
    site.clock.advance(Seconds(1));
    site.assert_dead(&member(&tokens, "access_token")).await;
    let refreshed = client.refresh(&member(&tokens, "refresh_token")).await;
    assert_eq!(refreshed.json()["scope"], "demo:read");
    assert_eq!(refreshed.json()["expires_in"], 3600);
    site.close().await;
}

/// RFC 8693 with promise P4: a part that was handed on stays the part it is. The same client
/// holds it, and it is the newer session, but a yes is for the one the person knows.
#[tokio::test]
async fn a_part_that_was_handed_on_is_never_what_a_yes_widens() {
    const EXCHANGE: &str = "urn:ietf:params:oauth:grant-type:token-exchange";
    const ACCESS: &str = "urn:ietf:params:oauth:token-type:access_token";
    let site = Site::open().await;
    let mut ada = site.person("ada@example.com").await;
    let metadata = json!({
        "redirect_uris": [CALLBACK], "token_endpoint_auth_method": "none",
        "grant_types": ["authorization_code", "refresh_token", EXCHANGE],
    });
    let client = Client::register_as(&site, &metadata).await;
    let whole = reading(&client, &mut ada).await;
    site.advance(Seconds(1));
    let subject = member(&whole, "access_token");
    let fields = [
        ("grant_type", EXCHANGE),
        ("client_id", client.id.as_str()),
        ("subject_token", subject.as_str()),
        ("subject_token_type", ACCESS),
    ];
    let part = site.post_form("/token", &fields).await;
    let after = widened(&client, &mut ada, "demo:write", "session").await;
    let (whole, part) = (known(&site, &whole).await, known(&site, &part).await);
    assert_ne!(whole["session_id"], part["session_id"]);
    assert_eq!(known(&site, &after).await["session_id"], whole["session_id"]);
    assert_eq!(part["scope"], "demo:read");
    site.close().await;
}

/// A no leaves the session as it was.
#[tokio::test]
async fn a_denial_takes_nothing_away() {
    let site = Site::open().await;
    let mut ada = site.person("ada@example.com").await;
    let client = Client::register(&site).await;
    let tokens = reading(&client, &mut ada).await;
    let link = client.send(&mut ada, &[("scope", "demo:write")]).await;
    assert_eq!(ada.deny(&link, "too_much").await.status, 303);
    Callback::of(&ada.get(&link).await).assert_error(&site, "access_denied");
    site.assert_live(&member(&tokens, "access_token")).await;
    assert_eq!(client.refresh(&member(&tokens, "refresh_token")).await.status, 200);
    site.close().await;
}

/// Promise P4: what one person has approved is nothing to another's session.
#[tokio::test]
async fn another_person_opens_a_session_of_their_own() {
    let site = Site::open().await;
    let mut ada = site.person("ada@example.com").await;
    let mut bea = site.person("bea@example.com").await;
    let client = Client::register(&site).await;
    let first = reading(&client, &mut ada).await;
    let second = client.redeem(&client.approved_by(&mut bea).await.code(), &[]).await;
    let (first, second) = (known(&site, &first).await, known(&site, &second).await);
    assert_ne!(first["session_id"], second["session_id"]);
    assert_ne!(first["sub"], second["sub"]);
    assert_eq!(first["scope"], "demo:read");
    site.close().await;
}

/// A name that many programs share must not reach each other's sessions: only a client that
/// registered itself is one program.
#[tokio::test]
async fn programs_that_share_a_client_keep_their_sessions_apart() {
    let settings = "[[client]]\nclient_id = \"cli\"\nname = \"A tool of ours\"\n\
                    redirect_uris = [\"http://127.0.0.1/callback\"]\n";
    let site = Site::open_with(settings).await;
    let mut ada = site.person("ada@example.com").await;
    let client = Client { site: &site, id: "cli".to_owned(), secret: None };
    let first = reading(&client, &mut ada).await;
    let second = client.redeem(&client.approved_by(&mut ada).await.code(), &[]).await;
    let (first, second) = (known(&site, &first).await, known(&site, &second).await);
    assert_ne!(first["session_id"], second["session_id"]);
    assert_eq!(first["scope"], "demo:read");
    site.close().await;
}

/// RFC 8707 §2.2, promise P4: what is asked for one resource widens no session at another.
#[tokio::test]
async fn a_session_at_another_resource_is_not_widened() {
    let settings = "[[resource]]\nidentifier = \"https://files.example.com\"\n\
                    [[resource.scope]]\nname = \"files:read\"\ndefault = true\n";
    let site = Site::open_with(settings).await;
    let mut ada = site.person("ada@example.com").await;
    let client = Client::register(&site).await;
    let demo = format!("{}/demo", site.url);
    let link = client.send(&mut ada, &[("scope", "demo:read"), ("resource", &demo)]).await;
    let fields = [("decision", "approve"), ("scope", "demo:read"), ("lifetime", "8h")];
    assert_eq!(ada.answer(&link, &fields).await.status, 303);
    let first = client.redeem(&Callback::of(&ada.get(&link).await).code(), &[]).await;

    let files = ("resource", "https://files.example.com");
    let link = client.send(&mut ada, &[("scope", "files:read"), files]).await;
    assert!(!ada.get(&link).await.text.contains("name=\"session\""));
    let fields = [("decision", "approve"), ("scope", "files:read"), ("lifetime", "8h")];
    assert_eq!(ada.answer(&link, &fields).await.status, 303);
    let second = client.redeem(&Callback::of(&ada.get(&link).await).code(), &[]).await;
    assert_eq!(second.json()["scope"], "files:read", "{}", second.text);
    site.assert_dead(&member(&second, "access_token")).await;
    assert_eq!(known(&site, &first).await["scope"], "demo:read");
    assert_eq!(site.count("SELECT COUNT(*) FROM session").await, 2);
    site.close().await;
}

/// The page said which session would gain; when that one is gone, nothing is decided.
#[tokio::test]
async fn a_session_that_ended_meanwhile_is_not_widened() {
    let site = Site::open().await;
    let mut ada = site.person("ada@example.com").await;
    let client = Client::register(&site).await;
    reading(&client, &mut ada).await;
    let link = client.send(&mut ada, &[("scope", "demo:write")]).await;
    let session = session_of(&ada.get(&link).await);
    let path = format!("/account/sessions/{session}/disconnect");
    assert_eq!(ada.post_from("/account/sessions", &path, &[]).await.status, 303);
    let fields = [("decision", "approve"), ("scope", "demo:write"), ("session", session.as_str())];
    let again = ada.answer(&link, &fields).await;
    assert_eq!(again.status, 200, "the page again");
    assert_eq!(site.count("SELECT COUNT(*) FROM session").await, 1);
    let invented = [fields[0], fields[1], ("session", "ses_of_somebody_else")];
    assert_eq!(ada.answer(&link, &invented).await.status, 200);
    assert_eq!(site.count("SELECT COUNT(*) FROM session").await, 1);
    site.close().await;
}

/// RFC 6749 §4.1.2: a code that brought more and comes again after the delivery's half minute was
/// stolen: the session ends, with what it had before.
#[tokio::test]
async fn a_code_for_more_that_comes_again_ends_the_session() {
    let site = Site::open().await;
    let mut ada = site.person("ada@example.com").await;
    let client = Client::register(&site).await;
    let tokens = reading(&client, &mut ada).await;
    let access = member(&tokens, "access_token");
    let link = client.send(&mut ada, &[("scope", "demo:write")]).await;
    let session = session_of(&ada.get(&link).await);
    let fields = [("decision", "approve"), ("scope", "demo:write"), ("session", session.as_str())];
    assert_eq!(ada.answer(&link, &fields).await.status, 303);
    let code = Callback::of(&ada.get(&link).await).code();
    let wider = member(&client.redeem(&code, &[]).await, "access_token");
    assert_eq!(site.introspect(&wider).await.json()["scope"], "demo:read demo:write");
    site.advance(Seconds::MINUTE);
    client.redeem(&code, &[]).await.assert_error(400, "invalid_grant");
    site.assert_dead(&wider).await;
    site.assert_dead(&access).await;
    site.close().await;
}

/// Five wrong proofs end the request for more, not what the session had (RFC 7636 §4.6).
#[tokio::test]
async fn a_wrong_proof_for_more_leaves_the_session() {
    let site = Site::open().await;
    let mut ada = site.person("ada@example.com").await;
    let client = Client::register(&site).await;
    let tokens = reading(&client, &mut ada).await;
    let access = member(&tokens, "access_token");
    let link = client.send(&mut ada, &[("scope", "demo:write")]).await;
    let session = session_of(&ada.get(&link).await);
    let fields = [("decision", "approve"), ("scope", "demo:write"), ("session", session.as_str())];
    assert_eq!(ada.answer(&link, &fields).await.status, 303);
    let code = Callback::of(&ada.get(&link).await).code();
    let wrong = "w".repeat(43);
    for _ in 0..5 {
        let change = [("code_verifier", wrong.as_str())];
        client.redeem(&code, &change).await.assert_error(400, "invalid_grant");
    }
    client.redeem(&code, &[]).await.assert_error(400, "invalid_grant");
    site.assert_live(&access).await;
    assert_eq!(site.introspect(&access).await.json()["scope"], "demo:read");
    site.close().await;
}
