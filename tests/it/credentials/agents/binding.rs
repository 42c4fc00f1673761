//! `bind_agent`: identity comes from the key, and a request that contradicts it is refused.

use super::{agent, forward, make, site};

const HEADER: &str = "x-sentinel-agent-id";

/// AS20: a request that names another agent than its key's, by identifier or by name, is refused in
/// the dialect; one that names its own, or none, passes as that agent.
#[tokio::test]
async fn a_request_that_names_another_agent_than_its_key_is_refused() {
    let site = site().await;
    let mut ada = site.person("ada@example.com").await;
    let mut bob = site.person("bob@example.com").await;
    let (own, other) = (agent(&mut ada, "billing").await, agent(&mut ada, "support").await);
    let foreign = agent(&mut bob, "his").await;
    let key = make(&mut ada, "agent-sentinel", &own).await;
    for scheme in ["Bearer", "ApiKey"] {
        let authorization = format!("{scheme} {}", key.secret);
        let with = |said: &[&str]| {
            let mut headers = vec![("authorization".to_owned(), authorization.clone())];
            headers.extend(said.iter().map(|said| (HEADER.to_owned(), (*said).to_owned())));
            headers
        };
        for (said, status) in [
            (vec![], 200),
            (vec![own.as_str()], 200),
            (vec!["billing"], 200),
            (vec![own.as_str(), "billing"], 200),
            (vec![other.as_str()], 403),
            (vec!["support"], 403),
            (vec![foreign.as_str()], 403),
            (vec!["Billing"], 403),
            (vec![""], 403),
            (vec![own.as_str(), other.as_str()], 403),
        ] {
            let headers = with(&said);
            let headers: Vec<_> =
                headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
            let reply = forward(&site, "sentinel", &headers).await;
            assert_eq!(reply.status, status, "{said:?}: {}", reply.text);
            if status == 200 {
                assert_eq!(reply.header("countersign-agent-id"), Some(own.as_str()));
            } else {
                assert_eq!(reply.json()["detail"]["reason_code"], "no_access", "{said:?}");
                assert_eq!(reply.header("countersign-agent-id"), None);
            }
        }
    }
    site.close().await;
}

/// AS20: a key that is given to no agent makes none of whoever sends it, whatever he says; and what
/// another kind of key listens to says nothing here.
#[tokio::test]
async fn what_a_request_says_of_itself_makes_no_agent_of_it() {
    let site = site().await;
    let mut ada = site.person("ada@example.com").await;
    let id = agent(&mut ada, "billing").await;
    let nobodys = make(&mut ada, "agent-sentinel", "").await;
    let bearer = format!("Bearer {}", nobodys.secret);
    for name in [HEADER, "countersign-agent-id", "x-agent-id"] {
        let headers = [("authorization", bearer.as_str()), (name, id.as_str())];
        let reply = forward(&site, "sentinel", &headers).await;
        assert_eq!((reply.status, reply.header("countersign-agent-id")), (200, Some("")));
        assert_eq!(reply.header("countersign-agent"), Some(""));
    }
    let own = make(&mut ada, super::AGENT_KEYS, &id).await;
    let headers = [("x-api-key", own.secret.as_str()), ("x-agent-id", "agt_other")];
    let reply = forward(&site, "agrenting", &headers).await;
    assert_eq!((reply.status, reply.header("countersign-agent-id")), (200, Some(id.as_str())));
    site.close().await;
}
