//! What travels: types that parse and print the shapes of the RFCs and of auth.md.
//! No I/O, no clock, no policy.

pub mod agent;
pub mod agent_error;
pub mod basic;
pub mod challenge;
pub mod code;
pub mod email;
pub mod error;
pub mod form;
pub mod grant_type;
pub mod introspection;
pub mod issuer;
pub mod json;
pub mod metadata;
pub mod resource_identifier;
pub mod scope;
pub mod secret;
pub mod text;
pub mod timestamp;
pub mod token_response;
