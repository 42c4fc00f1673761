//! What the metadata promises, and whether it is kept (case 008); the OpenID document and the
//! ID tokens it speaks of.

use countersign::jose::{KeySet, UnverifiedToken};
use countersign::protocol::timestamp::Seconds;
use serde_json::{Value, json};

use crate::support::Site;
use crate::support::client::{CALLBACK, Callback, Client, approve};
use crate::support::keys::part_of;
use crate::support::reply::Reply;

const SERVER: &str = "/.well-known/oauth-authorization-server";
const OPENID: &str = "/.well-known/openid-configuration";

async fn metadata(site: &Site, path: &str) -> Value {
    let reply = site.get(path).await;
    assert_eq!(reply.status, 200, "{path}: {}", reply.text);
    assert_eq!(reply.header("content-type"), Some("application/json"));
    reply.json()
}

fn list<'a>(metadata: &'a Value, name: &str) -> Vec<&'a str> {
    let list = metadata[name].as_array().unwrap_or_else(|| panic!("{name}: {metadata}"));
    list.iter().map(|one| one.as_str().expect("a text")).collect()
}

/// Case 008: every advertised address answers; what is posted to may refuse, and says so.
#[tokio::test]
async fn every_advertised_endpoint_is_there() {
    let site = Site::open().await;
    for place in [SERVER, OPENID] {
        let metadata = metadata(&site, place).await;
        let nested = metadata["agent_auth"].as_object().expect("agent_auth");
        let all = metadata.as_object().expect("an object").iter().chain(nested);
        let mut posted = 0;
        for (name, value) in all {
            let Some(path) = value.as_str().and_then(|url| url.strip_prefix(&site.url)) else {
                continue;
            };
            match name.as_str() {
                "issuer" | "resource" => {}
                "jwks_uri" | "service_documentation" | "skill" => {
                    assert_eq!(site.get(path).await.status, 200, "{name}");
                }
                "authorization_endpoint" => assert_eq!(site.get(path).await.status, 400),
                _ => {
                    posted += 1;
                    let status = site.post_form(path, &[]).await.status;
                    assert!([400, 401, 415].contains(&status), "{name}: {status}");
                }
            }
        }
        assert!(posted >= 7, "{metadata}");
    }
    site.close().await;
}

/// Case 008: an advertised grant is never unsupported, and what is not advertised always is.
#[tokio::test]
async fn grants_are_offered_exactly_as_advertised() {
    for settings in ["", "[agents]\ntyped_codes = false\n"] {
        let site = Site::open_with(settings).await;
        let metadata = metadata(&site, SERVER).await;
        let offered = list(&metadata, "grant_types_supported");
        for grant in &offered {
            let reply = site.post_form("/token", &[("grant_type", grant)]).await;
            assert!(reply.status == 400 || reply.status == 401, "{grant}");
            assert_ne!(reply.error(), "unsupported_grant_type", "{grant}");
        }
        let known = [
            "authorization_code",
            "client_credentials",
            "password",
            "implicit",
            "refresh_token",
            "refresh",
            "Authorization_Code",
            "urn:ietf:params:oauth:grant-type:device_code",
            "urn:ietf:params:oauth:grant-type:token-exchange",
            "urn:ietf:params:oauth:grant-type:jwt-bearer",
            "urn:ietf:params:oauth:grant-type:saml2-bearer",
            "urn:openid:params:grant-type:ciba",
            "urn:workos:agent-auth:grant-type:claim",
        ];
        let others: Vec<_> = known.iter().filter(|grant| !offered.contains(grant)).collect();
        assert!(others.len() >= 6, "{offered:?}");
        for grant in others {
            let form = [("grant_type", *grant), ("username", "ada"), ("password", "x")];
            let reply = site.post_form("/token", &form).await;
            reply.assert_error(400, "unsupported_grant_type");
        }
        site.close().await;
    }
}

