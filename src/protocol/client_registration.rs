//! Dynamic client registration ([RFC 7591]) and its management ([RFC 7592]): what a client
//! tells, what of it is accepted, and what it is answered.
//!
//! [RFC 7591]: https://www.rfc-editor.org/rfc/rfc7591
//! [RFC 7592]: https://www.rfc-editor.org/rfc/rfc7592

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::client_metadata::{ApplicationType, AuthenticationMethod, ClientMetadata};
use super::grant_type::GrantType;
use super::json_web_key::holds_public_keys;
use super::redirect_uri::{NotARedirectUri, RedirectUri};
use super::scope::is_scope_token;
use super::text::ToldText;
use super::web_uri::is_a_public_page;

/// Metadata as a client sends it. A null counts as left out, and so does an empty text;
/// unknown members are ignored ([RFC 7591 §2]).
///
/// [RFC 7591 §2]: https://www.rfc-editor.org/rfc/rfc7591#section-2
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct ToldMetadata {
    pub redirect_uris: Option<Vec<String>>,
    pub token_endpoint_auth_method: Option<String>,
    pub grant_types: Option<Vec<String>>,
    pub response_types: Option<Vec<String>>,
    pub client_name: Option<String>,
    pub client_uri: Option<String>,
    pub logo_uri: Option<String>,
    pub tos_uri: Option<String>,
    pub policy_uri: Option<String>,
    pub scope: Option<String>,
    pub contacts: Option<Vec<String>>,
    pub software_id: Option<String>,
    pub software_version: Option<String>,
    pub jwks: Option<Value>,
    pub jwks_uri: Option<String>,
}

/// An update of a registration ([RFC 7592 §2.2]): all of its metadata, anew.
///
/// [RFC 7592 §2.2]: https://www.rfc-editor.org/rfc/rfc7592#section-2.2
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct ToldUpdate {
    pub client_id: Option<String>,
    pub client_secret: Option<String>,
    #[serde(flatten)]
    pub metadata: ToldMetadata,
}

/// Why metadata is refused ([RFC 7591 §3.2.2]).
///
/// [RFC 7591 §3.2.2]: https://www.rfc-editor.org/rfc/rfc7591#section-3.2.2
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MetadataRefused {
    #[error("redirect_uris[{0}] {1}")]
    RedirectUri(usize, NotARedirectUri),
    #[error("redirect_uris is missing")]
    NoRedirectUri,
    #[error("redirect_uris holds more than {MOST_REDIRECT_URIS} entries")]
    TooManyRedirectUris,
    #[error("{0} is not the https URL of a public host, without user name or fragment")]
    Uri(&'static str),
    #[error("token_endpoint_auth_method is not one of those in the server's metadata")]
    Method,
    #[error("none of grant_types is offered to clients that register themselves")]
    GrantTypes,
    #[error("response_types leaves out code, which the authorization_code grant needs")]
    ResponseTypes,
    #[error("private_key_jwt needs either jwks, with public keys alone, or jwks_uri")]
    Keys,
    #[error("the metadata is larger than {MOST_BYTES} bytes")]
    TooLarge,
}

impl MetadataRefused {
    /// The `error` member.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::RedirectUri(..) | Self::NoRedirectUri | Self::TooManyRedirectUris => {
                "invalid_redirect_uri"
            }
            _ => "invalid_client_metadata",
        }
    }
}

/// More than any client needs; each is a row's bytes and a comparison at `/authorize`.
const MOST_REDIRECT_URIS: usize = 20;
const MOST_CONTACTS: usize = 10;
const MOST_BYTES: usize = 16 * 1_024;
/// The longest name a page shows.
const NAME: usize = 80;
const WORDS: usize = 200;

const CODE: &str = GrantType::AuthorizationCode.name();
const REFRESH: &str = GrantType::RefreshToken.name();
/// What a client may register for by itself. `client_credentials` is for the operator's
/// own clients: nobody would have agreed to what a stranger does with it.
const GRANT_TYPES: [&str; 4] =
    [CODE, REFRESH, GrantType::DeviceCode.name(), GrantType::TokenExchange.name()];

