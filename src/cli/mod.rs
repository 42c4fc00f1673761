//! The commands an operator types.

pub mod arguments;
