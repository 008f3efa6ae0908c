//! Where authorization server metadata is, and in what form: RFC 8414 §3, OpenID Connect Discovery §4.

use crate::verdict::Check;

/// The rows.
pub(super) const CHECKS: &[Check] = &[];
