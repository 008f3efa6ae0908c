//! The first contact: refusals, challenges, metadata that is nowhere, and browsers.

use serde_json::json;

use super::{CHALLENGE, Came, ISSUER, MCP, Run, result};
use crate::evidence::{FailureKind, Header};
use crate::spec::reach::Reach;
use crate::spec::revision::Revision;
use crate::spec::step::Step;

const PATH: &str = "https://rs.test/.well-known/oauth-protected-resource/mcp";
const ROOT: &str = "https://rs.test/.well-known/oauth-protected-resource";

fn refused(challenge: &str) -> Came {
    Came::status(401).header("www-authenticate", challenge)
}

fn metadata() -> Came {
    Came::json(200, &json!({ "resource": MCP, "authorization_servers": [ISSUER] }))
}

fn rpc_error(message: &str) -> Came {
    Came::json(200, &json!({ "jsonrpc": "2.0", "id": 1, "error": { "code": -32000, "message": message } }))
}

#[test]
fn a_json_rpc_error_in_a_refusal_answers_the_request() {
    let id = "challenge-body-id";
    let of = |body: &serde_json::Value| {
        Run::bare(Reach::Default).asked(Step::McpDiscover, MCP, refused(CHALLENGE).body(&body.to_string()))
    };
    of(&json!({ "jsonrpc": "2.0", "id": null, "error": {} })).expect(id, "warn ");
    for fine in [
        json!({ "jsonrpc": "2.0", "id": 1, "error": {} }),
        json!({ "jsonrpc": "2.0", "error": {} }),
        json!({ "jsonrpc": "2.0", "id": null }),
        json!({ "id": null, "error": "invalid_token" }),
        json!("no"),
    ] {
        of(&fine).expect(id, "pass");
    }
    Run::bare(Reach::Default).asked(Step::McpDiscover, MCP, refused(CHALLENGE)).expect(id, "pass");
}

#[test]
fn nothing_after_the_scheme_is_worse_where_nothing_else_helps() {
    let id = "challenge-auth-param";
    let bare = |helped: bool| {
        let run = Run::bare(Reach::Default).asked(Step::McpDiscover, MCP, refused("Bearer"));
        if helped {
            run.asked(Step::PathMetadata, PATH, metadata())
        } else {
            run.asked(Step::PathMetadata, PATH, Came::status(404))
        }
    };
    bare(true).expect(id, "warn nothing follows the scheme");
    bare(false).expect(id, "fail nothing follows the scheme");
    bare(true).at(Revision::R2025_06_18).expect(id, "fail ");
    bare(false).at(Revision::R2025_06_18).expect(id, "fail ");
    bare(true).at(Revision::R2025_03_26).expect(id, "warn ");
    bare(false).at(Revision::R2025_03_26).expect(id, "warn ");
}

#[test]
fn characters_that_may_not_stand_in_a_challenge_are_found_where_they_are() {
    let id = "challenge-charset";
    let of = |parameter: &str| {
        Run::bare(Reach::Default).asked(Step::McpDiscover, MCP, refused(&format!("Bearer {parameter}")))
    };
    of("error_description=\"it has ended\"").expect(id, "pass");
    of("error_uri=\"https://rs.test/why\"").expect(id, "pass");
    of("error_uri=\"https://rs.test/why not\"").expect(id, "warn `error_uri` holds ` `");
    of("scope=\"a b\"").expect(id, "pass");
    of("scope=\"a\\\\b\"").expect(id, "warn `scope` holds `\\`");
    of("error=\"é\"").expect(id, "warn `error` holds `é`");
    of("realm=\"é\"").expect(id, "pass");
}

