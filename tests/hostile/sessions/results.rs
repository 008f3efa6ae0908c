//! What a tool answers, and who hears of a logout.

use std::time::Duration;

use super::{events, stateful, stateless};
use crate::program::Program;
use crate::run::{Case, Ran, Stored, run_all};
use crate::server::Reply;
use crate::site::{CALLED, INITIALIZED, LISTED, Place, Site, json, refusal, response};

/// Answers that are no answers, too long, or too many.
#[test]
fn answers_to_a_tool_are_read_within_limits() {
    let text = |text: &str| {
        format!(
            r#"{{"jsonrpc":"2.0","id":{{id}},"result":{{"resultType":"complete","content":[{{"type":"text","text":"{text}"}}]}}}}"#
        )
    };
    let tools = |tool: &str, count: usize| LISTED.replace("\"tools\":[", &format!("\"tools\":[{}", tool.repeat(count)));
    let deep = format!("{}1{}", "{\"properties\":{\"a\":".repeat(25), "}}".repeat(25));
    let schema =
        |schema: &str| LISTED.replace("{\"type\":\"object\",\"properties\":{\"query\":{\"type\":\"string\"}}}", schema);
    let bounded = |_: &Site, ran: &Ran| {
        let most =
            ["stdout", "stderr", "terminal"].map(|name| ran.text(name).len()).into_iter().max().unwrap_or_default();
        if most < 200 * 1024 { Ok(()) } else { Err(format!("{most} bytes were written for people")) }
    };
    let mut cases = vec![
        stateless("100 000 tools", Place::List, json(tools("{\"name\":\"t\"},", 100_000))).quick("20", 60),
        stateless("100 000 tools without a name", Place::List, json(tools("{},", 100_000))).quick("20", 60).always(bounded),
        stateless("a tool twice", Place::List, json(tools("{\"name\":\"search\",\"inputSchema\":{}},", 1))),
        stateless("tools that are no list", Place::List, json(r#"{"jsonrpc":"2.0","id":{id},"result":{"resultType":"complete","tools":{"search":{}}}}"#)),
        stateless("a schema of references", Place::List, json(schema(r##"{"$ref":"#","$schema":"http://{canary}/x","properties":{"query":{"$ref":"http://{canary}/x"}}}"##))),
        stateless("a schema that doubles", Place::List, json(schema(&format!("{{\"allOf\":[{}{{}}]}}", "{\"$ref\":\"#\"},".repeat(2000))))),
        stateless("a schema with a pattern that never ends", Place::List, json(schema(r#"{"properties":{"query":{"type":"string","pattern":"^(a+)+$"}}}"#))),
        stateless("a schema that is deep", Place::List, json(schema(&deep))),
        stateless("a schema that is a text", Place::List, json(schema("\"x\""))),
        stateless("a header named after ours", Place::List, json(schema(r#"{"properties":{"query":{"type":"string","x-mcp-header":"Authorization"}}}"#))),
        stateless("a header with line breaks", Place::List, json(schema(r#"{"properties":{"query":{"type":"string","x-mcp-header":"a\r\nb: c"}}}"#))),
        stateless("a text of 8 MB", Place::Call, json(text(&"a".repeat(8 << 20)))).quick("20", 60),
        stateless("a text of 17 MB", Place::Call, json(text(&"a".repeat(17 << 20)))).quick("20", 60),
        stateless("a structure of 2 MB", Place::Call, json(format!(r#"{{"jsonrpc":"2.0","id":{{id}},"result":{{"resultType":"complete","structuredContent":{{"a":[{}0]}}}}}}"#, "\"b\",".repeat(400_000)))).quick("20", 60),
        stateless("60 levels", Place::Call, json(format!(r#"{{"jsonrpc":"2.0","id":{{id}},"result":{{"a":{}{}}}}}"#, "[".repeat(60), "]".repeat(60)))),
        stateless("200 000 levels", Place::Call, json(format!("{{\"a\":{}", "[".repeat(200_000)))),
        stateless("another id", Place::Call, json(CALLED.replace("{id}", "99"))),
        stateless("two answers", Place::Call, json(format!("[{CALLED},{CALLED}]"))),
        stateless("an answer and an error", Place::Call, json(CALLED.replace("\"id\"", "\"error\":{\"code\":1,\"message\":\"x\"},\"id\""))),
        stateless("another version of JSON-RPC", Place::Call, json(CALLED.replace("2.0", "1.0"))),
        stateless("a result that is a number", Place::Call, json(r#"{"jsonrpc":"2.0","id":{id},"result":7}"#)),
        stateless("a type of result that nobody knows", Place::Call, json(CALLED.replace("\"complete\"", "\"\\u001b[2J\""))),
        stateless("a page", Place::Call, Reply::Whole(response("200 OK", "content-type: text/html\r\n", "<script>"))),
        stateless("202 for a request", Place::Call, Reply::Whole(response("202 Accepted", "", ""))),
        stateless("silence for the tool", Place::Call, Reply::Hold(Vec::new())).quick("0.7", 20),
        stateless("a body for the tool, drop by drop", Place::Call, Reply::Drip(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\r\n".to_vec(), b" ".to_vec(), Duration::from_millis(100))).quick("0.7", 20),
        stateless("hints for the tool, drop by drop", Place::Call, Reply::Drip(Vec::new(), b"HTTP/1.1 103 Early\r\n\r\n".to_vec(), Duration::from_millis(50))).quick("0.7", 20),
        stateless("hints for the tool without end", Place::Call, Reply::Flood(Vec::new(), b"HTTP/1.1 103 Early Hints\r\nx: y\r\n\r\n".repeat(100))).quick("2", 30),
    ];
    let stream = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n".to_vec();
    for (name, each) in [
        ("comments", b":\n".repeat(4096)),
        ("an event", b"data: aaaaaaaaaaaaaaaaaaaaaaaaaaa\n".repeat(256)),
        ("a line", vec![b'a'; 16 * 1024]),
        ("notifications", b"data: {\"jsonrpc\":\"2.0\",\"method\":\"notifications/progress\"}\n\n".repeat(256)),
        ("answers to others", b"data: {\"jsonrpc\":\"2.0\",\"id\":99,\"result\":{}}\n\n".repeat(256)),
    ] {
        cases.push(
            stateless(
                format!("a stream of {name} without end"),
                Place::Call,
                Reply::Flood(stream.clone(), each.clone()),
            )
            .quick("3", 60),
        );
        cases.push(
            stateful(format!("a resumed stream of {name} without end"), events("id: 1\nretry: 0\n\n"))
                .at(Place::Stream, Reply::Flood(stream.clone(), each))
                .quick("3", 60),
        );
    }
    for (name, id) in [
        ("of 60 KB", "s".repeat(60_000)),
        ("with blanks", "a b  c".to_owned()),
        ("of two lines", "a\r\nmcp-session-id: b".to_owned()),
        ("that is Latin-1", "caf\u{e9}".to_owned()),
        ("that is a path", "../../x".to_owned()),
    ] {
        let begun = Reply::Whole(response(
            "200 OK",
            &format!("content-type: application/json\r\nmcp-session-id: {id}\r\n"),
            INITIALIZED,
        ));
        cases.push(stateful(format!("a session {name}"), json(CALLED)).at(Place::Initialize, begun));
    }
    for version in ["2024-11-05", "2026-07-28", "9999-99-99", "", "2025-06-18\\r\\nx: y"] {
        let begun = json(INITIALIZED.replace("2025-11-25", version));
        cases.push(stateful(format!("the version `{version}`"), json(CALLED)).at(Place::Initialize, begun));
    }
    cases.push(
        Case::new("a 401 with a challenge in a result")
            .at(Place::Mcp, refusal("Bearer error=\"invalid_token\""))
            .at(Place::List, Reply::Whole(response("401 No", "www-authenticate: Bearer\r\n", CALLED)))
            .of(&[Program::Call])
            .stored(Stored::Good),
    );
    run_all(cases);
}

#[test]
fn a_logout_tells_nobody_else() {
    let mut cases = Vec::new();
    for (name, reply) in crate::grants::refusals().into_iter().chain(crate::grants::redirects()) {
        // A flood of hints keeps a build that is not optimised busy between two looks at the clock.
        let within = if name.starts_with("hints") { 60 } else { 20 };
        let case = Case::new(format!("revocation: {name}")).at(Place::Revoke, reply);
        cases.push(case.of(&[Program::Logout]).quick("0.7", within));
    }
    run_all(cases);
}
