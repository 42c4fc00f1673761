//! Where a person goes on after signing in: a page of ours that needs it, or nothing.

use crate::protocol::code::Code;

/// A path on this origin. It is an allow-list, so no spelling of another site fits:
/// `//evil`, `/\evil`, `https:evil` and their encodings all fail to name a page of ours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReturnTo(String);

impl ReturnTo {
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let path = text.strip_suffix("?code=none").unwrap_or(text);
        let device = || text.strip_prefix("/device");
        let lists = [
            "address",
            "agents",
            "browsers",
            "history",
            "inbox",
            "join",
            "organizations",
            "passkeys",
            "sessions",
            "keys",
            "projects",
            "tokens",
            "usage",
        ];
        let listed = path.strip_prefix("/account/");
        let listed = listed.and_then(|path| lists.iter().find_map(|page| path.strip_prefix(page)));
        if let Some(query) = text.strip_prefix("/account/billing/agent-upgrade") {
            return is_upgrade_query(query).then(|| Self(text.to_owned()));
        }
        if let Some(rest) = text.strip_prefix("/admin") {
            return is_admin(rest).then(|| Self(text.to_owned()));
        }
        let page = match (path.strip_prefix("/approve/"), listed) {
            (Some(link), _) => is_word(link),
            (None, Some("")) => true,
            (None, Some(rest)) => rest.strip_prefix('/').is_some_and(is_one_of_them),
            (None, None) => device().is_some_and(is_device_query),
        };
        (page && text.len() <= 200).then(|| Self(text.to_owned()))
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The opaque part of the link, where this is an approval page.
    #[must_use]
    pub fn link(&self) -> Option<&str> {
        let rest = self.0.strip_prefix("/approve/")?;
        rest.split('?').next()
    }

    #[must_use]
    pub fn is_approval(&self) -> bool {
        self.0.starts_with("/approve/") || self.0.starts_with("/device")
    }

    /// A link to `page` that keeps this.
    #[must_use]
    pub fn on(&self, page: &str) -> String {
        let encoded: String = url::form_urlencoded::byte_serialize(self.0.as_bytes()).collect();
        format!("{page}?return_to={encoded}")
    }
}

/// Nothing, or a code as the complete link carries it.
fn is_device_query(query: &str) -> bool {
    let code = query.strip_prefix("?user_code=");
    query.is_empty()
        || code.is_some_and(|text| Code::parse(text).is_some_and(|code| code.grouped() == text))
}

/// What an agent tells of the plan that ended, as programs encode it: no `/`, `:` or `\\` in it.
fn is_upgrade_query(query: &str) -> bool {
    let letter = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.!~*'()%+=&".contains(&byte);
    query.strip_prefix('?').is_some_and(|query| query.bytes().all(letter) && query.len() <= 1_000)
}

/// The pages of administrators.
fn is_admin(rest: &str) -> bool {
    let account = rest.strip_prefix("/accounts/");
    matches!(rest, "" | "/accounts") || account.is_some_and(|id| is_word(id) && id.len() <= 64)
}

/// One thing of a list, or the page that makes one of a profile.
fn is_one_of_them(rest: &str) -> bool {
    is_word(&rest.strip_prefix("new/").unwrap_or(rest).replace('-', "_"))
}

fn is_word(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_pages_of_ours_are_returned_to() {
        for good in [
            "/approve/cvt_abc",
            "/approve/cvt_abc?code=none",
            "/account/sessions",
            "/account/history",
            "/account/inbox",
            "/account/browsers",
            "/account/sessions/ses_1",
            "/account/keys",
            "/account/projects",
            "/account/agents",
            "/account/tokens",
            "/account/usage",
            "/account/keys/key_1",
            "/account/organizations/acme-labs",
            "/account/join/otl_0123",
            "/account/keys/new/agent-vista",
            "/admin",
            "/admin/accounts",
            "/admin/accounts/acc_1",
            "/device",
            "/device?user_code=BCDF-GHJK",
            "/account/billing/agent-upgrade?account=acc_1&mode=detached&reason=Free%20plan",
        ] {
            assert!(ReturnTo::parse(good).is_some(), "{good}");
        }
    }

    #[test]
    fn what_names_no_page_of_ours_is_not_returned_to() {
        for bad in [
            "",
            "/",
            "//evil.example",
            "/\\evil.example",
            "https://evil.example",
            "/approve/",
            "/approve/../x",
            "/approve/x?next=//evil",
            "/approve/x//evil",
            "/approve/%2e%2e",
            "/adminevil",
            "/admin/accounts/",
            "/admin/accounts//evil",
            "/admin/accounts/acc_1?next=//evil",
            "/account/sessions//evil",
            "/account/sessionsevil",
            "/account/keysevil",
            "/account/billing/agent-upgrade",
            "/account/billing/agent-upgradeevil?account=acc_1",
            "/account/billing/agent-upgrade/../x?account=acc_1",
            "/account/billing/agent-upgrade?next=//evil",
            "/account/billing/agent-upgrade?account=acc_1\r\nSet-Cookie: a",
            "/account/keys/new/",
            "/account/keys/new//evil",
            "/account/keys/new/x?next=//evil",
            "javascript:alert(1)",
            "/approve/x\r\nSet-Cookie: a",
            "/approve/x#@evil",
            "/device?code=none",
            "/device/x",
            "/deviceevil",
            "/device?user_code=",
            "/device?user_code=bcdfghjk",
            "/device?user_code=BCDF-GHJK&next=//evil",
        ] {
            assert_eq!(ReturnTo::parse(bad), None, "{bad}");
        }
    }
}
