//! A run from end to end at any time: the deployment and the client each have a clock that is set by hand. What is judged is
//! judged by the record's time, and nothing waits.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use mcp_auth::client::discover::{self, Options};
use mcp_auth::client::inspect;
use mcp_auth::client::keeper::Keeper;
use mcp_auth::client::locate::Leniency;
use mcp_auth::client::login::Actor;
use mcp_auth::client::plan::{Browser, Plan};
use mcp_auth::client::visit;
use mcp_auth::commands::probe;
use mcp_auth::evidence::Trail;
use mcp_auth::formats::jwt;
use mcp_auth::render::{FORMATS, Style, View};
use mcp_auth::report::{Report, Status};
use mcp_auth::serve::{self, Config, Server};
use mcp_auth::spec::clock::Clock;
use mcp_auth::spec::reach::Reach;
use mcp_auth::store::{RefreshState, Store};
use mcp_auth::wire::{Policy, Wire};
use url::Url;

const NOW: u64 = 1_800_000_000;
const YEAR: i64 = 365 * 24 * 3600;

async fn deployment(clock: Clock) -> Server {
    serve::start(Config { clock, auto_approve: true, ..Config::default() }).await.unwrap()
}

fn wire(server: &Server, clock: Clock) -> Wire {
    let target = Url::parse(server.mcp_url()).unwrap();
    Wire::new(&target, server.mcp_url(), Reach::Login, Policy::default()).unwrap().for_session().by(clock)
}

fn plan() -> Plan {
    Plan { browser: Browser::Follow, ..Plan::default() }
}

/// A probe with a login, where the client's clock differs from the server's by so much.
async fn probed(now: u64, ahead: i64) -> (Trail, Report) {
    let server = deployment(Clock::stopped(now.checked_add_signed(ahead).unwrap()).0).await;
    let wire = wire(&server, Clock::stopped(now).0);
    discover::walk(&wire, &Options { reach: Reach::Login.into(), ..Options::default() }).await;
    let (plan, store) = (plan(), Store::nowhere());
    let visited = visit::visit(Actor { wire: &wire, plan: &plan, say: &|_| {} }, &store, "default").await;
    let tokens = visited.login.unwrap().tokens.unwrap();
    assert_eq!((tokens.obtained_at, tokens.expires_at), (now, Some(now + 600)));
    server.stop().await;
    let trail = wire.trail();
    assert_eq!(trail.started, now * 1000);
    let report = probe::judge(&trail, None, false, &[]);
    (trail, report)
}

#[tokio::test]
async fn a_probe_is_the_same_at_any_time() {
    let mut first: Option<Vec<(&str, Status)>> = None;
    for now in [NOW - 31_536_000, NOW, NOW + 31_536_000, 2_147_483_647, 2_147_483_648, 253_402_214_400, 253_402_300_800]
    {
        let (trail, report) = probed(now, 0).await;
        let statuses: Vec<_> = report.results.iter().map(|result| (result.id, result.status)).collect();
        let first = first.get_or_insert_with(|| statuses.clone());
        assert_eq!(*first, statuses, "at {now}");
        let loaded = Trail::load(&trail.save()).unwrap();
        let style = Style { colour: false, width: 80, verbose: true };
        for format in FORMATS {
            let mut out = Vec::new();
            (format.write)(&View { report: &report, trail: &loaded, style: &style }, &mut out).unwrap();
            assert!(!out.is_empty(), "{} at {now}", format.name);
        }
    }
}

#[tokio::test]
async fn clocks_that_differ_are_noticed_in_the_token_and_never_judged_by_a_third() {
    for (ahead, expected) in [
        (0, Status::Pass),
        (60, Status::Pass),
        (600, Status::Warn),
        (YEAR, Status::Warn),
        (-600, Status::Pass),
        (-YEAR, Status::Pass),
    ] {
        let (trail, report) = probed(NOW, ahead).await;
        let result = report.results.iter().find(|result| result.id == "token-exp-consistent").unwrap();
        assert_eq!(result.status, expected, "{ahead} s ahead: {:?}", result.message);
        let again = probe::judge(&Trail::load(&trail.save()).unwrap(), None, false, &[]);
        let again = again.results.iter().find(|result| result.id == "token-exp-consistent").unwrap();
        assert_eq!((again.status, &again.message), (result.status, &result.message), "from its record, today");
    }
}

