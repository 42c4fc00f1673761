//! The authorization request: what is refused on a page, what is told to the client, and
//! what is asked.

use countersign::flow::upkeep;
use countersign::protocol::timestamp::Seconds;
use serde_json::{Value, json};
use url::Url;

use crate::support::Site;
use crate::support::client::{CALLBACK, Callback, Client, VERIFIER, challenge};
use crate::support::person::{Person, between};
use crate::support::reply::Reply;

async fn approvals(site: &Site) -> i64 {
    site.count("SELECT COUNT(*) FROM approval").await
}

/// The error that the client is told, by us and with its state, while nobody is asked.
async fn told(client: &Client<'_>, person: &mut Person, change: &[(&str, &str)]) -> String {
    let reply = person.get(&client.request(change)).await;
    assert_eq!(reply.status, 302, "{change:?}: {}", reply.text);
    let back = Callback::at(&reply);
    let error = back.get("error").unwrap_or_else(|| panic!("an error: {}", back.0));
    back.assert_error(client.site, &error);
    assert_eq!(approvals(client.site).await, 0, "{change:?}");
    error
}

/// oauth.md trap 19, and RFC 6749 §4.1.2.1: what cannot be trusted is no place to go.
#[tokio::test]
async fn an_unknown_client_is_told_on_a_page() {
    let site = Site::open().await;
    let mut ada = site.person("ada@example.com").await;
    let client = Client::register(&site).await;
    for change in [[("client_id", "nobody")], [("client_id", "")]] {
        let reply = ada.get(&client.request(&change)).await;
        assert_eq!(reply.status, 400, "{change:?}");
        assert!(reply.header("content-type").is_some_and(|kind| kind.starts_with("text/html")));
        assert_eq!(reply.header("location"), None);
    }
    assert_eq!(approvals(&site).await, 0);
    site.close().await;
}

/// oauth.md trap 15: mcp-remote asks its link for JSON before it opens a browser there, and
/// registers again when its client is gone. A browser, which takes HTML too, gets a page that
/// says how the program is made to forget the id.
#[tokio::test]
async fn a_program_that_takes_only_json_is_told_that_its_client_is_unknown() {
    let site = Site::open().await;
    let client = Client::register(&site).await;
    let url = format!("{}{}", site.url, client.request(&[("client_id", "forgotten")]));
    let asked = |accepts: &str| Reply::of(site.client.get(&url).header("accept", accepts));
    let told = asked("application/json").await;
    assert_eq!(told.status, 401);
    assert_eq!(told.json()["error"], "invalid_client");
    for accepts in ["text/html,application/json;q=0.9,*/*;q=0.8", "*/*"] {
        let page = asked(accepts).await;
        assert_eq!(page.status, 400);
        assert!(
            page.text.contains("forgotten") && page.text.contains("mcp-remote"),
            "{}",
            page.text
        );
    }
    site.close().await;
}

/// Case 109: redirections are compared as text; nothing that is merely like one is one.
#[tokio::test]
async fn near_misses_of_a_redirection_are_refused_on_a_page() {
    const REGISTERED: &str = "https://client.example.com/cb";
    let near_misses = [
        "https://client.example.com/cb/",
        "https://client.example.com/cb?x=1",
        "https://client.example.com/cb?",
        "https://client.example.com/cb#",
        "https://client.example.com/cb#x",
        "https://client.example.com/cb/..",
        "https://client.example.com/a/../cb",
        "https://client.example.com/./cb",
        "https://client.example.com/%63b",
        "https://client.example.com/cb%20",
        "https://client.example.com/cb%00",
        "https://client.example.com/CB",
        "https://client.example.com//cb",
        "https://client.example.com:443/cb",
        "https://client.example.com:8443/cb",
        "https://client.example.com.:443/cb",
        "https://client.example.com./cb",
        "https://CLIENT.example.com/cb",
        "HTTPS://client.example.com/cb",
        "http://client.example.com/cb",
        "https:client.example.com/cb",
        "https:/client.example.com/cb",
        "https:///client.example.com/cb",
        "https://client.example.com\\@evil.example/cb",
        "https://client.example.com@evil.example/cb",
        "https://user@client.example.com/cb",
        "https://user:pass@client.example.com/cb",
        "https://client.example.com.evil.example/cb",
        "https://evilclient.example.com/cb",
        "https://sub.client.example.com/cb",
        "https://example.com/cb",
        "//client.example.com/cb",
        "/cb",
        "javascript:alert(1)",
        "https://client.example.com/cb\t",
        " https://client.example.com/cb",
        "https://client.example.com/cb https://evil.example",
        "https://client%2eexample.com/cb",
    ];
    let site = Site::open().await;
    let mut ada = site.person("ada@example.com").await;
    let metadata = serde_json::json!({
        "redirect_uris": [REGISTERED], "token_endpoint_auth_method": "none",
    });
    let client = Client::register_as(&site, &metadata).await;
    for near_miss in near_misses {
        let reply = ada.get(&client.request(&[("redirect_uri", near_miss)])).await;
        assert_eq!((reply.status, reply.header("location")), (400, None), "{near_miss}");
    }
    assert_eq!(approvals(&site).await, 0);
    let link = client.send(&mut ada, &[("redirect_uri", REGISTERED)]).await;
    assert_eq!(ada.get(&link).await.status, 200);
    site.close().await;
}

