//! Everything that is tested from outside the crate, in one binary.

#![allow(
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stderr,
    clippy::print_stdout,
    clippy::string_slice,
    clippy::too_many_lines,
    clippy::unreachable,
    clippy::unwrap_used,
    reason = "a test fails by panicking, measures real time, and tells a journey in one function"
)]

mod agent;
mod architecture;
mod credentials;
mod journeys;
mod oauth2;
mod operation;
mod outbound;
mod pages;
mod resource_server;
mod support;
