//! How an agent collects what its human approved: by polling (auth.md dialect D2, RFC 8628),
//! by handing back a code (D3), or by finishing with one. One state machine; whichever comes
//! first spends the claim.

use crate::domain::approval::{Approval, Approved, KeyedCode, Matching, Replayed, State, TRIES};
use crate::domain::ask::Door;
use crate::domain::change::{Change, Effect};
use crate::domain::denial::told;
use crate::domain::event::EventKind;
use crate::domain::origin::Occasion;
use crate::domain::session::EndCause;
use crate::protocol::error::Denial;
use crate::protocol::timestamp::{Seconds, Timestamp};

/// How long an identical request gets the identical answer again (a lost reply).
pub const REDELIVERY: Seconds = Seconds(30);

/// What the agent comes with, beside its claim token.
#[derive(Debug)]
pub enum Collector {
    Poll,
    /// A code, keyed both ways it may have been made.
    Code {
        relayed: KeyedCode,
        typed: KeyedCode,
    },
    /// Something that cannot be a code.
    Nonsense,
    /// A finish code; `proven`: the right one, from whoever asked.
    Finish {
        proven: bool,
    },
}

/// A request to collect, and the digest of what it says.
#[derive(Debug)]
pub struct Collect<'a> {
    pub by: Collector,
    pub request: &'a str,
    pub occasion: &'a Occasion,
}

#[derive(Debug)]
pub enum Collection {
    /// The first time; the change carries what must happen with it.
    Deliver {
        change: Change<Approval>,
        approved: Approved,
    },
    /// The same request again, within [`REDELIVERY`].
    Again {
        approval: Approval,
        at: Timestamp,
    },
    /// Collected already, by another request or too long ago.
    Spent(Approval),
    WrongCode(Change<Approval>),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NotCollected {
    /// The human has not answered, or the code has not come back.
    Pending,
    /// The attempt is over: expired, locked or replaced.
    Over,
    Denied(Denial),
    /// Collected already.
    Spent,
}

impl Approval {
    /// Hands over what was approved, once.
    ///
    /// # Errors
    ///
    /// See [`NotCollected`].
    pub fn collect(self, collect: &Collect<'_>) -> Result<Collection, NotCollected> {
        let now = collect.occasion.at;
        match &self.state {
            State::Waiting { .. } if now < self.expires_at => Err(NotCollected::Pending),
            State::Waiting { .. } | State::Locked { .. } | State::Superseded { .. } => {
                Err(NotCollected::Over)
            }
            State::Denied { reason, note, acceptable, .. } => {
                Err(NotCollected::Denied(told(*reason, note.as_ref(), acceptable.as_ref())))
            }
            State::Collected { at, request, .. } => {
                let at = *at;
                let finishes = matches!(collect.by, Collector::Finish { .. });
                if !finishes && *request == collect.request && now < at + REDELIVERY {
                    Ok(Collection::Again { approval: self, at })
                } else {
                    Ok(Collection::Spent(self))
                }
            }
            State::Approved(approved) if now >= approved.collect_before => Err(NotCollected::Over),
            State::Approved(approved) => {
                let approved = approved.clone();
                self.hand_over(approved, collect)
            }
        }
    }

    fn hand_over(
        self,
        approved: Approved,
        collect: &Collect<'_>,
    ) -> Result<Collection, NotCollected> {
        let now = collect.occasion.at;
        let matched = match (&approved.matching, &collect.by) {
            // Nobody typed a code, so the claim token alone proves nothing yet.
            (Matching::Relayed { .. }, Collector::Poll) => return Err(NotCollected::Pending),
            (Matching::Typed, Collector::Poll) => true,
            (Matching::Relayed { code }, Collector::Code { relayed, .. }) => code.matches(relayed),
            (Matching::Typed, Collector::Code { typed, .. }) => {
                self.agent_code.as_ref().is_some_and(|code| code.matches(typed))
            }
            (Matching::Finished, Collector::Finish { proven }) => *proven,
            // An authorization code has a way of its own.
            (Matching::Redirected | Matching::Finished, _) | (_, Collector::Finish { .. }) => {
                return Err(NotCollected::Over);
            }
            (_, Collector::Nonsense) => false,
        };
        if !matched {
            return Ok(Collection::WrongCode(self.wrong_relay(approved, collect.occasion)));
        }
        let kind = match self.ask.door {
            Door::Device => EventKind::DeviceCollected,
            Door::AgentSession => EventKind::CodeRedeemed,
            _ => EventKind::ClaimCollected,
        };
        let event =
            self.record(kind, collect.occasion).by(&approved.by).of_session(&approved.session);
        let mut effects = approved.collected();
        effects.push(Effect::Record(event));
        let state = State::Collected {
            approved: approved.clone(),
            at: now,
            request: collect.request.to_owned(),
            replayed: Replayed::Never,
        };
        Ok(Collection::Deliver { change: self.becomes(state, effects), approved })
    }

    /// A second use is recorded when it is the first that was answered, or the first that was
    /// refused (case 056), so that nobody fills the trail by repeating a request.
    #[must_use]
    pub fn replayed(self, answer: Replayed, occasion: &Occasion) -> Option<Change<Self>> {
        let State::Collected { approved, at, request, replayed } = self.state.clone() else {
            return None;
        };
        if replayed >= answer {
            return None;
        }
        let kind = match self.ask.door {
            Door::Device => EventKind::DeviceReplayed,
            Door::AgentSession => EventKind::FinishReplayed,
            _ => EventKind::ClaimReplayed,
        };
        let event = self.record(kind, occasion).by(&approved.by).of_session(&approved.session);
        let event = event.saying(answer.name());
        let state = State::Collected { approved, at, request, replayed: answer };
        Some(self.becomes(state, vec![Effect::Record(event)]))
    }

    /// A wrong relayed or finish code, or a wrong proof for an authorization code, spends a try;
    /// the last one ends the attempt and its session.
    pub(super) fn wrong_relay(self, mut approved: Approved, occasion: &Occasion) -> Change<Self> {
        approved.wrong_codes = approved.wrong_codes.saturating_add(1);
        let mut effects = vec![Effect::Record(
            self.record(EventKind::WrongCode, occasion)
                .by(&approved.by)
                .of_session(&approved.session),
        )];
        if approved.wrong_codes < TRIES {
            return self.becomes(State::Approved(approved), effects);
        }
        // A session that only asked for more keeps what it had.
        if !approved.widens() {
            effects.push(Effect::EndSession {
                id: approved.session.clone(),
                cause: EndCause::Locked,
                at: occasion.at,
            });
        }
        effects.push(Effect::Record(
            self.record(EventKind::ApprovalLocked, occasion)
                .by(&approved.by)
                .of_session(&approved.session),
        ));
        self.becomes(State::Locked { by: Some(approved.by), at: occasion.at }, effects)
    }
}
