//! `mcp-auth token`: show, check, list, refresh, revoke, introspect.

use std::fmt::Write as _;
use std::io::{IsTerminal as _, Read as _};
use std::path::Path;

use serde_json::{Value, json};
use time::OffsetDateTime;
use time::macros::format_description;

use super::account::{Account, Line, interruptible};
use super::login::summary;
use super::{Exit, Failure, Outcome, Terminal, json_text, put, put_foreign, tell};
use crate::client::error::ClientError;
use crate::client::farewell;
use crate::client::inspect::{self, Remark, Stand, Standard};
use crate::client::keeper;
use crate::client::locate::Leniency;
use crate::client::login::Actor;
use crate::client::plan::Plan;
use crate::formats::jwt::{self, Jwt};
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

/// How `token show` shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// For people.
    Words,
    /// Header and claims.
    Json,
    /// The token.
    Bare,
    /// As a header line.
    Header,
}

/// `token show`.
///
/// # Errors
/// There is no such token.
pub fn show(source: &Source, shape: Shape, terminal: &Terminal) -> Outcome {
    let store = source.account.store(terminal)?;
    let found = source.find(&store)?;
    let scheme = found.login.as_ref().and_then(|l| l.tokens.as_ref()).map_or("Bearer", |t| t.scheme.name());
    // Who looks over a shoulder, or at a recording, sees no token.
    let masked = std::io::stdout().is_terminal();
    let token =
        if masked { format!("{} (masked: this is a terminal)", found.token) } else { found.token.expose().to_owned() };
    match shape {
        Shape::Bare => put(&format!("{token}\n"))?,
        Shape::Header => put(&format!("Authorization: {scheme} {token}\n"))?,
        Shape::Json => {
            let value = match jwt::decode(found.token.expose()) {
                Ok(read) => json!({ "kind": "jwt", "header": read.header, "claims": read.claims }),
                Err(_) => json!({ "kind": "opaque", "length": found.token.len() }),
            };
            put(&(json_text(&value) + "\n"))?;
        }
        Shape::Words => put(&match jwt::decode(found.token.expose()) {
            Ok(read) => words(&read, terminal.clock.now()),
            Err(problem) => format!(
                "an opaque token of {} characters ({problem}): only its authorization server knows what it says.\n\
                 mcp-auth token introspect asks it.\n",
                found.token.len()
            ),
        })?,
    }
    Ok(Exit::Success)
}

/// What claims mean, for those that most tokens have.
const MEANINGS: [(&str, &str); 14] = [
    ("iss", "who issued it"),
    ("sub", "about whom it is"),
    ("aud", "for whom it is: must be the MCP server"),
    ("exp", "when it ends"),
    ("nbf", "from when on it is good"),
    ("iat", "when it was issued"),
    ("auth_time", "when the person logged in"),
    ("jti", "its own id"),
    ("client_id", "the client it was issued to"),
    ("azp", "the client it was issued to"),
    ("scope", "what it allows"),
    ("scp", "what it allows"),
    ("cnf", "the key it is bound to"),
    ("act", "who acts for the subject"),
];

fn words(read: &Jwt, now: u64) -> String {
    let mut text = String::from("header\n");
    for (name, value) in &read.header {
        row(&mut text, name, value, "", now);
    }
    text.push_str("claims\n");
    for (name, value) in &read.claims {
        let meaning = MEANINGS.iter().find(|(known, _)| known == name).map_or("", |(_, meaning)| *meaning);
        row(&mut text, name, value, meaning, now);
    }
    text.push_str("nothing of this is verified: mcp-auth token check does that\n");
    text
}

fn row(text: &mut String, name: &str, value: &Value, meaning: &str, now: u64) {
    let is_time = matches!(name, "exp" | "nbf" | "iat" | "auth_time");
    let shown = match value {
        Value::Number(number) if is_time => {
            number.as_f64().map_or_else(|| value.to_string(), |at| when(at as i64, now))
        }
        Value::String(string) => printable(string).to_string(),
        other => printable(&other.to_string()).to_string(),
    };
    let tail = if meaning.is_empty() { String::new() } else { format!("  ({meaning})") };
    // Writing to a String cannot fail.
    let _ = writeln!(text, "  {:<10} {shown}{tail}", printable(name).to_string());
}

