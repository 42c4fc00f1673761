//! Mixed load over real HTTP, and a ledger of what the server acknowledged.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::support::agent::{CLAIM_GRANT, JWT_BEARER, path_of};
use crate::support::person::form_token;
use crate::support::process::{Place, Process};
use crate::support::reply::Reply;

/// What an agent knows about one of its access tokens.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Fate {
    /// Handed out.
    Live,
    /// Its end was asked for, and no answer came.
    Unsure,
    /// Its end was acknowledged.
    Ended,
}

/// Everything the server has acknowledged.
#[derive(Default)]
pub struct Ledger {
    pub tokens: BTreeMap<String, Fate>,
    /// Claim tokens of approved agents whose collection got no answer.
    collecting: Vec<String>,
    /// Claim tokens, what they were exchanged for, and when.
    collected: Vec<(String, String, Instant)>,
    /// Refresh tokens whose rotation got no answer.
    refreshing: Vec<String>,
}

/// Agents and people at work on one server.
pub struct Load {
    ledger: Arc<Mutex<Ledger>>,
    quiet: Arc<AtomicBool>,
    lost: Arc<AtomicUsize>,
    workers: JoinSet<Option<()>>,
}

#[derive(Clone)]
struct Worker {
    url: String,
    client: reqwest::Client,
    cookie: String,
    ledger: Arc<Mutex<Ledger>>,
    quiet: Arc<AtomicBool>,
    lost: Arc<AtomicUsize>,
}

impl Load {
    /// Six strangers that register, exchange and revoke; two agents of ada that are approved,
    /// collect, refresh and are disconnected.
    pub async fn begin(server: &Process, ledger: Arc<Mutex<Ledger>>) -> Self {
        let (quiet, lost) = (Arc::default(), Arc::default());
        let cookie = server.signed_in("ada@example.com").await.cookie.expect("a cookie");
        let worker = Worker {
            url: server.url.clone(),
            client: server.client.clone(),
            cookie,
            ledger: Arc::clone(&ledger),
            quiet: Arc::clone(&quiet),
            lost: Arc::clone(&lost),
        };
        let mut workers = JoinSet::new();
        for _stranger in 0..6 {
            workers.spawn(worker.clone().stranger());
        }
        for _friend in 0..2 {
            workers.spawn(worker.clone().friend());
        }
        Self { ledger, quiet, lost, workers }
    }

    /// No further request is begun.
    pub fn hush(&self) {
        self.quiet.store(true, Ordering::SeqCst);
    }

    pub fn acknowledged(&self) -> usize {
        lock(&self.ledger).tokens.len()
    }

    /// Waits for everybody. How many requests got no answer.
    pub async fn end(mut self) -> usize {
        while let Some(ended) = self.workers.join_next().await {
            ended.expect("nobody was answered wrongly");
        }
        self.lost.load(Ordering::SeqCst)
    }
}

fn lock(ledger: &Mutex<Ledger>) -> MutexGuard<'_, Ledger> {
    ledger.lock().expect("nobody panicked")
}

