//! The settings: four layers, read once at start, checked as a whole.
//!
//! `countersign.default.toml` is the manual and the lowest layer. A [`Settings`] exists only
//! if everything in it is possible; otherwise the operator gets every [`Problem`] at once.

use std::net::SocketAddr;
use std::path::PathBuf;

use ipnet::IpNet;

use crate::domain::client::Client;
use crate::domain::resource::Resource;
use crate::protocol::timestamp::Seconds;

mod addresses;
mod agent_headers;
mod authorization_details;
mod check;
mod clients;
mod credentials;
mod database;
mod entry;
mod layers;
mod limits;
mod mail;
mod managed;
mod places;
mod plans;
mod prefixes;
mod problem;
mod profiles;
mod public_tokens;
mod reader;
mod resources;
mod session_tokens;
mod show;
mod span;
mod tls;
mod via;
mod webhooks;

pub use crate::protocol::issuer::{Issuer, is_loopback_host};
pub use credentials::KeyRules;
pub use database::{DatabaseUrl, PostgresUrl};
pub use layers::{DEFAULTS, Flags, Sources};
pub use limits::Limits;
pub use mail::{MailRelay, MailSettings, MailWay};
pub use managed::{Managed, ManagedBy, ManagedRoute};
pub use places::{Places, PlacesError};
pub use plans::Plans;
pub use problem::{Origin, Problem};
pub use profiles::{AgentSessions, ConsoleTokens, Profile};
pub use public_tokens::{PublicRoute, PublicRules};
pub use resources::{DEMO_CLIENT_ID, DEMO_CLIENT_SECRET};
pub use session_tokens::SessionTokens;
pub use show::show;
pub use tls::{TlsFiles, TlsFilesError};
pub use via::Via;
pub use webhooks::Webhook;

/// Everything an operator can decide, checked.
#[derive(Debug, Clone)]
pub struct Settings {
    pub issuer: Issuer,
    pub listen: SocketAddr,
    /// Where `GET /metrics` answers; nowhere when `None`.
    pub metrics_listen: Option<SocketAddr>,
    pub database: DatabaseUrl,
    pub tls: Option<TlsFiles>,
    /// Whose `Forwarded` is believed, for the caller's address only.
    pub trusted_proxies: Vec<IpNet>,
    pub secrets_file: PathBuf,
    /// Where addresses are; nobody is told when `None`.
    pub places_file: Option<PathBuf>,
    pub service: Service,
    /// Whether the demo API is mounted; its resource is then the last of `resources`.
    pub demo: bool,
    /// Never empty. The first is the default resource.
    pub resources: Vec<Resource>,
    /// The operator's own clients: `[[client]]`.
    pub clients: Vec<Client>,
    /// `[[profile]]`; one at most has agent sessions.
    pub profiles: Vec<Profile>,
    pub agents: Agents,
    pub strangers: Strangers,
    pub sessions: Sessions,
    pub accounts: Accounts,
    /// How long the audit trail is kept; for good when `None`.
    pub keep_history: Option<Seconds>,
    pub webhooks: Vec<Webhook>,
    /// How letters reach people; none is written when `None`.
    pub mail: Option<MailSettings>,
    pub outbound: Outbound,
    pub limits: Limits,
}

/// How the service presents itself; the rest are URLs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Service {
    pub name: String,
    pub documentation: Option<String>,
    pub logo: Option<String>,
    /// May be a `mailto:` address.
    pub support: Option<String>,
    pub terms: Option<String>,
    pub privacy: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Agents {
    pub anonymous: bool,
    pub service_auth: bool,
    pub typed_codes: bool,
    pub claim_ttl: Seconds,
    pub attempt_ttl: Seconds,
}

