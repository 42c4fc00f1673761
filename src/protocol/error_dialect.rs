//! How the refusals of an API are written: five spellings of one list (docs/credentials.md,
//! "Error dialects").
//!
//! The status belongs to the fault and never to the dialect, so that no spelling can make a 401
//! of a 403, or either of a 429.

use serde_json::{Map, Value, json};

use super::timestamp::{Seconds, Timestamp};

/// What can be wrong with a request for something protected (docs/proxies.md, "Error
/// dialects").
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// No credential came.
    Missing,
    Invalid,
    Expired,
    Revoked,
    /// The account whose it was is closed: one product has a code for that (AO17).
    OwnerGone,
    /// The credential is good and lacks scopes.
    Scope,
    /// The credential is good, and this is not its owner's, or is not there.
    Resource,
    /// The owner's plan does not include it.
    Plan,
    /// Too much for now.
    Rate(Seconds),
    /// The same, where another plan lets in more often: the CLI of Agent Analytics hands its person
    /// on when it reads of that (AA33).
    PlanRate(Seconds),
    /// Too much for this month.
    Events(Seconds),
    Conflict,
    /// It cannot be read.
    Validation,
    /// It can be read, and a member of it is not what this takes.
    Member,
    NotFound,
    Internal,
    /// Nobody can say now.
    Unavailable,
}

/// A spelling of refusals (docs/proxies.md, "Error dialects").
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ErrorDialect {
    /// `{error, error_description}`, as the RFCs have it.
    #[default]
    OAuth,
    /// `{error: CODE, code: CODE, message}`.
    CodeMessage,
    /// `{error: text, code, retry_after?}`.
    TextCode,
    /// `{data: null, meta, errors: [{code, message}]}`.
    Envelope,
    /// `{detail: {reason_code, message}}`.
    Detail,
}

impl Fault {
    /// The status, whatever the dialect (docs/proxies.md, "Error dialects").
    #[must_use]
    pub const fn status(self) -> u16 {
        self.words().0
    }

    /// Its status, its code in each dialect, and what is said.
    #[rustfmt::skip]
    const fn words(self) -> (u16, [&'static str; 5], &'static str) {
        match self {
            Self::Missing => (401, ["unauthorized", "AUTH_REQUIRED", "MISSING_KEY", "UNAUTHORIZED", "missing_credential"],
                "a credential is required"),
            Self::Invalid | Self::Expired | Self::Revoked =>
                (401, ["invalid_token", "INVALID_TOKEN", "INVALID_KEY", "UNAUTHORIZED", "invalid_credential"],
                "the credential is invalid, expired or revoked"),
            Self::OwnerGone => (401, ["invalid_token", "INVALID_TOKEN", "USER_NOT_FOUND", "UNAUTHORIZED", "invalid_credential"],
                "the account that the credential was of is closed"),
            Self::Scope => (403, ["insufficient_scope", "FORBIDDEN", "INSUFFICIENT_SCOPE", "FORBIDDEN", "insufficient_scope"],
                "the credential lacks a scope that this needs"),
            Self::Resource => (403, ["access_denied", "FORBIDDEN", "SITE_NOT_FOUND", "FORBIDDEN", "no_access"],
                "the credential does not open this"),
            Self::Plan => (403, ["access_denied", "PRO_REQUIRED", "PLAN_REQUIRED", "FORBIDDEN", "plan_required"],
                "the plan does not include this"),
            Self::Rate(_) => (429, ["rate_limit_exceeded", "RATE_LIMITED", "RATE_LIMITED", "RATE_LIMIT_EXCEEDED", "rate_limited"],
                "too many requests"),
            Self::PlanRate(_) => (429, ["rate_limit_exceeded", "RATE_LIMITED", "RATE_LIMITED", "RATE_LIMIT_EXCEEDED", "rate_limited"],
                "The plan allows no more requests now. Upgrade the plan for more."),
            Self::Events(_) => (429, ["rate_limit_exceeded", "RATE_LIMITED", "RATE_LIMITED", "RATE_LIMIT_EXCEEDED", "monthly_limit"],
                "Monthly event limit exceeded. Upgrade the plan for more."),
            Self::Conflict => (409, ["invalid_request", "CONFLICT", "CONFLICT", "CONFLICT", "conflict"],
                "this has been done already, or has changed meanwhile"),
            Self::Validation => (400, ["invalid_request", "INVALID_REQUEST", "INVALID_REQUEST", "BAD_REQUEST", "invalid_request"],
                "the request is not what this takes"),
            Self::Member => (422, ["invalid_request", "VALIDATION_ERROR", "VALIDATION_ERROR", "VALIDATION_ERROR", "validation_error"],
                "a member of the request is not what this takes"),
            Self::NotFound => (404, ["not_found", "NOT_FOUND", "NOT_FOUND", "NOT_FOUND", "not_found"],
                "there is no such thing"),
            Self::Internal => (500, ["server_error", "SERVER_ERROR", "INTERNAL_ERROR", "INTERNAL_ERROR", "internal"],
                "the server could not complete the request"),
            Self::Unavailable => (503, ["temporarily_unavailable", "TEMPORARILY_UNAVAILABLE", "UNAVAILABLE", "UNAVAILABLE", "unavailable"],
                "the server is temporarily unable to answer"),
        }
    }

    /// What is said of it, where nothing more is known (docs/proxies.md, "Error dialects").
    #[must_use]
    pub const fn sentence(self) -> &'static str {
        self.words().2
    }

