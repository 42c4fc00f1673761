//! Case 296, promise P3: nothing that opens anything is kept or logged in a usable form.

use std::collections::{BTreeSet, HashMap};

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use futures_util::stream::{self, StreamExt as _};
use serde_json::{Value, json};
use sqlx::postgres::PgPoolOptions;

use crate::support::PASSWORD;
use crate::support::agent::{Registered, path_of};
use crate::support::client::{CALLBACK, Callback, challenge};
use crate::support::database::TestDatabase;
use crate::support::person::{Person, another_code, between, form_token, relayed_code};
use crate::support::process::{Place, Process, link as link_in};
use crate::support::reply::Reply;

const SETTINGS: &str = r#"
[[resource]]
identifier = "https://api.example.com"
introspection = [{ client_id = "api", client_secret = "what-the-resource-server-knows" }]
[[resource.scope]]
name = "demo:read"
default = true
pre_claim = true
[[resource.scope]]
name = "demo:write"
[limits]
anonymous_registrations_per_address_per_hour = 100000
anonymous_registrations_per_hour = 100000
service_auth_registrations_per_address_per_hour = 100000
service_auth_registrations_per_hour = 100000
[[profile]]
name = "agent-analytics"
[profile.agent_sessions]
[[profile.credential]]
prefix = "aak_"
rotate = "overlapping"
"#;

const AT_ONCE: usize = 8;

/// Everything secret that the run was given.
#[derive(Default)]
struct Issued(BTreeSet<String>);

impl Issued {
    fn add(&mut self, secret: impl Into<String>) {
        let secret = secret.into();
        assert!(secret.len() >= 8, "{secret} is no secret");
        self.0.insert(secret);
    }

    fn add_code(&mut self, code: &str) {
        self.add(code);
        self.add(code.replace('-', ""));
    }

    /// The secret members of an agent's reply, at any depth.
    fn add_members(&mut self, value: &Value) {
        match value {
            Value::Object(members) => {
                for (name, value) in members {
                    match (name.as_str(), value.as_str()) {
                        ("user_code", Some(code)) => self.add_code(code),
                        ("verification_uri", Some(uri)) => {
                            // That of a device is the same for everybody.
                            let path = path_of(uri);
                            path.strip_prefix("/approve/")
                                .into_iter()
                                .for_each(|link| self.add(link));
                        }
                        ("authorize_url", Some(uri)) => {
                            self.add(path_of(uri).replace("/agent-sessions/authorize/", ""));
                        }
                        (
                            "token"
                            | "value"
                            | "assertion"
                            | "access_token"
                            | "refresh_token"
                            | "identity_assertion"
                            | "claim_token"
                            | "poll_token"
                            | "exchange_code"
                            | "client_secret"
                            | "registration_access_token"
                            | "id_token"
                            | "device_code"
                            | "request_uri",
                            Some(secret),
                        ) => self.add(secret),
                        _ => self.add_members(value),
                    }
                }
            }
            Value::Array(items) => items.iter().for_each(|item| self.add_members(item)),
            _ => {}
        }
    }

    fn add_cookie(&mut self, person: &Person) {
        let cookie = person.cookie.as_deref().expect("a cookie");
        self.add(cookie.split_once('=').expect("a pair").1);
    }
}

/// Case 296: more than ten thousand secrets of every kind, searched for in everything the
/// server has written, in the clear, in hexadecimal and in base64.
#[tokio::test]
async fn no_secret_of_ten_thousand_is_kept_or_logged() {
    let place = Place::new().await;
    place.configure(SETTINGS);
    let mut command = place.command(&["serve"]);
    command.env("RUST_LOG", "debug");
    let mut server = place.serve_command(command).await;
    let mut issued = Issued::default();
    let key = std::fs::read_to_string(place.path("countersign.key")).expect("a key");
    issued.add(key.trim());
    issued.add("what-the-resource-server-knows");
    issued.add(PASSWORD);

    let mut ada = people(&place, &server, &mut issued).await;
    let registered = agents(&server, &mut issued).await;
    sessions(&server, &mut ada, &registered, &mut issued).await;
    agent_sessions(&server, &mut ada, &mut issued).await;
    keys(&server, &mut ada, &mut issued).await;
    clients(&server, &mut ada, &mut issued).await;
    browsers(&server, &mut issued).await;
    let seen = registered.first().expect("one").id.clone();

    server.signal("KILL");
    server.ended().await;
    let mut places = vec![("log", server.stderr().into_bytes())];
    places.extend(kept(&place).await);
    let secrets = issued.0;
    println!("{} secrets", secrets.len());
    assert!(secrets.len() >= 10_000, "{}", secrets.len());
    let master = URL_SAFE_NO_PAD.decode(key.trim()).expect("base64");
    let search = Search::for_all(secrets.iter().map(String::as_bytes).chain([master.as_slice()]));
    for (place, bytes) in &places {
        println!("{place}: {} bytes", bytes.len());
        let found = search.first_in(bytes);
        assert!(found.is_none(), "{place} holds {:?}", found.map(String::from_utf8_lossy));
    }
    let everything: Vec<u8> = places.iter().flat_map(|(_, bytes)| bytes.clone()).collect();
    let known = Search::for_all([seen.as_bytes(), b"ada@example.com"]);
    assert!(known.first_in(&everything).is_some(), "the search reads what was written");
    let log = String::from_utf8_lossy(&places[0].1);
    assert!(log.contains("\"level\":\"DEBUG\""), "the log was told to say a lot");
    assert!(!log.contains("ada@example.com"), "and names nobody");
}

