//! Countersign against the least a server can do, on this machine, in one run:
//!
//! ```text
//! cargo bench --bench end_to_end -- [--smoke] [--only PARTS] [--sessions N] [--seconds S] [--rounds R]
//! tests/support/postgres.sh cargo bench --bench end_to_end -- --postgres [the same]
//! ```
//!
//! Limit, floors and Countersign run in processes of their own and take turns. Every answer is
//! checked. Processor time is read from `/proc`, so other work on the machine moves it little;
//! ratios are taken within a round. `--only` takes some of [`PARTS`], with commas between.
//! `--postgres` measures on the empty database that `COUNTERSIGN_TEST_POSTGRES` names: cold
//! introspection, and how soon a second node refuses what the first revoked.

#![allow(
    clippy::cast_precision_loss,
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::new_ret_no_self,
    clippy::panic,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a benchmark fails by panicking, measures real time, prints, and deals in boxed scripts"
)]

mod approved;
mod child;
mod grants;
mod load;
mod nodes;
mod report;
mod script;
mod seed;
mod workload;
mod yardstick;

use std::time::Duration;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// What can be measured, in this order.
const PARTS: [&str; 13] = [
    "scale",
    "start",
    "documents",
    "warm",
    "forward-auth",
    "keys",
    "cold",
    "issue",
    "refresh",
    "code",
    "device",
    "passwords",
    "nodes",
];

/// How much is measured.
pub struct Plan {
    /// Those of [`PARTS`] that were asked for.
    parts: Vec<&'static str>,
    /// Stored sessions, each with two tokens.
    pub sessions: usize,
    pub span: Duration,
    pub rounds: usize,
    /// An empty PostgreSQL database to measure on instead of SQLite.
    pub postgres: Option<String>,
}

impl Plan {
    fn read(arguments: &[String]) -> Self {
        let mut plan = Self {
            parts: PARTS.to_vec(),
            sessions: 100_000,
            span: Duration::from_secs(2),
            rounds: 5,
            postgres: None,
        };
        let mut arguments = arguments.iter();
        while let Some(argument) = arguments.next() {
            let mut value = || arguments.next().unwrap_or_else(|| panic!("{argument} what?"));
            match argument.as_str() {
                "--smoke" => {
                    plan.sessions = 1_000;
                    plan.span = Duration::from_millis(200);
                    plan.rounds = 1;
                }
                "--sessions" => plan.sessions = value().parse().expect("a number of sessions"),
                "--seconds" => {
                    let seconds = value().parse().expect("a number of seconds");
                    plan.span = Duration::from_secs_f64(seconds);
                }
                "--rounds" => plan.rounds = value().parse().expect("a number of rounds"),
                "--only" => {
                    let only: Vec<&str> = value().split(',').collect();
                    assert!(only.iter().all(|part| PARTS.contains(part)), "of {PARTS:?}");
                    plan.parts.retain(|part| only.contains(part));
                }
                "--postgres" => {
                    let url = std::env::var("COUNTERSIGN_TEST_POSTGRES");
                    plan.postgres = Some(url.expect("tests/support/postgres.sh runs this"));
                }
                // Cargo says so to everything it benches.
                "--bench" => {}
                other => panic!("no such argument: {other}"),
            }
        }
        assert!(plan.rounds > 0 && plan.sessions >= seed::REGISTERED, "too few to measure");
        plan
    }

    /// A smoke run.
    pub fn is_brief(&self) -> bool {
        self.span < Duration::from_secs(1)
    }

    pub fn has(&self, part: &str) -> bool {
        self.parts.contains(&part)
    }
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if yardstick::serve(&arguments) {
        return;
    }
    let plan = Plan::read(&arguments);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.expect("a runtime").block_on(workload::measure(&plan));
}
