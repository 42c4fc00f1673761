//! The device authorization grant (RFC 8628).

use countersign::protocol::timestamp::Seconds;
use futures_util::future::join_all;
use serde_json::{Value, json};

use super::text;
use crate::support::Site;
use crate::support::agent::{member, path_of};
use crate::support::client::Client;
use crate::support::keys::Key;
use crate::support::person::{Person, between, form_token};
use crate::support::proof;
use crate::support::reply::Reply;

const DEVICE_CODE: &str = "urn:ietf:params:oauth:grant-type:device_code";

/// Settings under which a test may ask and guess as often as it likes.
const NO_LIMITS: &str = "[limits]\n\
    authorization_requests_per_address_per_hour = 100000\n\
    code_guesses_per_account_per_hour = 100000\n\
    code_guesses_per_address_per_hour = 100000\n";

/// A public client without a browser.
async fn command_line(site: &Site) -> Client<'_> {
    let metadata = json!({
        "client_name": "Command line",
        "grant_types": [DEVICE_CODE, "refresh_token"],
        "token_endpoint_auth_method": "none",
    });
    Client::register_as(site, &metadata).await
}

/// Asks for both demo scopes; `change` adds parameters.
async fn ask(client: &Client<'_>, change: &[(&str, &str)]) -> Reply {
    let mut form = vec![("client_id", client.id.as_str()), ("scope", "demo:read demo:write")];
    form.retain(|(name, _)| change.iter().all(|(other, _)| other != name));
    form.extend(change);
    client.site.post_form("/device_authorization", &form).await
}

/// A device that waits.
struct Device<'a> {
    client: &'a Client<'a>,
    told: Value,
}

impl<'a> Device<'a> {
    async fn of(client: &'a Client<'a>) -> Self {
        let reply = ask(client, &[]).await;
        assert_eq!(reply.status, 200, "{}", reply.text);
        Self { client, told: reply.json() }
    }

    fn code(&self) -> &str {
        text(&self.told, "user_code")
    }

    async fn poll(&self) -> Reply {
        self.poll_with(&[("client_id", self.client.id.as_str())]).await
    }

    async fn poll_with(&self, more: &[(&str, &str)]) -> Reply {
        let code = text(&self.told, "device_code");
        let mut form = vec![("grant_type", DEVICE_CODE), ("device_code", code)];
        form.extend(more);
        self.client.site.post_form("/token", &form).await
    }

    /// Types the code on the device page; the path of the approval page it leads to.
    async fn typed_by(&self, person: &mut Person) -> String {
        let reply = type_code(person, self.code()).await;
        assert_eq!(reply.status, 303, "{}", reply.text);
        reply.header("location").expect("a location").to_owned()
    }

    async fn approved_by(&self, person: &mut Person) -> String {
        let link = self.typed_by(person).await;
        assert_eq!(approve(person, &link).await.status, 303);
        link
    }
}

async fn type_code(person: &mut Person, code: &str) -> Reply {
    person.post_from("/device", "/device", &[("user_code", code)]).await
}

/// Approves both demo scopes, with the code that the page carries along.
async fn approve(person: &mut Person, link: &str) -> Reply {
    let page = person.get(link).await;
    let code = between(&page.text, "name=\"user_code\" value=\"", "\"").expect("a code").to_owned();
    person.approve_code(link, &code).await
}

async fn sessions(site: &Site) -> i64 {
    site.count("SELECT COUNT(*) FROM session WHERE ended_at IS NULL").await
}

async fn events(site: &Site, kind: &str) -> i64 {
    site.count(&format!("SELECT COUNT(*) FROM event WHERE kind = '{kind}'")).await
}

