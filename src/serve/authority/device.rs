//! The device flow. RFC 8628 §3.

use std::sync::Arc;

use axum::extract::{Request, State};
use http::header::SET_COOKIE;
use http::{Method, StatusCode};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::serve::answer::Answer;
use crate::serve::ask::Ask;
use crate::serve::keys::{fingerprint, random, random_bytes};
use crate::serve::site::Site;
use crate::serve::state::Table;
use crate::spec::fault::{Duty, Reply};

use super::client::{self, Client};
use super::form::{Denied, Form};
use super::issue::{Audience, Grant};
use super::{page, scope};

/// How long a device code lives, in seconds.
const DEVICE_AGE: u64 = 600;
/// How long a device waits between two questions, in seconds.
const INTERVAL: u64 = 5;
/// Letters of user codes: no vowels, so that no word comes out (RFC 8628 §6.1).
const LETTERS: &[u8; 20] = b"BCDFGHJKLMNPQRSTVWXZ";

/// A device that waits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Waiting {
    client: String,
    scope: Vec<String>,
    decision: Decision,
    /// When it asked last.
    asked: u64,
    interval: u64,
    /// When its code expires, in seconds since 1970.
    end: u64,
}

impl Waiting {
    /// How long its code lives from now on, in seconds: asking does not make it longer.
    fn left(&self, site: &Site) -> u64 {
        self.end.saturating_sub(site.clock.now())
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Decision {
    None,
    Allowed(String),
    Refused,
}

/// The device authorization endpoint.
pub(crate) async fn authorize(State(site): State<Arc<Site>>, request: Request) -> Answer {
    let mut ask = Ask::new(request);
    match ask.parts.method {
        Method::OPTIONS => Answer::preflight("POST, OPTIONS"),
        Method::POST => {
            let answer = match begin(&site, &mut ask).await {
                Ok(body) => Answer::json(StatusCode::OK, body).no_store().open(),
                Err(denied) => denied.answer(),
            };
            site.give(&ask, Reply::DeviceAuthorization, answer)
        }
        _ => Answer::wrong_method("POST, OPTIONS").open(),
    }
}

async fn begin(site: &Site, ask: &mut Ask) -> Result<Value, Denied> {
    let form = Form::of(site, ask).await?;
    let client = client::authenticate(site, ask, &form).await?;
    if !client.may("urn:ietf:params:oauth:grant-type:device_code") {
        return Err(Denied::new("unauthorized_client", "the client may not use this grant"));
    }
    scope::check_resource(site, &form, Duty::AcceptTokenResource)?;
    let scope = scope::asked(site, form.get("scope"))?;
    let decision = match (site.auto_approve, site.accounts.first()) {
        (true, Some(account)) => Decision::Allowed(account.name.clone()),
        _ => Decision::None,
    };
    let waiting = Waiting {
        client: client.id,
        scope,
        decision,
        asked: 0,
        interval: INTERVAL,
        end: site.clock.now().saturating_add(DEVICE_AGE),
    };
    let (code, user_code) = (random(32), user_code());
    let print = fingerprint(&code);
    site.state.put(Table::Device, &print, &waiting, DEVICE_AGE).await?;
    site.state.put(Table::UserCode, &user_code, &print, DEVICE_AGE).await?;
    let page = site.layout.endpoint("/device");
    Ok(json!({
        "device_code": code,
        "user_code": user_code,
        "verification_uri": page,
        "verification_uri_complete": format!("{page}?user_code={user_code}"),
        "expires_in": DEVICE_AGE,
        "interval": INTERVAL,
    }))
}

/// Eight letters in two groups: 34 bits, and few minutes to guess them.
fn user_code() -> String {
    let letters = random_bytes(8).into_iter().map(|b| LETTERS.get(usize::from(b) % LETTERS.len()).copied());
    let mut code: String = letters.flatten().map(char::from).collect();
    code.insert(4, '-');
    code
}

/// The page where the user types the code.
pub(crate) async fn page(State(site): State<Arc<Site>>, request: Request) -> Answer {
    let mut ask = Ask::new(request);
    let outcome = match ask.parts.method {
        Method::GET | Method::HEAD => {
            let form = Form::parse(ask.parts.uri.query().unwrap_or_default().as_bytes());
            Ok(show(&site, form.get("user_code").unwrap_or_default(), None))
        }
        Method::POST => decide(&site, &mut ask).await,
        _ => return Answer::wrong_method("GET, POST"),
    };
    outcome.unwrap_or_else(|denied| Answer::page(denied.status, page::refused(denied.description)))
}

/// The page carries a token that a cookie repeats: another site cannot press the button.
fn show(site: &Site, code: &str, problem: Option<&str>) -> Answer {
    let token = random(24);
    let secure = if site.layout.as_origin.starts_with("https:") { "; Secure" } else { "" };
    let cookie = format!("device={}; Path=/; Max-Age=600; HttpOnly; SameSite=Strict{secure}", fingerprint(&token));
    Answer::page(StatusCode::OK, page::device(site, &token, code, problem)).put(SET_COOKIE, &cookie)
}

async fn decide(site: &Site, ask: &mut Ask) -> Result<Answer, Denied> {
    let form = Form::of(site, ask).await?;
    let expected = format!("device={}", fingerprint(form.get("request").unwrap_or_default()));
    let cookies = ask.header("cookie").unwrap_or_default();
    if !cookies.split(';').any(|pair| client::same(pair.trim(), &expected)) {
        return Err(Denied::new(
            "invalid_request",
            "This page was not opened in this browser. Cookies must be allowed.",
        ));
    }
    let code: String = form.get("user_code").unwrap_or_default().to_ascii_uppercase();
    let account = form.get("username").unwrap_or_default();
    let known = site.accounts.iter().any(|known| known.is(account, form.get("password").unwrap_or_default()));
    let allowed = form.get("decision") == Some("approve");
    if allowed && !known {
        return Ok(show(site, &code, Some("Name or password is wrong.")));
    }
    let Some(print) = site.state.take::<String>(Table::UserCode, code.trim()).await? else {
        return Ok(show(site, &code, Some("No device shows this code, or it is too old.")));
    };
    if let Some(waiting) = site.state.get::<Waiting>(Table::Device, &print).await? {
        let decision = if allowed { Decision::Allowed(account.to_owned()) } else { Decision::Refused };
        let left = waiting.left(site);
        site.state.put(Table::Device, &print, &Waiting { decision, ..waiting }, left).await?;
    }
    Ok(Answer::page(StatusCode::OK, page::done(allowed)))
}

/// The device asks whether the user has decided (RFC 8628 §3.5).
pub(super) async fn redeem(site: &Site, client: &Client, form: &Form) -> Result<Grant, Denied> {
    let code = form.get("device_code").ok_or_else(|| Denied::new("invalid_request", "there is no device_code"))?;
    let print = fingerprint(code);
    let expired = || Denied::new("expired_token", "the device code is not valid or has expired");
    let waiting: Waiting = site.state.get(Table::Device, &print).await?.ok_or_else(expired)?;
    if waiting.client != client.id {
        return Err(Denied::new("invalid_grant", "the device code was issued to another client"));
    }
    match &waiting.decision {
        Decision::Refused => Err(Denied::new("access_denied", "the user said no")),
        Decision::None => {
            let now = site.clock.now();
            // A clock that was set back makes nobody hasty.
            let hasty = (waiting.asked..waiting.asked.saturating_add(waiting.interval)).contains(&now);
            let interval = if hasty { waiting.interval + 5 } else { waiting.interval };
            let asked = Waiting { asked: now, interval, ..waiting.clone() };
            // Not if the user decides at this moment: then their word stands.
            site.state.replace(Table::Device, &print, &waiting, &asked, waiting.left(site)).await?;
            Err(if hasty {
                Denied::new("slow_down", "the device asks too often")
            } else {
                Denied::new("authorization_pending", "the user has not decided yet")
            })
        }
        Decision::Allowed(_) => {
            let waiting: Waiting = site.state.take(Table::Device, &print).await?.ok_or_else(expired)?;
            let Decision::Allowed(subject) = waiting.decision else { return Err(expired()) };
            Ok(Grant {
                id: random(16),
                client: waiting.client,
                subject,
                scope: waiting.scope,
                auth_time: Some(site.clock.now()),
                nonce: None,
                audience: Audience::Own,
                jkt: None,
            })
        }
    }
}
