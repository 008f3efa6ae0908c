//! What authorization server metadata says: RFC 8414 §2, OpenID Connect Discovery §3.

use crate::verdict::Check;

/// The rows.
pub(super) const CHECKS: &[Check] = &[];