/// A time of a claim, absolute and from now.
fn when(at: i64, now: u64) -> String {
    let format = format_description!("[year]-[month]-[day] [hour]:[minute]:[second] UTC");
    let date = OffsetDateTime::from_unix_timestamp(at).ok().and_then(|date| date.format(&format).ok());
    let now = i64::try_from(now).unwrap_or(i64::MAX);
    let distance = span(at.abs_diff(now));
    let relative = if at >= now { format!("in {distance}") } else { format!("{distance} ago") };
    format!("{}, {relative}", date.unwrap_or_else(|| at.to_string()))
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
        id: id.clone(),
        secret: plan.client_secret.clone(),
        auth,
        origin: ClientOrigin::Preregistered,
        redirect_uri: None,
        registration_uri: None,
        registration_token: None,
        secret_expires_at: 0,
    });
    named.or(stored).unwrap_or(Client {
        id: String::new(),
        secret: None,
        auth: ClientAuth::None,
        origin: ClientOrigin::Preregistered,
        redirect_uri: None,
        registration_uri: None,
        registration_token: None,
        secret_expires_at: 0,
    })
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::clock::MOMENTS;

    #[test]
    fn times_are_told_absolute_and_from_now() {
        const NOW: u64 = 1_800_000_000;
        for (at, told) in [
            (1_800_000_000, "2027-01-15 08:00:00 UTC, in 0 s"),
            (1_800_000_001, "2027-01-15 08:00:01 UTC, in 1 s"),
            (1_799_999_999, "2027-01-15 07:59:59 UTC, 1 s ago"),
            (1_799_999_700, "2027-01-15 07:55:00 UTC, 5 min ago"),
            (1_768_464_000, "2026-01-15 08:00:00 UTC, 365 d ago"),
            (2_147_483_647, "2038-01-19 03:14:07 UTC, in 4021 d 19 h"),
            (2_147_483_648, "2038-01-19 03:14:08 UTC, in 4021 d 19 h"),
            (253_402_300_799, "9999-12-31 23:59:59 UTC, in 2912063 d 15 h"),
            (0, "1970-01-01 00:00:00 UTC, 20833 d 8 h ago"),
            (-1, "1969-12-31 23:59:59 UTC, 20833 d 8 h ago"),
            // Behind the last year that has four digits.
            (253_402_300_800, "253402300800, in 2912063 d 16 h"),
            (i64::MAX, "9223372036854775807, in 106751991146467 d 7 h"),
            (i64::MIN, "-9223372036854775808, 106751991188133 d 23 h ago"),
        ] {
            assert_eq!(when(at, NOW), told);
        }
        for now in MOMENTS {
            assert!(when(i64::MAX, now).contains(", in ") && when(i64::MIN, now).ends_with(" ago"));
        }
        assert!(when(i64::MAX, u64::MAX).ends_with("in 0 s"));
    }

    #[test]
    fn claims_that_are_times_are_shown_whatever_they_hold() {
        for (value, told) in [
            (json!(1_800_000_060), "2027-01-15 08:01:00 UTC, in 1 min"),
            (json!(1_800_000_000.9), "2027-01-15 08:00:00 UTC, in 0 s"),
            (json!(1e308), "9223372036854775807, in 106751991146467 d 7 h"),
            (json!(-1e308), "-9223372036854775808, 106751991188133 d 23 h ago"),
            (json!(u64::MAX), "9223372036854775807, in 106751991146467 d 7 h"),
            (json!("tomorrow"), "tomorrow"),
            (Value::Null, "null"),
        ] {
            let mut text = String::new();
            row(&mut text, "exp", &value, "", 1_800_000_000);
            assert_eq!(text.trim(), format!("exp        {told}"));
        }
    }

    #[test]
    fn a_span_has_two_units() {
        for (seconds, told) in [(0, "0 s"), (59, "59 s"), (60, "1 min"), (3661, "1 h 1 min"), (90_000, "1 d 1 h")] {
            assert_eq!(span(seconds), told);
        }
        assert_eq!(span(u64::MAX), "213503982334601 d 7 h");
    }
}
