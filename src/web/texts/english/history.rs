//! A person's history, in English.

use crate::domain::account_history::Group;
use crate::domain::event::EventKind;
use crate::web::texts::HistoryTexts;

pub const HISTORY: HistoryTexts = HistoryTexts {
    title: "History",
    lead: "What happened in your account, newest first: what you did, and what agents and \
           programs did in your name.",
    of_session: "Only what happened in one agent session is shown.",
    empty: "Nothing of that kind has happened.",
    when: "When",
    what: "What",
    from: "From",
    agent: "Agent:",
    show: "Show",
    everything: "Everything",
    older: "Older",
    newest: "Newest",
    export: "Take it with you",
    export_words: "Everything that is kept of your history, for your own records. There are no \
                   passwords, codes or keys in it.",
    csv: "Table (CSV)",
    json_lines: "For programs (JSON Lines)",
    all_of_session: "Everything in this session",
    kind,
    group,
};

const fn group(group: Group) -> &'static str {
    match group {
        Group::Account => "Account and sign-in",
        Group::Approvals => "Requests",
        Group::Sessions => "Agent sessions",
        Group::Keys => "Keys and who holds them",
    }
}

#[expect(clippy::too_many_lines, reason = "one line per kind")]
const fn kind(kind: EventKind) -> &'static str {
    match kind {
        EventKind::AccountCreated => "The account was created",
        EventKind::PasswordSet => "The password was set",
        EventKind::PasswordReset => "The operator made a link to set a new password",
        EventKind::PasswordResetAsked => "Somebody asked for a letter to set a new password",
        EventKind::AddressVerified => "The e-mail address was verified",
        EventKind::SignedIn => "Signed in",
        EventKind::SignInFailed => "Somebody tried to sign in with a wrong password",
        EventKind::SignedOut => "Signed out",
        EventKind::PlanAssigned => "The operator changed the plan",
        EventKind::RegistrationCreated => "An agent registered",
        EventKind::AttemptStarted => "An agent asked for you",
        EventKind::AuthorizationRequested => "An agent asked",
        EventKind::ApprovalGranted => "You approved an agent",
        EventKind::ApprovalDenied => "You refused an agent",
        EventKind::ApprovalReported => "You reported an agent",
        EventKind::ApprovalWithdrawn => "You took an approval back",
        EventKind::ApprovalLocked => "A request ended after too many wrong codes",
        EventKind::WrongCode => "A wrong code was entered",
        EventKind::ClaimCollected | EventKind::DeviceCollected | EventKind::CodeRedeemed => {
            "The agent picked up its session"
        }
        EventKind::ClaimReplayed | EventKind::DeviceReplayed | EventKind::FinishReplayed => {
            "Something that was used up was tried again, without effect"
        }
        EventKind::CodeReuse => "A code was used twice, so its session was ended",
        EventKind::TokenIssued => "A program got a token",
        EventKind::TokenRefreshed => "The agent renewed its token",
        EventKind::RefreshReuse => "A copy of a session’s key was used, so the session was ended",
        EventKind::TokenRevoked => "A program gave its token back",
        EventKind::SessionBegun => "A session began",
        EventKind::SessionHandedOn => "The agent handed a part of its access to another agent",
        EventKind::SessionRenamed => "You renamed a session",
        EventKind::SessionWidened => "You allowed a session more",
        EventKind::SessionLowered => "You allowed a session less",
        EventKind::SessionPaused => "You paused a session",
        EventKind::SessionResumed => "You let a paused session go on",
        EventKind::SessionEnded => "A session was ended",
        EventKind::ClientRegistered => "A program registered",
        EventKind::ClientUpdated => "A program changed its registration",
        EventKind::ClientDeleted => "A program was removed",
        EventKind::KeyCreated => "A key was made",
        EventKind::KeyRotated => "A key was replaced",
        EventKind::KeyRevoked => "A key was revoked",
        EventKind::KeyExposed => "A key came from where others can read it",
        EventKind::KeyLeaked => "A key was reported as leaked, and ended",
        EventKind::ProjectCreated => "A project was made",
        EventKind::ProjectRevoked => "A project was ended",
        EventKind::AgentCreated => "An agent was named",
        EventKind::AgentRemoved => "An agent was removed, and its keys ended",
        EventKind::OrganizationCreated => "You founded an organization",
        EventKind::OrganizationDissolved => "You dissolved an organization, and its keys ended",
        EventKind::MemberInvited => "You invited somebody to an organization",
        EventKind::InvitationWithdrawn => "You withdrew an invitation",
        EventKind::MemberJoined => "You joined an organization",
        EventKind::MemberRoleGiven => "You gave somebody another role in an organization",
        EventKind::MemberParted => "You left an organization, or sent somebody away",
        EventKind::AccountClosed => {
            "An administrator closed the account, and everything in it ended"
        }
        EventKind::AccountReopened => "An administrator opened the account again",
        EventKind::AdministratorAppointed => "The account may administer this server from then on",
        EventKind::AdministratorDismissed => "The account may no longer administer this server",
        EventKind::BrowsersSignedOut => "An administrator signed all browsers out",
        EventKind::SessionsEnded => "An administrator ended all agent sessions",
        EventKind::PasskeyAdded => "You added a passkey",
        EventKind::PasskeyRemoved => "A passkey was removed",
    }
}
