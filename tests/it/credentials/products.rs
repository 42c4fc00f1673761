//! The APIs of five products behind a proxy that asks `/forward-auth`: their own routes, with their
//! own credentials, refused in their own words (contracts/credentials.md, section 2).

use actix_web::http::StatusCode;
use actix_web::web::{self, Data};
use actix_web::{HttpRequest, HttpResponse};
use countersign::flow::usage;
use reqwest::Method;
use serde_json::{Value, json};

use crate::resource_server::Running;
use crate::support::person::{Person, between};
use crate::support::reply::Reply;
use crate::support::{Site, free_port};

const FIVE: &str = include_str!("../../../profiles/five-systems.toml");

/// A route of a product's: what it needs, and what it answers when it is asked rightly.
struct Product {
    /// What its page of new keys is found by.
    offer: &'static str,
    api: &'static str,
    method: &'static str,
    path: &'static str,
    scope: &'static str,
    header: &'static str,
    before: &'static str,
    answer: fn() -> (u16, Value),
    /// What is said where nothing came, what came is no good, and where it lacks the scope.
    said: [(&'static str, &'static str); 3],
}

const PRODUCTS: [Product; 5] = [
    Product {
        offer: "agent-analytics",
        api: "analytics",
        method: "GET",
        path: "/stats",
        scope: "analytics:read",
        header: "x-api-key",
        before: "",
        answer: || (200, json!({ "events": 3 })),
        said: [("/code", "AUTH_REQUIRED"), ("/code", "INVALID_TOKEN"), ("/code", "FORBIDDEN")],
    },
    Product {
        offer: "agent-sentinel",
        api: "sentinel",
        method: "POST",
        path: "/api/v1/ingest",
        scope: "sentinel:write",
        header: "authorization",
        before: "ApiKey ",
        answer: || (202, json!({})),
        said: [
            ("/detail/reason_code", "missing_credential"),
            ("/detail/reason_code", "invalid_credential"),
            ("/detail/reason_code", "insufficient_scope"),
        ],
    },
    Product {
        offer: "attractos",
        api: "attract",
        method: "GET",
        path: "/api/v1/sites",
        scope: "sites:read",
        header: "authorization",
        before: "Bearer ",
        answer: || (200, json!({ "sites": [{ "id": "site_1" }] })),
        said: [("/code", "MISSING_KEY"), ("/code", "INVALID_KEY"), ("/code", "INSUFFICIENT_SCOPE")],
    },
    Product {
        offer: "agrenting_user-token",
        api: "agrenting",
        method: "GET",
        path: "/api/v1/agents",
        scope: "agents:read",
        header: "authorization",
        before: "Bearer ",
        answer: || (200, json!({ "data": [] })),
        said: [
            ("/errors/0/code", "UNAUTHORIZED"),
            ("/errors/0/code", "UNAUTHORIZED"),
            ("/errors/0/code", "FORBIDDEN"),
        ],
    },
    Product {
        offer: "agentvista",
        api: "vista",
        method: "POST",
        path: "/api/v1/events",
        scope: "write",
        header: "authorization",
        before: "Bearer ",
        answer: || (202, json!({ "accepted": 1 })),
        said: [
            ("/detail/reason_code", "missing_credential"),
            ("/detail/reason_code", "invalid_credential"),
            ("/detail/reason_code", "insufficient_scope"),
        ],
    },
];

/// Where the proxy asks.
struct Countersign(String);

/// The proxy, and the API behind it: what may pass is answered, and the rest handed on.
async fn proxied(request: HttpRequest, countersign: Data<Countersign>) -> HttpResponse {
    let product = PRODUCTS.iter().find(|product| product.path == request.path());
    let product = product.expect("a route of a product");
    let client = reqwest::Client::builder().no_proxy().build().expect("a client");
    let scope = product.scope;
    let mut asked = client
        .get(format!("{}/forward-auth?scope={scope}", countersign.0))
        .header("x-forwarded-method", request.method().as_str())
        .header("x-forwarded-uri", request.uri().to_string())
        .header("x-forwarded-for", "203.0.113.9");
    let proxy = format!("{}:{}-example-secret", product.api, product.api);
    let proxy = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, proxy);
    asked = asked.header("countersign-proxy", format!("Basic {proxy}"));
    for (name, value) in request.headers() {
        if name != "host" && name != "content-length" {
            asked = asked.header(name.as_str(), value.as_bytes());
        }
    }
    let reply = Reply::of(asked).await;
    if reply.status == 200 {
        assert!(reply.header("countersign-account").is_some_and(|who| who.starts_with("acc_")));
        let (status, body) = (product.answer)();
        return HttpResponse::build(StatusCode::from_u16(status).expect("a status")).json(body);
    }
    let status = StatusCode::from_u16(reply.status).expect("a status");
    HttpResponse::build(status).content_type("application/json").body(reply.text)
}

struct World {
    site: Site,
    url: String,
    _products: Running,
    ada: Person,
}

