//! What happens: one function per use case. Load, decide, commit, answer.

pub mod access_token;
pub mod account;
pub mod agent;
pub mod approval;
pub mod assertion;
pub mod attempt;
pub mod claim;
pub mod client;
pub mod code;
pub mod collection;
pub mod decision;
pub mod delivery;
pub mod device;
pub mod dpop;
pub mod error;
pub mod grants;
pub mod introspect;
pub mod link;
pub mod password;
pub mod principal;
mod retry;
pub mod revoke;
pub mod session;
pub mod start;
pub mod step_up;
pub mod upkeep;
pub mod usage;
