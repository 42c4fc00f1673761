//! Machines that act for themselves (RFC 6749 §4.4).

use countersign::flow::upkeep;
use countersign::protocol::timestamp::Seconds;
use serde_json::json;

use super::text;
use crate::support::Site;
use crate::support::agent::member;
use crate::support::client::{CALLBACK, Client};
use crate::support::reply::Reply;

const MACHINES: &str = "[[client]]\n\
    client_id = 'nightly'\n\
    name = 'Nightly report'\n\
    grant_types = ['client_credentials']\n\
    scope = 'demo:read'\n\
    client_secret = '0123456789abcdef'\n\
    [[client]]\n\
    client_id = 'desk'\n\
    redirect_uris = ['https://desk.example.com/cb']\n\
    client_secret = 'fedcba9876543210'\n";

const NIGHTLY: [(&str, &str); 3] = [
    ("grant_type", "client_credentials"),
    ("client_id", "nightly"),
    ("client_secret", "0123456789abcdef"),
];

async fn ask(site: &Site, more: &[(&str, &str)]) -> Reply {
    site.post_form("/token", &[&NIGHTLY, more].concat()).await
}

/// Makes a second machine of the desk.
const SECOND_MACHINE: &str = "client_id = 'desk'\n\
    grant_types = ['authorization_code', 'client_credentials']\n\
    scope = 'demo:read'";

async fn events(site: &Site) -> i64 {
    site.count("SELECT COUNT(*) FROM event WHERE kind = 'session.begun'").await
}

async fn sessions(site: &Site) -> i64 {
    site.count("SELECT COUNT(*) FROM session").await
}

/// RFC 6749 §4.4.3 and §5.1: one access token within the ceiling, no refresh token, no account;
/// the session is over when its token is.
#[tokio::test]
async fn a_machine_gets_one_token_and_nothing_to_renew_it_with() {
    let site = Site::open_with(MACHINES).await;
    let metadata = site.get("/.well-known/oauth-authorization-server").await.json();
    let grants = metadata["grant_types_supported"].as_array().expect("a list");
    assert!(grants.contains(&json!("client_credentials")));
    let reply = ask(&site, &[]).await;
    let access = member(&reply, "access_token");
    assert_eq!(reply.header("cache-control"), Some("no-store"));
    let expected = json!({
        "access_token": access, "token_type": "Bearer", "expires_in": 3600, "scope": "demo:read",
    });
    assert_eq!(reply.json(), expected);
    assert_eq!(site.call(&access).await.status, 200);
    let known = site.introspect(&access).await.json();
    assert_eq!((text(&known, "sub"), text(&known, "client_id")), ("nightly", "nightly"));
    assert_eq!(text(&known, "agent"), "Nightly report");
    assert!(known.get("approved_at").is_none() && known.get("act").is_none(), "{known}");
    let alone = "SELECT COUNT(*) FROM session WHERE door = 'machine' AND account_id IS NULL \
                 AND approval_id IS NULL";
    assert_eq!(site.count(alone).await, 1);
    assert_eq!(site.count("SELECT COUNT(*) FROM event WHERE kind = 'session.begun'").await, 1);
    site.advance(Seconds::HOUR);
    site.assert_dead(&access).await;
    site.close().await;
}

/// RFC 6749 §4.4.2 and §3.3; RFC 8707 §2: never beyond the ceiling, never elsewhere.
#[tokio::test]
async fn a_machine_gets_no_more_than_its_ceiling() {
    let site = Site::open_with(MACHINES).await;
    let own = format!("{}/demo", site.url);
    for wider in ["demo:write", "demo:read demo:write", "unknown", "\"", " "] {
        ask(&site, &[("scope", wider)]).await.assert_error(400, "invalid_scope");
    }
    let elsewhere = [("resource", "https://elsewhere.example")];
    ask(&site, &elsewhere).await.assert_error(400, "invalid_target");
    assert_eq!(sessions(&site).await, 0);
    let named = [("scope", "demo:read"), ("resource", own.as_str())];
    assert_eq!(member(&ask(&site, &named).await, "scope"), "demo:read");
    site.close().await;
}