impl World {
    async fn with(settings: &str) -> Self {
        let site = Site::open_with(settings).await;
        let ada = site.person("ada@example.com").await;
        let (port, countersign) = (free_port(), site.url.clone());
        let products = Running::on(port, move |routes| {
            routes.app_data(Data::new(Countersign(countersign.clone())));
            routes.default_service(web::to(proxied));
        })
        .await;
        Self { site, url: format!("http://127.0.0.1:{port}"), _products: products, ada }
    }

    /// A key of this product's with these fields: its page, and the key.
    async fn key(&mut self, product: &Product, more: &[(&str, &str)]) -> (String, String) {
        let page = format!("/account/keys/new/{}", product.offer);
        let mut fields = vec![("name", "Test"), ("lifetime", "until_revoked")];
        fields.extend(more);
        let made = self.ada.post_from(&page, &page, &fields).await;
        let key = between(&made.text, "data-copy-this dir=\"ltr\">", "</output>");
        let key = key.unwrap_or_else(|| panic!("{}: {}", product.offer, made.text)).to_owned();
        let id = between(&made.text, "href=\"/account/keys/key_", "\"").expect("an id");
        (format!("/account/keys/key_{id}"), key)
    }

    async fn ask(&self, product: &Product, key: Option<&str>, query: &str) -> Reply {
        let method: Method = product.method.parse().expect("a method");
        let mut request =
            self.site.client.request(method, format!("{}{}{query}", self.url, product.path));
        if let Some(key) = key {
            request = request.header(product.header, format!("{}{key}", product.before));
        }
        Reply::of(request).await
    }
}

#[track_caller]
fn assert_said(reply: &Reply, status: u16, (member, code): (&str, &str)) {
    assert_eq!(reply.status, status, "{}", reply.text);
    let told = reply.json();
    assert_eq!(told.pointer(member), Some(&Value::from(code)), "{told}");
}

/// AA10, AO01, AO06, AO07, AO08, AG01, AV03, AV11: a key of each product opens the product's own
/// route as its documents say; without one, with an unknown or a revoked one the answer is 401 in
/// the product's words, the same for both; and 403 where a good one lacks the scope.
#[tokio::test]
async fn each_products_own_route_takes_its_key_and_refuses_in_its_words() {
    let mut world = World::with(FIVE).await;
    for product in &PRODUCTS {
        let [missing, invalid, lacking] = product.said;
        let (page, key) = world.key(product, &[("scope", product.scope)]).await;
        let (status, body) = (product.answer)();
        let good = world.ask(product, Some(&key), "").await;
        assert_eq!((good.status, good.json()), (status, body), "{}", product.offer);
        assert_said(&world.ask(product, None, "").await, 401, missing);
        let unknown = world.ask(product, Some("att_unknown"), "").await;
        assert_said(&unknown, 401, invalid);
        let revoke = format!("{page}/revoke");
        assert_eq!(world.ada.post_from(&revoke, &revoke, &[]).await.status, 303);
        let revoked = world.ask(product, Some(&key), "").await;
        assert_said(&revoked, 401, invalid);
        let sentence = |reply: &Reply| {
            let mut told = reply.json();
            if let Some(meta) = told.get_mut("meta") {
                meta["timestamp"] = Value::Null;
            }
            told
        };
        assert_eq!(sentence(&revoked), sentence(&unknown), "nobody learns which it was");
        let other = match product.scope {
            "analytics:read" => "live:read",
            "sentinel:write" => "sentinel:read",
            "agents:read" => "agents:write",
            "write" => "read",
            _ => continue,
        };
        let (_, narrow) = world.key(product, &[("scope", other)]).await;
        assert_said(&world.ask(product, Some(&narrow), "").await, 403, lacking);
    }
    world.site.close().await;
}

const LIMITED: &str = "trusted_proxies = [\"127.0.0.1/32\"]\n";

