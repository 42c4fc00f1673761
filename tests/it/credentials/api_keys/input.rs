//! What nobody's page sends, and what people mistype.

use countersign::protocol::timestamp::Seconds;

use super::{PLAIN, Shown, fill, keys, make, press, shown, site};
use crate::support::Site;
use crate::support::person::form_token;

const NAME: (&str, &str) = PLAIN[0];
const READ: (&str, &str) = PLAIN[1];
const LASTS: (&str, &str) = PLAIN[2];

/// AS07: other people's keys do not exist, and nothing tells them apart from unknown ones.
#[tokio::test]
async fn other_peoples_keys_do_not_exist() {
    let site = site().await;
    let mut ada = site.person("ada@example.com").await;
    let mut bob = site.person("bob@example.com").await;
    let hers = make(&mut ada, "agentvista", &PLAIN).await;
    let unknown = Shown { id: "key_unknown".to_owned(), secret: String::new() };
    let before = keys(&site).await;
    for path in ["", "/revoke"] {
        let mut page =
            async |key: &Shown| bob.get(&format!("/account/keys/{}{path}", key.id)).await;
        let (foreign, nobodys) = (page(&hers).await, page(&unknown).await);
        assert_eq!((foreign.status, &foreign.text), (404, &nobodys.text), "{path}");
    }
    for action in ["rotate", "revoke"] {
        for key in [&hers, &unknown] {
            let path = format!("/account/keys/{}/{action}", key.id);
            assert_eq!(bob.post_from("/", &path, &[]).await.status, 404, "{action}");
        }
    }
    assert!(!bob.get("/account/keys").await.text.contains(&hers.id));
    let found = bob.get(&format!("/account/keys?beginning={}", &hers.secret[..8])).await;
    assert!(!found.text.contains(&hers.id));
    assert_eq!(keys(&site).await, before);
    site.close().await;
}

#[tokio::test]
async fn a_profile_that_offers_no_keys_has_no_form() {
    let site = site().await;
    let mut ada = site.person("ada@example.com").await;
    for profile in ["unknown", "Agentvista", "%00", "agentvista%2F..", "%E2%80%AE"] {
        let path = format!("/account/keys/new/{profile}");
        assert_eq!(ada.get(&path).await.status, 404, "{profile}");
        assert_eq!(ada.post_from("/", &path, &PLAIN).await.status, 404, "{profile}");
    }
    assert_eq!(keys(&site).await, [0, 0]);
    site.close().await;
}

#[tokio::test]
async fn a_scope_that_is_not_offered_gets_no_key() {
    let site = site().await;
    let mut ada = site.person("ada@example.com").await;
    for scope in ["admin", "READ", "read write", "\u{202E}read", "re\0ad", "\""] {
        let reply = fill(&mut ada, "agentvista", &[NAME, LASTS, READ, ("scope", scope)]).await;
        assert_eq!(reply.status, 400, "{scope:?}: {}", reply.text);
    }
    assert_eq!(keys(&site).await, [0, 0]);
    site.close().await;
}

/// AV02: one at least, and the person is told.
#[tokio::test]
async fn a_key_without_a_scope_is_not_made() {
    let site = site().await;
    let mut ada = site.person("ada@example.com").await;
    let reply = fill(&mut ada, "agentvista", &[NAME, LASTS]).await;
    assert_eq!(reply.status, 422);
    assert!(reply.text.contains("href=\"#scopes\">Tick one permission at least."));
    assert!(reply.text.contains("value=\"Nightly report\""), "nothing is typed twice");
    assert_eq!(keys(&site).await, [0, 0]);
    site.close().await;
}

#[tokio::test]
async fn a_name_that_is_missing_or_too_long_is_said_at_its_field() {
    let site = site().await;
    let mut ada = site.person("ada@example.com").await;
    let (long, fits) = ("é".repeat(81), "é".repeat(80));
    for (name, environment, words) in [
        ("", "", "Give the key a name."),
        (" \t\r\n", "", "Give the key a name."),
        ("\u{200B}\u{202E}\u{7}", "", "Give the key a name."),
        (long.as_str(), "", "80 characters at most"),
        ("x", long.as_str(), "80 characters at most"),
    ] {
        let fields = [("name", name), ("environment", environment), READ, LASTS];
        let reply = fill(&mut ada, "agentvista", &fields).await;
        assert_eq!(reply.status, 422, "{name:?}");
        assert!(reply.text.contains("aria-invalid=\"true\"") && reply.text.contains(words));
    }
    assert_eq!(keys(&site).await, [0, 0]);
    let fields = [("name", fits.as_str()), ("environment", &fits), READ, LASTS];
    shown(&fill(&mut ada, "agentvista", &fields).await);
    site.close().await;
}