    /// When to come again, where that is known (RFC 9110 §10.2.3).
    #[must_use]
    pub const fn retry_after(self) -> Option<Seconds> {
        match self {
            Self::Rate(wait) | Self::PlanRate(wait) | Self::Events(wait) => Some(wait),
            Self::Unavailable => Some(Seconds(1)),
            _ => None,
        }
    }
}

impl ErrorDialect {
    pub const ALL: [Self; 5] =
        [Self::OAuth, Self::CodeMessage, Self::TextCode, Self::Envelope, Self::Detail];

    /// As the settings say it (`error_dialect`).
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::OAuth => "oauth",
            Self::CodeMessage => "code-message",
            Self::TextCode => "text-code",
            Self::Envelope => "envelope",
            Self::Detail => "detail",
        }
    }

    /// The dialect of this name (`error_dialect`).
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|dialect| dialect.name() == name)
    }

    /// The body that says so (docs/proxies.md, "Error dialects").
    #[must_use]
    pub fn body(self, fault: Fault, now: Timestamp) -> Value {
        self.saying(fault, fault.sentence(), now)
    }

    /// The same in words that fit this very request (docs/proxies.md, "Error dialects").
    #[must_use]
    pub fn saying(self, fault: Fault, sentence: &str, now: Timestamp) -> Value {
        let (_, [oauth, code_message, text_code, envelope, reason], _) = fault.words();
        match self {
            Self::OAuth => json!({ "error": oauth, "error_description": sentence }),
            Self::CodeMessage => {
                json!({ "error": code_message, "code": code_message, "message": sentence })
            }
            Self::TextCode => match fault.retry_after() {
                None => json!({ "error": sentence, "code": text_code }),
                Some(wait) => {
                    json!({ "error": sentence, "code": text_code, "retry_after": wait.0 })
                }
            },
            Self::Envelope => json!({
                "data": null,
                "meta": { "version": "1", "timestamp": now.iso() },
                "errors": [{ "code": envelope, "message": sentence }],
            }),
            // AV12 has these words, and nothing else.
            Self::Detail if matches!(fault, Fault::Events(_)) => {
                json!({ "detail": "Monthly event limit exceeded." })
            }
            Self::Detail => json!({ "detail": { "reason_code": reason, "message": sentence } }),
        }
    }

    /// What went well, in an envelope (AG17).
    #[must_use]
    pub fn enveloped(self, data: Value, more: Map<String, Value>, now: Timestamp) -> Value {
        let mut meta = Map::new();
        meta.insert("version".to_owned(), "1".into());
        meta.insert("timestamp".to_owned(), now.iso().into());
        meta.extend(more);
        let members = [("data".to_owned(), data), ("meta".to_owned(), Value::Object(meta))];
        Value::Object(Map::from_iter(members))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp(1_800_000_000);
    const WAIT: Seconds = Seconds(7);

    const FAULTS: [(Fault, u16); 16] = [
        (Fault::Missing, 401),
        (Fault::Invalid, 401),
        (Fault::Expired, 401),
        (Fault::Revoked, 401),
        (Fault::OwnerGone, 401),
        (Fault::Scope, 403),
        (Fault::Resource, 403),
        (Fault::Plan, 403),
        (Fault::Rate(WAIT), 429),
        (Fault::Events(WAIT), 429),
        (Fault::Conflict, 409),
        (Fault::Validation, 400),
        (Fault::Member, 422),
        (Fault::NotFound, 404),
        (Fault::Internal, 500),
        (Fault::Unavailable, 503),
    ];

    /// The code in a body, wherever its dialect puts it.
    fn code(dialect: ErrorDialect, fault: Fault) -> String {
        let body = dialect.body(fault, NOW);
        let pointer = match dialect {
            ErrorDialect::Detail if matches!(fault, Fault::Events(_)) => "/detail",
            ErrorDialect::OAuth => "/error",
            ErrorDialect::CodeMessage | ErrorDialect::TextCode => "/code",
            ErrorDialect::Envelope => "/errors/0/code",
            ErrorDialect::Detail => "/detail/reason_code",
        };
        body.pointer(pointer).and_then(Value::as_str).expect("a code").to_owned()
    }

    /// docs/proxies.md, "Error dialects": 401, 403 and 429 are told apart by status and by
    /// code in every dialect, and no code stands for two of them.
    #[test]
    fn no_dialect_blurs_who_you_are_what_you_may_and_how_often() {
        for dialect in ErrorDialect::ALL {
            for (fault, status) in FAULTS {
                assert_eq!(fault.status(), status, "{fault:?}");
                for (other, another) in FAULTS.into_iter().filter(|(_, other)| *other != status) {
                    let both = [code(dialect, fault), code(dialect, other)];
                    // RFC 6749 §5.2 knows one word for whatever is wrong with a request.
                    let own = |status| [400, 409, 422].contains(&status);
                    let one_word = dialect == ErrorDialect::OAuth && own(status) && own(another);
                    assert!(both[0] != both[1] || one_word, "{dialect:?}: {fault:?}, {other:?}");
                }
            }
        }
    }

    /// RFC 6750 §3.1, AO08: unknown, expired and revoked are one answer, byte for byte.
    #[test]
    fn why_a_credential_is_no_good_is_never_told() {
        for dialect in ErrorDialect::ALL {
            let invalid = dialect.body(Fault::Invalid, NOW);
            assert_eq!(dialect.body(Fault::Expired, NOW), invalid);
            assert_eq!(dialect.body(Fault::Revoked, NOW), invalid);
        }
    }

    /// AA32, AO16, AG17, AS21: each dialect has exactly these members.
    #[test]
    fn each_dialect_has_its_own_members() {
        let body = |dialect: ErrorDialect| dialect.body(Fault::Rate(WAIT), NOW);
        let sentence = "too many requests";
        assert_eq!(
            body(ErrorDialect::OAuth),
            json!({ "error": "rate_limit_exceeded", "error_description": sentence })
        );
        assert_eq!(
            body(ErrorDialect::CodeMessage),
            json!({ "error": "RATE_LIMITED", "code": "RATE_LIMITED", "message": sentence })
        );
        assert_eq!(
            body(ErrorDialect::TextCode),
            json!({ "error": sentence, "code": "RATE_LIMITED", "retry_after": 7 })
        );
        assert_eq!(
            body(ErrorDialect::Envelope),
            json!({
                "data": null,
                "meta": { "version": "1", "timestamp": NOW.iso() },
                "errors": [{ "code": "RATE_LIMIT_EXCEEDED", "message": sentence }],
            })
        );
        assert_eq!(
            body(ErrorDialect::Detail),
            json!({ "detail": { "reason_code": "rate_limited", "message": sentence } })
        );
    }

    #[test]
    fn a_dialect_is_found_by_its_name_alone() {
        for dialect in ErrorDialect::ALL {
            assert_eq!(ErrorDialect::named(dialect.name()), Some(dialect));
        }
        assert_eq!(ErrorDialect::named("Detail"), None);
    }
}
