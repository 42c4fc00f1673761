//! The one commit: a decided change and its effects become true in one transaction, or
//! nothing does.

use std::sync::atomic::Ordering;

use sea_orm::DbBackend;

use super::ending::{End, end};
use super::row::{self, Stored, step};
use super::{
    Store, StoreError, account, account_agent, api_key, budget, client, link, mail, organization,
    passkey, project, pushed_request, resting, session_token,
};
use crate::domain::change::{Change, Effect, UNSTORED};
use crate::domain::event::Event;
use crate::domain::id::{AccountId, ApprovalId, ClientId, RegistrationId, SessionId};
use crate::domain::limit::Count;
use crate::domain::replay::Use;
use crate::domain::session::EndCause;
use crate::protocol::timestamp::Timestamp;
use crate::store::write::{Expect, Step};

impl Store {
    /// Stores a decided change and its effects.
    ///
    /// The revision in the `WHERE` clause is what makes "at most once" true for codes,
    /// claims and rotations: of two racing decisions, one finds no row.
    ///
    /// # Errors
    ///
    /// [`StoreError::Stale`] when the row moved since it was read or an effect's own guard
    /// failed, [`StoreError::Limited`] beyond a limit; nothing is stored then.
    pub async fn commit<T: Stored>(&self, change: Change<T>) -> Result<T, StoreError> {
        let mut steps = vec![change.next.put(change.seen, self.backend())?];
        self.push_effects(&mut steps, change.effects)?;
        self.write(steps).await?;
        Ok(change.next.stored_as(change.seen + 1))
    }

    /// Stores effects that hang from no row of their own.
    ///
    /// # Errors
    ///
    /// As [`commit`](Self::commit).
    pub async fn apply(&self, effects: Vec<Effect>) -> Result<(), StoreError> {
        let mut steps = Vec::with_capacity(effects.len());
        self.push_effects(&mut steps, effects)?;
        self.write(steps).await
    }

    fn push_effects(&self, steps: &mut Vec<Step>, effects: Vec<Effect>) -> Result<(), StoreError> {
        for effect in effects {
            self.push(steps, effect)?;
        }
        Ok(())
    }

