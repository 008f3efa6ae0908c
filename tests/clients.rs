//! The client matrix: the reference deployment works in every client, and every rule is shown by a deployment that it
//! speaks of.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]

use std::collections::BTreeMap;

use futures_util::StreamExt as _;
use mcp_auth::advice::clients::{Case, Client, Fit, STOPS, rules};
use mcp_auth::checks;
use mcp_auth::client::discover::{self, Options};
use mcp_auth::commands::probe;
use mcp_auth::evidence::{Evidence, Trail};
use mcp_auth::render::{self, Style, View};
use mcp_auth::report::{self, Report};
use mcp_auth::serve::{self, Config};
use mcp_auth::spec::fault::Fault;
use mcp_auth::spec::posture::Posture;
use mcp_auth::spec::reach::Reach;
use mcp_auth::wire::{Policy, Wire};
use url::Url;

/// What shows a case: a fault, or a posture.
#[derive(Clone, Copy)]
enum Shown {
    Fault(&'static str),
    Posture(Posture),
}

/// Every case, and what shows it.
const CASES: &[(Case, Shown)] = &[
    (Case::Forbidden, Shown::Fault("unauth-403")),
    (Case::NoHint, Shown::Fault("no-www-authenticate")),
    (Case::ForeignMetadata, Shown::Fault("resource-metadata-foreign-origin")),
    (Case::NoMetadata, Shown::Fault("no-prm")),
    (Case::NotJson, Shown::Fault("prm-html-catchall")),
    (Case::ParentResource, Shown::Fault("prm-resource-origin")),
    (Case::OtherResource, Shown::Fault("prm-resource-mismatch")),
    (Case::OriginEndpoint, Shown::Posture(Posture::McpAtRoot)),
    (Case::DeadFirstServer, Shown::Fault("prm-first-as-dead")),
    (Case::MisplacedServerMetadata, Shown::Fault("asm-path-append-only")),
    (Case::IssuerSlash, Shown::Fault("asm-issuer-root-slash")),
    (Case::OtherIssuer, Shown::Fault("asm-issuer-mismatch")),
    (Case::NoPkce, Shown::Fault("asm-no-pkce")),
    (Case::NoS256, Shown::Fault("asm-pkce-plain-only")),
    (Case::NoRegistration, Shown::Fault("no-registration")),
    (Case::DocumentsOnly, Shown::Posture(Posture::CimdOnly)),
    (Case::DocumentsWithoutNone, Shown::Fault("asm-no-none-auth")),
    (Case::UnknownScopes, Shown::Fault("prm-unknown-scope")),
    (Case::Lazy, Shown::Posture(Posture::Lazy)),
    (Case::RedirectToGet, Shown::Fault("mcp-redirect-301")),
    (Case::BlocksClaude, Shown::Fault("waf-blocks-user-agent")),
    (Case::RedirectKept, Shown::Fault("mcp-redirect-308")),
    (Case::ClosedToBrowsers, Shown::Fault("cors-no-expose")),
];

#[test]
fn every_row_has_a_source_a_day_and_words() {
    for rule in rules() {
        let thread = rule
            .source
            .split_once('#')
            .is_some_and(|(repository, number)| repository.matches('/').count() == 1 && number.parse::<u32>().is_ok());
        let file = rule.source.split_once('@').is_some_and(|(_, rest)| rest.contains(' ') && rest.contains('/'));
        assert!(thread || file || rule.source.starts_with("https://"), "{}", rule.source);
        let day: Vec<_> = rule.on.split('-').map(str::parse::<u16>).collect();
        assert!(day.len() == 3 && day.iter().all(Result::is_ok), "{}: {}", rule.source, rule.on);
        assert!(!rule.says.ends_with('.') && rule.fit != Fit::Unknown, "{}", rule.says);
        assert!(CASES.iter().any(|(case, _)| *case == rule.case), "{:?} is shown by nothing", rule.case);
    }
    for id in STOPS.iter().chain(CASES.iter().flat_map(|(case, _)| case.checks())) {
        assert!(checks::by_id(id).is_some(), "there is no check {id}");
    }
    for client in Client::ALL {
        assert!(rules().any(|rule| rule.client == client), "nothing is known of {}", client.name());
    }
}

#[test]
fn the_reference_works_in_every_client() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let report = asked(&runtime.block_on(walk(Posture::Reference, &[])));
    assert_eq!(report.clients.len(), Client::ALL.len());
    for client in &report.clients {
        assert_eq!((client.fit, client.reasons.len()), (Fit::Works, 0), "{}: {:?}", client.name, client.reasons);
    }
}

