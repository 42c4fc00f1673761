//! Where a person is signed in (docs/operating.md, "People").

use super::state;
use crate::support::Site;
use crate::support::person::between;

const PAGE: &str = "/account/browsers";

/// A second browser is signed out by the first: at once, whatever it had open, and with no word to
/// anybody else's; the one that asks stays.
#[tokio::test]
async fn another_browser_is_signed_out_and_this_one_stays() {
    let site = Site::open().await;
    let mut ada = site.person("ada@example.com").await;
    let mut bob = site.person("bob@example.com").await;
    let mut phone = site.again("ada@example.com").await;
    let page = ada.get(PAGE).await.text;
    assert_eq!(page.matches("this one").count(), 1, "{page}");
    assert_eq!(page.matches("Sign it out").count(), 1, "{page}");
    assert!(page.contains("127.0.0.1"));
    let name = between(&page, "name=\"browser\" value=\"", "\"").expect("a browser").to_owned();

    let before = state(&site).await;
    let his = bob.post_from(PAGE, PAGE, &[("browser", name.as_str())]).await;
    assert_eq!(his.status, 404, "another person's is not there");
    for odd in ["%00", "00", &name.to_uppercase()] {
        assert_eq!(ada.post_from(PAGE, PAGE, &[("browser", odd)]).await.status, 404, "{odd:?}");
    }
    for neither in [&[][..], &[("others", "no")], &[("others", "yes"), ("browser", &name)]] {
        assert_eq!(ada.post_from(PAGE, PAGE, neither).await.status, 400, "{neither:?}");
    }
    assert_eq!(state(&site).await, before);

    assert_eq!(phone.get(PAGE).await.status, 200);
    assert_eq!(ada.post_from(PAGE, PAGE, &[("browser", name.as_str())]).await.status, 303);
    assert_eq!(phone.get(PAGE).await.status, 303, "it has to sign in again");
    let page = ada.get(&format!("{PAGE}?done=signed_out")).await;
    assert!(page.text.contains("Signed out.") && !page.text.contains("Sign it out"));
    assert_eq!(bob.get(PAGE).await.status, 200);
    site.close().await;
}

/// All others at once; a browser that was signed out signs nobody out.
#[tokio::test]
async fn all_other_browsers_are_signed_out_at_once() {
    let site = Site::open().await;
    let mut ada = site.person("ada@example.com").await;
    let mut bob = site.person("bob@example.com").await;
    let mut phone = site.again("ada@example.com").await;
    let mut work = site.again("ada@example.com").await;
    assert!(work.get(PAGE).await.text.contains("Sign all others out"));
    assert_eq!(work.post_from(PAGE, PAGE, &[("others", "yes")]).await.status, 303);
    for other in [&mut ada, &mut phone] {
        assert_eq!(other.get(PAGE).await.status, 303);
    }
    assert_eq!((work.get(PAGE).await.status, bob.get(PAGE).await.status), (200, 200));
    let others = "SELECT COUNT(*) FROM browser_session";
    assert_eq!(site.count(others).await, 2);
    let history = work.get("/account/history").await.text;
    assert_eq!(history.matches("Signed out").count(), 2, "{history}");
    site.close().await;
}
