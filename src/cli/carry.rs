//! Carries definitions over to the commands: reads the files and environment variables that hold secrets.

use std::io::{IsTerminal as _, Read as _};
use std::path::Path;

use mcp_auth::client::locate::Leniency;
use mcp_auth::client::plan::{Browser, Grant, IdentityProvider, Plan};
use mcp_auth::client::proof::ClientKey;
use mcp_auth::client::trials::{Identity, Material};
use mcp_auth::commands::{Failure, Outcome, Terminal, account as shared, call, login, mcp, token};
use mcp_auth::formats::secret::Secret;
use mcp_auth::spec::reach::{Reach, Reached};
use mcp_auth::wire::Policy;

use super::Connection;
use super::account::{
    Account, Call, ClientOptions, GrantName, Keep, Login, Logout, Talk, Token, TokenCheck, TokenSource, TokenStored,
    Tools, Way,
};
use super::touch::Touch;

/// The longest file with a secret, in bytes.
const LONGEST: u64 = 64 * 1024;

/// What the user decided about connections.
pub(crate) fn policy(connection: Connection) -> Result<Policy, Failure> {
    let read = |path: std::path::PathBuf| {
        let help = "--cacert takes a file of PEM certificates";
        std::fs::read_to_string(&path)
            .map_err(|error| Failure::usage(format!("{} cannot be read: {error}", path.display()), help))
    };
    Ok(Policy {
        authorities: connection.cacert.into_iter().map(read).collect::<Result<_, _>>()?,
        insecure: connection.insecure,
        resolve: connection.resolve,
        headers: connection.header,
        timeout: connection.timeout,
        pace: None,
        at_once: None,
        proxy: connection.proxy,
    })
}

/// How `probe` logs in, and as which client it asks.
pub(crate) fn stay(way: Way, place: Account) -> Result<shared::Stay, Failure> {
    Ok(shared::Stay { account: account(place), plan: plan(way)? })
}

/// How far `probe` may go, with what the operator lends.
pub(crate) fn reached(passive: bool, login: bool, challenge_tool: bool, touch: &Touch, lent: &Material) -> Reached {
    if passive {
        return Reach::Passive.into();
    }
    let wishes = [
        (login, Reach::Login),
        (touch.active, Reach::Active),
        (touch.intrusive, Reach::Intrusive),
        (touch.slow, Reach::Slow),
        (challenge_tool, Reach::ChallengeTool),
        (touch.user_agents, Reach::UserAgents),
        (lent.step_up_tool.is_some(), Reach::StepUpTool),
        (lent.tool.is_some(), Reach::Tool),
        (lent.implies.is_some(), Reach::Implies),
        (lent.foreign.is_some(), Reach::ForeignToken),
        (lent.expired.is_some(), Reach::ExpiredToken),
        (lent.second.is_some(), Reach::SecondAccount),
        (lent.upstream.is_some(), Reach::UpstreamToken),
        (lent.signing_key.is_some(), Reach::Lab),
        (lent.identity.is_some(), Reach::Identity),
    ];
    let wished = wishes.into_iter().filter(|(wished, _)| *wished);
    wished.fold(Reached::default(), |reached, (_, reach)| reached.with(reach))
}

/// What the operator lends to `probe`. Secrets come from files or the environment, never from the command line; nothing is
/// read where nothing may be sent.
pub(crate) fn material(touch: &mut Touch, sends: bool) -> Result<Material, Failure> {
    let pem = |path: &Path, option: &str| -> Result<ClientKey, Failure> {
        Ok(ClientKey::read(&file(path, option)?, None, None)?)
    };
    let signing_key = touch.signing_key.take().map(|path| pem(&path, "--signing-key")).transpose()?;
    let identity = match (touch.identity_key.take(), touch.identity_issuer.take()) {
        (Some(path), Some(issuer)) => {
            let key = pem(&path, "--identity-key")?;
            Some(Identity { issuer, key, subject: std::mem::take(&mut touch.identity_subject) })
        }
        _ => None,
    };
    let lent = |path: &mut Option<std::path::PathBuf>, option: &str, name: &str| match path.take() {
        Some(path) => file(&path, option).map(Some),
        None => Ok(variable(name).filter(|_| sends)),
    };
    let mut material = Material {
        foreign: lent(&mut touch.foreign_token_file, "--foreign-token-file", "MCP_AUTH_FOREIGN_TOKEN")?,
        expired: lent(&mut touch.expired_token_file, "--expired-token-file", "MCP_AUTH_EXPIRED_TOKEN")?,
        second: lent(&mut touch.second_token_file, "--second-token-file", "MCP_AUTH_SECOND_TOKEN")?,
        upstream: lent(&mut touch.upstream_token_file, "--upstream-token-file", "MCP_AUTH_UPSTREAM_TOKEN")?,
        token: None,
        identity,
        signing_key,
        tool: touch.tool.take(),
        implies: touch.implies.take(),
        step_up_tool: touch.step_up_tool.take(),
    };
    let tokens = [&material.foreign, &material.expired, &material.second, &material.upstream];
    let goes_on = touch.active
        || touch.intrusive
        || material.signing_key.is_some()
        || material.tool.is_some()
        || tokens.into_iter().any(Option::is_some);
    material.token = match touch.token_file.take() {
        Some(path) => Some(file(&path, "--token-file")?),
        None => variable("MCP_AUTH_TOKEN").filter(|_| goes_on),
    };
    Ok(material)
}

