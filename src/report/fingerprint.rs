//! What makes a finding the same finding in the next run: the check, the deployment and the place, without port,
//! exchange number or anything else that differs from run to run.

use aws_lc_rs::digest;
use url::{Host, Url};

use crate::evidence::{Pointer, Trail};

/// The fingerprint of a finding: 32 hexadecimal digits.
pub(super) fn of(trail: &Trail, id: &str, at: Option<&Pointer>) -> String {
    let exchange = at.and_then(|at| trail.in_order().find(|exchange| exchange.number == at.exchange));
    let step = exchange.map(|x| format!("{:?} {}", x.step, spot(&x.request.url))).unwrap_or_default();
    let part = at.and_then(|at| at.header.as_ref().or(at.json_pointer.as_ref()).or(at.query_parameter.as_ref()));
    let material = [id, &spot(&trail.target), &step, part.map_or("", String::as_str)].join("\n");
    let hash = digest::digest(&digest::SHA256, material.as_bytes());
    hash.as_ref().iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}

/// What a URL names, without what differs from run to run: no scheme, port, query; this machine is `loopback`.
#[must_use]
pub fn spot(url: &str) -> String {
    let Ok(url) = Url::parse(url) else { return "target".to_owned() };
    let host = match url.host() {
        Some(Host::Ipv4(address)) if address.is_loopback() => "loopback".to_owned(),
        Some(Host::Ipv6(address)) if address.is_loopback() => "loopback".to_owned(),
        Some(Host::Domain(name)) if name == "localhost" || name.ends_with(".localhost") => "loopback".to_owned(),
        Some(host) => host.to_string(),
        None => "target".to_owned(),
    };
    format!("{host}{}", url.path()).trim_end_matches('/').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_spot_holds_nothing_of_the_run() {
        assert_eq!(spot("http://127.0.0.1:41234/mcp?x=1"), "loopback/mcp");
        assert_eq!(spot("http://[::1]:8700/mcp"), "loopback/mcp");
        assert_eq!(spot("https://example.com:8443/mcp/"), "example.com/mcp");
    }
}
