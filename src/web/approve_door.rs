//! What the approval page says of whoever asks at a standard door: which client, known how,
//! and where the answer goes.

use actix_web::HttpResponse;

use super::answer::for_popup;
use super::pages::approval::{BorrowedBrand, Matching, Redirect};
use super::pages::{Claim, Proof, Source};
use crate::domain::ask::{Ask, AskingClient};
use crate::domain::brand::Borrowed;
use crate::domain::client::ClientSource;
use crate::protocol::destination::Destination;
use crate::protocol::text::ToldText;

/// The asker of one request, read out of its ask once.
pub struct Asker<'a> {
    ask: &'a Ask,
    pub destination: Option<Destination>,
    borrowed: Option<Borrowed>,
}

impl<'a> Asker<'a> {
    #[must_use]
    pub fn of(ask: &'a Ask) -> Self {
        Self { ask, destination: ask.destination(), borrowed: ask.borrowed_brand() }
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

    /// How a redirect door matches human and agent; None at other doors.
    #[must_use]
    pub fn redirect(&self, confirmed: bool) -> Option<Matching<'_>> {
        let destination = self.destination.as_ref()?;
        let borrowed = self.borrowed.as_ref();
        let borrowed = borrowed.map(|borrowed| BorrowedBrand { borrowed, confirmed });
        Some(Matching::Redirect(Redirect { destination, borrowed }))
    }
}

/// A client that is answered through the browser may have opened a window for it.
pub fn in_its_window(ask: &Ask, page: HttpResponse) -> HttpResponse {
    if ask.redirection.is_some() { for_popup(page) } else { page }
}

fn source(client: &AskingClient) -> Source<'_> {
    match (client.source, client.host()) {
        (ClientSource::Configured, _) => Source::Proven(Proof::Operator),
        (ClientSource::Document, Some(host)) => Source::Proven(Proof::Document(host)),
        (ClientSource::Document, None) | (ClientSource::Registered, _) => Source::Told,
    }
}
