//! A network of our own (Linux namespaces), in which everything that is contacted or looked up is seen: the addresses that no
//! server may send us to are there and listen, and so is the only name server.

use std::collections::{BTreeMap, HashMap};
use std::net::{IpAddr, Ipv4Addr, UdpSocket};
use std::process::Command;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use crate::program::Program;
use crate::run::{Case, Ends, run_all};
use crate::server::{self, Reply};
use crate::site::{CHALLENGE, Place, RESOURCE, SERVER, Shape, json, redirect, refusal};
use crate::tls;
use crate::urls::quoted;

/// Where the MCP server and the authorization server are: addresses that the gate takes for public.
const PUBLIC: [&str; 2] = ["93.184.216.34", "93.184.216.35"];

/// Addresses that nobody may send us to, and one that nobody names.
const FORBIDDEN: [&str; 13] = [
    "169.254.169.254",
    "169.254.170.2",
    "100.100.100.200",
    "168.63.129.16",
    "10.0.0.1",
    "192.168.1.1",
    "172.16.0.1",
    "100.64.0.1",
    "198.18.0.1",
    "203.0.113.7",
    "93.184.216.99",
    "fd00:ec2::254",
    "fd12:3456::1",
];

/// Ports that listen there.
const PORTS: [u16; 6] = [80, 443, 8080, 8443, 6379, 22];

/// What a server names: name, URL, the name that may be looked up for it.
const NAMED: &[(&str, &str, &str)] = &[
    ("cloud metadata", "http://169.254.169.254/latest/meta-data/", ""),
    ("cloud metadata by https", "https://169.254.169.254/latest/", ""),
    ("container credentials", "http://169.254.170.2/v2/", ""),
    ("cloud metadata of another", "http://100.100.100.200/latest/", ""),
    ("cloud metadata of a third", "http://168.63.129.16/machine", ""),
    ("cloud metadata in IPv6", "http://[fd00:ec2::254]/latest/", ""),
    ("cloud metadata, mapped", "http://[::ffff:169.254.169.254]/latest/", ""),
    ("cloud metadata in one number", "http://2852039166/latest/", ""),
    ("cloud metadata in octal", "http://0251.0376.0251.0376/latest/", ""),
    ("a private address", "https://10.0.0.1:8443/x", ""),
    ("a private address, mapped", "https://[::ffff:a00:1]:8443/x", ""),
    ("a home router", "http://192.168.1.1/x", ""),
    ("a private address of the third block", "https://172.16.0.1/x", ""),
    ("a shared address", "https://100.64.0.1/x", ""),
    ("a benchmarking address", "https://198.18.0.1/x", ""),
    ("a unique local address", "https://[fd12:3456::1]:8443/x", ""),
    ("this machine", "https://127.0.0.1:8443/x", ""),
    ("this machine in IPv6", "https://[::1]:8443/x", ""),
    ("no address", "https://0.0.0.0:8443/x", ""),
    ("this machine by name", "https://localhost:8443/x", "localhost"),
    ("a name of a private address", "https://internal.test:8443/x", "internal.test"),
    ("a name of cloud metadata", "http://metadata.google.internal./x", "metadata.google.internal"),
    ("a name of a good and a bad address", "https://mixed.test:8443/x", "mixed.test"),
    ("a name of a bad and a good address", "https://xedmi.test:8443/x", "xedmi.test"),
    ("a name of a private address in IPv6", "https://six.test:8443/x", "six.test"),
    ("a name without an address", "https://nowhere.test/x", "nowhere.test"),
];

/// The test itself, started again where nothing else is.
#[test]
fn nobody_is_contacted_or_looked_up_but_who_may_be() {
    let works = |program: &str, arguments: &[&str]| {
        Command::new(program).args(arguments).output().is_ok_and(|output| output.status.success())
    };
    for (program, arguments) in [("unshare", &["-rnm", "true"][..]), ("ip", &["-V"])] {
        if !works(program, arguments) {
            eprintln!("skipped: {program} (util-linux, iproute2) is not installed, or namespaces are not allowed here");
            return;
        }
    }
    let own = std::env::current_exe().unwrap();
    let mut again = Command::new("unshare");
    again.arg("-rnm").arg(own).args(["network::inside", "--exact", "--include-ignored", "--nocapture"]);
    let output = again.env("MCP_AUTH_INSIDE", "1").output().unwrap();
    let said = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{said}");
    assert!(said.contains("1 passed"), "it did not run: {said}");
}

/// What was asked of the name server, and how often.
type Asked = Arc<Mutex<HashMap<String, usize>>>;

