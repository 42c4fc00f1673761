//! What the middleware says to Countersign, and what it makes of the answers.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use actix_web::web::{self, Bytes, Data};
use actix_web::{HttpRequest, HttpResponse};
use countersign::resource_server::{Description, ProtectedResource, Session};
use serde_json::json;

use super::{Heard, Running, unknown_token};
use crate::support::{client_builder, free_port};

const API: &str = "https://api.example.com";

/// What one question looked like on the wire.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Asked {
    authorization: String,
    content_type: String,
    body: String,
}

/// What the server of a test says next, and what it was asked.
struct Script {
    status: u16,
    body: String,
    delay: Duration,
    asked: Vec<Asked>,
}

struct Desk {
    script: Arc<Mutex<Script>>,
    url: String,
    client: reqwest::Client,
    _servers: [Running; 2],
}

async fn introspect(
    request: HttpRequest,
    body: Bytes,
    script: Data<Mutex<Script>>,
) -> HttpResponse {
    let header = |name: &str| {
        let value = request.headers().get(name).map(|value| value.to_str().expect("text"));
        value.unwrap_or_default().to_owned()
    };
    let asked = Asked {
        authorization: header("authorization"),
        content_type: header("content-type"),
        body: String::from_utf8(body.to_vec()).expect("text"),
    };
    let (status, answer, delay) = {
        let mut script = script.lock().expect("whole");
        script.asked.push(asked);
        (script.status, script.body.clone(), script.delay)
    };
    tokio::time::sleep(delay).await;
    let mut answer = HttpResponse::build(status.try_into().expect("a status")).body(answer);
    if status == 302 {
        let elsewhere = "/elsewhere".parse().expect("a value");
        answer.headers_mut().insert(actix_web::http::header::LOCATION, elsewhere);
    }
    answer
}

impl Desk {
    /// An API of one route, and a server that answers what it is told.
    async fn open(tune: impl Fn(Description) -> Description) -> Self {
        let (port, issuer_port) = (free_port(), free_port());
        let issuer = format!("http://127.0.0.1:{issuer_port}");
        let script = Script {
            status: 200,
            body: active(&issuer).to_string(),
            delay: Duration::ZERO,
            asked: Vec::new(),
        };
        let script = Arc::new(Mutex::new(script));
        let data = Data::from(Arc::clone(&script));
        let server = Running::on(issuer_port, move |routes| {
            routes.app_data(data.clone()).route("/introspect", web::post().to(introspect));
        });
        let described = ProtectedResource::describe(API, &issuer).scopes("read");
        let protected =
            tune(described).introspected_as("example:api", "s e+c%ret").expect("an API");
        let api = Running::on(port, move |routes| {
            let guard = protected.requires("read").on(actix_web::http::Method::DELETE, "read");
            let anew = protected.requires("read").anew();
            let name = async |session: Session| session.id().to_owned();
            routes
                .service(web::resource("/").wrap(guard).get(name))
                .service(web::resource("/anew").wrap(anew).get(name));
        });
        let url = format!("http://127.0.0.1:{port}");
        let client = client_builder().build().expect("a client");
        Self { script, url, client, _servers: [server.await, api.await] }
    }

    fn says(&self, status: u16, body: &str) {
        let mut script = self.script.lock().expect("whole");
        script.status = status;
        body.clone_into(&mut script.body);
    }

    fn takes(&self, delay: Duration) {
        self.script.lock().expect("whole").delay = delay;
    }

    fn asked(&self) -> Vec<Asked> {
        self.script.lock().expect("whole").asked.clone()
    }

    async fn call(&self, path: &str, token: &str) -> Heard {
        Heard::from(self.client.get(format!("{}{path}", self.url)).bearer_auth(token)).await
    }
}

fn active(issuer: &str) -> serde_json::Value {
    json!({
        "active": true, "scope": "read", "client_id": "reg_1", "sub": "acc_1", "aud": API,
        "iss": issuer, "exp": 4_000_000_000_i64, "iat": 1_800_000_000, "token_type": "Bearer",
        "session_id": "ses_1",
    })
}

