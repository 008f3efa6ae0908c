//! `mcp-auth token list`, `refresh` and `revoke`: what is stored.

use std::fmt::Write as _;

use serde_json::Value;

use super::{span, stored};
use crate::client::error::ClientError;
use crate::client::farewell;
use crate::client::keeper;
use crate::client::login::Actor;
use crate::client::plan::Plan;
use crate::commands::account::{Account, Line, interruptible};
use crate::commands::login::summary;
use crate::commands::{Exit, Outcome, Terminal, json_text, put, put_foreign, tell};
use crate::spec::text::printable;
use crate::wire::Policy;

/// `token list`.
///
/// # Errors
/// The store cannot be read.
pub fn list(account: &Account, as_json: bool, terminal: &Terminal) -> Outcome {
    let store = account.store(terminal)?;
    let (book, now) = (store.read()?, terminal.clock.now());
    if as_json {
        let list: Vec<Value> = book.logins.iter().map(|login| summary(login, now)).collect();
        put_foreign(&(json_text(&list.into()) + "\n"))?;
        return Ok(Exit::Success);
    }
    let mut text = String::new();
    for login in &book.logins {
        let state = match &login.tokens {
            None => "not logged in".to_owned(),
            Some(tokens) => match (tokens.expires_at, tokens.refresh.is_some()) {
                (None, _) => "no end known".to_owned(),
                (Some(end), _) if end > now => format!("ends in {}", span(end - now)),
                (Some(_), true) => "used up, can be refreshed".to_owned(),
                (Some(_), false) => "used up".to_owned(),
            },
        };
        let profile =
            if login.profile == "default" { String::new() } else { format!(" [{}]", printable(&login.profile)) };
        let _ = writeln!(text, "{}{profile}  {state}  (from {})", printable(&login.server), printable(&login.issuer));
    }
    put(&text)?;
    Ok(Exit::Success)
}

/// What `token refresh` and `token revoke` were asked for.
#[derive(Debug)]
pub struct StoredRequest {
    /// The MCP URL.
    pub target: Option<String>,
    /// The store and the profile.
    pub account: Account,
    /// The client key, if there is one.
    pub plan: Plan,
    /// What the user decided about connections.
    pub policy: Policy,
}

/// `token refresh`.
///
/// # Errors
/// Only a login helps, or the authorization server cannot be reached.
pub async fn refresh(request: StoredRequest, terminal: &Terminal) -> Outcome {
    let store = request.account.store(terminal)?;
    let server = request.account.target(request.target.as_deref(), &store)?;
    let login = stored(&store, &server, &request.account.profile)?;
    if request.policy.insecure {
        return Err(ClientError::Insecure.into());
    }
    let line = Line::open(&server, &request.policy, terminal)?;
    let say = line.say();
    let actor = Actor { wire: &line.wire, plan: &request.plan, say: &say };
    let fresh = interruptible(async { Ok(keeper::refresh(&actor, &store, &login).await?) }).await?;
    line.end();
    let end = fresh.tokens.as_ref().and_then(|tokens| tokens.expires_at);
    let end = end.map_or("the server does not say until when".to_owned(), |end| {
        format!("it ends in {}", span(end.saturating_sub(terminal.clock.now())))
    });
    put(&format!("refreshed: {end}\n"))?;
    Ok(Exit::Success)
}

/// `token revoke`.
///
/// # Errors
/// There is nothing to revoke, or the store cannot be used.
pub async fn revoke(request: StoredRequest, terminal: &Terminal) -> Outcome {
    let store = request.account.store(terminal)?;
    let server = request.account.target(request.target.as_deref(), &store)?;
    let login = stored(&store, &server, &request.account.profile)?;
    if request.policy.insecure {
        return Err(ClientError::Insecure.into());
    }
    let line = Line::open(&server, &request.policy, terminal)?;
    let notes = interruptible(async { Ok(farewell::revoke(&line.wire, &login, &request.plan).await) }).await?;
    line.end();
    let mut guard = store.lock().await?;
    guard.save(|book| {
        book.forget(&login.key());
    })?;
    drop(guard);
    for note in &notes {
        tell(terminal, note);
    }
    put("forgotten\n")?;
    Ok(Exit::Success)
}
