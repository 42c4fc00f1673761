//! What is asked: fixed documents, introspection of token after token, token after token issued.

use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

use super::load::{Script, find};
use super::seed;

/// How the caller of `/introspect` proves itself: `demo:demo-secret`.
const BASIC: &str = "Basic ZGVtbzpkZW1vLXNlY3JldA==";

/// One document, over and over.
pub struct Fetch {
    request: String,
    /// What its body begins with.
    begins: &'static str,
}

impl Fetch {
    pub fn new(path: &str, begins: &'static str) -> Box<dyn Script> {
        let request = format!("GET {path} HTTP/1.1\r\nHost: bench\r\n\r\n");
        Box::new(Self { request, begins })
    }
}

impl Script for Fetch {
    fn ask(&mut self, request: &mut Vec<u8>) -> bool {
        request.extend_from_slice(self.request.as_bytes());
        true
    }

    fn is_good(&mut self, body: &[u8]) -> bool {
        body.starts_with(self.begins.as_bytes())
    }
}

/// Which tokens or codes the connections of one round come with, one after the other.
pub struct Order {
    next: Cell<usize>,
    end: usize,
    /// Numbers wrap here; each comes once before any comes again.
    modulus: usize,
    /// Stored sessions: with more tokens than that, several belong to one.
    sessions: usize,
}

/// Spreads consecutive numbers over the whole table; a prime, so no round size divides it.
const STRIDE: usize = 611_953;

impl Order {
    /// The first `count` tokens of so many sessions, for ever.
    pub fn around(count: usize, sessions: usize) -> Rc<Self> {
        Rc::new(Self { next: Cell::new(0), end: usize::MAX, modulus: count, sessions })
    }

    /// The same tokens, each once.
    pub fn once(count: usize, sessions: usize) -> Rc<Self> {
        Rc::new(Self { next: Cell::new(0), end: count, modulus: count, sessions })
    }

    /// Part of a walk over all of `count` that meets each of them once.
    pub fn walk(from: usize, to: usize, count: usize) -> Rc<Self> {
        Rc::new(Self { next: Cell::new(from), end: to, modulus: count, sessions: count })
    }

    fn take(&self) -> Option<usize> {
        let at = self.next.get();
        self.next.set(at + 1);
        (at < self.end).then(|| (at % self.modulus) * (STRIDE % self.modulus) % self.modulus)
    }
}

/// Introspection; the answer must be active and name the right subject.
pub struct Introspect {
    order: Rc<Order>,
    subject: &'static str,
    expected: String,
}

impl Introspect {
    /// `subject` is the prefix of what the answer names: `acc_` or, at the floor, `ses_`.
    pub fn new(order: &Rc<Order>, subject: &'static str) -> Box<dyn Script> {
        Box::new(Self { order: Rc::clone(order), subject, expected: String::new() })
    }
}

impl Script for Introspect {
    fn ask(&mut self, request: &mut Vec<u8>) -> bool {
        let Some(token) = self.order.take() else { return false };
        let session = token % self.order.sessions;
        self.expected = format!("\"sub\":\"{}{session:08}\"", self.subject);
        introspection(request, seed::access_token(token).reveal());
        true
    }

    fn is_good(&mut self, body: &[u8]) -> bool {
        body.starts_with(br#"{"active":true"#) && find(body, self.expected.as_bytes()).is_some()
    }
}

/// Introspection of a key; the answer must name the right owner.
pub struct IntrospectKey {
    order: Rc<Order>,
    expected: String,
}

impl IntrospectKey {
    pub fn new(order: &Rc<Order>) -> Box<dyn Script> {
        Box::new(Self { order: Rc::clone(order), expected: String::new() })
    }
}

impl Script for IntrospectKey {
    fn ask(&mut self, request: &mut Vec<u8>) -> bool {
        let Some(number) = self.order.take() else { return false };
        self.expected = format!("\"sub\":\"acc_{number:08}\"");
        introspection(request, seed::api_key(number).reveal());
        true
    }

    fn is_good(&mut self, body: &[u8]) -> bool {
        body.starts_with(br#"{"active":true"#) && find(body, self.expected.as_bytes()).is_some()
    }
}

/// The question of a proxy; the answer must name the right subject.
pub struct ForwardAuth {
    order: Rc<Order>,
    expected: String,
}

impl ForwardAuth {
    pub fn new(order: &Rc<Order>) -> Box<dyn Script> {
        Box::new(Self { order: Rc::clone(order), expected: String::new() })
    }
}

impl Script for ForwardAuth {
    fn ask(&mut self, request: &mut Vec<u8>) -> bool {
        let Some(token) = self.order.take() else { return false };
        let session = token % self.order.sessions;
        self.expected = format!("countersign-subject: acc_{session:08}\r\n");
        let token = seed::access_token(token);
        let head = format!(
            "GET /forward-auth HTTP/1.1\r\nHost: bench\r\nCountersign-Proxy: {BASIC}\r\n\
             Authorization: Bearer {}\r\nX-Forwarded-Method: GET\r\nX-Forwarded-Uri: /notes\r\n\r\n",
            token.reveal()
        );
        request.extend_from_slice(head.as_bytes());
        true
    }

    fn is_good(&mut self, body: &[u8]) -> bool {
        body.is_empty()
    }

