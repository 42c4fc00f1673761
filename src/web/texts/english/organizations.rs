//! English, about organizations.

use crate::web::texts::Piece::{First, Words as W};
use crate::web::texts::{OrganizationTexts, RoleTexts, Sentence, Words};

pub const ORGANIZATIONS: OrganizationTexts = OrganizationTexts {
    title: "Organizations",
    lead: "Keys that belong to an organization stay with it, whoever made them and whoever leaves.",
    empty: Words {
        title: "You belong to no organization",
        sentence: "In an organization several people look after keys together.",
    },
    role: "Your role",
    roles: RoleTexts {
        member: Words { title: "Member", sentence: "Sees who belongs and which keys there are." },
        administrator: Words {
            title: "Administrator",
            sentence: "Creates, rotates and revokes keys, invites people, and sends members away.",
        },
        owner: Words { title: "Owner", sentence: "May do everything here, and gives roles." },
    },
    new: "A new organization",
    name: "Name",
    name_hint: "As people know it, such as “Example Labs”.",
    slug: "Short name",
    slug_hint: "As programs call it: small letters, digits and hyphens, such as “example-labs”. \
                Left empty, it is made of the name. It never changes.",
    create: "Create the organization",
    name_missing: "Give the organization a name.",
    too_long: |most| format!("A name has {most} characters at most."),
    bad_slug: "Write a short name of 2 to 40 small letters and digits, with single hyphens between \
               them if you like.",
    taken: "Another organization here has that short name. Choose another one.",
    too_many: "You own as many organizations as one person may. Dissolve one, or let somebody else \
               own it.",
    back: "All organizations",
    keys: "Its API keys",
    members: "Who belongs",
    member_role: "Role",
    since: "Since",
    you: "you",
    save_role: "Give this role",
    role_of: "Role of",
    remove: "Remove",
    remove_sure: Sentence(&[W("Remove "), First, W("?")]),
    remove_words: "Keys that this person made stay with the organization; rotate those that they \
                   have seen.",
    leave: "Leave",
    leave_words: "You will see nothing of this organization any more. To come back you need an \
                  invitation.",
    invite: "Invite somebody",
    invite_words: "You get a link to send them. It is good once, for seven days, and only for an \
                   account with this address.",
    email: "E-mail address",
    send: "Create the invitation",
    bad_email: "That is not an e-mail address.",
    link: "The link, shown this once",
    link_words: Sentence(&[W("Send it to "), First, W(", and to nobody else.")]),
    link_mailed: Sentence(&[W("A letter takes it to "), First, W(". Show it to nobody else.")]),
    invitations: "Invited",
    until: "Until",
    withdraw: "Withdraw",
    dissolve: "Dissolve the organization",
    dissolve_sure: Sentence(&[W("Dissolve "), First, W("?")]),
    dissolve_words: "All of its keys end with it: programs that use them are refused from their \
                     next request on. This cannot be undone.",
    dissolved: "Dissolved. No program can use a key of that organization any more.",
    left: "You have left the organization.",
    changed: "Done.",
    not_allowed: "Your role here does not reach so far.",
    last_owner: "Somebody must own the organization. Make somebody else an owner first.",
    already: "You belong to this organization already.",
    full: "As many people belong as may.",
    gone: "That person does not belong any more.",
    join_title: Sentence(&[W("Join "), First, W("?")]),
    join_lead: Sentence(&[
        First,
        W(
            " invites you to belong to this organization. Its other members will see your name and address.",
        ),
    ]),
    join: "Join",
    not_now: "Not now",
    other_person: Words {
        title: "This invitation is not for you",
        sentence: "It was used or has run out, or it is for an account with another address. Sign \
                   in with the address that it was sent to, or ask for a new one.",
    },
};
