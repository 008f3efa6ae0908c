//! A token endpoint that wants its nonce in the proof of possession (RFC 9449 §8): it gets it once, in a proof that is new,
//! and one that is never content is not asked a third time.

use std::sync::Mutex;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;

use crate::proxy::{Answer, Message};
use crate::stage::Stage;

const DEMAND: &str =
    "HTTP/1.1 400 Bad Request\r\ncontent-type: application/json\r\ndpop-nonce: n-1\r\nconnection: close";

/// The claims of the proof that a token request came with.
fn claims(message: &Message) -> Value {
    let request = message.request();
    let proof = request.lines().find_map(|line| line.strip_prefix("dpop: ")).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(proof.split('.').nth(1).unwrap()).unwrap()).unwrap()
}

/// Logs in with proofs where the answers to token requests are changed: the exit code, what was said, and the proofs.
fn log_in(tamper: impl Fn(Answer) -> Answer + Send + Sync + 'static) -> (i32, String, Vec<Value>) {
    let stage = Stage::tampered(move |url, answer| if url.ends_with("/token") { tamper(answer) } else { answer });
    let (code, _, err) = stage.run(&["login", &stage.url(), "--browser", "follow", "--dpop", "-v"]);
    let asked = stage.messages().into_iter().filter(|message| message.url.ends_with("/token"));
    (code, err, asked.map(|message| claims(&message)).collect())
}

fn demand(error: &str) -> Answer {
    Answer { head: DEMAND.to_owned(), body: format!(r#"{{"error":"{error}"}}"#) }
}

#[test]
fn a_nonce_that_is_wanted_is_given_in_another_proof() {
    // The tokens come with the first answer, which is held back until the nonce is there: a code is good once.
    let held = Mutex::new(None);
    let (code, err, proofs) = log_in(move |answer| {
        let mut held = held.lock().unwrap();
        held.take().unwrap_or_else(|| {
            *held = Some(answer);
            demand("use_dpop_nonce")
        })
    });
    // The deployment behind it saw a code twice and took the tokens back, which is what the end of the run is about.
    assert!(code == 4 && err.contains("it was revoked"), "{err}");
    assert!(proofs[0].get("nonce").is_none() && proofs[1]["nonce"] == "n-1", "{proofs:?}");
    assert_ne!(proofs[0]["jti"], proofs[1]["jti"], "a proof is shown once");
    assert!(err.contains("the server wants its nonce in the proof"), "{err}");
}

#[test]
fn a_nonce_that_never_contents_is_given_once() {
    let (code, err, proofs) = log_in(|_| demand("use_dpop_nonce"));
    assert_eq!((code, proofs.len()), (4, 2), "{err}");
    assert!(err.contains("use_dpop_nonce"), "{err}");
}

#[test]
fn a_nonce_beside_another_error_or_with_another_status_is_not_asked_for() {
    let (code, err, proofs) = log_in(|_| demand("invalid_grant"));
    assert_eq!((code, proofs.len()), (4, 1), "{err}");
    let (code, err, proofs) = log_in(|_| {
        let Answer { head, body } = demand("use_dpop_nonce");
        Answer { head: head.replace("400 Bad Request", "403 Forbidden"), body }
    });
    assert_eq!((code, proofs.len()), (4, 1), "{err}");
}

#[test]
fn a_login_that_is_bound_to_a_key_stays_so_when_it_is_refreshed() {
    let stage = Stage::new();
    let (code, _, err) = stage.run(&["login", &stage.url(), "--browser", "follow", "--dpop"]);
    assert_eq!(code, 0, "{err}");
    let key = |stage: &Stage| stage.book()["logins"][0]["tokens"]["dpop_key"].clone();
    let before = key(&stage);
    assert!(before.is_string());
    let (code, _, err) = stage.run(&["token", "refresh"]);
    assert!(code == 0 && key(&stage) == before, "{err}");
    let (code, out, err) = stage.run(&["token", "check"]);
    assert!(code == 0 && out.contains("bound to the key that is stored with it (DPoP)"), "{out} {err}");
    let (code, _, err) = stage.run(&["call", "search", "query=pkce"]);
    assert_eq!(code, 0, "{err}");
}
