//! Countersign lets AI agents into an API without anybody handing out an API key.
//!
//! Six rooms, and arrows that point one way: `web` asks `flow`, `flow` decides with
//! `domain`, keeps with `store` and asks the world through `outbound`; all of them speak
//! `protocol`. ARCHITECTURE.md walks through them.
//!
//! A seventh, [`resource_server`], is for other programs: the one module that an API written in
//! Rust needs.

pub mod app;
pub mod cli;
pub mod clock;
pub mod config;
pub mod domain;
pub mod entropy;
pub mod flow;
pub mod jose;
pub mod metrics;
pub mod outbound;
pub mod protocol;
pub mod resource_server;
pub mod store;
pub mod vault;
pub mod web;
pub mod webauthn;
