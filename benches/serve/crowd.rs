//! Honest clients beside a crowd that only holds connections: most say nothing, some send a line of a head every second.
//! Who is cut off comes back at once. The crowd is a process of its own, and comes from several loopback addresses, so
//! that it does not run out of ports.

use std::io::Read as _;
use std::net::{Ipv4Addr, SocketAddr};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use nix::sys::resource::{Resource, getrlimit, setrlimit};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::{sleep, timeout};

use super::load::{Call, Manner, Round, Wire, run};
use super::process::{Deployment, memory};
use super::shared::{median, row};

/// Connections that say nothing.
const IDLE: usize = 10_000;
/// Connections that say as little as they can.
const SLOW: usize = 1_000;
/// Descriptors for the rest of a process.
const OTHERS: u64 = 200;
/// The least rate beside the crowd, as a share of that without it.
const BOUND: f64 = 0.5;
/// Calls on new connections are made by so many clients, with this pause.
const ANEW: Manner = Manner { clients: 4, fresh: false, anew: Some(Duration::from_millis(2)) };
const KEPT: Manner = Manner { clients: super::CLIENTS, fresh: false, anew: None };

/// The table; whether others were served.
pub(super) fn compare(server: &Deployment, rounds: usize, time: Duration) -> bool {
    let (_, most) = getrlimit(Resource::RLIMIT_NOFILE).unwrap();
    if most < (IDLE + SLOW) as u64 + OTHERS {
        println!(
            "Without the crowd: this machine lets a process have {most} descriptors, and each connection takes one."
        );
        return true;
    }
    let address = server.mcp.trim_start_matches("http://").trim_end_matches("/mcp");
    let call = Call { url: server.mcp.clone(), wire: Wire::Stateless, session: None };
    let tokens = server.tokens(KEPT.clients);
    let measure =
        |manner| -> Vec<Round> { (0..rounds).map(|_| run(&call, &tokens, manner, time, server.pid())).collect() };
    let resident = || memory(server.pid(), "VmRSS");
    let alone = [measure(KEPT), measure(ANEW)];
    let empty = resident();
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["crowd", address]).stdin(Stdio::piped()).stdout(Stdio::null());
    let mut crowd = command.spawn().unwrap();
    let held = || std::fs::read_dir(format!("/proc/{}/fd", server.pid())).map_or(0, Iterator::count);
    let begun = Instant::now();
    while held() < IDLE + SLOW && begun.elapsed() < Duration::from_secs(60) {
        std::thread::sleep(Duration::from_millis(50));
    }
    let mut fewest = held();
    let mut watched = |manner| -> Vec<Round> {
        let round = |_| {
            let round = run(&call, &tokens, manner, time, server.pid());
            fewest = fewest.min(held());
            round
        };
        (0..rounds).map(round).collect()
    };
    let beside = [watched(KEPT), watched(ANEW)];
    let full = resident();
    drop(crowd.stdin.take());
    let _ = crowd.wait();
    println!("| honest clients | calls/s | p50 | p99 | longest |\n| --- | ---: | ---: | ---: | ---: |");
    let names = [
        format!("{} connections, kept", KEPT.clients),
        format!("{} clients, each call a new connection", ANEW.clients),
    ];
    for (name, (alone, beside)) in names.iter().zip(alone.iter().zip(&beside)) {
        show(&format!("{name}: alone"), alone);
        show(&format!("{name}: beside {IDLE} idle and {SLOW} slow ones"), beside);
    }
    let rate = |rounds: &[Round]| median(rounds.iter().map(|round| round.rate));
    let shares: Vec<f64> = alone.iter().zip(&beside).map(|(alone, beside)| rate(beside) / rate(alone)).collect();
    let peak = memory(server.pid(), "VmHWM");
    println!(
        "\nEvery call was answered rightly. Descriptors open in the server meanwhile: {fewest} at least. Its memory: {empty:.0} MiB \
         before, {full:.0} MiB beside the crowd, {peak:.0} MiB at most. Rates beside the crowd: {:.2} and {:.2} of those alone \
         (bound {BOUND}).",
        shares.first().unwrap(),
        shares.last().unwrap()
    );
    for (name, share) in names.iter().zip(&shares) {
        let crowd = format!("alone (then beside {IDLE} idle and {SLOW} slow connections)");
        row(&format!("`serve`, {name}"), &format!("{full:.0} MiB"), &crowd, &format!("{share:.2}"));
    }
    let stood = fewest >= IDLE;
    assert!(stood, "the crowd was not there: {fewest} descriptors");
    shares.iter().all(|share| *share >= BOUND)
}

fn show(name: &str, rounds: &[Round]) {
    let figure = |of: fn(&Round) -> f64| median(rounds.iter().map(of));
    let most = rounds.iter().map(|round| round.most).fold(0.0, f64::max);
    let (rate, p50, p99) = (figure(|round| round.rate), figure(|round| round.p50), figure(|round| round.p99));
    println!("| {name} | {rate:.0} | {p50:.2} ms | {p99:.2} ms | {most:.0} ms |");
}

/// The crowd itself, until its standard input ends.
pub(super) fn stand(arguments: &[String]) {
    let address: SocketAddr = arguments.first().unwrap().parse().unwrap();
    let (_, most) = getrlimit(Resource::RLIMIT_NOFILE).unwrap();
    setrlimit(Resource::RLIMIT_NOFILE, most, most).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let cut = Arc::new(AtomicUsize::new(0));
        for number in 0..IDLE + SLOW {
            tokio::spawn(hold(address, number, Arc::clone(&cut)));
            // Not all in one moment: the backlog of the system is short.
            if number % 100 == 0 {
                sleep(Duration::from_millis(5)).await;
            }
        }
        let wait = || std::io::stdin().read_to_end(&mut Vec::new());
        let _ = tokio::task::spawn_blocking(wait).await;
        eprintln!("the crowd was cut off {} times and came back", cut.load(Ordering::Relaxed));
    });
    runtime.shutdown_background();
}

/// Holds a connection, again and again.
async fn hold(address: SocketAddr, number: usize, cut: Arc<AtomicUsize>) {
    let from = Ipv4Addr::new(127, 0, 0, u8::try_from(2 + number % 8).unwrap());
    loop {
        if let Ok(mut stream) = connect(address, from).await {
            match number < IDLE {
                true => drop(stream.read(&mut [0; 256]).await),
                false => dawdle(&mut stream).await,
            }
            cut.fetch_add(1, Ordering::Relaxed);
        }
        sleep(Duration::from_millis(100)).await;
    }
}

async fn connect(to: SocketAddr, from: Ipv4Addr) -> std::io::Result<TcpStream> {
    let socket = TcpSocket::new_v4()?;
    socket.bind(SocketAddr::new(from.into(), 0))?;
    socket.connect(to).await
}

/// A head that never ends.
async fn dawdle(stream: &mut TcpStream) {
    if stream.write_all(b"POST /mcp HTTP/1.1\r\nHost: 127.0.0.1\r\n").await.is_err() {
        return;
    }
    let mut bytes = [0; 256];
    loop {
        match timeout(Duration::from_secs(1), stream.read(&mut bytes)).await {
            Ok(Ok(count)) if count > 0 => {}
            Ok(_) => return,
            Err(_) if stream.write_all(b"X-Slow: yes\r\n").await.is_err() => return,
            Err(_) => {}
        }
    }
}
