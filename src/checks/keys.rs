//! The key set: RFC 7517, RFC 7518.

use crate::verdict::Check;

/// The rows.
pub(super) const CHECKS: &[Check] = &[];