impl ToldMetadata {
    /// Accepts what was told, or says what is wrong with it. What is not offered is left
    /// out, as [RFC 7591 §3.2.1] allows; nothing is refused for being unknown. `unsaid` is
    /// the method of those who name none, `allowed` the private hosts that may be named.
    ///
    /// # Errors
    ///
    /// See [`MetadataRefused`].
    ///
    /// [RFC 7591 §3.2.1]: https://www.rfc-editor.org/rfc/rfc7591#section-3.2.1
    pub fn accept(
        self,
        unsaid: AuthenticationMethod,
        allowed: &[String],
    ) -> Result<ClientMetadata, MetadataRefused> {
        let grant_types = grant_types(self.grant_types)?;
        let asks_in_browser = grant_types.iter().any(|grant| grant == CODE);
        let redirect_uris = redirect_uris(self.redirect_uris.as_deref(), asks_in_browser)?;
        let method =
            match self.token_endpoint_auth_method.as_deref().filter(|name| !name.is_empty()) {
                None => unsaid,
                Some(name) => AuthenticationMethod::named(name).ok_or(MetadataRefused::Method)?,
            };
        let page = |name, uri: Option<String>| match uri.filter(|uri| !uri.is_empty()) {
            Some(uri) if !is_a_public_page(&uri, allowed) => Err(MetadataRefused::Uri(name)),
            uri => Ok(uri),
        };
        let words = |text: Option<String>, most| ToldText::clean(&text?, most);
        let contacts = self.contacts.unwrap_or_default();
        let contacts = contacts.iter().filter_map(|contact| ToldText::clean(contact, WORDS));
        let metadata = ClientMetadata {
            application_type: application_type(&redirect_uris),
            redirect_uris,
            token_endpoint_auth_method: method,
            response_types: response_types(self.response_types, asks_in_browser)?,
            grant_types,
            client_name: words(self.client_name, NAME),
            client_uri: page("client_uri", self.client_uri)?,
            logo_uri: page("logo_uri", self.logo_uri)?,
            tos_uri: page("tos_uri", self.tos_uri)?,
            policy_uri: page("policy_uri", self.policy_uri)?,
            scope: self.scope.as_deref().and_then(scope),
            contacts: contacts.take(MOST_CONTACTS).collect(),
            software_id: words(self.software_id, WORDS),
            software_version: words(self.software_version, WORDS),
            jwks_uri: page("jwks_uri", self.jwks_uri)?,
            jwks: self.jwks,
        };
        metadata.checked()
    }
}

impl ClientMetadata {
    fn checked(self) -> Result<Self, MetadataRefused> {
        let sound = match (&self.jwks, &self.jwks_uri) {
            (Some(_), Some(_)) => false,
            (Some(set), None) => holds_public_keys(set),
            (None, Some(_)) => true,
            (None, None) => self.token_endpoint_auth_method != AuthenticationMethod::PrivateKeyJwt,
        };
        if !sound {
            return Err(MetadataRefused::Keys);
        }
        let length = serde_json::to_string(&self).map_or(usize::MAX, |text| text.len());
        if length > MOST_BYTES { Err(MetadataRefused::TooLarge) } else { Ok(self) }
    }
}

fn redirect_uris(
    told: Option<&[String]>,
    needed: bool,
) -> Result<Vec<RedirectUri>, MetadataRefused> {
    let told = told.unwrap_or_default();
    if told.len() > MOST_REDIRECT_URIS {
        return Err(MetadataRefused::TooManyRedirectUris);
    }
    let mut uris: Vec<RedirectUri> = Vec::with_capacity(told.len());
    for (index, text) in told.iter().enumerate() {
        let refused = |reason| MetadataRefused::RedirectUri(index, reason);
        let uri: RedirectUri = text.parse().map_err(refused)?;
        if !uris.contains(&uri) {
            uris.push(uri);
        }
    }
    if needed && uris.is_empty() { Err(MetadataRefused::NoRedirectUri) } else { Ok(uris) }
}

/// Left out, it is the code grant alone (RFC 7591 §2).
fn grant_types(told: Option<Vec<String>>) -> Result<Vec<String>, MetadataRefused> {
    let Some(told) = told.filter(|told| !told.is_empty()) else { return Ok(vec![CODE.to_owned()]) };
    let offered = GRANT_TYPES.iter().filter(|known| told.iter().any(|told| told == *known));
    let offered: Vec<String> = offered.map(|known| (*known).to_owned()).collect();
    let refresh_alone = offered.iter().all(|grant| grant == REFRESH);
    if refresh_alone { Err(MetadataRefused::GrantTypes) } else { Ok(offered) }
}

