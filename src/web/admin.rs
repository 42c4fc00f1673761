//! `/admin`: what administrators look at and do. Whoever is none finds nothing here.

use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse};

use super::account::{person_error, query, value};
use super::answer::see_other;
use super::pages::FieldError;
use super::pages::admin::{AdminPage, DayLine, Sums};
use super::pages::admin_account::{AdminAccountPage, Notice};
use super::pages::admin_accounts::{AccountLine, AdminAccountsPage, Handed};
use super::person::{Posted, posted, sign_in_again, signed_in, to_sign_in, visitor};
use super::visitor::Visitor;
use crate::app::App;
use crate::domain::account::Account;
use crate::flow::account::EntryError;
use crate::flow::admin::{self, Act, AddError, AdminError};
use crate::flow::mailed_link::path_of;
use crate::flow::principal::{Administrator, administrator};

/// `GET /admin`.
pub async fn overview(request: HttpRequest, app: Data<App>) -> HttpResponse {
    let visitor = match visitor(&app, &request).await {
        Ok(visitor) => visitor,
        Err(answer) => return answer,
    };
    let Some(human) = visitor.human() else { return to_sign_in(&request) };
    let Some(by) = administrator(human) else { return visitor.error(&app, 404, None, None) };
    let figures = match admin::figures(&app, &by, visitor.now).await {
        Ok(figures) => figures,
        Err(error) => return person_error(&app, &visitor, &error),
    };
    let sums = figures.sums;
    let page = AdminPage {
        frame: &visitor.frame(&app),
        sums: Sums {
            accounts: sums.accounts,
            sessions: sums.sessions,
            keys: sums.keys,
            clients: sums.clients,
            waiting: sums.waiting,
        },
        days: figures.days.iter().map(day_line).collect(),
    };
    visitor.page(&app, 200, &page)
}

const fn day_line(day: &admin::Day) -> DayLine {
    DayLine {
        begins: day.begins,
        asked: day.asked,
        approved: day.approved,
        denied: day.denied,
        reported: day.reported,
    }
}

/// `GET /admin/accounts`.
pub async fn accounts(request: HttpRequest, app: Data<App>) -> HttpResponse {
    let visitor = match visitor(&app, &request).await {
        Ok(visitor) => visitor,
        Err(answer) => return answer,
    };
    let Some(human) = visitor.human() else { return to_sign_in(&request) };
    let Some(by) = administrator(human) else { return visitor.error(&app, 404, None, None) };
    let search = query(&request, "search").unwrap_or_default();
    let after = query(&request, "after");
    let seen = (search.as_str(), after.as_deref());
    accounts_page(&app, &visitor, (&by, seen), Added::default()).await
}

/// What came of adding somebody.
#[derive(Default)]
struct Added<'a> {
    name: &'a str,
    email: &'a str,
    error: Option<FieldError>,
    done: Option<Handed<'a>>,
}

async fn accounts_page(
    app: &App,
    visitor: &Visitor,
    (by, (search, after)): (&Administrator<'_>, (&str, Option<&str>)),
    added: Added<'_>,
) -> HttpResponse {
    let (found, more) = match admin::list(app, by, search, after).await {
        Ok(found) => found,
        Err(error) => return person_error(app, visitor, &error),
    };
    let last = found.last().map(|account| account.id.as_str());
    let page = AdminAccountsPage {
        frame: &visitor.frame(app),
        csrf: visitor.form_token(),
        accounts: found.iter().map(line).collect(),
        search,
        older: last.filter(|_| more),
        name: added.name,
        email: added.email,
        error: added.error,
        added: added.done,
    };
    visitor.page(app, if added.error.is_some() { 422 } else { 200 }, &page)
}

/// `POST /admin/accounts`: somebody gets an account.
pub async fn add(request: HttpRequest, payload: Payload, app: Data<App>) -> HttpResponse {
    let Posted { visitor, form, occasion } = match posted(&app, &request, payload).await {
        Ok(posted) => posted,
        Err(answer) => return answer,
    };
    let human = match signed_in(&app, &visitor) {
        Ok(human) => human,
        Err(answer) => return answer,
    };
    let Some(by) = administrator(human) else { return visitor.error(&app, 404, None, None) };
    let (name, email) = (value(&form, "name"), value(&form, "email").trim());
    let link = match admin::add(&app, &by, (name, email), &occasion).await {
        Ok(link) => Ok(link.map(|link| app.settings.issuer.url(&path_of(&link)))),
        Err(AddError::NotFresh) => return sign_in_again(&app, &visitor, request.path()),
        Err(AddError::Entry(EntryError::Person(error))) => {
            return person_error(&app, &visitor, &error);
        }
        Err(AddError::Entry(EntryError::Taken)) => Err(FieldError::EmailTaken),
        Err(AddError::Entry(_)) => Err(FieldError::EmailInvalid),
    };
    let added = match &link {
        Ok(link) => {
            let done = link.as_deref().map_or(Handed::ByLetter, Handed::Here);
            Added { email, done: Some(done), ..Added::default() }
        }
        Err(error) => Added { name, email, error: Some(*error), done: None },
    };
    accounts_page(&app, &visitor, (&by, ("", None)), added).await
}

fn line(account: &Account) -> AccountLine<'_> {
    AccountLine {
        id: account.id.as_str(),
        name: &account.name,
        email: account.email.as_str(),
        is_verified: account.email_verified_at.is_some(),
        is_administrator: account.administrator,
        is_closed: !account.is_open(),
        created_at: account.created_at,
    }
}

