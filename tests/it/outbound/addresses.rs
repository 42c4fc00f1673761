//! Where strangers' URLs may not lead, however they spell it.

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use countersign::outbound::{FetchError, Fetcher, NotAdmitted};

use super::server::Server;
use super::{allowed_to_loopback, failure, get, with_names};

/// Hosts that are addresses, in every spelling a URL parser reads as one.
pub const LITERALS: &[&str] = &[
    // Loopback: dotted, short, decimal, hex, octal, mixed, with a dot at the end.
    "127.0.0.1",
    "127.0.0.1.",
    "127.127.127.127",
    "127.1",
    "127.0.1",
    "2130706433",
    "0x7f000001",
    "0x7f.0x0.0x0.0x1",
    "0X7F.1",
    "017700000001",
    "0177.0.0.1",
    "0177.0.0.01",
    "127.0x1",
    // The same in circled, full-width and escaped digits, and with ideographic dots.
    "①②⑦.⓪.⓪.①",
    "①②⑦。⓪。⓪。①",
    "１２７.０.０.１",
    "127。0。0。1",
    "127．0．0．1",
    "%31%32%37.0.0.1",
    "127%2e0%2e0%2e1",
    // This host.
    "0.0.0.0",
    "0",
    "0x0",
    "00.0.0.0",
    // Link-local, where clouds keep credentials.
    "169.254.169.254",
    "0xa9fea9fe",
    "2852039166",
    "0251.0376.0251.0376",
    "①⑥⑨.②⑤④.①⑥⑨.②⑤④",
    // Private, carriers', a cloud's own, protocol assignments, benchmarking.
    "10.0.0.1",
    "10.1",
    "172.16.0.1",
    "192.168.0.1",
    "100.64.0.1",
    "100.100.100.200",
    "168.63.129.16",
    "192.0.0.192",
    "198.18.0.1",
    // Documentation, multicast, reserved, broadcast.
    "192.0.2.1",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
    // IPv6: loopback, unspecified, mapped, compatible.
    "[::1]",
    "[0:0:0:0:0:0:0:1]",
    "[0000:0000:0000:0000:0000:0000:0000:0001]",
    "[::]",
    "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]",
    "[0:0:0:0:0:ffff:127.0.0.1]",
    "[::ffff:169.254.169.254]",
    "[::127.0.0.1]",
    "[::7f00:1]",
    // NAT64, 6to4, Teredo.
    "[64:ff9b::127.0.0.1]",
    "[64:ff9b::a9fe:a9fe]",
    "[64:ff9b:1::7f00:1]",
    "[2002:7f00:1::]",
    "[2001:0:7f00:1::]",
    // Link-local, unique local, multicast, documentation.
    "[fe80::1]",
    "[fe80::1%25lo]",
    "[fe80::1%lo]",
    "[fd00:ec2::254]",
    "[fc00::1]",
    "[ff02::1]",
    "[2001:db8::1]",
];

/// Names and where they lead; every one of them into a special-use block.
pub const NAMES: &[(&str, &str)] = &[
    ("localhost", "127.0.0.1"),
    ("localhost.", "127.0.0.1"),
    ("agent.localhost", "::1"),
    ("loopback.example.com", "127.0.0.1"),
    ("loopback.example.com.", "127.0.0.2"),
    ("six.example.com", "::1"),
    ("mapped.example.com", "::ffff:127.0.0.1"),
    ("compatible.example.com", "::127.0.0.1"),
    ("unspecified.example.com", "0.0.0.0"),
    ("unspecified-six.example.com", "::"),
    ("metadata.example.com", "169.254.169.254"),
    ("metadata-six.example.com", "fd00:ec2::254"),
    ("nat64.example.com", "64:ff9b::7f00:1"),
    ("local-nat64.example.com", "64:ff9b:1::7f00:1"),
    ("sixtofour.example.com", "2002:7f00:1::1"),
    ("teredo.example.com", "2001::7f00:1"),
    ("private.example.com", "10.0.0.1"),
    ("carrier.example.com", "100.64.0.1"),
    ("unique.example.com", "fd12::1"),
    ("link.example.com", "fe80::1"),
    ("multicast.example.com", "224.0.0.1"),
    ("broadcast.example.com", "255.255.255.255"),
    ("xn--bcher-kva.example", "127.0.0.1"),
];

pub fn lookup(name: &str) -> std::io::Result<Vec<IpAddr>> {
    let found = NAMES.iter().find(|(known, _)| *known == name);
    let (_, address) = found.ok_or_else(|| std::io::Error::other("no such name"))?;
    address.parse().map(|address| vec![address]).map_err(std::io::Error::other)
}

