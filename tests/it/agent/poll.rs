//! The claim grant: an agent polls for its human's answer (auth.md 2.6, RFC 8628 §3.5).

use countersign::protocol::timestamp::Seconds;

use super::{NO_LIMITS, connect, rows};
use crate::support::agent::{CLAIM_GRANT, member};
use crate::support::{EVENTS_API, Site};

/// Cases 054 and 136; RFC 8628 §3.5: each hasty poll adds five seconds, and the longer
/// interval is the one that is enforced.
#[tokio::test]
async fn a_hasty_poll_slows_down_and_the_longer_interval_is_enforced() {
    let site = Site::open().await;
    let agent = site.agent();
    let registered = agent.register_for("ada@example.com").await;
    let steps = [
        (0, "authorization_pending"),
        (4, "slow_down"),              // 10 from now on
        (9, "slow_down"),              // 15
        (14, "slow_down"),             // 20
        (20, "authorization_pending"), // on time
        (19, "slow_down"),             // 25
        (25, "authorization_pending"),
    ];
    for (index, (wait, expected)) in steps.into_iter().enumerate() {
        site.advance(Seconds(wait));
        let reply = agent.poll(&registered.claim_token).await;
        assert_eq!((reply.status, reply.error().as_str()), (400, expected), "step {index}");
    }
    assert_eq!(rows(&site, "session").await, 0);
    site.close().await;
}

/// Case 054: a poll at the announced interval is never told to slow down.
#[tokio::test]
async fn a_patient_agent_is_never_told_to_slow_down() {
    let site = Site::open().await;
    let agent = site.agent();
    let registered = agent.register_for("ada@example.com").await;
    for _ in 0..20 {
        agent.poll(&registered.claim_token).await.assert_error(400, "authorization_pending");
        site.advance(Seconds(5));
    }
    site.close().await;
}

/// Case 054: the pace is in the database; a restart forgets none of it.
#[tokio::test]
async fn a_restart_does_not_forget_the_pace() {
    let site = Site::open().await;
    let registered = site.agent().register_for("ada@example.com").await;
    site.agent().poll(&registered.claim_token).await.assert_error(400, "authorization_pending");
    let site = site.restart().await;
    site.agent().poll(&registered.claim_token).await.assert_error(400, "slow_down");
    site.close().await;
}

/// An answer that is there is delivered however fast the agent asks: slowing down is about
/// waiting only.
#[tokio::test]
async fn a_hasty_agent_gets_the_answer_once_it_is_there() {
    let site = Site::open().await;
    let mut ada = site.person("ada@example.com").await;
    let agent = site.agent();
    let registered = agent.register_for("ada@example.com").await;
    for _ in 0..3 {
        agent.poll(&registered.claim_token).await;
    }
    assert_eq!(ada.approve(&registered).await.status, 303);
    member(&agent.poll(&registered.claim_token).await, "access_token");
    site.close().await;
}

/// Cases 055 and 136; auth.md 2.6: the attempt's window, the outer window and an unknown
/// token are `expired_token`; a renewal reopens the first.
#[tokio::test]
async fn a_closed_window_is_expired_token_until_the_attempt_is_renewed() {
    let site = Site::open().await;
    let agent = site.agent();
    let registered = agent.register_for("ada@example.com").await;
    let token = registered.claim_token.as_str();
    site.advance(Seconds(599));
    agent.poll(token).await.assert_error(400, "authorization_pending");
    site.advance(Seconds(1));
    agent.poll(token).await.assert_error(400, "expired_token");
    assert_eq!(agent.start_claim(token, "ada@example.com").await.status, 200);
    agent.poll(token).await.assert_error(400, "authorization_pending");
    site.advance(Seconds::DAY);
    agent.poll(token).await.assert_error(400, "expired_token");
    for unknown in ["clm_unknown", "x", "aas_x"] {
        agent.poll(unknown).await.assert_error(400, "expired_token");
    }
    site.close().await;
}

