//! What `mcp-auth serve` carries: `tools/list` with a valid ES256 token, against the same call on FastMCP and against a bare
//! axum handler that checks the same token, and the TypeScript SDK; then honest clients beside ten thousand idle and a
//! thousand slow connections; then beside thousands of wrong tokens, each of which must be refused meanwhile.
//!
//! `cargo bench --bench serve [-- PROGRAM]`. Every server is a process of its own, this process is the client, over loopback. The
//! contenders take turns within each round, so that what else the machine does meets all of them; figures are medians of
//! the rounds, bounds are of ratios. Every answer is checked: status, id, and the tools. `ROUNDS` and `SECONDS` make it longer
//! or shorter. FastMCP, the TypeScript SDK and
//! the tokens come from `tests/interop` (the first use installs them); what cannot be had is told.

#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a benchmark may panic")]
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a benchmark talks")]
#![expect(clippy::disallowed_methods, reason = "the length is asked for by the environment, tokens need the time")]

mod bare;
mod crowd;
mod load;
mod matrix;
mod process;
#[path = "../shared/mod.rs"]
mod shared;

use std::time::Duration;

use load::{Call, Manner, Round, Wire, run};
use process::{Deployment, fastmcp, typescript};
use shared::{median, number, row};

/// Connections that call at the same time.
const CLIENTS: usize = 16;
/// Tokens of a round in which each is used once; it ends when they are used up.
const FRESH: usize = 40_000;
/// Least rate as a multiple of FastMCP's.
const OVER_FASTMCP: f64 = 10.0;
/// Least rate as a share of the bare handler's.
const OF_BARE: f64 = 0.7;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.first().map(String::as_str) {
        Some("bare") => return bare::serve(arguments.get(1..).unwrap()),
        Some("crowd") => return crowd::stand(arguments.get(1..).unwrap()),
        _ => {}
    }
    let rounds = usize::try_from(number("ROUNDS", 5)).unwrap();
    let time = Duration::from_secs(number("SECONDS", 2));
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    println!("{cores} cores, {CLIENTS} connections, N = {rounds} rounds of {} s each.\n", time.as_secs());
    let server = Deployment::start();
    let met = compare(&server, rounds, time);
    let stood = crowd::compare(&server, rounds, time);
    matrix::beside(&server, time);
    assert!(met && stood, "a bound is not met");
}

/// Who is compared: a name, the process, and the calls.
struct Contender<'a> {
    name: &'a str,
    pid: u32,
    call: Call,
    /// Every request brings a token that the server has not seen.
    fresh: bool,
}

/// The table of rates; whether the bounds are kept.
fn compare(server: &Deployment, rounds: usize, time: Duration) -> bool {
    let tools = server.tools();
    let bare = bare::start(server, &tools);
    let others = [("FastMCP 4", fastmcp(server)), ("TypeScript SDK", typescript(server))];
    let to = |url: &str, wire| Call { url: url.to_owned(), wire, session: None };
    let mut contenders = vec![
        Contender {
            name: "`serve`, 2026-07-28",
            pid: server.pid(),
            call: to(&server.mcp, Wire::Stateless),
            fresh: false,
        },
        Contender { name: "`serve`, 2025-11-25", pid: server.pid(), call: server.session(), fresh: false },
        Contender {
            name: "`serve`, every token for the first time",
            pid: server.pid(),
            call: to(&server.mcp, Wire::Stateless),
            fresh: true,
        },
        Contender { name: "bare axum handler", pid: bare.pid(), call: to(&bare.url, Wire::Stateless), fresh: false },
    ];
    for (name, other) in &others {
        match other {
            Ok(other) => {
                contenders.push(Contender { name, pid: other.pid(), call: to(&other.url, Wire::Legacy), fresh: false })
            }
            Err(why) => println!("Without {name}: {why}.\n"),
        }
    }
    let mut results: Vec<Vec<Round>> = contenders.iter().map(|_| Vec::new()).collect();
    let tokens = server.tokens(CLIENTS);
    for round in 0..=rounds {
        for (contender, results) in contenders.iter().zip(&mut results) {
            let fresh = contender.fresh.then(|| server.tokens(FRESH));
            let manner = Manner { clients: CLIENTS, fresh: contender.fresh, anew: None };
            let done = run(&contender.call, fresh.as_deref().unwrap_or(&tokens), manner, time, contender.pid);
            // The first round warms up.
            if round > 0 {
                results.push(done);
            }
        }
    }
    let against = |name: &str| contenders.iter().position(|contender| contender.name == name);
    let ratio = |of: &[Round], base: Option<usize>| {
        let base = results.get(base?)?;
        Some(median(of.iter().zip(base).map(|(of, base)| of.rate / base.rate)))
    };
    let bases = [against("bare axum handler"), against("FastMCP 4"), against("TypeScript SDK")];
    println!(
        "| `tools/list` | calls/s | CPU of the server per call | p50 | p99 | ÷ bare axum | × FastMCP | × TypeScript SDK |"
    );
    println!("| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |");
    let mut met = true;
    let mut calls = 0;
    for (contender, rounds) in contenders.iter().zip(&results) {
        let figure = |of: fn(&Round) -> f64| median(rounds.iter().map(of));
        let [share, over, script] = bases.map(|base| ratio(rounds, base));
        let shown = |ratio: Option<f64>| ratio.map_or_else(|| "-".to_owned(), |ratio| format!("{ratio:.2}"));
        println!(
            "| {} | {:.0} | {:.0} µs | {:.2} ms | {:.2} ms | {} | {} | {} |",
            contender.name,
            figure(|round| round.rate),
            figure(|round| round.cpu),
            figure(|round| round.p50),
            figure(|round| round.p99),
            shown(share),
            shown(over),
            shown(script)
        );
        calls += rounds.iter().map(|round| round.calls).sum::<usize>();
        if contender.pid == server.pid() {
            for (base, ratio) in bases.into_iter().zip([share, over, script]) {
                let Some((base, ratio)) = base.and_then(|at| contenders.get(at).zip(results.get(at))).zip(ratio) else {
                    continue;
                };
                let beside = median(base.1.iter().map(|round| round.rate));
                let figures =
                    (format!("{:.0} calls/s", figure(|round| round.rate)), format!("{}, {beside:.0}", base.0.name));
                row(&format!("{}: `tools/list`", contender.name), &figures.0, &figures.1, &format!("{ratio:.2}"));
            }
            met &= over.is_none_or(|over| over >= OVER_FASTMCP) && share.is_none_or(|share| share >= OF_BARE);
        }
    }
    println!(
        "\n{calls} answers, each with the right status, id and tools. Bounds: {OVER_FASTMCP} × FastMCP, {OF_BARE} of bare axum.\n"
    );
    met
}