/// RFC 6749 §4.4 and §5.2: only whom the operator wrote down as a machine, and who proves it.
#[tokio::test]
async fn nobody_else_acts_for_itself() {
    let site = Site::open_with(MACHINES).await;
    let grant = ("grant_type", "client_credentials");
    let desk = [grant, ("client_id", "desk"), ("client_secret", "fedcba9876543210")];
    site.post_form("/token", &desk).await.assert_error(400, "unauthorized_client");
    let public = Client::register(&site).await;
    let public = [grant, ("client_id", public.id.as_str())];
    site.post_form("/token", &public).await.assert_error(400, "unauthorized_client");
    let metadata = json!({
        "redirect_uris": [CALLBACK],
        "grant_types": ["authorization_code", "client_credentials"],
    });
    let registered = Client::register_as(&site, &metadata).await;
    let secret = registered.secret.clone().expect("a secret");
    let registered = [grant, ("client_id", &registered.id), ("client_secret", &secret)];
    site.post_form("/token", &registered).await.assert_error(400, "unauthorized_client");
    for nobody in [
        vec![grant],
        vec![grant, ("client_id", "nightly")],
        vec![grant, ("client_id", "nightly"), ("client_secret", "wrong")],
        vec![grant, ("client_id", "nobody"), ("client_secret", "wrong")],
    ] {
        site.post_form("/token", &nobody).await.assert_error(401, "invalid_client");
    }
    assert_eq!(sessions(&site).await, 0);
    site.close().await;
}

/// Case 277: a machine that asks without end is told when to come again; another client and what
/// the machine holds are unaffected, and a new hour is a new hour.
#[tokio::test]
async fn a_machine_may_ask_so_often_an_hour_and_no_more() {
    let twice = format!("{MACHINES}[limits]\nmachine_tokens_per_client_per_hour = 2\n");
    let site = Site::open_with(&twice.replace("client_id = 'desk'", SECOND_MACHINE)).await;
    let access = member(&ask(&site, &[]).await, "access_token");
    ask(&site, &[("scope", "demo:write")]).await.assert_error(400, "invalid_scope");
    member(&ask(&site, &[]).await, "access_token");
    let refused = ask(&site, &[]).await;
    assert_eq!((refused.status, refused.header("retry-after")), (429, Some("3600")));
    assert_eq!((sessions(&site).await, events(&site).await), (2, 2), "a refusal leaves nothing");
    site.assert_live(&access).await;
    let other = [NIGHTLY[0], ("client_id", "desk"), ("client_secret", "fedcba9876543210")];
    assert_eq!(site.post_form("/token", &other).await.status, 200);
    site.advance(Seconds::HOUR);
    assert_eq!(ask(&site, &[]).await.status, 200);
    site.close().await;
}

/// RFC 6749 §2.3.1 ("protect … against brute force attacks"): wrong secrets are counted by
/// address, whatever client they name; then not even the right one counts.
#[tokio::test]
async fn a_secret_may_be_guessed_so_often_an_hour_and_no_more() {
    let failures = "[limits]\nclient_authentication_failures_per_address_per_hour = 3\n";
    let site = Site::open_with(&format!("{MACHINES}{failures}")).await;
    let grant = NIGHTLY[0];
    let guess = async |client: &str| {
        let fields = [grant, ("client_id", client), ("client_secret", "wrong")];
        site.post_form("/token", &fields).await
    };
    guess("nightly").await.assert_error(401, "invalid_client");
    // Who brings nothing has guessed nothing.
    let nobody = [grant, ("client_id", "nightly")];
    for _ in 0..4 {
        site.post_form("/token", &nobody).await.assert_error(401, "invalid_client");
    }
    assert_eq!(ask(&site, &[]).await.status, 200, "a right one is no failure");
    guess("nobody").await.assert_error(401, "invalid_client");
    guess("nightly").await.assert_error(401, "invalid_client");
    for client in ["nightly", "nobody"] {
        let refused = guess(client).await;
        assert_eq!((refused.status, refused.header("retry-after")), (429, Some("3600")));
    }
    assert_eq!(ask(&site, &[]).await.status, 429);
    assert_eq!(site.count("SELECT COUNT(*) FROM counter WHERE name LIKE 'client:%'").await, 1);
    site.advance(Seconds::HOUR);
    assert_eq!(ask(&site, &[]).await.status, 200);
    site.close().await;
}

