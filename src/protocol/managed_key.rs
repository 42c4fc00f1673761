//! Keys as programs manage them: what they send, and what they are told, in the names of the
//! product that they were written for (docs/credentials.md, "Management").

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::error_dialect::ErrorDialect;
use super::timestamp::Timestamp;

/// What can be done with the keys of an account (docs/credentials.md, "Management").
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operation {
    Create,
    /// Makes an agent and its first key at once (AG22).
    Register,
    List,
    Revoke,
    Rotate,
    /// Tells a key that it is good.
    Ping,
    /// Trades an agent's key for a session token (docs/credentials.md, "Session tokens").
    Authenticate,
    /// Ends one.
    LogOut,
}

impl Operation {
    /// Those that `routes` of a kind of keys may name (docs/credentials.md, "Management").
    pub const ALL: [Self; 6] =
        [Self::Create, Self::Register, Self::List, Self::Revoke, Self::Rotate, Self::Ping];

    /// As `routes` of the settings names it (docs/credentials.md, "Management").
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Register => "register",
            Self::List => "list",
            Self::Revoke => "revoke",
            Self::Rotate => "rotate",
            Self::Ping => "ping",
            Self::Authenticate => "authenticate",
            Self::LogOut => "log_out",
        }
    }
}

/// A key that is to be made (docs/credentials.md, "Management"); members that nobody knows are
/// ignored.
#[derive(Debug, Default, Deserialize)]
pub struct NewKey {
    pub name: Option<String>,
    pub environment: Option<String>,
    pub scopes: Option<Vec<String>>,
    pub sandbox: Option<bool>,
    /// Seconds.
    pub expires_in: Option<i64>,
    /// Names with spaces between them.
    pub limited_to: Option<String>,
    /// Whose it is to be, where it is not the person's own.
    pub org_slug: Option<String>,
}

/// Which keys are listed: `page` counts from 1 (docs/credentials.md, "Management").
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Page {
    pub number: u64,
    pub size: u64,
}

impl Page {
    const USUAL: u64 = 20;
    const LARGEST: u64 = 100;

    /// As the address asks; `None` for what is no page (AV15).
    #[must_use]
    pub fn read(number: Option<&str>, size: Option<&str>) -> Option<Self> {
        let count = |text: Option<&str>, usual| text.map_or(Some(usual), |text| text.parse().ok());
        let (number, size) = (count(number, 1)?, count(size, Self::USUAL)?);
        // Nobody has so many that a larger number finds any.
        let fits = (1..=1_000_000).contains(&number) && (1..=Self::LARGEST).contains(&size);
        fits.then_some(Self { number, size })
    }
}

/// What members are called, where products differ: `shape` (docs/credentials.md, "Management").
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shape {
    id: String,
    secret: String,
    prefix: String,
    name: String,
    created: String,
}

/// Members that are called so everywhere.
const FIXED: [&str; 7] =
    ["environment", "scopes", "mode", "is_active", "expires_at", "last_used_at", "revoked_at"];

impl Default for Shape {
    fn default() -> Self {
        let [id, secret, prefix, name, created] =
            ["id", "key", "prefix", "name", "created_at"].map(str::to_owned);
        Self { id, secret, prefix, name, created }
    }
}

