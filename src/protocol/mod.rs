//! What travels: types that parse and print the shapes of the RFCs and of auth.md.
//! No I/O, no clock, no policy.

pub mod actor;
pub mod agent;
pub mod agent_error;
pub mod authorization_details;
pub mod authorization_response;
pub mod basic;
pub mod challenge;
pub mod client_document;
pub mod client_metadata;
pub mod client_registration;
pub mod code;
pub mod destination;
pub mod device_authorization;
pub mod email;
pub mod error;
pub mod form;
pub mod grant_type;
pub mod introspection;
pub mod issuer;
pub mod json;
pub mod json_web_key;
pub mod metadata;
pub mod pkce;
pub mod pushed_request;
pub mod redirect_uri;
pub mod resource_identifier;
pub mod scope;
pub mod secret;
pub mod signature_algorithm;
pub mod text;
pub mod thumbprint;
pub mod timestamp;
pub mod token_response;
pub mod uri_scheme;
pub mod web_uri;
