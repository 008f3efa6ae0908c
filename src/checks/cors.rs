//! Browser clients: the Fetch standard's CORS protocol.

use crate::verdict::Check;

/// The rows.
pub(super) const CHECKS: &[Check] = &[];
