//! Samples of the pages about letters.

use super::samples::{CSRF, Pages, Sample, show};
use crate::web::pages::address::{AddressPage, AddressState};
use crate::web::pages::forgot_password::ForgotPasswordPage;
use crate::web::pages::letter_sent::{LetterSentPage, Sent};
use crate::web::pages::{FieldError, Frame};

pub fn mailed(sample: &Sample, frame: &Frame<'_>) -> Pages {
    let forgot = ForgotPasswordPage {
        frame,
        csrf: CSRF,
        return_to: "",
        email: "",
        email_error: None,
        sign_in_href: "/sign-in",
    };
    let wrong = ForgotPasswordPage {
        email: &sample.note,
        email_error: Some(FieldError::EmailInvalid),
        ..forgot
    };
    let sent = |sent| LetterSentPage { frame, sent, sign_in_href: "/sign-in" };
    let address = |state| AddressPage { frame, csrf: CSRF, email: "ada@example.com", state };
    vec![
        show("forgot-password", &forgot),
        show("forgot-password-error", &wrong),
        show("letter-account", &sent(Sent::Account)),
        show("letter-password", &sent(Sent::Password)),
        show("letter-address", &sent(Sent::Address)),
        show("address-unverified", &address(AddressState::Unverified)),
        show("address-asked", &address(AddressState::Asked { link: "otl_x" })),
        show("address-verified", &address(AddressState::Verified)),
    ]
}