impl Shape {
    /// Each by its name in the settings (docs/credentials.md, "Management").
    #[must_use]
    pub fn members(&self) -> [(&'static str, &str); 5] {
        [
            ("id", &self.id),
            ("secret", &self.secret),
            ("prefix", &self.prefix),
            ("name", &self.name),
            ("created", &self.created),
        ]
    }

    /// Calls it otherwise; `false` where something else is called so (docs/credentials.md,
    /// "Management").
    #[must_use]
    pub fn rename(&mut self, name: &str, member: &str) -> bool {
        let others = self.members();
        let mut others = others.iter().filter(|(other, _)| *other != name);
        if FIXED.contains(&member)
            || ["agent_id", "limited_to"].contains(&member)
            || others.any(|(_, other)| *other == member)
        {
            return false;
        }
        let field = match name {
            "id" => &mut self.id,
            "secret" => &mut self.secret,
            "prefix" => &mut self.prefix,
            "name" => &mut self.name,
            "created" => &mut self.created,
            _ => return false,
        };
        member.clone_into(field);
        true
    }
}

/// What is said of one key (docs/credentials.md, "Management").
#[derive(Debug)]
pub struct KeyFacts<'a> {
    pub id: &'a str,
    /// In the clear, the one time that it is said.
    pub secret: Option<&'a str>,
    pub prefix: &'a str,
    pub name: &'a str,
    pub environment: &'a str,
    /// Whose it is among its owner's agents, where it is one's.
    pub agent_id: Option<&'a str>,
    pub scopes: Vec<String>,
    /// What it is good for alone, names with spaces between them, where it is limited.
    pub limited_to: Option<String>,
    pub mode: &'static str,
    pub is_active: bool,
    pub created_at: Timestamp,
    pub expires_at: Option<Timestamp>,
    pub last_used_at: Option<Timestamp>,
    pub revoked_at: Option<Timestamp>,
}

impl KeyFacts<'_> {
    /// Times as ISO 8601 in UTC (AS03).
    fn spelled(&self, shape: &Shape) -> Map<String, Value> {
        let time = |at: Option<Timestamp>| at.map_or(Value::Null, |at| at.iso().into());
        let mut said = Map::new();
        said.insert(shape.id.clone(), self.id.into());
        if let Some(secret) = self.secret {
            said.insert(shape.secret.clone(), secret.into());
        }
        said.insert(shape.prefix.clone(), self.prefix.into());
        said.insert(shape.name.clone(), self.name.into());
        said.insert(shape.created.clone(), self.created_at.iso().into());
        let [environment, scopes, mode, is_active, expires_at, last_used_at, revoked_at] =
            FIXED.map(str::to_owned);
        said.insert(environment, self.environment.into());
        if let Some(agent) = self.agent_id {
            said.insert("agent_id".to_owned(), agent.into());
        }
        said.insert(scopes, self.scopes.clone().into());
        if let Some(limited_to) = &self.limited_to {
            said.insert("limited_to".to_owned(), limited_to.clone().into());
        }
        said.insert(mode, self.mode.into());
        said.insert(is_active, self.is_active.into());
        said.insert(expires_at, time(self.expires_at));
        said.insert(last_used_at, time(self.last_used_at));
        said.insert(revoked_at, time(self.revoked_at));
        said
    }
}

/// What an operation came to (docs/credentials.md, "Management").
#[derive(Debug)]
pub enum Outcome<'a> {
    /// It was made, or another has its place.
    Key(KeyFacts<'a>),
    Keys {
        page: Page,
        count: u64,
        keys: Vec<KeyFacts<'a>>,
    },
    Revoked {
        id: &'a str,
    },
    Good,
    /// A key was traded for this (AG06).
    SessionToken(SessionTokenFacts<'a>),
    LoggedOut,
}

/// What is said of a session token, the one time that it is (AG06).
#[derive(Debug)]
pub struct SessionTokenFacts<'a> {
    pub token: &'a str,
    pub agent_id: &'a str,
    pub agent_name: &'a str,
    pub expires_at: Timestamp,
}