/// RFC 8628 §3, start to end: a command line finds the endpoint, shows a code, its person
/// types it in any case, compares, approves, and the session is like every other.
#[tokio::test]
async fn a_device_gets_in_through_a_typed_code() {
    let site = Site::open().await;
    let mut ada = site.person("ada@example.com").await;
    let metadata = site.get("/.well-known/oauth-authorization-server").await.json();
    let endpoint = text(&metadata, "device_authorization_endpoint");
    assert_eq!(path_of(endpoint), "/device_authorization");
    assert!(
        metadata["grant_types_supported"].as_array().expect("a list").contains(&json!(DEVICE_CODE))
    );
    let client = command_line(&site).await;
    let device = Device::of(&client).await;
    device.poll().await.assert_error(400, "authorization_pending");

    let reply = type_code(&mut ada, &device.code().to_lowercase().replace('-', " ")).await;
    let link = reply.header("location").expect("a location").to_owned();
    let page = ada.get(&link).await;
    for shown in ["Command line", "demo:read", "demo:write", device.code()] {
        assert!(page.text.contains(shown), "{shown}");
    }
    assert_eq!(approve(&mut ada, &link).await.status, 303);
    let receipt = ada.get(&link).await;
    assert_eq!(receipt.status, 200);
    assert!(!receipt.text.contains("http-equiv=\"refresh\""), "nowhere to go on to");

    let tokens = device.poll().await;
    assert_eq!(tokens.header("cache-control"), Some("no-store"));
    let access = member(&tokens, "access_token");
    assert_eq!(tokens.json()["scope"], "demo:read demo:write");
    assert_eq!(tokens.json()["token_type"], "Bearer");
    assert!(tokens.json().get("identity_assertion").is_none(), "it is no agent of auth.md");
    assert_eq!(site.call(&access).await.status, 200);
    let known = site.introspect(&access).await.json();
    assert_eq!((&known["client_id"], &known["agent"]), (&json!(client.id), &json!("Command line")));
    let refreshed = client.refresh(&member(&tokens, "refresh_token")).await;
    site.assert_live(&member(&refreshed, "access_token")).await;

    let path = format!("/account/sessions/{}", text(&known, "session_id"));
    assert!(ada.get(&path).await.text.contains("Command line"));
    let ended = ada.post_from(&path, &format!("{path}/disconnect"), &[]).await;
    assert_eq!(ended.status, 303);
    site.assert_dead(&access).await;
    device.poll().await.assert_error(400, "invalid_grant");
    site.close().await;
}

/// RFC 8628 §3.2: the whole answer, under both names, whatever the request says of its host
/// (case 005).
#[tokio::test]
async fn a_device_is_told_everything_it_needs() {
    let site = Site::open().await;
    let client = command_line(&site).await;
    for path in ["/device_authorization", "/oauth2/device_authorization"] {
        let request = site.client.post(format!("{}{path}", site.url));
        let request =
            request.header("x-forwarded-host", "evil.example").form(&[("client_id", &client.id)]);
        let reply = Reply::of(request).await;
        assert_eq!(reply.header("cache-control"), Some("no-store"));
        assert_eq!(reply.header("access-control-allow-origin"), Some("*"));
        let told = reply.json();
        let code = text(&told, "user_code");
        assert!(code.len() == 9 && code.as_bytes()[4] == b'-', "{code}");
        assert!(text(&told, "device_code").starts_with("adc_"));
        assert_eq!(
            told,
            json!({
                "device_code": told["device_code"],
                "user_code": code,
                "verification_uri": format!("{}/device", site.url),
                "verification_uri_complete": format!("{}/device?user_code={code}", site.url),
                "expires_in": 600,
                "interval": 5,
            })
        );
    }
    site.close().await;
}

/// Case 063; RFC 8628 §3.3.1: the link that brings the code along looks nothing up, decides
/// nothing however often it is opened, and never skips the comparison.
#[tokio::test]
async fn the_complete_link_only_asks_to_compare() {
    let site = Site::open().await;
    let mut ada = site.person("ada@example.com").await;
    let client = command_line(&site).await;
    let device = Device::of(&client).await;
    let link = path_of(text(&device.told, "verification_uri_complete"));
    for _ in 0..20 {
        let page = ada.get(&link).await;
        assert_eq!(page.status, 200);
        assert!(page.text.contains("Is this the code on your device?"), "{}", page.text);
        assert!(!page.text.contains("Command line"), "nothing of the request is shown");
        let head = site.client.head(format!("{}{link}", site.url));
        assert_eq!(Reply::of(head).await.status, 303, "signed out: to the sign-in page");
    }
    let waiting = "SELECT COUNT(*) FROM approval WHERE state_name = 'waiting' AND revision = 1";
    assert_eq!((site.count(waiting).await, sessions(&site).await), (1, 0));
    let page = ada.get(&link).await;
    let code = between(&page.text, "name=\"user_code\" value=\"", "\"").expect("a code").to_owned();
    let fields = [("csrf", &*form_token(&page)), ("user_code", &code)];
    let reply = ada.post_raw("/device", &fields).await;
    let approval = reply.header("location").expect("a location").to_owned();
    let page = ada.get(&approval).await;
    assert!(page.text.contains("compare the code once more"), "{}", page.text);
    assert!(page.text.contains(device.code()));
    assert_eq!(sessions(&site).await, 0);
    assert_eq!(approve(&mut ada, &approval).await.status, 303);
    member(&device.poll().await, "access_token");
    site.close().await;
}

