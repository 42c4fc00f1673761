//! Token exchange: a part of a session for a sub-agent (RFC 8693).

use countersign::protocol::timestamp::Seconds;
use futures_util::future::join_all;
use serde_json::{Value, json};

use super::text;
use crate::support::Site;
use crate::support::agent::{Agent, CLAIM_GRANT, Registered, member};
use crate::support::client::{CALLBACK, Client};
use crate::support::keys::Key;
use crate::support::person::{Person, form_token};
use crate::support::proof;
use crate::support::reply::Reply;

const EXCHANGE: &str = "urn:ietf:params:oauth:grant-type:token-exchange";
const ACCESS: &str = "urn:ietf:params:oauth:token-type:access_token";

const REFRESH: &str = "urn:ietf:params:oauth:token-type:refresh_token";

/// Settings under which a test may register and exchange as often as it likes.
const NO_LIMITS: &str = "[limits]\n\
    service_auth_registrations_per_address_per_hour = 100000\n\
    exchanges_per_session_per_hour = 100000\n";

/// An exchange of `token`; `change` replaces, adds or (with an empty value) leaves out.
async fn exchange(site: &Site, token: &str, change: &[(&str, &str)]) -> Reply {
    let usual =
        [("grant_type", EXCHANGE), ("subject_token", token), ("subject_token_type", ACCESS)];
    let kept = usual.iter().filter(|(name, _)| change.iter().all(|(other, _)| other != name));
    let added = change.iter().filter(|(_, value)| !value.is_empty());
    let form: Vec<(&str, &str)> = kept.chain(added).copied().collect();
    site.post_form("/token", &form).await
}

/// An agent that Ada let in, and its tokens.
async fn connected(site: &Site, ada: &mut Person) -> (Agent, Registered, Reply) {
    let agent = site.agent();
    let registered = agent.register_for("ada@example.com").await;
    assert_eq!(ada.approve(&registered).await.status, 303);
    let tokens = agent.poll(&registered.claim_token).await;
    assert_eq!(tokens.status, 200, "{}", tokens.text);
    (agent, registered, tokens)
}

/// A client of the code grant that may exchange, and its tokens.
async fn client_with_tokens<'a>(
    site: &'a Site,
    ada: &mut Person,
    method: &str,
) -> (Client<'a>, Reply) {
    let metadata = json!({
        "client_name": "Test client",
        "redirect_uris": [CALLBACK],
        "grant_types": ["authorization_code", "refresh_token", EXCHANGE],
        "token_endpoint_auth_method": method,
    });
    let client = Client::register_as(site, &metadata).await;
    let tokens = client.redeem(&client.approved_by(ada).await.code(), &[]).await;
    assert_eq!(tokens.status, 200, "{}", tokens.text);
    (client, tokens)
}

async fn known(site: &Site, token: &str) -> Value {
    let known = site.introspect(token).await.json();
    assert_eq!(known["active"], true, "{known}");
    known
}

async fn count(site: &Site, table: &str) -> i64 {
    site.count(&format!("SELECT COUNT(*) FROM {table}")).await
}

/// RFC 8693 §2.2.1 and §4.1: an agent hands a part on to a helper it names; resource servers
/// and the owner see who acts for whom.
#[tokio::test]
async fn an_agent_hands_a_part_of_its_session_on() {
    let site = Site::open().await;
    let mut ada = site.person("ada@example.com").await;
    let (_, registered, tokens) = connected(&site, &mut ada).await;
    let subject = member(&tokens, "access_token");
    let part =
        [("scope", "demo:read"), ("client_name", "Helper"), ("requested_token_type", ACCESS)];
    let reply = exchange(&site, &subject, &part).await;
    let access = member(&reply, "access_token");
    let expected = json!({
        "access_token": access, "issued_token_type": ACCESS, "token_type": "Bearer",
        "expires_in": 3600, "scope": "demo:read",
    });
    assert_eq!(reply.json(), expected);
    assert_eq!(reply.header("cache-control"), Some("no-store"));
    assert_eq!(site.call(&access).await.status, 200);

    let (whole, helper) = (known(&site, &subject).await, known(&site, &access).await);
    assert!(whole.get("act").is_none(), "nobody acts for the agent itself");
    assert_eq!(helper["act"], json!({ "sub": registered.id, "agent": "Helper" }));
    assert_eq!((&helper["sub"], &helper["aud"]), (&whole["sub"], &whole["aud"]));
    assert_eq!(helper["agent"], "Helper");
    assert_ne!(helper["session_id"], whole["session_id"]);

    let list = ada.get("/account/sessions").await;
    assert!(list.text.contains("Helper") && list.text.contains("Part of"), "{}", list.text);
    let history = ada.get(&format!("/account/sessions/{}", text(&whole, "session_id"))).await;
    assert!(history.text.contains("handed"), "{}", history.text);
    for (kind, session) in [("session.handed_on", &whole), ("session.begun", &helper)] {
        let session = text(session, "session_id");
        let sql = format!("event WHERE kind = '{kind}' AND session_id = '{session}'");
        assert_eq!(count(&site, &sql).await, 1, "{kind}");
    }
    site.close().await;
}