/// RFC 7662 §2.1, RFC 6749 §2.3.1: a form with the token, and the credentials in the header,
/// each half form-encoded; the token is nowhere else.
#[tokio::test]
async fn the_question_is_a_form_and_proves_who_asks() {
    let desk = Desk::open(|described| described).await;
    let heard = desk.call("/", "a+b/c==").await;
    assert_eq!((heard.status, heard.text.as_str()), (200, "ses_1"));
    // base64 of `example%3Aapi:s%20e%2Bc%25ret`
    let wanted = Asked {
        authorization: "Basic ZXhhbXBsZSUzQWFwaTpzJTIwZSUyQmMlMjVyZXQ=".to_owned(),
        content_type: "application/x-www-form-urlencoded".to_owned(),
        body: "token=a%2Bb%2Fc%3D%3D".to_owned(),
    };
    assert_eq!(desk.asked(), [wanted]);
}

/// Fail closed: whatever is not a clear yes or no lets nobody in, and is told as 503. Wrong
/// credentials of the API's own are not passed on as the agent's fault.
#[tokio::test]
async fn an_answer_that_is_none_lets_nobody_in() {
    let desk = Desk::open(|described| described).await;
    let yes = desk.script.lock().expect("whole").body.clone();
    let huge = yes.replace("ses_1", &"s".repeat(70_000));
    let answers = [
        (401, r#"{"error":"invalid_client"}"#),
        (403, yes.as_str()),
        (302, yes.as_str()),
        (500, yes.as_str()),
        (503, r#"{"error":"temporarily_unavailable"}"#),
        (200, ""),
        (200, "<html>active</html>"),
        (200, r#"{"active":"true"}"#),
        (200, r#"{"active":true}"#),
        (200, huge.as_str()),
    ];
    for (number, (status, body)) in answers.into_iter().enumerate() {
        desk.says(status, body);
        let token = unknown_token(u8::try_from(number).expect("small"));
        desk.call("/", &token).await.assert_unavailable();
    }
    desk.says(200, &yes);
    assert_eq!(desk.call("/", &unknown_token(1)).await.status, 200, "no failure is kept");
}

/// A server that does not answer holds nobody up for longer than was said.
#[tokio::test]
async fn a_server_that_takes_too_long_is_a_server_that_is_away() {
    let patience = Duration::from_millis(300);
    let desk = Desk::open(|described| described.patience(patience)).await;
    desk.takes(Duration::from_secs(20));
    let began = Instant::now();
    desk.call("/", &unknown_token(1)).await.assert_unavailable();
    let took = began.elapsed();
    assert!(took >= patience && took < Duration::from_secs(10), "{took:?}");
}

/// However many come at once with one token, Countersign is asked once; and not again while
/// the answer is believed, but by a route that believes nothing.
#[tokio::test]
async fn a_crowd_with_one_token_is_one_question() {
    let desk = Desk::open(|described| described.remember(Duration::from_mins(1))).await;
    desk.takes(Duration::from_millis(300));
    let token = unknown_token(3);
    let crowd = futures_util::future::join_all((0..50).map(|_| desk.call("/", &token))).await;
    assert!(crowd.iter().all(|heard| heard.status == 200));
    assert_eq!(desk.asked().len(), 1);
    desk.says(200, r#"{"active":false}"#);
    assert_eq!(desk.call("/", &token).await.status, 200, "believed for a minute");
    assert_eq!(desk.asked().len(), 1);
    assert_eq!(desk.call("/anew", &token).await.status, 401);
    assert_eq!(desk.call("/", &token).await.status, 401, "what was found out anew is known");
    assert_eq!(desk.asked().len(), 3);
}

/// What cannot be a token is refused without a question.
#[tokio::test]
async fn garbage_costs_countersign_nothing() {
    let desk = Desk::open(|described| described).await;
    for token in ["aas_garbage", "a b", "", "\"", &"x".repeat(5_000)] {
        assert_eq!(desk.call("/", token).await.status, 401, "{token}");
    }
    assert_eq!(desk.asked(), []);
}
