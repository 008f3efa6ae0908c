//! The deployment from outside: raw requests over loopback sockets.

mod https;
mod seen;

pub(crate) use self::seen::{Seen, get, over, send};

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::*;
use crate::spec::clock::Clock;
use crate::spec::fault::{Deed, Duty, Edit, Fault, Reply};
use crate::spec::posture::Posture;

pub(crate) async fn running(posture: Posture, faults: &[&'static Fault]) -> Server {
    start(Config { posture, faults: faults.to_vec(), ..Config::default() }).await.unwrap()
}

fn leak(deeds: &'static [Deed]) -> &'static Fault {
    Box::leak(Box::new(Fault::new("planted", deeds)))
}

fn forgetting(duty: Duty) -> &'static Fault {
    leak(Box::leak(Box::new([Deed::Forget(duty)])))
}

const DISCOVER: &str = r#"{"jsonrpc":"2.0","id":1,"method":"server/discover","params":{"_meta":{
    "io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{}}}}"#;

async fn discover(server: &Server, token: Option<&str>) -> Seen {
    let authorization = token.map(|token| format!("Bearer {token}"));
    let mut headers = vec![
        ("content-type", "application/json"),
        ("accept", "application/json, text/event-stream"),
        ("mcp-protocol-version", "2026-07-28"),
        ("mcp-method", "server/discover"),
    ];
    headers.extend(authorization.as_deref().map(|value| ("authorization", value)));
    send("POST", server.mcp_url(), &headers, DISCOVER).await
}

/// The claims of a good token of this deployment.
fn claims(server: &Server) -> Value {
    let now = Clock::SYSTEM.now();
    json!({
        "iss": server.issuer(), "aud": server.mcp_url(), "sub": "alice", "client_id": "app", "iat": now,
        "exp": now + 600, "jti": "1", "scope": "search:read",
    })
}

fn signed(header: &Value, claims: &Value) -> String {
    Keys::of_process().unwrap().access.sign(header, claims).unwrap()
}

fn header() -> Value {
    Keys::of_process().unwrap().access.header("at+jwt")
}

#[tokio::test]
async fn the_clean_deployment_leads_from_the_challenge_to_the_keys() {
    let server = running(Posture::Reference, &[]).await;
    let challenge = discover(&server, None).await;
    assert_eq!(challenge.status, 401);
    let origin = server.mcp_url().strip_suffix("/mcp").unwrap();
    let prm = format!("{origin}/.well-known/oauth-protected-resource/mcp");
    assert_eq!(
        challenge.header("www-authenticate"),
        Some(format!("Bearer resource_metadata=\"{prm}\", scope=\"search:read\"").as_str())
    );
    assert_eq!(challenge.header("access-control-allow-origin"), Some("*"));
    assert!(challenge.header("access-control-expose-headers").unwrap().contains("WWW-Authenticate"));

    let resource = get(&prm).await;
    assert_eq!((resource.status, resource.header("content-type")), (200, Some("application/json")));
    assert_eq!(resource.json()["resource"], server.mcp_url());
    assert_eq!(resource.json()["authorization_servers"], json!([server.issuer()]));

    let issuer = server.issuer();
    let (host, path) = issuer.split_at(issuer.rfind('/').unwrap());
    assert_eq!(path, "/tenant1");
    assert_ne!(host, origin);
    let oauth = get(&format!("{host}/.well-known/oauth-authorization-server/tenant1")).await.json();
    let inserted = get(&format!("{host}/.well-known/openid-configuration/tenant1")).await.json();
    let appended = get(&format!("{issuer}/.well-known/openid-configuration")).await.json();
    assert_eq!(inserted, appended);
    for (name, value) in oauth.as_object().unwrap() {
        assert_eq!(inserted.get(name), Some(value), "{name} is the same in both documents");
    }
    assert_eq!(oauth["issuer"], issuer);
    let legacy = get(&format!("{origin}/.well-known/oauth-authorization-server")).await.json();
    assert_eq!(legacy["issuer"], origin);
    assert_eq!(legacy["token_endpoint"], oauth["token_endpoint"]);
    let keys = get(oauth["jwks_uri"].as_str().unwrap()).await;
    assert_eq!(keys.header("cache-control"), Some("public, max-age=300"));
    assert_eq!(keys.json()["keys"].as_array().unwrap().len(), 2);
    for nowhere in ["/.well-known/oauth-protected-resource", "/nope", "/metadata/resource.json"] {
        assert_eq!(get(&format!("{origin}{nowhere}")).await.status, 404, "{nowhere}");
    }
    server.stop().await;
}

#[tokio::test]
async fn every_posture_starts_and_says_where_its_documents_are() {
    for posture in Posture::ALL {
        if matches!(posture, Posture::Https | Posture::PlainHttp) {
            continue; // Named hosts: below.
        }
        let server = running(posture, &[]).await;
        let seen = discover(&server, None).await;
        let expected = match posture {
            Posture::Public | Posture::Lazy => 200,
            _ => 401,
        };
        assert_eq!(seen.status, expected, "{posture:?}");
        if posture.has_first_layout() {
            assert_eq!(seen.header("www-authenticate"), Some("Bearer realm=\"mcp-auth\""));
            let document = get(&format!("{}/.well-known/oauth-authorization-server", server.issuer())).await;
            if posture == Posture::NoMetadata {
                assert_eq!(document.status, 404);
            } else {
                assert_eq!(document.json()["token_endpoint"], format!("{}/token", server.issuer()));
            }
            assert_eq!(get(&format!("{}/authorize", server.issuer())).await.status, 400);
        } else if expected == 401 {
            let value = seen.header("www-authenticate").unwrap();
            let prm = value.split('"').nth(1).unwrap();
            let document = get(prm).await.json();
            assert_eq!(document["resource"], server.mcp_url(), "{posture:?}");
            assert_eq!(document["authorization_servers"], json!([server.issuer()]), "{posture:?}");
        }
        server.stop().await;
    }
}

#[tokio::test]
async fn a_lazy_server_protects_what_does_something() {
    let server = running(Posture::Lazy, &[]).await;
    let call = r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"search"}}"#;
    assert_eq!(send("POST", server.mcp_url(), &[], call).await.status, 401);
    assert_eq!(send("POST", server.mcp_url(), &[], "{").await.status, 401);
    assert_eq!(discover(&server, Some("nonsense")).await.status, 401);
    server.stop().await;
}

