//! The authorization endpoint: examines the request, asks the user, sends the answer back. draft-ietf-oauth-v2-1 §3.1,
//! §4.1.1, §4.1.2 and §7; RFC 7636 §4, RFC 8707 §2, RFC 9207 §2, RFC 9126 §4.

use std::sync::Arc;

use axum::extract::{Request, State};
use http::header::{LOCATION, SET_COOKIE};
use http::{Method, StatusCode};
use serde::{Deserialize, Serialize};
use url::Url;

use crate::serve::answer::Answer;
use crate::serve::ask::Ask;
use crate::serve::keys::{fingerprint, random};
use crate::serve::site::Site;
use crate::serve::state::Table;
use crate::spec::fault::{Duty, Reply};

use super::client::{Client, Origin, same};
use super::form::{Denied, Form};
use super::issue::{Audience, Grant};
use super::{page, scope};

/// How long the user may take, in seconds.
const PATIENCE: u64 = 600;

/// An authorization request that was found good, as far as it was read.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Asked {
    pub(crate) client: String,
    pub(crate) redirect: String,
    pub(crate) state: Option<String>,
    pub(crate) scope: Vec<String>,
    /// The PKCE challenge; `S256` unless `plain`.
    pub(crate) challenge: Option<String>,
    pub(crate) plain: bool,
    pub(crate) nonce: Option<String>,
    /// The request named a resource.
    #[serde(default)]
    pub(crate) named: bool,
    pub(crate) jkt: Option<String>,
    /// A token is wanted in the redirect, which only a server takes up that forgot to refuse it.
    #[serde(default)]
    pub(crate) implicit: bool,
    /// The user must be asked, whatever is known of them (OpenID Connect Core §3.1.2.1).
    #[serde(default)]
    pub(crate) prompted: bool,
}

/// A code, before it is redeemed.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Code {
    pub(crate) asked: Asked,
    pub(crate) grant: Grant,
}

/// A request that waits for the user.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Pending {
    asked: Asked,
    /// Fingerprint of the cookie that ties the page to the browser.
    cookie: String,
    /// The request was refused; all the user can do is go back.
    refused: Option<(String, String)>,
}

/// The authorization endpoint. No CORS here (draft-ietf-oauth-v2-1 §3.1).
pub(crate) async fn authorize(State(site): State<Arc<Site>>, request: Request) -> Answer {
    let mut ask = Ask::new(request);
    let outcome = match ask.parts.method {
        Method::GET | Method::HEAD if !site.keeps(Duty::AuthorizeByGet) => return Answer::wrong_method("POST"),
        Method::GET | Method::HEAD => {
            let form = Form::parse(ask.parts.uri.query().unwrap_or_default().as_bytes());
            begin(&site, &ask, form).await
        }
        Method::POST => match Form::of(&site, &mut ask).await {
            Ok(form) if form.get("request").is_some() => decide(&site, &ask, &form).await,
            Ok(form) => begin(&site, &ask, form).await,
            Err(denied) => Err(denied),
        },
        _ => return Answer::wrong_method("GET, POST"),
    };
    outcome.unwrap_or_else(|denied| {
        let page = Answer::page(denied.status, page::refused(denied.description));
        site.give(&ask, Reply::AuthorizeError, page)
    })
}

/// A new request. `Err`: there is nowhere safe to send the user back to.
async fn begin(site: &Site, ask: &Ask, form: Form) -> Result<Answer, Denied> {
    let form = pushed(site, form).await?;
    form.check_repeated(site)?;
    let dead_end = |why| Denied::new("invalid_request", why);
    let id = form.get("client_id").ok_or_else(|| dead_end("The request names no client."))?;
    let asked = form.get("redirect_uri");
    let Some(client) = Client::find(site, id).await? else {
        if let (false, Some(redirect)) = (site.keeps(Duty::RefuseUnknownClient), asked) {
            let stranger = Asked { redirect: redirect.to_owned(), ..Asked::default() };
            return Ok(send_error(site, ask, &stranger, "unauthorized_client", "the client is not known"));
        }
        return Err(dead_end("The client is not known here. It may have to register again."));
    };
    let redirect = match asked {
        Some(asked) if client.returns_to(site, asked) => asked.to_owned(),
        Some(_) => return Err(dead_end("The redirect URI is not registered for this client.")),
        None => {
            let mut registered = client.redirects();
            match (registered.next(), registered.next()) {
                (Some(only), None) => only.to_owned(),
                _ => return Err(dead_end("The request names no redirect URI.")),
            }
        }
    };
    let state = form.get("state").map(str::to_owned);
    let prompted = form.get("prompt").is_some_and(|prompt| prompt.split(' ').any(|word| word == "login"));
    let asked = Asked { client: client.id.clone(), redirect, state, prompted, ..Asked::default() };
    match examine(site, &client, &form, asked.clone()) {
        Ok(asked) => ask_user(site, ask, &client, asked).await,
        Err(denied) => refuse(site, ask, &client, asked, &denied).await,
    }
}

