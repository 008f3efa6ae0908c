//! What an MCP server answers to a client with a token: sessions, tools, streams, questions, and the same credentials again.

mod results;

use crate::program::Program;
use crate::run::{Case, Stored, run_all};
use crate::server::Reply;
use crate::site::{CALLED, INITIALIZED, LISTED, Place, json, response};
use crate::text::TEXTS;
use crate::urls::quoted;

const EVENTS: &str = "content-type: text/event-stream\r\n";

/// A deployment of the stateful wire, whose answer to the tool is this.
fn stateful(name: impl Into<String>, called: Reply) -> Case {
    let unknown = r#"{"jsonrpc":"2.0","id":{id},"error":{"code":-32601,"message":"no such method"}}"#;
    let begun = Reply::Whole(response(
        "200 OK",
        "content-type: application/json\r\nmcp-session-id: of-the-case\r\n",
        INITIALIZED,
    ));
    let case = Case::new(name).at(Place::Discover, json(unknown)).at(Place::Initialize, begun);
    case.at(Place::Call, called).stored(Stored::Good).of(&[Program::Call])
}

/// The stateless wire.
fn stateless(name: impl Into<String>, place: Place, reply: Reply) -> Case {
    Case::new(name).at(place, reply).stored(Stored::Good).of(&[Program::Call])
}

/// Events, then the end.
fn events(text: &str) -> Reply {
    Reply::Whole(response("200 OK", EVENTS, text))
}

