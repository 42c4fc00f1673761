//! Client id metadata documents ([CIMD]): a client is named by the URL of its own metadata.
//!
//! [CIMD]: https://datatracker.ietf.org/doc/html/draft-ietf-oauth-client-id-metadata-document-02

use serde::Deserialize;
use serde_json::Value;
use url::Url;

use super::client_metadata::{AuthenticationMethod, ClientMetadata};
use super::client_registration::{MetadataRefused, ToldMetadata};
use super::json;

/// Why a document describes nobody.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotADocument {
    #[error("it is not served as JSON")]
    MediaType,
    #[error("it is not a JSON object of client metadata")]
    Json,
    #[error("its client_id is not the URL it was fetched from")]
    OtherClient,
    #[error("it speaks of a shared secret, and nobody could have shared one")]
    SharedSecret,
    #[error(transparent)]
    Metadata(#[from] MetadataRefused),
}

/// Whether a URL is spelled as a client identifier ([CIMD §3]): with a path, without dot
/// segments, and so that a parser would print it again byte for byte, because one client
/// must not have two ids.
///
/// [CIMD §3]: https://datatracker.ietf.org/doc/html/draft-ietf-oauth-client-id-metadata-document-02#section-3
#[must_use]
pub fn is_a_client_identifier(text: &str) -> bool {
    Url::parse(text).is_ok_and(|url| url.as_str() == text && url.path() != "/")
}

#[derive(Deserialize)]
struct Document {
    client_id: Option<String>,
    #[serde(default)]
    client_secret: Option<Value>,
    #[serde(default)]
    client_secret_expires_at: Option<Value>,
    #[serde(flatten)]
    metadata: ToldMetadata,
}

/// Reads the document that was fetched from `url` ([CIMD §4]). `allowed` are the private
/// hosts that may be named in it.
///
/// # Errors
///
/// See [`NotADocument`].
///
/// [CIMD §4]: https://datatracker.ietf.org/doc/html/draft-ietf-oauth-client-id-metadata-document-02#section-4
pub fn read(
    url: &str,
    media_type: Option<&str>,
    body: &[u8],
    allowed: &[String],
) -> Result<ClientMetadata, NotADocument> {
    if !media_type.is_some_and(is_json) {
        return Err(NotADocument::MediaType);
    }
    let document: Document = json::parse(body).map_err(|_| NotADocument::Json)?;
    if document.client_id.as_deref() != Some(url) {
        return Err(NotADocument::OtherClient);
    }
    let has_secret =
        document.client_secret.is_some() || document.client_secret_expires_at.is_some();
    let metadata = document.metadata.accept(AuthenticationMethod::None, allowed)?;
    if has_secret || metadata.token_endpoint_auth_method.is_a_secret() {
        return Err(NotADocument::SharedSecret);
    }
    Ok(metadata)
}

