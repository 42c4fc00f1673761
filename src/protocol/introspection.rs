//! What introspection answers ([RFC 7662 §2.2]), as it is written and as it is read.
//!
//! [RFC 7662 §2.2]: https://www.rfc-editor.org/rfc/rfc7662#section-2.2

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

use super::actor::Actor;
use super::authorization_details::AuthorizationDetails;
use super::json::{self, JsonError};
use super::resource_identifier::ResourceIdentifier;
use super::scope::Scopes;
use super::thumbprint::Confirmation;
use super::timestamp::Timestamp;

/// The whole answer about anything that is not a live token of the caller's resource.
pub const INACTIVE: &str = r#"{"active":false}"#;

/// The most tokens that one request may ask about: as many as one page of anything needs, and
/// little enough that nobody waits for it.
pub const MOST_IN_A_BATCH: usize = 100;

/// `POST /introspect/batch` ([RFC 7662 §2.1] for many).
///
/// [RFC 7662 §2.1]: https://www.rfc-editor.org/rfc/rfc7662#section-2.1
#[derive(Debug, Deserialize)]
pub struct BatchRequest {
    pub tokens: Vec<String>,
}

/// The answer about a live token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Active<'a> {
    pub active: bool,
    pub scope: &'a str,
    /// Who asked: the registration the session belongs to. Nobody asked for a key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_id: Option<&'a str>,
    /// The account; for an unclaimed agent, the registration.
    pub sub: &'a str,
    pub aud: &'a str,
    pub iss: &'a str,
    /// Seconds since the epoch; a key need not end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exp: Option<i64>,
    pub iat: i64,
    pub token_type: &'static str,
    /// Of a token that only the holder of a key may use (RFC 9449 §6.2).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cnf: Option<Confirmation<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub session_id: Option<&'a str>,
    /// The profile that a key is of.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub profile: Option<&'a str>,
    /// `session`, or what the profile calls it.
    pub credential_type: &'a str,
    /// What its owner sees and ends.
    pub credential_id: &'a str,
    /// Which of its owner's agents a key is given to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agent_id: Option<&'a str>,
    /// What a key is good for alone, in the API's own words; an API that takes such keys must look
    /// (docs/credentials.md, "Keys").
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limited_to: Option<Vec<&'a str>>,
    /// `live` or `sandbox`.
    pub mode: &'a str,
    /// The account or organization that answers for it; nobody does while an agent is unclaimed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owner: Option<&'a str>,
    /// The agent's name, as it told it; of a key's agent, as its owner calls it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agent: Option<&'a str>,
    /// When the human approved; absent before that.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub approved_at: Option<i64>,
    /// Who acts, where access was handed on (RFC 8693 §4.1).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub act: Option<&'a Actor>,
    /// What the scopes are pinned down to (RFC 9396 §9.2).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub authorization_details: Option<&'a AuthorizationDetails>,
}

/// What a resource server has learnt about a live token ([RFC 7662 §2.2]). Members that this
/// server always sends are required; others are not looked at.
///
/// [RFC 7662 §2.2]: https://www.rfc-editor.org/rfc/rfc7662#section-2.2
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Introspected {
    /// What this token may do; less than the session has, perhaps.
    #[serde(deserialize_with = "scopes")]
    pub scope: Scopes,
    pub client_id: String,
    /// The account; for an unclaimed agent, its registration.
    pub sub: String,
    pub aud: Audience,
    pub iss: String,
    pub exp: Timestamp,
    pub iat: Timestamp,
    /// `Bearer`, or a kind that asks for a proof.
    pub token_type: String,
    /// The key this token is bound to ([RFC 7800 §3.1]); absent for a bearer token.
    ///
    /// [RFC 7800 §3.1]: https://www.rfc-editor.org/rfc/rfc7800#section-3.1
    pub cnf: Option<Value>,
    pub session_id: String,
    /// The agent's name, as it told it.
    pub agent: Option<String>,
    /// When a person approved.
    pub approved_at: Option<Timestamp>,
    /// What the scopes are pinned down to ([RFC 9396 §9.2]).
    ///
    /// [RFC 9396 §9.2]: https://www.rfc-editor.org/rfc/rfc9396#section-9.2
    #[serde(default)]
    pub authorization_details: AuthorizationDetails,
    /// How often it may be used from now on, where calls are counted: each question is one
    /// (docs/your-api.md, "Budgets").
    pub calls_left: Option<i64>,
}

/// For whom a token is: one name or several ([RFC 7519 §4.1.3]).
///
/// [RFC 7519 §4.1.3]: https://www.rfc-editor.org/rfc/rfc7519#section-4.1.3
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
pub enum Audience {
    One(String),
    Several(Vec<String>),
}

impl Audience {
    /// Whether `resource` is this audience, and nobody beside it: a token that others take
    /// too could be brought here by one of them ([RFC 8707 §2]).
    ///
    /// [RFC 8707 §2]: https://www.rfc-editor.org/rfc/rfc8707#section-2
    #[must_use]
    pub fn is(&self, resource: &ResourceIdentifier) -> bool {
        let only = match self {
            Self::One(only) => Some(only),
            Self::Several(names) => names.first().filter(|_| names.len() == 1),
        };
        only.and_then(|name| name.parse().ok())
            .is_some_and(|name: ResourceIdentifier| name == *resource)
    }
}

