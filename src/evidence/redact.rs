//! What is taken out of a trail before it is saved.
//!
//! A JWT keeps header and claims and loses its signature, so that a redacted trail can still be judged; of an access token
//! that was issued it is kept whether a published key had made the signature (RFC 7515 §5.2). Every other credential
//! becomes its length. Cookies and anything the user added with `--header` are credentials.

use std::borrow::Cow;
use std::sync::Arc;

use serde_json::Value;

use super::trail::{Exchange, Header, Outcome, Trail};
use crate::formats::json;
use crate::formats::jwt::{self, SignatureProblem};
use crate::formats::secret;
use crate::spec::credentials;
use crate::spec::step::Step;

/// The trail without credentials.
pub(super) fn redacted(trail: &Trail) -> Trail {
    let checked = checked(trail);
    let mut trail = trail.clone();
    for exchange in trail.exchanges.iter_mut().map(Arc::make_mut) {
        redact_exchange(exchange);
        let found = checked.iter().find(|(number, ..)| *number == exchange.number);
        if let (Some((_, kept, word)), Outcome::Reply(reply)) = (found, &mut exchange.outcome)
            && let Some(text) = &reply.body.text
        {
            reply.body.text = Some(text.replace(&format!("{kept}.{UNKNOWN}"), &format!("{kept}.{word}")).into());
        }
    }
    trail
}

/// In place of a signature of which nothing is known.
const UNKNOWN: &str = "redacted";
/// In place of a signature that a published key had made. Each of these words has the form of a signature (base64url).
const STANDS: &str = "redacted-verified-ok";
/// In place of a signature that no published key had made.
const FAILS: &str = "redacted-not-by-keys";

/// What is known of a signature that was taken out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signature {
    /// Nothing.
    Unknown,
    /// A published key had made it.
    Stands,
    /// No published key had made it.
    Fails,
}

impl Signature {
    /// What the record says of the signature of a token; `None` if the signature is still there.
    #[must_use]
    pub fn of(token: &str) -> Option<Self> {
        match token.rsplit_once('.')?.1 {
            UNKNOWN => Some(Self::Unknown),
            STANDS => Some(Self::Stands),
            FAILS => Some(Self::Fails),
            _ => None,
        }
    }
}

/// The access tokens that were issued: the number of the exchange, what is kept of the token, and the word for its
/// signature, where something can be said of that.
fn checked(trail: &Trail) -> Vec<(u32, String, &'static str)> {
    let object = |exchange: &Exchange| {
        let reply = exchange.reply().filter(|reply| (200..300).contains(&reply.status))?;
        json::read_object(&reply.body.bytes()).ok()
    };
    let sets = trail.in_order().filter(|x| x.step == Step::Jwks).filter_map(object);
    let keys: Vec<Value> = sets.filter_map(|set| set.get("keys")?.as_array().cloned()).flatten().collect();
    let issuing =
        |x: &&Exchange| matches!(x.step, Step::TokenCode | Step::TokenDevice | Step::TokenClient | Step::TokenTrial);
    let word = |token: &str| {
        if Signature::of(token).is_some() {
            return None;
        }
        let jwt = jwt::decode(token).ok()?;
        let kid = jwt.header_str("kid").present();
        let alg = jwt.header_str("alg").present();
        let named = keys.iter().filter(|key| kid.is_none() || key.get("kid").and_then(Value::as_str) == kid);
        let outcomes: Vec<_> = named.map(|key| jwt::verify(token, key, alg)).collect();
        let unsure = |outcome: &Result<(), SignatureProblem>| {
            matches!(outcome, Err(SignatureProblem::Unsupported { .. } | SignatureProblem::Critical))
        };
        match () {
            () if outcomes.iter().any(Result::is_ok) => Some(STANDS),
            () if outcomes.is_empty() || outcomes.iter().any(unsure) => None,
            () => Some(FAILS),
        }
    };
    let found = trail.in_order().filter(issuing).filter_map(|exchange| {
        let object = object(exchange)?;
        let token = object.get("access_token")?.as_str()?;
        Some((exchange.number, token.rsplit_once('.')?.0.to_owned(), word(token)?))
    });
    found.collect()
}

