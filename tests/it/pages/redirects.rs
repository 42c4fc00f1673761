//! Where people are sent on: to pages of this server, and nowhere else.

use super::forms;
use crate::support::person::{Person, form_token};
use crate::support::{PASSWORD, Site};

/// Near misses of a way back, each of which some parser takes for another place.
const ELSEWHERE: [&str; 34] = [
    "https://evil.example/",
    "http://evil.example",
    "//evil.example",
    "///evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "/%5cevil.example",
    "/%2f%2fevil.example",
    "https:evil.example",
    "https:/evil.example",
    "javascript:alert(1)",
    "java\tscript:alert(1)",
    "data:text/html,x",
    " //evil.example",
    "\t//evil.example",
    "\u{a0}//evil.example",
    "/account/sessions@evil.example",
    "/account/sessions//evil.example",
    "/account/sessions/../../evil",
    "/account/sessions/%2e%2e",
    "/account/sessions?next=//evil.example",
    "/account/sessions#//evil.example",
    "/account/sessions\r\nSet-Cookie: a=b",
    "/account/sessions\n",
    "/approve/",
    "/approve/../sign-out",
    "/approve//evil.example",
    "/approve/x?code=none&next=//evil.example",
    "/approve/x?code=none#",
    "/APPROVE/x",
    "/sign-out",
    "/demo/whoami",
    "account/sessions",
    "/",
];

/// No open redirect (OWASP unvalidated redirects): each near miss leads to the usual page.
#[tokio::test]
async fn a_way_back_that_is_no_page_of_ours_is_ignored_everywhere() {
    let site = Site::open_with("[limits]\nsign_ups_per_address_per_hour = 100").await;
    let mut ada = site.person("ada@example.com").await;
    let mut visitor = Person::new(&site, "ada@example.com");
    for place in ELSEWHERE {
        let encoded: String = url::form_urlencoded::byte_serialize(place.as_bytes()).collect();
        let shown = ada.get(&format!("/sign-in?return_to={encoded}")).await;
        assert_eq!(shown.header("location"), Some("/account/sessions"), "{place:?} signed in");
        for page in ["/sign-in", "/sign-up"] {
            let shown = visitor.get(&format!("{page}?return_to={encoded}")).await;
            assert_eq!(shown.status, 200);
            assert!(!shown.text.contains("evil"), "{place:?} on {page}");
            let form = forms(page, &shown.text).remove(0);
            let back = form.fields.iter().find(|(name, _)| name == "return_to").expect("a field");
            assert_eq!(back.1, "", "{place:?} in the form of {page}");
        }
        let token = form_token(&ada.get("/account/sessions").await);
        let fields = [("return_to", place), ("csrf", token.as_str())];
        let left = ada.post_raw("/sign-out", &fields).await;
        assert_eq!(left.header("location"), Some("/sign-in"), "{place:?} at sign-out");
        let token = form_token(&ada.get("/sign-in").await);
        let fields = [
            ("email", "ada@example.com"),
            ("password", PASSWORD),
            ("return_to", place),
            ("csrf", token.as_str()),
        ];
        let entered = ada.post_raw("/sign-in", &fields).await;
        assert_eq!(entered.status, 303);
        assert_eq!(entered.header("location"), Some("/account/sessions"), "{place:?} at sign-in");
    }
    let mut newcomer = Person::new(&site, "bob@example.com");
    let fields =
        [("email", "bob@example.com"), ("password", PASSWORD), ("return_to", "//evil.example")];
    let entered = newcomer.post_from("/sign-up", "/sign-up", &fields).await;
    assert_eq!(entered.header("location"), Some("/account/sessions"));
    site.close().await;
}

/// A page of ours is returned to, so that a person lands on the question they came for.
#[tokio::test]
async fn a_way_back_to_a_page_of_ours_is_kept() {
    let site = Site::open().await;
    let mut ada = site.add_person("ada@example.com").await;
    for place in [
        "/approve/cvt_x",
        "/approve/cvt_x?code=none",
        "/account/sessions",
        "/account/sessions/ses_1",
    ] {
        ada.cookie = None;
        let encoded: String = url::form_urlencoded::byte_serialize(place.as_bytes()).collect();
        let token = form_token(&ada.get(&format!("/sign-in?return_to={encoded}")).await);
        let fields = [
            ("email", "ada@example.com"),
            ("password", PASSWORD),
            ("return_to", place),
            ("csrf", token.as_str()),
        ];
        let entered = ada.post_raw("/sign-in", &fields).await;
        assert_eq!(entered.header("location"), Some(place));
    }
    site.close().await;
}

/// A forged Host or forwarded header moves no redirect and no link (case T8).
#[tokio::test]
async fn a_forged_host_moves_nothing() {
    let site = Site::open().await;
    let ada = site.person("ada@example.com").await;
    let cookie = ada.cookie.clone().expect("a cookie");
    for path in ["/sign-in", "/account/sessions", "/", "/approve/cvt_x", "/nothing"] {
        let request = site.client.get(format!("{}{path}", site.url)).header("cookie", &cookie);
        let request = request
            .header("host", "evil.example")
            .header("x-forwarded-host", "evil.example")
            .header("x-forwarded-proto", "https")
            .header("forwarded", "host=evil.example;proto=https")
            .header("accept", "text/html");
        let reply = crate::support::reply::Reply::of(request).await;
        assert!(!reply.text.contains("evil.example"), "{path}");
        assert!(reply.header("location").is_none_or(|place| place.starts_with("/account")));
    }
    site.close().await;
}

/// No open redirect below an issuer's path either: what is left of an address when the path is
/// taken off leads nowhere else, however it is spelled.
#[tokio::test]
async fn no_spelling_below_the_path_of_an_issuer_leads_elsewhere() {
    let site = Site::open_below("/auth").await;
    let mut visitor = Person::new(&site, "ada@example.com");
    for path in [
        "/auth//evil.example",
        "/auth///evil.example/account/sessions",
        "/auth/\\evil.example",
        "/auth/%2f%2fevil.example",
        "/auth/account/sessions//evil.example",
        "/auth/https://evil.example",
        "/auth/auth/account/sessions",
        "/authevil/account/sessions",
        "/auth/account/sessions?return_to=//evil.example",
        "/auth/sign-in?return_to=/auth//evil.example",
        "/auth?//evil.example",
    ] {
        let reply = visitor.get(path).await;
        let location = reply.header("location").unwrap_or("/auth/sign-in");
        assert!(location.starts_with("/auth/sign-in"), "{path} leads to {location}");
        assert!(!location.contains("evil"), "{path} leads to {location}");
    }
    site.close().await;
}
