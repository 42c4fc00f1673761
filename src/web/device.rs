//! Devices: the endpoint they ask at, and the page on which people type their codes.

use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse};

use super::account::person_error;
use super::answer::{body_error, client_error, json, see_other};
use super::pages::device::{DeviceCode, DeviceError, DevicePage};
use super::person::{Posted, posted, signed_in, visitor};
use super::request;
use super::return_to::ReturnTo;
use super::visitor::Visitor;
use crate::app::App;
use crate::flow::device::{self, Lost};
use crate::protocol::code::Code;
use crate::protocol::form::Form;

/// `POST /device_authorization` ([RFC 8628 §3.1]).
///
/// [RFC 8628 §3.1]: https://www.rfc-editor.org/rfc/rfc8628#section-3.1
pub async fn authorize(request: HttpRequest, payload: Payload, app: Data<App>) -> HttpResponse {
    let form = match request::form(&app, &request, payload, &["resource"]).await {
        Ok(form) => form,
        Err(error) => return body_error(error),
    };
    let presented = match request::presented(&request, &form) {
        Ok(presented) => presented,
        Err(error) => return client_error(&request, &error),
    };
    match device::begin(&app, &presented, &request::occasion(&app, &request)).await {
        Ok(answer) => json(200, &answer),
        Err(error) => client_error(&request, &error),
    }
}

/// `GET /device` ([RFC 8628 §3.3]). A link that brings a code along looks nothing up: it asks
/// the person to compare (§3.3.1), so link scanners and previews are harmless.
///
/// [RFC 8628 §3.3]: https://www.rfc-editor.org/rfc/rfc8628#section-3.3
pub async fn show(request: HttpRequest, app: Data<App>) -> HttpResponse {
    let visitor = match visitor(&app, &request).await {
        Ok(visitor) => visitor,
        Err(answer) => return answer,
    };
    let query = Form::parse(request.query_string().as_bytes(), &[]).ok();
    let brought = query.as_ref().and_then(|query| query.get("user_code")).and_then(Code::parse);
    let brought = brought.as_ref().map(Code::grouped);
    if visitor.human().is_none() {
        return to_sign_in(brought.as_deref());
    }
    let code = brought.as_deref().map_or(DeviceCode::Typed(""), DeviceCode::Brought);
    page(&app, &visitor, code, None)
}

/// `POST /device`: a code that waits leads on to the one approval page, which asks.
pub async fn answer(request: HttpRequest, payload: Payload, app: Data<App>) -> HttpResponse {
    let Posted { visitor, form, occasion } = match posted(&app, &request, payload).await {
        Ok(posted) => posted,
        Err(answer) => return answer,
    };
    let human = match signed_in(&app, &visitor) {
        Ok(human) => human,
        Err(answer) => return answer,
    };
    let typed = form.get("user_code").unwrap_or_default();
    let error = match device::find(&app, human, typed, &occasion).await {
        Ok(link) => return see_other(&format!("/approve/{}", link.reveal())),
        Err(Lost::NoCode) => DeviceError::Missing,
        Err(Lost::Unknown { tries_left }) => DeviceError::Unknown { tries_left },
        Err(Lost::Person(error)) => return person_error(&app, &visitor, &error),
    };
    let kept: String = typed.chars().take(LONGEST).collect();
    page(&app, &visitor, DeviceCode::Typed(&kept), Some(error))
}

/// As much of what was typed as the field takes.
const LONGEST: usize = 24;

fn page(
    app: &App,
    visitor: &Visitor,
    code: DeviceCode<'_>,
    error: Option<DeviceError>,
) -> HttpResponse {
    let frame = &visitor.frame(app);
    let status = if error.is_some() { 422 } else { 200 };
    visitor.page(app, status, &DevicePage { frame, csrf: visitor.form_token(), code, error })
}

fn to_sign_in(brought: Option<&str>) -> HttpResponse {
    let page = match brought {
        Some(code) => format!("{}?user_code={code}", device::DEVICE_PATH),
        None => device::DEVICE_PATH.to_owned(),
    };
    let return_to = ReturnTo::parse(&page);
    see_other(&return_to.map_or_else(|| "/sign-in".to_owned(), |page| page.on("/sign-in")))
}
