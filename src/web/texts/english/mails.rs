//! English, in letters.

use crate::web::texts::{LetterWords, MailTexts};

pub const MAILS: MailTexts = MailTexts {
    closing: |service, issuer| {
        format!(
            "{service}, {issuer}\nThis letter was written by a machine; nobody reads answers. \
             Nobody here ever asks for your password or for a code."
        )
    },
    make_account: |service| LetterWords {
        subject: format!("{service}: make your account"),
        before: format!("Somebody, we hope you, wants an account at {service} with this address:"),
        after: String::from(
            "The link works once, within 24 hours. If it was not you, do nothing: there is no \
             account then.",
        ),
    },
    account_exists: |service| LetterWords {
        subject: format!("{service}: you have an account"),
        before: format!(
            "Somebody, we hope you, wanted an account at {service} with this address. It has one \
             already. Sign in here; there you can also ask for a new password:"
        ),
        after: String::from("If it was not you, do nothing: nothing was changed."),
    },
    account_made: |service| LetterWords {
        subject: format!("{service}: your account is ready"),
        before: format!(
            "Whoever runs {service} made an account with this address. Choose a password for it here:"
        ),
        after: String::from(
            "The link works once, within 24 hours. If you expect no account there, do nothing: nobody \
             can sign in to it. Never pass this link on.",
        ),
    },
    join_organization: |service| LetterWords {
        subject: format!("{service}: you are invited to an organization"),
        before: format!(
            "Somebody at {service} asks whether you want to belong to an organization there. Sign in \
             with an account of this address, look who asks, and answer:"
        ),
        after: String::from(
            "The link works once, within seven days. If you know nobody there, do nothing: you belong \
             to nothing without saying yes.",
        ),
    },
    reset_password: |service| LetterWords {
        subject: format!("{service}: choose a new password"),
        before: format!(
            "Somebody, we hope you, forgot the password of your account at {service}. Choose a new \
             one here:"
        ),
        after: String::from(
            "The link works once, within an hour. If it was not you, do nothing: your password \
             stays as it is. Never pass this link on.",
        ),
    },
    verify_address: |service| LetterWords {
        subject: format!("{service}: is this your address?"),
        before: format!(
            "Somebody, we hope you, has an account at {service} with this address. Sign in and say \
             that it is yours:"
        ),
        after: String::from(
            "The link works once, within 24 hours. If it was not you, do nothing: the address stays \
             unverified.",
        ),
    },
    password_set: |service, when| LetterWords {
        subject: format!("{service}: your password was changed"),
        before: format!(
            "The password of your account was changed on {when}, and every browser was signed \
             out. The history of your account says from where:"
        ),
        after: String::from(
            "If that was not you, somebody else reads your mail or has your password: set a new \
             one now, and tell whoever runs this service.",
        ),
    },
    passkeys_changed: |service, when| LetterWords {
        subject: format!("{service}: your passkeys were changed"),
        before: format!(
            "On {when} a passkey was added to your account at {service}, or removed from it. These \
             it has now:"
        ),
        after: String::from(
            "If that was not you, somebody else can sign in as you: remove what is not yours, set a \
             new password, and tell whoever runs this service.",
        ),
    },
    request_waits: |service, until| LetterWords {
        subject: format!("{service}: an agent waits for your answer"),
        before: format!(
            "An agent wants to act for you at {service}, and waits for your answer until {until}. \
             Sign in and look at it:"
        ),
        after: String::from(
            "If you did not start an agent, somebody else may have: say no, or do nothing. It gets \
             nothing without you. You are never asked for a code that somebody else tells you.",
        ),
    },
    approved: |service, when| LetterWords {
        subject: format!("{service}: you let an agent in"),
        before: format!(
            "On {when} you approved an agent at {service}. What it may do, until when, and how to \
             end it:"
        ),
        after: String::from(
            "If that was not you, somebody uses your account: disconnect the agent, and set a new \
             password.",
        ),
    },
    session_reused: |service, when| LetterWords {
        subject: format!("{service}: an agent was disconnected for your safety"),
        before: format!(
            "On {when} somebody used a copy of the key of an agent that acts for you at {service}. \
             The agent was disconnected, and so was whoever held the copy:"
        ),
        after: String::from(
            "The agent can ask you again. If this happens more than once, look at the computer it \
             runs on.",
        ),
    },
    key_leaked: |service, when| LetterWords {
        subject: format!("{service}: one of your API keys was revoked"),
        before: format!(
            "On {when} somebody reported that one of your API keys at {service} can be read by \
             others. It was revoked at once, with every key that was made with it:"
        ),
        after: String::from(
            "Make a new key where you need one, and look for where this one was published.",
        ),
    },
};
