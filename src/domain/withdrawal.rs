//! "Undo": for two minutes, whoever said yes takes it back with one press (decision 30).
//!
//! What is taken back is an approval, and only that: nothing that has ended comes back.

use crate::domain::account::Account;
use crate::domain::approval::{Approval, Approved, State};
use crate::domain::change::{Change, Effect};
use crate::domain::decision::ApprovalRefused;
use crate::domain::denial::DenialReason;
use crate::domain::event::EventKind;
use crate::domain::origin::Occasion;
use crate::domain::session::EndCause;
use crate::protocol::timestamp::{Seconds, Timestamp};

/// How long a yes can be taken back.
pub const UNDO: Seconds = Seconds::MINUTE.times(2);

impl Approved {
    /// The first moment at which it is too late to take this back.
    #[must_use]
    pub fn stands_from(&self) -> Timestamp {
        self.at + UNDO
    }
}

impl Approval {
    /// Whether the person took the yes back.
    #[must_use]
    pub const fn is_withdrawn(&self) -> bool {
        matches!(self.state, State::Denied { reason: DenialReason::Withdrawn, .. })
    }

    /// Takes the yes back, whether or not the agent has collected: what it was given ends. More
    /// for a session that nobody collected is more that never was; once it is collected, the
    /// session's older keys have made way for new ones, and the whole of it ends.
    pub(super) fn withdraw(
        self,
        human: &Account,
        occasion: &Occasion,
    ) -> Result<Change<Self>, ApprovalRefused> {
        let now = occasion.at;
        let approved = self.approved().filter(|approved| now < approved.stands_from());
        let Some(approved) = approved else { return Err(ApprovalRefused::Closed) };
        let is_collected = matches!(self.state, State::Collected { .. });
        let session = approved.session.clone();
        let event = self.event(EventKind::ApprovalWithdrawn, human, occasion).of_session(&session);
        let mut effects = vec![Effect::Record(event)];
        if is_collected || !approved.widens() {
            let cause = EndCause::Withdrawn;
            effects.push(Effect::EndSession { id: session, cause, at: now });
        }
        let state = State::Denied {
            by: human.id.clone(),
            at: now,
            reason: DenialReason::Withdrawn,
            note: None,
            acceptable: None,
        };
        Ok(self.becomes(state, effects))
    }
}
