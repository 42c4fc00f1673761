//! The human's answer to an approval: yes, no, or "this is not mine".

use std::mem;

use crate::domain::account::Account;
use crate::domain::answer::{Answer, Bounds, CodeGiven, Consent, Lifetime, Policy};
use crate::domain::approval::{Approval, Approved, Matching, Phase, State, TRIES};
use crate::domain::ask::Door;
use crate::domain::budget::Budget;
use crate::domain::change::{Change, Effect};
use crate::domain::denial::DenialReason;
use crate::domain::event::{Event, EventKind};
use crate::domain::id::SessionId;
use crate::domain::origin::Occasion;
use crate::domain::redemption::CODE_LIFETIME;
use crate::domain::session::{Lifetimes, Session};
use crate::domain::step_up::Widening;
use crate::protocol::scope::Scopes;
use crate::protocol::timestamp::{Seconds, Timestamp};

/// What a yes opens a session with.
struct Opening<'a> {
    id: SessionId,
    granted: &'a Scopes,
    lifetime: Lifetime,
    bounds: Bounds,
}

#[derive(Debug)]
pub enum Verdict {
    Decided(Change<Approval>),
    WrongCode { change: Change<Approval>, tries_left: u8 },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ApprovalRefused {
    #[error("the request is for another account")]
    WrongAccount,
    #[error("the request has expired")]
    Expired,
    #[error("the request has been answered")]
    Closed,
    #[error("no scope was chosen")]
    NothingTicked,
    /// A browser other than the one that began (promise P5).
    #[error("the request began in another browser")]
    OtherBrowser,
    /// Answered the way of another door.
    #[error("the request came through another door")]
    OtherDoor,
}

impl Approval {
    /// The human answers. Granted ⊆ asked, and a wrong code is a change too: it spends a
    /// try, so a code cannot be searched, not even in parallel.
    ///
    /// # Errors
    ///
    /// The request is not this human's, is over, or nothing was ticked.
    pub fn decide(
        self,
        human: &Account,
        answer: Answer,
        policy: &Policy,
        occasion: &Occasion,
    ) -> Result<Verdict, ApprovalRefused> {
        if !self.is_for(human) {
            return Err(ApprovalRefused::WrongAccount);
        }
        match (self.phase(occasion.at), &answer) {
            (Phase::Expired, _) => return Err(ApprovalRefused::Expired),
            (_, Answer::Withdraw) | (Phase::Waiting, _) => {}
            (Phase::Denied, Answer::Report { .. }) if self.may_still_be_reported() => {}
            _ => return Err(ApprovalRefused::Closed),
        }
        match answer {
            Answer::Approve(consent) => self.approve(human, consent, policy, occasion),
            Answer::Deny { reason, note, ticked } => {
                let acceptable = (reason == DenialReason::TooMuch)
                    .then(|| ticked.meet(&self.ask.scopes))
                    .filter(|acceptable| !acceptable.is_empty());
                let event = self.event(EventKind::ApprovalDenied, human, occasion);
                let effects = vec![Effect::Record(event.saying(reason.name()))];
                let state = State::Denied {
                    by: human.id.clone(),
                    at: occasion.at,
                    reason,
                    note,
                    acceptable,
                };
                Ok(Verdict::Decided(self.becomes(state, effects)))
            }
            Answer::Report { end_sessions } => {
                Ok(Verdict::Decided(self.report(human, end_sessions, occasion)))
            }
            Answer::Withdraw => self.withdraw(human, occasion).map(Verdict::Decided),
        }
    }

    /// Whoever denied because they never started it, or took a yes back, may report it
    /// afterwards; nothing else follows a no.
    const fn may_still_be_reported(&self) -> bool {
        use DenialReason::{NotMe, Withdrawn};
        matches!(self.state, State::Denied { reason: NotMe | Withdrawn, .. })
    }

    fn approve(
        mut self,
        human: &Account,
        mut consent: Consent,
        policy: &Policy,
        occasion: &Occasion,
    ) -> Result<Verdict, ApprovalRefused> {
        let at = occasion.at;
        let held = consent.widens.as_ref().map(|(session, _)| session.reach(at));
        let asked = self.ask.scopes.without(&held.unwrap_or_default());
        let granted = consent.ticked.join(&policy.required).meet(&asked);
        if granted.is_empty() {
            return Err(ApprovalRefused::NothingTicked);
        }
        let code = mem::replace(&mut consent.code, CodeGiven::Typed(None));
        let Some(matching) = self.match_up(code)? else {
            return Ok(self.wrong_code(human, occasion));
        };
        let signed_in_at = self.ask.identity().map(|_| consent.signed_in_at);
        let refused = asked.without(&granted);
        let mut effects = Vec::new();
        let (session, widening) = if let Some((session, lasts)) = consent.widens {
            let until = lasts.map(|lasts| (at + lasts).min(session.expires_at));
            (*session, Some(Widening { until }))
        } else {
            let Consent { session: id, lifetime, bounds, .. } = consent;
            let opening = Opening { id, granted: &granted, lifetime, bounds };
            let session = self.open_session(human, opening, &policy.lifetimes, at);
            effects.push(Effect::IssueSession(Box::new(session.clone())));
            effects.extend(self.door_effects(human, &session, at));
            (session, None)
        };
        effects.extend(self.approval_records(human, &session, &granted, occasion));
        let approved = Approved {
            by: human.id.clone(),
            at,
            session: session.id,
            refused,
            granted,
            ends_at: widening.and_then(|widening| widening.until).unwrap_or(session.expires_at),
            matching,
            collect_before: (at + self.collection(&policy.lifetimes)).min(session.expires_at),
            wrong_codes: 0,
            widening,
            signed_in_at,
        };
        Ok(Verdict::Decided(self.becomes(State::Approved(approved), effects)))
    }

