//! Account → Organizations → one of them: who belongs, and who is asked to. They take the browser's cookie, and
//! nothing else.

use actix_web::web::{Data, Path, Payload};
use actix_web::{HttpRequest, HttpResponse};

use super::account::{person_error, value};
use super::answer::see_other;
use super::organizations::{LIST, line};
use super::pages::organization::{InvitationLine, MemberError, MemberLine, OrganizationPage};
use super::person::{Posted, posted, sign_in_again, signed_in, to_sign_in, visitor};
use super::visitor::Visitor;
use crate::app::App;
use crate::domain::account::Account;
use crate::domain::organization::{Member, Refused, Role};
use crate::flow::organization::{self, OrganizationError, Shown};
use crate::flow::principal::Human;

/// `GET /account/organizations/{slug}`.
pub async fn show(request: HttpRequest, slug: Path<String>, app: Data<App>) -> HttpResponse {
    let visitor = match visitor(&app, &request).await {
        Ok(visitor) => visitor,
        Err(answer) => return answer,
    };
    let Some(human) = visitor.human() else { return to_sign_in(&request) };
    let changed = request.query_string() == "done=changed";
    page(&app, &visitor, (human, &slug), Told { changed, ..Told::default() }).await
}

/// What is told of what was done before the page is shown.
#[derive(Default)]
struct Told<'a> {
    link: Option<(&'a str, &'a str)>,
    email: &'a str,
    error: Option<MemberError>,
    changed: bool,
}

async fn page(
    app: &App,
    visitor: &Visitor,
    (human, slug): (&Human, &str),
    told: Told<'_>,
) -> HttpResponse {
    let shown = match organization::show(app, human, slug, visitor.now).await {
        Ok(shown) => shown,
        Err(error) => return person_error(app, visitor, &error),
    };
    let page = OrganizationPage {
        frame: &visitor.frame(app),
        csrf: visitor.form_token(),
        organization: line(&shown.organization, shown.role),
        keys: organization::are_offered(app),
        members: members(&shown, human),
        invitations: invitations(&shown),
        link: told.link,
        email: told.email,
        error: told.error,
        changed: told.changed,
    };
    let status = match told.error {
        None => 200,
        Some(MemberError::NotAllowed) => 403,
        Some(_) => 422,
    };
    visitor.page(app, status, &page)
}

fn members<'a>(shown: &'a Shown, human: &Human) -> Vec<MemberLine<'a>> {
    let line = |(member, account): &'a (Member, Account)| MemberLine {
        account: account.id.as_str(),
        name: &account.name,
        email: account.email.as_str(),
        role: member.role,
        since: member.since,
        is_self: account.id == human.account().id,
    };
    shown.members.iter().map(line).collect()
}

fn invitations(shown: &Shown) -> Vec<InvitationLine<'_>> {
    let mut lines = Vec::with_capacity(shown.invitations.len());
    for invitation in &shown.invitations {
        lines.push(InvitationLine {
            id: invitation.id.as_str(),
            email: invitation.email.as_str(),
            role: invitation.role,
            expires_at: invitation.expires_at,
        });
    }
    lines
}

/// `POST /account/organizations/{slug}/invite`. Whoever is asked may make keys, so it takes what
/// making one takes: a sign-in a moment ago.
pub async fn invite(
    request: HttpRequest,
    slug: Path<String>,
    payload: Payload,
    app: Data<App>,
) -> HttpResponse {
    let Posted { visitor, form, occasion } = match posted(&app, &request, payload).await {
        Ok(posted) => posted,
        Err(answer) => return answer,
    };
    let human = match signed_in(&app, &visitor) {
        Ok(human) => human,
        Err(answer) => return answer,
    };
    let Some(role) = form.get("role").and_then(Role::named) else {
        return visitor.error(&app, 400, None, Some(LIST));
    };
    if !human.is_fresh(visitor.now) {
        return sign_in_again(&app, &visitor, &format!("{LIST}/{slug}"));
    }
    let email = value(&form, "email").trim();
    let invited = organization::invite(&app, human, &slug, (email, role), &occasion).await;
    match invited {
        Ok(link) => {
            let url = app.settings.issuer.url(&organization::join_path(&link));
            let told = Told { link: Some((&url, email)), ..Told::default() };
            page(&app, &visitor, (human, &slug), told).await
        }
        Err(error) => refused(&app, &visitor, (human, &slug), (error, email)).await,
    }
}

