//! Two replicas behind a load balancer, their state in a real Redis or Valkey: what one begins the other finishes, what is
//! used once is used once on both, and one that dies takes nothing with it.

use std::io;
use std::net::{Shutdown, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Barrier};

use mcp_auth::serve::state::{self, Life, Table};
use mcp_auth::spec::clock::Clock;

use super::support::{Deployment, Login, free_ports, get, member, rpc, search, try_send, until};

/// The server process; ends with the test.
struct Store {
    child: Child,
    port: String,
    folder: tempfile::TempDir,
}

impl Store {
    /// `None`, with a line that says so, where the machine has no such server.
    #[expect(clippy::print_stdout, reason = "the runner is to see what was not looked at")]
    fn start() -> Option<Self> {
        #[expect(clippy::disallowed_methods, reason = "the runner says where the server is")]
        let named = std::env::var("VALKEY_SERVER").ok();
        let names = named.into_iter().chain(["valkey-server", "redis-server"].map(str::to_owned));
        let [port] = free_ports();
        let folder = tempfile::tempdir().unwrap();
        for name in names {
            if let Ok(child) = Self::run(&name, &port, folder.path()) {
                let store = Self { child, port, folder };
                store.wait();
                return Some(store);
            }
        }
        println!("skipped: there is no valkey-server and no redis-server");
        None
    }

    fn run(name: &str, port: &str, folder: &Path) -> io::Result<Child> {
        let mut command = Command::new(name);
        command.args(["--port", port, "--bind", "127.0.0.1", "--appendonly", "yes", "--dir"]).arg(folder);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn()
    }

    fn wait(&self) {
        until("the store answers", 10, || TcpStream::connect(format!("127.0.0.1:{}", self.port)).is_ok());
    }

    fn url(&self) -> String {
        format!("redis://127.0.0.1:{}/2", self.port)
    }

