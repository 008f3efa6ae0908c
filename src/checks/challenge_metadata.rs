//! `resource_metadata` in the challenge: RFC 9728 §5.1, §3 and §7.3, MCP authorization server discovery.

use url::Url;

use super::ground::{parameters, resource};
use crate::evidence::{Evidence, Exchange, Pointer};
use crate::formats::uri::{self, AddressClass};
use crate::level;
use crate::need;
use crate::spec::cite::*;
use crate::spec::fault::{Deed, Edit, Fault, Reply};
use crate::spec::posture::Posture;
use crate::spec::revision::Revision;
use crate::spec::step::Step;
use crate::spec::text::printable;
use crate::verdict::{Check, Class, Finding, Mark, Role, Verdict, finding};

/// The rows.
pub(super) const CHECKS: &[Check] = &[
    Check {
        id: "challenge-resource-metadata",
        title: "the challenge names the resource metadata",
        role: Role::ResourceServer,
        level: level![_, Must, May, May],
        class: Class::ActiveSafe,
        mark: Mark::Biting,
        cites: &[MCP2_LOCATION, MCP_PRM_DISCOVERY, RFC9728_5_1],
        needs: &[Step::McpDiscover],
        blocked_by: &["challenge-bearer"],
        why: "It leads every client to the login in one step; clients of 2025-06-18 know no other way.",
        fix: "add to the challenge: `resource_metadata=\"https://HOST/.well-known/oauth-protected-resource/PATH\"`",
        disputed: "A must in 2025-06-18; since 2025-11-25 the well-known URL alone is enough, but not every client looks there.",
        faults: &[Fault::new(
            "no-resource-metadata-param",
            &[Deed::At(Reply::Challenge, &[header("Bearer scope=\"search:read\"")])],
        )],
        judge: present,
    },
    Check {
        id: "challenge-rm-absolute",
        title: "`resource_metadata` is an absolute URL",
        role: Role::ResourceServer,
        level: level![_, RfcMust, RfcMust, RfcMust],
        class: Class::ActiveSafe,
        mark: Mark::Plain,
        cites: &[RFC9728_5_1],
        needs: &[Step::McpDiscover],
        blocked_by: &["challenge-bearer"],
        why: "Clients fetch it as it stands; what is relative they cannot fetch.",
        fix: "write the whole URL: `resource_metadata=\"https://HOST/.well-known/oauth-protected-resource/PATH\"`",
        disputed: "",
        faults: &[Fault::new(
            "resource-metadata-relative",
            &[Deed::At(
                Reply::Challenge,
                &[header(
                    "Bearer resource_metadata=\"/.well-known/oauth-protected-resource/mcp\", scope=\"search:read\"",
                )],
            )],
        )],
        judge: absolute,
    },
    Check {
        id: "challenge-rm-scheme",
        title: "`resource_metadata` has the scheme, host and port that clients use",
        role: Role::ResourceServer,
        level: level![_, RfcMust, RfcMust, RfcMust],
        class: Class::ActiveSafe,
        mark: Mark::Biting,
        cites: &[RFC9728_3, RFC9728_1_2, OAUTH21_1_5],
        needs: &[Step::McpDiscover],
        blocked_by: &["challenge-rm-absolute", "url-public-base"],
        why: "A server behind a proxy that ends TLS sees http and an inner host; when it builds the URL from those, nobody outside can fetch it.",
        fix: "build the URL from a configured public URL, or trust `X-Forwarded-Proto` and `X-Forwarded-Host` of your proxy",
        disputed: "",
        faults: &[
            Fault::new(
                "resource-metadata-http",
                &[Deed::At(
                    Reply::Challenge,
                    &[header(
                        "Bearer resource_metadata=\"http://{host}/.well-known/oauth-protected-resource/mcp\", scope=\"search:read\"",
                    )],
                )],
            )
            .under(Posture::Https),
            Fault::new(
                "resource-metadata-inner-host",
                &[Deed::At(
                    Reply::Challenge,
                    &[header(
                        "Bearer resource_metadata=\"https://localhost:1/.well-known/oauth-protected-resource/mcp\", scope=\"search:read\"",
                    )],
                )],
            )
            .under(Posture::Https),
        ],
        judge: scheme,
    },
    Check {
        id: "challenge-rm-fetch",
        title: "the document that `resource_metadata` names can be fetched",
        role: Role::ResourceServer,
        level: level![_, Must, Must, Must],
        class: Class::Passive,
        mark: Mark::Plain,
        cites: &[MCP2_LOCATION, MCP_PRM_DISCOVERY, RFC9728_3_2],
        needs: &[Step::McpDiscover],
        blocked_by: &["challenge-rm-absolute", "challenge-rm-scheme"],
        why: "Clients that are given a URL go there and nowhere else.",
        fix: "serve the metadata at that URL with status 200, or name the URL where it is",
        disputed: "",
        faults: &[Fault::new(
            "resource-metadata-404",
            &[Deed::At(
                Reply::Challenge,
                &[header("Bearer resource_metadata=\"{origin}/metadata/resource.json\", scope=\"search:read\"")],
            )],
        )],
        judge: fetched,
    },
    Check {
        id: "challenge-rm-wellknown",
        title: "`resource_metadata` is the well-known URL of the endpoint",
        role: Role::ResourceServer,
        level: level![_, RfcMust, RfcMust, RfcMust],
        class: Class::Passive,
        mark: Mark::Plain,
        cites: &[RFC9728_3, RFC9728_3_1],
        needs: &[Step::McpDiscover],
        blocked_by: &["challenge-rm-absolute", "challenge-rm-scheme", "challenge-rm-fetch"],
        why: "Clients that cannot read the header, browsers among them, find the document only at the well-known URL.",
        fix: "serve the metadata at `https://HOST/.well-known/oauth-protected-resource/PATH`, too",
        disputed: "",
        faults: &[Fault::new(
            "resource-metadata-custom-path",
            &[
                Deed::At(
                    Reply::Challenge,
                    &[header("Bearer resource_metadata=\"{origin}/metadata/resource.json\", scope=\"search:read\"")],
                ),
                Deed::At(Reply::CustomResourceMetadata, &[Edit::Present]),
            ],
        )],
        judge: well_known,
    },
    Check {
        id: "challenge-rm-same-origin",
        title: "`resource_metadata` is on the server's own origin",
        role: Role::ResourceServer,
        level: level![_, Practice, Practice, Practice],
        class: Class::ActiveSafe,
        mark: Mark::Plain,
        cites: &[RFC9728_7_3, RFC9728_7_7, SBP_SSRF],
        needs: &[Step::McpDiscover],
        blocked_by: &["challenge-rm-absolute", "challenge-rm-scheme", "challenge-rm-fetch"],
        why: "A URL on another origin is what an attack looks like, and some clients do not go there.",
        fix: "serve the metadata on the origin of the MCP endpoint",
        disputed: "No document forbids another origin; the official Rust SDK passes over a URL that is not on the origin of the endpoint.",
        faults: &[Fault::new(
            "resource-metadata-foreign-origin",
            &[
                Deed::At(
                    Reply::Challenge,
                    &[header("Bearer resource_metadata=\"{as}/metadata/resource.json\", scope=\"search:read\"")],
                ),
                Deed::At(Reply::CustomResourceMetadata, &[Edit::Present]),
            ],
        )],
        judge: same_origin,
    },
];

