//! What is measured, in which order.

use std::time::Duration;

use tempfile::tempdir;

use super::Plan;
use super::child::Server;
use super::load::{Measured, Script, run, run_beside};
use super::report::{Line, line, spread, table, waits};
use super::script::{Fetch, ForwardAuth, Introspect, IntrospectKey, Order, Paced, WrongPassword};
use super::seed::{Site, WARM};
use super::yardstick::command;
use super::{approved, grants, nodes};

const READERS: usize = 16;

/// People who mistype their password at once, and how long an API rests between questions then.
const GUESSERS: usize = 8;
const REST: Duration = Duration::from_millis(5);

/// How often a start is timed.
const STARTS: usize = 10;

/// How many sessions may be stored without a warm answer costing more.
const SIZES: [(&str, usize); 3] =
    [("1,000 sessions", 1_000), ("100,000 sessions", 100_000), ("1,000,000 sessions", 1_000_000)];

pub async fn measure(plan: &Plan) {
    println!("{} sessions, {} rounds of {:?}", plan.sessions, plan.rounds, plan.span);
    let folder = tempdir().expect("a folder");
    if let Some(url) = &plan.postgres {
        let site = Site::fill(folder.path(), url, plan.sessions).await;
        if plan.has("cold") {
            cold_postgres(plan, &site).await;
        }
        if plan.has("nodes") {
            nodes::revocation(plan, &site).await;
        }
        return;
    }
    if plan.has("scale") {
        scale(plan).await;
    }
    let site = Site::on_sqlite(folder.path(), plan.sessions).await;
    for (_, door) in grants::DOORS.iter().filter(|(part, _)| plan.has(part)) {
        approved::fill(&site, *door, plan.rounds * grants::redemptions(plan)).await;
    }
    if plan.has("start") {
        start_up(&site);
        let idle = Server::start(site.countersign());
        idle.get("/healthz");
        tokio::time::sleep(plan.span.max(Duration::from_millis(500))).await;
        println!("idle: {:.1} MiB resident", idle.memory().0);
    }
    on_sqlite(plan, &site).await;
}

async fn on_sqlite(plan: &Plan, site: &Site) {
    let ours = Server::start(site.countersign());
    if plan.has("documents") {
        documents(plan, &ours).await;
    }
    if plan.has("warm") {
        warm(plan, &ours).await;
    }
    if plan.has("forward-auth") {
        forward_auth(plan, &ours).await;
    }
    if plan.has("keys") {
        keys(plan, &ours).await;
    }
    if plan.has("cold") {
        cold(plan, site).await;
    }
    if grants::PARTS.iter().any(|part| plan.has(part)) {
        grants::measure(plan, site, &ours).await;
    }
    let (now, most) = ours.memory();
    println!("\nunder load: {now:.1} MiB resident, {most:.1} MiB at most");
    if plan.has("passwords") {
        passwords(plan, &ours).await;
    }
}

/// From `exec` to the first answer, and the size of what is executed.
fn start_up(site: &Site) {
    let time = |command: fn(&Site) -> std::process::Command, path: &str| {
        let times = (0..STARTS).map(|_| {
            let (_server, time) = Server::time_to_first_answer(command(site), path);
            time.as_secs_f64() * 1e3
        });
        let [median, least, most] = spread(times);
        format!("{median:.0} ms ({least:.0}–{most:.0})")
    };
    let limit = time(|_| command(&["serve-limit"]), "/");
    let ours = time(Site::countersign, "/healthz");
    println!("start to first answer: {ours}; limit {limit}");
    let binary = std::fs::metadata(env!("CARGO_BIN_EXE_countersign")).expect("a binary").len();
    println!("binary: {:.1} MiB", binary as f64 / 1_048_576.0);
}

pub fn times(count: usize, script: impl Fn(usize) -> Box<dyn Script>) -> Vec<Box<dyn Script>> {
    (0..count).map(script).collect()
}

