//! Why a login, a refresh or a call did not come about: the step, what was found and what was expected, what helps.
//!
//! What a server sent is quoted through [`printable`] only. A refusal is told before anything is sent that it is about:
//! after each of the `Wrong…` variants no token request has been made, unless it is about what came of that request.

mod help;
mod redirect;

pub use self::redirect::RedirectProblem;
use crate::evidence::{Exchange, Failure};
use crate::formats::uri::{Likeness, UrlProblem};
use crate::spec::step::Step;
use crate::spec::text::printable;
use crate::store::StoreError;

/// Whose turn it is, which is the exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// The command line, a file or a setting.
    Usage,
    /// Network, TLS, time.
    Reach,
    /// Authorization is needed or was refused.
    Refused,
    /// A safety limit or a breach of the protocol stopped us.
    Safety,
    /// The credential store.
    Store,
    /// The MCP server answered with an error.
    Server,
}

/// We stopped.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// No answer.
    #[error("{} ({}): {}", step.title(), printable(url), printable(&failure.detail))]
    Unreachable {
        /// What was asked for.
        step: Step,
        /// Where.
        url: String,
        /// Why nothing came.
        failure: Box<Failure>,
    },
    /// An answer that nothing can be done with.
    #[error("{} ({}): {}", step.title(), printable(url), printable(detail))]
    Answer {
        /// What was asked for.
        step: Step,
        /// Where.
        url: String,
        /// What is wrong with the answer.
        detail: String,
    },
    /// The challenge names a document that is none.
    #[error("the challenge names {} as resource metadata, which brings {}", printable(url), printable(found))]
    NamedMetadata {
        /// The URL.
        url: String,
        /// What was there.
        found: String,
    },
    /// The resource metadata is for something else.
    #[error(
        "resource metadata ({}): `resource` is `{}`, but the server is `{}`: {likeness}",
        printable(at),
        printable(found),
        printable(expected)
    )]
    WrongResource {
        /// The document.
        at: String,
        /// Its `resource`.
        found: String,
        /// The MCP URL.
        expected: String,
        /// How they differ.
        likeness: Likeness,
    },
    /// The resource metadata lacks what the login needs.
    #[error("resource metadata ({}): {detail}", printable(at))]
    WrongMetadata {
        /// The document.
        at: String,
        /// What is wrong.
        detail: &'static str,
    },
    /// No metadata of the authorization server.
    #[error("the authorization server `{}` has no metadata at {}", printable(issuer), printable(&tried.join(", ")))]
    NoServerMetadata {
        /// The issuer.
        issuer: String,
        /// Where it was looked for.
        tried: Vec<String>,
    },
    /// The metadata names another issuer.
    #[error(
        "authorization server metadata ({}): `issuer` is `{}`, expected `{}`: {likeness}",
        printable(at),
        printable(found),
        printable(expected)
    )]
    WrongIssuer {
        /// The document.
        at: String,
        /// Its `issuer`.
        found: String,
        /// The issuer that the resource metadata names.
        expected: String,
        /// How they differ.
        likeness: Likeness,
    },
    /// An endpoint is missing, or not one to go to.
    #[error("authorization server `{}`: `{name}` {detail}", printable(issuer))]
    WrongEndpoint {
        /// The issuer.
        issuer: String,
        /// The metadata member.
        name: &'static str,
        /// What is wrong with it, foreign text made printable.
        detail: String,
    },
    /// A URL that may not be used.
    #[error("{what}: {problem}")]
    WrongUrl {
        /// Which.
        what: &'static str,
        /// Why.
        problem: UrlProblem,
    },
    /// No PKCE with S256.
    #[error(
        "authorization server `{}`: `code_challenge_methods_supported` is {}, expected to hold `S256`",
        printable(issuer),
        printable(found)
    )]
    WrongPkce {
        /// The issuer.
        issuer: String,
        /// What it is.
        found: String,
    },
    /// A redirect that is not the answer to our request.
    #[error("the redirect back: {0}")]
    WrongRedirect(RedirectProblem),
    /// A scope that cannot be asked for.
    #[error(
        "the scope `{}` cannot be asked for: scope tokens are visible ASCII without quotes and backslashes",
        printable(scope)
    )]
    WrongScope {
        /// The scope.
        scope: String,
    },
    /// The authorization server is not the one that the client id belongs to.
    #[error(
        "the MCP server names the authorization server `{}`, but the client id belongs to `{}`",
        printable(found),
        printable(expected)
    )]
    ForeignClient {
        /// The issuer that was found.
        found: String,
        /// The issuer that the user names.
        expected: String,
    },
    /// The authorization server said no, in a redirect or at an endpoint.
    #[error("{}: the authorization server says `{}`{}", step.title(), printable(error), told(description.as_deref()))]
    Denied {
        /// Where it said so.
        step: Step,
        /// `error`.
        error: String,
        /// `error_description`.
        description: Option<String>,
    },
    /// There is no client id to use.
    #[error(
        "the authorization server `{}` offers no registration, and no client id is known for it",
        printable(issuer)
    )]
    NoClient {
        /// The issuer.
        issuer: String,
    },
    /// Only a person can go on.
    #[error("the authorization server shows a page ({}), so a person is needed", printable(url))]
    NeedsPerson {
        /// The page.
        url: String,
    },
    /// Nobody came back.
    #[error("nobody came back from the login within {seconds} s")]
    TimedOut {
        /// How long was waited.
        seconds: u64,
    },
    /// A login is needed, and may not be started here.
    #[error("a login is needed: {why}")]
    LoginNeeded {
        /// Why.
        why: String,
    },
    /// The token is new and refused all the same.
    #[error("the server refuses a token that is {}: {}", if *given { "given" } else { "fresh" }, printable(why))]
    StillRefused {
        /// What the server says.
        why: String,
        /// Whether the user gave the token.
        given: bool,
    },
    /// The server wants more scope after every login.
    #[error("the server still asks for more scope (`{}`) after {attempts} authorizations", printable(scope))]
    Insatiable {
        /// What it asked for last.
        scope: String,
        /// How often we asked for authorization.
        attempts: u32,
    },
    /// 403 without a challenge that more scope would answer.
    #[error("the server answers 403: {}", printable(why))]
    Forbidden {
        /// What it says.
        why: String,
    },
    /// The server sends us elsewhere with the token in hand.
    #[error("the server redirects from {} to {}, another origin: the token stays here", printable(from), printable(to))]
    Redirected {
        /// Where it was asked.
        from: String,
        /// Where it points.
        to: String,
    },
    /// The server speaks no wire that we do.
    #[error("the MCP server speaks no protocol revision that this program does: {}", printable(detail))]
    NoRevision {
        /// What it says.
        detail: String,
    },
    /// A JSON-RPC error.
    #[error("{method}: the MCP server says {}: {}", code.as_deref().unwrap_or("an error"), printable(message))]
    Rpc {
        /// The method.
        method: String,
        /// The code with its name.
        code: Option<String>,
        /// The message.
        message: String,
    },
    /// The tool wants to be answered something.
    #[error("the tool asks for input: {}", printable(what))]
    NeedsAnswer {
        /// What it asks.
        what: String,
    },
    /// An argument does not fit the tool.
    #[error("{0}")]
    Argument(String),
    /// A local file or key.
    #[error("{what}: {detail}")]
    Local {
        /// Which.
        what: String,
        /// What is wrong, without its content.
        detail: String,
    },
    /// Credentials are not sent where certificates go unchecked.
    #[error("--insecure leaves certificates unchecked, so no stored credential is sent")]
    Insecure,
    /// The credential store.
    #[error(transparent)]
    Store(#[from] StoreError),
}