#[test]
fn a_server_that_is_open_is_told_what_that_means() {
    let id = "challenge-status-401";
    let discovered = || result(&json!({ "supportedVersions": ["2026-07-28"] }));
    let lazy = |call: Option<Came>| {
        let run = Run::bare(Reach::ChallengeTool)
            .asked(Step::McpDiscover, MCP, discovered())
            .asked(Step::McpInitialize, MCP, result(&json!({ "protocolVersion": "2025-11-25" })))
            .asked(Step::McpList, MCP, result(&json!({ "tools": [] })));
        let run = match call {
            Some(came) => run.asked(Step::McpCall, MCP, came),
            None => run,
        };
        run.asked(Step::PathMetadata, PATH, metadata())
    };
    lazy(None).expect(id, "info discovery and listing are open");
    lazy(Some(refused(CHALLENGE))).expect(id, "pass");
    lazy(Some(result(&json!({ "content": [] }))))
        .expect(id, "warn resource metadata is published, but nothing asked wanted a token");
    let told = result(&json!({ "content": [{ "type": "text", "text": "Please log in" }], "isError": true }));
    lazy(Some(told)).expect(id, "blocked challenge-tool-result");
    lazy(Some(rpc_error("Unauthorized"))).expect(id, "blocked challenge-tool-result");
    let polite = result(&json!({ "content": [{ "type": "text", "text": "Hello" }] }));
    lazy(Some(polite)).expect(id, "warn resource metadata is published");
}

#[test]
fn a_refusal_in_words_counts_where_words_are_the_answer() {
    let id = "challenge-status-401";
    let first = |came: Came| Run::bare(Reach::Default).asked(Step::McpDiscover, MCP, came);
    first(rpc_error("Authentication required")).expect(id, "fail ");
    // What a server says of itself is no refusal.
    let about = result(&json!({ "content": [{ "text": "log in to search" }], "supportedVersions": ["2026-07-28"] }));
    first(about).expect(id, "info everything asked was answered without a token");
    first(Came::status(403)).expect(id, "fail a request without a token is refused with 403 instead of 401");
    first(Came::status(429)).expect(id, "no the server limits the rate");
    first(Came::status(404)).expect(id, "is this the URL of the MCP endpoint?");
    first(Came::status(500)).expect(id, "fail a request without a token is not answered with 401, but with 500");
    first(Came::failed(FailureKind::ConnectionRefused))
        .expect(id, "fail a request without a token is not answered with 401, but with nothing came");
    Run::bare(Reach::Default).expect(id, "no no request without a token was made");
}

#[test]
fn a_tool_that_is_closed_says_where_its_metadata_is() {
    let id = "challenge-mixed-auth";
    let of = |call: Came, list: Came, path: Came| {
        Run::bare(Reach::ChallengeTool)
            .asked(Step::McpDiscover, MCP, result(&json!({ "supportedVersions": ["2026-07-28"] })))
            .asked(Step::McpList, MCP, list)
            .asked(Step::McpCall, MCP, call)
            .asked(Step::PathMetadata, PATH, path)
    };
    let list = || result(&json!({ "tools": [] }));
    let nowhere = || Came::status(404);
    of(refused("Bearer realm=\"x\""), list(), nowhere())
        .expect(id, "warn server/discover, tools/list needs no token, tools/call does, and the tool does not say");
    of(refused("Bearer realm=\"x\""), list(), metadata())
        .expect(id, "info server/discover, tools/list needs no token, tools/call does");
    of(refused(CHALLENGE), list(), nowhere()).expect(id, "info ");
    of(refused("Bearer realm=\"x\""), refused("Bearer realm=\"x\""), nowhere())
        .expect(id, "info server/discover needs no token, tools/list, tools/call does");
    let closed = Run::bare(Reach::Default).asked(Step::McpDiscover, MCP, refused(CHALLENGE));
    closed.expect(id, "pass");
}

