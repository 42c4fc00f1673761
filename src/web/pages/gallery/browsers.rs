//! Samples of the page of browsers.

use super::samples::{CSRF, NOW, Pages, Sample, show};
use crate::protocol::timestamp::Seconds;
use crate::web::pages::Frame;
use crate::web::pages::browsers::{BrowserLine, BrowsersPage};

pub fn pages(sample: &Sample, frame: &Frame<'_>) -> Pages {
    let line = |name: &str, is_this, program: Option<&str>| BrowserLine {
        name: name.to_owned(),
        is_this,
        program: program.map(str::to_owned),
        address: "2001:db8:85a3::8a2e:370:7334",
        signed_in_at: NOW - Seconds::HOUR,
        ends_at: NOW + Seconds::HOUR.times(23),
    };
    let this = line("a1", true, Some("Firefox 133.0"));
    let others = [line("b2", false, Some(&sample.agent)), line("c3", false, None)];
    let all = [this.clone()].into_iter().chain(others).collect();
    let page = |browsers, done| BrowsersPage { frame, csrf: CSRF, browsers, done };
    vec![show("browsers", &page(all, false)), show("browsers-alone", &page(vec![this], true))]
}
