//! Addresses that no stranger may send us to: the special-purpose registries of [RFC 6890].
//!
//! IPv4 is refused block by block. IPv6 is refused unless it is global unicast (`2000::/3`),
//! and then block by block, so that a block registered tomorrow outside it is refused today.
//! Blocks that carry an IPv4 address inside are refused whole, except the mapped form, which
//! is only another spelling of its IPv4 address and is judged as that.
//!
//! [RFC 6890]: https://www.rfc-editor.org/rfc/rfc6890

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::{Ipv4Net, Ipv6Net};

/// An address where a name led, and where nothing of a stranger's choice may go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{0} is a special-use address")]
pub struct SpecialUse(pub IpAddr);

/// Passes an address of the public internet.
///
/// # Errors
///
/// The address lies in one of the blocks above.
pub fn check(address: IpAddr) -> Result<(), SpecialUse> {
    let special = match address.to_canonical() {
        IpAddr::V4(inner) => V4.iter().any(|block| block.contains(&inner)),
        IpAddr::V6(inner) => {
            !GLOBAL_UNICAST.contains(&inner) || V6.iter().any(|block| block.contains(&inner))
        }
    };
    if special { Err(SpecialUse(address)) } else { Ok(()) }
}

const V4: &[Ipv4Net] = &[
    v4([0, 0, 0, 0], 8),        // this host on this network, RFC 791
    v4([10, 0, 0, 0], 8),       // private use, RFC 1918
    v4([100, 64, 0, 0], 10),    // shared address space of carriers, RFC 6598
    v4([127, 0, 0, 0], 8),      // loopback, RFC 1122
    v4([168, 63, 129, 16], 32), // public in form, but a cloud's channel to its own machines
    v4([169, 254, 0, 0], 16),   // link-local, RFC 3927; the clouds' metadata services
    v4([172, 16, 0, 0], 12),    // private use, RFC 1918
    v4([192, 0, 0, 0], 24),     // protocol assignments, RFC 6890
    v4([192, 0, 2, 0], 24),     // documentation, RFC 5737
    v4([192, 31, 196, 0], 24),  // AS112, RFC 7535
    v4([192, 52, 193, 0], 24),  // AMT relays, RFC 7450
    v4([192, 88, 99, 0], 24),   // 6to4 relays, RFC 7526
    v4([192, 168, 0, 0], 16),   // private use, RFC 1918
    v4([192, 175, 48, 0], 24),  // AS112, RFC 7534
    v4([198, 18, 0, 0], 15),    // benchmarking, RFC 2544
    v4([198, 51, 100, 0], 24),  // documentation, RFC 5737
    v4([203, 0, 113, 0], 24),   // documentation, RFC 5737
    v4([224, 0, 0, 0], 4),      // multicast, RFC 5771
    v4([240, 0, 0, 0], 4),      // reserved, RFC 1112; broadcast, RFC 919
];

/// What IANA hands out for the public internet ([RFC 4291 §2.4]). Outside it lie, among
/// others, `::`, `::1`, IPv4-compatible addresses, NAT64 (`64:ff9b::/96` and the local-use
/// `64:ff9b:1::/48`), discard-only, `SRv6`, unique local, link-local, site-local and multicast.
///
/// [RFC 4291 §2.4]: https://www.rfc-editor.org/rfc/rfc4291#section-2.4
const GLOBAL_UNICAST: Ipv6Net = v6([0x2000, 0, 0], 3);

/// The special-purpose blocks inside global unicast.
const V6: &[Ipv6Net] = &[
    v6([0x2001, 0, 0], 23), // protocol assignments, RFC 2928: Teredo, benchmarking, ORCHID
    v6([0x2001, 0xdb8, 0], 32), // documentation, RFC 3849
    v6([0x2002, 0, 0], 16), // 6to4, RFC 3056: an IPv4 address of anybody's choice inside
    v6([0x2620, 0x4f, 0x8000], 48), // AS112, RFC 7534
    v6([0x3ffe, 0, 0], 16), // the 6bone, returned by RFC 3701
    v6([0x3fff, 0, 0], 20), // documentation, RFC 9637
];