/// The first account, one that was added, one that was reset, wrong passwords.
async fn people(place: &Place, server: &Process, issued: &mut Issued) -> Person {
    let link = path_of(&server.link().await.expect("an empty server prints a link"));
    issued.add(link.replace("/welcome/", ""));
    let mut first = server.person("first@example.com");
    let password = "the password of the first account";
    issued.add(password);
    let fields = [("name", "First"), ("email", "first@example.com"), ("password", password)];
    assert_eq!(first.post_from(&link, &link, &fields).await.status, 303);
    issued.add_cookie(&first);
    place.add_person("ada@example.com").await;
    for command in ["add", "reset"] {
        let told = place.run(&["account", command, "bob@example.com"]).await;
        assert_eq!(told.code, Some(0), "{}", told.stderr);
        let link = path_of(&link_in(&told.stdout).expect("a link"));
        issued.add(link.replace("/welcome/", ""));
        let mut bob = server.person("bob@example.com");
        let password = format!("password over {link}");
        assert_eq!(bob.post_from(&link, &link, &[("password", &password)]).await.status, 303);
        issued.add(password);
        issued.add_cookie(&bob);
    }
    let mut ada = server.person("ada@example.com");
    let wrong = "a password that is not hers";
    issued.add(wrong);
    assert_eq!(ada.sign_in_with(wrong).await.status, 401);
    issued.add_cookie(&ada);
    assert_eq!(ada.sign_in().await.status, 303);
    issued.add_cookie(&ada);
    issued.add(form_token(&ada.get("/account/sessions").await));
    ada
}

/// Registrations of both kinds, and what the anonymous ones hold before a claim.
async fn agents(server: &Process, issued: &mut Issued) -> Vec<Registered> {
    let agent = server.agent();
    let named: Vec<_> = stream::iter(0..250)
        .map(|_| agent.register_for("ada@example.com"))
        .buffer_unordered(AT_ONCE)
        .collect()
        .await;
    for registered in &named {
        issued.add_members(&registered.body);
    }
    let anonymous: Vec<_> = stream::iter(0..150)
        .map(|_| async {
            let registered = agent.register_anonymous().await;
            let tokens = agent.exchange(&registered.assertion()).await;
            (registered.body, tokens.json())
        })
        .buffer_unordered(AT_ONCE)
        .collect()
        .await;
    for (body, tokens) in &anonymous {
        issued.add_members(body);
        issued.add_members(tokens);
    }
    named
}