/// RFC 8628 §3.3: whoever is signed out signs in first and comes back to where they were.
#[tokio::test]
async fn signing_in_on_the_way_keeps_the_code() {
    let site = Site::open().await;
    let mut ada = site.add_person("ada@example.com").await;
    let client = command_line(&site).await;
    let device = Device::of(&client).await;
    for page in ["/device".to_owned(), format!("/device?user_code={}", device.code())] {
        ada.cookie = None;
        let reply = ada.get(&page).await;
        assert_eq!(reply.status, 303);
        let sign_in = reply.header("location").expect("a location").to_owned();
        let form = ada.get(&sign_in).await;
        let return_to = between(&form.text, "name=\"return_to\" value=\"", "\"").expect("a page");
        let (csrf, return_to) = (form_token(&form), return_to.to_owned());
        let fields = [
            ("csrf", csrf.as_str()),
            ("email", "ada@example.com"),
            ("password", crate::support::PASSWORD),
            ("return_to", &return_to),
        ];
        let reply = ada.post_raw("/sign-in", &fields).await;
        assert_eq!(reply.header("location"), Some(page.as_str()));
    }
    device.approved_by(&mut ada).await;
    site.close().await;
}

/// Cases 054 and 136; RFC 8628 §3.5: too fast costs five seconds, for good, and the answer is
/// never delayed by it once it is there.
#[tokio::test]
async fn a_hasty_device_is_slowed_down() {
    let site = Site::open().await;
    let mut ada = site.person("ada@example.com").await;
    let client = command_line(&site).await;
    let device = Device::of(&client).await;
    device.poll().await.assert_error(400, "authorization_pending");
    device.poll().await.assert_error(400, "slow_down");
    site.advance(Seconds(9));
    device.poll().await.assert_error(400, "slow_down");
    site.advance(Seconds(15));
    device.poll().await.assert_error(400, "authorization_pending");
    device.approved_by(&mut ada).await;
    member(&device.poll().await, "access_token");
    site.close().await;
}

/// Cases 056 and 136: the same poll within thirty seconds is answered alike; later the code
/// is spent, and what it gave lives on.
#[tokio::test]
async fn a_device_code_is_redeemed_once() {
    let site = Site::open().await;
    let mut ada = site.person("ada@example.com").await;
    let client = command_line(&site).await;
    let device = Device::of(&client).await;
    device.approved_by(&mut ada).await;
    let first = device.poll().await;
    site.advance(Seconds(29));
    let again = device.poll().await;
    for name in ["access_token", "refresh_token"] {
        assert_eq!(member(&first, name), member(&again, name));
    }
    site.advance(Seconds(1));
    device.poll().await.assert_error(400, "invalid_grant");
    assert_eq!((sessions(&site).await, events(&site, "device.collected").await), (1, 1));
    assert_eq!(events(&site, "device.replayed").await, 2);
    site.assert_live(&member(&first, "access_token")).await;
    site.close().await;
}

/// Cases 065 and 136: a no is final, and told with its reason.
#[tokio::test]
async fn a_denial_reaches_the_device() {
    let site = Site::open().await;
    let mut ada = site.person("ada@example.com").await;
    let client = command_line(&site).await;
    let device = Device::of(&client).await;
    let link = device.typed_by(&mut ada).await;
    assert_eq!(ada.deny(&link, "not_now").await.status, 303);
    let denied = device.poll().await;
    denied.assert_error(400, "access_denied");
    assert_eq!(denied.json()["denial_reason"], "not_now");
    assert_eq!(ada.approve_code(&link, device.code()).await.status, 409);
    device.poll().await.assert_error(400, "access_denied");
    assert_eq!(sessions(&site).await, 0);
    site.close().await;
}