fn told(description: Option<&str>) -> String {
    description.map_or_else(String::new, |text| format!(" ({})", printable(text)))
}

impl ClientError {
    /// No usable answer came of an exchange.
    #[must_use]
    pub fn answer(exchange: &Exchange, detail: impl Into<String>) -> Self {
        match exchange.failure() {
            Some(failure) => Self::Unreachable {
                step: exchange.step,
                url: shown_url(&exchange.request.url),
                failure: Box::new(failure.clone()),
            },
            None => Self::Answer { step: exchange.step, url: shown_url(&exchange.request.url), detail: detail.into() },
        }
    }

    /// Whose turn it is.
    #[must_use]
    pub const fn class(&self) -> Class {
        use crate::evidence::FailureKind;
        match self {
            Self::Unreachable { failure, .. } => match failure.kind {
                FailureKind::Refused | FailureKind::TooLarge => Class::Safety,
                _ => Class::Reach,
            },
            Self::Answer { .. }
            | Self::NamedMetadata { .. }
            | Self::WrongResource { .. }
            | Self::WrongMetadata { .. }
            | Self::NoServerMetadata { .. }
            | Self::WrongIssuer { .. }
            | Self::WrongEndpoint { .. }
            | Self::WrongUrl { .. }
            | Self::WrongPkce { .. }
            | Self::WrongRedirect(_)
            | Self::WrongScope { .. }
            | Self::ForeignClient { .. }
            | Self::Redirected { .. }
            | Self::NoRevision { .. }
            | Self::Insecure => Class::Safety,
            Self::Denied { .. }
            | Self::NoClient { .. }
            | Self::NeedsPerson { .. }
            | Self::LoginNeeded { .. }
            | Self::StillRefused { .. }
            | Self::Insatiable { .. }
            | Self::Forbidden { .. } => Class::Refused,
            Self::TimedOut { .. } => Class::Reach,
            Self::Rpc { .. } => Class::Server,
            Self::NeedsAnswer { .. } | Self::Argument(_) | Self::Local { .. } => Class::Usage,
            Self::Store(_) => Class::Store,
        }
    }
}

/// A URL as an error quotes it: without its query, which may hold a code.
#[must_use]
pub fn shown_url(url: &str) -> String {
    url.split(['?', '#']).next().unwrap_or_default().to_owned()
}