#[tokio::test]
async fn without_a_token_nothing_is_looked_at_but_the_token() {
    let server = running(Posture::Reference, &[]).await;
    let url = server.mcp_url();
    for (method, body) in [("POST", "not json"), ("POST", ""), ("GET", ""), ("DELETE", "")] {
        assert_eq!(send(method, url, &[], body).await.status, 401, "{method} {body}");
    }
    let notification = r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#;
    assert_eq!(send("POST", url, &[], notification).await.status, 401);
    for useless in ["Bearer", "Bearer ", "Basic eDp5", "Bearer x y"] {
        let seen = send("POST", url, &[("authorization", useless)], DISCOVER).await;
        assert_eq!(seen.status, 401, "{useless}");
        assert!(!seen.header("www-authenticate").unwrap().contains("error="), "{useless}");
    }
    let bad = discover(&server, Some("not.a.token")).await;
    assert_eq!(bad.status, 401);
    let value = bad.header("www-authenticate").unwrap();
    assert!(value.contains("error=\"invalid_token\"") && value.contains("resource_metadata=\""), "{value}");
    let good = signed(&header(), &claims(&server));
    let good = format!("Bearer {good}");
    let two = send("POST", url, &[("authorization", &good), ("authorization", &good)], DISCOVER).await;
    assert_eq!(two.status, 400);
    server.stop().await;
}

#[tokio::test]
async fn preflights_are_answered_where_browsers_may_ask() {
    let server = running(Posture::Reference, &[]).await;
    let asking = [("origin", "https://app.example"), ("access-control-request-method", "POST")];
    let seen = send("OPTIONS", server.mcp_url(), &asking, "").await;
    assert_eq!(seen.status, 204);
    let allowed = seen.header("access-control-allow-headers").unwrap();
    for name in ["authorization", "content-type", "mcp-protocol-version", "mcp-method", "mcp-name", "mcp-session-id"] {
        assert!(allowed.contains(name), "{name}");
    }
    for endpoint in ["token", "register"] {
        let seen = send("OPTIONS", &format!("{}/{endpoint}", server.issuer()), &asking, "").await;
        assert_eq!((seen.status, seen.header("access-control-allow-origin")), (204, Some("*")), "{endpoint}");
    }
    let authorize = send("GET", &format!("{}/authorize", server.issuer()), &asking, "").await;
    assert_eq!(authorize.header("access-control-allow-origin"), None);
    server.stop().await;
}

