//! Which browser may answer (promise P5), and what it is shown.

use crate::support::Site;
use crate::support::client::{CALLBACK, Callback, Client, approve};
use crate::support::reply::Reply;

/// Promise P5, RFC 9700 §4.7: a link sent to somebody else asks nothing of them, so nobody
/// approves a stranger's agent by following it.
#[tokio::test]
async fn a_question_is_answered_in_the_browser_that_began_only() {
    let site = Site::open().await;
    let mut mallory = site.person("mallory@example.com").await;
    let mut ada = site.person("ada@example.com").await;
    let client = Client::register(&site).await;
    let link = client.send(&mut mallory, &[]).await;
    let page = ada.get(&link).await;
    assert_eq!(page.status, 403);
    assert!(!page.text.contains("Test client"), "nothing of the request is shown");
    let token = crate::support::person::form_token(&ada.get("/account/sessions").await);
    let fields = [("decision", "approve"), ("scope", "demo:read"), ("csrf", token.as_str())];
    assert_eq!(ada.post_raw(&link, &fields).await.status, 403);
    assert_eq!(site.count("SELECT COUNT(*) FROM session").await, 0);
    approve(&mut mallory, &link).await;
    site.close().await;
}

/// The mark outlives signing in: a person who was signed out finishes what an agent began.
#[tokio::test]
async fn signing_in_on_the_way_keeps_the_question() {
    let site = Site::open().await;
    let mut ada = site.person("ada@example.com").await;
    let client = Client::register(&site).await;
    ada.cookie = None;
    let link = client.send(&mut ada, &[]).await;
    let reply = ada.get(&link).await;
    assert_eq!(reply.status, 303);
    assert!(reply.header("location").is_some_and(|path| path.starts_with("/sign-in")));
    assert_eq!(ada.sign_in().await.status, 303);
    approve(&mut ada, &link).await;
    site.close().await;
}

/// pages.md 18, actor T10: a report stops what else this client asks here, and not what it asks
/// of other people elsewhere: a service may have registered once for all of them.
#[tokio::test]
async fn a_report_stops_the_clients_other_questions_from_the_same_place_only() {
    let desk = format!("[[client]]\nclient_id = 'desk'\nredirect_uris = ['{CALLBACK}']\n");
    let settings = format!("trusted_proxies = [\"127.0.0.1/32\"]\n{desk}");
    let site = Site::open_with(&settings).await;
    let mut ada = site.person("ada@example.com").await;
    let mut bob = site.person("bob@example.com").await;
    let client = Client::register(&site).await;
    let elsewhere = site.client.get(format!("{}{}", site.url, client.request(&[])));
    let began = Reply::of(elsewhere.header("x-forwarded-for", "203.0.113.9")).await;
    let mark = began.header("set-cookie").expect("a mark").split(';').next();
    bob.mark = mark.map(ToOwned::to_owned);
    let of_bob = began.header("location").expect("a location").to_owned();

    let other = client.send(&mut ada, &[]).await;
    let reported = client.send(&mut ada, &[]).await;
    assert_eq!(ada.answer(&reported, &[("decision", "report")]).await.status, 303);
    assert_eq!(ada.get(&other).await.status, 410, "the same client at the same place");
    approve(&mut bob, &of_bob).await;
    assert_eq!(client.redeem(&Callback::of(&bob.get(&of_bob).await).code(), &[]).await.status, 200);

    let written_down = [("client_id", "desk")];
    let other = client.send(&mut ada, &written_down).await;
    let reported = client.send(&mut ada, &written_down).await;
    assert_eq!(ada.answer(&reported, &[("decision", "report")]).await.status, 303);
    assert_eq!(ada.get(&other).await.status, 410, "whoever its client is known by");
    site.close().await;
}

/// Case 064: a forged answer changes nothing.
#[tokio::test]
async fn a_forged_answer_is_refused() {
    let site = Site::open().await;
    let mut ada = site.person("ada@example.com").await;
    let client = Client::register(&site).await;
    let link = client.send(&mut ada, &[]).await;
    let fields = [("decision", "approve"), ("scope", "demo:read")];
    assert_eq!(ada.post_raw(&link, &fields).await.status, 403);
    let forged = [fields[0], fields[1], ("csrf", "AAAA")];
    assert_eq!(ada.post_raw(&link, &forged).await.status, 403);
    assert_eq!(site.count("SELECT COUNT(*) FROM session").await, 0);
    approve(&mut ada, &link).await;
    site.close().await;
}

/// pages.md point 20: once the client has collected, a reload shows the receipt and moves
/// nobody on; until then it carries the same code.
#[tokio::test]
async fn a_reload_carries_the_same_code_until_it_is_redeemed() {
    let site = Site::open().await;
    let mut ada = site.person("ada@example.com").await;
    let client = Client::register(&site).await;
    let link = client.send(&mut ada, &[]).await;
    approve(&mut ada, &link).await;
    let first = Callback::of(&ada.get(&link).await).code();
    assert_eq!(Callback::of(&ada.get(&link).await).code(), first);
    assert_eq!(client.redeem(&first, &[]).await.status, 200);
    let receipt = ada.get(&link).await;
    assert_eq!(receipt.status, 200);
    assert!(!receipt.text.contains("http-equiv=\"refresh\"") && !receipt.text.contains(&first));
    site.close().await;
}

/// oauth.md trap 18: the answer to the form stays on this origin, so `form-action 'self'`
/// holds nobody up; the target is text, never markup.
#[tokio::test]
async fn the_page_that_moves_on_escapes_its_target() {
    let site = Site::open().await;
    let mut ada = site.person("ada@example.com").await;
    let metadata = serde_json::json!({
        "client_name": "<script>alert(1)</script>",
        "redirect_uris": ["cursor://anysphere.cursor-mcp/oauth?a='b'"],
        "token_endpoint_auth_method": "none",
    });
    let client = Client::register_as(&site, &metadata).await;
    let change = [("redirect_uri", ""), ("state", "\"><script>alert(2)</script>")];
    let link = client.send(&mut ada, &change).await;
    let fields = [("decision", "approve"), ("scope", "demo:read"), ("confirm_brand", "yes")];
    assert_eq!(ada.answer(&link, &fields).await.status, 303);
    let page = ada.get(&link).await;
    assert_eq!(page.status, 200);
    assert!(!page.text.contains("<script>alert"), "{}", page.text);
    let back = Callback::of(&page);
    assert_eq!(back.0.scheme(), "cursor");
    assert_eq!(back.get("state").as_deref(), Some("\"><script>alert(2)</script>"));
    site.close().await;
}
