//! What this server has to do, in figures (docs/operating.md, "Administration").

use crate::app::App;
use crate::domain::event::EventKind;
use crate::flow::error::PersonError;
use crate::flow::principal::Administrator;
use crate::protocol::timestamp::{Seconds, Timestamp};
use crate::store::Sums;

/// How many days are looked back on, today among them.
const DAYS: i64 = 14;

/// How a question comes into being: with a registration, again for one, or at another door.
const ASKED: [EventKind; 3] =
    [EventKind::RegistrationCreated, EventKind::AttemptStarted, EventKind::AuthorizationRequested];

const ANSWERED: [EventKind; 3] =
    [EventKind::ApprovalGranted, EventKind::ApprovalDenied, EventKind::ApprovalReported];

/// What became of the questions of one day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Day {
    /// The first second of it, UTC.
    pub begins: Timestamp,
    pub asked: i64,
    pub approved: i64,
    pub denied: i64,
    pub reported: i64,
}

/// What there is now, and the last two weeks (docs/operating.md, "Administration").
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Figures {
    pub sums: Sums,
    /// Oldest first, each of them there.
    pub days: Vec<Day>,
}

/// Counts (docs/operating.md, "Administration").
///
/// # Errors
///
/// The database is away.
pub async fn figures(
    app: &App,
    _by: &Administrator<'_>,
    now: Timestamp,
) -> Result<Figures, PersonError> {
    let today = Timestamp(now.0 - now.0.rem_euclid(Seconds::DAY.0));
    let first = today - Seconds::DAY.times(DAYS - 1);
    let kinds = [&ASKED[..], &ANSWERED].concat();
    let happened = app.store.happened(&kinds, first).await?;
    let day = |past| {
        let begins = first + Seconds::DAY.times(past);
        let of_day = |kinds: &[EventKind]| {
            let those = happened.iter().filter(|one| one.day == begins);
            those.filter(|one| kinds.contains(&one.kind)).map(|one| one.count).sum()
        };
        Day {
            begins,
            asked: of_day(&ASKED),
            approved: of_day(&[EventKind::ApprovalGranted]),
            denied: of_day(&[EventKind::ApprovalDenied]),
            reported: of_day(&[EventKind::ApprovalReported]),
        }
    };
    let days = (0..DAYS).map(day).collect();
    Ok(Figures { sums: app.store.everything(now).await?, days })
}