/// AO09, AO13: a key that is limited to some sites opens those; every other site is refused alike,
/// whether or not there is such a one, and so is a request that names none; without a limit it
/// opens all. The API that asks itself is told.
#[tokio::test]
async fn a_key_that_is_limited_to_some_sites_opens_no_other() {
    let mut world = World::with(&format!("{LIMITED}{FIVE}")).await;
    let product = &PRODUCTS[2];
    let (page, key) =
        world.key(product, &[("scope", product.scope), ("limited_to", "site_1, site_2")]).await;
    for query in ["?siteId=site_1", "?siteId=site_2&from=x", "?siteId=site_1&siteId=site_2"] {
        assert_eq!(world.ask(product, Some(&key), query).await.status, 200, "{query}");
    }
    for query in [
        "?siteId=site_3",
        "?siteId=site_1&siteId=site_3",
        "?siteId=site_1&site%49d=site_3",
        "?siteId=",
        "?siteid=site_1",
        "?x=siteId=site_1",
        "",
        // What programs read in different ways.
        "?siteId=site_1&siteId[]=site_3",
        "?siteId=site_1&siteId%5B%5D=site_3",
        "?siteId=site_1&siteId%00=site_3",
        "?siteId=site_1&+siteId=site_3",
        "?siteId=site_1&SITEID=site_3",
        "?siteId=site_3;siteId=site_1",
        "?siteId=site_1;x&siteId=site_1",
    ] {
        let reply = world.ask(product, Some(&key), query).await;
        assert_said(&reply, 403, ("/code", "SITE_NOT_FOUND"));
    }
    let request = world.site.client.post(format!("{}/introspect", world.site.url));
    let request = request.basic_auth("attract", Some("attract-example-secret"));
    let told = Reply::of(request.form(&[("token", &key)])).await.json();
    assert_eq!(told["limited_to"], json!(["site_1", "site_2"]));
    assert!(world.ada.get(&page).await.text.contains("site_1 site_2"));
    let rotated = world.ada.post_from(&page, &format!("{page}/rotate"), &[]).await;
    let successor = between(&rotated.text, "data-copy-this dir=\"ltr\">", "</output>");
    let successor = successor.expect("a key").to_owned();
    let elsewhere = world.ask(product, Some(&successor), "?siteId=site_3").await;
    assert_eq!(elsewhere.status, 403, "the limit goes over to its successor");
    let (_, open) = world.key(product, &[("scope", product.scope)]).await;
    for query in ["", "?siteId=site_3"] {
        assert_eq!(world.ask(product, Some(&open), query).await.status, 200, "{query}");
    }
    let form = format!("/account/keys/new/{}", product.offer);
    let fields = [("name", "Test"), ("lifetime", "until_revoked"), ("scope", product.scope)];
    let wrong = [&fields[..], &[("limited_to", "site 1/2")]].concat();
    let refused = world.ada.post_from(&form, &form, &wrong).await;
    assert_eq!(refused.status, 422);
    assert!(refused.text.contains("value=\"site 1/2\""), "nothing is lost: {}", refused.text);
    let form = "/account/keys/new/agentvista";
    let elsewhere = [&fields[..2], &[("scope", "read"), ("limited_to", "site_1")]].concat();
    assert_eq!(world.ada.post_from(form, form, &elsewhere).await.status, 400, "not offered there");
    world.site.close().await;
}

/// AO10: the page of a key says how often it was used, when last and from where, as a trusted proxy
/// tells; what a stranger says of himself is not believed.
#[tokio::test]
async fn the_page_of_a_key_says_where_it_was_last_used_from() {
    for (settings, known) in [(LIMITED, true), ("", false)] {
        let mut world = World::with(&format!("{settings}{FIVE}")).await;
        let product = &PRODUCTS[2];
        let (page, key) = world.key(product, &[("scope", product.scope)]).await;
        for _ in 0..3 {
            assert_eq!(world.ask(product, Some(&key), "").await.status, 200);
        }
        usage::write(&world.site.app).await.expect("written");
        let shown = world.ada.get(&page).await.text;
        assert!(shown.contains("3 uses"), "{shown}");
        assert_eq!(shown.contains("203.0.113.9"), known, "{shown}");
        let request = world.site.client.post(format!("{}/introspect", world.site.url));
        let request = request.basic_auth("attract", Some("attract-example-secret"));
        assert_eq!(Reply::of(request.form(&[("token", &key)])).await.json()["active"], true);
        usage::write(&world.site.app).await.expect("written");
        let shown = world.ada.get(&page).await.text;
        assert!(shown.contains("4 uses"), "{shown}");
        assert_eq!(shown.contains("203.0.113.9"), known, "an API that asks tells no address");
        world.site.close().await;
    }
}

/// AS15: keys of one environment are found together.
#[tokio::test]
async fn keys_of_one_environment_are_found_together() {
    let mut world = World::with(FIVE).await;
    let product = &PRODUCTS[2];
    let scope = ("scope", product.scope);
    let (staging, _) = world.key(product, &[scope, ("environment", "staging")]).await;
    let (production, _) = world.key(product, &[scope, ("environment", "production")]).await;
    let (nowhere, _) = world.key(product, &[scope]).await;
    let found = async |ada: &mut Person, query: &str| {
        let list = ada.get(&format!("/account/keys{query}")).await;
        assert_eq!(list.status, 200);
        let shown = |page: &String| list.text.contains(&format!("href=\"{page}\""));
        ([&staging, &production, &nowhere].map(shown), list.text)
    };
    let (all, page) = found(&mut world.ada, "").await;
    assert_eq!(all, [true, true, true]);
    assert!(page.contains("<option>staging</option>"), "{page}");
    assert_eq!(found(&mut world.ada, "?environment=staging").await.0, [true, false, false]);
    assert_eq!(found(&mut world.ada, "?environment=Staging").await.0, [false, false, false]);
    assert_eq!(found(&mut world.ada, "?environment=").await.0, [true, true, true]);
    let both = "?environment=production&beginning=att_";
    assert_eq!(found(&mut world.ada, both).await.0, [false, true, false]);
    let mut bob = world.site.person("bob@example.com").await;
    assert!(!bob.get("/account/keys").await.text.contains("staging"), "they are hers");
    world.site.close().await;
}
