//! The one approval page, `/approve/{id}`, whatever door the question came through.

use actix_web::web::{Data, Path, Payload};
use actix_web::{HttpRequest, HttpResponse};

use super::account::person_error;
use super::answer::{retry_after, see_other};
use super::approve_bounds;
use super::approve_page::{self, Entered};
use super::pages::approval::{ApprovalError, ExtraLifetime, Notice};
use super::pages::approval_refused::ApprovalRefusedPage;
use super::pages::authorize_refused::Refusal;
use super::person::{Posted, posted, sign_in_again, signed_in, visitor};
use super::return_to::ReturnTo;
use super::visitor::Visitor;
use crate::app::App;
use crate::domain::approval::Phase;
use crate::domain::decision::ApprovalRefused;
use crate::domain::denial::DenialReason;
use crate::domain::id::SessionId;
use crate::domain::origin::Occasion;
use crate::domain::resource::Risk;
use crate::flow::approval::{DecideError, Seen, view};
use crate::flow::decision::{Decision, Verb, decide};
use crate::flow::error::PersonError;
use crate::flow::principal::Human;
use crate::protocol::form::Form;
use crate::protocol::scope::Scopes;
use crate::protocol::text::ToldText;

/// `GET /approve/{id}`. Reading decides nothing: link scanners and previews are harmless
/// (RFC 8628 §3.3.1).
pub async fn show(request: HttpRequest, link: Path<String>, app: Data<App>) -> HttpResponse {
    let visitor = match visitor(&app, &request).await {
        Ok(visitor) => visitor,
        Err(answer) => return answer,
    };
    let Some(human) = visitor.human() else { return to_sign_in(&app, &visitor, &request) };
    let page = Page { app: &app, visitor: &visitor, request: &request, link: &link };
    match view(&app, &link, human, visitor.now).await {
        Ok(seen) if seen.needs_fresh_sign_in => page.sign_in_again(),
        Ok(seen) => page.show(200, &seen, None),
        Err(error) => page.refuse(&error),
    }
}

/// `POST /approve/{id}`.
pub async fn answer(
    request: HttpRequest,
    link: Path<String>,
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
    let page = Page { app: &app, visitor: &visitor, request: &request, link: &link };
    match read(&form, page.relays()) {
        Read::Preset(notice) => page.again(human, &form, Some(notice), None).await,
        Read::Wrong(error) => page.again(human, &form, None, Some(error)).await,
        Read::Unknown => visitor.error(&app, 400, None, Some(request.path())),
        Read::Decision(decision) => page.decide(human, &form, &decision, &occasion).await,
    }
}

/// What the pressed button means.
enum Read {
    Decision(Decision),
    Preset(Notice),
    Wrong(ApprovalError),
    Unknown,
}

fn read(form: &Form, relays: bool) -> Read {
    match form.get("preset") {
        Some("read_only") => return Read::Preset(Notice::ReadOnly),
        Some(_) => return Read::Preset(Notice::NothingDecided),
        None => {}
    }
    let ticked = Scopes::of(form.all("scope")).unwrap_or_default();
    let started = form.get("started") != Some("no");
    let verb = match form.get("decision") {
        _ if !started => Verb::Deny { reason: DenialReason::NotMe, note: None },
        Some("approve") => {
            let Some(lifetime) = approve_bounds::lifetime(form) else {
                return Read::Wrong(ApprovalError::BadLifetime);
            };
            let Some(bounds) = approve_bounds::read(form) else {
                return Read::Wrong(ApprovalError::BadCalls);
            };
            let code = form.get("user_code").unwrap_or_default().to_owned();
            let brand_confirmed = form.get("confirm_brand").is_some();
            let extra = form.get("extra_lifetime").and_then(ExtraLifetime::named);
            let extra = extra.and_then(ExtraLifetime::span);
            Verb::Approve { code, relays, lifetime, bounds, brand_confirmed, extra }
        }
        Some("deny") => Verb::Deny {
            reason: form
                .get("denial_reason")
                .and_then(DenialReason::named)
                .unwrap_or(DenialReason::NotNow),
            note: form.get("note").and_then(|note| ToldText::clean(note, 280)),
        },
        Some("report") => Verb::Report { end_sessions: form.get("end_sessions").is_some() },
        None if form.get("undo").is_some() => Verb::Withdraw,
        _ => return Read::Unknown,
    };
    let widens = form.get("session").map(|id| SessionId(id.to_owned()));
    Read::Decision(Decision { verb, widens, ticked })
}

/// One request to this page.
struct Page<'a> {
    app: &'a App,
    visitor: &'a Visitor,
    request: &'a HttpRequest,
    link: &'a str,
}

