//! Where documents send clients: redirects of metadata, endpoints over plain http, addresses inside a network, schemes
//! that run code. RFC 9728 §3.2 and §7.7, RFC 8414 §3.2, RFC 6890, MCP security considerations and best practices.

use std::collections::BTreeSet;
use std::net::IpAddr;

use serde_json::Value;
use url::{Host, Url};

use super::ground::{in_all, refused, resource, servers};
use super::refusals::destination;
use crate::evidence::{Document, Evidence, Exchange, Pointer};
use crate::formats::uri::{self, AddressClass};
use crate::level;
use crate::need;
use crate::spec::cite::*;
use crate::spec::fault::{Deed, Edit, Fault, Reply};
use crate::spec::posture::Posture;
use crate::spec::step::Step;
use crate::spec::text::printable;
use crate::verdict::{Check, Class, Mark, Role, Verdict, finding};

/// The steps that bring metadata of an authorization server.
pub(super) const SERVER_STEPS: &[Step] =
    &[Step::OauthMetadata, Step::OidcInserted, Step::OidcAppended, Step::LegacyMetadata];

/// The rows.
pub(super) const CHECKS: &[Check] = &[
    Check {
        id: "tls-as-https",
        title: "every endpoint of the authorization server has an https URL",
        role: Role::AuthorizationServer,
        level: level![Must, Must, Must, Must],
        class: Class::Passive,
        mark: Mark::Plain,
        cites: &[MCP1_SECURITY, MCP_COMMUNICATION_SECURITY, OAUTH21_1_5],
        needs: SERVER_STEPS,
        blocked_by: &[],
        why: "Codes, secrets and tokens pass through these endpoints; over plain http everybody on the way reads them.",
        fix: "publish https URLs only, e.g. `\"token_endpoint\": \"https://HOST/token\"`",
        disputed: "",
        faults: &[Fault::new(
            "asm-http-endpoint",
            in_all![Edit::SetJson("/revocation_endpoint", "\"http://as.test/tenant1/revoke\"")],
        )
        .under(Posture::Https)],
        judge: as_https,
    },
    Check {
        id: "meta-redirect",
        title: "metadata is served where it is asked for, without redirects",
        role: Role::ResourceServer,
        level: level![RfcMust, RfcMust, RfcMust, RfcMust],
        class: Class::Passive,
        mark: Mark::Plain,
        cites: &[RFC9728_3_2, RFC8414_3_2, SBP_REDIRECTS],
        needs: &[Step::PathMetadata, Step::RootMetadata, Step::OauthMetadata, Step::LegacyMetadata],
        blocked_by: &[],
        why: "Careful clients do not follow redirects of metadata, since a redirect can lead into their own network or to another server's document.",
        fix: "serve the document with status 200 at the well-known URL itself",
        disputed: "",
        faults: &[
            Fault::new(
                "prm-redirect-302",
                &[
                    Deed::At(
                        Reply::ResourceMetadata,
                        &[Edit::Status(302), Edit::SetHeader("location", "{origin}/metadata/resource.json")],
                    ),
                    Deed::At(Reply::CustomResourceMetadata, &[Edit::Present]),
                ],
            ),
            Fault::new(
                "prm-redirect-away",
                &[Deed::At(
                    Reply::ResourceMetadata,
                    &[Edit::Status(302), Edit::SetHeader("location", "{as}/metadata/resource.json")],
                )],
            )
            // Without metadata at the MCP origin, which would stand in.
            .under(Posture::OidcOnly),
        ],
        judge: redirect,
    },
    Check {
        id: "meta-private-address",
        title: "a public server sends clients to public addresses only",
        role: Role::ResourceServer,
        level: level![Guide, Guide, Guide, Guide],
        class: Class::Passive,
        mark: Mark::Plain,
        cites: &[SBP_PRIVATE, RFC9728_7_7, RFC6890_2_2_2],
        needs: &[Step::PathMetadata, Step::RootMetadata, Step::OauthMetadata, Step::LegacyMetadata],
        blocked_by: &[],
        why: "A URL inside somebody's network is unreachable for most clients, and those that can reach it can be made to attack it; careful clients refuse it.",
        fix: "publish URLs with public host names",
        disputed: "",
        faults: &[Fault::new(
            "asm-private-ip-endpoint",
            in_all![Edit::SetJson("/revocation_endpoint", "\"https://10.0.0.7/tenant1/revoke\"")],
        )
        .under(Posture::Https)],
        judge: private_address,
    },
    Check {
        id: "meta-dangerous-scheme",
        title: "no URL of the authorization server has a scheme that runs code or opens files",
        role: Role::AuthorizationServer,
        level: level![Guide, Guide, Guide, Guide],
        class: Class::Passive,
        mark: Mark::Plain,
        cites: &[SBP_URLS],
        needs: SERVER_STEPS,
        blocked_by: &[],
        why: "Clients open the authorization endpoint in a browser or hand it to the operating system: `javascript:` or `file:` there runs what the attacker wrote.",
        fix: "publish an https URL, e.g. `\"authorization_endpoint\": \"https://HOST/authorize\"`",
        disputed: "",
        faults: &[Fault::new(
            "asm-javascript-endpoint",
            in_all![Edit::SetJson("/authorization_endpoint", "\"javascript:alert(document.domain)\"")],
        )],
        judge: dangerous_scheme,
    },
];

