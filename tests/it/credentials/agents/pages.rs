//! A person makes agents, gives them keys and takes them away.

use std::time::{Duration, Instant};

use futures_util::future::join;

use super::{
    AGENT_KEYS, PROFILES, USER_TOKENS, agent, ask, fill, forward, is_live, make, remove, shown,
    site,
};
use crate::pages::{at_once, browser, with_status};
use crate::support::Site;
use crate::support::person::form_token;

/// AG05, AG11, AG12: an agent's key is made on a page, says at introspection and to the proxy
/// whose it is, stays the agent's when it is rotated, and ends with the old one dead at once.
#[tokio::test]
async fn an_agents_key_says_whose_it_is_from_its_making_to_its_end() {
    let site = site().await;
    let mut ada = site.person("ada@example.com").await;
    let id = agent(&mut ada, "billing-agent").await;
    let old = make(&mut ada, AGENT_KEYS, &id).await;
    let page = format!("/account/keys/{}", old.id);
    let new = shown(&ada.post_from(&page, &format!("{page}/rotate"), &[]).await);
    assert!(new.secret.starts_with("agk_"));
    assert!(!is_live(&site, "agrenting", &old.secret).await, "there is no overlap");
    let known = ask(&site, "agrenting", &new.secret).await.json();
    for (member, value) in [
        ("credential_type", "agent-key"),
        ("credential_id", new.id.as_str()),
        ("agent_id", id.as_str()),
        ("agent", "billing-agent"),
    ] {
        assert_eq!(known[member], value, "{known}");
    }
    assert_eq!(known["owner"], known["sub"]);
    let reply = forward(&site, "agrenting", &[("x-api-key", &new.secret)]).await;
    assert_eq!((reply.status, reply.header("countersign-agent-id")), (200, Some(id.as_str())));
    assert_eq!(reply.header("countersign-agent"), Some("billing%2Dagent"));
    let list = ada.get("/account/agents").await.text;
    assert!(list.contains(&format!("/account/keys/{}\"", new.id)), "{list}");
    assert!(!list.contains(&format!("/account/keys/{}\"", old.id)), "it is over");
    assert!(!list.contains(&new.secret) && list.contains(&new.secret[..10]));
    let page = format!("/account/keys/{}", new.id);
    assert_eq!(ada.post_from(&page, &format!("{page}/revoke"), &[]).await.status, 303);
    assert!(!is_live(&site, "agrenting", &new.secret).await);
    site.close().await;
}

/// AG11, promise P2: with an agent every key of its goes, on the next request, on every node and
/// for good, and no other key does.
#[tokio::test]
async fn an_agent_that_is_removed_takes_its_keys_with_it_on_every_node() {
    let site = site().await;
    let mut ada = site.person("ada@example.com").await;
    let (one, two) = (agent(&mut ada, "one").await, agent(&mut ada, "two").await);
    let own = make(&mut ada, AGENT_KEYS, &one).await;
    let bound = make(&mut ada, "agent-sentinel", &one).await;
    let others = make(&mut ada, AGENT_KEYS, &two).await;
    let nobodys = make(&mut ada, "agent-sentinel", "").await;
    let second = site.second_node().await;
    let held = [("agrenting", &own), ("sentinel", &bound)];
    for (api, key) in held {
        assert!(is_live(&site, api, &key.secret).await && is_live(&second, api, &key.secret).await);
    }
    let gone = remove(&mut ada, &one).await;
    assert_eq!((gone.status, gone.header("location")), (303, Some("/account/agents?done=removed")));
    let limit = Instant::now() + Duration::from_secs(10);
    for (api, key) in held {
        assert!(!is_live(&site, api, &key.secret).await);
        while is_live(&second, api, &key.secret).await {
            assert!(Instant::now() < limit, "it is still believed");
        }
        let page = ada.get(&format!("/account/keys/{}", key.id)).await.text;
        assert!(page.contains("Ended: its agent was removed"), "{page}");
    }
    assert_eq!(remove(&mut ada, &one).await.status, 404, "it is not there any more");
    second.close().await;
    let site = site.restart().await;
    assert!(!is_live(&site, "agrenting", &own.secret).await);
    assert!(is_live(&site, "agrenting", &others.secret).await);
    assert!(is_live(&site, "sentinel", &nobodys.secret).await);
    site.close().await;
}

