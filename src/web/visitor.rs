//! The browser in front of a page: who is signed in, which forms it may send.

use actix_web::cookie::time::Duration;
use actix_web::cookie::{Cookie, SameSite};
use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse};

use super::answer;
use super::pages::error::ErrorPage;
use super::pages::{Frame, Person, Service};
use super::texts::Texts;
use super::texts::english::ENGLISH;
use crate::app::App;
use crate::flow::account_agent;
use crate::flow::api_key;
use crate::flow::error::PersonError;
use crate::flow::mail;
use crate::flow::organization;
use crate::flow::passkey;
use crate::flow::plan;
use crate::flow::principal::{self, Human};
use crate::flow::project;
use crate::protocol::form::Form;
use crate::protocol::secret::{Secret, SecretKind};
use crate::protocol::timestamp::{Seconds, Timestamp};
use askama::Template;

/// One browser and, once signed in, the person behind it.
pub struct Visitor {
    /// The cookie's value. Before sign-in it names no account and only binds forms to this
    /// browser, so that nobody can sign a victim in to another account (login CSRF).
    cookie: Secret,
    /// The browser did not have it yet.
    fresh: bool,
    /// It reads, so it may be given one. A form that arrives without the cookie comes from
    /// another site (`SameSite=Lax`): a new cookie would sign the person out.
    reads: bool,
    human: Option<Human>,
    form_token: String,
    pub now: Timestamp,
}

/// Why a form is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Forged;

impl Visitor {
    /// Recognises a browser by its cookie.
    ///
    /// # Errors
    ///
    /// The database is away, or a new cookie cannot be drawn.
    pub async fn of(app: &App, request: &HttpRequest) -> Result<Self, PersonError> {
        let now = app.clock.now();
        let presented = request.cookie(cookie_name(app));
        let known = presented.and_then(|cookie| Secret::parse(SecretKind::Browser, cookie.value()));
        let human = match &known {
            Some(cookie) => {
                principal::human(app, cookie.reveal(), mark(app, request).as_ref(), now).await?
            }
            None => None,
        };
        let fresh = known.is_none();
        let cookie = match known {
            Some(cookie) => cookie,
            None => app.entropy.secret(SecretKind::Browser)?,
        };
        let form_token = app.vault.form_token(binding(&cookie, human.as_ref()));
        let reads = request.method().is_safe();
        Ok(Self { cookie, fresh, reads, human, form_token, now })
    }

    #[must_use]
    pub fn human(&self) -> Option<&Human> {
        self.human.as_ref()
    }

    /// For the hidden field of every form.
    #[must_use]
    pub fn form_token(&self) -> &str {
        &self.form_token
    }

    /// Takes a form only from a page this server rendered for this browser and account:
    /// the token, and what the browser says about where the request started (RFC 9700 §4.7).
    ///
    /// # Errors
    ///
    /// [`Forged`]; nothing may change then.
    pub fn check(&self, app: &App, request: &HttpRequest, form: &Form) -> Result<(), Forged> {
        let text = |name| request.headers().get(name).map(|value| value.to_str().unwrap_or(""));
        let site = text("sec-fetch-site").is_none_or(|site| matches!(site, "same-origin" | "none"));
        let origin = text("origin").is_none_or(|origin| origin == app.settings.issuer.origin());
        let token = form.get("csrf").unwrap_or_default();
        let bound = binding(&self.cookie, self.human.as_ref());
        let sound = site && origin && !self.fresh && app.vault.accepts_form_token(bound, token);
        if sound { Ok(()) } else { Err(Forged) }
    }

    /// What surrounds every page for this visitor.
    #[must_use]
    pub fn frame<'a>(&'a self, app: &'a App) -> Frame<'a> {
        Frame { now: self.now, person: self.person(), ..frame(app) }
    }

    fn person(&self) -> Option<Person<'_>> {
        let account = self.human.as_ref()?.account();
        let email = account.email.as_str();
        let name = if account.name.is_empty() { email } else { &account.name };
        let administrator = account.administrator;
        let verified = account.email_verified_at.is_some();
        Some(Person { name, email, verified, csrf: &self.form_token, administrator })
    }

    /// Sends a page, and the cookie with the first one.
    #[must_use]
    pub fn page(&self, app: &App, status: u16, page: &impl Template) -> HttpResponse {
        let mut answer = rendered(app, status, page);
        if self.fresh && self.reads {
            set_cookie(app, &mut answer, &self.cookie, None);
        }
        answer
    }

    /// The page for a status: what happened, and a way on.
    #[must_use]
    pub fn error(
        &self,
        app: &App,
        status: u16,
        wait: Option<Seconds>,
        way_on: Option<&str>,
    ) -> HttpResponse {
        let page = ErrorPage { frame: &self.frame(app), status, retry_after: wait, way_on };
        let mut answer = self.page(app, status, &page);
        let wait = wait.map(|wait| wait.0).or((status == 503).then_some(1));
        answer::retry_after(&mut answer, wait);
        answer
    }
}

