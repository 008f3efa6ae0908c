//! How servers say "not without a login" other than by 401: redirects, and answers of success whose text refuses.

use url::Url;

use crate::evidence::{Evidence, Exchange, answer};
use crate::spec::step::Step;
use crate::spec::text::printable;

/// Where an answer sends the client (RFC 9110 §15.4); `None` if it does not.
pub(super) fn destination(exchange: &Exchange) -> Option<Url> {
    let reply = exchange.reply().filter(|reply| matches!(reply.status, 301 | 302 | 303 | 307 | 308))?;
    Url::parse(&exchange.request.url).ok()?.join(reply.header("location")?).ok()
}

/// The first request to the MCP endpoint that was sent elsewhere, but not to a login page, and where to.
pub(super) fn moved<'t>(e: &Evidence<'t>) -> Option<(&'t Exchange, Url)> {
    let mut redirects = e.first_requests().filter_map(|x| Some((x, destination(x)?)));
    redirects.find(|(x, to)| !is_login(x, to))
}

/// Whether a redirect leads to a login page: another path, and one that sounds so.
pub(super) fn is_login(exchange: &Exchange, to: &Url) -> bool {
    const WORDS: [&str; 8] = ["login", "log-in", "log_in", "signin", "sign-in", "sign_in", "auth", "sso"];
    let bare = |url: &Url| url.path().trim_end_matches('/').to_owned();
    let moved = Url::parse(&exchange.request.url).is_ok_and(|from| bare(&from) == bare(to));
    let place = format!("{}{}", to.host_str().unwrap_or_default(), to.path()).to_ascii_lowercase();
    let by_get = matches!(exchange.status(), Some(302 | 303));
    !moved && (by_get || WORDS.iter().any(|word| place.contains(word)))
}

/// The text of an answer of success that refuses for want of a login.
pub(super) fn disguised(exchange: &Exchange) -> Option<String> {
    exchange.status().filter(|status| (200..300).contains(status))?;
    let texts =
        answer::messages(exchange).into_iter().filter_map(|message| match (message.error(), message.result()) {
            (Some(error), _) => error.message.clone(),
            (None, Some(result)) if exchange.is(Step::McpCall) => {
                let content = result.get("content").and_then(serde_json::Value::as_array);
                let parts = content.into_iter().flatten().filter_map(|part| part.get("text")?.as_str());
                Some(parts.collect::<Vec<_>>().join(" "))
            }
            _ => None,
        });
    let mut refusing = texts.filter(|text| sounds_like_refusal(text));
    refusing.next().map(|text| printable(&text).cut(120).to_string())
}

/// Whether a text says that a login or a token is missing.
fn sounds_like_refusal(text: &str) -> bool {
    const WORDS: [&str; 17] = [
        "unauthorized",
        "unauthorised",
        "unauthenticated",
        "not authenticated",
        "not authorized",
        "authentication required",
        "authorization required",
        "requires authentication",
        "requires authorization",
        "must be authenticated",
        "log in",
        "login",
        "logged in",
        "sign in",
        "access token",
        "bearer token",
        "missing token",
    ];
    let text = text.to_lowercase();
    WORDS.iter().any(|word| text.contains(word))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evidence::{HttpReply, HttpRequest, Outcome};

    fn redirect(status: u16, to: &str) -> Exchange {
        let header = crate::evidence::Header { name: "location".into(), value: to.into() };
        let reply = HttpReply { status, headers: vec![header], body: crate::evidence::Body::default() };
        Exchange {
            number: 1,
            step: Step::McpDiscover,
            about: None,
            because: String::new(),
            follows: None,
            request: HttpRequest {
                method: "POST".into(),
                url: "https://rs.test/mcp".into(),
                headers: Vec::new(),
                body: None,
            },
            outcome: Outcome::Reply(reply),
            at: 0,
            took: 0,
        }
    }

    #[test]
    fn a_move_and_a_login_page_are_told_apart() {
        for (status, to, login) in [
            (308, "/mcp/", false),
            (302, "https://www.rs.test/mcp", false),
            (301, "/v2/mcp", false),
            (302, "/welcome", true),
            (307, "/login?next=/mcp", true),
            (301, "https://auth.rs.test/u", true),
        ] {
            let exchange = redirect(status, to);
            assert_eq!(is_login(&exchange, &destination(&exchange).unwrap()), login, "{status} {to}");
        }
        assert!(destination(&redirect(200, "/login")).is_none());
    }
}