/// `application/json`, or a type of its own that is JSON by name.
fn is_json(media_type: &str) -> bool {
    let name = media_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let kind = name.strip_prefix("application/");
    kind.is_some_and(|kind| kind == "json" || kind.ends_with("+json"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const URL: &str = "https://agent.example.com/client.json";

    fn document(changes: &Value) -> String {
        let mut document = json!({
            "client_id": URL, "client_name": "Test client",
            "redirect_uris": ["http://localhost/callback"],
        });
        let members = document.as_object_mut().expect("an object");
        for (name, value) in changes.as_object().expect("an object") {
            members.insert(name.clone(), value.clone());
        }
        document.to_string()
    }

    fn read(body: &str) -> Result<ClientMetadata, NotADocument> {
        super::read(URL, Some("application/json"), body.as_bytes(), &[])
    }

    /// CIMD §4: what is left out of a document leaves a public client.
    #[test]
    fn a_document_describes_a_public_client_unless_it_says_more() {
        let metadata = read(&document(&json!({}))).expect("a document");
        assert_eq!(metadata.token_endpoint_auth_method, AuthenticationMethod::None);
        assert_eq!(metadata.grant_types, ["authorization_code"]);
    }

    /// Case 042, CIMD §4: simple string comparison, nothing normalised.
    #[test]
    fn a_client_id_that_is_not_the_url_byte_for_byte_is_another_client() {
        for other in [
            "https://agent.example.com/client.jso",
            "https://agent.example.com/client.json/",
            "https://agent.example.com/Client.json",
            "https://Agent.example.com/client.json",
            "HTTPS://agent.example.com/client.json",
            "https://agent.example.com:443/client.json",
            "https://agent.example.com/./client.json",
            "https://agent.example.com/client%2Ejson",
            "https://agent.example.com/client.json?",
            "https://agent.example.com/client.json#",
            "http://agent.example.com/client.json",
            " https://agent.example.com/client.json",
            "",
        ] {
            let refused = read(&document(&json!({ "client_id": other })));
            assert_eq!(refused, Err(NotADocument::OtherClient), "{other}");
        }
        let without = document(&json!({})).replace("client_id", "id");
        assert_eq!(read(&without), Err(NotADocument::OtherClient));
    }

    /// CIMD §4: no shared secret can exist.
    #[test]
    fn a_document_that_speaks_of_a_shared_secret_is_refused() {
        for changes in [
            json!({ "token_endpoint_auth_method": "client_secret_basic" }),
            json!({ "token_endpoint_auth_method": "client_secret_post" }),
            json!({ "client_secret": "hush" }),
            json!({ "client_secret_expires_at": 0 }),
        ] {
            assert_eq!(read(&document(&changes)), Err(NotADocument::SharedSecret));
        }
        let jwt = json!({ "token_endpoint_auth_method": "client_secret_jwt" });
        let refused = Err(NotADocument::Metadata(MetadataRefused::Method));
        assert_eq!(read(&document(&jwt)), refused);
    }

    /// CIMD §4: a client with keys of its own.
    #[test]
    fn a_document_may_name_public_keys() {
        for keys in [
            json!({ "jwks": { "keys": [{ "kty": "EC" }] } }),
            json!({ "jwks_uri": "https://agent.example.com/keys.json" }),
        ] {
            let mut changes = keys;
            changes["token_endpoint_auth_method"] = json!("private_key_jwt");
            let metadata = read(&document(&changes)).expect("a document");
            let method = metadata.token_endpoint_auth_method;
            assert_eq!(method, AuthenticationMethod::PrivateKeyJwt);
        }
    }

    #[test]
    fn only_json_is_read() {
        let body = document(&json!({}));
        let read = |media_type| super::read(URL, media_type, body.as_bytes(), &[]).is_ok();
        assert!(read(Some("application/json")));
        assert!(read(Some("Application/JSON; charset=utf-8")));
        assert!(read(Some("application/oauth-client+json")));
        for other in
            [None, Some("text/html"), Some("text/json"), Some("application/jsonp"), Some("")]
        {
            assert!(!read(other), "{other:?}");
        }
        for body in ["", "[]", "null", "{", r#"{"client_id":"a","client_id":"b"}"#] {
            let refused = super::read(URL, Some("application/json"), body.as_bytes(), &[]);
            assert_eq!(refused, Err(NotADocument::Json), "{body}");
        }
    }

    /// CIMD §3.
    #[test]
    fn a_client_identifier_has_a_path_and_one_spelling() {
        for text in [URL, "https://agent.example.com:8443/a?v=2", "https://agent.example.com/a/"] {
            assert!(is_a_client_identifier(text), "{text}");
        }
        for text in [
            "https://agent.example.com",
            "https://agent.example.com/",
            "https://agent.example.com/?v=2",
            "https://agent.example.com/a/../b",
            "https://agent.example.com/a/./b",
            "https://agent.example.com/a/..",
            "https://agent.example.com/a/%2e%2e/b",
            "https://agent.example.com/a/%2E/b",
            "https://Agent.example.com/a",
            "HTTPS://agent.example.com/a",
            "https://agent.example.com:443/a",
            "https:agent.example.com/a",
            "https://agent.example.com\\a",
            "https://agent.example.com/a\tb",
            "https://b\u{fc}cher.example/a",
            " https://agent.example.com/a",
        ] {
            assert!(!is_a_client_identifier(text), "{text}");
        }
    }
}
