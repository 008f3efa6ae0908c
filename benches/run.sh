#!/usr/bin/env bash
# Measures all there is to measure and prints one table (Markdown) on standard output; what each bench says goes to standard error.
#
#   benches/run.sh                       # builds the dist profile and measures that
#   benches/run.sh --program FILE        # measures this build of the program, as release/build.sh packs it
#   benches/run.sh --quick               # shorter: to see that it runs, not for figures
#   benches/run.sh --only probe,peers    # some of: probe peers check serve fleet size
#
# On a quiet machine: the load average stands above the table. Token checks are measured inside the bench, in the dist profile.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

program='' quick=no only=probe,peers,check,serve,fleet,size
while [ $# -gt 0 ]; do
  case $1 in
    --program) program=$(realpath "$2"); shift 2 ;;
    --quick) quick=yes; shift ;;
    --only) only=$2; shift 2 ;;
    *) sed -n '2,9s/^# \{0,1\}//p' "${BASH_SOURCE[0]}" >&2; exit 2 ;;
  esac
done
wanted() { case ,$only, in *",$1,"*) return 0 ;; *) return 1 ;; esac }

BENCH_ROWS=$(mktemp)
export BENCH_ROWS
trap 'rm -f "$BENCH_ROWS"' EXIT
length=()
if [ $quick = yes ]; then length=(ROUNDS=2 SECONDS=1 FLEET_TARGETS=500 TOKENS=500); fi

if [ -z "$program" ]; then
  cargo build --locked --profile dist --bin mcp-auth >&2
  program=$PWD/${CARGO_TARGET_DIR:-target}/dist/mcp-auth
fi
# Clients and checks of answers need no more than the release profile; what is measured in the bench itself does.
for bench in probe peers check serve fleet; do
  if wanted $bench; then
    profile=release
    if [ $bench = check ]; then profile=dist; fi
    cargo bench --locked --profile $profile --no-run --bench $bench >&2
  fi
done
load=$(cut -d' ' -f1-3 /proc/loadavg 2>/dev/null || echo unknown)
for bench in probe peers check serve fleet; do
  if wanted $bench; then
    profile=release
    if [ $bench = check ]; then profile=dist; fi
    printf '\n== %s\n' $bench >&2
    env "${length[@]}" cargo bench --locked --quiet --profile $profile --bench $bench -- "$program" >&2
  fi
done

# How large a program is, and what fills it: the sections, by what they hold.
size_row() {
  local parts=''
  if command -v size >/dev/null; then
    parts=$(size -A "$1" | awk '
      $1 == ".text" { code += $2 } $1 ~ /^\.(rodata|data\.rel\.ro|data|relro_padding)$/ { data += $2 }
      $1 ~ /^\.(eh_frame|eh_frame_hdr|gcc_except_table)$/ { unwind += $2 } $1 ~ /^\.re/ && $1 !~ /ro/ { moves += $2 }
      END { printf "code %.1f, constants %.1f, unwinding %.1f MiB", code/1048576, data/1048576, unwind/1048576 }')
  fi
  printf '| %s | %s MiB | %s | |\n' "$2" "$(awk -v n="$(stat -c %s "$1")" 'BEGIN { printf "%.1f", n/1048576 }')" "$parts" >> "$BENCH_ROWS"
}
if wanted size; then
  size_row "$program" 'size of the program measured'
  release=$PWD/${CARGO_TARGET_DIR:-target}/release/mcp-auth
  if [ -e "$release" ]; then size_row "$release" 'size, `cargo build --release`'; fi
fi

printf '%s cores, load average before: %s. %s\n\n' "$(nproc)" "$load" "$("$program" --version)"
printf '| what | ours | beside it, in the same run | ratio |\n| --- | ---: | --- | ---: |\n'
cat "$BENCH_ROWS"
