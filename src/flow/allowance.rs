//! What one account has used and may use of one profile's API (docs/credentials.md, "Plans"):
//! counters that many requests change at once, each in one step.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use crate::app::App;
use crate::domain::limit::Window;
use crate::domain::owner::Owner;
use crate::domain::plan::{Beyond, Left, Plan, Rate};
use crate::protocol::scope::Scopes;
use crate::protocol::timestamp::Timestamp;
use crate::store::PlanUses;

/// Whose plan it is, and of which month (docs/credentials.md, "Plans").
#[derive(Debug)]
pub struct Allowed {
    pub plan: Plan,
    /// Whether another plan lets in more often.
    pub has_larger: bool,
    pub profile: String,
    pub owner: Option<Owner>,
    pub month: Window,
    /// What counts as an event: a request that needs this scope.
    pub events_scope: Option<String>,
    /// Whether answers say what is left.
    pub is_told: bool,
}

/// What is used of it (docs/credentials.md, "Plans").
#[derive(Debug)]
pub struct Allowance {
    allowed: Allowed,
    /// The number of a window, and how many were taken in it.
    taken: AtomicU64,
    /// The month's events, as far as this node knows; it never becomes fewer but by what a
    /// request gives back.
    events: AtomicI64,
    /// Those of them that no row tells of yet.
    unwritten: AtomicI64,
    /// Requests that no row tells of yet.
    requests: AtomicI64,
}

/// What one request takes. It is given back unless the request is let in after all
/// (docs/credentials.md, "Plans").
#[derive(Debug)]
#[must_use = "what is not kept is given back"]
pub struct Charge {
    allowance: Arc<Allowance>,
    is_event: bool,
    left: Option<Left>,
    is_kept: bool,
}

impl Allowance {
    pub(in crate::flow) const fn new(allowed: Allowed) -> Self {
        Self {
            allowed,
            taken: AtomicU64::new(0),
            events: AtomicI64::new(0),
            unwritten: AtomicI64::new(0),
            requests: AtomicI64::new(0),
        }
    }

    /// What other nodes have written counts here too. This node may have written since, or be
    /// about to: nothing that it knows of is forgotten.
    pub(in crate::flow) fn learn(&self, written: i64) {
        let all = written.saturating_add(self.unwritten.load(Ordering::Acquire));
        self.events.fetch_max(all, Ordering::AcqRel);
    }

    /// The month that it is of: nothing is known of another.
    pub(in crate::flow) const fn month(&self) -> Window {
        self.allowed.month
    }

    /// Takes one request that needs these scopes.
    pub(in crate::flow) fn take(
        self: &Arc<Self>,
        needed: &Scopes,
        now: Timestamp,
    ) -> Result<Charge, Beyond> {
        let Allowed { plan, events_scope, .. } = &self.allowed;
        if plan.scopes.as_ref().is_some_and(|included| !included.covers(needed)) {
            return Err(Beyond::Plan);
        }
        let is_event = events_scope.as_ref().is_some_and(|scope| needed.contains(scope));
        if is_event {
            let most = plan.events.unwrap_or(i64::MAX);
            let one_more = |used: i64| (used < most).then(|| used + 1);
            let taken = self.events.fetch_update(Ordering::AcqRel, Ordering::Acquire, one_more);
            taken.map_err(|_| Beyond::Events(self.allowed.month.end.since(now)))?;
        }
        let left = plan.rate.map(|rate| self.take_of(rate, now)).transpose();
        let left = left.map_err(|left| {
            self.events.fetch_sub(i64::from(is_event), Ordering::AcqRel);
            Beyond::Rate { left, has_larger: self.allowed.has_larger }
        })?;
        let allowance = Arc::clone(self);
        Ok(Charge { allowance, is_event, left, is_kept: false })
    }

    /// One more in this window, in one step, so that many at once get no more than there is.
    fn take_of(&self, rate: Rate, now: Timestamp) -> Result<Left, Left> {
        let one_more = |seen: u64| {
            let (at, taken) = standing(rate, seen, now);
            rate.take(taken, at).is_ok().then(|| (number(rate, at) << 32) | u64::from(taken + 1))
        };
        match self.taken.fetch_update(Ordering::AcqRel, Ordering::Acquire, one_more) {
            Ok(seen) | Err(seen) => {
                let (at, taken) = standing(rate, seen, now);
                rate.take(taken, at)
            }
        }
    }

    /// One less in the window that this was left of.
    fn give_back_of(&self, rate: Rate, left: Left) {
        let window = number(rate, left.reset - rate.span);
        let one_less = |seen: u64| (seen >> 32 == window).then(|| seen - 1);
        // Another window has begun: then there is nothing to give back.
        let _ = self.taken.fetch_update(Ordering::AcqRel, Ordering::Acquire, one_less);
    }

    /// What no row tells of yet.
    pub(in crate::flow) fn take_uses(&self) -> Option<PlanUses> {
        let requests = self.requests.swap(0, Ordering::AcqRel);
        let events = self.unwritten.swap(0, Ordering::AcqRel);
        let Allowed { owner, profile, month, .. } = &self.allowed;
        let (owner, profile) = (owner.clone()?, profile.clone());
        Some(PlanUses { owner, profile, month: month.start, requests, events })
    }
}

impl Charge {
    /// The request is let in; what is left, where the profile says so.
    pub(in crate::flow) fn keep(mut self, app: &App) -> Option<Left> {
        self.is_kept = true;
        let allowance = &self.allowance;
        allowance.unwritten.fetch_add(i64::from(self.is_event), Ordering::AcqRel);
        if allowance.requests.fetch_add(1, Ordering::AcqRel) == 0 {
            app.usage.count_plan(Arc::clone(allowance));
        }
        self.left.filter(|_| allowance.allowed.is_told)
    }
}

impl Drop for Charge {
    fn drop(&mut self) {
        if self.is_kept {
            return;
        }
        self.allowance.events.fetch_sub(i64::from(self.is_event), Ordering::AcqRel);
        if let (Some(rate), Some(left)) = (self.allowance.allowed.plan.rate, self.left) {
            self.allowance.give_back_of(rate, left);
        }
    }
}

/// How many were taken in the window of `now`, and when that is: a clock that is set back by less
/// than a window begins none anew.
fn standing(rate: Rate, seen: u64, now: Timestamp) -> (Timestamp, u32) {
    let taken = u32::try_from(seen & u64::from(u32::MAX)).unwrap_or(u32::MAX);
    match seen >> 32 {
        window if window == number(rate, now) => (now, taken),
        window if window == number(rate, now + rate.span) => (now + rate.span, taken),
        _ => (now, 0),
    }
}

/// The number of the window that `now` lies in, as half of a counter holds it.
const fn number(rate: Rate, now: Timestamp) -> u64 {
    rate.window(now).rem_euclid(1 << 32).unsigned_abs()
}
