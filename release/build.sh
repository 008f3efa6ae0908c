#!/usr/bin/env bash
# Builds what is shipped: for each target one archive with a static program, completions, manual pages, licences, a bill of
# materials and what built it, and the checksums of all. Needs git, GNU tar, gzip, Python 3, Rust with the std of each target, and its C compiler
# (musl-tools for musl).
#
#   release/build.sh                      # the targets whose std is installed, of x86_64/aarch64 linux gnu and musl
#   release/build.sh --target x86_64-unknown-linux-musl --out /tmp/dist
#   release/build.sh --verify             # builds twice, in two folders, and compares the programs byte for byte
#   release/build.sh --profile dev        # a quick try
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
root=$PWD

targets=() out=$root/target/release-files profile=dist verify=no
while [ $# -gt 0 ]; do
  case $1 in
    --target) targets+=("$2"); shift 2 ;;
    --out) mkdir -p "$2"; out=$(cd "$2" && pwd); shift 2 ;;
    --profile) profile=$2; shift 2 ;;
    --verify) verify=yes; shift ;;
    *) sed -n '2,10s/^# \{0,1\}//p' "${BASH_SOURCE[0]}" >&2; exit 2 ;;
  esac
done

say() { printf '== %s\n' "$*" >&2; }
fail() { printf 'error: %s\n' "$*" >&2; exit 1; }

# What is shipped is a commit, not what happens to lie in the folder.
[ -z "$(git status --porcelain --untracked-files=no)" ] || fail 'there are changes that are not committed'
commit=$(git rev-parse HEAD)
SOURCE_DATE_EPOCH=$(git log -1 --format=%ct)
export SOURCE_DATE_EPOCH
version=$(sed -n 's/^version = "\(.*\)"$/\1/p' Cargo.toml | head -1)

std_of() { [ -d "$(rustc --print sysroot)/lib/rustlib/$1/lib" ]; }
if [ ${#targets[@]} = 0 ]; then
  machine=$(uname -m)
  for libc in gnu musl; do
    if std_of "$machine-unknown-linux-$libc"; then targets+=("$machine-unknown-linux-$libc"); fi
  done
fi
[ ${#targets[@]} -gt 0 ] || fail "no target has its std installed: rustup target add $(uname -m)-unknown-linux-musl"
for target in "${targets[@]}"; do std_of "$target" || fail "the std of $target is not installed: rustup target add $target"; done

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$out"

# Whether the C library is glibc 2.36 or later.
knows_relr() {
  local version
  version=$(getconf GNU_LIBC_VERSION 2>/dev/null) || return 1
  [ "$(printf '%s\n' 2.36 "${version##* }" | sort -V | head -1)" = 2.36 ]
}

# Runs a command without a network, where the system lets us take it away.
alone() {
  if unshare --user --map-root-user --net true 2>/dev/null; then unshare --user --map-root-user --net "$@"; else "$@"; fi
}

# What built it: who builds the same commit with the same tools gets the same program.
tools() {
  echo "commit: $commit"
  rustc -vV | sed -n 's/^release: /rustc: /p; s/^commit-hash: /rustc commit: /p; s/^LLVM version: /LLVM: /p'
  echo "C compiler: $("${CC:-cc}" --version | head -1)"
  echo "linker: $(ld --version | head -1)"
  case $1 in *-gnu) echo "C library, linked statically: $(getconf GNU_LIBC_VERSION)" ;; esac
}

# Builds a target in a fresh copy of the commit: compile FOLDER TARGET. No path of this machine goes into the program.
compile() {
  local source=$1 target=$2 cargo_home=${CARGO_HOME:-$HOME/.cargo} sysroot
  sysroot=$(rustc --print sysroot)
  [ -d "$source" ] || git clone --quiet --no-checkout "$root" "$source"
  git -C "$source" -c advice.detachedHead=false checkout --quiet "$commit"
  (
    cd "$source"
    export CARGO_TARGET_DIR=$source/target CARGO_INCREMENTAL=0
    export RUSTFLAGS="-C target-feature=+crt-static --remap-path-prefix=$source=/mcp-auth --remap-path-prefix=$cargo_home=/cargo --remap-path-prefix=$sysroot=/rust"
    # Relocations in the short form save half a MiB of memory at every start. A static program relocates itself, which the
    # C library of this machine must know how to do.
    if [[ $target == *-gnu ]] && knows_relr; then RUSTFLAGS+=" -C link-arg=-Wl,-z,pack-relative-relocs"; fi
    export CFLAGS="-ffile-prefix-map=$source=/mcp-auth -ffile-prefix-map=$cargo_home=/cargo ${CFLAGS:-}"
    cargo fetch --quiet --locked --target "$target"
    alone nice cargo build --quiet --locked --offline --profile "$profile" --target "$target" --features store-redis,keyring --bin mcp-auth
  )
  local folder=$profile
  if [ "$profile" = dev ]; then folder=debug; fi
  printf '%s\n' "$source/target/$target/$folder/mcp-auth"
}

pack() {
  local target=$1 program=$2 name=mcp-auth-$version-$1
  local stage=$work/stage/$name
  mkdir -p "$stage/man"
  install -m 755 "$program" "$stage/mcp-auth"
  # What is not static names its loader near the beginning.
  if head -c 4096 "$program" | grep -aq '/ld-linux\|/ld-musl'; then fail "$target: the program is not static"; fi
  cp -r completions "$stage/completions"
  mv "$stage/completions/mcp-auth.1" "$stage/man/"
  cp README.md CHANGELOG.md SECURITY.md LICENSE-APACHE LICENSE-MIT "$stage/"
  tools "$target" > "$stage/BUILD"
  python3 release/materials.py --target "$target" --features store-redis,keyring --program "$program" \
    --sbom "$stage/mcp-auth.cdx.json" --licences "$stage/THIRD-PARTY-LICENCES.txt"
  if [ "$target" = "$(rustc -vV | sed -n 's/^host: //p')" ] || [ "$target" = "$(uname -m)-unknown-linux-musl" ]; then
    "$stage/mcp-auth" man --to "$stage/man" 2>/dev/null
    "$stage/mcp-auth" probe embedded --quiet --format json >/dev/null || fail "$target: the program does not pass itself"
  fi
  tar --sort=name --mtime="@$SOURCE_DATE_EPOCH" --owner=0 --group=0 --numeric-owner --mode='u+rwX,go+rX,go-w' \
    -C "$work/stage" -cf - "$name" | gzip -n9 > "$out/$name.tar.gz"
  cp "$stage/mcp-auth.cdx.json" "$out/$name.cdx.json"
}

for target in "${targets[@]}"; do
  say "$target ($profile)"
  program=$(compile "$work/one" "$target")
  if [ $verify = yes ]; then
    say "$target, once more in another folder"
    again=$(compile "$work/a/longer/path/two" "$target")
    cmp "$program" "$again" || fail "$target: two builds of one commit differ"
    say "$target: two builds are the same, $(sha256sum < "$program" | cut -c1-64)"
  fi
  pack "$target" "$program"
done

(cd "$out" && sha256sum mcp-auth-"$version"-*.tar.gz mcp-auth-"$version"-*.cdx.json > SHA256SUMS)
say "$out"
cat "$out/SHA256SUMS"
