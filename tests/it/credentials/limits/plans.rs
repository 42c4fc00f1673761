//! Plans: how often, how much and what, counted by account and never said in another's words.

use countersign::flow::{plan, usage};
use countersign::protocol::timestamp::Seconds;
use futures_util::future::join_all;

use super::{PROFILES, at, key_with, project};
use crate::support::person::Person;
use crate::support::process::Place;
use crate::support::reply::Reply;
use crate::support::{START, Site};

/// The settings with these plans of the first profile, in this dialect.
pub(super) fn with_plans(dialect: &str, plans: &str) -> String {
    let profiles = PROFILES.replace("code-message", dialect);
    let head = "name = \"agent-analytics\"\n";
    let profiles =
        profiles.replace(head, &format!("{head}rate_headers = true\nevents_scope = \"write\"\n"));
    let end = "\n[[profile]]\nname = \"agent-sentinel\"";
    profiles.replace(end, &format!("\n{plans}{end}"))
}

async fn key(person: &mut Person) -> String {
    key_with(person, "agent-analytics", &["read", "write"]).await.1
}

pub(super) const TWO_A_MINUTE: &str = "[[profile.plan]]\nname = \"free\"\nrate = \"2/min\"\n\
                            [[profile.plan]]\nname = \"pro\"\nrate = \"1000/min\"\n";

/// AO17, AO18, AA33, AG19: all keys of an account together use one rate up, every answer says what
/// is left, and another account has its own.
#[tokio::test]
async fn an_account_has_one_rate_and_reads_what_is_left_of_it() {
    let site = Site::open_with(&with_plans("text-code", TWO_A_MINUTE)).await;
    let mut ada = site.person("ada@example.com").await;
    let mut bob = site.person("bob@example.com").await;
    let (one, two, his) = (key(&mut ada).await, key(&mut ada).await, key(&mut bob).await);
    let reset = (START.0 + 60).to_string();
    for (text, remaining) in [(&one, "1"), (&two, "0")] {
        let reply = at(&site, "GET /stats", &[("x-api-key", text)]).await;
        let said = |name: &str| reply.header(name).expect(name);
        assert_eq!((reply.status, said("x-ratelimit-remaining")), (200, remaining));
        assert_eq!((said("x-ratelimit-limit"), said("x-ratelimit-reset")), ("2", reset.as_str()));
    }
    site.advance(Seconds(17));
    let beyond = at(&site, "GET /stats", &[("x-api-key", &one)]).await;
    assert_eq!((beyond.status, beyond.header("retry-after")), (429, Some("43")));
    assert_eq!(beyond.header("x-ratelimit-remaining"), Some("0"));
    assert_eq!(beyond.header("www-authenticate"), None, "another credential is no better");
    let body = beyond.json();
    assert_eq!((&body["code"], &body["retry_after"]), (&"RATE_LIMITED".into(), &43.into()));
    assert_eq!(at(&site, "GET /stats", &[("x-api-key", &his)]).await.status, 200);
    site.advance(Seconds(43));
    assert_eq!(at(&site, "GET /stats", &[("x-api-key", &one)]).await.status, 200);
    site.close().await;
}

/// AA33: what is refused for another reason uses nothing up, and what comes at once gets no more
/// than there is.
#[tokio::test]
async fn a_rate_is_exact_and_only_what_passes_counts() {
    let plans = TWO_A_MINUTE.replace("2/min", "5/min");
    let site = Site::open_with(&with_plans("code-message", &plans)).await;
    let mut ada = site.person("ada@example.com").await;
    let reads = key_with(&mut ada, "agent-analytics", &["read"]).await.1;
    for _ in 0..9 {
        let headers = [("x-api-key", reads.as_str()), ("countersign-required-scope", "write")];
        assert_eq!(at(&site, "GET /stats", &headers).await.status, 403);
        let exposed = [("x-api-key", reads.as_str()), ("origin", "https://shop.example")];
        assert_eq!(at(&site, "GET /stats", &exposed).await.status, 403);
    }
    let (_, token) = project(&mut ada, "agent-analytics").await;
    for _ in 0..9 {
        assert_eq!(at(&site, &format!("POST /track?token={token}"), &[]).await.status, 200);
    }
    let headers = [("x-api-key", reads.as_str())];
    let many = join_all((0..20).map(|_| at(&site, "GET /stats", &headers))).await;
    assert_eq!(many.iter().filter(|reply| reply.status == 200).count(), 5);
    assert_eq!(many.iter().filter(|reply| reply.status == 429).count(), 15);
    site.close().await;
}