    fn is_right(&self, answer: &[u8]) -> bool {
        find(answer, self.expected.as_bytes()).is_some()
    }
}

/// The JWT bearer grant, with the same assertion over and over.
pub struct Exchange {
    body: String,
    last: Vec<u8>,
}

impl Exchange {
    pub fn new(assertion: &str) -> Box<dyn Script> {
        let grant = "urn:ietf:params:oauth:grant-type:jwt-bearer";
        let body = format!("grant_type={grant}&assertion={assertion}");
        Box::new(Self { body, last: Vec::new() })
    }
}

impl Script for Exchange {
    fn ask(&mut self, request: &mut Vec<u8>) -> bool {
        post(request, "/token", "", &self.body);
        true
    }

    /// A token, and another one than before.
    fn is_good(&mut self, body: &[u8]) -> bool {
        let Some(token) = member(body, "access_token") else { return false };
        let fresh = token.starts_with("aas_") && token.as_bytes() != self.last;
        self.last = token.into();
        fresh
    }
}

/// The refresh grant; each answer's refresh token is the next request's.
pub struct Refresh {
    token: String,
}

impl Refresh {
    pub fn new(token: &str) -> Box<dyn Script> {
        Box::new(Self { token: token.to_owned() })
    }
}

impl Script for Refresh {
    fn ask(&mut self, request: &mut Vec<u8>) -> bool {
        let body = format!("grant_type=refresh_token&refresh_token={}", self.token);
        post(request, "/token", "", &body);
        true
    }

    fn is_good(&mut self, body: &[u8]) -> bool {
        let Some(next) = member(body, "refresh_token") else { return false };
        let fresh = next.starts_with("aar_") && next != self.token;
        self.token = next;
        fresh
    }
}

/// A grant that collects what a person has approved; no code comes twice.
pub struct Redeem {
    order: Rc<Order>,
    body: fn(usize) -> String,
}

impl Redeem {
    /// `body` is the token request with the code of a number.
    pub fn new(order: &Rc<Order>, body: fn(usize) -> String) -> Box<dyn Script> {
        Box::new(Self { order: Rc::clone(order), body })
    }
}

impl Script for Redeem {
    fn ask(&mut self, request: &mut Vec<u8>) -> bool {
        let Some(number) = self.order.take() else { return false };
        post(request, "/token", "", &(self.body)(number));
        true
    }

    fn is_good(&mut self, body: &[u8]) -> bool {
        let begins = |name: &str, prefix: &str| {
            member(body, name).is_some_and(|token| token.starts_with(prefix))
        };
        begins("access_token", "aas_") && begins("refresh_token", "aar_")
    }
}

/// Another script's requests, each a while after the answer before: what somebody waits for
/// when the server has time left.
pub struct Paced {
    script: Box<dyn Script>,
    rest: Duration,
}

impl Paced {
    pub fn new(script: Box<dyn Script>, rest: Duration) -> Box<dyn Script> {
        Box::new(Self { script, rest })
    }
}

impl Script for Paced {
    fn ask(&mut self, request: &mut Vec<u8>) -> bool {
        self.script.ask(request)
    }

    fn is_good(&mut self, body: &[u8]) -> bool {
        self.script.is_good(body)
    }

    fn rest(&self) -> Option<Duration> {
        Some(self.rest)
    }
}

/// Somebody who signs in with a wrong password, over and over: each try costs a hash.
pub struct WrongPassword {
    headers: String,
    body: String,
}

impl WrongPassword {
    /// `page` is the whole answer that holds the form, with its cookie.
    pub fn new(page: &str) -> Box<dyn Script> {
        let between = |from: &str, to: &str| {
            let (_, rest) = page.split_once(from).expect("a page with a form and a cookie");
            rest.split_once(to).expect("an end").0.to_owned()
        };
        let headers = format!("Cookie: {}\r\n", between("set-cookie: ", ";"));
        let token = between("name=\"csrf\" value=\"", "\"");
        let body = format!("csrf={token}&email=nobody%40example.com&password=wrong-password");
        Box::new(Self { headers, body })
    }
}

impl Script for WrongPassword {
    fn ask(&mut self, request: &mut Vec<u8>) -> bool {
        post(request, "/sign-in", &self.headers, &self.body);
        true
    }

    fn is_good(&mut self, _body: &[u8]) -> bool {
        true
    }

    fn status(&self) -> &'static str {
        "401"
    }
}

/// A resource server's question about `token`.
pub fn introspection(request: &mut Vec<u8>, token: &str) {
    let headers = format!("Authorization: {BASIC}\r\n");
    post(request, "/introspect", &headers, &format!("token={token}"));
}

pub fn post(request: &mut Vec<u8>, path: &str, headers: &str, body: &str) {
    let length = body.len();
    let head = format!(
        "POST {path} HTTP/1.1\r\nHost: bench\r\n{headers}\
         Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {length}\r\n\r\n"
    );
    request.extend_from_slice(head.as_bytes());
    request.extend_from_slice(body.as_bytes());
}

/// A member of a JSON body whose value is text without escapes.
fn member(body: &[u8], name: &str) -> Option<String> {
    let name = format!("\"{name}\":\"");
    let value = &body[find(body, name.as_bytes())? + name.len()..];
    let end = find(value, b"\"")?;
    String::from_utf8(value[..end].to_vec()).ok()
}
