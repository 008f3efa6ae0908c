//! How the authorization URL gets to a browser and its redirect back to us.
//!
//! The one launcher (structural rule 8): the URL has passed the URL gate, is http or https, and is one argument of a
//! command; no shell sees it. Where nobody can open a browser, the URL is printed and the redirected one may be pasted.

use std::process::Stdio;

use tokio::sync::mpsc;
use url::Url;

use super::authorize::Pending;
use super::error::{ClientError, RedirectProblem, shown_url};
use super::loopback::{Listener, Reception};
use super::plan::{Browser, Plan};
use super::token::denied_by;
use crate::formats::secret::Secret;
use crate::formats::uri;
use crate::spec::credentials;
use crate::spec::step::Step;
use crate::wire::{Ask, Wire, limits};

/// Tells the person something.
pub type Say = dyn Fn(&str) + Send + Sync;

/// Environment variables that hold secrets of ours.
pub const SECRET_VARIABLES: [&str; 5] = [
    "MCP_AUTH_TOKEN",
    "MCP_AUTH_CLIENT_SECRET",
    "MCP_AUTH_ASSERTION",
    "MCP_AUTH_ID_TOKEN",
    "MCP_AUTH_IDP_CLIENT_SECRET",
];

/// Redirects that are followed between the authorization endpoint and our redirect URI.
const HOPS: usize = 2 * limits::REDIRECTS;

/// Gets the answer to a request: the query of the redirect. It still has to be checked.
///
/// # Errors
/// Nobody came back in time, or without a person nothing can be done.
pub async fn answer(
    wire: &Wire,
    plan: &Plan,
    pending: &Pending,
    listener: &Listener,
    say: &Say,
) -> Result<String, ClientError> {
    if plan.browser == Browser::Follow {
        return follow(wire, pending, Step::Authorize, None).await;
    }
    let seconds = plan.patience.as_secs();
    let waiting = async {
        let judge = |query: &str| match (pending.is_answered_by(query), pending.code(query)) {
            (false, _) => Reception::Stranger,
            (true, Ok(_)) => Reception::Good,
            (true, Err(_)) => Reception::Failed,
        };
        // The listener is bound already; what comes before it is polled waits in the backlog.
        let mut pasted = if plan.paste { Some(lines()) } else { None };
        introduce(plan, pending, listener, say);
        let mut opened = Box::pin(open(&plan.browser, &pending.url));
        let mut is_open = false;
        let heard = listener.answer(judge);
        tokio::pin!(heard);
        loop {
            tokio::select! {
                query = &mut heard => return Ok(query),
                result = &mut opened, if !is_open => {
                    is_open = true;
                    result_of_opening(result, plan, &pending.url, say)?;
                }
                line = next(&mut pasted) => match line.as_deref().map(str::trim) {
                    Some("") => {}
                    Some(line) => match pending.query_of(line).filter(|query| pending.is_answered_by(query)) {
                        Some(query) => return Ok(query.to_owned()),
                        None => say("this is not the address that the browser was sent to; it begins with the redirect URI and holds `state` and `code`"),
                    },
                    None => pasted = None,
                },
            }
        }
    };
    match tokio::time::timeout(plan.patience, waiting).await {
        Ok(found) => found,
        Err(_) => Err(ClientError::TimedOut { seconds }),
    }
}

fn introduce(plan: &Plan, pending: &Pending, listener: &Listener, say: &Say) {
    match plan.browser {
        Browser::Print => {
            say(&format!("open this URL in a browser:\n\n  {}\n", pending.url));
            let port = listener.port();
            say(&format!(
                "the browser will come back to port {port} of its own machine; if that is not this one, first run there:\n  \
                 ssh -L {port}:127.0.0.1:{port} THIS-MACHINE"
            ));
        }
        _ => say(&format!("opening the browser; if none comes up, open this URL:\n\n  {}\n", pending.url)),
    }
    if plan.paste {
        say("or paste the address that the browser ends at, and press Enter:");
    }
}

fn result_of_opening(result: Result<(), ClientError>, plan: &Plan, url: &str, say: &Say) -> Result<(), ClientError> {
    match result {
        Err(error) if matches!(plan.browser, Browser::Command(_)) && !plan.paste => Err(error),
        Err(error) => {
            say(&format!("{error}; open the URL by hand:\n\n  {url}\n"));
            Ok(())
        }
        Ok(()) => Ok(()),
    }
}

