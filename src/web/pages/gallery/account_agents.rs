//! Samples of the page of agents.

use super::samples::{CSRF, NOW, Pages, Sample, show};
use crate::domain::api_key::KeyKind;
use crate::protocol::timestamp::Seconds;
use crate::web::pages::Frame;
use crate::web::pages::account_agents::{AccountAgentsPage, AgentError, AgentKeyLine, AgentLine};
use crate::web::pages::api_keys::OfferLine;

pub fn pages(sample: &Sample, frame: &Frame<'_>) -> Pages {
    let key = |id, environment| AgentKeyLine {
        id,
        name: &sample.label,
        environment,
        beginning: "agk_012345",
    };
    let agent = AgentLine {
        id: "agt_01",
        name: &sample.label,
        created_at: NOW - Seconds::DAY.times(12),
        keys: vec![key("key_01", &sample.kind), key("key_02", "")],
    };
    let bare = AgentLine { id: "agt_02", name: "billing-agent", keys: Vec::new(), ..agent.clone() };
    let offer = |kind| OfferLine { name: "agrenting".to_owned(), profile: "agrenting", kind };
    let page = |agents, offers, error| AccountAgentsPage {
        frame,
        csrf: CSRF,
        agents,
        offers,
        name: &sample.label,
        longest_name: 80,
        error,
        removed: error.is_none(),
    };
    let both = vec![offer(KeyKind::AgentKey), offer(KeyKind::Secret)];
    let (missing, long) = (Some(AgentError::NameMissing), Some(AgentError::TooLong));
    vec![
        show("agents", &page(vec![agent.clone(), bare], both.clone(), None)),
        show("agents-empty", &page(Vec::new(), both, missing)),
        show("agents-long-name", &page(vec![agent.clone()], Vec::new(), long)),
        show("agents-too-many", &page(vec![agent], Vec::new(), Some(AgentError::TooMany))),
    ]
}
