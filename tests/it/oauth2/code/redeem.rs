//! The token request of the code grant: one code, one client, one proof, one session.

use countersign::protocol::timestamp::Seconds;
use futures_util::future::join_all;

use crate::support::Site;
use crate::support::agent::member;
use crate::support::client::{CALLBACK, Client, VERIFIER, challenge};
use crate::support::mail::{Letter, Mailbox};

/// Case 112: without the verifier a code is worth nothing; a wrong one spends a try, not the
/// code.
#[tokio::test]
async fn a_wrong_verifier_yields_nothing() {
    let site = Site::open().await;
    let mut ada = site.person("ada@example.com").await;
    let client = Client::register(&site).await;
    let challenge = challenge(VERIFIER);
    let long = "a".repeat(129);
    for verifier in ["", "short", &challenge, &long, "another-flows-verifier-of-the-right-length-0"]
    {
        let code = client.approved_by(&mut ada).await.code();
        client
            .redeem(&code, &[("code_verifier", verifier)])
            .await
            .assert_error(400, "invalid_grant");
        assert_eq!(site.count("SELECT COUNT(*) FROM token").await, 0, "{verifier}");
    }
    let code = client.approved_by(&mut ada).await.code();
    client.redeem(&code, &[("code_verifier", "")]).await.assert_error(400, "invalid_grant");
    assert_eq!(client.redeem(&code, &[]).await.status, 200, "the code itself was not spent");
    site.close().await;
}

/// Five wrong proofs end the code: a verifier cannot be searched.
#[tokio::test]
async fn five_wrong_verifiers_end_the_code() {
    let site = Site::open().await;
    let mut ada = site.person("ada@example.com").await;
    let client = Client::register(&site).await;
    let code = client.approved_by(&mut ada).await.code();
    let wrong = "w".repeat(43);
    let change = [("code_verifier", wrong.as_str())];
    let guesses = (0..5).map(|_| client.redeem(&code, &change));
    for reply in join_all(guesses).await {
        reply.assert_error(400, "invalid_grant");
    }
    client.redeem(&code, &[]).await.assert_error(400, "invalid_grant");
    assert_eq!(site.count("SELECT COUNT(*) FROM token").await, 0);
    site.close().await;
}

/// Case 114, RFC 6749 §4.1.2: a code that comes a second time was copied, so what the first
/// use yielded dies. Stock defect 2.
#[tokio::test]
async fn a_second_use_ends_what_the_first_one_yielded() {
    let site = Site::open().await;
    let mut ada = site.person("ada@example.com").await;
    let client = Client::register(&site).await;
    for wait in [0, 1, 30, 3_000] {
        let code = client.approved_by(&mut ada).await.code();
        let tokens = client.redeem(&code, &[]).await;
        let access = member(&tokens, "access_token");
        site.assert_live(&access).await;
        site.clock.advance(Seconds(wait));
        client.redeem(&code, &[]).await.assert_error(400, "invalid_grant");
        site.assert_dead(&access).await;
        let refresh = member(&tokens, "refresh_token");
        client.refresh(&refresh).await.assert_error(400, "invalid_grant");
    }
    site.close().await;
}

/// Whoever approved it is told, once, and nobody else: the letter names the session and no code.
#[tokio::test]
async fn a_letter_tells_that_a_code_came_twice() {
    let mailbox = Mailbox::new();
    let site = Site::open_with(&mailbox.settings()).await;
    let mut ada = site.person("ada@example.com").await;
    let client = Client::register(&site).await;
    let code = client.approved_by(&mut ada).await.code();
    assert_eq!(client.redeem(&code, &[]).await.status, 200);
    for _ in 0..3 {
        client.redeem(&code, &[]).await.assert_error(400, "invalid_grant");
    }
    let letters = mailbox.has("ada@example.com", 2).await;
    let subject =
        |letter: &Letter| letter.header("Subject").contains("disconnected for your safety");
    let told: Vec<&Letter> = letters.iter().filter(|letter| subject(letter)).collect();
    assert_eq!(told.len(), 1, "beside the one of the approval");
    assert!(told[0].path(&site.url).starts_with("/account/sessions/ses_"));
    assert!(!told[0].text.contains(&code));
    assert_eq!(site.count("SELECT COUNT(*) FROM mail").await, 0, "no other waits");
    site.close().await;
}

/// Of sixteen at once, one wins; the fifteen others end what it won (stack.md section 2.3).
#[tokio::test]
async fn of_sixteen_racing_redemptions_one_wins_and_its_session_ends() {
    let site = Site::open().await;
    let mut ada = site.person("ada@example.com").await;
    let client = Client::register(&site).await;
    for _ in 0..4 {
        let code = client.approved_by(&mut ada).await.code();
        let replies = join_all((0..16).map(|_| client.redeem(&code, &[]))).await;
        let (won, lost): (Vec<_>, Vec<_>) = replies.iter().partition(|reply| reply.status == 200);
        assert_eq!(won.len(), 1);
        for reply in lost {
            reply.assert_error(400, "invalid_grant");
        }
        site.assert_dead(&member(won[0], "access_token")).await;
    }
    site.close().await;
}