/// AO17, AV11, AA33: what a plan lacks is 403 and the plan's code, whatever is left of the rate;
/// what a key lacks stays the scope's; and a better plan opens it.
#[tokio::test]
async fn what_a_plan_lacks_is_said_to_be_the_plans() {
    let plans = "[[profile.plan]]\nname = \"free\"\nscopes = [\"read\"]\n\
                 [[profile.plan]]\nname = \"pro\"\n";
    for (dialect, pointer, lacking_scope, lacking_plan) in [
        ("code-message", "/code", "FORBIDDEN", "PRO_REQUIRED"),
        ("text-code", "/code", "INSUFFICIENT_SCOPE", "PLAN_REQUIRED"),
        ("detail", "/detail/reason_code", "insufficient_scope", "plan_required"),
    ] {
        let site = Site::open_with(&with_plans(dialect, plans)).await;
        let mut ada = site.person("ada@example.com").await;
        let (reads, writes) =
            (key_with(&mut ada, "agent-analytics", &["read"]).await.1, key(&mut ada).await);
        let writing = ("countersign-required-scope", "write");
        for (text, code) in [(&reads, lacking_scope), (&writes, lacking_plan)] {
            let reply = at(&site, "GET /stats", &[("x-api-key", text), writing]).await;
            let said = reply.json().pointer(pointer).cloned();
            assert_eq!((reply.status, said), (403, Some(code.into())), "{dialect}");
        }
        assert_eq!(at(&site, "GET /stats", &[("x-api-key", &writes)]).await.status, 200);
        plan::assign(&site.app, "Ada@example.com", "pro", site.clock.now())
            .await
            .expect("assigned");
        let fresh = key(&mut ada).await;
        let reply = at(&site, "GET /stats", &[("x-api-key", &fresh), writing]).await;
        assert_eq!(reply.status, 200, "{}", reply.text);
        site.close().await;
    }
}

/// AV12, AV13: the month's events are refused in these words, reading goes on, a restart forgets
/// none, the page says so, and the next month begins anew.
#[tokio::test]
async fn the_events_of_a_month_end_and_reading_goes_on() {
    let plans = "[[profile.plan]]\nname = \"free\"\nevents = 2\n";
    let site = Site::open_with(&with_plans("detail", plans)).await;
    let mut ada = site.person("ada@example.com").await;
    let text = key(&mut ada).await;
    let writing = [("x-api-key", text.as_str()), ("countersign-required-scope", "write")];
    let reading = [("x-api-key", text.as_str()), ("countersign-required-scope", "read")];
    for _ in 0..2 {
        assert_eq!(at(&site, "POST /events", &writing).await.status, 200);
        assert_eq!(at(&site, "GET /stats", &reading).await.status, 200);
    }
    let beyond = at(&site, "POST /events", &writing).await;
    let words = r#"{"detail":"Monthly event limit exceeded."}"#;
    assert_eq!((beyond.status, beyond.text.as_str()), (429, words));
    assert_eq!(beyond.header("retry-after"), Some("1440000"), "until the first of February");
    assert_eq!(at(&site, "GET /stats", &reading).await.status, 200);
    usage::write(&site.app).await.expect("written");
    let site = site.restart().await;
    assert_eq!(at(&site, "POST /events", &writing).await.status, 429);
    let mut ada = Person::new(&site, "ada@example.com");
    ada.sign_in().await;
    let page = ada.get("/account/usage").await.text;
    for words in ["<dd>free</dd>", "<dd>5</dd>", "2 of 2", "events of this month are used up"] {
        assert!(page.contains(words), "{words}: {page}");
    }
    let mut bob = site.person("bob@example.com").await;
    assert!(bob.get("/account/usage").await.text.contains("0 of 2"), "everybody's own");
    site.advance(Seconds(1_440_000));
    let site = site.restart().await;
    assert_eq!(at(&site, "POST /events", &writing).await.status, 200);
    site.close().await;
}

