//! Samples of the pages people come in by.

use super::samples::{CSRF, Pages, Sample, show};
use crate::web::pages::set_password::{Purpose, SetPasswordPage};
use crate::web::pages::sign_in::{SignInError, SignInPage};
use crate::web::pages::sign_up::SignUpPage;
use crate::web::pages::{FieldError, Frame};

pub fn accounts(sample: &Sample, frame: &Frame<'_>) -> Pages {
    let question = super::passkeys::question();
    let sign_in = SignInPage {
        frame,
        csrf: CSRF,
        return_to: "",
        to_decide: false,
        email: "",
        error: None,
        existing_account: false,
        sign_up_href: Some("/sign-up"),
        forgot_href: Some("/forgot-password"),
        passkey: Some(&question),
        needs_passkey: false,
    };
    let again = SignInPage {
        return_to: "/approve/cvt_x",
        to_decide: true,
        email: "ada@example.com",
        error: Some(SignInError::WrongPair),
        ..sign_in
    };
    let sign_up = SignUpPage {
        frame,
        csrf: CSRF,
        return_to: "",
        name: "",
        email: "",
        least_password: 10,
        name_error: None,
        email_error: None,
        password_error: None,
        sign_in_href: "/sign-in",
        by_mail: false,
    };
    let wrong = SignUpPage {
        name: &sample.person,
        email: &sample.note,
        email_error: Some(FieldError::EmailInvalid),
        password_error: Some(FieldError::PasswordTooShort(10)),
        ..sign_up
    };
    let first = Purpose::FirstAccount { name: "", email: "", name_error: None, email_error: None };
    let own = Purpose::OwnAccount { name: &sample.person, email: "ada@example.com" };
    let known = Purpose::KnownAccount { email: "ada@example.com" };
    let welcome = |purpose| SetPasswordPage {
        frame,
        csrf: CSRF,
        purpose,
        least_password: 10,
        password_error: None,
    };
    let mut pages = super::mailed::mailed(sample, frame);
    pages.extend([
        show("sign-in", &sign_in),
        show("sign-in-passkey", &SignInPage { error: None, needs_passkey: true, ..again }),
        show("sign-in-error", &again),
        show("sign-up", &sign_up),
        show("sign-up-errors", &wrong),
        show("sign-up-by-mail", &SignUpPage { by_mail: true, ..sign_up }),
        show("welcome-own", &welcome(own)),
        show("welcome-first", &welcome(first)),
        show("welcome-known", &welcome(known)),
    ]);
    pages
}
