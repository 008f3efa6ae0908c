//! Resolve, check, connect to what was checked (server-side request forgery, DNS rebinding).
//!
//! A run may go as deep into a network as its target does: documents of a public server cannot send us to private
//! addresses or to this machine, a target on this machine may point anywhere but at cloud metadata services.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use url::{Host, Url};

use crate::evidence::Lookup;
use crate::formats::uri::{self, AddressClass};

/// The gate refuses an address; nothing was sent.
#[derive(Clone, Debug, thiserror::Error)]
pub(super) enum Refusal {
    /// The address lies deeper in a network than the target.
    #[error("{host} has the address {address} ({class}), which a server at a {entry} address may not send us to")]
    Deeper { host: String, address: IpAddr, class: AddressClass, entry: AddressClass },
    /// A name with addresses of different kinds.
    #[error("{host} has addresses of different kinds ({first} and {second}), as in a DNS rebinding attack")]
    Mixed { host: String, first: IpAddr, second: IpAddr },
    /// The name of the target lies elsewhere than at first, or where no target may lie.
    #[error("{host} has the address {address} ({class}); a target that was found at {entry} may not lead there")]
    Moved { host: String, address: IpAddr, class: AddressClass, entry: AddressClass },
    /// The name has no address.
    #[error("{host} has no address")]
    Unknown { host: String },
}

/// The names of a run: what the user gave, what was looked up, how deep the target lies.
pub(super) struct Names {
    entry: String,
    entry_class: Mutex<Option<AddressClass>>,
    given: HashMap<String, SocketAddr>,
    seen: Mutex<Vec<Lookup>>,
}

impl Names {
    pub(super) fn new(target: &Url, resolve: &[(String, SocketAddr)]) -> Self {
        let entry = target.host_str().unwrap_or_default().to_owned();
        let given: HashMap<_, _> = resolve.iter().map(|(host, to)| (host.to_ascii_lowercase(), *to)).collect();
        let class = match target.host() {
            Some(Host::Ipv4(ip)) => Some(uri::class_of(ip.into())),
            Some(Host::Ipv6(ip)) => Some(uri::class_of(ip.into())),
            _ if uri::is_loopback_host(target) => Some(AddressClass::Loopback),
            _ => given.get(&entry).map(|to| uri::class_of(to.ip())),
        };
        Self { entry, entry_class: Mutex::new(class), given, seen: Mutex::default() }
    }

    pub(super) fn lookups(&self) -> Vec<Lookup> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The resolver is not asked for address literals: they are checked here.
    pub(super) fn check_literal(&self, url: &Url) -> Result<(), Refusal> {
        let (host, address) = match url.host() {
            Some(Host::Ipv4(ip)) => (ip.to_string(), IpAddr::from(ip)),
            Some(Host::Ipv6(ip)) => (format!("[{ip}]"), IpAddr::from(ip)),
            _ => return Ok(()),
        };
        if url.host_str() == Some(self.entry.as_str()) { Ok(()) } else { self.admit(&host, address) }
    }

    /// The addresses of a name, every one admitted.
    pub(super) async fn resolve(&self, host: &str) -> Result<Vec<SocketAddr>, Refusal> {
        let name = host.to_ascii_lowercase();
        if let Some(to) = self.given.get(&name) {
            self.note(&name, &[*to], true);
            return Ok(vec![*to]);
        }
        let found = tokio::net::lookup_host((host, 0)).await;
        let found: Vec<SocketAddr> = found.map(Iterator::collect).unwrap_or_default();
        self.note(&name, &found, false);
        self.admit_all(&name, &found)?;
        Ok(found)
    }

    fn admit_all(&self, name: &str, found: &[SocketAddr]) -> Result<(), Refusal> {
        let Some(first) = found.first() else { return Err(Refusal::Unknown { host: name.to_owned() }) };
        let class = uri::class_of(first.ip());
        if let Some(other) = found.iter().find(|to| uri::class_of(to.ip()) != class) {
            return Err(Refusal::Mixed { host: name.to_owned(), first: first.ip(), second: other.ip() });
        }
        if name != self.entry {
            return self.admit(name, first.ip());
        }
        // The name that the user gave may lie anywhere but in a metadata service, and stays where it was first found.
        let entry = *self.entry_class.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(class);
        if class == entry && class != AddressClass::Metadata {
            return Ok(());
        }
        Err(Refusal::Moved { host: name.to_owned(), address: first.ip(), class, entry })
    }