/// RFC 6749 §4.1.3, RFC 9700 §4.5: a code is bound to its client and redirection. The
/// comparison spends nothing, so a thief cannot burn what he cannot use.
#[tokio::test]
async fn a_code_is_good_for_its_client_and_redirection_only() {
    let site = Site::open().await;
    let mut ada = site.person("ada@example.com").await;
    let (client, other) = (Client::register(&site).await, Client::register(&site).await);
    let code = client.approved_by(&mut ada).await.code();
    other.redeem(&code, &[]).await.assert_error(400, "invalid_grant");
    for redirect_uri in ["http://127.0.0.1:7778/callback", "https://client.example.com/", "urn:x"] {
        client
            .redeem(&code, &[("redirect_uri", redirect_uri)])
            .await
            .assert_error(400, "invalid_grant");
    }
    let target = [("resource", "https://other.example.com")];
    client.redeem(&code, &target).await.assert_error(400, "invalid_target");
    assert_eq!(client.redeem(&code, &[("redirect_uri", CALLBACK)]).await.status, 200);
    site.close().await;
}

/// RFC 6749 §5.2, stock defects 1 and 4: what is wrong is said in the right word.
#[tokio::test]
async fn refusals_use_the_words_of_the_specification() {
    let site = Site::open().await;
    let mut ada = site.person("ada@example.com").await;
    let client = Client::register(&site).await;
    let code = client.approved_by(&mut ada).await.code();
    for (change, status, error) in [
        (("code", ""), 400, "invalid_request"),
        (("code", "aac_nothing"), 400, "invalid_grant"),
        (("client_id", ""), 401, "invalid_client"),
        (("client_id", "nobody"), 401, "invalid_client"),
        (("client_secret", "guess"), 401, "invalid_client"),
        (("grant_type", "password"), 400, "unsupported_grant_type"),
        (("grant_type", ""), 400, "invalid_request"),
    ] {
        let reply = client.redeem(&code, &[change]).await;
        reply.assert_error(status, error);
        assert!(reply.json()["error_description"].is_string());
    }
    assert_eq!(client.redeem(&code, &[]).await.status, 200, "nothing of it spent the code");
    site.close().await;
}

/// A code lives two minutes; after that it is nothing, and so is the session it waited with.
#[tokio::test]
async fn a_code_ends_by_itself() {
    let site = Site::open().await;
    let mut ada = site.person("ada@example.com").await;
    let client = Client::register(&site).await;
    let code = client.approved_by(&mut ada).await.code();
    site.clock.advance(Seconds(120));
    client.redeem(&code, &[]).await.assert_error(400, "invalid_grant");
    assert!(!ada.get("/account/sessions").await.text.contains("Test client"));
    site.close().await;
}

/// A person who disconnects before the client came has the last word.
#[tokio::test]
async fn a_session_that_was_ended_before_it_was_collected_yields_nothing() {
    let site = Site::open().await;
    let mut ada = site.person("ada@example.com").await;
    let client = Client::register(&site).await;
    let code = client.approved_by(&mut ada).await.code();
    let list = ada.get("/account/sessions").await.text;
    let path =
        crate::support::person::between(&list, "action=\"/account/sessions/", "/disconnect\"");
    let path = format!("/account/sessions/{}/disconnect", path.expect("a session"));
    assert_eq!(ada.post_from("/account/sessions", &path, &[]).await.status, 303);
    client.redeem(&code, &[]).await.assert_error(400, "invalid_grant");
    site.close().await;
}

/// Stock defect 12, RFC 6749 §6: a client's refresh token is good in its own hands only.
#[tokio::test]
async fn another_client_cannot_refresh() {
    let site = Site::open().await;
    let mut ada = site.person("ada@example.com").await;
    let (client, other) = (Client::register(&site).await, Client::register(&site).await);
    let tokens = client.redeem(&client.approved_by(&mut ada).await.code(), &[]).await;
    let refresh = member(&tokens, "refresh_token");
    other.refresh(&refresh).await.assert_error(400, "invalid_grant");
    let alone = [("grant_type", "refresh_token"), ("refresh_token", refresh.as_str())];
    site.post_form("/token", &alone).await.assert_error(401, "invalid_client");
    assert_eq!(client.refresh(&refresh).await.status, 200, "nothing of it spent the token");
    site.close().await;
}

/// oauth.md row 18: both methods, in both encodings, whichever was registered.
#[tokio::test]
async fn a_client_with_a_secret_must_show_it() {
    let site = Site::open().await;
    let mut ada = site.person("ada@example.com").await;
    let metadata = serde_json::json!({ "redirect_uris": [CALLBACK] });
    let mut client = Client::register_as(&site, &metadata).await;
    let code = client.approved_by(&mut ada).await.code();
    let secret = client.secret.take();
    client.redeem(&code, &[]).await.assert_error(401, "invalid_client");
    client.redeem(&code, &[("client_secret", "wrong")]).await.assert_error(401, "invalid_client");
    client.secret = secret;
    assert_eq!(client.redeem(&code, &[]).await.status, 200);
    site.close().await;
}
