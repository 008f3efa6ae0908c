//! `mcp-auth token`: show, check, list, refresh, revoke, introspect.

mod show;
mod stored;

pub use self::show::{Shape, show};
pub use self::stored::{StoredRequest, list, refresh, revoke};

use std::fmt::Write as _;
use std::io::Read as _;
use std::path::Path;

use serde_json::{Value, json};

use super::account::{Account, Line, interruptible};
use super::{Exit, Failure, Outcome, Terminal, json_text, put_foreign};
use crate::client::error::ClientError;
use crate::client::inspect::{self, Remark, Stand, Standard};
use crate::client::locate::Leniency;
use crate::client::plan::Plan;
use crate::formats::jwt;
use crate::formats::secret::Secret;
use crate::spec::text::printable;
use crate::store::{Client, ClientAuth, ClientOrigin, Login, Store};
use crate::wire::Policy;

/// The most that is read of a file with a token, in bytes.
const LONGEST: u64 = 64 * 1024;

/// A token, and the login it is from if it is stored.
struct Found {
    token: Secret,
    login: Option<Login>,
}

/// Where a token is taken from: the argument as it was given, and the token of the environment.
#[derive(Debug)]
pub struct Source {
    /// An MCP URL, a file, `-`, or nothing.
    pub named: Option<String>,
    /// The token that the user gave without naming a place.
    pub given: Option<Secret>,
    /// The store and the profile.
    pub account: Account,
}

impl Source {
    fn find(&self, store: &Store) -> Result<Found, Failure> {
        match self.named.as_deref() {
            Some("-") => Ok(Found { token: read_token(&mut std::io::stdin().lock(), "standard input")?, login: None }),
            Some(named) if named.contains("://") => self.stored(named, store),
            Some(named) => {
                if let Some(server) = self.account.by_name(named)? {
                    return self.stored(&server, store);
                }
                let mut file = std::fs::File::open(Path::new(named)).map_err(|error| {
                    let help = "name a stored login by its MCP URL or its name in mcp-auth.toml, a file, or - for standard input";
                    Failure::usage(format!("{} cannot be read: {error}", printable(named)), help)
                })?;
                Ok(Found { token: read_token(&mut file, named)?, login: None })
            }
            None => match &self.given {
                Some(token) => Ok(Found { token: token.clone(), login: None }),
                None => self.stored(&self.account.target(None, store)?, store),
            },
        }
    }

    fn stored(&self, server: &str, store: &Store) -> Result<Found, Failure> {
        let login = stored(store, server, &self.account.profile)?;
        let tokens = login.tokens.clone().ok_or_else(|| no_login(server))?;
        Ok(Found { token: tokens.access, login: Some(login) })
    }
}

fn no_login(server: &str) -> Failure {
    let message = format!("there is no stored login for {}", printable(server));
    Failure::new(Exit::Refused, message, format!("mcp-auth login {}", printable(server)))
}

fn stored(store: &Store, server: &str, profile: &str) -> Result<Login, Failure> {
    store.read()?.for_server(server, profile).next().cloned().ok_or_else(|| no_login(server))
}

/// Reads a token: white space around it and a scheme before it are left out.
fn read_token(reader: &mut dyn std::io::Read, name: &str) -> Result<Secret, Failure> {
    let mut text = zeroize::Zeroizing::new(String::new());
    let read = reader.take(LONGEST).read_to_string(&mut text);
    read.map_err(|error| Failure::usage(format!("{} cannot be read: {error}", printable(name)), ""))?;
    one_word(&text, name)
}

/// A token in a text: white space around it and a scheme before it are left out.
pub(super) fn one_word(text: &str, name: &str) -> Result<Secret, Failure> {
    let trimmed = text.trim();
    let bare = trimmed.strip_prefix("Bearer ").or_else(|| trimmed.strip_prefix("DPoP ")).unwrap_or(trimmed).trim();
    let is_one = !bare.is_empty() && bare.bytes().all(|byte| byte.is_ascii_graphic());
    if is_one {
        Ok(Secret::from(bare))
    } else {
        Err(Failure::usage(format!("{} holds no token", printable(name)), "a token is one word of visible ASCII"))
    }
}

