//! Sessions end, each with whatever was cut from it (RFC 8693), in one transaction.

use sea_orm::{DbBackend, Value};

use super::row::step;
use crate::domain::exchange::DEEPEST;
use crate::domain::id::{AccountId, ClientId, RegistrationId, SessionId};
use crate::domain::session::EndCause;
use crate::protocol::secret::Digest;
use crate::protocol::timestamp::Timestamp;
use crate::store::write::{Expect, Step};

pub(super) enum End<'a> {
    One(&'a SessionId),
    /// The parts that were handed on, whatever for.
    Parts(&'a SessionId),
    /// The parts that were handed on for this token.
    CutFrom(&'a SessionId, &'a Digest),
    Unclaimed(&'a RegistrationId),
    OfRegistration(&'a RegistrationId),
    OfClient(&'a ClientId),
    Of(&'a AccountId),
    From(&'a AccountId, &'a str),
    Between(&'a ClientId, &'a AccountId),
}

impl<'a> End<'a> {
    /// Which sessions: a condition, and the values of its parameters, which begin at `$3`.
    fn condition(&self) -> (&'static str, &'a str, Option<Value>) {
        match *self {
            Self::One(id) => ("id = $3", id.as_str(), None),
            Self::Parts(id) => ("parent_id = $3", id.as_str(), None),
            Self::CutFrom(id, token) => {
                ("parent_id = $3 AND cut_from = $4", id.as_str(), Some(token.0.to_vec().into()))
            }
            Self::Unclaimed(id) => {
                ("registration_id = $3 AND account_id IS NULL", id.as_str(), None)
            }
            Self::OfRegistration(id) => ("registration_id = $3", id.as_str(), None),
            Self::OfClient(id) => ("client_id = $3", id.as_str(), None),
            Self::Of(id) => ("account_id = $3", id.as_str(), None),
            Self::From(id, address) => {
                ("account_id = $3 AND address = $4", id.as_str(), Some(address.into()))
            }
            Self::Between(id, account) => {
                ("client_id = $3 AND account_id = $4", id.as_str(), Some(account.as_str().into()))
            }
        }
    }
}

/// Ends sessions that have not ended, and what was cut from them; their ids come back for the
/// deny set.
///
/// PostgreSQL's statements see what was committed when each of them began. The first one waits
/// for whoever is handing a part of these sessions on; then no part can be added, and the next
/// statement sees all of them. That one waits in turn for whoever hands on a part of a part,
/// so as many statements as there can be generations find them all. SQLite has one writer, and
/// one statement sees everything.
pub(super) fn end(
    steps: &mut Vec<Step>,
    which: &End<'_>,
    cause: EndCause,
    at: Timestamp,
    backend: DbBackend,
) {
    let (condition, subject, also) = which.condition();
    let mut values: Vec<Value> = vec![at.0.into(), cause.name().into(), subject.into()];
    values.extend(also);
    let set = "UPDATE session SET ended_at = $1, ended_cause = $2, revision = revision + 1";
    let sql = format!("{set} WHERE {condition} AND ended_at IS NULL RETURNING id");
    steps.push(step(backend, &sql, values.clone(), Expect::Ends));
    let parts = format!(
        "{set} WHERE ended_at IS NULL AND id IN (WITH RECURSIVE line (id) AS \
         (SELECT id FROM session WHERE {condition} AND ended_at = $1 \
         UNION SELECT s.id FROM session s JOIN line ON s.parent_id = line.id) \
         SELECT id FROM line) RETURNING id"
    );
    if let Some(cause) = values.get_mut(1) {
        *cause = EndCause::WithParent.name().into();
    }
    let generations = if backend == DbBackend::Sqlite { 1 } else { DEEPEST };
    for _generation in 0..generations {
        steps.push(step(backend, &parts, values.clone(), Expect::Ends));
    }
}