/// Opens a URL that passed the URL gate.
///
/// # Errors
/// The browser could not be started, or the command failed.
pub async fn open(browser: &Browser, url: &str) -> Result<(), ClientError> {
    let local = |detail: String| ClientError::Local { what: "the browser".to_owned(), detail };
    let what = "the URL for the browser";
    uri::gate(url).map_err(|problem| ClientError::WrongUrl { what, problem })?;
    match browser {
        Browser::Print | Browser::Follow => Ok(()),
        Browser::Command(words) => {
            let (program, rest) = words.split_first().ok_or_else(|| local("the command is empty".to_owned()))?;
            let mut command = tokio::process::Command::new(program);
            let placed = rest.iter().any(|word| word.contains("%s"));
            command.args(rest.iter().map(|word| word.replace("%s", url)));
            if !placed {
                command.arg(url);
            }
            // What was meant for us is not for the browser.
            for name in SECRET_VARIABLES {
                command.env_remove(name);
            }
            command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::inherit()).kill_on_drop(true);
            let status = command.status().await.map_err(|error| local(format!("it cannot be started: {error}")))?;
            if status.success() { Ok(()) } else { Err(local(format!("the command ended with {status}"))) }
        }
        Browser::System => {
            let url = url.to_owned();
            let opened = tokio::task::spawn_blocking(move || webbrowser::open(&url)).await;
            match opened {
                Ok(Ok(())) => Ok(()),
                Ok(Err(error)) => Err(local(format!("it cannot be opened: {error}"))),
                Err(_) => Err(local("it cannot be opened".to_owned())),
            }
        }
    }
}

/// Follows the redirects from the authorization endpoint to our redirect URI, without cookies and without pages.
///
/// # Errors
/// A page needs a person, or the redirects do not lead back to us.
pub async fn follow(wire: &Wire, pending: &Pending, step: Step, about: Option<&str>) -> Result<String, ClientError> {
    let mut url = pending.url.clone();
    let mut follows = None;
    for _ in 0..HOPS {
        let because = if follows.is_none() { "no browser: we follow the redirects ourselves" } else { "the next hop" };
        let ask = Ask { follows, ..Ask::get(step, url.clone(), because) };
        let ask = Ask { about: about.map(str::to_owned), ..ask };
        let exchange = wire.send(Ask { headers: vec![("accept", "text/html".to_owned())], ..ask }).await;
        let Some(reply) = exchange.reply() else { return Err(ClientError::answer(&exchange, "")) };
        let location = reply.header("location").filter(|_| matches!(reply.status, 301..=303 | 307 | 308));
        let Some(location) = location else {
            return Err(match reply.status {
                200..=299 => ClientError::NeedsPerson { url: shown_url(&url) },
                _ => denied_by(&exchange),
            });
        };
        conceal(location);
        if let Some(query) = pending.query_of(location) {
            return Ok(query.to_owned());
        }
        let next = Url::parse(&exchange.request.url).ok().map(|from| uri::resolve(&from, location));
        let next = next.ok_or_else(|| ClientError::answer(&exchange, "it redirects to what is no URL"))?;
        if next.as_ref().is_ok_and(|next| pending.is_return(next)) {
            // It came back to us, and brought nothing that a client could read: it is not asked for again.
            return Err(ClientError::WrongRedirect(RedirectProblem::Neither));
        }
        let what = "the redirect of the authorization server";
        let next = next.map_err(|problem| ClientError::WrongUrl { what, problem })?;
        (url, follows) = (next.to_string(), Some(exchange.number));
    }
    Err(ClientError::Answer {
        step,
        url: shown_url(&url),
        detail: format!("more than {HOPS} redirects, none of them back to us"),
    })
}

/// Makes the credentials in a redirect known to the scrubber before anybody hears of it: they are none of ours yet, and may
/// stand in a URL that is not our redirect URI.
fn conceal(location: &str) {
    for part in location.split(['?', '#']).skip(1) {
        for (name, value) in url::form_urlencoded::parse(part.as_bytes()) {
            if credentials::NAMES.contains(&name.as_ref()) {
                drop(Secret::new(value.into_owned()));
            }
        }
    }
}

/// Lines of standard input. A thread of its own reads them: it may wait for ever and must keep nobody from ending.
fn lines() -> mpsc::UnboundedReceiver<String> {
    let (sender, receiver) = mpsc::unbounded_channel();
    std::thread::spawn(move || {
        for line in std::io::stdin().lines() {
            let Ok(line) = line else { return };
            if sender.send(line).is_err() {
                return;
            }
        }
    });
    receiver
}

async fn next(lines: &mut Option<mpsc::UnboundedReceiver<String>>) -> Option<String> {
    match lines {
        Some(lines) => lines.recv().await,
        None => std::future::pending().await,
    }
}

#[cfg(test)]
mod tests;
