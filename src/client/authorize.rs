//! The authorization request and what comes back: RFC 6749 §4.1, RFC 7636, RFC 8707 §2.1, RFC 9126, RFC 9207.
//!
//! A redirect is checked in the order of MCP 2026-07-28 ("Authorization Response Validation"): state, issuer, error, code.
//! Identifiers are compared byte by byte. Until all of it holds, nothing is sent anywhere.

use oauth2::basic::BasicClient;
use oauth2::{AuthUrl, ClientId, CsrfToken, PkceCodeChallenge, RedirectUrl, Scope};
use subtle::ConstantTimeEq as _;

use super::error::{ClientError, RedirectProblem};
use super::locate::Located;
use super::plan::Plan;
use super::token::{Teller, denied_by};
use crate::formats::secret::Secret;
use crate::formats::{json, uri};
use crate::spec::step::Step;

/// One authorization request, remembered until its answer.
pub struct Pending {
    /// Where the browser goes.
    pub url: String,
    /// Where it comes back to.
    pub redirect_uri: String,
    /// The verifier that the challenge was made of.
    pub verifier: Secret,
    awaited: Awaited,
}

/// What the answer to one authorization request must bring.
pub struct Awaited {
    /// No secret: it stands in a URL that people are shown. It is worth nothing once it was used.
    pub state: String,
    /// The issuer that the request went to.
    pub issuer: String,
    /// Whether its metadata promise `iss` (RFC 9207 §3).
    pub issuer_promised: bool,
}

/// The parameters that are ours alone: an endpoint that carries one already would pollute the request.
const OURS: [&str; 11] = [
    "response_type",
    "client_id",
    "redirect_uri",
    "code_challenge",
    "code_challenge_method",
    "state",
    "scope",
    "resource",
    "request_uri",
    "request",
    "response_mode",
];

impl Pending {
    /// Builds the request; pushes it if the server wants that (RFC 9126).
    ///
    /// # Errors
    /// The endpoint cannot be used, PKCE is not promised, or the server refuses the pushed request.
    pub async fn new(
        teller: &Teller<'_>,
        located: &Located,
        plan: &Plan,
        redirect_uri: &str,
        scope: &[String],
    ) -> Result<Self, ClientError> {
        Self::changed(teller, located, plan, redirect_uri, scope, |_| {}).await
    }

    /// The same, changed before it is pushed or shown to a browser.
    ///
    /// # Errors
    /// As [`Self::new`].
    pub async fn changed(
        teller: &Teller<'_>,
        located: &Located,
        plan: &Plan,
        redirect_uri: &str,
        scope: &[String],
        change: impl FnOnce(&mut url::Url),
    ) -> Result<Self, ClientError> {
        let endpoint = located.needed("authorization_endpoint")?;
        located.check_pkce(plan.leniency)?;
        let wrong = |detail: String| ClientError::WrongEndpoint {
            issuer: located.issuer.clone(),
            name: "authorization_endpoint",
            detail,
        };
        let parsed = uri::gate(&endpoint).map_err(|problem| wrong(problem.to_string()))?;
        if let Some((name, _)) = parsed.query_pairs().find(|(name, _)| OURS.contains(&name.as_ref())) {
            return Err(wrong(format!("carries `{name}` already, which is ours to set")));
        }
        let auth = AuthUrl::new(endpoint.clone()).map_err(|_| wrong("is no URL".to_owned()))?;
        let redirect =
            RedirectUrl::new(redirect_uri.to_owned()).map_err(|_| wrong("cannot redirect to us".to_owned()))?;
        let client =
            BasicClient::new(ClientId::new(teller.client.id.clone())).set_auth_uri(auth).set_redirect_uri(redirect);
        // 256 bits each.
        let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
        let mut request = client.authorize_url(|| CsrfToken::new_random_len(32)).set_pkce_challenge(challenge);
        for scope in scope {
            request = request.add_scope(Scope::new(scope.clone()));
        }
        if located.sends_resource {
            request = request.add_extra_param("resource", located.resource.clone());
        }
        if scope.iter().any(|scope| scope == "offline_access") {
            // OpenID Connect Core §11: without the consent page there is no refresh token.
            request = request.add_extra_param("prompt", "consent");
        }
        let (mut url, state) = request.url();
        change(&mut url);
        let mut pending = Self {
            url: url.to_string(),
            redirect_uri: redirect_uri.to_owned(),
            verifier: Secret::new(verifier.secret().clone()),
            awaited: Awaited {
                state: state.secret().clone(),
                issuer: located.own_issuer(),
                issuer_promised: located.flag("authorization_response_iss_parameter_supported"),
            },
        };
        if located.flag("require_pushed_authorization_requests") {
            pending.url = push(teller, located, &endpoint, &url).await?;
        }
        uri::gate(&pending.url).map_err(|problem| wrong(problem.to_string()))?;
        Ok(pending)
    }