/// The parameters that were pushed before (RFC 9126 §4), if the request refers to them.
async fn pushed(site: &Site, form: Form) -> Result<Form, Denied> {
    let Some(uri) = form.get("request_uri") else { return Ok(form) };
    let gone = || Denied::new("invalid_request", "The pushed request is not known, or was used before.");
    let text: String = site.state.take(Table::Pushed, &fingerprint(uri)).await?.ok_or_else(gone)?;
    let pushed = Form::parse(text.as_bytes());
    if form.get("client_id").is_some_and(|id| pushed.get("client_id") == Some(id)) { Ok(pushed) } else { Err(gone()) }
}

/// Examines what does not concern the way back.
pub(crate) fn examine(site: &Site, client: &Client, form: &Form, mut asked: Asked) -> Result<Asked, Denied> {
    let invalid = |why| Denied::new("invalid_request", why);
    match form.get("response_type") {
        Some("code") => {}
        None if !site.keeps(Duty::RequireResponseType) => {}
        None => return Err(invalid("there is no response_type")),
        Some("token") if !site.keeps(Duty::RefuseImplicit) => asked.implicit = true,
        Some(_) => return Err(Denied::new("unsupported_response_type", "only code is supported")),
    }
    if !client.may("authorization_code") {
        return Err(Denied::new("unauthorized_client", "the client may not use codes"));
    }
    if form.get("response_mode").is_some_and(|mode| mode != "query") {
        return Err(invalid("only the response mode query is supported"));
    }
    if !site.keeps(Duty::IgnoreUnknownParameters) && form.names().any(|name| !PARAMETERS.contains(&name)) {
        return Err(invalid("a parameter is not known"));
    }
    challenge(site, form, &mut asked)?;
    scope::check_resource(site, form, Duty::AcceptResource)?;
    asked.scope = scope::asked(site, form.get("scope"))?;
    asked.nonce = form.get("nonce").map(str::to_owned);
    asked.named = form.get("resource").is_some();
    asked.jkt = form.get("dpop_jkt").map(str::to_owned);
    Ok(asked)
}

/// The parameters that are understood.
const PARAMETERS: [&str; 14] = [
    "response_type",
    "response_mode",
    "client_id",
    "redirect_uri",
    "scope",
    "state",
    "code_challenge",
    "code_challenge_method",
    "resource",
    "nonce",
    "prompt",
    "max_age",
    "dpop_jkt",
    "login_hint",
];

/// PKCE (RFC 7636 §4.3): required of everyone, S256 only.
fn challenge(site: &Site, form: &Form, asked: &mut Asked) -> Result<(), Denied> {
    let invalid = |why| Denied::new("invalid_request", why);
    let Some(challenge) = form.get("code_challenge") else {
        return if site.keeps(Duty::RequirePkce) { Err(invalid("there is no code_challenge")) } else { Ok(()) };
    };
    match form.get("code_challenge_method").unwrap_or("plain") {
        "S256" => {}
        "plain" if !site.keeps(Duty::RefusePlainPkce) => asked.plain = true,
        "plain" => return Err(invalid("the code_challenge_method must be S256")),
        _ if !site.keeps(Duty::RefuseUnknownPkceMethod) => {}
        _ => return Err(invalid("the code_challenge_method must be S256")),
    }
    let formed = (43..=128).contains(&challenge.len())
        && challenge.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._~".contains(&b));
    if !formed {
        return Err(invalid("the code_challenge is not well formed"));
    }
    asked.challenge = Some(challenge.to_owned());
    Ok(())
}

