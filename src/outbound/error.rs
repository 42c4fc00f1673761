//! Why nothing was fetched: one sentence for the stranger, the cause for the log.

use std::error::Error;
use std::net::IpAddr;

use super::special_use::SpecialUse;

/// Why nothing was fetched. What it displays may be shown to whoever named the URL: the
/// text of the URL, which they know, or one sentence for everything else, so that nobody
/// can read from it which names resolve and which ports answer. The rest is its source.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FetchError {
    /// The text alone says that nobody needs to be asked.
    #[error("the URL is not acceptable: {0}")]
    NotAdmitted(NotAdmitted),
    /// Somebody was asked, or would have been.
    #[error("nothing could be fetched from this URL")]
    Failed(#[source] Cause),
}

/// What is wrong with a URL as it is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotAdmitted {
    #[error("it is not an absolute URL of at most 2048 characters")]
    NotAUrl,
    #[error("it is not https")]
    Scheme,
    #[error("it holds a user name or a password")]
    UserInformation,
    #[error("it holds a fragment")]
    Fragment,
    #[error("its host is an address; a name is needed")]
    Address,
}

/// What the log may know.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Cause {
    /// The name leads, among others perhaps, where strangers may not send us.
    #[error(transparent)]
    SpecialUse(#[from] SpecialUse),
    #[error("it took longer than it may")]
    TimedOut,
    #[error("the answer has status {0}, not 200")]
    Status(u16),
    #[error("the answer is larger than it may be")]
    TooLarge,
    /// No name, no connection, no TLS, or no HTTP.
    #[error("{0}")]
    Exchange(String),
}

impl From<reqwest::Error> for Cause {
    fn from(error: reqwest::Error) -> Self {
        let error = error.without_url();
        let mut steps = Vec::new();
        let mut next: Option<&(dyn Error + 'static)> = Some(&error);
        while let Some(step) = next {
            if let Some(special) = step.downcast_ref::<SpecialUse>() {
                return Self::SpecialUse(*special);
            }
            steps.push(step.to_string());
            next = step.source();
        }
        Self::Exchange(steps.join(": "))
    }
}

impl FetchError {
    /// The special-use address that was the reason, if one was.
    #[must_use]
    pub fn special_use(&self) -> Option<IpAddr> {
        match self {
            Self::Failed(Cause::SpecialUse(SpecialUse(address))) => Some(*address),
            _ => None,
        }
    }
}