/// Runs `login`.
pub(crate) async fn login(arguments: Login, terminal: &Terminal) -> Outcome {
    let Login { target, json, no_try, account: place, way, connection } = arguments;
    let (plan, policy) = (plan(*way)?, policy(connection)?);
    let request = shared::Request { target, account: account(place), plan, policy };
    Box::pin(login::login(request, json, !no_try, terminal)).await
}

/// Runs `logout`.
pub(crate) async fn logout(arguments: Logout, terminal: &Terminal) -> Outcome {
    let Logout { target, all, local, forget_client, account: place, connection } = arguments;
    let (account, policy) = (account(place), policy(connection)?);
    let request = login::LogoutRequest { target, all, local, forget_client, account, policy };
    Box::pin(login::logout(request, terminal)).await
}

/// Runs `token`.
pub(crate) async fn token(command: Token, terminal: &Terminal) -> Outcome {
    match command {
        Token::Show(TokenSource { source, json, bare, header, account: place }) => {
            let shape = match (json, bare, header) {
                (true, ..) => token::Shape::Json,
                (_, true, _) => token::Shape::Bare,
                (_, _, true) => token::Shape::Header,
                _ => token::Shape::Words,
            };
            token::show(&token_source(source, place), shape, terminal)
        }
        Token::Check(arguments) => Box::pin(token::check(check(arguments)?, terminal)).await,
        Token::Introspect(arguments) => Box::pin(token::introspect(check(arguments)?, terminal)).await,
        Token::List { json, account: place } => token::list(&account(place), json, terminal),
        Token::Refresh(arguments) => Box::pin(token::refresh(stored(arguments)?, terminal)).await,
        Token::Revoke(arguments) => Box::pin(token::revoke(stored(arguments)?, terminal)).await,
    }
}

/// Runs `tools`.
pub(crate) async fn tools(arguments: Tools, terminal: &Terminal) -> Outcome {
    let Tools { target, json, talk: shared } = arguments;
    Box::pin(call::list(talk(shared, target)?, json, terminal)).await
}

/// Runs `call`.
pub(crate) async fn call(arguments: Call, terminal: &Terminal) -> Outcome {
    let Call { tool, arguments, args, answer, json, talk: shared } = arguments;
    let request = call::CallRequest { tool, arguments, args, answer, json, talk: talk(shared, None)? };
    Box::pin(call::call(request, terminal)).await
}

/// Runs `mcp`.
pub(crate) async fn mcp(place: Account, connection: Connection, terminal: &Terminal) -> Outcome {
    let options = mcp::Options { account: account(place), policy: policy(connection)? };
    Box::pin(mcp::run(&options, terminal)).await
}

fn talk(arguments: Talk, target: Option<String>) -> Result<call::Talk, Failure> {
    let Talk { server, revision, login, no_login, token_file, account: place, way, connection } = arguments;
    let given = match token_file {
        Some(path) => Some(file(&path, "--token-file")?),
        None => variable("MCP_AUTH_TOKEN"),
    };
    let plan = plan(*way)?;
    let may_login = !no_login && (login || !plan.grant.needs_person() || std::io::stdin().is_terminal());
    let request =
        shared::Request { target: target.or(server), account: account(place), plan, policy: policy(connection)? };
    Ok(call::Talk { request, revision, may_login, given })
}

fn account(arguments: Account) -> shared::Account {
    let Account { profile, store, state_dir, config } = arguments;
    let keep = match store {
        Keep::File => shared::Keep::File,
        Keep::Keyring => shared::Keep::Keyring,
        Keep::None => shared::Keep::Nowhere,
    };
    shared::Account { profile, keep, directory: state_dir, config }
}

fn token_source(named: Option<String>, place: Account) -> token::Source {
    token::Source { named, given: variable("MCP_AUTH_TOKEN"), account: account(place) }
}

fn check(arguments: TokenCheck) -> Result<token::CheckRequest, Failure> {
    let TokenCheck { source, server, issuer, audience, jwks, json, client, account: place, connection } = arguments;
    Ok(token::CheckRequest {
        source: token_source(source, place),
        server,
        expected: issuer.zip(audience).map(|(issuer, audience)| (issuer, audience, jwks)),
        json,
        plan: with_client(Plan::default(), client)?,
        policy: policy(connection)?,
    })
}

fn stored(arguments: TokenStored) -> Result<token::StoredRequest, Failure> {
    let TokenStored { target, client, account: place, connection } = arguments;
    let plan = with_client(Plan::default(), client)?;
    Ok(token::StoredRequest { target, account: account(place), plan, policy: policy(connection)? })
}

