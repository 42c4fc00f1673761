//! What the approval page says of whoever asks at a standard door: which client, known how,
//! and where the answer goes.

use actix_web::HttpResponse;

use super::answer::for_popup;
use super::pages::approval::{BorrowedBrand, Finish, Matching, Redirect};
use super::pages::{Claim, Proof, Source};
use crate::domain::ask::{Ask, AskingClient, Door};
use crate::domain::brand::Borrowed;
use crate::domain::client::ClientSource;
use crate::flow::approval::Seen;
use crate::protocol::code::Code;
use crate::protocol::destination::Destination;
use crate::protocol::redirect_uri::RedirectUri;
use crate::protocol::text::ToldText;

/// The asker of one request, read out of its ask once.
pub struct Asker<'a> {
    ask: &'a Ask,
    pub destination: Option<Destination>,
    borrowed: Option<Borrowed>,
    /// What a device shows, grouped.
    code: Option<String>,
}

impl<'a> Asker<'a> {
    #[must_use]
    pub fn of(seen: &'a Seen) -> Self {
        let ask = &seen.approval.ask;
        let code = seen.compared.as_ref().map(Code::grouped);
        Self { ask, destination: ask.destination(), borrowed: ask.borrowed_brand(), code }
    }

    /// Its name, and who stands behind it.
    #[must_use]
    pub fn name(&self) -> Option<Claim<'a>> {
        let source = self.ask.client.as_ref().map_or(Source::Told, source);
        let name = self.ask.agent.name.as_ref();
        name.map(|name| Claim { words: ToldText::as_str(name), source })
    }

    /// The host its metadata stands on, where it is known by that.
    #[must_use]
    pub fn site(&self) -> Option<Claim<'a>> {
        let client = self.ask.client.as_ref()?;
        client.host().map(|words| Claim { words, source: source(client) })
    }

    /// Which installation of it asks, and what it wants its session to be called.
    #[must_use]
    pub fn told_of_itself(&self) -> [Option<Claim<'a>>; 2] {
        let asked = self.ask.agent_session.as_ref();
        let told = |text: &'a ToldText| Claim { words: text.as_str(), source: Source::Told };
        [
            asked.and_then(|asked| asked.instance.as_ref()).map(told),
            asked.and_then(|asked| asked.label.as_ref()).map(told),
        ]
    }

    /// How a standard door matches human and agent; None at others.
    #[must_use]
    pub fn matching(&self, confirmed: bool) -> Option<Matching<'_>> {
        let redirect = self.redirect(confirmed);
        match (self.ask.door, self.code.as_deref()) {
            (Door::AgentSession, code) => {
                Some(Matching::Finish(Finish { code: code.unwrap_or_default(), redirect }))
            }
            (_, Some(code)) => Some(Matching::Compared { code }),
            (_, None) => redirect.map(Matching::Redirect),
        }
    }

    fn redirect(&self, confirmed: bool) -> Option<Redirect<'_>> {
        let destination = self.destination.as_ref()?;
        let borrowed = self.borrowed.as_ref();
        let borrowed = borrowed.map(|borrowed| BorrowedBrand { borrowed, confirmed });
        let in_full = self.ask.callback().map(RedirectUri::as_str);
        Some(Redirect { destination, in_full, borrowed })
    }
}

/// A client that is answered through the browser may have opened a window for it.
pub fn in_its_window(ask: &Ask, page: HttpResponse) -> HttpResponse {
    if ask.destination().is_some() { for_popup(page) } else { page }
}

fn source(client: &AskingClient) -> Source<'_> {
    match (client.source, client.host()) {
        (ClientSource::Configured, _) => Source::Proven(Proof::Operator),
        (ClientSource::Document, Some(host)) => Source::Proven(Proof::Document(host)),
        (ClientSource::Document, None) | (ClientSource::Registered, _) => Source::Told,
    }
}