#[tokio::test]
async fn a_good_token_passes_and_each_broken_part_is_refused_unless_forgotten() {
    type Spoil = fn(&mut Value, &mut Value);
    let now = Clock::SYSTEM.now();
    assert!(now > 1_600_000_000);
    let cases: &[(Duty, Spoil)] = &[
        (Duty::VerifyIssuer, |_, c| c["iss"] = json!("https://evil.example")),
        (Duty::VerifyAudience, |_, c| c["aud"] = json!("https://evil.example/mcp")),
        (Duty::VerifyAudience, |_, c| c["aud"] = json!(123)),
        (Duty::MatchWholeAudience, |_, c| c["aud"] = json!(format!("{}.evil", c["aud"].as_str().unwrap()))),
        (Duty::RequireAudience, |_, c| drop(c.as_object_mut().unwrap().remove("aud"))),
        (Duty::VerifyExpiry, |_, c| c["exp"] = json!(1_600_000_000)),
        (Duty::RequireExpiry, |_, c| drop(c.as_object_mut().unwrap().remove("exp"))),
        (Duty::VerifyNotBefore, |_, c| c["nbf"] = json!(Clock::SYSTEM.now() + 3600)),
        (Duty::VerifyType, |h, _| h["typ"] = json!("JWT")),
        (Duty::VerifyCritical, |h, _| h["crit"] = json!(["exp"])),
    ];
    let clean = running(Posture::Reference, &[]).await;
    assert_eq!(discover(&clean, Some(&signed(&header(), &claims(&clean)))).await.status, 200);
    for (duty, spoil) in cases {
        let broken = running(Posture::Reference, &[forgetting(*duty)]).await;
        for (server, expected) in [(&clean, 401), (&broken, 200)] {
            let (mut header, mut claims) = (header(), claims(server));
            spoil(&mut header, &mut claims);
            let seen = discover(server, Some(&signed(&header, &claims))).await;
            assert_eq!(seen.status, expected, "{duty:?}: {}", seen.body);
        }
        broken.stop().await;
    }
    clean.stop().await;
}

#[tokio::test]
async fn forged_signatures_are_refused_unless_the_duty_is_forgotten() {
    use super::keys::base64url;
    let keys = Keys::of_process().unwrap();
    let forge = |alg: &str, kid: &str, extra: Option<(&str, Value)>, claims: &Value, secret: Option<&[u8]>| {
        let mut header = json!({"typ": "at+jwt", "alg": alg, "kid": kid});
        if let Some((name, value)) = extra {
            header[name] = value;
        }
        let message = format!("{}.{}", base64url(header.to_string()), base64url(claims.to_string()));
        let signature = secret.map_or_else(String::new, |secret| {
            let key = aws_lc_rs::hmac::Key::new(aws_lc_rs::hmac::HMAC_SHA256, secret);
            base64url(aws_lc_rs::hmac::sign(&key, message.as_bytes()))
        });
        format!("{message}.{signature}")
    };
    let kid = &keys.access.kid;
    let other = Keys::make().unwrap();
    let clean = running(Posture::Reference, &[]).await;
    for duty in
        [Duty::VerifySignature, Duty::RefuseAlgNone, Duty::BindAlgorithm, Duty::RefuseHeaderKey, Duty::VerifyToken]
    {
        let broken = running(Posture::Reference, &[forgetting(duty)]).await;
        for (server, expected) in [(&clean, 401), (&broken, 200)] {
            let claims = claims(server);
            let token = match duty {
                Duty::VerifySignature => other.access.sign(&header(), &claims).unwrap(),
                Duty::RefuseAlgNone => forge("None", kid, None, &claims, None),
                Duty::BindAlgorithm => forge("HS256", kid, None, &claims, Some(&keys.access.as_secrets[1])),
                Duty::RefuseHeaderKey => {
                    let mut header = header();
                    header["jwk"] = other.access.public.clone();
                    other.access.sign(&header, &claims).unwrap()
                }
                _ => "anything".to_owned(),
            };
            assert_eq!(discover(server, Some(&token)).await.status, expected, "{duty:?}");
        }
        broken.stop().await;
    }
    let fragile = running(Posture::Reference, &[forgetting(Duty::SurviveUnknownKid)]).await;
    for (server, expected) in [(&clean, 401), (&fragile, 500)] {
        let token = forge("ES256", "../../x", None, &claims(server), Some(b"x"));
        assert_eq!(discover(server, Some(&token)).await.status, expected);
    }
    fragile.stop().await;
    clean.stop().await;
}

