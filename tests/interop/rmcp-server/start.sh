#!/usr/bin/env bash
# usage: ISSUER=http://127.0.0.1:18701 PORT=18731 ./start.sh      (see ../README.md)
# Built as a second binary from the project's own manifest and lock file, in the project's target
# folder: after `cargo build --release` only rmcp, a dependency of the project's tests, and main.rs are compiled.
cd "$(dirname "${BASH_SOURCE[0]}")" && . ../lib.sh
export PORT=${1:-${PORT:-18731}}
here=$PWD project=$(cd ../../.. && pwd)
have cargo || skip "cargo is missing"
export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$project/target}
work=$CARGO_TARGET_DIR/interop-rmcp-server
mkdir -p "$work"
(
  flock 9
  # The project's manifest without its own targets and lints, with ours, and with rmcp where a binary may use it.
  { rmcp=$(grep '^rmcp = ' "$project/Cargo.toml")
    awk -v rmcp="$rmcp" '/^\[/ { drop = /^\[\[/ || /^\[lib\]/ || /^\[lints/ } /^default-run/ || /^rmcp = / { next }
      !drop { print } /^\[dependencies\]/ { print rmcp }' "$project/Cargo.toml"
    printf '\n[[bin]]\nname = "interop-rmcp-server"\npath = "%s/main.rs"\n\n[workspace]\n' "$here"; } >"$work/Cargo.toml"
  cp "$project/Cargo.lock" "$work/"
  cargo build --release --locked --quiet --manifest-path "$work/Cargo.toml" >&2 </dev/null
) 9>"$work/.lock" || { say "rmcp-server does not compile"; exit 1; }
exec "$CARGO_TARGET_DIR/release/interop-rmcp-server"