/// A length of time in at most two units.
#[must_use]
pub fn span(seconds: u64) -> String {
    let units = [(86_400, "d"), (3_600, "h"), (60, "min"), (1, "s")];
    let mut parts = Vec::new();
    let mut rest = seconds;
    for (size, name) in units {
        if rest >= size && parts.len() < 2 {
            parts.push(format!("{} {name}", rest / size));
            rest %= size;
        }
    }
    if parts.is_empty() { "0 s".to_owned() } else { parts.join(" ") }
}

/// What `token check` and `token introspect` were asked for.
#[derive(Debug)]
pub struct CheckRequest {
    /// The token.
    pub source: Source,
    /// The MCP server, where the source is none.
    pub server: Option<String>,
    /// Without an MCP server: issuer, audience, keys.
    pub expected: Option<(String, String, Option<String>)>,
    /// As JSON.
    pub json: bool,
    /// The client that asks; only its id, secret, key and method count.
    pub plan: Plan,
    /// What the user decided about connections.
    pub policy: Policy,
}

/// `token check`.
///
/// # Errors
/// The token or the documents cannot be had. A token that will be refused is no error but findings.
pub async fn check(request: CheckRequest, terminal: &Terminal) -> Outcome {
    let (remarks, standard) = look(&request, true, terminal).await?;
    conclude(&remarks, &standard, request.json)
}

/// Holds a token against what the server's documents say. Only if `may_ask` is an opaque token sent to the introspection
/// endpoint.
pub(super) async fn look(
    request: &CheckRequest,
    may_ask: bool,
    terminal: &Terminal,
) -> Result<(Vec<Remark>, Standard), Failure> {
    let store = request.source.account.store(terminal)?;
    let found = request.source.find(&store)?;
    let (line, standard) = standard(request, &found, terminal).await?;
    let remarks = match jwt::decode(found.token.expose()) {
        Ok(read) => {
            let tokens = found.login.as_ref().and_then(|login| login.tokens.as_ref());
            inspect::examine(&found.token, &read, &standard, terminal.clock.now(), tokens)
        }
        Err(_) if may_ask => opaque(&line, request, &found, &standard).await?,
        Err(_) => {
            let text =
                "the token is opaque: only its authorization server can say what it is good for, and it was not asked";
            vec![Remark { stand: Stand::Unknown, text: text.to_owned() }]
        }
    };
    line.end();
    Ok((remarks, standard))
}

/// The gate and the standard: of the MCP server if there is one, else as the user names it.
async fn standard(request: &CheckRequest, found: &Found, terminal: &Terminal) -> Result<(Line, Standard), Failure> {
    if let Some((issuer, audience, jwks)) = &request.expected {
        let line = Line::open(issuer, &request.policy, terminal)?;
        let standard = async { Ok(inspect::of_issuer(&line.wire, audience, jwks.as_deref()).await?) };
        let standard = interruptible(standard).await?;
        return Ok((line, standard));
    }
    let account = &request.source.account;
    let asked = request.server.as_deref().map(|server| account.target(Some(server), &Store::nowhere())).transpose()?;
    let server = found.login.as_ref().map(|login| login.server.clone()).or(asked);
    let help = "name it with --server URL, or say what is expected with --issuer and --audience";
    let server = server.ok_or_else(|| Failure::usage("for which MCP server is the token?", help))?;
    let line = Line::open(&server, &request.policy, terminal)?;
    let standard = interruptible(async { Ok(inspect::of_server(&line.wire, Leniency::default()).await?) }).await?;
    Ok((line, standard))
}