    /// Whether this redirect is an answer to our request: see [`Awaited::is_answered_by`].
    #[must_use]
    pub fn is_answered_by(&self, query: &str) -> bool {
        self.awaited.is_answered_by(query)
    }

    /// The code of a redirect, after every check.
    ///
    /// # Errors
    /// As [`Awaited::code`].
    pub fn code(&self, query: &str) -> Result<Secret, ClientError> {
        self.awaited.code(query)
    }

    /// Whether a URL is our redirect URI, whatever it brings.
    #[must_use]
    pub fn is_return(&self, url: &url::Url) -> bool {
        let own = url::Url::parse(&self.redirect_uri);
        own.is_ok_and(|own| own.origin() == url.origin() && own.path() == url.path())
    }

    /// The query of a URL that goes to our redirect URI; `None` for every other URL.
    #[must_use]
    pub fn query_of<'u>(&self, url: &'u str) -> Option<&'u str> {
        let rest = url.strip_prefix(&self.redirect_uri)?;
        let query = rest.strip_prefix('?')?;
        Some(query.split('#').next().unwrap_or_default())
    }
}

impl Awaited {
    /// Whether this redirect is an answer to our request: exactly one `state`, ours.
    #[must_use]
    pub fn is_answered_by(&self, query: &str) -> bool {
        match once(query, "state") {
            Ok(Some(state)) => state.as_bytes().ct_eq(self.state.as_bytes()).into(),
            _ => false,
        }
    }

    /// The code of a redirect, after every check.
    ///
    /// # Errors
    /// [`ClientError::WrongRedirect`], or what the authorization server says.
    pub fn code(&self, query: &str) -> Result<Secret, ClientError> {
        let wrong = ClientError::WrongRedirect;
        if !self.is_answered_by(query) {
            return Err(wrong(once(query, "state").err().unwrap_or(RedirectProblem::State)));
        }
        let expected = || self.issuer.clone();
        match once(query, "iss").map_err(wrong)? {
            Some(found) if found != self.issuer => {
                return Err(wrong(RedirectProblem::Issuer { found, expected: expected() }));
            }
            None if self.issuer_promised => return Err(wrong(RedirectProblem::IssuerAbsent { expected: expected() })),
            _ => {}
        }
        if let Some(error) = once(query, "error").map_err(wrong)? {
            let description = once(query, "error_description").map_err(wrong)?;
            return Err(ClientError::Denied { step: Step::AuthorizeReturn, error, description });
        }
        match once(query, "code").map_err(wrong)? {
            Some(code) if !code.is_empty() => Ok(Secret::new(code)),
            _ => Err(wrong(RedirectProblem::Neither)),
        }
    }
}

/// A parameter that may stand there once at most.
fn once(query: &str, name: &'static str) -> Result<Option<String>, RedirectProblem> {
    let mut found = url::form_urlencoded::parse(query.as_bytes()).filter(|(key, _)| key == name);
    let first = found.next().map(|(_, value)| value.into_owned());
    if found.next().is_some() { Err(RedirectProblem::Twice(name)) } else { Ok(first) }
}

