//! Honest clients while the token matrix of `tests/interop/tokens.py` is shown to the same server: thousands of tokens, right
//! and wrong ones, each of whose answers is checked there. RFC 8725, RFC 9068 §4.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use super::load::{Call, Manner, Round, Wire, run};
use super::process::Deployment;
use super::shared::{median, row};

/// So many tokens are made for each round in which every call brings a new one.
const FRESH: usize = 8_000;

/// Calls until the matrix is through; ends with an error at the first wrong answer on either side.
pub(super) fn beside(server: &Deployment, time: Duration) {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/interop/tokens.sh");
    let mut command = Command::new(script);
    command.args(["--mcp", &server.mcp, "--issuer", &server.issuer, "--key"]).arg(server.lab());
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().unwrap();
    let call = Call { url: server.mcp.clone(), wire: Wire::Stateless, session: None };
    let known = server.tokens(super::CLIENTS);
    let mut rounds: Vec<Round> = Vec::new();
    while child.try_wait().unwrap().is_none() {
        let fresh = rounds.len() % 2 == 1;
        let tokens = if fresh { server.tokens(FRESH) } else { known.clone() };
        let manner = Manner { clients: super::CLIENTS, fresh, anew: None };
        rounds.push(run(&call, &tokens, manner, time, server.pid()));
    }
    let output = child.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout).trim().lines().last().unwrap_or_default().to_owned();
    if output.status.code() == Some(77) {
        println!("\nWithout the token matrix: {said}");
        return;
    }
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    let calls: usize = rounds.iter().map(|round| round.calls).sum();
    let rate = median(rounds.iter().map(|round| round.rate));
    let p99 = median(rounds.iter().map(|round| round.p99));
    println!(
        "\nBeside the token matrix ({said}): {calls} calls of {} connections, none answered wrongly; {rate:.0} calls/s, p99 {p99:.2} ms, \
         medians of {} rounds.",
        super::CLIENTS,
        rounds.len()
    );
    row(
        "`serve` under the token matrix",
        &format!("{rate:.0} calls/s, p99 {p99:.1} ms, 0 of {calls} wrong"),
        &said,
        "",
    );
}
