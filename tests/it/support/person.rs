//! A person in front of a browser: one cookie, forms filled in as rendered.

use super::agent::Registered;
use super::reply::Reply;
use super::{PASSWORD, Site};

pub struct Person {
    url: String,
    client: reqwest::Client,
    pub email: String,
    /// `name=value` of the browser's cookie.
    pub cookie: Option<String>,
    /// The same of the mark that a browser gets when an agent sends it.
    pub mark: Option<String>,
}

impl Person {
    pub fn new(site: &Site, email: &str) -> Self {
        Self::at(&site.url, &site.client, email)
    }

    /// A person at a server that runs as a process of its own.
    pub fn at(url: &str, client: &reqwest::Client, email: &str) -> Self {
        let (url, email) = (url.to_owned(), email.to_owned());
        Self { url, client: client.clone(), email, cookie: None, mark: None }
    }

    /// The same browser, for what it does at the same time.
    pub fn same_browser(&self) -> Self {
        let mut other = Self::at(&self.url, &self.client, &self.email);
        (other.cookie, other.mark) = (self.cookie.clone(), self.mark.clone());
        other
    }

    fn with_cookie(&self, request: reqwest::RequestBuilder) -> reqwest::RequestBuilder {
        let cookies: Vec<&str> = self.cookie.iter().chain(&self.mark).map(String::as_str).collect();
        if cookies.is_empty() { request } else { request.header("cookie", cookies.join("; ")) }
    }

    fn keep_cookie(&mut self, reply: &Reply) {
        for value in reply.headers.get_all("set-cookie") {
            let value = value.to_str().expect("a cookie");
            let pair = value.split(';').next().map(ToOwned::to_owned);
            if value.starts_with("countersign-mark=") {
                self.mark = pair;
            } else {
                self.cookie = pair;
            }
        }
    }

    pub async fn get(&mut self, path: &str) -> Reply {
        let request = self.client.get(format!("{}{path}", self.url));
        let reply = Reply::of(self.with_cookie(request)).await;
        self.keep_cookie(&reply);
        reply
    }

    /// Sends a form as it stands, with no token added.
    pub async fn post_raw(&mut self, path: &str, fields: &[(&str, &str)]) -> Reply {
        let request = self.client.post(format!("{}{path}", self.url)).form(fields);
        let reply = Reply::of(self.with_cookie(request)).await;
        self.keep_cookie(&reply);
        reply
    }

    /// Opens `page`, takes its form token, and posts the fields to `path`.
    pub async fn post_from(&mut self, page: &str, path: &str, fields: &[(&str, &str)]) -> Reply {
        let token = form_token(&self.get(page).await);
        let mut fields = fields.to_vec();
        fields.push(("csrf", &token));
        self.post_raw(path, &fields).await
    }

    pub async fn sign_in(&mut self) -> Reply {
        self.sign_in_with(PASSWORD).await
    }

    pub async fn sign_in_with(&mut self, password: &str) -> Reply {
        let email = self.email.clone();
        let fields = [("email", email.as_str()), ("password", password)];
        self.post_from("/sign-in", "/sign-in", &fields).await
    }

    /// Signs in at a page that asks for it although somebody is signed in.
    pub async fn sign_in_again(&mut self, page: &str) -> Reply {
        let email = self.email.clone();
        let fields = [("email", email.as_str()), ("password", PASSWORD)];
        self.post_from(page, "/sign-in", &fields).await
    }

    /// Answers an approval with these fields.
    pub async fn answer(&mut self, link: &str, fields: &[(&str, &str)]) -> Reply {
        self.post_from(link, link, fields).await
    }

    /// Types the agent's code, ticks both demo scopes for eight hours, approves.
    pub async fn approve(&mut self, registered: &Registered) -> Reply {
        let (link, code) = (registered.link(), registered.user_code());
        self.approve_code(&link, &code).await
    }

    pub async fn approve_code(&mut self, link: &str, code: &str) -> Reply {
        let fields = [
            ("decision", "approve"),
            ("user_code", code),
            ("scope", "demo:read"),
            ("scope", "demo:write"),
            ("lifetime", "8h"),
        ];
        self.answer(link, &fields).await
    }

    /// Approves an agent that shows no code; the code to hand over.
    pub async fn approve_relayed(&mut self, link: &str) -> String {
        let link = format!("{link}?code=none");
        let fields = [
            ("decision", "approve"),
            ("scope", "demo:read"),
            ("scope", "demo:write"),
            ("lifetime", "8h"),
        ];
        let reply = self.answer(&link, &fields).await;
        assert_eq!(reply.status, 303, "{}", reply.text);
        let page = self.get(link.split('?').next().expect("a path")).await;
        relayed_code(&page.text)
    }

    pub async fn deny(&mut self, link: &str, reason: &str) -> Reply {
        self.answer(link, &[("decision", "deny"), ("denial_reason", reason)]).await
    }
}

/// The form token of a page.
pub fn form_token(page: &Reply) -> String {
    between(&page.text, "name=\"csrf\" value=\"", "\"")
        .unwrap_or_else(|| panic!("a form: {} {}", page.status, page.text))
        .to_owned()
}

/// The code inside `<output>`.
pub fn relayed_code(page: &str) -> String {
    let output = between(page, "<output", "</output>").expect("an output");
    let text = output.split_once('>').expect("its text").1;
    let mut plain = String::new();
    let mut inside = false;
    for c in text.chars() {
        match c {
            '<' => inside = true,
            '>' => inside = false,
            c if !inside => plain.push(c),
            _ => {}
        }
    }
    plain.trim().to_owned()
}

pub fn between<'a>(text: &'a str, before: &str, after: &str) -> Option<&'a str> {
    let (_, rest) = text.split_once(before)?;
    rest.split_once(after).map(|(inner, _)| inner)
}

/// A code that is not `code`, of the right shape.
pub fn another_code(code: &str) -> String {
    let first = if code.starts_with('B') { "C" } else { "B" };
    format!("{first}{}", code.get(1..).expect("a code"))
}
