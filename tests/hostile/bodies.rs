//! How an answer is carried: endless, slow, lying, cut, doubled, compressed.

use std::sync::atomic::Ordering;
use std::time::Duration;

use crate::run::{Case, Ends, Ran, run_all};
use crate::server::Reply;
use crate::site::{ALL, DOCUMENTS, Place, RESOURCE, SERVER, Site, json, response};

const OK: &str = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n";

fn head(headers: &str) -> Vec<u8> {
    format!("{OK}{headers}\r\n").into_bytes()
}

/// Answers of which only part is wrong: name, bytes, then the end of the connection.
fn wholes() -> Vec<(&'static str, Vec<u8>)> {
    let body = "{}";
    // What is closed without a word may meet the next request: another behaviour.
    let with = |headers: &str, body: &str| {
        [head(&format!("connection: close\r\n{headers}")), body.as_bytes().to_vec()].concat()
    };
    vec![
        ("nothing", Vec::new()),
        ("a blank", b" ".to_vec()),
        ("SSH", b"SSH-2.0-OpenSSH_9.6\r\n".to_vec()),
        ("SMTP", b"220 mail.example ESMTP\r\n".to_vec()),
        ("HTTP/0.9", b"{\"resource\":\"x\"}".to_vec()),
        ("HTTP/9.9", b"HTTP/9.9 200 OK\r\ncontent-length: 2\r\n\r\n{}".to_vec()),
        ("half a status line", b"HTTP/1.1 20".to_vec()),
        ("status 99", b"HTTP/1.1 99 Odd\r\ncontent-length: 0\r\n\r\n".to_vec()),
        ("status 999", b"HTTP/1.1 999 Odd\r\ncontent-length: 0\r\n\r\n".to_vec()),
        ("status 0", b"HTTP/1.1 000 Odd\r\ncontent-length: 0\r\n\r\n".to_vec()),
        ("status -1", b"HTTP/1.1 -1 Odd\r\ncontent-length: 0\r\n\r\n".to_vec()),
        (
            "switching protocols",
            b"HTTP/1.1 101 Switching Protocols\r\nupgrade: h2c\r\nconnection: upgrade\r\n\r\n".to_vec(),
        ),
        ("no end of the head", b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n".to_vec()),
        ("LF only", b"HTTP/1.1 200 OK\nconnection: close\ncontent-length: 2\n\n{}".to_vec()),
        ("a folded header", with("x-a: b\r\n c\r\ncontent-length: 2\r\n", body)),
        ("a header without a colon", with("nonsense\r\ncontent-length: 2\r\n", body)),
        ("a header without a name", with(": x\r\ncontent-length: 2\r\n", body)),
        ("a space before the colon", with("content-length : 2\r\n", body)),
        ("a length that is too long", with("content-length: 100\r\n", body)),
        ("a length that is too short", with("content-length: 1\r\n", body)),
        ("a length of 2^64 - 1", with("content-length: 18446744073709551615\r\n", body)),
        ("a length beyond 2^64", with("content-length: 99999999999999999999999999\r\n", body)),
        ("a length of a tebibyte", with("content-length: 1099511627776\r\n", body)),
        ("a negative length", with("content-length: -1\r\n", body)),
        ("a length that is no number", with("content-length: two\r\n", body)),
        ("two lengths", with("content-length: 2\r\ncontent-length: 5\r\n", body)),
        ("two lengths in one", with("content-length: 2, 5\r\n", body)),
        ("length and chunks", with("content-length: 2\r\ntransfer-encoding: chunked\r\n", "2\r\n{}\r\n0\r\n\r\n")),
        ("a chunk that is too long", with("transfer-encoding: chunked\r\n", "ff\r\n{}\r\n0\r\n\r\n")),
        ("a chunk beyond 2^64", with("transfer-encoding: chunked\r\n", "fffffffffffffffff\r\n{}\r\n")),
        ("a chunk of 2^64 - 1", with("transfer-encoding: chunked\r\n", "ffffffffffffffff\r\n{}\r\n")),
        ("a chunk that is no number", with("transfer-encoding: chunked\r\n", "zz\r\n{}\r\n0\r\n\r\n")),
        ("a negative chunk", with("transfer-encoding: chunked\r\n", "-2\r\n{}\r\n0\r\n\r\n")),
        ("no last chunk", with("transfer-encoding: chunked\r\n", "2\r\n{}\r\n")),
        ("another transfer encoding", with("transfer-encoding: gzip\r\n", body)),
        ("two transfer encodings", with("transfer-encoding: chunked, chunked\r\n", "2\r\n{}\r\n0\r\n\r\n")),
        ("an unknown transfer encoding", with("transfer-encoding: xchunked\r\n", body)),
        ("two answers", [response("200 OK", "", "{}"), response("200 OK", "", "{\"resource\":\"x\"}")].concat()),
        ("hints without an answer", b"HTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\n".repeat(50)),
        ("201 headers", with(&format!("{}content-length: 2\r\n", "x: y\r\n".repeat(201)), body)),
        ("a header of 100 KiB", with(&format!("x: {}\r\ncontent-length: 2\r\n", "y".repeat(100 * 1024)), body)),
        (
            "headers of 100 KiB",
            with(&format!("{}content-length: 2\r\n", format!("x: {}\r\n", "y".repeat(1000)).repeat(100)), body),
        ),
        ("a name of 70 KiB", with(&format!("{}: y\r\ncontent-length: 2\r\n", "x".repeat(70 * 1024)), body)),
        ("204 with a body", b"HTTP/1.1 204 No Content\r\nconnection: close\r\ncontent-length: 2\r\n\r\n{}".to_vec()),
        ("304", b"HTTP/1.1 304 Not Modified\r\nconnection: close\r\n\r\n".to_vec()),
    ]
}

#[test]
fn answers_that_are_broken_break_nothing() {
    let mut cases = Vec::new();
    for (name, bytes) in wholes() {
        let reply = Reply::Whole(bytes);
        for place in [Place::Mcp, Place::PathMetadata] {
            cases.push(Case::new(format!("{name} at {place:?}")).at(place, reply.clone()).quick("5", 20));
        }
        let mut case = Case::new(format!("{name} at every place of the authorization server")).quick("5", 20);
        for place in [Place::OauthMetadata, Place::McpPreflight, Place::Legacy, Place::RootMetadata] {
            case = case.at(place, reply.clone());
        }
        cases.push(case);
    }
    run_all(cases);
}

#[test]
fn a_server_that_answers_nothing_but_that_cannot_be_reached() {
    let mut cases = Vec::new();
    for (name, bytes) in wholes().into_iter().filter(|(name, _)| {
        matches!(
            *name,
            "nothing" | "SSH" | "SMTP" | "HTTP/0.9" | "half a status line" | "two lengths" | "a chunk of 2^64 - 1"
        )
    }) {
        let mut case = Case::new(format!("{name} everywhere")).ends(Ends::Reach).says("help: ").quick("5", 20);
        for place in ALL {
            case = case.at(place, Reply::Whole(bytes.clone()));
        }
        cases.push(case);
    }
    // A head that passes the limit is no network trouble.
    let huge = [head(&format!("x: {}\r\n", "y".repeat(100 * 1024))), b"{}".to_vec()].concat();
    let mut case = Case::new("too large everywhere").ends(Ends::Safety).quick("5", 20);
    for place in ALL {
        case = case.at(place, Reply::Whole(huge.clone()));
    }
    cases.push(case);
    run_all(cases);
}

/// Answers without end. Each is left within the limits, long before the server stops.
#[test]
fn what_has_no_end_is_left() {
    let pad = vec![b' '; 16 * 1024];
    let chunk = [b"4000\r\n".as_slice(), &vec![b' '; 0x4000], b"\r\n"].concat();
    let chunked = head("transfer-encoding: chunked\r\n");
    let stream = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n".to_vec();
    let floods: Vec<(&str, Vec<u8>, Vec<u8>)> = vec![
        ("a body", head(""), pad.clone()),
        ("a body of braces", head(""), vec![b'{'; 16 * 1024]),
        ("a string", [head(""), b"{\"a\":\"".to_vec()].concat(), vec![b'a'; 16 * 1024]),
        ("a body with a length", head("content-length: 1099511627776\r\n"), pad.clone()),
        ("chunks", chunked.clone(), chunk),
        ("a chunk extension", [chunked.clone(), b"2;".to_vec()].concat(), pad.clone()),
        ("chunk extensions", chunked.clone(), b"1;aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\na\r\n".repeat(256)),
        (
            "trailers",
            [chunked.clone(), b"0\r\n".to_vec()].concat(),
            b"x: yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy\r\n".repeat(256),
        ),
        ("one header line", b"HTTP/1.1 200 OK\r\nx: ".to_vec(), pad.clone()),
        ("header lines", b"HTTP/1.1 200 OK\r\n".to_vec(), b"x: yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy\r\n".repeat(256)),
        ("the status line", b"HTTP/1.1 200 ".to_vec(), pad.clone()),
        ("empty lines before the answer", b"".to_vec(), b"\r\n".repeat(4096)),
        ("comments of an event stream", stream.clone(), b":\n".repeat(4096)),
        ("an event", stream.clone(), b"data: aaaaaaaaaaaaaaaaaaaaaaaaaaa\n".repeat(256)),
        (
            "events",
            stream.clone(),
            b"data: {\"jsonrpc\":\"2.0\",\"method\":\"notifications/progress\"}\n\n".repeat(256),
        ),
        ("a line of an event stream", stream, vec![b'a'; 16 * 1024]),
    ];
    let mut replies: Vec<_> = floods.into_iter().map(|(name, first, each)| (name, Reply::Flood(first, each))).collect();
    // The HTTP library reads these as long as they come without looking at the clock: 2 MiB of them tell.
    replies.push(("hints (1xx)", Reply::Hold(b"HTTP/1.1 103 Early Hints\r\nx: y\r\n\r\n".repeat(50_000))));
    replies.push(("continue (100)", Reply::Hold(b"HTTP/1.1 100 Continue\r\n\r\n".repeat(50_000))));
    let mut cases = Vec::new();
    for (name, reply) in replies {
        let bounded = |site: &Site, _: &Ran| {
            // What stands in the buffers of the kernel counts as sent.
            let sent = site.record.sent.load(Ordering::Relaxed) / 1024 / 1024;
            if sent < 600 { Ok(()) } else { Err(format!("{sent} MiB were taken")) }
        };
        for place in [Place::Mcp, Place::PathMetadata] {
            let case = Case::new(format!("endless: {name} at {place:?}")).at(place, reply.clone());
            cases.push(case.quick("2", 30).also(bounded));
        }
        let mut case = Case::new(format!("endless: {name} at the authorization server")).quick("2", 30);
        for place in [Place::OidcAppended, Place::Jwks, Place::Token] {
            case = case.at(place, reply.clone());
        }
        cases.push(case.also(bounded));
    }
    run_all(cases);
}

/// Answers that come slowly or never: each request ends with its time, and so does the run.
#[test]
fn what_comes_slowly_is_left_in_time() {
    let pause = Duration::from_millis(100);
    let chunked = head("transfer-encoding: chunked\r\n");
    let slow: Vec<(&str, Reply)> = vec![
        ("silence", Reply::Hold(Vec::new())),
        ("silence after the status line", Reply::Hold(b"HTTP/1.1 200 OK\r\n".to_vec())),
        ("silence after the head", Reply::Hold(head("content-length: 10\r\n"))),
        ("silence in the body", Reply::Hold([head("content-length: 10\r\n"), b"{".to_vec()].concat())),
        ("silence in a chunk", Reply::Hold([chunked.clone(), b"5\r\n{".to_vec()].concat())),
        ("silence after a body without a length", Reply::Hold([head(""), b"{}".to_vec()].concat())),
        ("the head, drop by drop", Reply::Drip(b"HTTP/1.1 200 OK\r\nx: ".to_vec(), b"a".to_vec(), pause)),
        ("headers, one after the other", Reply::Drip(b"HTTP/1.1 200 OK\r\n".to_vec(), b"x: y\r\n".to_vec(), pause)),
        ("the body, drop by drop", Reply::Drip(head(""), b" ".to_vec(), pause)),
        ("chunks of one byte", Reply::Drip(chunked, b"1\r\n \r\n".to_vec(), pause)),
        ("hints, one after the other", Reply::Drip(Vec::new(), b"HTTP/1.1 103 Early\r\n\r\n".to_vec(), pause)),
    ];
    let mut cases = Vec::new();
    for (name, reply) in slow {
        for place in [Place::Mcp, Place::PathMetadata] {
            cases.push(Case::new(format!("{name} at {place:?}")).at(place, reply.clone()).quick("0.7", 15));
        }
        let mut case = Case::new(format!("{name} at the authorization server")).quick("0.7", 15);
        for place in [Place::OauthMetadata, Place::OidcInserted, Place::OidcAppended, Place::McpPreflight] {
            case = case.at(place, reply.clone());
        }
        cases.push(case);
        let mut case = Case::new(format!("{name} everywhere")).quick("0.7", 15).ends(Ends::Reach).says("help: ");
        for place in ALL {
            case = case.at(place, reply.clone());
        }
        cases.push(case);
    }
    run_all(cases);
}

/// A document in another coding than asked for is not read as if it were the document.
#[test]
fn a_compressed_document_is_refused_in_words() {
    // 4 MiB of blanks in gzip, 10 MB in a few bytes of brotli: what a client that inflates would hold.
    let gzip = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\x03\x00\x00\x00\x00\x00\x00\x00\x00\x00";
    let mut cases = Vec::new();
    for (coding, body) in [
        ("gzip", gzip.as_slice()),
        ("br", b"\x1b\xff\xff\xff\x0f\x24"),
        ("zstd", b"\x28\xb5\x2f\xfd"),
        ("deflate", b"\x78\x9c"),
        ("gzip, gzip", gzip),
        ("x-unknown", b"{}"),
        // Said to be compressed and not: two clients would read two things.
        ("gzip", RESOURCE.as_bytes()),
    ] {
        let encoded = |body: &[u8]| {
            let headers = format!("content-type: application/json\r\ncontent-encoding: {coding}\r\n");
            Reply::Whole(response("200 OK", &headers, body))
        };
        let name = format!("{coding} of {} bytes", body.len());
        cases.push(Case::new(format!("{name} for the resource metadata")).at(Place::PathMetadata, encoded(body)).also(
            |site, _| {
                let reached = site.arrived().iter().any(|a| a.line.contains("oauth-authorization-server/t"));
                if reached { Err("a compressed document was read".to_owned()) } else { Ok(()) }
            },
        ));
        cases.push(Case::new(format!("{name} for the 401")).at(Place::Mcp, encoded(body)));
        cases.push(Case::new(format!("{name} for the keys")).at(Place::Jwks, encoded(body)));
    }
    let server =
        Reply::Whole(response("200 OK", "content-type: application/json\r\ncontent-encoding: identity\r\n", SERVER));
    cases.push(Case::new("identity, said aloud").at(Place::OauthMetadata, server).also(|site, _| {
        let reached = site.arrived().iter().any(|a| a.line.ends_with("/t/jwks"));
        if reached { Ok(()) } else { Err("identity is no coding".to_owned()) }
    }));
    run_all(cases);
}

/// Refusals, errors and invitations to try again, for ever: the run asks each thing a bounded number of times.
#[test]
fn what_invites_to_try_again_is_not_tried_for_ever() {
    let mut cases = Vec::new();
    for (name, status, headers) in [
        ("429 with Retry-After 999999999", "429 Too Many", "retry-after: 999999999\r\n"),
        ("503 with Retry-After 0", "503 Unavailable", "retry-after: 0\r\n"),
        ("503 with a date in the past", "503 Unavailable", "retry-after: Thu, 01 Jan 1970 00:00:00 GMT\r\n"),
        ("503 with a negative Retry-After", "503 Unavailable", "retry-after: -1\r\n"),
        ("408", "408 Timeout", ""),
        ("421", "421 Misdirected", ""),
        ("407", "407 Proxy Authentication Required", "proxy-authenticate: Basic realm=\"x\"\r\n"),
        ("401 at every place", "401 Unauthorized", "www-authenticate: Bearer\r\n"),
        (
            "403 with a new scope",
            "403 Forbidden",
            "www-authenticate: Bearer error=\"insufficient_scope\", scope=\"a b c\"\r\n",
        ),
        ("404 with a session", "404 Not Found", "mcp-session-id: x\r\n"),
        ("500", "500 Oops", ""),
        (
            "cached for 10^30 seconds",
            "401 Unauthorized",
            "cache-control: max-age=1000000000000000000000000000000\r\nage: -1\r\nexpires: 9999\r\nwww-authenticate: Bearer\r\n",
        ),
    ] {
        let reply = Reply::Whole(response(status, headers, "{}"));
        cases.push(Case::new(format!("{name} at the MCP server")).at(Place::Mcp, reply.clone()));
        let mut case = Case::new(format!("{name} everywhere"));
        for place in ALL {
            case = case.at(place, reply.clone());
        }
        cases.push(case);
    }
    let session = response(
        "200 OK",
        "mcp-session-id: a\tb\r\ncontent-type: text/event-stream\r\n",
        "retry: 0\nid: \u{1b}x\ndata: {}\n\n",
    );
    cases.push(Case::new("an event stream that says retry: 0").at(Place::Mcp, Reply::Whole(session)));
    run_all(cases);
}

#[test]
fn every_document_may_be_half_there() {
    let mut cases = Vec::new();
    for place in DOCUMENTS {
        let body = match place {
            Place::PathMetadata => RESOURCE,
            Place::Jwks => crate::site::KEYS,
            _ => SERVER,
        };
        let half = body.get(..body.len() / 2).unwrap_or_default();
        let short = [head("content-length: 5000\r\n"), half.as_bytes().to_vec()].concat();
        cases.push(Case::new(format!("half of {place:?}, well framed")).at(place, json(half)));
        cases.push(Case::new(format!("half of {place:?}, cut by the end")).at(place, Reply::Whole(short.clone())));
        cases
            .push(Case::new(format!("half of {place:?}, then silence")).at(place, Reply::Hold(short)).quick("0.7", 15));
    }
    run_all(cases);
}
