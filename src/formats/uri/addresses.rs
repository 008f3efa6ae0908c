//! What kind of place an address is: RFC 6890 and the registries of special-purpose addresses.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Where an address leads, from the open internet inwards: a later class is never fine where an earlier one is not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum AddressClass {
    /// Globally reachable.
    Public,
    /// Reserved, documentation, benchmarking, multicast, unspecified.
    Special,
    /// RFC 1918, unique local IPv6, carrier-grade NAT (RFC 6598).
    Private,
    /// 169.254.0.0/16 and fe80::/10.
    LinkLocal,
    /// 127.0.0.0/8 and `::1`.
    Loopback,
    /// A metadata service of a cloud, which hands out credentials.
    Metadata,
}

/// `a public address`, `a cloud metadata address`, …
impl fmt::Display for AddressClass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Public => "a public address",
            Self::Special => "a special-purpose address",
            Self::Private => "a private address",
            Self::LinkLocal => "a link-local address",
            Self::Loopback => "a loopback address",
            Self::Metadata => "a cloud metadata address",
        })
    }
}

/// The class of an address by the registries of RFC 6890. An IPv4 address inside an IPv6 one (mapped, compatible,
/// NAT64 of RFC 6052, 6to4) is taken out and classed itself.
#[must_use]
pub fn class_of(address: IpAddr) -> AddressClass {
    match address {
        IpAddr::V4(address) => class_of_v4(address),
        IpAddr::V6(address) => class_of_v6(address),
    }
}

fn class_of_v4(address: Ipv4Addr) -> AddressClass {
    match address.octets() {
        // AWS, Azure, Google, Oracle and others; AWS container credentials; Azure; Oracle; Alibaba.
        [169, 254, 169, 254]
        | [169, 254, 170, 2 | 23]
        | [168, 63, 129, 16]
        | [192, 0, 0, 192]
        | [100, 100, 100, 200] => AddressClass::Metadata,
        [127, ..] => AddressClass::Loopback,
        [169, 254, ..] => AddressClass::LinkLocal,
        [10, ..] | [172, 16..=31, ..] | [192, 168, ..] | [100, 64..=127, ..] => AddressClass::Private,
        [0 | 224..=255, ..]
        | [192, 0, 0 | 2, _]
        | [192, 88, 99, _]
        | [198, 18 | 19, ..]
        | [198, 51, 100, _]
        | [203, 0, 113, _] => AddressClass::Special,
        _ => AddressClass::Public,
    }
}

fn class_of_v6(address: Ipv6Addr) -> AddressClass {
    let embedded = |high: u16, low: u16| {
        let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
        class_of_v4(Ipv4Addr::new(a, b, c, d))
    };
    match address.segments() {
        // AWS, its container credentials, Google.
        [0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254 | 0x23] | [0xfd20, 0xce, 0, 0, 0, 0, 0, 0x254] => AddressClass::Metadata,
        [0, 0, 0, 0, 0, 0, 0, 1] => AddressClass::Loopback,
        [0, 0, 0, 0, 0, 0xffff, high, low] | [0x64, 0xff9b, 0, 0, 0, 0, high, low] | [0x2002, high, low, ..] => {
            embedded(high, low)
        }
        // Unspecified, IPv4-compatible (deprecated), translated (RFC 2765): never a public way.
        [0, 0, 0, 0, 0 | 0xffff, 0, high, low] => embedded(high, low).max(AddressClass::Special),
        // NAT64 with a prefix of the network's own (RFC 8215).
        [0x64, 0xff9b, 1, ..] => AddressClass::Private,
        [0xfc00..=0xfdff | 0xfec0..=0xfeff, ..] => AddressClass::Private,
        [0xfe80..=0xfebf, ..] => AddressClass::LinkLocal,
        // Protocol assignments with Teredo, documentation; and all that is not global unicast (2000::/3).
        [0x2001, 0..=0x1ff | 0xdb8, ..] | [0x3fff, 0..=0xfff, ..] | [0..=0x1fff | 0x4000..=0xffff, ..] => {
            AddressClass::Special
        }
        _ => AddressClass::Public,
    }
}
