//! Replies of a token endpoint: RFC 6749 §5.1 and §5.2 (OAuth 2.1 §3.2.3, §3.2.4), RFC 8693 §2.2.1 (`issued_token_type`).
//!
//! Read leniently, so that a reply that strict clients give up on can be explained: form-encoded bodies are
//! understood, odd kinds are named. Secrets become [`Secret`]s at once, and no text here quotes a value.

use serde_json::{Map, Value};
use thiserror::Error;

use super::json::{self, Field, JsonProblem, Kind};
use super::secret::Secret;
use crate::spec::text::printable;

/// What the endpoint said.
#[derive(Clone, Debug, PartialEq)]
pub struct TokenReply {
    /// Success, error, or neither.
    pub body: TokenBody,
    /// Whether it came form-encoded instead of as JSON.
    pub form_encoded: bool,
}

/// The body of the reply, by its members and not by the status.
#[derive(Clone, Debug, PartialEq)]
pub enum TokenBody {
    /// It has `access_token`, or at least no `error`.
    Success(Box<TokenResponse>),
    /// It has `error`.
    Error(TokenError),
    /// It cannot be read.
    Unreadable(TokenProblem),
}

/// Why a reply cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum TokenProblem {
    /// Not a JSON object, nor form-encoded.
    #[error(transparent)]
    Json(#[from] JsonProblem),
    /// A form-encoded body names a parameter twice.
    #[error("the form-encoded reply has `{}` twice", printable(name))]
    Duplicate {
        /// The parameter.
        name: String,
    },
}

/// A successful reply.
#[derive(Clone, Debug, PartialEq)]
pub struct TokenResponse {
    /// The access token.
    pub access_token: Field<Secret>,
    /// Its type: `Bearer`, `DPoP`; case-insensitive.
    pub token_type: Field<String>,
    /// How long it lives.
    pub expires_in: Lifetime,
    /// The refresh token.
    pub refresh_token: Field<Secret>,
    /// The ID token of OpenID Connect.
    pub id_token: Field<Secret>,
    /// The scope granted; absent means the one asked for.
    pub scope: Field<String>,
    /// RFC 8693.
    pub issued_token_type: Field<String>,
    /// Names of all other members.
    pub others: Vec<String>,
}

/// `expires_in`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Lifetime {
    /// No such member.
    Absent,
    /// Whole seconds, as the RFC has it.
    Seconds(u64),
    /// Seconds, but written as a string or a fraction.
    Odd {
        /// The number meant.
        seconds: u64,
        /// How it was written.
        written: Kind,
    },
    /// Zero, negative, not a number.
    Wrong(Kind),
}

impl Lifetime {
    /// The seconds meant, however they were written.
    #[must_use]
    pub const fn seconds(&self) -> Option<u64> {
        match self {
            Self::Seconds(seconds) | Self::Odd { seconds, .. } => Some(*seconds),
            Self::Absent | Self::Wrong(_) => None,
        }
    }
}

/// An error reply.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenError {
    /// `error`; foreign text.
    pub error: Field<String>,
    /// `error_description`; foreign text.
    pub error_description: Field<String>,
    /// `error_uri`; foreign text.
    pub error_uri: Field<String>,
}

impl TokenResponse {
    /// Whether the type is `Bearer`, in any case (RFC 6749 §5.1).
    #[must_use]
    pub fn is_bearer(&self) -> bool {
        matches!(&self.token_type, Field::Present(name) if name.eq_ignore_ascii_case("Bearer"))
    }

    /// Whether the type is `DPoP`, in any case (RFC 9449 §5).
    #[must_use]
    pub fn is_dpop(&self) -> bool {
        matches!(&self.token_type, Field::Present(name) if name.eq_ignore_ascii_case("DPoP"))
    }
}

