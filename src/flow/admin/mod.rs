//! What administrators of this server look at and do (docs/operating.md, "Administration"). Every
//! use case takes the [`Administrator`], which a signed-in person alone becomes, and every act is
//! recorded in the history of whoever it was done to.
//!
//! [`Administrator`]: crate::flow::principal::Administrator

mod accounts;
mod figures;

pub use accounts::{Act, AddError, AdminError, Shown, act, add, close, list, reopen, show};
pub use figures::{Day, Figures, figures};
