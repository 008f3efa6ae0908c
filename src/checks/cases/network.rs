//! Below HTTP and around it: certificates, names and addresses, clocks, spellings of one URL.

use std::net::IpAddr;

use serde_json::json;

use super::{CHALLENGE, Came, ISSUER, MCP, Run};
use crate::evidence::{Certificate, FailureKind, Lookup, TlsVersion};
use crate::spec::reach::Reach;
use crate::spec::step::Step;

const PATH: &str = "https://rs.test/.well-known/oauth-protected-resource/mcp";
const SERVER: &str = "https://as.test/.well-known/oauth-authorization-server/t";
const DAY: i64 = 24 * 60 * 60;

fn refused() -> Came {
    Came::status(401).header("www-authenticate", CHALLENGE)
}

/// A run that read both documents, and the certificates that it saw: origin, days left, version.
fn certified(seen: &[(&str, i64, TlsVersion)]) -> Run {
    let mut run = Run::new(Reach::Default);
    run.trail.started = 1_800_000_000_000;
    run.trail.certificates = seen
        .iter()
        .map(|(origin, days, version)| Certificate {
            origin: (*origin).to_owned(),
            version: Some(*version),
            not_after: 1_800_000_000 + days * DAY,
            subject: String::new(),
        })
        .collect();
    run
}

#[test]
fn a_certificate_is_renewed_in_time() {
    let id = "tls-cert-valid";
    certified(&[]).expect(id, "no nothing was reached over TLS");
    certified(&[("https://rs.test", 90, TlsVersion::Tls13)]).expect(id, "pass");
    certified(&[("https://rs.test", 14, TlsVersion::Tls13)]).expect(id, "pass");
    let soon = certified(&[("https://rs.test", 90, TlsVersion::Tls13), ("https://as.test", 13, TlsVersion::Tls13)]);
    soon.expect(id, "warn the certificate of https://as.test expires in 13 days");
    let found = soon.finding(id);
    assert_eq!(found.at.map(|at| at.exchange), Some(3), "the answer that came from there");
    certified(&[("https://rs.test", 1, TlsVersion::Tls13)])
        .expect(id, "warn the certificate of https://rs.test expires in 1 days");
    let mut private = certified(&[("https://rs.test", 90, TlsVersion::Tls13)]);
    private.trail.private_authority = true;
    private.expect(id, "no certificates were checked against the authority given");
}

#[test]
fn each_way_in_which_a_certificate_is_refused_has_its_own_remedy() {
    for (kind, fix) in [
        (FailureKind::CertificateWrongName, "subject alternative names include `rs.test`"),
        (FailureKind::CertificateExpired, "renew the certificate"),
        (FailureKind::CertificateUntrusted, "send its whole chain"),
    ] {
        let run = Run::bare(Reach::Default).asked(Step::McpDiscover, MCP, Came::failed(kind));
        run.expect("tls-cert-valid", "fail the certificate of https://rs.test is refused");
        let said = run.finding("tls-cert-valid").fix.unwrap_or_default();
        assert!(said.contains(fix), "{kind:?}: {said}");
    }
    let tls = Run::bare(Reach::Default).asked(Step::McpDiscover, MCP, Came::failed(FailureKind::Tls));
    tls.expect("tls-cert-valid", "fail the TLS handshake with https://rs.test fails");
}

