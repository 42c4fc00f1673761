//! Account → Billing: an agent prints a link when its owner's plan ends, and the owner opens it
//! (contracts of Agent Analytics, 1.9). Nothing is decided here: the operator's billing page does
//! that.

use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use url::Url;

use super::account::{href, query};
use super::answer::see_other;
use super::pages::upgrade::UpgradePage;
use super::person::visitor;
use super::return_to::ReturnTo;
use crate::app::App;
use crate::protocol::text::ToldText;

/// The longest reason and command that are shown, in characters.
const LONGEST: usize = 300;

/// `GET /account/billing/agent-upgrade`. `account` must be the one that is signed in, so that
/// nobody pays for another one by mistake.
pub async fn show(request: HttpRequest, app: Data<App>) -> HttpResponse {
    let visitor = match visitor(&app, &request).await {
        Ok(visitor) => visitor,
        Err(answer) => return answer,
    };
    let door = app.agent_sessions();
    let billing = door.and_then(|(resource, rules)| Some((resource, rules.billing.as_ref()?)));
    let Some((resource, billing)) = billing else { return visitor.error(&app, 404, None, None) };
    let Some(human) = visitor.human() else { return to_sign_in(&request) };
    match query(&request, "account") {
        Some(account) if account == human.account().id.as_str() => {}
        Some(_) => return visitor.error(&app, 403, None, None),
        None => return visitor.error(&app, 400, None, None),
    }
    let (reason, command) = (told(&request, "reason"), told(&request, "command"));
    let page = UpgradePage {
        frame: &visitor.frame(&app),
        resource_name: &resource.name,
        reason: reason.as_ref().map(ToldText::as_str),
        command: command.as_ref().map(ToldText::as_str),
        billing_href: billing.as_str(),
        billing_host: host(billing),
    };
    visitor.page(&app, 200, &page)
}

fn told(request: &HttpRequest, name: &str) -> Option<ToldText> {
    query(request, name).and_then(|text| ToldText::clean(&text, LONGEST))
}

fn host(url: &Url) -> &str {
    url.host_str().unwrap_or_default()
}

/// The whole link comes back after signing in, where it can.
fn to_sign_in(request: &HttpRequest) -> HttpResponse {
    let whole = request.uri().to_string();
    see_other(&href("/sign-in", ReturnTo::parse(&whole).as_ref()))
}
