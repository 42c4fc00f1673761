//! contracts/operator.md, `tls_certificate` and `tls_key`: PEM files, both or none, read again
//! on SIGHUP and on change.

use std::fs;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use crate::support::process::{Place, Process, is_free};
use crate::support::{PASSWORD, client_builder};

const SETTINGS: &str = "tls_certificate = 'server.pem'\ntls_key = 'server.key'\n";

/// A new self-signed pair under these names.
fn make(place: &Place, certificate: &str, key: &str) {
    let made = Command::new("openssl")
        .args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"])
        .args(["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1", "-days", "2"])
        .arg("-keyout")
        .arg(place.path(key))
        .arg("-out")
        .arg(place.path(certificate))
        .output()
        .expect("openssl");
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
}

/// Puts a pair in place of the one in use, the key first, as renewal programs do.
fn renew(place: &Place, name: &str) {
    make(place, &format!("{name}.pem"), &format!("{name}.key"));
    fs::rename(place.path(&format!("{name}.key")), place.path("server.key")).expect("moved");
    fs::rename(place.path(&format!("{name}.pem")), place.path("server.pem")).expect("moved");
}

/// The certificate that a new connection is shown, as PEM.
async fn shown(place: &Place) -> String {
    let mut client = Command::new("openssl");
    client.args(["s_client", "-connect", &format!("127.0.0.1:{}", place.port)]);
    client.stdin(Stdio::null());
    let output = tokio::task::spawn_blocking(move || client.output().expect("openssl"));
    let text = String::from_utf8_lossy(&output.await.expect("joined").stdout).into_owned();
    let (_, rest) = text.split_once("-----BEGIN CERTIFICATE-----").expect("a certificate");
    rest.split_once("-----END CERTIFICATE-----").expect("its end").0.to_owned()
}

fn in_use(place: &Place) -> String {
    let text = fs::read_to_string(place.path("server.pem")).expect("the certificate");
    let (_, rest) = text.split_once("-----BEGIN CERTIFICATE-----").expect("a certificate");
    rest.split_once("-----END CERTIFICATE-----").expect("its end").0.to_owned()
}

async fn https() -> (Place, Process) {
    let mut place = Place::new().await;
    place.issuer = place.issuer.replace("http:", "https:");
    place.configure(SETTINGS);
    make(&place, "server.pem", "server.key");
    let mut server = place.serve(&[]).await;
    server.client =
        client_builder().tls_danger_accept_invalid_certs(true).build().expect("a client");
    (place, server)
}

/// "both, or none": one alone, or a plain issuer beside them, is a configuration that cannot
/// be used.
#[tokio::test]
async fn one_tls_file_alone_refuses_to_start() {
    let place = Place::new().await;
    make(&place, "server.pem", "server.key");
    for (settings, key) in [
        ("tls_certificate = 'server.pem'", "tls_key"),
        ("tls_key = 'server.key'", "tls_certificate"),
        (SETTINGS, "issuer"),
    ] {
        place.configure(settings);
        let refused = place.run(&["serve"]).await;
        assert_eq!((refused.code, refused.stdout.as_str()), (Some(2), ""), "{}", refused.stderr);
        assert!(refused.stderr.starts_with(&format!("countersign: {key} ")), "{}", refused.stderr);
        assert!(!place.path("countersign.key").exists());
    }
}

