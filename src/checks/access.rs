//! What the MCP server lets in: RFC 6750 §2–3, RFC 8725, RFC 9068 §4, MCP authorization.

use crate::verdict::Check;

/// The rows.
pub(super) const CHECKS: &[Check] = &[];
