//! Authorization server metadata, whose it is: `issuer`. RFC 8414 §2 and §3.3, OpenID Connect Discovery §4.3, MCP
//! authorization server discovery ("Authorization Server Metadata Discovery").

use url::Url;

use super::ground::{in_both, issuer, server};
use super::server_members::DOCUMENTS;
use crate::evidence::{Document, Evidence};
use crate::formats::json::{self, Field};
use crate::formats::uri::{self, Likeness};
use crate::level;
use crate::need;
use crate::spec::cite::*;
use crate::spec::fault::{Edit, Fault};
use crate::spec::posture::Posture;
use crate::spec::revision::Revision;
use crate::spec::step::Step;
use crate::spec::text::printable;
use crate::verdict::{Check, Class, Mark, Role, Verdict, finding};

/// The rows.
pub(super) const CHECKS: &[Check] = &[
    Check {
        id: "asm-issuer-present",
        title: "the metadata names its `issuer`",
        role: Role::AuthorizationServer,
        level: level![RfcMust, RfcMust, RfcMust, RfcMust],
        class: Class::Passive,
        mark: Mark::Plain,
        cites: &[RFC8414_2, OIDC_DISCOVERY_3],
        needs: DOCUMENTS,
        blocked_by: &[],
        why: "A client compares it with the name it asked for. Without it the document proves nothing and must not be used.",
        fix: "add `\"issuer\": \"https://HOST/PATH\"` to the metadata, the same text as in `authorization_servers`",
        disputed: "",
        faults: &[
            Fault::new("asm-no-issuer", in_both![Edit::DropJson("/issuer")]),
            Fault::new("asm-issuer-null", in_both![Edit::SetJson("/issuer", "null")]),
        ],
        judge: present,
    },
    Check {
        id: "asm-issuer-form",
        title: "`issuer` is an https URL without query and fragment",
        role: Role::AuthorizationServer,
        level: level![RfcMust, RfcMust, RfcMust, RfcMust],
        class: Class::Passive,
        mark: Mark::Plain,
        cites: &[RFC8414_2],
        needs: DOCUMENTS,
        blocked_by: &["asm-issuer-present"],
        why: "The places of the metadata are built from the issuer; with a query or a fragment there are none.",
        fix: "name the issuer by scheme, host and path alone: `\"issuer\": \"https://HOST/PATH\"`; where it is http behind a \
              proxy, let the proxy send `X-Forwarded-Proto` or set the public base URL",
        disputed: "",
        faults: &[
            Fault::new("asm-issuer-query", in_both![Edit::SetJson("/issuer", "\"{issuer}?tenant=1\"")]),
            Fault::new("asm-issuer-fragment", in_both![Edit::SetJson("/issuer", "\"{issuer}#tenant\"")]),
            Fault::new("asm-issuer-name", in_both![Edit::SetJson("/issuer", "\"our login\"")]),
            Fault::new("asm-issuer-http", in_both![Edit::SetJson("/issuer", "\"http://login.example/tenant1\"")])
                .under(Posture::Https),
        ],
        judge: form,
    },
    Check {
        id: "asm-issuer-match",
        title: "`issuer` is the name under which the metadata was asked for",
        role: Role::AuthorizationServer,
        level: level![RfcMust, RfcMust, RfcMust, Must],
        class: Class::Passive,
        mark: Mark::Biting,
        cites: &[RFC8414_3_3, OIDC_DISCOVERY_4_3, MCP_ASM_DISCOVERY],
        needs: &[Step::OauthMetadata, Step::OidcInserted, Step::OidcAppended],
        blocked_by: &["asm-issuer-present", "asm-issuer-form"],
        why: "It keeps one authorization server from speaking for another. Clients compare byte by byte and refuse the \
              document if one slash differs.",
        fix: "write the same text in `issuer` of the metadata and in `authorization_servers` of the resource metadata",
        disputed: "Python SDK 1.x and the Rust SDK tolerate a difference of only the slash after the host; TypeScript \
                   SDK 2, Copilot CLI, Google ADK and opencode refuse it, as the specification demands.",
        faults: &[
            Fault::new("asm-issuer-mismatch", in_both![Edit::SetJson("/issuer", "\"{as}/tenant2\"")]),
            Fault::new("asm-issuer-slash", in_both![Edit::SetJson("/issuer", "\"{issuer}/\"")]),
            Fault::new("asm-issuer-root-slash", in_both![Edit::SetJson("/issuer", "\"{issuer}/\"")])
                .under(Posture::RootIssuer),
        ],
        judge: matches,
    },
];

