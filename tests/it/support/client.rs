//! An OAuth client of the code grant: it registers, sends a browser, and redeems what comes
//! back.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::digest::{SHA256, digest};
use serde_json::{Value, json};
use url::Url;

use super::Site;
use super::person::{Person, between};
use super::reply::Reply;

/// Where the test client listens.
pub const CALLBACK: &str = "http://127.0.0.1:7777/callback";

/// Somebody's verifier (RFC 7636 §4.1).
pub const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";

/// `S256` of a verifier.
pub fn challenge(verifier: &str) -> String {
    URL_SAFE_NO_PAD.encode(digest(&SHA256, verifier.as_bytes()))
}

pub struct Client<'a> {
    pub site: &'a Site,
    pub id: String,
    pub secret: Option<String>,
}

impl<'a> Client<'a> {
    /// A public client with one loopback redirection.
    pub async fn register(site: &'a Site) -> Self {
        let metadata = json!({
            "client_name": "Test client",
            "redirect_uris": [CALLBACK],
            "token_endpoint_auth_method": "none",
        });
        Self::register_as(site, &metadata).await
    }

    pub async fn register_as(site: &'a Site, metadata: &Value) -> Self {
        let reply = site.post_json("/register", metadata).await;
        assert_eq!(reply.status, 201, "{}", reply.text);
        let told = reply.json();
        let word = |name: &str| told[name].as_str().map(ToOwned::to_owned);
        Self { site, id: word("client_id").expect("an id"), secret: word("client_secret") }
    }

    /// Path and query of an authorization request; `change` replaces, adds or (with an empty
    /// value) leaves out parameters.
    pub fn request(&self, change: &[(&str, &str)]) -> String {
        let challenge = challenge(VERIFIER);
        let usual = [
            ("response_type", "code"),
            ("client_id", self.id.as_str()),
            ("redirect_uri", CALLBACK),
            ("state", "af0ifjsldkj"),
            ("scope", "demo:read demo:write"),
            ("code_challenge", challenge.as_str()),
            ("code_challenge_method", "S256"),
        ];
        let query = url::form_urlencoded::Serializer::new(String::new())
            .extend_pairs(changed(&usual, change))
            .finish();
        format!("/authorize?{query}")
    }

    /// Sends this person's browser; the path of the approval page it lands on.
    pub async fn send(&self, person: &mut Person, change: &[(&str, &str)]) -> String {
        let reply = person.get(&self.request(change)).await;
        assert_eq!(reply.status, 303, "{}", reply.text);
        reply.header("location").expect("a location").to_owned()
    }

    /// Has this person approve both demo scopes; what the browser brings back.
    pub async fn approved_by(&self, person: &mut Person) -> Callback {
        let link = self.send(person, &[]).await;
        approve(person, &link).await;
        Callback::of(&person.get(&link).await)
    }

    /// The token request of a code; `change` as in [`request`](Self::request).
    pub async fn redeem(&self, code: &str, change: &[(&str, &str)]) -> Reply {
        let mut usual = vec![
            ("grant_type", "authorization_code"),
            ("client_id", self.id.as_str()),
            ("code", code),
            ("redirect_uri", CALLBACK),
            ("code_verifier", VERIFIER),
        ];
        usual.extend(self.secret.as_deref().map(|secret| ("client_secret", secret)));
        self.site.post_form("/token", &changed(&usual, change)).await
    }

    pub async fn refresh(&self, token: &str) -> Reply {
        self.refresh_with(token, &[]).await
    }

    /// The token request of a refresh token; `change` as in [`request`](Self::request).
    pub async fn refresh_with(&self, token: &str, change: &[(&str, &str)]) -> Reply {
        let mut usual = vec![
            ("grant_type", "refresh_token"),
            ("client_id", self.id.as_str()),
            ("refresh_token", token),
        ];
        usual.extend(self.secret.as_deref().map(|secret| ("client_secret", secret)));
        self.site.post_form("/token", &changed(&usual, change)).await
    }
}

/// The usual parameters, without those that `change` names and with what it says instead.
fn changed<'a>(
    usual: &[(&'a str, &'a str)],
    change: &[(&'a str, &'a str)],
) -> Vec<(&'a str, &'a str)> {
    let kept = usual.iter().filter(|(name, _)| change.iter().all(|(other, _)| other != name));
    kept.chain(change.iter().filter(|(_, value)| !value.is_empty())).copied().collect()
}

/// Approves both demo scopes for eight hours.
pub async fn approve(person: &mut Person, link: &str) {
    let fields = [
        ("decision", "approve"),
        ("scope", "demo:read"),
        ("scope", "demo:write"),
        ("lifetime", "8h"),
    ];
    let reply = person.answer(link, &fields).await;
    assert_eq!(reply.status, 303, "{}", reply.text);
}

/// What a browser brings back to the client.
#[derive(Debug)]
pub struct Callback(pub Url);

impl Callback {
    /// Where a page of ours moves on to.
    pub fn of(page: &Reply) -> Self {
        assert_eq!(page.status, 200, "{}", page.text);
        let refresh = between(&page.text, "http-equiv=\"refresh\" content=\"", "\"");
        let refresh = refresh.unwrap_or_else(|| panic!("a page that moves on: {}", page.text));
        let (_, target) = refresh.split_once("url=").expect("a target");
        let target = target.replace("&#38;", "&").replace("&#39;", "'");
        Self(Url::parse(&target).expect("a URL"))
    }

    /// Where a redirect leads.
    pub fn at(reply: &Reply) -> Self {
        assert_eq!(reply.status, 302, "{}", reply.text);
        Self(Url::parse(reply.header("location").expect("a location")).expect("a URL"))
    }

    pub fn get(&self, name: &str) -> Option<String> {
        self.0.query_pairs().find(|(known, _)| known == name).map(|(_, value)| value.into_owned())
    }

    pub fn code(&self) -> String {
        self.get("code").unwrap_or_else(|| panic!("a code: {}", self.0))
    }

    /// Asserts an error answer: it says who answers and hands back the state (RFC 9207 §2).
    #[track_caller]
    pub fn assert_error(&self, site: &Site, error: &str) {
        assert_eq!(self.get("error").as_deref(), Some(error), "{}", self.0);
        assert_eq!(self.get("iss").as_deref(), Some(site.app.issuer()), "{}", self.0);
        assert_eq!(self.get("state").as_deref(), Some("af0ifjsldkj"), "{}", self.0);
        assert_eq!(self.get("code"), None);
    }
}
