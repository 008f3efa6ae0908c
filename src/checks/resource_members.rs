//! What protected resource metadata says: RFC 9728 §2–3.

use crate::verdict::Check;

/// The rows.
pub(super) const CHECKS: &[Check] = &[];
