//! The guard alone, before a server that answers as each test says.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use actix_web::body::MessageBody;
use actix_web::dev::ServiceResponse;
use actix_web::http::{Method, StatusCode, header};
use actix_web::test::{TestRequest, call_service, init_service, read_body, try_call_service};
use actix_web::{App, Error, HttpResponse, HttpServer, web};
use countersign::clock::Clock;
use countersign::protocol::introspection;
use countersign::protocol::signature_algorithm::SignatureAlgorithm;
use countersign::resource_server::{
    Answer, Description, Introspect, ProtectedResource, Refused, Session, SetUpError,
};
use futures_util::future::LocalBoxFuture;
use serde_json::{Value, json};

use super::unknown_token;
use crate::support::keys::{Key, sha256, with};
use crate::support::{free_port, proof};

const API: &str = "https://api.example.com/v1";
const ISSUER: &str = "https://auth.example.com";
const METADATA: &str = "https://api.example.com/.well-known/oauth-protected-resource/v1";

/// Says of every token what it was told to say, and counts.
struct Told {
    claims: Value,
    asked: Arc<AtomicUsize>,
}

impl Introspect for Told {
    fn introspect<'a>(&'a self, _: &'a str) -> LocalBoxFuture<'a, Answer> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        let answer = introspection::read(self.claims.to_string().as_bytes());
        Box::pin(async { Ok(answer.expect("an answer").map(Arc::new)) })
    }
}

fn claims(scope: &str) -> Value {
    json!({
        "active": true, "scope": scope, "client_id": "reg_1", "sub": "acc_1", "aud": API,
        "iss": ISSUER, "exp": 4_000_000_000_i64, "iat": 1_800_000_000, "token_type": "Bearer",
        "session_id": "ses_1", "agent": "Test agent", "approved_at": 1_800_000_000,
    })
}

fn described() -> Description {
    ProtectedResource::describe(API, ISSUER).scopes("read write delete").default_scopes("read")
}

fn resource(claims: Value) -> (ProtectedResource, Arc<AtomicUsize>) {
    let asked = Arc::new(AtomicUsize::new(0));
    let told = Told { claims, asked: Arc::clone(&asked) };
    (described().introspected_by(told).expect("an API"), asked)
}

/// Status, challenge and body of what came back.
async fn heard<B: MessageBody>(answer: ServiceResponse<B>) -> (u16, String, String) {
    let challenge = answer.headers().get(header::WWW_AUTHENTICATE);
    let challenge = challenge.map_or("", |value| value.to_str().expect("text")).to_owned();
    let status = answer.status().as_u16();
    let body = read_body(answer).await;
    (status, challenge, String::from_utf8(body.to_vec()).expect("text"))
}

fn with_token(method: Method, path: &str) -> TestRequest {
    let bearer = format!("Bearer {}", unknown_token(5));
    TestRequest::with_uri(path).method(method).insert_header((header::AUTHORIZATION, bearer))
}

async fn who(session: Session) -> HttpResponse {
    HttpResponse::Ok().json(json!({
        "account": session.account(), "agent": session.agent(), "session": session.id(),
        "client": session.client_id(), "scopes": session.scopes().to_vec(),
        "end": session.expires_at().0, "approved": session.approved_at().map(|time| time.0),
    }))
}

/// What `GET /` of an API guarded by `requires("read")` says about a token with these claims.
async fn judged(claims: Value) -> (u16, String, String) {
    let (resource, _) = resource(claims);
    let guarded = web::resource("/").wrap(resource.requires("read")).get(who);
    let api = init_service(App::new().service(guarded)).await;
    heard(call_service(&api, with_token(Method::GET, "/").to_request()).await).await
}

