//! `[mail]`: how letters reach people.

use std::fmt;
use std::fs;
use std::net::IpAddr;
use std::path::PathBuf;

use url::Url;
use zeroize::Zeroizing;

use super::reader::Reader;
use crate::protocol::email::EmailAddress;

/// The operator's mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailSettings {
    pub from: EmailAddress,
    pub way: MailWay,
}

/// Where letters go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MailWay {
    /// Each into a file of its own.
    Folder(PathBuf),
    Relay(MailRelay),
}

/// A mail server.
#[derive(Clone, PartialEq, Eq)]
pub struct MailRelay {
    pub host: String,
    pub port: u16,
    /// TLS from the first byte, as `smtps` has it.
    pub tls: bool,
    /// On this machine, where TLS protects nothing.
    pub loopback: bool,
    /// User and password.
    pub credentials: Option<(String, Zeroizing<String>)>,
}

/// Without user and password.
impl fmt::Debug for MailRelay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MailRelay({}:{})", self.host, self.port)
    }
}

/// Reads `[mail]`; `None` where nothing is set.
pub(super) fn read(reader: &mut Reader<'_>) -> Option<MailSettings> {
    let relay = relay(reader);
    let folder = folder(reader);
    if relay.is_some() && folder.is_some() {
        reader.refuse("mail.folder", String::from("mail.url is set too; write one of them"));
    }
    let way = relay.map(MailWay::Relay).or(folder.map(MailWay::Folder))?;
    let Some(from) = reader.text_if_any("mail.from") else {
        reader
            .refuse("mail.from", String::from("missing; write the address that letters are from"));
        return None;
    };
    let Ok(from) = from.parse() else {
        reader.refuse("mail.from", String::from("not an e-mail address; write it bare"));
        return None;
    };
    Some(MailSettings { from, way })
}

fn folder(reader: &mut Reader<'_>) -> Option<PathBuf> {
    let key = "mail.folder";
    let folder = PathBuf::from(reader.text_if_any(key)?);
    if !folder.is_dir() {
        reader.refuse(key, String::from("this folder does not exist; make it or name another"));
    }
    Some(folder)
}

fn relay(reader: &mut Reader<'_>) -> Option<MailRelay> {
    let key = "mail.url";
    let password = password(reader);
    let text = reader.text_if_any(key)?;
    let sound = |url: &Url| {
        let bare = url.path().trim_matches('/').is_empty() && url.query().is_none();
        bare && url.fragment().is_none() && url.password().is_none() && url.has_host()
    };
    let url = Url::parse(&text).ok().filter(sound);
    let tls = match url.as_ref().map(Url::scheme) {
        Some("smtps") => Some(true),
        Some("smtp") => Some(false),
        _ => None,
    };
    let (Some(url), Some(tls)) = (url, tls) else {
        let remedy = "write smtps://user@host or smtp://user@host, with the password in \
                      mail.password_file";
        reader.refuse(key, remedy.to_owned());
        return None;
    };
    let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']).to_owned();
    let user = percent_encoding::percent_decode_str(url.username()).decode_utf8_lossy();
    let credentials = match (user.is_empty(), password) {
        (true, None) => None,
        (false, Some(password)) => Some((user.into_owned(), password)),
        _ => {
            let remedy = "a user needs a password and a password a user; write both, the user \
                          into mail.url, or neither";
            reader.refuse("mail.password_file", remedy.to_owned());
            None
        }
    };
    let loopback = is_loopback(&host);
    let port = url.port().unwrap_or(if tls { 465 } else { 587 });
    Some(MailRelay { host, port, tls, loopback, credentials })
}

fn password(reader: &mut Reader<'_>) -> Option<Zeroizing<String>> {
    let key = "mail.password_file";
    let file = reader.text_if_any(key)?;
    match fs::read_to_string(file).map(Zeroizing::new) {
        Ok(text) => Some(Zeroizing::new(text.trim_end_matches(['\r', '\n']).to_owned())),
        Err(error) => {
            let remedy = format!("cannot be read: {error}; put the password into that file");
            reader.refuse(key, remedy);
            None
        }
    }
}

fn is_loopback(host: &str) -> bool {
    host == "localhost" || host.parse().is_ok_and(|address: IpAddr| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Settings;
    use crate::config::tests::{RESOURCE, loaded, refused};

    fn sound(mail: &str) -> Settings {
        loaded(&format!("[mail]\n{mail}\n{RESOURCE}")).expect("sound")
    }

    /// docs/operating.md, "Mail": nothing is sent until the operator says how.
    #[test]
    fn without_settings_there_is_no_mail() {
        assert_eq!(loaded(RESOURCE).expect("sound").mail, None);
        assert_eq!(sound("from = 'no-reply@example.com'").mail, None);
    }

    /// Promise P3: the password comes from a file and is not printed; RFC 8314 §3.3 for the ports.
    #[test]
    fn a_mail_server_is_read_with_its_password_which_is_never_printed() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("password");
        fs::write(&file, "hush hush\n").expect("written");
        let file = file.display();
        let text = format!(
            "url = 'smtps://ada%40example.com@mail.example.com'\npassword_file = '{file}'\n\
             from = 'no-reply@example.com'"
        );
        let mail = sound(&text).mail.expect("mail");
        assert!(!format!("{mail:?}").contains("hush"));
        let MailWay::Relay(relay) = mail.way else { panic!("a relay") };
        assert_eq!((relay.host.as_str(), relay.port, relay.tls), ("mail.example.com", 465, true));
        let (user, password) = relay.credentials.expect("credentials");
        assert_eq!((user.as_str(), password.as_str()), ("ada@example.com", "hush hush"));
        let near = sound("url = 'smtp://127.0.0.1:2525'\nfrom = 'a@example.com'").mail;
        let Some(MailWay::Relay(near)) = near.map(|mail| mail.way) else { panic!("a relay") };
        assert_eq!((near.port, near.tls, near.loopback), (2_525, false, true));
    }

    /// docs/operating.md, "Mail": each flaw is named by `config check`.
    #[test]
    fn each_flaw_of_mail_is_named() {
        let from = "from = 'a@example.com'";
        for (mail, key) in [
            ("url = 'smtp://mail.example.com'", "mail.from"),
            ("url = 'smtp://mail.example.com'\nfrom = 'Ada <a@example.com>'", "mail.from"),
            (&format!("url = 'https://mail.example.com'\n{from}"), "mail.url"),
            (&format!("url = 'smtp://ada:hush@mail.example.com'\n{from}"), "mail.url"),
            (&format!("url = 'smtp://mail.example.com?tls=none'\n{from}"), "mail.url"),
            (&format!("url = 'smtp://ada@mail.example.com'\n{from}"), "mail.password_file"),
            (&format!("folder = '/nowhere/at/all'\n{from}"), "mail.folder"),
        ] {
            assert_eq!(refused(&format!("[mail]\n{mail}\n{RESOURCE}")), [key], "{mail}");
        }
    }
}
