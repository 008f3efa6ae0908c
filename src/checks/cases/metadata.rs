//! Both metadata documents: where they are, in what form, what vouches for them, and what follows where they are not.

use serde_json::{Value, json};

use super::tokens::{TOKEN, answer, login};
use super::{CHALLENGE, Came, ISSUER, MCP, Run, result, unsigned};
use crate::checks::exception;
use crate::evidence::{FailureKind, Header};
use crate::spec::reach::Reach;
use crate::spec::revision::Revision;
use crate::spec::step::Step;
use crate::spec::trial::refresh::introspection::{STRANGER, UNKNOWN};
use crate::spec::trial::server::INTROSPECT_STRANGER;
use crate::spec::trial::token::{AGAIN, OLD_CODE, RIGHT, YOUNG_CODE};

const PATH: &str = "https://rs.test/.well-known/oauth-protected-resource/mcp";
const OAUTH: &str = "https://as.test/.well-known/oauth-authorization-server/t";
const INSERTED: &str = "https://as.test/.well-known/openid-configuration/t";
const APPENDED: &str = "https://as.test/t/.well-known/openid-configuration";

fn refused() -> Came {
    Came::status(401).header("www-authenticate", CHALLENGE)
}

/// What a server says of itself, with changes; `null` takes a member away.
fn server(changes: &Value) -> Value {
    let mut document = json!({ "issuer": ISSUER, "authorization_endpoint": "https://as.test/t/authorize",
        "token_endpoint": TOKEN, "jwks_uri": "https://as.test/t/jwks", "response_types_supported": ["code"],
        "code_challenge_methods_supported": ["S256"] });
    for (name, value) in changes.as_object().unwrap() {
        match value {
            Value::Null => drop(document.as_object_mut().unwrap().remove(name)),
            value => document[name] = value.clone(),
        }
    }
    document
}

/// A run that met these at the places where the metadata of the authorization server can be.
fn found(reach: Reach, oauth: Came, inserted: Came, appended: Came) -> Run {
    let resource = json!({ "resource": MCP, "authorization_servers": [ISSUER] });
    Run::bare(reach)
        .asked(Step::McpDiscover, MCP, refused())
        .asked(Step::PathMetadata, PATH, Came::json(200, &resource))
        .about(Step::OauthMetadata, ISSUER, OAUTH, oauth)
        .about(Step::OidcInserted, ISSUER, INSERTED, inserted)
        .about(Step::OidcAppended, ISSUER, APPENDED, appended)
}

fn says(changes: &Value) -> Came {
    Came::json(200, &server(changes))
}

fn absent() -> Came {
    Came::status(404)
}

#[test]
fn two_documents_of_one_server_say_the_same() {
    let id = "asm-docs-agree";
    let both = |oauth: &Value, openid: &Value| found(Reach::Default, says(oauth), says(openid), absent());
    both(&json!({}), &json!({})).expect(id, "pass");
    let register = json!({ "registration_endpoint": "https://as.test/t/register" });
    both(&register, &json!({})).expect(id, "warn `registration_endpoint` is only in the OAuth document");
    both(&json!({}), &register).expect(id, "warn `registration_endpoint` is only in the OpenID Connect document");
    both(&json!({}), &json!({ "jwks_uri": "https://as.test/keys" }))
        .expect(id, "warn `jwks_uri` is another in the OpenID");
    // What one of them lacks is the finding of the check that reads it.
    both(&json!({ "jwks_uri": null }), &json!({})).expect(id, "pass");
    both(&json!({}), &json!({ "jwks_uri": null })).expect(id, "pass");
    found(Reach::Default, says(&json!({})), absent(), absent()).expect(id, "no there is only one of the two documents");
    found(Reach::Default, says(&json!({})), Came::status(500), absent()).expect(id, "blocked asm-miss-is-404");
}

#[test]
fn an_authorization_endpoint_is_there_where_a_grant_needs_one() {
    let id = "asm-authz-endpoint";
    let of = |changes: &Value| found(Reach::Default, says(changes), absent(), absent());
    of(&json!({})).expect(id, "pass");
    of(&json!({ "authorization_endpoint": null })).expect(id, "fail the metadata has no `authorization_endpoint`");
    let machines = json!(["client_credentials"]);
    of(&json!({ "authorization_endpoint": null, "grant_types_supported": machines }))
        .expect(id, "info there is no authorization endpoint");
    of(&json!({ "grant_types_supported": machines })).expect(id, "pass");
    of(&json!({ "authorization_endpoint": "/authorize", "grant_types_supported": machines })).expect(id, "fail ");
}