/// RFC 9126: the parameters go to the server directly; the browser carries a reference.
async fn push(
    teller: &Teller<'_>,
    located: &Located,
    endpoint: &str,
    request: &url::Url,
) -> Result<String, ClientError> {
    let place = located.needed("pushed_authorization_request_endpoint")?;
    // The client id is added with the client's authentication where that does not say it.
    let has_own = teller.client.secret.is_none() || teller.client.auth != crate::store::ClientAuth::ClientSecretBasic;
    let pairs = request.query_pairs().filter(|(name, _)| !(has_own && name == "client_id"));
    let pairs: Vec<(String, String)> = pairs.map(|(name, value)| (name.into_owned(), value.into_owned())).collect();
    let form = pairs.iter().map(|(name, value)| (name.as_str(), value.clone())).collect();
    let because = "the server wants authorization requests pushed";
    let exchange = teller.ask(Step::AuthorizationPush, &place, because, form).await?;
    let success = exchange.status().is_some_and(|status| (200..300).contains(&status));
    let answer = exchange.reply().and_then(|reply| reply.object().ok()).unwrap_or_default();
    let reference = json::str_field(&answer, "request_uri").present().filter(|_| success);
    let Some(reference) = reference else { return Err(denied_by(&exchange)) };
    let mut url = url::Url::parse(endpoint).map_err(|_| denied_by(&exchange))?;
    url.query_pairs_mut().append_pair("client_id", &teller.client.id).append_pair("request_uri", reference);
    Ok(url.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pending(promised: bool) -> Pending {
        Pending {
            url: "https://as.test/authorize".to_owned(),
            redirect_uri: "http://127.0.0.1:4711/callback".to_owned(),
            verifier: Secret::from("verifier-of-the-test"),
            awaited: Awaited {
                state: "state-of-the-test".to_owned(),
                issuer: "https://as.test/tenant".to_owned(),
                issuer_promised: promised,
            },
        }
    }

    fn problem(promised: bool, query: &str) -> Option<RedirectProblem> {
        match pending(promised).code(query) {
            Err(ClientError::WrongRedirect(problem)) => Some(problem),
            _ => None,
        }
    }

    const GOOD: &str = "state=state-of-the-test&code=the-code";
    const ISS: &str = "&iss=https%3A%2F%2Fas.test%2Ftenant";

    #[test]
    fn the_issuer_table_row_by_row() {
        assert_eq!(pending(true).code(&format!("{GOOD}{ISS}")).unwrap().expose(), "the-code");
        assert!(matches!(problem(true, GOOD), Some(RedirectProblem::IssuerAbsent { .. })));
        assert_eq!(pending(false).code(&format!("{GOOD}{ISS}")).unwrap().expose(), "the-code");
        assert_eq!(pending(false).code(GOOD).unwrap().expose(), "the-code");
        for foreign in
            ["https://evil.test", "https://as.test/tenant/", "https://AS.test/tenant", "https://as.test:443/tenant"]
        {
            for promised in [true, false] {
                let found = problem(promised, &format!("{GOOD}&iss={foreign}"));
                assert!(matches!(found, Some(RedirectProblem::Issuer { .. })), "{foreign}");
            }
        }
    }

    #[test]
    fn a_wrong_missing_cut_or_doubled_state_is_no_answer() {
        for query in [
            "code=the-code",
            "state=&code=the-code",
            "state=state-of-the-tes&code=the-code",
            "state=state-of-the-test&state=state-of-the-test&code=the-code",
            "state=other&state=state-of-the-test&code=the-code",
        ] {
            assert!(!pending(false).is_answered_by(query), "{query}");
            assert!(problem(false, query).is_some(), "{query}");
        }
    }

    #[test]
    fn what_stands_twice_is_refused() {
        for (more, name) in [("&code=other", "code"), ("&iss=a&iss=a", "iss"), ("&error=a&error=b", "error")] {
            assert_eq!(problem(false, &format!("{GOOD}{more}")), Some(RedirectProblem::Twice(name)));
        }
        for query in ["state=state-of-the-test", "state=state-of-the-test&code="] {
            assert_eq!(problem(false, query), Some(RedirectProblem::Neither), "{query}");
        }
    }

    #[test]
    fn an_error_of_another_issuer_is_not_repeated() {
        let query = "state=state-of-the-test&error=evil_error&error_description=evil_text&iss=https://evil.test";
        let error = pending(true).code(query).unwrap_err();
        assert!(!format!("{error} {error:?}").contains("evil_"), "{error}");
        let query = format!("state=state-of-the-test&error=access_denied{ISS}");
        assert!(matches!(pending(true).code(&query), Err(ClientError::Denied { .. })));
    }

    #[test]
    fn only_our_own_redirect_uri_is_ours() {
        let pending = pending(false);
        assert_eq!(pending.query_of("http://127.0.0.1:4711/callback?a=b#c"), Some("a=b"));
        for url in [
            "http://127.0.0.1:4711/callbackx?a=b",
            "http://127.0.0.1:4711/callback/?a=b",
            "http://127.0.0.1:47110/callback?a=b",
            "http://127.0.0.1:4711/callback",
            "https://127.0.0.1:4711/callback?a=b",
        ] {
            assert_eq!(pending.query_of(url), None, "{url}");
        }
    }
}
