//! The last line of every report: the next useful command.

use super::{Report, Status};
use crate::evidence::{Mode, Trail};
use crate::spec::reach::Reach;
use crate::spec::text::printable;

/// The command that helps most after this report.
pub(super) fn command(report: &Report, trail: &Trail) -> String {
    let target = printable(trail.named.as_deref().unwrap_or(&report.target));
    let reach = trail.reach;
    if report.mode == Mode::Unreachable {
        return format!("mcp-auth probe {target} -v");
    }
    if let Some(id) = &report.root_cause {
        return format!("mcp-auth checks explain {id}");
    }
    if !reach.has(Reach::Default) {
        return format!("mcp-auth probe {target}");
    }
    let warned = report.results.iter().find(|result| result.status == Status::Warn);
    match warned {
        Some(result) => format!("mcp-auth checks explain {}", result.id),
        None if !reach.has(Reach::Login) => format!("mcp-auth probe {target} --login"),
        None if !reach.has(Reach::Active) => format!("mcp-auth probe {target} --login --active"),
        None if !reach.has(Reach::Intrusive) => format!("mcp-auth probe {target} --login --intrusive"),
        None => format!("mcp-auth probe {target} --save trail.json"),
    }
}

impl Report {
    /// The flags that would make skipped checks run, with how many each.
    #[must_use]
    pub fn missing_flags(&self) -> Vec<(&'static str, usize)> {
        super::build::missing_flags(&self.results)
    }
}