/// Case 008: `code_challenge_methods_supported` is exactly `["S256"]`, and nothing anywhere is
/// signed with `none` or with a secret.
#[tokio::test]
async fn no_algorithm_is_advertised_that_proves_nothing() {
    let site = Site::open().await;
    for place in [SERVER, OPENID] {
        let metadata = metadata(&site, place).await;
        assert_eq!(metadata["code_challenge_methods_supported"], json!(["S256"]));
        let mut lists = 0;
        for (name, value) in metadata.as_object().expect("an object") {
            if name.contains("_alg_") {
                lists += 1;
                for algorithm in value.as_array().expect("a list") {
                    let algorithm = algorithm.as_str().expect("a text");
                    let sound = !algorithm.eq_ignore_ascii_case("none")
                        && !algorithm.starts_with("HS")
                        && algorithm != "RS1";
                    assert!(sound, "{name}: {algorithm}");
                }
            }
        }
        assert!(lists >= 4, "{metadata}");
    }
    site.close().await;
}

/// Case 008, RFC 8414 §2: a client may authenticate in every advertised way: none of them is
/// refused as such, and a client of that method registers.
#[tokio::test]
async fn every_advertised_client_method_registers() {
    let site = Site::open().await;
    let metadata = metadata(&site, SERVER).await;
    let methods = list(&metadata, "token_endpoint_auth_methods_supported");
    for needed in ["none", "client_secret_basic", "client_secret_post", "private_key_jwt"] {
        assert!(methods.contains(&needed), "oauth.md row 18: {methods:?}");
    }
    for method in methods {
        let mut body = json!({
            "redirect_uris": [CALLBACK], "token_endpoint_auth_method": method,
        });
        if method == "private_key_jwt" {
            let key = crate::support::keys::Key::p256();
            body["jwks"] = json!({ "keys": [key.jwk()] });
        }
        let reply = site.post_json("/register", &body).await;
        assert_eq!(reply.status, 201, "{method}: {}", reply.text);
        assert_eq!(reply.json()["token_endpoint_auth_method"], method);
    }
    for method in ["client_secret_jwt", "tls_client_auth", "NONE"] {
        let body = json!({ "redirect_uris": [CALLBACK], "token_endpoint_auth_method": method });
        let reply = site.post_json("/register", &body).await;
        assert!(
            reply.status == 400 || reply.json()["token_endpoint_auth_method"] != method,
            "{method}: {}",
            reply.text
        );
    }
    site.close().await;
}

/// Case 008, RFC 8414 §2: every advertised scope can be asked for, and is granted by the name
/// it is advertised under.
#[tokio::test]
async fn every_advertised_scope_is_granted() {
    let site = Site::open().await;
    let mut ada = site.person("ada@example.com").await;
    let client = Client::register(&site).await;
    let metadata = metadata(&site, OPENID).await;
    let scopes = list(&metadata, "scopes_supported");
    assert_eq!(scopes, ["openid", "demo:read", "demo:write"]);
    let scope = scopes.join(" ");
    let link = client.send(&mut ada, &[("scope", &scope)]).await;
    approve(&mut ada, &link).await;
    let tokens = client.redeem(&Callback::of(&ada.get(&link).await).code(), &[]).await.json();
    assert_eq!(tokens["scope"], json!(scope));
    site.close().await;
}

/// oauth.md rows 6, 7 and trap 10: what the TypeScript SDK's schema demands is there and of
/// the right type: absolute URLs, lists of texts, nothing empty, nothing null.
#[tokio::test]
async fn the_documents_have_what_every_client_parses() {
    let site = Site::open().await;
    for place in [SERVER, OPENID] {
        let metadata = metadata(&site, place).await;
        for url in [
            "issuer",
            "authorization_endpoint",
            "token_endpoint",
            "registration_endpoint",
            "revocation_endpoint",
            "introspection_endpoint",
            "jwks_uri",
        ] {
            let value = metadata[url].as_str().unwrap_or_default();
            assert!(value.starts_with(&site.url), "{url}: {value}");
        }
        assert_eq!(metadata["issuer"], json!(site.app.issuer()));
        assert_eq!(metadata["response_types_supported"], json!(["code"]));
        assert_eq!(metadata["authorization_response_iss_parameter_supported"], true);
        for (name, value) in metadata.as_object().expect("an object") {
            let empty = match value {
                Value::Null => true,
                Value::String(text) => text.is_empty(),
                Value::Array(items) => items.is_empty(),
                _ => false,
            };
            assert!(!empty, "{name}");
            if name.ends_with("_supported") {
                assert!(value.is_array() || value.is_boolean(), "{name}");
            }
        }
    }
    let openid = metadata(&site, OPENID).await;
    for required in ["subject_types_supported", "id_token_signing_alg_values_supported"] {
        assert!(!list(&openid, required).is_empty(), "{required}");
    }
    assert_eq!(openid["request_uri_parameter_supported"], false, "the default would be true");
    site.close().await;
}