/// A flaw: a machine makes a row every few minutes, for ever. They go a day after their end, and
/// with them what was handed on from them; events and the sessions of people stay.
#[tokio::test]
async fn the_sessions_of_machines_go_a_day_after_their_end() {
    let exchanges = "'urn:ietf:params:oauth:grant-type:token-exchange'";
    let machines =
        MACHINES.replace("['client_credentials']", &format!("['client_credentials', {exchanges}]"));
    let site = Site::open_with(&machines).await;
    let access = member(&ask(&site, &[]).await, "access_token");
    let part = [
        ("grant_type", "urn:ietf:params:oauth:grant-type:token-exchange"),
        NIGHTLY[1],
        NIGHTLY[2],
        ("subject_token", access.as_str()),
        ("subject_token_type", "urn:ietf:params:oauth:token-type:access_token"),
    ];
    member(&site.post_form("/token", &part).await, "access_token");
    let mut ada = site.person("ada@example.com").await;
    let registered = site.agent().register_for("ada@example.com").await;
    ada.approve(&registered).await;
    member(&site.agent().poll(&registered.claim_token).await, "access_token");
    site.agent().register_anonymous().await;
    let before = events(&site).await;

    site.advance(Seconds(Seconds::HOUR.0 + Seconds::DAY.0));
    upkeep::sweep(&site.app).await.expect("swept");
    assert_eq!(sessions(&site).await, 4, "not a second early");
    site.advance(Seconds(1));
    upkeep::sweep(&site.app).await.expect("swept");
    let people = "SELECT COUNT(*) FROM session WHERE account_id IS NOT NULL \
                  OR registration_id IS NOT NULL";
    assert_eq!((sessions(&site).await, site.count(people).await), (2, 2));
    site.advance(Seconds::DAY.times(4_000));
    upkeep::sweep(&site.app).await.expect("swept");
    assert_eq!((sessions(&site).await, events(&site).await), (2, before), "history stays");
    site.close().await;
}

/// RFC 7009 §2.1, cases 226 and 228: a machine gives its token back, twice without an error,
/// and with it the session; its other one lives. Nobody else can.
#[tokio::test]
async fn a_machine_gives_its_token_back() {
    let site = Site::open_with(MACHINES).await;
    let access = member(&ask(&site, &[]).await, "access_token");
    let sibling = member(&ask(&site, &[]).await, "access_token");
    let token = ("token", access.as_str());
    let desk = [token, ("client_id", "desk"), ("client_secret", "fedcba9876543210")];
    site.post_form("/revoke", &desk).await.assert_error(400, "invalid_grant");
    site.post_form("/revoke", &[token]).await.assert_error(401, "invalid_client");
    site.assert_live(&access).await;
    for _ in 0..2 {
        let own = [token, NIGHTLY[1], NIGHTLY[2]];
        assert_eq!(site.post_form("/revoke", &own).await.status, 200);
        site.assert_dead(&access).await;
    }
    site.assert_live(&sibling).await;
    let ended = "SELECT COUNT(*) FROM session WHERE ended_cause = 'revoked'";
    assert_eq!(site.count(ended).await, 1);
    site.close().await;
}