/// AA33: an agent's session uses what its owner's keys use.
#[tokio::test]
async fn a_session_uses_the_rate_of_its_owner() {
    let site = Site::open_with(&with_plans("code-message", TWO_A_MINUTE)).await;
    let mut ada = site.person("ada@example.com").await;
    let text = key(&mut ada).await;
    let registered = site.agent().register_for("ada@example.com").await;
    let fields = [
        ("decision", "approve"),
        ("user_code", &registered.user_code()),
        ("scope", "read"),
        ("lifetime", "8h"),
    ];
    assert_eq!(ada.answer(&registered.link(), &fields).await.status, 303);
    let polled = site.agent().poll(&registered.claim_token).await;
    let bearer = format!("Bearer {}", crate::support::agent::member(&polled, "access_token"));
    let by_session = [("authorization", bearer.as_str())];
    assert_eq!(at(&site, "GET /stats", &by_session).await.status, 200);
    assert_eq!(at(&site, "GET /stats", &[("x-api-key", &text)]).await.status, 200);
    for headers in [by_session, [("x-api-key", text.as_str())]] {
        let reply = at(&site, "GET /stats", &headers).await;
        assert_eq!((reply.status, &reply.json()["code"]), (429, &"RATE_LIMITED".into()));
    }
    site.close().await;
}

/// contracts/operator.md, "Commands": the operator assigns plans that there are, to people that
/// there are, and everything else is one line.
#[tokio::test]
async fn the_operator_assigns_plans_at_the_command_line() {
    let place = Place::new().await;
    place.configure(&with_plans("detail", TWO_A_MINUTE));
    place.add_person("ada@example.com").await;
    for (email, plan, words) in [
        ("ada@example.com", "gold", "no profile of the settings has a plan of that name"),
        ("bob@example.com", "pro", "nobody has that address"),
        ("nobody", "pro", "that is not an e-mail address"),
    ] {
        let refused = place.run(&["account", "plan", email, plan]).await;
        assert_eq!(refused.code, Some(1), "{}", refused.stderr);
        assert!(refused.stderr.contains(words) && refused.stderr.lines().count() == 1);
    }
    let assigned = "SELECT COUNT(*) FROM account WHERE plan = 'pro'";
    assert_eq!(place.database.count(assigned).await, 0);
    let done = place.run(&["account", "plan", "ada@example.com", "pro"]).await;
    assert_eq!((done.code, done.stdout.trim()), (Some(0), "ada@example.com has the plan pro"));
    assert_eq!(place.database.count(assigned).await, 1);
    let event =
        "SELECT COUNT(*) FROM event WHERE kind = 'account.plan_assigned' AND detail = 'pro'";
    assert_eq!(place.database.count(event).await, 1);
}

