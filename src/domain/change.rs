//! A decision as a value.

use crate::domain::account::Account;
use crate::domain::account_agent::AccountAgent;
use crate::domain::api_key::{ApiKey, KeyEnd, KeyKind};
use crate::domain::approval::Approval;
use crate::domain::browser::{BrowserSession, OneTimeLink};
use crate::domain::event::Event;
use crate::domain::id::{
    AccountId, AgentId, ApprovalId, ClientId, InvitationId, KeyId, OrganizationId, ProjectId,
    RegistrationId, SessionId,
};
use crate::domain::limit::Count;
use crate::domain::mail::WaitingMail;
use crate::domain::organization::{Invitation, Member, Role};
use crate::domain::passkey::PasskeyEffect;
use crate::domain::pushed_request::PushedRequest;
use crate::domain::replay::Use;
use crate::domain::session::{EndCause, Session, Token};
use crate::domain::session_token::SessionToken;
use crate::domain::step_up::Extra;
use crate::protocol::scope::Scopes;
use crate::protocol::secret::Digest;
use crate::protocol::timestamp::Timestamp;

/// A decided change that no one has stored yet. Dropping it means it never happened.
#[must_use = "a change takes effect only when the store commits it"]
#[derive(Debug)]
pub struct Change<T> {
    /// The revision the decision was made against; [`UNSTORED`] for something new.
    pub seen: i64,
    pub next: T,
    /// What must become true in the same transaction, or not at all.
    pub effects: Vec<Effect>,
}

/// The revision of what is not in the store yet; the first stored revision is one more.
pub const UNSTORED: i64 = 0;