#[test]
#[ignore = "started by another test in a network of its own"]
fn inside() {
    assert!(std::env::var_os("MCP_AUTH_INSIDE").is_some(), "not in the network of this machine");
    let asked = settle();
    let contacted: Arc<Mutex<Vec<String>>> = Arc::default();
    for address in FORBIDDEN {
        for port in PORTS {
            listen(address.parse().unwrap(), port, &contacted);
        }
    }
    for address in ["127.0.0.1", "::1"] {
        listen(address.parse().unwrap(), 8443, &contacted);
    }
    let mut cases = Vec::new();
    for &(name, url, _) in NAMED {
        for (place, plants) in placements(url) {
            let case = tls::public(format!("network: {name} as {place}"));
            let programs = [Program::Probe, Program::Login, Program::Call, Program::Check, Program::ProbeLogin];
            // All of them meet every URL; a long run has them meet it everywhere.
            let turn = cases.len() % programs.len();
            let chosen = if crate::run::is_thorough() { &programs[..] } else { &programs[turn..=turn] };
            cases.push(Case { plants, ..case }.of(chosen));
        }
    }
    for number in 0..6 {
        // Its name has a good address at first and a private one ever after.
        let name: &'static str = Box::leak(format!("https://n{number}.flip.test").into_boxed_str());
        let mut case = tls::public(format!("network: the name of the MCP server moves, {number}"));
        case.shape = Shape { resource_name: name, beside: Some("10.0.0.1"), ..case.shape };
        let programs = [Program::Probe, Program::Login, Program::Call, Program::Check];
        // Which request still sees the good address is chance; who is contacted is not.
        cases.push(case.ends(Ends::AnyOfThese).of(&programs[number % 4..=number % 4]));
    }
    run_all(cases);
    let contacted = contacted.lock().unwrap();
    assert!(contacted.is_empty(), "contacted: {contacted:?}");
    let beside = server::BESIDE.load(Ordering::Relaxed);
    assert_eq!(beside, 0, "the private address of a name that moved was contacted");
    let may_be = |name: &str| {
        let named = NAMED.iter().any(|(_, _, known)| *known == name);
        named || matches!(name, "rs.test" | "as.test") || name.ends_with(".flip.test")
    };
    let asked = asked.lock().unwrap();
    let strays: Vec<_> = asked.keys().filter(|name| !may_be(name)).collect();
    assert!(strays.is_empty(), "looked up: {strays:?}");
    // One look-up for a connection: what is checked is what is connected to.
    let ours: usize = ["rs.test", "as.test"].iter().filter_map(|name| asked.get(*name)).sum();
    let connections = server::CONNECTIONS.load(Ordering::Relaxed);
    assert!(ours > 0 && ours <= connections, "{ours} look-ups for {connections} connections");
    for name in ["internal.test", "mixed.test", "xedmi.test"] {
        assert!(asked.contains_key(name), "nobody tried {name}: {asked:?}");
    }
}

/// Where a server can name a URL.
fn placements(url: &str) -> Vec<(&'static str, Vec<(Place, Reply)>)> {
    let named = CHALLENGE.replace("{rs}/.well-known/oauth-protected-resource/mcp", url);
    let issuer = RESOURCE.replace("\"{as}/t\"", &quoted(url.trim_end_matches('/')));
    let endpoints = ["token", "register", "authorize", "jwks"]
        .iter()
        .fold(SERVER.to_owned(), |text, name| text.replace(&format!("\"{{as}}/t/{name}\""), &quoted(url)));
    let keys = SERVER.replace("\"{as}/t/jwks\"", &quoted(url));
    let server = |text: &str| {
        [Place::OauthMetadata, Place::OidcInserted, Place::OidcAppended].map(|place| (place, json(text))).to_vec()
    };
    vec![
        ("resource metadata", vec![(Place::Mcp, refusal(named))]),
        ("authorization server", vec![(Place::PathMetadata, json(issuer))]),
        ("endpoints", server(&endpoints)),
        ("keys", server(&keys)),
        (
            "redirect",
            [Place::RootMetadata, Place::OauthMetadata, Place::Jwks, Place::Authorize, Place::Code]
                .map(|place| (place, redirect(url)))
                .to_vec(),
        ),
    ]
}