/// RFC 9110 §13.1.2 and oauth.md row 28: the OpenID document is served like the others.
#[tokio::test]
async fn the_openid_document_has_an_etag_and_is_for_every_origin() {
    let site = Site::open().await;
    let first = site.get(OPENID).await;
    let etag = first.header("etag").expect("an ETag").to_owned();
    assert_eq!(first.header("access-control-allow-origin"), Some("*"));
    assert_eq!(first.header("cache-control"), Some("public, max-age=300"));
    let url = format!("{}{OPENID}", site.url);
    let again = Reply::of(site.client.get(&url).header("if-none-match", &etag)).await;
    assert_eq!((again.status, again.text.as_str()), (304, ""));
    let head = Reply::of(site.client.head(&url)).await;
    assert_eq!((head.status, head.header("etag")), (200, Some(etag.as_str())));
    let preflight = site.client.request(reqwest::Method::OPTIONS, &url);
    let preflight = Reply::of(preflight.header("origin", "https://agent.example")).await;
    assert_eq!((preflight.status, preflight.text.as_str()), (204, ""));
    site.post_form(OPENID, &[]).await.assert_error(405, "invalid_request");
    site.close().await;
}

/// Design decision 1: an issuer with a path is served with that path, as its metadata says, and
/// behind a proxy that takes it off: every endpoint is there, and no page leads out of it.
#[tokio::test]
async fn an_issuer_with_a_path_is_served_with_it_and_without() {
    const BASE: &str = "/sign/in";
    let site = Site::open_below(BASE).await;
    let mut ada = site.person("ada@example.com").await;
    let document = metadata(&site, SERVER).await;
    let issuer = document["issuer"].as_str().expect("an issuer").to_owned();
    let endpoints = document.as_object().expect("an object").iter();
    let endpoints: Vec<&str> = endpoints
        .filter(|(name, _)| name.ends_with("_endpoint") || name.ends_with("_uri"))
        .map(|(_, value)| value.as_str().expect("a URL"))
        .collect();
    assert!(endpoints.len() > 6, "{endpoints:?}");
    for endpoint in endpoints {
        let path = endpoint.strip_prefix(&issuer).expect("below the issuer");
        for place in [path.to_owned(), format!("{BASE}{path}")] {
            assert_ne!(site.get(&place).await.status, 404, "{place}");
        }
    }
    for page in ["/", "/account/sessions", "/device"] {
        for page in [page.to_owned(), format!("{BASE}{page}")] {
            let text = ada.get(&page).await.text;
            let links: Vec<&str> = ["href=\"/", "src=\"/", "action=\"/"]
                .iter()
                .flat_map(|start| text.split(start).skip(1))
                .map(|rest| rest.split('"').next().expect("its end"))
                .collect();
            assert!(links.len() > 4, "{page}");
            for link in links {
                assert!(link.starts_with("sign/in/"), "{page}: {link}");
                assert_ne!(ada.get(&format!("/{link}")).await.status, 404, "{page}: {link}");
            }
        }
    }
    let stranger = site.get("/sign/in/account/sessions").await;
    let way = "/sign/in/sign-in?return_to=%2Faccount%2Fsessions";
    assert_eq!((stranger.status, stranger.header("location")), (303, Some(way)));
    assert_eq!(site.get("/sign/account/sessions").await.status, 404);
    assert_eq!(site.get("/sign/install/token").await.status, 404);
    site.close().await;
}