/// Design, section 1: an approval that its agent does not fetch within the attempt's time
/// is over; no session comes of it.
#[tokio::test]
async fn an_approval_that_nobody_collects_in_time_comes_to_nothing() {
    let site = Site::open().await;
    let mut ada = site.person("ada@example.com").await;
    let agent = site.agent();
    let registered = agent.register_for("ada@example.com").await;
    site.advance(Seconds(599));
    assert_eq!(ada.approve(&registered).await.status, 303);
    site.advance(Seconds(600));
    agent.poll(&registered.claim_token).await.assert_error(400, "expired_token");
    assert_eq!(rows(&site, "token").await, 0);
    site.close().await;
}

/// oauth.md trap 29: a challenge on a 400 hides `authorization_pending` from one client.
#[tokio::test]
async fn no_answer_of_the_token_endpoint_carries_a_challenge() {
    let site = Site::open().await;
    let agent = site.agent();
    let registered = agent.register_for("ada@example.com").await;
    let replies = [
        agent.poll(&registered.claim_token).await,
        agent.poll(&registered.claim_token).await,
        agent.poll("clm_unknown").await,
        agent.exchange("a.b.c").await,
        agent.refresh("aar_unknown").await,
        agent.token(&[("grant_type", "password")]).await,
    ];
    for reply in replies {
        assert_eq!(reply.status, 400, "{}", reply.text);
        assert_eq!(reply.header("www-authenticate"), None, "{}", reply.text);
    }
    site.close().await;
}

/// RFC 8707 §2.2: a poll may repeat the resource it asked for; another one is refused and
/// does not spend the claim.
#[tokio::test]
async fn a_poll_for_another_resource_is_refused_and_spends_nothing() {
    let site = Site::open_with(EVENTS_API).await;
    let mut ada = site.person("ada@example.com").await;
    let agent = site.agent();
    let registered = agent.register_for("ada@example.com").await;
    let code = registered.user_code();
    let fields = [
        ("decision", "approve"),
        ("user_code", code.as_str()),
        ("scope", "events:read"),
        ("lifetime", "8h"),
    ];
    assert_eq!(ada.answer(&registered.link(), &fields).await.status, 303);
    let demo = format!("{}/demo", site.url);
    for resource in [demo.as_str(), "https://api.example.com//", "nonsense"] {
        let fields = [
            ("grant_type", CLAIM_GRANT),
            ("claim_token", &registered.claim_token),
            ("resource", resource),
        ];
        agent.token(&fields).await.assert_error(400, "invalid_target");
    }
    let fields = [
        ("grant_type", CLAIM_GRANT),
        ("claim_token", &registered.claim_token),
        ("resource", "https://api.example.com/"),
    ];
    assert_eq!(agent.token(&fields).await.json()["scope"], "events:read");
    site.close().await;
}

/// RFC 6749 §5.2: a poll without its claim token is malformed, not expired.
#[tokio::test]
async fn a_poll_without_a_claim_token_is_an_invalid_request() {
    let site = Site::open().await;
    let agent = site.agent();
    for fields in [
        &[("grant_type", CLAIM_GRANT)][..],
        &[("grant_type", CLAIM_GRANT), ("claim_token", "")][..],
        &[("grant_type", CLAIM_GRANT), ("code", "x")][..],
    ] {
        agent.token(fields).await.assert_error(400, "invalid_request");
    }
    site.close().await;
}

/// Design decision 1: callers who know auth.md's own paths find the same endpoints.
#[tokio::test]
async fn the_endpoints_answer_under_oauth2_as_well() {
    let site = Site::open_with(NO_LIMITS).await;
    let connected = connect(&site).await;
    let access = connected.access();
    let fields = [("grant_type", "refresh_token"), ("refresh_token", &connected.refresh())];
    assert_eq!(site.post_form("/oauth2/token", &fields).await.status, 200);
    let request = site.client.post(format!("{}/oauth2/introspect", site.url));
    let request = request.basic_auth("demo", Some("demo-secret")).form(&[("token", &access)]);
    let known = crate::support::reply::Reply::of(request).await;
    assert_eq!(known.json()["active"], true);
    assert_eq!(site.post_form("/oauth2/revoke", &[("token", &access)]).await.status, 200);
    site.assert_dead(&access).await;
    site.close().await;
}
