//! What pages say about letters.

use super::Words;

/// A forgotten password, an account by mail, an address that is verified.
#[derive(Debug)]
pub struct MailedTexts {
    pub forgot: &'static str,
    pub forgot_lead: &'static str,
    pub sign_up_lead: &'static str,
    pub send_link: &'static str,
    pub back_to_sign_in: &'static str,
    pub account_sent: Words,
    pub password_sent: Words,
    pub address_sent: Words,
    pub no_letter: &'static str,
    pub address: &'static str,
    pub unverified: &'static str,
    pub asked: &'static str,
    pub verified: &'static str,
    pub confirm: &'static str,
}