#[test]
fn resource_metadata_elsewhere_is_worse_the_further_it_is() {
    let id = "challenge-rm-same-origin";
    let of = |target: &str, named: &str| {
        let mut run = Run::bare(Reach::Default).asked(
            Step::McpDiscover,
            target,
            refused(&format!("Bearer resource_metadata=\"{named}\"")),
        );
        run.trail.target = target.to_owned();
        run
    };
    of(MCP, PATH).expect(id, "pass");
    of(MCP, "https://other.test/prm").expect(id, "warn ");
    of(MCP, "https://rs.test:8443/prm").expect(id, "warn ");
    let local = "http://127.0.0.1:8000/mcp";
    of(local, "http://localhost:8000/prm").expect(id, "info ");
    of(local, "http://localhost:8001/prm").expect(id, "warn ");
    of(local, "http://127.0.0.1:8000/prm").expect(id, "pass");
    of(local, "https://rs.test:8000/prm").expect(id, "warn ");
    of("https://rs.test:8000/mcp", "http://127.0.0.1:8000/prm").expect(id, "warn ");
}

#[test]
fn a_named_port_counts_where_nobody_answers_there() {
    let id = "challenge-rm-scheme";
    let of = |named: &str, came: Option<Came>| {
        let run = Run::bare(Reach::Default).asked(
            Step::McpDiscover,
            MCP,
            refused(&format!("Bearer resource_metadata=\"{named}\"")),
        );
        match came {
            Some(came) => run.asked(Step::ChallengeMetadata, named, came),
            None => run,
        }
    };
    of("https://rs.test:8443/prm", Some(Came::failed(FailureKind::ConnectionRefused)))
        .expect(id, "fail `resource_metadata` names port 8443");
    of("https://rs.test:8443/prm", None).expect(id, "fail `resource_metadata` names port 8443");
    of("https://rs.test:8443/prm", Some(metadata())).expect(id, "pass");
    of("https://rs.test:8443/prm", Some(Came::status(404))).expect(id, "pass");
    of("https://other.test:8443/prm", Some(Came::failed(FailureKind::ConnectionRefused))).expect(id, "pass");
    of(PATH, Some(Came::failed(FailureKind::ConnectionRefused))).expect(id, "pass");
    of("http://rs.test/prm", None).expect(id, "fail `resource_metadata` is an http URL");
    for inside in [
        "https://10.0.0.1/prm",
        "https://[fd00::1]/prm",
        "https://backend/prm",
        "https://127.0.0.1/prm",
        "https://[::1]/prm",
    ] {
        of(inside, None).expect(id, "fail `resource_metadata` names ");
    }
    of("https://[2606:4700::1]/prm", None).expect(id, "pass");
}

#[test]
fn metadata_that_is_nowhere_is_told_with_its_right_place() {
    let of = |path: Came, root: Came| {
        Run::bare(Reach::Default)
            .asked(Step::McpDiscover, MCP, refused("Bearer realm=\"x\""))
            .asked(Step::PathMetadata, PATH, path)
            .asked(Step::RootMetadata, ROOT, root)
    };
    let id = "prm-discoverable";
    let missing = || Came::status(404);
    of(missing(), missing()).expect(id, "fail no resource metadata is where clients look");
    of(missing(), Came::status(429)).expect(id, "no not every place gave an answer");
    of(Came::status(503), missing()).expect(id, "no not every place gave an answer");
    for kind in [FailureKind::Budget, FailureKind::Halted, FailureKind::Refused] {
        of(Came::failed(kind), missing()).expect(id, "no not every place gave an answer");
    }
    of(Came::failed(FailureKind::Timeout), missing()).expect(id, "fail no resource metadata");
    of(Came::status(401), missing()).expect(id, "blocked prm-unauthenticated");
    of(Came::status(401), missing()).expect("prm-unauthenticated", "fail a client without a token does not get");
    of(Came::status(503), missing()).expect("prm-unauthenticated", "blocked prm-discoverable");
    of(Came::status(201), missing()).expect(id, "blocked prm-status");
    of(Came::page("x"), missing()).expect(id, "blocked prm-json");
    of(metadata(), missing()).expect(id, "pass");
    // A document where no client looks is named, with its right place.
    let appended = of(missing(), missing()).asked(
        Step::AppendedMetadata,
        "https://rs.test/mcp/.well-known/oauth-protected-resource",
        metadata(),
    );
    let check = super::by_id(id).unwrap();
    let evidence = crate::evidence::Evidence::new(&appended.trail, appended.revision);
    let crate::verdict::Verdict::Fail(found) = (check.judge)(&evidence) else { panic!("it is not discoverable") };
    assert!(found.fix.unwrap().contains(&format!("where no client looks, to `{PATH}`")));
    of(missing(), missing()).expect("prm-resource-match", "blocked prm-discoverable");
    Run::bare(Reach::Passive)
        .asked(Step::McpDiscover, MCP, refused("Bearer realm=\"x\""))
        .expect("prm-resource-match", "Needs(Default)");
}

