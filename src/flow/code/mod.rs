//! The authorization code grant ([RFC 6749 §4.1], [OAuth 2.1]). oxide-auth's state machines
//! decide what is asked in which order and compare what must be equal; they do no I/O. The
//! drivers here answer each question they put from the store, and issue nothing themselves:
//! a code opens the session of an approval, like every door.
//!
//! Their errors keep no account of who is to blame, their clock is not ours, and their
//! scopes print in any order, so none of the three is used (`docs/adr`).
//!
//! [RFC 6749 §4.1]: https://www.rfc-editor.org/rfc/rfc6749#section-4.1
//! [OAuth 2.1]: https://datatracker.ietf.org/doc/html/draft-ietf-oauth-v2-1

mod answer;
mod authorize;
mod begin;
mod exchange;
mod identity;
mod negotiate;
mod proof;
mod pushed_request;
mod query;

pub use answer::{code, onward};
pub use authorize::NotAsked;
pub use begin::{begin, look};
pub use exchange::redeem;
pub(in crate::flow) use negotiate::{Negotiated, Refused, negotiate};
pub use pushed_request::push;
pub use query::target;
