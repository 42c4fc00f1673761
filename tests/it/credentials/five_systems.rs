//! Five products on one origin: `profiles/five-systems.toml` (contracts/credentials.md, section 3).

use crate::support::Site;
use crate::support::person::{Person, between};
use crate::support::reply::Reply;

const FIVE: &str = include_str!("../../../profiles/five-systems.toml");

/// Makes a key of this offer; the text that is shown once.
async fn make(person: &mut Person, (offer, agent): (&str, &str), scope: &str) -> String {
    let page = format!("/account/keys/new/{offer}");
    let fields =
        [("name", "Test"), ("scope", scope), ("lifetime", "until_revoked"), ("agent", agent)];
    let made = person.post_from(&page, &page, &fields).await;
    assert_eq!(made.status, 200, "{offer}: {}", made.text);
    between(&made.text, "data-copy-this dir=\"ltr\">", "</output>")
        .unwrap_or_else(|| panic!("{offer} shows no key: {}", made.text))
        .to_owned()
}

/// Section 3, "Routing": all five live on one origin; what a text is, its anchored prefix says, and
/// only the API that it was made for learns anything about it.
#[tokio::test]
async fn five_products_share_one_origin_and_no_key_is_anothers() {
    let site = Site::open_with(FIVE).await;
    let mut ada = site.person("ada@example.com").await;
    let page = "/account/agents";
    assert_eq!(ada.post_from(page, page, &[("name", "billing")]).await.status, 303);
    let list = ada.get(page).await.text;
    let hers = between(&list, "action=\"/account/agents/", "/remove\"").expect("an agent");
    let offers = [
        ("agent-analytics", "analytics:read", "aak_", "analytics", "secret"),
        ("agent-sentinel", "sentinel:read", "as_", "sentinel", "secret"),
        ("attractos", "sites:read", "att_", "attract", "secret"),
        ("agrenting_agent-key", "agents:read", "agk_", "agrenting", "agent-key"),
        ("agrenting_user-token", "agents:read", "ap_", "agrenting", "user-token"),
        ("agentvista", "read", "av_", "vista", "secret"),
    ];
    for (offer, scope, prefix, owner, kind) in offers {
        let agent = if kind == "agent-key" { hers } else { "" };
        let key = make(&mut ada, (offer, agent), scope).await;
        assert!(key.starts_with(prefix), "{offer}");
        for api in ["analytics", "sentinel", "attract", "agrenting", "vista"] {
            let request = site.client.post(format!("{}/introspect", site.url));
            let request = request.basic_auth(api, Some(format!("{api}-example-secret")));
            let told = Reply::of(request.form(&[("token", &key)])).await.json();
            assert_eq!(told["active"], api == owner, "{offer} at {api}: {told}");
            if api == owner {
                assert_eq!(told["credential_type"], kind);
                assert_eq!(told["scope"], scope);
            }
        }
    }
    let asked = serde_json::json!({ "client_type": "cli" });
    let door = site.post_json("/agent-sessions/start", &asked).await;
    assert_eq!(door.status, 201, "and agents ask as they are used to");
    site.close().await;
}
