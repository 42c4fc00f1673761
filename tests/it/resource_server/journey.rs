//! The API of `examples/` before a real Countersign, each a server of its own.

use std::time::{Duration, Instant};

use actix_web::web::Data;
use countersign::clock::Clock;
use countersign::protocol::signature_algorithm::SignatureAlgorithm;
use serde_json::{Value, json};

use super::example::{self, Events};
use super::{Heard, Running, unknown_token};
use crate::support::agent::{CLAIM_GRANT, member};
use crate::support::keys::Key;
use crate::support::person::Person;
use crate::support::process::{Place, Process};
use crate::support::reply::Reply;
use crate::support::{free_port, proof};

/// How long an answer is remembered, and what an answer may take on a busy machine.
const REMEMBERED: Duration = Duration::from_secs(5);
const SLACK: Duration = Duration::from_secs(3);

struct World {
    server: Process,
    ada: Person,
    /// Where the API is.
    url: String,
    _api: Running,
    place: Place,
}

impl World {
    async fn open() -> Self {
        let place = Place::new().await;
        let port = free_port();
        let url = format!("http://127.0.0.1:{port}");
        let settings = include_str!("../../../examples/resource_server.toml");
        place.configure(&settings.replace("http://127.0.0.1:3000", &url));
        place.add_person("ada@example.com").await;
        let server = place.serve(&[]).await;
        let ada = server.signed_in("ada@example.com").await;
        let (protected, events) =
            (example::protect(&url, &server.url).expect("an API"), Data::new(Events::default()));
        let api = Running::on(port, move |routes| {
            routes.app_data(events.clone());
            example::routes(routes, &protected);
        });
        Self { server, ada, url, _api: api.await, place }
    }

    async fn events(&self, token: Option<&str>) -> Heard {
        let request = self.server.client.get(format!("{}/events", self.url));
        Heard::from(match token {
            Some(token) => request.bearer_auth(token),
            None => request,
        })
        .await
    }

    async fn add(&self, token: Option<&str>, event: &str) -> Heard {
        let request = self.server.client.post(format!("{}/events", self.url)).json(&event);
        Heard::from(match token {
            Some(token) => request.bearer_auth(token),
            None => request,
        })
        .await
    }

    /// Ada lets an agent in with these scopes, at the default resource or at another.
    async fn connect(&mut self, scopes: &[&str], resource: Option<&str>) -> String {
        let mut body = json!({
            "type": "service_auth", "login_hint": "ada@example.com", "client_name": "Test agent",
            "requested_scopes": scopes,
        });
        if let Some(resource) = resource {
            body["resource"] = resource.into();
        }
        let agent = self.server.agent();
        let registered = agent.register(&body).await;
        let code = registered.user_code();
        let mut fields = vec![("decision", "approve"), ("user_code", &code), ("lifetime", "8h")];
        fields.extend(scopes.iter().map(|scope| ("scope", *scope)));
        let approved = self.ada.answer(&registered.link(), &fields).await;
        assert_eq!(approved.status, 303, "{}", approved.text);
        member(&agent.poll(&registered.claim_token).await, "access_token")
    }

    async fn disconnect(&mut self, token: &str) {
        let known = self.server.introspect_as("example-api", "example-api-secret", token).await;
        let session = known.json()["session_id"].as_str().expect("a session").to_owned();
        let path = format!("/account/sessions/{session}/disconnect");
        let gone = self.ada.post_from("/account/sessions", &path, &[]).await;
        assert_eq!(gone.status, 303, "{}", gone.text);
    }