/// Cases 055 and 136: after its time a code opens nothing, on either side; a new one does.
#[tokio::test]
async fn an_expired_code_opens_nothing() {
    let site = Site::open().await;
    let mut ada = site.person("ada@example.com").await;
    let client = command_line(&site).await;
    let device = Device::of(&client).await;
    let link = device.typed_by(&mut ada).await;
    site.advance(Seconds(600));
    device.poll().await.assert_error(400, "expired_token");
    assert_eq!(ada.get(&link).await.status, 410);
    assert_eq!(ada.approve_code(&link, device.code()).await.status, 410);
    assert_eq!(type_code(&mut ada, device.code()).await.status, 422);
    let newer = Device::of(&client).await;
    newer.approved_by(&mut ada).await;
    device.poll().await.assert_error(400, "expired_token");
    member(&newer.poll().await, "access_token");
    site.close().await;
}

/// Case 134: another client's poll is refused, spends nothing and slows nobody down.
#[tokio::test]
async fn another_clients_poll_spends_nothing() {
    let site = Site::open().await;
    let mut ada = site.person("ada@example.com").await;
    let client = command_line(&site).await;
    let other = command_line(&site).await;
    let device = Device::of(&client).await;
    let foreign = [("client_id", other.id.as_str())];
    device.poll_with(&foreign).await.assert_error(400, "invalid_grant");
    device.poll().await.assert_error(400, "authorization_pending");
    device.approved_by(&mut ada).await;
    device.poll_with(&foreign).await.assert_error(400, "invalid_grant");
    device.poll_with(&[]).await.assert_error(401, "invalid_client");
    device.poll_with(&[("client_id", "nobody")]).await.assert_error(401, "invalid_client");
    let elsewhere = [("client_id", client.id.as_str()), ("resource", "https://elsewhere.example")];
    device.poll_with(&elsewhere).await.assert_error(400, "invalid_target");
    let malformed = [("grant_type", DEVICE_CODE), ("client_id", &client.id), ("device_code", "x")];
    site.post_form("/token", &malformed).await.assert_error(400, "invalid_grant");
    site.post_form("/token", &malformed[..2]).await.assert_error(400, "invalid_request");
    member(&device.poll().await, "access_token");
    device.poll_with(&foreign).await.assert_error(400, "invalid_grant");
    assert_eq!(sessions(&site).await, 1);
    site.close().await;
}

/// RFC 6749 §2.3.1: a confidential client proves itself at both endpoints.
#[tokio::test]
async fn a_confidential_client_proves_itself_at_both_endpoints() {
    let site = Site::open().await;
    let mut ada = site.person("ada@example.com").await;
    let metadata = json!({ "grant_types": [DEVICE_CODE] });
    let client = Client::register_as(&site, &metadata).await;
    let secret = client.secret.clone().expect("a secret");
    ask(&client, &[]).await.assert_error(401, "invalid_client");
    ask(&client, &[("client_secret", "wrong")]).await.assert_error(401, "invalid_client");
    let told = ask(&client, &[("client_secret", &secret)]).await.json();
    let device = Device { client: &client, told };
    device.approved_by(&mut ada).await;
    device.poll().await.assert_error(401, "invalid_client");
    let proven = [("client_id", client.id.as_str()), ("client_secret", &secret)];
    member(&device.poll_with(&proven).await, "access_token");
    site.close().await;
}

