//! Account → Projects: public tokens. They take the browser's cookie, and nothing else.

use actix_web::web::{Data, Path, Payload};
use actix_web::{HttpRequest, HttpResponse};

use super::account::{person_error, value};
use super::answer::see_other;
use super::pages::projects::{ProjectError, ProjectLine, ProjectsPage};
use super::person::{Posted, posted, signed_in, to_sign_in, visitor};
use super::visitor::Visitor;
use crate::app::App;
use crate::domain::project::Project;
use crate::flow::api_key::{KeyError, LONGEST_NAME};
use crate::flow::principal::Human;
use crate::flow::project::{self, Offer};

/// `GET /account/projects`.
pub async fn list(request: HttpRequest, app: Data<App>) -> HttpResponse {
    let visitor = match visitor(&app, &request).await {
        Ok(visitor) => visitor,
        Err(answer) => return answer,
    };
    let Some(human) = visitor.human() else { return to_sign_in(&request) };
    let revoked = request.query_string() == "done=revoked";
    page(&app, &visitor, human, Entered { name: "", error: None, revoked }).await
}

/// `POST /account/projects`.
pub async fn create(request: HttpRequest, payload: Payload, app: Data<App>) -> HttpResponse {
    let Posted { visitor, form, occasion } = match posted(&app, &request, payload).await {
        Ok(posted) => posted,
        Err(answer) => return answer,
    };
    let human = match signed_in(&app, &visitor) {
        Ok(human) => human,
        Err(answer) => return answer,
    };
    let Some(offer) = project::offer(&app, value(&form, "profile")) else {
        return visitor.error(&app, 400, None, Some(request.path()));
    };
    let name = value(&form, "name");
    let error = match project::create(&app, human, &offer, name, &occasion).await {
        Ok(_) => return see_other("/account/projects"),
        Err(KeyError::NameMissing) => ProjectError::NameMissing,
        Err(KeyError::TooLong) => ProjectError::TooLong,
        Err(KeyError::TooMany) => ProjectError::TooMany,
        Err(KeyError::Person(error)) => return person_error(&app, &visitor, &error),
        Err(_) => return visitor.error(&app, 400, None, Some(request.path())),
    };
    page(&app, &visitor, human, Entered { name, error: Some(error), revoked: false }).await
}

/// `POST /account/projects/{id}/revoke`: immediate, without undo.
pub async fn revoke(
    request: HttpRequest,
    id: Path<String>,
    payload: Payload,
    app: Data<App>,
) -> HttpResponse {
    let Posted { visitor, occasion, .. } = match posted(&app, &request, payload).await {
        Ok(posted) => posted,
        Err(answer) => return answer,
    };
    let revoked = match signed_in(&app, &visitor) {
        Ok(human) => project::revoke(&app, human, &id, &occasion).await,
        Err(answer) => return answer,
    };
    match revoked {
        Ok(()) => see_other("/account/projects?done=revoked"),
        Err(error) => person_error(&app, &visitor, &error),
    }
}

/// What was done before the page is shown.
struct Entered<'a> {
    name: &'a str,
    error: Option<ProjectError>,
    revoked: bool,
}

async fn page(app: &App, visitor: &Visitor, human: &Human, entered: Entered<'_>) -> HttpResponse {
    let projects = match project::list(app, human).await {
        Ok(projects) => projects,
        Err(error) => return person_error(app, visitor, &error),
    };
    let page = ProjectsPage {
        frame: &visitor.frame(app),
        csrf: visitor.form_token(),
        projects: projects.iter().map(|project| line(app, project)).collect(),
        profiles: project::offers(app).map(|offer| offer.profile.name.as_str()).collect(),
        name: entered.name,
        longest_name: LONGEST_NAME,
        error: entered.error,
        revoked: entered.revoked,
    };
    visitor.page(app, if entered.error.is_some() { 422 } else { 200 }, &page)
}

fn line<'a>(app: &'a App, project: &'a Project) -> ProjectLine<'a> {
    let snippet = |offer: Offer<'_>| offer.rules.snippet.clone();
    let snippet = project::offer(app, &project.profile).and_then(snippet);
    ProjectLine {
        id: project.id.as_str(),
        name: &project.name,
        profile: &project.profile,
        token: &project.token,
        snippet: snippet.map(|snippet| snippet.replace("{token}", &project.token)),
        created_at: project.created_at,
        revoked_at: project.revoked_at,
    }
}
