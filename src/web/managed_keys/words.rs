//! What programs that manage keys are told, in the dialect of their product.

use actix_web::HttpResponse;
use actix_web::http::header::{self, HeaderValue};

use crate::app::App;
use crate::config::{ManagedBy, Via};
use crate::domain::api_key::ApiKey;
use crate::flow::api_key::{KeyError, NotAProgram, Offer};
use crate::flow::error::PersonError;
use crate::protocol::error_dialect::Fault;
use crate::protocol::managed_key::{KeyFacts, Outcome};
use crate::protocol::timestamp::Timestamp;
use crate::web::answer::{self, json, retry_after};
use crate::web::api_key_words::sent_as;
use crate::web::request::BodyError;

/// Speaks as the product of an offer does.
#[derive(Clone, Copy)]
pub(super) struct Words<'a> {
    pub app: &'a App,
    pub offer: &'a Offer<'a>,
}

impl Words<'_> {
    pub fn said(self, status: u16, outcome: &Outcome<'_>) -> HttpResponse {
        let shape = &self.offer.rules.managed.shape;
        let dialect = self.offer.profile.error_dialect;
        match outcome.body(dialect, shape, self.app.clock.now()) {
            Some(body) => json(status, &body),
            None => HttpResponse::NoContent().finish(),
        }
    }

    pub fn told(self, fault: Fault, sentence: &str) -> HttpResponse {
        let dialect = self.offer.profile.error_dialect;
        let mut answer =
            json(fault.status(), &dialect.saying(fault, sentence, self.app.clock.now()));
        retry_after(&mut answer, fault.retry_after().map(|wait| wait.0));
        answer
    }

    pub fn unreadable(self, error: BodyError) -> HttpResponse {
        let mut answer = self.told(Fault::Validation, error.sentence());
        if let Ok(status) = error.status().try_into() {
            *answer.status_mut() = status;
        }
        if error.closes() {
            answer::close(&mut answer);
        }
        answer
    }

    pub fn not_let_in(self, error: NotAProgram, hint: &str) -> HttpResponse {
        let (fault, challenge) = match error {
            NotAProgram::Missing => (Fault::Missing, "Bearer"),
            NotAProgram::OwnerGone => (Fault::OwnerGone, "Bearer error=\"invalid_token\""),
            NotAProgram::Invalid => (Fault::Invalid, "Bearer error=\"invalid_token\""),
            NotAProgram::WrongKind => return self.told(Fault::Resource, hint),
            NotAProgram::Unavailable(error) => return self.refused(&error.into()),
        };
        let mut answer = self.told(fault, hint);
        let challenge = HeaderValue::from_static(challenge);
        answer.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
        answer
    }

    /// What opens these routes, without a word on what came (AS13).
    pub fn hint(self) -> String {
        let page = self.app.settings.issuer.url("/account/tokens");
        let rules = self.offer.rules;
        let in_head = |way: &&Via| matches!(way, Via::Bearer | Via::ApiKeyScheme | Via::Header(_));
        let ways: Vec<Via> = rules.via.iter().filter(in_head).cloned().collect();
        let ways = sent_as(&ways, rules.live.prefix()).join(" or ");
        let token = format!("a token from {page}, sent as Authorization: Bearer");
        let key = format!("a live key, sent as {ways}");
        match self.offer.rules.managed.by {
            ManagedBy::Human | ManagedBy::HumanJwt => format!("this takes {token}"),
            ManagedBy::HumanOrSelf => format!("this takes {token}, or {key}"),
            ManagedBy::Itself => format!("this takes {key}"),
            ManagedBy::UserTokenOrSelf => {
                format!("this takes a live user token of the owner's, or for itself {key}")
            }
        }
    }

    pub fn refused(self, error: &KeyError) -> HttpResponse {
        let (fault, sentence) = refusal(error);
        answer::log(error, fault.status());
        self.told(fault, sentence)
    }
}

const fn refusal(error: &KeyError) -> (Fault, &'static str) {
    match error {
        KeyError::NotFresh => (Fault::Resource, "the person has to sign in again"),
        KeyError::NotForKeys => {
            (Fault::Resource, "a key makes no other, and replaces none but itself")
        }
        KeyError::NotAllowed => {
            (Fault::Resource, "organization: the person's role there does not reach so far")
        }
        KeyError::LacksScope => (Fault::Scope, "the key lacks a scope that this takes"),
        KeyError::NameMissing => {
            (Fault::Member, "name: write something that can be read, or leave it out")
        }
        KeyError::TooLong => (Fault::Member, "name, environment: 80 characters at most"),
        KeyError::NothingTicked => (Fault::Member, "scopes: name one at least"),
        KeyError::NotOffered => {
            (Fault::Member, "scopes, sandbox, expires_in: not everything of it is offered here")
        }
        KeyError::NotALimit => (
            Fault::Member,
            "limited_to: names of letters, digits, -, _, . and :, with spaces between them",
        ),
        KeyError::AgentMissing => (Fault::Member, "agent: name one that the key is to be for"),
        KeyError::TooMany => (Fault::Conflict, "there are as many as there may be"),
        KeyError::NoOrganization => (Fault::Member, "org_slug: there is no such organization"),
        KeyError::Over => (Fault::Conflict, "the key has ended, or another has its place"),
        KeyError::Person(PersonError::NotFound) => {
            (Fault::NotFound, "there is no such key, or no such agent")
        }
        KeyError::Person(PersonError::Limited(wait)) => {
            (Fault::Rate(*wait), "too many keys were made within the hour")
        }
        KeyError::Person(PersonError::Unavailable(_)) => {
            (Fault::Unavailable, "the server is temporarily unable to answer")
        }
        KeyError::Person(PersonError::Internal(_)) => {
            (Fault::Internal, "the server could not complete the request")
        }
    }
}

pub(super) fn facts<'a>(key: &'a ApiKey, secret: Option<&'a str>, now: Timestamp) -> KeyFacts<'a> {
    KeyFacts {
        id: key.id.as_str(),
        secret,
        prefix: &key.beginning,
        name: &key.name,
        environment: &key.environment,
        agent_id: key.agent.as_ref().map(|agent| agent.id.as_str()),
        scopes: key.scopes.to_vec(),
        limited_to: Some(key.limited_to.to_string()).filter(|limit| !limit.is_empty()),
        mode: key.mode.name(),
        is_active: key.is_live(now),
        created_at: key.created_at,
        expires_at: key.expires_at,
        last_used_at: key.last_used_at,
        revoked_at: key.ended.map(|ended| ended.at),
    }
}
