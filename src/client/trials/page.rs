//! The page that asks the user, as a browser meets it: its redirects on the same origin, its cookies, its form. Nobody logs
//! in; the only button that is pressed is the one that denies. draft-ietf-oauth-v2-1 §7.5.4 and §7.10, MCP Security Best
//! Practices ("Consent UI Requirements").

use url::Url;

use super::authorization::ask;
use super::lab::Lab;
use crate::evidence::{Exchange, HttpReply};
use crate::formats::uri;
use crate::spec::trial::Trial;
use crate::spec::trial::authorization::{DENIED, DENIED_ELSEWHERE, PAGE};
use crate::wire::{Ask, limits};

/// Where a browser stands: the page, and the cookies of its origin.
struct Visit {
    page: Exchange,
    cookies: Vec<(String, String)>,
}

/// A form that can be sent.
struct Form {
    action: Url,
    fields: Vec<(String, String)>,
}

/// Opens the page and denies: first without its cookies, which must not count, then with them.
pub(super) async fn run(lab: &Lab<'_>, url: &Url) {
    let Some(visit) = open(lab, url).await else { return };
    let Some(form) = deny(&visit.page) else { return };
    let elsewhere = press(lab, DENIED_ELSEWHERE, &form, &[]).await;
    if elsewhere.status().is_some_and(|status| status < 400) {
        // Once more from the beginning, so that no accident is reported.
        let again = open(lab, url).await;
        if let Some(form) = again.as_ref().and_then(|visit| deny(&visit.page)) {
            press(lab, DENIED_ELSEWHERE, &form, &[]).await;
        }
        return;
    }
    press(lab, DENIED, &form, &visit.cookies).await;
}

/// Follows the redirects of a request on its own origin; `None` if no page comes.
async fn open(lab: &Lab<'_>, url: &Url) -> Option<Visit> {
    let mut url = url.clone();
    let origin = uri::origin_of(&url);
    let mut cookies: Vec<(String, String)> = Vec::new();
    let mut follows = None;
    for _ in 0..=limits::REDIRECTS {
        let asked =
            with_cookies(ask(PAGE, url.as_str(), if follows.is_none() { "" } else { " (the next hop)" }), &cookies);
        let page = lab.wire.send(Ask { follows, ..asked }).await;
        let reply = page.reply()?;
        keep_cookies(&mut cookies, reply);
        let location = reply.header("location").filter(|_| matches!(reply.status, 301..=303 | 307 | 308));
        match location {
            Some(location) => {
                let next = uri::resolve(&url, location).ok()?;
                if uri::origin_of(&next) != origin || uri::gate(next.as_str()).is_err() {
                    return None;
                }
                (url, follows) = (next, Some(page.number));
            }
            None => return (reply.status < 400).then_some(Visit { page, cookies }),
        }
    }
    None
}

/// Takes the cookies of a reply; what a browser would look at besides name and value does not matter on one origin.
fn keep_cookies(cookies: &mut Vec<(String, String)>, reply: &HttpReply) {
    for line in reply.header_values("set-cookie") {
        let pair = line.split(';').next().and_then(|pair| pair.split_once('='));
        if let Some((name, value)) = pair {
            cookies.retain(|(known, _)| known != name.trim());
            cookies.push((name.trim().to_owned(), value.trim().to_owned()));
        }
    }
}

fn with_cookies(ask: Ask, cookies: &[(String, String)]) -> Ask {
    if cookies.is_empty() {
        return ask;
    }
    let pairs: Vec<String> = cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
    ask.header("cookie", pairs.join("; "))
}

async fn press(lab: &Lab<'_>, trial: Trial, form: &Form, cookies: &[(String, String)]) -> Exchange {
    let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(&form.fields).finish();
    let asked = Ask { method: "POST", body: Some(body), ..ask(trial, form.action.as_str(), "") };
    let asked = asked
        .header("content-type", "application/x-www-form-urlencoded")
        .header("origin", uri::origin_of(&form.action).to_string());
    lab.wire.send(with_cookies(asked, cookies)).await
}

/// The words of a button that denies.
const NO: [&str; 6] = ["deny", "cancel", "reject", "decline", "refuse", "disallow"];