/// How clients that the operator does not know may introduce themselves: `[clients]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Strangers {
    pub registration: bool,
    pub documents: bool,
    pub unused_ttl: Seconds,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sessions {
    pub access_ttl: Seconds,
    pub refresh_ttl: Seconds,
    pub max_lifetime: Seconds,
    pub idle_ttl: Seconds,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Accounts {
    pub sign_up: SignUp,
}

/// Who may create an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignUp {
    Open,
    Closed,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outbound {
    pub ca_file: Option<PathBuf>,
    /// Hosts, lower-case, that strangers' URLs may name although private.
    pub allow: Vec<String>,
}

/// Reads and checks the settings.
///
/// # Errors
///
/// Every reason not to start.
pub fn load(sources: &Sources) -> Result<Settings, Vec<Problem>> {
    check::settings(&layers::Layers::read(sources))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use tempfile::TempDir;

    use super::*;

    pub(super) const RESOURCE: &str = r#"
        [[resource]]
        identifier = "https://api.example.com"
        [[resource.scope]]
        name = "read"
        default = true
    "#;

    /// A file with these settings, for as long as its folder is kept.
    pub(super) fn written(text: &str) -> (TempDir, Sources) {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("settings.toml");
        fs::write(&path, text).expect("written");
        (folder, Sources { file: Some(path), ..Sources::default() })
    }

    pub(super) fn loaded(text: &str) -> Result<Settings, Vec<Problem>> {
        let (_folder, sources) = written(text);
        load(&sources)
    }

    fn sound(text: &str) -> Settings {
        loaded(text).unwrap_or_else(|problems| panic!("{text}: {problems:?}"))
    }

    /// The keys that are refused, in order.
    pub(super) fn refused(text: &str) -> Vec<String> {
        let problems = loaded(text).err().unwrap_or_default();
        let mut keys: Vec<String> = problems.into_iter().map(|problem| problem.key).collect();
        keys.sort();
        keys
    }

    /// contracts/operator.md, "With no configuration at all".
    #[test]
    fn the_defaults_alone_serve_the_demo_on_loopback() {
        let settings = load(&Sources::default()).expect("sound defaults");
        assert_eq!(settings.issuer.as_str(), "http://127.0.0.1:8080");
        assert_eq!(settings.listen.to_string(), "127.0.0.1:8080");
        assert_eq!(settings.database, DatabaseUrl::Sqlite(PathBuf::from("countersign.db")));
        assert_eq!(settings.accounts.sign_up, SignUp::Open);
        assert_eq!(settings.metrics_listen, None);
        assert_eq!(settings.agents.attempt_ttl, Seconds(600));
        assert_eq!(settings.sessions.max_lifetime, Seconds::DAY.times(90));
        assert!(settings.demo && settings.tls.is_none());

        let [demo] = settings.resources.as_slice() else { panic!("{:?}", settings.resources) };
        assert_eq!(demo.identifier.as_str(), "http://127.0.0.1:8080/demo");
        assert_eq!(demo.default_scopes().to_string(), "demo:read");
        assert_eq!(demo.pre_claim_scopes().to_string(), "demo:read");
        assert_eq!(demo.all_scopes().to_string(), "demo:read demo:write");
    }

    /// contracts/operator.md: the first `[[resource]]` is the default resource.
    #[test]
    fn the_demo_comes_after_the_operators_resources() {
        let settings = sound(RESOURCE);
        let names: Vec<&str> =
            settings.resources.iter().map(|resource| resource.name.as_str()).collect();
        assert_eq!(names, ["https://api.example.com", "Countersign demo"]);
    }

    #[test]
    fn unknown_names_are_refused_with_the_one_that_was_meant() {
        let problems =
            loaded("lisen = '1'\n[session]\naccess_ttl = '1h'\n[empty]").expect_err("unknown");
        let lines: Vec<String> = problems.iter().map(ToString::to_string).collect();
        assert_eq!(lines.len(), 3, "{lines:#?}");
        assert!(
            lines
                .iter()
                .any(|line| line.starts_with("lisen ") && line.ends_with("did you mean listen?")),
            "{lines:#?}"
        );
        assert!(
            lines.iter().any(|line| line.ends_with("did you mean sessions.access_ttl?")),
            "{lines:#?}"
        );
        assert!(refused("sessions = 3").contains(&String::from("sessions")));
        let misspelled = format!("{RESOURCE}\npre_claimed = true");
        assert_eq!(refused(&misspelled), ["resource[0].scope[0].pre_claimed"]);
    }

    /// contracts/operator.md, `config check`: every problem at once.
    #[test]
    fn several_problems_are_reported_together_and_by_one_line_each() {
        let text = "
            issuer = 'http://auth.example.com'
            listen = 'everywhere'
            database = 'mysql://ann:hush@h/db'
            metrics_listen = 5
            trusted_proxies = ['10.0.0.0/8', 'proxy']
            colour = 'red'
            [agents]
            anonymous = 'yes'
            claim_ttl = 'soon'
            [limits]
            body_bytes = 0
        ";
        let expected = [
            "agents.anonymous",
            "agents.claim_ttl",
            "colour",
            "database",
            "issuer",
            "limits.body_bytes",
            "listen",
            "metrics_listen",
            "trusted_proxies",
        ];
        assert_eq!(refused(text), expected);
        for problem in loaded(text).expect_err("problems") {
            let line = problem.to_string();
            assert!(line.lines().count() == 1 && !line.contains("hush"), "{line}");
            let names_value = problem.key == "colour" || line.contains(" = ");
            assert!(names_value && line.contains("settings.toml): "), "{line}");
        }
    }

    /// RFC 8414 §2, and contracts/operator.md: plain `http` issuers on loopback only.
    #[test]
    fn a_plain_http_issuer_off_loopback_is_refused() {
        assert_eq!(refused(&format!("issuer = 'http://auth.example.com'\n{RESOURCE}")), ["issuer"]);
        assert!(loaded(&format!("issuer = 'https://auth.example.com'\n{RESOURCE}")).is_ok());
    }

    /// contracts/operator.md: a setting `a.b` is `COUNTERSIGN_A__B`, whatever its type.
    #[test]
    fn the_demo_can_be_switched_by_variable() {
        let environment = vec![(String::from("COUNTERSIGN_DEMO__ENABLED"), String::from("false"))];
        let problems =
            load(&Sources { environment, ..Sources::default() }).expect_err("no resource");
        let keys: Vec<&str> = problems.iter().map(|problem| problem.key.as_str()).collect();
        assert_eq!(keys, ["resource"]);
        assert_eq!(refused("[demo]\nenabled = 1"), ["demo.enabled"]);
        assert!(sound("[demo]\nenabled = true").demo);
    }

    /// Nobody squats on an address and answers its `login_hint`.
    #[test]
    fn open_sign_up_off_loopback_is_refused_without_mail() {
        let away = format!("issuer = 'https://auth.example.com'\n{RESOURCE}");
        assert_eq!(sound(&away).accounts.sign_up, SignUp::Closed);
        assert_eq!(refused(&format!("{away}\n[accounts]\nsign_up = 'open'")), ["accounts.sign_up"]);
        assert!(loaded(&format!("{away}\n[accounts]\nsign_up = 'closed'")).is_ok());
        let mail = "[mail]\nurl = 'smtps://mail.example.com'\nfrom = 'a@example.com'";
        assert!(loaded(&format!("{away}\n[accounts]\nsign_up = 'open'\n{mail}")).is_ok());
        assert_eq!(sound(&format!("{away}\n{mail}")).accounts.sign_up, SignUp::Closed);
        assert_eq!(sound("[accounts]\nsign_up = 'closed'").accounts.sign_up, SignUp::Closed);
        assert_eq!(refused("[accounts]\nsign_up = 'ajar'"), ["accounts.sign_up"]);
    }

    /// What is safe only because nobody else can connect.
    #[test]
    fn loopback_liberties_are_refused_elsewhere() {
        let away = format!("issuer = 'https://auth.example.com'\n{RESOURCE}");
        assert!(!sound(&away).demo);
        assert_eq!(refused(&format!("{away}\n[demo]\nenabled = true")), ["demo.enabled"]);
        assert_eq!(
            refused(&format!("{away}\n[outbound]\nallow = ['10.0.0.1']")),
            ["outbound.allow"]
        );
        assert_eq!(sound("[outbound]\nallow = ['LocalHost']").outbound.allow, ["localhost"]);
        assert_eq!(refused(&away.replace("https://api", "http://api")), ["resource[0].identifier"]);
    }

    /// docs/adr/0027: nobody throws the audit trail away by a slip of the keyboard.
    #[test]
    fn history_is_kept_for_good_or_for_a_day_at_least() {
        assert_eq!(sound(RESOURCE).keep_history, None);
        let days = sound(&format!("{RESOURCE}\n[history]\nkeep = '400d'")).keep_history;
        assert_eq!(days, Some(Seconds::DAY.times(400)));
        for keep in ["'1h'", "''", "'always'", "0"] {
            let refused = refused(&format!("{RESOURCE}\n[history]\nkeep = {keep}"));
            assert!(refused.iter().all(|key| key == "history.keep"), "{keep}: {refused:?}");
            assert!(!refused.is_empty(), "{keep}");
        }
    }

    #[test]
    fn there_must_be_something_to_guard() {
        assert_eq!(refused("issuer = 'https://auth.example.com'"), ["resource"]);
        assert_eq!(refused("[demo]\nenabled = false"), ["resource"]);
        assert_eq!(refused("issuer = 'https://auth.example.com'\nresource = []"), ["resource"]);
        assert_eq!(refused("resource = 'https://api.example.com'"), ["resource"]);
        assert_eq!(refused(&RESOURCE.replace("default = true", "")), ["resource[0].scope"]);
    }

    #[test]
    fn names_that_must_be_unique_are() {
        assert_eq!(
            refused(&format!("{RESOURCE}{}", RESOURCE.replace(".com", ".com/"))),
            ["resource[1].identifier"]
        );
        let at = |place: &str| RESOURCE.replace("https://api.example.com", place);
        let slashed = format!("{}{}", at("https://h/v1"), at("https://h/v1/"));
        assert_eq!(refused(&slashed), ["resource[1].identifier"], "RFC 9728 §3.1: one address");
        let twice = format!("{RESOURCE}\n[[resource.scope]]\nname = 'read'");
        assert_eq!(refused(&twice), ["resource[0].scope[1].name"]);
        let spaced = RESOURCE.replace("name = \"read\"", "name = \"read all\"");
        assert_eq!(refused(&spaced), ["resource[0].scope[0].name"]);
        assert_eq!(
            refused(&RESOURCE.replace("https://api.example.com", "http://127.0.0.1:8080/demo")),
            ["demo.enabled"]
        );
        assert_eq!(refused(&at("http://127.0.0.1:8080/demo/")), ["demo.enabled"]);
    }

    /// contracts/operator.md: the first `[[resource]]` owns the root metadata document, so a
    /// resource whose own address that is comes first or has none. Other hosts have their own.
    #[test]
    fn only_the_first_resource_may_be_the_issuers_origin() {
        let at = |place: &str| RESOURCE.replace("https://api.example.com", place);
        let issuer = at("http://127.0.0.1:8080");
        assert_eq!(refused(&format!("{RESOURCE}{issuer}")), ["resource[1].identifier"]);
        assert_eq!(sound(&format!("{issuer}{RESOURCE}")).resources.len(), 3);
        let elsewhere = format!("{RESOURCE}{}", at("https://files.example.com"));
        assert_eq!(sound(&elsewhere).resources.len(), 3);
    }

    fn with_client(client: &str) -> String {
        RESOURCE.replace(
            "[[resource.scope]]",
            &format!("introspection = [{client}]\n[[resource.scope]]"),
        )
    }

    /// Promise P3: secrets come from files or the private file of settings, and leave as digests.
    #[test]
    fn an_introspection_secret_is_read_from_its_file_and_kept_as_a_digest() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("api.secret");
        fs::write(&path, "0123456789abcdef\n").expect("written");
        let from_file = with_client(&format!(
            "{{ client_id = 'api', client_secret_file = '{}' }}",
            path.display()
        ));
        let inline = with_client("{ client_id = 'api', client_secret = '0123456789abcdef' }");
        let (from_file, inline) = (sound(&from_file), sound(&inline));
        assert_eq!(from_file.resources[0].introspection, inline.resources[0].introspection);

        let secret = "resource[0].introspection[0].client_secret";
        let file = "resource[0].introspection[0].client_secret_file";
        for (client, key) in [
            ("{ client_id = 'api' }", file),
            (
                "{ client_id = 'api', client_secret = '0123456789abcdef', client_secret_file = 'x' }",
                file,
            ),
            ("{ client_id = 'api', client_secret_file = '/nowhere/api.secret' }", file),
            ("{ client_id = 'api', client_secret = '' }", secret),
            ("{ client_id = 'api', client_secret = 'hush' }", secret),
            ("{ client_secret = '0123456789abcdef' }", "resource[0].introspection[0].client_id"),
            ("{ client_id = 'demo', client_secret = '0123456789abcdef' }", "demo.enabled"),
        ] {
            let problems = loaded(&with_client(client)).expect_err(client);
            assert_eq!(problems.len(), 1, "{client}: {problems:?}");
            assert_eq!(problems[0].key, key, "{client}");
            assert!(!problems[0].to_string().contains("hush"), "{client}");
        }
        let second = with_client("{ client_id = 'api', client_secret = '0123456789abcdef' }");
        let both = format!("{second}{}", second.replace("api.example", "two.example"));
        assert_eq!(refused(&both), ["resource[1].introspection[0].client_id"]);
    }

    #[test]
    fn spans_that_contradict_each_other_are_refused() {
        assert_eq!(refused("[sessions]\naccess_ttl = '91d'"), ["sessions.access_ttl"]);
        assert_eq!(
            refused("[sessions]\nmax_lifetime = '20d'"),
            ["sessions.idle_ttl", "sessions.refresh_ttl"]
        );
        assert_eq!(refused("[agents]\nattempt_ttl = '25h'"), ["agents.attempt_ttl"]);
        assert_eq!(refused("[agents]\nclaim_ttl = '0s'"), ["agents.claim_ttl"]);
    }

    /// contracts/operator.md: PEM files, both or none.
    #[test]
    fn a_certificate_needs_its_key_and_an_https_issuer() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("tls.pem");
        let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).expect("made");
        let both = format!("{}{}", made.cert.pem(), made.signing_key.serialize_pem());
        fs::write(&path, both).expect("written");
        let path = path.display();
        let https = "issuer = 'https://localhost:8080'";
        let pair = format!("tls_certificate = '{path}'\ntls_key = '{path}'");
        assert!(sound(&format!("{https}\n{pair}")).tls.is_some());
        assert_eq!(refused(&format!("{https}\ntls_certificate = '{path}'")), ["tls_key"]);
        assert_eq!(refused(&format!("{https}\ntls_key = '{path}'")), ["tls_certificate"]);
        assert_eq!(refused(&pair), ["issuer"]);
        let unreadable =
            format!("{https}\ntls_certificate = '{path}'\ntls_key = '/nowhere/tls.pem'");
        assert_eq!(refused(&unreadable), ["tls_key"]);
    }

    #[test]
    fn links_on_pages_are_links() {
        let settings = sound(
            "[service]\nsupport = 'mailto:help@example.com'\nterms = 'https://example.com/terms'",
        );
        assert_eq!(settings.service.support.as_deref(), Some("mailto:help@example.com"));
        assert_eq!(settings.service.logo, None);
        assert_eq!(
            refused("[service]\nterms = 'javascript:alert(1)'\nname = ' '"),
            ["service.name", "service.terms"]
        );
    }

    #[test]
    fn trusted_proxies_are_networks_or_addresses() {
        let settings = sound("trusted_proxies = ['10.0.0.0/8', '::1']");
        let networks: Vec<String> =
            settings.trusted_proxies.iter().map(ToString::to_string).collect();
        assert_eq!(networks, ["10.0.0.0/8", "::1/128"]);
    }
}
