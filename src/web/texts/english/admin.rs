//! English, for administrators.

use crate::web::texts::Piece::{First, Words as W};
use crate::web::texts::{AdminTexts, Sentence, Words};

pub const ADMIN: AdminTexts = AdminTexts {
    title: "Administration",
    lead: "What this server looks after. Everything that is done here is kept in the history of \
           whoever it is done to, with your name.",
    pages: "Pages of the administration",
    figures: "Now",
    accounts: "Accounts",
    live_sessions: "Live agent sessions",
    live_keys: "API keys",
    clients: "Programs that registered themselves",
    waiting: "Requests waiting for an answer",
    funnel: "Requests of the last two weeks",
    funnel_words: "Each day in UTC: how often agents asked people, and what the people said.",
    picture: "Bars for each day; the table has the same figures",
    day: "Day",
    asked: "Asked",
    approved: "Approved",
    denied: "Denied",
    reported: "Reported",
    search: "Find an account",
    search_hint: "A part of the e-mail address.",
    find: "Find",
    nobody: "No account has that in its address.",
    more: "Older accounts",
    back: "All accounts",
    add: Words {
        title: "Add a person",
        sentence: "The address counts as theirs, because you say so. They choose a password by a link that \
                   works once, within 24 hours.",
    },
    was_added: "Added",
    name: "Name",
    email: "E-mail address",
    verified: "verified",
    unverified: "not verified",
    created: "Since",
    closed: "Closed",
    is_closed: "closed",
    is_administrator: "administrator",
    you: "you",
    plan: "Plan",
    first_plan: "the first of each profile",
    holds: "What is in it",
    sessions: "Agent sessions",
    keys: "API keys",
    projects: "Projects",
    organizations: "Organizations",
    browsers: "Browsers signed in",
    acts: "What you can do",
    end_sessions: Words {
        title: "End all agent sessions",
        sentence: "Every agent of this person is stopped at once, and has to ask again.",
    },
    sign_out: Words {
        title: "Sign out everywhere",
        sentence: "Every browser of this person has to sign in again.",
    },
    appoint: Words {
        title: "Make an administrator",
        sentence: "This person sees and does what you see and do here.",
    },
    dismiss: Words {
        title: "Administrator no longer",
        sentence: "This person keeps the account, and sees nothing of this any more.",
    },
    close: Words {
        title: "Close the account",
        sentence: "Its agent sessions, keys and projects end at once and for good, and nobody signs \
                   in to it. What belongs to an organization stays with that.",
    },
    reopen: Words {
        title: "Open the account again",
        sentence: "The person can sign in as before. Nothing that ended comes back.",
    },
    close_sure: Sentence(&[W("Close the account of "), First, W("?")]),
    oneself: "Nobody does this to their own account: ask another administrator.",
    moved: "The account has changed meanwhile. This is how it is now.",
    done: "Done.",
};
