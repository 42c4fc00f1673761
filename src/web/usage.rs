//! Account → Usage: figures, limits and caps.

use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};

use super::account::person_error;
use super::pages::usage::{UsageLine, UsagePage};
use super::person::{to_sign_in, visitor};
use crate::app::App;
use crate::flow::plan::{self, Used};

/// `GET /account/usage`.
pub async fn show(request: HttpRequest, app: Data<App>) -> HttpResponse {
    let visitor = match visitor(&app, &request).await {
        Ok(visitor) => visitor,
        Err(answer) => return answer,
    };
    let Some(human) = visitor.human() else { return to_sign_in(&request) };
    match plan::used(&app, human, visitor.now).await {
        Ok(used) => {
            let lines = used.iter().map(line).collect();
            visitor.page(&app, 200, &UsagePage { frame: &visitor.frame(&app), lines })
        }
        Err(error) => person_error(&app, &visitor, &error),
    }
}

fn line<'a>(used: &'a Used<'a>) -> UsageLine<'a> {
    UsageLine {
        profile: used.profile,
        plan: &used.plan.name,
        rate: used.plan.rate,
        requests: used.requests,
        events: used.events,
        most_events: used.plan.events,
        until: used.until,
    }
}
