//! English, of questions that wait.

use crate::web::texts::{InboxTexts, Words};

pub const INBOX: InboxTexts = InboxTexts {
    title: "Requests",
    lead: "These agents wait for your answer. Looking at one gives it nothing.",
    warning: "Answer only what you started yourself. Anybody who knows your address can ask, under \
              any name; say no to what you do not know.",
    unverified: "Requests that name your address appear here once the address is verified.",
    empty: Words {
        title: "Nothing waits for you",
        sentence: "When an agent asks for you by your address, it appears here until you answer or \
                   it runs out. Other requests are opened by the link that the agent shows.",
    },
    look: "Look at it",
    resource: "Wants to act at",
    asked: "Asked",
    ends: "Waits until",
    from: "From",
};
