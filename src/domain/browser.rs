//! Browsers that are signed in, and links that let a person in once.

use crate::domain::id::AccountId;
use crate::domain::origin::Origin;
use crate::protocol::email::EmailAddress;
use crate::protocol::secret::Digest;
use crate::protocol::timestamp::{Seconds, Timestamp};

/// How long a person stays signed in.
pub const BROWSER_SESSION: Seconds = Seconds(24 * 3_600);
/// How long a one-time link waits.
pub const ONE_TIME_LINK: Seconds = Seconds(24 * 3_600);

/// How long one waits that anybody may have asked for, who knows an address.
pub const RESET_LINK: Seconds = Seconds::HOUR;

/// One browser, signed in to one account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BrowserSession {
    /// Of the cookie's value.
    pub digest: Digest,
    pub account: AccountId,
    pub created_at: Timestamp,
    pub expires_at: Timestamp,
    pub from: Origin,
    /// Whether this sign-in counts where a fresh one is asked for: that of a password does not, once
    /// its account has a passkey.
    pub confirms: bool,
}

/// What a one-time link is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LinkPurpose {
    /// The first account of an empty server; its holder becomes the administrator.
    FirstAccount,
    /// An account for whoever reads this mailbox.
    SignUp(EmailAddress),
    /// A password for this account: the operator hands the link over.
    SetPassword(AccountId),
    /// The same, asked for by somebody who forgot it.
    ResetPassword(AccountId),
    /// That this account's address is its person's.
    VerifyAddress(AccountId),
}

impl LinkPurpose {
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::FirstAccount => "first_account",
            Self::SignUp(_) => "sign_up",
            Self::SetPassword(_) => "set_password",
            Self::ResetPassword(_) => "reset_password",
            Self::VerifyAddress(_) => "verify_address",
        }
    }

    /// How long such a link waits.
    #[must_use]
    pub const fn lasts(&self) -> Seconds {
        match self {
            Self::ResetPassword(_) => RESET_LINK,
            _ => ONE_TIME_LINK,
        }
    }
}

/// A link an operator hands to a person. Good once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OneTimeLink {
    pub digest: Digest,
    pub purpose: LinkPurpose,
    pub created_at: Timestamp,
    pub expires_at: Timestamp,
}