/// `code` and nothing else, for whoever asks in a browser (RFC 7591 §2.1).
fn response_types(
    told: Option<Vec<String>>,
    asks_in_browser: bool,
) -> Result<Vec<String>, MetadataRefused> {
    let told = told.filter(|told| !told.is_empty());
    match (asks_in_browser, told) {
        (false, _) => Ok(Vec::new()),
        (true, Some(told)) if !told.iter().any(|one| one == "code") => {
            Err(MetadataRefused::ResponseTypes)
        }
        (true, _) => Ok(vec!["code".to_owned()]),
    }
}

/// What the redirect URIs say, whatever `application_type` says: clients that register an
/// app's scheme and a web page together say `web`, or nothing.
fn application_type(uris: &[RedirectUri]) -> ApplicationType {
    let on_the_machine = |uri: &RedirectUri| uri.is_loopback() || uri.is_private_use();
    if uris.is_empty() || uris.iter().any(on_the_machine) {
        ApplicationType::Native
    } else {
        ApplicationType::Web
    }
}

/// The scope tokens of the hint, in their order; the rest of the text is no scope.
fn scope(told: &str) -> Option<String> {
    let tokens: Vec<&str> = told.split(' ').filter(|token| is_scope_token(token)).collect();
    let text = tokens.join(" ");
    (!text.is_empty() && text.len() <= 2_048).then_some(text)
}

/// What a client is told about its registration ([RFC 7591 §3.2.1], [RFC 7592 §3]).
///
/// [RFC 7591 §3.2.1]: https://www.rfc-editor.org/rfc/rfc7591#section-3.2.1
/// [RFC 7592 §3]: https://www.rfc-editor.org/rfc/rfc7592#section-3
#[derive(Debug, Serialize)]
pub struct ClientInformation {
    pub client_id: String,
    pub client_id_issued_at: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_secret: Option<String>,
    /// Zero: it does not expire. Only beside a secret.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_secret_expires_at: Option<i64>,
    pub registration_access_token: String,
    pub registration_client_uri: String,
    #[serde(flatten)]
    pub metadata: ClientMetadata,
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[expect(clippy::unwrap_in_result, reason = "a test whose JSON has another shape has failed")]
    fn accepted(told: Value) -> Result<ClientMetadata, MetadataRefused> {
        let told: ToldMetadata = serde_json::from_value(told).expect("the shape is sound");
        told.accept(AuthenticationMethod::ClientSecretBasic, &[])
    }

    fn text(metadata: &ClientMetadata) -> String {
        serde_json::to_string(metadata).expect("JSON")
    }

    /// RFC 7591 §2: what is left out has the default of the clause.
    #[test]
    fn the_smallest_registration_gets_the_defaults_of_the_clause() {
        let metadata =
            accepted(json!({ "redirect_uris": ["https://a.example/cb"] })).expect("sound");
        assert_eq!(
            text(&metadata),
            r#"{"redirect_uris":["https://a.example/cb"],"token_endpoint_auth_method":"client_secret_basic","grant_types":["authorization_code"],"response_types":["code"],"application_type":"web"}"#
        );
    }

    /// oauth.md trap 10: nulls and empty texts come back as nothing.
    #[test]
    fn nulls_and_empty_texts_count_as_left_out() {
        let metadata = accepted(json!({
            "redirect_uris": ["https://a.example/cb"], "client_name": "", "client_uri": null,
            "logo_uri": "", "scope": "", "contacts": null, "software_id": "\u{200b}",
            "token_endpoint_auth_method": null, "jwks": null, "unknown": [null],
        }));
        let text = text(&metadata.expect("sound"));
        assert!(!text.contains("null") && !text.contains("\"\""), "{text}");
    }

    /// oauth.md trap 14: Cursor registers all three together and says `web`, or nothing.
    #[test]
    fn an_apps_scheme_a_loopback_and_a_page_may_come_together() {
        let metadata = accepted(json!({
            "redirect_uris": [
                "cursor://anysphere.cursor-retrieval/oauth/user-demo/callback",
                "http://localhost:8787/callback",
                "https://www.cursor.com/agents/mcp/oauth/callback",
            ],
            "application_type": "web",
        }))
        .expect("sound");
        assert_eq!(metadata.application_type, ApplicationType::Native);
        assert_eq!(metadata.redirect_uris.len(), 3);
    }

