//! Each limit on the wire, met and passed by one: `wire::limits`, the URL gate, the JSON gate.

use std::time::{Duration, Instant};

use mcp_auth::evidence::{Exchange, FailureKind};
use mcp_auth::formats::{json, jwks, uri};
use mcp_auth::spec::reach::Reach;
use mcp_auth::spec::step::Step;
use mcp_auth::wire::limits::{self, Budgets};
use mcp_auth::wire::{Ask, Policy, Wire};

use crate::server::{Opening, Reply, runtime};
use crate::site::{Place, Shape, Site, response};

/// A gate to the site within these budgets.
fn wire(site: &Site, budgets: Budgets) -> Wire {
    let policy = Policy {
        resolve: vec![("rs.test".to_owned(), "127.0.0.1:0".parse().unwrap())],
        insecure: true,
        ..Policy::default()
    };
    let target = uri::gate(&site.target).unwrap();
    Wire::new(&target, &site.target, Reach::Default, policy).unwrap().within(budgets)
}

/// Asks for the endpoint once, as if metadata were there.
fn ask(wire: &Wire) -> Exchange {
    runtime().block_on(wire.send(Ask::get(Step::PathMetadata, wire.endpoint(), "a test asks")))
}

/// Asks a fresh site that answers so; what came, and how long it took.
fn answered(reply: Reply, budgets: Budgets) -> (Exchange, Duration) {
    let site = Site::start(&[(Place::Mcp, reply)], &Shape::default());
    let begun = Instant::now();
    let exchange = ask(&wire(&site, budgets));
    (exchange, begun.elapsed())
}

/// The length of what is read of so many bytes, and whether it was cut.
fn read(step: Step, of_tool: bool, length: usize) -> (usize, bool) {
    let reply = Reply::Whole(response("200 OK", "", vec![b'a'; length]));
    let site = Site::start(&[(Place::Mcp, reply)], &Shape::default());
    let wire = wire(&site, Budgets::default());
    let ask = Ask::get(step, wire.endpoint(), "a test asks");
    let exchange = runtime().block_on(wire.send(if of_tool { ask.for_result() } else { ask }));
    let body = &exchange.reply().unwrap().body;
    (body.len(), body.cut)
}

fn failure(exchange: &Exchange) -> (FailureKind, String) {
    let failure = exchange.failure().unwrap_or_else(|| panic!("an answer: {:?}", exchange.status()));
    (failure.kind, failure.detail.clone())
}

#[test]
fn the_budgets_are_the_documented_ones() {
    let seconds = Duration::from_secs;
    let documented = Budgets {
        connect: seconds(5),
        first_byte: seconds(10),
        request: seconds(30),
        run: seconds(120),
        requests: 100,
        bodies: 4 << 20,
        retry_pause: Duration::from_millis(250),
    };
    assert_eq!(Budgets::default(), documented);
    assert_eq!([limits::METADATA_BODY, limits::ANSWER_BODY, limits::TOOL_BODY], [1 << 20, 64 << 10, 16 << 20]);
    assert_eq!(limits::TOOL, seconds(300));
    assert_eq!((limits::HEADER_BYTES, limits::HEADER_FIELDS, uri::MAX_URL), (64 << 10, 200, 8 << 10));
    assert_eq!((limits::REDIRECTS, limits::AUTHORIZATION_SERVERS, json::MAX_DEPTH), (5, 8, 64));
}

#[test]
fn a_body_is_read_to_its_limit_and_one_byte_more_is_cut() {
    let metadata = [Step::PathMetadata, Step::Jwks, Step::CorsServerMetadata].map(|step| (step, limits::METADATA_BODY));
    let others = [Step::McpDiscover, Step::TokenCode, Step::SessionList].map(|step| (step, limits::ANSWER_BODY));
    for (step, cap) in metadata.into_iter().chain(others) {
        for (length, cut) in [(cap, false), (cap + 1, true), (cap * 2, true)] {
            assert_eq!(read(step, false, length), (length.min(cap), cut), "{step:?}: {length} of {cap}");
        }
    }
}

#[test]
fn a_tool_result_has_its_own_limit_and_no_share_in_the_others() {
    assert_eq!(read(Step::SessionCall, true, limits::TOOL_BODY + 1), (limits::TOOL_BODY, true));
    assert_eq!(read(Step::McpList, true, limits::TOOL_BODY), (limits::TOOL_BODY, false));
}

#[test]
fn the_bodies_of_a_run_share_one_limit() {
    let reply = Reply::Whole(response("200 OK", "", vec![b'a'; 700]));
    let site = Site::start(&[(Place::Mcp, reply)], &Shape::default());
    let wire = wire(&site, Budgets { bodies: 1000, ..Budgets::default() });
    let lengths: Vec<_> = (0..2).map(|_| ask(&wire).reply().map(|r| (r.body.len(), r.body.cut)).unwrap()).collect();
    assert_eq!(lengths, [(700, false), (300, true)]);
    assert_eq!(failure(&ask(&wire)).0, FailureKind::Budget);
    assert_eq!(site.arrived().len(), 2, "the third was not sent");
}

