//! Mail to people, over the operator's own server, or into a folder where it is read in
//! development.

use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use lettre::address::AddressError;
use lettre::message::header::{ContentTransferEncoding, ContentType, HeaderName, HeaderValue};
use lettre::message::{Body, Mailbox};
use lettre::transport::smtp;
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Certificate, CertificateStore, Tls, TlsParameters};
use lettre::{Address, AsyncSmtpTransport, AsyncTransport as _, Message, Tokio1Executor};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;

use super::client::SetUpError;
use crate::protocol::email::EmailAddress;
use crate::protocol::text::ToldText;
use crate::protocol::timestamp::Timestamp;

/// How long a mail server may take for one letter, from its name to its last word: less than a
/// sender's turn.
const CONVERSATION: Duration = Duration::from_secs(30);

/// A mail server of the operator's. It may be private: nobody else chose it.
pub struct Relay<'a> {
    pub host: &'a str,
    pub port: u16,
    pub security: Security,
    /// User and password.
    pub credentials: Option<(&'a str, &'a str)>,
}

/// How a conversation with a mail server is kept from others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Security {
    /// Not at all: on this machine only.
    None,
    /// TLS after the first words, or no mail ([RFC 3207]).
    ///
    /// [RFC 3207]: https://www.rfc-editor.org/rfc/rfc3207
    StartTls,
    /// TLS from the first byte ([RFC 8314 §3.3]).
    ///
    /// [RFC 8314 §3.3]: https://www.rfc-editor.org/rfc/rfc8314#section-3.3
    Tls,
}

/// One letter in words.
pub struct Written<'a> {
    /// The same each time it is tried, so that a mailbox knows it again.
    pub id: &'a str,
    pub at: Timestamp,
    pub to: &'a EmailAddress,
    pub subject: String,
    pub text: String,
}

/// Why a letter was not sent. What a mail server says may hold the address, so that it is not
/// repeated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotSent {
    #[error("the settings have no mail any more")]
    NoWay,
    #[error("it was sealed under another master secret, or is of a later version")]
    Unreadable,
    #[error("it cannot be written to such an address")]
    Unwritable,
    #[error("the mail server will not take it (status {0})")]
    Refused(smtp::response::Code),
    #[error("the mail server cannot take it now (status {0})")]
    NotNow(smtp::response::Code),
    #[error("the mail server took too long")]
    TimedOut,
    #[error("no conversation with the mail server")]
    NoConversation,
    #[error("the folder cannot be written: {0}")]
    Folder(io::ErrorKind),
}

impl NotSent {
    /// Whether trying again changes nothing.
    #[must_use]
    pub const fn is_final(self) -> bool {
        matches!(self, Self::Unreadable | Self::Unwritable | Self::Refused(_))
    }
}

impl From<smtp::Error> for NotSent {
    fn from(error: smtp::Error) -> Self {
        match error.status() {
            Some(code) if error.is_permanent() => Self::Refused(code),
            Some(code) => Self::NotNow(code),
            None if error.is_timeout() => Self::TimedOut,
            None => Self::NoConversation,
        }
    }
}

/// The way to mailboxes.
pub struct Postman {
    from: Mailbox,
    way: Way,
}

enum Way {
    Folder(PathBuf),
    Relay(AsyncSmtpTransport<Tokio1Executor>),
}

impl Postman {
    /// Writes each letter into a file of its own.
    ///
    /// # Errors
    ///
    /// The sender's address cannot be written.
    pub fn to_folder(sender: (&str, &EmailAddress), folder: &Path) -> Result<Self, SetUpError> {
        Ok(Self { from: mailbox(sender)?, way: Way::Folder(folder.to_owned()) })
    }

    /// Hands each letter to a mail server, which trusts whom everything else that goes out trusts.
    ///
    /// # Errors
    ///
    /// The sender's address cannot be written, or as [`Fetcher::network`](super::Fetcher::network).
    pub fn to_relay(
        sender: (&str, &EmailAddress),
        relay: &Relay<'_>,
        ca_file: Option<&Path>,
    ) -> Result<Self, SetUpError> {
        let tls = match relay.security {
            Security::None => Tls::None,
            Security::StartTls => Tls::Required(trust(relay.host, ca_file)?),
            Security::Tls => Tls::Wrapper(trust(relay.host, ca_file)?),
        };
        let transport = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(relay.host)
            .port(relay.port)
            .tls(tls)
            .timeout(Some(CONVERSATION));
        let transport = match relay.credentials {
            Some((user, password)) => {
                transport.credentials(Credentials::new(user.to_owned(), password.to_owned()))
            }
            None => transport,
        };
        Ok(Self { from: mailbox(sender)?, way: Way::Relay(transport.build()) })
    }

