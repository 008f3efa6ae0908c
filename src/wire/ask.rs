//! What is asked of the gate, and what the user decided about connections.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Notify, mpsc};

use super::limits;
use crate::spec::step::Step;

/// What the user decided about connections.
#[derive(Clone, Debug, Default)]
pub struct Policy {
    /// Further certificate authorities to trust, PEM.
    pub authorities: Vec<String>,
    /// Takes every certificate. No stored credential may be sent then.
    pub insecure: bool,
    /// Addresses the user gives for names.
    pub resolve: Vec<(String, SocketAddr)>,
    /// Headers the user adds to requests to the MCP server's origin.
    pub headers: Vec<(String, String)>,
    /// The longest time for one request, instead of [`limits::REQUEST`].
    pub timeout: Option<Duration>,
    /// The time between two unusual requests to one origin, instead of [`limits::PACE`].
    pub pace: Option<Duration>,
    /// The most requests of one run that are under way at once, those that listen to a stream apart; `None`: as many as
    /// need not wait for one another.
    pub at_once: Option<usize>,
    /// A proxy for everything; `None` takes the usual environment, except for targets on this machine.
    pub proxy: Option<String>,
}

/// A policy that cannot be carried out.
#[derive(Debug, thiserror::Error)]
pub enum PolicyError {
    /// The certificate authority file holds no certificate.
    #[error("the certificate authority file holds no PEM certificate")]
    Authority,
    /// The proxy is no URL.
    #[error("the proxy is not a URL this client can use")]
    Proxy,
    /// A header cannot be sent.
    #[error("`{0}` is not a header that can be sent")]
    Header(String),
    /// The HTTP client could not be made.
    #[error("the HTTP client could not be set up: {0}")]
    Setup(String),
}

/// A request to be made.
#[derive(Clone, Debug)]
pub struct Ask {
    /// What it is for.
    pub step: Step,
    /// What it is about; see [`Step`].
    pub about: Option<String>,
    /// Why it is made, as a clause.
    pub because: String,
    /// The method.
    pub method: &'static str,
    /// The URL, as it was found.
    pub url: String,
    /// Headers, in order; a name may stand twice.
    pub headers: Vec<(&'static str, String)>,
    /// The body.
    pub body: Option<String>,
    /// The number of the exchange whose redirect this request follows.
    pub follows: Option<u32>,
    /// Headers whose names are found at run time.
    pub named: Vec<(String, String)>,
    /// Whether the answer is the result of a tool, which may be longer, and longer awaited, than any other.
    pub is_result: bool,
}

impl Ask {
    /// A GET of a public document.
    #[must_use]
    pub fn get(step: Step, url: impl Into<String>, because: impl Into<String>) -> Self {
        Self {
            step,
            about: None,
            because: because.into(),
            method: "GET",
            url: url.into(),
            headers: vec![("accept", "application/json".to_owned())],
            body: None,
            follows: None,
            named: Vec::new(),
            is_result: false,
        }
    }

    /// The same request about something.
    #[must_use]
    pub fn about(self, about: impl Into<String>) -> Self {
        Self { about: Some(about.into()), ..self }
    }

    /// The same request, answered by the result of a tool.
    #[must_use]
    pub fn for_result(self) -> Self {
        Self { is_result: true, ..self }
    }

    /// The most that is read of the answer's body, in bytes.
    #[must_use]
    pub const fn most(&self) -> usize {
        if self.is_result { limits::TOOL_BODY } else { limits::body(self.step) }
    }

    /// The longest time for it, where it is not that of every request.
    #[must_use]
    pub fn patience(&self) -> Option<Duration> {
        self.is_result.then_some(limits::TOOL)
    }

    /// The same request with a further header.
    #[must_use]
    pub fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }
}

/// Hears an event stream while it is open.
#[derive(Clone, Debug)]
pub struct Tap {
    /// Gets the bytes of a stream as they come; nothing of other bodies.
    pub chunks: mpsc::UnboundedSender<Vec<u8>>,
    /// Told when the rest does not matter.
    pub enough: Arc<Notify>,
    /// Tells when the stream is open.
    pub opened: Arc<Notify>,
}