/// RFC 8252 §7.3, stock defect 7: the port of a loopback redirection is the client's choice,
/// whatever the host is called; nothing else about it is.
#[tokio::test]
async fn a_loopback_redirection_may_use_any_port() {
    let site = Site::open().await;
    let mut ada = site.person("ada@example.com").await;
    for host in ["127.0.0.1", "[::1]", "localhost"] {
        let registered = format!("http://{host}/cb");
        let metadata = serde_json::json!({
            "redirect_uris": [registered], "token_endpoint_auth_method": "none",
        });
        let client = Client::register_as(&site, &metadata).await;
        let presented = format!("http://{host}:51234/cb");
        let link = client.send(&mut ada, &[("redirect_uri", &presented)]).await;
        assert_eq!(ada.get(&link).await.status, 200, "{presented}");
        for other in [format!("http://{host}:51234/cb2"), format!("https://{host}:51234/cb")] {
            let reply = ada.get(&client.request(&[("redirect_uri", &other)])).await;
            assert_eq!(reply.status, 400, "{other}");
        }
    }
    site.close().await;
}

/// Case 111: a proof key is asked of everybody, of method S256, of the right shape.
#[tokio::test]
async fn a_request_without_a_sound_challenge_is_refused() {
    let site = Site::open().await;
    let mut ada = site.person("ada@example.com").await;
    let client = Client::register(&site).await;
    let long = "a".repeat(129);
    let sound = challenge(VERIFIER);
    for change in [
        vec![("code_challenge", "")],
        vec![("code_challenge_method", "plain")],
        vec![("code_challenge_method", "")],
        vec![("code_challenge_method", "s256")],
        vec![("code_challenge_method", "S512")],
        vec![("code_challenge", sound.get(1..).unwrap())],
        vec![("code_challenge", long.as_str())],
        vec![("code_challenge", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw=cM")],
        vec![("code_challenge", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw+cM")],
    ] {
        assert_eq!(told(&client, &mut ada, &change).await, "invalid_request");
    }
    site.close().await;
}

/// Stock defects 5 and 6, RFC 6749 §3.1: what is said twice is not understood; only
/// `resource` may repeat (RFC 8707 §2).
#[tokio::test]
async fn repeated_parameters_are_refused_and_resource_may_repeat() {
    let site = Site::open().await;
    let mut ada = site.person("ada@example.com").await;
    let client = Client::register(&site).await;
    for name in ["scope", "state", "client_id", "redirect_uri", "code_challenge", "nonce", "x"] {
        let path = format!("{}&{name}=a&{name}=b", client.request(&[]));
        let reply = ada.get(&path).await;
        assert_eq!((reply.status, reply.header("location")), (400, None), "{name}");
    }
    assert_eq!(approvals(&site).await, 0);
    let resource = format!("{}/demo", site.app.issuer());
    let encoded: String = url::form_urlencoded::byte_serialize(resource.as_bytes()).collect();
    let path = format!("{}&resource={encoded}&resource={encoded}", client.request(&[]));
    assert_eq!(ada.get(&path).await.status, 303);
    site.close().await;
}

/// RFC 8707 §2: a target this server does not know is no target.
#[tokio::test]
async fn an_unknown_resource_is_told_to_the_client() {
    let site = Site::open().await;
    let mut ada = site.person("ada@example.com").await;
    let client = Client::register(&site).await;
    for resource in ["https://other.example.com/", "not a url", "http://127.0.0.1:1/demo"] {
        assert_eq!(told(&client, &mut ada, &[("resource", resource)]).await, "invalid_target");
    }
    site.close().await;
}

/// RFC 6749 §4.1.2.1: every refusal the client may hear is one its specification names.
#[tokio::test]
async fn what_is_not_offered_is_told_in_the_specifications_words() {
    let site = Site::open().await;
    let mut ada = site.person("ada@example.com").await;
    let client = Client::register(&site).await;
    for (name, value, error) in [
        ("response_type", "token", "unsupported_response_type"),
        ("response_type", "", "unsupported_response_type"),
        ("response_type", "code id_token", "unsupported_response_type"),
        ("scope", "a\"b", "invalid_scope"),
        ("request", "eyJhbGciOiJub25lIn0.e30.", "request_not_supported"),
        ("prompt", "none", "consent_required"),
    ] {
        assert_eq!(told(&client, &mut ada, &[(name, value)]).await, error);
    }
    site.close().await;
}

/// oauth.md rows 29 and trap 21: unknown scopes are left out, none means the default, and
/// what clients add by habit is accepted.
#[tokio::test]
async fn unknown_scopes_and_parameters_are_left_out() {
    let site = Site::open().await;
    let mut ada = site.person("ada@example.com").await;
    let client = Client::register(&site).await;
    for (change, shown, hidden) in [
        (vec![("scope", "")], "value=\"demo:read\"", "value=\"demo:write\""),
        (vec![("scope", "openid email profile")], "value=\"demo:read\"", "openid"),
        (
            vec![("scope", "demo:write offline_access"), ("prompt", "consent"), ("max_age", "0")],
            "value=\"demo:write\"",
            "offline_access",
        ),
    ] {
        let link = client.send(&mut ada, &change).await;
        let page = ada.get(&link).await.text;
        assert!(page.contains(shown) && !page.contains(hidden), "{change:?}");
    }
    site.close().await;
}

/// RFC 6749 §3.1.2.3: with one redirection registered, the request may leave it out.
#[tokio::test]
async fn the_only_redirection_need_not_be_named() {
    let site = Site::open().await;
    let mut ada = site.person("ada@example.com").await;
    let client = Client::register(&site).await;
    let link = client.send(&mut ada, &[("redirect_uri", "")]).await;
    crate::support::client::approve(&mut ada, &link).await;
    let back = Callback::of(&ada.get(&link).await);
    assert!(back.0.as_str().starts_with(CALLBACK));
    assert_eq!(client.redeem(&back.code(), &[("redirect_uri", "")]).await.status, 200);
    site.close().await;
}

/// oauth.md trap 5, ADR 23: the origin of a resource is no resource, and the client is told so in
/// words; beyond that names are compared as they are (trap 1).
#[tokio::test]
async fn an_origin_stands_for_no_resource_below_it() {
    let site = Site::open().await;
    let mut ada = site.person("ada@example.com").await;
    let client = Client::register(&site).await;
    for origin in [site.url.clone(), format!("{}/", site.url), format!("{}/demo/", site.url)] {
        let refused = ada.get(&client.request(&[("resource", &origin)])).await;
        let back = refused.header("location").expect("back to the client");
        assert!(back.contains("error=invalid_target"), "{back}");
        assert!(back.contains("error_description=resource+must+name+one"), "{back}");
    }
    let named = format!("{}/demo", site.url);
    let link = client.send(&mut ada, &[("resource", &named)]).await;
    assert_eq!(ada.get(&link).await.status, 200);
    site.close().await;
}

/// oauth.md trap 26, ADR 23: a client that forgot its refresh token asks from the beginning. It
/// gets a session of its own, and what may be another copy of it keeps the first.
#[tokio::test]
async fn a_whole_authorization_again_ends_no_other_session() {
    let site = Site::open().await;
    let mut ada = site.person("ada@example.com").await;
    let client = Client::register(&site).await;
    let first = client.redeem(&client.approved_by(&mut ada).await.code(), &[]).await.json();
    site.advance(Seconds::HOUR);
    let token = |tokens: &Value, name: &str| tokens[name].as_str().expect(name).to_owned();
    site.assert_dead(&token(&first, "access_token")).await;
    let second = client.redeem(&client.approved_by(&mut ada).await.code(), &[]).await.json();
    site.assert_live(&token(&second, "access_token")).await;
    let renewed = client.refresh(&token(&first, "refresh_token")).await.json();
    let sessions = [
        site.introspect(&token(&second, "access_token")).await.json()["session_id"].clone(),
        site.introspect(&token(&renewed, "access_token")).await.json()["session_id"].clone(),
    ];
    assert_ne!(sessions[0], sessions[1]);
    let list = ada.get("/account/sessions").await.text;
    assert_eq!(list.matches("<li>\n<div class=\"row apart\">").count(), 2, "both are shown");
    site.close().await;
}

/// Case 277: questions that one address brings are limited, and nothing is stored beyond.
#[tokio::test]
async fn requests_of_one_address_are_limited() {
    let limits = "[limits]\nauthorization_requests_per_address_per_hour = 2\n";
    let site = Site::open_with(limits).await;
    let mut ada = site.person("ada@example.com").await;
    let client = Client::register(&site).await;
    for _ in 0..2 {
        client.send(&mut ada, &[]).await;
    }
    let reply = ada.get(&client.request(&[])).await;
    assert_eq!(reply.status, 429);
    assert!(reply.header("retry-after").is_some());
    assert_eq!(approvals(&site).await, 2);
    site.close().await;
}

/// RFC 9110 §9.2.1: a program that only looks puts no question, takes up no pushed request and
/// counts against no limit; it hears the status that the browser would.
#[tokio::test]
async fn a_look_at_a_request_puts_no_question() {
    let limit = "[limits]\nauthorization_requests_per_address_per_hour = 2\n";
    let site = Site::open_with(limit).await;
    let client = Client::register(&site).await;
    let pushed: Vec<(String, String)> = Url::parse(&format!("{}{}", site.url, client.request(&[])))
        .expect("a URL")
        .query_pairs()
        .into_owned()
        .collect();
    let pushed = Reply::of(site.client.post(format!("{}/par", site.url)).form(&pushed)).await;
    assert_eq!(pushed.status, 201, "{}", pushed.text);
    let uri = pushed.json()["request_uri"].as_str().expect("a URI").to_owned();
    let query = url::form_urlencoded::Serializer::new(String::new())
        .extend_pairs([("client_id", client.id.as_str()), ("request_uri", uri.as_str())])
        .finish();
    let (sound, taken_up) = (client.request(&[]), format!("/authorize?{query}"));
    let events = "SELECT COUNT(*) FROM event WHERE kind = 'authorization.requested'";
    for path in [&sound, &taken_up] {
        for _ in 0..3 {
            let look = Reply::of(site.client.head(format!("{}{path}", site.url))).await;
            assert_eq!((look.status, look.header("location")), (303, None));
            assert_eq!(look.header("set-cookie"), None);
            assert_eq!(look.header("cache-control"), Some("no-store"));
        }
    }
    for (change, status) in [(("client_id", "nobody"), 400), (("code_challenge", ""), 302)] {
        let path = client.request(&[change]);
        let look = Reply::of(site.client.head(format!("{}{path}", site.url))).await;
        assert_eq!(look.status, status, "{change:?}");
    }
    assert_eq!((approvals(&site).await, site.count(events).await), (0, 0));
    for path in [&sound, &taken_up] {
        assert_eq!(site.get(path).await.status, 303);
    }
    assert_eq!((approvals(&site).await, site.count(events).await), (2, 2));
    let spent = Reply::of(site.client.head(format!("{}{taken_up}", site.url))).await;
    assert_eq!(spent.status, site.get(&taken_up).await.status, "it was another browser's");
    site.close().await;
}

/// RFC 9700 §4.11.2: anybody can register a site as a client, so a link of ours that cannot be
/// granted anyway would send people there unseen, and schemes of programs open sites as well.
/// They read where it leads first; what listens on this computer, and what the operator wrote
/// down, is told at once (RFC 6749 §4.1.2.1).
#[tokio::test]
async fn a_link_of_ours_sends_nobody_to_a_strangers_site_unseen() {
    const ELSEWHERE: &str = "https://agent.example.net/callback";
    let ours = format!("[[client]]\nclient_id = 'desk'\nredirect_uris = ['{ELSEWHERE}']\n");
    let site = Site::open_with(&ours).await;
    let mut ada = site.person("ada@example.com").await;
    let metadata = json!({
        "client_name": "Example API",
        "redirect_uris":
            [ELSEWHERE, "googlechromes://agent.example.net/", "http://127.0.0.1/callback"],
        "token_endpoint_auth_method": "none",
    });
    let stranger = Client::register_as(&site, &metadata).await;
    for unfit in [("response_type", "token"), ("code_challenge", ""), ("prompt", "none")] {
        let site_of_a_stranger = stranger.request(&[("redirect_uri", ELSEWHERE), unfit]);
        let page = ada.get(&site_of_a_stranger).await;
        assert_eq!((page.status, page.header("location")), (400, None), "{unfit:?}");
        assert!(!page.text.contains("http-equiv"), "{unfit:?}");
        let back = between(&page.text, "class=\"target\" href=\"", "\"").expect("a link");
        let back = back.replace("&#38;", "&");
        assert!(back.starts_with(&format!("{ELSEWHERE}?")), "{back}");
        assert!(back.contains("state=af0ifjsldkj") && back.contains("error="), "{back}");
        let browser = [("redirect_uri", "googlechromes://agent.example.net/"), unfit];
        let page = ada.get(&stranger.request(&browser)).await;
        assert_eq!((page.status, page.header("location")), (400, None), "a scheme opens sites");
        let program = [("redirect_uri", "http://127.0.0.1:4711/callback"), unfit];
        assert_eq!(ada.get(&stranger.request(&program)).await.status, 302, "{unfit:?}");
        let desk = [("client_id", "desk"), ("redirect_uri", ELSEWHERE), unfit];
        assert_eq!(ada.get(&stranger.request(&desk)).await.status, 302, "{unfit:?}");
    }
    assert_eq!(approvals(&site).await, 0);
    site.close().await;
}

/// A flaw: whoever sends browsers here leaves a question each time, for ever. One that nobody
/// answered goes a day after its end, and its event with it; what a person said, and what was
/// recorded of that, stays.
#[tokio::test]
async fn questions_that_nobody_answered_go_a_day_after_their_end() {
    let site = Site::open().await;
    let mut ada = site.person("ada@example.com").await;
    let client = Client::register(&site).await;
    site.get(&client.request(&[])).await;
    let answered = client.send(&mut ada, &[]).await;
    ada.deny(&answered, "not_now").await;
    let registered = site.agent().register_for("ada@example.com").await;
    let events = site.count("SELECT COUNT(*) FROM event").await;
    let longest = "SELECT MAX(expires_at - created_at) FROM approval WHERE registration_id IS NULL";
    let life = Seconds(site.count(longest).await);
    site.advance(Seconds(life.0 + Seconds::DAY.0));
    upkeep::sweep(&site.app).await.expect("swept");
    assert_eq!(approvals(&site).await, 3, "not a second early");
    site.advance(Seconds(1));
    upkeep::sweep(&site.app).await.expect("swept");
    assert_eq!(approvals(&site).await, 2);
    assert_eq!(site.count("SELECT COUNT(*) FROM event").await, events - 1);
    let requested = "SELECT COUNT(*) FROM event WHERE kind = 'authorization.requested'";
    assert_eq!(site.count(requested).await, 1, "that of the answered one");
    let kept = format!("SELECT COUNT(*) FROM approval WHERE registration_id = '{}'", registered.id);
    assert_eq!(site.count(&kept).await, 1, "a registration keeps its own");
    site.close().await;
}
