//! `/welcome/{link}`: the page behind a one-time link.

use actix_web::web::{Data, Path, Payload};
use actix_web::{HttpRequest, HttpResponse};

use super::account::{person_error, welcome_in};
use super::pages::set_password::{Purpose, SetPasswordPage};
use super::person::{Posted, posted, visitor};
use super::sign_up::{Entered, person};
use super::visitor::Visitor;
use crate::app::App;
use crate::domain::account::SHORTEST_PASSWORD;
use crate::flow::account::EntryError;
use crate::flow::link::{self, Welcome};

/// `GET /welcome/{link}`: looking does not use the link up.
pub async fn show_welcome(
    request: HttpRequest,
    token: Path<String>,
    app: Data<App>,
) -> HttpResponse {
    let visitor = match visitor(&app, &request).await {
        Ok(visitor) => visitor,
        Err(answer) => return answer,
    };
    match link::welcome(&app, &token, visitor.now).await {
        Ok(welcome) => welcome_page(&app, &visitor, 200, &welcome, &Entered::default()),
        Err(EntryError::Person(error)) => person_error(&app, &visitor, &error),
        Err(_) => visitor.error(&app, 410, None, Some("/sign-in")),
    }
}

/// `POST /welcome/{link}`.
pub async fn welcome(
    request: HttpRequest,
    token: Path<String>,
    payload: Payload,
    app: Data<App>,
) -> HttpResponse {
    let Posted { visitor, form, occasion } = match posted(&app, &request, payload).await {
        Ok(posted) => posted,
        Err(answer) => return answer,
    };
    let person = person(&form);
    let welcome = match link::welcome(&app, &token, visitor.now).await {
        Ok(welcome) => welcome,
        Err(EntryError::Person(error)) => return person_error(&app, &visitor, &error),
        Err(_) => return visitor.error(&app, 410, None, Some("/sign-in")),
    };
    let entered = match &welcome {
        Welcome::FirstAccount => link::create_first(&app, &token, &person, &occasion).await,
        Welcome::SignUp(_) => {
            let entered = (person.name, person.password);
            link::sign_up(&app, &token, entered, &occasion).await
        }
        Welcome::SetPassword(_) => {
            link::set_password(&app, &token, person.password, &occasion).await
        }
    };
    match entered {
        Ok(signed_in) => welcome_in(&app, &visitor, &signed_in, None, &occasion).await,
        Err(EntryError::Person(error)) => person_error(&app, &visitor, &error),
        Err(EntryError::NoLink | EntryError::Closed | EntryError::Taken)
            if !matches!(welcome, Welcome::FirstAccount) =>
        {
            visitor.error(&app, 410, None, Some("/sign-in"))
        }
        Err(EntryError::NoLink) => visitor.error(&app, 410, None, Some("/sign-in")),
        Err(error) => {
            let entered = Entered::of(&person, &error);
            welcome_page(&app, &visitor, 422, &welcome, &entered)
        }
    }
}

fn welcome_page(
    app: &App,
    visitor: &Visitor,
    status: u16,
    welcome: &Welcome,
    entered: &Entered<'_>,
) -> HttpResponse {
    let purpose = match welcome {
        Welcome::FirstAccount => Purpose::FirstAccount {
            name: entered.name,
            email: entered.email,
            name_error: None,
            email_error: entered.email_error,
        },
        Welcome::SignUp(email) => Purpose::OwnAccount { name: entered.name, email: email.as_str() },
        Welcome::SetPassword(account) => Purpose::KnownAccount { email: account.email.as_str() },
    };
    let page = SetPasswordPage {
        frame: &visitor.frame(app),
        csrf: visitor.form_token(),
        purpose,
        least_password: SHORTEST_PASSWORD,
        password_error: entered.password_error,
    };
    visitor.page(app, status, &page)
}
