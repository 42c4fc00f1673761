//! The credentials of other products, asked for as their own clients ask.

mod agent_sessions;
mod agents;
mod api_keys;
mod five_systems;
mod limits;
mod managed;
mod organizations;
mod products;
