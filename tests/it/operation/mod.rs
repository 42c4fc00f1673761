//! What an operator does to the real binary, and what faults do to it.

mod commands;
mod health;
mod secrets;
mod settings;
