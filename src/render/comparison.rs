//! A comparison in words, and as JSON.

use std::io::{self, Write};

use colored::{ColoredString, Colorize as _};

use super::Style;
use super::words::{self, line};
use super::wrap::hang;
use crate::report::{Comparison, Difference, Direction, Shown, Side, Status};

/// The formats of a comparison.
pub const FORMATS: [&str; 2] = ["human", "json"];

/// Writes a comparison for people.
///
/// # Errors
/// The stream cannot be written.
pub fn human(comparison: &Comparison, style: &Style, out: &mut dyn Write) -> io::Result<()> {
    colored::control::set_override(style.colour);
    writeln!(out, "{} two deployments, judged by {}", "mcp-auth".bold(), comparison.revision)?;
    side("A", &comparison.left, out)?;
    side("B", &comparison.right, out)?;
    for (direction, title) in [(Direction::Worse, "A is worse"), (Direction::Better, "A is better")] {
        let own: Vec<_> = comparison.differences.iter().filter(|d| d.direction == direction).collect();
        if !own.is_empty() {
            writeln!(out, "\n{}", title.bold().underline())?;
        }
        for difference in own {
            show(difference, style, out)?;
        }
    }
    let rest: Vec<_> = comparison.differences.iter().filter(|d| d.direction == Direction::Other).collect();
    if style.verbose && !rest.is_empty() {
        writeln!(out, "\n{}", "Otherwise different".bold().underline())?;
        for difference in &rest {
            show(difference, style, out)?;
        }
    }
    totals(comparison, rest.len(), style, out)
}

fn side(name: &str, side: &Side, out: &mut dyn Write) -> io::Result<()> {
    let cause = side.root_cause.as_deref().map(|id| format!(" · root cause {id}")).unwrap_or_default();
    let target = line(&side.target);
    writeln!(out, "  {} {target} · grade {}{cause} · {}", name.bold(), side.grade, words::instant(side.started))
}

fn show(difference: &Difference, style: &Style, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "\n{} {}", difference.id.bold(), hang(difference.title, 2, style.width))?;
    shown("A", &difference.left, style, out)?;
    shown("B", &difference.right, style, out)?;
    if let Some(fix) = difference.fix.as_deref().filter(|_| difference.direction == Direction::Worse) {
        writeln!(out, "  fix {}", hang(&words::block(fix), 6, style.width))?;
    }
    Ok(())
}

fn shown(name: &str, shown: &Shown, style: &Style, out: &mut dyn Write) -> io::Result<()> {
    let message = shown.message.as_deref().map(line).unwrap_or_default();
    let said = format!("  {name} {} {}", label(shown.status), hang(&message, 9, style.width));
    writeln!(out, "{}", said.trim_end())?;
    if let (Some(number), Some(place)) = (shown.exchange, &shown.place) {
        writeln!(out, "    #{number} {}", line(place).dimmed())?;
    }
    if let Some(part) = &shown.part {
        writeln!(out, "    {}: {}", line(&part.name), hang(&line(&part.value), 6, style.width))?;
    }
    Ok(())
}

fn label(status: Status) -> ColoredString {
    match status {
        Status::Fail => "FAIL".red().bold(),
        Status::Warn => "WARN".yellow().bold(),
        Status::Info => "note".cyan(),
        Status::Pass => "pass".green(),
        Status::Skip => "skip".dimmed(),
    }
}

fn totals(comparison: &Comparison, rest: usize, style: &Style, out: &mut dyn Write) -> io::Result<()> {
    let count = |direction| comparison.differences.iter().filter(|d| d.direction == direction).count();
    let said = format!(
        "A is worse in {}, better in {}, the same in {}",
        count(Direction::Worse),
        count(Direction::Better),
        comparison.same
    );
    writeln!(out, "\n{}", said.bold())?;
    if rest > 0 && !style.verbose {
        writeln!(out, "{rest} more differ only in what was looked at or worth knowing: -v shows them")?;
    }
    Ok(())
}

/// Writes a comparison for programs.
///
/// # Errors
/// The stream cannot be written.
pub fn json(comparison: &Comparison, out: &mut dyn Write) -> io::Result<()> {
    words::json(comparison, out)
}
