//! Where it is written what clients do: files of one version, pages, and when they were read.

use super::{Case, Client, Fit, Rule};

pub(super) const TS: &str = "modelcontextprotocol/typescript-sdk@3924de9 packages/client/src/client/auth.ts";
pub(super) const TS_ON: &str = "2026-08-18";
pub(super) const PY: &str = "modelcontextprotocol/python-sdk@57394b0 src/mcp/client/auth/oauth2.py";
pub(super) const PY_UTILS: &str = "modelcontextprotocol/python-sdk@57394b0 src/mcp/client/auth/utils.py";
pub(super) const PY_ON: &str = "2026-08-20";
pub(super) const RS: &str = "modelcontextprotocol/rust-sdk@4a738b9 crates/rmcp/src/transport/auth.rs";
pub(super) const RS_ON: &str = "2026-08-20";
pub(super) const GEMINI: &str = "google-gemini/gemini-cli@5411f11 packages/core/src/mcp/oauth-utils.ts";
pub(super) const GEMINI_LOGIN: &str = "google-gemini/gemini-cli@5411f11 packages/core/src/mcp/oauth-provider.ts";
pub(super) const GEMINI_ON: &str = "2026-08-21";
pub(super) const CODE: &str = "microsoft/vscode@000d382 src/vs/workbench/api/common/extHostMcp.ts";
pub(super) const CODE_ON: &str = "2026-11-23";
pub(super) const CLAUDE: &str = "https://claude.com/docs/connectors/building/authentication";
pub(super) const OPENAI: &str = "https://developers.openai.com/apps-sdk/build/auth";
pub(super) const OPENAI_PLUGINS: &str = "https://developers.openai.com/plugins/build/auth";
pub(super) const READ_ON: &str = "2026-11-23";
pub(super) const COLLECTED_ON: &str = "2026-11-22";

/// A row.
pub(super) const fn rule(
    client: Client,
    case: Case,
    fit: Fit,
    step: &'static str,
    says: &'static str,
    (source, on): (&'static str, &'static str),
) -> Rule {
    Rule { client, case, fit, step, says, source, on }
}
