//! English, after a decision and about sessions.

use super::plural;
use crate::web::texts::Piece::{First, Second, Words as W};
use crate::web::texts::{DecisionTexts, EventTexts, LessTexts, Sentence, SessionTexts, Words};

pub const DECISION: DecisionTexts = DecisionTexts {
    approved: Sentence(&[First, W(" may now act for you at "), Second]),
    approved_words: "Approved. You can close this page: the agent picks up its session by itself.",
    collected_words: "Approved. The agent has picked up its session.",
    relay: Sentence(&[W("Give this code to "), First]),
    relay_words: "Give this only to the agent you started. Whoever else asks for it is \
                  deceiving you.",
    relay_useless: "Without that agent’s own secret the code is worth nothing.",
    relay_once: "It works once.",
    relay_expires: "Valid until",
    code: "Your code",
    denied: Words { title: "Denied", sentence: "The agent got nothing, and has been told so." },
    denied_reason: "Reason given",
    denied_too_much: "It asks for too much",
    denied_acceptable: "Would be fine",
    denied_note: "Your note",
    denied_report: "Reporting also freezes everything else this agent has asked for.",
    reported: Words {
        title: "Reported",
        sentence: "The agent got nothing. This request and its other requests are frozen.",
    },
    reported_ended: |count| {
        let count = i64::try_from(count).unwrap_or(i64::MAX);
        match count {
            0 => String::from("There was no session from the same place to end."),
            _ => format!("{} from the same place ended.", plural(count, "session")),
        }
    },
    withdrawn: Words {
        title: "Taken back",
        sentence: "Whatever the agent had been given for this approval ended. If it asks again, \
                   you will be asked again.",
    },
    undo: "Undo",
    undo_words: "Takes your approval back at once; whatever the agent was given ends.",
    undo_until: "Possible until",
    expired: Words {
        title: "This request has expired",
        sentence: "Nobody answered in time, so the agent got nothing. If you still want it to \
                   act for you, ask it to start again.",
    },
    locked: Words {
        title: "Closed after five wrong codes",
        sentence: "The agent got nothing. If you started it, ask it to start again and type the \
                   new code. If not, somebody else may have: there is nothing you need to do.",
    },
    superseded: Words {
        title: "A newer link has replaced this one",
        sentence: "The agent has asked again since. Open the link it showed you last.",
    },
    receipt: "Receipt",
    granted: "Granted",
    refused: "Not granted",
    nothing_refused: "Nothing: it got everything it asked for",
    ends: "Ends",
    resource: "Only at",
    asked_by: "Asked by",
    countersigned_by: "Countersigned by",
    decided: "Approved",
    see_sessions: "See all agent sessions",
    wrong: "Changed your mind?",
    wrong_words: "Disconnecting takes effect on the agent’s next request.",
};

pub const SESSIONS: SessionTexts = SessionTexts {
    title: "Agent sessions",
    lead: "These agents may act for you. Disconnecting one takes effect on its next request.",
    empty: "No agent acts for you",
    empty_words: "When you approve an agent, it appears here.",
    agent: "Agent",
    parent: "Part of",
    parent_words: "handed on by this session; ends with it",
    resource: "Only at",
    scopes: "May",
    extras: "For a while",
    extra_until: "until",
    created: "Approved",
    last_used: "Last used",
    never_used: "Never",
    ends: "Ends",
    ended: "Ended",
    from: "Asked from",
    disconnect: "Disconnect",
    disconnect_title: "Disconnect this agent",
    disconnect_words: "It loses access on its next request. This cannot be undone; the agent can \
                       ask you again.",
    ended_words: "This session has ended. The agent can do nothing with it.",
    label: "Name of this session",
    label_hint: "For your eyes only.",
    rename: "Rename",
    history: "What happened",
    history_time: "When",
    history_what: "What",
    history_from: "From",
    back: "All agent sessions",
    renamed: "Renamed.",
    disconnected: "Disconnected. The agent can do nothing more with this session.",
    reused: Sentence(&[
        W("A copy of the key of "),
        First,
        W(" was used, so the session was ended."),
    ]),
    reused_words: "Somebody may have copied it from the agent’s computer, or the agent stored it \
                   badly. Nobody can use it any more. If it happens again, look at that computer.",
    search: "Find a session",
    search_hint: "A name, an agent, an API, a permission or an address.",
    find: "Find",
    find_all: "Show all",
    nothing_found: "No session has these words.",
    count: |count| plural(i64::try_from(count).unwrap_or(i64::MAX), "session"),
    end_group: |count| format!("End all {count}"),
    end_everything_title: "End everything",
    end_everything_words: "Every agent loses its access on its next request. This cannot be undone; \
                           each of them can ask you again.",
    end_everything: "End all sessions now",
    all_ended: "Ended. These agents can do nothing more with their sessions.",
    last_used_from: "from",
    paused: "Paused",
    less: LESS,
};

const LESS: LessTexts = LessTexts {
    title: "Allow less",
    lead: "What you take away here is gone on the agent’s next request, and for good: to get it \
           back, the agent has to ask you. What it handed on to other agents ends.",
    scopes: "It keeps",
    required: "always needed",
    ends: "It ends",
    unchanged: "As agreed",
    within: |span, moment| format!("Within {span}: {moment}"),
    calls: "Calls from now on, at most",
    calls_hint: "Leave empty to count as before.",
    lower: "Allow less",
    lowered: "Done. From now on the agent may do no more than this.",
    nothing: "Nothing would be left. To take everything away, disconnect the agent.",
    bad_calls: "Write a number of calls, such as 100.",
    signed: "This API believes tokens that say by themselves what they are worth: one that the \
             agent holds already is believed until it runs out.",
    pause_title: "Pause",
    pause_words: "The agent gets nowhere with this session until you let it go on. Its end stays \
                  where it is.",
    pause: "Pause",
    paused: "Paused. The agent gets nowhere until you let it go on.",
    resume_title: "This session is paused",
    resume_words: "The agent gets nowhere with it. You can let it go on until its end.",
    resume: "Let it go on",
    resumed: "The agent can go on.",
};

pub const EVENTS: EventTexts = EventTexts {
    asked: "The agent asked",
    approved: "You approved",
    collected: "The agent picked up its session",
    renewed: "The agent renewed its token",
    reused: "A copy of this session’s key was used, so the session was ended",
    renamed: "You renamed the session",
    widened: "You allowed it more",
    extra_ended: "What you allowed for a while came to its end",
    lowered: "You allowed it less",
    paused: "You paused it",
    resumed: "You let it go on",
    handed_on: "The agent handed a part of its access to another agent",
    disconnected: "You disconnected the agent",
    ended_by_agent: "The agent ended the session",
    ended_by_report: "Ended with a report",
    withdrawn: "You took your approval back",
    ended_with_parent: "Ended with the access it was a part of",
    ended_by_operator: "Ended by an administrator of this service",
    locked: "Too many wrong codes, so the session was ended",
    client_removed: "The agent’s program was removed from this server",
    expired: "The session reached its end",
};