/// oauth.md trap 4: wherever a client looks for the metadata of an issuer with a path, the
/// same document is there, and nowhere else.
#[tokio::test]
async fn all_spellings_of_an_issuer_with_a_path_answer() {
    let site = Site::open_below("/sign/in").await;
    let issuer = site.app.issuer().to_owned();
    assert!(issuer.ends_with("/sign/in"), "{issuer}");
    for (place, wanted) in [
        ("/.well-known/oauth-authorization-server/sign/in", SERVER),
        ("/sign/in/.well-known/oauth-authorization-server", SERVER),
        ("/.well-known/openid-configuration/sign/in", OPENID),
        ("/sign/in/.well-known/openid-configuration", OPENID),
        ("/.well-known/oauth-authorization-server", SERVER),
        ("/.well-known/openid-configuration", OPENID),
    ] {
        let document = metadata(&site, place).await;
        assert_eq!(document["issuer"], json!(issuer), "{place}");
        assert_eq!(document["token_endpoint"], json!(format!("{issuer}/token")));
        assert_eq!(site.get(place).await.text, site.get(wanted).await.text, "{place}");
        let head = Reply::of(site.client.head(format!("{}{place}", site.url))).await;
        assert_eq!(head.status, 200, "{place}");
    }
    for place in [
        "/.well-known/oauth-authorization-server/sign",
        "/.well-known/openid-configuration/sign/in/more",
        "/sign/.well-known/openid-configuration",
        "/other/.well-known/oauth-authorization-server",
    ] {
        site.get(place).await.assert_error(404, "not_found");
    }
    site.close().await;
    let site = Site::open().await;
    for place in
        ["/.well-known/openid-configuration/demo", "/demo/.well-known/oauth-authorization-server"]
    {
        let reply = site.get(place).await;
        reply.assert_error(404, "not_found");
        assert_eq!(reply.header("access-control-allow-origin"), Some("*"));
    }
    site.close().await;
}

/// The ID token that this approval yields.
async fn id_token(site: &Site, change: &[(&str, &str)]) -> (Value, Value) {
    let mut ada = site.person("ada@example.com").await;
    let client = Client::register(site).await;
    site.advance(Seconds::MINUTE);
    let link = client.send(&mut ada, change).await;
    let page = ada.get(&link).await;
    assert!(page.text.contains("which account here is yours"), "{}", page.text);
    approve(&mut ada, &link).await;
    let tokens = client.redeem(&Callback::of(&ada.get(&link).await).code(), &[]).await.json();
    let token = tokens["id_token"].as_str().unwrap_or_else(|| panic!("one: {tokens}")).to_owned();
    let keys = site.get("/.well-known/jwks.json").await.text;
    let keys = KeySet::read(&keys).expect("a key set");
    let unverified = UnverifiedToken::read(&token).expect("a token");
    unverified.verify_with_set(&keys).expect("signed with a published key");
    assert_eq!(part_of(&token, 0)["alg"], "ES256");
    assert_eq!(part_of(&token, 1)["aud"], json!(client.id));
    (part_of(&token, 1), tokens)
}

/// OpenID Connect Core 1.0 §2 and §3.1.3.3: who, for whom, since when; verified with the
/// published key.
#[tokio::test]
async fn whoever_asks_for_openid_learns_which_account_answered() {
    let site = Site::open().await;
    let change = [("scope", "openid email profile demo:read"), ("nonce", "n-0S6_WzA2Mj")];
    let (claims, tokens) = id_token(&site, &change).await;
    let now = site.clock.now().0;
    assert_eq!(claims["iss"], json!(site.app.issuer()));
    assert_eq!(claims["nonce"], "n-0S6_WzA2Mj");
    assert_eq!(claims["iat"], now);
    assert_eq!(claims["exp"], now + 300);
    assert_eq!(claims["auth_time"], now - 60);
    let names: Vec<&String> = claims.as_object().expect("claims").keys().collect();
    assert_eq!(names, ["aud", "auth_time", "exp", "iat", "iss", "nonce", "sub"], "nothing else");
    let access = tokens["access_token"].as_str().expect("a token");
    let known = site.introspect(access).await.json();
    assert_eq!(claims["sub"], known["sub"]);
    assert_eq!(known["scope"], "demo:read", "openid is no scope of the resource");
    assert_eq!(tokens["scope"], "openid demo:read");
    site.close().await;
}