    fn admit(&self, host: &str, address: IpAddr) -> Result<(), Refusal> {
        let class = uri::class_of(address);
        let entry = self.entry_class.lock().unwrap_or_else(PoisonError::into_inner).unwrap_or(AddressClass::Public);
        let admitted = match class {
            AddressClass::Public => true,
            AddressClass::Metadata => false,
            AddressClass::Loopback => entry == AddressClass::Loopback,
            _ => entry != AddressClass::Public,
        };
        let refusal = || Refusal::Deeper { host: host.to_owned(), address, class, entry };
        if admitted { Ok(()) } else { Err(refusal()) }
    }

    fn note(&self, name: &str, found: &[SocketAddr], given: bool) {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if !seen.iter().any(|lookup| lookup.host == name) {
            let addresses = found.iter().map(SocketAddr::ip).collect();
            seen.push(Lookup { host: name.to_owned(), addresses, given });
        }
    }
}

/// [`Names`] as the HTTP client's resolver: what it returns is what is connected to.
pub(super) struct Guard(Arc<Names>);

impl Guard {
    pub(super) fn new(names: Arc<Names>) -> Self {
        Self(names)
    }
}

impl Resolve for Guard {
    fn resolve(&self, name: Name) -> Resolving {
        let names = Arc::clone(&self.0);
        Box::pin(async move {
            let found = names.resolve(name.as_str()).await?;
            Ok(Box::new(found.into_iter()) as Addrs)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(target: &str) -> Names {
        Names::new(&Url::parse(target).unwrap(), &[])
    }

    fn literal(names: &Names, url: &str) -> bool {
        names.check_literal(&Url::parse(url).unwrap()).is_ok()
    }

    #[test]
    fn a_public_target_cannot_send_us_inwards() {
        let names = names("https://93.184.216.34/mcp");
        assert!(literal(&names, "https://93.184.216.34/x"));
        assert!(literal(&names, "https://8.8.8.8/x"));
        for inward in [
            "http://127.0.0.1/",
            "http://2130706433/",
            "http://0x7f.1/",
            "http://[::ffff:127.0.0.1]/",
            "http://10.0.0.1/",
            "http://[fd00:ec2::254]/",
            "http://169.254.169.254/",
            "http://100.64.0.1/",
            "http://0.0.0.0/",
        ] {
            assert!(!literal(&names, inward), "{inward}");
        }
    }

    #[test]
    fn a_local_target_may_point_at_this_machine_but_not_at_cloud_metadata() {
        let names = names("http://127.0.0.1:8000/mcp");
        assert!(literal(&names, "http://127.0.0.1:9000/"));
        assert!(literal(&names, "http://[::1]:9000/"));
        assert!(!literal(&names, "http://169.254.169.254/latest/meta-data"));
    }

    #[test]
    fn the_target_stays_where_it_was_first_found() {
        let names = names("https://rs.test/mcp");
        let at = |address: &str| names.admit_all("rs.test", &[address.parse().unwrap()]);
        assert!(at("93.184.216.34:0").is_ok());
        assert!(at("8.8.8.8:0").is_ok(), "another public address is no rebinding");
        for inward in ["127.0.0.1:0", "10.0.0.1:0", "169.254.169.254:0"] {
            assert!(matches!(at(inward), Err(Refusal::Moved { .. })), "{inward}");
        }
    }

    #[test]
    fn no_name_leads_to_a_metadata_service() {
        let names = names("https://rs.test/mcp");
        assert!(names.admit_all("rs.test", &["169.254.169.254:0".parse().unwrap()]).is_err());
    }

    #[test]
    fn a_name_with_addresses_of_two_kinds_is_refused() {
        let names = names("https://rs.test/mcp");
        let mixed = ["93.184.216.34:0".parse().unwrap(), "127.0.0.1:0".parse().unwrap()];
        assert!(matches!(names.admit_all("rs.test", &mixed), Err(Refusal::Mixed { .. })));
    }
}