/// RFC 8693 §4.1: each one that hands on stands inside the next; four times, and no fifth.
#[tokio::test]
async fn a_chain_of_sub_agents_is_named_and_bounded() {
    let site = Site::open().await;
    let mut ada = site.person("ada@example.com").await;
    let (_, registered, tokens) = connected(&site, &mut ada).await;
    let mut token = member(&tokens, "access_token");
    let mut act = Value::Null;
    for name in ["one", "two", "three", "four"] {
        token = member(&exchange(&site, &token, &[("client_name", name)]).await, "access_token");
        let mut outer = json!({ "sub": registered.id, "agent": name });
        if !act.is_null() {
            outer["act"] = act;
        }
        act = outer;
        assert_eq!(known(&site, &token).await["act"], act);
    }
    exchange(&site, &token, &[("client_name", "five")]).await.assert_error(400, "invalid_request");
    assert_eq!(count(&site, "session").await, 5);
    site.close().await;
}

/// RFC 8693 §2.1: a client hands on what is its own, and proves that it is itself.
#[tokio::test]
async fn a_client_hands_its_own_session_on() {
    let site = Site::open().await;
    let mut ada = site.person("ada@example.com").await;
    for method in ["none", "client_secret_post"] {
        let (client, tokens) = client_with_tokens(&site, &mut ada, method).await;
        let (thief, _) = client_with_tokens(&site, &mut ada, "none").await;
        let subject = member(&tokens, "access_token");
        let before = count(&site, "session").await;
        exchange(&site, &subject, &[]).await.assert_error(401, "invalid_client");
        let foreign = [("client_id", thief.id.as_str())];
        exchange(&site, &subject, &foreign).await.assert_error(400, "invalid_request");
        let nobody = [("client_id", "nobody")];
        exchange(&site, &subject, &nobody).await.assert_error(401, "invalid_client");
        let mut own = vec![("client_id", client.id.as_str()), ("client_name", "Helper")];
        if let Some(secret) = &client.secret {
            exchange(&site, &subject, &own).await.assert_error(401, "invalid_client");
            own.push(("client_secret", secret));
        }
        assert_eq!(count(&site, "session").await, before);
        let access = member(&exchange(&site, &subject, &own).await, "access_token");
        let helper = known(&site, &access).await;
        assert_eq!(helper["act"], json!({ "sub": client.id, "agent": "Helper" }));
        assert_eq!(helper["client_id"], json!(client.id));
        assert_eq!(helper["agent"], "Test client", "only the client itself is vouched for");
    }
    site.close().await;
}

/// RFC 6749 §5.2: a client that did not register for the grant may not use it, not even with
/// an agent's token; one that did acts under its own name.
#[tokio::test]
async fn a_client_registers_for_the_grant() {
    let site = Site::open().await;
    let mut ada = site.person("ada@example.com").await;
    let (_, _, tokens) = connected(&site, &mut ada).await;
    let subject = member(&tokens, "access_token");
    let browser = Client::register(&site).await;
    let not_registered = [("client_id", browser.id.as_str())];
    exchange(&site, &subject, &not_registered).await.assert_error(400, "unauthorized_client");
    let (client, _) = client_with_tokens(&site, &mut ada, "none").await;
    let caller = [("client_id", client.id.as_str())];
    let access = member(&exchange(&site, &subject, &caller).await, "access_token");
    let helper = known(&site, &access).await;
    assert_eq!(
        (&helper["act"]["sub"], &helper["client_id"]),
        (&json!(client.id), &json!(client.id))
    );
    exchange(&site, &access, &[]).await.assert_error(401, "invalid_client");
    site.close().await;
}