/// AA23, section 1.1 of contracts/credentials.md: what the operator assigned is the tier that an
/// agent reads of its account, at once.
#[tokio::test]
async fn an_account_says_its_plan_as_its_tier() {
    let settings = "[[profile]]\nname = \"test\"\n[[profile.plan]]\nname = \"free\"\n\
                    [[profile.plan]]\nname = \"pro\"\n[profile.agent_sessions]\n";
    let site = Site::open_with(settings).await;
    let mut ada = site.person("ada@example.com").await;
    let registered = site.agent().register_for("ada@example.com").await;
    assert_eq!(ada.approve(&registered).await.status, 303);
    let polled = site.agent().poll(&registered.claim_token).await;
    let access = crate::support::agent::member(&polled, "access_token");
    let tier = async || {
        let request = site.client.get(format!("{}/account", site.url)).bearer_auth(&access);
        Reply::of(request).await.json()["tier"].clone()
    };
    assert_eq!(tier().await, "free");
    plan::assign(&site.app, "ada@example.com", "pro", site.clock.now()).await.expect("assigned");
    assert_eq!(tier().await, "pro");
    // What is offered no more is no tier either: its limits are those of the first plan.
    let other = site.second_node_with(&settings.replace("\"pro\"", "\"team\"")).await;
    let request = other.client.get(format!("{}/account", other.url)).bearer_auth(&access);
    assert_eq!(Reply::of(request).await.json()["tier"], "free");
    other.close().await;
    site.close().await;
}

/// AG16: what a key in the sandbox uses counts for itself, so that one that is lost uses nothing up
/// that its owner's programs need; and an event of the month least of all.
#[tokio::test]
async fn a_key_in_the_sandbox_uses_nothing_of_the_plan_up() {
    let plans = "[[profile.plan]]\nname = \"free\"\nrate = \"2/min\"\nevents = 2\n";
    let sandbox = "prefix = \"aak_\"\nsandbox_prefix = \"aakt_\"";
    let settings = with_plans("text-code", plans).replace("prefix = \"aak_\"", sandbox);
    let site = Site::open_with(&settings).await;
    let mut ada = site.person("ada@example.com").await;
    let live = key(&mut ada).await;
    let page = "/account/keys/new/agent-analytics";
    let fields = [
        ("name", "Trial"),
        ("mode", "sandbox"),
        ("scope", "read"),
        ("scope", "write"),
        ("lifetime", "until_revoked"),
    ];
    let shown = ada.post_from(page, page, &fields).await;
    let tried =
        crate::support::person::between(&shown.text, "data-copy-this dir=\"ltr\">", "</output>");
    let tried = tried.expect("a key").to_owned();
    let ask = async |key: &str| {
        let request =
            site.client.get(format!("{}/forward-auth?accept=sandbox&scope=write", site.url));
        let request = request.header("countersign-proxy", "Basic YXBpOjAxMjM0NTY3ODlhYmNkZWY=");
        Reply::of(request.header("x-api-key", key)).await.status
    };
    for status in [200, 200, 429] {
        assert_eq!(ask(&tried).await, status);
    }
    for status in [200, 200, 429] {
        assert_eq!(ask(&live).await, status);
    }
    usage::write(&site.app).await.expect("written");
    assert_eq!(site.count("SELECT CAST(SUM(events) AS BIGINT) FROM plan_use").await, 2);
    site.close().await;
}

/// AA33, 1.9: the CLI hands its person on to billing when it reads of an upgrade, so that is said
/// where there is one, and nowhere else.
#[tokio::test]
async fn a_rate_that_a_larger_plan_would_lift_says_so() {
    for (plans, hands_on) in
        [(TWO_A_MINUTE, true), ("[[profile.plan]]\nname = \"free\"\nrate = \"2/min\"\n", false)]
    {
        let site = Site::open_with(&with_plans("code-message", plans)).await;
        let mut ada = site.person("ada@example.com").await;
        let key = key(&mut ada).await;
        for _ in 0..2 {
            assert_eq!(at(&site, "GET /stats", &[("x-api-key", &key)]).await.status, 200);
        }
        let beyond = at(&site, "GET /stats", &[("x-api-key", &key)]).await;
        assert_eq!((beyond.status, &beyond.json()["code"]), (429, &"RATE_LIMITED".into()));
        assert_eq!(beyond.text.contains("Upgrade"), hands_on, "{}", beyond.text);
        site.close().await;
    }
}