#[test]
fn every_rule_is_shown_by_a_deployment() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let reports: BTreeMap<usize, Report> = runtime.block_on(async {
        let runs = futures_util::stream::iter(CASES.iter().enumerate()).map(|(place, (_, shown))| async move {
            let trail = match shown {
                Shown::Posture(posture) => walk(*posture, &[]).await,
                Shown::Fault(name) => {
                    let fault = fault(name);
                    walk(fault.posture, &[fault]).await
                }
            };
            (place, asked(&trail))
        });
        runs.buffer_unordered(6).collect().await
    });
    let mut complaints = Vec::new();
    for rule in rules() {
        let place = CASES.iter().position(|(case, _)| *case == rule.case).unwrap();
        let fits = &reports[&place].clients;
        let fit = fits.iter().find(|fit| fit.client == rule.client.id()).unwrap();
        let told = fit.reasons.iter().any(|reason| reason.source == Some(rule.source) && reason.says == rule.says);
        // What a client copes with is no reason, and nothing else stands in its way.
        let right = if rule.fit == Fit::Works { !told && fit.fit < Fit::Unknown } else { told && fit.fit >= rule.fit };
        if !right {
            complaints.push(format!("{} in {:?}: {:?} {:?}", rule.client.name(), rule.case, fit.fit, fit.reasons));
        }
    }
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
}

#[test]
fn what_nobody_recorded_is_unknown_and_a_public_server_works() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let of = |report: &Report, client: Client| {
        report.clients.iter().find(|fit| fit.client == client.id()).map(|fit| fit.fit).unwrap()
    };
    let no_token_endpoint = fault("asm-no-token-endpoint");
    let report = asked(&runtime.block_on(walk(no_token_endpoint.posture, &[no_token_endpoint])));
    assert_eq!(of(&report, Client::Cursor), Fit::Unknown);
    let report = asked(&runtime.block_on(walk(Posture::Public, &[])));
    assert!(report.clients.iter().all(|fit| fit.fit == Fit::Works), "{:?}", report.clients);
    let report = asked(&runtime.block_on(walk(Posture::DcrOnly, &[])));
    assert_eq!(of(&report, Client::Cursor), Fit::Works);
}

#[test]
fn every_format_tells_and_lines_keep_to_the_width() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let fault = fault("prm-resource-origin");
    let trail = runtime.block_on(walk(fault.posture, &[fault]));
    let report = asked(&trail);
    let safe = trail.redacted();
    for format in render::FORMATS {
        let text = written(format.name, &report, &safe, 100);
        assert!(text.contains("Gemini CLI"), "{} does not name the clients", format.name);
    }
    for width in [80, 50] {
        let text = written("human", &report, &safe, width);
        let section: Vec<&str> = text.lines().skip_while(|line| *line != "Clients").collect();
        let section: Vec<&str> = section.into_iter().take_while(|line| !line.is_empty()).collect();
        assert!(section.len() > 10, "{text}");
        for line in section {
            // A word, an address for example, cannot be broken.
            let words = line.split_whitespace().count();
            assert!(line.chars().count() <= width || words == 1, "{width}: {line}");
        }
    }
}

fn written(format: &str, report: &Report, trail: &Trail, width: usize) -> String {
    let mut out = Vec::new();
    let style = Style { colour: false, width, verbose: false };
    (render::format(format).unwrap().write)(&View { report, trail, style: &style }, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

fn asked(trail: &Trail) -> Report {
    let mut report = probe::judge(trail, None, false, &[]);
    let revision = report.revision;
    report::ask_clients(&mut report, &Evidence::new(trail, revision));
    report
}

fn fault(name: &str) -> &'static Fault {
    let mut faults = checks::all().flat_map(|check| check.faults);
    faults.find(|fault| fault.name == name).unwrap_or_else(|| panic!("there is no fault {name}"))
}

async fn walk(posture: Posture, faults: &[&'static Fault]) -> Trail {
    let config = Config { posture, faults: faults.to_vec(), ..Config::default() };
    let server = serve::start(config).await.unwrap_or_else(|error| panic!("{posture:?} {faults:?}: {error}"));
    let target = Url::parse(server.mcp_url()).unwrap();
    let policy = Policy {
        authorities: server.ca_pem().map(str::to_owned).into_iter().collect(),
        resolve: server.resolve().to_vec(),
        ..Policy::default()
    };
    let wire = Wire::new(&target, server.mcp_url(), Reach::UserAgents, policy).unwrap();
    discover::walk(&wire, &Options { reach: Reach::UserAgents.into(), ..Options::default() }).await;
    let trail = wire.trail();
    server.stop().await;
    trail
}