/// Reads a reply. A body that is not JSON is tried as a form if its media type says so, or if it looks like one.
#[must_use]
pub fn read(media_type: Option<&str>, body: &[u8]) -> TokenReply {
    let problem = match json::read_object(body) {
        Ok(map) => return TokenReply { body: of_map(&map), form_encoded: false },
        Err(problem) => problem,
    };
    let says_form = media_type.is_some_and(|text| {
        let essence = text.split(';').next().unwrap_or_default().trim();
        essence.eq_ignore_ascii_case("application/x-www-form-urlencoded")
    });
    let looks_like_form = ["access_token=", "error="]
        .iter()
        .any(|start| std::str::from_utf8(body).is_ok_and(|text| text.split('&').any(|pair| pair.starts_with(start))));
    if !(looks_like_form || (says_form && matches!(problem, JsonProblem::Syntax { .. }))) {
        return TokenReply { body: TokenBody::Unreadable(problem.into()), form_encoded: false };
    }
    let mut map = Map::new();
    for (name, value) in url::form_urlencoded::parse(body) {
        // A form has no kinds: a number is what looks like one.
        let value =
            value.parse::<u64>().ok().filter(|_| name == "expires_in").map_or_else(|| value.into(), Value::from);
        if map.insert(name.clone().into_owned(), value).is_some() {
            let problem = TokenProblem::Duplicate { name: name.into_owned() };
            return TokenReply { body: TokenBody::Unreadable(problem), form_encoded: true };
        }
    }
    TokenReply { body: of_map(&map), form_encoded: true }
}

fn of_map(map: &Map<String, Value>) -> TokenBody {
    let text = |name| json::str_field(map, name).map(str::to_owned);
    // Some servers send `"error": null` with a token.
    if map.get("error").is_some_and(|error| !error.is_null()) && !map.contains_key("access_token") {
        return TokenBody::Error(TokenError {
            error: text("error"),
            error_description: text("error_description"),
            error_uri: text("error_uri"),
        });
    }
    let secret = |name| json::str_field(map, name).map(Secret::from);
    TokenBody::Success(Box::new(TokenResponse {
        access_token: secret("access_token"),
        token_type: text("token_type"),
        expires_in: lifetime(map),
        refresh_token: secret("refresh_token"),
        id_token: secret("id_token"),
        scope: text("scope"),
        issued_token_type: text("issued_token_type"),
        others: map.keys().filter(|name| !KNOWN.contains(&name.as_str())).cloned().collect(),
    }))
}

const KNOWN: &[&str] =
    &["access_token", "token_type", "expires_in", "refresh_token", "id_token", "scope", "issued_token_type"];

