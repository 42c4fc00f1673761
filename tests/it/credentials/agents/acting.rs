//! `act_as`: a person's own token acts as one of that person's agents.

use std::time::{Duration, Instant};

use super::{USER_TOKENS, agent, ask, forward, make, remove, site};
use crate::support::Site;
use crate::support::reply::Reply;

async fn acting(site: &Site, token: &str, said: &[&str]) -> Reply {
    let bearer = format!("Bearer {token}");
    let mut headers = vec![("authorization", bearer.as_str())];
    headers.extend(said.iter().map(|said| ("X-Agent-ID", *said)));
    forward(site, "agrenting", &headers).await
}

/// AG10: with no agent or one, none need be named; with several one must be, in the header that the
/// refusal names; and what is not the caller's own is refused, whether or not it exists.
#[tokio::test]
async fn a_user_token_names_its_agent_where_there_are_several() {
    let site = site().await;
    let mut ada = site.person("ada@example.com").await;
    let mut bob = site.person("bob@example.com").await;
    let foreign = agent(&mut bob, "his").await;
    let none = make(&mut ada, USER_TOKENS, "").await.secret;
    let reply = acting(&site, &none, &[]).await;
    assert_eq!((reply.status, reply.header("countersign-agent-id")), (200, Some("")));
    assert_eq!(acting(&site, &none, &[&foreign]).await.status, 403);
    let one = agent(&mut ada, "one").await;
    let token = make(&mut ada, USER_TOKENS, "").await.secret;
    let reply = acting(&site, &token, &[]).await;
    assert_eq!((reply.status, reply.header("countersign-agent-id")), (200, Some(one.as_str())));
    let two = agent(&mut ada, "two").await;
    let token = make(&mut ada, USER_TOKENS, "").await.secret;
    let absent = acting(&site, &token, &[]).await;
    assert_eq!(absent.status, 400, "{}", absent.text);
    let error = absent.json()["errors"][0].clone();
    assert_eq!(error["code"], "BAD_REQUEST");
    assert!(error["message"].as_str().is_some_and(|said| said.contains("X-Agent-ID")), "{error}");
    for (said, status) in [
        (vec![one.as_str()], 200),
        (vec![two.as_str(), two.as_str()], 200),
        (vec![one.as_str(), two.as_str()], 403),
        (vec![foreign.as_str()], 403),
        (vec!["agt_x"], 403),
        (vec!["two"], 403),
        (vec!["\u{e4}"], 403),
        (vec![""], 403),
    ] {
        let reply = acting(&site, &token, &said).await;
        assert_eq!(reply.status, status, "{said:?}: {}", reply.text);
        if status == 200 {
            assert_eq!(reply.header("countersign-agent-id"), Some(said[0]));
        } else {
            assert_eq!(reply.json()["errors"][0]["code"], "FORBIDDEN", "{said:?}");
        }
    }
    let known = ask(&site, "agrenting", &token).await.json();
    assert!(known.get("agent_id").is_none(), "only a request says whom it acts as: {known}");
    site.close().await;
}

/// AG10: an agent that was made a moment ago is acted as at once, and one that was removed no more,
/// on every node, though the token is remembered.
#[tokio::test]
async fn a_user_token_acts_as_new_agents_at_once_and_as_removed_ones_no_more() {
    let site = site().await;
    let mut ada = site.person("ada@example.com").await;
    let (one, two) = (agent(&mut ada, "one").await, agent(&mut ada, "two").await);
    let token = make(&mut ada, USER_TOKENS, "").await.secret;
    let second = site.second_node().await;
    for node in [&site, &second] {
        assert_eq!(acting(node, &token, &[&two]).await.status, 200);
    }
    let three = agent(&mut ada, "three").await;
    assert_eq!(acting(&site, &token, &[&three]).await.status, 200);
    for gone in [&two, &three] {
        assert_eq!(remove(&mut ada, gone).await.status, 303);
        assert_eq!(acting(&site, &token, &[gone]).await.status, 403);
        let limit = Instant::now() + Duration::from_secs(10);
        while acting(&second, &token, &[gone]).await.status != 403 {
            assert!(Instant::now() < limit, "it is still believed");
        }
    }
    let reply = acting(&site, &token, &[]).await;
    assert_eq!((reply.status, reply.header("countersign-agent-id")), (200, Some(one.as_str())));
    second.close().await;
    site.close().await;
}
