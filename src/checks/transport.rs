//! Transport security: TLS, redirects, addresses, schemes.

use crate::verdict::Check;

/// The rows.
pub(super) const CHECKS: &[Check] = &[];
