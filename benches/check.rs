//! Token checks per second, each token never seen before: `serve`'s whole judgement of a bearer token, and what
//! `token check` makes of one, against the bare signature check of the same bytes by aws-lc-rs, in turns within a run.
//!
//! `cargo bench --profile dist --bench check`. One thread. Every answer is looked at; at the end of each round one token
//! with a changed signature is refused by all three.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a benchmark talks and may panic"
)]
#![expect(clippy::disallowed_methods, reason = "the length is asked for by the environment, tokens need the time")]

mod shared;

use std::time::{Instant, SystemTime, UNIX_EPOCH};

use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ED25519, ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents,
};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL;
use mcp_auth::client::inspect::{Standard, examine, verdict};
use mcp_auth::formats::jwks::KeySet;
use mcp_auth::formats::jwt;
use mcp_auth::formats::secret::Secret;
use mcp_auth::serve::{self, Config, Server, Signing};
use serde_json::{Value, json};
use shared::{median, number, row};

/// Whoever judges a token.
type Judge<'a> = Box<dyn Fn(&str) -> bool + 'a>;

fn main() {
    let rounds = usize::try_from(number("ROUNDS", 9)).unwrap();
    let count = usize::try_from(number("TOKENS", 3000)).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    println!("N = {rounds} rounds of {count} new tokens each, one thread; medians, ratios within a round.\n");
    println!("| | bare signature check | `serve` | `token check` | `serve` ÷ bare | `token check` ÷ bare |");
    println!("| --- | ---: | ---: | ---: | ---: | ---: |");
    for signing in Signing::ALL {
        compare(&runtime, signing, rounds, count);
    }
}

fn compare(runtime: &tokio::runtime::Runtime, signing: Signing, rounds: usize, count: usize) {
    let server = runtime.block_on(serve::start(Config { signing, ..Config::default() })).unwrap();
    let keys = keys(runtime, &server);
    let standard = Standard {
        issuer: server.issuer().to_owned(),
        audience: server.mcp_url().to_owned(),
        scope: vec!["search:read".to_owned()],
        keys: Ok(KeySet::from_map(keys.as_object().unwrap()).unwrap()),
        introspection: None,
        token_endpoint: String::new(),
    };
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    let kid = jwt::decode(&server.mint(&json!({})).unwrap()).unwrap().header_str("kid").present().unwrap().to_owned();
    let public = keys["keys"].as_array().unwrap().iter().find(|key| key["kid"] == kid.as_str()).unwrap();
    let judges: [Judge<'_>; 3] = [
        bare(signing, public),
        Box::new(|token| runtime.block_on(server.accepts(token))),
        Box::new(|token| {
            let read = jwt::decode(token).unwrap();
            verdict(&examine(&Secret::from(token), &read, &standard, now, None)) == "accepted"
        }),
    ];
    let mut rates: [Vec<f64>; 3] = Default::default();
    for round in 0..=rounds {
        let tokens: Vec<String> = (0..count)
            .map(|number| server.mint(&json!({ "jti": format!("{round}-{number}"), "sid": "grant" })).unwrap())
            .collect();
        for (judge, rates) in judges.iter().zip(&mut rates) {
            let begun = Instant::now();
            assert!(tokens.iter().all(|token| judge(token)), "a good token was refused");
            // The first round warms up.
            if round > 0 {
                rates.push(count as f64 / begun.elapsed().as_secs_f64());
            }
            assert!(!judge(&changed(tokens.first().unwrap())), "a changed token was let in");
        }
    }
    let [bare, serve, check] = &rates;
    let share = |rates: &[f64]| median(rates.iter().zip(bare).map(|(rate, bare)| rate / bare));
    let rate = |rates: &[f64]| median(rates.iter().copied());
    let name = signing.name();
    println!(
        "| {name} | {:.0}/s | {:.0}/s | {:.0}/s | {:.2} | {:.2} |",
        rate(bare),
        rate(serve),
        rate(check),
        share(serve),
        share(check)
    );
    let beside = format!("bare aws-lc-rs, {:.0}/s", rate(bare));
    row(
        &format!("{name}: new tokens, `serve`"),
        &format!("{:.0}/s a core", rate(serve)),
        &beside,
        &format!("{:.2}", share(serve)),
    );
    row(
        &format!("{name}: new tokens, `token check`"),
        &format!("{:.0}/s a core", rate(check)),
        &beside,
        &format!("{:.2}", share(check)),
    );
    drop(judges);
    runtime.block_on(server.stop());
}

/// Another character in the middle of the signature.
fn changed(token: &str) -> String {
    let (message, signature) = token.rsplit_once('.').unwrap();
    let at = signature.len() / 2;
    let other = if signature.as_bytes().get(at) == Some(&b'A') { "B" } else { "A" };
    let (before, rest) = signature.split_at(at);
    format!("{message}.{before}{other}{}", rest.split_at(1).1)
}

/// The published keys, fetched as anybody would.
fn keys(runtime: &tokio::runtime::Runtime, server: &Server) -> Value {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    let text = runtime.block_on(async {
        let (host, path) = server.issuer().trim_start_matches("http://").split_once('/').unwrap();
        let mut stream = tokio::net::TcpStream::connect(host).await.unwrap();
        let ask = format!("GET /{path}/jwks HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
        stream.write_all(ask.as_bytes()).await.unwrap();
        let mut text = String::new();
        stream.read_to_string(&mut text).await.unwrap();
        text
    });
    serde_json::from_str(text.split_once("\r\n\r\n").unwrap().1).unwrap()
}

/// The signature alone: what the crypto library does with the same bytes, its key read once.
fn bare(signing: Signing, jwk: &Value) -> Judge<'static> {
    let member = |name: &str| BASE64URL.decode(jwk[name].as_str().unwrap()).unwrap();
    let key = match signing {
        Signing::Es256 => {
            ParsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, [vec![4], member("x"), member("y")].concat()).unwrap()
        }
        Signing::EdDsa => ParsedPublicKey::new(&ED25519, member("x")).unwrap(),
        Signing::Rs256 => {
            let parts = RsaPublicKeyComponents { n: member("n"), e: member("e") };
            parts.to_parsed_public_key(&RSA_PKCS1_2048_8192_SHA256).unwrap()
        }
    };
    Box::new(move |token| {
        let (message, signature) = token.rsplit_once('.').unwrap();
        let signature = BASE64URL.decode(signature).unwrap_or_default();
        key.verify_sig(message.as_bytes(), &signature).is_ok()
    })
}