impl Worker {
    fn ledger(&self) -> MutexGuard<'_, Ledger> {
        lock(&self.ledger)
    }

    /// The answer; none once the load is over or the server is gone.
    async fn ask(&self, request: reqwest::RequestBuilder) -> Option<Reply> {
        if self.quiet.load(Ordering::SeqCst) {
            return None;
        }
        let reply = Reply::attempt(request).await.ok();
        if reply.is_none() {
            self.lost.fetch_add(1, Ordering::SeqCst);
        }
        reply
    }

    async fn post(&self, path: &str, body: &Value) -> Option<Value> {
        let reply = self.ask(self.client.post(format!("{}{path}", self.url)).json(body)).await?;
        assert_eq!(reply.status, 200, "{}", reply.text);
        Some(reply.json())
    }

    async fn token(&self, fields: &[(&str, &str)]) -> Option<Value> {
        let reply = self.ask(self.client.post(format!("{}/token", self.url)).form(fields)).await?;
        assert_eq!(reply.status, 200, "{}", reply.text);
        Some(reply.json())
    }

    /// Fills in the form of a page.
    async fn answer(&self, page: &str, path: &str, fields: &[(&str, &str)]) -> Option<()> {
        let request = self.client.get(format!("{}{page}", self.url));
        let shown = self.ask(request.header("cookie", &self.cookie)).await?;
        let csrf = form_token(&shown);
        let mut fields = fields.to_vec();
        fields.push(("csrf", &csrf));
        let request = self.client.post(format!("{}{path}", self.url)).form(&fields);
        let answered = self.ask(request.header("cookie", &self.cookie)).await?;
        assert_eq!(answered.status, 303, "{}", answered.text);
        Some(())
    }

    fn note(&self, token: &str, fate: Fate) {
        self.ledger().tokens.insert(token.to_owned(), fate);
    }

    async fn stranger(self) -> Option<()> {
        let body = json!({ "type": "anonymous", "client_name": "Stranger" });
        for number in 0_u32.. {
            let registered = self.post("/agent/identity", &body).await?;
            let assertion = text(&registered["identity"]["assertion"]);
            let fields = [("grant_type", JWT_BEARER), ("assertion", assertion.as_str())];
            let access = text(&self.token(&fields).await?["access_token"]);
            self.note(&access, Fate::Live);
            if number % 2 == 1 {
                self.note(&access, Fate::Unsure);
                let request = self.client.post(format!("{}/revoke", self.url));
                let revoked = self.ask(request.form(&[("token", &access)])).await?;
                assert_eq!(revoked.status, 200, "{}", revoked.text);
                self.note(&access, Fate::Ended);
            }
        }
        None
    }

    async fn friend(self) -> Option<()> {
        for number in 0_u32.. {
            let (claim_token, tokens) = self.approved().await?;
            let access = text(&tokens["access_token"]);
            self.note(&access, Fate::Live);
            match number % 3 {
                0 => self.ledger().collected.push((claim_token, access, Instant::now())),
                1 => self.refresh(&text(&tokens["refresh_token"])).await?,
                _ => self.disconnect(&access).await?,
            }
        }
        None
    }

    /// Registers for ada, who approves; then collects.
    async fn approved(&self) -> Option<(String, Value)> {
        let body = json!({
            "type": "service_auth", "login_hint": "ada@example.com", "client_name": "Friend",
            "requested_scopes": ["demo:read"],
        });
        let registered = self.post("/agent/identity", &body).await?;
        let claim_token = text(&registered["claim"]["token"]);
        let attempt = &registered["claim"]["attempt"];
        let link = path_of(&text(&attempt["verification_uri"]));
        let code = text(&registered["claim"]["user_code"]);
        let fields = [
            ("decision", "approve"),
            ("user_code", code.as_str()),
            ("scope", "demo:read"),
            ("lifetime", "8h"),
        ];
        self.answer(&link, &link, &fields).await?;
        self.ledger().collecting.push(claim_token.clone());
        let fields = [("grant_type", CLAIM_GRANT), ("claim_token", claim_token.as_str())];
        let tokens = self.token(&fields).await?;
        self.ledger().collecting.retain(|waiting| *waiting != claim_token);
        Some((claim_token, tokens))
    }

    async fn refresh(&self, refresh_token: &str) -> Option<()> {
        self.ledger().refreshing.push(refresh_token.to_owned());
        let fields = [("grant_type", "refresh_token"), ("refresh_token", refresh_token)];
        let tokens = self.token(&fields).await?;
        self.ledger().refreshing.retain(|waiting| waiting != refresh_token);
        self.note(&text(&tokens["access_token"]), Fate::Live);
        Some(())
    }

    async fn disconnect(&self, access: &str) -> Option<()> {
        let request = self.client.post(format!("{}/introspect", self.url));
        let request = request.basic_auth("demo", Some("demo-secret"));
        let known = self.ask(request.form(&[("token", access)])).await?.json();
        let path = format!("/account/sessions/{}", text(&known["session_id"]));
        self.note(access, Fate::Unsure);
        self.answer(&path, &format!("{path}/disconnect"), &[]).await?;
        self.note(access, Fate::Ended);
        Some(())
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("text, not {value}")).to_owned()
}