fn lifetime(map: &Map<String, Value>) -> Lifetime {
    let Some(value) = map.get("expires_in") else { return Lifetime::Absent };
    let written = Kind::of(value);
    if let Some(seconds) = value.as_u64().filter(|&seconds| seconds > 0) {
        return Lifetime::Seconds(seconds);
    }
    let meant = match value {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => text.trim().parse::<f64>().ok(),
        _ => None,
    };
    match meant {
        // A cast saturates.
        Some(number) if number.is_finite() && number >= 1.0 => Lifetime::Odd { seconds: number as u64, written },
        _ => Lifetime::Wrong(written),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn success(body: &str) -> TokenResponse {
        match read(None, body.as_bytes()).body {
            TokenBody::Success(response) => *response,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_example_of_the_rfc() {
        let body = r#"{"access_token":"2YotnFZFEjr1zCsicMWpAA","token_type":"example","expires_in":3600,
                       "refresh_token":"tGzv3JOkF0XG5Qx2TlKWIA","example_parameter":"example_value"}"#;
        let response = success(body);
        assert_eq!(response.access_token.as_ref().present().unwrap().expose(), "2YotnFZFEjr1zCsicMWpAA");
        assert_eq!(response.expires_in, Lifetime::Seconds(3600));
        assert_eq!((response.scope.clone(), response.id_token.clone()), (Field::Absent, Field::Absent));
        assert_eq!(response.others, ["example_parameter"]);
        let shown = format!("{response:?}");
        assert!(!shown.contains("2Yotn") && !shown.contains("tGzv") && !shown.contains("example_value"), "{shown}");
    }

    #[test]
    fn token_types_have_no_case() {
        assert!(success(r#"{"token_type":"bEARER"}"#).is_bearer() && success(r#"{"token_type":"dpop"}"#).is_dpop());
        assert!(!success(r#"{"token_type":null}"#).is_bearer() && !success("{}").is_bearer());
    }

    #[test]
    fn lifetimes_are_read_however_they_are_written() {
        let of = |text: &str| success(&format!(r#"{{"expires_in":{text}}}"#)).expires_in;
        assert_eq!(of(r#""3600""#), Lifetime::Odd { seconds: 3600, written: Kind::String });
        assert_eq!(of("3599.5"), Lifetime::Odd { seconds: 3599, written: Kind::Number });
        for text in ["0", "-1", r#""soon""#, r#""inf""#, "\"NaN\""] {
            assert!(matches!(of(text), Lifetime::Wrong(_)), "{text}");
        }
        assert_eq!(of("null"), Lifetime::Wrong(Kind::Null));
        assert_eq!(of("1e300").seconds(), Some(u64::MAX));
        assert_eq!(success("{}").expires_in, Lifetime::Absent);
    }

    #[test]
    fn errors_are_known_by_their_member() {
        let reply = read(None, br#"{"error":"invalid_grant","error_description":7}"#);
        let expected = TokenError {
            error: Field::Present("invalid_grant".to_owned()),
            error_description: Field::Wrong(Kind::Number),
            error_uri: Field::Absent,
        };
        assert_eq!(reply.body, TokenBody::Error(expected));
        assert!(matches!(read(None, br#"{"error":null,"access_token":"x"}"#).body, TokenBody::Success(_)));
        assert!(matches!(read(None, br#"{"error":{}}"#).body, TokenBody::Error(_)));
    }

    #[test]
    fn forms_are_understood_and_noted() {
        let reply = read(
            Some("application/x-www-form-urlencoded; charset=utf-8"),
            b"access_token=gho_16C7e42F&scope=repo%2Cgist&token_type=bearer&expires_in=60",
        );
        assert!(reply.form_encoded);
        let TokenBody::Success(response) = reply.body else { panic!("{:?}", reply.body) };
        assert_eq!(response.scope, Field::Present("repo,gist".to_owned()));
        assert_eq!(response.expires_in, Lifetime::Seconds(60));
        assert!(response.is_bearer());
        let error = read(Some("text/plain"), b"error=bad_verification_code&error_description=The+code");
        assert!(error.form_encoded && matches!(error.body, TokenBody::Error(_)));
        let twice = read(None, b"access_token=SECRET12&access_token=SECRET34");
        assert!(
            matches!(&twice.body, TokenBody::Unreadable(TokenProblem::Duplicate { name }) if name == "access_token")
        );
    }

    #[test]
    fn what_cannot_be_read_says_why() {
        for (body, problem) in [
            ("", JsonProblem::Empty),
            ("<html>error=1</html>", JsonProblem::Markup),
            ("[]", JsonProblem::NotObject { found: Kind::Array }),
        ] {
            let reply = read(Some("application/x-www-form-urlencoded"), body.as_bytes());
            assert_eq!(reply, TokenReply { body: TokenBody::Unreadable(problem.into()), form_encoded: false });
        }
    }

    proptest! {
        #[test]
        fn never_panics(body in proptest::collection::vec(any::<u8>(), 0..100), form in any::<bool>()) {
            let _ = read(form.then_some("application/x-www-form-urlencoded"), &body);
        }

        #[test]
        fn never_shows_a_token(token in "[A-Za-z0-9_.-]{12,40}", tail in "[}&\"{,]{0,3}") {
            for body in [format!("{{\"access_token\":\"{token}\"{tail}"), format!("access_token={token}{tail}")] {
                let shown = format!("{:?}", read(None, body.as_bytes()));
                prop_assert!(!shown.contains(&token), "{}", shown);
            }
        }
    }
}
