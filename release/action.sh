#!/usr/bin/env bash
# The probe step of action.yml: annotations on standard output, a summary for the run, a SARIF file, and the exit code of the probe.
set -euo pipefail

sarif=${INPUT_SARIF:-mcp-auth.sarif}
summary=$(mktemp)
trap 'rm -f "$summary"' EXIT
# Options are words: no quoting, no expansion of patterns.
set -f
# shellcheck disable=SC2206
options=(${INPUT_OPTIONS:-})
set +f
target=()
if [ -n "${INPUT_TARGET:-}" ]; then target=(-- "$INPUT_TARGET"); fi

code=0
mcp-auth probe "${options[@]}" --fail-on "${INPUT_FAIL_ON:-must}" --format github \
  --output "sarif=$sarif" --output "markdown=$summary" "${target[@]}" || code=$?

written=false
if [ -s "$sarif" ]; then written=true; fi
{
  echo "exit-code=$code"
  echo "written=$written"
} >> "${GITHUB_OUTPUT:-/dev/null}"
if [ -s "$summary" ]; then cat "$summary" >> "${GITHUB_STEP_SUMMARY:-/dev/null}"; fi
exit "$code"
