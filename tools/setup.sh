#!/usr/bin/env bash
# Installs the development tools into .tools/ from the pins in this folder.
# A step whose pins did not change since it last succeeded is left alone.
set -euo pipefail

staticcheck_version=v0.8.2

cd "$(dirname "${BASH_SOURCE[0]}")/.."
root=$PWD
tools=$root/.tools
mkdir -p "$tools/bin" "$tools/stamp" "$tools/log"

fail() {
  printf 'make tools: %s\n' "$*" >&2
  exit 1
}

# step NAME KEY FUNCTION [ARG...] runs FUNCTION unless NAME already succeeded
# with this KEY: the text of everything the result depends on.
step() {
  local name=$1 key=$2
  shift 2
  local stamp=$tools/stamp/$name log=$tools/log/$name.log
  if [[ -f $stamp && $(<"$stamp") == "$key" ]]; then
    return
  fi
  rm -f "$stamp"
  printf 'make tools: installing %s\n' "$name"
  # Not "if ! ( ... )": bash ignores `set -e` inside a condition.
  set +e
  (set -e; "$@") >"$log" 2>&1
  local status=$?
  set -e
  if ((status != 0)); then
    tail -n 20 "$log" >&2
    fail "installing $name failed (exit $status); whole log: ${log#"$root"/}"
  fi
  printf '%s' "$key" >"$stamp"
}

need() {
  command -v "$1" >/dev/null || fail "$1 is not on PATH; install $2"
}

# find_python 3.10 prints the path of an interpreter of that version that can
# make virtual environments. A pyenv shim on PATH may exist and still not run.
find_python() {
  local version=$1 candidate
  local probe="import ensurepip, sys, venv
sys.exit('%d.%d' % sys.version_info[:2] != '$version')"
  for candidate in "python$version" "${PYENV_ROOT:-$HOME/.pyenv}/versions/$version".*/bin/python; do
    if "$candidate" -c "$probe" 2>/dev/null; then
      # That which a virtual environment on PATH is made of, so that it is the same each time.
      "$candidate" -c 'import os, sys; print(os.path.realpath(sys._base_executable))'
      return
    fi
  done
  return 1
}

install_node() {
  mkdir -p "$tools/node"
  cp tools/package.json tools/package-lock.json tools/.npmrc "$tools/node/"
  cd "$tools/node"
  npm ci
}

install_packaging() {
  rm -rf "$tools/packaging"
  mkdir -p "$tools/packaging"
  cp tests/packaging/package.json tests/packaging/package-lock.json tests/packaging/.npmrc "$tools/packaging/"
  cd "$tools/packaging"
  npm ci
}

# install_python PYTHON VENV LOCK makes a virtual environment of what a lock names.
install_python() {
  local python=$1 venv=$2 lock=$3
  rm -rf "$venv"
  "$python" -m venv "$venv"
  "$venv/bin/python" -m pip install --disable-pip-version-check --no-deps \
    --require-hashes --requirement "$lock"
  "$venv/bin/python" -m pip check
}

# Packages for Python 3.13 only, in a folder of their own beside the environments: django
# is the newest Django, roundtrip what makes and needs the models of fixtures/models,
# fastapi what FastAPI and the examples with REST clients need, precommit what runs our hooks in a test.
install_beside() {
  rm -rf "${tools:?}/$1"
  "$tools/py313/bin/python" -m pip install --disable-pip-version-check --no-deps \
    --target "$tools/$1" --require-hashes --requirement "tools/$1.lock"
}

install_staticcheck() {
  GOBIN=$tools/bin go install "honnef.co/go/tools/cmd/staticcheck@$staticcheck_version"
}

need go "Go 1.26 or newer"
# It fails where go is too old for the newest of our modules, and gets no other one.
go -C broker list -m >/dev/null || fail "$(go env GOVERSION) is too old; install Go 1.26 or newer"

# need_python 3.10 prints the path of that Python, or fails.
need_python() {
  find_python "$1" ||
    fail "no Python $1 with venv: put python$1 on PATH, or run 'pyenv install $1'"
}

# environment NAME VERSION LOCK makes the virtual environment .tools/NAME.
environment() {
  local python
  python=$(need_python "$2")
  step "$1" "$(cat "$3"; echo "$python $tools/$1"; "$python" --version)" \
    install_python "$python" "$tools/$1" "$3"
}

environment dist 3.13 tools/dist.lock
if [[ ${1-} == dist ]]; then
  exit # make dist needs no more
fi

need node "Node.js 20 or newer"
(($(node -p 'parseInt(process.versions.node)') >= 20)) || fail "node $(node --version) is too old; install Node.js 20 or newer"
need npm "npm (it comes with Node.js)"

# together runs steps at once, each a function, and fails if one of them does.
together() {
  local name pid failed=0
  local -a pids=()
  for name in "$@"; do
    "$name" &
    pids+=($!)
  done
  for pid in "${pids[@]}"; do
    wait "$pid" || failed=1
  done
  return "$failed"
}

node_packages() {
  step node "$(cat tools/package.json tools/package-lock.json tools/.npmrc; node --version)" install_node
  step packaging "$(cat tests/packaging/package.json tests/packaging/package-lock.json tests/packaging/.npmrc; node --version)" \
    install_packaging
}

python_packages() {
  environment py313 3.13 tools/requirements.lock
  local name
  for name in django roundtrip fastapi precommit; do
    step "$name" "$(cat "tools/$name.lock") $("$tools/py313/bin/python" --version)" install_beside "$name"
  done
}

old_python_and_go() {
  environment py310 3.10 tools/requirements.lock
  step staticcheck "$staticcheck_version $(go version)" install_staticcheck
}

# Editors, tsc and node look for packages in the folders above a source file.
if [[ ! -e node_modules || -L node_modules ]]; then
  ln -sfn .tools/node/node_modules node_modules
else
  fail "node_modules in the repository root is not ours; move it away"
fi

together node_packages python_packages old_python_and_go

# Nothing is installed on the system itself.
tools/programs.sh
