//! Flawed tokens: each is refused for its own flaw, and let through only where the duty that finds it is forgotten.

mod tokens;

use serde_json::json;

use self::tokens::{Flawed, Mint, Odd, flawed_claims, flawed_headers, odd};
use super::bearer::{self, Refusal};
use crate::serve::authority::tests::{a_code, post, redemption};
use crate::serve::keys::{Key, Keys, Signing, base64url};
use crate::serve::{Config, Server, start};
use crate::spec::clock::Clock;
use crate::spec::fault::{Deed, Duty, Fault};

const NOW: u64 = 1_800_000_000;

async fn forgetting(duties: &[Duty]) -> Server {
    let deeds: Vec<Deed> = duties.iter().map(|duty| Deed::Forget(*duty)).collect();
    let fault: &'static Fault = Box::leak(Box::new(Fault::new("planted", Box::leak(deeds.into_boxed_slice()))));
    let (clock, _) = Clock::stopped(NOW);
    start(Config { faults: vec![fault], clock, auto_approve: true, ..Config::default() }).await.unwrap()
}

/// The duties of the token check that a token alone can put to the test.
const DUTIES: [Duty; 20] = {
    use Duty::*;
    [
        RefuseUpstreamTokens,
        RefuseAlgNone,
        BindAlgorithm,
        RefuseHeaderKey,
        RefuseHeaderKeyUrl,
        LeaveHeaderKeyUrlAlone,
        VerifyCritical,
        VerifyType,
        VerifySignature,
        RefuseIdTokens,
        RefuseRefreshTokens,
        VerifyIssuer,
        VerifyExpiry,
        RequireExpiry,
        VerifyNotBefore,
        MatchWholeAudience,
        RequireAudience,
        AcceptAudienceList,
        IgnoreHostCase,
        VerifyAudience,
    ]
};

#[tokio::test]
async fn each_flaw_passes_where_its_duty_is_forgotten_and_nowhere_else() {
    let strangers: Vec<Key> = Signing::ALL.into_iter().map(|signing| Key::make(signing).unwrap()).collect();
    for forgotten in [None].into_iter().chain(DUTIES.map(Some)) {
        let server = forgetting(forgotten.as_slice()).await;
        let mint = Mint { server: &server, key: &Keys::of_process().unwrap().access };
        let is_in = |duties: &[Duty]| forgotten.is_some_and(|duty| duties.contains(&duty));
        for Flawed { name, token, refusal, found_by } in
            flawed_claims(&mint).into_iter().chain(flawed_headers(&mint, &strangers))
        {
            let judged = bearer::verify(&server.site, &token).await.map(drop);
            assert_eq!(judged, if is_in(found_by) { Ok(()) } else { Err(refusal) }, "{name}, without {forgotten:?}");
        }
        for Odd { name, token, taken_by, refusal } in odd(&mint) {
            let judged = bearer::verify(&server.site, &token).await.map(drop);
            assert_eq!(judged, if is_in(taken_by) { Err(refusal) } else { Ok(()) }, "{name}, without {forgotten:?}");
        }
        server.stop().await;
    }
}

#[tokio::test]
async fn duties_that_no_token_alone_shows() {
    let mut passed = Vec::new();
    for forgotten in [
        None,
        Some(Duty::AcceptOwnTokens),
        Some(Duty::SurviveUnknownKid),
        Some(Duty::RefuseRefreshTokens),
        Some(Duty::RefuseRevoked),
        Some(Duty::VerifyToken),
    ] {
        let server = forgetting(forgotten.as_slice()).await;
        let mint = Mint { server: &server, key: &Keys::of_process().unwrap().access };
        let code = a_code(&server, &[]).await;
        let tokens = post(&server, "/token", &redemption(&server, &code), &[]).await.json();
        let text = |name: &str| tokens[name].as_str().unwrap().to_owned();
        let mut judged = Vec::new();
        for token in
            [text("access_token"), text("refresh_token"), mint.with_header(json!({"kid": "x"})), "nonsense".to_owned()]
        {
            judged.push(bearer::verify(&server.site, &token).await.map(drop).err());
        }
        passed.push((forgotten, judged));
        server.stop().await;
    }
    let (none, unknown) = (Some(Refusal::NotAToken), Some(Refusal::UnknownKey));
    let expected = [
        (None, vec![None, none, unknown, none]),
        (Some(Duty::AcceptOwnTokens), vec![Some(Refusal::Audience), none, unknown, none]),
        (Some(Duty::SurviveUnknownKid), vec![None, none, Some(Refusal::Broken), none]),
        (Some(Duty::RefuseRefreshTokens), vec![None, None, unknown, none]),
        (Some(Duty::RefuseRevoked), vec![None, none, unknown, none]),
        (Some(Duty::VerifyToken), vec![None; 4]),
    ];
    assert_eq!(passed, expected);
}

#[tokio::test]
async fn a_revoked_token_passes_only_where_nobody_looks() {
    for (forgotten, expected) in [(None, Err(Refusal::Revoked)), (Some(Duty::RefuseRevoked), Ok(()))] {
        let server = forgetting(forgotten.as_slice()).await;
        let code = a_code(&server, &[]).await;
        let tokens = post(&server, "/token", &redemption(&server, &code), &[]).await.json();
        let access = tokens["access_token"].as_str().unwrap();
        assert!(bearer::claims(&server.site, access).await.is_some_and(|claims| claims["sub"] == "alice"));
        let pairs = [("client_id", "mcp-auth-public"), ("token", access)];
        assert_eq!(post(&server, "/revoke", &pairs, &[]).await.status, 200);
        assert_eq!(bearer::verify(&server.site, access).await.map(drop), expected);
        server.stop().await;
    }
}

