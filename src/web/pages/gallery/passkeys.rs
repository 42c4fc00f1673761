//! Samples of the pages of passkeys.

use super::samples::{CSRF, NOW, Pages, Sample, show};
use crate::flow::passkey::{LONGEST_NAME, PasskeyError, Question};
use crate::protocol::timestamp::Seconds;
use crate::web::pages::Frame;
use crate::web::pages::passkeys::{NewPasskeyPage, PasskeyLine, PasskeyNotice, PasskeysPage};

pub fn pages(sample: &Sample, frame: &Frame<'_>) -> Pages {
    let line = |name, last_used_at| PasskeyLine {
        id: "a1",
        name,
        created_at: NOW - Seconds::DAY,
        last_used_at,
    };
    let two = vec![line("Firefox on Linux", None), line(&sample.agent, Some(NOW - Seconds::HOUR))];
    let page = |passkeys, done| PasskeysPage { frame, csrf: CSRF, passkeys, done };
    let question = question();
    let new = |name, error| NewPasskeyPage {
        frame,
        csrf: CSRF,
        question: &question,
        name,
        longest_name: LONGEST_NAME,
        error,
    };
    vec![
        show("passkeys", &page(two, Some(PasskeyNotice::Added))),
        show("passkeys-none", &page(Vec::new(), Some(PasskeyNotice::Removed))),
        show("passkey-new", &new("Firefox on Linux", None)),
        show("passkey-new-refused", &new(&sample.agent, Some(&PasskeyError::Refused))),
    ]
}

/// As the browser gets one; no device answers it.
pub fn question() -> Question {
    let options = r#"{"challenge":"AAAA","rp":{"id":"localhost","name":"Notes"},"user":{"id":"AAAA","name":"a","displayName":"a"},"pubKeyCredParams":[]}"#;
    Question {
        options: options.to_owned(),
        sealed: "c2VhbGVk".repeat(40),
        expires_at: NOW + Seconds::HOUR,
    }
}
