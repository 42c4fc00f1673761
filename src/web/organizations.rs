//! Account → Organizations: the list, and a new one. They take the browser's cookie, and nothing
//! else.

use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse};

use super::account::{person_error, value};
use super::answer::see_other;
use super::pages::organizations::{
    Done, NewOrganizationError, OrganizationLine, OrganizationsPage,
};
use super::person::{Posted, posted, signed_in, to_sign_in, visitor};
use super::visitor::Visitor;
use crate::app::App;
use crate::domain::organization::{Organization, Role};
use crate::flow::api_key::LONGEST_NAME;
use crate::flow::organization::{self, OrganizationError};
use crate::flow::principal::Human;

pub(super) const LIST: &str = "/account/organizations";

/// `GET /account/organizations`.
pub async fn list(request: HttpRequest, app: Data<App>) -> HttpResponse {
    let visitor = match visitor(&app, &request).await {
        Ok(visitor) => visitor,
        Err(answer) => return answer,
    };
    let Some(human) = visitor.human() else { return to_sign_in(&request) };
    let done = match request.query_string() {
        "done=left" => Some(Done::Left),
        "done=dissolved" => Some(Done::Dissolved),
        _ => None,
    };
    list_page(&app, &visitor, human, Entered { done, ..Entered::default() }).await
}

/// What was done, or entered, before the page is shown.
#[derive(Default)]
struct Entered<'a> {
    name: &'a str,
    slug: &'a str,
    error: Option<NewOrganizationError>,
    done: Option<Done>,
}

async fn list_page(
    app: &App,
    visitor: &Visitor,
    human: &Human,
    entered: Entered<'_>,
) -> HttpResponse {
    let organizations = match organization::list(app, human).await {
        Ok(organizations) => organizations,
        Err(error) => return person_error(app, visitor, &error),
    };
    let page = OrganizationsPage {
        frame: &visitor.frame(app),
        csrf: visitor.form_token(),
        organizations: organizations.iter().map(|(own, role)| line(own, *role)).collect(),
        name: entered.name,
        slug: entered.slug,
        longest_name: LONGEST_NAME,
        error: entered.error,
        done: entered.done,
    };
    visitor.page(app, if entered.error.is_some() { 422 } else { 200 }, &page)
}

pub(super) fn line(organization: &Organization, role: Role) -> OrganizationLine<'_> {
    OrganizationLine { slug: &organization.slug, name: &organization.name, role }
}

/// `POST /account/organizations`.
pub async fn found(request: HttpRequest, payload: Payload, app: Data<App>) -> HttpResponse {
    let Posted { visitor, form, occasion } = match posted(&app, &request, payload).await {
        Ok(posted) => posted,
        Err(answer) => return answer,
    };
    let human = match signed_in(&app, &visitor) {
        Ok(human) => human,
        Err(answer) => return answer,
    };
    let (name, slug) = (value(&form, "name"), value(&form, "slug"));
    let error = match organization::found(&app, human, (name, slug), &occasion).await {
        Ok(organization) => return see_other(&format!("{LIST}/{}", organization.slug)),
        Err(OrganizationError::NameMissing) => NewOrganizationError::NameMissing,
        Err(OrganizationError::TooLong) => NewOrganizationError::TooLong,
        Err(OrganizationError::Slug) => NewOrganizationError::Slug,
        Err(OrganizationError::Taken) => NewOrganizationError::Taken,
        Err(OrganizationError::TooMany) => NewOrganizationError::TooMany,
        Err(OrganizationError::Person(error)) => return person_error(&app, &visitor, &error),
        Err(_) => return visitor.error(&app, 400, None, Some(LIST)),
    };
    let entered = Entered { name, slug, error: Some(error), done: None };
    list_page(&app, &visitor, human, entered).await
}