fn with_client(plan: Plan, client: ClientOptions) -> Result<Plan, Failure> {
    let ClientOptions { client_id, client_secret_file, client_auth, client_key, client_alg, client_kid } = client;
    let client_secret = match client_secret_file {
        Some(path) => Some(file(&path, "--client-secret-file")?),
        None => variable("MCP_AUTH_CLIENT_SECRET"),
    };
    let client_key = match client_key {
        Some(path) => Some(ClientKey::read(&file(&path, "--client-key")?, client_alg.as_deref(), client_kid)?),
        None => None,
    };
    Ok(Plan { client_id, client_secret, client_auth, client_key, ..plan })
}

fn plan(way: Way) -> Result<Plan, Failure> {
    let grant = grant(&way)?;
    let words = |command: &str| command.split_ascii_whitespace().map(str::to_owned).collect::<Vec<_>>();
    let usual = variable("BROWSER").map(|command| command.expose().to_owned());
    let browser = match (way.no_browser, way.browser.as_deref()) {
        (true, _) => Browser::Print,
        (false, Some("follow")) => Browser::Follow,
        (false, Some(command)) => Browser::Command(words(command)),
        (false, None) => match usual.as_deref() {
            // A list of commands is for the library, which knows that convention.
            Some(command) if !command.trim().is_empty() && !command.contains(':') => Browser::Command(words(command)),
            _ => Browser::System,
        },
    };
    let plan = Plan {
        grant,
        issuer: way.client_issuer,
        metadata_url: way.client_metadata_url,
        scope: way.scope.map(|scope| scope.split_ascii_whitespace().map(str::to_owned).collect()),
        leniency: Leniency {
            issuer_slash: way.lenient_issuer,
            no_pkce_metadata: way.assume_pkce,
            no_resource: way.no_resource,
            any_token_type: false,
        },
        paste: way.paste || browser != Browser::Follow && std::io::stdin().is_terminal(),
        browser,
        port: way.listen,
        callback_path: way.callback_path,
        patience: way.login_timeout,
        dpop: way.dpop,
        ..Plan::default()
    };
    with_client(plan, way.client)
}

fn grant(way: &Way) -> Result<Grant, Failure> {
    let name = match (way.device, way.grant) {
        (true, _) => GrantName::Device,
        (false, Some(name)) => name,
        (false, None) => GrantName::Code,
    };
    let secret = |path: Option<&std::path::PathBuf>, option: &str, name: &str| match path {
        Some(path) => file(path, option),
        None => variable(name).ok_or_else(|| {
            Failure::usage(
                format!("this way to log in needs {option} or {name}"),
                "secrets are read from files or the environment",
            )
        }),
    };
    Ok(match name {
        GrantName::Code => Grant::Code,
        GrantName::Device => Grant::Device,
        GrantName::ClientCredentials => Grant::ClientCredentials,
        GrantName::JwtBearer => Grant::JwtBearer {
            assertion: secret(way.assertion_file.as_ref(), "--assertion-file", "MCP_AUTH_ASSERTION")?,
        },
        GrantName::IdJag => {
            let help = "--grant id-jag takes --idp-token-endpoint, --idp-client-id and --id-token-file";
            let needed = |value: &Option<String>, option: &str| {
                value.clone().ok_or_else(|| Failure::usage(format!("{option} is missing"), help))
            };
            Grant::IdJag(Box::new(IdentityProvider {
                token_endpoint: needed(&way.idp_token_endpoint, "--idp-token-endpoint")?,
                client_id: needed(&way.idp_client_id, "--idp-client-id")?,
                client_secret: variable("MCP_AUTH_IDP_CLIENT_SECRET"),
                id_token: secret(way.id_token_file.as_ref(), "--id-token-file", "MCP_AUTH_ID_TOKEN")?,
            }))
        }
    })
}

/// A secret in a file, or on standard input; white space around it is left out.
fn file(path: &Path, option: &str) -> Result<Secret, Failure> {
    let mut text = zeroize::Zeroizing::new(String::new());
    let read = if path == Path::new("-") {
        std::io::stdin().lock().take(LONGEST).read_to_string(&mut text)
    } else {
        std::fs::File::open(path).and_then(|file| file.take(LONGEST).read_to_string(&mut text))
    };
    read.map_err(|error| Failure::usage(format!("{option} {} cannot be read: {error}", path.display()), ""))?;
    let trimmed = text.trim();
    if trimmed.is_empty() {
        return Err(Failure::usage(format!("{option} {} is empty", path.display()), ""));
    }
    Ok(Secret::from(trimmed))
}

/// A secret in the environment. Empty is absent.
#[expect(clippy::disallowed_methods, reason = "the roof reads the environment")]
pub(super) fn variable(name: &str) -> Option<Secret> {
    std::env::var(name).ok().filter(|value| !value.is_empty()).map(Secret::new)
}
