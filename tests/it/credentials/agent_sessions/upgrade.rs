//! The page that an agent hands its owner over to when the plan ends (contracts/credentials.md
//! 1.9).

use serde_json::json;

use super::{Client, session, site, site_with, text};
use crate::support::person::Person;

const BILLING: &str = "billing_url = \"https://example.com/billing?plan=pro\"\n";

/// The link as `upgrade-link` prints it.
fn link(account: &str, reason: &str) -> String {
    let pairs = [("account", account), ("mode", "detached"), ("reason", reason)];
    let query = url::form_urlencoded::Serializer::new(String::new())
        .extend_pairs(pairs)
        .append_pair("command", "rm -rf \u{202e}/")
        .finish();
    format!("/account/billing/agent-upgrade?{query}")
}

/// AA23: whom `GET /account` names opens the page after signing in, and finds what the agent told,
/// as its words alone, and the operator's billing page.
#[tokio::test]
async fn the_owner_signs_in_on_the_way_and_goes_on_to_billing() {
    let site = site_with(BILLING).await;
    let mut ada = site.person("ada@example.com").await;
    let client = Client::of(&site);
    let held = session(&client, &mut ada).await;
    let told = client.get_as(text(&held, "access_token"), "/account").await.json();
    let link = link(text(&told, "id"), "<b>Free</b> plan reached");

    let mut nobody = Person::new(&site, "ada@example.com");
    let reply = nobody.get(&link).await;
    let place = reply.header("location").expect("a location").to_owned();
    assert!(reply.status == 303 && place.starts_with("/sign-in?return_to="), "{place}");
    let return_to = place.trim_start_matches("/sign-in?").to_owned();
    let pairs: Vec<_> = url::form_urlencoded::parse(return_to.as_bytes()).collect();
    assert_eq!(pairs[0].1, link, "nothing of it is lost on the way");

    let page = ada.get(&link).await;
    assert_eq!(page.status, 200, "{}", page.text);
    assert!(page.text.contains("&#60;b&#62;Free&#60;/b&#62; plan reached"), "{}", page.text);
    assert!(page.text.contains("rm -rf /") && !page.text.contains('\u{202e}'), "{}", page.text);
    assert!(page.text.contains("href=\"https://example.com/billing?plan=pro\""), "{}", page.text);
    assert!(!page.text.contains("<form method=\"post\" action=\"/account/billing"));
    site.close().await;
}

/// AA23: who holds a link to somebody else's account is shown nothing of what it says, and no
/// agent's session stands in for its owner.
#[tokio::test]
async fn nobody_but_the_owner_of_the_account_is_sent_to_billing() {
    let site = site_with(BILLING).await;
    let mut ada = site.person("ada@example.com").await;
    let mut bob = site.person("bob@example.com").await;
    let client = Client::of(&site);
    let held = session(&client, &mut ada).await;
    let access = text(&held, "access_token");
    let account = client.get_as(access, "/account").await.json()["id"].clone();
    let link = link(account.as_str().expect("an account"), "Free plan reached");
    for (path, status) in [
        (link.as_str(), 403),
        ("/account/billing/agent-upgrade", 400),
        ("/account/billing/agent-upgrade?account=", 400),
        ("/account/billing/agent-upgrade?account=%00", 400),
    ] {
        let reply = bob.get(path).await;
        assert_eq!(reply.status, status, "{path}");
        assert!(!reply.text.contains("Free plan") && !reply.text.contains("example.com/billing"));
    }
    let doubled = format!("{link}&account=acc_other");
    assert_ne!(ada.get(&doubled).await.status, 200, "a parameter that is there twice names nobody");
    assert_eq!(client.get_as(access, &link).await.status, 303);
    site.close().await;
}

/// AA23: without the setting there is no such page, and nothing that an agent says makes one.
#[tokio::test]
async fn there_is_no_such_page_unless_the_operator_names_where_plans_are_changed() {
    let site = site().await;
    let mut ada = site.person("ada@example.com").await;
    let reply = ada.get(&link("acc_1", "Free plan reached")).await;
    assert_eq!(reply.status, 404);
    let client = Client::of(&site);
    let body = json!({ "account": "acc_1" });
    assert_eq!(client.post("/account/billing/agent-upgrade", &body).await.status, 405);
    site.close().await;
}
