//! English, about the tokens of scripts.

use crate::web::texts::Piece::{First, Words as W};
use crate::web::texts::{Sentence, TokenTexts};

pub const TOKENS: TokenTexts = TokenTexts {
    title: "Tokens for scripts",
    lead: "With a token a script of yours acts as you, and can make and revoke your API keys. It \
           ends soon, or when you sign out of this browser. Give it to no agent and to nobody \
           who asks you for it.",
    get_for: Sentence(&[W("Get a token for "), First]),
    shown_for: Sentence(&[W("Your token for "), First]),
    ends: "Good until",
    renewed: "As long as this page is open, it shows a new one before that.",
    keys_instead: "What is to last is a key of its own:",
};
