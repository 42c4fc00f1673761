//! The client's address behind the operator's own proxies, and nothing else of what they say.

use std::net::{IpAddr, SocketAddr};

use actix_web::http::header::{FORWARDED, HeaderMap, HeaderName, HeaderValue};
use ipnet::IpNet;

const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// The peer, or, when the peer is a trusted proxy, the last address in its chain that is not.
///
/// Each hop was written by the one after it, so the chain is read from its end, and what
/// stands before the first stranger, or before something that is no address, is hearsay.
#[must_use]
pub fn client(peer: IpAddr, trusted: &[IpNet], headers: &HeaderMap) -> IpAddr {
    let is_trusted = |address: &IpAddr| trusted.iter().any(|network| network.contains(address));
    let mut nearest = peer.to_canonical();
    let mut hops = hops(headers).into_iter().rev();
    while is_trusted(&nearest) {
        match hops.next() {
            Some(Some(hop)) => nearest = hop,
            _ => break,
        }
    }
    nearest
}

/// The chain as the proxies wrote it; `None` for a hop that is no address. `X-Forwarded-For`
/// counts where there is one: a proxy that writes it passes a stranger's `Forwarded` on.
fn hops(headers: &HeaderMap) -> Vec<Option<IpAddr>> {
    if headers.contains_key(&X_FORWARDED_FOR) {
        return elements(headers, &X_FORWARDED_FOR, address);
    }
    elements(headers, &FORWARDED, forwarded_for)
}

/// The `for` parameter of one element ([RFC 7239 §4]).
///
/// [RFC 7239 §4]: https://www.rfc-editor.org/rfc/rfc7239#section-4
fn forwarded_for(element: &str) -> Option<IpAddr> {
    let mut pairs = element.split(';').filter_map(|pair| pair.split_once('='));
    let (_, node) = pairs.find(|(name, _)| name.trim().eq_ignore_ascii_case("for"))?;
    address(node)
}

fn elements(
    headers: &HeaderMap,
    name: &HeaderName,
    read: impl Fn(&str) -> Option<IpAddr>,
) -> Vec<Option<IpAddr>> {
    let text = |value: &HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    let lines: Vec<String> = headers.get_all(name).map(text).collect();
    lines.iter().flat_map(|line| line.split(',')).map(read).collect()
}

/// An address with or without a port, brackets and quotes ([RFC 7239 §6]).
///
/// [RFC 7239 §6]: https://www.rfc-editor.org/rfc/rfc7239#section-6
fn address(node: &str) -> Option<IpAddr> {
    let node = node.trim().trim_matches('"');
    let bare = node.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(node);
    let with_port = || node.parse::<SocketAddr>().ok().map(|address| address.ip());
    bare.parse().ok().or_else(with_port).map(|address: IpAddr| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 7239 §6: the forms a node may take.
    #[test]
    fn a_forwarded_node_is_read_in_every_form() {
        let read = |element: &str| forwarded_for(element).map(|ip| ip.to_string());
        assert_eq!(read("for=192.0.2.60;proto=http").as_deref(), Some("192.0.2.60"));
        assert_eq!(read("proto=https; For=\"192.0.2.60:47011\"").as_deref(), Some("192.0.2.60"));
        assert_eq!(read("for=\"[2001:db8::17]:4711\"").as_deref(), Some("2001:db8::17"));
        for element in ["for=_hidden", "for=unknown", "by=192.0.2.1", "for", ""] {
            assert_eq!(read(element), None, "{element}");
        }
    }
}
