#!/usr/bin/env bash
# Runs wsgen's checks as a GitHub job sees them: annotations on standard output, a table in
# the job's summary, and an exit code that is 1 where a check has found something. action.yml
# gives it its settings, all of them in the environment:
#
#   WSGEN               the command (default: wsgen)
#   WSGEN_CHECKS        which checks to run (default: validate check breaking)
#   WSGEN_ARGS          flags for all of them, such as --config tools/wsgen.yaml
#   WSGEN_AGAINST       the version to compare with (default: the base of the pull request)
#   WSGEN_LEVEL         the level of `wsgen breaking`: source or wire
#   WSGEN_APIS          names of the APIs, where wsgen.yaml lists several
#   WSGEN_PREFIX        the working directory, as seen from the root of the repository
#   GITHUB_STEP_SUMMARY where the summary goes
#   GITHUB_BASE_REF     the branch that the pull request is for
set -uo pipefail

wsgen=${WSGEN:-wsgen}
checks=${WSGEN_CHECKS:-validate check breaking}
summary=${GITHUB_STEP_SUMMARY:-/dev/null}
against=${WSGEN_AGAINST:-}
read -r -a flags <<<"${WSGEN_ARGS:-}"
output=$(mktemp)
trap 'rm -f "$output"' EXIT
failed=0

# annotate prints what wsgen said, with paths as GitHub wants them.
annotate() {
  local prefix=${WSGEN_PREFIX:-.}
  if [[ $prefix == . ]]; then
    cat "$output"
  else
    sed -E "s#^(::(error|warning|notice) file=)#\1${prefix%/}/#" "$output"
  fi
}

# check runs one command of wsgen and adds its row to the summary.
check() {
  local name=$1 code=0 found
  shift
  echo "::group::wsgen $name"
  "$wsgen" "$@" ${flags[@]+"${flags[@]}"} --error-format github >"$output" || code=$?
  annotate
  echo "::endgroup::"
  found=$(grep -c -E '^::(error|warning)' "$output")
  if ((code == 0)); then
    echo "| $name | ✓ | $found |" >>"$summary"
  else
    echo "| $name | ✗ (exit code $code) | $found |" >>"$summary"
    failed=1
  fi
}

# earlier finds the version to compare with: that of the base branch, of which a checkout of a
# pull request has nothing.
earlier() {
  if [[ -z $against && -n ${GITHUB_BASE_REF:-} ]]; then
    git fetch --quiet --depth=1 origin "$GITHUB_BASE_REF" || return 1
    against=git:$(git rev-parse FETCH_HEAD)
  fi
  [[ -n $against ]]
}

breaking() {
  local api=("$@") name="breaking${2:+ $2}"
  check "$name" breaking ${api[@]+"${api[@]}"} --against "$against" --level "${WSGEN_LEVEL:-source}"
  changelog+=$("$wsgen" breaking ${api[@]+"${api[@]}"} ${flags[@]+"${flags[@]}"} --against "$against" --changelog 2>/dev/null)$'\n\n'
}

changelog=
printf '## wsgen\n\n| Check | Result | Findings |\n| --- | --- | --- |\n' >>"$summary"
for name in $checks; do
  if [[ $name != breaking ]]; then
    check "$name" "$name"
  elif [[ -z $against && -z ${GITHUB_BASE_REF:-} ]]; then
    echo "| breaking | skipped: not a pull request, and \`against\` is not set | |" >>"$summary"
  elif ! earlier; then
    echo "| breaking | ✗ (cannot fetch $GITHUB_BASE_REF) | |" >>"$summary"
    failed=1
  elif [[ -z ${WSGEN_APIS:-} ]]; then
    breaking
  else
    for api in $WSGEN_APIS; do
      breaking --api "$api"
    done
  fi
done
if [[ -n $changelog ]]; then
  printf '\n%s' "$changelog" >>"$summary"
fi
exit "$failed"
