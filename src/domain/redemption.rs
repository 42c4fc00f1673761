//! How an authorization code is redeemed ([RFC 6749 §4.1.3]): once, by whoever can prove to
//! be the one that asked.
//!
//! [RFC 6749 §4.1.3]: https://www.rfc-editor.org/rfc/rfc6749#section-4.1.3

use crate::domain::approval::{Approval, Approved, Replayed, State};
use crate::domain::change::{Change, Effect};
use crate::domain::event::EventKind;
use crate::domain::origin::Occasion;
use crate::domain::session::EndCause;
use crate::protocol::timestamp::Seconds;

/// How long a code is good for. RFC 6749 §4.1.2 allows ten minutes; a browser that carries
/// it on needs seconds, and a person who has to press a link a little more.
pub const CODE_LIFETIME: Seconds = Seconds::MINUTE.times(2);

#[derive(Debug)]
pub enum Redemption {
    Deliver {
        change: Change<Approval>,
        approved: Approved,
    },
    /// The verifier does not fit the challenge: a try is spent, the code is not.
    WrongProof(Change<Approval>),
    /// The code was used before: somebody has a copy, so the session it opened ends
    /// (RFC 6749 §4.1.2). No grace: a client that lost the answer asks its human again.
    /// After the first time there is nothing left to end.
    Replay {
        change: Change<Approval>,
        approved: Approved,
    },
}

impl Approval {
    /// Redeems the code of this approval for the client and redirection that it was issued
    /// to, which the caller has compared. `proven`: the verifier fits (RFC 7636 §4.6).
    ///
    /// `None`: the code is no longer good.
    #[must_use]
    pub fn redeem(self, proven: bool, occasion: &Occasion) -> Option<Redemption> {
        match &self.state {
            State::Approved(approved) if occasion.at < approved.collect_before => {
                let approved = approved.clone();
                if !proven {
                    return Some(Redemption::WrongProof(self.wrong_relay(approved, occasion)));
                }
                let event = self
                    .record(EventKind::CodeRedeemed, occasion)
                    .by(&approved.by)
                    .of_session(&approved.session);
                let mut effects = approved.collected();
                effects.push(Effect::Record(event));
                let state = State::Collected {
                    approved: approved.clone(),
                    at: occasion.at,
                    request: "code".to_owned(),
                    replayed: Replayed::Never,
                };
                Some(Redemption::Deliver { change: self.becomes(state, effects), approved })
            }
            State::Collected { .. } => self.reused(occasion),
            _ => None,
        }
    }

    /// The session of a code that comes back ends, the first time: then there is nothing left
    /// to end, and nothing more to record.
    fn reused(self, occasion: &Occasion) -> Option<Redemption> {
        let State::Collected { approved, at, request, replayed } = self.state.clone() else {
            return None;
        };
        if replayed == Replayed::Refused {
            return None;
        }
        let event = self
            .record(EventKind::CodeReuse, occasion)
            .by(&approved.by)
            .of_session(&approved.session);
        let id = approved.session.clone();
        let end = Effect::EndSession { id, cause: EndCause::CodeReuse, at: occasion.at };
        let again = approved.clone();
        let state = State::Collected { approved: again, at, request, replayed: Replayed::Refused };
        let change = self.becomes(state, vec![end, Effect::Record(event)]);
        Some(Redemption::Replay { change, approved })
    }
}