/// Promise P1: a key that is given to an agent while the agent goes is refused or goes with it,
/// whichever is first; so does one that is rotated meanwhile.
#[tokio::test]
async fn no_key_outlives_its_agent_however_they_race() {
    let site = site().await;
    let mut ada = site.person("ada@example.com").await;
    let page = format!("/account/keys/new/{AGENT_KEYS}");
    for round in 0..4 {
        let id = agent(&mut ada, &format!("agent {round}")).await;
        let held = make(&mut ada, AGENT_KEYS, &id).await;
        let fields = vec![
            ("name", "Nightly".to_owned()),
            ("scope", "read".to_owned()),
            ("lifetime", "until_revoked".to_owned()),
            ("agent", id.clone()),
        ];
        let (mut one, mut two, mut three) = (
            browser(&site, "ada@example.com", ada.cookie.clone()),
            browser(&site, "ada@example.com", ada.cookie.clone()),
            browser(&site, "ada@example.com", ada.cookie.clone()),
        );
        let rotate = format!("/account/keys/{}/rotate", held.id);
        let made = at_once(&site, &mut one, &page, &page, vec![fields; 3]);
        let rotated = two.post_from("/account/agents", &rotate, &[]);
        let (_, gone) = join(join(made, rotated), remove(&mut three, &id)).await;
        assert_eq!(gone.status, 303, "{}", gone.text);
        let good = "SELECT COUNT(*) FROM api_key WHERE ended_at IS NULL";
        assert_eq!(site.count(good).await, 0, "round {round}");
        assert!(!is_live(&site, "agrenting", &held.secret).await);
    }
    site.close().await;
}

/// AS07, case 235: other people's agents do not exist: nobody else sees them, removes them, or
/// gives them a key; and only their owner's browser moves them.
#[tokio::test]
async fn nobody_but_its_owner_sees_removes_or_gives_to_an_agent() {
    let site = site().await;
    let mut ada = site.person("ada@example.com").await;
    let mut bob = site.person("bob@example.com").await;
    let id = agent(&mut ada, "billing-agent").await;
    let key = make(&mut ada, AGENT_KEYS, &id).await;
    assert!(!bob.get("/account/agents").await.text.contains(&id));
    for unknown in [id.as_str(), "agt_x", "%00"] {
        let path = format!("/account/agents/{unknown}/remove");
        assert_eq!(bob.post_from("/account/agents", &path, &[]).await.status, 404, "{unknown}");
    }
    for unknown in [id.as_str(), "agt_x", "\u{e4}", "agt_1' OR '1'='1"] {
        for offer in [AGENT_KEYS, "agent-sentinel"] {
            assert_eq!(fill(&mut bob, offer, unknown).await.status, 404, "{unknown}");
        }
    }
    let csrf = form_token(&bob.get("/").await);
    let path = format!("/account/agents/{id}/remove");
    for (cookie, csrf) in [(None, csrf.as_str()), (ada.cookie.clone(), &csrf)] {
        let mut thief = browser(&site, "eve@example.com", cookie);
        assert_eq!(thief.post_raw(&path, &[("csrf", csrf)]).await.status, 403);
        let made = thief.post_raw("/account/agents", &[("csrf", csrf), ("name", "x")]).await;
        assert_eq!(made.status, 403);
    }
    assert!(is_live(&site, "agrenting", &key.secret).await);
    assert_eq!(site.count("SELECT COUNT(*) FROM account_agent").await, 1);
    assert_eq!(site.count("SELECT COUNT(*) FROM api_key").await, 1);
    site.close().await;
}