/// Case 259; CIMD §8.6; hazard of the `url` crate, which folds most of these into dotted form.
#[tokio::test]
async fn an_address_in_any_spelling_is_refused_and_connected_to_by_nobody() {
    assert!(LITERALS.len() >= 45, "{}", LITERALS.len());
    let canary = Server::canary();
    let fetcher = with_names(lookup);
    for host in LITERALS {
        let url = format!("https://{host}:{}/client.json", canary.port);
        let refused = get(&fetcher, &url).await;
        let not_admitted = matches!(
            refused,
            Err(FetchError::NotAdmitted(NotAdmitted::Address | NotAdmitted::NotAUrl))
        );
        assert!(not_admitted, "{url}: {refused:?}");
        let url = format!("http://{host}:{}/client.json", canary.port);
        assert!(matches!(get(&fetcher, &url).await, Err(FetchError::NotAdmitted(_))), "{url}");
    }
    canary.assert_silent();
}

/// Case 259: the address counts that a name resolves to.
#[tokio::test]
async fn a_name_that_leads_to_a_special_use_address_is_refused_before_anything_connects() {
    let canary = Server::canary();
    let fetcher = with_names(lookup);
    for (name, address) in NAMES {
        let url = format!("https://{name}:{}/client.json", canary.port);
        let refused = get(&fetcher, &url).await.unwrap_err();
        assert_eq!(refused.special_use(), Some(address.parse().unwrap()), "{url}: {refused:?}");
    }
    canary.assert_silent();
}

/// Case 259, with the resolver of the machine: `localhost` is in every hosts file.
#[tokio::test]
async fn localhost_by_the_machines_own_resolver_is_refused() {
    let canary = Server::canary();
    let fetcher = Fetcher::network(None, &[]).unwrap();
    for host in ["localhost", "LocalHost", "LOCALHOST"] {
        let url = format!("https://{host}:{}/", canary.port);
        let address = get(&fetcher, &url).await.unwrap_err().special_use();
        assert!(address.is_some_and(|address| address.is_loopback()), "{url}: {address:?}");
    }
    canary.assert_silent();
}

/// The silence above means something: who is allowed to reach the canary is heard by it.
#[tokio::test]
async fn the_canary_hears_an_allowed_fetch() {
    let canary = Server::canary();
    failure(&allowed_to_loopback(), &format!("https://127.1:{}/", canary.port)).await;
    assert_eq!(canary.connections(), 1);
}

/// An address that is public in form and assigned to nobody, so that a test reaches nobody.
const NOBODY: &str = "3000::1";

/// Case 259: the client may choose any address of a name, so one bad one spoils them all.
#[tokio::test]
async fn one_special_use_address_among_public_ones_refuses_the_name() {
    let canary = Server::canary();
    for addresses in [[NOBODY, "127.0.0.1"], ["127.0.0.1", NOBODY]] {
        let fetcher =
            with_names(move |_| Ok(addresses.iter().map(|text| text.parse().unwrap()).collect()));
        let url = format!("https://agent.example.com:{}/", canary.port);
        let refused = get(&fetcher, &url).await.unwrap_err();
        assert_eq!(refused.special_use(), Some("127.0.0.1".parse().unwrap()));
    }
    canary.assert_silent();
}

/// Case 259, DNS rebinding: what was checked is what is connected to, and nothing is looked
/// up a second time; the next fetch looks up and checks anew.
#[tokio::test]
async fn a_name_that_changes_its_address_after_the_check_gains_nothing() {
    let canary = Server::canary();
    let lookups = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&lookups);
    let fetcher = with_names(move |_| {
        let first = counted.fetch_add(1, Ordering::SeqCst) == 0;
        Ok(vec![if first { NOBODY } else { "127.0.0.1" }.parse().unwrap()])
    });
    let url = format!("https://agent.example.com:{}/", canary.port);
    let first = failure(&fetcher, &url).await;
    assert_eq!(lookups.load(Ordering::SeqCst), 1, "{first:?}");
    canary.assert_silent();
    let second = get(&fetcher, &url).await.unwrap_err();
    assert_eq!(second.special_use(), Some("127.0.0.1".parse().unwrap()));
    assert_eq!(lookups.load(Ordering::SeqCst), 2);
    canary.assert_silent();
}

/// operator.md `outbound.allow`: one host, not its neighbours on the same machine.
#[tokio::test]
async fn allowing_one_host_allows_no_other_name_of_the_same_machine() {
    let canary = Server::canary();
    let fetcher = allowed_to_loopback();
    for host in ["127.0.0.2", "[::1]", "0.0.0.0", "[::ffff:127.0.0.1]"] {
        let url = format!("https://{host}:{}/", canary.port);
        let refused = get(&fetcher, &url).await;
        assert_eq!(refused, Err(FetchError::NotAdmitted(NotAdmitted::Address)), "{url}");
    }
    let url = format!("https://localhost:{}/", canary.port);
    assert!(get(&fetcher, &url).await.unwrap_err().special_use().is_some());
    canary.assert_silent();
}