/// Case 197; RFC 8693 §2.2.2: what is no live access token of the right type hands nothing on,
/// and nothing is written.
#[tokio::test]
async fn an_unfit_subject_token_hands_nothing_on() {
    let site = Site::open().await;
    let mut ada = site.person("ada@example.com").await;
    let (agent, registered, tokens) = connected(&site, &mut ada).await;
    let (subject, refresh) = (member(&tokens, "access_token"), member(&tokens, "refresh_token"));
    let assertion = member(&tokens, "identity_assertion");
    let revoked = member(&agent.exchange(&assertion).await, "access_token");
    assert_eq!(agent.revoke(&revoked).await.status, 200);
    let other = agent.register_for("ada@example.com").await;
    assert_eq!(ada.approve(&other).await.status, 303);
    let ended = member(&agent.poll(&other.claim_token).await, "access_token");
    let session = text(&known(&site, &ended).await, "session_id").to_owned();
    let path = format!("/account/sessions/{session}/disconnect");
    assert_eq!(ada.post_from("/account/sessions", &path, &[]).await.status, 303);
    let before =
        (count(&site, "session").await, count(&site, "token").await, count(&site, "event").await);
    let foreign = "eyJhbGciOiJFUzI1NiIsInR5cCI6ImF0K2p3dCJ9.e30.AAAA";
    for unfit in
        [&refresh, &revoked, &ended, &assertion, &registered.claim_token, foreign, "aas_x", "x"]
    {
        exchange(&site, unfit, &[]).await.assert_error(400, "invalid_request");
    }
    for change in [
        ("subject_token", ""),
        ("subject_token_type", ""),
        ("subject_token_type", REFRESH),
        ("subject_token_type", "urn:ietf:params:oauth:token-type:jwt"),
        ("subject_token_type", "access_token"),
        ("requested_token_type", REFRESH),
        ("requested_token_type", "urn:ietf:params:oauth:token-type:jwt"),
        ("actor_token", &subject),
        ("actor_token_type", ACCESS),
    ] {
        exchange(&site, &subject, &[change]).await.assert_error(400, "invalid_request");
    }
    exchange(&site, &refresh, &[("subject_token_type", REFRESH)])
        .await
        .assert_error(400, "invalid_request");
    site.advance(Seconds::HOUR);
    exchange(&site, &subject, &[]).await.assert_error(400, "invalid_request");
    let after =
        (count(&site, "session").await, count(&site, "token").await, count(&site, "event").await);
    assert_eq!(before, after);
    site.close().await;
}

/// Promise P4; RFC 8693 §2.1, RFC 8707 §2.2: no wider, nowhere else, not longer.
#[tokio::test]
async fn a_part_is_never_more_than_the_whole() {
    let site = Site::open().await;
    let mut ada = site.person("ada@example.com").await;
    let (_, _, tokens) = connected(&site, &mut ada).await;
    let subject = member(&tokens, "access_token");
    let own = format!("{}/demo", site.url);
    let narrow = exchange(&site, &subject, &[("scope", "demo:read")]).await;
    let narrow = member(&narrow, "access_token");
    exchange(&site, &narrow, &[("scope", "demo:write")]).await.assert_error(400, "invalid_scope");
    exchange(&site, &subject, &[("scope", "admin")]).await.assert_error(400, "invalid_scope");
    for name in ["resource", "audience"] {
        for other in ["https://elsewhere.example", "x", &site.url] {
            exchange(&site, &subject, &[(name, other)]).await.assert_error(400, "invalid_target");
        }
        let both = [(name, own.as_str()), (name, "https://elsewhere.example")];
        exchange(&site, &subject, &both).await.assert_error(400, "invalid_target");
    }
    site.advance(Seconds(1_000));
    let same = [("resource", own.as_str()), ("audience", &own), ("scope", "demo:read demo:write")];
    let reply = exchange(&site, &subject, &same).await;
    assert_eq!(reply.json()["expires_in"], 2_600, "it ends with the token that was shown");
    assert!(reply.json().get("refresh_token").is_none());
    let part = member(&reply, "access_token");
    site.advance(Seconds(2_600));
    site.assert_dead(&part).await;
    site.close().await;
}

