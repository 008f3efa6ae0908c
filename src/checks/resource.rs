//! Where protected resource metadata is, and in what form: RFC 9728 §3.

use crate::verdict::Check;

/// The rows.
pub(super) const CHECKS: &[Check] = &[];
