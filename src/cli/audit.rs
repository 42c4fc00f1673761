//! `countersign audit verify`.

use std::io::{IsTerminal as _, Write as _, stderr};

use super::account::open;
use super::arguments::AuditVerify;
use super::{Failure, load, runtime, say};
use crate::domain::examination::Finding;
use crate::flow::history;
use crate::flow::upkeep;
use crate::protocol::timestamp::Timestamp;

/// Examines the audit trail and says what does not hold, a line each.
///
/// # Errors
///
/// Something does not hold, or the database is away.
pub fn verify(arguments: AuditVerify, environment: Vec<(String, String)>) -> Result<(), Failure> {
    let settings = load(arguments.settings, environment)?;
    runtime()?.block_on(async move {
        let app = open(settings).await?;
        let report = history::verify(&app, progress).await;
        upkeep::close(&app).await;
        let report = report?;
        for finding in &report.findings {
            say(&line(finding))?;
        }
        let short = arguments.at_least.filter(|least| report.count < *least);
        if let Some(least) = short {
            say(&format!("missing: there were {least} entries or more, and now {}", report.count))?;
        }
        if short.is_some() || !report.findings.is_empty() {
            return Err(Failure::Runtime("the audit trail does not hold".to_owned()));
        }
        say(&format!(
            "the audit trail holds: {} entries, {} of them removed at their age, {} not linked yet",
            report.count, report.removed, report.unlinked
        ))
    })
}

/// Somebody who waits at a terminal sees how far it is.
fn progress(seen: i64, all: i64) {
    let mut terminal = stderr().lock();
    if terminal.is_terminal() {
        // If nobody reads it, nobody needs it.
        let _nobody_reads = write!(terminal, "\r{seen} of {all} entries");
    }
}

fn line(finding: &Finding) -> String {
    let parts = [
        ("entry", finding.position.map(|position| position.to_string())),
        ("id", finding.id.clone()),
        ("chain", finding.chain.clone()),
        ("at", finding.at.map(Timestamp::iso)),
    ];
    let parts = parts.into_iter().filter_map(|(name, value)| Some(format!("{name}={}", value?)));
    let words: Vec<String> =
        std::iter::once(finding.fault.name().to_owned()).chain(parts).collect();
    words.join(" ")
}
