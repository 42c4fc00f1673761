//! Where a request came from and what its sender says about itself.

use std::net::{IpAddr, Ipv6Addr};

use serde::{Deserialize, Serialize};

use crate::protocol::text::ToldText;
use crate::protocol::timestamp::Timestamp;

/// The network side of a request. Kept for the people and audits that ask later.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Origin {
    /// The peer, or what a trusted proxy says the peer is.
    pub address: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_agent: Option<ToldText>,
}

/// The half of an IPv6 address that names a network; the other is its holder's to choose.
const NETWORK: u128 = 0xffff_ffff_ffff_ffff << 64;

impl Origin {
    /// What is counted where each address may do something so often: the address, or the
    /// network of an IPv6 one, because whoever has one address there has all of them
    /// (RFC 4291 §2.5.4, RFC 6177 §2).
    #[must_use]
    pub fn network(&self) -> String {
        network(&self.address)
    }
}

/// The network of an IPv6 address, another address as it is.
#[must_use]
pub fn network(address: &str) -> String {
    match address.parse() {
        Ok(IpAddr::V6(address)) => {
            format!("{}/64", Ipv6Addr::from_bits(address.to_bits() & NETWORK))
        }
        _ => address.to_owned(),
    }
}

/// When and from where something is asked: read once at the edge, passed down.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Occasion {
    pub at: Timestamp,
    pub from: Origin,
}

impl Occasion {
    /// Asked by the operator at the machine itself.
    #[must_use]
    pub fn at_the_machine(at: Timestamp) -> Self {
        let from = Origin { address: "command line".to_owned(), user_agent: None };
        Self { at, from }
    }
}

/// What an agent tells about itself. None of it is proven.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Agent {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<ToldText>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<ToldText>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<ToldText>,
}

impl Agent {
    /// Cleans what was told and cuts it to what a page can show.
    #[must_use]
    pub fn told(name: Option<&str>, kind: Option<&str>, reason: Option<&str>) -> Self {
        let clean = |text: Option<&str>, most| text.and_then(|text| ToldText::clean(text, most));
        Self { name: clean(name, 80), kind: clean(kind, 40), reason: clean(reason, 280) }
    }
}
