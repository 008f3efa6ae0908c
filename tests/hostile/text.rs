//! Text that a server wants shown: escape sequences, bidirectional and invisible characters, forged lines, markup.

use std::path::Path;

use crate::run::{Case, Ran, binary, run_all, watch};
use crate::server::Reply;
use crate::site::{Place, Shape, Site, json, refusal, response};

/// Hostile texts with their names. `MARK` stands behind what must not come through raw.
pub(crate) const TEXTS: &[(&str, &str)] = &[
    ("clear screen", "\u{1b}[2J\u{1b}[HMARK"),
    ("erase the line", "\u{1b}[2KMARK"),
    ("alternate screen", "\u{1b}[?1049hMARK"),
    ("device status", "\u{1b}[6n\u{1b}[cMARK"),
    ("window title", "\u{1b}]0;title\u{7}MARK"),
    ("hyperlink", "\u{1b}]8;;http://example.com/\u{1b}\\MARK"),
    ("clipboard", "\u{1b}]52;c;ZXZpbA==\u{7}MARK"),
    ("run a command (ConEmu)", "\u{1b}]9;7;calc\u{7}MARK"),
    ("device control", "\u{1b}P1$qm\u{1b}\\MARK"),
    ("application command", "\u{1b}_Gf=100\u{1b}\\MARK"),
    ("colour", "\u{1b}[32mPASS\u{1b}[0mMARK"),
    ("bell and backspace", "\u{7}\u{8}\u{8}\u{8}MARK"),
    ("overwrite with CR", "fail\rPASSMARK"),
    ("NUL and DEL", "\u{0}\u{7f}MARK"),
    ("C1 controls", "\u{9b}2J\u{9d}0;x\u{9c}MARK"),
    ("vertical tab, form feed, next line", "\u{b}\u{c}\u{85}MARK"),
    ("right-to-left override", "\u{202e}KRAM\u{202c}MARK"),
    ("isolates", "\u{2066}a\u{2069}\u{2067}b\u{2069}MARK"),
    ("zero width", "\u{200b}\u{200c}\u{200d}\u{2060}\u{feff}MARK"),
    ("line and paragraph separator", "\u{2028}PASS\u{2029}MARK"),
    ("tags", "\u{e0041}\u{e0042}\u{e007f}MARK"),
    ("variation selectors and fillers", "\u{fe0f}\u{e0100}\u{3164}\u{115f}MARK"),
    ("forged lines", "ok\nPASS all checks\n\nnext: curl http://127.0.0.1:1/ | sh\nMARK"),
    ("commands of a build service", "\n::error::MARK\n##vso[task.complete]MARK"),
    ("markup", "<script>alert(1)</script>]]>--><!--&#x1b;MARK"),
    ("Markdown", "](javascript:alert(1)) | `MARK`\n# MARK\n![x](http://127.0.0.1:1/x)"),
];

/// The text as every string of every document: values, names, keys.
fn documents(text: &str) -> Vec<(Place, Reply)> {
    let t = serde_json::to_string(text).unwrap();
    let resource = format!(
        r#"{{"resource":{t},"authorization_servers":["{{as}}/t",{t}],"scopes_supported":[{t}],"jwks_uri":{t},
        "resource_name":{t},"bearer_methods_supported":[{t}],"resource_signing_alg_values_supported":[{t}],{t}:{t}}}"#
    );
    let server = format!(
        r#"{{"issuer":{t},"authorization_endpoint":{t},"token_endpoint":{t},"registration_endpoint":{t},"jwks_uri":"{{as}}/t/jwks",
        "scopes_supported":[{t}],"response_types_supported":[{t}],"grant_types_supported":[{t}],
        "token_endpoint_auth_methods_supported":[{t}],"code_challenge_methods_supported":[{t}],{t}:[{t},{{{t}:{t}}}]}}"#
    );
    let keys = format!(
        r#"{{"keys":[{{"kty":{t},"kid":{t},"alg":{t},"use":{t},"crv":{t},"x":{t},"y":{t},"key_ops":[{t}]}}],{t}:{t}}}"#
    );
    vec![
        (Place::PathMetadata, json(resource)),
        (Place::OauthMetadata, json(&server)),
        (Place::OidcInserted, json(&server)),
        (Place::OidcAppended, json(server)),
        (Place::Jwks, json(keys)),
    ]
}

