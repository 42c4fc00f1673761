//! From layers to [`Settings`]: every setting has its type, and they are possible together.

use std::net::{AddrParseError, IpAddr, SocketAddr};
use std::path::PathBuf;

use ipnet::IpNet;
use url::{Host, Url};

use super::layers::Layers;
use super::places::Places;
use super::problem::{Origin, Problem};
use super::reader::Reader;
use super::{
    Accounts, Agents, Outbound, Service, Sessions, Settings, SignUp, Strangers, clients, limits,
    mail, profiles, resources, tls, webhooks,
};
use crate::domain::resource::Resource;
use crate::protocol::issuer::Issuer;
use crate::protocol::timestamp::Seconds;

#[expect(clippy::too_many_lines, reason = "one line per setting")]
pub(super) fn settings(layers: &Layers) -> Result<Settings, Vec<Problem>> {
    let mut reader = Reader { layers, problems: layers.problems.clone() };
    let issuer = reader.parsed::<Issuer>("issuer");
    // An issuer that does not parse is one problem; do not blame others on it.
    let loopback = issuer.as_ref().is_none_or(Issuer::is_loopback);
    let listen = reader.parsed("listen");
    let database = reader.parsed("database");
    let metrics_listen = metrics_listen(&mut reader, listen);
    let tls = tls::files(&mut reader, issuer.as_ref());
    let trusted_proxies = reader.parsed_list("trusted_proxies", network);
    let secrets_file = reader.master_secret_file("secrets_file");
    let places_file = places_file(&mut reader);
    let service = service(&mut reader);
    let demo = demo(&mut reader, loopback);
    let resources = all_resources(&mut reader, issuer.as_ref(), demo);
    let clients = clients::read(&mut reader, &resources);
    let profiles = profiles::read(&mut reader, &resources);
    let agents = agents(&mut reader);
    let strangers = strangers(&mut reader);
    let sessions = sessions(&mut reader);
    let keep_history = keep_history(&mut reader);
    let webhooks = webhooks::read(&mut reader);
    let mail = mail::read(&mut reader);
    let accounts = accounts(&mut reader, loopback, mail.is_some());
    let outbound = outbound(&mut reader, loopback);
    let limits = limits::read(&mut reader);
    let (Some(issuer), Some(listen), Some(database)) = (issuer, listen, database) else {
        return Err(reader.problems);
    };
    let settings = Settings {
        issuer,
        listen,
        metrics_listen,
        database,
        tls,
        trusted_proxies,
        secrets_file,
        places_file,
        service,
        demo,
        resources,
        clients,
        profiles,
        agents,
        strangers,
        sessions,
        accounts,
        keep_history,
        webhooks,
        mail,
        outbound,
        limits,
    };
    if reader.problems.is_empty() { Ok(settings) } else { Err(reader.problems) }
}

/// A file that can be read and is no such database is refused before anything starts.
fn places_file(reader: &mut Reader<'_>) -> Option<PathBuf> {
    let key = "places_file";
    let file = PathBuf::from(reader.text_if_any(key)?);
    if let Err(error) = Places::open(&file) {
        let remedy = "name a database of cities or countries in MaxMind's format (.mmdb)";
        reader.refuse(key, format!("{error}; {remedy}"));
    }
    Some(file)
}

fn metrics_listen(reader: &mut Reader<'_>, listen: Option<SocketAddr>) -> Option<SocketAddr> {
    let key = "metrics_listen";
    reader.text_if_any(key)?;
    let address = reader.parsed::<SocketAddr>(key)?;
    if Some(address) == listen && address.port() != 0 {
        reader.refuse(key, String::from("listen has this address already; write another or none"));
    }
    Some(address)
}

/// A CIDR block, or one address.
fn network(text: &str) -> Result<IpNet, &'static str> {
    let address: Result<IpAddr, AddrParseError> = text.parse();
    address
        .map(IpNet::from)
        .or_else(|_| text.parse())
        .map_err(|_| "not a network; write one such as 10.0.0.0/8 or fd00::/8")
}

fn service(reader: &mut Reader<'_>) -> Service {
    let name = reader.text("service.name");
    if name.trim().is_empty() || name.chars().any(char::is_control) {
        reader.refuse("service.name", String::from("write a name on one line"));
    }
    Service {
        name,
        documentation: link(reader, "service.documentation", &["https", "http"]),
        logo: link(reader, "service.logo", &["https", "http"]),
        support: link(reader, "service.support", &["https", "http", "mailto"]),
        terms: link(reader, "service.terms", &["https", "http"]),
        privacy: link(reader, "service.privacy", &["https", "http"]),
    }
}

/// A URL fit to be a link on our pages: `javascript:` is one too, and is not.
fn link(reader: &mut Reader<'_>, key: &str, schemes: &[&str]) -> Option<String> {
    let text = reader.text_if_any(key)?;
    match Url::parse(&text) {
        Ok(url) if schemes.contains(&url.scheme()) => Some(url.into()),
        _ => {
            reader.refuse(
                key,
                format!("not a URL; it must begin with one of: {}", schemes.join(", ")),
            );
            None
        }
    }
}

fn demo(reader: &mut Reader<'_>, loopback: bool) -> bool {
    let key = "demo.enabled";
    let choices = [("auto", None), ("true", Some(true)), ("false", Some(false))];
    let enabled = reader.choice(key, &choices).flatten().unwrap_or(loopback);
    if enabled && !loopback {
        let remedy =
            "the demo's introspection secret is public; remove this, or use a loopback issuer";
        reader.refuse(key, remedy.to_owned());
    }
    enabled
}