/// An agent's own kind of key needs an agent, and one that is nobody's takes none.
#[tokio::test]
async fn each_kind_of_key_is_given_to_an_agent_as_its_kind_allows() {
    let site = site().await;
    let mut ada = site.person("ada@example.com").await;
    let page = ada.get(&format!("/account/keys/new/{AGENT_KEYS}")).await.text;
    assert!(page.contains("you have no agents yet"), "{page}");
    let missing = fill(&mut ada, AGENT_KEYS, "").await;
    assert_eq!(missing.status, 422);
    assert!(missing.text.contains("href=\"#agent\">Choose the agent that it is for."));
    let id = agent(&mut ada, "billing-agent").await;
    assert_eq!(fill(&mut ada, USER_TOKENS, &id).await.status, 400);
    assert_eq!(site.count("SELECT COUNT(*) FROM api_key").await, 0);
    let linked = ada.get(&format!("/account/keys/new/{AGENT_KEYS}?agent={id}")).await.text;
    assert!(linked.contains(&format!("value=\"{id}\" checked")), "{linked}");
    let unbound = make(&mut ada, "agent-sentinel", "").await;
    assert!(ask(&site, "sentinel", &unbound.secret).await.json().get("agent_id").is_none());
    let bound = make(&mut ada, "agent-sentinel", &id).await;
    assert_eq!(ask(&site, "sentinel", &bound.secret).await.json()["agent_id"], id.as_str());
    site.close().await;
}

/// pages.md point 12: what is missing, too long or deceives the eye is said or cleaned.
#[tokio::test]
async fn an_agent_needs_a_readable_name() {
    let site = site().await;
    let mut ada = site.person("ada@example.com").await;
    let page = "/account/agents";
    let long = "é".repeat(81);
    for (name, words) in [
        ("", "Give the agent a name."),
        ("\u{202E}\u{7}\u{200B}", "Give the agent a name."),
        (long.as_str(), "80 characters at most"),
    ] {
        let reply = ada.post_from(page, page, &[("name", name)]).await;
        assert_eq!(reply.status, 422, "{name:?}");
        assert!(reply.text.contains("aria-invalid=\"true\"") && reply.text.contains(words));
    }
    assert_eq!(ada.post_from(page, page, &[("name", "x"), ("name", "y")]).await.status, 400);
    assert_eq!(site.count("SELECT COUNT(*) FROM account_agent").await, 0);
    assert_eq!(ada.post_from(page, page, &[("name", "My\u{202E} <b>")]).await.status, 303);
    assert!(ada.get(page).await.text.contains("<bdi class=\"name\">My &#60;b&#62;</bdi>"));
    site.close().await;
}

/// An account has so many agents at a time, however many are asked for at once, and whoever takes
/// one away may have another.
#[tokio::test]
async fn an_account_has_no_more_agents_at_a_time_than_the_operator_allows() {
    let site = Site::open_with(&format!("[limits]\nagents_per_account = 2\n{PROFILES}")).await;
    let mut ada = site.person("ada@example.com").await;
    let first = agent(&mut ada, "first").await;
    let page = "/account/agents";
    let wanted = (0..5).map(|number| vec![("name", format!("agent {number}"))]).collect();
    let replies = at_once(&site, &mut ada, page, page, wanted).await;
    assert_eq!((with_status(&replies, 303), with_status(&replies, 422)), (1, 4));
    assert!(replies.iter().any(|reply| reply.text.contains("as many agents as")));
    site.advance(countersign::protocol::timestamp::Seconds::DAY.times(400));
    ada.sign_in().await;
    let full = ada.post_from(page, page, &[("name", "more")]).await;
    assert_eq!(full.status, 422, "no hour opens again what is no matter of hours");
    assert_eq!(remove(&mut ada, &first).await.status, 303);
    agent(&mut ada, "second").await;
    assert_eq!(site.count("SELECT COUNT(*) FROM account_agent").await, 2);
    let mut bob = site.person("bob@example.com").await;
    agent(&mut bob, "his").await;
    site.close().await;
}