/// The request is good: ask the user, or approve for them when the deployment was started so.
async fn ask_user(site: &Site, ask: &Ask, client: &Client, asked: Asked) -> Result<Answer, Denied> {
    if !site.keeps(Duty::GrantRequests) {
        return Ok(send_error(site, ask, &asked, "access_denied", "nothing is granted here"));
    }
    if site.auto_approve && !asked.prompted {
        let account = site.accounts.first().map_or("alice", |account| account.name.as_str()).to_owned();
        return approve(site, ask, asked, &account).await;
    }
    if !site.keeps(Duty::AskBeforeProvider) {
        let provider = format!(
            "https://provider.mcp-auth.invalid/authorize?response_type=code&client_id=mcp-proxy&state={}",
            random(16)
        );
        return Ok(Answer::empty(StatusCode::FOUND).put(LOCATION, &provider).no_store());
    }
    wait(site, ask, client, asked, None).await
}

/// The request is bad. Who could have registered the client themselves cannot use us to send people around without
/// their doing (draft-ietf-oauth-v2-1 §7.12.2): the user has to go on themselves.
async fn refuse(site: &Site, ask: &Ask, client: &Client, asked: Asked, denied: &Denied) -> Result<Answer, Denied> {
    if denied.code == "server_error" {
        // A server that does not cope.
        return Ok(Answer::text(StatusCode::INTERNAL_SERVER_ERROR, "Internal server error\n"));
    }
    let trusted = client.origin == Origin::Configured || site.auto_approve && !asked.prompted;
    if trusted || !site.keeps(Duty::AskBeforeErrorRedirect) {
        return Ok(send_error(site, ask, &asked, denied.code, denied.description));
    }
    wait(site, ask, client, asked, Some((denied.code.to_owned(), denied.description.to_owned()))).await
}

async fn wait(
    site: &Site,
    ask: &Ask,
    client: &Client,
    asked: Asked,
    refused: Option<(String, String)>,
) -> Result<Answer, Denied> {
    let (id, cookie) = (random(24), random(24));
    let html = match &refused {
        Some((_, why)) => page::go_back(&id, client, &asked.redirect, why),
        None => page::consent(site, &id, client, &asked, None),
    };
    let status = if refused.is_some() { StatusCode::BAD_REQUEST } else { StatusCode::OK };
    let pending = Pending { asked, cookie: fingerprint(&cookie), refused };
    site.state.put(Table::Pending, &id, &pending, PATIENCE).await?;
    let answer = Answer::page(status, html).put(SET_COOKIE, &set_cookie(site, &cookie));
    Ok(site.give(ask, Reply::AuthorizePage, answer))
}

/// `__Host-` and `Secure` where there is TLS; browsers keep neither over plain http.
fn set_cookie(site: &Site, value: &str) -> String {
    let secure = if site.layout.as_origin.starts_with("https:") { "; Secure" } else { "" };
    format!("{}={value}; Path=/; Max-Age={PATIENCE}; HttpOnly; SameSite=Lax{secure}", cookie_name(site))
}

fn cookie_name(site: &Site) -> &'static str {
    if site.layout.as_origin.starts_with("https:") { "__Host-consent" } else { "consent" }
}

/// The user pressed a button.
async fn decide(site: &Site, ask: &Ask, form: &Form) -> Result<Answer, Denied> {
    let gone = || Denied::new("invalid_request", "This page is too old, or was used before. Start again in the app.");
    let id = form.get("request").ok_or_else(gone)?;
    let pending: Pending = site.state.get(Table::Pending, id).await?.ok_or_else(gone)?;
    if site.keeps(Duty::TieConsentToBrowser) && !has_cookie(site, ask, &pending.cookie) {
        return Err(Denied::new(
            "invalid_request",
            "This page was not opened in this browser. Cookies must be allowed.",
        ));
    }
    let approved = form.get("decision") == Some("approve") && pending.refused.is_none();
    let account = form.get("username").unwrap_or_default();
    if approved && !site.accounts.iter().any(|known| known.is(account, form.get("password").unwrap_or_default())) {
        let client = Client::find(site, &pending.asked.client).await?.ok_or_else(gone)?;
        let html = page::consent(site, id, &client, &pending.asked, Some("Name or password is wrong."));
        return Ok(site.give(ask, Reply::AuthorizePage, Answer::page(StatusCode::OK, html)));
    }
    // Of two presses of the button one counts.
    let pending: Pending = site.state.take(Table::Pending, id).await?.ok_or_else(gone)?;
    if approved {
        return approve(site, ask, pending.asked, account).await;
    }
    let (code, why) = pending.refused.unwrap_or_else(|| ("access_denied".into(), "the user said no".into()));
    Ok(send_error(site, ask, &pending.asked, &code, &why))
}

