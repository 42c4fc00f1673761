//! Sessions rest and go on, each with whatever was cut from it (RFC 8693), and nobody answers from
//! memory for what they were before.

use sea_orm::DbBackend;

use super::row::{null_or, step};
use crate::domain::exchange::DEEPEST;
use crate::domain::id::SessionId;
use crate::protocol::timestamp::Timestamp;
use crate::store::write::{Expect, Step};

/// The parts of a session, and the parts of these.
const PARTS: &str = "(WITH RECURSIVE line (id) AS (SELECT id FROM session WHERE parent_id = $1 \
                     UNION SELECT s.id FROM session s JOIN line ON s.parent_id = line.id) \
                     SELECT id FROM line)";

/// The name of a session that changed, as the deny set takes it in.
const CHANGED: &str = "RETURNING '~' || id";

/// What is remembered of a session is asked for again.
pub(super) fn reconsider(id: &SessionId, backend: DbBackend) -> Step {
    let sql = format!("UPDATE session SET revision = revision WHERE id = $1 {CHANGED}");
    step(backend, &sql, [id.as_str().into()], Expect::Ends)
}

/// The parts rest since then, or go on. As many statements as there can be generations, as for an
/// [end](super::ending::end): the session itself rests already, so it hands nothing more on.
pub(super) fn rest(
    steps: &mut Vec<Step>,
    id: &SessionId,
    since: Option<Timestamp>,
    backend: DbBackend,
) {
    let others = if since.is_some() {
        "ended_at IS NULL AND paused_at IS NULL"
    } else {
        "paused_at IS NOT NULL"
    };
    let sql = format!(
        "UPDATE session SET paused_at = $2, revision = revision + 1 \
         WHERE {others} AND id IN {PARTS} {CHANGED}"
    );
    let generations = if backend == DbBackend::Sqlite { 1 } else { DEEPEST };
    for _generation in 0..generations {
        let values = [id.as_str().into(), null_or(since.map(|since| since.0))];
        steps.push(step(backend, &sql, values, Expect::Ends));
    }
}