#[derive(Deserialize)]
struct Verdict {
    active: bool,
    credential_type: Option<String>,
}

/// The `credential_type` of a session's token.
pub const SESSION: &str = "session";

/// Reads an answer. `None` for a token that is worth nothing, whatever else is said about it
/// ([RFC 7662 §2.2]), and for a credential of another kind than a session's.
///
/// # Errors
///
/// The text is no such answer: the caller must refuse, not guess.
///
/// [RFC 7662 §2.2]: https://www.rfc-editor.org/rfc/rfc7662#section-2.2
pub fn read(answer: &[u8]) -> Result<Option<Introspected>, JsonError> {
    let verdict: Verdict = json::parse(answer)?;
    let is_session = verdict.credential_type.is_none_or(|name| name == SESSION);
    if verdict.active && is_session { json::parse(answer).map(Some) } else { Ok(None) }
}

fn scopes<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Scopes, D::Error> {
    Scopes::stored(&String::deserialize(deserializer)?).map_err(D::Error::custom)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIVE: Active<'_> = Active {
        active: true,
        scope: "events:read events:write",
        client_id: Some("reg_1"),
        sub: "acc_1",
        aud: "https://api.example.com",
        iss: "https://auth.example.com",
        exp: Some(1_800_003_600),
        iat: 1_800_000_000,
        token_type: "Bearer",
        cnf: None,
        session_id: Some("ses_1"),
        profile: None,
        credential_type: SESSION,
        credential_id: "ses_1",
        agent_id: None,
        limited_to: None,
        mode: "live",
        owner: Some("acc_1"),
        agent: None,
        approved_at: Some(1_800_000_000),
        act: None,
        authorization_details: None,
    };

    fn audience(text: &str) -> Audience {
        serde_json::from_str(text).expect("an audience")
    }

    /// RFC 7662 §2.2: what this server writes, its own reader understands.
    #[test]
    fn an_answer_is_read_as_it_was_written() {
        let written = serde_json::to_vec(&LIVE).expect("JSON");
        let read = read(&written).expect("an answer").expect("active");
        assert_eq!(read.scope.to_string(), LIVE.scope);
        assert_eq!((read.sub.as_str(), Some(read.client_id.as_str())), (LIVE.sub, LIVE.client_id));
        assert_eq!((Some(read.exp.0), read.iat.0), (LIVE.exp, LIVE.iat));
        assert_eq!((read.cnf, read.agent), (None, None));
        assert_eq!(read.approved_at, Some(Timestamp(1_800_000_000)));
    }

    /// RFC 7662 §2.2: where `active` is not `true`, nothing else counts.
    #[test]
    fn an_inactive_token_is_nothing_whatever_else_is_said() {
        assert_eq!(read(INACTIVE.as_bytes()).expect("an answer"), None);
        let mut claims = serde_json::to_value(LIVE).expect("JSON");
        claims["active"] = false.into();
        assert_eq!(read(claims.to_string().as_bytes()).expect("an answer"), None);
    }

    /// A key is not a session, however live it is: what guards by sessions does not let it in.
    #[test]
    fn a_key_is_nothing_to_whoever_reads_sessions() {
        let key = Active { credential_type: "secret", session_id: None, exp: None, ..LIVE };
        let written = serde_json::to_vec(&key).expect("JSON");
        assert_eq!(read(&written).expect("an answer"), None);
    }

    /// Fail closed: `"true"`, a repeated member, a missing one and fractional times are errors.
    #[test]
    fn what_is_not_clearly_active_is_an_error() {
        let whole = serde_json::to_string(&LIVE).expect("JSON");
        let changed = [
            whole.replace("true", r#""true""#),
            whole.replace(r#"{"active":true"#, r#"{"active":false,"active":true"#),
            whole.replace(r#""active":true,"#, ""),
            whole.replace(r#""aud":"https://api.example.com","#, ""),
            whole.replace("1800003600", "1800003600.5"),
            whole.replace("events:read ", "events\\"),
            String::from("[true]"),
            String::new(),
        ];
        for text in changed {
            assert!(read(text.as_bytes()).is_err(), "{text}");
        }
    }

    /// RFC 8707 §2: one resource, in either spelling of an origin, and nobody else's.
    #[test]
    fn an_audience_is_one_resource_and_no_other() {
        let resource = "https://api.example.com".parse().expect("a resource");
        for text in [
            r#""https://api.example.com""#,
            r#""https://api.example.com/""#,
            r#"["https://api.example.com"]"#,
        ] {
            assert!(audience(text).is(&resource), "{text}");
        }
        for text in [
            r#""https://api.example.com.evil.example""#,
            r#""https://api.example.com/v1""#,
            r#""""#,
            "[]",
            r#"["https://api.example.com", "https://files.example.com"]"#,
        ] {
            assert!(!audience(text).is(&resource), "{text}");
        }
    }
}