#[test]
fn old_versions_of_tls_are_told_from_nothing_else() {
    let id = "tls-version";
    let hello = |run: Run, origin: &str, came: Came| run.about(Step::OldTlsHello, origin, origin, came);
    let took = || Came::status(200).header("tls-version", "1.1");
    let new = || certified(&[("https://rs.test", 90, TlsVersion::Tls13)]);
    hello(new(), "https://rs.test", Came::failed(FailureKind::Tls)).expect(id, "pass");
    hello(new(), "https://rs.test", took()).expect(id, "warn https://rs.test still accepts TLS 1.1");
    hello(new(), "https://as.test", took()).expect(id, "warn https://as.test still accepts TLS 1.1");
    let broken = Run::bare(Reach::Default).asked(Step::McpDiscover, MCP, Came::failed(FailureKind::Tls));
    hello(broken.clone(), "https://rs.test", took())
        .expect(id, "fail https://rs.test accepts TLS 1.1 and nothing newer");
    hello(broken.clone(), "https://rs.test", took()).expect("tls-cert-valid", "no nothing was reached over TLS");
    hello(broken, "https://as.test", took())
        .expect("tls-cert-valid", "fail the TLS handshake with https://rs.test fails");
    let older = certified(&[("https://rs.test", 90, TlsVersion::Tls12)]);
    hello(older, "https://rs.test", Came::failed(FailureKind::Tls))
        .expect(id, "info https://rs.test offers TLS 1.2, but not 1.3");
}

#[test]
fn what_is_served_in_clear_is_the_server_itself() {
    let id = "tls-no-plaintext-twin";
    let twin =
        |came: Came| Run::new(Reach::Default).about(Step::PlainTwin, "https://rs.test", "http://rs.test/mcp", came);
    for (came, words) in [
        (refused(), "warn "),
        (Came::status(401), "pass"),
        (Came::status(405).header("allow", "get, post"), "warn "),
        (Came::status(405).header("allow", "GET"), "pass"),
        (Came::status(405), "pass"),
        (Came::json(200, &json!({})), "warn "),
        (Came::status(200).header("content-type", "text/event-stream"), "warn "),
        (Came::page("welcome"), "pass"),
        (Came::to("https://rs.test/mcp"), "pass"),
        (Came::status(403), "pass"),
    ] {
        twin(came).expect(id, words);
    }
}

#[test]
fn a_slash_at_the_end_is_weighed_by_what_comes_without_it() {
    let spelled = |came: Option<Came>| {
        let mut run = Run::bare(Reach::Default).asked(Step::McpDiscover, "https://rs.test/mcp/", refused());
        run.trail.target = "https://rs.test/mcp/".into();
        came.into_iter().fold(run, |run, came| run.asked(Step::McpTwin, MCP, came))
    };
    let id = "url-canonical";
    for (came, fix) in [
        (None, "publish the URL in one form"),
        (Some(refused()), "publish the URL in one form"),
        (Some(Came::status(404)), "where 404 comes now"),
        (Some(Came::status(405)), "where 405 comes now"),
        (Some(Came::to("https://rs.test/mcp/")), "where 302 comes now"),
        (Some(Came::status(500)), "publish the URL in one form"),
    ] {
        let run = spelled(came);
        run.expect(id, "warn the path of the URL ends in a slash");
        let said = run.finding(id).fix.unwrap_or_default();
        assert!(said.contains(fix), "{said}");
    }
}

#[test]
fn a_redirect_of_the_endpoint_is_judged_by_where_it_leads() {
    let id = "url-no-redirect";
    let moved = |from: &str, to: &str| {
        let mut run =
            Run::bare(Reach::Default).asked(Step::McpDiscover, from, Came::status(308).header("location", to));
        run.trail.target = from.into();
        run.asked(Step::McpDiscover, to, refused()).last(|x| x.follows = Some(1))
    };
    moved(MCP, "http://rs.test/mcp").expect(id, "fail the endpoint answers with 308 and sends clients to plain http");
    moved(MCP, "https://rs.test/other")
        .expect(id, "warn the endpoint answers with 308 and sends clients to another URL of its own");
    moved(MCP, "https://other.test/mcp").expect(id, "sends clients to another origin");
    moved("http://127.0.0.1:1/mcp", "http://127.0.0.1:1/other")
        .expect(id, "warn the endpoint answers with 308 and sends clients to another URL");
    moved("http://127.0.0.1:1/mcp", "https://127.0.0.1:2/mcp").expect(id, "sends clients to another origin");
}

fn looked_up(mut run: Run, host: &str, address: &str, given: bool) -> Run {
    run.trail.lookups.push(Lookup { host: host.into(), addresses: vec![address.parse::<IpAddr>().unwrap()], given });
    run
}

