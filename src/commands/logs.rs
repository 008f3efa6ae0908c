//! Logs of a running deployment, on standard error: one line for each event, as text or JSON. What is logged is chosen where
//! it happens, and never holds a query, a header, a body or a token.

use std::io::{self, IsTerminal as _};

use tracing_subscriber::EnvFilter;

use super::Terminal;

/// What is logged, and how.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Form {
    /// Only what goes wrong.
    #[default]
    Troubles,
    /// Every request, as text.
    Text,
    /// Every request, as JSON lines.
    Json,
}

/// Begins to log. A second call changes nothing.
pub fn start(form: Form, terminal: &Terminal) {
    let filter = match (form, terminal.quiet) {
        (Form::Troubles, true) => "off",
        (Form::Troubles, false) => "mcp_auth=warn",
        (Form::Text | Form::Json, _) => "mcp_auth=info",
    };
    let builder = tracing_subscriber::fmt().with_env_filter(EnvFilter::new(filter)).with_writer(io::stderr);
    let colour = terminal.colour && io::stderr().is_terminal();
    // Refused only when there is a subscriber already.
    let _ = match form {
        Form::Json => builder.json().flatten_event(true).with_current_span(false).with_span_list(false).try_init(),
        Form::Troubles | Form::Text => builder.with_ansi(colour).try_init(),
    };
}