/// What a change does beside its own row.
#[derive(Debug)]
pub enum Effect {
    /// A new account.
    OpenAccount(Box<Account>),
    /// Refused when this account has been closed meanwhile; whoever closes it waits.
    WhileOpen(AccountId),
    /// Refused when this is no administrator any more.
    ByAdministrator(AccountId),
    /// Closes an account that is open.
    CloseAccount {
        id: AccountId,
        at: Timestamp,
    },
    /// Opens an account that is closed.
    ReopenAccount(AccountId),
    /// Makes an open account an administrator's, or no longer.
    Appoint {
        id: AccountId,
        is: bool,
    },
    /// Every session of an account.
    EndEverythingOf {
        account: AccountId,
        cause: EndCause,
        at: Timestamp,
    },
    /// Every key and every project of an account that is no organization's.
    EndKeysOf {
        account: AccountId,
        cause: KeyEnd,
        at: Timestamp,
    },
    Passkey(PasskeyEffect),
    SignIn(Box<BrowserSession>),
    SignOut(Digest),
    SignOutEverywhere(AccountId),
    OfferLink(Box<OneTimeLink>),
    /// Spends a one-time link, once.
    SpendLink {
        digest: Digest,
        at: Timestamp,
    },
    /// Unused first-account links end: only the newest is good.
    WithdrawFirstAccountLinks,
    /// So do an account's unused links to set a password.
    WithdrawLinksOf(AccountId),
    /// A new question to a human.
    Ask(Box<Approval>),
    /// Closes the attempt that a newer one replaces, if it still waits.
    Supersede {
        id: ApprovalId,
        at: Timestamp,
    },
    IssueSession(Box<Session>),
    /// A token of a live session; refused when the session has ended meanwhile.
    IssueToken(Token),
    /// Ends one access token at once; its session lives on.
    DropToken(Digest),
    /// Marks the approved session as picked up by its agent.
    CollectSession {
        id: SessionId,
    },
    /// Spends a refresh token, once.
    SpendToken {
        digest: Digest,
        at: Timestamp,
    },
    /// A session gains scopes, if it is still as it was when the human's yes was read.
    Widen {
        id: SessionId,
        seen: i64,
        scopes: Scopes,
        extra: Option<Extra>,
    },
    /// The unspent refresh tokens of a session: a new lineage takes their place.
    DropRefreshTokens(SessionId),
    /// A session hands a part on; refused when it has changed, or the token that was shown ended.
    HandOn {
        session: SessionId,
        seen: i64,
        token: Digest,
        at: Timestamp,
    },
    /// Ends a session, and whatever was cut from it.
    EndSession {
        id: SessionId,
        cause: EndCause,
        at: Timestamp,
    },
    /// What is remembered about a session is asked for again, on every node.
    Reconsider(SessionId),
    /// Ends what was cut from a session; the session itself goes on.
    EndParts {
        id: SessionId,
        at: Timestamp,
    },
    /// What was cut from a session rests with it since then, or goes on with it.
    RestParts {
        id: SessionId,
        since: Option<Timestamp>,
    },
    /// A session holds so many calls from now on, unless fewer are left.
    LimitCalls {
        id: SessionId,
        calls: i64,
    },
    /// Ends what a session handed on for one of its tokens.
    EndCutFrom {
        session: SessionId,
        token: Digest,
        at: Timestamp,
    },
    /// What an agent held before its human answered.
    EndUnclaimed {
        registration: RegistrationId,
        at: Timestamp,
    },
    /// A person's sessions that were asked for from one network address.
    EndFrom {
        account: AccountId,
        address: String,
        at: Timestamp,
    },
    /// Closes the questions of a client that still wait and came from one network address.
    SupersedeFrom {
        client: ClientId,
        address: String,
        at: Timestamp,
    },
    /// The sessions that a person gave a client.
    EndBetween {
        client: ClientId,
        account: AccountId,
        at: Timestamp,
    },
    /// The registration gets its human; older assertions end.
    Claim {
        registration: RegistrationId,
        /// The attempt that was answered; refused when a newer one has replaced it.
        approval: ApprovalId,
        account: AccountId,
        session: SessionId,
    },
    /// The agent's registration and everything it still asks for.
    RevokeRegistration {
        id: RegistrationId,
        at: Timestamp,
    },
    /// Somebody approved this client: if it registered itself, its row stays from now on.
    UseClient {
        id: ClientId,
        at: Timestamp,
    },
    /// A client that registered itself goes, and what it asks for and holds (RFC 7592 §2.3).
    RemoveClient {
        id: ClientId,
        at: Timestamp,
    },
    /// A key is good from now on.
    IssueKey(Box<ApiKey>),
    /// Ends a key, on every node at once.
    EndKey {
        id: KeyId,
        cause: KeyEnd,
        at: Timestamp,
    },
    /// Ends the keys made with this one, and with those, and so on: of this kind, or of any.
    EndKeysMadeBy {
        id: KeyId,
        kind: Option<KeyKind>,
        cause: KeyEnd,
        at: Timestamp,
    },
    /// A token of a live key; refused when the key has ended meanwhile.
    IssueSessionToken(SessionToken),
    /// Ends one session token at once; its key goes on.
    EndSessionToken(Digest),
    /// A new project is one of so many live ones of its account at most; refused otherwise.
    HoldProjects {
        with: ProjectId,
        account: AccountId,
        most: i64,
    },
    /// An account gets an agent.
    NameAgent(Box<AccountAgent>),
    /// A key is given to this agent; refused when it has gone meanwhile.
    GiveToAgent(AgentId),
    /// An agent of an account goes, and its keys end, on every node at once.
    RemoveAgent {
        id: AgentId,
        at: Timestamp,
    },
    /// Somebody belongs to an organization from now on.
    Join {
        organization: OrganizationId,
        member: Member,
    },
    /// A new organization is one of so many that its founder owns at most; refused otherwise.
    HoldOrganizations {
        with: OrganizationId,
        account: AccountId,
        most: i64,
    },
    Invite(Box<Invitation>),
    WithdrawInvitation(InvitationId),
    /// Takes an invitation up, once and before its end.
    TakeUpInvitation {
        digest: Digest,
        at: Timestamp,
    },
    GiveRole {
        organization: OrganizationId,
        account: AccountId,
        role: Role,
    },
    /// Somebody belongs no longer.
    Part {
        organization: OrganizationId,
        account: AccountId,
    },
    /// An organization goes, and its keys end, on every node at once.
    Dissolve {
        id: OrganizationId,
        at: Timestamp,
    },
    /// A key is about to be this organization's; refused when that has gone meanwhile, or whoever
    /// makes the key may do so no longer.
    GiveToOrganization {
        id: OrganizationId,
        by: Option<AccountId>,
    },
    /// Ends a project's token, on every node at once.
    EndProject {
        id: ProjectId,
        at: Timestamp,
    },
    /// A request that waits for its browser (RFC 9126).
    PushRequest(Box<PushedRequest>),
    /// Takes a pushed request up, once.
    TakeUpRequest {
        digest: Digest,
        at: Timestamp,
    },
    /// Nobody needs a letter about a question any more; refused when somebody saw to that before.
    Notice {
        id: ApprovalId,
        at: Timestamp,
    },
    /// A letter on its way.
    Post(Box<WaitingMail>),
    /// Uses something that may be used once; the whole change is refused the second time.
    Remember(Use),
    /// One more of something limited; the whole change is refused beyond the limit.
    Count(Count),
    /// Takes one back from a window: what was counted turned out well.
    Forgive(Count),
    /// The audit event: nothing changes unrecorded.
    Record(Event),
}
