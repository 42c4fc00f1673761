use askama::Template;

use super::Frame;
use super::api_keys::KeyLine;
use crate::web::texts::{ApiKeyTexts, Run};

/// `/account/keys/{id}/revoke`: asked once more, because it cannot be undone.
#[derive(Template)]
#[template(path = "pages/api_key_revoke.html")]
pub struct ApiKeyRevokePage<'a> {
    pub frame: &'a Frame<'a>,
    pub csrf: &'a str,
    pub key: KeyLine<'a>,
}

impl ApiKeyRevokePage<'_> {
    const fn words(&self) -> &ApiKeyTexts {
        &self.frame.texts.api_keys
    }

    fn sure(&self) -> Vec<Run<'_>> {
        self.words().revoke_sure.fill(self.key.name, "")
    }
}
