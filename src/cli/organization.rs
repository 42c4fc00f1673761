//! `countersign organization plan`.

use super::account::{explain, open};
use super::arguments::OrganizationPlan;
use super::{Failure, load, runtime, say};
use crate::flow::account::EntryError;
use crate::flow::error::PersonError;
use crate::flow::organization;
use crate::flow::upkeep;

/// Gives an organization another plan.
///
/// # Errors
///
/// There is none of that short name, no profile has the plan, or the database is away.
pub fn plan(
    arguments: OrganizationPlan,
    environment: Vec<(String, String)>,
) -> Result<(), Failure> {
    let settings = load(arguments.settings, environment)?;
    runtime()?.block_on(async move {
        let app = open(settings).await?;
        let (slug, plan) = (&arguments.slug, &arguments.plan);
        let assigned = organization::assign_plan(&app, slug, plan, app.clock.now()).await;
        upkeep::close(&app).await;
        assigned.map_err(|error| match error {
            EntryError::Person(PersonError::NotFound) => {
                Failure::Runtime("no organization has that short name".to_owned())
            }
            error => explain(error),
        })?;
        say(&format!("{slug} has the plan {plan}"))
    })
}
