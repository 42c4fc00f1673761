//! English: the language every other catalogue is checked against.

mod account_agents;
mod admin;
mod api_keys;
mod bounds;
mod browsers;
mod clients;
mod doors;
mod history;
mod inbox;
mod mailed;
mod mails;
mod organizations;
mod passkeys;
mod people;
mod projects;
mod sessions;
mod tokens;
mod usage;

use super::Piece::{First, Words as W};
use super::{ErrorTexts, FrameTexts, HomeTexts, Sentence, Texts, TimeTexts, Words};
use crate::protocol::timestamp::{Seconds, Timestamp};

pub static ENGLISH: Texts = Texts {
    language: "en",
    direction: "ltr",
    frame: FRAME,
    home: HOME,
    accounts: people::ACCOUNTS,
    approval: people::APPROVAL,
    scopes: people::SCOPES,
    lifetimes: people::LIFETIMES,
    bounds: bounds::BOUNDS,
    inbox: inbox::INBOX,
    browsers: browsers::BROWSERS,
    passkeys: passkeys::PASSKEYS,
    doors: doors::DOORS,
    unknown_client: clients::UNKNOWN_CLIENT,
    decision: sessions::DECISION,
    sessions: sessions::SESSIONS,
    events: sessions::EVENTS,
    account_agents: account_agents::ACCOUNT_AGENTS,
    api_keys: api_keys::API_KEYS,
    organizations: organizations::ORGANIZATIONS,
    projects: projects::PROJECTS,
    tokens: tokens::TOKENS,
    usage: usage::USAGE,
    history: history::HISTORY,
    admin: admin::ADMIN,
    mailed: mailed::MAILED,
    mails: mails::MAILS,
    errors: ERRORS,
    time: TimeTexts { moment, distance, span },
};

const FRAME: FrameTexts = FrameTexts {
    skip: "Skip to the content",
    sign_out: "Sign out",
    sessions: "Agent sessions",
    inbox: "Requests",
    history: "History",
    admin: "Administration",
    keys: "API keys",
    agents: "Agents",
    organizations: "Organizations",
    projects: "Projects",
    usage: "Usage",
    verify: "Verify your address",
    browsers: "Your browsers",
    passkeys: "Passkeys",
    more: "More",
    address: Sentence(&[W("This page is "), First, W(". Check that your address bar says so.")]),
    never_password: "No page here asks for a password next to a code.",
    documentation: "Documentation",
    support: "Support",
    terms: "Terms",
    privacy: "Privacy",
    local_time: "{} your time",
    copy: "Copy",
    copied: "Copied",
    left: "({} left)",
    soon: "This request expires in one minute. If it does, ask the agent to start again.",
    over: "Expired. Ask the agent to start again.",
};

const HOME: HomeTexts = HomeTexts {
    title: Sentence(&[First, W(" lets agents in without a key.")]),
    lead: "An agent asks. You read what it wants, and countersign or refuse. What it then holds \
           is limited, ends on its own, and can be disconnected at any time.",
    people: "For people",
    people_words: "See which agents act for you, and disconnect those that should not.",
    my_sessions: "See my agent sessions",
    agents: "For agents",
    agents_words: "Call the API, read the challenge in the 401, and follow it.",
    instructions: "Instructions for agents",
    metadata: "Protected resource metadata",
    first_request: "The request that starts it",
};

const ERRORS: ErrorTexts = ErrorTexts {
    bad_request: Words {
        title: "That could not be read",
        sentence: "Something in the request was missing or malformed. Nothing was changed. \
                   Go back, reload the page and try again.",
    },
    forbidden: Words {
        title: "That is not allowed",
        sentence: "The form was too old, came from another page, or belongs to another account. \
                   Nothing was changed. Open the page again and repeat what you did.",
    },
    not_found: Words {
        title: "There is nothing here",
        sentence: "The link is mistyped, or what it led to no longer exists.",
    },
    method: Words {
        title: "That cannot be done here",
        sentence: "This address answers another kind of request. Nothing was changed.",
    },
    gone: Words {
        title: "This link has been used or has expired",
        sentence: "Links like this one work once and for a short time. Ask for a new one where \
                   you got it.",
    },
    too_large: Words {
        title: "That is too long",
        sentence: "The request was larger than this page accepts. Nothing was changed.",
    },
    too_many: Words {
        title: "Too many tries",
        sentence: "To keep accounts safe, this has been paused. Nothing was changed.",
    },
    unavailable: Words {
        title: "Not ready at the moment",
        sentence: "The server is starting, stopping or overloaded. Nothing was changed. \
                   Try again in a minute.",
    },
    server: Words {
        title: "Something went wrong on our side",
        sentence: "The server could not finish and has noted why. If you were deciding \
                   something, open the same link again: it shows what was decided.",
    },
    home: "Go to the start page",
    back: "Go back",
    status: |status| format!("Status {status}"),
    retry_after: |time, wait| format!("Try again in {}.", (time.span)(wait)),
};

/// `22 November 2026, 16:06 UTC`.
fn moment(at: Timestamp) -> String {
    jiff::Timestamp::from_second(at.0).map_or_else(
        |_| String::from("the end of time"),
        |time| time.strftime("%-d %B %Y, %H:%M UTC").to_string(),
    )
}

fn distance(at: Timestamp, now: Timestamp) -> String {
    let (past, to_come) = (now.since(at), at.since(now));
    if past.0.max(to_come.0) < 60 {
        String::from("just now")
    } else if past.0 > 0 {
        format!("{} ago", span(past))
    } else {
        format!("in {}", span(to_come))
    }
}

/// The largest whole unit: a reader wants the size, the exact time stands beside it.
fn span(span: Seconds) -> String {
    let units = [(Seconds::DAY, "day"), (Seconds::HOUR, "hour"), (Seconds::MINUTE, "minute")];
    let fitting = units.iter().find(|(unit, _)| span >= *unit);
    let (count, unit) = fitting.map_or((span.0, "second"), |(unit, name)| (span.0 / unit.0, name));
    plural(count, unit)
}

/// `1 day`, `2 days`.
fn plural(count: i64, unit: &str) -> String {
    if count == 1 { format!("1 {unit}") } else { format!("{count} {unit}s") }
}

/// `1 permission`, `2 permissions`.
fn permissions(count: usize) -> String {
    plural(i64::try_from(count).unwrap_or(i64::MAX), "permission")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_names_its_zone() {
        assert_eq!(moment(Timestamp(1_800_000_000)), "15 January 2027, 08:00 UTC");
    }

    #[test]
    fn a_distance_says_which_way_it_lies() {
        let now = Timestamp(1_800_000_000);
        assert_eq!(distance(now - Seconds(59), now), "just now");
        assert_eq!(distance(now - Seconds(60), now), "1 minute ago");
        assert_eq!(distance(now + Seconds::HOUR.times(8), now), "in 8 hours");
        assert_eq!(distance(now - Seconds::DAY.times(3), now), "3 days ago");
    }
}