#[test]
fn text_of_tools_and_results_comes_through_the_gate() {
    let mut cases = Vec::new();
    for &(name, text) in TEXTS {
        let t = quoted(text);
        let tool = format!(
            r#"{{"name":{t},"title":{t},"description":{t},"inputSchema":{{"type":{t},"required":[{t}],"properties":{{{t}:{{"type":{t},"description":{t},"x-mcp-header":{t}}}}}}}}}"#
        );
        let odd = LISTED.replace("\"tools\":[", &format!("\"tools\":[{tool},"));
        let only = format!(r#"{{"jsonrpc":"2.0","id":{{id}},"result":{{"resultType":"complete","tools":[{tool}]}}}}"#);
        let content = format!(
            r#"[{{"type":"text","text":{t}}},{{"type":{t},"uri":{t},"name":{t}}},{{"type":"resource_link","uri":{t}}}]"#
        );
        let result = format!(
            r#"{{"jsonrpc":"2.0","id":{{id}},"result":{{"resultType":"complete","content":{content},"structuredContent":{{{t}:[{t},{{{t}:{t}}}]}},{t}:{t}}}}}"#
        );
        let failed = result.replace("\"structuredContent\"", "\"isError\":true,\"structuredContent\"");
        let error =
            format!(r#"{{"jsonrpc":"2.0","id":{{id}},"error":{{"code":-32000,"message":{t},"data":{{{t}:{t}}}}}}}"#);
        let case =
            Case::new(format!("{name} in the list of tools")).at(Place::List, json(odd)).at(Place::Call, json(result));
        cases.push(case.stored(Stored::Good).of(&[Program::Call, Program::ProbeLogin]));
        cases.push(stateless(format!("{name} as the only tool"), Place::List, json(only)));
        cases.push(stateless(format!("{name} in a result that is an error"), Place::Call, json(failed)));
        cases.push(stateless(format!("{name} in a JSON-RPC error"), Place::Call, json(&error)));
        let line: String = text.chars().filter(|c| !c.is_ascii_control()).collect();
        let line = line.replace('\\', r"\\").replace('"', "\\\"");
        let refused = format!("www-authenticate: Bearer error=\"{line}\", error_description=\"{line}\"\r\n");
        let case =
            stateless(format!("{name} in a 403"), Place::Call, Reply::Whole(response("403 No", &refused, &error)));
        cases.push(case);
        let ask = format!(
            "data: {{\"jsonrpc\":\"2.0\",\"id\":{t},\"method\":\"elicitation/create\",\"params\":{{\"message\":{t},\"url\":{t},\"mode\":\"url\"}}}}\n\n"
        );
        let done = format!("id: {line}\ndata: {CALLED}\n\n");
        cases.push(stateful(format!("{name} in a question on a stream"), events(&format!("{ask}{done}"))));
        let said = format!(
            r#"{{"jsonrpc":"2.0","id":{{id}},"result":{{"protocolVersion":{t},"serverInfo":{{"name":{t}}},"instructions":{t}}}}}"#
        );
        let unknown = r#"{"jsonrpc":"2.0","id":{id},"error":{"code":-32601,"message":"no"}}"#;
        let case = Case::new(format!("{name} as the protocol version"))
            .at(Place::Discover, json(unknown))
            .at(Place::Initialize, json(said));
        cases.push(case.stored(Stored::Good).of(&[Program::Call, Program::Login]));
        let claims = serde_json::json!({ "iss": text, "aud": [text], "sub": text, "scope": text, "client_id": text, "jti": text, "cnf": { "jkt": text }, text: text });
        cases.push(Case::new(format!("{name} in every claim")).claims(claims).of(&[Program::Check]));
        let told = format!(
            r#"{{"active":true,"iss":{t},"aud":{t},"scope":{t},"sub":{t},"client_id":{t},"token_type":{t},{t}:{t}}}"#
        );
        cases.push(introspected(format!("{name} in what introspection says"), json(told)));
    }
    run_all(cases);
}

/// `token check` of an opaque token, whose introspection answers so.
fn introspected(name: String, reply: Reply) -> Case {
    let server = crate::site::SERVER.replacen('{', "{\"introspection_endpoint\":\"{as}/t/introspect\",", 1);
    let case = Case::new(name).at(Place::OauthMetadata, json(server)).at(Place::Introspect, reply);
    case.stored(Stored::Opaque).of(&[Program::Check])
}

#[test]
fn introspection_may_answer_anything() {
    let mut cases = Vec::new();
    let all = crate::grants::refusals().into_iter().chain(crate::grants::redirects());
    for (name, reply) in all {
        cases.push(introspected(format!("introspection: {name}"), reply).quick("0.7", 20));
    }
    for (name, body) in [
        ("not active", "{\"active\":false}"),
        ("active in words", "{\"active\":\"true\"}"),
        ("nothing", "{}"),
        ("the token itself", "{\"active\":true,\"token\":\"{body}\",\"username\":\"{body}\"}"),
        ("an expiry of 1e308", "{\"active\":true,\"exp\":1e308,\"iat\":-1e308,\"nbf\":18446744073709551615}"),
        ("an expiry in words", "{\"active\":true,\"exp\":\"soon\"}"),
    ] {
        cases.push(introspected(format!("introspection: {name}"), json(body)));
    }
    for (name, claims) in [
        ("times beyond measure", serde_json::json!({ "exp": 1e300, "iat": -1e300, "nbf": u64::MAX })),
        ("times that are text", serde_json::json!({ "exp": "soon", "iat": [], "nbf": {} })),
        ("a time of 2^63", serde_json::json!({ "exp": i64::MAX, "iat": i64::MIN })),
        ("an expired time", serde_json::json!({ "exp": 1 })),
        ("another audience", serde_json::json!({ "aud": "https://attacker.example/mcp" })),
        ("10 000 audiences", serde_json::json!({ "aud": vec!["x"; 5_000] })),
        ("another issuer", serde_json::json!({ "iss": "https://attacker.example" })),
        (
            "keys that the token names",
            serde_json::json!({ "jku": "http://{canary}/x", "cnf": { "jku": "http://{canary}/x" } }),
        ),
    ] {
        cases.push(Case::new(format!("claims: {name}")).claims(claims).of(&[Program::Check]));
    }
    run_all(cases);
}

/// What the server repeats of our credentials, wherever it may stand.
#[test]
fn what_a_server_repeats_of_the_token_is_not_shown() {
    let kind = "content-type: application/json\r\n";
    let near = |text: &str| {
        format!(
            r#"{{"jsonrpc":"2.0","id":{{id}},"error":{{"code":-32000,"message":"{text}","data":"{{authorization}}"}}}}"#
        )
    };
    let result = r#"{"jsonrpc":"2.0","id":{id},"result":{"resultType":"complete","content":[{"type":"text","text":"{authorization}"},{"type":"resource_link","uri":"http://127.0.0.1/?t={authorization}"}],"structuredContent":{"{authorization}":["{authorization}"]}}}"#;
    let listed = LISTED.replace("\"searches\"", "\"{authorization}\"").replace("\"tools\":[", "\"tools\":[{\"name\":\"{authorization}\",\"description\":\"{authorization}\"},{\"description\":\"{authorization}\"},");
    let mut cases = vec![
        stateless("the token in a JSON-RPC error", Place::Call, json(near("{authorization}"))),
        stateless("the token in a list of tools", Place::List, json(&listed)),
        stateless("the token in a result", Place::Call, json(result)),
        stateless(
            "the token in a 403",
            Place::Call,
            Reply::Whole(response(
                "403 No",
                "www-authenticate: Bearer error=\"{authorization}\", error_description=\"{authorization}\"\r\n",
                "{authorization}",
            )),
        ),
        stateless(
            "the token in a step-up",
            Place::Call,
            Reply::Whole(response(
                "403 No",
                "www-authenticate: Bearer error=\"insufficient_scope\", scope=\"{authorization}\", error_description=\"{authorization}\"\r\n",
                "",
            )),
        ),
        stateless("the token in a 500", Place::Call, Reply::Whole(response("500 Oops", kind, "{authorization}"))),
        stateless(
            "the token in a redirect",
            Place::Call,
            Reply::Whole(response("307 Go", "location: /elsewhere/{authorization}\r\n", "")),
        ),
        stateless(
            "the token in a version",
            Place::Discover,
            json(
                r#"{"jsonrpc":"2.0","id":{id},"result":{"resultType":"complete","supportedVersions":["{authorization}"]}}"#,
            ),
        ),
        stateful(
            "the token in a question",
            events(
                "data: {\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"elicitation/create\",\"params\":{\"message\":\"{authorization}\",\"url\":\"http://127.0.0.1/{authorization}\"}}\n\n",
            ),
        ),
        stateless(
            "the token in a wish for input",
            Place::Call,
            json(
                r#"{"jsonrpc":"2.0","id":{id},"result":{"resultType":"input_required","inputRequests":{"a":{"method":"elicitation/create","params":{"message":"{authorization}","url":"http://{canary}/x","mode":"url"}}}}}"#,
            ),
        ),
    ];
    // The cut of a long text falls into the token, at every distance.
    for left in [4, 12, 30, 60] {
        let text = format!("{}{{authorization}}", "x".repeat(187 - left));
        cases.push(stateless(format!("the token before the cut of an error, {left}"), Place::Call, json(near(&text))));
        let described =
            format!("{{\"error\":\"invalid_request\",\"error_description\":\"{}{{body}}\"}}", "y".repeat(198 - left));
        let reply = Reply::Whole(response("400 Bad", kind, described));
        let case =
            Case::new(format!("the code before the cut of a description, {left}")).at(Place::Code, reply.clone());
        cases.push(case.of(&[Program::Login, Program::ProbeLogin]));
        let case =
            Case::new(format!("the refresh token before the cut of a description, {left}")).at(Place::Refresh, reply);
        cases.push(case.of(&[Program::Call]));
    }
    let refused = Reply::Whole(response(
        "401 No",
        "www-authenticate: Bearer error=\"{authorization}\", error_description=\"{authorization}\", resource_metadata=\"{rs}/.well-known/oauth-protected-resource/mcp\"\r\n",
        "{authorization}",
    ));
    let case =
        Case::new("the token in every 401").at(Place::Mcp, refused).at(Place::Discover, json(crate::site::DISCOVERED));
    cases.push(case.of(&[Program::Call, Program::Login]));
    run_all(cases);
}

/// Redirects with a token in the request: within the origin at most.
#[test]
fn a_token_follows_no_redirect() {
    let mut cases = Vec::new();
    for (name, reply) in crate::grants::redirects() {
        for place in [Place::Discover, Place::List, Place::Call] {
            let case =
                Case::new(format!("{place:?} with a token: {name}")).at(place, reply.clone()).stored(Stored::Good);
            cases.push(
                case.of(if place == Place::Discover { &[Program::Call, Program::Login] } else { &[Program::Call] })
                    .quick("5", 20),
            );
        }
        let case =
            stateful(format!("a stream with a token: {name}"), events("id: 1\n\n")).at(Place::Stream, reply.clone());
        cases.push(case.quick("5", 20));
        let end = stateful(format!("the end of a session: {name}"), json(CALLED)).at(Place::End, reply);
        cases.push(end.quick("5", 20));
    }
    run_all(cases);
}

/// Refusals and invitations without end, with a token in hand.
#[test]
fn no_loop_is_entered_with_a_token() {
    let kind = "content-type: application/json\r\n";
    let whole = |status: &str, headers: &str, body: &str| Reply::Whole(response(status, headers, body));
    let challenge = "www-authenticate: Bearer error=\"invalid_token\", resource_metadata=\"{rs}/.well-known/oauth-protected-resource/mcp\"\r\n";
    let more = "www-authenticate: Bearer error=\"insufficient_scope\", scope=\"read more{id}\", resource_metadata=\"{rs}/.well-known/oauth-protected-resource/mcp\"\r\n";
    let nonce = "dpop-nonce: n{id}\r\nwww-authenticate: DPoP error=\"use_dpop_nonce\"\r\n";
    let page = LISTED.replace("\"tools\":[", "\"nextCursor\":\"c{id}\",\"tools\":[");
    let needs = r#"{"jsonrpc":"2.0","id":{id},"result":{"resultType":"input_required","requestState":"s{id}","inputRequests":{"a":{"method":"elicitation/create","params":{"mode":"form","message":"again","requestedSchema":{"type":"object","properties":{"x":{"type":"string","default":"y"}}}}}}}}"#;
    let other =
        r#"{"jsonrpc":"2.0","id":{id},"error":{"code":-32004,"message":"other","data":{"supported":["2026-07-28"]}}}"#;
    let mut cases = vec![
        stateless("401 for ever", Place::Mcp, whole("401 No", challenge, "")),
        Case::new("401 for every token")
            .at(Place::Discover, whole("401 No", challenge, ""))
            .of(&[Program::Call, Program::Login])
            .stored(Stored::Good),
        Case::new("401 for the tool alone")
            .at(Place::Call, whole("401 No", challenge, ""))
            .of(&[Program::Call])
            .stored(Stored::Good),
        stateless("more scope for ever", Place::List, whole("403 No", more, "")),
        stateless("more scope for the tool for ever", Place::Call, whole("403 No", more, "")),
        stateless("the same scope for ever", Place::Call, whole("403 No", &more.replace("{id}", ""), "")),
        stateless("a nonce for ever", Place::List, whole("401 No", nonce, "")),
        stateful("404 for the session for ever", whole("404 Gone", "", "")),
        stateful(
            "404 for the session for ever, in JSON-RPC",
            whole("404 Gone", kind, r#"{"jsonrpc":"2.0","id":{id},"error":{"code":-32001,"message":"no session"}}"#),
        ),
        stateless("pages without end", Place::List, json(&page)),
        stateless("the same page for ever", Place::List, json(page.replace("c{id}", "c"))),
        stateless(
            "pages of 2000 tools without end",
            Place::List,
            json(page.replace(
                "\"tools\":[",
                &format!("\"tools\":[{}", "{\"name\":\"t\",\"inputSchema\":{}},".repeat(2000)),
            )),
        )
        .quick("5", 60),
        stateless("input without end", Place::Call, json(needs)).with(&["--answer", "{\"x\":\"y\"}"]),
        stateless("input that nobody gives", Place::Call, json(needs)),
        stateless(
            "a URL to open",
            Place::Call,
            json(
                needs
                    .replace("\"form\"", "\"url\"")
                    .replace("\"message\"", "\"url\":\"http://{canary}/x\",\"message\""),
            ),
        )
        .with(&["--answer", "{\"x\":\"y\"}"]),
        stateless("a wish to sample", Place::Call, json(needs.replace("elicitation/create", "sampling/createMessage")))
            .with(&["--answer", "{\"x\":\"y\"}"]),
        stateless("a version for ever", Place::Discover, json(other)),
        stateless(
            "429 with Retry-After 999999999 with a token",
            Place::Call,
            whole("429 Wait", "retry-after: 999999999\r\n", ""),
        ),
        stateless("503 with Retry-After 0 with a token", Place::List, whole("503 Wait", "retry-after: 0\r\n", "")),
        stateless(
            "503 with Retry-After 999999999 at the start",
            Place::Discover,
            whole("503 Wait", "retry-after: 999999999\r\n", ""),
        ),
        stateful("retry: 0 for ever", events("retry: 0\nid: 1\n\n")).at(Place::Stream, events("retry: 0\nid: 2\n\n")),
        stateful("retry of 10^18", events("retry: 999999999999999999\nid: 1\n\n"))
            .at(Place::Stream, events("id: 2\n\n"))
            .quick("5", 60),
        stateful("an id without end", events(&format!("id: {}\n\n", "i".repeat(60_000))))
            .at(Place::Stream, events("id: 2\n\n")),
        stateful("an id that no header can carry", events("id: a\u{1b}[2Jé\n\n")).at(Place::Stream, events("")),
    ];
    for method in [
        "ping",
        "sampling/createMessage",
        "roots/list",
        "elicitation/create",
        "unknown/method",
        "notifications/progress",
    ] {
        let ask = format!(
            "data: {{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"{method}\",\"params\":{{\"message\":\"x\",\"mode\":\"url\",\"url\":\"http://{{canary}}/x\"}}}}\n\n"
        );
        cases.push(stateful(format!("`{method}` on a stream"), events(&format!("{ask}data: {CALLED}\n\n"))));
        let many = Reply::Whole(response("200 OK", EVENTS, ask.repeat(20)));
        cases.push(stateful(format!("`{method}` twenty times and no answer"), many).quick("2", 30));
    }
    run_all(cases);
}
