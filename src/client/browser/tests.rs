//! What is kept from view, and what becomes of a browser that does not open.

use std::borrow::Cow;
use std::sync::{Arc, Mutex};

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

#[test]
fn a_browser_that_does_not_open_ends_the_login_only_where_nobody_can_go_on_by_hand() {
    let url = "https://as.test/authorize?a=b";
    let after = |browser: Browser, paste: bool| {
        let said = Arc::new(Mutex::new(String::new()));
        let heard = Arc::clone(&said);
        let say = move |text: &str| heard.lock().unwrap().push_str(text);
        let failed = Err(ClientError::Local { what: "the browser".to_owned(), detail: "no such command".to_owned() });
        let result = result_of_opening(failed, &Plan { browser, paste, ..Plan::default() }, url, &say);
        (result.is_ok(), said.lock().unwrap().contains(url))
    };
    let command = || Browser::Command(vec!["nothing".to_owned()]);
    assert_eq!(after(command(), false), (false, false), "who names a command wants that one");
    assert_eq!(after(command(), true), (true, true), "the address can be pasted");
    assert_eq!(after(Browser::System, false), (true, true), "the listener waits for any browser");
    assert_eq!(after(Browser::System, true), (true, true));
}
