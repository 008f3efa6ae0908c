//! The files that `mcp-auth serve` is given: accounts and clients.

use std::path::Path;

use serde::Deserialize;
use url::Url;

use super::read;
use crate::commands::Failure;
use crate::serve::{Account, Registration};
use crate::spec::text::printable;

/// A line `NAME:PASSWORD` for each account; empty lines and those that begin with `#` do not count.
pub(super) fn accounts(path: &Path) -> Result<Vec<Account>, Failure> {
    let text = read(path)?;
    let help = "each line is NAME:PASSWORD";
    let mut accounts: Vec<Account> = Vec::new();
    for (number, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty() && !line.starts_with('#'))
    {
        // The line itself holds a password: it is not shown.
        let wrong = |why| Failure::usage(format!("{}, line {}: {why}", path.display(), number + 1), help);
        let (name, password) = line.split_once(':').ok_or_else(|| wrong("there is no colon"))?;
        let name = name.trim();
        if name.is_empty() || password.is_empty() {
            return Err(wrong("the name or the password is empty"));
        }
        if accounts.iter().any(|account| account.name == name) {
            return Err(wrong("this name stands twice"));
        }
        accounts.push(Account::new(name, password));
    }
    if accounts.is_empty() {
        return Err(Failure::usage(format!("{} names no account", path.display()), help));
    }
    Ok(accounts)
}

/// A client of the file; the names are those of RFC 7591 section 2.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Listed {
    client_id: String,
    client_secret: Option<String>,
    #[serde(default)]
    redirect_uris: Vec<String>,
}

pub(super) fn clients(path: &Path) -> Result<Vec<Registration>, Failure> {
    let help = "a JSON list of {\"client_id\": …, \"client_secret\": …, \"redirect_uris\": […]}";
    let wrong = |why: String| Failure::usage(format!("{}: {why}", path.display()), help);
    let listed: Vec<Listed> = serde_json::from_str(&read(path)?).map_err(|error| {
        // The library's words quote values, and one of them may be a secret.
        wrong(format!("line {}, column {} is not what was expected", error.line(), error.column()))
    })?;
    for (at, client) in listed.iter().enumerate() {
        let twice = listed.iter().take(at).any(|other| other.client_id == client.client_id);
        let bad = client.redirect_uris.iter().find(|uri| Url::parse(uri).is_err());
        if client.client_id.is_empty() || twice {
            return Err(wrong(format!("client {}: the client_id is empty or stands twice", at + 1)));
        }
        if let Some(uri) = bad {
            return Err(wrong(format!("client {}: {} is no redirect URI", at + 1, printable(uri))));
        }
    }
    let client = |client: &Listed| {
        let redirects: Vec<&str> = client.redirect_uris.iter().map(String::as_str).collect();
        Registration::new(&client.client_id, &redirects, client.client_secret.as_deref())
    };
    Ok(listed.iter().map(client).collect())
}