#[test]
fn the_root_describes_the_same_resource_or_another() {
    let id = "prm-root-wellknown";
    let document = |resource: &str, servers: &[&str]| {
        Came::json(200, &json!({ "resource": resource, "authorization_servers": servers }))
    };
    let of = |root: Came| {
        Run::bare(Reach::Default)
            .asked(Step::McpDiscover, MCP, refused(CHALLENGE))
            .asked(Step::PathMetadata, PATH, document(MCP, &[ISSUER, "https://two.test"]))
            .asked(Step::RootMetadata, ROOT, root)
    };
    of(document(MCP, &[ISSUER])).expect(id, "pass");
    of(document("https://rs.test/", &["https://two.test", ISSUER]))
        .expect(id, "info the document at the root describes another resource; its");
    of(document("https://rs.test/", &[ISSUER]))
        .expect(id, "the document at the root describes another resource with other");
    of(Came::status(404)).expect(id, "no there is no document at the root");
}

#[test]
fn authorization_servers_that_answer_nothing_are_not_blamed_for_us() {
    let id = "asm-discoverable";
    let of = |came: &[Came]| {
        let places = [
            (Step::OauthMetadata, "https://as.test/.well-known/oauth-authorization-server/t"),
            (Step::OidcInserted, "https://as.test/.well-known/openid-configuration/t"),
            (Step::OidcAppended, "https://as.test/t/.well-known/openid-configuration"),
        ];
        let run = Run::bare(Reach::Default).asked(Step::McpDiscover, MCP, refused(CHALLENGE)).asked(
            Step::PathMetadata,
            PATH,
            metadata(),
        );
        places.iter().zip(came).fold(run, |run, ((step, url), came)| run.about(*step, ISSUER, url, came.clone()))
    };
    let missing = || Came::status(404);
    let failed = Came::failed;
    of(&[missing(), missing(), missing()]).expect(id, "fail no metadata");
    of(&[missing(), Came::status(503), missing()]).expect(id, "no not every place gave an answer");
    of(&[missing(), failed(FailureKind::Halted), missing()]).expect(id, "no not every place gave an answer");
    of(&[missing(), failed(FailureKind::Timeout), missing()]).expect(id, "fail no metadata");
    let all = |kind| of(&[failed(kind), failed(kind), failed(kind)]);
    all(FailureKind::Budget).expect(id, "no the budget of the run was used up");
    all(FailureKind::Refused).expect(id, "blocked meta-private-address");
    all(FailureKind::CertificateExpired).expect(id, "blocked tls-cert-valid");
    all(FailureKind::Tls).expect(id, "blocked tls-cert-valid");
    all(FailureKind::ConnectionRefused).expect(id, "fail no metadata");
    of(&[Came::status(401), Came::status(403), Came::status(401)]).expect(id, "blocked asm-unauthenticated");
    of(&[Came::status(401), missing(), Came::status(401)]).expect(id, "fail no metadata");
    of(&[Came::page("x"), missing(), missing()]).expect(id, "blocked asm-json");
    of(&[Came::to("https://elsewhere.test/"), missing(), missing()]).expect(id, "blocked meta-redirect");
}

