//! Documents of clients, registrations, and members of metadata.

use serde_json::{Value, json};

use super::{CHALLENGE, Came, ISSUER, MCP, Run};
use crate::evidence::FailureKind;
use crate::spec::reach::Reach;
use crate::spec::step::Step;
use crate::spec::trial::Trial;
use crate::spec::trial::documents::*;
use crate::spec::trial::registration::{NATIVE, UNKNOWN_MEMBER, WEB};

const REGISTER: &str = "https://as.test/t/register";

/// A request in the name of a document of this machine, or of the user's.
fn request(own: bool) -> String {
    let id = if own { "http%3A%2F%2F127.0.0.1%3A4712%2Fc.json" } else { "https%3A%2F%2Fclient.test%2Fc.json" };
    format!("https://as.test/t/authorize?client_id={id}&redirect_uri=http%3A%2F%2F127.0.0.1%3A4711%2Fcallback")
}

fn page() -> Came {
    Came::page("Sign in")
}

fn refused() -> Came {
    Came::status(400)
}

fn run(own: bool, answers: &[(Trial, Came)]) -> Run {
    answers.iter().fold(Run::new(Reach::Intrusive), |run, (trial, came)| {
        run.once(*trial, &request(own), came.clone()).once(*trial, &request(own), came.clone())
    })
}

fn fetched(run: Run, trial: Trial) -> Run {
    run.about(Step::DocumentFetched, trial.name, "http://127.0.0.1:4712/c.json", Came::status(200))
}

#[test]
fn a_document_is_taken_or_not_fetched_or_refused() {
    let id = "cimd-works";
    run(true, &[(VALID, page())]).expect(id, "pass");
    run(true, &[(VALID, refused())]).expect(id, "unclear the server did not come to this machine");
    fetched(run(true, &[(VALID, refused())]), VALID).expect(id, "fail ");
    fetched(run(true, &[(VALID, refused())]), OTHER_ID).expect(id, "unclear the server did not come to this machine");
    run(false, &[(VALID, refused())]).expect(id, "fail ");
    run(true, &[(VALID, Came::status(503))]).expect(id, "unclear no answer came");
    run(true, &[]).expect(id, "unclear no document could be named");
    for (told, words) in [
        (json!(false), "no the authorization server takes no"),
        (json!("true"), "no the authorization server takes no"),
        (json!(null), "no the authorization server takes no"),
    ] {
        Run::told(Reach::Intrusive, &json!({ "client_id_metadata_document_supported": told })).expect(id, words);
    }
}

#[test]
fn wrong_documents_are_refused_beside_one_that_is_missing() {
    let of = |trial: Trial, came: Came| run(false, &[(VALID, page()), (MISSING, refused()), (trial, came)]);
    of(PLAIN_HTTP, page()).expect("cimd-http-scheme", "fail ");
    of(PLAIN_HTTP, refused()).expect("cimd-http-scheme", "pass");
    // On one machine plain http will do; the listener of this machine says nothing of a server elsewhere.
    let local = |target: &str| {
        let mut run = run(true, &[(VALID, page()), (MISSING, refused()), (PLAIN_HTTP, page())]);
        run.trail.target = target.to_owned();
        run
    };
    local(MCP).expect("cimd-http-scheme", "fail ");
    let blind = run(false, &[(VALID, page()), (MISSING, page()), (PLAIN_HTTP, page())]);
    blind.expect("cimd-http-scheme", "unclear requests are looked at only after the login");
    let untaken = run(false, &[(VALID, refused()), (MISSING, refused()), (PLAIN_HTTP, page())]);
    untaken.expect("cimd-http-scheme", "unclear a document as it must be was refused");
}

#[test]
fn a_document_that_changed_is_read_again() {
    let id = "authz-client-revalidated";
    let of = |first: Came, changed: Came, outdated: Came| {
        run(
            false,
            &[(VALID, page()), (MISSING, refused()), (CHANGING, first), (CHANGED, changed), (OUTDATED, outdated)],
        )
    };
    of(page(), page(), refused()).expect(id, "pass");
    of(page(), page(), page()).expect(
        id,
        "info a document that may not be kept (`no-store`) was changed, and the redirect URI that was taken out",
    );
    of(page(), refused(), page())
        .expect(id, "info a document that may not be kept (`no-store`) was changed, and its new redirect URI");
    of(page(), Came::status(503), page()).expect(id, "unclear no answer came");
    of(refused(), page(), page()).expect(id, "unclear the document was refused before it was changed");
    run(false, &[(VALID, page())]).expect(id, "unclear it was not tried");
}