/// Sessions over typed and relayed codes, refreshed, reused, revoked, introspected.
async fn sessions(
    server: &Process,
    ada: &mut Person,
    registered: &[Registered],
    issued: &mut Issued,
) {
    let agent = server.agent();
    for (n, one) in registered.iter().take(40).enumerate() {
        let tokens = if n % 4 == 0 {
            let code = ada.approve_relayed(&one.link()).await;
            issued.add_code(&code);
            let page = ada.get(&one.link()).await;
            assert_eq!(relayed_code(&page.text), code);
            agent.complete(&one.claim_token, &another_code(&code)).await;
            agent.complete(&one.claim_token, &code).await
        } else {
            assert_eq!(ada.approve(one).await.status, 303);
            agent.poll(&one.claim_token).await
        };
        assert_eq!(tokens.status, 200, "{}", tokens.text);
        issued.add_members(&tokens.json());
        let body = tokens.json();
        let relayed = body["identity"]["refresh_token"]["value"].as_str();
        let refresh = body["refresh_token"].as_str().or(relayed).expect("a refresh token");
        let renewed = agent.refresh(refresh).await;
        issued.add_members(&renewed.json());
        if let Some(access) = renewed.json()["access_token"].as_str() {
            let known = server.introspect_as("api", "what-the-resource-server-knows", access).await;
            assert_eq!(known.json()["active"], true, "{}", known.text);
            if n % 5 == 0 {
                agent.revoke(access).await;
            }
        }
        if n % 7 == 0 {
            agent.refresh(refresh).await;
        }
    }
    for one in registered.iter().skip(40).take(10) {
        let wrong = another_code(&one.user_code());
        issued.add_code(&wrong);
        ada.approve_code(&one.link(), &wrong).await;
        ada.deny(&one.link(), "not_now").await;
    }
    let asked = [
        json!({ "type": "refresh", "refresh_token": registered[60].claim_token }),
        json!({ "type": "identity_assertion", "assertion": registered[60].claim_token }),
        json!({ "type": registered[60].claim_token }),
    ];
    for body in asked {
        agent.post("/agent/identity", &body).await;
    }
}

/// Clients that register, push, send a browser, redeem, refresh, hand on, and collect for a device.
async fn clients(server: &Process, ada: &mut Person, issued: &mut Issued) {
    const DEVICE_CODE: &str = "urn:ietf:params:oauth:grant-type:device_code";
    const EXCHANGE: &str = "urn:ietf:params:oauth:grant-type:token-exchange";
    const ACCESS_TOKEN: &str = "urn:ietf:params:oauth:token-type:access_token";
    let about = json!({
        "redirect_uris": [CALLBACK],
        "grant_types": ["authorization_code", "refresh_token", DEVICE_CODE, EXCHANGE],
        "token_endpoint_auth_method": "client_secret_post",
    });
    let post = async |path: &str, fields: &[(&str, &str)]| {
        let request = server.client.post(format!("{}{path}", server.url)).form(fields);
        let reply = Reply::of(request).await;
        assert!(matches!(reply.status, 200 | 201), "{path}: {}", reply.text);
        reply.json()
    };
    for n in 0..20 {
        let request = server.client.post(format!("{}/register", server.url)).json(&about);
        let told = Reply::of(request).await.json();
        issued.add_members(&told);
        let word = |told: &Value, name: &str| told[name].as_str().expect(name).to_owned();
        let (id, secret) = (word(&told, "client_id"), word(&told, "client_secret"));
        let proof = [("client_id", id.as_str()), ("client_secret", secret.as_str())];
        let verifier = format!("a-verifier-of-forty-three-characters-{n:08}");
        issued.add(&verifier);
        let challenge = challenge(&verifier);
        let asked = [
            ("response_type", "code"),
            ("redirect_uri", CALLBACK),
            ("scope", "openid demo:read"),
            ("code_challenge", &challenge),
            ("code_challenge_method", "S256"),
        ];
        let pushed = post("/par", &[&proof[..], &asked[..]].concat()).await;
        issued.add_members(&pushed);
        let uri = word(&pushed, "request_uri").replace(':', "%3A");
        let sent = ada.get(&format!("/authorize?client_id={id}&request_uri={uri}")).await;
        let link = sent.header("location").expect("a question").to_owned();
        issued.add(link.replace("/approve/", ""));
        let mark = ada.mark.as_deref().expect("a mark");
        issued.add(mark.split_once('=').expect("a pair").1);
        let fields = [("decision", "approve"), ("scope", "demo:read"), ("lifetime", "8h")];
        assert_eq!(ada.answer(&link, &fields).await.status, 303);
        let code = Callback::of(&ada.get(&link).await).code();
        issued.add(&code);
        let redeem = [
            ("grant_type", "authorization_code"),
            ("code", &code),
            ("redirect_uri", CALLBACK),
            ("code_verifier", &verifier),
        ];
        let tokens = post("/token", &[&proof[..], &redeem[..]].concat()).await;
        assert!(tokens["id_token"].is_string(), "{tokens}");
        issued.add_members(&tokens);
        let refresh = word(&tokens, "refresh_token");
        let again = [("grant_type", "refresh_token"), ("refresh_token", refresh.as_str())];
        let renewed = post("/token", &[&proof[..], &again[..]].concat()).await;
        issued.add_members(&renewed);
        let access = word(&renewed, "access_token");
        let hand_on = [
            ("grant_type", EXCHANGE),
            ("subject_token", access.as_str()),
            ("subject_token_type", ACCESS_TOKEN),
        ];
        issued.add_members(&post("/token", &[&proof[..], &hand_on[..]].concat()).await);
        let scope = [("scope", "demo:read")];
        let told = post("/device_authorization", &[&proof[..], &scope[..]].concat()).await;
        issued.add_members(&told);
        let code = word(&told, "user_code");
        let typed = ada.post_from("/device", "/device", &[("user_code", &code)]).await;
        let link = typed.header("location").expect("a question").to_owned();
        assert_eq!(ada.approve_code(&link, &code).await.status, 303);
        let device = word(&told, "device_code");
        let collect = [("grant_type", DEVICE_CODE), ("device_code", device.as_str())];
        issued.add_members(&post("/token", &[&proof[..], &collect[..]].concat()).await);
    }
}