/// RFC 8628 §3.1, RFC 8707 §2, RFC 6749 §3.3 and §5.2: what cannot be asked is refused and
/// asks nobody; unknown scopes are left out.
#[tokio::test]
async fn what_cannot_be_asked_asks_nobody() {
    let site = Site::open().await;
    let client = command_line(&site).await;
    let browser = Client::register(&site).await;
    ask(&browser, &[]).await.assert_error(400, "unauthorized_client");
    ask(&client, &[("client_id", "nobody")]).await.assert_error(401, "invalid_client");
    let elsewhere = [("resource", "https://elsewhere.example")];
    ask(&client, &elsewhere).await.assert_error(400, "invalid_target");
    ask(&client, &[("scope", "\"")]).await.assert_error(400, "invalid_scope");
    ask(&client, &[("x", "1"), ("x", "2")]).await.assert_error(400, "invalid_request");
    assert_eq!(site.count("SELECT COUNT(*) FROM approval").await, 0);

    let resource = format!("{}/demo/", site.url);
    let resource = [("resource", resource.trim_end_matches('/')), ("scope", "demo:read openid")];
    let told = ask(&client, &resource).await.json();
    let device = Device { client: &client, told };
    let mut ada = site.person("ada@example.com").await;
    device.approved_by(&mut ada).await;
    assert_eq!(device.poll().await.json()["scope"], "demo:read");
    site.close().await;
}

/// RFC 8628 §5.2: one address may ask so often; beyond that nothing is stored.
#[tokio::test]
async fn requests_from_one_address_are_limited() {
    let limit = "[limits]\nauthorization_requests_per_address_per_hour = 2\n";
    let site = Site::open_with(limit).await;
    let client = command_line(&site).await;
    for _ in 0..2 {
        Device::of(&client).await;
    }
    let refused = ask(&client, &[]).await;
    refused.assert_error(429, "rate_limit_exceeded");
    assert_eq!(refused.header("retry-after"), Some("3600"));
    assert_eq!(site.count("SELECT COUNT(*) FROM approval").await, 2);
    site.advance(Seconds::HOUR);
    Device::of(&client).await;
    site.close().await;
}

/// RFC 8628 §5.1: mistyped, expired, answered and nonsense read the same on the page.
#[tokio::test]
async fn a_guess_learns_nothing() {
    let site = Site::open_with(NO_LIMITS).await;
    let mut ada = site.person("ada@example.com").await;
    let client = command_line(&site).await;
    let expired = Device::of(&client).await;
    site.advance(Seconds(600));
    let answered = Device::of(&client).await;
    answered.approved_by(&mut ada).await;
    let denied = Device::of(&client).await;
    let link = denied.typed_by(&mut ada).await;
    assert_eq!(ada.deny(&link, "not_me").await.status, 303);
    let agent = site.agent().register_for("ada@example.com").await;
    let mut pages = Vec::new();
    let claimed = agent.user_code();
    for code in [expired.code(), answered.code(), denied.code(), "BBBB-BBBB", "nonsense", &claimed]
    {
        let page = type_code(&mut ada, code).await;
        assert_eq!(page.status, 422, "{code}");
        let text = page.text.replace(code, "").replace(&form_token(&page), "");
        pages.push(between(&text, "<main", "</main>").expect("a page").to_owned());
    }
    let tries = |page: &String| page.split("tries are left").next().map(str::len);
    let first = tries(&pages[0]);
    assert!(pages.iter().all(|page| tries(page) == first), "{pages:#?}");
    let empty = type_code(&mut ada, " ").await;
    assert_eq!(empty.status, 422);
    assert!(empty.text.contains("Type the code your device shows you"));
    site.close().await;
}

/// RFC 8628 §5.1 and design.md, decision 9: guesses are counted per account, in parallel, on
/// every node, across a restart; then not even the right code leads on until the hour ends.
#[tokio::test]
async fn guesses_by_one_person_are_limited() {
    let limit = "[limits]\ncode_guesses_per_account_per_hour = 5\n";
    let site = Site::open_with(limit).await;
    let mut ada = site.person("ada@example.com").await;
    let client = command_line(&site).await;
    let device = Device::of(&client).await;
    let (code, id) = (device.code().to_owned(), client.id.clone());
    device.typed_by(&mut ada).await;
    let page = ada.get("/device").await;
    let csrf = form_token(&page);
    let guesses = (0..20).map(|_| {
        let request = site.client.post(format!("{}/device", site.url));
        let request = request.header("cookie", ada.cookie.clone().expect("a cookie"));
        Reply::of(request.form(&[("csrf", csrf.as_str()), ("user_code", "BBBB-BBBB")]))
    });
    let replies = join_all(guesses).await;
    let wrong = replies.iter().filter(|reply| reply.status == 422).count();
    let refused = replies.iter().filter(|reply| reply.status == 429).count();
    assert_eq!((wrong, refused), (5, 15));
    assert_eq!(events(&site, "approval.wrong_code").await, 5);
    let site = site.restart().await;
    let mut again = Person::new(&site, "ada@example.com");
    again.cookie.clone_from(&ada.cookie);
    let late = type_code(&mut again, &code).await;
    assert_eq!((late.status, late.header("retry-after")), (429, Some("3600")));
    let mut bob = site.person("bob@example.com").await;
    assert_eq!(type_code(&mut bob, &code).await.status, 303, "others go on");
    site.advance(Seconds::HOUR);
    let client = Client { site: &site, id, secret: None };
    Device::of(&client).await.approved_by(&mut again).await;
    site.close().await;
}

