#!/usr/bin/env bash
# Which changes of the code does no test notice? `tests/mutation/mutate.sh FOLDER [REGEX] [options of run.py]`
#
# FOLDER is kept: a second call goes on where the first one ended. REGEX chooses mutants by their names
# (`src/formats/`, `check_audience`). Needs cargo-mutants, which lists them; see README.md.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
folder=$1
only=${2:-}
shift $(($# < 2 ? $# : 2))
mkdir -p "$folder"
folder=$(cd "$folder" && pwd)
export CARGO_TARGET_DIR="$folder/target"
cd "$here/../.."
if [ ! -e "$folder/tree/mutants.json" ]; then
    scope=()
    for part in formats checks client store serve/authority serve/resource; do scope+=(-f "src/$part/**"); done
    cargo mutants --list --json "${scope[@]}" >"$folder/mutants.json"
    cargo build --locked --release --manifest-path "$here/Cargo.toml" --target-dir "$folder/tool"
    python3 -B "$here/weave.py" "$folder/mutants.json" "$folder/tree" "$folder/tool/release/mcp-auth-mutation"
fi
python3 -B "$here/run.py" "$folder/mutants.json" "$folder/tree" "$folder/results" --only "$only" "$@"