/// RFC 8693 and promise P2: a part ends with the whole, however the whole ends, at once, also
/// where it is remembered; a part that ends takes its own parts along and nothing else.
#[tokio::test]
async fn a_part_ends_with_the_whole() {
    let site = Site::open_with(NO_LIMITS).await;
    let mut ada = site.person("ada@example.com").await;
    for ending in ["disconnect", "revoke", "part"] {
        let (agent, _, tokens) = connected(&site, &mut ada).await;
        let mut line = vec![member(&tokens, "access_token")];
        for _ in 0..4 {
            let last = line.last().expect("a token");
            line.push(member(&exchange(&site, last, &[]).await, "access_token"));
        }
        let brother = member(&exchange(&site, &line[0], &[]).await, "access_token");
        for token in line.iter().chain([&brother]) {
            site.assert_live(token).await;
        }
        match ending {
            "disconnect" => {
                let session = known(&site, &line[0]).await;
                let path = format!("/account/sessions/{}/disconnect", text(&session, "session_id"));
                assert_eq!(ada.post_from("/account/sessions", &path, &[]).await.status, 303);
            }
            "revoke" => {
                assert_eq!(agent.revoke(&member(&tokens, "refresh_token")).await.status, 200);
            }
            _ => {
                let session = known(&site, &line[1]).await;
                let part = text(&session, "session_id").to_owned();
                assert_eq!(agent.revoke(&line[1]).await.status, 200);
                let page = ada.get(&format!("/account/sessions/{part}")).await;
                assert_eq!(page.status, 200);
                site.assert_live(&line.remove(0)).await;
                site.assert_live(&brother).await;
            }
        }
        for token in &line {
            site.assert_dead(token).await;
            exchange(&site, token, &[]).await.assert_error(400, "invalid_request");
        }
        if ending != "part" {
            site.assert_dead(&brother).await;
        }
    }
    let with_parent = "session WHERE ended_cause = 'with_parent'";
    assert_eq!(count(&site, with_parent).await, 5 + 5 + 3);
    site.close().await;
}

/// RFC 8693 §2.1 ("propagate token-revocation events"), RFC 7009 §2.1: whoever gives a token
/// back ends what was handed on for it, at every depth, and nothing that hangs from another.
#[tokio::test]
async fn a_part_ends_with_the_token_it_was_handed_on_for() {
    let site = Site::open_with(NO_LIMITS).await;
    let mut ada = site.person("ada@example.com").await;
    let (agent, _, tokens) = connected(&site, &mut ada).await;
    let subject = member(&tokens, "access_token");
    let part = member(&exchange(&site, &subject, &[]).await, "access_token");
    let deeper = member(&exchange(&site, &part, &[]).await, "access_token");
    let other = member(&agent.refresh(&member(&tokens, "refresh_token")).await, "access_token");
    let others = member(&exchange(&site, &other, &[]).await, "access_token");
    for token in [&part, &deeper, &others] {
        assert_eq!(site.call(token).await.status, 200);
    }
    let over = known(&site, &part).await;
    for _ in 0..2 {
        assert_eq!(agent.revoke(&subject).await.status, 200);
    }
    for token in [&subject, &part, &deeper] {
        site.assert_dead(token).await;
        exchange(&site, token, &[]).await.assert_error(400, "invalid_request");
    }
    for token in [&other, &others] {
        site.assert_live(token).await;
    }
    let page = ada.get(&format!("/account/sessions/{}", text(&over, "session_id"))).await;
    assert!(page.text.contains("Ended with the access it was a part of"), "{}", page.text);
    site.close().await;
}

/// Promise P2: of exchanges that race the return of their token, each is refused or dead once
/// the return is answered.
#[tokio::test]
async fn no_part_slips_past_the_return_of_its_token() {
    let site = Site::open_with(NO_LIMITS).await;
    let mut ada = site.person("ada@example.com").await;
    for _ in 0..16 {
        let (agent, _, tokens) = connected(&site, &mut ada).await;
        let subject = member(&tokens, "access_token");
        let exchanges = join_all((0..8).map(|_| exchange(&site, &subject, &[])));
        let (replies, revoked) = tokio::join!(exchanges, agent.revoke(&subject));
        assert_eq!(revoked.status, 200);
        for reply in replies {
            if reply.status == 200 {
                site.assert_dead(&member(&reply, "access_token")).await;
            } else {
                reply.assert_error(400, "invalid_request");
            }
        }
    }
    site.close().await;
}