/// RFC 7662 §2.2: what is known of the session reaches the handler.
#[actix_web::test]
async fn a_handler_learns_who_acts_for_whom() {
    let (status, _, body) = judged(claims("read write")).await;
    assert_eq!(status, 200);
    let body: Value = serde_json::from_str(&body).expect("JSON");
    assert_eq!(
        body,
        json!({
            "account": "acc_1", "agent": "Test agent", "session": "ses_1", "client": "reg_1",
            "scopes": ["read", "write"], "end": 4_000_000_000_i64, "approved": 1_800_000_000,
        })
    );
    let mut unclaimed = claims("read");
    unclaimed["sub"] = "reg_1".into();
    let (_, _, body) = judged(unclaimed).await;
    assert!(body.contains(r#""account":null"#), "a registration is no account: {body}");
}

/// oauth.md row 34; RFC 8707 §2, RFC 9068 §4, RFC 9449 §7.1: a live token that is not for us,
/// not from our server, or not to be had without a proof, is an invalid one.
#[actix_web::test]
async fn a_live_token_that_does_not_fit_is_refused() {
    let changes = [
        ("aud", json!("https://api.example.com")),
        ("aud", json!("https://api.example.com/v1/")),
        ("aud", json!([API, "https://files.example.com"])),
        ("iss", json!("https://auth.example.com/")),
        ("iss", json!("https://evil.example.com")),
        ("token_type", json!("DPoP")),
        ("token_type", json!("N_A")),
        ("cnf", json!({ "jkt": "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I" })),
        ("active", json!(false)),
    ];
    for (member, value) in changes {
        let mut claims = claims("read");
        claims[member] = value.clone();
        let (status, challenge, _) = judged(claims).await;
        let wanted = format!(
            r#"Bearer error="invalid_token", resource_metadata="{METADATA}", scope="read""#
        );
        assert_eq!((status, challenge), (401, wanted), "{member}: {value}");
    }
}

/// oauth.md trap 9: the token is looked at before method and path, so that a probe of any kind
/// finds the door.
#[actix_web::test]
async fn whatever_is_asked_without_a_token_is_challenged() {
    let (resource, asked) = resource(claims("read"));
    let scope = web::scope("/v1").wrap(resource.requires("read").on(Method::POST, "read write"));
    let api = init_service(App::new().service(scope.route("/x", web::post().to(who)))).await;
    for (method, path) in [("GET", "/v1/x"), ("PUT", "/v1/x"), ("HEAD", "/v1/x"), ("GET", "/v1/y")]
    {
        let method = method.parse().expect("a method");
        let request = TestRequest::with_uri(path).method(method).to_request();
        let (status, challenge, _) = heard(call_service(&api, request).await).await;
        let wanted = format!(r#"Bearer resource_metadata="{METADATA}", scope="read""#);
        assert_eq!((status, challenge), (401, wanted), "{path}");
    }
    let request = TestRequest::post().uri("/v1/x").to_request();
    let (status, challenge, body) = heard(call_service(&api, request).await).await;
    let wanted = format!(r#"Bearer resource_metadata="{METADATA}", scope="read write""#);
    assert_eq!((status, challenge), (401, wanted));
    assert!(body.contains(r#""error":"unauthorized""#), "{body}");
    assert_eq!(asked.load(Ordering::SeqCst), 0, "without a token there is nothing to ask");
}

/// RFC 9110 §9.3.2: HEAD answers as GET does, so what GET needs HEAD needs.
#[actix_web::test]
async fn a_head_request_needs_what_a_get_needs() {
    let (resource, _) = resource(claims("read"));
    let guard = resource.requires_session().on(Method::GET, "write");
    let guarded = web::resource("/").wrap(guard).to(who);
    let api = init_service(App::new().service(guarded)).await;
    for (method, status) in [(Method::GET, 403), (Method::HEAD, 403), (Method::POST, 200)] {
        let answer = call_service(&api, with_token(method, "/").to_request()).await;
        assert_eq!(answer.status().as_u16(), status);
    }
}

/// RFC 6750 §3.1 and oauth.md trap 25: 403 names everything on the way, once, whether a guard
/// inside another asks for more or the handler does.
#[actix_web::test]
async fn what_is_lacking_is_named_with_all_that_is_needed() {
    async fn erase(session: Session) -> Result<HttpResponse, Refused> {
        session.require("delete")?;
        Ok(HttpResponse::NoContent().finish())
    }
    let (resource, asked) = resource(claims("read"));
    let inner = web::resource("/x").wrap(resource.requires("write")).get(who);
    let outer = web::scope("/v1").wrap(resource.requires("read")).service(inner);
    let outer = outer.route("/y", web::delete().to(erase));
    let api = init_service(App::new().service(outer)).await;
    for (method, path, scope) in
        [(Method::GET, "/v1/x", "read write"), (Method::DELETE, "/v1/y", "delete read")]
    {
        let answer = call_service(&api, with_token(method, path).to_request()).await;
        let (status, challenge, body) = heard(answer).await;
        let wanted = format!(
            r#"Bearer error="insufficient_scope", resource_metadata="{METADATA}", scope="{scope}""#
        );
        assert_eq!((status, challenge), (403, wanted));
        assert!(body.contains(r#""error":"insufficient_scope""#), "{body}");
    }
    assert_eq!(asked.load(Ordering::SeqCst), 2, "a guard inside another asks nobody again");
}

/// What an API guarded by `requires("read")` says of a request that shows a bound token and a
/// proof, and what it says of the same request again.
async fn proven(resource: &ProtectedResource, proof: &str) -> [(u16, String, String); 2] {
    let guarded = web::resource("/v1/x").wrap(resource.requires("read")).get(who);
    let api = init_service(App::new().service(guarded)).await;
    let request = || with_proof("/v1/x?page=2", proof).to_request();
    let first = heard(call_service(&api, request()).await).await;
    [first, heard(call_service(&api, request()).await).await]
}

fn with_proof(path: &str, proof: &str) -> TestRequest {
    let bound = format!("DPoP {}", unknown_token(5));
    TestRequest::with_uri(path)
        .insert_header((header::AUTHORIZATION, bound))
        .insert_header(("DPoP", proof))
}

/// Claims of a token that is bound to this key.
fn bound(key: &Key, scope: &str) -> Value {
    let mut claims = claims(scope);
    claims["token_type"] = "DPoP".into();
    claims["cnf"] = json!({ "jkt": key.thumbprint() });
    claims
}

/// RFC 9449 §4.3, §7.1, §11.1: method, address without its query, hash of the token, key and
/// time, and each proof once; the host that the request names counts for nothing.
#[actix_web::test]
async fn a_bound_token_is_let_in_with_a_proof_of_its_key_once() {
    let (key, thief) = (Key::p256(), Key::p256());
    let token = unknown_token(5);
    let address = "https://api.example.com/v1/x";
    let (resource, _) = resource(bound(&key, "read"));
    let sound = proof::now_with_token(&key, ("GET", address), &token);
    let [first, again] = proven(&resource, &sound).await;
    assert_eq!(first.0, 200, "{}", first.2);
    let algs = SignatureAlgorithm::NAMES.join(" ");
    let wanted = format!(
        r#"Bearer resource_metadata="{METADATA}", scope="read", DPoP error="invalid_dpop_proof", algs="{algs}""#
    );
    assert_eq!((again.0, &again.1), (401, &wanted), "it was used before");
    for wrong in [
        proof::now_with_token(&thief, ("GET", address), &token),
        proof::now_with_token(&key, ("POST", address), &token),
        proof::now_with_token(&key, ("GET", "https://api.example.com/v1/y"), &token),
        proof::now_with_token(&key, ("GET", "http://localhost:8080/v1/x"), &token),
        proof::now_with_token(&key, ("GET", address), &unknown_token(6)),
        key.sign(&proof::header(&key), &proof::says(("GET", address), Clock::System.now().0)),
        "a.proof.here".to_owned(),
    ] {
        let [refused, _] = proven(&resource, &wrong).await;
        assert_eq!((refused.0, &refused.1), (401, &wanted), "{wrong}");
    }
}

/// RFC 9449 §7.2: a bound token is worth nothing as a bearer's, whatever comes beside it.
#[actix_web::test]
async fn a_bound_token_is_no_bearer_token() {
    let key = Key::ed25519();
    let (resource, _) = resource(bound(&key, "read"));
    let guarded = web::resource("/v1/x").wrap(resource.requires("read")).get(who);
    let api = init_service(App::new().service(guarded)).await;
    let sound =
        proof::now_with_token(&key, ("GET", "https://api.example.com/v1/x"), &unknown_token(5));
    let request = with_token(Method::GET, "/v1/x");
    for request in [with_token(Method::GET, "/v1/x"), request.insert_header(("DPoP", sound))] {
        let answer = call_service(&api, request.to_request()).await;
        let (status, challenge, _) = heard(answer).await;
        let bearer = r#"Bearer error="invalid_token", "#;
        assert!(status == 401 && challenge.starts_with(bearer), "{challenge}");
    }
}

/// RFC 9449 §8, §9: whoever's clock is wrong is offered a nonce, and gets in with it; another
/// process's nonce is none of this one's.
#[actix_web::test]
async fn a_client_whose_clock_is_wrong_gets_in_with_a_nonce() {
    let key = Key::p256();
    let (ours, _) = resource(bound(&key, "read"));
    let (theirs, _) = resource(bound(&key, "read"));
    let late = |nonce: Option<&str>| {
        let says = proof::says(("GET", "https://api.example.com/v1/x"), 1_000);
        let says = with(&says, "ath", Some(&json!(sha256(&unknown_token(5)))));
        let nonce = nonce.map(|nonce| json!(nonce));
        key.sign(&proof::header(&key), &with(&says, "nonce", nonce.as_ref()))
    };
    let offered = async |resource: &ProtectedResource, nonce: Option<&str>| {
        let guarded = web::resource("/v1/x").wrap(resource.requires("read")).get(who);
        let api = init_service(App::new().service(guarded)).await;
        let answer = call_service(&api, with_proof("/v1/x", &late(nonce)).to_request()).await;
        let nonce = answer.headers().get("dpop-nonce");
        let nonce = nonce.map(|nonce| nonce.to_str().expect("text").to_owned());
        (answer.status().as_u16(), nonce)
    };
    let (status, nonce) = offered(&ours, None).await;
    let nonce = nonce.expect("a nonce");
    assert_eq!(status, 401);
    assert_eq!(offered(&ours, Some(&nonce)).await, (200, None));
    let (status, other) = offered(&theirs, Some(&nonce)).await;
    assert!(status == 401 && other.is_some_and(|other| other != nonce));
}

/// RFC 9449 §4.3 point 9: behind a proxy that takes a part of the path off, the address that
/// counts is the one the client knows.
#[actix_web::test]
async fn a_proof_names_the_address_that_the_client_knows() {
    let key = Key::p256();
    let told = Told { claims: bound(&key, "read"), asked: Arc::default() };
    let resource = described().reached_below("https://api.example.com/outer/");
    let resource = resource.introspected_by(told).expect("an API");
    let proof = |address: &str| proof::now_with_token(&key, ("GET", address), &unknown_token(5));
    let [known, _] = proven(&resource, &proof("https://api.example.com/outer/v1/x")).await;
    let [inner, _] = proven(&resource, &proof("https://api.example.com/v1/x")).await;
    assert_eq!((known.0, inner.0), (200, 401));
}

/// RFC 9449 §11.1: a proof counts once, so a guard inside another that asks anew looks at the
/// token again and not at the proof; and what the outer one required is still required.
#[actix_web::test]
async fn a_guard_that_asks_anew_inside_another_does_not_use_the_proof_up() {
    let key = Key::p256();
    for (scope, status, needed) in [("write", 200, ""), ("delete", 403, "delete read")] {
        let (resource, _) = resource(bound(&key, "read write"));
        let inner = web::resource("/x").wrap(resource.requires(scope).anew()).get(who);
        let outer = web::scope("/v1").wrap(resource.requires("read")).service(inner);
        let api = init_service(App::new().service(outer)).await;
        let address = "https://api.example.com/v1/x";
        let proof = proof::now_with_token(&key, ("GET", address), &unknown_token(5));
        let answer = call_service(&api, with_proof("/v1/x", &proof).to_request()).await;
        let (heard, challenge, body) = heard(answer).await;
        assert_eq!(heard, status, "{body}");
        assert!(challenge.contains(needed), "{challenge}");
    }
}

/// Of two resources in one program, a session of one is none of the other.
#[actix_web::test]
async fn a_session_of_one_resource_passes_no_guard_of_another() {
    let (ours, _) = resource(claims("read"));
    let told = Told { claims: claims("read"), asked: Arc::default() };
    let other = ProtectedResource::describe("https://files.example.com", ISSUER).scopes("read");
    let other = other.introspected_by(told).expect("an API");
    let inner = web::resource("/x").wrap(other.requires("read")).get(who);
    let scope = web::scope("/v1").wrap(ours.requires("read")).service(inner);
    let api = init_service(App::new().service(scope)).await;
    let answer = call_service(&api, with_token(Method::GET, "/v1/x").to_request()).await;
    assert_eq!(answer.status(), StatusCode::UNAUTHORIZED);
}

/// oauth.md row 28 and trap 30; Fetch: a preflight needs no token and reaches no handler, and
/// any origin may read what comes back, unless the API says who may.
#[actix_web::test]
async fn a_browser_may_ask_first_and_read_the_challenge() {
    let (resource, _) = resource(claims("read"));
    let guarded = web::resource("/x").wrap(resource.requires("read")).to(async || {
        HttpResponse::Ok().insert_header(("Access-Control-Allow-Origin", "https://ours")).finish()
    });
    let api = init_service(App::new().service(guarded)).await;
    let request = TestRequest::with_uri("/x").method(Method::OPTIONS);
    let answer = call_service(&api, request.to_request()).await;
    assert_eq!(answer.status(), StatusCode::NO_CONTENT);
    let value = |answer: &ServiceResponse<_>, name: &str| {
        let value = answer.headers().get(name).map(|value| value.to_str().expect("text"));
        value.unwrap_or_default().to_owned()
    };
    assert_eq!(value(&answer, "access-control-allow-origin"), "*");
    assert_eq!(value(&answer, "access-control-allow-methods"), "*");
    assert!(value(&answer, "access-control-allow-headers").contains("authorization"));

    let refused = call_service(&api, TestRequest::with_uri("/x").to_request()).await;
    assert_eq!(value(&refused, "access-control-allow-origin"), "*");
    assert!(value(&refused, "access-control-expose-headers").contains("WWW-Authenticate"));
    assert_eq!(value(&refused, "access-control-allow-credentials"), "");
    let passed = call_service(&api, with_token(Method::GET, "/x").to_request()).await;
    assert_eq!(value(&passed, "access-control-allow-origin"), "https://ours");
}

/// Any live session will do, and whoever has none is told the default to ask for.
#[actix_web::test]
async fn any_session_passes_where_no_scope_is_named() {
    let (resource, _) = resource(claims(""));
    let guarded = web::resource("/").wrap(resource.requires_session()).get(who);
    let api = init_service(App::new().service(guarded)).await;
    let passed = call_service(&api, with_token(Method::GET, "/").to_request()).await;
    assert_eq!(passed.status(), StatusCode::OK);
    let (status, challenge, _) =
        heard(call_service(&api, TestRequest::with_uri("/").to_request()).await).await;
    let wanted = format!(r#"Bearer resource_metadata="{METADATA}", scope="read""#);
    assert_eq!((status, challenge), (401, wanted));
}

/// Fail closed: a handler that wants a session where nobody guards the route gets none, and a
/// scope that is not described is held by nobody.
#[actix_web::test]
async fn a_mistake_in_the_api_lets_nobody_in() {
    async fn mistyped(session: Session) -> Result<HttpResponse, Refused> {
        session.require("raed")?;
        Ok(HttpResponse::Ok().finish())
    }
    let (resource, _) = resource(claims("read write delete raed"));
    let guarded = web::resource("/y").wrap(resource.requires("read")).get(mistyped);
    let api = App::new().route("/x", web::get().to(who)).service(guarded);
    let api = init_service(api).await;
    for path in ["/x", "/y"] {
        let answer = call_service(&api, with_token(Method::GET, path).to_request()).await;
        let (status, challenge, body) = heard(answer).await;
        assert_eq!((status, challenge.as_str()), (500, ""), "{path}");
        assert!(body.contains("server_error") && !body.contains("raed"), "{body}");
    }
    for scopes in ["raed", "re\"ad", "read raed"] {
        assert!(!starts(&resource, scopes).await, "{scopes}");
    }
    assert!(starts(&resource, "read write").await);
}

/// Whether a server starts in which a route requires these scopes of a `POST`.
async fn starts(resource: &ProtectedResource, scopes: &str) -> bool {
    let (resource, scopes) = (resource.clone(), scopes.to_owned());
    let app = move || {
        let guard = resource.requires("read").on(Method::POST, &scopes);
        App::new().service(web::resource("/").wrap(guard).get(who))
    };
    let server = HttpServer::new(app).workers(1).disable_signals();
    let server = server.bind(("127.0.0.1", free_port())).expect("a free port").run();
    let handle = server.handle();
    tokio::select! {
        ended = server => ended.is_ok(),
        () = tokio::time::sleep(Duration::from_millis(500)) => {
            handle.stop(false).await;
            true
        }
    }
}

/// RFC 9728 §3.1 and oauth.md row 4: before the path of the identifier and at the root, for
/// anybody, with nothing null in it.
#[actix_web::test]
async fn the_metadata_stands_at_both_places_and_needs_no_token() {
    let (resource, _) = resource(claims("read"));
    let guarded = web::scope("/v1").wrap(resource.requires("read"));
    let api = init_service(App::new().service(resource.metadata()).service(guarded)).await;
    let root = "/.well-known/oauth-protected-resource";
    for path in [root.to_owned(), format!("{root}/v1")] {
        let answer = call_service(&api, TestRequest::with_uri(&path).to_request()).await;
        assert_eq!(answer.headers().get("access-control-allow-origin").expect("open"), "*");
        assert_eq!(answer.headers().get("content-type").expect("a type"), "application/json");
        let (status, _, body) = heard(answer).await;
        assert_eq!(status, 200);
        let body: Value = serde_json::from_str(&body).expect("JSON");
        assert_eq!(
            body,
            json!({
                "resource": API, "resource_name": "api.example.com",
                "authorization_servers": [ISSUER],
                "scopes_supported": ["read"],
                "bearer_methods_supported": ["header"],
                "dpop_signing_alg_values_supported": SignatureAlgorithm::NAMES,
                "resource_documentation": "https://auth.example.com/auth.md",
            })
        );
        let post = TestRequest::post().uri(&path).to_request();
        assert_eq!(status_of(try_call_service(&api, post).await), 405);
    }
}

fn status_of<B>(answer: Result<ServiceResponse<B>, Error>) -> u16 {
    answer
        .map_or_else(|error| error.as_response_error().status_code(), |answer| answer.status())
        .as_u16()
}

/// What cannot be protected as it is described says so at once.
#[test]
fn a_description_that_cannot_be_is_refused() {
    let finish = |described: Description| described.introspected_as("example-api", "secret").err();
    let describe = ProtectedResource::describe;
    assert!(finish(described()).is_none());
    let found = finish(describe("api.example.com", ISSUER));
    assert!(matches!(found, Some(SetUpError::Resource(_))));
    // RFC 6749 §2.3.1: the credentials never travel in the clear.
    let found = finish(describe(API, "http://auth.example.com"));
    assert!(matches!(found, Some(SetUpError::AuthorizationServer(_))));
    let found = finish(describe(API, ISSUER).scopes("re\"ad"));
    assert!(matches!(found, Some(SetUpError::Scopes(_))));
    let found = finish(describe(API, ISSUER).scopes("read").default_scopes("write"));
    assert!(matches!(found, Some(SetUpError::UnknownDefault(_))));
    let found = finish(described().remember(Duration::from_secs(61)));
    assert!(matches!(found, Some(SetUpError::TooLong)));
    let found = finish(described().ca_file("/nowhere/authority.pem"));
    assert!(matches!(found, Some(SetUpError::Trust(_))));
    for (client_id, secret) in [("", "secret"), ("example-api", "")] {
        let found = described().introspected_as(client_id, secret).err();
        assert!(matches!(found, Some(SetUpError::Credentials)));
    }
}