/// The members of a document that are URLs by their name, with their values.
fn endpoints<'d>(document: &Document<'d>) -> Vec<(&'d str, &'d str)> {
    let members = document.object.iter().filter(|(name, _)| name.ends_with("_endpoint"));
    members.filter_map(|(name, value)| Some((name.as_str(), value.as_str()?))).collect()
}

/// The key set and the issuer itself are judged with the documents they belong to.
fn as_https(e: &Evidence<'_>) -> Verdict {
    let documents = need!(servers(e));
    let mut on_loopback = None;
    for document in &documents {
        for (name, value) in endpoints(document) {
            let Some(url) = Url::parse(value).ok().filter(|url| url.scheme() == "http") else { continue };
            let found = finding(document.spot(name).at, format!("`{name}` is served over plain http"))
                .actual(printable(value).to_string());
            if !(e.on_loopback() && uri::is_loopback_host(&url)) {
                let better = format!("https{}", value.get("http".len()..).unwrap_or_default());
                let fix = format!("serve it over https and publish `\"{name}\": \"{}\"`", printable(&better));
                return found.expected("an https URL").fix(fix).fail();
            }
            on_loopback.get_or_insert(found);
        }
    }
    match on_loopback {
        Some(found) => {
            crate::verdict::Finding { message: "plain http, which is fine on this machine".into(), ..found }.info()
        }
        None => Verdict::Pass,
    }
}

fn redirect(e: &Evidence<'_>) -> Verdict {
    let resource_route = e.resource_candidates().into_iter().map(|(_, exchange)| exchange).collect::<Vec<_>>();
    let mut routes = vec![(Role::ResourceServer, resource_route)];
    for issuer in e.issuers() {
        routes.push((Role::AuthorizationServer, e.issuer(&issuer).candidates));
    }
    if routes.iter().all(|(_, route)| route.iter().all(|x| x.reply().is_none())) {
        return Verdict::not_applicable("no metadata was asked for");
    }
    let mut same_origin = None;
    for (role, route) in routes {
        for exchange in route {
            for hop in hops(e, exchange) {
                let Some(to) = destination(hop) else { continue };
                let from = Url::parse(&hop.request.url).ok();
                let status = hop.status().unwrap_or_default();
                let shown = printable(to.as_str()).to_string();
                let describe = |what: &str| {
                    let message = format!("metadata is not served here: {status} sends the client {what}");
                    finding(Pointer::header(hop.number, "location"), message).expected("200").actual(&shown).by(role)
                };
                if from.as_ref().is_some_and(|from| from.scheme() == "https") && to.scheme() == "http" {
                    return describe("to plain http").fail();
                }
                if from.as_ref().is_none_or(|from| uri::origin_of(from) != uri::origin_of(&to)) {
                    return describe("to another origin").fail();
                }
                same_origin.get_or_insert(describe("to another URL"));
            }
            // What lies behind the document that is used, no client asks for.
            if e.object(e.landed(exchange)).is_some_and(|object| object.is_ok()) {
                break;
            }
        }
    }
    same_origin.map_or(Verdict::Pass, crate::verdict::Finding::warn)
}

/// An exchange and those that followed its redirects.
fn hops<'t>(e: &Evidence<'t>, first: &'t Exchange) -> Vec<&'t Exchange> {
    let mut chain = vec![first];
    while let Some(next) = chain.last().and_then(|x| e.trail.in_order().find(|y| y.follows == Some(x.number))) {
        chain.push(next);
    }
    chain
}

/// A URL that a server names, where, and whose it is.
struct Named {
    url: Url,
    at: Pointer,
    role: Role,
}