/// The documents an agent reads first.
async fn documents(plan: &Plan, ours: &Server) {
    const DOCUMENTS: [(&str, &str); 4] = [
        ("/.well-known/oauth-authorization-server", "{\"issuer\""),
        ("/.well-known/oauth-protected-resource", "{\"resource\""),
        ("/.well-known/jwks.json", "{\"keys\""),
        ("/auth.md", "# "),
    ];
    let limit = Server::start(command(&["serve-limit"]));
    let mut lines = vec![line("limit")];
    lines.extend(DOCUMENTS.map(|(name, _)| line(name)));
    for _ in 0..plan.rounds {
        let scripts = times(READERS, |_| Fetch::new("/", "{\"active\":true"));
        lines[0].rounds.push(run(&limit, scripts, plan.span).await);
        for (line, (path, begins)) in lines[1..].iter_mut().zip(DOCUMENTS) {
            let scripts = times(READERS, |_| Fetch::new(path, begins));
            line.rounds.push(run(ours, scripts, plan.span).await);
        }
    }
    table("discovery", &lines);
}

/// Introspection of tokens that were asked about a moment ago.
async fn warm(plan: &Plan, ours: &Server) {
    let lines = asked_again(plan, &[("countersign", ours, plan.sessions)]).await;
    table("introspection, warm", &lines);
}

/// The same answers for a proxy in front of the API, beside introspection and the same limit.
async fn forward_auth(plan: &Plan, ours: &Server) {
    let limit = Server::start(command(&["serve-limit"]));
    let mut lines = ["limit", "introspection", "forward-auth"].map(line);
    warm_up(ours, plan.sessions).await;
    let order = Order::around(WARM, plan.sessions);
    for _ in 0..plan.rounds {
        let scripts = times(READERS, |_| Fetch::new("/", "{\"active\":true"));
        lines[0].rounds.push(run(&limit, scripts, plan.span).await);
        let scripts = times(READERS, |_| Introspect::new(&order, "acc_"));
        lines[1].rounds.push(run(ours, scripts, plan.span).await);
        let scripts = times(READERS, |_| ForwardAuth::new(&order));
        lines[2].rounds.push(run(ours, scripts, plan.span).await);
    }
    table("forward-auth, warm", &lines);
}

/// The same answers about keys, beside those about tokens and the same limit.
async fn keys(plan: &Plan, ours: &Server) {
    let limit = Server::start(command(&["serve-limit"]));
    let mut lines = ["limit", "introspection", "of keys"].map(line);
    warm_up(ours, plan.sessions).await;
    let met = Order::once(WARM, WARM);
    run(ours, times(READERS, |_| IntrospectKey::new(&met)), Duration::from_mins(5)).await;
    let (tokens, keys) = (Order::around(WARM, plan.sessions), Order::around(WARM, WARM));
    for _ in 0..plan.rounds {
        let scripts = times(READERS, |_| Fetch::new("/", "{\"active\":true"));
        lines[0].rounds.push(run(&limit, scripts, plan.span).await);
        let scripts = times(READERS, |_| Introspect::new(&tokens, "acc_"));
        lines[1].rounds.push(run(ours, scripts, plan.span).await);
        let scripts = times(READERS, |_| IntrospectKey::new(&keys));
        lines[2].rounds.push(run(ours, scripts, plan.span).await);
    }
    table("introspection of keys, warm", &lines);
}

/// The same, however many sessions are stored.
async fn scale(plan: &Plan) {
    let most = if plan.is_brief() { plan.sessions } else { usize::MAX };
    let mut stored = Vec::new();
    for (name, sessions) in SIZES.into_iter().filter(|(_, sessions)| *sessions <= most) {
        let folder = tempdir().expect("a folder");
        let site = Site::on_sqlite(folder.path(), sessions).await;
        stored.push((name, Server::start(site.countersign()), sessions, folder));
    }
    let servers: Vec<_> =
        stored.iter().map(|(name, server, sessions, _)| (*name, server, *sessions)).collect();
    let lines = asked_again(plan, &servers).await;
    table("introspection, warm, by what is stored", &lines);
    table("the same, beside the smallest", &lines[1..]);
    for (name, server, ..) in servers {
        println!("{name}: {:.1} MiB resident at most", server.memory().1);
    }
}

