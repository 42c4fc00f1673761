//! What an operator does to the real binary, and what faults do to it.

mod commands;
mod crash;
mod health;
mod load;
mod secrets;
mod settings;
mod shutdown;
