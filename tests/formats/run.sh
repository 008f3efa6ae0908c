#!/usr/bin/env bash
# Opens every output format in programs that nobody here wrote: run.sh [FOLDER]; FOLDER holds the files of fixtures/golden.
# What cannot be installed on this machine is told in one line, `skipped: REASON`. Each reader is also shown a file that is
# broken on purpose, which it must refuse.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
. "$here/../interop/lib.sh"
folder=$(cd "${1:-$here/../../fixtures/golden}" && pwd)

# `skip` leaves its shell, so every kind of reader gets one of its own; 77 is a skip. Not `( … ) || …`: that would
# switch `set -e` off inside.
part() {
  local status=0
  set +e
  ( set -e; "$@" )
  status=$?
  set -e
  [ $status = 0 ] || [ $status = 77 ] || exit $status
}

python_readers() {
  venv formats "$here/requirements.txt"
  "$VENV/bin/python" "$here/read.py" "$folder"
}
har_reader() {
  node22
  node_modules formats "$here"
  (cd "$NODEDIR" && exec "$NODE22" - "$folder/report.har") <"$here/har.cjs"
}
scanning() { # GitHub's rules for what code scanning takes in
  local tool said broken
  node22
  node_modules formats "$here"
  tool=$NODEDIR/node_modules/@microsoft/sarif-multitool-linux/Sarif.Multitool
  broken=$NODEDIR/broken.sarif
  [ -e "$tool" ] || skip "the SARIF tool has no build for this platform"
  chmod +x "$tool"
  said=$(_validate "$folder/report.sarif") || { say "$said"; exit 1; }
  case $said in *": error"*|*": warning"*) say "$said"; exit 1 ;; esac
  sed 's/"locations"/"relatedLocations"/' "$folder/report.sarif" >"$broken"
  said=$(_validate "$broken")
  case $said in *": error GH1015"*) ;; *) say "the SARIF tool takes everything: $said"; exit 1 ;; esac
  echo "ok SARIF: the validator of code scanning finds nothing"
}
_validate() { DOTNET_SYSTEM_GLOBALIZATION_INVARIANT=1 "$tool" validate "$1" --rule-kind Ghas 2>&1; }
browser() {
  need chromium chromium
  "$PYTHON" "$here/page.py" "$folder/report.html"
}

part python_readers
part har_reader
part scanning
part browser
