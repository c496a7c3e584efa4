#!/usr/bin/env bash
# Runs each fuzz target for a while: fuzz.sh [TIME [PACKAGE...]].
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
fuzztime=${1:-20s}
packages=("${@:2}")
[[ ${#packages[@]} -gt 0 ]] || packages=(./...)

go list -f '{{.ImportPath}}{{range .TestGoFiles}} {{$.Dir}}/{{.}}{{end}}{{range .XTestGoFiles}} {{$.Dir}}/{{.}}{{end}}' "${packages[@]}" |
  while read -r package files; do
    [[ -n $files ]] || continue
    # shellcheck disable=SC2086 # a list of files
    for target in $(sed -n 's/^func \(Fuzz[A-Za-z0-9_]*\)(.*/\1/p' $files); do
      printf '== %s %s, %s\n' "$package" "$target" "$fuzztime"
      # By default, making interesting inputs shorter takes most of the time.
      go test -run '^$' -fuzz "^$target\$" -fuzztime "$fuzztime" -fuzzminimizetime 5x "$package" </dev/null
    done
  done