#[tokio::test]
async fn a_token_is_examined_by_the_clock_of_the_run() {
    let server = deployment(Clock::stopped(NOW).0).await;
    let wire = wire(&server, Clock::stopped(NOW).0);
    let token = mcp_auth::formats::secret::Secret::new(server.mint(&serde_json::json!({})).unwrap());
    let read = jwt::decode(token.expose()).unwrap();
    let standard = inspect::of_server(&wire, Leniency::default()).await.unwrap();
    for (offset, verdict) in [
        (0, "accepted"),
        (600, "accepted"),
        (629, "accepted"),
        (630, "refused"),
        (631, "refused"),
        (YEAR, "refused"),
        // Issued in the future by a clock that is behind: odd, and no reason to refuse it.
        (-31, "accepted"),
        (-600, "accepted"),
        (-YEAR, "accepted"),
    ] {
        let now = NOW.checked_add_signed(offset).unwrap();
        let remarks = inspect::examine(&token, &read, &standard, now, None);
        assert_eq!(inspect::verdict(&remarks), verdict, "{offset}: {remarks:?}");
    }
    for now in [0, 2_147_483_648, 253_402_300_800, u64::MAX] {
        let remarks = inspect::examine(&token, &read, &standard, now, None);
        assert_eq!(inspect::verdict(&remarks) == "accepted", now == 0, "{now}: {remarks:?}");
    }
    server.stop().await;
}

#[tokio::test]
async fn a_login_is_kept_alive_for_months_and_survives_a_clock_that_is_set_back() {
    const DAY: u64 = 24 * 3600;
    let home = tempfile::tempdir().unwrap();
    let store = Store::in_directory(home.path());
    let ((clock, hands), (theirs, their_hands)) = (Clock::stopped(NOW), Clock::stopped(NOW));
    let server = deployment(theirs).await;
    let plan = plan();
    {
        let wire = wire(&server, clock.clone());
        let actor = Actor { wire: &wire, plan: &plan, say: &|_| {} };
        assert!(visit::visit(actor, &store, "default").await.login.is_some());
    }
    let kept = || store.read().unwrap().logins[0].clone();
    assert_eq!(kept().tokens.unwrap().expires_at, Some(NOW + 600));
    // By how much each clock is ahead of the beginning, and whether a new token is had.
    for (ours, server_ahead, renewed) in [
        (500, 500, false),
        (569, 569, false),
        (570, 570, true),
        // Ours goes ten minutes ahead: a token is renewed too early, which costs a request and nothing else.
        (1700, 1100, true),
        // Set back to the right time: the token lasts longer than it lives, and the server will say so.
        (1101, 1101, false),
        (29 * DAY, 29 * DAY, true),
        (58 * DAY, 58 * DAY, true),
    ] {
        hands.set(NOW + ours);
        their_hands.set(NOW + server_ahead);
        let before = kept().tokens.unwrap().access;
        let wire = wire(&server, clock.clone());
        let mut keeper = Keeper::new(Actor { wire: &wire, plan: &plan, say: &|_| {} }, &store, "default", false, None);
        keeper.begin().await.unwrap();
        let tokens = kept().tokens.unwrap();
        assert_eq!(tokens.access != before, renewed, "at {ours}");
        if renewed {
            assert_eq!((tokens.obtained_at, tokens.expires_at), (NOW + ours, Some(NOW + ours + 600)));
        }
    }
    // Nobody used it for a month: it has ended, and what is stored says since when.
    hands.set(NOW + 88 * DAY);
    their_hands.set(NOW + 88 * DAY);
    let wire = wire(&server, clock);
    let mut keeper = Keeper::new(Actor { wire: &wire, plan: &plan, say: &|_| {} }, &store, "default", false, None);
    keeper.begin().await.unwrap();
    assert_eq!(kept().refresh, RefreshState::Refused { since: NOW + 88 * DAY });
    server.stop().await;
}
