//! Documents that are odd JSON, huge, deep, doubled, or odd keys.

use crate::run::{Case, Ran, run_all};
use crate::server::Reply;
use crate::site::{KEYS, Place, SERVER, Site, json, response};

/// JSON that readers read differently or not at all: name, bytes.
fn odd() -> Vec<(&'static str, Vec<u8>)> {
    let text = |text: &str| text.as_bytes().to_vec();
    vec![
        ("empty", text("")),
        ("white space", text(" \r\n\t")),
        ("null", text("null")),
        ("true", text("true")),
        ("a number", text("1e400")),
        ("a string", text("\"x\"")),
        ("an array", text("[]")),
        ("an array by position", text("[\"{rs}/mcp\",[\"{as}/t\"]]")),
        ("HTML", text("<!doctype html><title>login</title>")),
        ("XML", text("<?xml version=\"1.0\"?><!DOCTYPE a [<!ENTITY x SYSTEM \"file:///etc/passwd\">]><a>&x;</a>")),
        ("a byte order mark", text("\u{feff}{}")),
        ("UTF-16", "{}".encode_utf16().flat_map(u16::to_le_bytes).collect()),
        ("UTF-32", vec![b'{', 0, 0, 0, b'}', 0, 0, 0]),
        ("a surrogate alone", text(r#"{"resource":"\ud800"}"#)),
        ("raw control characters", text("{\"a\":\"\u{1}\u{1b}[2J\"}")),
        ("trailing bytes", text("{} x")),
        ("two documents", text("{}{}")),
        ("a trailing comma", text("{\"a\":1,}")),
        ("a comment", text("{/* */}")),
        ("single quotes", text("{'a':1}")),
        ("NaN", text("{\"a\":NaN}")),
        ("Infinity", text("{\"a\":-Infinity}")),
        ("a number beyond doubles", text("{\"a\":1e400}")),
        ("a number with a leading zero", text("{\"a\":007}")),
        ("a number of 25 000 digits", format!("{{\"a\":{}}}", "9".repeat(25_000)).into_bytes()),
        ("an exponent of 25 000 digits", format!("{{\"a\":1e{}}}", "9".repeat(25_000)).into_bytes()),
        (
            "duplicates",
            text(
                r#"{"resource":"{rs}/mcp","resource":"http://127.0.0.1:1/","issuer":"a","issuer":"b","keys":[],"keys":1}"#,
            ),
        ),
        ("escaped duplicates", text(r#"{"issuer":"a","\u0069ssuer":"b"}"#)),
        ("nested duplicates", text(r#"{"a":{"b":[{"c":1,"c":2}]}}"#)),
        (
            "names that differ by case",
            text(r#"{"resource":"{rs}/mcp","Resource":"x","RESOURCE":"y","issuer":"x","Issuer":"y"}"#),
        ),
        ("an empty name", text(r#"{"":"","\u0000":1}"#)),
        ("names of prototypes", text(r#"{"__proto__":{"resource":"x"},"constructor":1,"toString":1}"#)),
        ("65 levels", format!("{{\"a\":{}{}}}", "[".repeat(64), "]".repeat(64)).into_bytes()),
        ("20 000 levels", format!("{{\"a\":{}{}}}", "[".repeat(20_000), "]".repeat(20_000)).into_bytes()),
        ("20 000 open braces", "{\"a\":".repeat(20_000).into_bytes()),
        ("a string of 1 MiB", format!("{{\"resource\":\"{}\"}}", "a".repeat(1 << 20)).into_bytes()),
        (
            "25 000 members",
            format!("{{{}\"z\":1}}", (0..25_000).map(|n| format!("\"{n}\":1,")).collect::<String>()).into_bytes(),
        ),
        ("60 000 elements", format!("{{\"a\":[{}0]}}", "0,".repeat(60_000)).into_bytes()),
        ("40 000 empty arrays", format!("{{\"a\":[{}0]}}", "[],".repeat(40_000)).into_bytes()),
        ("25 000 objects", format!("{{\"a\":[{}0]}}", "{\"\":0},".repeat(25_000)).into_bytes()),
    ]
}

#[test]
fn odd_json_is_a_finding_and_no_more() {
    let mut cases = Vec::new();
    for (name, body) in odd() {
        let resource = Case::new(format!("{name} as resource metadata")).at(Place::PathMetadata, json(&body));
        cases.push(resource.at(Place::RootMetadata, json(&body)).at(Place::Legacy, json(&body)));
        let mut server = Case::new(format!("{name} as server metadata"));
        for place in [Place::OauthMetadata, Place::OidcInserted, Place::OidcAppended] {
            server = server.at(place, json(&body));
        }
        cases.push(server);
        let keys = Case::new(format!("{name} as keys and as answer of the MCP server")).at(Place::Jwks, json(&body));
        cases.push(keys.at(Place::Mcp, json(&body)));
    }
    run_all(cases);
}

/// Values of every wrong kind at every member that is read.
#[test]
fn members_of_every_wrong_kind_are_findings_and_no_more() {
    let values =
        ["null", "true", "0", "-1", "1e308", "\"\"", "[]", "{}", "[[]]", "[null]", "[1,\"a\",{}]", "{\"a\":1}"];
    let resource = ["resource", "authorization_servers", "scopes_supported", "bearer_methods_supported", "jwks_uri"];
    let server = [
        "issuer",
        "authorization_endpoint",
        "token_endpoint",
        "registration_endpoint",
        "jwks_uri",
        "scopes_supported",
        "response_types_supported",
        "grant_types_supported",
        "code_challenge_methods_supported",
        "token_endpoint_auth_methods_supported",
        "authorization_response_iss_parameter_supported",
    ];
    let key = ["kty", "kid", "alg", "use", "key_ops", "crv", "x", "y", "n", "e", "x5c", "x5t", "d"];
    let all = |names: &[&str], value: &str| {
        names.iter().map(|name| format!("\"{name}\":{value}")).collect::<Vec<_>>().join(",")
    };
    let mut cases = Vec::new();
    for value in values {
        let document = format!("{{{}}}", all(&resource, value));
        cases.push(
            Case::new(format!("{value} for every member of the resource metadata"))
                .at(Place::PathMetadata, json(document)),
        );
        let document = json(format!("{{{}}}", all(&server, value)));
        let case = Case::new(format!("{value} for every member of the server metadata"))
            .at(Place::OauthMetadata, document.clone());
        cases.push(case.at(Place::OidcInserted, document.clone()).at(Place::OidcAppended, document));
        let keys = format!("{{\"keys\":[{{{}}},{value}]}}", all(&key, value));
        cases.push(Case::new(format!("{value} for every member of a key")).at(Place::Jwks, json(keys)));
        let result = ["resultType", "supportedVersions", "protocolVersion", "capabilities", "tools"];
        let answer = format!(r#"{{"jsonrpc":"2.0","id":{value},"result":{{{}}}}}"#, all(&result, value));
        cases.push(Case::new(format!("{value} for every member of a result")).at(Place::Mcp, json(answer)));
    }
    run_all(cases);
}

/// Keys that break code: name, members.
const ODD_KEYS: &[(&str, &str)] = &[
    ("no members", ""),
    ("a point off the curve", r#""kty":"EC","crv":"P-256","x":"AQAB","y":"AQAB","kid":"1""#),
    (
        "the point at infinity",
        r#""kty":"EC","crv":"P-256","x":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA","y":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA""#,
    ),
    ("an unknown curve", r#""kty":"EC","crv":"P-1","x":"AQAB","y":"AQAB""#),
    ("secp256k1", r#""kty":"EC","crv":"secp256k1","x":"AQAB","y":"AQAB""#),
    ("RSA with e = 1", r#""kty":"RSA","n":"sXchDaQebHnPiGvyDOAT4saGEUetSyo9MKLOoWFsueri","e":"AQ""#),
    ("RSA with n = 0", r#""kty":"RSA","n":"AA","e":"AQAB""#),
    ("RSA of 8 bits", r#""kty":"RSA","n":"_w","e":"AQAB""#),
    (
        "an even modulus",
        r#""kty":"RSA","n":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAI","e":"AQAB""#,
    ),
    ("broken base64", r#""kty":"RSA","n":"***","e":"=""#),
    ("a shared secret", r#""kty":"oct","k":"c2VjcmV0LXZhbHVlLTEyMw","alg":"HS256""#),
    (
        "a private key",
        r#""kty":"EC","crv":"P-256","x":"MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4","y":"4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM","d":"870MB6gfuTJ4HtUnUvYMyJpr5eUZNP4Bk43bVdj3eAE""#,
    ),
    ("Ed25519 of 31 bytes", r#""kty":"OKP","crv":"Ed25519","x":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA""#),
    ("Ed25519, small order", r#""kty":"OKP","crv":"Ed25519","x":"AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA""#),
    ("an x5c that is no certificate", r#""kty":"RSA","n":"AQAB","e":"AQAB","x5c":["AAAA","***"]"#),
    ("a kid that is a path", r#""kty":"EC","kid":"../../../../dev/null","crv":"P-256""#),
    ("a kid that is SQL", r#""kty":"EC","kid":"' UNION SELECT 'k'--","crv":"P-256""#),
    ("alg none", r#""kty":"EC","alg":"none","kid":"1""#),
];

#[test]
fn odd_keys_are_findings_and_no_more() {
    let mut cases: Vec<Case> = ODD_KEYS
        .iter()
        .map(|(name, members)| {
            let keys = format!("{{\"keys\":[{{{members}}},{{{members}}}]}}");
            Case::new(format!("keys: {name}")).at(Place::Jwks, json(keys)).also(private_parts_are_not_shown)
        })
        .collect();
    let rsa =
        |bits: usize| format!(r#"{{"keys":[{{"kty":"RSA","n":"{0}","e":"{0}","kid":"1"}}]}}"#, "_".repeat(bits / 6));
    cases.push(Case::new("keys: modulus and exponent of 2 Mbit").at(Place::Jwks, json(rsa(2_000_000))));
    cases.push(Case::new("keys: modulus and exponent of 64 kbit").at(Place::Jwks, json(rsa(64_000))));
    let one = KEYS.trim_start_matches("{\"keys\":[").trim_end_matches("]}");
    let many = |count: usize| format!("{{\"keys\":[{}{one}]}}", format!("{one},").repeat(count));
    cases.push(Case::new("keys: 501 times the same").at(Place::Jwks, json(many(500))));
    cases.push(Case::new("keys: 4000 times the same").at(Place::Jwks, json(many(4000))));
    let kid = format!(r#"{{"keys":[{{"kty":"EC","kid":"{}"}}]}}"#, "k".repeat(25_000));
    cases.push(Case::new("keys: a kid of 25 KB").at(Place::Jwks, json(kid)));
    run_all(cases);
}

/// The members `d` and `k` of the table above appear in nothing that is for people or for other programs.
fn private_parts_are_not_shown(_: &Site, ran: &Ran) -> Result<(), String> {
    for secret in ["870MB6gfuTJ4HtUnUvYMyJpr5eUZNP4Bk43bVdj3eAE", "c2VjcmV0LXZhbHVlLTEyMw"] {
        if let Some((name, _)) = ran.texts.iter().find(|(_, text)| crate::run::contains(text, secret.as_bytes())) {
            return Err(format!("{name} shows private key material"));
        }
    }
    Ok(())
}

#[test]
fn lists_without_measure_are_bounded() {
    let resource = |servers: &str| format!(r#"{{"resource":"{{rs}}/mcp","authorization_servers":[{servers}]}}"#);
    let names = |count: usize, name: fn(usize) -> String| {
        (0..count).map(|n| format!("\"{}\"", name(n))).collect::<Vec<_>>().join(",")
    };
    let words = |count: usize| names(count, |n| format!("scope{n}"));
    let challenge =
        |scope: &str| Reply::Whole(response("401 No", &format!("www-authenticate: Bearer scope=\"{scope}\"\r\n"), ""));
    let eight = |site: &Site, _: &Ran| {
        let arrived = site.arrived();
        let asked = arrived.iter().filter(|a| a.line.contains("/.well-known/oauth-authorization-server/")).count();
        if asked <= 8 { Ok(()) } else { Err(format!("{asked} authorization servers were asked")) }
    };
    let server = |member: &str, list: &str| SERVER.replacen('{', &format!("{{\"{member}\":[{list}],"), 1);
    run_all(vec![
        Case::new("20 authorization servers")
            .at(Place::PathMetadata, json(resource(&names(20, |n| format!("{{as}}/x{n}")))))
            .also(eight),
        Case::new("20 000 authorization servers")
            .at(Place::PathMetadata, json(resource(&names(20_000, |n| format!("{{as}}/x{n}")))))
            .also(eight),
        Case::new("one authorization server 20 000 times")
            .at(Place::PathMetadata, json(resource(&names(20_000, |_| "{as}/t".to_owned()))))
            .also(|site, _| {
                let arrived = site.arrived();
                let asked = arrived.iter().filter(|a| a.line.ends_with("/oauth-authorization-server/t")).count();
                // Once as a client, once as a browser client.
                if asked <= 2 { Ok(()) } else { Err(format!("the same server was asked {asked} times")) }
            }),
        Case::new("50 000 scopes").at(Place::OauthMetadata, json(server("ui_locales_supported", &words(50_000)))),
        Case::new("60 KB of scope in the challenge").at(Place::Mcp, challenge(&"scope ".repeat(10_000))),
        Case::new("150 challenges").at(
            Place::Mcp,
            Reply::Whole(response("401 No", &"www-authenticate: Bearer realm=\"x\"\r\n".repeat(150), "")),
        ),
        Case::new("a challenge of 10 000 parameters").at(
            Place::Mcp,
            Reply::Whole(response("401 No", &format!("www-authenticate: Bearer {}\r\n", "a=b,".repeat(10_000)), "")),
        ),
        Case::new("a challenge that never closes its quote").at(
            Place::Mcp,
            Reply::Whole(response("401 No", &format!("www-authenticate: Bearer a=\"{}\r\n", "\\".repeat(50_000)), "")),
        ),
        Case::new("60 000 commas in a challenge").at(
            Place::Mcp,
            Reply::Whole(response("401 No", &format!("www-authenticate: {}\r\n", ",".repeat(60_000)), "")),
        ),
        Case::new("10 000 tools").at(
            Place::Mcp,
            json(format!(
                r#"{{"jsonrpc":"2.0","id":1,"result":{{"resultType":"complete","tools":[{}0],"nextCursor":"x"}}}}"#,
                "{},".repeat(10_000)
            )),
        ),
        Case::new("an event stream whose id is said again with each event").at(
            Place::Mcp,
            Reply::Whole(response(
                "200 OK",
                "content-type: text/event-stream\r\n",
                format!("id: {}\n{}", "i".repeat(30_000), "data:x\n\n".repeat(4_000)),
            )),
        ),
    ]);
}

/// Every document as large as it may be, everywhere: what a run holds stays bounded.
#[test]
fn documents_of_a_mebibyte_everywhere_do_not_add_up() {
    let pad = |room: usize| format!("\"pad\":[{}0]", "0,".repeat(room / 2));
    let small = |room: usize| format!("\"pad\":[{}0]", "{\"a\":0},".repeat(room / 8));
    let mut cases = Vec::new();
    for (name, pad) in [
        ("numbers", pad(1_040_000)),
        ("objects", small(1_040_000)),
        ("text", format!("\"pad\":\"{}\"", "a".repeat(1_040_000))),
    ] {
        let servers: Vec<_> = (0..8).map(|n| format!("\"{{as}}/t?{n}\"")).collect();
        let resource = json(format!(
            r#"{{"resource":"{{rs}}/mcp","authorization_servers":["{{as}}/t",{}],{pad}}}"#,
            servers.join(",")
        ));
        let server = json(SERVER.replacen('{', &format!("{{{pad},"), 1));
        let keys = json(KEYS.replacen('{', &format!("{{{pad},"), 1));
        let case = Case::new(format!("a mebibyte of {name} everywhere"))
            .at(Place::PathMetadata, resource.clone())
            .at(Place::RootMetadata, resource)
            .at(Place::OauthMetadata, server.clone())
            .at(Place::OidcInserted, server.clone())
            .at(Place::OidcAppended, server.clone())
            .at(Place::Legacy, server)
            .at(Place::Jwks, keys);
        cases.push(case.quick("20", 60));
    }
    run_all(cases);
}
