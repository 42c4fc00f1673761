//! What is said about a program that this server does not know.

use super::Words;

/// `/authorize` under a name nobody has (RFC 6749 §4.1.2.1): the person is in a browser, the
/// program that could mend it is elsewhere and hears nothing.
#[derive(Debug)]
pub struct UnknownClientTexts {
    /// The name is one of ours, or made up.
    pub forgotten: Words,
    /// The name is the URL of a document.
    pub unreadable: Words,
    pub name: &'static str,
    pub document: &'static str,
    pub how: &'static str,
    pub remedies: &'static [Remedy],
    pub otherwise: Remedy,
}

/// How one program is told to forget its name here.
#[derive(Debug)]
pub struct Remedy {
    pub program: &'static str,
    pub words: &'static str,
    /// The command to run, or the file or entry to remove.
    pub exactly: Option<&'static str>,
}
