//! `/account/inbox`: the questions that wait for whoever is signed in.

use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};

use super::account::person_error;
use super::pages::inbox::{InboxPage, Question};
use super::pages::{Claim, Source};
use super::person::{to_sign_in, visitor};
use crate::app::App;
use crate::flow::inbox::{self, Waiting};

/// `GET /account/inbox`: looking, as mail scanners do, answers nothing.
pub async fn show(request: HttpRequest, app: Data<App>) -> HttpResponse {
    let visitor = match visitor(&app, &request).await {
        Ok(visitor) => visitor,
        Err(answer) => return answer,
    };
    let Some(human) = visitor.human() else { return to_sign_in(&request) };
    match inbox::waiting(&app, human, visitor.now).await {
        Ok(waiting) => {
            let page = InboxPage {
                frame: &visitor.frame(&app),
                questions: waiting.iter().map(|one| question(&app, one)).collect(),
                verified: human.account().email_verified_at.is_some(),
            };
            visitor.page(&app, 200, &page)
        }
        Err(error) => person_error(&app, &visitor, &error),
    }
}

/// Whoever is asked this way was named by the agent: nobody vouches for it.
fn question<'a>(app: &'a App, waiting: &'a Waiting) -> Question<'a> {
    let ask = &waiting.approval.ask;
    let resource = app.resource(&ask.resource);
    Question {
        link: waiting.link.reveal(),
        agent: ask
            .agent
            .name
            .as_ref()
            .map(|name| Claim { words: name.as_str(), source: Source::Told }),
        resource_name: resource.map_or(ask.resource.as_str(), |resource| resource.name.as_str()),
        asked_at: waiting.approval.created_at,
        ends_at: waiting.approval.expires_at,
        address: &ask.from.address,
    }
}