    fn challenge(&self, error: &str, scope: &str) -> String {
        let metadata = format!("{}/.well-known/oauth-protected-resource", self.url);
        format!(r#"Bearer {error}resource_metadata="{metadata}", scope="{scope}""#)
    }
}

/// oauth.md rows 1 to 5: 401 with the challenge whatever the method, the metadata behind it,
/// the journey, 200; 403 with everything that adding needs, the journey again, 201.
#[tokio::test]
async fn an_agent_finds_its_way_from_the_challenge_to_the_events() {
    let mut world = World::open().await;
    let refused = world.events(None).await;
    assert_eq!((refused.status, refused.challenge()), (401, &*world.challenge("", "events:read")));
    let refused = world.add(None, "x").await;
    let both = world.challenge("", "events:read events:write");
    assert_eq!((refused.status, refused.challenge()), (401, &*both));

    let metadata = |at: &str| {
        let url = format!("{at}/.well-known/oauth-protected-resource");
        Heard::from(world.server.client.get(url))
    };
    let (ours, theirs) = (metadata(&world.url).await, metadata(&world.server.url).await);
    assert_eq!((ours.status, ours.header("content-type")), (200, Some("application/json")));
    let json = |heard: &Heard| serde_json::from_str::<Value>(&heard.text).expect("JSON");
    assert_eq!(json(&ours)["resource"], world.url);
    let mut expected = json(&theirs);
    expected["dpop_signing_alg_values_supported"] = json!(SignatureAlgorithm::NAMES);
    assert_eq!(json(&ours), expected, "alike, but that only the API knows what it checks");

    let reader = world.connect(&["events:read"], None).await;
    let heard = world.events(Some(&reader)).await;
    assert_eq!((heard.status, heard.text.as_str()), (200, "[]"));
    let refused = world.add(Some(&reader), "x").await;
    let lacking = r#"error="insufficient_scope", "#;
    let challenge = world.challenge(lacking, "events:read events:write");
    assert_eq!((refused.status, refused.challenge()), (403, &*challenge));

    let writer = world.connect(&["events:read", "events:write"], None).await;
    assert_eq!(world.add(Some(&writer), "first").await.status, 201);
    assert_eq!(world.events(Some(&reader)).await.text, r#"["first"]"#);
}

/// oauth.md rows 2 and 34: garbage, a token nobody issued and a token of another resource are
/// one answer.
#[tokio::test]
async fn a_token_of_another_resource_is_as_good_as_none() {
    let mut world = World::open().await;
    let demo = format!("{}/demo", world.server.url);
    let foreign = world.connect(&["demo:read"], Some(&demo)).await;
    assert!(world.server.is_live(&foreign).await, "it is live where it belongs");
    let challenge = world.challenge(r#"error="invalid_token", "#, "events:read");
    for token in [foreign.as_str(), &unknown_token(7), "aas_garbage", "a b"] {
        let heard = world.events(Some(token)).await;
        assert_eq!((heard.status, heard.challenge()), (401, &*challenge), "{token}");
    }
    let token = world.connect(&["events:read"], None).await;
    let request = world.server.client.get(format!("{}/events", world.url));
    let twice = Heard::from(request.bearer_auth(&token).bearer_auth(&token)).await;
    assert_eq!((twice.status, twice.challenge()), (401, &*challenge));
    let query = format!("{}/events?access_token={token}", world.url);
    let heard = Heard::from(world.server.client.get(query)).await;
    assert_eq!((heard.status, heard.challenge()), (401, &*world.challenge("", "events:read")));
}

/// RFC 9449 §7, oauth.md row 27: an API that says nothing of keys lets in an agent that has one:
/// with a proof for each request, never with one that was overheard, never without.
#[tokio::test]
async fn an_agent_with_a_key_uses_the_api_and_whoever_overhears_it_does_not() {
    let mut world = World::open().await;
    let agent = world.server.agent();
    let body = json!({
        "type": "service_auth", "login_hint": "ada@example.com", "client_name": "Test agent",
        "requested_scopes": ["events:read"],
    });
    let registered = agent.register(&body).await;
    let code = registered.user_code();
    let fields = [
        ("decision", "approve"),
        ("user_code", code.as_str()),
        ("lifetime", "8h"),
        ("scope", "events:read"),
    ];
    let approved = world.ada.answer(&registered.link(), &fields).await;
    assert_eq!(approved.status, 303, "{}", approved.text);
    let key = Key::p256();
    let endpoint = format!("{}/token", world.server.url);
    let now = Clock::System.now().0;
    let proven = key.sign(&proof::header(&key), &proof::says(("POST", &endpoint), now));
    let form = [("grant_type", CLAIM_GRANT), ("claim_token", registered.claim_token.as_str())];
    let poll = world.server.client.post(&endpoint).header("dpop", proven).form(&form);
    let token = member(&Reply::of(poll).await, "access_token");

    let address = format!("{}/events", world.url);
    let call = async |scheme: &str, proof: Option<&str>| {
        let request = world.server.client.get(&address);
        let request = request.header("authorization", format!("{scheme} {token}"));
        Heard::from(match proof {
            Some(proof) => request.header("dpop", proof),
            None => request,
        })
        .await
    };
    for _ in 0..2 {
        let proof = proof::now_with_token(&key, ("GET", &address), &token);
        let heard = call("DPoP", Some(&proof)).await;
        assert_eq!((heard.status, heard.text.as_str()), (200, "[]"));
        let again = call("DPoP", Some(&proof)).await;
        assert!(again.status == 401 && again.challenge().starts_with("Bearer "));
        assert!(again.challenge().contains(r#"DPoP error="invalid_dpop_proof""#));
    }
    let theirs = proof::now_with_token(&Key::p256(), ("GET", &address), &token);
    for (scheme, proof) in [("DPoP", Some(theirs.as_str())), ("DPoP", None), ("Bearer", None)] {
        assert_eq!(call(scheme, proof).await.status, 401, "{scheme} {proof:?}");
    }
}

/// RFC 7662 §4: a session that its person ends is over within the time an answer is remembered.
#[tokio::test]
async fn a_disconnected_agent_is_refused_within_seconds() {
    let mut world = World::open().await;
    let token = world.connect(&["events:read"], None).await;
    assert_eq!(world.events(Some(&token)).await.status, 200);
    world.disconnect(&token).await;
    let began = Instant::now();
    while world.events(Some(&token)).await.status == 200 {
        assert!(began.elapsed() < REMEMBERED + SLACK, "it goes on and on");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let heard = world.events(Some(&token)).await;
    let challenge = world.challenge(r#"error="invalid_token", "#, "events:read");
    assert_eq!((heard.status, heard.challenge()), (401, &*challenge));
}

/// Fail closed: without Countersign nobody new is let in, and nobody for longer than is
/// remembered. When it is back, so is everybody.
#[tokio::test]
async fn without_countersign_nobody_is_let_in() {
    let mut world = World::open().await;
    let token = world.connect(&["events:read"], None).await;
    assert_eq!(world.events(Some(&token)).await.status, 200);
    world.server.signal("KILL");
    world.server.ended().await;
    let began = Instant::now();
    world.events(Some(&unknown_token(9))).await.assert_unavailable();
    while world.events(Some(&token)).await.status == 200 {
        assert!(began.elapsed() < REMEMBERED + SLACK, "it goes on and on");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    world.events(Some(&token)).await.assert_unavailable();
    assert_eq!(world.events(None).await.status, 401, "the challenge needs no Countersign");

    world.server = world.place.serve(&[]).await;
    assert_eq!(world.events(Some(&token)).await.status, 200);
}

/// Many at once, with tokens good and bad: each hears what it would hear alone.
#[tokio::test]
async fn a_crowd_hears_what_each_would_hear_alone() {
    let mut world = World::open().await;
    let reader = world.connect(&["events:read"], None).await;
    let writer = world.connect(&["events:read", "events:write"], None).await;
    let world = &world;
    let one = |number: usize| {
        let (reader, writer) = (reader.as_str(), writer.as_str());
        async move {
            let unknown = unknown_token(u8::try_from(number).expect("small"));
            let (heard, wanted) = match number % 4 {
                0 => (world.events(Some(reader)).await, 200),
                1 => (world.add(Some(reader), "x").await, 403),
                2 => (world.add(Some(writer), "x").await, 201),
                _ => (world.events(Some(&unknown)).await, 401),
            };
            assert_eq!(heard.status, wanted, "{number}: {}", heard.text);
        }
    };
    futures_util::future::join_all((0..200).map(one)).await;
    let events: Vec<String> =
        serde_json::from_str(&world.events(Some(&reader)).await.text).expect("a list");
    assert_eq!(events.len(), 50);
}