/// OpenID Connect Core 1.0 §2: without a nonce none is made up; and an ID token is nothing
/// but that: no resource and no grant takes it.
#[tokio::test]
async fn an_id_token_opens_nothing() {
    let site = Site::open().await;
    let (claims, tokens) = id_token(&site, &[("scope", "openid")]).await;
    assert!(claims.get("nonce").is_none(), "{claims}");
    let token = tokens["id_token"].as_str().expect("one");
    site.assert_dead(token).await;
    let grant = "urn:ietf:params:oauth:grant-type:jwt-bearer";
    let form = [("grant_type", grant), ("assertion", token)];
    site.post_form("/token", &form).await.assert_error(400, "invalid_grant");
    site.close().await;
}

/// Nobody is told who answered without having asked, and a refresh tells nobody again; one
/// that repeats `openid` is no wider request.
#[tokio::test]
async fn an_id_token_comes_once_and_only_when_asked_for() {
    let site = Site::open().await;
    let mut bob = site.person("bob@example.com").await;
    let client = Client::register(&site).await;
    let link = client.send(&mut bob, &[]).await;
    assert!(!bob.get(&link).await.text.contains("which account here is yours"));
    approve(&mut bob, &link).await;
    let tokens = client.redeem(&Callback::of(&bob.get(&link).await).code(), &[]).await.json();
    assert!(tokens.get("id_token").is_none(), "{tokens}");
    let (_, tokens) = id_token(&site, &[("scope", "openid demo:read")]).await;
    let known = site.introspect(tokens["access_token"].as_str().expect("one")).await.json();
    let form = [
        ("grant_type", "refresh_token"),
        ("client_id", known["client_id"].as_str().expect("an id")),
        ("refresh_token", tokens["refresh_token"].as_str().expect("one")),
        ("scope", "openid demo:read"),
    ];
    let next = site.post_form("/token", &form).await;
    assert_eq!(next.status, 200, "{}", next.text);
    assert!(next.json().get("id_token").is_none());
    assert_eq!(next.json()["scope"], "demo:read");
    site.close().await;
}

/// OpenID Connect Core 1.0 §3.1.2.1, RFC 9470 §4: a sign-in that is too old is made anew
/// before the question is seen.
#[tokio::test]
async fn an_old_sign_in_is_renewed_when_the_client_asks_for_a_newer_one() {
    let site = Site::open().await;
    let mut ada = site.person("ada@example.com").await;
    let client = Client::register(&site).await;
    site.advance(Seconds::HOUR);
    for (name, value) in [("prompt", "login"), ("prompt", "login consent"), ("max_age", "60")] {
        site.advance(Seconds::HOUR);
        let link = client.send(&mut ada, &[(name, value)]).await;
        let reply = ada.get(&link).await;
        let sign_in = reply.header("location").unwrap_or_default().to_owned();
        assert!(sign_in.starts_with("/sign-in"), "{name}={value}: {}", reply.status);
        assert_eq!(ada.sign_in_again(&sign_in).await.status, 303);
        assert_eq!(ada.get(&link).await.status, 200, "{name}={value}");
        approve(&mut ada, &link).await;
    }
    let link = client.send(&mut ada, &[("max_age", "60")]).await;
    assert_eq!(ada.get(&link).await.status, 200, "young enough");
    for wrong in ["-1", "soon", "1.5"] {
        let reply = ada.get(&client.request(&[("max_age", wrong)])).await;
        Callback::at(&reply).assert_error(&site, "invalid_request");
    }
    site.close().await;
}
