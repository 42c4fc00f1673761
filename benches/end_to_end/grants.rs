//! Tokens issued, durably, for many agents at once.

use countersign::domain::ask::Door;

use super::Plan;
use super::approved::{redeem_code, redeem_device_code};
use super::child::Server;
use super::load::{Script, run};
use super::report::{line, table};
use super::script::{Exchange, Order, Redeem, Refresh};
use super::seed::{REGISTERED, Site, refresh_token};
use super::workload::times;
use super::yardstick::command;

pub const PARTS: [&str; 4] = ["issue", "refresh", "code", "device"];

/// Those that collect what a person has approved, and where it was asked.
pub const DOORS: [(&str, Door); 2] = [("code", Door::Code), ("device", Door::Device)];

const WRITERS: usize = 64;

/// Codes that one round may redeem, for each millisecond that it lasts; with the last it is over.
const REDEMPTIONS: usize = 5;

/// Codes of one kind that one round may redeem.
pub fn redemptions(plan: &Plan) -> usize {
    usize::try_from(plan.span.as_millis()).expect("a short round") * REDEMPTIONS
}

/// Each of [`PARTS`] beside a floor that writes the same rows to a copy of the database.
pub async fn measure(plan: &Plan, site: &Site, ours: &Server) {
    let copy = site.file().with_extension("floor");
    std::fs::copy(site.file(), &copy).expect("a copy");
    let arguments = ["serve-grouped-floor", &copy.display().to_string(), &site.point];
    let floor = Server::start(command(&arguments));
    let servers = [&floor, ours];
    if plan.has("issue") {
        let assertion =
            |round: usize, at: usize| &site.assertions[(round * WRITERS + at) % REGISTERED];
        let scripts = |round| times(WRITERS, |at| Exchange::new(assertion(round, at)));
        grant(plan, "token issue", "assertion exchange", servers, scripts).await;
    }
    if plan.has("refresh") {
        // Every connection begins with a token that nobody has refreshed.
        let last = plan.sessions - 1;
        let token =
            |round: usize, at: usize| refresh_token(last - (round * WRITERS + at) % plan.sessions);
        let scripts = |round| times(WRITERS, |at| Refresh::new(token(round, at).reveal()));
        grant(plan, "refresh", "refresh", servers, scripts).await;
    }
    let codes = |round: usize| {
        let count = redemptions(plan);
        Order::walk(round * count, (round + 1) * count, plan.rounds * count)
    };
    let redeem = |round: usize, body: fn(usize) -> String| {
        let order = codes(round);
        times(WRITERS, |_| Redeem::new(&order, body))
    };
    if plan.has("code") {
        let scripts = |round| redeem(round, redeem_code);
        grant(plan, "authorization code", "code exchange", servers, scripts).await;
    }
    if plan.has("device") {
        let scripts = |round| redeem(round, redeem_device_code);
        grant(plan, "device grant", "device redemption", servers, scripts).await;
    }
}

async fn grant(
    plan: &Plan,
    title: &str,
    name: &'static str,
    servers: [&Server; 2],
    scripts: impl Fn(usize) -> Vec<Box<dyn Script>>,
) {
    let mut lines = ["floor, grouped, durable", name].map(line);
    for round in 0..plan.rounds {
        for (line, server) in lines.iter_mut().zip(servers) {
            line.rounds.push(run(server, scripts(round), plan.span).await);
        }
    }
    table(title, &lines);
}