const fn header(value: &'static str) -> Edit {
    Edit::SetHeader("www-authenticate", value)
}

/// The well-known URL of the endpoint, as it belongs into the challenge.
fn remedy(e: &Evidence<'_>) -> String {
    let url = e.target().map(|target| uri::resource_metadata_urls(target).path).unwrap_or_default();
    format!("resource_metadata=\"{}\"", printable(&url))
}

fn present(e: &Evidence<'_>) -> Verdict {
    let (refused, challenge) = need!(parameters(e));
    if challenge.param("resource_metadata").is_some() {
        return Verdict::Pass;
    }
    let at = Pointer::header(refused.exchange.number, "www-authenticate");
    let found = finding(at, "the challenge has no `resource_metadata`")
        .expected(remedy(e))
        .fix(format!("add to the challenge: `{}`", remedy(e)));
    if e.revision == Revision::R2025_06_18 {
        return found.fail();
    }
    // Without a document there is one thing to mend, and it is not the challenge.
    if e.resource().is_some() { found.warn() } else { Verdict::blocked("prm-discoverable") }
}

/// What the challenge says, where, and the URL in it.
struct Named<'e> {
    text: &'e str,
    at: Pointer,
}

impl Named<'_> {
    fn about(&self, message: impl Into<String>) -> Finding {
        finding(self.at.clone(), message).actual(printable(self.text).to_string())
    }
}

#[expect(clippy::result_large_err, reason = "a verdict is made once a check and returned by value everywhere")]
fn named<'e>(e: &'e Evidence<'_>) -> Result<Named<'e>, Verdict> {
    let (refused, challenge) = parameters(e)?;
    let text = challenge.param("resource_metadata").ok_or(Verdict::blocked("challenge-resource-metadata"))?;
    Ok(Named { text, at: Pointer::header(refused.exchange.number, "www-authenticate") })
}

#[expect(clippy::result_large_err, reason = "a verdict is made once a check and returned by value everywhere")]
fn named_url<'e>(e: &'e Evidence<'_>) -> Result<(Named<'e>, Url), Verdict> {
    let named = named(e)?;
    let url = uri::gate(named.text).map_err(|_| Verdict::blocked("challenge-rm-absolute"))?;
    Ok((named, url))
}