/// What deceives the eye is gone before anybody reads it.
#[tokio::test]
async fn a_name_is_cleaned_of_control_and_bidirectional_characters() {
    let site = site().await;
    let mut ada = site.person("ada@example.com").await;
    let fields = [
        ("name", "Night\u{202E}ly\u{7} \u{200B}re\u{2066}port\r\n"),
        ("environment", "<b>\u{202D}prod"),
        READ,
        LASTS,
    ];
    let page = fill(&mut ada, "agentvista", &fields).await;
    shown(&page);
    assert!(page.text.contains("<bdi class=\"name\">Nightly report</bdi>"), "{}", page.text);
    assert!(page.text.contains("&#60;b&#62;prod"), "escaped, and cleaned");
    site.close().await;
}

/// OAuth parameter pollution, case 030: a repeated member is not read one way or the other.
#[tokio::test]
async fn a_form_that_says_something_twice_is_refused() {
    let site = site().await;
    let mut ada = site.person("ada@example.com").await;
    for twice in [NAME, LASTS, ("mode", "live"), ("environment", "a")] {
        let fields = [NAME, READ, LASTS, ("mode", "live"), ("environment", "a"), twice];
        let reply = fill(&mut ada, "agentvista", &fields).await;
        assert_eq!(reply.status, 400, "{twice:?}");
    }
    assert_eq!(keys(&site).await, [0, 0]);
    site.close().await;
}

#[tokio::test]
async fn a_life_or_a_mode_that_is_not_offered_gets_no_key() {
    let settings = super::PROFILES.replace("bytes = 32", "bytes = 32\nexpires = \"60d\"");
    let site = Site::open_with(&settings).await;
    let mut ada = site.person("ada@example.com").await;
    for lasts in ["until_revoked", "7776000s", "1s", "-1s", "9223372036854775808s", "", "forever"] {
        let reply = fill(&mut ada, "agentvista", &[NAME, READ, ("lifetime", lasts)]).await;
        assert_eq!(reply.status, 400, "{lasts}");
    }
    let sixty = ("lifetime", "5184000s");
    let reply = fill(&mut ada, "agentvista", &[NAME, READ, sixty, ("mode", "test")]).await;
    assert_eq!(reply.status, 400);
    assert_eq!(keys(&site).await, [0, 0]);
    shown(&fill(&mut ada, "agentvista", &[NAME, READ, sixty]).await);
    let page = ada.get("/account/keys/new/agentvista").await.text;
    assert!(page.contains("60 days") && page.contains("30 days") && !page.contains("90 days"));
    site.close().await;
}

/// pages.md point 19: what lasts is given right after a sign-in, and revoking never waits.
#[tokio::test]
async fn a_key_is_made_and_rotated_right_after_a_sign_in_only() {
    let site = site().await;
    let mut ada = site.person("ada@example.com").await;
    let key = make(&mut ada, "agentvista", &PLAIN).await;
    site.advance(Seconds(299));
    let path = "/account/keys/new/agentvista";
    assert_eq!(ada.get(path).await.status, 200);
    site.advance(Seconds(1));
    let again = ada.get(path).await;
    let sign_in = "/sign-in?return_to=%2Faccount%2Fkeys%2Fnew%2Fagentvista&again=1";
    assert_eq!((again.status, again.header("location")), (303, Some(sign_in)));
    let before = keys(&site).await;
    let token = form_token(&ada.get("/").await);
    let mut fields = PLAIN.to_vec();
    fields.push(("csrf", &token));
    let refused = ada.post_raw(path, &fields).await;
    assert_eq!(refused.header("location"), Some(sign_in));
    let rotate = format!("/account/keys/{}/rotate", key.id);
    let refused = ada.post_raw(&rotate, &[("csrf", &token)]).await;
    let back = format!("/sign-in?return_to=%2Faccount%2Fkeys%2F{}&again=1", key.id);
    assert_eq!(refused.header("location"), Some(back.as_str()));
    assert_eq!(keys(&site).await, before);
    assert_eq!(press(&mut ada, &key, "revoke").await.status, 303);
    assert_eq!(ada.sign_in_again(sign_in).await.status, 303);
    assert_eq!(ada.get(path).await.status, 200);
    site.close().await;
}

/// Each key leaves a row, so they are limited, rotations included.
#[tokio::test]
async fn nobody_makes_keys_without_end() {
    let limits = format!("[limits]\napi_keys_per_account_per_hour = 2\n{}", super::PROFILES);
    let site = Site::open_with(&limits).await;
    let mut ada = site.person("ada@example.com").await;
    let key = make(&mut ada, "agentvista", &PLAIN).await;
    shown(&press(&mut ada, &key, "rotate").await);
    let third = fill(&mut ada, "agentvista", &PLAIN).await;
    assert_eq!((third.status, third.header("retry-after")), (429, Some("3600")));
    let mut bob = site.person("bob@example.com").await;
    make(&mut bob, "agentvista", &PLAIN).await;
    site.close().await;
}
