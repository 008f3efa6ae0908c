//! What a 2025-03-26 client looks for at the MCP server's origin: metadata, or the default endpoints. MCP 2025-03-26
//! authorization ("Authorization Base URL", "Fallbacks for Servers without Metadata Discovery"), RFC 8414 §3.3.
//!
//! Later revisions do not ask for this. There it says which older clients can use the server, and warns when they would
//! be led elsewhere.

use super::ground::server;
use crate::evidence::{Document, Evidence, Exchange, Mode, Pointer};
use crate::formats::uri;
use crate::level;
use crate::need;
use crate::spec::cite::*;
use crate::spec::fault::{Deed, Duty, Edit, Fault, Reply};
use crate::spec::posture::Posture;
use crate::spec::revision::Revision;
use crate::spec::step::Step;
use crate::spec::text::printable;
use crate::verdict::{Check, Class, Finding, Mark, Role, Verdict, finding};

/// The rows.
pub(super) const CHECKS: &[Check] = &[
    Check {
        id: "asm-legacy-origin",
        title: "metadata for 2025-03-26 clients is at the MCP server's origin",
        role: Role::ResourceServer,
        level: level![Should, Practice, Practice, Practice],
        class: Class::Passive,
        mark: Mark::Plain,
        cites: &[MCP1_BASE_URL, MCP1_METADATA],
        needs: &[Step::LegacyMetadata],
        blocked_by: &[],
        why: "A 2025-03-26 client knows no resource metadata: it looks at the root of the MCP server's origin only, then \
              falls back to default endpoints.",
        fix: "serve the authorization server metadata at `https://MCP-HOST/.well-known/oauth-authorization-server`, too, \
              with `\"issuer\": \"https://MCP-HOST\"` and the endpoints of the authorization server",
        disputed: "",
        faults: &[
            Fault::new("no-legacy-asm", &[Deed::At(Reply::LegacyMetadata, &[Edit::Missing])]),
            Fault::new(
                "legacy-asm-other-endpoints",
                &[Deed::At(Reply::LegacyMetadata, &[Edit::SetJson("/token_endpoint", "\"{origin}/token\"")])],
            ),
        ],
        judge: origin,
    },
    Check {
        id: "asm-legacy-issuer",
        title: "metadata at the MCP server's origin, if any, names the origin as its `issuer`",
        role: Role::ResourceServer,
        level: level![RfcMust, Practice, Practice, Practice],
        class: Class::Passive,
        mark: Mark::Plain,
        cites: &[RFC8414_3_3, MCP1_BASE_URL],
        needs: &[Step::LegacyMetadata],
        blocked_by: &[],
        why: "A proxy that passes on the document of its upstream passes on the upstream's name, and a client that compares \
              refuses the document.",
        fix: "write the origin of the MCP server, without a slash at its end, as `issuer` of the document at that origin",
        disputed: "RFC 8414 demands identity. 2025-03-26 clients rarely compare, and proxies often put the name of the \
                   server behind them.",
        faults: &[
            Fault::new(
                "legacy-asm-foreign-issuer",
                &[Deed::At(Reply::LegacyMetadata, &[Edit::SetJson("/issuer", "\"https://upstream.example\"")])],
            ),
            Fault::new(
                "legacy-only-foreign-issuer",
                &[Deed::At(Reply::LegacyMetadata, &[Edit::SetJson("/issuer", "\"https://upstream.example\"")])],
            )
            .under(Posture::Revision2025_03_26),
        ],
        judge: legacy_issuer,
    },
    Check {
        id: "asm-legacy-defaults",
        title: "without any metadata the default endpoints answer",
        role: Role::ResourceServer,
        level: level![Must, _, _, _],
        class: Class::ActiveSafe,
        mark: Mark::Plain,
        cites: &[MCP1_FALLBACKS],
        needs: &[Step::LegacyAuthorize, Step::LegacyToken, Step::LegacyRegister],
        blocked_by: &[],
        why: "A 2025-03-26 client that finds no metadata goes to `/authorize`, `/token` and `/register` at the origin. If \
              nothing is there, nobody can log in.",
        fix: "serve the endpoints at `/authorize`, `/token` and `/register` of the origin, or publish metadata that says \
              where they are",
        disputed: "",
        faults: &[
            Fault::new("legacy-defaults-missing", &[Deed::Forget(Duty::DefaultEndpoints)]).under(Posture::NoMetadata)
        ],
        judge: defaults,
    },
];

/// The metadata at the MCP server's origin.
fn legacy<'e>(e: &'e Evidence<'_>) -> Option<Document<'e>> {
    e.object(e.landed(e.first(Step::LegacyMetadata)?))?.ok()
}

