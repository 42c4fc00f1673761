//! Questions that a person has said yes to and whose agent has not come back yet: decided by
//! the domain and stored by the store, so that only their redemption is left to measure.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use countersign::app::App;
use countersign::clock::Clock;
use countersign::domain::account::Account;
use countersign::domain::answer::{Answer, Bounds, CodeGiven, Consent, Lifetime, Policy};
use countersign::domain::approval::{Approval, KeyedCode, State};
use countersign::domain::ask::{Ask, AskingClient, Door, Redirection};
use countersign::domain::change::{Change, Effect, UNSTORED};
use countersign::domain::client::{ClientSource, RegisteredClient};
use countersign::domain::decision::Verdict;
use countersign::domain::id::{AccountId, ApprovalId, ClientId, SessionId};
use countersign::domain::origin::{Agent, Occasion, Origin};
use countersign::domain::pace::Pace;
use countersign::entropy::Entropy;
use countersign::flow::start::start;
use countersign::protocol::authorization_details::AuthorizationDetails;
use countersign::protocol::scope::Scopes;
use countersign::protocol::secret::{Digest, Secret, SecretKind};
use countersign::protocol::timestamp::Seconds;
use futures_util::future::try_join_all;

use super::seed::{SCOPES, Site, secret};

/// A public client that registered itself, as MCP clients do.
const CLIENT: &str = "client_bench";
const REDIRECT_URI: &str = "http://127.0.0.1:1455/callback";
const VERIFIER: &str = "a-verifier-of-the-benchmark-43-characters-long";

/// How many are stored at once.
const AT_ONCE: usize = 256;

/// The token request with the authorization code of this number.
pub fn redeem_code(number: usize) -> String {
    let code = handle(Door::Code, number);
    let code = code.reveal();
    format!(
        "grant_type=authorization_code&client_id={CLIENT}&redirect_uri={REDIRECT_URI}\
         &code_verifier={VERIFIER}&code={code}"
    )
}

/// The token request with the device code of this number.
pub fn redeem_device_code(number: usize) -> String {
    let grant = "urn:ietf:params:oauth:grant-type:device_code";
    let code = handle(Door::Device, number);
    let code = code.reveal();
    format!("grant_type={grant}&client_id={CLIENT}&device_code={code}")
}

fn handle(door: Door, number: usize) -> Secret {
    let kind = match door {
        Door::Code => SecretKind::AuthorizationCode,
        _ => SecretKind::DeviceCode,
    };
    secret(kind, number)
}

/// Stores `count` approvals of one door, none of them collected.
pub async fn fill(site: &Site, door: Door, count: usize) {
    let app = start(site.settings(), Clock::System, Entropy::system()).await.expect("it starts");
    // An authorization code is good for two minutes: theirs begin when all is measured.
    let at = app.clock.now() + Seconds::HOUR;
    let from = Origin { address: "127.0.0.1".to_owned(), user_agent: None };
    let occasion = Occasion { at, from };
    let known = app.store.client(&ClientId(CLIENT.to_owned())).await.expect("the database");
    if known.is_none() {
        let change = Change { seen: UNSTORED, next: client(&occasion), effects: Vec::new() };
        app.store.commit(change).await.expect("stored");
    }
    for first in (0..count).step_by(AT_ONCE) {
        let numbers = first..(first + AT_ONCE).min(count);
        let changes = numbers.map(|number| approved(&app, door, number, &occasion));
        try_join_all(changes.map(|change| app.store.commit(change))).await.expect("stored");
    }
    app.store.database().close().await;
}

fn client(occasion: &Occasion) -> RegisteredClient {
    let metadata = serde_json::json!({
        "redirect_uris": [REDIRECT_URI],
        "token_endpoint_auth_method": "none",
        "grant_types": ["authorization_code", "refresh_token"],
        "response_types": ["code"],
        "application_type": "native",
        "client_name": "Bench agent",
    });
    RegisteredClient {
        id: ClientId(CLIENT.to_owned()),
        revision: UNSTORED,
        metadata: serde_json::from_value(metadata).expect("metadata"),
        secret: None,
        management: Digest::of(CLIENT.as_bytes()),
        from: occasion.from.clone(),
        created_at: occasion.at,
        used_at: None,
    }
}

/// A question that is answered with yes before it is stored.
fn approved(app: &App, door: Door, number: usize, occasion: &Occasion) -> Change<Approval> {
    let name = format!("{}_{number:08}", door.name());
    let digest = Digest::of(name.as_bytes());
    let code: KeyedCode = digest.into();
    let handle = handle(door, number).digest();
    let (shown, given, handle) = match door {
        Door::Code => (None, CodeGiven::Redirect(handle), None),
        _ => (Some(code.clone()), CodeGiven::Typed(Some(code)), Some(handle)),
    };
    let waiting = Approval {
        // The floor knows a session by its approval's name.
        id: ApprovalId(name.clone()),
        revision: UNSTORED,
        link: digest,
        ask: ask(app, door, occasion),
        agent_code: shown.clone(),
        user_code: shown,
        handle,
        pace: Pace::FIRST,
        created_at: occasion.at,
        expires_at: occasion.at + Seconds::HOUR,
        state: State::Waiting { wrong_codes: 0, viewer: None },
    };
    let consent = Consent {
        code: given,
        ticked: waiting.ask.scopes.clone(),
        lifetime: Lifetime::For(Seconds::DAY.times(30)),
        bounds: Bounds::default(),
        signed_in_at: occasion.at,
        session: SessionId(name),
        widens: None,
    };
    let policy = Policy { required: Scopes::new(), lifetimes: app.lifetimes() };
    let person = person(&waiting.id, occasion);
    match waiting.decide(&person, Answer::Approve(consent), &policy, occasion) {
        Ok(Verdict::Decided(mut change)) => {
            change.effects.insert(0, Effect::OpenAccount(Box::new(person)));
            change
        }
        other => panic!("not approved: {other:?}"),
    }
}

fn ask(app: &App, door: Door, occasion: &Occasion) -> Ask {
    let redirection = Redirection {
        uri: REDIRECT_URI.parse().expect("a redirect URI"),
        state: Some("of the benchmark".to_owned()),
        challenge: URL_SAFE_NO_PAD.encode(Digest::of(VERIFIER.as_bytes()).0),
        key: None,
        identity: None,
        signed_in_since: None,
        browser: Digest::of(b"a browser").hex(),
    };
    Ask {
        door,
        resource: app.default_resource().expect("a resource").identifier.clone(),
        scopes: SCOPES.parse().expect("scopes"),
        details: AuthorizationDetails::default(),
        agent: Agent::told(Some("Bench agent"), None, None),
        expected: None,
        from: occasion.from.clone(),
        agent_session: None,
        registration: None,
        client: Some(AskingClient {
            id: ClientId(CLIENT.to_owned()),
            source: ClientSource::Registered,
        }),
        redirection: (door == Door::Code).then_some(redirection),
    }
}

/// Whoever says yes, each to one question.
fn person(asks: &ApprovalId, occasion: &Occasion) -> Account {
    Account {
        id: AccountId(format!("acc_{asks}")),
        revision: UNSTORED,
        email: format!("{asks}@example.com").parse().expect("an address"),
        email_verified_at: None,
        name: "Ada".to_owned(),
        password_hash: None,
        administrator: false,
        plan: None,
        created_at: occasion.at,
        closed_at: None,
    }
}
