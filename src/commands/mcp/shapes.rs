//! What the tools take and give, as their schemas say.

use serde::{Deserialize, Serialize};

use crate::commands::symptom;
use crate::evidence::Mode;
use crate::report::{ClientFit, Status, Summary};
use crate::spec::level::Level;
use crate::spec::revision::Revision;
use crate::verdict::Role;

/// What `probe` takes.
#[derive(Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ProbeInput {
    /// The URL of the MCP endpoint, a name of mcp-auth.toml, or `embedded` for a correct deployment to compare with.
    pub(super) url: String,
    /// Reads public documents only; sends nothing to the MCP endpoint itself.
    #[serde(default)]
    pub(super) passive: bool,
    /// Says which clients can use the server, too: Claude, ChatGPT, VS Code, Cursor and others.
    #[serde(default)]
    pub(super) clients: bool,
    /// The protocol revision to judge by; by default the newest that the server negotiates.
    #[serde(default)]
    #[schemars(schema_with = "revisions")]
    pub(super) revision: Option<Revision>,
    /// The ids of the only checks to run.
    #[serde(default)]
    pub(super) only: Vec<String>,
}

/// A plain list of words: what is more, some assistants do not understand.
fn revisions(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
    schemars::json_schema!({ "type": "string", "enum": Revision::ALL.map(|revision| revision.as_str()) })
}

/// What `probe` found.
#[derive(Serialize, schemars::JsonSchema)]
pub(super) struct Probed {
    /// The MCP URL.
    pub(super) target: String,
    /// What kind of deployment was met.
    pub(super) mode: Mode,
    /// The protocol revision that was judged.
    pub(super) revision: Revision,
    /// The provider of the authorization server, where it was recognised.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) provider: Option<&'static str>,
    /// The totals.
    pub(super) summary: Summary,
    /// The id of the first broken link in a client's order: mend it first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) root_cause: Option<String>,
    /// What is wrong, the root cause first.
    pub(super) findings: Vec<Told>,
    /// What was not looked at for want of a flag on the command line, and how many checks that concerns.
    pub(super) not_looked_at: Vec<Wants>,
    /// Which clients can use the deployment; where that was asked.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) clients: Vec<ClientFit>,
    /// Requests sent.
    pub(super) requests: usize,
    /// The next useful command, for a terminal.
    pub(super) next: String,
}

/// A finding.
#[derive(Serialize, schemars::JsonSchema)]
pub(super) struct Told {
    /// The id of the check; `explain` tells more.
    pub(super) id: &'static str,
    /// `fail` breaks a requirement; `warn` breaks a recommendation or is tolerated by some.
    pub(super) status: Status,
    /// How binding it is.
    pub(super) level: Level,
    /// Who must act.
    pub(super) role: Role,
    /// What is required.
    pub(super) required: &'static str,
    /// What is wrong.
    pub(super) message: String,
    /// The request and its outcome where it was seen.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) place: Option<String>,
    /// What should be there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) expected: Option<String>,
    /// What is there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) actual: Option<String>,
    /// What to change.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) fix: Option<String>,
    /// The setting of the provider that was recognised.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) setting: Option<String>,
    /// Server code that does it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) code: Option<String>,
    /// Where it is written.
    pub(super) written: Vec<&'static str>,
    /// Checks that could not be looked at because of it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) blocks: Vec<&'static str>,
}

/// Checks that want a flag.
#[derive(Serialize, schemars::JsonSchema)]
pub(super) struct Wants {
    /// The flag of `mcp-auth probe`.
    pub(super) flag: &'static str,
    /// How many checks.
    pub(super) checks: usize,
}

/// What `explain` takes.
#[derive(Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ExplainInput {
    /// The id of a check, e.g. `prm-resource-match`.
    pub(super) id: String,
}

/// What `explain` says.
#[derive(Serialize, schemars::JsonSchema)]
pub(super) struct Explained {
    /// The id of the check.
    pub(super) id: String,
    /// All that is known of it, in words.
    pub(super) explanation: String,
}

/// What `symptoms` takes.
#[derive(Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct SymptomsInput {
    /// What the user sees, in their words, or the text of an error message.
    pub(super) text: String,
}

/// What `symptoms` found.
#[derive(Serialize, schemars::JsonSchema)]
pub(super) struct Symptoms {
    /// The symptoms that fit best, best first; none if no word fits.
    pub(super) symptoms: Vec<symptom::Found>,
}

/// What `token_check` takes.
#[derive(Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct TokenInput {
    /// The URL of the MCP endpoint that the token is for, or a name of mcp-auth.toml.
    pub(super) server: String,
    /// The access token; by default that of the stored login for the server.
    #[serde(default)]
    pub(super) token: Option<String>,
}
