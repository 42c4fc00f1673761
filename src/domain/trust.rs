//! Providers whose assertions count.

/// A provider an operator trusts. There is no way to name one yet, so the type has no
/// values: whatever stands behind a look-up cannot be reached, and the compiler knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Provider {}

/// The providers trusted here. It ships empty (auth.md, "Trust list").
#[derive(Debug, Clone, Default)]
pub struct TrustList(Vec<(String, Provider)>);

impl TrustList {
    /// The provider of this issuer, compared exactly. Asked before anything is fetched or
    /// verified, so a stranger's `iss` makes this server do nothing.
    #[must_use]
    pub fn provider(&self, issuer: &str) -> Option<&Provider> {
        self.0.iter().find(|(known, _)| known == issuer).map(|(_, provider)| provider)
    }
}
