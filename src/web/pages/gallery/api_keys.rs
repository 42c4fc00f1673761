//! Samples of the pages of keys.

use super::results::granted;
use super::samples::{CSRF, NOW, Pages, Sample, show};
use crate::domain::account_agent::NamedAgent;
use crate::domain::api_key::{Exposure, KeyEnd, KeyEnded, KeyKind, Mode, Rotation};
use crate::domain::id::AgentId;
use crate::protocol::timestamp::Seconds;
use crate::web::pages::api_key::{ApiKeyPage, KeyEvent, KeyEventLine};
use crate::web::pages::api_key_new::{Agents, ApiKeyNewPage, KeyScope, Life, NewKeyError};
use crate::web::pages::api_key_revoke::ApiKeyRevokePage;
use crate::web::pages::api_key_shown::{ApiKeyShownPage, OldKey};
use crate::web::pages::api_keys::{ApiKeysPage, KeyLine, OfferLine, OwnerLine};
use crate::web::pages::{Frame, ScopeWords};

const SECRET: &str = "as_0123456789ABCDEFGHIJKLMNOPQRSTUVW2kCbKz";

pub fn pages(sample: &Sample, frame: &Frame<'_>) -> Pages {
    let key = || line(sample);
    let offer = |profile, kind| OfferLine { name: format!("{profile}_1"), profile, kind };
    let young = || KeyLine { due: None, ..key() };
    let list = |keys, search, revoked: bool| ApiKeysPage {
        frame,
        keys,
        offers: vec![
            offer("agent-sentinel", KeyKind::Secret),
            offer("agentvista", KeyKind::Secret),
            offer("agentvista", KeyKind::UserToken),
            offer("agrenting", KeyKind::AgentKey),
        ],
        organizations: vec![owner(sample)],
        organization: revoked.then(|| owner(sample)),
        search,
        environments: vec!["production", &sample.kind],
        environment: "production",
        tokens: true,
        longest_beginning: 12,
        revoked,
    };
    let over = || {
        let ended = Some(KeyEnded { at: NOW - Seconds::HOUR, cause: KeyEnd::Revoked });
        KeyLine {
            id: "key_02",
            successor: Some("key_03"),
            name: "Weekly report",
            environment: "",
            ended,
            ..young()
        }
    };
    let leaked = || {
        let ended = Some(KeyEnded { at: NOW - Seconds::HOUR, cause: KeyEnd::Leaked });
        KeyLine { ended, ..young() }
    };
    let shown = |old| ApiKeyShownPage {
        frame,
        key: KeyLine { last_used_at: None, uses: 0, created_at: NOW, ..young() },
        secret: SECRET,
        sent_as: vec![
            "Authorization: Bearer as_012345…".to_owned(),
            "X-API-Key: as_012345…".to_owned(),
        ],
        old,
    };
    let revoke = ApiKeyRevokePage { frame, csrf: CSRF, key: young() };
    let overlap = Some(Rotation::Overlapping(Seconds::DAY));
    let mut pages = vec![
        show("api-keys", &list(vec![key(), over()], "", true)),
        show("api-keys-empty", &list(Vec::new(), "", false)),
        show("api-keys-none-found", &list(Vec::new(), &sample.label, false)),
        show("api-key", &one(frame, key(), overlap)),
        show("api-key-over", &one(frame, over(), None)),
        show("api-key-leaked", &one(frame, leaked(), None)),
        show("api-key-of-organization", &of_organization(one(frame, key(), overlap), sample)),
        show("api-key-withdrawn", &one(frame, KeyLine { is_offered: false, ..young() }, None)),
        show("api-key-shown", &shown(None)),
        show("api-key-rotated", &shown(Some(OldKey::Ended))),
        show("api-key-rotated-later", &shown(Some(OldKey::GoesOnUntil(NOW + Seconds::DAY)))),
        show("api-key-revoke", &revoke),
    ];
    pages.extend(forms(sample, frame));
    pages
}

fn owner(sample: &Sample) -> OwnerLine<'_> {
    OwnerLine { slug: "example-labs", name: &sample.label }
}

