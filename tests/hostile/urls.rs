//! URLs that a server wants opened: schemes, spellings, addresses, redirects, and what is never fetched.

use crate::program::Program;
use crate::run::{Case, Ran, run_all};
use crate::server::Reply;
use crate::site::{Place, SERVER, Site, json, refusal, response};

/// URLs that may not be fetched, whoever names them: name, URL. Most lead to the place where nobody may come.
pub(crate) const FORBIDDEN: &[(&str, &str)] = &[
    ("javascript", "javascript:alert(1)"),
    ("javascript in mixed case", "jAvAsCrIpT://{canary}/%0aalert(1)"),
    ("data", "data:application/json,{}"),
    ("file", "file:///etc/passwd"),
    ("file with a host", "file://{canary}/etc/passwd"),
    ("ftp", "ftp://{canary}/x"),
    ("gopher", "gopher://{canary}/_GET"),
    ("dict", "dict://{canary}/d:x"),
    ("ldap", "ldap://{canary}/x"),
    ("ws", "ws://{canary}/x"),
    ("unix", "http+unix://%2Fvar%2Frun%2Fdocker.sock/x"),
    ("vbscript", "vbscript:msgbox(1)"),
    ("smb", "smb://{canary}/share"),
    ("a UNC path", r"\\{canary}\share"),
    ("ms-msdt", "ms-msdt:/id"),
    ("no scheme", "//{canary}/x"),
    ("a path", "/etc/passwd"),
    ("an option", "--remote-allow-origins=*"),
    ("one slash", "http:/{canary}/x"),
    ("no slash", "http:{canary}/x"),
    ("three slashes", "http:///{canary}/x"),
    ("back-slashes", r"http:\\{canary}\x"),
    ("a back-slash after the host", r"http://{canary}\@example.com/"),
    ("user information", "http://user:hunter2pass@{canary}/x"),
    ("an empty user", "http://@{canary}/x"),
    ("a host hidden in user information", "http://example.com@{canary}/x"),
    ("a space before", " http://{canary}/x"),
    ("a space within", "http://{canary}/a b"),
    ("a tab in the scheme", "ht\ttp://{canary}/x"),
    ("a line feed in the host", "http://127.0.0.1\n:{canary-port}/x"),
    ("a NUL", "http://{canary}/\u{0}"),
    ("a decimal address", "http://2130706433:{canary-port}/x"),
    ("a hexadecimal address", "http://0x7f000001:{canary-port}/x"),
    ("an octal address", "http://0177.0.0.1:{canary-port}/x"),
    ("a short address", "http://127.1:{canary-port}/x"),
    ("an address with leading zeros", "http://127.000.000.001:{canary-port}/x"),
    ("a percent-encoded host", "http://%31%32%37.0.0.1:{canary-port}/x"),
    ("a host in full-width digits", "http://１２７.0.0.1:{canary-port}/x"),
    ("a host with an ideographic full stop", "http://127。0。0。1:{canary-port}/x"),
    ("a right-to-left override", "http://{canary}/\u{202e}x"),
    ("a letter that is not ASCII", "http://{canary}/é"),
    ("a quote and a tag", "http://{canary}/\"><script>"),
    ("a backtick", "http://{canary}/`touch x`"),
    ("a pipe", "http://{canary}/x|sh"),
    ("braces", "http://{canary}/${IFS}"),
    ("half a percent", "http://{canary}/%4"),
    ("a percent without digits", "http://{canary}/%zz"),
    ("cloud metadata", "http://169.254.169.254/latest/meta-data/"),
    ("cloud metadata, mapped", "http://[::ffff:169.254.169.254]/latest/"),
    ("cloud metadata, mapped in hexadecimal", "http://[::ffff:a9fe:a9fe]/latest/"),
    ("cloud metadata, NAT64", "http://[64:ff9b::a9fe:a9fe]/latest/"),
    ("cloud metadata, IPv6", "http://[fd00:ec2::254]/latest/"),
    ("cloud metadata, Alibaba", "http://100.100.100.200/latest/"),
    ("cloud metadata, Azure", "http://168.63.129.16/machine"),
    ("cloud metadata, 6to4", "http://[2002:a9fe:a9fe::1]/latest/"),
    ("a zone", "http://[fe80::1%25eth0]:{canary-port}/x"),
    ("a port that is none", "http://127.0.0.1:99999/x"),
    ("a bracket that stays open", "http://[::1:{canary-port}/x"),
    ("no host", "http:///x"),
    ("nothing", ""),
];

