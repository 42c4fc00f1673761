//! What a presented text is, and what stands behind it.

use crate::app::App;
use crate::domain::credential::Credential;
use crate::flow::access_token;
use crate::flow::api_key;
use crate::flow::project;
use crate::flow::session_token;
use crate::protocol::secret::Digest;
use crate::protocol::timestamp::Timestamp;
use crate::store::StoreError;

/// What a presented text can be; anything else is worth nothing, which is found out without
/// asking the database.
#[derive(Clone, Copy)]
pub(super) enum Recognized<'a> {
    Token(Digest),
    /// Of the profile of this name.
    Key(&'a str, Digest),
    /// Likewise.
    Project(&'a str, Digest),
    /// Likewise.
    SessionToken(&'a str, Digest),
}

impl Recognized<'_> {
    pub(super) fn digest(&self) -> &Digest {
        let (Self::Token(digest)
        | Self::Key(_, digest)
        | Self::Project(_, digest)
        | Self::SessionToken(_, digest)) = self;
        digest
    }
}

/// What this text is, by its form alone.
pub(super) fn recognized<'a>(app: &'a App, token: &str) -> Option<Recognized<'a>> {
    if let Some((profile, digest)) = api_key::recognized(app, token) {
        return Some(Recognized::Key(profile, digest));
    }
    if let Some((profile, digest)) = project::recognized(app, token) {
        return Some(Recognized::Project(profile, digest));
    }
    if let Some((profile, digest)) = session_token::recognized(app, token) {
        return Some(Recognized::SessionToken(profile, digest));
    }
    access_token::digest_of(app, token).map(Recognized::Token)
}

/// What stands behind it, as long as that is good for something.
pub(super) async fn look_up(
    app: &App,
    text: Recognized<'_>,
    now: Timestamp,
) -> Result<Option<Credential>, StoreError> {
    match text {
        Recognized::Token(digest) => app.store.credential(&digest, now).await,
        Recognized::Key(profile, digest) => {
            let key = app.store.api_key_with(&digest).await?;
            let key = key.filter(|key| key.profile == profile && key.is_live(now));
            Ok(key.map(Credential::of_key))
        }
        Recognized::SessionToken(profile, digest) => {
            session_token::credential(app, profile, &digest, now).await
        }
        Recognized::Project(profile, digest) => {
            let project = app.store.project_with(&digest).await?;
            let project = project.filter(|project| project.profile == profile && project.is_live());
            Ok(project.map(Credential::of_project))
        }
    }
}
