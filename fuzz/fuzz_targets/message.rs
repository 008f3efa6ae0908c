//! See `mcp_auth_fuzz::message`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| mcp_auth_fuzz::message(data));
