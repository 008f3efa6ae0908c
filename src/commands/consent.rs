//! Before an intrusive run: what will be sent, how often, what may be left; and the user's word for it.

use std::io::{self, BufRead as _, IsTerminal as _};

use super::{Exit, Failure, Terminal, tell};
use crate::client::plan::{Browser, Plan};
use crate::spec::reach::{Reach, Reached};
use crate::spec::text::printable;
use crate::wire::limits;

/// What wants the user's word.
const WANTS_CONSENT: [Reach; 3] = [Reach::Intrusive, Reach::Tool, Reach::StepUpTool];

/// Tells the plan of a run that creates something, and asks. `given`: the user gave their word on the command line.
///
/// # Errors
/// The user says no, or cannot be asked.
pub fn ask(
    reached: Reached,
    plan: &Plan,
    target: &str,
    logins: u32,
    given: bool,
    terminal: &Terminal,
) -> Result<(), Failure> {
    if !WANTS_CONSENT.into_iter().any(|reach| reached.has(reach)) {
        return Ok(());
    }
    for line in told(reached, plan, target, logins) {
        tell(terminal, &line);
    }
    if given {
        return Ok(());
    }
    let help = "run it at a terminal, or say --yes --i-am-authorized";
    if !io::stdin().is_terminal() || !io::stderr().is_terminal() {
        return Err(Failure::usage("an intrusive run wants your word, and there is nobody to ask", help));
    }
    tell(terminal, "Are you authorized to test this deployment so, and shall it begin? [y/N]");
    let mut answer = String::new();
    io::stdin().lock().read_line(&mut answer)?;
    if matches!(answer.trim().to_ascii_lowercase().as_str(), "y" | "yes") {
        return Ok(());
    }
    Err(Failure::new(Exit::Usage, "nothing was sent", "without --intrusive, --tool and --step-up-tool nobody is asked"))
}

/// The plan, line by line.
fn told(reached: Reached, plan: &Plan, target: &str, logins: u32) -> Vec<String> {
    let mut lines = vec![format!("This run does more at {} than a client does:", printable(target))];
    let unusual = reached.list().filter(|reach| reach.is_touching() || *reach == Reach::Login);
    lines.extend(unusual.map(|reach| format!("  {:<22} {}", reach.flag(), reach.about())));
    lines.push(format!(
        "It sends {} requests at most, one a second to each server (--pace; on this machine as fast as they are answered), \
         and stops at the first 429.",
        limits::REQUESTS_PER_TRIALS
    ));
    if plan.browser != Browser::Follow {
        lines.push(format!("It asks you to log in up to {logins} times more: each code that is used up is a login."));
    }
    lines.push(
        "Clients that it registers are deleted (RFC 7592) and tokens revoked (RFC 7009) where the server offers that; what \
         stays stands in the report."
            .to_owned(),
    );
    lines
}