/// The text in every header and in the body of the 401, and of the preflight. What no header can carry is left out.
fn headers(text: &str) -> Vec<(Place, Reply)> {
    // What is left of a text may be its mark alone, and stand behind a colour of ours.
    let line: String = std::iter::once('x').chain(text.chars().filter(|&c| !c.is_ascii_control())).collect();
    let quoted = line.replace('\\', r"\\").replace('"', "\\\"");
    let challenge = format!(
        "www-authenticate: Bearer realm=\"{quoted}\", error=\"{quoted}\", error_description=\"{quoted}\", \
         scope=\"{quoted}\", resource_metadata=\"{quoted}\", {quoted}=\"{quoted}\"\r\nwww-authenticate: {line}\r\n\
         content-type: application/json; {line}\r\nserver: {line}\r\nmcp-session-id: {line}\r\nlocation: {line}\r\n\
         retry-after: {line}\r\nset-cookie: a={line}\r\n"
    );
    let t = serde_json::to_string(text).unwrap();
    let body = format!(r#"{{"jsonrpc":"2.0","id":{t},"error":{{"code":-32001,"message":{t},"data":{{{t}:{t}}}}}}}"#);
    let cors = format!("access-control-allow-origin: {line}\r\naccess-control-allow-headers: {line}\r\n");
    vec![
        (Place::Mcp, Reply::Whole(response(&format!("401 {line}"), &challenge, body))),
        (Place::McpPreflight, Reply::Whole(response(&format!("200 {line}"), &cors, text))),
    ]
}

/// The text as what an open server answers.
fn results(text: &str) -> Vec<(Place, Reply)> {
    let t = serde_json::to_string(text).unwrap();
    let body = format!(
        r#"{{"jsonrpc":"2.0","id":{t},"result":{{"resultType":{t},"supportedVersions":[{t},"2026-07-28"],"protocolVersion":{t},
        "serverInfo":{{"name":{t},"title":{t}}},"instructions":{t},"tools":[{{"name":{t},"description":{t},"inputSchema":{{{t}:{t}}}}}]}}}}"#
    );
    vec![(Place::Mcp, json(body))]
}

#[test]
fn no_text_of_a_server_reaches_a_stream_or_a_format_raw() {
    let mut cases = Vec::new();
    for &(name, text) in TEXTS {
        for (place, plants) in [("documents", documents(text)), ("headers", headers(text)), ("results", results(text))]
        {
            let mut case = Case::new(format!("{name} in {place}")).twice();
            case.plants = plants;
            cases.push(case.also(|_, ran| no_line_is_forged(ran)));
        }
    }
    run_all(cases);
}

/// No line of the report for people starts with what a server sent.
fn no_line_is_forged(ran: &Ran) -> Result<(), String> {
    let forged = |line: &str| line.starts_with("PASS all") || line.starts_with("::error") || line.starts_with("##vso");
    for stream in ["stdout", "stderr"] {
        let text = ran.text(stream);
        if let Some(line) = text.lines().find(|line| forged(line.trim_start())) {
            return Err(format!("{stream} has the line `{line}`"));
        }
        if text.lines().filter(|line| line.starts_with("next: ")).count() > 1 {
            return Err(format!("{stream} has two last lines"));
        }
    }
    Ok(())
}

#[test]
fn bytes_that_are_no_text_reach_nothing_raw() {
    let bytes: &[(&str, &[u8])] = &[
        ("raw C1", b"\x9b2JMARK"),
        ("broken UTF-8", b"\xff\xfe\xc0\x80MARK"),
        ("Latin-1", b"caf\xe9 MARK"),
        ("surrogates in UTF-8", b"\xed\xa0\x80MARK"),
        ("UTF-16", b"\xff\xfeM\x00A\x00R\x00K\x00"),
    ];
    let mut cases = Vec::new();
    for &(name, raw) in bytes {
        let challenge = [b"Bearer realm=\"", raw, b"\", resource_metadata=\"", raw, b"\""].concat();
        let body = [b"{\"resource\":\"", raw, b"\"}"].concat();
        let case = Case::new(format!("{name} in header and body")).at(Place::Mcp, refusal(challenge));
        cases.push(case.at(Place::PathMetadata, json(&body)).at(Place::OauthMetadata, json(body)));
    }
    // Control characters that break the header itself: the answer is no HTTP.
    for (name, raw) in [("ESC", "\u{1b}[2J"), ("NUL", "\u{0}"), ("BEL", "\u{7}"), ("DEL", "\u{7f}")] {
        let case = Case::new(format!("{name} in a header line"));
        cases.push(case.at(Place::Mcp, refusal(format!("Bearer realm=\"{raw}MARK\""))));
        let case = Case::new(format!("{name} in the name of a header"));
        cases.push(case.at(Place::Mcp, Reply::Whole(response("401 No", &format!("x{raw}y: z\r\n"), ""))));
        let case = Case::new(format!("{name} in the reason phrase"));
        cases.push(case.at(Place::Mcp, Reply::Whole(response(&format!("401 {raw}MARK"), "", ""))));
    }
    run_all(cases);
}

/// The files of a run are ASCII where they are for programs.
#[test]
fn formats_for_programs_hold_no_character_that_a_terminal_obeys() {
    let site = Site::start(&documents("\u{202e}\u{9b}\u{7f}\u{e0041}MARK"), &Shape::default());
    let folder = tempfile::tempdir().unwrap();
    let trail = folder.path().join("trail");
    let mut command = binary();
    command.args(["probe", &site.target, "--format", "json", "--save"]).arg(&trail);
    let ran = watch(command, folder.path());
    assert!(matches!(ran.code, 0 | 1), "{}", ran.text("stderr"));
    let _: serde_json::Value = serde_json::from_str(&ran.text("stdout")).unwrap();
    let again = replay(&trail);
    assert_eq!(ran.text("stdout"), again, "a saved trail is judged the same");
}

fn replay(trail: &Path) -> String {
    let output = binary().args(["probe", "--format", "json", "--from"]).arg(trail).output().unwrap();
    String::from_utf8(output.stdout).unwrap()
}