/// Brings up the network: addresses, files, name server.
fn settle() -> Asked {
    let run = |words: &[&str]| {
        let output = Command::new(words[0]).args(&words[1..]).output().unwrap();
        assert!(output.status.success(), "{words:?}: {}", String::from_utf8_lossy(&output.stderr));
    };
    run(&["ip", "link", "set", "lo", "up"]);
    for address in FORBIDDEN.iter().chain(&PUBLIC) {
        let length = if address.contains(':') { "128" } else { "32" };
        run(&["ip", "addr", "add", &format!("{address}/{length}"), "dev", "lo", "nodad"]
            [..if length == "128" { 7 } else { 6 }]);
    }
    let folder = Box::leak(Box::new(tempfile::tempdir().unwrap()));
    for (file, text) in [
        ("/etc/resolv.conf", "nameserver 127.0.0.53\noptions timeout:2 attempts:1\n"),
        ("/etc/hosts", "127.0.0.1 localhost\n"),
        ("/etc/nsswitch.conf", "hosts: files dns\n"),
    ] {
        if !std::path::Path::new(file).exists() {
            continue;
        }
        let own = folder.path().join(file.replace('/', "-"));
        std::fs::write(&own, text).unwrap();
        run(&["mount", "--bind", own.to_str().unwrap(), file]);
    }
    let asked = Asked::default();
    let socket = UdpSocket::bind("127.0.0.53:53").unwrap();
    let book = Arc::clone(&asked);
    std::thread::spawn(move || {
        let mut question = [0; 1500];
        while let Ok((length, from)) = socket.recv_from(&mut question) {
            let answer = answer(&question[..length], &book);
            let _ = socket.send_to(&answer, from);
        }
    });
    asked
}

/// Answers one question (RFC 1035), and writes it down if it asks for IPv4 addresses: the other kind is asked for with it.
fn answer(question: &[u8], asked: &Asked) -> Vec<u8> {
    let mut labels = Vec::new();
    let mut at = 12;
    while let Some(length) = question.get(at).map(|&length| usize::from(length)).filter(|&length| length > 0) {
        labels.push(String::from_utf8_lossy(&question[at + 1..=at + length]).to_ascii_lowercase());
        at += length + 1;
    }
    let name = labels.join(".");
    let is_four = question[at + 2] == 1;
    *asked.lock().unwrap().entry(name.clone()).or_default() += usize::from(is_four);
    let addresses: &[&str] = match name.as_str() {
        "rs.test" => &PUBLIC[..1],
        "as.test" => &PUBLIC[1..],
        "internal.test" => &["10.0.0.1"],
        "metadata.google.internal" => &["169.254.169.254"],
        "mixed.test" => &["93.184.216.99", "10.0.0.1"],
        "xedmi.test" => &["10.0.0.1", "93.184.216.99"],
        "six.test" => &["fd12:3456::1"],
        flip if flip.ends_with(".flip.test") && is_early(flip) => &PUBLIC[..1],
        flip if flip.ends_with(".flip.test") => &["10.0.0.1"],
        _ => &[],
    };
    let found: Vec<Vec<u8>> = addresses
        .iter()
        .filter_map(|address| match address.parse::<IpAddr>().unwrap() {
            IpAddr::V4(four) if is_four => Some(four.octets().to_vec()),
            IpAddr::V6(six) if !is_four => Some(six.octets().to_vec()),
            _ => None,
        })
        .collect();
    let mut bytes = question[..2].to_vec();
    bytes.extend([0x81, 0x80, 0, 1, 0, u8::try_from(found.len()).unwrap(), 0, 0, 0, 0]);
    bytes.extend(&question[12..at + 5]);
    for address in found {
        // The name of the question, its type and class, no time to live.
        bytes.extend([0xc0, 12, 0, question[at + 2], 0, 1, 0, 0, 0, 0, 0, u8::try_from(address.len()).unwrap()]);
        bytes.extend(address);
    }
    bytes
}

/// Whether the name was first asked for just now: the look-ups of requests that set out together agree, later ones do not.
fn is_early(name: &str) -> bool {
    static FIRST: Mutex<BTreeMap<String, Instant>> = Mutex::new(BTreeMap::new());
    let mut first = FIRST.lock().unwrap();
    first.entry(name.to_owned()).or_insert_with(Instant::now).elapsed() < Duration::from_millis(30)
}

fn listen(address: IpAddr, port: u16, contacted: &Arc<Mutex<Vec<String>>>) {
    if address == IpAddr::V4(Ipv4Addr::LOCALHOST) && port != 8443 {
        return;
    }
    let listener = std::net::TcpListener::bind((address, port)).unwrap_or_else(|e| panic!("{address}:{port}: {e}"));
    let contacted = Arc::clone(contacted);
    std::thread::spawn(move || {
        while let Ok((_, from)) = listener.accept() {
            contacted.lock().unwrap().push(format!("{address}:{port} by {from}"));
        }
    });
}
