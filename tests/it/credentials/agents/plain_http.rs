//! `plain_http`: what comes in the clear is no secret any more (contracts/credentials.md, AG15).

use super::{AGENT_KEYS, PROFILES, agent, forward, make};
use crate::support::Site;
use crate::support::reply::Reply;

/// The settings with this line for the keys of agents.
fn with(line: &str) -> String {
    let keys = "type = \"agent-key\"\n";
    PROFILES.replace(keys, &format!("{keys}{line}\n"))
}

/// AG15: where the operator says so, a key or what it was traded for passes only if the proxy says
/// that it came over https; the owner reads of it, and the key itself goes on.
#[tokio::test]
async fn a_key_that_comes_in_the_clear_is_refused_where_the_operator_says_so() {
    let site = Site::open_with(&with("plain_http = \"refuse\"")).await;
    let mut ada = site.person("ada@example.com").await;
    let id = agent(&mut ada, "one").await;
    let key = make(&mut ada, AGENT_KEYS, &id).await;
    let request = site.client.post(format!("{}/auth/authenticate", site.url));
    let traded = Reply::of(request.header("x-api-key", &key.secret)).await.json();
    let bearer = format!("Bearer {}", traded["data"]["token"].as_str().expect("a token"));
    for credential in [("x-api-key", key.secret.as_str()), ("authorization", &bearer)] {
        for (proto, status) in [
            (vec![], 403),
            (vec![("x-forwarded-proto", "http")], 403),
            (vec![("x-forwarded-proto", "")], 403),
            (vec![("x-forwarded-proto", "https, http")], 403),
            (vec![("x-forwarded-proto", "https"), ("x-forwarded-proto", "http")], 400),
            (vec![("x-forwarded-proto", "https")], 200),
        ] {
            let headers = [vec![credential], proto].concat();
            let reply = forward(&site, "agrenting", &headers).await;
            assert_eq!(reply.status, status, "{headers:?}: {}", reply.text);
        }
    }
    let page = ada.get(&format!("/account/keys/{}", key.id)).await.text;
    assert_eq!(page.matches("Refused: the key came without encryption").count(), 1, "once a day");
    site.close().await;
}

/// AG15: nothing is said of it by default, and an API on this machine needs no encryption.
#[tokio::test]
async fn a_key_may_come_in_the_clear_where_nobody_minds_or_nobody_is_on_the_way() {
    let local = with("plain_http = \"refuse\"")
        .replace("https://agrenting.example.com", "http://127.0.0.1:3004");
    for settings in [with(""), with("plain_http = \"accept\""), local] {
        let site = Site::open_with(&settings).await;
        let mut ada = site.person("ada@example.com").await;
        let id = agent(&mut ada, "one").await;
        let key = make(&mut ada, AGENT_KEYS, &id).await;
        let reply = forward(&site, "agrenting", &[("x-api-key", &key.secret)]).await;
        assert_eq!(reply.status, 200, "{}", reply.text);
        site.close().await;
    }
}
