//! The command line, read as the program reads it.

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt as _;
use std::sync::Once;

// The command line belongs to the program, which has no library: its files are read here, too.
#[allow(dead_code, unreachable_pub, reason = "the program uses the rest")]
#[path = "../../src"]
mod program {
    pub mod cli;
}

use program::cli;

const SECRET: &str = "zq-secret-of-the-environment-zq";

/// Arguments, one a line: refused with exit code 2 or taken; and no text repeats a secret of the environment.
pub fn arguments(data: &[u8]) {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        for name in ["TOKEN", "CLIENT_SECRET", "SECOND_TOKEN", "ASSERTION", "ID_TOKEN", "TAVILY_KEY", "INTROSPECTION_SECRET"] {
            // SAFETY: no other thread reads the environment yet.
            unsafe { std::env::set_var(format!("MCP_AUTH_{name}"), SECRET) };
        }
        for (name, value) in [("PROXY", format!("http://u:{SECRET}@h:1")), ("STATE", format!("redis://u:{SECRET}@h"))] {
            // SAFETY: as above.
            unsafe { std::env::set_var(format!("MCP_AUTH_{name}"), value) };
        }
    });
    let given = data.split(|byte| *byte == b'\n').map(|part| OsString::from_vec(part.to_vec()));
    let arguments: Vec<OsString> = std::iter::once(OsString::from("mcp-auth")).chain(given).collect();
    let Err(error) = cli::parse(arguments) else { return };
    let text = error.to_string();
    assert!(!text.contains(SECRET), "{text}");
    assert!(error.exit_code() == if error.use_stderr() { 2 } else { 0 }, "{text}");
}
