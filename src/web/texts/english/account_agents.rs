//! English, about the agents of an account.

use crate::web::texts::Piece::{First, Words as W};
use crate::web::texts::{AccountAgentTexts, Sentence, Words};

pub const ACCOUNT_AGENTS: AccountAgentTexts = AccountAgentTexts {
    title: "Agents",
    lead: "A key that you give to an agent says which of them sends a request, whatever the \
           request says of itself.",
    empty: Words {
        title: "You have no agents",
        sentence: "An agent is a program that acts for you and holds keys of its own.",
    },
    id: "Identifier",
    created: "Created",
    keys: "Keys",
    no_keys: "None",
    remove: "Remove",
    remove_sure: Sentence(&[W("Remove "), First, W("?")]),
    remove_words: "All of its keys end with it: programs that use them are refused from their \
                   next request on. This cannot be undone.",
    removed_now: "Removed. No program can use a key of this agent any more.",
    new: "A new agent",
    name: "Name",
    name_hint: "What its program calls itself, such as “billing-agent”.",
    create: "Create the agent",
    name_missing: "Give the agent a name.",
    too_long: |most| format!("A name has {most} characters at most."),
    too_many: "You have as many agents as one account may have. Remove one first.",
};