    fn stop(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    fn back(&mut self) {
        let named = ["valkey-server", "redis-server"];
        let run = named.iter().find_map(|name| Self::run(name, &self.port, self.folder.path()).ok());
        self.child = run.unwrap();
        self.wait();
    }
}

impl Drop for Store {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Sends each connection to the next replica, or to the one after when nobody is there.
fn balance(backs: Vec<String>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let at = listener.local_addr().unwrap().to_string();
    std::thread::spawn(move || {
        let turn = AtomicUsize::new(0);
        for guest in listener.incoming().flatten() {
            let first = turn.fetch_add(1, Ordering::Relaxed);
            let tries = (0..backs.len()).map(|n| &backs[(first + n) % backs.len()]);
            let Some(back) = tries.into_iter().find_map(|back| TcpStream::connect(back).ok()) else { continue };
            let (there, here) = (back.try_clone().unwrap(), guest.try_clone().unwrap());
            std::thread::spawn(move || pass(guest, there));
            std::thread::spawn(move || pass(back, here));
        }
    });
    at
}

fn pass(mut from: TcpStream, mut to: TcpStream) {
    let _ = io::copy(&mut from, &mut to);
    let _ = to.shutdown(Shutdown::Write);
}

/// A store, two replicas, and the balancer's address.
fn pair() -> Option<(Store, [Deployment; 2], [String; 2], String)> {
    let store = Store::start()?;
    let ports = free_ports::<2>();
    let backs = ports.clone().map(|port| format!("127.0.0.1:{port}"));
    let front = balance(backs.to_vec());
    let (url, public) = (store.url(), format!("http://{front}"));
    // Started at once: only one of them makes the keys.
    let replicas = std::thread::scope(|scope| {
        let start = |port: &str| {
            let arguments = ["--port", port, "--public-url", &public, "--state", &url];
            Deployment::start(&arguments)
        };
        let [one, two] = [&ports[0], &ports[1]].map(|port| scope.spawn(move || start(port)));
        [one.join().unwrap(), two.join().unwrap()]
    });
    Some((store, replicas, backs, public))
}

#[test]
fn what_one_replica_begins_the_other_finishes_and_one_that_dies_takes_nothing_with_it() {
    let Some((_store, [one, two], _, public)) = pair() else { return };
    let mcp = format!("{public}/mcp");
    assert_eq!((one.mcp.as_str(), two.mcp.as_str()), (mcp.as_str(), mcp.as_str()));
    // Twelve logins, each stopped at another step; every request meets the other replica than the one before.
    let mut logins: Vec<Login> = (0..12).map(|_| Login::register(&public, &mcp)).collect();
    for (at, login) in logins.iter_mut().enumerate() {
        if at % 3 > 0 {
            login.open_page();
        }
        if at % 3 > 1 {
            login.consent();
        }
    }
    one.kill();
    for (at, login) in logins.iter_mut().enumerate() {
        if at % 3 == 0 {
            login.open_page();
        }
        if at % 3 < 2 {
            login.consent();
        }
        let tokens = login.redeem();
        assert_eq!(tokens.status, 200, "login {at}: {}", tokens.body);
        assert_eq!(search(&mcp, &member(&tokens.json(), "access_token")), 200, "login {at}");
        assert_eq!(login.refresh(&member(&tokens.json(), "refresh_token")).status, 200, "login {at}");
    }
}

#[test]
fn what_is_saved_on_one_replica_is_found_on_the_other_and_after_both_are_gone() {
    let Some((store, replicas, backs, public)) = pair() else { return };
    let mcp = format!("{public}/mcp");
    let mut login = Login::register(&public, &mcp).asking("search:read search:write");
    login.open_page();
    login.consent();
    let token = member(&login.redeem().json(), "access_token");
    // Through the balancer: every call meets the other replica than the one before.
    let call = |tool: &str, arguments: serde_json::Value| {
        let params = serde_json::json!({ "name": tool, "arguments": arguments });
        rpc(&mcp, &token, "tools/call", Some(tool), params).json()["result"]["structuredContent"].clone()
    };
    let animals = ["okapi", "tapir", "narwhal", "pangolin"];
    let ids = animals.map(|name| member(&call("save", serde_json::json!({ "title": name, "text": name })), "id"));
    let found_by_each = |ids: &[String]| {
        for (name, id) in animals.iter().zip(ids) {
            for _ in &backs {
                let found = call("search", serde_json::json!({ "query": name }));
                assert_eq!(found["results"][0]["id"], id.as_str(), "{name}: {found}");
            }
        }
    };
    found_by_each(&ids);
    replicas.into_iter().for_each(Deployment::kill);
    let port = backs[0].rsplit_once(':').unwrap().1;
    let _again = Deployment::start(&["--port", port, "--public-url", &public, "--state", &store.url()]);
    found_by_each(&ids);
}

#[test]
fn what_is_used_once_is_used_once_on_both_replicas() {
    let Some((_store, _replicas, backs, public)) = pair() else { return };
    let mcp = format!("{public}/mcp");
    let keys = backs.clone().map(|back| get(&format!("http://{back}/jwks")).body);
    assert_eq!(keys[0], keys[1], "the same keys");
    for _ in 0..10 {
        let mut login = Login::register(&public, &mcp);
        login.open_page();
        login.consent();
        // Both replicas at the same moment, four times each.
        let start = Arc::new(Barrier::new(8));
        let shots: Vec<_> = (0..8)
            .map(|at| {
                let (start, mut login) = (Arc::clone(&start), login.clone());
                login.issuer = format!("http://{}", backs[at % 2]);
                std::thread::spawn(move || {
                    start.wait();
                    login.redeem_as(&public_host(&login.mcp)).status
                })
            })
            .collect();
        let statuses: Vec<u16> = shots.into_iter().map(|shot| shot.join().unwrap()).collect();
        assert_eq!(statuses.iter().filter(|status| **status == 200).count(), 1, "{statuses:?}");
    }
}

/// The name by which the deployment is addressed.
fn public_host(mcp: &str) -> String {
    url::Url::parse(mcp).unwrap().authority().to_owned()
}

#[test]
fn while_the_store_is_away_nobody_is_let_in_and_afterwards_all_goes_on() {
    let Some((mut store, _replicas, backs, public)) = pair() else { return };
    let mcp = format!("{public}/mcp");
    let mut login = Login::register(&public, &mcp);
    login.open_page();
    login.consent();
    let tokens = login.redeem().json();
    let access = member(&tokens, "access_token");
    assert_eq!(search(&mcp, &access), 200);
    let health = |back: &String| try_send("GET", &format!("http://{back}/healthz"), &[], "").unwrap().status;
    assert_eq!(backs.each_ref().map(health), [200, 200]);
    store.stop();
    assert_eq!(search(&mcp, &access), 500, "whether it was revoked cannot be known");
    assert_eq!(backs.each_ref().map(health), [503, 503]);
    store.back();
    until("both are healthy", 20, || backs.each_ref().map(health) == [200, 200]);
    assert_eq!(search(&mcp, &access), 200);
    assert_eq!(login.refresh(&member(&tokens, "refresh_token")).status, 200);
}

#[tokio::test]
async fn the_shared_store_keeps_what_every_store_keeps() {
    let Some(store) = Store::start() else { return };
    let shared = state::open(&store.url()).await.unwrap();
    let now = Clock::SYSTEM.now();
    let (key, value) = ("contract", b"one".to_vec());
    assert!(shared.insert(Table::Code, key, value.clone(), Life::of(now, 60)).await.unwrap());
    assert!(!shared.insert(Table::Code, key, b"two".to_vec(), Life::of(now, 60)).await.unwrap());
    assert_eq!(shared.get(Table::Family, key, now).await.unwrap(), None, "kinds are apart");
    assert!(!shared.replace(Table::Code, key, b"other", b"x".to_vec(), Life::of(now, 60)).await.unwrap());
    assert!(shared.replace(Table::Code, key, &value, b"\0\xff".to_vec(), Life::of(now, 60)).await.unwrap());
    let takers = (0..8).map(|_| shared.take(Table::Code, key, now));
    let taken = futures_util::future::join_all(takers).await;
    let got: Vec<_> = taken.into_iter().filter_map(Result::unwrap).collect();
    assert_eq!(got, [b"\0\xff".to_vec()], "of eight takers one gets it");
    shared.put(Table::Pending, key, value.clone(), Life::of(now, 1)).await.unwrap();
    tokio::time::sleep(std::time::Duration::from_millis(2100)).await;
    assert_eq!(shared.get(Table::Pending, key, now).await.unwrap(), None, "it has expired");
    shared.put(Table::Pending, key, value, Life::of(now, 0)).await.unwrap();
    assert_eq!(shared.take(Table::Pending, key, now).await.unwrap(), None, "it had expired before");
}