/// Keys that were made, used, rotated and revoked.
async fn keys(server: &Process, ada: &mut Person, issued: &mut Issued) {
    let new = "/account/keys/new/agent-analytics";
    for n in 0..20 {
        let name = format!("Key {n}");
        let fields =
            [("name", name.as_str()), ("scope", "demo:read"), ("lifetime", "until_revoked")];
        let made = ada.post_from(new, new, &fields).await.text;
        let page =
            between(&made, "<a class=\"button\" href=\"", "\"").expect("its page").to_owned();
        let rotated = ada.post_from(&page, &format!("{page}/rotate"), &[]).await.text;
        for shown in [&made, &rotated] {
            let key = relayed_code(shown);
            let known = server.introspect_as("api", "what-the-resource-server-knows", &key).await;
            assert_eq!(known.json()["active"], true, "{}", known.text);
            issued.add(key);
        }
        if n % 2 == 0 {
            ada.post_from(&page, &format!("{page}/revoke"), &[]).await;
        }
    }
}

/// Requests for agent sessions, approved, traded twice, refreshed and given back.
async fn agent_sessions(server: &Process, ada: &mut Person, issued: &mut Issued) {
    let agent = server.agent();
    for _ in 0..20 {
        let asked =
            json!({ "mode": "detached", "client_type": "cli", "client_name": "Test agent" });
        let told = agent.post("/agent-sessions/start", &asked).await.json();
        issued.add_members(&told);
        let link = path_of(told["authorize_url"].as_str().expect("a link"));
        let link = link.replace("/agent-sessions/authorize/", "/approve/");
        assert_eq!(ada.approve_code(&link, "").await.status, 303);
        let id = &told["auth_request_id"];
        let poll = json!({ "auth_request_id": id, "poll_token": told["poll_token"] });
        let polled = agent.post("/agent-sessions/poll", &poll).await.json();
        issued.add_members(&polled);
        let code = &polled["exchange_code"];
        let trade = json!({ "auth_request_id": id, "exchange_code": code });
        let traded = agent.post("/agent-sessions/exchange", &trade).await;
        assert_eq!(traded.status, 200, "{}", traded.text);
        issued.add_members(&traded.json());
        assert_eq!(agent.post("/agent-sessions/exchange", &trade).await.status, 409);
        let refresh = json!({ "refresh_token": traded.json()["agent_session"]["refresh_token"] });
        issued.add_members(&agent.post("/agent-sessions/refresh", &refresh).await.json());
    }
}

/// New browsers: a cookie and a form token each.
async fn browsers(server: &Process, issued: &mut Issued) {
    let seen: Vec<_> = stream::iter(0..4_300)
        .map(|_| async {
            let mut person = server.person("eve@example.com");
            let token = form_token(&person.get("/sign-in").await);
            (person, token)
        })
        .buffer_unordered(AT_ONCE)
        .collect()
        .await;
    for (person, token) in seen {
        issued.add_cookie(&person);
        issued.add(token);
    }
}

