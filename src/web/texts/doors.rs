//! What is said at the standard doors: redirects, devices, and sessions that ask for more.

use super::{Sentence, Words};

/// The standard doors.
#[derive(Debug)]
pub struct DoorTexts {
    /// Behind a proven word. First: the host of the document.
    pub by_document: Sentence,
    pub by_operator: &'static str,
    pub site: &'static str,
    pub redirect: RedirectTexts,
    pub step_up: StepUpTexts,
    /// Authorization details (RFC 9396).
    pub details: &'static str,
    pub details_words: &'static str,
    /// An ID token goes along (OpenID Connect).
    pub identity: &'static str,
    pub device: DeviceTexts,
    pub finish: FinishTexts,
    pub upgrade: UpgradeTexts,
    pub onward: OnwardTexts,
    pub authorize: AuthorizeTexts,
}

/// Where the answer goes.
#[derive(Debug)]
pub struct RedirectTexts {
    pub title: &'static str,
    /// Before the whole address.
    pub in_full: &'static str,
    pub to_site: &'static str,
    pub to_this_computer: &'static str,
    pub to_program: &'static str,
    pub this_computer_warning: &'static str,
    pub program_warning: &'static str,
    /// First: the well-known name. Second: the foreign host.
    pub borrowed: Sentence,
    /// First: the foreign host. Second: the well-known name.
    pub confirm: Sentence,
    pub confirm_missing: &'static str,
    pub after_yes: &'static str,
    pub report: &'static str,
    /// Where the request was started.
    pub this_browser: &'static str,
}

/// A session that asks for more.
#[derive(Debug)]
pub struct StepUpTexts {
    /// First: the agent. Second: the resource.
    pub asks: Sentence,
    pub what: &'static str,
    pub what_words: &'static str,
    /// How many permissions the session holds already.
    pub held: fn(usize) -> String,
    pub held_words: &'static str,
    pub session: &'static str,
    pub ends: &'static str,
    pub until: &'static str,
    pub until_words: &'static str,
    pub as_session: &'static str,
    pub fifteen_minutes: &'static str,
}

/// The device's code: typed, and compared.
#[derive(Debug)]
pub struct DeviceTexts {
    pub title: &'static str,
    pub lead: &'static str,
    pub code: &'static str,
    pub code_hint: &'static str,
    pub go_on: &'static str,
    pub next: &'static str,
    pub missing: &'static str,
    pub unknown: fn(u32) -> String,
    pub compare_title: &'static str,
    pub compare_lead: &'static str,
    pub same: &'static str,
    pub different: &'static str,
    /// On the approval page, beside the code.
    pub compare_again: &'static str,
}

/// An agent that finishes with a code.
#[derive(Debug)]
pub struct FinishTexts {
    pub instance: &'static str,
    pub label: &'static str,
    /// On the approval page, beside the code that some agents show.
    pub compare: &'static str,
    pub after_yes: &'static str,
    /// Nothing else of this agent's can be told apart, so nothing else is frozen.
    pub report: &'static str,
    pub reported: Words,
    pub approved_words: &'static str,
    pub code: &'static str,
    pub expires: &'static str,
    pub message_title: &'static str,
    /// The line above the code in the message. First: the service.
    pub message: Sentence,
    pub copy_message: &'static str,
    /// On the sign-in page.
    pub existing_account: &'static str,
    pub no_sign_up: Words,
}

/// An agent has come to the end of what a plan allows.
#[derive(Debug)]
pub struct UpgradeTexts {
    pub title: &'static str,
    /// First: the API.
    pub lead: Sentence,
    pub account: &'static str,
    pub reason: &'static str,
    pub command: &'static str,
    pub warning: &'static str,
    /// First: the host of the billing page.
    pub go_on: Sentence,
}

/// Moving on after a decision.
#[derive(Debug)]
pub struct OnwardTexts {
    /// First: the host.
    pub continue_to: Sentence,
    pub go_back_to: Sentence,
    /// First: the scheme.
    pub open_program: Sentence,
    pub back_to_program: Sentence,
    pub approved_words: &'static str,
    pub denied_words: &'static str,
    pub not_me_words: &'static str,
    pub by_itself: &'static str,
}

/// `/authorize`, refused where nothing may be sent on.
#[derive(Debug)]
pub struct AuthorizeTexts {
    pub not_registered: Words,
    pub another_browser: Words,
    pub expired: Words,
    pub malformed: Words,
    pub unfit: Words,
    pub client: &'static str,
    pub asked: &'static str,
    pub left_out: &'static str,
    pub registered: &'static str,
    pub none: &'static str,
    pub description: &'static str,
    pub nothing_sent: &'static str,
}