/// The owner reads in the history of a part why it is over.
#[tokio::test]
async fn the_history_of_a_part_says_that_it_ended_with_the_whole() {
    let site = Site::open().await;
    let mut ada = site.person("ada@example.com").await;
    let (agent, _, tokens) = connected(&site, &mut ada).await;
    let part = exchange(&site, &member(&tokens, "access_token"), &[]).await;
    let part = known(&site, &member(&part, "access_token")).await;
    assert_eq!(agent.revoke(&member(&tokens, "refresh_token")).await.status, 200);
    let page = ada.get(&format!("/account/sessions/{}", text(&part, "session_id"))).await;
    assert!(page.text.contains("Ended with the access it was a part of"), "{}", page.text);
    site.close().await;
}

/// Promise P2: whatever exchanges that race a disconnection hand out, at every depth, is dead
/// once the disconnection is answered.
#[tokio::test]
async fn no_part_slips_past_a_disconnection() {
    let site = Site::open_with(NO_LIMITS).await;
    let mut ada = site.person("ada@example.com").await;
    for _ in 0..16 {
        let (_, _, tokens) = connected(&site, &mut ada).await;
        let mut line = vec![member(&tokens, "access_token")];
        for _ in 0..3 {
            let last = line.last().expect("a token");
            line.push(member(&exchange(&site, last, &[]).await, "access_token"));
        }
        let session = known(&site, &line[0]).await;
        let path = format!("/account/sessions/{}/disconnect", text(&session, "session_id"));
        let csrf = form_token(&ada.get("/account/sessions").await);
        let site = &site;
        let exchanges = join_all((0..32).map(|number| {
            let subject = &line[number % line.len()];
            async move {
                let reply = exchange(site, subject, &[]).await;
                if reply.status == 200 {
                    // Fills the cache while the sessions are being ended.
                    site.introspect(&member(&reply, "access_token")).await;
                }
                reply
            }
        }));
        let fields = [("csrf", csrf.as_str())];
        let (ended, replies) = tokio::join!(ada.post_raw(&path, &fields), exchanges);
        assert_eq!(ended.status, 303, "{}", ended.text);
        for reply in replies {
            if reply.status == 200 {
                site.assert_dead(&member(&reply, "access_token")).await;
            } else {
                reply.assert_error(400, "invalid_request");
            }
        }
        assert_eq!(count(site, "session WHERE ended_at IS NULL").await, 0);
    }
    site.close().await;
}

/// RFC 9449 §7: a token that is worth nothing without its key hands nothing on without it, and
/// what it hands on is bound to that key.
#[tokio::test]
async fn a_bound_token_is_handed_on_by_the_holder_of_its_key() {
    let site = Site::open().await;
    let mut ada = site.person("ada@example.com").await;
    let registered = site.agent().register_for("ada@example.com").await;
    assert_eq!(ada.approve(&registered).await.status, 303);
    let (key, other) = (Key::p256(), Key::p256());
    let poll = [("grant_type", CLAIM_GRANT), ("claim_token", registered.claim_token.as_str())];
    let tokens = proof::ask(&site, &poll, &[&proof::for_token(&site, &key)]).await;
    let subject = member(&tokens, "access_token");
    let fields =
        [("grant_type", EXCHANGE), ("subject_token", &subject), ("subject_token_type", ACCESS)];
    site.post_form("/token", &fields).await.assert_error(400, "invalid_request");
    let foreign = proof::ask(&site, &fields, &[&proof::for_token(&site, &other)]).await;
    foreign.assert_error(400, "invalid_request");
    let reply = proof::ask(&site, &fields, &[&proof::for_token(&site, &key)]).await;
    assert_eq!(member(&reply, "token_type"), "DPoP");
    let part = known(&site, &member(&reply, "access_token")).await;
    assert_eq!(part["cnf"], json!({ "jkt": key.thumbprint() }));
    site.close().await;
}

/// Every part leaves a row in its owner's list, so one agent cannot fill it.
#[tokio::test]
async fn exchanges_of_one_session_are_limited() {
    let site = Site::open_with("[limits]\nexchanges_per_session_per_hour = 3\n").await;
    let mut ada = site.person("ada@example.com").await;
    let (_, _, tokens) = connected(&site, &mut ada).await;
    let mut token = member(&tokens, "access_token");
    for _ in 0..3 {
        token = member(&exchange(&site, &token, &[]).await, "access_token");
    }
    let refused = exchange(&site, &token, &[]).await;
    refused.assert_error(429, "rate_limit_exceeded");
    assert_eq!(count(&site, "session").await, 4);
    let (_, _, others) = connected(&site, &mut ada).await;
    member(&exchange(&site, &member(&others, "access_token"), &[]).await, "access_token");
    site.close().await;
}