#[tokio::test]
async fn keys_are_fetched_from_the_header_only_by_a_server_that_forgot_not_to() {
    let other = Keys::make().unwrap();
    let canary = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = canary.local_addr().unwrap();
    let document = json!({ "keys": [other.access.public] }).to_string();
    let served = tokio::spawn(async move {
        let mut hits = 0;
        while let Ok(Ok((mut stream, _))) =
            tokio::time::timeout(std::time::Duration::from_millis(700), canary.accept()).await
        {
            hits += 1;
            let mut request = [0; 1024];
            let _ = stream.read(&mut request).await;
            let _ = stream.write_all(format!("HTTP/1.0 200 OK\r\n\r\n{document}").as_bytes()).await;
        }
        hits
    });
    let careless = running(Posture::Reference, &[forgetting(Duty::RefuseHeaderKeyUrl)]).await;
    let clean = running(Posture::Reference, &[]).await;
    for (server, expected) in [(&clean, 401), (&careless, 200)] {
        let mut header = header();
        header["jku"] = json!(format!("http://{address}/keys"));
        let token = other.access.sign(&header, &claims(server)).unwrap();
        assert_eq!(discover(server, Some(&token)).await.status, expected);
    }
    assert_eq!(served.await.unwrap(), 1, "only the careless server fetched");
    careless.stop().await;
    clean.stop().await;
}

#[tokio::test]
async fn faults_edit_replies_and_misfits_are_refused() {
    const DEEDS: &[Deed] = &[
        Deed::At(Reply::Challenge, &[Edit::Status(403), Edit::DropHeader("www-authenticate")]),
        Deed::At(Reply::Notification, &[Edit::Status(202)]),
        Deed::At(Reply::RootResourceMetadata, &[Edit::Present, Edit::SetJson("/resource", "\"{origin}\"")]),
    ];
    let server = running(Posture::Reference, &[leak(DEEDS)]).await;
    let seen = discover(&server, None).await;
    assert_eq!((seen.status, seen.header("www-authenticate")), (403, None));
    let origin = server.mcp_url().strip_suffix("/mcp").unwrap();
    assert_eq!(get(&format!("{origin}/.well-known/oauth-protected-resource")).await.json()["resource"], origin);
    let notification = r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#;
    assert_eq!(send("POST", server.mcp_url(), &[], notification).await.status, 202);
    server.stop().await;

    const TYPO: &[Deed] = &[Deed::At(Reply::ServerMetadata, &[Edit::DropJson("/isuer")])];
    const ABSENT: &[Deed] = &[Deed::At(Reply::RootServerMetadata, &[Edit::Status(500)])];
    for deeds in [TYPO, ABSENT] {
        let config = Config { faults: vec![leak(deeds)], ..Config::default() };
        assert!(matches!(start(config).await, Err(ServeError::Fault(_))));
    }
}

#[tokio::test]
async fn another_host_name_is_turned_away() {
    let server = running(Posture::Reference, &[]).await;
    assert_eq!(send("POST", server.mcp_url(), &[("host", "evil.example")], DISCOVER).await.status, 403);
    assert_eq!(send("POST", server.mcp_url(), &[("host", "localhost:1")], DISCOVER).await.status, 401);
    server.stop().await;
}

#[tokio::test]
async fn stopping_closes_the_doors_at_once() {
    let server = running(Posture::Reference, &[]).await;
    let url = server.mcp_url().to_owned();
    let host = url.strip_prefix("http://").unwrap().strip_suffix("/mcp").unwrap().to_owned();
    let mut idle = TcpStream::connect(&host).await.unwrap();
    let request = format!("GET /healthz HTTP/1.1\r\nHost: {host}\r\n\r\n");
    idle.write_all(request.as_bytes()).await.unwrap();
    let mut byte = [0; 1];
    idle.read_exact(&mut byte).await.unwrap();
    assert_eq!(server.requests(), 1);
    let begun = std::time::Instant::now();
    server.stop().await;
    assert!(begun.elapsed() < std::time::Duration::from_secs(1), "an idle connection holds nothing up");
    assert!(TcpStream::connect(&host).await.is_err());
}
