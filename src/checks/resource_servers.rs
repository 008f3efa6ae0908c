//! Protected resource metadata, which authorization servers it names: RFC 9728 §2, RFC 8414 §2, MCP authorization server
//! discovery ("Authorization Server Location").

use super::ground::{in_both, is_in_clear, issuer_problem, resource, server};
use super::resource::DOCUMENTS;
use super::resource_identity::identifier;
use crate::evidence::Evidence;
use crate::formats::uri::{self, Likeness};
use crate::level;
use crate::need;
use crate::spec::cite::*;
use crate::spec::fault::{Deed, Edit, Fault, Reply};
use crate::spec::posture::Posture;
use crate::spec::step::Step;
use crate::spec::text::printable;
use crate::verdict::{Check, Class, Mark, Role, Verdict, finding};

/// The rows.
pub(super) const CHECKS: &[Check] = &[
    Check {
        id: "prm-as-present",
        title: "the resource metadata names at least one authorization server",
        role: Role::ResourceServer,
        level: level![_, Must, Must, Must],
        class: Class::Passive,
        mark: Mark::Plain,
        cites: &[MCP_AS_LOCATION, MCP2_LOCATION],
        needs: DOCUMENTS,
        blocked_by: &[],
        why: "Without it a client does not know where to log in. RFC 9728 leaves the member optional, MCP requires it.",
        fix: "add to the metadata: `\"authorization_servers\": [\"https://ISSUER\"]`, with the `issuer` of the \
              authorization server exactly as its own metadata writes it",
        disputed: "",
        faults: &[
            Fault::new(
                "prm-no-authorization-servers",
                &[Deed::At(Reply::ResourceMetadata, &[Edit::DropJson("/authorization_servers")])],
            ),
            Fault::new(
                "prm-empty-authorization-servers",
                &[Deed::At(Reply::ResourceMetadata, &[Edit::SetJson("/authorization_servers", "[]")])],
            ),
            Fault::new(
                "prm-authorization-servers-text",
                &[Deed::At(Reply::ResourceMetadata, &[Edit::SetJson("/authorization_servers", "\"{issuer}\"")])],
            ),
            Fault::new(
                "prm-authorization-servers-objects",
                &[Deed::At(
                    Reply::ResourceMetadata,
                    &[Edit::SetJson("/authorization_servers", "[{\"issuer\":\"{issuer}\"}]")],
                )],
            ),
        ],
        judge: present,
    },
    Check {
        id: "prm-as-issuer",
        title: "`authorization_servers` holds issuers: https URLs without query or fragment, not metadata URLs",
        role: Role::ResourceServer,
        level: level![_, RfcMust, RfcMust, RfcMust],
        class: Class::Passive,
        mark: Mark::Plain,
        cites: &[RFC9728_2, RFC8414_2],
        needs: DOCUMENTS,
        blocked_by: &["prm-as-present"],
        why: "Clients build the URL of the metadata from the issuer. Given anything else they ask at a place that does not \
              exist.",
        fix: "list the `issuer` exactly as the metadata of the authorization server writes it, e.g. \
              `\"authorization_servers\": [\"https://AUTH.HOST/TENANT\"]`",
        disputed: "",
        faults: &[
            Fault::new(
                "prm-as-is-metadata-url",
                &[Deed::At(
                    Reply::ResourceMetadata,
                    &[Edit::SetJson(
                        "/authorization_servers/0",
                        "\"{as}/.well-known/oauth-authorization-server/tenant1\"",
                    )],
                )],
            ),
            Fault::new(
                "prm-as-query",
                &[Deed::At(
                    Reply::ResourceMetadata,
                    &[Edit::SetJson("/authorization_servers/0", "\"{issuer}?tenant=1\"")],
                )],
            ),
            Fault::new(
                "prm-as-relative",
                &[Deed::At(Reply::ResourceMetadata, &[Edit::SetJson("/authorization_servers/0", "\"/tenant1\"")])],
            ),
            Fault::new(
                "prm-as-http",
                &[Deed::At(
                    Reply::ResourceMetadata,
                    &[Edit::SetJson("/authorization_servers/0", "\"http://{host}/tenant1\"")],
                )],
            )
            .under(Posture::Https),
        ],
        judge: issuers,
    },
    Check {
        id: "prm-as-all-live",
        title: "every authorization server that is named publishes metadata",
        role: Role::ResourceServer,
        level: level![_, Must, Must, Must],
        class: Class::Passive,
        mark: Mark::Plain,
        cites: &[MCP_OVERVIEW, RFC9728_7_6],
        needs: &[Step::OauthMetadata, Step::OidcAppended],
        blocked_by: &["prm-as-issuer"],
        why: "Which of several a client takes is its own choice, often the first. One that chooses a dead one cannot log in.",
        fix: "take the dead entry out of `authorization_servers`, or bring that server back",
        disputed: "The choice among several authorization servers is left to the client, so whether a dead one does harm \
                   depends on the client.",
        faults: &[
            Fault::new(
                "prm-second-as-dead",
                &[Deed::At(Reply::ResourceMetadata, &[Edit::SetJson("/authorization_servers/-", "\"{as}/dead\"")])],
            ),
            Fault::new(
                "prm-first-as-dead",
                &[Deed::At(
                    Reply::ResourceMetadata,
                    &[Edit::SetJson("/authorization_servers", "[\"{as}/dead\",\"{issuer}\"]")],
                )],
            ),
        ],
        judge: all_live,
    },
    Check {
        id: "prm-as-crosscheck",
        title: "the authorization server lists this resource among those it protects, if it lists any",
        role: Role::AuthorizationServer,
        level: level![_, RfcShould, RfcShould, RfcShould],
        class: Class::Passive,
        mark: Mark::Plain,
        cites: &[RFC9728_4, RFC9728_7_6],
        needs: &[Step::OauthMetadata, Step::OidcAppended],
        blocked_by: &["prm-resource-match", "prm-as-issuer"],
        why: "Anybody can name an authorization server in the metadata of a resource. The list on the other side is how a \
              client sees that the two know each other.",
        fix: "add the MCP URL to `protected_resources` in the metadata of the authorization server, or leave that member out",
        disputed: "",
        faults: &[Fault::new(
            "asm-protected-resources-omits",
            in_both![Edit::SetJson("/protected_resources", "[\"https://elsewhere.example/mcp\"]")],
        )],
        judge: crosscheck,
    },
];

