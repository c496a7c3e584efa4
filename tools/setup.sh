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
      "$candidate" -c 'import sys; print(sys.executable)'
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

install_programs() {
  apt-get update
  DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends "$@"
}

install_python() {
  local python=$1 venv=$2
  rm -rf "$venv"
  "$python" -m venv "$venv"
  "$venv/bin/python" -m pip install --disable-pip-version-check --no-deps \
    --require-hashes --requirement tools/requirements.lock
  "$venv/bin/python" -m pip check
}

# Packages for Python 3.13 only, in a folder of their own beside the environments: django
# is the newest Django, roundtrip what makes and needs the models of fixtures/models.
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
need node "Node.js 20 or newer"
(($(node -p 'parseInt(process.versions.node)') >= 20)) || fail "node $(node --version) is too old; install Node.js 20 or newer"
need npm "npm (it comes with Node.js)"

step node "$(cat tools/package.json tools/package-lock.json tools/.npmrc; node --version)" \
  install_node

# Editors, tsc and node look for packages in the folders above a source file.
if [[ ! -e node_modules || -L node_modules ]]; then
  ln -sfn .tools/node/node_modules node_modules
else
  fail "node_modules in the repository root is not ours; move it away"
fi

for version in 3.10 3.13; do
  python=$(find_python "$version") ||
    fail "no Python $version with venv: put python$version on PATH, or run 'pyenv install $version'"
  venv=$tools/py${version/./}
  step "py${version/./}" "$(cat tools/requirements.lock; echo "$python $venv"; "$python" --version)" \
    install_python "$python" "$venv"
done

for name in django roundtrip; do
  step "$name" "$(cat "tools/$name.lock") $("$tools/py313/bin/python" --version)" install_beside "$name"
done

step staticcheck "$staticcheck_version $(go version)" install_staticcheck

step packaging "$(cat tests/packaging/package.json tests/packaging/package-lock.json tests/packaging/.npmrc; node --version)" \
  install_packaging

# have PROGRAM tells whether it is there. Debian keeps postgres off the PATH.
have() {
  command -v "${1/postgresql/postgres}" >/dev/null ||
    { [[ $1 == postgresql ]] && compgen -G '/usr/lib/postgresql/*/bin/postgres' >/dev/null; }
}

# Some tests show a page, others complete words in each shell, or restart a database.
missing=()
for program in chromium zsh fish postgresql; do
  have "$program" || missing+=("$program")
done
if ((${#missing[@]})); then
  if [[ $(id -u) == 0 ]] && command -v apt-get >/dev/null; then
    rm -f "$tools/stamp/programs" # of another machine
    (step programs "apt-get" install_programs "${missing[@]}") || true # it has said why
  fi
  for program in "${missing[@]}"; do
    have "$program" ||
      printf 'make tools: no %s on PATH: tests that need it are skipped\n' "$program"
  done
fi
