//! What a credential opens of what a proxy's location asks for (docs/proxies.md).

use std::borrow::Cow;

use crate::app::App;
use crate::domain::credential::{Credential, Holder};
use crate::flow::api_key;
use crate::flow::credential;
use crate::flow::forward_auth::Waiting;
use crate::protocol::challenge::Refusal;

/// Whether a credential opens what is asked for.
pub(in crate::flow) fn reaches(
    app: &App,
    credential: &Credential,
    waiting: &Waiting<'_>,
    unknown: Refusal,
) -> Result<(), Refusal> {
    match &credential.holder {
        // What it opens is named; that anybody holds it makes every other place forbidden.
        Holder::Project { profile, .. } => {
            let resource = &credential.resource;
            let opens = credential::is_public_route(app, resource, Some(profile), waiting);
            if opens { Ok(()) } else { Err(unknown) }
        }
        _ if credential.scopes.covers(&waiting.needed) => Ok(()),
        _ => Err(Refusal::InsufficientScope(waiting.needed.clone())),
    }
}

/// Whether a request is about what its key is limited to, by each parameter of its address that says
/// what it is about. Whether there is more, it does not tell. What programs read in different ways,
/// such as `site[]`, `site%00` or `;` between parameters, could be about something else to the API.
pub(in crate::flow) fn is_within(app: &App, holder: &Holder, waiting: &Waiting<'_>) -> bool {
    let Some(limited) = holder.limited_to() else { return true };
    let kind = holder.key_kind();
    let offer = kind.and_then(|(profile, kind)| api_key::offer_of(app, profile, kind));
    let Some(name) = offer.and_then(|offer| offer.rules.resource_param.as_deref()) else {
        return false;
    };
    let pairs: Vec<_> = url::form_urlencoded::parse(waiting.query.as_bytes()).collect();
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    let is_clear = |(known, _): &(Cow<'_, str>, Cow<'_, str>)| {
        known.bytes().all(plain) && (known == name || !known.eq_ignore_ascii_case(name))
    };
    let named = pairs.iter().filter(|(known, _)| known == name).map(|(_, one)| one.as_ref());
    !waiting.query.contains(';') && pairs.iter().all(is_clear) && limited.covers(named)
}
