//! What is measured, in which order.

use std::path::Path;
use std::time::Duration;

use tempfile::tempdir;

use super::Plan;
use super::child::Server;
use super::load::{Measured, Script, run};
use super::report::{Line, spread, table};
use super::script::{Exchange, Fetch, Introspect, Order, Refresh};
use super::seed::{REGISTERED, Site, refresh_token};
use super::yardstick::command;

const READERS: usize = 16;
const WRITERS: usize = 64;

/// Tokens in use when the cache is warm.
const WARM: usize = 10_000;

/// How often a start is timed.
const STARTS: usize = 10;

pub async fn measure(plan: &Plan) {
    let folder = tempdir().expect("a folder");
    let file = folder.path().join("countersign.db");
    let database = format!("sqlite://{}", file.display());
    let site = Site::fill(folder.path(), &database, plan.sessions).await;
    println!("{} sessions, {} rounds of {:?}", plan.sessions, plan.rounds, plan.span);

    start_up(&site);
    let idle = Server::start(site.countersign());
    idle.get("/healthz");
    tokio::time::sleep(plan.span.max(Duration::from_millis(500))).await;
    println!("idle: {:.1} MiB resident", idle.memory().0);
    drop(idle);

    let ours = Server::start(site.countersign());
    documents(plan, &ours).await;
    warm(plan, &ours).await;
    cold(plan, &site, &file).await;
    issue(plan, &site, &ours, &file).await;
    let (now, most) = ours.memory();
    println!("\nunder load: {now:.1} MiB resident, {most:.1} MiB at most");
    drop(ours);
    if let Some(url) = &plan.postgres {
        let folder = tempdir().expect("a folder");
        let site = Site::fill(folder.path(), url, plan.sessions).await;
        cold_postgres(plan, &site).await;
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
    let mut lines = vec![Line { name: "limit", rounds: Vec::new() }];
    lines.extend(DOCUMENTS.map(|(name, _)| Line { name, rounds: Vec::new() }));
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
    let mut lines = ["limit", "countersign"].map(|name| Line { name, rounds: Vec::new() });
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
    let mut lines = ["floor, SQLite", "countersign"].map(|name| Line { name, rounds: Vec::new() });
    for round in 0..plan.rounds {
        lines[0].rounds.push(never_asked(plan, &floor, round, "ses_").await);
        let ours = Server::start(site.countersign());
        lines[1].rounds.push(never_asked(plan, &ours, round, "acc_").await);
    }
    table("introspection, cold, SQLite", &lines);
}

async fn cold_postgres(plan: &Plan, site: &Site) {
    let floor = Server::start(command(&["serve-postgres-floor", &site.database]));
    let mut lines =
        ["floor, PostgreSQL", "countersign"].map(|name| Line { name, rounds: Vec::new() });
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

/// Tokens issued, durably, to many agents at once.
async fn issue(plan: &Plan, site: &Site, ours: &Server, file: &Path) {
    let copy = file.with_extension("floor");
    std::fs::copy(file, &copy).expect("a copy");
    let arguments = ["serve-grouped-floor", &copy.display().to_string(), &site.point];
    let floor = Server::start(command(&arguments));
    let assertion = |round: usize, at: usize| &site.assertions[(round * WRITERS + at) % REGISTERED];
    let names = ["floor, grouped, durable", "assertion exchange"];
    let mut lines = names.map(|name| Line { name, rounds: Vec::new() });
    for round in 0..plan.rounds {
        for (line, server) in lines.iter_mut().zip([&floor, ours]) {
            let scripts = times(WRITERS, |at| Exchange::new(assertion(round, at)));
            line.rounds.push(run(server, scripts, plan.span).await);
        }
    }
    table("token issue", &lines);
    let mut line = Line { name: "refresh", rounds: Vec::new() };
    for round in 0..plan.rounds {
        let scripts = times(WRITERS, |at| {
            Refresh::new(refresh_token(plan.sessions - 1 - (round * WRITERS + at)).reveal())
        });
        line.rounds.push(run(ours, scripts, plan.span).await);
    }
    let [floor_line, _] = lines;
    table("refresh", &[floor_line, line]);
}
