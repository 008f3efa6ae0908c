//! How the tests visit the reference deployment: as far as the checks that are looked at need it.

use std::time::Duration;

use mcp_auth::checks;
use mcp_auth::client::browser::Say;
use mcp_auth::client::discover::{self, Options};
use mcp_auth::client::login::Actor;
use mcp_auth::client::plan::{Browser, Plan};
use mcp_auth::client::proof::{ClientKey, DpopKey};
use mcp_auth::client::trials::{self, Errand, Identity, Lab, Material, Wanted};
use mcp_auth::client::visit;
use mcp_auth::evidence::Trail;
use mcp_auth::formats::secret::Secret;
use mcp_auth::serve::{self, Config, IdentityProvider, Workloads};
use mcp_auth::spec::extension::Extension;
use mcp_auth::spec::fault::Fault;
use mcp_auth::spec::posture::Posture;
use mcp_auth::spec::reach::{Reach, Reached};
use mcp_auth::spec::step::Step;
use mcp_auth::store::Store;
use mcp_auth::verdict::Check;
use mcp_auth::wire::{Policy, Wire};
use serde_json::json;
use url::Url;

/// How a deployment is visited: as far as the checks that are looked at need it.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Walk {
    /// A tool to call without a token.
    pub(crate) challenge_tool: Option<&'static str>,
    /// The steps that are wanted beyond the documents, where the run goes beyond its usual length.
    pub(crate) touches: Option<Vec<&'static str>>,
    /// Whether the first request is made under other names, too.
    pub(crate) user_agents: bool,
    /// Whether a login comes before the trials. Rows about registration need none, and their faults may prevent it.
    pub(crate) login: bool,
    /// Extensions that are tried though they are not advertised.
    pub(crate) extensions: Vec<Extension>,
    /// The one thing that is lent or allowed beyond the login; everything without it.
    pub(crate) only_with: Option<Reach>,
}

/// The steps that a check and its ground read.
fn steps_for(check: &Check) -> Vec<Step> {
    checks::and_ground(&[check.id.to_owned()]).flat_map(|check| check.needs).copied().collect()
}

/// Whether a login comes before the trials of a check. Rows about registration and client documents need none, and their
/// faults may prevent it.
fn needs_login(check: &Check) -> bool {
    let before = |step: &Step| matches!(step, Step::RegisterTrial | Step::ManageTrial | Step::DocumentTrial);
    !check.id.starts_with("reg-") && !check.needs.iter().all(before)
}

/// The walk that a user would make for a check.
pub(crate) fn walk_for(check: &Check) -> Walk {
    let challenge_tool = check.needs.contains(&Step::McpCall).then_some("search");
    let user_agents = check.needs.contains(&Step::McpUserAgent);
    let usual = Reached::default().with(Reach::ChallengeTool).with(Reach::UserAgents);
    let touches = (!check.is_within(usual)).then(|| {
        let mut titles: Vec<&'static str> = steps_for(check).into_iter().map(Step::title).collect();
        titles.sort_unstable();
        titles.dedup();
        titles
    });
    Walk { challenge_tool, touches, user_agents, login: needs_login(check), extensions: Vec::new(), only_with: None }
}

/// Whether a check is about identity assertions. Others see a deployment that takes none.
fn takes_identity(how: &Walk, check: Option<&Check>) -> bool {
    how.touches.is_some() && check.is_some_and(|check| check.needs.contains(&Step::IdentityTrial))
}

/// Whether a check is about the tokens of a platform.
fn is_of_workloads(check: &Check) -> bool {
    check.id.starts_with("ext-wif-") && check.needs.contains(&Step::IdentityTrial)
}

/// The user, or the workload, that the identity provider speaks of.
const SUBJECT: &str = "mcp-auth-trial";

/// An identity provider whose key is at hand.
struct Lent {
    issuer: String,
    key: ClientKey,
    public: serde_json::Value,
}

fn identity() -> Lent {
    let key = DpopKey::new().unwrap();
    Lent { issuer: "https://idp.mcp-auth.invalid".to_owned(), key: ClientKey::of(&key).unwrap(), public: key.jwk() }
}

