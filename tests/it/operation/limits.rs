//! `[limits]`, as countersign.default.toml describes them.

use crate::support::Site;

/// "Wrong codes by one person over all approvals": right ones are held against nobody, and
/// once the limit is reached a right one is refused too, so that it answers no guess.
#[tokio::test]
async fn only_wrong_codes_count_and_beyond_the_limit_no_code_is_looked_at() {
    let limits =
        "[limits]\ncode_guesses_per_account_per_hour = 3\ncode_guesses_per_address_per_hour = 3";
    let site = Site::open_with(limits).await;
    let (agent, mut ada) = (site.agent(), site.person("ada@example.com").await);
    for _approval in 0..5 {
        let registered = agent.register_for("ada@example.com").await;
        assert_eq!(ada.approve(&registered).await.status, 303);
    }
    let registered = agent.register_for("ada@example.com").await;
    let code = registered.user_code();
    let wrong = if code.starts_with('B') { "CCCC-CCCC" } else { "BBBB-BBBB" };
    for _guess in 0..3 {
        assert_eq!(ada.approve_code(&registered.link(), wrong).await.status, 422);
    }
    let refused = ada.approve(&registered).await;
    assert_eq!(refused.status, 429, "{}", refused.text);
    assert!(refused.header("retry-after").is_some());
    agent.poll(&registered.claim_token).await.assert_error(400, "authorization_pending");
    site.close().await;
}
