//! The standard doors: OAuth 2.1 and what stands beside it.

mod client_assertion;
mod foreign;