#[test]
fn a_place_without_metadata_says_404() {
    let id = "asm-miss-is-404";
    let ours = || says(&json!({}));
    found(Reach::Default, ours(), absent(), absent()).expect(id, "pass");
    found(Reach::Default, ours(), Came::status(410), Came::status(404)).expect(id, "pass");
    found(Reach::Default, ours(), Came::page("welcome"), absent()).expect(id, "info a place that clients ask at after");
    found(Reach::Default, Came::page("welcome"), ours(), absent())
        .expect(id, "warn a place that clients ask at before");
    found(Reach::Default, Came::status(500), ours(), absent()).expect(id, "warn a place that clients ask at before");
    found(Reach::Default, Came::status(400), ours(), absent()).expect(id, "info a place that clients ask at before");
    found(Reach::Default, Came::status(499), ours(), absent()).expect(id, "info a place that clients ask at before");
    found(Reach::Default, Came::status(399), ours(), absent()).expect(id, "warn a place that clients ask at before");
    found(Reach::Default, Came::status(503), ours(), absent()).expect(id, "pass");
}

#[test]
fn media_types_of_metadata_are_weighed() {
    let served = |kind: &str| {
        let came = Came::status(200).header("content-type", kind).body(&server(&json!({})).to_string());
        found(Reach::Default, came, absent(), absent())
    };
    let id = "asm-content-type";
    served("application/json; charset=utf-8").expect(id, "pass");
    for mild in ["text/plain", "application/oauth+json", "text/json"] {
        served(mild).expect(id, "warn the metadata is served as");
        served(mild).strictly().expect(id, "fail the metadata is served as");
    }
    served("text/html").expect(id, "fail the metadata is served as `text/html`");
    served("").expect(id, "fail the metadata has no `Content-Type`");
}

#[test]
fn metadata_that_is_refused_has_no_remedy_but_to_open_it() {
    let closed = found(Reach::Default, Came::status(401), Came::status(403), Came::status(401));
    closed.expect("asm-unauthenticated", "fail the metadata of the authorization server is refused");
    assert_eq!(closed.finding("asm-unauthenticated").fix, None, "the general one");
    let half = found(Reach::Default, Came::status(401), absent(), Came::status(401));
    half.expect("asm-unauthenticated", "blocked asm-discoverable");
    half.expect("asm-discoverable", "fail no metadata of the authorization server is at the places clients ask");
}

#[test]
fn what_no_server_was_reached_for_is_no_finding_about_its_documents() {
    let id = "asm-discoverable";
    let failed = Came::failed;
    let all = |kind| found(Reach::Default, failed(kind), failed(kind), failed(kind));
    all(FailureKind::Tls).expect(id, "blocked tls-cert-valid");
    all(FailureKind::CertificateExpired).expect(id, "blocked tls-cert-valid");
    all(FailureKind::Refused).expect(id, "blocked meta-private-address");
    all(FailureKind::Budget).expect(id, "no the budget of the run was used up");
    all(FailureKind::ConnectionRefused).expect(id, "fail ");
    found(Reach::Default, failed(FailureKind::Tls), absent(), absent()).expect(id, "fail ");
}

#[test]
fn metadata_where_nobody_looks_is_told_apart_by_revision() {
    let stray = |came: Came| {
        found(Reach::Default, absent(), absent(), absent()).about(
            Step::OauthAppended,
            ISSUER,
            "https://as.test/t/.well-known/oauth-authorization-server",
            came,
        )
    };
    stray(says(&json!({}))).expect("asm-json", "blocked asm-path-insertion");
    stray(says(&json!({}))).at(Revision::R2025_06_18).expect("asm-json", "blocked asm-path-insertion");
    stray(says(&json!({}))).at(Revision::R2025_03_26).expect("asm-json", "blocked asm-discoverable");
    stray(says(&json!({ "issuer": "https://other.test" }))).expect("asm-json", "blocked asm-discoverable");
    stray(absent()).expect("asm-json", "blocked asm-discoverable");
}

