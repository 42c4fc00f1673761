//! `/account/join/{link}`: the page behind an invitation.

use actix_web::web::{Data, Path, Payload};
use actix_web::{HttpRequest, HttpResponse};

use super::account::person_error;
use super::answer::see_other;
use super::organizations::line;
use super::pages::join::{JoinError, JoinPage, NoInvitationPage};
use super::person::{Posted, posted, signed_in, to_sign_in, visitor};
use super::visitor::Visitor;
use crate::app::App;
use crate::domain::organization::Refused;
use crate::flow::organization::{self, Asked, OrganizationError};
use crate::flow::principal::Human;

/// `GET /account/join/{link}`: looking does not take the invitation up.
pub async fn show(request: HttpRequest, link: Path<String>, app: Data<App>) -> HttpResponse {
    let visitor = match visitor(&app, &request).await {
        Ok(visitor) => visitor,
        Err(answer) => return answer,
    };
    let Some(human) = visitor.human() else { return to_sign_in(&request) };
    page(&app, &visitor, (human, &link), None).await
}

/// `POST /account/join/{link}`.
pub async fn join(
    request: HttpRequest,
    link: Path<String>,
    payload: Payload,
    app: Data<App>,
) -> HttpResponse {
    let Posted { visitor, occasion, .. } = match posted(&app, &request, payload).await {
        Ok(posted) => posted,
        Err(answer) => return answer,
    };
    let human = match signed_in(&app, &visitor) {
        Ok(human) => human,
        Err(answer) => return answer,
    };
    let error = match organization::join(&app, human, &link, &occasion).await {
        Ok(joined) => return see_other(&format!("/account/organizations/{}", joined.slug)),
        Err(OrganizationError::Refused(Refused::Already)) => JoinError::Already,
        Err(OrganizationError::Refused(Refused::Full)) => JoinError::Full,
        Err(OrganizationError::Person(error)) => return person_error(&app, &visitor, &error),
        Err(_) => return no_invitation(&app, &visitor),
    };
    page(&app, &visitor, (human, &link), Some(error)).await
}

async fn page(
    app: &App,
    visitor: &Visitor,
    (human, link): (&Human, &str),
    error: Option<JoinError>,
) -> HttpResponse {
    let asked = match organization::invitation(app, human, link, visitor.now).await {
        Ok(asked) => asked,
        Err(OrganizationError::Person(error)) => return person_error(app, visitor, &error),
        Err(_) => return no_invitation(app, visitor),
    };
    let Asked { invitation, organization, invited_by } = &asked;
    let page = JoinPage {
        frame: &visitor.frame(app),
        csrf: visitor.form_token(),
        link,
        organization: line(organization, invitation.role),
        invited_by: invited_by.email.as_str(),
        error,
    };
    visitor.page(app, if error.is_some() { 409 } else { 200 }, &page)
}

fn no_invitation(app: &App, visitor: &Visitor) -> HttpResponse {
    visitor.page(app, 410, &NoInvitationPage { frame: &visitor.frame(app) })
}