/// Rounds of the limit and of each of these servers, in turn, when they have met all [`WARM`]
/// tokens.
async fn asked_again(plan: &Plan, servers: &[(&'static str, &Server, usize)]) -> Vec<Line> {
    let limit = Server::start(command(&["serve-limit"]));
    let mut lines = vec![line("limit")];
    let mut orders = Vec::new();
    for (name, server, sessions) in servers {
        warm_up(server, *sessions).await;
        lines.push(line(name));
        orders.push(Order::around(WARM, *sessions));
    }
    for _ in 0..plan.rounds {
        let scripts = times(READERS, |_| Fetch::new("/", "{\"active\":true"));
        lines[0].rounds.push(run(&limit, scripts, plan.span).await);
        for ((line, order), (_, server, _)) in lines[1..].iter_mut().zip(&orders).zip(servers) {
            let scripts = times(READERS, |_| Introspect::new(order, "acc_"));
            line.rounds.push(run(server, scripts, plan.span).await);
        }
    }
    lines
}

/// Asks about each of [`WARM`] tokens once.
async fn warm_up(server: &Server, sessions: usize) {
    let order = Order::once(WARM, sessions);
    let scripts = times(READERS, |_| Introspect::new(&order, "acc_"));
    run(server, scripts, Duration::from_mins(5)).await;
}

/// Introspection of tokens that were never asked about: each round begins with a new process.
async fn cold(plan: &Plan, site: &Site) {
    let floor = Server::start(command(&["serve-floor", &site.file().display().to_string()]));
    let mut lines = ["floor, SQLite", "countersign"].map(line);
    for round in 0..plan.rounds {
        lines[0].rounds.push(never_asked(plan, &floor, round, "ses_").await);
        let ours = Server::start(site.countersign());
        lines[1].rounds.push(never_asked(plan, &ours, round, "acc_").await);
    }
    table("introspection, cold, SQLite", &lines);
}

async fn cold_postgres(plan: &Plan, site: &Site) {
    let floor = Server::start(command(&["serve-postgres-floor", &site.database]));
    let mut lines = ["floor, PostgreSQL", "countersign"].map(line);
    for round in 0..plan.rounds {
        lines[0].rounds.push(never_asked(plan, &floor, round, "ses_").await);
        let ours = Server::start(site.countersign());
        lines[1].rounds.push(never_asked(plan, &ours, round, "acc_").await);
    }
    table("introspection, cold, PostgreSQL", &lines);
}

/// A round in which no token comes twice, after a tenth of them has opened what must be open.
async fn never_asked(
    plan: &Plan,
    server: &Server,
    round: usize,
    subject: &'static str,
) -> Measured {
    let sessions = plan.sessions;
    // Begins elsewhere each time, so that no round finds what the one before left in memory.
    let from = round * sessions / 3;
    let opened = Order::walk(from, from + sessions / 20, sessions);
    run(server, times(READERS, |_| Introspect::new(&opened, subject)), plan.span).await;
    let order = Order::walk(from + sessions / 20, from + sessions, sessions);
    run(server, times(READERS, |_| Introspect::new(&order, subject)), plan.span).await
}

/// Introspection at a steady rate that leaves time, alone and while many people mistype their
/// password.
async fn passwords(plan: &Plan, ours: &Server) {
    warm_up(ours, plan.sessions).await;
    let order = Order::around(WARM, plan.sessions);
    let mut lines = ["no passwords", "wrong passwords"].map(line);
    for _ in 0..plan.rounds {
        for (line, people) in lines.iter_mut().zip([0, GUESSERS]) {
            let scripts = times(READERS, |_| Paced::new(Introspect::new(&order, "acc_"), REST));
            let beside = times(people, |_| WrongPassword::new(&ours.get("/sign-in")));
            line.rounds.push(run_beside(ours, scripts, beside, plan.span).await);
        }
    }
    waits("introspection at a steady rate, beside", &lines);
}
