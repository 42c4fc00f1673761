//! English, about letters.

use crate::web::texts::{MailedTexts, Words};

pub const MAILED: MailedTexts = MailedTexts {
    forgot: "Forgot your password?",
    forgot_lead: "Write the address of your account. A letter with a link to choose a new password \
                  goes there.",
    sign_up_lead: "With an account you decide which agents may act for you. A letter with a link to \
                   make it goes to your address.",
    send_link: "Send me a link",
    back_to_sign_in: "Back to signing in",
    account_sent: Words {
        title: "Look into your mailbox",
        sentence: "A letter is on its way to the address you wrote. The link in it makes your \
                   account, and works for 24 hours.",
    },
    password_sent: Words {
        title: "Look into your mailbox",
        sentence: "If the address you wrote is that of an account, a letter is on its way there. \
                   The link in it works for an hour.",
    },
    address_sent: Words {
        title: "Look into your mailbox",
        sentence: "A letter is on its way to the address of your account. The link in it works \
                   for 24 hours.",
    },
    no_letter: "No letter within a few minutes? Look among unwanted mail, check the address, and \
                ask again. Only a few letters an hour go to one address.",
    address: "Your e-mail address",
    unverified: "Nobody has verified this address. Until it is, you cannot answer agents that name \
                 it.",
    asked: "You opened the link from our letter. Press the button if this account and this address \
            are yours.",
    verified: "This address is verified. You can answer agents that name it.",
    confirm: "Yes, both are mine",
};