/// The URL inside a JSON string.
pub(crate) fn quoted(url: &str) -> String {
    serde_json::to_string(url).unwrap()
}

/// The URL named everywhere: in the challenge, as issuer, as keys, as endpoints, as redirect.
fn everywhere(url: &str) -> Vec<(Place, Reply)> {
    // What no header can carry, or what would be another URL there, stands in the documents only.
    let fits = !url.chars().any(char::is_control) && !url.starts_with(' ');
    let header = if fits { url } else { "" };
    let quoted_string = header.replace('\\', r"\\").replace('"', "\\\"");
    let resource =
        format!(r#"{{"resource":"{{rs}}/mcp","authorization_servers":[{0},"{{as}}/t"],"jwks_uri":{0}}}"#, quoted(url));
    let server = SERVER
        .replace("\"{as}/t/token\"", &quoted(url))
        .replace("\"{as}/t/register\"", &quoted(url))
        .replace("\"{as}/t/jwks\"", &quoted(url));
    // A path is a good place to redirect to.
    let location = if url.starts_with('/') && !url.starts_with("//") { "" } else { header };
    let redirect = Reply::Whole(response("302 Found", &format!("location: {location}\r\n"), ""));
    vec![
        (Place::Mcp, refusal(format!("Bearer resource_metadata=\"{quoted_string}\""))),
        (Place::PathMetadata, json(resource)),
        (Place::RootMetadata, redirect.clone()),
        (Place::Legacy, redirect.clone()),
        (Place::OauthMetadata, json(server)),
        (Place::OidcAppended, redirect),
    ]
}

/// No answer may come from a URL that was forbidden: our own gate refused it, or nobody asked.
fn refused(site: &Site, ran: &Ran, url: &str) -> Result<(), String> {
    let trail = ran.trail();
    let exchanges = trail["exchanges"].as_array().ok_or("no trail was saved")?;
    for exchange in exchanges {
        if exchange["request"]["url"] == site.fill(url) && exchange["outcome"]["failure"]["kind"] != "refused" {
            return Err(format!("{} was not refused: {}", exchange["request"], exchange["outcome"]));
        }
    }
    let known = |path: &str| path.starts_with("/mcp") || path.starts_with("/.well-known/") || path.starts_with("/t/");
    match site.arrived().iter().find(|a| !known(a.line.split(' ').nth(1).unwrap_or_default())) {
        Some(stray) => Err(format!("`{}` was asked for", stray.line)),
        None => Ok(()),
    }
}

#[test]
fn what_may_not_be_fetched_is_not_fetched_whoever_names_it() {
    let case = |&(name, url): &(&str, &'static str)| {
        let mut case = Case::new(format!("forbidden URL: {name}")).quick("5", 20);
        case.plants = everywhere(url);
        case.also(move |site, ran| refused(site, ran, url))
    };
    run_all(FORBIDDEN.iter().map(case).collect());
}

#[test]
fn a_url_may_have_eight_kibibytes_and_no_more() {
    let long = |length: usize| {
        let start = "http://{canary}/";
        format!("{start}{}", "a".repeat(length - start.len()))
    };
    let mut case = Case::new("a URL of 9000 bytes").quick("5", 20);
    case.plants = everywhere(&long(9_000));
    run_all(vec![case]);
}

/// Members whose URLs are for people or for other clients: an anonymous probe follows none of them.
#[test]
fn urls_that_only_inform_are_never_followed() {
    let resource = ["resource_documentation", "resource_policy_uri", "resource_tos_uri", "logo_uri", "$schema"];
    let server = [
        "authorization_endpoint",
        "revocation_endpoint",
        "introspection_endpoint",
        "userinfo_endpoint",
        "end_session_endpoint",
        "service_documentation",
        "op_policy_uri",
        "op_tos_uri",
        "check_session_iframe",
        "pushed_authorization_request_endpoint",
        "device_authorization_endpoint",
        "registration_client_uri",
        "$ref",
    ];
    let key = ["x5u", "jku", "$ref"];
    let trap = "\"http://{canary}/x\"";
    let mut cases = Vec::new();
    for name in resource {
        let body = format!(r#"{{"resource":"{{rs}}/mcp","authorization_servers":["{{as}}/t"],"{name}":{trap}}}"#);
        cases.push(Case::new(format!("resource metadata, {name}")).at(Place::PathMetadata, json(body)));
    }
    for name in server {
        let own = format!("\"{name}\":\"{{as}}/t/authorize\",");
        let body = SERVER.replace(&own, "").replacen('{', &format!("{{\"{name}\":{trap},"), 1);
        let case = Case::new(format!("server metadata, {name}")).at(Place::OauthMetadata, json(body));
        // Who logs in goes there.
        let is_for_logins = name == "authorization_endpoint";
        cases.push(if is_for_logins { case.of(&[Program::Probe, Program::Check]) } else { case });
    }
    for name in key {
        let body = format!(r#"{{"keys":[{{"kty":"EC","{name}":{trap}}}],"{name}":{trap}}}"#);
        cases.push(Case::new(format!("keys, {name}")).at(Place::Jwks, json(body)));
    }
    for (name, line) in [
        ("error_uri", "www-authenticate: Bearer error_uri=\"http://{canary}/x\"\r\n"),
        ("Link", "link: <http://{canary}/x>; rel=\"describedby\"\r\n"),
        ("Refresh", "refresh: 0; url=http://{canary}/x\r\n"),
        ("Content-Location", "content-location: http://{canary}/x\r\n"),
        ("Alt-Svc", "alt-svc: h2=\"{canary}\"; ma=86400\r\n"),
        ("Report-To", "report-to: {\"endpoints\":[{\"url\":\"http://{canary}/x\"}]}\r\n"),
    ] {
        let reply = Reply::Whole(response("401 Unauthorized", line, "<img src=http://{canary}/x>"));
        cases.push(Case::new(format!("401, {name}")).at(Place::Mcp, reply));
    }
    run_all(cases);
}

#[test]
fn redirects_lead_nowhere_else() {
    let places = [
        Place::Mcp,
        Place::McpPreflight,
        Place::PathMetadata,
        Place::OauthMetadata,
        Place::Jwks,
        Place::Token,
        Place::Register,
    ];
    let mut cases = Vec::new();
    for status in ["301 Moved", "302 Found", "303 See Other", "307 Temporary", "308 Permanent"] {
        let reply = Reply::Whole(response(status, "location: http://{canary}/x\r\n", ""));
        // The same status everywhere would end the trail at its first place.
        for place in places {
            cases.push(Case::new(format!("{status} elsewhere at {place:?}")).at(place, reply.clone()));
        }
    }
    let odd = [
        ("protocol-relative", "//{canary}/x"),
        ("slash and back-slash", r"/\{canary}/x"),
        ("back-slashes", r"\\{canary}\x"),
        ("no slashes", "http:{canary}/x"),
        ("user information", "http://127.0.0.1@{canary}/x"),
        ("a tab", "htt\tp://{canary}/x"),
        ("javascript", "javascript:alert(1)"),
        ("a line of its own", "http://{canary}/x\r\nset-cookie: a=b"),
    ];
    for (name, location) in odd {
        let reply = Reply::Whole(response("307 Temporary", &format!("location: {location}\r\n"), ""));
        let case = Case::new(format!("redirect: {name}")).at(Place::PathMetadata, reply.clone());
        cases.push(case.at(Place::Mcp, reply.clone()).at(Place::OauthMetadata, reply));
    }
    let twice = "location: {rs}/elsewhere\r\nlocation: http://{canary}/x\r\n";
    cases.push(Case::new("two Locations").at(Place::PathMetadata, Reply::Whole(response("302 Found", twice, ""))));
    run_all(cases);
}

#[test]
fn a_redirect_that_goes_round_ends_after_five() {
    let round = |to: &str| Reply::Whole(response("307 Temporary", &format!("location: {to}\r\n"), ""));
    let hops = |most: usize| {
        move |site: &Site, _: &Ran| {
            let count = site.arrived().iter().filter(|a| a.line.contains("/elsewhere")).count();
            if count <= most { Ok(()) } else { Err(format!("{count} hops, at most {most}")) }
        }
    };
    let looped = |place, origin: &str| {
        Case::new(format!("redirects round and round at {place:?}"))
            .at(place, round(&format!("{origin}/elsewhere")))
            .at(Place::Elsewhere, round(&format!("{origin}/elsewhere?x")))
    };
    run_all(vec![
        looped(Place::PathMetadata, "{rs}").also(hops(5)),
        looped(Place::OauthMetadata, "{as}").also(hops(5)),
        // Six MCP requests follow their redirects, each on its own.
        looped(Place::Mcp, "{rs}").also(hops(100)),
        Case::new("redirects to itself")
            .at(Place::PathMetadata, round("{rs}/.well-known/oauth-protected-resource/mcp")),
    ]);
}

#[test]
fn what_the_user_sends_goes_to_the_target_only() {
    const KEY: &str = "canary-key-5f1c22";
    let stays = |site: &Site, _: &Ran| {
        let rs = site.fill("{rs}").rsplit(':').next().and_then(|port| port.parse::<u16>().ok());
        let arrived = site.arrived();
        let own = arrived.iter().filter(|a| Some(a.port) == rs && a.head.contains(KEY)).count();
        match arrived.iter().find(|a| Some(a.port) != rs && a.head.contains(KEY)) {
            Some(stray) => Err(format!("the key went along with `{}` to port {}", stray.line, stray.port)),
            None if own == 0 => Err("the key was sent nowhere".to_owned()),
            None => Ok(()),
        }
    };
    let header = format!("x-api-key: {KEY}");
    let to_server = |status: &str| Reply::Whole(response(status, "location: {as}/t/token\r\n", ""));
    let mut cases = Vec::new();
    for status in ["301 Moved", "302 Found", "307 Temporary", "308 Permanent"] {
        for place in [Place::Mcp, Place::PathMetadata, Place::McpPreflight] {
            let case = Case::new(format!("{status} at {place:?} with a key")).at(place, to_server(status));
            cases.push(case.with(&["--header", &header]).also(stays));
        }
    }
    let keys = r#"{"resource":"{rs}/mcp","authorization_servers":["{as}/t"],"jwks_uri":"{as}/t/jwks","bearer_methods_supported":["query"]}"#;
    let in_query = |site: &Site, _: &Ran| match site.arrived().iter().find(|a| a.line.contains("access_token=")) {
        Some(stray) => Err(format!("a token in the query: `{}`", stray.line)),
        None => Ok(()),
    };
    cases.push(Case::new("tokens wanted in the query").at(Place::PathMetadata, json(keys)).also(in_query));
    let echo = refusal(format!("Bearer realm=\"{KEY}\", scope=\"{KEY}\""));
    let silent = |_: &Site, ran: &Ran| {
        let told =
            ran.texts.iter().filter(|(name, _)| name != "trail").find(|(_, t)| crate::run::contains(t, KEY.as_bytes()));
        told.map_or(Ok(()), |(name, _)| Err(format!("the key stands in {name}")))
    };
    cases.push(
        Case::new("the server says the key again").at(Place::Mcp, echo).with(&["--header", &header]).also(silent),
    );
    run_all(cases);
}

#[test]
fn a_target_that_is_no_url_is_a_usage_error() {
    for &(name, url) in FORBIDDEN {
        // Explicit addresses are the user's own business; an empty word is clap's.
        let own_wish = name.starts_with("cloud metadata") || url.is_empty() || url.contains('\0');
        let url = url.replace("{canary-port}", "1").replace("{canary}", "127.0.0.1:1");
        if own_wish || name == "an option" {
            continue;
        }
        let output = crate::run::binary().args(["probe", &url, "--timeout", "0.5"]).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{name}: {}", String::from_utf8_lossy(&output.stderr));
        for stream in [&output.stdout, &output.stderr] {
            crate::run::clean(stream).unwrap_or_else(|complaint| panic!("{name}: {complaint}"));
            assert!(!crate::run::contains(stream, b"hunter2pass"), "{name}: the password is shown");
        }
    }
}
