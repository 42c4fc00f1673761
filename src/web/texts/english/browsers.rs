//! English, of the browsers that a person is signed in with.

use crate::web::texts::BrowserTexts;

pub const BROWSERS: BrowserTexts = BrowserTexts {
    title: "Your browsers",
    lead: "You are signed in here. Signing one out takes effect on its next request; agents and keys \
           are not touched.",
    this: "this one",
    unknown: "A browser that did not say which",
    signed_in: "Signed in",
    ends: "Until",
    from: "From",
    sign_out: "Sign it out",
    sign_out_others: "Sign all others out",
    signed_out: "Signed out. Tokens that it had handed out are good no more.",
    stranger: "If one of them is not yours, sign it out and set a new password.",
};