#[test]
fn public_servers_send_nobody_into_a_private_network() {
    let id = "meta-private-address";
    let public = || looked_up(Run::new(Reach::Default), "rs.test", "93.184.216.34", false);
    looked_up(public(), "as.test", "93.184.216.35", false).expect(id, "pass");
    looked_up(public(), "as.test", "10.0.0.7", false)
        .expect(id, "warn clients are sent to as.test, which has the address 10.0.0.7");
    // What the user gave says nothing of the name.
    looked_up(public(), "as.test", "10.0.0.7", true).expect(id, "pass");
    looked_up(Run::new(Reach::Default), "rs.test", "10.0.0.7", false)
        .expect(id, "no the MCP server itself is not on the public internet");
    let given = looked_up(Run::new(Reach::Default), "rs.test", "10.0.0.7", true);
    looked_up(given.clone(), "as.test", "10.0.0.8", false).expect(id, "warn clients are sent to as.test");
    looked_up(given, "as.test", "93.184.216.35", false).expect(id, "pass");
    let at = |target: &str| {
        let mut run = looked_up(Run::new(Reach::Default), "as.test", "10.0.0.8", false);
        run.trail.target = target.into();
        run.exchange(0).request.url = target.into();
        run
    };
    for local in ["http://localhost:1/mcp", "https://intranet/mcp", "https://files.local/mcp", "http://127.0.0.1:1/mcp"]
    {
        at(local).expect(id, "no the MCP server itself is not on the public internet");
    }
    let given = looked_up(at("http://localhost:1/mcp"), "localhost", "93.184.216.34", true);
    given.expect(id, "no the MCP server itself is not on the public internet");
    let other = looked_up(Run::new(Reach::Default), "rs.test", "10.0.0.7", false);
    looked_up(other, "as.test", "10.0.0.8", true).expect(id, "no the MCP server itself is not on the public internet");
    let named = |issuer: &str| {
        let mut run = public();
        let document = json!({ "resource": MCP, "authorization_servers": [issuer] });
        run.exchange(1).outcome = Came::json(200, &document).0;
        run
    };
    named("https://10.1.2.3/t").expect(id, "warn clients are sent to 10.1.2.3, a private");
    named("https://localhost/t").expect(id, "warn clients are sent to localhost, which has the address 127.0.0.1");
    named("https://keycloak.internal/t")
        .expect(id, "info clients are sent to a name that means something in a local network only");
    let challenged = |url: &str| {
        let mut run = public();
        let challenge = format!("Bearer resource_metadata=\"{url}\"");
        run.exchange(0).outcome = Came::status(401).header("www-authenticate", &challenge).0;
        run
    };
    looked_up(challenged("https://meta.test/x"), "meta.test", "10.0.0.9", false)
        .expect(id, "warn clients are sent to meta.test");
    for inner in ["https://localhost/x", "https://meta.local/x", "https://10.0.0.9/x"] {
        challenged(inner).expect(id, "pass");
    }
}

#[test]
fn metadata_that_is_moved_is_judged_by_where_to() {
    let id = "meta-redirect";
    let moved = |to: &str| {
        Run::bare(Reach::Default)
            .asked(Step::McpDiscover, MCP, refused())
            .asked(Step::PathMetadata, PATH, Came::to(to))
            .asked(
                Step::PathMetadata,
                to,
                Came::json(200, &json!({ "resource": MCP, "authorization_servers": [ISSUER] })),
            )
            .last(|x| x.follows = Some(2))
            .about(Step::OauthMetadata, ISSUER, SERVER, Came::json(200, &json!({ "issuer": ISSUER })))
    };
    moved("https://rs.test/other").expect(id, "warn metadata is not served here: 302 sends the client to another URL");
    moved("https://other.test/x")
        .expect(id, "fail metadata is not served here: 302 sends the client to another origin");
    moved("http://rs.test/other").expect(id, "fail metadata is not served here: 302 sends the client to plain http");
    moved("http://other.test/other").expect(id, "fail metadata is not served here: 302 sends the client to plain http");
}
