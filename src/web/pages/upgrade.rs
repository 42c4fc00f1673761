use askama::Template;

use super::Frame;
use crate::web::texts::{Run, UpgradeTexts};

/// Where a person is sent by an agent whose plan ends (contracts of Agent Analytics, 1.9).
#[derive(Template)]
#[template(path = "pages/upgrade.html")]
pub struct UpgradePage<'a> {
    pub frame: &'a Frame<'a>,
    pub resource_name: &'a str,
    /// As the link tells it; anybody can write a link.
    pub reason: Option<&'a str>,
    /// As the link tells it.
    pub command: Option<&'a str>,
    /// From the settings.
    pub billing_href: &'a str,
    pub billing_host: &'a str,
}

impl UpgradePage<'_> {
    const fn words(&self) -> &UpgradeTexts {
        &self.frame.texts.doors.upgrade
    }

    fn lead(&self) -> Vec<Run<'_>> {
        self.words().lead.fill(self.resource_name, "")
    }

    fn go_on(&self) -> Vec<Run<'_>> {
        self.words().go_on.fill(self.billing_host, "")
    }

    fn told(&self) -> [(&'static str, Option<&str>); 2] {
        let words = &self.frame.texts.doors.upgrade;
        [(words.reason, self.reason), (words.command, self.command)]
    }
}