impl Outcome<'_> {
    /// The answer in a product's own words (AA30, AG17, AV07, AV15); `None` for one without a
    /// body.
    #[must_use]
    pub fn body(&self, dialect: ErrorDialect, shape: &Shape, now: Timestamp) -> Option<Value> {
        let (said, meta) = match self {
            Self::Key(key) => (Value::Object(key.spelled(shape)), Map::new()),
            Self::Good => (json!({ "status": "ok" }), Map::new()),
            Self::SessionToken(facts) => {
                let agent = json!({ "id": facts.agent_id, "name": facts.agent_name });
                let expires_at = facts.expires_at.iso();
                let said =
                    json!({ "token": facts.token, "expires_at": expires_at, "agent": agent });
                (said, Map::new())
            }
            Self::LoggedOut => (json!({}), Map::new()),
            Self::Revoked { id } => (json!({ shape.id.as_str(): id }), Map::new()),
            Self::Keys { page, count, keys } => {
                let keys = keys.iter().map(|key| Value::Object(key.spelled(shape))).collect();
                let mut meta = Map::new();
                meta.insert("count".to_owned(), (*count).into());
                meta.insert("page".to_owned(), page.number.into());
                meta.insert("page_size".to_owned(), page.size.into());
                (Value::Array(keys), meta)
            }
        };
        let silent = matches!(self, Self::Revoked { .. } | Self::LoggedOut);
        match dialect {
            ErrorDialect::Envelope => Some(dialect.enveloped(said, meta, now)),
            ErrorDialect::CodeMessage => Some(flat(said, meta, true)),
            _ if silent => None,
            _ => Some(flat(said, meta, false)),
        }
    }
}

/// Members beside each other, a list under `results`, and `ok` where the product has it.
fn flat(said: Value, meta: Map<String, Value>, ok: bool) -> Value {
    let mut members = Map::new();
    if ok {
        members.insert("ok".to_owned(), true.into());
    }
    match said {
        Value::Object(said) => members.extend(said),
        list => {
            members.extend(meta);
            members.insert("results".to_owned(), list);
        }
    }
    Value::Object(members)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp(1_800_000_000);

    fn key() -> KeyFacts<'static> {
        KeyFacts {
            id: "key_1",
            secret: Some("ex_secret"),
            prefix: "ex_sec",
            name: "Nightly",
            environment: "",
            agent_id: None,
            limited_to: None,
            scopes: vec!["read".to_owned()],
            mode: "live",
            is_active: true,
            created_at: NOW,
            expires_at: None,
            last_used_at: None,
            revoked_at: None,
        }
    }

    /// AS03, AA30: the names that a product's programs read, and no other for the same thing.
    #[test]
    fn members_are_called_as_the_product_calls_them() {
        let mut shape = Shape::default();
        assert!(shape.rename("secret", "api_key") && shape.rename("prefix", "key_prefix"));
        let said = Outcome::Key(key()).body(ErrorDialect::CodeMessage, &shape, NOW);
        let said = said.expect("a body");
        assert_eq!((&said["ok"], &said["api_key"]), (&json!(true), &json!("ex_secret")));
        assert_eq!((&said["key_prefix"], &said["key"]), (&json!("ex_sec"), &Value::Null));
        assert_eq!(said["created_at"], "2027-01-15T08:00:00.000Z");
        for (name, member) in [("secret", "scopes"), ("secret", "id"), ("digest", "x")] {
            assert!(!shape.rename(name, member), "{name} = {member}");
        }
    }

    /// AV15, AG17: a list is a page with its count, wherever the dialect has its place.
    #[test]
    fn a_list_says_which_page_it_is() {
        let page = Page::read(Some("2"), None).expect("a page");
        let keys = Outcome::Keys { page, count: 21, keys: vec![key()] };
        let shape = Shape::default();
        let flat = keys.body(ErrorDialect::Detail, &shape, NOW).expect("a body");
        assert_eq!((&flat["page"], &flat["page_size"]), (&json!(2), &json!(20)));
        assert_eq!((&flat["count"], &flat["results"][0]["id"]), (&json!(21), &json!("key_1")));
        let wrapped = keys.body(ErrorDialect::Envelope, &shape, NOW).expect("a body");
        assert_eq!(
            (&wrapped["meta"]["page"], &wrapped["data"][0]["id"]),
            (&json!(2), &json!("key_1"))
        );
    }

    #[test]
    fn what_is_no_page_is_none() {
        assert_eq!(Page::read(None, None), Some(Page { number: 1, size: 20 }));
        for (number, size) in
            [("0", "20"), ("1", "0"), ("1", "101"), ("-1", "20"), ("x", "20"), ("99999999", "1")]
        {
            assert_eq!(Page::read(Some(number), Some(size)), None, "{number} {size}");
        }
    }
}