/// `GET /admin/accounts/{id}`.
pub async fn account(request: HttpRequest, app: Data<App>) -> HttpResponse {
    let visitor = match visitor(&app, &request).await {
        Ok(visitor) => visitor,
        Err(answer) => return answer,
    };
    let Some(human) = visitor.human() else { return to_sign_in(&request) };
    let Some(by) = administrator(human) else { return visitor.error(&app, 404, None, None) };
    let notice = (request.query_string() == "done").then_some(Notice::Done);
    account_page(&app, &visitor, (&by, id(&request)), notice).await
}

async fn account_page(
    app: &App,
    visitor: &Visitor,
    (by, id): (&Administrator<'_>, &str),
    notice: Option<Notice>,
) -> HttpResponse {
    let shown = match admin::show(app, by, id, visitor.now).await {
        Ok(shown) => shown,
        Err(error) => return person_error(app, visitor, &error),
    };
    let (account, holdings) = (&shown.account, shown.holdings);
    let page = AdminAccountPage {
        frame: &visitor.frame(app),
        csrf: visitor.form_token(),
        account: line(account),
        closed_at: account.closed_at,
        plan: account.plan.as_deref(),
        sessions: holdings.sessions,
        keys: holdings.keys,
        projects: holdings.projects,
        organizations: holdings.organizations,
        browsers: holdings.browsers,
        is_self: shown.is_self,
        notice,
    };
    let status = match notice {
        Some(Notice::Oneself) => 403,
        Some(Notice::Moved) => 409,
        Some(Notice::Done) | None => 200,
    };
    visitor.page(app, status, &page)
}

/// `POST /admin/accounts/{id}`.
pub async fn act(request: HttpRequest, payload: Payload, app: Data<App>) -> HttpResponse {
    let Posted { visitor, form, occasion } = match posted(&app, &request, payload).await {
        Ok(posted) => posted,
        Err(answer) => return answer,
    };
    let human = match signed_in(&app, &visitor) {
        Ok(human) => human,
        Err(answer) => return answer,
    };
    let Some(by) = administrator(human) else { return visitor.error(&app, 404, None, None) };
    let (id, page) = (id(&request), request.path());
    let Some(act) = Act::named(value(&form, "act")) else {
        return visitor.error(&app, 400, None, Some(page));
    };
    match admin::act(&app, &by, (id, act), &occasion).await {
        Ok(()) => see_other(&format!("{page}?done")),
        Err(AdminError::NotFresh) => sign_in_again(&app, &visitor, page),
        Err(AdminError::Oneself) => {
            account_page(&app, &visitor, (&by, id), Some(Notice::Oneself)).await
        }
        Err(AdminError::Moved) => {
            account_page(&app, &visitor, (&by, id), Some(Notice::Moved)).await
        }
        Err(AdminError::Person(error)) => person_error(&app, &visitor, &error),
    }
}

fn id(request: &HttpRequest) -> &str {
    request.match_info().get("id").unwrap_or_default()
}