/// What is no certificate, or not the key's, is a configuration that cannot be used: exit 2,
/// said by `config check` as well, nothing created, nothing listening.
#[tokio::test]
async fn files_that_are_no_certificate_and_its_key_refuse_to_start_and_touch_nothing() {
    let mut place = Place::new().await;
    place.issuer = place.issuer.replace("http:", "https:");
    place.configure(SETTINGS);
    make(&place, "other.pem", "other.key");
    for (certificate, key, at_fault, why) in [
        ("made", "other", "tls_key", "do not go together"),
        ("made", "no key", "tls_key", "server.key holds no private key"),
        ("no certificate", "made", "tls_certificate", "server.pem holds no certificate"),
        ("", "made", "tls_certificate", "server.pem holds no certificate"),
        ("cut", "made", "tls_", ""),
    ] {
        make(&place, "server.pem", "server.key");
        let made = fs::read_to_string(place.path("server.pem")).expect("a certificate");
        match certificate {
            "made" => {}
            "cut" => place.write("server.pem", &made[..made.len() / 2]),
            text => place.write("server.pem", text),
        }
        match key {
            "made" => {}
            "other" => {
                fs::copy(place.path("other.key"), place.path("server.key")).expect("copied");
            }
            text => place.write("server.key", text),
        }
        let before = place.files();
        for command in [&["serve"][..], &["config", "check"]] {
            let refused = place.run(command).await;
            assert_eq!(
                (refused.code, refused.stdout.as_str()),
                (Some(2), ""),
                "{}",
                refused.stderr
            );
            assert_eq!(refused.stderr.lines().count(), 1, "{}", refused.stderr);
            let named = format!("countersign: {at_fault}");
            assert!(refused.stderr.starts_with(&named), "{}", refused.stderr);
            assert!(refused.stderr.contains(why), "{}", refused.stderr);
        }
        assert_eq!(place.files(), before);
        assert!(is_free(place.port));
    }
    make(&place, "server.pem", "server.key");
    place.serve(&[]).await.stop().await;
}

/// "reloaded on SIGHUP and on change": new connections see the new certificate, no request is
/// lost meanwhile, and a broken pair leaves the old one in use.
#[tokio::test]
async fn a_renewed_certificate_is_used_without_a_restart() {
    let (place, server) = https().await;
    assert!(server.url.starts_with("https://"), "{}", server.url);
    let first = shown(&place).await;
    assert_eq!(first, in_use(&place));
    let (quiet, answered) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
    let (url, client) = (format!("{}/healthz", server.url), server.client.clone());
    let (stop, count) = (Arc::clone(&quiet), Arc::clone(&answered));
    let asking = tokio::spawn(async move {
        while !stop.load(Ordering::SeqCst) {
            let answer = client.get(&url).send().await.expect("an answer across reloads");
            assert_eq!(answer.status(), 200);
            count.fetch_add(1, Ordering::SeqCst);
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    });

    renew(&place, "second");
    server.signal("HUP");
    server.logged(0, "the TLS certificate was read again").await;
    let second = shown(&place).await;
    assert_eq!(second, in_use(&place));
    assert_ne!(second, first);

    renew(&place, "third");
    let began = Instant::now();
    while shown(&place).await != in_use(&place) {
        assert!(began.elapsed() < Duration::from_secs(30), "the change is not noticed");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    let third = shown(&place).await;
    assert_ne!(third, second);

    let logged = server.stderr().len();
    place.write("server.key", "no key");
    server.signal("HUP");
    server.logged(logged, "the old TLS certificate stays in use").await;
    assert_eq!(shown(&place).await, third);
    quiet.store(true, Ordering::SeqCst);
    asking.await.expect("no request was lost");
    assert!(answered.load(Ordering::SeqCst) > 20);
    server.stop().await;
}

/// `__Host-` cookies and HSTS exist on https only; browsers refuse the one and ignore the
/// other on plain http (RFC 6265bis §4.1.3.2, RFC 6797 §8.1).
#[tokio::test]
async fn https_cookies_are_bound_to_the_host_and_pages_ask_for_https() {
    let (place, server) = https().await;
    place.add_person("ada@example.com").await;
    let page = server.get("/sign-in").await;
    assert_eq!(page.header("strict-transport-security"), Some("max-age=31536000"));
    let mut ada = server.person("ada@example.com");
    let signed_in = ada.sign_in_with(PASSWORD).await;
    for (reply, what) in [(&page, "first page"), (&signed_in, "sign-in")] {
        let cookie = reply.header("set-cookie").expect(what);
        assert!(cookie.starts_with("__Host-countersign="), "{cookie}");
        for part in ["Secure", "HttpOnly", "SameSite=Lax", "Path=/"] {
            assert!(cookie.split("; ").any(|found| found == part), "{part}: {cookie}");
        }
        assert!(!cookie.contains("Domain"), "{cookie}");
    }
    server.stop().await;

    let plain = Place::new().await;
    plain.configure("");
    let server = plain.serve(&[]).await;
    let page = server.get("/sign-in").await;
    assert_eq!(page.header("strict-transport-security"), None);
    let cookie = page.header("set-cookie").expect("a cookie");
    assert!(cookie.starts_with("countersign=") && !cookie.contains("Secure"), "{cookie}");
    server.stop().await;
}