    #[expect(clippy::too_many_lines, reason = "one arm per effect")]
    fn push(&self, steps: &mut Vec<Step>, effect: Effect) -> Result<(), StoreError> {
        let backend = self.backend();
        match effect {
            Effect::OpenAccount(account) => steps.push(account.put(UNSTORED, backend)?),
            Effect::WhileOpen(id) => steps.push(account::while_open(&id, backend)),
            Effect::ByAdministrator(id) => steps.push(account::by_administrator(&id, backend)),
            Effect::CloseAccount { id, at } => steps.push(account::close(&id, at, backend)),
            Effect::ReopenAccount(id) => steps.push(account::reopen(&id, backend)),
            Effect::Appoint { id, is } => steps.push(account::appoint(&id, is, backend)),
            Effect::EndEverythingOf { account, cause, at } => {
                end(steps, &End::Of(&account), cause, at, backend);
            }
            Effect::EndKeysOf { account, cause, at } => {
                steps.push(api_key::end_of(&account, cause, at, backend));
                steps.push(project::end_of(&account, at, backend));
            }
            Effect::Passkey(effect) => passkey::apply(steps, effect, backend),
            Effect::SignIn(session) => steps.push(account::sign_in(&session, backend)),
            Effect::SignOut(digest) => steps.push(account::sign_out(&digest, backend)),
            Effect::SignOutEverywhere(id) => {
                steps.push(account::sign_out_everywhere(&id, backend));
            }
            Effect::OfferLink(offered) => steps.push(link::offer(&offered, backend)),
            Effect::SpendLink { digest, at } => steps.push(link::spend(&digest, at, backend)),
            Effect::WithdrawFirstAccountLinks => steps.push(link::withdraw_first(backend)),
            Effect::WithdrawLinksOf(account) => steps.push(link::withdraw_of(&account, backend)),
            Effect::Ask(approval) => steps.push(approval.put(UNSTORED, backend)?),
            Effect::Supersede { id, at } => steps.push(supersede(&id, at, backend)),
            Effect::IssueSession(session) => {
                steps.push(session.put(UNSTORED, backend)?);
                let own = session.budget.iter().filter(|budget| budget.of == session.id);
                steps.extend(own.map(|own| budget::open(own, backend)));
            }
            Effect::IssueToken(token) => steps.push(row::token::issue(&token, backend)),
            Effect::DropToken(digest) => steps.push(row::token::drop_one(&digest, backend)),
            Effect::CollectSession { id } => steps.push(collect(&id, backend)),
            Effect::SpendToken { digest, at } => {
                steps.push(row::token::spend(&digest, at, backend));
            }
            Effect::Widen { id, seen, scopes, extra } => {
                steps.push(row::session::widen(&id, seen, &scopes, extra.as_ref(), backend));
            }
            Effect::DropRefreshTokens(id) => steps.push(row::token::drop_refresh(&id, backend)),
            Effect::HandOn { session, seen, token, at } => {
                steps.extend(row::session::hand_on((&session, seen), &token, at, backend));
            }
            Effect::Reconsider(id) => steps.push(resting::reconsider(&id, backend)),
            Effect::EndParts { id, at } => {
                end(steps, &End::Parts(&id), EndCause::WithParent, at, backend);
            }
            Effect::RestParts { id, since } => resting::rest(steps, &id, since, backend),
            Effect::LimitCalls { id, calls } => steps.push(budget::limit(&id, calls, backend)),
            Effect::EndSession { id, cause, at } => {
                end(steps, &End::One(&id), cause, at, backend);
            }
            Effect::EndCutFrom { session, token, at } => {
                let which = End::CutFrom(&session, &token);
                end(steps, &which, EndCause::WithParent, at, backend);
            }
            Effect::EndUnclaimed { registration, at } => {
                end(steps, &End::Unclaimed(&registration), EndCause::Claimed, at, backend);
            }
            Effect::EndFrom { account, address, at } => {
                end(steps, &End::From(&account, &address), EndCause::Reported, at, backend);
            }
            Effect::SupersedeFrom { client, address, at } => {
                steps.push(supersede_from(&client, &address, at, backend));
            }
            Effect::EndBetween { client, account, at } => {
                let which = End::Between(&client, &account);
                end(steps, &which, EndCause::Reported, at, backend);
            }
            Effect::Claim { registration, approval, account, session } => {
                steps.push(claim(&registration, &approval, &account, &session, backend));
            }
            Effect::RevokeRegistration { id, at } => revoke(steps, &id, at, backend),
            Effect::UseClient { id, at } => steps.push(client::used(&id, at, backend)),
            Effect::RemoveClient { id, at } => remove_client(steps, &id, at, backend),
            Effect::IssueKey(key) => steps.push(key.put(UNSTORED, backend)?),
            Effect::EndKey { id, cause, at } => steps.push(api_key::end(&id, cause, at, backend)),
            Effect::EndKeysMadeBy { id, kind, cause, at } => {
                api_key::end_made_by(steps, (&id, kind), (cause, at), backend);
            }
            Effect::IssueSessionToken(token) => steps.push(session_token::issue(&token, backend)),
            Effect::EndSessionToken(digest) => steps.push(session_token::end(&digest, backend)),
            Effect::HoldProjects { with, account, most } => {
                steps.push(project::hold(&with, &account, most, backend));
            }
            Effect::NameAgent(agent) => steps.push(agent.put(UNSTORED, backend)?),
            Effect::GiveToAgent(id) => steps.push(account_agent::give(&id, backend)),
            Effect::RemoveAgent { id, at } => account_agent::remove(steps, &id, at, backend),
            Effect::Join { organization, member } => {
                steps.push(organization::join(&organization, &member, backend));
            }
            Effect::HoldOrganizations { with, account, most } => {
                steps.push(organization::hold(&with, &account, most, backend));
            }
            Effect::Invite(invitation) => steps.push(organization::invite(&invitation, backend)),
            Effect::WithdrawInvitation(id) => steps.push(organization::withdraw(&id, backend)),
            Effect::TakeUpInvitation { digest, at } => {
                steps.push(organization::take_up(&digest, at, backend));
            }
            Effect::GiveRole { organization, account, role } => {
                steps.push(organization::give_role(&organization, &account, role, backend));
            }
            Effect::Part { organization, account } => {
                organization::part(steps, &organization, &account, backend);
            }
            Effect::Dissolve { id, at } => organization::dissolve(steps, &id, at, backend),
            Effect::GiveToOrganization { id, by } => {
                organization::give(steps, &id, by.as_ref(), backend);
            }
            Effect::EndProject { id, at } => steps.push(project::end(&id, at, backend)),
            Effect::PushRequest(pushed) => steps.push(pushed_request::push(&pushed, backend)),
            Effect::TakeUpRequest { digest, at } => {
                steps.push(pushed_request::take_up(&digest, at, backend));
            }
            Effect::Notice { id, at } => steps.push(row::approval::notice(&id, at, backend)),
            Effect::Post(letter) => steps.push(mail::post(&letter, backend)),
            Effect::Remember(used) => steps.push(remember(&used, backend)),
            Effect::Count(count) => steps.push(one_more(&count, backend)),
            Effect::Forgive(count) => steps.push(one_less(&count, backend)),
            Effect::Record(event) => steps.push(self.record(&event)?),
        }
        Ok(())
    }
}