fn named_urls(e: &Evidence<'_>) -> Vec<Named> {
    let mut found = Vec::new();
    let mut add = |text: &str, at: Pointer, role| {
        found.extend(Url::parse(text).ok().map(|url| Named { url, at, role }));
    };
    let lookable = |text: &str| {
        Url::parse(text)
            .is_ok_and(|url| url.domain().is_some() && !uri::is_local_name(&url) && !uri::is_loopback_host(&url))
    };
    // A challenge that names an inner host is a finding of its own; what a public name leads to is looked at here.
    if let (Some(url), Some(refused)) = (e.named_metadata_url().filter(|url| lookable(url)), e.challenged()) {
        add(url, Pointer::header(refused.exchange.number, "www-authenticate"), Role::ResourceServer);
    }
    if let Some((_, document)) = e.resource() {
        let servers = document.spot("authorization_servers");
        for (index, issuer) in document.texts("authorization_servers").unwrap_or_default().into_iter().enumerate() {
            add(issuer, servers.element(index), Role::ResourceServer);
        }
        if let Some(url) = document.text("jwks_uri") {
            add(url, document.spot("jwks_uri").at, Role::ResourceServer);
        }
    }
    for issuer in e.issuers() {
        let Some(document) = e.issuer(&issuer).document else { continue };
        let names = endpoints(&document).into_iter().map(|(name, _)| name).chain(["issuer", "jwks_uri"]);
        for name in names {
            add(document.text(name).unwrap_or_default(), document.spot(name).at, Role::AuthorizationServer);
        }
    }
    found
}

fn private_address(e: &Evidence<'_>) -> Verdict {
    if !e.target().is_some_and(|target| is_public(e, target)) {
        return Verdict::not_applicable("the MCP server itself is not on the public internet");
    }
    let named = named_urls(e);
    if named.is_empty() {
        need!(resource(e));
        need!(refused(e));
        return Verdict::Pass;
    }
    for Named { url, at, role } in &named {
        let Some((address, class)) = special_address(e, url) else { continue };
        let host = printable(url.host_str().unwrap_or_default()).to_string();
        let message = if address.to_string() == host.trim_matches(['[', ']']) {
            format!("clients are sent to {host}, {class}")
        } else {
            format!("clients are sent to {host}, which has the address {address}, {class}")
        };
        return finding(at.clone(), message).actual(printable(url.as_str()).to_string()).by(*role).warn();
    }
    match named.iter().find(|named| uri::is_local_name(&named.url)) {
        Some(Named { url, at, role }) => {
            let message = "clients are sent to a name that means something in a local network only";
            finding(at.clone(), message).actual(printable(url.as_str()).to_string()).by(*role).info()
        }
        None => Verdict::Pass,
    }
}

/// The addresses of a host: its own, if it is one, else those looked up. Addresses that the user gave say nothing.
fn addresses(e: &Evidence<'_>, url: &Url) -> BTreeSet<IpAddr> {
    match url.host() {
        Some(Host::Ipv4(ip)) => [IpAddr::from(ip)].into(),
        Some(Host::Ipv6(ip)) => [IpAddr::from(ip)].into(),
        Some(Host::Domain(_)) if uri::is_loopback_host(url) => [IpAddr::from([127, 0, 0, 1])].into(),
        Some(Host::Domain(name)) => {
            let looked_up = e.trail.lookups.iter().find(|known| known.host.eq_ignore_ascii_case(name) && !known.given);
            looked_up.map(|known| known.addresses.iter().copied().collect()).unwrap_or_default()
        }
        None => BTreeSet::new(),
    }
}

fn special_address(e: &Evidence<'_>, url: &Url) -> Option<(IpAddr, AddressClass)> {
    let mut classed = addresses(e, url).into_iter().map(|address| (address, uri::class_of(address)));
    classed.find(|(_, class)| *class != AddressClass::Public)
}

/// Whether a URL is one of the public internet. Where the user gave the address, the name decides.
fn is_public(e: &Evidence<'_>, url: &Url) -> bool {
    let given = |known: &&crate::evidence::Lookup| known.given && url.host_str() == Some(known.host.as_str());
    if e.trail.lookups.iter().any(|known| given(&known)) {
        return !uri::is_local_name(url) && !uri::is_loopback_host(url);
    }
    // Through a proxy nothing is looked up here.
    special_address(e, url).is_none() && !uri::is_local_name(url)
}

fn dangerous_scheme(e: &Evidence<'_>) -> Verdict {
    const DANGEROUS: [&str; 7] = ["javascript", "data", "file", "vbscript", "blob", "about", "view-source"];
    let documents = need!(servers(e));
    for document in &documents {
        let texts = document.object.iter().filter_map(|(name, value)| Some((name, Value::as_str(value)?)));
        for (name, value) in texts {
            let scheme = value.trim_start().split(':').next().unwrap_or_default().to_ascii_lowercase();
            if value.contains(':') && DANGEROUS.contains(&scheme.as_str()) {
                let message = format!("`{}` has the scheme `{scheme}:`", printable(name));
                return finding(document.spot(name).at, message)
                    .expected("an https URL")
                    .actual(printable(value).cut(80).to_string())
                    .fail();
            }
        }
    }
    Verdict::Pass
}
