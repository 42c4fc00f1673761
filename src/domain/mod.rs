//! What is true: state machines and policy. Nothing here does I/O or reads a clock; a
//! decision is a value, `(state, fact, now) → Change`, that the store makes true or not.

pub mod account;
pub mod account_agent;
pub mod agent_session;
pub mod answer;
pub mod api_key;
pub mod approval;
pub mod ask;
pub mod authorization_detail;
pub mod brand;
pub mod browser;
pub mod change;
pub mod claim;
pub mod client;
pub mod credential;
pub mod decision;
pub mod event;
pub mod exchange;
pub mod id;
pub mod limit;
pub mod origin;
pub mod pace;
pub mod plan;
pub mod project;
pub mod pushed_request;
pub mod redemption;
pub mod refresh;
pub mod registration;
pub mod replay;
pub mod report;
pub mod resource;
pub mod session;
pub mod step_up;
pub mod trust;