/// Hostile variants of a good token, none of which may pass and none of which may break the server.
#[tokio::test]
async fn no_variant_of_a_good_token_passes() {
    let server = forgetting(&[]).await;
    let good = {
        let mint = Mint { server: &server, key: &Keys::of_process().unwrap().access };
        mint.with_claims(json!({}))
    };
    let keys = Keys::of_process().unwrap();
    let key = &keys.access;
    let (message, signature) = good.rsplit_once('.').unwrap();
    let (header, claims) = message.split_once('.').unwrap();
    let text = |part: &str| String::from_utf8(crate::serve::keys::from_base64url(part).unwrap()).unwrap();
    let (header_text, claims_text) = (text(header), text(claims));
    let resign = |header: &str, claims: &str| {
        // Signs any text, well formed or not, with the true key.
        let message = format!("{}.{}", base64url(header), base64url(claims));
        key.sign_text(&message).unwrap()
    };
    let mut bad = Vec::new();
    for alg in ["none", "None", "NONE", "", "HS256", "RS256", "ES384", "PS256", "EdDSA"] {
        let header = header_text.replace("ES256", alg);
        bad.extend([
            format!("{}.{claims}.", base64url(&header)),
            format!("{}.{claims}.{signature}", base64url(&header)),
        ]);
        bad.push(resign(&header, &claims_text));
    }
    for value in ["null", "[]", "1", "[\"ES256\"]"] {
        bad.push(resign(&header_text.replace("\"ES256\"", value), &claims_text));
    }
    for kid in ["../../dev/null", "' OR 1=1", "\\u0000", "http://127.0.0.1/", &"k".repeat(9000)] {
        bad.push(resign(&header_text.replace(&key.kid, kid), &claims_text));
    }
    bad.push(resign(&header_text.replace(&key.kid, &keys.identity.kid), &claims_text));
    for part in [
        "",
        "AA",
        &"A".repeat(86),
        &base64url([0u8; 64]),
        &format!("{signature}{signature}"),
        &signature.replace('-', "+"),
    ] {
        if *part != *signature {
            bad.push(format!("{message}.{part}"));
        }
    }
    for (at, _) in signature.char_indices().step_by(7) {
        let mut flipped = signature.to_owned();
        let with = if signature.as_bytes()[at] == b'A' { "B" } else { "A" };
        flipped.replace_range(at..=at, with);
        bad.push(format!("{message}.{flipped}"));
    }
    let twice = claims_text.replacen('{', &format!("{{\"aud\":{},", json!(server.mcp_url())), 1);
    bad.push(resign(&header_text, &twice));
    bad.push(resign(&header_text.replacen('{', "{\"alg\":\"ES256\",", 1), &claims_text));
    bad.push(resign(&header_text.replacen('{', "{\"crit\":[],", 1), &claims_text));
    bad.push(resign(&header_text.replacen('{', "{\"b64\":false,\"crit\":[\"b64\"],", 1), &claims_text));
    for exp in ["\"9999999999\"", "null", "[]", "0", "-1", "1.0", "true", "1e-400"] {
        let (before, rest) = claims_text.split_once("\"exp\":").unwrap();
        let after = rest.split_once(',').unwrap().1;
        bad.push(resign(&header_text, &format!("{before}\"exp\":{exp},{after}")));
    }
    for aud in [json!(""), json!([]), json!("*"), json!(7), json!({}), json!(server.issuer()), json!("app")] {
        bad.push(resign(&header_text, &claims_text.replace(&json!(server.mcp_url()).to_string(), &aud.to_string())));
    }
    for change in ["-admin", ".evil", "/", "?x", "#x", "/../mcp"] {
        bad.push(resign(
            &header_text,
            &claims_text.replace(server.mcp_url(), &format!("{}{change}", server.mcp_url())),
        ));
    }
    for iss in [format!("{}/", server.issuer()), server.issuer().to_uppercase(), format!("{}.evil", server.issuer())] {
        bad.push(resign(&header_text, &claims_text.replace(server.issuer(), &iss)));
    }
    for typ in ["JWT", "", "id_token", "dpop+jwt", "at+jwt "] {
        bad.push(resign(&header_text.replace("at+jwt", typ), &claims_text));
    }
    bad.extend([
        format!("{good}="),
        format!("{good}.x"),
        format!("{header}=.{claims}.{signature}"),
        message.to_owned(),
        "..".to_owned(),
        ".".repeat(9000),
        resign(&format!("\u{feff}{header_text}"), &claims_text),
        resign(&header_text, &format!("{claims_text} {{}}")),
        resign(&header_text, "[]"),
        resign("\"x\"", &claims_text),
    ]);
    let attempt = async |token: &str| bearer::verify(&server.site, token).await.is_ok();
    assert!(bad.len() > 90);
    for token in &bad {
        assert!(!attempt(token).await, "{token}");
    }
    assert!(attempt(&good).await);
    server.stop().await;
}