async fn opaque(
    line: &Line,
    request: &CheckRequest,
    found: &Found,
    standard: &Standard,
) -> Result<Vec<Remark>, Failure> {
    let unknown = |text: &str| vec![Remark { stand: Stand::Unknown, text: text.to_owned() }];
    if standard.introspection.is_none() {
        return Ok(unknown("the token is opaque and the authorization server has no introspection endpoint"));
    }
    let asked = interruptible(async { Ok(ask(line, request, found, standard).await) }).await?;
    match asked {
        Ok(answer) => Ok(inspect::examine_introspection(&answer, standard)),
        Err(error @ (ClientError::Denied { .. } | ClientError::Answer { .. })) => {
            Ok(unknown(&format!("the token is opaque, and we may not ask about it: {error}")))
        }
        Err(error) => Err(error.into()),
    }
}

async fn ask(
    line: &Line,
    request: &CheckRequest,
    found: &Found,
    standard: &Standard,
) -> Result<serde_json::Map<String, Value>, ClientError> {
    let client = asking_client(&request.plan, found.login.as_ref(), &standard.issuer);
    inspect::introspect(&line.wire, standard, &client, request.plan.client_key.as_ref(), &found.token).await
}

/// The client that asks: the one named, else the one of the login, if it is of this issuer.
fn asking_client(plan: &Plan, login: Option<&Login>, issuer: &str) -> Client {
    let stored = login.filter(|login| login.issuer == issuer).map(|login| login.client.clone());
    let auth = match (plan.client_auth, &plan.client_key, &plan.client_secret) {
        (Some(auth), ..) => auth,
        (None, Some(_), _) => ClientAuth::PrivateKeyJwt,
        (None, None, Some(_)) => ClientAuth::ClientSecretBasic,
        (None, None, None) => ClientAuth::None,
    };
    let named = plan.client_id.as_ref().map(|id| Client {
        secret: plan.client_secret.clone(),
        auth,
        ..Client::public(id.clone(), ClientOrigin::Preregistered)
    });
    named.or(stored).unwrap_or_else(|| Client::public(String::new(), ClientOrigin::Preregistered))
}

fn conclude(remarks: &[Remark], standard: &Standard, as_json: bool) -> Outcome {
    let bad: Vec<&str> = remarks.iter().filter(|r| r.stand == Stand::Bad).map(|r| r.text.as_str()).collect();
    let verdict = inspect::verdict(remarks);
    if as_json {
        let list: Vec<Value> = remarks.iter().map(|r| json!({ "stand": r.stand.as_str(), "text": r.text })).collect();
        let value =
            json!({ "verdict": verdict, "server": standard.audience, "issuer": standard.issuer, "remarks": list });
        put_foreign(&(json_text(&value) + "\n"))?;
    } else {
        let mut text = String::new();
        for remark in remarks {
            let _ = writeln!(text, "  {:<8} {}", remark.stand.as_str(), remark.text);
        }
        text.push_str(&match verdict {
            "refused" => format!("{} will refuse this token: {}\n", printable(&standard.audience), bad.join("; ")),
            "unknown" => "nothing speaks against this token, but not everything could be looked at\n".to_owned(),
            _ => format!("{} should accept this token\n", printable(&standard.audience)),
        });
        put_foreign(&text)?;
    }
    // What could not be looked at is not green: a server that hides its keys is not believed.
    Ok(match verdict {
        "refused" => Exit::Findings,
        "unknown" => Exit::Reach,
        _ => Exit::Success,
    })
}

/// `token introspect`.
///
/// # Errors
/// The authorization server cannot be asked, or refuses to answer.
pub async fn introspect(request: CheckRequest, terminal: &Terminal) -> Outcome {
    let store = request.source.account.store(terminal)?;
    let found = request.source.find(&store)?;
    let (line, standard) = standard(&request, &found, terminal).await?;
    let answer = interruptible(async { Ok(ask(&line, &request, &found, &standard).await?) }).await?;
    line.end();
    put_foreign(&(json_text(&answer.into()) + "\n"))?;
    Ok(Exit::Success)
}

#[cfg(test)]
mod tests;
