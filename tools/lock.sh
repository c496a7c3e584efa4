#!/usr/bin/env bash
# Writes the hashes of what requirements.txt and the other lists pin into *.lock: all files
# of each package, for whatever system and Python installs them. Run it after a change of a pin.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

uv_version=0.13.9

venv=$(mktemp -d)
trap 'rm -rf "$venv"' EXIT
"${PYTHON:-python3}" -m venv "$venv"
"$venv/bin/python" -m pip install --quiet --disable-pip-version-check "uv==$uv_version"

# lock NAME PYTHON writes NAME.lock, for that version of Python and newer ones.
lock() {
  printf 'writing tools/%s.lock\n' "$1"
  "$venv/bin/uv" pip compile --quiet --universal --python-version "$2" --no-deps \
    --generate-hashes --no-annotate --custom-compile-command tools/lock.sh \
    --output-file "$1.lock" "$1.txt"
}

lock requirements 3.10
lock django 3.13
lock roundtrip 3.13
lock dist 3.13
lock fastapi 3.13
lock precommit 3.13
