//! The command line: it stands beside `web` and asks the same use cases.

mod account;
pub mod arguments;
mod audit;
mod organization;
mod serve;

use std::io::{self, Write as _};
use std::process::ExitCode;

use clap::Parser as _;

use self::arguments::{
    AccountCommand, Arguments, AuditCommand, Command, ConfigCommand, OrganizationCommand,
    SettingArguments,
};
use crate::config::{self, Problem, Settings, Sources};
use crate::flow::passkey;
use crate::flow::start::{self, StartError};

/// Exit code of a configuration that cannot be used.
const MISCONFIGURED: u8 = 2;

/// Why a command did not do its work.
pub enum Failure {
    Configuration(Vec<Problem>),
    /// As above, found only when the files and the database were compared.
    Refused(String),
    Runtime(String),
}

impl Failure {
    /// A start that was refused, or failed.
    #[must_use]
    pub fn to_start(error: StartError) -> Self {
        let misconfigured = error.is_misconfiguration();
        match Self::from(error) {
            Self::Runtime(text) if misconfigured => Self::Refused(text),
            failure => failure,
        }
    }
}

impl<E: std::error::Error> From<E> for Failure {
    fn from(error: E) -> Self {
        let mut text = error.to_string();
        let mut cause = error.source();
        while let Some(deeper) = cause {
            let more = deeper.to_string();
            if !text.contains(&more) {
                text.push_str(": ");
                text.push_str(&more);
            }
            cause = deeper.source();
        }
        Self::Runtime(text)
    }
}

/// Runs the command this process was started with.
#[must_use]
pub fn run(environment: Vec<(String, String)>) -> ExitCode {
    match dispatch(Arguments::parse().chosen(), environment) {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failure::Configuration(problems)) => {
            for problem in problems {
                complain(&problem.to_string());
            }
            ExitCode::from(MISCONFIGURED)
        }
        Err(Failure::Refused(text)) => {
            complain(&text);
            ExitCode::from(MISCONFIGURED)
        }
        Err(Failure::Runtime(text)) => {
            complain(&text);
            ExitCode::FAILURE
        }
    }
}

fn dispatch(command: Command, environment: Vec<(String, String)>) -> Result<(), Failure> {
    match command {
        Command::Serve(settings) => serve::run(load(settings, environment)?),
        Command::Migrate(settings) => {
            let settings = load(settings, environment)?;
            let migrated = runtime()?.block_on(start::migrate(&settings));
            Ok(migrated?)
        }
        Command::Account(AccountCommand::Add(add)) => account::add(add, environment),
        Command::Account(AccountCommand::Reset(reset)) => account::reset(reset, environment),
        Command::Account(AccountCommand::Close(named)) => account::close(named, false, environment),
        Command::Account(AccountCommand::Reopen(named)) => account::close(named, true, environment),
        Command::Account(AccountCommand::Plan(plan)) => account::plan(plan, environment),
        Command::Audit(AuditCommand::Verify(verify)) => audit::verify(verify, environment),
        Command::Organization(OrganizationCommand::Plan(plan)) => {
            organization::plan(plan, environment)
        }
        Command::Config(ConfigCommand::Show(settings)) => {
            say(config::show(&settings.sources(environment))
                .map_err(Failure::Configuration)?
                .trim_end())
        }
        Command::Config(ConfigCommand::Check(settings)) => {
            let settings = load(settings, environment)?;
            if !passkey::are_possible(&settings) {
                say("note: without a host name in the issuer people can have no passkeys")?;
            }
            say("the configuration is sound")
        }
    }
}

/// The settings of one command.
///
/// # Errors
///
/// Every problem at once.
pub fn load(
    arguments: SettingArguments,
    environment: Vec<(String, String)>,
) -> Result<Settings, Failure> {
    let sources: Sources = arguments.sources(environment);
    config::load(&sources).map_err(Failure::Configuration)
}

/// The runtime that pools, writers and background work live on.
///
/// # Errors
///
/// Threads cannot be started.
pub fn runtime() -> io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()
}

/// Writes a line to standard output.
///
/// # Errors
///
/// Nobody reads it.
pub fn say(line: &str) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    writeln!(out, "{line}")?;
    Ok(out.flush()?)
}

/// Writes a line to standard error; if nobody reads it, nobody can be told.
fn complain(line: &str) {
    let _nobody_reads = writeln!(io::stderr().lock(), "countersign: {line}");
}