/// Visits a deployment; `check` says which steps are wanted, no check wants all.
pub(crate) async fn walk(posture: Posture, faults: &[&'static Fault], how: &Walk, check: Option<&Check>) -> Trail {
    let config = Config { posture, faults: faults.to_vec(), ..Config::default() };
    visit_deployment(config, how, check).await
}

/// Visits a deployment that is configured already.
pub(crate) async fn visit_deployment(config: Config, how: &Walk, check: Option<&Check>) -> Trail {
    let provider = identity();
    let is_slow = check.is_some_and(|check| check.needs.contains(&Step::SlowTrial));
    let config = Config {
        workloads: check.is_some_and(is_of_workloads).then(|| Workloads {
            platform: IdentityProvider { issuer: provider.issuer.clone(), keys: vec![provider.public.clone()] },
            subjects: vec![SUBJECT.to_owned()],
        }),
        identity_provider: takes_identity(how, check)
            .then(|| IdentityProvider { issuer: provider.issuer.clone(), keys: vec![provider.public.clone()] }),
        auto_approve: how.touches.is_some() && how.login,
        code_lifetime: if is_slow { SHORT_CODES } else { config.code_lifetime },
        // A deployment that goes by a name guards itself as one on a network does.
        private_documents: config.posture != Posture::Https,
        ..config
    };
    let server = serve::start(config).await.unwrap_or_else(|error| panic!("{error}"));
    let target = Url::parse(server.mcp_url()).unwrap();
    let policy = Policy {
        authorities: server.ca_pem().map(str::to_owned).into_iter().collect(),
        resolve: server.resolve().to_vec(),
        pace: Some(Duration::ZERO),
        ..Policy::default()
    };
    let mut reached = Reached::default();
    if how.user_agents {
        reached = reached.with(Reach::UserAgents);
    }
    let lent = [
        Reach::Intrusive,
        Reach::Lab,
        Reach::Tool,
        Reach::Implies,
        Reach::StepUpTool,
        Reach::ForeignToken,
        Reach::ExpiredToken,
        Reach::SecondAccount,
        Reach::UpstreamToken,
        Reach::Identity,
    ];
    if how.touches.is_some() {
        let further = how.only_with.as_ref().map_or(&lent[..], std::slice::from_ref);
        let login = if how.login { Reach::Login } else { Reach::Default };
        reached = further.iter().fold(reached.with(login), |reached, reach| reached.with(*reach));
    }
    if is_slow {
        reached = reached.with(Reach::Slow);
    }
    let wanted = match check.filter(|_| how.touches.is_some()) {
        Some(check) => Wanted::Steps(steps_for(check)),
        None => Wanted::All,
    };
    let wire = Wire::new(&target, server.mcp_url(), reached, policy)
        .unwrap()
        .for_trials()
        .within_pauses(Duration::from_millis(1))
        .in_haste(HASTE)
        .asking_for(if check.is_some_and(is_of_workloads) { &[Extension::Wif] } else { &how.extensions });
    let challenge_tool = how.challenge_tool.map(str::to_owned);
    discover::walk(&wire, &Options { reach: reached, wanted: wanted.clone(), challenge_tool }).await;
    if how.touches.is_some() {
        touch(&wire, reached, &wanted, (&server, provider)).await;
    }
    let trail = wire.trail();
    server.stop().await;
    trail
}

/// A token of the deployment with these claims.
fn minted(server: &serve::Server, claims: &serde_json::Value) -> Option<Secret> {
    server.mint(claims).map(Secret::new)
}

/// How many times faster time goes by than the record says, where something must grow old.
const HASTE: u32 = 100;
/// How long codes live where they are to grow old, in seconds: less than ten minutes in haste.
const SHORT_CODES: u64 = 4;

/// The login and the trials.
async fn touch(wire: &Wire, reached: Reached, wanted: &Wanted, (server, provider): (&serve::Server, Lent)) {
    let plan = Plan { browser: Browser::Follow, ..Plan::default() };
    let say: &Say = &|_| {};
    let pem = Secret::from(server.signing_key().as_str());
    let material = Material {
        signing_key: Some(ClientKey::read(&pem, None, None).unwrap()),
        identity: Some(Identity { issuer: provider.issuer, key: provider.key, subject: SUBJECT.to_owned() }),
        foreign: minted(server, &json!({ "aud": "https://other.mcp-auth.invalid/mcp" })),
        expired: minted(server, &json!({ "iat": 1_700_000_000, "exp": 1_700_000_600 })),
        second: minted(server, &json!({ "sub": "bob" })),
        upstream: Some(Secret::from(serve::Server::upstream_token())),
        tool: Some("search={}".to_owned()),
        implies: Some(("search:admin".to_owned(), "search:read".to_owned())),
        step_up_tool: Some(r#"save={"title":"mcp-auth","text":"mcp-auth"}"#.to_owned()),
        token: None,
    };
    let store = Store::nowhere();
    let mut login = None;
    if reached.has(Reach::Login) {
        login = visit::visit(Actor { wire, plan: &plan, say }, &store, "default").await.login;
    }
    let errand = Errand { reached, wanted, plan: &plan, material: &material, logins: 0, say };
    trials::run(&Lab::new(wire, errand, login.as_ref())).await;
}
