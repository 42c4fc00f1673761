//! Whom we ask: the one guarded way out for URLs that strangers name.
//!
//! A stranger who can name a URL can make this server talk to whatever the server reaches
//! and the stranger does not: a neighbour on the private network, the cloud's metadata
//! service, this machine itself. So a URL is judged twice: by its text (`admission`) and,
//! when its name is resolved, by every address it leads to (`resolver`, `special_use`).
//! The connection is made to the addresses that were judged and to no others. What comes
//! back is bounded in time and size, redirects are not followed, and a stranger learns
//! nothing about what was found (`error`). [CIMD §8.6] asks for this.
//!
//! Any port is admitted: metadata documents live on odd ports in practice, and behind an
//! address that is not special-use a port is as public as its neighbours.
//!
//! [CIMD §8.6]: https://datatracker.ietf.org/doc/html/draft-ietf-oauth-client-id-metadata-document-02#section-8.6

mod admission;
mod client;
mod error;
mod fetched;
mod fetcher;
mod flight;
mod messenger;
mod postman;
mod resolver;
mod special_use;

pub use client::{SetUpError, tls};
pub use error::{Cause, FetchError, NotAdmitted};
pub use fetched::Fetched;
pub use fetcher::{Fetcher, Limits};
pub use flight::Flights;
pub use messenger::Messenger;
pub use postman::{NotSent, Postman, Relay, Security, Written};
pub use resolver::Names;
pub use special_use::SpecialUse;