/// Every byte the database holds: the files of SQLite, the rows of PostgreSQL.
async fn kept(place: &Place) -> Vec<(&'static str, Vec<u8>)> {
    if !TestDatabase::is_postgres() {
        let read = |name: &str| std::fs::read(place.path(name)).unwrap_or_default();
        let kept = vec![
            ("database", read("countersign.db")),
            ("write-ahead log", read("countersign.db-wal")),
            ("shared memory", read("countersign.db-shm")),
            ("journal", read("countersign.db-journal")),
        ];
        assert!(kept[0].1.len() + kept[1].1.len() > 100_000, "the rows are in these files");
        return kept;
    }
    let pool = PgPoolOptions::new().max_connections(1).connect(&place.database.url()).await;
    let pool = pool.expect("the database opens");
    let tables = "SELECT CAST(table_name AS TEXT) FROM information_schema.tables \
                  WHERE table_schema = 'public'";
    let tables: Vec<String> = sqlx::query_scalar(tables).fetch_all(&pool).await.expect("tables");
    assert!(tables.len() >= 10, "{tables:?}");
    let mut dump = Vec::new();
    for table in tables {
        let sql = format!("SELECT CAST(kept AS TEXT) FROM \"{table}\" AS kept");
        let rows = sqlx::query_scalar(sqlx::AssertSqlSafe(sql)).fetch_all(&pool).await;
        let rows: Vec<String> = rows.expect("rows");
        dump.extend(rows.into_iter().flat_map(String::into_bytes));
    }
    pool.close().await;
    vec![("rows", dump)]
}

/// Many needles in a haystack, found by their last three bytes.
struct Search {
    ends: Vec<bool>,
    needles: HashMap<[u8; 3], Vec<Vec<u8>>>,
}

impl Search {
    fn for_all<'a>(secrets: impl IntoIterator<Item = &'a [u8]>) -> Self {
        let mut search = Self { ends: vec![false; 1 << 24], needles: HashMap::new() };
        for secret in secrets {
            search.add(secret.to_vec());
            let hex = hexadecimal(secret);
            search.add(hex.to_uppercase().into_bytes());
            search.add(hex.into_bytes());
            for before in 0..3 {
                search.add(inside_base64(&STANDARD_NO_PAD, before, secret));
                search.add(inside_base64(&URL_SAFE_NO_PAD, before, secret));
            }
        }
        search
    }

    fn add(&mut self, needle: Vec<u8>) {
        let end: [u8; 3] = *needle.last_chunk().expect("three bytes");
        self.ends[index(end)] = true;
        self.needles.entry(end).or_default().push(needle);
    }

    fn first_in(&self, haystack: &[u8]) -> Option<&[u8]> {
        haystack.windows(3).enumerate().find_map(|(at, window)| {
            let end = [window[0], window[1], window[2]];
            if !self.ends[index(end)] {
                return None;
            }
            let before = haystack.get(..at + 3)?;
            let found = self.needles.get(&end)?.iter().find(|needle| before.ends_with(needle));
            found.map(Vec::as_slice)
        })
    }
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().concat()
}

fn index([a, b, c]: [u8; 3]) -> usize {
    (usize::from(a) << 16) | (usize::from(b) << 8) | usize::from(c)
}

/// The characters that `secret` alone decides when `before` bytes stand in front of it.
fn inside_base64(
    alphabet: &base64::engine::GeneralPurpose,
    before: usize,
    secret: &[u8],
) -> Vec<u8> {
    let text = alphabet.encode([vec![0; before].as_slice(), secret].concat());
    let start = [0, 2, 3][before];
    let end = text.len() - usize::from(!(before + secret.len()).is_multiple_of(3));
    text.get(start..end).expect("characters").as_bytes().to_vec()
}

/// The control of case 296: the search finds a secret that was kept, however it was written.
#[test]
fn the_search_finds_a_secret_in_every_spelling() {
    let secret = b"clm_abcdefghijklmnopqrstuvwxyz0123456789";
    let search = Search::for_all([secret.as_slice()]);
    let hex = hexadecimal(secret);
    let mut spellings = vec![secret.to_vec(), hex.to_uppercase().into_bytes(), hex.into_bytes()];
    for before in 0..5 {
        for after in 0..4 {
            let padded = [vec![0xfa; before], secret.to_vec(), vec![0xaf; after]].concat();
            spellings.push(STANDARD_NO_PAD.encode(&padded).into_bytes());
            spellings.push(URL_SAFE_NO_PAD.encode(&padded).into_bytes());
        }
    }
    for spelling in spellings {
        let kept = [b"before ".as_slice(), &spelling, b" after"].concat();
        assert!(search.first_in(&kept).is_some(), "{}", String::from_utf8_lossy(&kept));
    }
    assert!(search.first_in(b"clm_abcdefghijklmnopqrstuvwxyz012345678").is_none());
}