impl Page<'_> {
    /// Whether the person said that the agent shows no code.
    fn relays(&self) -> bool {
        self.request.query_string() == "code=none" || !self.app.settings.agents.typed_codes
    }

    async fn decide(
        &self,
        human: &Human,
        form: &Form,
        decision: &Decision,
        occasion: &Occasion,
    ) -> HttpResponse {
        match decide(self.app, self.link, human, decision, occasion).await {
            Ok(_) => see_other(self.request.path()),
            Err(DecideError::NotFresh) => self.sign_in_again(),
            Err(DecideError::NoCode) => {
                self.again(human, form, None, Some(ApprovalError::CodeMissing)).await
            }
            Err(DecideError::Moved) => {
                self.again(human, form, Some(Notice::NothingDecided), None).await
            }
            Err(DecideError::BrandUnconfirmed) => {
                self.again(human, form, None, Some(ApprovalError::BrandUnconfirmed)).await
            }
            Err(DecideError::Refused(ApprovalRefused::NothingTicked)) => {
                self.again(human, form, None, Some(ApprovalError::NothingTicked)).await
            }
            Err(DecideError::Refused(ApprovalRefused::Closed)) => self.closed(human, 409).await,
            Err(
                DecideError::WrongCode { tries_left: 0 }
                | DecideError::Refused(ApprovalRefused::Expired),
            ) => self.closed(human, 410).await,
            Err(DecideError::WrongCode { tries_left }) => {
                let tries_left = u32::from(tries_left);
                let error = ApprovalError::WrongCode { tries_left };
                self.again(human, form, None, Some(error)).await
            }
            Err(error) => self.refuse(&error),
        }
    }

    /// What spends or deletes is approved right after a sign-in, never beside a code box.
    fn sign_in_again(&self) -> HttpResponse {
        sign_in_again(self.app, self.visitor, self.request.path())
    }

    /// The page again, with everything the person had entered.
    async fn again(
        &self,
        human: &Human,
        form: &Form,
        notice: Option<Notice>,
        error: Option<ApprovalError>,
    ) -> HttpResponse {
        let seen = match view(self.app, self.link, human, self.visitor.now).await {
            Ok(seen) => seen,
            Err(error) => return self.refuse(&error),
        };
        let ticked = Scopes::of(form.all("scope")).unwrap_or_default();
        let ticked = match notice {
            Some(Notice::ReadOnly) => self.reading_only(&seen),
            _ => ticked,
        };
        let entered = Entered {
            ticked,
            lifetime: form.get("lifetime").unwrap_or_default(),
            custom_days: form.get("custom_days").unwrap_or_default(),
            calls: form.get("calls").unwrap_or_default(),
            idle: form.get("idle").unwrap_or_default(),
            code: form.get("user_code").unwrap_or_default(),
            brand_confirmed: form.get("confirm_brand").is_some(),
            extra: form.get("extra_lifetime").unwrap_or_default(),
            notice,
            error,
        };
        let status = if error.is_some() { 422 } else { 200 };
        self.show(status, &seen, Some(&entered))
    }

    /// The asked scopes that only read.
    fn reading_only(&self, seen: &Seen) -> Scopes {
        let ask = &seen.approval.ask;
        let Some(resource) = self.app.resource(&ask.resource) else { return Scopes::new() };
        let reads = resource.scopes.iter().filter(|rule| rule.risk == Risk::Read);
        Scopes::of(reads.map(|rule| rule.name.as_str())).unwrap_or_default().meet(&ask.scopes)
    }

    /// The decision that stands instead of the one just tried.
    async fn closed(&self, human: &Human, status: u16) -> HttpResponse {
        match view(self.app, self.link, human, self.visitor.now).await {
            Ok(seen) => self.show(status, &seen, None),
            Err(error) => self.refuse(&error),
        }
    }

    fn show(&self, status: u16, seen: &Seen, entered: Option<&Entered<'_>>) -> HttpResponse {
        let context = approve_page::Context {
            app: self.app,
            visitor: self.visitor,
            path: self.request.path(),
            relays: self.relays(),
            address: super::request::origin(self.app, self.request).address,
        };
        let gone = matches!(
            seen.approval.phase(self.visitor.now),
            Phase::Expired | Phase::Locked | Phase::Superseded
        );
        let status = match (status, seen.approval.phase(self.visitor.now)) {
            (_, Phase::Waiting) => status,
            (200 | 409 | 422, _) if gone => 410,
            (422, _) => 409,
            _ => status,
        };
        match seen.approval.phase(self.visitor.now) {
            Phase::Waiting => approve_page::question(&context, status, seen, entered),
            _ => approve_page::result(&context, status, seen),
        }
    }

    fn refuse(&self, error: &DecideError) -> HttpResponse {
        let (app, visitor) = (self.app, self.visitor);
        match error {
            DecideError::NotFound => visitor.error(app, 404, None, None),
            DecideError::Refused(ApprovalRefused::OtherBrowser) => {
                super::authorize::refused_page(app, visitor, Refusal::AnotherBrowser)
            }
            DecideError::Refused(ApprovalRefused::WrongAccount) => {
                let page = ApprovalRefusedPage {
                    frame: &visitor.frame(app),
                    csrf: visitor.form_token(),
                    return_to: self.request.path(),
                };
                visitor.page(app, 403, &page)
            }
            DecideError::Person(error) => {
                let mut answer = person_error(app, visitor, error);
                if let PersonError::Limited(wait) = error {
                    retry_after(&mut answer, Some(wait.0));
                }
                answer
            }
            _ => visitor.error(app, 409, None, Some(self.request.path())),
        }
    }
}

fn to_sign_in(app: &App, visitor: &Visitor, request: &HttpRequest) -> HttpResponse {
    let query = request.query_string();
    let wanted = if query == "code=none" {
        format!("{}?{query}", request.path())
    } else {
        request.path().to_owned()
    };
    match ReturnTo::parse(&wanted) {
        Some(return_to) => see_other(&return_to.on("/sign-in")),
        None => visitor.error(app, 404, None, None),
    }
}
