//! Samples of the page of questions that wait.

use super::samples::{NOW, Pages, Sample, show};
use crate::protocol::timestamp::Seconds;
use crate::web::pages::inbox::{InboxPage, Question};
use crate::web::pages::{Claim, Frame, Source};

pub fn pages(sample: &Sample, frame: &Frame<'_>) -> Pages {
    let one = |link, agent| Question {
        link,
        agent,
        resource_name: "Example API",
        asked_at: NOW - Seconds::MINUTE.times(3),
        ends_at: NOW + Seconds::MINUTE.times(7),
        address: "2001:db8:85a3::8a2e:370:7334",
    };
    let told = Claim { words: &sample.agent, source: Source::Told };
    let questions = vec![one("cvt_1", Some(told)), one("cvt_2", None)];
    let page = |questions, verified| InboxPage { frame, questions, verified };
    vec![
        show("inbox", &page(questions, true)),
        show("inbox-empty", &page(Vec::new(), true)),
        show("inbox-unverified", &page(Vec::new(), false)),
    ]
}
