//! contracts/operator.md, "Health"; issue "Numbers and faults": metrics.

use serde_json::{Value, json};

use crate::support::agent::{member, path_of};
use crate::support::process::{GENEROUS, Place, Process};
use crate::support::{PASSWORD, free_port};

/// The whole part of one figure of the metrics text; zero where it is not there yet.
async fn figure(server: &Process, metrics: &str, name: &str) -> u64 {
    let text =
        server.client.get(metrics).send().await.expect("metrics").text().await.expect("text");
    let line = text.lines().find(|line| line.split_once(' ').is_some_and(|(key, _)| key == name));
    let Some((_, number)) = line.and_then(|line| line.rsplit_once(' ')) else { return 0 };
    number.split('.').next().expect("a whole part").parse().expect("a number")
}

/// `/healthz` and `/readyz` answer everybody and say nothing else; `/metrics` is on its own
/// listener, which serves nothing else.
#[tokio::test]
async fn health_is_on_the_main_listener_and_metrics_on_their_own_only() {
    let place = Place::new().await;
    let port = free_port();
    place.configure(&format!("metrics_listen = \"127.0.0.1:{port}\""));
    let server = place.serve(&[]).await;
    for (path, body) in [("/healthz", r#"{"status":"ok"}"#), ("/readyz", r#"{"status":"ready"}"#)] {
        let reply = server.get(path).await;
        assert_eq!((reply.status, reply.text.as_str()), (200, body));
        assert_eq!(reply.header("cache-control"), Some("no-store"));
    }
    assert_eq!(server.get("/metrics").await.status, 404);
    let own = |path: &str| server.client.get(format!("http://127.0.0.1:{port}{path}")).send();
    let metrics = own("/metrics").await.expect("metrics");
    assert_eq!(metrics.status(), 200);
    let kind = metrics.headers()["content-type"].to_str().expect("text").to_owned();
    assert!(kind.starts_with("application/openmetrics-text"), "{kind}");
    let text = metrics.text().await.expect("text");
    assert!(text.ends_with("# EOF\n"), "OpenMetrics ends so: {text}");
    for path in ["/healthz", "/demo/notes", "/.well-known/oauth-authorization-server", "/"] {
        assert_eq!(own(path).await.expect("an answer").status(), 404, "{path}");
    }
    server.stop().await;
}

/// Without `metrics_listen` figures are shown nowhere.
#[tokio::test]
async fn metrics_are_off_unless_an_address_is_set() {
    let place = Place::new().await;
    place.configure("");
    let server = place.serve(&[]).await;
    assert_eq!(server.get("/metrics").await.status, 404);
    server.stop().await;
}

/// Issue: "requests by route and outcome, approval funnel (asked, approved, denied, expired,
/// seconds to decide), live sessions, commit group size".
#[tokio::test]
async fn metrics_move_with_what_happens() {
    let place = Place::new().await;
    let port = free_port();
    let metrics = format!("http://127.0.0.1:{port}/metrics");
    place.configure(&format!(
        "metrics_listen = \"127.0.0.1:{port}\"\n[agents]\nattempt_ttl = \"1s\"\n{GENEROUS}"
    ));
    place.add_person("ada@example.com").await;
    let server = place.serve(&[]).await;
    let agent = server.agent();
    // Nobody answers this one: it expires.
    agent.register_for("ada@example.com").await;
    let step = |step: &str| format!("countersign_approvals_total{{step=\"{step}\"}}");
    assert_eq!(figure(&server, &metrics, &step("asked")).await, 1);
    assert_eq!(figure(&server, &metrics, &step("approved")).await, 0);
    server.get("/demo/notes").await;
    server.get("/nowhere").await;
    server.get("/.well-known/oauth-authorization-server").await;
    agent.post("/agent/identity", &json!({ "type": "unknown" })).await;
    assert!(!server.is_live("aas_nothing").await);
    for (route, status, count) in [
        ("/agent/identity", 200, 1),
        ("/agent/identity", 400, 1),
        ("/demo/notes", 401, 1),
        ("none", 404, 1),
        ("/introspect", 200, 1),
        ("/.well-known/oauth-authorization-server", 200, 1),
    ] {
        let name = format!("countersign_requests_total{{route=\"{route}\",status=\"{status}\"}}");
        assert_eq!(figure(&server, &metrics, &name).await, count, "{name}");
    }
    assert!(figure(&server, &metrics, "countersign_commit_group_size_count").await >= 1);
    let sum = figure(&server, &metrics, "countersign_commit_group_size_sum").await;
    assert!(sum >= figure(&server, &metrics, "countersign_commit_group_size_count").await);
    // Figures that are counted in the database are written every fifteen seconds.
    let began = std::time::Instant::now();
    while figure(&server, &metrics, &step("expired")).await < 1 {
        assert!(began.elapsed().as_secs() < 40, "nothing is counted as expired");
        tokio::time::sleep(std::time::Duration::from_millis(250)).await;
    }
    server.stop().await;
}

/// As above, the part of the funnel where a human decides.
#[tokio::test]
async fn the_funnel_counts_what_people_decide_and_how_long_they_took() {
    let place = Place::new().await;
    let port = free_port();
    let metrics = format!("http://127.0.0.1:{port}/metrics");
    place.configure(&format!("metrics_listen = \"127.0.0.1:{port}\"\n{GENEROUS}"));
    place.add_person("ada@example.com").await;
    let server = place.serve(&[]).await;
    let (agent, mut ada) = (server.agent(), server.signed_in("ada@example.com").await);
    let denied = agent.register_for("ada@example.com").await;
    assert!(ada.deny(&denied.link(), "not_me").await.status < 400);
    let approved = agent.register_for("ada@example.com").await;
    assert_eq!(ada.approve(&approved).await.status, 303);
    member(&agent.poll(&approved.claim_token).await, "access_token");
    let step = |step: &str| format!("countersign_approvals_total{{step=\"{step}\"}}");
    for (name, count) in
        [("asked", 2), ("denied", 1), ("approved", 1), ("collected", 1), ("locked", 0)]
    {
        assert_eq!(figure(&server, &metrics, &step(name)).await, count, "{name}");
    }
    let decided = "countersign_approval_decision_seconds";
    assert_eq!(figure(&server, &metrics, &format!("{decided}_count")).await, 2);
    assert!(figure(&server, &metrics, &format!("{decided}_sum")).await < 60);
    let began = std::time::Instant::now();
    while figure(&server, &metrics, "countersign_live_sessions").await < 1 {
        assert!(began.elapsed().as_secs() < 40, "the live session is not counted");
        tokio::time::sleep(std::time::Duration::from_millis(250)).await;
    }
    server.stop().await;
}

/// security.md, universal rules: a refusal leaves a line, whatever was refused, with its route,
/// outcome and address; the path, which may hold a link, is in none. Answers are not noted unless
/// somebody asks for that.
#[tokio::test]
async fn a_refused_request_is_a_line_that_names_its_route_and_no_path() {
    let place = Place::new().await;
    place.configure(GENEROUS);
    let server = place.serve(&[]).await;
    assert_eq!(server.get("/sign-in").await.status, 200);
    assert_eq!(server.get("/welcome/otl_something").await.status, 410);
    assert_eq!(server.get("/demo/notes").await.status, 401);
    assert_eq!(server.get("/nothing/here").await.status, 404);
    server.signal("TERM");
    server.logged(0, "stopping").await;
    let log = server.stderr();
    let lines: Vec<Value> =
        log.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
    let refused: Vec<[&Value; 4]> = lines
        .iter()
        .filter(|line| line["fields"]["message"] == "refused")
        .map(|line| ["method", "route", "status", "address"].map(|name| &line["fields"][name]))
        .collect();
    let said =
        |route: &str, status: u16| [json!("GET"), json!(route), json!(status), json!("127.0.0.1")];
    let expected = [said("/welcome/{link}", 410), said("/demo/notes", 401), said("none", 404)];
    assert_eq!(refused, expected.each_ref().map(<[Value; 4]>::each_ref), "{log}");
    assert!(!log.contains("otl_something") && !log.contains("/nothing"), "{log}");
}

/// Promise P3; issue, "Numbers and faults": "no secrets in either". Every secret, code and
/// address of a journey is looked for in the most talkative log and in the metrics.
#[tokio::test]
async fn neither_the_log_nor_the_metrics_know_a_secret() {
    let place = Place::new().await;
    let port = free_port();
    let metrics = format!("http://127.0.0.1:{port}/metrics");
    place.configure(&format!("metrics_listen = \"127.0.0.1:{port}\"\n{GENEROUS}"));
    let mut command = place.command(&["serve"]);
    command.env("RUST_LOG", "trace");
    let server = place.serve_command(command).await;
    let link = path_of(&server.link().await.expect("a link"));
    let mut ada = server.person("ada@example.com");
    let fields = [("name", "Ada"), ("email", "ada@example.com"), ("password", PASSWORD)];
    assert_eq!(ada.post_from(&link, &link, &fields).await.status, 303);
    let wrong = server.person("ada@example.com").sign_in_with("a wrong password").await;
    assert_ne!(wrong.status, 303);
    let agent = server.agent();
    let registered = agent.register_for("ada@example.com").await;
    assert_eq!(ada.approve(&registered).await.status, 303);
    let tokens = agent.poll(&registered.claim_token).await;
    let (access, refresh) = (member(&tokens, "access_token"), member(&tokens, "refresh_token"));
    let refreshed = agent.refresh(&refresh).await;
    assert!(server.is_live(&access).await);
    let assertion = tokens.json()["identity_assertion"].as_str().expect("text").to_owned();
    agent.exchange(&assertion).await;
    agent.revoke(&refresh).await;
    agent.refresh(&refresh).await.assert_error(400, "invalid_grant");
    let cookie = ada.cookie.clone().expect("a cookie");
    let secrets = [
        access,
        refresh,
        member(&refreshed, "access_token"),
        member(&refreshed, "refresh_token"),
        assertion,
        registered.claim_token.clone(),
        registered.user_code(),
        registered.user_code().replace('-', ""),
        registered.link().rsplit_once('/').expect("a link").1.to_owned(),
        link.rsplit_once('/').expect("a link").1.to_owned(),
        cookie.split_once('=').expect("a cookie").1.to_owned(),
        PASSWORD.to_owned(),
        "a wrong password".to_owned(),
        "ada@example.com".to_owned(),
        "demo-secret".to_owned(),
    ];
    let figures = server.client.get(&metrics).send().await.expect("metrics");
    let figures = figures.text().await.expect("text");
    server.signal("TERM");
    server.logged(0, "stopping").await;
    let log = server.stderr();
    for word in ["\"TRACE\"", "a request was refused"] {
        assert!(log.contains(word), "the log is talkative: {word}");
    }
    for secret in secrets {
        assert!(!figures.contains(&secret), "the metrics know {secret}");
        let told = log.lines().find(|entry| entry.contains(&secret));
        assert_eq!(told, None, "the log knows {secret}");
    }
}
