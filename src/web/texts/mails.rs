//! What is said in letters: plain text, without a word of any agent's that could become a link.

/// Letters. Each is given the service's name first.
#[derive(Debug)]
pub struct MailTexts {
    /// Ends every letter. Second: the issuer.
    pub closing: fn(&str, &str) -> String,
    pub make_account: fn(&str) -> LetterWords,
    pub account_exists: fn(&str) -> LetterWords,
    pub account_made: fn(&str) -> LetterWords,
    pub join_organization: fn(&str) -> LetterWords,
    pub reset_password: fn(&str) -> LetterWords,
    pub verify_address: fn(&str) -> LetterWords,
    /// Second: when.
    pub password_set: fn(&str, &str) -> LetterWords,
    /// Second: when.
    pub passkeys_changed: fn(&str, &str) -> LetterWords,
    /// Second: until when.
    pub request_waits: fn(&str, &str) -> LetterWords,
    /// Second: when; and so the two below.
    pub approved: fn(&str, &str) -> LetterWords,
    pub session_reused: fn(&str, &str) -> LetterWords,
    pub key_leaked: fn(&str, &str) -> LetterWords,
}

/// One letter, around the address it leads to.
#[derive(Debug)]
pub struct LetterWords {
    pub subject: String,
    pub before: String,
    pub after: String,
}