#[test]
fn without_metadata_a_client_of_2025_03_26_uses_the_default_endpoints() {
    let bare = |first: Came| {
        Run::bare(Reach::Default)
            .at(Revision::R2025_03_26)
            .asked(Step::McpDiscover, MCP, first)
            .asked(Step::PathMetadata, PATH, absent())
            .asked(Step::LegacyMetadata, "https://rs.test/.well-known/oauth-authorization-server", absent())
    };
    bare(Came::status(401)).expect("asm-discoverable", "info no metadata is published");
    bare(Came::status(401)).expect("asm-json", "no no metadata is published");
    let open = bare(result(&json!({ "resultType": "complete" })));
    assert!(!open.says("asm-discoverable").starts_with("info"), "{}", open.says("asm-discoverable"));
    let id = "asm-legacy-defaults";
    let defaults = |token: Came| {
        bare(Came::status(401))
            .asked(Step::LegacyAuthorize, "https://rs.test/authorize", Came::status(400))
            .asked(Step::LegacyToken, "https://rs.test/token", token)
            .asked(Step::LegacyRegister, "https://rs.test/register", Came::status(400))
    };
    defaults(Came::json(400, &json!({ "error": "invalid_request" }))).expect(id, "pass");
    defaults(Came::json(400, &json!({ "message": "no" }))).expect(id, "fail an empty request to the default `/token`");
    defaults(Came::json(200, &json!({ "error": "invalid_request" })))
        .expect(id, "fail an empty request to the default `/token`");
    defaults(absent()).expect(id, "fail ");
}

#[test]
fn resource_metadata_with_an_odd_status_counts_where_a_client_asks_for_it() {
    let id = "prm-status";
    let of = |first: Came, status: u16| {
        let document = json!({ "resource": MCP, "authorization_servers": [ISSUER] });
        Run::bare(Reach::Default).asked(Step::McpDiscover, MCP, first).asked(
            Step::PathMetadata,
            PATH,
            Came::json(status, &document),
        )
    };
    of(refused(), 200).expect(id, "pass");
    of(refused(), 203).expect(id, "fail the resource metadata has another status of success than 200");
    let open = || result(&json!({ "resultType": "complete" }));
    let empty = Run::bare(Reach::Default).asked(Step::McpDiscover, MCP, open()).asked(
        Step::PathMetadata,
        PATH,
        Came::status(204),
    );
    assert!(!empty.says(id).starts_with("fail"), "{}", empty.says(id));
}

#[test]
fn an_identifier_is_written_in_one_way_everywhere() {
    let id = "prm-slash-consistency";
    let of = |here: &str, there: &str| {
        let document = |name: &str| Came::json(200, &json!({ "resource": name, "authorization_servers": [ISSUER] }));
        Run::bare(Reach::Default)
            .asked(Step::McpDiscover, MCP, refused())
            .asked(Step::PathMetadata, PATH, document(here))
            .asked(Step::RootMetadata, "https://rs.test/.well-known/oauth-protected-resource", document(there))
            .about(Step::OauthMetadata, ISSUER, OAUTH, says(&json!({})))
    };
    let slash = "https://rs.test/mcp/";
    of(MCP, MCP).expect(id, "pass");
    for run in [of(MCP, slash), of(slash, MCP)] {
        run.expect(id, "warn the identifier of the server is written with a slash");
        let found = run.finding(id);
        assert_eq!(found.expected.as_deref(), Some(MCP), "the one without");
        assert_eq!(found.fix.as_deref(), Some("write `https://rs.test/mcp` everywhere"));
    }
}

/// Who signs is free: a signature fails only if its issuer is one of the two, or its `kid` one of their keys.
#[test]
fn a_signature_of_a_stranger_is_not_judged_by_our_keys() {
    let id = "prm-signed-metadata";
    let key = json!({ "kty": "EC", "crv": "P-256", "alg": "ES256", "kid": "ours",
        "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU", "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0" });
    let of = |issuer: &str, kid: Option<&str>, own_keys: bool, server_keys: bool| {
        let header = kid.map_or(json!({ "alg": "ES256" }), |kid| json!({ "alg": "ES256", "kid": kid }));
        let token = unsigned(&header, &json!({ "iss": issuer, "resource": MCP }));
        let document = json!({ "resource": MCP, "authorization_servers": [ISSUER], "jwks_uri": "https://rs.test/jwks", "signed_metadata": token });
        let mut run = Run::new(Reach::Default);
        run.exchange(1).outcome = Came::json(200, &document).0;
        let keys = Came::json(200, &json!({ "keys": [key] }));
        let run = if own_keys { run.asked(Step::ResourceJwks, "https://rs.test/jwks", keys.clone()) } else { run };
        if server_keys { run.about(Step::Jwks, ISSUER, "https://as.test/t/jwks", keys) } else { run }
    };
    let (fails, unknown) = ("warn the signature of `signed_metadata` does not stand", "whose keys are not known here");
    of(MCP, None, true, false).expect(id, fails);
    of(ISSUER, None, false, true).expect(id, fails);
    of("https://stranger.test", None, true, true).expect(id, unknown);
    of("https://stranger.test", Some("ours"), true, false).expect(id, fails);
    of("https://stranger.test", Some("theirs"), true, true).expect(id, unknown);
    of(MCP, None, false, true).expect(id, unknown);
    of(ISSUER, None, true, false).expect(id, unknown);
    of(MCP, None, false, false).expect(id, unknown);
}

