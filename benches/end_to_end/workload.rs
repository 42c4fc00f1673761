//! What is measured, in which order.

use std::path::Path;
use std::time::Duration;

use tempfile::tempdir;

use super::Plan;
use super::child::Server;
use super::load::{Measured, Script, run, run_beside};
use super::nodes;
use super::report::{Line, spread, table, waits};
use super::script::{Exchange, Fetch, Introspect, Order, Paced, Refresh, WrongPassword};
use super::seed::{REGISTERED, Site, refresh_token};
use super::yardstick::command;

const READERS: usize = 16;
const WRITERS: usize = 64;

/// Tokens in use when the cache is warm.
const WARM: usize = 10_000;

/// People who mistype their password at once, and how long an API rests between questions then.
const GUESSERS: usize = 8;
const REST: Duration = Duration::from_millis(5);

/// How often a start is timed.
const STARTS: usize = 10;

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
    let file = folder.path().join("countersign.db");
    let database = format!("sqlite://{}", file.display());
    let site = Site::fill(folder.path(), &database, plan.sessions).await;
    if plan.has("start") {
        start_up(&site);
        let idle = Server::start(site.countersign());
        idle.get("/healthz");
        tokio::time::sleep(plan.span.max(Duration::from_millis(500))).await;
        println!("idle: {:.1} MiB resident", idle.memory().0);
    }
    on_sqlite(plan, &site, &file).await;
}

async fn on_sqlite(plan: &Plan, site: &Site, file: &Path) {
    let ours = Server::start(site.countersign());
    if plan.has("documents") {
        documents(plan, &ours).await;
    }
    if plan.has("warm") {
        warm(plan, &ours).await;
    }
    if plan.has("cold") {
        cold(plan, site, file).await;
    }
    if plan.has("issue") || plan.has("refresh") {
        write(plan, site, &ours, file).await;
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

fn line(name: &'static str) -> Line {
    Line { name, rounds: Vec::new() }
}

fn times(count: usize, script: impl Fn(usize) -> Box<dyn Script>) -> Vec<Box<dyn Script>> {
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
    let limit = Server::start(command(&["serve-limit"]));
    let tokens = WARM.min(plan.sessions);
    warm_up(ours, &Order::walk(0, tokens, tokens)).await;
    let order = Order::around(tokens);
    let mut lines = ["limit", "countersign"].map(line);
    for _ in 0..plan.rounds {
        let scripts = times(READERS, |_| Fetch::new("/", "{\"active\":true"));
        lines[0].rounds.push(run(&limit, scripts, plan.span).await);
        let scripts = times(READERS, |_| Introspect::new(&order, "acc_"));
        lines[1].rounds.push(run(ours, scripts, plan.span).await);
    }
    table("introspection, warm", &lines);
}

async fn warm_up(server: &Server, order: &std::rc::Rc<Order>) {
    let scripts = times(READERS, |_| Introspect::new(order, "acc_"));
    run(server, scripts, Duration::from_mins(5)).await;
}

/// Introspection of tokens that were never asked about: each round begins with a new process.
async fn cold(plan: &Plan, site: &Site, file: &Path) {
    let floor = Server::start(command(&["serve-floor", &file.display().to_string()]));
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

/// Tokens issued and refreshed, durably, for many agents at once.
async fn write(plan: &Plan, site: &Site, ours: &Server, file: &Path) {
    let copy = file.with_extension("floor");
    std::fs::copy(file, &copy).expect("a copy");
    let arguments = ["serve-grouped-floor", &copy.display().to_string(), &site.point];
    let floor = Server::start(command(&arguments));
    if plan.has("issue") {
        let assertion =
            |round: usize, at: usize| &site.assertions[(round * WRITERS + at) % REGISTERED];
        let grants = ["floor, grouped, durable", "assertion exchange"];
        let script = |round, at| Exchange::new(assertion(round, at));
        grant(plan, "token issue", grants.map(line), [&floor, ours], script).await;
    }
    if plan.has("refresh") {
        // Every connection begins with a token that nobody has refreshed.
        let last = plan.sessions - 1;
        let script = |round, at| {
            Refresh::new(refresh_token(last - (round * WRITERS + at) % plan.sessions).reveal())
        };
        let names = ["floor, grouped, durable", "refresh"];
        grant(plan, "refresh", names.map(line), [&floor, ours], script).await;
    }
}

async fn grant(
    plan: &Plan,
    title: &str,
    mut lines: [Line; 2],
    servers: [&Server; 2],
    script: impl Fn(usize, usize) -> Box<dyn Script>,
) {
    for round in 0..plan.rounds {
        for (line, server) in lines.iter_mut().zip(servers) {
            let scripts = times(WRITERS, |at| script(round, at));
            line.rounds.push(run(server, scripts, plan.span).await);
        }
    }
    table(title, &lines);
}

/// Introspection at a steady rate that leaves time, alone and while many people mistype their
/// password.
async fn passwords(plan: &Plan, ours: &Server) {
    let tokens = WARM.min(plan.sessions);
    warm_up(ours, &Order::walk(0, tokens, tokens)).await;
    let order = Order::around(tokens);
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
