//! What is counted for operators.

use sea_orm::{ConnectionTrait, Statement};

use super::support::{on_each, open};
use crate::domain::ask::Door;
use crate::domain::change::{Effect, UNSTORED};
use crate::domain::id::SessionId;
use crate::domain::origin::{Agent, Origin};
use crate::domain::session::{EndCause, Ended, Session};
use crate::entropy::Entropy;
use crate::protocol::authorization_details::AuthorizationDetails;
use crate::protocol::scope::Scopes;
use crate::protocol::timestamp::{Seconds, Timestamp};
use crate::store::upkeep::{LIVE_SESSIONS, NOBODYS_EVENT, OF_NOBODY};
use crate::store::{Location, Store};

fn session(id: usize) -> Session {
    Session {
        id: SessionId(format!("ses_{id}")),
        revision: UNSTORED,
        door: Door::Claim,
        account: None,
        registration: None,
        client: None,
        parent: None,
        cut_from: None,
        extra: None,
        actor: None,
        approval: None,
        agent: Agent { name: None, kind: None, reason: None },
        resource: "https://api.example.com".parse().expect("a resource"),
        scopes: Scopes::stored("read").expect("scopes"),
        label: String::new(),
        created_at: Timestamp(2),
        approved_at: None,
        expires_at: Timestamp(9),
        idle: Seconds(3),
        refreshable: true,
        collect_before: None,
        last_used_at: None,
        last_used_from: None,
        paused_at: None,
        lowered_at: None,
        ended: None,
        from: Origin { address: String::new(), user_agent: None },
        details: AuthorizationDetails::default(),
        budget: None,
    }
}

/// Every way a session can stand, several times each.
fn sessions() -> Vec<Session> {
    let mut all = Vec::new();
    for ended in [None, Some(Ended { at: Timestamp(4), cause: EndCause::Disconnected })] {
        for collect_before in [None, Some(Timestamp(4)), Some(Timestamp(20))] {
            for last_used_at in [None, Some(Timestamp(2)), Some(Timestamp(4)), Some(Timestamp(7))] {
                for expires_at in [Timestamp(4), Timestamp(7), Timestamp(30)] {
                    all.push(Session {
                        expires_at,
                        collect_before,
                        last_used_at,
                        ended,
                        ..session(all.len())
                    });
                }
            }
        }
    }
    all
}

/// Issue, "Numbers and faults": live sessions are those that are collected, have not ended,
/// and are neither expired nor idle, to the second.
#[tokio::test]
async fn the_live_sessions_counted_are_those_the_domain_calls_live() {
    on_each(async |location| {
        let database = std::sync::Arc::into_inner(open(&location).await).expect("nobody else's");
        let store = Store::new(database, Entropy::system());
        let sessions = sessions();
        let issue = |session: &Session| Effect::IssueSession(Box::new(session.clone()));
        store.apply(sessions.iter().map(issue).collect()).await.expect("stored");
        let mut most = 0;
        // Before the fourth second some of these would have been used or ended in the future.
        for now in (7..=35).map(Timestamp) {
            let live = sessions.iter().filter(|session| session.is_live(now)).count();
            let counted = store.live_sessions(now).await.expect("counted");
            assert_eq!(usize::try_from(counted), Ok(live), "at {now}");
            most = most.max(live);
        }
        assert!(most > 0);
        store.database().close().await;
    })
    .await;
}

/// How SQLite answers a question about the fifth second, if this is SQLite: PostgreSQL plans by
/// size, and these tables are empty.
async fn plan(location: &Location, sql: &str) -> Option<String> {
    if !matches!(location, Location::Sqlite(_)) {
        return None;
    }
    let database = open(location).await;
    let sql = format!("EXPLAIN QUERY PLAN {sql}");
    let question = Statement::from_sql_and_values(database.backend(), sql, [5.into()]);
    let row = database.reader().query_one_raw(question).await.expect("reads").expect("a plan");
    let plan = row.try_get_by_index(3).expect("text");
    database.close().await;
    Some(plan)
}

/// The count stays cheap as history grows: it looks at no session that has ended; and what is
/// removed of machines is found without reading the history of people.
#[tokio::test]
async fn counting_and_sweeping_use_their_indexes() {
    let of_nobody =
        |table| format!("SELECT id FROM {table} WHERE {OF_NOBODY} AND expires_at < $1 LIMIT 9");
    let (machines, unanswered) = (of_nobody("session"), of_nobody("approval"));
    let events = format!(
        "SELECT id FROM event WHERE {NOBODYS_EVENT} AND approval_id IN ('apr_1', 'apr_2') AND $1 > 0"
    );
    on_each(async |location| {
        for (sql, index) in [
            (LIVE_SESSIONS, "session_live"),
            (&machines, "session_machine"),
            (&unanswered, "approval_unanswered"),
            (&events, "event_unanswered"),
        ] {
            let plan = plan(&location, sql).await;
            assert!(plan.is_none_or(|plan| plan.contains(index)), "{sql}");
        }
    })
    .await;
}