#[test]
fn whether_a_server_visits_itself_is_seen_on_this_machine_alone() {
    let id = "cimd-ssrf";
    let looked = |host: &str, address: &str| {
        let mut run = run(false, &[(VALID, page()), (LOOPBACK_HOST, refused())]);
        run.trail.lookups.push(serde_json::from_value(json!({ "host": host, "addresses": [address] })).unwrap());
        run
    };
    looked("as.test", "127.0.0.1").expect(id, "pass");
    looked("as.test", "192.0.2.1").expect(id, "unclear whether a server elsewhere connects");
    looked("other.test", "127.0.0.1").expect(id, "unclear whether a server elsewhere connects");
    run(false, &[(VALID, page())]).expect(id, "no the authorization server is on this machine itself");
    Run::new(Reach::Login).expect(id, "Needs(Intrusive)");
}

/// A run with a registration endpoint and these registrations: trial, what was asked, what came.
fn registered(answers: &[(Trial, Value, Came)]) -> Run {
    let run = Run::told(Reach::Intrusive, &json!({ "registration_endpoint": REGISTER }));
    answers.iter().fold(run, |run, (trial, body, came)| run.posted(*trial, REGISTER, &body.to_string(), came.clone()))
}

fn client(id: &str) -> Came {
    Came::json(201, &json!({ "client_id": id }))
}

#[test]
fn each_client_has_an_id_of_its_own() {
    let id = "reg-distinct-ids";
    let (one, other) = (json!({ "client_name": "one" }), json!({ "client_name": "other" }));
    registered(&[(NATIVE, one.clone(), client("a")), (WEB, other.clone(), client("b"))]).expect(id, "pass");
    registered(&[(NATIVE, one.clone(), client("a")), (WEB, other.clone(), client("a"))])
        .expect(id, "warn two different clients");
    registered(&[(NATIVE, one.clone(), client("a")), (WEB, one.clone(), client("a"))]).expect(id, "pass");
    registered(&[(NATIVE, one.clone(), client("a"))]).expect(id, "no one client was registered, not two");
    registered(&[(NATIVE, one.clone(), client("a")), (WEB, other.clone(), refused())])
        .expect(id, "no one client was registered");
    let nameless = Came::json(201, &json!({}));
    registered(&[(NATIVE, one, client("a")), (WEB, other, nameless)]).expect(id, "no one client was registered");
}

#[test]
fn a_registration_is_open_closed_or_wrong() {
    let body = json!({ "redirect_uris": ["http://127.0.0.1/callback"] });
    let of = |came: Came| registered(&[(NATIVE, body.clone(), came)]);
    let redirect = || Came::json(400, &json!({ "error": "invalid_redirect_uri" }));
    of(client("a")).expect("reg-open", "pass");
    of(Came::status(401)).expect("reg-open", "warn ");
    of(Came::status(403)).expect("reg-open", "warn ");
    of(redirect()).expect("reg-open", "pass");
    of(refused()).expect("reg-open", "unclear the registration was refused for another reason");
    of(Came::status(500)).expect("reg-open", "unclear the registration was refused for another reason");
    of(Came::failed(FailureKind::Timeout)).expect("reg-open", "unclear no answer came");
    let web = registered(&[(NATIVE, body.clone(), refused()), (WEB, body.clone(), client("w"))]);
    web.expect("reg-open", "pass");
    web.expect("reg-loopback-native", "fail `http://127.0.0.1/callback` was refused to a native client");
    web.expect("reg-201", "blocked reg-loopback-native");
    of(redirect()).expect("reg-loopback-native", "fail ");
    of(refused()).expect("reg-201", "unclear a registration as it must be was refused, too");
    of(Came::status(401)).expect("reg-201", "blocked reg-open");
    of(Came::status(429)).expect("reg-201", "unclear the server had no answer to a registration");
    of(Came::json(200, &json!({ "client_id": "a" }))).expect("reg-201", "warn a registration was answered with 200");
    let unknown = |came: Came| registered(&[(NATIVE, body.clone(), client("a")), (UNKNOWN_MEMBER, body.clone(), came)]);
    unknown(client("b")).expect("reg-unknown-metadata", "pass");
    unknown(refused()).expect("reg-unknown-metadata", "fail ");
    for nothing in [Came::status(429), Came::status(500), Came::failed(FailureKind::Timeout)] {
        unknown(nothing).expect("reg-unknown-metadata", "unclear no answer came");
    }
}

