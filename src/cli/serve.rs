//! `countersign serve`.

use std::io::{IsTerminal as _, stderr};
use std::sync::Arc;

use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt;
use tracing_subscriber::prelude::*;
use url::Url;

use super::account::link_to;
use super::{Failure, say};
use crate::app::App;
use crate::clock::Clock;
use crate::config::Settings;
use crate::entropy::Entropy;
use crate::flow::link::first_account_link;
use crate::flow::start::start;
use crate::web::server::{self, Listening, listen};

/// Migrates, then serves until told to stop.
///
/// # Errors
///
/// The database, the master secret, the addresses or TLS cannot be used.
pub fn run(settings: Settings) -> Result<(), Failure> {
    log_to_stderr();
    server::block_on(async move {
        let app = start(settings, Clock::System, Entropy::system()).await;
        let app = Arc::new(app.map_err(Failure::to_start)?);
        let first = first_account_link(&app, app.clock.now()).await?;
        let listening = listen(Arc::clone(&app))?;
        warn_of_nobody_at_the_issuer(&app, &listening);
        introduce(&app, &listening, first.map(|link| link_to(&app, &link)).as_deref())?;
        Ok(listening.run().await?)
    })
}

/// The line that scripts wait for, and what a newcomer does next. Whoever stops reading
/// after the first line does not stop the server.
fn introduce(app: &App, listening: &Listening, first: Option<&str>) -> Result<(), Failure> {
    say(&format!("listening on {}", listening.url()))?;
    let url = |path: &str| app.settings.issuer.url(path);
    let mut lines = Vec::new();
    lines.extend(first.map(|link| format!("create the first account (once):  {link}")));
    if app.settings.demo {
        lines.push(format!("be the agent:                     curl -i {}", url("/demo/notes")));
    }
    lines.push(format!("what agents read:                 {}", url("/auth.md")));
    lines.push(format!("agent sessions, for people:       {}", url("/account/sessions")));
    if lines.iter().any(|line| say(line).is_err()) {
        tracing::warn!("nobody reads standard output");
    }
    Ok(())
}

/// A loopback issuer is this machine, so what it names should be this server: after a change
/// of `listen` alone, every link that is printed leads elsewhere.
fn warn_of_nobody_at_the_issuer(app: &App, listening: &Listening) {
    let (issuer, port) = (&app.settings.issuer, listening.address().port());
    let named = Url::parse(issuer.as_str()).ok().and_then(|url| url.port_or_known_default());
    if issuer.is_loopback() && named != Some(port) {
        tracing::warn!(
            issuer = issuer.as_str(),
            listening = %listening.address(),
            "links lead to the issuer, which is another port; set issuer as well, unless a proxy is there"
        );
    }
}

/// `actix_http` calls every head it cannot read an error; it was answered, and is no error of
/// the operator's.
fn without_chatter() -> Targets {
    Targets::new()
        .with_default(LevelFilter::INFO)
        .with_target("sqlx", LevelFilter::WARN)
        .with_target("actix_server", LevelFilter::WARN)
        .with_target("actix_http", LevelFilter::OFF)
}

/// Human-readable on a terminal, JSON lines otherwise.
fn log_to_stderr() {
    #[expect(clippy::disallowed_methods, reason = "a habit of Rust programs, no setting of ours")]
    let chosen = std::env::var("RUST_LOG").ok().and_then(|chosen| chosen.parse().ok());
    let subscriber = tracing_subscriber::registry().with(chosen.unwrap_or_else(without_chatter));
    let lines = fmt::layer().with_writer(stderr);
    if stderr().is_terminal() {
        subscriber.with(lines.with_target(false)).init();
    } else {
        subscriber.with(lines.json()).init();
    }
}
