use crate::domain::origin::network;
use crate::protocol::timestamp::Timestamp;

/// Where the request came from, as the server saw it.
#[derive(Debug, Clone)]
pub struct Origin<'a> {
    pub address: &'a str,
    /// Roughly where that is, if the operator has a database of that.
    pub place: Option<String>,
    /// The `User-Agent` in words: told by the agent.
    pub program: Option<String>,
    pub asked_at: Timestamp,
    /// The address of the person reading this.
    pub approver_address: &'a str,
    pub approver_place: Option<String>,
    pub network_comparison: NetworkComparison,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NetworkComparison {
    Same,
    Different,
    Unknown,
}

impl NetworkComparison {
    /// Of two IPv6 addresses the network is compared: programs on one computer often have
    /// another address each (RFC 8981).
    #[must_use]
    pub fn of(agent: &str, person: &str) -> Self {
        match (agent, person) {
            ("unknown", _) | (_, "unknown") => Self::Unknown,
            _ if network(agent) == network(person) => Self::Same,
            _ => Self::Different,
        }
    }
}
