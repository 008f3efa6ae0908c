//! What is kept from view.

use std::borrow::Cow;

use super::*;
use crate::formats::secret;

#[test]
fn credentials_of_a_redirect_are_known_before_anybody_hears_of_them() {
    conceal(
        "http://127.0.0.1/callback?code=a-code-that-nobody-saw&iss=https%3A%2F%2Fas.test#access_token=a-token-that-nobody-saw",
    );
    for hidden in ["a-code-that-nobody-saw", "a-token-that-nobody-saw"] {
        assert!(matches!(secret::scrub(hidden), Cow::Owned(_)), "{hidden}");
    }
    assert!(matches!(secret::scrub("https://as.test"), Cow::Borrowed(_)));
}