fn origin(e: &Evidence<'_>) -> Verdict {
    let exchange = need!(e.first(Step::LegacyMetadata), absent "nothing was asked for");
    if e.mode() == Mode::Public {
        return Verdict::not_applicable("the server is public");
    }
    let Some(document) = legacy(e) else {
        let landed = e.landed(exchange);
        let found =
            finding(Pointer::exchange(landed.number), "2025-03-26 clients find no metadata at the MCP server's origin")
                .expected("200 with a JSON object")
                .actual(landed.status().map_or_else(|| "no answer".to_owned(), |status| status.to_string()));
        // Without any metadata the default endpoints are the rule (asm-legacy-defaults).
        let wanted = e.revision == Revision::R2025_03_26 && e.resource().is_some();
        return if wanted { found.warn() } else { found.info() };
    };
    match server(e) {
        Ok(used) if e.resource().is_some() => contradiction(&document, &used).map_or(Verdict::Pass, Finding::warn),
        _ => Verdict::Pass,
    }
}

/// Whether 2025-03-26 clients are led to other endpoints than the rest.
fn contradiction(legacy: &Document<'_>, used: &Document<'_>) -> Option<Finding> {
    ["authorization_endpoint", "token_endpoint"].into_iter().find_map(|name| {
        let (old, new) = (legacy.text(name)?, used.text(name)?);
        (old != new).then(|| {
            finding(legacy.spot(name).at, format!("`{name}` for 2025-03-26 clients is another than for all later ones"))
                .expected(printable(new).to_string())
                .actual(printable(old).to_string())
                .fix(format!("write the same `{name}` in both documents, or remove the one at the MCP server's origin"))
        })
    })
}

fn legacy_issuer(e: &Evidence<'_>) -> Verdict {
    let Some(target) = e.target() else { return Verdict::not_applicable("the target is no URL") };
    let Some(document) = legacy(e) else {
        return match (e.mode(), e.revision == Revision::R2025_03_26, e.resource().is_some()) {
            (Mode::Public, ..) => Verdict::not_applicable("the server is public"),
            (_, true, true) => Verdict::blocked("asm-legacy-origin"),
            (_, true, false) => Verdict::not_applicable("no metadata is at the MCP server's origin"),
            // No document, no false name.
            (_, false, _) => Verdict::Pass,
        };
    };
    let origin = uri::origin_of(target).to_string();
    let spot = document.spot("issuer");
    if spot.text() == Some(origin.as_str()) {
        return Verdict::Pass;
    }
    let found =
        finding(spot.at.clone(), "the metadata at the MCP server's origin has another `issuer` than this origin")
            .expected(origin.clone())
            .actual(printable(&spot.shown()).to_string())
            .fix(format!(
                "write `\"issuer\": \"{origin}\"` in the document at `{origin}/.well-known/oauth-authorization-server`"
            ));
    if e.revision == Revision::R2025_03_26 { found.fail() } else { found.info() }
}

fn defaults(e: &Evidence<'_>) -> Verdict {
    let absent = "metadata exists, so the default endpoints do not count";
    let Some(authorize) = e.first(Step::LegacyAuthorize) else { return Verdict::not_applicable(absent) };
    let (Some(token), Some(register)) = (e.first(Step::LegacyToken), e.first(Step::LegacyRegister)) else {
        return Verdict::not_applicable(absent);
    };
    if let Some(found) = lacking(authorize, "/authorize", "any status but 404") {
        return found.fail();
    }
    if let Some(found) = lacking(token, "/token", "400 with a JSON object that has an `error`") {
        return found.fail();
    }
    let reply = token.reply();
    let error = reply.and_then(|reply| reply.object().ok());
    let is_error = error.is_some_and(|object| object.get("error").is_some_and(serde_json::Value::is_string));
    let refused = token.status().is_some_and(|status| (400..500).contains(&status));
    if !(is_error && refused) {
        return finding(
            Pointer::exchange(token.number),
            "an empty request to the default `/token` is not refused as OAuth refuses",
        )
        .expected("400 with a JSON object that has an `error`")
        .actual(token.status().map_or_else(|| "no answer".to_owned(), |status| status.to_string()))
        .fail();
    }
    // Registration itself is only recommended.
    lacking(register, "/register", "any status but 404").map_or(Verdict::Pass, Finding::warn)
}

/// A default endpoint that is not there.
fn lacking(exchange: &Exchange, path: &str, expected: &str) -> Option<Finding> {
    let status = exchange.status();
    status.is_none_or(|status| status == 404).then(|| {
        finding(
            Pointer::exchange(exchange.number),
            format!("there is no metadata, and nothing at the default `{path}`"),
        )
        .expected(expected)
        .actual(status.map_or_else(|| "no answer".to_owned(), |status| status.to_string()))
    })
}
