//! "This is not mine": what a human reports is stopped.

use crate::domain::account::Account;
use crate::domain::approval::{Approval, State};
use crate::domain::ask::Door;
use crate::domain::change::{Change, Effect};
use crate::domain::client::ClientSource;
use crate::domain::denial::DenialReason;
use crate::domain::event::EventKind;
use crate::domain::origin::Occasion;

impl Approval {
    /// The request, and everything else this agent asks, stops here.
    pub(super) fn report(
        self,
        human: &Account,
        end_sessions: bool,
        occasion: &Occasion,
    ) -> Change<Self> {
        let mut effects =
            vec![Effect::Record(self.event(EventKind::ApprovalReported, human, occasion))];
        if let Some(registration) = &self.ask.registration {
            effects.push(Effect::RevokeRegistration { id: registration.clone(), at: occasion.at });
        }
        if let Some(client) = &self.ask.client {
            let (id, account, at) = (client.id.clone(), human.id.clone(), occasion.at);
            // Most clients that registered themselves are one program, but a service may have
            // registered once for many people, as whoever is known by a document always has:
            // theirs must not stop for one person's report. Where a browser brings the
            // questions, the same place is this person.
            if client.source == ClientSource::Registered || self.ask.door == Door::Code {
                let address = self.ask.from.address.clone();
                effects.push(Effect::SupersedeFrom { client: id.clone(), address, at });
            }
            effects.push(Effect::EndBetween { client: id, account, at });
        }
        if end_sessions {
            effects.push(Effect::EndFrom {
                account: human.id.clone(),
                address: self.ask.from.address.clone(),
                at: occasion.at,
            });
        }
        let state = State::Denied {
            by: human.id.clone(),
            at: occasion.at,
            reason: DenialReason::Reported,
            note: None,
            acceptable: None,
        };
        self.becomes(state, effects)
    }
}
