//! Keys of two kinds in one profile (contracts/credentials.md, Agrenting).

use super::{PLAIN, PROFILES, ask, assert_dead, fill, make, press, shown};
use crate::support::Site;

const AGRENTING: &str = r#"
[[profile]]
name = "agrenting"
resource = "https://api.example.com"
[[profile.credential]]
type = "secret"
prefix = "agr_"
via = ["header:X-API-Key", "header:Api-Key"]
scopes = ["read"]
[[profile.credential]]
type = "user-token"
prefix = "ap_"
via = ["bearer", "header:X-API-Key"]
rotate = "overlapping"
"#;

/// What the form of user tokens is found by.
const TOKENS: &str = "agrenting_user-token";

async fn site() -> Site {
    Site::open_with(&format!("{PROFILES}{AGRENTING}")).await
}

/// AG01, AG09: one profile has programs' keys and people's own tokens; each is made on a page of
/// its own by its own rules, and introspection says which it is, by what it begins with.
#[tokio::test]
async fn a_person_makes_a_user_token_beside_the_keys_of_programs() {
    let site = site().await;
    let mut ada = site.person("ada@example.com").await;
    let list = ada.get("/account/keys").await.text;
    for page in ["/account/keys/new/agrenting\"", "/account/keys/new/agrenting_user-token\""] {
        assert!(list.contains(page), "{page}: {list}");
    }
    let key = make(&mut ada, "agrenting", &PLAIN).await;
    let token = make(&mut ada, TOKENS, &PLAIN).await;
    assert!(key.secret.starts_with("agr_") && token.secret.starts_with("ap_"));
    let owner = ask(&site, &key.secret).await.json()["owner"].clone();
    for (one, kind) in [(&key, "secret"), (&token, "user-token")] {
        let known = ask(&site, &one.secret).await.json();
        assert_eq!(
            (&known["credential_type"], &known["profile"]),
            (&kind.into(), &"agrenting".into())
        );
        assert_eq!((&known["credential_id"], &known["owner"]), (&one.id.as_str().into(), &owner));
    }
    // What programs may not have, a person's own token may.
    let write = [("name", "Mine"), ("scope", "write"), ("lifetime", "until_revoked")];
    assert_eq!(fill(&mut ada, "agrenting", &write).await.status, 400);
    let token = make(&mut ada, TOKENS, &write).await;
    assert_eq!(ask(&site, &token.secret).await.json()["scope"], "write");
    site.close().await;
}

/// AG11, AG12: a token is rotated and revoked by the rules of its own kind, and no text of one kind
/// is good as the other.
#[tokio::test]
async fn each_kind_is_rotated_by_its_own_rules_and_revoked_alone() {
    let site = site().await;
    let mut ada = site.person("ada@example.com").await;
    let key = make(&mut ada, "agrenting", &PLAIN).await;
    let token = make(&mut ada, TOKENS, &PLAIN).await;
    let (new_key, new_token) = (
        shown(&press(&mut ada, &key, "rotate").await),
        shown(&press(&mut ada, &token, "rotate").await),
    );
    assert!(new_key.secret.starts_with("agr_") && new_token.secret.starts_with("ap_"));
    assert_dead(&ask(&site, &key.secret).await);
    assert_eq!(ask(&site, &token.secret).await.json()["credential_type"], "user-token");
    let known = ask(&site, &new_token.secret).await.json();
    assert_eq!(known["credential_type"], "user-token");
    let disguised = new_token.secret.replacen("ap_", "agr_", 1);
    assert_dead(&ask(&site, &disguised).await);
    assert_eq!(press(&mut ada, &new_token, "revoke").await.status, 303);
    assert_dead(&ask(&site, &new_token.secret).await);
    assert_eq!(ask(&site, &new_key.secret).await.json()["active"], true);
    site.close().await;
}

/// Case 235: the page of a kind that is not offered does not exist, and nothing is made there.
#[tokio::test]
async fn a_kind_that_a_profile_does_not_offer_is_not_made() {
    let site = site().await;
    let mut ada = site.person("ada@example.com").await;
    for name in ["agentvista_user-token", "agrenting_secret", "agrenting_", "_user-token", "ap_"] {
        let page = ada.get(&format!("/account/keys/new/{name}")).await;
        assert_eq!(page.status, 404, "{name}");
        let path = format!("/account/keys/new/{name}");
        let made = ada.post_from("/account/keys/new/agrenting", &path, &PLAIN).await;
        assert_eq!(made.status, 404, "{name}");
    }
    assert_eq!(site.count("SELECT COUNT(*) FROM api_key").await, 0);
    let page = ada.get(&format!("/account/keys/new/{TOKENS}")).await.text;
    let form = format!("<form method=\"post\" action=\"/account/keys/new/{TOKENS}\"");
    assert!(page.contains(&form), "{page}");
    site.close().await;
}