fn present(e: &Evidence<'_>) -> Verdict {
    let document = need!(server(e));
    let spot = document.spot("issuer");
    match json::str_field(document.object, "issuer") {
        Field::Present(text) if !text.is_empty() => Verdict::Pass,
        Field::Present(_) => finding(spot.at, "`issuer` of the metadata is empty").expected("a URL").fail(),
        Field::Absent => finding(document.at(), "the metadata has no `issuer`").expected("a URL").fail(),
        Field::Wrong(kind) => finding(spot.at, format!("`issuer` of the metadata is {kind}"))
            .expected("a string")
            .actual(printable(&spot.value.map(ToString::to_string).unwrap_or_default()).to_string())
            .fail(),
    }
}

fn form(e: &Evidence<'_>) -> Verdict {
    let document = need!(server(e));
    let spot = document.spot("issuer");
    let text = need!(spot.text(), absent "the metadata has no `issuer`");
    let wrong = match Url::parse(text) {
        Err(_) => "is not an absolute URL",
        Ok(_) if text.contains('#') => "has a fragment",
        Ok(_) if text.contains('?') => "has a query",
        Ok(url) if in_clear(&url) && names_clear_endpoint(&document) => return Verdict::blocked("tls-as-https"),
        Ok(url) if in_clear(&url) => "is an http URL",
        Ok(url) if !matches!(url.scheme(), "http" | "https") => "is not an https URL",
        Ok(_) => return Verdict::Pass,
    };
    finding(spot.at, format!("`issuer` {wrong}"))
        .expected("an https URL without query and fragment")
        .actual(printable(text).to_string())
        .fail()
}

fn in_clear(url: &Url) -> bool {
    url.scheme() == "http" && !uri::is_loopback_host(url)
}

/// Whether an endpoint is in clear, too: that is the finding then.
fn names_clear_endpoint(document: &Document<'_>) -> bool {
    let names = document.object.iter().filter(|(name, _)| name.ends_with("_endpoint") || *name == "jwks_uri");
    let mut urls = names.filter_map(|(_, value)| Url::parse(value.as_str()?).ok());
    urls.any(|url| in_clear(&url))
}

fn matches(e: &Evidence<'_>) -> Verdict {
    let document = need!(server(e));
    let trail = need!(issuer(e));
    if e.resource().is_none() {
        return Verdict::not_applicable("no resource metadata names an issuer (see `asm-legacy-issuer`)");
    }
    let spot = document.spot("issuer");
    let text = need!(spot.text(), absent "the metadata has no `issuer`");
    if text == trail.issuer {
        return Verdict::Pass;
    }
    let likeness = uri::compare(&trail.issuer, text);
    let consequence = match (likeness, e.revision >= Revision::R2026_07_28) {
        (Likeness::RootSlash, _) => "; some clients tolerate exactly this, others refuse",
        (_, true) => "; clients must not use the document",
        (_, false) => "",
    };
    finding(spot.at, format!("`issuer` is not the name in `authorization_servers`: {likeness}{consequence}"))
        .expected(printable(&trail.issuer).to_string())
        .actual(printable(text).to_string())
        .fix(format!(
            "write `\"issuer\": \"{0}\"` in the metadata, or `\"authorization_servers\": [\"{1}\"]` in the resource metadata, so \
             that both have the same text",
            printable(&trail.issuer),
            printable(text)
        ))
        .fail()
}