#[test]
fn introspection_tells_strangers_nothing() {
    let endpoint = "https://as.test/t/introspect";
    let run = || Run::told(Reach::Intrusive, &json!({ "introspection_endpoint": endpoint }));
    let active = |status: u16, value: bool| Came::json(status, &json!({ "active": value }));
    let id = "introspect-auth";
    run().once(STRANGER, endpoint, active(200, true)).expect(id, "fail ");
    run().once(STRANGER, endpoint, active(401, true)).expect(id, "pass");
    run().once(INTROSPECT_STRANGER, endpoint, active(200, false)).expect(id, "warn ");
    run().once(INTROSPECT_STRANGER, endpoint, Came::status(200)).expect(id, "pass");
    run().once(INTROSPECT_STRANGER, endpoint, Came::status(401)).expect(id, "pass");
    let id = "introspect-inactive";
    run().once(UNKNOWN, endpoint, active(200, false)).expect(id, "pass");
    run().once(UNKNOWN, endpoint, active(400, false)).expect(id, "warn ");
    run().once(UNKNOWN, endpoint, active(200, true)).expect(id, "warn ");
    run()
        .once(UNKNOWN, endpoint, active(403, false))
        .expect(id, "unclear the server does not let our client introspect");
}

#[test]
fn cookies_of_every_page_are_a_finding_where_the_origin_is_repeated() {
    let id = "cors-credentials";
    let of = |step: Step, claimed: Option<&str>, allowed: &str, credentials: &str| {
        let came = Came::status(204)
            .header("access-control-allow-origin", allowed)
            .header("access-control-allow-credentials", credentials);
        Run::new(Reach::Default).asked(step, MCP, came).last(|x| {
            x.request.headers.extend(claimed.map(|value| Header { name: "origin".into(), value: value.into() }));
        })
    };
    let page = "https://page.example";
    of(Step::McpPreflight, Some(page), page, "true").expect(id, "warn every web page may send requests here");
    of(Step::TokenPreflight, Some(page), page, "true").expect(id, "warn every web page may send requests here");
    of(Step::McpPreflight, Some(page), page, "false").expect(id, "pass");
    of(Step::McpPreflight, Some(page), "*", "true").expect(id, "pass");
    of(Step::McpPreflight, Some(page), "https://other.example", "true").expect(id, "pass");
    of(Step::McpPreflight, None, "", "true").expect(id, "pass");
}

#[test]
fn a_code_is_old_after_ten_minutes() {
    let id = "authz-code-lifetime";
    let of = |age: u64| {
        Run::new(Reach::Intrusive)
            .once(YOUNG_CODE, TOKEN, answer(&json!({})))
            .about(
                Step::CodeTrial,
                OLD_CODE.name,
                "https://as.test/t/authorize",
                Came::to("http://127.0.0.1/callback?code=x"),
            )
            .last(|x| x.at = 1_000)
            .once(OLD_CODE, TOKEN, answer(&json!({})))
            .last(|x| x.at = 1_000 + age)
            .once(OLD_CODE, TOKEN, answer(&json!({})))
    };
    of(599_999).expect(id, "unclear the code was not ten minutes old");
    of(600_000).expect(id, "warn ");
    let said = of(900_000).finding(id).actual.unwrap_or_default();
    assert_eq!(said, "a token, for a code 900 s old");
}

