//! The authorization request as it is read: by oxide-auth, and by us.

use std::borrow::Cow;

use oxide_auth::code_grant::authorization::Request;

use crate::app::App;
use crate::domain::resource::Resource;
use crate::protocol::form::Form;
use crate::protocol::resource_identifier::ResourceIdentifier;

/// The request as oxide-auth reads it. Repeated parameters were refused before.
pub struct Query<'a>(pub &'a Form);

impl Query<'_> {
    fn named(&self, name: &str) -> Option<Cow<'_, str>> {
        self.0.get(name).map(Cow::Borrowed)
    }
}

impl Request for Query<'_> {
    fn valid(&self) -> bool {
        true
    }

    fn client_id(&self) -> Option<Cow<'_, str>> {
        self.named("client_id")
    }

    fn scope(&self) -> Option<Cow<'_, str>> {
        self.named("scope")
    }

    /// Compared as text, by us: the machine would parse it.
    fn redirect_uri(&self) -> Option<Cow<'_, str>> {
        None
    }

    fn state(&self) -> Option<Cow<'_, str>> {
        self.named("state")
    }

    fn response_type(&self) -> Option<Cow<'_, str>> {
        self.named("response_type")
    }

    fn extension(&self, key: &str) -> Option<Cow<'_, str>> {
        self.named(key)
    }
}

/// The one resource that `resource` names; two names of the same one are no contradiction.
pub fn target<'a>(app: &'a App, form: &Form) -> Option<&'a Resource> {
    let mut target: Option<&Resource> = None;
    for named in form.all("resource") {
        let identifier = named.parse::<ResourceIdentifier>().ok()?;
        let resource = app.resource(&identifier)?;
        if target.is_some_and(|earlier| earlier.identifier != resource.identifier) {
            return None;
        }
        target = Some(resource);
    }
    target.or_else(|| app.default_resource())
}
