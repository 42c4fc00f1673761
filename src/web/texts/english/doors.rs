//! English, at the standard doors.

use super::permissions;
use crate::web::texts::Piece::{First, Second, Words as W};
use crate::web::texts::{
    AuthorizeTexts, DeviceTexts, DoorTexts, FinishTexts, OnwardTexts, RedirectTexts, Sentence,
    StepUpTexts, UpgradeTexts, Words,
};

pub const DOORS: DoorTexts = DoorTexts {
    by_document: Sentence(&[W("proven: published by "), First]),
    by_operator: "registered by the operator",
    site: "Website",
    redirect: REDIRECT,
    step_up: STEP_UP,
    details: "Exactly this",
    identity: "It also learns which account here is yours, but neither your name nor your e-mail address.",
    details_words: "These limits are part of what you approve. They cannot be exceeded.",
    device: DEVICE,
    finish: FINISH,
    upgrade: UPGRADE,
    onward: ONWARD,
    authorize: AUTHORIZE,
};

const REDIRECT: RedirectTexts = RedirectTexts {
    title: "Where your answer goes",
    in_full: "In full:",
    to_site: "A website. Whoever runs it gets the session you approve.",
    to_this_computer: "A program on this computer gets the session you approve.",
    to_program: "The program that opens such links on this device gets the session you approve.",
    this_computer_warning: "Any program on this computer could be the one asking, whatever it \
                            calls itself. Approve only if you started it yourself, here.",
    program_warning: "Any program on this device can claim such links. Approve only if you \
                      started it yourself.",
    borrowed: Sentence(&[
        W("This calls itself "),
        First,
        W(", but it leads to "),
        Second,
        W(", which we do not know as theirs. Names can be copied; places cannot."),
    ]),
    confirm: Sentence(&[
        W("I know "),
        First,
        W(" and trust it with this, whether it is "),
        Second,
        W(" or not"),
    ]),
    confirm_missing: "Confirm that you know where this leads, or press Deny.",
    after_yes: "If yes, check where your answer goes, then choose what the agent may do.",
    report: "Reporting stops this request and ends every session this agent has from you.",
    this_browser: "This browser, sent here by the agent",
};

const STEP_UP: StepUpTexts = StepUpTexts {
    asks: Sentence(&[First, W(" asks for more at "), Second]),
    what: "What is new",
    what_words: "It asks to add this to a session you approved before. It can get less, never \
                 more; whatever you answer, it keeps what it has.",
    held: |count| format!("What it has already: {}", permissions(count)),
    held_words: "Approved before and not asked again.",
    session: "Session",
    ends: "Ends",
    until: "How long the new part lasts",
    until_words: "The session keeps its own end. You can disconnect it at any time.",
    as_session: "As long as the session",
    fifteen_minutes: "15 minutes",
};

const DEVICE: DeviceTexts = DeviceTexts {
    title: "Connect a device",
    lead: "Type the code that your device or command line shows.",
    code: "Code on your device",
    code_hint: "Eight letters, such as BCDF\u{2011}GHJK. Never a code from an e-mail, a chat or a call.",
    go_on: "Continue",
    next: "Continuing decides nothing. On the next page you read what it asks, and answer.",
    missing: "Type the code your device shows you.",
    unknown: |left| {
        let tries = match left {
            0 => String::from("No try is left; wait a while."),
            1 => String::from("1 try is left."),
            _ => format!("{left} tries are left."),
        };
        format!(
            "No device is waiting with this code. Compare the letters; if the code is older \
             than a few minutes, ask the device for a new one. {tries}"
        )
    },
    compare_title: "Is this the code on your device?",
    compare_lead: "The link you followed brought this code along. Anybody can send a link: go on \
                   only if your own device shows the same code at this moment.",
    same: "Yes",
    different: "No",
    compare_again: "If yes, compare the code once more. Your device must show:",
};

const FINISH: FinishTexts = FinishTexts {
    instance: "Installation",
    label: "Wants to be called",
    compare: "If yes, and your agent shows a code, it must be this one. Some agents show none.",
    after_yes: "Your answer reaches the agent that sent you this link, wherever it runs. Compare \
                the addresses above, then choose what it may do.",
    report: "Reporting denies this request and is kept for whoever runs this server.",
    reported: Words {
        title: "Reported",
        sentence: "The agent got nothing, and whoever runs this server can see that you \
                   reported it.",
    },
    approved_words: "Approved. The agent you started picks up its session by itself, or asks you \
                     for this finish code. Give it to nobody else.",
    code: "Finish code",
    expires: "It works once, until",
    message_title: "Or hand over a message",
    message: Sentence(&[W("Finish code for "), First, W(":")]),
    copy_message: "Copy the message",
    existing_account: "Only somebody who has an account already can answer this request.",
    no_sign_up: Words {
        title: "This needs an account you have already",
        sentence: "The program that sent you here connects existing accounts only, so no account \
                   can be made on the way. Sign in with yours, or go back to the program.",
    },
};

const UPGRADE: UpgradeTexts = UpgradeTexts {
    title: "Change your plan",
    lead: Sentence(&[
        W("An agent says that your plan for "),
        First,
        W(" ends here. Nothing changes unless you change it."),
    ]),
    account: "Account",
    reason: "Why",
    command: "What it wants to run",
    warning: "Whoever sent you this link wrote these words. Run no command from this page that you \
              did not ask for.",
    go_on: Sentence(&[W("Go to billing at "), First]),
};

const ONWARD: OnwardTexts = OnwardTexts {
    continue_to: Sentence(&[W("Continue to "), First]),
    go_back_to: Sentence(&[W("Go back to "), First]),
    open_program: Sentence(&[W("Open the program for "), First, W(" links")]),
    back_to_program: Sentence(&[W("Go back to the program for "), First, W(" links")]),
    approved_words: "Approved. The agent picks up its session as soon as your browser goes on.",
    denied_words: "The agent got nothing. It hears so as soon as your browser goes on.",
    not_me_words: "The agent got nothing. You did not start this, so your browser stays here.",
    by_itself: "Your browser goes on by itself. If nothing happens, press the button.",
};

const AUTHORIZE: AuthorizeTexts = AuthorizeTexts {
    not_registered: Words {
        title: "This leads to an unknown place",
        sentence: "A program sent you here and wants the answer at an address that is not one \
                   of its own. That is a mistake in the program, or somebody is trying to get \
                   at your account. There is nothing you need to do.",
    },
    another_browser: Words {
        title: "Open this where you started",
        sentence: "This request was started in another browser. Only that one may answer it, so \
                   that nobody can make you approve what they began. If you started it, go back \
                   to that browser. If somebody sent you this link, close the page.",
    },
    expired: Words {
        title: "This request has expired",
        sentence: "Nobody answered in time, so the agent got nothing. Go back to the program and \
                   connect again.",
    },
    malformed: Words {
        title: "This request cannot be read",
        sentence: "A program sent you here with a request that is incomplete or contradicts \
                   itself. That is a mistake in the program; its makers will need the line \
                   below.",
    },
    unfit: Words {
        title: "Nothing here to approve",
        sentence: "A site sent you here to ask for something that this server does not grant, so \
                   there is nothing for you to decide. If you came from that site, go back and \
                   it will learn why. If somebody sent you this link, close the page.",
    },
    client: "Program",
    asked: "Address asked for",
    left_out: "no address at all",
    registered: "Registered for it",
    none: "none",
    description: "What is wrong",
    nothing_sent: "Nothing was approved, and nothing was sent anywhere.",
};