fn all_resources(reader: &mut Reader<'_>, issuer: Option<&Issuer>, demo: bool) -> Vec<Resource> {
    let Some(issuer) = issuer else {
        // What the resources say is checked all the same.
        return written_resources(reader, None);
    };
    let mut all = written_resources(reader, Some(issuer));
    if demo && issuer.is_loopback() {
        match resources::demo(issuer) {
            Some(demo) => {
                refuse_clash_with_demo(reader, &all, &demo);
                all.push(demo);
            }
            None => {
                reader.refuse("issuer", String::from("no resource can be below it; write another"));
            }
        }
    }
    let refused = reader.problems.iter().any(|problem| problem.key.starts_with("resource"));
    if all.is_empty() && !refused {
        reader.problems.push(nothing_to_guard(reader.layers));
    }
    all
}

fn nothing_to_guard(layers: &Layers) -> Problem {
    let written = layers.resources.as_ref();
    Problem {
        key: String::from("resource"),
        value: written.map(|_| String::from("[]")),
        origin: written.map_or(Origin::Default, |written| written.origin.clone()),
        remedy: String::from(
            "there is nothing to guard; write a [[resource]] with a [[resource.scope]], \
             as countersign.default.toml shows",
        ),
    }
}

/// Without an issuer plain http passes: one problem is enough.
fn written_resources(reader: &mut Reader<'_>, issuer: Option<&Issuer>) -> Vec<Resource> {
    let Some(written) = reader.layers.resources.as_ref() else { return Vec::new() };
    let loopback = issuer.is_none_or(Issuer::is_loopback);
    resources::read(written, loopback, issuer, &mut reader.problems)
}

fn refuse_clash_with_demo(reader: &mut Reader<'_>, written: &[Resource], demo: &Resource) {
    let place = demo.identifier.metadata_url();
    let same_identifier =
        written.iter().any(|resource| resource.identifier.metadata_url() == place);
    let same_client = written
        .iter()
        .flat_map(|resource| &resource.introspection)
        .any(|client| client.client_id == resources::DEMO_CLIENT_ID);
    if same_identifier || same_client {
        let what = if same_identifier { "the identifier" } else { "an introspection client_id" };
        let remedy =
            format!("a [[resource]] has {what} of the demo; rename it, or write false here");
        reader.refuse("demo.enabled", remedy);
    }
}

fn agents(reader: &mut Reader<'_>) -> Agents {
    let agents = Agents {
        anonymous: reader.switch("agents.anonymous"),
        service_auth: reader.switch("agents.service_auth"),
        typed_codes: reader.switch("agents.typed_codes"),
        claim_ttl: reader.span("agents.claim_ttl"),
        attempt_ttl: reader.span("agents.attempt_ttl"),
    };
    reader.no_longer_than(
        "agents.attempt_ttl",
        agents.attempt_ttl,
        "agents.claim_ttl",
        agents.claim_ttl,
    );
    agents
}

fn strangers(reader: &mut Reader<'_>) -> Strangers {
    Strangers {
        registration: reader.switch("clients.registration"),
        documents: reader.switch("clients.documents"),
        unused_ttl: reader.span("clients.unused_ttl"),
    }
}

fn sessions(reader: &mut Reader<'_>) -> Sessions {
    let sessions = Sessions {
        access_ttl: reader.span("sessions.access_ttl"),
        refresh_ttl: reader.span("sessions.refresh_ttl"),
        max_lifetime: reader.span("sessions.max_lifetime"),
        idle_ttl: reader.span("sessions.idle_ttl"),
    };
    for (key, span) in [
        ("sessions.access_ttl", sessions.access_ttl),
        ("sessions.refresh_ttl", sessions.refresh_ttl),
        ("sessions.idle_ttl", sessions.idle_ttl),
    ] {
        reader.no_longer_than(key, span, "sessions.max_lifetime", sessions.max_lifetime);
    }
    sessions
}

fn accounts(reader: &mut Reader<'_>, loopback: bool, mail: bool) -> Accounts {
    let key = "accounts.sign_up";
    let choices = [("auto", None), ("open", Some(SignUp::Open)), ("closed", Some(SignUp::Closed))];
    let unset = if loopback { SignUp::Open } else { SignUp::Closed };
    let sign_up = reader.choice(key, &choices).flatten().unwrap_or(unset);
    if sign_up == SignUp::Open && !loopback && !mail {
        let remedy = "addresses cannot be verified without [mail], so anyone could take the \
                      address an agent names; set up mail, or write \"closed\" and use \
                      `countersign account add`";
        reader.refuse(key, remedy.to_owned());
    }
    Accounts { sign_up }
}

fn keep_history(reader: &mut Reader<'_>) -> Option<Seconds> {
    let key = "history.keep";
    if reader.text(key) == "forever" {
        return None;
    }
    let span = reader.span(key);
    if span < Seconds::DAY {
        reader.refuse(key, "write \"forever\", or a day or more".to_owned());
    }
    Some(span)
}

fn outbound(reader: &mut Reader<'_>, loopback: bool) -> Outbound {
    let ca_file = reader.readable_file("outbound.ca_file");
    let allow = reader.parsed_list("outbound.allow", |text| {
        Host::parse(text)
            .map(|host| host.to_string())
            .map_err(|_| "not a host; write a name or an address without a port")
    });
    if !allow.is_empty() && !loopback {
        let remedy =
            "strangers could reach into your network; remove this, or use a loopback issuer";
        reader.refuse("outbound.allow", remedy.to_owned());
    }
    Outbound { ca_file, allow }
}