fn line(sample: &Sample) -> KeyLine<'_> {
    KeyLine {
        id: "key_01",
        name: &sample.label,
        environment: &sample.kind,
        beginning: "as_012345",
        profile: "agent-sentinel",
        kind: KeyKind::UserToken,
        agent: Some(&sample.label),
        resource_name: "Example API",
        scopes: granted(),
        mode: Mode::Sandbox,
        created_at: NOW - Seconds::DAY.times(93),
        last_used_at: Some(NOW - Seconds(240)),
        last_used_from: Some("2001:db8:85a3::8a2e:370:7334"),
        limited_to: "site_1 site_2".to_owned(),
        uses: 4_711,
        expires_at: None,
        ended: None,
        due: Some(NOW - Seconds::DAY.times(3)),
        is_offered: true,
        successor: None,
    }
}

fn one<'a>(frame: &'a Frame<'a>, key: KeyLine<'a>, rotation: Option<Rotation>) -> ApiKeyPage<'a> {
    let event =
        |ago, event| KeyEventLine { at: NOW - Seconds(ago), event, address: "203.0.113.24" };
    let history = vec![
        event(3_000, KeyEvent::Leaked),
        event(3_300, KeyEvent::Exposed(Exposure::PublicRoute)),
        event(3_400, KeyEvent::Exposed(Exposure::PlainHttp)),
        event(3_500, KeyEvent::Exposed(Exposure::Page)),
        event(3_550, KeyEvent::RevokedByKey),
        event(3_600, KeyEvent::Revoked),
        event(80_000, KeyEvent::ReplacedItself),
        event(90_000, KeyEvent::Rotated),
        event(8_035_100, KeyEvent::CreatedByToken),
        event(8_035_200, KeyEvent::Created),
    ];
    ApiKeyPage { frame, csrf: CSRF, key, organization: None, may_change: true, rotation, history }
}

/// As somebody sees it who may not change it.
fn of_organization<'a>(page: ApiKeyPage<'a>, sample: &'a Sample) -> ApiKeyPage<'a> {
    ApiKeyPage { organization: Some(owner(sample)), may_change: false, ..page }
}

fn forms(sample: &Sample, frame: &Frame<'_>) -> Pages {
    let scope = |name, title, ticked| KeyScope { scope: ScopeWords { name, title }, ticked };
    let life = |value: &str, span, chosen| Life { value: value.to_owned(), span, chosen };
    let agent = NamedAgent { id: AgentId("agt_01".to_owned()), name: sample.label.clone() };
    let other = NamedAgent { id: AgentId("agt_02".to_owned()), name: "billing-agent".to_owned() };
    let agents = |of_person, or_none| Some(Agents { of_person, chosen: Some("agt_02"), or_none });
    let form = |mode, error| ApiKeyNewPage {
        frame,
        csrf: CSRF,
        offer: "agent-sentinel",
        profile: "agent-sentinel",
        kind: KeyKind::UserToken,
        resource_name: "Example API",
        name: &sample.label,
        environment: &sample.kind,
        longest_name: 80,
        limited_to: Some("site_1 site_2"),
        scopes: vec![
            scope("events:read", "Read your events", true),
            scope("events:write", "Write events", false),
        ],
        organizations: vec![owner(sample)],
        organization: "example-labs",
        agents: None,
        mode,
        lives: vec![
            life("2592000s", Some(Seconds::DAY.times(30)), false),
            life("7776000s", Some(Seconds::DAY.times(90)), false),
            life("until_revoked", None, true),
        ],
        error,
    };
    let given = |agents, error| ApiKeyNewPage { agents, ..form(None, error) };
    let missing = Some(NewKeyError::AgentMissing);
    vec![
        show("api-key-for-agent", &given(agents(vec![&agent, &other], true), None)),
        show("api-key-no-agent", &given(agents(vec![&agent], false), missing)),
        show("api-key-no-agents", &given(agents(Vec::new(), false), missing)),
        show("api-key-new", &form(Some(Mode::Live), None)),
        show("api-key-no-name", &form(None, Some(NewKeyError::NameMissing))),
        show("api-key-long-name", &form(None, Some(NewKeyError::TooLong))),
        show("api-key-no-scope", &form(Some(Mode::Sandbox), Some(NewKeyError::NothingTicked))),
    ]
}
