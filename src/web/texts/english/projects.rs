//! English, about projects.

use crate::web::texts::Piece::{First, Words as W};
use crate::web::texts::{ProjectTexts, Sentence, Words};

pub const PROJECTS: ProjectTexts = ProjectTexts {
    title: "Projects",
    lead: "A project’s token is public: it may stand in a web page, and can do no more than send. \
           Never put an API key there.",
    empty: Words {
        title: "You have no projects",
        sentence: "A project is a web site or a program that sends to your account.",
    },
    token: "Public token",
    snippet: "What to put into your page",
    profile: "For",
    created: "Created",
    revoked_at: "Revoked",
    revoke: "Revoke",
    revoke_sure: Sentence(&[W("Revoke the token of "), First, W("?")]),
    revoke_words: "Pages that use it are refused from their next request on. This cannot be \
                   undone.",
    revoked_now: "Revoked. No page can use this token any more.",
    new: "A new project",
    name: "Name",
    name_hint: "Which site or program it is, such as “example.com”.",
    create: "Create the project",
    name_missing: "Give the project a name.",
    too_long: |most| format!("A name has {most} characters at most."),
    too_many: "You have as many projects as one account may have. Revoke one first.",
};
