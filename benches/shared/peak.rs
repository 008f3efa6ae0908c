//! The peak of a process (`VmHWM`), read when it is about to end. What the kernel hands the parent (`ru_maxrss`) counts
//! the pages of the parent, too, which a child shares until it is another program.

use std::process::Command;

/// The greatest peak of some runs, in MiB; `None` where processes may not be traced, or are another system's than Linux.
pub(crate) fn of(runs: usize, command: impl Fn() -> Command) -> Option<f64> {
    // A run that ended before it could be held tells nothing.
    (0..runs).filter_map(|_| one(command())).max_by(f64::total_cmp)
}

#[cfg(target_os = "linux")]
fn one(mut command: Command) -> Option<f64> {
    use std::process::Stdio;

    use nix::sys::ptrace::{self, Options};
    use nix::sys::wait::{WaitStatus, waitpid};
    use nix::unistd::Pid;

    let mut child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().ok()?;
    let pid = Pid::from_raw(i32::try_from(child.id()).ok()?);
    let mut kib = None;
    if ptrace::seize(pid, Options::PTRACE_O_TRACEEXIT).is_ok() {
        while let Ok(stopped) = waitpid(pid, None) {
            let signal = match stopped {
                WaitStatus::PtraceEvent(..) => {
                    kib = high_water_mark(pid);
                    None
                }
                WaitStatus::Stopped(_, signal) => Some(signal),
                _ => break,
            };
            ptrace::cont(pid, signal).ok()?;
        }
    }
    // Ended already, where it was traced.
    let _ = child.wait();
    kib.map(|kib| f64::from(kib) / 1024.0)
}

#[cfg(target_os = "linux")]
fn high_water_mark(pid: nix::unistd::Pid) -> Option<u32> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    status.lines().find_map(|line| line.strip_prefix("VmHWM:")?.split_whitespace().next()?.parse().ok())
}

#[cfg(not(target_os = "linux"))]
fn one(_: Command) -> Option<f64> {
    None
}