fn redact_exchange(exchange: &mut Exchange) {
    exchange.request.url = redact_query(&exchange.request.url);
    if let Some(body) = &mut exchange.request.body {
        *body = redact_body(body);
    }
    exchange.request.headers.iter_mut().for_each(redact_header);
    if let Outcome::Reply(reply) = &mut exchange.outcome {
        reply.headers.iter_mut().for_each(redact_header);
        if let Some(clean) = reply.body.text.as_deref().and_then(masked) {
            reply.body.text = Some(clean.into());
        }
        // What a server repeats stands wherever it likes.
        if let Some(Cow::Owned(clean)) = reply.body.text.as_deref().map(secret::scrub) {
            reply.body.text = Some(clean.into());
        }
        for header in &mut reply.headers {
            if let Cow::Owned(clean) = secret::scrub(&header.value) {
                header.value = clean;
            }
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
            let is_known = [STANDS, FAILS].contains(&signature);
            format!("{header}.{claims}.{}", if signature.is_empty() || is_known { signature } else { UNKNOWN })
        }
        _ => format!("[redacted, {} characters]", credential.chars().count()),
    }
}

/// What binds an answer to its request: worth something until it was used.
const BINDINGS: [&str; 2] = ["state", "requestState"];

fn is_secret(name: &str) -> bool {
    credentials::NAMES.contains(&name) || BINDINGS.contains(&name)
}

fn redact_query(url: &str) -> String {
    let (head, rest) = match (url.split_once('?'), url.split_once('#')) {
        (Some((head, rest)), _) if !head.contains('#') => (head, rest),
        (_, Some((head, fragment))) => return format!("{head}#{}", redact_form(fragment)),
        _ => return url.to_owned(),
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
        Some((name, value)) if is_secret(name) => format!("{name}={}", mask(value).replace(' ', "+")),
        _ => pair.to_owned(),
    });
    pairs.collect::<Vec<_>>().join("&")
}

fn redact_body(body: &str) -> String {
    masked(body).unwrap_or_else(|| body.to_owned())
}

/// The body without credentials; `None` if it has none, so that untouched bodies stay byte for byte.
fn masked(body: &str) -> Option<String> {
    // Most documents hold nothing to mask; parsing a large one takes many times its size.
    let mut names = credentials::NAMES.iter().chain(&BINDINGS).chain(&PRIVATE_KEY_MEMBERS);
    let json = body.trim_start().starts_with(['{', '[']);
    if json && !body.contains("\\u") && !names.any(|name| body.contains(&format!("\"{name}\""))) {
        return None;
    }
    if let Ok(mut value) = serde_json::from_str::<serde_json::Value>(body) {
        return redact_json(&mut value).then(|| value.to_string());
    }
    // What was cut off in the middle of an object is no form, whatever its values hold.
    let looks_like_form = !json && body.contains('=') && !body.contains(['<', '\n', ' ']);
    let form = looks_like_form.then(|| redact_form(body));
    // JSON with something before it, a byte order mark or a guard such as `)]}'`, can look like one.
    redact_text(form.as_deref().unwrap_or(body)).or(form)
}

/// Masks string members with the name of a credential in what is no JSON: cut off, doubled, in an event stream.
fn redact_text(text: &str) -> Option<String> {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, name, value, after)) = next_member(rest) {
        if is_secret(name) || PRIVATE_KEY_MEMBERS.contains(&name) {
            out.push_str(before);
            out.push_str(&mask(value));
        } else {
            let kept = rest.len().saturating_sub(after.len());
            out.push_str(rest.get(..kept).unwrap_or_default());
        }
        rest = after;
    }
    out.push_str(rest);
    (out != text).then_some(out)
}

/// The next `"name": "value`, open or closed: what stands before the value, name, value, what follows the value.
fn next_member(text: &str) -> Option<(&str, &str, &str, &str)> {
    let mut at = 0;
    loop {
        let colon = at + text.get(at..)?.find(':')?;
        at = colon + 1;
        let name = text.get(..colon)?.trim_end().strip_suffix('"').and_then(|head| head.rsplit('"').next());
        let value = text.get(at..)?;
        // A value that was to be a string may stand in a list.
        let opened = value.trim_start_matches(|c: char| c.is_ascii_whitespace() || c == '[').strip_prefix('"');
        let Some((name, value)) = name.zip(opened) else { continue };
        let mut escaped = false;
        let end = value.find(|c: char| {
            let closes = c == '"' && !escaped;
            escaped = c == '\\' && !escaped;
            closes
        });
        let (value, after) = value.split_at_checked(end.unwrap_or(value.len()))?;
        let before = text.get(..text.len() - value.len() - after.len())?;
        return Some((before, name, value, after));
    }
}