#[test]
fn tokens_are_known_in_whatever_form_they_come() {
    let id = "token-code-reuse";
    let of = |came: Came, again: &[Came]| {
        let run = Run::new(Reach::Login).once(RIGHT, TOKEN, came);
        again.iter().fold(run, |run, came| run.once(AGAIN, TOKEN, came.clone()))
    };
    let form = |text: &str| Came::status(200).header("content-type", "application/x-www-form-urlencoded").body(text);
    let token = || answer(&json!({}));
    of(form("access_token=x&token_type=bearer"), &[Came::status(400)]).expect(id, "pass");
    for nothing in ["access_token=&token_type=bearer", "token_type=bearer", "refresh_token=x"] {
        assert!(!of(form(nothing), &[Came::status(400)]).says(id).starts_with("pass"), "{nothing}");
    }
    of(token(), &[token(), token()]).expect(id, "fail ");
    of(token(), &[token(), Came::status(400)]).expect(id, "unclear it was granted once and not again");
    of(token(), &[token(), Came::json(400, &json!({ "access_token": "x" }))]).expect(id, "unclear it was granted once");
    of(token(), &[token(), Came::status(200)]).expect(id, "unclear it was granted once and not again");
}

#[test]
fn a_finding_points_at_what_it_is_about() {
    let id = "token-not-in-url";
    let returned =
        login(&json!({})).asked(Step::AuthorizeReturn, "http://127.0.0.1/callback?refresh_token=x", Came::status(200));
    let at = returned.finding(id).at.unwrap();
    assert_eq!((at.query_parameter.as_deref(), at.exchange), (Some("refresh_token"), 5));
    let nobody = unsigned(&json!({ "alg": "ES256" }), &json!({ "aud": [] }));
    login(&json!({ "access_token": nobody })).expect("token-aud", "warn the token does not say whom it is for");
    assert!(exception("modern-header-case").is_some() && exception("prm-json").is_none());
}

#[test]
fn a_login_that_no_client_could_make_is_blocked_by_what_prevents_it() {
    let of = |registered: u16| {
        Run::new(Reach::Login).asked(Step::ClientRegister, "https://as.test/t/register", Came::status(registered))
    };
    of(401).expect("transport-origin-absent", "blocked reg-open");
    of(403).expect("transport-origin-absent", "blocked reg-open");
    of(400).expect("transport-origin-absent", "unclear the login did not come as far as the token endpoint");
    let open = |call: Came| {
        Run::bare(Reach::ChallengeTool)
            .asked(Step::McpDiscover, MCP, result(&json!({ "resultType": "complete" })))
            .asked(Step::PathMetadata, PATH, absent())
            .asked(Step::McpCall, MCP, call)
    };
    let disguised = result(&json!({ "content": [{ "type": "text", "text": "401 Unauthorized" }], "isError": true }));
    open(disguised).expect("rs-garbage-rejected", "blocked challenge-tool-result");
    open(result(&json!({ "content": [] })))
        .expect("rs-garbage-rejected", "no no request was refused for want of a token");
}

#[test]
fn a_token_that_brings_neither_result_nor_refusal_is_not_judged() {
    let id = "rs-valid-accepted";
    let of = |came: Came| login(&json!({ "scope": "a" })).asked(Step::SessionDiscover, MCP, came);
    of(result(&json!({}))).expect(id, "pass");
    of(Came::status(401)).expect(id, "fail a token that was just issued for this server is refused");
    of(Came::status(404)).expect(id, "unclear no request with the token was answered with a result or a refusal");
}

#[test]
fn a_url_that_is_not_the_endpoint_is_told_the_one_that_is() {
    let id = "challenge-status-401";
    let of = |first: u16, twin: Option<Came>| {
        let run = Run::bare(Reach::Default).asked(Step::McpDiscover, MCP, Came::status(first));
        twin.into_iter().fold(run, |run, came| run.asked(Step::McpTwin, "https://rs.test/mcp/", came))
    };
    let fix = |run: &Run| run.finding(id).fix.unwrap_or_default();
    let other = "the endpoint is at `https://rs.test/mcp/`";
    assert!(fix(&of(404, Some(refused()))).contains(other));
    assert!(fix(&of(405, Some(result(&json!({ "resultType": "complete" }))))).contains(other));
    for elsewhere in
        [None, Some(Came::status(401)), Some(absent()), Some(Came::status(403).header("www-authenticate", CHALLENGE))]
    {
        assert!(!fix(&of(404, elsewhere)).contains("the endpoint is at"));
    }
    assert!(!fix(&of(400, Some(refused()))).contains("the endpoint is at"));
}
