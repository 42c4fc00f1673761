//! Where an answer at a redirect door goes, and what to beware of.

use crate::domain::brand::Borrowed;
use crate::protocol::destination::Destination;
use crate::web::texts::{RedirectTexts, Run};

/// The redirect target of a request, and what the person must know about it before saying
/// yes (contracts of the pages, points 2 and 3).
#[derive(Debug, Clone, Copy)]
pub struct Redirect<'a> {
    pub destination: &'a Destination,
    /// The whole address, where nobody has registered it before.
    pub in_full: Option<&'a str>,
    /// Approving needs `confirm_brand` then.
    pub borrowed: Option<BorrowedBrand<'a>>,
}

/// A well-known name on a foreign host, and whether the person has confirmed it: the box
/// `confirm_brand` keeps its tick when the page is shown again.
#[derive(Debug, Clone, Copy)]
pub struct BorrowedBrand<'a> {
    pub borrowed: &'a Borrowed,
    pub confirmed: bool,
}

impl Redirect<'_> {
    /// What answers there.
    pub(super) fn kind(&self, texts: &RedirectTexts) -> &'static str {
        match self.destination {
            Destination::Site { .. } => texts.to_site,
            Destination::ThisComputer { .. } => texts.to_this_computer,
            Destination::Program { .. } => texts.to_program,
        }
    }

    pub(super) fn warning(&self, texts: &RedirectTexts) -> Option<&'static str> {
        match self.destination {
            Destination::Site { .. } => None,
            Destination::ThisComputer { .. } => Some(texts.this_computer_warning),
            Destination::Program { .. } => Some(texts.program_warning),
        }
    }
}

impl<'a> BorrowedBrand<'a> {
    pub(super) fn warning(&self, texts: &RedirectTexts) -> Vec<Run<'a>> {
        texts.borrowed.fill(self.borrowed.brand, &self.borrowed.place)
    }

    pub(super) fn confirm(&self, texts: &RedirectTexts) -> Vec<Run<'a>> {
        texts.confirm.fill(&self.borrowed.place, self.borrowed.brand)
    }
}
