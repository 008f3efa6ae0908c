//! What an authorization server answers to a registration, an authorization request, a code and a refresh token.

mod asking;

use std::time::Duration;

use crate::program::Program;
use crate::run::{Case, Ran, Stored, run_all};
use crate::server::Reply;
use crate::site::{DISCOVERED, GRANTED, Place, REGISTERED, SERVER, Site, created, json, redirect, response};
use crate::text::TEXTS;
use crate::urls::{FORBIDDEN, quoted};

/// The commands that log in.
pub(crate) const GRANTERS: [Program; 3] = [Program::Login, Program::Call, Program::ProbeLogin];

/// Redirects with a status and a place to go to.
pub(crate) fn redirects() -> Vec<(String, Reply)> {
    let mut all = Vec::new();
    for status in ["301 Moved", "302 Found", "303 See Other", "307 Temporary", "308 Permanent"] {
        for (place, location) in [
            ("where nobody may come", "http://{canary}/x"),
            ("another authorization server", "{other}/t/token"),
            ("the MCP server", "{rs}/elsewhere"),
        ] {
            let reply = Reply::Whole(response(status, &format!("location: {location}\r\n"), ""));
            all.push((format!("{status} to {place}"), reply));
        }
    }
    all
}

/// Answers that no endpoint should give, whatever it was asked.
pub(crate) fn refusals() -> Vec<(String, Reply)> {
    let whole = |status: &str, headers: &str, body: &str| Reply::Whole(response(status, headers, body));
    let kind = "content-type: application/json\r\n";
    let gzip = format!("{kind}content-encoding: gzip\r\n");
    let hint = b"HTTP/1.1 103 Early Hints\r\nx: y\r\n\r\n".to_vec();
    [
        ("429 with Retry-After 999999999", whole("429 Too Many", "retry-after: 999999999\r\n", "")),
        ("503 with Retry-After 0", whole("503 Unavailable", "retry-after: 0\r\n", "")),
        ("500 that repeats what it was sent", whole("500 Oops", kind, "{\"error\":\"{body}\",\"a\":\"{authorization}\"}")),
        ("400 that describes what it was sent", whole("400 Bad", kind, "{\"error\":\"invalid_request\",\"error_description\":\"bad: {body}\",\"error_uri\":\"http://{canary}/x\"}")),
        ("401 whose text is what it was sent", whole("401 No", "www-authenticate: Basic realm=\"{authorization}\"\r\n", "{body} {authorization}")),
        ("200 and a page of what it was sent", whole("200 OK", "content-type: text/html\r\n", "<html>{body}{authorization}</html>")),
        ("200 and a list", json("[\"{body}\"]")),
        ("200 and a text", json("\"{body}\"")),
        ("200 and nothing", json("")),
        ("200 and half an object", json("{\"access_token\":\"Bf1Uo7Yk-issued")),
        ("200 and a form", whole("200 OK", "content-type: application/x-www-form-urlencoded\r\n", "access_token={issued-access}&token_type=bearer")),
        ("204", whole("204 No Content", "", "")),
        ("404", whole("404 Not Found", "", "")),
        ("gzip", whole("200 OK", &gzip, GRANTED)),
        ("silence", Reply::Hold(Vec::new())),
        ("an end without an answer", Reply::Whole(Vec::new())),
        ("a body, drop by drop", Reply::Drip(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\r\n".to_vec(), b" ".to_vec(), Duration::from_millis(100))),
        ("a body without end", Reply::Flood(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\r\n".to_vec(), vec![b' '; 16 * 1024])),
        ("hints (1xx) without end", Reply::Flood(Vec::new(), hint.repeat(100))),
        ("hints (1xx), drop by drop", Reply::Drip(Vec::new(), hint, Duration::from_millis(50))),
    ]
    .map(|(name, reply)| (name.to_owned(), reply))
    .to_vec()
}

#[test]
fn a_registration_is_taken_as_it_must_be_or_not_at_all() {
    let swap = |from: &str, to: &str| created(REGISTERED.replace(from, to));
    let id = |value: String| swap("\"issued-client\"", &value);
    let long = |length: usize| format!("\"{}\"", "x".repeat(length));
    let mut all: Vec<(String, Reply)> = [
        ("other redirect URIs", swap("http://127.0.0.1/callback", "http://{canary}/stolen")),
        ("a redirect URI that is script", swap("http://127.0.0.1/callback", "javascript:alert(1)")),
        ("a management place elsewhere", swap("{as}/t/register/issued", "http://{canary}/x")),
        ("a management place that is a file", swap("{as}/t/register/issued", "file:///etc/passwd")),
        ("an id with line breaks", id("\"a\\r\\nx-injected: 1\"".to_owned())),
        ("an id with parameters", id("\"a&redirect_uri=http://{canary}/x&state=y\"".to_owned())),
        ("an id with escape sequences", id("\"\\u001b[2J\\u202eMARK\"".to_owned())),
        ("an id of 2049 characters", id(long(2049))),
        ("an id of 60 KB", id(long(60_000))),
        ("an id of 5 MB", id(long(5_000_000))),
        ("an id that is a number", id("7".to_owned())),
        ("an id that is a list", id("[\"a\"]".to_owned())),
        ("an empty id", id("\"\"".to_owned())),
        ("an id that is null", id("null".to_owned())),
        ("a secret with line breaks", swap("{issued-secret}", "Xp9Dj4Fz\\r\\nx: y")),
        ("a secret of 60 KB", swap("{issued-secret}", &"Xp9Dj4Fz".repeat(7500))),
        ("a secret that is a number", swap("\"{issued-secret}\"", "7")),
        ("Basic that nobody asked for", swap("\"none\"", "\"client_secret_basic\"")),
        ("a method that nobody knows", swap("\"none\"", "\"tls_client_auth\"")),
        ("a method that is no text", swap("\"none\"", "{\"a\":1}")),
        ("an expiry in the past", swap("expires_at\":0", "expires_at\":1")),
        ("an expiry below zero", swap("expires_at\":0", "expires_at\":-1")),
        ("an expiry beyond 2^64", swap("expires_at\":0", "expires_at\":1e300")),
        ("an id twice", swap("{\"client_id\"", "{\"client_id\":\"other\",\"client_id\"")),
    ]
    .map(|(name, reply)| (name.to_owned(), reply))
    .to_vec();
    all.extend(refusals());
    all.extend(redirects());
    let case = |(name, reply)| {
        // A call whose client is known registers none.
        Case::new(format!("registration: {name}"))
            .at(Place::Registration, reply)
            .of(&[Program::Login, Program::ProbeLogin])
            .quick("0.7", 30)
    };
    run_all(all.into_iter().map(case).collect());
}

#[test]
fn a_redirect_back_is_the_answer_or_nothing() {
    const GOOD: &str = "{redirect_uri}?code={code}&state={state}";
    const ISS: &str = "&iss={as-encoded}/t";
    let back = |location: String| redirect(&location);
    let mut all: Vec<(String, Reply)> = [
        ("no iss though it is promised", back(GOOD.to_owned())),
        ("the iss of another", back(format!("{GOOD}&iss={{other}}/t"))),
        ("an iss with a slash", back(format!("{GOOD}{ISS}/"))),
        ("an iss in capitals", back(format!("{GOOD}&iss=HTTP://127.0.0.1/t"))),
        ("an empty iss", back(format!("{GOOD}&iss="))),
        ("iss twice", back(format!("{GOOD}{ISS}{ISS}"))),
        ("an iss with escape sequences", back(format!("{GOOD}&iss=%1b%5b2J%e2%80%aeMARK"))),
        ("an error of another issuer", back("{redirect_uri}?error=evil_error&error_description=evil_text&state={state}&iss={other}/t".to_owned())),
        ("an error without an issuer", back("{redirect_uri}?error=evil_error&error_description=evil_text&state={state}".to_owned())),
        ("an error that is no word", back(format!("{{redirect_uri}}?error=%1b%5b2JMARK&error_description=%0aPASS%20all%0d&error_uri=javascript:x&state={{state}}{ISS}"))),
        ("an error and a code", back(format!("{GOOD}{ISS}&error=access_denied"))),
        ("no state", back(format!("{{redirect_uri}}?code={{code}}{ISS}"))),
        ("another state", back(format!("{{redirect_uri}}?code={{code}}&state=forged{ISS}"))),
        ("a state cut short", back(format!("{{redirect_uri}}?code={{code}}&state=A{ISS}"))),
        ("state twice", back(format!("{GOOD}&state={{state}}{ISS}"))),
        ("a second code", back(format!("{GOOD}&code=other{ISS}"))),
        ("no code", back(format!("{{redirect_uri}}?state={{state}}{ISS}"))),
        ("an empty code", back(format!("{{redirect_uri}}?code=&state={{state}}{ISS}"))),
        ("a code with line breaks", back(format!("{{redirect_uri}}?code={{code}}%0d%0ax:y&state={{state}}{ISS}"))),
        ("a code of 7 KB", back(format!("{{redirect_uri}}?code={{code}}{}&state={{state}}{ISS}", "c".repeat(7000)))),
        ("a code of 40 KB", back(format!("{{redirect_uri}}?code={{code}}{}&state={{state}}{ISS}", "c".repeat(40_000)))),
        ("an answer in the fragment", back(format!("{{redirect_uri}}#code={{code}}&state={{state}}{ISS}"))),
        ("a path of ours and more", back(format!("{{redirect_uri}}/more?code={{code}}&state={{state}}{ISS}"))),
        ("a name of ours and more", back(format!("{{redirect_uri}}x?code={{code}}&state={{state}}{ISS}"))),
        ("ours as user information", back(format!("http://127.0.0.1@{{canary}}/?code={{code}}&state={{state}}{ISS}"))),
        ("a token instead of a code", back(format!("{{redirect_uri}}?access_token={{issued-access}}&state={{state}}{ISS}"))),
        ("a page for a person", Reply::Whole(response("200 OK", "content-type: text/html\r\nrefresh: 0; url=http://{canary}/x\r\n", "<script>location='http://{canary}/x'</script>"))),
        ("round and round", back("{as}/t/authorize?again".to_owned())),
        ("another authorization server", back("{other}/t/authorize?redirect_uri={redirect_uri}&state={state}".to_owned())),
    ]
    .map(|(name, reply)| (name.to_owned(), reply))
    .to_vec();
    all.extend(refusals());
    let mut cases: Vec<Case> = all
        .into_iter()
        .map(|(name, reply)| {
            Case::new(format!("authorization: {name}"))
                .at(Place::Authorize, reply)
                .of(&GRANTERS)
                .quick("0.7", 30)
                .always(no_evil)
        })
        .collect();
    // A path and another host are good places to go to; what no header can carry cannot be said.
    let possible = |url: &str| {
        !url.is_empty()
            && !url.starts_with('/')
            && !url.starts_with("--")
            && !url.starts_with(' ')
            && !url.chars().any(char::is_control)
    };
    for &(name, url) in FORBIDDEN.iter().filter(|(_, url)| possible(url)) {
        let case = Case::new(format!("authorization: redirect to {name}")).at(Place::Authorize, redirect(url));
        cases.push(case.of(&[Program::Login]).quick("3", 20));
    }
    run_all(cases);
}

/// What stood in an answer of another issuer is not repeated.
fn no_evil(_: &Site, ran: &Ran) -> Result<(), String> {
    let told = ["stdout", "stderr", "terminal"].into_iter().find(|name| ran.text(name).contains("evil_"));
    told.map_or(Ok(()), |name| Err(format!("{name} repeats what another issuer says")))
}

/// Token answers in which one thing is odd.
fn grants() -> Vec<(String, Reply)> {
    let swap = |from: &str, to: &str| json(GRANTED.replace(from, to));
    let token = |value: &str| swap("\"{issued-access}\"", value);
    let mut all = vec![
        ("a token that is a list".to_owned(), token("[\"{issued-access}\"]")),
        ("a token that is an object".to_owned(), token("{\"a\":\"{issued-access}\"}")),
        ("a token that is a number".to_owned(), token("7")),
        ("a token that is null".to_owned(), token("null")),
        ("an empty token".to_owned(), token("\"\"")),
        ("a token with line breaks".to_owned(), token("\"{issued-access}\\r\\nx-injected: 1\"")),
        ("a token with a blank".to_owned(), token("\"{issued-access} x\"")),
        ("a token with escape sequences".to_owned(), token("\"{issued-access}\\u001b[2J\"")),
        ("a token that is not ASCII".to_owned(), token("\"{issued-access}é\"")),
        ("a token of 60 KB".to_owned(), token(&format!("\"{{issued-access}}{}\"", "t".repeat(60_000)))),
        ("an answer of 70 KB".to_owned(), token(&format!("\"{{issued-access}}{}\"", "t".repeat(70_000)))),
        ("two tokens".to_owned(), swap("{\"access_token\"", "{\"access_token\":\"Bf1Uo7Yk-other\",\"access_token\"")),
        ("no type".to_owned(), swap("\"token_type\":\"Bearer\",", "")),
        ("a type that nobody knows".to_owned(), swap("Bearer", "mac")),
        ("a type with line breaks".to_owned(), swap("Bearer", "Bearer\\r\\nx: y")),
        ("a type that is a number".to_owned(), swap("\"Bearer\"", "5")),
        ("a token bound to no key".to_owned(), swap("Bearer", "DPoP")),
        ("a refresh token that is a number".to_owned(), swap("\"{issued-refresh}\"", "[\"{issued-refresh}\"]")),
        ("a refresh token with line breaks".to_owned(), swap("{issued-refresh}", "{issued-refresh}\\r\\nx: y")),
        ("more scope than was asked for".to_owned(), swap("\"read\"", "\"read admin:* \\u001b[2JMARK\"")),
        ("a scope that is a list".to_owned(), swap("\"read\"", "[\"read\",\"{body}\"]")),
        ("50 000 scopes".to_owned(), swap("\"read\"", &format!("\"{}\"", "s ".repeat(30_000)))),
        (
            "members that nobody knows".to_owned(),
            swap("{\"access_token\"", "{\"id_token\":\"a.b.c\",\"\\u001b\":\"{body}\",\"access_token\""),
        ),
        ("a mark of byte order".to_owned(), json(format!("\u{feff}{GRANTED}"))),
        ("status 400".to_owned(), Reply::Whole(response("400 Bad", "content-type: application/json\r\n", GRANTED))),
        ("status 201".to_owned(), created(GRANTED)),
    ];
    for value in [
        "-1",
        "0",
        "1",
        "18446744073709551615",
        "99999999999999999999999999",
        "1e308",
        "1e400",
        "0.5",
        "\"3600\"",
        "\"soon\"",
        "null",
        "true",
        "[]",
        "{}",
        "-1e308",
    ] {
        all.push((format!("expires_in {value}"), swap("3600", value)));
    }
    all
}

#[test]
fn a_token_answer_is_read_with_care() {
    let mut all = grants();
    all.extend(refusals());
    all.extend(redirects());
    let mut cases = Vec::new();
    for (name, reply) in all {
        let case = Case::new(format!("code: {name}")).at(Place::Code, reply.clone());
        cases.push(case.of(&GRANTERS).quick("0.7", 30));
        // The refresh token goes where it came from; after it a login.
        let case = Case::new(format!("refresh: {name}")).at(Place::Refresh, reply);
        cases.push(case.of(&[Program::Call]).quick("0.7", 30));
    }
    for &(name, text) in TEXTS {
        let body = format!("{{\"error\":{0},\"error_description\":{0},\"error_uri\":{0}}}", quoted(text));
        let reply = Reply::Whole(response("400 Bad", "content-type: application/json\r\n", body));
        let case =
            Case::new(format!("{name} in every error of the authorization server")).at(Place::Code, reply.clone());
        cases.push(case.at(Place::Refresh, reply.clone()).of(&[Program::Login, Program::Call, Program::ProbeLogin]));
        let case = Case::new(format!("{name} in the error of a registration")).at(Place::Registration, reply);
        cases.push(case.of(&[Program::Login]));
        for (member, value) in [("scope", "\"read\""), ("token type", "\"Bearer\"")] {
            let odd = GRANTED.replace(value, &quoted(text));
            let case = Case::new(format!("{name} in the {member} of a token answer")).at(Place::Code, json(odd));
            cases.push(case.of(&[Program::Login, Program::Call]));
        }
    }
    run_all(cases);
}

/// The metadata of the right issuer, with endpoints of another.
#[test]
fn another_authorization_server_gets_nothing_of_the_old_one() {
    let moved = |server: &str| {
        json(format!(
            r#"{{"resource":"{{rs}}/mcp","authorization_servers":[{server}],"bearer_methods_supported":["query","body"]}}"#
        ))
    };
    let swap = |from: &str, to: &str| json(SERVER.replace(from, to));
    let mut cases = vec![
        Case::new("a new authorization server").at(Place::PathMetadata, moved("\"{other}/t\"")),
        Case::new("a new authorization server before the old one")
            .at(Place::PathMetadata, moved("\"{other}/t\",\"{as}/t\"")),
        Case::new("the old authorization server under another name").at(Place::PathMetadata, moved("\"{as}/t/\"")),
        Case::new("an issuer that is another")
            .at(Place::OauthMetadata, swap("\"issuer\":\"{as}/t\"", "\"issuer\":\"{other}/t\""))
            .at(Place::OidcInserted, swap("\"issuer\":\"{as}/t\"", "\"issuer\":\"{other}/t\"")),
        Case::new("tokens wanted in the query").at(Place::PathMetadata, moved("\"{as}/t\"")),
        Case::new("metadata of another resource")
            .at(Place::PathMetadata, json(r#"{"resource":"{other}/mcp","authorization_servers":["{other}/t"]}"#)),
    ];
    for endpoint in ["token", "register", "authorize", "jwks"] {
        let own = format!("\"{{as}}/t/{endpoint}\"");
        for (name, place) in [
            ("of another", format!("\"{{other}}/t/{endpoint}\"")),
            ("on the MCP server", format!("\"{{rs}}/elsewhere/{endpoint}\"")),
        ] {
            let document = swap(&own, &place);
            let case =
                Case::new(format!("the endpoint `{endpoint}` {name}")).at(Place::OauthMetadata, document.clone());
            cases.push(case.at(Place::OidcInserted, document.clone()).at(Place::OidcAppended, document));
        }
    }
    for (name, from, to) in [
        ("no PKCE", "\"code_challenge_methods_supported\":[\"S256\"],", ""),
        ("plain PKCE", "[\"S256\"]", "[\"plain\"]"),
        ("PKCE that is no list", "[\"S256\"]", "\"S256\""),
        ("an authorization endpoint with a state", "t/authorize\"", "t/authorize?state=fixed\""),
        ("an authorization endpoint with a challenge", "t/authorize\"", "t/authorize?code_challenge=fixed\""),
        (
            "an authorization endpoint with a redirect URI",
            "t/authorize\"",
            "t/authorize?redirect_uri=http://{canary}/x\"",
        ),
        ("an authorization endpoint with a client", "t/authorize\"", "t/authorize?client_id=other\""),
        ("an authorization endpoint with a fragment", "t/authorize\"", "t/authorize#x\""),
        ("client authentication that nobody knows", "[\"none\"]", "[\"tls_client_auth\"]"),
        ("client authentication with a secret", "[\"none\"]", "[\"client_secret_basic\"]"),
        ("client authentication in the body", "[\"none\"]", "[\"client_secret_post\"]"),
        (
            "pushed requests to where nobody may come",
            "{\"issuer\"",
            "{\"require_pushed_authorization_requests\":true,\"pushed_authorization_request_endpoint\":\"file:///x\",\"issuer\"",
        ),
        (
            "pushed requests without a place",
            "{\"issuer\"",
            "{\"require_pushed_authorization_requests\":true,\"issuer\"",
        ),
    ] {
        let document = swap(from, to);
        let case = Case::new(name).at(Place::OauthMetadata, document.clone());
        cases.push(case.at(Place::OidcInserted, document.clone()).at(Place::OidcAppended, document));
    }
    let cases = cases.into_iter().map(|case| {
        let programs = [&GRANTERS[..], &[Program::Check]].concat();
        case.of(&programs).quick("3", 30)
    });
    let mut cases: Vec<Case> = cases.collect();
    let elsewhere = Case::new("a stored login of another MCP server").at(Place::Discover, json(DISCOVERED));
    cases.push(elsewhere.of(&[Program::Call]).stored(Stored::Elsewhere).always(|site, _| {
        let sent = site.arrived().iter().any(|a| a.head.contains(crate::secrets::STORED_ACCESS));
        if sent { Err("the token of another server was sent".to_owned()) } else { Ok(()) }
    }));
    run_all(cases);
}