/// `POST /account/organizations/{slug}/invitations/{id}/withdraw`.
pub async fn withdraw(
    request: HttpRequest,
    path: Path<(String, String)>,
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
    let (slug, id) = path.as_ref();
    let done = organization::withdraw(&app, human, (slug, id), &occasion).await;
    changed(&app, &visitor, (human, slug), done).await
}

/// `POST /account/organizations/{slug}/members/{account}/role`. It takes a sign-in a moment ago, as
/// an invitation does.
pub async fn give_role(
    request: HttpRequest,
    path: Path<(String, String)>,
    payload: Payload,
    app: Data<App>,
) -> HttpResponse {
    let Posted { visitor, form, occasion } = match posted(&app, &request, payload).await {
        Ok(posted) => posted,
        Err(answer) => return answer,
    };
    let human = match signed_in(&app, &visitor) {
        Ok(human) => human,
        Err(answer) => return answer,
    };
    let (slug, account) = path.as_ref();
    let Some(role) = form.get("role").and_then(Role::named) else {
        return visitor.error(&app, 400, None, Some(LIST));
    };
    if !human.is_fresh(visitor.now) {
        return sign_in_again(&app, &visitor, &format!("{LIST}/{slug}"));
    }
    let done = organization::give_role(&app, human, (slug, account), role, &occasion).await;
    changed(&app, &visitor, (human, slug), done).await
}

/// `POST /account/organizations/{slug}/members/{account}/remove`: immediate.
pub async fn part(
    request: HttpRequest,
    path: Path<(String, String)>,
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
    let (slug, account) = path.as_ref();
    let done = organization::part(&app, human, (slug, account), &occasion).await;
    if done.is_ok() && *account == human.account().id.0 {
        return see_other(&format!("{LIST}?done=left"));
    }
    changed(&app, &visitor, (human, slug), done).await
}

/// `POST /account/organizations/{slug}/dissolve`: immediate, without undo.
pub async fn dissolve(
    request: HttpRequest,
    slug: Path<String>,
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
    match organization::dissolve(&app, human, &slug, &occasion).await {
        Ok(()) => see_other(&format!("{LIST}?done=dissolved")),
        done => changed(&app, &visitor, (human, &slug), done).await,
    }
}

async fn changed(
    app: &App,
    visitor: &Visitor,
    (human, slug): (&Human, &str),
    done: Result<(), OrganizationError>,
) -> HttpResponse {
    match done {
        Ok(()) => see_other(&format!("{LIST}/{slug}?done=changed")),
        Err(error) => refused(app, visitor, (human, slug), (error, "")).await,
    }
}

async fn refused(
    app: &App,
    visitor: &Visitor,
    asked: (&Human, &str),
    (error, email): (OrganizationError, &str),
) -> HttpResponse {
    let error = match error {
        OrganizationError::Email => MemberError::Email,
        OrganizationError::Refused(Refused::LastOwner) => MemberError::LastOwner,
        OrganizationError::Refused(Refused::NotThere) => MemberError::Gone,
        OrganizationError::Refused(Refused::Full) => MemberError::Full,
        OrganizationError::Refused(_) => MemberError::NotAllowed,
        OrganizationError::Person(error) => return person_error(app, visitor, &error),
        _ => return visitor.error(app, 400, None, Some(LIST)),
    };
    page(app, visitor, asked, Told { email, error: Some(error), ..Told::default() }).await
}