fn present(e: &Evidence<'_>) -> Verdict {
    let document = need!(resource(e));
    let spot = document.spot("authorization_servers");
    let list = spot.value.and_then(|value| value.as_array());
    let good = |name: &serde_json::Value| name.as_str().is_some_and(|name| !name.is_empty());
    if list.is_some_and(|list| !list.is_empty() && list.iter().all(good)) {
        return Verdict::Pass;
    }
    finding(spot.at.clone(), "`authorization_servers` is not a list of at least one issuer")
        .expected("[\"https://ISSUER\"]")
        .actual(printable(&spot.shown()).to_string())
        .fail()
}

fn issuers(e: &Evidence<'_>) -> Verdict {
    let document = need!(resource(e));
    let spot = document.spot("authorization_servers");
    let names = document.texts("authorization_servers").unwrap_or_default();
    for (n, name) in names.into_iter().enumerate() {
        let Some(problem) = issuer_problem(name) else { continue };
        if is_in_clear(e) && name.starts_with("http:") {
            return Verdict::blocked("tls-mcp-https");
        }
        return finding(spot.element(n), format!("`authorization_servers` holds what is no issuer: {problem}"))
            .expected("an https URL without query and fragment")
            .actual(printable(name).to_string())
            .fail();
    }
    Verdict::Pass
}

fn all_live(e: &Evidence<'_>) -> Verdict {
    let document = need!(resource(e));
    // If none is alive, that is the finding of the checks of the authorization server.
    need!(server(e));
    let names = document.texts("authorization_servers").unwrap_or_default();
    let dead = names.iter().enumerate().find(|(_, name)| {
        let trail = e.issuer(name);
        // What was not asked, or not answered for want of time, is not dead.
        !trail.candidates.is_empty()
            && trail.document.is_none()
            && trail.candidates.iter().all(|x| e.landed(x).status().is_some())
    });
    let Some((n, name)) = dead else { return Verdict::Pass };
    finding(
        document.spot("authorization_servers").element(n),
        "one of the authorization servers named publishes no metadata",
    )
    .actual(printable(name).to_string())
    .warn()
}

fn crosscheck(e: &Evidence<'_>) -> Verdict {
    let document = need!(resource(e));
    let server = need!(server(e));
    let text = need!(document.text("resource"), absent "there is no `resource`");
    let listed = need!(server.texts("protected_resources"), absent "the authorization server lists no resources");
    let own = identifier(e);
    // A slash more or less is for `prm-slash-consistency`.
    let same = |a: &str, b: &str| {
        matches!(
            uri::compare(a, b),
            Likeness::Exact | Likeness::Case | Likeness::DefaultPort | Likeness::RootSlash | Likeness::PathSlash
        )
    };
    if listed.iter().any(|name| same(text, name) || same(&own, name)) {
        return Verdict::Pass;
    }
    let spot = server.spot("protected_resources");
    finding(spot.at.clone(), "the authorization server lists the resources it protects, and this one is not among them")
        .expected(printable(text).to_string())
        .actual(printable(&spot.shown()).to_string())
        .fix(format!(
            "add `\"{}\"` to `protected_resources` in the metadata of the authorization server",
            printable(text)
        ))
        .warn()
}
