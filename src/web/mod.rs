//! Who asks us: extractors, handlers, pages, and every route.

pub mod pages;
pub mod texts;