/// RFC 8628 §5.1: and per address, whoever is signed in there.
#[tokio::test]
async fn guesses_from_one_address_are_limited() {
    let limit = "[limits]\ncode_guesses_per_address_per_hour = 3\n";
    let site = Site::open_with(limit).await;
    let client = command_line(&site).await;
    let device = Device::of(&client).await;
    for (number, left) in ["2 tries are left", "1 try is left", "No try is left"].iter().enumerate()
    {
        let mut person = site.person(&format!("person{number}@example.com")).await;
        let page = type_code(&mut person, "BBBB-BBBB").await;
        assert!(page.text.contains(left), "{}", page.text);
    }
    let mut ada = site.person("ada@example.com").await;
    assert_eq!(type_code(&mut ada, device.code()).await.status, 429);
    site.close().await;
}

/// Case 058: on the approval page a wrong code spends one of five tries, also a hundred at
/// once; then the right one is too late, for the person and for the device.
#[tokio::test]
async fn five_wrong_codes_end_the_attempt() {
    let site = Site::open_with(NO_LIMITS).await;
    let mut ada = site.person("ada@example.com").await;
    let client = command_line(&site).await;
    let device = Device::of(&client).await;
    let link = device.typed_by(&mut ada).await;
    let csrf = form_token(&ada.get(&link).await);
    let guesses = (0..100).map(|_| {
        let request = site.client.post(format!("{}{link}", site.url));
        let request = request.header("cookie", ada.cookie.clone().expect("a cookie"));
        let fields = [
            ("csrf", csrf.as_str()),
            ("decision", "approve"),
            ("user_code", "BBBB-BBBB"),
            ("scope", "demo:read"),
        ];
        Reply::of(request.form(&fields))
    });
    join_all(guesses).await;
    assert_eq!(events(&site, "approval.wrong_code").await, 5);
    let late = ada.approve_code(&link, device.code()).await;
    assert_eq!(late.status, 410, "case 058");
    assert_eq!(type_code(&mut ada, device.code()).await.status, 422);
    device.poll().await.assert_error(400, "expired_token");
    assert_eq!(sessions(&site).await, 0);
    site.close().await;
}

/// RFC 8628 §3.3: the device's code is asked for whatever the settings say of agents' codes,
/// and no code of ours stands in for it.
#[tokio::test]
async fn a_device_is_matched_by_its_own_code_alone() {
    for settings in ["", "[agents]\ntyped_codes = false\n"] {
        let site = Site::open_with(settings).await;
        let mut ada = site.person("ada@example.com").await;
        let client = command_line(&site).await;
        let device = Device::of(&client).await;
        let link = device.typed_by(&mut ada).await;
        for page in [link.clone(), format!("{link}?code=none")] {
            assert!(ada.get(&page).await.text.contains(device.code()), "{page}");
            let fields = [("decision", "approve"), ("scope", "demo:read")];
            assert_eq!(ada.answer(&page, &fields).await.status, 422, "{page}");
        }
        device.poll().await.assert_error(400, "authorization_pending");
        assert_eq!(approve(&mut ada, &link).await.status, 303);
        member(&device.poll().await, "access_token");
        site.close().await;
    }
}