fn has_cookie(site: &Site, ask: &Ask, print: &str) -> bool {
    let name = cookie_name(site);
    let lines = ask.parts.headers.get_all(http::header::COOKIE).iter().filter_map(|line| line.to_str().ok());
    lines
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .any(|(found, value)| found == name && same(&fingerprint(value), print))
}

/// Issues the code and sends the user back with it.
async fn approve(site: &Site, ask: &Ask, asked: Asked, account: &str) -> Result<Answer, Denied> {
    let code = random(32);
    let grant = Grant {
        id: random(16),
        client: asked.client.clone(),
        subject: account.to_owned(),
        scope: asked.scope.clone(),
        auth_time: Some(site.clock.now()),
        nonce: asked.nonce.clone(),
        audience: Audience::Own,
        jkt: asked.jkt.clone(),
    };
    if asked.implicit {
        return Ok(send_fragment(site, ask, &asked, &random(32)));
    }
    let age = if site.keeps(Duty::LimitCodeLifetime) { site.code_lifetime } else { 24 * 3600 };
    site.state.put(Table::Code, &fingerprint(&code), &Code { asked: asked.clone(), grant }, age).await?;
    Ok(send_back(site, ask, Reply::AuthorizeRedirect, &asked, &[("code", &code)]))
}

/// What the implicit grant sends back (RFC 6749 §4.2.2). The token is none that anybody accepts.
fn send_fragment(site: &Site, ask: &Ask, asked: &Asked, token: &str) -> Answer {
    let mut pairs = vec![("access_token", token), ("token_type", "Bearer")];
    pairs.extend(asked.state.as_deref().map(|state| ("state", state)));
    let text = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
    let answer = Answer::empty(StatusCode::SEE_OTHER).put(LOCATION, &format!("{}#{text}", asked.redirect)).no_store();
    site.give(ask, Reply::AuthorizeRedirect, answer)
}

fn send_error(site: &Site, ask: &Ask, asked: &Asked, code: &str, why: &str) -> Answer {
    send_back(site, ask, Reply::AuthorizeErrorRedirect, asked, &[("error", code), ("error_description", why)])
}

/// Sends the user back: 303, so that nothing they typed is sent along (draft-ietf-oauth-v2-1 §7.5.4).
fn send_back(site: &Site, ask: &Ask, reply: Reply, asked: &Asked, first: &[(&str, &str)]) -> Answer {
    let mut parameters: Vec<(&str, &str)> = first.to_vec();
    parameters.extend(asked.state.as_deref().map(|state| ("state", state)));
    parameters.push(("iss", &site.layout.issuer));
    let text = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(parameters).finish();
    let mut redirect = asked.redirect.clone();
    if !site.keeps(Duty::KeepRedirectQuery)
        && let Some((before, _)) = asked.redirect.split_once('?')
    {
        redirect = before.to_owned();
    }
    let joint = match (site.keeps(Duty::AnswerInQuery), redirect.contains('?')) {
        (false, _) => '#',
        (true, true) => '&',
        (true, false) => '?',
    };
    let location = format!("{redirect}{joint}{text}");
    let answer = Answer::empty(StatusCode::SEE_OTHER).put(LOCATION, &location).no_store();
    site.give(ask, reply, answer.header("referrer-policy", "no-referrer"))
}

/// The host of a redirect URI, or its scheme where there is none: what the user is shown.
pub(crate) fn place(redirect: &str) -> String {
    match Url::parse(redirect) {
        Ok(url) => url.host_str().map_or_else(|| format!("{}:", url.scheme()), str::to_owned),
        Err(_) => redirect.to_owned(),
    }
}
