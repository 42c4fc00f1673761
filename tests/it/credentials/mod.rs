//! The credentials of other products, asked for as their own clients ask.

mod agent_sessions;
