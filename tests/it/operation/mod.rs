//! What an operator does to the real binary, and what faults do to it.

mod audit;
mod commands;
mod crash;
mod durable;
mod forwarded;
mod health;
mod limits;
mod load;
mod mail;
mod nodes;
mod secrets;
mod settings;
mod shutdown;
mod starts;
mod tls;
mod webhooks;
