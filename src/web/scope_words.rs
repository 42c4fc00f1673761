//! Scopes as people read them.

use super::pages::ScopeWords;
use crate::domain::resource::Resource;
use crate::protocol::scope::Scopes;

/// Scopes in the operator's words; one that is no longer configured keeps its name.
pub fn scope_words<'a>(resource: Option<&'a Resource>, scopes: &'a Scopes) -> Vec<ScopeWords<'a>> {
    scopes
        .iter()
        .map(|name| ScopeWords {
            name,
            title: resource
                .and_then(|resource| resource.rule(name))
                .map_or(name, |rule| rule.title.as_str()),
        })
        .collect()
}