    /// Brings human and agent together the way of this door; `None` for a wrong code.
    fn match_up(&mut self, code: CodeGiven) -> Result<Option<Matching>, ApprovalRefused> {
        Ok(match (self.ask.door, code) {
            (Door::Code, CodeGiven::Redirect(code)) => {
                self.handle = Some(code);
                Some(Matching::Redirected)
            }
            (Door::AgentSession, CodeGiven::Finish) => Some(Matching::Finished),
            (Door::Claim, CodeGiven::Relay(code)) => Some(Matching::Relayed { code }),
            (Door::Claim | Door::Device, CodeGiven::Typed(typed)) => {
                let shown = self.agent_code.as_ref().zip(typed.as_ref());
                shown.filter(|(shown, typed)| shown.matches(typed)).map(|_| Matching::Typed)
            }
            _ => return Err(ApprovalRefused::OtherDoor),
        })
    }

    /// What a yes leaves behind at any door.
    fn approval_records(
        &self,
        human: &Account,
        session: &Session,
        granted: &Scopes,
        occasion: &Occasion,
    ) -> Vec<Effect> {
        let client = self.ask.client.as_ref();
        let used =
            client.map(|client| Effect::UseClient { id: client.id.clone(), at: occasion.at });
        let event = self.event(EventKind::ApprovalGranted, human, occasion);
        let event = event.of_session(&session.id).saying(granted.to_string());
        let open = Effect::WhileOpen(human.id.clone());
        used.into_iter().chain([open, Effect::Record(event)]).collect()
    }

    /// The session a yes opens; it waits for its agent as long as an attempt lasts.
    fn open_session(
        &self,
        human: &Account,
        opening: Opening<'_>,
        lifetimes: &Lifetimes,
        now: Timestamp,
    ) -> Session {
        let (span, refreshable) = match opening.lifetime {
            Lifetime::Once => (lifetimes.access, false),
            Lifetime::For(span) => (span, true),
        };
        let expires_at = now + span.min(lifetimes.most);
        let budget = |calls| Budget { of: opening.id.clone(), calls };
        let budget = opening.bounds.calls.map(budget);
        let agent = &self.ask.agent;
        let wished = self.ask.agent_session.as_ref().and_then(|asked| asked.label.as_ref());
        let label = wished.or(agent.name.as_ref()).or(agent.kind.as_ref()).map(ToString::to_string);
        let of = (&self.ask.resource, opening.granted.clone());
        let occasion = Occasion { at: now, from: self.ask.from.clone() };
        Session {
            account: Some(human.id.clone()),
            registration: self.ask.registration.clone(),
            client: self.ask.client.as_ref().map(|client| client.id.clone()),
            approval: Some(self.id.clone()),
            agent: agent.clone(),
            label: label.unwrap_or_default(),
            approved_at: Some(now),
            expires_at,
            idle: opening.bounds.idle.map_or(lifetimes.idle, |idle| idle.min(lifetimes.idle)),
            budget,
            refreshable,
            collect_before: Some((now + self.collection(lifetimes)).min(expires_at)),
            details: self.ask.details.clone(),
            ..Session::new(opening.id, self.ask.door, of, lifetimes, &occasion)
        }
    }

    /// How long a yes waits for its agent.
    fn collection(&self, lifetimes: &Lifetimes) -> Seconds {
        match self.ask.door {
            Door::Code => CODE_LIFETIME,
            _ => lifetimes.attempt,
        }
    }

    /// What a yes means at the door the question came through.
    fn door_effects(&self, human: &Account, session: &Session, now: Timestamp) -> Vec<Effect> {
        match &self.ask.registration {
            Some(registration) => vec![
                Effect::EndUnclaimed { registration: registration.clone(), at: now },
                Effect::Claim {
                    registration: registration.clone(),
                    approval: self.id.clone(),
                    account: human.id.clone(),
                    session: session.id.clone(),
                },
            ],
            None => Vec::new(),
        }
    }

    fn wrong_code(self, human: &Account, occasion: &Occasion) -> Verdict {
        let State::Waiting { wrong_codes, .. } = self.state else {
            return Verdict::Decided(
                self.becomes(State::Locked { by: None, at: occasion.at }, Vec::new()),
            );
        };
        let wrong_codes = wrong_codes.saturating_add(1);
        let tries_left = TRIES.saturating_sub(wrong_codes);
        let mut effects = vec![Effect::Record(self.event(EventKind::WrongCode, human, occasion))];
        let viewer = Some(human.id.clone());
        let state = if tries_left == 0 {
            effects.push(Effect::Record(self.event(EventKind::ApprovalLocked, human, occasion)));
            State::Locked { by: viewer, at: occasion.at }
        } else {
            State::Waiting { wrong_codes, viewer }
        };
        Verdict::WrongCode { change: self.becomes(state, effects), tries_left }
    }

    pub(super) fn event(&self, kind: EventKind, human: &Account, occasion: &Occasion) -> Event {
        self.record(kind, occasion).by(&human.id)
    }
}
