#!/usr/bin/env bash
# Are verdicts the same every time? `tests/repeat.sh [N] [cargo test options]`
#
# Runs the matrix (each planted fault, each clean posture, each disturbed answer, against what `fixtures/` says of them)
# N times, 50 by default, and counts the runs that said anything else. Options choose other tests: `--test login`.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
count=${1:-50}
shift $(($# < 1 ? $# : 1))
[ $# -gt 0 ] || set -- --test matrix
cargo test --locked --release --no-run "$@"
log=$(mktemp)
trap 'rm -f "$log"' EXIT
failed=0
for ((run = 1; run <= count; run++)); do
  [ ! -t 2 ] || printf '\r%d of %d' "$run" "$count" >&2
  if ! cargo test --locked --release --quiet "$@" >"$log" 2>&1; then
    failed=$((failed + 1))
    echo "run $run said something else:"
    grep -E '^(test .*FAILED|thread .* panicked)' -A 30 "$log" | head -80
  fi
done
echo "$failed of $count runs said something else"
[ "$failed" -eq 0 ]