/// The form of a page with a button that denies, as that button sends it; `None` if there is none on the same origin.
fn deny(page: &Exchange) -> Option<Form> {
    let html = page.reply()?.body.to_text();
    let from = Url::parse(&page.request.url).ok()?;
    // Tags are ASCII; lower case changes no length.
    let lower = html.to_ascii_lowercase();
    let mut at = 0;
    while let Some(start) = lower.get(at..)?.find("<form").map(|found| found + at) {
        let end = lower.get(start..)?.find("</form").map_or(lower.len(), |found| found + start);
        at = end;
        let text = html.get(start..end)?;
        let Some(fields) = denial(text) else { continue };
        let head = text.split('>').next().unwrap_or_default();
        let posts = attribute(head, "method").is_some_and(|method| method.eq_ignore_ascii_case("post"));
        let action = match attribute(head, "action").as_deref() {
            None | Some("") => from.clone(),
            Some(action) => from.join(action).ok()?,
        };
        if posts && uri::origin_of(&action) == uri::origin_of(&from) {
            return Some(Form { action, fields });
        }
    }
    None
}

/// The fields that the button that denies sends with it: the hidden ones, and its own.
fn denial(form: &str) -> Option<Vec<(String, String)>> {
    let mut fields = Vec::new();
    let mut button = None;
    for tag in form.split('<').skip(1) {
        let (head, text) = tag.split_once('>').unwrap_or((tag, ""));
        let name = head.split_ascii_whitespace().next().unwrap_or_default().to_ascii_lowercase();
        let (key, value) = (attribute(head, "name"), attribute(head, "value").unwrap_or_default());
        let kind = attribute(head, "type").unwrap_or_default().to_ascii_lowercase();
        match (name.as_str(), kind.as_str()) {
            ("input", "hidden") => fields.extend(key.map(|key| (key, value))),
            ("button", _) | ("input", "submit") => {
                let words = format!("{} {value} {text}", key.as_deref().unwrap_or_default()).to_ascii_lowercase();
                if kind != "reset" && NO.iter().any(|no| words.contains(no)) {
                    button = Some(key.map(|key| (key, value)));
                }
            }
            _ => {}
        }
    }
    fields.extend(button?);
    Some(fields)
}

/// An attribute of a tag, quoted or not; the few entities that stand in URLs and tokens are read.
fn attribute(head: &str, name: &str) -> Option<String> {
    let lower = head.to_ascii_lowercase();
    let mut from = 0;
    loop {
        let at = lower.get(from..)?.find(name)? + from;
        from = at + name.len();
        let before = lower.get(..at)?.chars().next_back();
        let rest = head.get(from..)?.trim_start();
        if !before.is_some_and(|c| c.is_ascii_whitespace() || c == '"' || c == '\'') || !rest.starts_with('=') {
            continue;
        }
        let rest = rest.trim_start_matches('=').trim_start();
        let value = match rest.chars().next() {
            Some(quote @ ('"' | '\'')) => rest.get(1..)?.split(quote).next()?,
            _ => rest.split(|c: char| c.is_ascii_whitespace() || c == '/').next()?,
        };
        return Some(value.replace("&amp;", "&").replace("&#x2F;", "/").replace("&quot;", "\"").replace("&#39;", "'"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_button_that_denies_sends_the_hidden_fields_and_itself() {
        let form = "<form method=\"post\" action=\"/a?b=1&amp;c=2\"><input type='hidden' name=request value=\"r&amp;1\">\
                    <input name=username value=alice><button name=\"decision\" value=\"approve\">Allow</button>\
                    <button name=\"decision\" value=\"deny\" formnovalidate>Deny</button></form>";
        let fields = denial(form).unwrap();
        assert_eq!(fields, [("request".to_owned(), "r&1".to_owned()), ("decision".to_owned(), "deny".to_owned())]);
        assert_eq!(attribute("form method=\"post\" action=\"/a?b=1&amp;c=2\"", "action").unwrap(), "/a?b=1&c=2");
        assert_eq!(attribute("input data-name=x name=y", "name").unwrap(), "y");
    }

    #[test]
    fn a_form_without_such_a_button_is_left_alone() {
        assert!(denial("<form><input type=hidden name=a value=b><button>Sign in</button></form>").is_none());
        assert!(denial("<form><button type=reset>Cancel</button></form>").is_none());
    }
}
