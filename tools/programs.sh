#!/usr/bin/env bash
# Says which programs of the system are missing that some tests need, and what is skipped
# without them. With --install it installs them, on Debian and what descends from it.
set -euo pipefail

# program|Debian's package|what is skipped
programs='chromium|chromium|pages in a browser
zsh|zsh|completion of words in zsh
fish|fish|completion of words in fish
groff|groff-base|how the manual page looks
postgres|postgresql|a database that restarts
redis-server|redis-server|several brokers and workers on one Redis'

# have PROGRAM tells whether it is there. Debian keeps postgres off the PATH.
have() {
  command -v "$1" >/dev/null ||
    { [[ $1 == postgres ]] && compgen -G '/usr/lib/postgresql/*/bin/postgres' >/dev/null; }
}

missing=() packages=()
while IFS='|' read -r program package skipped; do
  if ! have "$program"; then
    missing+=("$(printf '%-12s %s' "$program" "$skipped")")
    packages+=("$package")
  fi
done <<<"$programs"

if ((${#missing[@]} == 0)); then
  exit
fi

if [[ ${1-} != --install ]]; then
  printf 'These programs are not installed, and what needs them is skipped:\n'
  printf '  %s\n' "${missing[@]}"
  printf '`make programs` installs them for the whole system, with apt-get.\n'
  exit
fi

if ! command -v apt-get >/dev/null; then
  printf 'make programs: there is no apt-get; install: %s\n' "${packages[*]}" >&2
  exit 1
fi
as_root=()
if [[ $(id -u) != 0 ]]; then
  as_root=(sudo)
fi
"${as_root[@]}" apt-get update
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
  apt-get install --yes --no-install-recommends "${packages[@]}"