fn absolute(e: &Evidence<'_>) -> Verdict {
    let named = need!(named(e));
    match uri::gate(named.text) {
        Ok(_) => Verdict::Pass,
        Err(problem) => named
            .about(format!("`resource_metadata` is no URL that can be fetched: {problem}"))
            .expected(remedy(e))
            .fix(format!("write `{}`", remedy(e)))
            .fail(),
    }
}

/// Whether a host means something inside a machine or a network only.
pub(super) fn is_inside(url: &Url) -> bool {
    let literal = match url.host() {
        Some(url::Host::Ipv4(ip)) => Some(uri::class_of(ip.into())),
        Some(url::Host::Ipv6(ip)) => Some(uri::class_of(ip.into())),
        _ => None,
    };
    uri::is_loopback_host(url) || uri::is_local_name(url) || literal.is_some_and(|class| class != AddressClass::Public)
}

/// What the challenge's URL brought, redirects followed.
fn brought<'t>(e: &Evidence<'t>, named: &Named<'_>) -> Option<&'t Exchange> {
    e.fetched(named.text).map(|exchange| e.landed(exchange))
}

fn is_document(e: &Evidence<'_>, exchange: Option<&Exchange>) -> bool {
    exchange.and_then(|exchange| e.object(exchange)).is_some_and(|object| object.is_ok())
}

fn scheme(e: &Evidence<'_>) -> Verdict {
    let (named, url) = need!(named_url(e));
    let target = need!(e.target(), absent "the MCP URL cannot be read");
    let wrong = |what: String| {
        named
            .about(what)
            .expected(remedy(e))
            .fix(format!("build the URL from the public URL of the server, so that the challenge says `{}`", remedy(e)))
    };
    if target.scheme() == "https" && url.scheme() == "http" {
        return wrong("`resource_metadata` is an http URL, though the endpoint is served over https".to_owned()).fail();
    }
    if is_inside(&url) && !is_inside(target) {
        let host = printable(url.host_str().unwrap_or_default()).to_string();
        return wrong(format!("`resource_metadata` names {host}, which nobody outside can reach")).fail();
    }
    let same_host = url.host_str() == target.host_str();
    let other_port = url.port_or_known_default() != target.port_or_known_default();
    if same_host && other_port && brought(e, &named).is_none_or(|x| x.reply().is_none()) {
        let port = url.port_or_known_default().unwrap_or_default();
        return wrong(format!("`resource_metadata` names port {port}, where nobody answers")).fail();
    }
    Verdict::Pass
}

/// Whether a URL is one of the two where clients look without being told.
fn is_well_known(e: &Evidence<'_>, url: &Url) -> bool {
    let Some(places) = e.target().map(uri::resource_metadata_urls) else { return false };
    [places.path, places.root].iter().any(|place| Url::parse(place).as_ref() == Ok(url))
}

fn fetched(e: &Evidence<'_>) -> Verdict {
    let (named, url) = need!(named_url(e));
    let exchange = brought(e, &named);
    if is_document(e, exchange) {
        return Verdict::Pass;
    }
    if is_well_known(e, &url) {
        // The document itself is missing or broken: its own rows say so.
        need!(resource(e));
    }
    let Some(exchange) = exchange else {
        return Verdict::not_applicable("the document that the challenge names was not asked for");
    };
    let what = match (exchange.status(), exchange.failure()) {
        (Some(status @ 200..=299), _) => format!("{status}, but no JSON object"),
        (Some(status), _) => status.to_string(),
        (None, failure) => failure.map_or_else(String::new, |failure| printable(&failure.detail).to_string()),
    };
    let mut found = named.about(format!("the URL in `resource_metadata` brings no metadata: {what}"));
    found.at = Some(Pointer::exchange(exchange.number));
    found.expected("200 and a JSON object").actual(what).fail()
}

fn well_known(e: &Evidence<'_>) -> Verdict {
    let (named, url) = need!(named_url(e));
    if is_well_known(e, &url) {
        return Verdict::Pass;
    }
    let there = [Step::PathMetadata, Step::RootMetadata].into_iter().any(|step| is_document(e, e.answer(step)));
    let found = named.about("`resource_metadata` is not the well-known URL of the endpoint").expected(remedy(e));
    if there { found.info() } else { found.warn() }
}

fn same_origin(e: &Evidence<'_>) -> Verdict {
    let (named, url) = need!(named_url(e));
    let target = need!(e.target(), absent "the MCP URL cannot be read");
    if uri::origin_of(&url) == uri::origin_of(target) {
        return Verdict::Pass;
    }
    let origin = uri::origin_of(&url).to_string();
    let found = named
        .about(format!("`resource_metadata` is on another origin, {}", printable(&origin)))
        .expected(uri::origin_of(target).to_string());
    let same_port = url.port_or_known_default() == target.port_or_known_default();
    // `localhost` and `127.0.0.1` are two origins, and one machine.
    if uri::is_loopback_host(&url) && uri::is_loopback_host(target) && same_port { found.info() } else { found.warn() }
}