/// The page for a browser that cannot be recognised now, because the database is away: it knows
/// nobody, and sets no cookie that would sign somebody out.
#[must_use]
pub fn unrecognised(app: &App, status: u16) -> HttpResponse {
    let page = ErrorPage { frame: &frame(app), status, retry_after: None, way_on: None };
    let mut answer = rendered(app, status, &page);
    answer::retry_after(&mut answer, (status == 503).then_some(1));
    answer
}

fn rendered(app: &App, status: u16, page: &impl Template) -> HttpResponse {
    match page.render() {
        Ok(html) => answer::page(status, html, app.settings.issuer.is_https()),
        Err(error) => {
            tracing::error!(%error, "a page could not be rendered");
            answer::page(500, String::new(), app.settings.issuer.is_https())
        }
    }
}

/// What surrounds every page, for nobody.
fn frame(app: &App) -> Frame<'_> {
    let service = &app.settings.service;
    Frame {
        texts: texts(),
        now: app.clock.now(),
        host: host(app),
        base: app.settings.issuer.path(),
        service: Service {
            name: &service.name,
            logo: service.logo.as_deref().filter(|logo| is_ours(app, logo)),
            documentation: service.documentation.as_deref(),
            support: service.support.as_deref(),
            terms: service.terms.as_deref(),
            privacy: service.privacy.as_deref(),
        },
        keys: api_key::offers(app).next().is_some(),
        agents: account_agent::are_offered(app),
        organizations: organization::are_offered(app),
        projects: project::offers(app).next().is_some(),
        plans: plan::are_offered(app),
        passkeys: passkey::are_offered(app),
        mail: mail::is_set(app),
        person: None,
    }
}

/// The strings of this request.
#[must_use]
pub fn texts() -> &'static Texts {
    &ENGLISH
}

/// Pages load nothing from elsewhere, so a logo on another host is for the metadata only.
fn is_ours(app: &App, url: &str) -> bool {
    let rest = url.strip_prefix(app.settings.issuer.origin());
    rest.is_some_and(|rest| rest.starts_with('/'))
}

/// The issuer's host and port, which the page tells people to compare.
fn host(app: &App) -> &str {
    let origin = app.settings.issuer.origin();
    origin.split_once("://").map_or(origin, |(_, host)| host)
}

/// What a form is bound to: this browser, and the account it shows.
fn binding<'a>(cookie: &'a Secret, human: Option<&'a Human>) -> [&'a str; 2] {
    [cookie.reveal(), human.map_or("nobody", |human| human.account().id.as_str())]
}

/// `__Host-` binds the cookie to this host over https; plain http exists on loopback only,
/// where browsers refuse that prefix.
fn cookie_name(app: &App) -> &'static str {
    if app.settings.issuer.is_https() { "__Host-countersign" } else { "countersign" }
}

/// What this browser is known by since an agent first sent it here. It outlives signing in and
/// out, which change the other cookie.
#[must_use]
pub fn mark(app: &App, request: &HttpRequest) -> Option<Secret> {
    let presented = request.cookie(mark_name(app))?;
    Secret::parse(SecretKind::BrowserMark, presented.value())
}

fn mark_name(app: &App) -> &'static str {
    if app.settings.issuer.is_https() { "__Host-countersign-mark" } else { "countersign-mark" }
}

/// Marks the browser.
pub fn set_mark(app: &App, answer: &mut HttpResponse, mark: &Secret) {
    set(app, answer, (mark_name(app), mark), None);
}

/// Sets the browser's cookie: host-only, unreadable to scripts, not sent across sites.
pub fn set_cookie(app: &App, answer: &mut HttpResponse, value: &Secret, lasts: Option<Seconds>) {
    set(app, answer, (cookie_name(app), value), lasts);
}

fn set(
    app: &App,
    answer: &mut HttpResponse,
    (name, value): (&'static str, &Secret),
    lasts: Option<Seconds>,
) {
    let mut cookie = Cookie::build(name, value.reveal().to_owned())
        .path("/")
        .http_only(true)
        .same_site(SameSite::Lax)
        .secure(app.settings.issuer.is_https());
    if let Some(lasts) = lasts {
        cookie = cookie.max_age(Duration::seconds(lasts.0));
    }
    let header_value = cookie.finish().to_string();
    if let Ok(value) = header::HeaderValue::from_str(&header_value) {
        answer.headers_mut().append(header::SET_COOKIE, value);
    }
}
