//! See `mcp_auth_fuzz::trail`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| mcp_auth_fuzz::trail(data));
