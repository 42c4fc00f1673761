//! What is said of passkeys.

/// The list, the page that makes one, and the sign-in page.
#[derive(Debug)]
pub struct PasskeyTexts {
    pub title: &'static str,
    pub lead: &'static str,
    pub none: &'static str,
    pub added: &'static str,
    pub last_used: &'static str,
    pub never: &'static str,
    pub remove: &'static str,
    pub was_added: &'static str,
    pub was_removed: &'static str,
    /// The way to the page that makes one, and its title.
    pub add: &'static str,
    pub add_lead: &'static str,
    pub name: &'static str,
    pub make: &'static str,
    /// Where the browser cannot.
    pub cannot: &'static str,
    pub name_missing: &'static str,
    pub too_many: &'static str,
    pub not_made: &'static str,
    /// On the sign-in page.
    pub sign_in: &'static str,
    pub wrong: &'static str,
    /// The device or the person said no.
    pub declined: &'static str,
    /// The person is signed in, and not with the passkey that what comes next needs.
    pub needed: &'static str,
}