const fn v4([a, b, c, d]: [u8; 4], prefix: u8) -> Ipv4Net {
    Ipv4Net::new_assert(Ipv4Addr::new(a, b, c, d), prefix)
}

const fn v6([a, b, c]: [u16; 3], prefix: u8) -> Ipv6Net {
    Ipv6Net::new_assert(Ipv6Addr::new(a, b, c, 0, 0, 0, 0, 0), prefix)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ENDS: &str = "
        0.0.0.0 0.255.255.255 10.0.0.0 10.255.255.255 100.64.0.0 100.127.255.255 127.0.0.0
        127.255.255.255 168.63.129.16 169.254.0.0 169.254.169.254 169.254.255.255 172.16.0.0
        172.31.255.255 192.0.0.0 192.0.0.192 192.0.0.255 192.0.2.0 192.0.2.255 192.31.196.1
        192.52.193.1 192.88.99.0 192.88.99.255 192.168.0.0 192.168.255.255 192.175.48.1 198.18.0.0
        198.19.255.255 198.51.100.0 198.51.100.255 203.0.113.0 203.0.113.255 224.0.0.0
        239.255.255.255 240.0.0.0 255.255.255.254 255.255.255.255 :: ::1 ::7f00:1 ::127.0.0.1
        ::8.8.8.8 ::ffff:0:127.0.0.1 64:ff9b:: 64:ff9b::127.0.0.1 64:ff9b::8.8.8.8 64:ff9b:1::
        64:ff9b:1:ffff:ffff:ffff:ffff:ffff 100:: 100::ffff:ffff:ffff:ffff 100:0:0:1::1 1fff:ffff::
        2001:: 2001::1 2001:2::1 2001:10::1 2001:20::1 2001:30::1 2001:1ff:ffff:: 2001:db8::
        2001:db8:ffff::1 2002:: 2002:7f00:1::1 2002:808:808::1 2620:4f:8000::1 3ffe::1 3fff::
        3fff:fff::1 4000:: 5f00::1 fc00:: fd00:ec2::254 fdff::1 fe80:: fe80::a9fe:a9fe febf::1
        fec0::1 feff::1 ff00:: ff02::1 ffff::
    ";

    const NEIGHBOURS: &str = "
        1.0.0.0 9.255.255.255 11.0.0.0 100.63.255.255 100.128.0.0 126.255.255.255 128.0.0.0
        168.63.129.15 168.63.129.17 169.253.255.255 169.255.0.0 172.15.255.255 172.32.0.0
        191.255.255.255 192.0.1.0 192.0.3.0 192.31.195.255 192.52.194.0 192.88.98.255 192.88.100.0
        192.167.255.255 192.169.0.0 192.175.49.0 198.17.255.255 198.20.0.0 198.51.99.255
        198.51.101.0 203.0.112.255 203.0.114.0 223.255.255.255 2001:200::1 2001:db7:ffff::1
        2001:db9::1 2003::1 2606:4700:4700::1111 2620:4f:8001::1 3ffd:ffff::1 3fff:1000::1
    ";

    fn is_special(text: &str) -> bool {
        check(text.parse().unwrap()).is_err()
    }

    /// RFC 6890 and the registries it made: the first and the last address of each block.
    #[test]
    fn both_ends_of_every_special_purpose_block_are_refused() {
        for text in ENDS.split_whitespace() {
            assert!(is_special(text), "{text}");
        }
    }

    /// A table that refused everything would be no table.
    #[test]
    fn the_neighbours_of_every_block_pass() {
        for text in NEIGHBOURS.split_whitespace() {
            assert!(!is_special(text), "{text}");
        }
    }

    /// RFC 4291 §2.5.5.2: `::ffff:a.b.c.d` is `a.b.c.d`, private and public alike.
    #[test]
    fn a_mapped_address_is_judged_as_the_one_inside() {
        assert!(is_special("::ffff:127.0.0.1"));
        assert!(is_special("::ffff:a9fe:a9fe"));
        assert!(is_special("::ffff:10.0.0.1"));
        assert!(!is_special("::ffff:8.8.8.8"));
    }
}