#[test]
fn a_login_that_was_told_another_spelling_found_a_loopback_problem() {
    let id = "reg-loopback-native";
    let body = json!({ "redirect_uris": ["http://127.0.0.1:4711/callback"] }).to_string();
    let run = Run::told(Reach::Login, &json!({ "registration_endpoint": REGISTER }));
    let registered = |run: Run, came: Came| {
        run.asked(Step::ClientRegister, REGISTER, came).last(|x| x.request.body = Some(body.clone()))
    };
    let refused = Came::json(400, &json!({ "error": "invalid_redirect_uri" }));
    registered(registered(run.clone(), refused), client("a"))
        .expect(id, "fail `http://127.0.0.1:4711/callback` was refused");
    registered(run.clone(), client("a")).expect(id, "pass");
    let other = Came::json(400, &json!({ "error": "invalid_client_metadata" }));
    registered(registered(run, other), client("a")).expect(id, "pass");
}

/// Resource metadata with these members besides.
fn told(more: &Value) -> Run {
    let mut resource = json!({ "resource": MCP, "authorization_servers": [ISSUER] });
    for (name, value) in more.as_object().unwrap() {
        resource[name] = value.clone();
    }
    Run::bare(Reach::Default)
        .asked(Step::McpDiscover, MCP, Came::status(401).header("www-authenticate", CHALLENGE))
        .asked(
            Step::PathMetadata,
            "https://rs.test/.well-known/oauth-protected-resource/mcp",
            Came::json(200, &resource),
        )
}

#[test]
fn empty_members_are_better_left_out() {
    let id = "prm-empty-members";
    for empty in [json!({ "x": [] }), json!({ "x": "" }), json!({ "x": {} })] {
        told(&empty).expect(id, "warn `x` is empty");
    }
    for full in [
        json!({ "x": [0] }),
        json!({ "x": "y" }),
        json!({ "x": { "y": 1 } }),
        json!({ "x": null }),
        json!({ "x": 0 }),
        json!({ "x": false }),
        json!({ "bearer_methods_supported": [] }),
    ] {
        told(&full).expect(id, "pass");
    }
}

#[test]
fn keys_of_a_resource_are_at_an_https_url() {
    let id = "prm-jwks-https";
    told(&json!({ "jwks_uri": "https://rs.test/jwks" })).expect(id, "pass");
    told(&json!({ "jwks_uri": "http://rs.test/jwks" }))
        .expect(id, "fail `jwks_uri` is no https URL: it is an http URL");
    told(&json!({ "jwks_uri": "http://127.0.0.1/jwks" })).expect(id, "pass");
    told(&json!({ "jwks_uri": "ftp://rs.test/jwks" })).expect(id, "fail `jwks_uri` is no https URL");
    told(&json!({ "jwks_uri": 7 })).expect(id, "blocked prm-types");
    told(&json!({})).expect(id, "no the metadata names no keys");
}

#[test]
fn one_slash_is_written_or_left_out_everywhere() {
    let id = "prm-slash-consistency";
    let of = |own: &str, there: &str| {
        Run::bare(Reach::Default)
            .asked(Step::McpDiscover, MCP, Came::status(401).header("www-authenticate", CHALLENGE))
            .asked(
                Step::PathMetadata,
                "https://rs.test/.well-known/oauth-protected-resource/mcp",
                Came::json(200, &json!({ "resource": own, "authorization_servers": [ISSUER] })),
            )
            .about(
                Step::OauthMetadata,
                ISSUER,
                "https://as.test/.well-known/oauth-authorization-server/t",
                Came::json(200, &json!({ "issuer": ISSUER, "protected_resources": ["https://other.test", there] })),
            )
    };
    of(MCP, MCP).expect(id, "pass");
    for (own, there) in [(MCP, "https://rs.test/mcp/"), ("https://rs.test/mcp/", MCP)] {
        let run = of(own, there);
        run.expect(id, "warn the identifier of the server is written with a slash");
        let evidence = crate::evidence::Evidence::new(&run.trail, run.revision);
        let crate::verdict::Verdict::Warn(found) = (super::by_id(id).unwrap().judge)(&evidence) else {
            panic!("no finding")
        };
        assert_eq!(found.fix.unwrap(), format!("write `{MCP}` everywhere"));
    }
}
