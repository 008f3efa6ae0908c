//! Scopes that are asked for, and the browser that is started.

use crate::program::Program;
use crate::run::{Case, Ran, Stored, run_all};
use crate::server::Reply;
use crate::site::{DISCOVERED, Place, SERVER, Site, json, response};
use crate::urls::{FORBIDDEN, quoted};

/// Scopes that cannot be asked for, or should not be.
#[test]
fn scopes_are_asked_for_as_they_may_be() {
    let mut cases = Vec::new();
    let many = "scope:of:many ".repeat(50_000 / 14);
    for (name, scope) in [
        ("a quote", "a\\\"b".to_owned()),
        ("a backslash", "a\\\\b".to_owned()),
        ("a letter that is not ASCII", "é".to_owned()),
        ("50 KB", many),
        ("parameters", "a&redirect_uri=http://x/".to_owned()),
    ] {
        let challenge =
            format!("Bearer resource_metadata=\"{{rs}}/.well-known/oauth-protected-resource/mcp\", scope=\"{scope}\"");
        let case =
            Case::new(format!("a scope with {name} in the challenge")).at(Place::Mcp, crate::site::refusal(&challenge));
        let case = case.at(Place::Discover, json(DISCOVERED));
        cases.push(case.of(&[Program::Login, Program::Call, Program::Check]));
        let more = format!("Bearer error=\"insufficient_scope\", scope=\"{scope}\"");
        let reply = Reply::Whole(response("403 No", &format!("www-authenticate: {more}\r\n"), ""));
        cases.push(
            Case::new(format!("a step-up with {name}"))
                .at(Place::List, reply)
                .stored(Stored::Good)
                .of(&[Program::Call]),
        );
    }
    run_all(cases);
}

/// URLs that a browser would open: it is not started, and what it is started with holds no secret.
#[test]
fn a_browser_is_started_with_what_passed_the_gate() {
    let mut cases = Vec::new();
    let not_started = |_: &Site, ran: &Ran| match ran.text("argv").as_str() {
        "" => Ok(()),
        argv => Err(format!("the browser was started: {argv}")),
    };
    let at = |name: String, url: &str| {
        let document = json(SERVER.replace("\"{as}/t/authorize\"", &quoted(url)));
        let case = Case::new(name).at(Place::OauthMetadata, document.clone());
        case.at(Place::OidcInserted, document.clone()).at(Place::OidcAppended, document).of(&[Program::LoginBrowser])
    };
    for &(name, url) in FORBIDDEN.iter().filter(|(name, _)| !name.starts_with("cloud metadata")) {
        cases.push(at(format!("authorization endpoint: {name}"), url).always(not_started));
    }
    for (name, url) in [
        ("a command in dollars", "http://{canary}/$(touch x)"),
        ("an ampersand and calc", "http://{canary}/&calc&\""),
        ("a semicolon and a blank", "http://{canary}/; touch x"),
        ("a variable of Windows", "http://{canary}/%COMSPEC%"),
        ("an option", "--new-window http://{canary}/"),
        ("a program", "/usr/bin/id"),
        ("plain http elsewhere", "http://attacker.example/authorize"),
    ] {
        cases.push(at(format!("authorization endpoint: {name}"), url).always(not_started));
    }
    let one_word = |_: &Site, ran: &Ran| {
        let argv = ran.text("argv");
        let lines: Vec<_> = argv.lines().collect();
        let fine = matches!(lines.as_slice(), [_, "1", url] if url.starts_with("http://127.0.0.1:"));
        if fine { Ok(()) } else { Err(format!("the browser was started with {argv:?}")) }
    };
    for (name, url) in [
        ("what a shell would run", "{as}/t/authorize$(touch$IFS$9x);id&calc"),
        ("what a browser would take for options", "{as}/t/authorize/--remote-allow-origins=*"),
        ("what is right", "{as}/t/authorize"),
    ] {
        cases.push(at(format!("authorization endpoint: {name}, in one word"), url).always(one_word));
    }
    run_all(cases);
}
