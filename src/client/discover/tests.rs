//! Redirects, written by hand.

use super::*;
use crate::evidence::{Body, Header, HttpReply, HttpRequest, Outcome};

#[test]
fn a_redirect_is_followed_within_its_origin_and_with_its_method() {
    let led = |method: &str, status: u16, location: &str| {
        let headers = vec![Header { name: "location".into(), value: location.into() }];
        redirect_within_origin(&Exchange {
            number: 1,
            step: Step::PathMetadata,
            about: None,
            because: "a test".into(),
            follows: None,
            request: HttpRequest {
                method: method.into(),
                url: "https://rs.test/a/b".into(),
                headers: Vec::new(),
                body: None,
            },
            outcome: Outcome::Reply(HttpReply { status, headers, body: Body::default() }),
            at: 0,
            took: 0,
        })
    };
    for status in [301, 302, 303, 307, 308] {
        assert_eq!(led("GET", status, "c").as_deref(), Some("https://rs.test/a/c"), "{status}");
    }
    for status in [307, 308] {
        assert_eq!(led("POST", status, "/c").as_deref(), Some("https://rs.test/c"), "{status}");
    }
    for status in [301, 302, 303] {
        assert_eq!(led("POST", status, "/c"), None, "{status} turns POST into GET");
    }
    for status in [200, 300, 304, 305, 306, 309, 404] {
        assert_eq!(led("GET", status, "/c"), None, "{status}");
    }
    for elsewhere in ["https://other.test/c", "http://rs.test/c", "https://rs.test:444/c", "javascript:alert(1)"] {
        assert_eq!(led("GET", 307, elsewhere), None, "{elsewhere}");
    }
}
