//! `countersign account add`, `reset`, `plan`, `close` and `reopen`.

use std::io::{self, Read as _};

use zeroize::Zeroizing;

use super::arguments::{AccountAdd, AccountNamed, AccountPlan};
use super::{Failure, load, runtime, say};
use crate::app::App;
use crate::clock::Clock;
use crate::config::Settings;
use crate::domain::account::{LONGEST_PASSWORD, SHORTEST_PASSWORD};
use crate::entropy::Entropy;
use crate::flow;
use crate::flow::account::{self, EntryError, NewPerson};
use crate::flow::admin;
use crate::flow::error::PersonError;
use crate::flow::link;
use crate::flow::start::start;
use crate::flow::upkeep;
use crate::protocol::secret::Secret;

/// Adds a person.
///
/// # Errors
///
/// The address is taken, the password is not acceptable, or the database is away.
pub fn add(arguments: AccountAdd, environment: Vec<(String, String)>) -> Result<(), Failure> {
    let password = if arguments.password_stdin { read_password()? } else { Zeroizing::default() };
    if arguments.password_stdin && password.is_empty() {
        return Err(Failure::Runtime("no password came on standard input".to_owned()));
    }
    let settings = load(arguments.settings, environment)?;
    runtime()?.block_on(async move {
        let app = open(settings).await?;
        let person = NewPerson {
            name: arguments.name.as_deref().unwrap_or_default(),
            email: &arguments.email,
            password: &password,
        };
        let added = account::add(&app, &person, arguments.admin, app.clock.now()).await;
        upkeep::close(&app).await;
        match added.map_err(explain)? {
            Some(link) => say(&link_to(&app, &link)),
            None => say(&format!("added {}", arguments.email)),
        }
    })
}

/// Lets a person back in.
///
/// # Errors
///
/// Nobody has the address, or the database is away.
pub fn reset(arguments: AccountNamed, environment: Vec<(String, String)>) -> Result<(), Failure> {
    let settings = load(arguments.settings, environment)?;
    runtime()?.block_on(async move {
        let app = open(settings).await?;
        let reset = link::reset(&app, &arguments.email, app.clock.now()).await;
        upkeep::close(&app).await;
        say(&link_to(&app, &reset.map_err(explain)?))
    })
}

/// Gives a person another plan.
///
/// # Errors
///
/// Nobody has the address, no profile has the plan, or the database is away.
pub fn plan(arguments: AccountPlan, environment: Vec<(String, String)>) -> Result<(), Failure> {
    let settings = load(arguments.settings, environment)?;
    runtime()?.block_on(async move {
        let app = open(settings).await?;
        let (email, plan) = (&arguments.email, &arguments.plan);
        let assigned = flow::plan::assign(&app, email, plan, app.clock.now()).await;
        upkeep::close(&app).await;
        assigned.map_err(explain)?;
        say(&format!("{email} has the plan {plan}"))
    })
}

/// Closes an account, or opens it again.
///
/// # Errors
///
/// Nobody has the address, it is so already, or the database is away.
pub fn close(
    arguments: AccountNamed,
    reopens: bool,
    environment: Vec<(String, String)>,
) -> Result<(), Failure> {
    let settings = load(arguments.settings, environment)?;
    runtime()?.block_on(async move {
        let app = open(settings).await?;
        let (email, now) = (&arguments.email, app.clock.now());
        let done = if reopens {
            admin::reopen(&app, email, now).await
        } else {
            admin::close(&app, email, now).await
        };
        upkeep::close(&app).await;
        done.map_err(explain)?;
        let state = if reopens { "open again, with nothing in it" } else { "closed" };
        say(&format!("the account of {email} is {state}"))
    })
}

/// Everything one node is made of, for a command.
pub async fn open(settings: Settings) -> Result<App, Failure> {
    start(settings, Clock::System, Entropy::system()).await.map_err(Failure::to_start)
}

/// The address of a one-time link.
#[must_use]
pub fn link_to(app: &App, link: &Secret) -> String {
    app.settings.issuer.url(&format!("/welcome/{}", link.reveal()))
}

/// One line, without its end.
fn read_password() -> Result<Zeroizing<String>, Failure> {
    let mut text = Zeroizing::new(String::new());
    io::stdin().lock().take(4_096).read_to_string(&mut text)?;
    Ok(Zeroizing::new(text.lines().next().unwrap_or_default().to_owned()))
}

pub(super) fn explain(error: EntryError) -> Failure {
    Failure::Runtime(match error {
        EntryError::Email => "that is not an e-mail address".to_owned(),
        EntryError::Password => format!(
            "a password has {SHORTEST_PASSWORD} to {LONGEST_PASSWORD} characters and is not easy to guess"
        ),
        EntryError::Taken => "that address has an account already".to_owned(),
        EntryError::Plan => "no profile of the settings has a plan of that name".to_owned(),
        EntryError::AccountClosed => "the account of that address is closed".to_owned(),
        EntryError::Already => "the account of that address is so already".to_owned(),
        EntryError::Person(PersonError::NotFound) => "nobody has that address".to_owned(),
        error => return error.into(),
    })
}