    /// Sends one letter.
    ///
    /// # Errors
    ///
    /// It was not taken.
    pub async fn carry(&self, written: Written<'_>) -> Result<(), NotSent> {
        let name = format!("{}.eml", written.id);
        let message = self.message(written).map_err(|_| NotSent::Unwritable)?;
        match &self.way {
            Way::Relay(transport) => {
                let sent = tokio::time::timeout(CONVERSATION, transport.send(message)).await;
                sent.map_err(|_| NotSent::TimedOut)??;
                Ok(())
            }
            Way::Folder(folder) => {
                let folder = folder.clone();
                let kept = move || keep(&folder, &name, &message.formatted());
                let kept = tokio::task::spawn_blocking(kept).await;
                kept.map_err(|_| NotSent::Folder(io::ErrorKind::Interrupted))?
                    .map_err(|error| NotSent::Folder(error.kind()))
            }
        }
    }

    fn message(&self, written: Written<'_>) -> Result<Message, NotWritable> {
        let since = Duration::from_secs(u64::try_from(written.at.0).unwrap_or_default());
        let domain = self.from.email.domain();
        // No machine answers a machine (RFC 3834 §5).
        let auto = HeaderName::new_from_ascii_str("Auto-Submitted");
        let auto = HeaderValue::new(auto, String::from("auto-generated"));
        let body = Body::new_with_encoding(written.text, ContentTransferEncoding::QuotedPrintable);
        let message = Message::builder()
            .from(self.from.clone())
            .to(Mailbox::new(None, written.to.as_str().parse()?))
            .date(SystemTime::UNIX_EPOCH + since)
            .message_id(Some(format!("<{}@{domain}>", written.id)))
            .subject(one_line(&written.subject).unwrap_or_default())
            .header(ContentType::TEXT_PLAIN)
            .raw_header(auto)
            .body(body.map_err(|_| NotWritable::Text)?)?;
        Ok(message)
    }
}

#[derive(Debug, thiserror::Error)]
enum NotWritable {
    #[error(transparent)]
    Address(#[from] AddressError),
    #[error(transparent)]
    Message(#[from] lettre::error::Error),
    #[error("the text cannot be encoded")]
    Text,
}

/// A line break in a header would begin another (RFC 5322 §2.2).
fn one_line(text: &str) -> Option<String> {
    ToldText::clean(text, 200).map(|line| line.to_string())
}

fn mailbox((name, address): (&str, &EmailAddress)) -> Result<Mailbox, SetUpError> {
    let address: Address = address.as_str().parse().map_err(|_| SetUpError::Sender)?;
    Ok(Mailbox::new(one_line(name), address))
}

fn trust(host: &str, ca_file: Option<&Path>) -> Result<TlsParameters, SetUpError> {
    let mut trusted =
        TlsParameters::builder(host.to_owned()).certificate_store(CertificateStore::WebpkiRoots);
    for certificate in ca_file.map(anchors).transpose()?.unwrap_or_default() {
        trusted = trusted.add_root_certificate(certificate);
    }
    trusted.build().map_err(SetUpError::Mail)
}

fn anchors(file: &Path) -> Result<Vec<Certificate>, SetUpError> {
    let unreadable = |error| SetUpError::Unreadable(file.to_owned(), error);
    let mut anchors = Vec::new();
    for certificate in CertificateDer::pem_file_iter(file).map_err(unreadable)? {
        let certificate = certificate.map_err(unreadable)?;
        anchors.push(Certificate::from_der(certificate.to_vec()).map_err(SetUpError::Mail)?);
    }
    Ok(anchors)
}

/// Whole or not at all, and for its owner's eyes: it may hold a one-time link.
fn keep(folder: &Path, name: &str, letter: &[u8]) -> io::Result<()> {
    let unfinished = folder.join(format!(".{name}"));
    let mut options = OpenOptions::new();
    let mut file = options.write(true).create(true).truncate(true).mode(0o600).open(&unfinished)?;
    file.write_all(letter)?;
    file.sync_all()?;
    fs::rename(&unfinished, folder.join(name))
}