/// The members of a private or secret key (RFC 7518 §6.2.2, §6.3.2, §6.4). They stay, so that their presence can be
/// judged; their values go.
const PRIVATE_KEY_MEMBERS: [&str; 8] = ["d", "p", "q", "dp", "dq", "qi", "k", "oth"];

/// Masks in place; says whether anything changed, so that untouched bodies stay byte for byte.
fn redact_json(value: &mut serde_json::Value) -> bool {
    match value {
        serde_json::Value::Object(map) => {
            let is_key = map.contains_key("kty");
            map.iter_mut().fold(false, |changed, (name, member)| {
                let name = name.as_str();
                let secret = is_secret(name) || is_key && PRIVATE_KEY_MEMBERS.contains(&name);
                (if secret { mask_strings(member) } else { redact_json(member) }) || changed
            })
        }
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

/// Masks every string of a credential, which may stand in a list or an object though it ought not to.
fn mask_strings(value: &mut serde_json::Value) -> bool {
    match value {
        serde_json::Value::String(text) => {
            *text = mask(text);
            true
        }
        serde_json::Value::Array(items) => mask_each(items.iter_mut()),
        serde_json::Value::Object(map) => mask_each(map.values_mut()),
        _ => false,
    }
}

fn mask_each<'v>(values: impl Iterator<Item = &'v mut serde_json::Value>) -> bool {
    // Every one of them: no short cut.
    values.map(mask_strings).filter(|masked| *masked).count() > 0
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
        assert_eq!(redact_query("https://a/cb#access_token=xyz"), "https://a/cb#access_token=[redacted,+3+characters]");
        assert_eq!(redact_query("https://a/cb#code=xyz&b=?c"), "https://a/cb#code=[redacted,+3+characters]&b=?c");
        assert_eq!(redact_body("grant_type=x&code=12"), "grant_type=x&code=[redacted,+2+characters]");
    }

    #[test]
    fn private_keys_keep_their_members_and_lose_their_values() {
        assert_eq!(
            redact_body(r#"{"keys":[{"kty":"EC","x":"a","d":"870M"}],"d":"plain"}"#),
            r#"{"keys":[{"kty":"EC","x":"a","d":"[redacted, 4 characters]"}],"d":"plain"}"#
        );
    }

    #[test]
    fn what_stands_before_an_object_does_not_make_it_a_form() {
        for before in ["\u{feff}", ")]}'", "while(1);", "x=1&"] {
            for (body, clean) in [
                (r#"{"access_token":"YWJj=="}"#, r#"{"access_token":"[redacted, 6 characters]"}"#),
                (
                    r#"{"a":"x=y","refresh_token":"abcdef"}"#,
                    r#"{"a":"x=y","refresh_token":"[redacted, 6 characters]"}"#,
                ),
            ] {
                assert_eq!(redact_body(&format!("{before}{body}")), format!("{before}{clean}"));
            }
        }
    }

    #[test]
    fn a_credential_of_the_wrong_kind_or_cut_off_goes_too() {
        assert_eq!(
            redact_body(r#"{"access_token":["abc",{"x":"de"}],"code":7}"#),
            r#"{"access_token":["[redacted, 3 characters]",{"x":"[redacted, 2 characters]"}],"code":7}"#
        );
        assert_eq!(redact_body(r#"{"access_token":"ab=c"#), r#"{"access_token":"[redacted, 4 characters]"#);
        assert_eq!(redact_body(r#"{"access_token": ["abc"#), r#"{"access_token": ["[redacted, 3 characters]"#);
    }

    #[test]
    fn what_is_no_json_loses_its_credentials_too() {
        let clean = |text: &str| redact_body(text);
        assert_eq!(clean(r#"{"a":{},"access_token":"ab"#), r#"{"a":{},"access_token":"[redacted, 2 characters]"#);
        assert_eq!(
            clean(r#"data: {"token" : "a\"b", "x": "y"}"#),
            r#"data: {"token" : "[redacted, 4 characters]", "x": "y"}"#
        );
        assert_eq!(clean("a: \"b\": c"), "a: \"b\": c");
        assert_eq!(clean(": \"token\":"), ": \"token\":");
    }
}