#[test]
fn names_that_are_no_issuers_are_told_before_they_are_asked() {
    let id = "prm-as-issuer";
    let of = |name: serde_json::Value| {
        let resource = Came::json(200, &json!({ "resource": MCP, "authorization_servers": [name] }));
        Run::bare(Reach::Default).asked(Step::McpDiscover, MCP, refused(CHALLENGE)).asked(
            Step::PathMetadata,
            PATH,
            resource,
        )
    };
    for bad in [
        "https://as.test/t?x=1",
        "https://as.test/t#x",
        "https://as.test/.well-known/oauth-authorization-server",
        "as.test",
    ] {
        of(json!(bad)).expect(id, "fail `authorization_servers` holds what is no issuer");
    }
    of(json!("http://as.test/t")).expect(id, "fail `authorization_servers` holds what is no issuer: it is an http URL");
}

#[test]
fn keys_are_blamed_on_the_server_only_if_they_were_asked_for() {
    let id = "jwks-fetch";
    let of = |came: Came| {
        Run::told(Reach::Default, &json!({ "jwks_uri": "https://as.test/t/jwks" })).about(
            Step::Jwks,
            ISSUER,
            "https://as.test/t/jwks",
            came,
        )
    };
    of(Came::failed(FailureKind::Budget)).expect(id, "no the budget of the run was used up");
    of(Came::failed(FailureKind::Halted)).expect(id, "unclear the server asked for fewer requests");
    of(Came::failed(FailureKind::Refused)).expect(id, "blocked meta-private-address");
    of(Came::failed(FailureKind::Timeout)).expect(id, "fail the key set cannot be fetched");
    of(Came::status(503)).expect(id, "unclear the server had no time");
    of(Came::status(429)).expect(id, "unclear the server had no time");
    of(Came::status(500)).expect(id, "fail the key set cannot be fetched");
}

#[test]
fn browsers_are_let_in_with_the_words_that_they_need() {
    let preflight = |came: Came, more: &[(Step, Came)]| {
        let run = Run::new(Reach::Default).asked(Step::McpPreflight, MCP, came).last(|x| {
            x.request.headers.push(Header { name: "origin".into(), value: "https://page.test".into() });
        });
        more.iter().fold(run, |run, (step, came)| {
            run.asked(*step, MCP, came.clone())
                .last(|x| x.request.headers.push(Header { name: "origin".into(), value: "https://page.test".into() }))
        })
    };
    let open = || Came::status(204).header("access-control-allow-origin", "*");
    let id = "cors-preflight";
    preflight(open(), &[]).expect(id, "pass");
    preflight(Came::status(401), &[]).expect(id, "info the preflight of a browser is answered with 401");
    let invited = [(Step::McpFromBrowser, Came::status(401).header("access-control-allow-origin", "*"))];
    preflight(Came::status(401), &invited).expect(id, "warn ");
    preflight(Came::status(401), &[(Step::McpFromBrowser, Came::status(401))]).expect(id, "info ");
    preflight(
        Came::status(401),
        &[(Step::CorsResourceMetadata, Came::status(200).header("access-control-allow-origin", "*"))],
    )
    .expect(id, "warn ");
    preflight(Came::status(204), &[]).expect(id, "info the preflight of a browser does not allow the origin");
    preflight(Came::failed(FailureKind::Timeout), &[]).expect(id, "unclear no answer came");
    preflight(Came::status(503), &[]).expect(id, "unclear no answer came");

    let id = "cors-credentials";
    let reflecting = |origin: &str, with: &str| {
        Came::status(204).header("access-control-allow-origin", origin).header("access-control-allow-credentials", with)
    };
    preflight(reflecting("https://page.test", "true"), &[]).expect(id, "warn every web page may send requests here");
    preflight(reflecting("*", "true"), &[]).expect(id, "pass");
    preflight(reflecting("https://page.test", "false"), &[]).expect(id, "pass");
    // Who asked without an origin is reflected by nobody.
    Run::new(Reach::Default).asked(Step::McpPreflight, MCP, reflecting("", "true")).expect(id, "pass");
}
