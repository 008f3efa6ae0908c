//! What is taken out of a trail before it is saved.
//!
//! A JWT keeps header and claims and loses its signature, so that a redacted trail can still be judged; every
//! other credential becomes its length. Cookies and anything the user added with `--header` are credentials.

use super::trail::{Exchange, Header, Outcome, Trail};

/// The trail without credentials.
pub(super) fn redacted(trail: &Trail) -> Trail {
    let mut trail = trail.clone();
    for exchange in &mut trail.exchanges {
        redact_exchange(exchange);
    }
    trail
}

fn redact_exchange(exchange: &mut Exchange) {
    exchange.request.url = redact_query(&exchange.request.url);
    if let Some(body) = &mut exchange.request.body {
        *body = redact_body(body);
    }
    exchange.request.headers.iter_mut().for_each(redact_header);
    if let Outcome::Reply(reply) = &mut exchange.outcome {
        reply.headers.iter_mut().for_each(redact_header);
        if let Some(text) = &mut reply.body.text {
            *text = redact_body(text);
        }
    }
}

fn redact_header(header: &mut Header) {
    match header.name.as_str() {
        "authorization" | "proxy-authorization" => {
            header.value = match header.value.split_once(' ') {
                Some((scheme, credential)) if !credential.is_empty() => format!("{scheme} {}", mask(credential)),
                _ => header.value.clone(),
            };
        }
        "dpop" | "cookie" | "set-cookie" | "x-api-key" => header.value = mask(&header.value),
        "location" => header.value = redact_query(&header.value),
        _ => {}
    }
}

/// Masks one credential: a JWT loses its signature, the rest becomes a length.
fn mask(credential: &str) -> String {
    let mut parts = credential.splitn(3, '.');
    match (parts.next(), parts.next(), parts.next()) {
        (Some(header), Some(claims), Some(signature)) if header.starts_with("ey") => {
            format!("{header}.{claims}.{}", if signature.is_empty() { "" } else { "redacted" })
        }
        _ => format!("[redacted, {} characters]", credential.chars().count()),
    }
}

/// The names whose values are credentials, in forms, queries and JSON bodies.
const SECRET_NAMES: [&str; 16] = [
    "access_token",
    "refresh_token",
    "id_token",
    "code",
    "code_verifier",
    "client_secret",
    "client_assertion",
    "assertion",
    "subject_token",
    "actor_token",
    "device_code",
    "user_code",
    "registration_access_token",
    "password",
    "token",
    "state",
];

fn redact_query(url: &str) -> String {
    let (head, rest) = match url.split_once('?') {
        Some((head, rest)) => (head, rest),
        None => return url.to_owned(),
    };
    let (query, fragment) = match rest.split_once('#') {
        Some((query, fragment)) => (query, Some(fragment)),
        None => (rest, None),
    };
    let mut out = format!("{head}?{}", redact_form(query));
    if let Some(fragment) = fragment {
        out.push('#');
        out.push_str(&redact_form(fragment));
    }
    out
}

fn redact_form(form: &str) -> String {
    let pairs = form.split('&').map(|pair| match pair.split_once('=') {
        Some((name, value)) if SECRET_NAMES.contains(&name) => format!("{name}={}", mask(value).replace(' ', "+")),
        _ => pair.to_owned(),
    });
    pairs.collect::<Vec<_>>().join("&")
}

fn redact_body(body: &str) -> String {
    if let Ok(mut value) = serde_json::from_str::<serde_json::Value>(body) {
        if redact_json(&mut value) {
            return value.to_string();
        }
        return body.to_owned();
    }
    let looks_like_form = body.contains('=') && !body.contains(['<', '\n', ' ']);
    if looks_like_form { redact_form(body) } else { body.to_owned() }
}

/// Masks in place; says whether anything changed, so that untouched bodies stay byte for byte.
fn redact_json(value: &mut serde_json::Value) -> bool {
    match value {
        serde_json::Value::Object(map) => map.iter_mut().fold(false, |changed, (name, member)| match member {
            serde_json::Value::String(text) if SECRET_NAMES.contains(&name.as_str()) => {
                *text = mask(text);
                true
            }
            _ => redact_json(member) || changed,
        }),
        serde_json::Value::Array(items) => {
            let mut changed = false;
            for item in items {
                changed |= redact_json(item);
            }
            changed
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_jwt_keeps_header_and_claims() {
        assert_eq!(mask("eyJh.eyJi.c2ln"), "eyJh.eyJi.redacted");
        assert_eq!(mask("eyJh.eyJi."), "eyJh.eyJi.");
        assert_eq!(mask("opaque"), "[redacted, 6 characters]");
    }

    #[test]
    fn bodies_and_urls_lose_their_credentials() {
        assert_eq!(
            redact_body(r#"{"access_token":"abcdef","expires_in":5}"#),
            r#"{"access_token":"[redacted, 6 characters]","expires_in":5}"#
        );
        assert_eq!(redact_body(r#"{ "resource": "https://a" }"#), r#"{ "resource": "https://a" }"#);
        assert_eq!(redact_query("https://a/cb?code=xyz&iss=b"), "https://a/cb?code=[redacted,+3+characters]&iss=b");
        assert_eq!(redact_body("grant_type=x&code=12"), "grant_type=x&code=[redacted,+2+characters]");
    }
}