/// Case 057: polls at the instant of approval end in one session and one lineage.
#[tokio::test]
async fn sixty_four_polls_at_the_approval_make_one_session() {
    let site = Site::open_with(NO_LIMITS).await;
    let mut ada = site.person("ada@example.com").await;
    let client = command_line(&site).await;
    for round in 1..=6 {
        let device = Device::of(&client).await;
        let link = device.typed_by(&mut ada).await;
        let csrf = form_token(&ada.get(&link).await);
        let fields = [
            ("csrf", csrf.as_str()),
            ("decision", "approve"),
            ("user_code", device.code()),
            ("scope", "demo:read"),
            ("scope", "demo:write"),
            ("lifetime", "8h"),
        ];
        let polls = join_all((0..64).map(|_| device.poll()));
        let (approved, mut replies) = tokio::join!(ada.post_raw(&link, &fields), polls);
        assert_eq!(approved.status, 303, "{}", approved.text);
        replies.push(device.poll().await);
        let mut pairs: Vec<(String, String)> = Vec::new();
        for reply in &replies {
            if reply.status == 200 {
                pairs.push((member(reply, "access_token"), member(reply, "refresh_token")));
            } else {
                let known = ["authorization_pending", "slow_down", "invalid_grant"];
                assert!(known.contains(&reply.error().as_str()), "{}", reply.text);
            }
        }
        pairs.dedup();
        assert_eq!(pairs.len(), 1, "one lineage in round {round}");
        site.assert_live(&pairs[0].0).await;
        assert_eq!(sessions(&site).await, round);
    }
    assert_eq!(site.count("SELECT COUNT(*) FROM token").await, 12);
    site.close().await;
}

/// RFC 9449 §5: a device that proves possession of a key gets tokens bound to it, and the same
/// again only with it.
#[tokio::test]
async fn a_device_may_bind_its_tokens_to_a_key() {
    let site = Site::open().await;
    let mut ada = site.person("ada@example.com").await;
    let client = command_line(&site).await;
    let device = Device::of(&client).await;
    device.approved_by(&mut ada).await;
    let key = Key::p256();
    let code = text(&device.told, "device_code");
    let fields = [("grant_type", DEVICE_CODE), ("device_code", code), ("client_id", &client.id)];
    let tokens = proof::ask(&site, &fields, &[&proof::for_token(&site, &key)]).await;
    assert_eq!(member(&tokens, "token_type"), "DPoP");
    let known = site.introspect(&member(&tokens, "access_token")).await.json();
    assert_eq!(known["cnf"], json!({ "jkt": key.thumbprint() }));
    device.poll().await.assert_error(400, "invalid_grant");
    let again = proof::ask(&site, &fields, &[&proof::for_token(&site, &key)]).await;
    assert_eq!(member(&again, "access_token"), member(&tokens, "access_token"));
    client.refresh(&member(&tokens, "refresh_token")).await.assert_error(400, "invalid_grant");
    site.close().await;
}

/// RFC 6750 §3.1: a device asks for more; the same session gains what its human adds.
#[tokio::test]
async fn a_device_widens_its_own_session() {
    let site = Site::open().await;
    let mut ada = site.person("ada@example.com").await;
    let client = command_line(&site).await;
    let told = ask(&client, &[("scope", "demo:read")]).await.json();
    let first = Device { client: &client, told };
    let link = first.typed_by(&mut ada).await;
    let fields = [
        ("decision", "approve"),
        ("user_code", first.code()),
        ("scope", "demo:read"),
        ("lifetime", "8h"),
    ];
    assert_eq!(ada.answer(&link, &fields).await.status, 303);
    let before = member(&first.poll().await, "access_token");
    let session = site.introspect(&before).await.json();
    let more = Device::of(&client).await;
    let link = more.typed_by(&mut ada).await;
    let fields = [
        ("decision", "approve"),
        ("user_code", more.code()),
        ("scope", "demo:write"),
        ("session", text(&session, "session_id")),
    ];
    assert_eq!(ada.answer(&link, &fields).await.status, 303);
    let tokens = more.poll().await;
    assert_eq!(tokens.json()["scope"], "demo:read demo:write");
    let known = site.introspect(&member(&tokens, "access_token")).await.json();
    assert_eq!(known["session_id"], session["session_id"]);
    assert_eq!(member(&more.poll().await, "access_token"), member(&tokens, "access_token"));
    site.assert_live(&before).await;
    assert_eq!(sessions(&site).await, 1);
    site.close().await;
}
