//! Request parameters, and how requests are refused. draft-ietf-oauth-v2-1 §3.1, §3.2.2 and §3.2.4.

use http::StatusCode;
use http::header::WWW_AUTHENTICATE;
use serde_json::json;

use crate::serve::answer::Answer;
use crate::serve::ask::{Ask, FORM_LIMIT};
use crate::serve::site::Site;
use crate::serve::state::StoreError;
use crate::spec::fault::Duty;

/// Form parameters, in order. One without a value counts as absent.
#[derive(Clone, Debug, Default)]
pub(crate) struct Form(Vec<(String, String)>);

/// Parameters that may stand more than once: `resource` (RFC 8707 §2), `audience` (RFC 8693).
const REPEATABLE: [&str; 2] = ["resource", "audience"];

impl Form {
    /// Reads `application/x-www-form-urlencoded` text.
    pub(crate) fn parse(text: &[u8]) -> Self {
        let pairs = url::form_urlencoded::parse(text).filter(|(_, value)| !value.is_empty());
        Self(pairs.map(|(name, value)| (name.into_owned(), value.into_owned())).collect())
    }

    /// The parameters of a POST.
    pub(crate) async fn of(site: &Site, ask: &mut Ask) -> Result<Self, Denied> {
        let kind = ask.header("content-type").unwrap_or_default();
        let is_form = kind.split(';').next().is_some_and(|kind| {
            kind.trim().eq_ignore_ascii_case("application/x-www-form-urlencoded") || kind.is_empty()
        });
        if !is_form {
            return Err(Denied::new("invalid_request", "the body must be application/x-www-form-urlencoded"));
        }
        let unreadable = |_| Denied::new("invalid_request", "the body cannot be read, or is too long");
        let form = Self::parse(&ask.body(FORM_LIMIT).await.map_err(unreadable)?);
        form.check_repeated(site)?;
        Ok(form)
    }

    /// A parameter that stands twice makes the request invalid.
    pub(crate) fn check_repeated(&self, site: &Site) -> Result<(), Denied> {
        let repeated = self.0.iter().enumerate().any(|(at, (name, _))| {
            !REPEATABLE.contains(&name.as_str()) && self.0.iter().take(at).any(|(earlier, _)| earlier == name)
        });
        if repeated && site.keeps(Duty::RefuseRepeatedParameters) {
            return Err(Denied::new("invalid_request", "a parameter stands more than once"));
        }
        Ok(())
    }

    /// The last value of a parameter: where nothing may be repeated, the only one.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().rev().find(|(found, _)| found == name).map(|(_, value)| value.as_str())
    }

    /// Every value of a parameter.
    pub(crate) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(found, _)| found == name).map(|(_, value)| value.as_str())
    }

    /// The names of all parameters.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(name, _)| name.as_str())
    }

    /// The same parameters without this one.
    pub(crate) fn without(mut self, name: &str) -> Self {
        self.0.retain(|(found, _)| found != name);
        self
    }

    /// The text form.
    pub(crate) fn encode(&self) -> String {
        url::form_urlencoded::Serializer::new(String::new()).extend_pairs(&self.0).finish()
    }
}

/// Why a request is refused: an OAuth error.
#[derive(Clone, Debug)]
pub(crate) struct Denied {
    pub(crate) status: StatusCode,
    pub(crate) code: &'static str,
    pub(crate) description: &'static str,
    /// The client tried HTTP Basic: the answer must name the scheme.
    basic: bool,
}

impl Denied {
    /// Status 400, or 401 for `invalid_client`.
    pub(crate) fn new(code: &'static str, description: &'static str) -> Self {
        let status = match code {
            "invalid_client" | "invalid_token" => StatusCode::UNAUTHORIZED,
            "server_error" => StatusCode::INTERNAL_SERVER_ERROR,
            _ => StatusCode::BAD_REQUEST,
        };
        Self { status, code, description, basic: false }
    }

    /// The same with another status.
    pub(crate) fn with_status(self, status: StatusCode) -> Self {
        Self { status, ..self }
    }

    /// The same, for a client that tried HTTP Basic.
    pub(crate) fn basic(self, basic: bool) -> Self {
        Self { basic, ..self }
    }

    /// The JSON reply.
    pub(crate) fn answer(&self) -> Answer {
        let body = json!({ "error": self.code, "error_description": self.description });
        let answer = Answer::json(self.status, body).no_store().open();
        if self.basic || self.status == StatusCode::UNAUTHORIZED && self.code == "invalid_client" {
            answer.put(WWW_AUTHENTICATE, "Basic realm=\"mcp-auth\"")
        } else {
            answer
        }
    }
}

impl From<StoreError> for Denied {
    fn from(error: StoreError) -> Self {
        tracing::error!(%error, "the state cannot be used");
        Self::new("server_error", "the server cannot remember things")
    }
}

impl From<crate::serve::keys::KeyError> for Denied {
    fn from(error: crate::serve::keys::KeyError) -> Self {
        tracing::error!(%error, "cannot sign");
        Self::new("server_error", "the server cannot sign")
    }
}