#[test]
fn headers_have_a_number_and_a_size() {
    let lines = |count: usize, length: usize| {
        let line = format!("x: {}\r\n", "y".repeat(length));
        Reply::Whole(format!("HTTP/1.1 200 OK\r\n{}content-length: 0\r\n\r\n", line.repeat(count)).into_bytes())
    };
    let good = |count, length| answered(lines(count, length), Budgets::default()).0.status() == Some(200);
    assert!(good(limits::HEADER_FIELDS - 1, 10), "200 lines, with that of the length");
    assert!(!good(limits::HEADER_FIELDS, 10), "201 lines");
    assert!(good(60, 1000), "60 KB");
    assert!(!good(70, 1000), "70 KB");
}

#[test]
fn a_url_and_the_depth_of_json_have_a_limit() {
    let url = |length: usize| format!("https://a.test/{}", "x".repeat(length - 15));
    assert!(uri::gate(&url(uri::MAX_URL)).is_ok());
    assert!(matches!(uri::gate(&url(uri::MAX_URL + 1)), Err(uri::UrlProblem::TooLong { .. })));
    let deep = |levels: usize| format!("{}{}", "[".repeat(levels), "]".repeat(levels));
    assert!(json::read(deep(json::MAX_DEPTH).as_bytes()).is_ok());
    assert!(matches!(json::read(deep(json::MAX_DEPTH + 1).as_bytes()), Err(json::JsonProblem::TooDeep { .. })));
}

#[test]
fn a_key_set_has_500_keys_and_no_more() {
    let keys = |count: usize| format!(r#"{{"keys":[{}{{"kty":"EC"}}]}}"#, r#"{"kty":"EC"},"#.repeat(count - 1));
    assert_eq!(jwks::MAX_KEYS, 500);
    assert!(jwks::KeySet::read(keys(500).as_bytes()).is_ok());
    assert!(matches!(jwks::KeySet::read(keys(501).as_bytes()), Err(jwks::JwksProblem::TooMany { count: 501 })));
}

#[test]
fn each_time_limit_ends_what_it_limits() {
    let short = Duration::from_millis(300);
    let head = b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n".to_vec();
    let default = Budgets::default();
    let cases = [
        ("first byte", Reply::Hold(Vec::new()), Budgets { first_byte: short, connect: short, ..default }),
        ("request", Reply::Hold(head.clone()), Budgets { request: short, ..default }),
        ("a drip", Reply::Drip(head, b" ".to_vec(), Duration::from_millis(60)), Budgets { request: short, ..default }),
        ("run", Reply::Hold(Vec::new()), Budgets { run: short, ..default }),
    ];
    for (name, reply, budgets) in cases {
        let (exchange, took) = answered(reply, budgets);
        assert_eq!(failure(&exchange).0, FailureKind::Timeout, "{name}");
        assert!(took >= short && took < Duration::from_secs(5), "{name}: {took:?}");
    }
    let shape = Shape { resource: Opening::Silent, resource_name: "https://rs.test", ..Shape::default() };
    let site = Site::start(&[], &shape);
    let begun = Instant::now();
    let exchange = ask(&wire(&site, Budgets { connect: short, ..default }));
    assert_eq!(failure(&exchange).0, FailureKind::Timeout, "the handshake");
    assert!(begun.elapsed() < Duration::from_secs(5));
}

#[test]
fn a_tool_is_given_more_time_than_others() {
    let drip = || {
        Reply::Drip(b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\n".to_vec(), b" ".to_vec(), Duration::from_millis(100))
    };
    let short = Budgets { request: Duration::from_millis(300), ..Budgets::default() };
    assert_eq!(failure(&answered(drip(), short).0).0, FailureKind::Timeout);
    let site = Site::start(&[(Place::Mcp, drip())], &Shape::default());
    let wire = wire(&site, short);
    let ask = Ask::get(Step::SessionCall, wire.endpoint(), "a test asks").for_result();
    assert_eq!(runtime().block_on(wire.send(ask)).status(), Some(200));
}

#[test]
fn an_open_event_stream_is_left_when_it_falls_silent() {
    let stream = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\ndata: {}\n\n".to_vec();
    let (exchange, took) = answered(Reply::Hold(stream), Budgets::default());
    let body = &exchange.reply().unwrap().body;
    assert_eq!((body.len(), body.cut), (10, true));
    assert!(took >= limits::STREAM_PATIENCE && took < Duration::from_secs(5), "{took:?}");
}

#[test]
fn what_is_beyond_the_budget_is_not_sent() {
    let site = Site::start(&[], &Shape::default());
    let few = wire(&site, Budgets { requests: 3, ..Budgets::default() });
    let kinds: Vec<_> = (0..5).map(|_| ask(&few).failure().map(|failure| failure.kind)).collect();
    assert_eq!(kinds, [None, None, None, Some(FailureKind::Budget), Some(FailureKind::Budget)]);
    assert_eq!(site.arrived().len(), 3);
    let late = wire(&site, Budgets { run: Duration::ZERO, ..Budgets::default() });
    let (_, detail) = failure(&ask(&late));
    assert!(!detail.is_empty());
    assert_eq!(site.arrived().len(), 3);
}