/// Asserts that the server keeps its word about everything in the ledger. What was unsure is
/// settled by what is found, and has to stay so from then on.
pub async fn assert_kept(server: &Process, ledger: &Mutex<Ledger>) {
    let tokens = lock(ledger).tokens.clone();
    for (token, fate) in tokens {
        let live = server.is_live(&token).await;
        match fate {
            Fate::Live => assert!(live, "an acknowledged token is gone"),
            Fate::Ended => assert!(!live, "an acknowledged revocation came back"),
            Fate::Unsure => {
                let settled = if live { Fate::Live } else { Fate::Ended };
                lock(ledger).tokens.insert(token, settled);
            }
        }
    }
    let (collecting, refreshing, collected) = {
        let mut ledger = lock(ledger);
        let Ledger { collecting, refreshing, collected, .. } = &mut *ledger;
        (std::mem::take(collecting), std::mem::take(refreshing), std::mem::take(collected))
    };
    let agent = server.agent();
    for claim_token in collecting {
        let reply = agent.poll(&claim_token).await;
        assert_eq!(reply.status, 200, "an acknowledged approval can be collected: {}", reply.text);
        lock(ledger).tokens.insert(text(&reply.json()["access_token"]), Fate::Live);
    }
    for refresh_token in refreshing {
        let reply = agent.refresh(&refresh_token).await;
        assert_eq!(reply.status, 200, "a rotation without an answer: {}", reply.text);
        lock(ledger).tokens.insert(text(&reply.json()["access_token"]), Fate::Live);
    }
    for (claim_token, access, at) in collected {
        if at.elapsed() < Duration::from_secs(25) {
            let again = agent.poll(&claim_token).await;
            assert_eq!(again.status, 200, "{}", again.text);
            assert_eq!(text(&again.json()["access_token"]), access, "one lineage");
        }
    }
}

/// Asserts that no row is half of something: each sentence counts what must not exist.
pub async fn assert_whole(place: &Place) {
    for (what, sql) in [
        (
            "an approval with two sessions",
            "SELECT COUNT(*) FROM (SELECT approval_id FROM session WHERE approval_id IS NOT NULL \
             GROUP BY approval_id HAVING COUNT(*) > 1) AS twice",
        ),
        (
            "an agent with two live sessions",
            "SELECT COUNT(*) FROM (SELECT registration_id FROM session WHERE ended_at IS NULL \
             AND registration_id IS NOT NULL GROUP BY registration_id HAVING COUNT(*) > 1) AS twice",
        ),
        (
            "a session with two refresh tokens to spend",
            "SELECT COUNT(*) FROM (SELECT session_id FROM token WHERE kind = 2 AND spent_at IS NULL \
             GROUP BY session_id HAVING COUNT(*) > 1) AS twice",
        ),
        (
            "a spent refresh token without a successor",
            "SELECT COUNT(*) FROM token spent WHERE spent.kind = 2 AND spent.spent_at IS NOT NULL \
             AND (SELECT COUNT(*) FROM token t WHERE t.session_id = spent.session_id AND t.kind = 2) < 2",
        ),
        (
            "an answered approval without its session",
            "SELECT COUNT(*) FROM approval a WHERE a.state_name IN ('approved', 'collected') \
             AND NOT EXISTS (SELECT 1 FROM session s WHERE s.approval_id = a.id)",
        ),
        (
            "a session of an approval nobody gave",
            "SELECT COUNT(*) FROM session s JOIN approval a ON a.id = s.approval_id \
             WHERE a.state_name NOT IN ('approved', 'collected')",
        ),
        (
            "an approval collected without tokens",
            "SELECT COUNT(*) FROM approval a JOIN session s ON s.approval_id = a.id \
             WHERE a.state_name = 'collected' AND (s.collect_before IS NOT NULL \
             OR NOT EXISTS (SELECT 1 FROM token t WHERE t.session_id = s.id AND t.kind = 2))",
        ),
        (
            "tokens of an approval nobody collected",
            "SELECT COUNT(*) FROM approval a JOIN session s ON s.approval_id = a.id \
             JOIN token t ON t.session_id = s.id WHERE a.state_name = 'approved'",
        ),
        (
            "a claimed agent without the session of its human",
            "SELECT COUNT(*) FROM registration r WHERE r.account_id IS NOT NULL AND NOT EXISTS \
             (SELECT 1 FROM session s WHERE s.id = r.session_id AND s.account_id = r.account_id)",
        ),
        (
            "an agent claimed by an approval that was not given",
            "SELECT COUNT(*) FROM registration r JOIN approval a ON a.id = r.approval_id \
             WHERE (r.account_id IS NULL) <> (a.state_name = 'waiting')",
        ),
        (
            "an ended session without its cause",
            "SELECT COUNT(*) FROM session WHERE (ended_at IS NULL) <> (ended_cause IS NULL)",
        ),
    ] {
        assert_eq!(place.database.count(sql).await, 0, "{what}");
    }
}