    /// Cases 030, 031: one bad URI refuses the registration and is named.
    #[test]
    fn a_refused_uri_is_named_with_its_reason() {
        let refused = accepted(json!({
            "redirect_uris": ["https://a.example/cb", "javascript:alert(1)"],
        }))
        .expect_err("refused");
        assert_eq!(refused.code(), "invalid_redirect_uri");
        assert!(refused.to_string().starts_with("redirect_uris[1] has a scheme"), "{refused}");
    }

    /// RFC 7591 §3.2.2, one refusal each.
    #[test]
    #[expect(clippy::too_many_lines, reason = "a table")]
    fn each_flaw_is_refused_by_its_name() {
        let uris = json!(["https://a.example/cb"]);
        let many: Vec<String> = (0..21).map(|n| format!("https://a.example/{n}")).collect();
        let large: Vec<String> =
            (0..20).map(|n| format!("https://a.example/{n}{}", "x".repeat(1_000))).collect();
        for (told, wanted) in [
            (json!({}), MetadataRefused::NoRedirectUri),
            (json!({ "redirect_uris": [] }), MetadataRefused::NoRedirectUri),
            (json!({ "redirect_uris": many }), MetadataRefused::TooManyRedirectUris),
            (json!({ "redirect_uris": large }), MetadataRefused::TooLarge),
            (
                json!({ "redirect_uris": uris, "token_endpoint_auth_method": "tls_client_auth" }),
                MetadataRefused::Method,
            ),
            (
                json!({ "redirect_uris": uris, "grant_types": ["client_credentials", "implicit"] }),
                MetadataRefused::GrantTypes,
            ),
            (
                json!({ "redirect_uris": uris, "response_types": ["token"] }),
                MetadataRefused::ResponseTypes,
            ),
            (
                json!({ "redirect_uris": uris, "logo_uri": "https://169.254.169.254/" }),
                MetadataRefused::Uri("logo_uri"),
            ),
            (
                json!({ "redirect_uris": uris, "jwks_uri": "https://127.1/keys" }),
                MetadataRefused::Uri("jwks_uri"),
            ),
            (
                json!({ "redirect_uris": uris, "token_endpoint_auth_method": "private_key_jwt" }),
                MetadataRefused::Keys,
            ),
            (
                json!({ "redirect_uris": uris, "jwks": { "keys": [{ "kty": "EC", "d": "x" }] } }),
                MetadataRefused::Keys,
            ),
            (json!({ "redirect_uris": uris, "jwks": { "keys": [] } }), MetadataRefused::Keys),
            (
                json!({
                    "redirect_uris": uris, "jwks_uri": "https://a.example/keys",
                    "jwks": { "keys": [{ "kty": "EC" }] },
                }),
                MetadataRefused::Keys,
            ),
        ] {
            assert_eq!(accepted(told.clone()).expect_err("refused"), wanted, "{told}");
        }
    }

    /// RFC 7591 §2.1: grants and response types fit each other, and what is not offered goes.
    #[test]
    fn what_is_not_offered_is_left_out() {
        let metadata = accepted(json!({
            "redirect_uris": ["https://a.example/cb"],
            "grant_types": ["refresh_token", "authorization_code", "implicit", "client_credentials"],
            "response_types": ["code", "token"],
        }))
        .expect("sound");
        assert_eq!(metadata.grant_types, ["authorization_code", "refresh_token"]);
        assert_eq!(metadata.response_types, ["code"]);
        let device = "urn:ietf:params:oauth:grant-type:device_code";
        let metadata = accepted(json!({ "grant_types": [device] })).expect("no browser, no URI");
        assert!(metadata.redirect_uris.is_empty() && metadata.response_types.is_empty());
    }

    /// oauth.md trap 17: what deceives the eye is stripped, what is long is cut.
    #[test]
    fn a_name_is_cleaned_and_cut() {
        let metadata = accepted(json!({
            "redirect_uris": ["https://a.example/cb"],
            "client_name": format!("Pay\u{202e}Pal\r\n\u{0} {}", "x".repeat(500)),
            "scope": "read \"quoted\" write\u{202e}",
        }))
        .expect("sound");
        let name = metadata.client_name.expect("a name");
        assert!(name.as_str().starts_with("PayPal x") && name.as_str().len() == 80, "{name}");
        assert_eq!(metadata.scope.as_deref(), Some("read"));
    }
}