impl Store {
    fn record(&self, event: &Event) -> Result<Step, StoreError> {
        let number = self.recorded.fetch_add(1, Ordering::Relaxed);
        let id = self.entropy().identifier_in_order("evt", event.at, number)?;
        Ok(row::event::record(event, id, self.seals.as_ref(), self.backend()))
    }
}

/// Closes an attempt that nobody has answered; one that was answered stays as it is.
fn supersede(id: &ApprovalId, at: Timestamp, backend: DbBackend) -> Step {
    supersede_where("id = $2", &[id.as_str()], at, backend)
}

fn supersede_where(condition: &str, is: &[&str], at: Timestamp, backend: DbBackend) -> Step {
    let state = format!(r#"{{"name":"superseded","at":{at}}}"#);
    let sql = format!(
        "UPDATE approval SET state = $1, state_name = 'superseded', revision = revision + 1 \
         WHERE {condition} AND state_name = 'waiting'"
    );
    let values = std::iter::once(state.into()).chain(is.iter().map(|is| (*is).into()));
    step(backend, &sql, values, Expect::Any)
}

/// Of a client's questions those from one address. That was read from a connection, so the
/// pattern holds no wildcard but ours.
fn supersede_from(client: &ClientId, address: &str, at: Timestamp, backend: DbBackend) -> Step {
    let from = format!(r#"%"from":{{"address":"{address}"%"#);
    supersede_where("client_id = $2 AND ask LIKE $3", &[client.as_str(), &from], at, backend)
}

/// The agent picks its session up, once, and only while it stands.
fn collect(id: &SessionId, backend: DbBackend) -> Step {
    let sql = "UPDATE session SET collect_before = NULL, revision = revision + 1 \
               WHERE id = $1 AND ended_at IS NULL AND collect_before IS NOT NULL";
    step(backend, sql, [id.as_str().into()], Expect::One("session"))
}

/// The registration gets its human, unless a newer attempt has replaced this one.
fn claim(
    registration: &RegistrationId,
    approval: &ApprovalId,
    account: &AccountId,
    session: &SessionId,
    backend: DbBackend,
) -> Step {
    let sql = "UPDATE registration SET account_id = $3, session_id = $4, \
               generation = generation + 1, revision = revision + 1 \
               WHERE id = $1 AND approval_id = $2 AND revoked_at IS NULL";
    let values = [
        registration.as_str().into(),
        approval.as_str().into(),
        account.as_str().into(),
        session.as_str().into(),
    ];
    step(backend, sql, values, Expect::One("registration"))
}

/// The agent is stopped: its registration, its open questions, its sessions.
fn revoke(steps: &mut Vec<Step>, id: &RegistrationId, at: Timestamp, backend: DbBackend) {
    let registration = "UPDATE registration SET revoked_at = $2, generation = generation + 1, \
                        revision = revision + 1 WHERE id = $1 AND revoked_at IS NULL";
    steps.push(step(backend, registration, [id.as_str().into(), at.0.into()], Expect::Any));
    steps.push(supersede_where("registration_id = $2", &[id.as_str()], at, backend));
    end(steps, &End::OfRegistration(id), EndCause::Reported, at, backend);
}

/// The client is gone: its row, its open questions, its sessions.
fn remove_client(steps: &mut Vec<Step>, id: &ClientId, at: Timestamp, backend: DbBackend) {
    steps.push(client::remove(id, backend));
    steps.push(supersede_where("client_id = $2", &[id.as_str()], at, backend));
    end(steps, &End::OfClient(id), EndCause::ClientDeleted, at, backend);
}

/// Remembers a use, unless there was one before.
fn remember(used: &Use, backend: DbBackend) -> Step {
    let sql = "INSERT INTO replay (name, expires_at) VALUES ($1, $2) ON CONFLICT DO NOTHING";
    let values = [used.name.as_str().into(), used.expires_at.0.into()];
    step(backend, sql, values, Expect::One(REPLAY))
}

/// Counts one more, unless the window is full.
fn one_more(count: &Count, backend: DbBackend) -> Step {
    let sql = "INSERT INTO counter (name, window_start, count, expires_at) VALUES ($1, $2, 1, $3) \
               ON CONFLICT (name, window_start) DO UPDATE SET count = counter.count + 1 \
               WHERE counter.count < $4";
    let values = [
        count.name.as_str().into(),
        count.window.start.0.into(),
        count.window.end.0.into(),
        count.most.into(),
    ];
    step(backend, sql, values, Expect::One(LIMIT))
}

fn one_less(count: &Count, backend: DbBackend) -> Step {
    let sql = "UPDATE counter SET count = count - 1 \
               WHERE name = $1 AND window_start = $2 AND count > 0";
    let values = [count.name.as_str().into(), count.window.start.0.into()];
    step(backend, sql, values, Expect::Any)
}

/// The name a full window is refused under.
pub(in crate::store) const LIMIT: &str = "limit";

/// The name a second use is refused under.
pub(in crate::store) const REPLAY: &str = "replay";
