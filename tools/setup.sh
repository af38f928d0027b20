#!/usr/bin/env bash
# Prepares what the Makefile needs; each step does nothing where nothing is missing.
#
#   tools/setup.sh venv               a virtual environment in .venv, of $PYTHON (default: python3)
#   tools/setup.sh pip GROUP...       into it: "build" (build requirements, CMake, Ninja) or an extra
#   tools/setup.sh apt PACKAGE...     Debian packages; as root, else says what to install
#   tools/setup.sh npm FOLDER         what FOLDER/package.json names, into build/ under FOLDER's name
#   tools/setup.sh postgresql         a PostgreSQL server's programs, without a running server
set -euo pipefail
cd "$(dirname "$0")/.."

fail() {
  echo "setup: $*" >&2
  exit 1
}

is_installed() {
  [ "$(dpkg-query --show --showformat='${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

setup_apt() {
  local missing=() package
  command -v dpkg-query >/dev/null || {
    echo "setup: no Debian here; make sure that these are installed: $*" >&2
    return
  }
  for package in "$@"; do
    is_installed "$package" || missing+=("$package")
  done
  [ ${#missing[@]} -eq 0 ] && return
  if [ "$(id -u)" -ne 0 ]; then
    fail "missing Debian packages. Run, then try again: sudo apt-get install ${missing[*]}"
  fi
  echo "setup: apt-get install ${missing[*]}"
  export DEBIAN_FRONTEND=noninteractive
  apt-get update -qq
  apt-get install -qq -y --no-install-recommends "${missing[@]}" >/dev/null
}

setup_npm() {
  local place
  place="build/$(basename "$1")"
  if ! command -v npm >/dev/null; then
    if [ "$(id -u)" -ne 0 ] || ! command -v dpkg-query >/dev/null; then
      echo "setup: no npm, and no root to install it; tests that need it are skipped." \
        "Run, then try again: sudo apt-get install npm" >&2
      return
    fi
    setup_apt npm
  fi
  mkdir -p "$place"
  cmp --silent "$1/package.json" "$place/package.json" && [ -d "$place/node_modules" ] && return
  echo "setup: npm install of $1"
  cp "$1/package.json" "$place/package.json.new"
  rm -rf "$place/node_modules" "$place/package.json" "$place/package-lock.json"
  # The file is there at the end only, so that a broken-off install begins anew.
  mkdir -p "$place/part" && cp "$place/package.json.new" "$place/part/package.json"
  npm install --prefix "$place/part" --no-audit --no-fund --ignore-scripts --loglevel=error
  mv "$place/part/node_modules" "$place/node_modules"
  mv "$place/package.json.new" "$place/package.json"
  rm -rf "$place/part"
}

setup_postgresql() {
  local settings=/etc/postgresql-common/createcluster.conf
  if compgen -G '/usr/lib/postgresql/*/bin/postgres' >/dev/null || command -v postgres >/dev/null; then
    return
  fi
  if [ "$(id -u)" -eq 0 ] && command -v dpkg-query >/dev/null && [ ! -e "$settings" ]; then
    # The tests start a server of their own; Debian need not make and start another.
    mkdir -p "$(dirname "$settings")"
    echo 'create_main_cluster = false' >"$settings"
  fi
  setup_apt postgresql
}

setup_venv() {
  local python="${PYTHON:-python3}"
  if [ -x .venv/bin/python ] && .venv/bin/python -m pip --version >/dev/null 2>&1; then
    return
  fi
  command -v "$python" >/dev/null || fail "Python is missing: apt-get install python3"
  "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' ||
    fail "Python 3.11 or newer is needed, $python is $("$python" --version)"
  # Debian's Python comes in parts: the venv module's pip, and the headers of extension modules.
  "$python" -c 'import ensurepip, venv' 2>/dev/null || setup_apt python3-venv
  "$python" -c 'import os, sys, sysconfig
sys.exit(not os.path.exists(os.path.join(sysconfig.get_path("include"), "Python.h")))' ||
    setup_apt python3-dev
  echo "setup: creating .venv"
  "$python" -m venv --clear .venv
}

setup_pip() {
  local requirements
  requirements="$(.venv/bin/python - "$@" <<'PYTHON'
import re
import sys
import tomllib

with open("pyproject.toml", "rb") as file:
    project = tomllib.load(file)
own = re.compile(re.escape(project["project"]["name"]) + r"\[(.+)\]")


def lines_of(group):
    """Return the requirements of an extra; for an extra that it names, that one's own."""
    for line in project["project"]["optional-dependencies"][group]:
        if named := own.fullmatch(line):
            for other in named[1].split(","):
                yield from lines_of(other.strip())
        else:
            yield line


for group in sys.argv[1:]:
    if group == "build":
        lines = [*project["build-system"]["requires"], "cmake>=3.25", "ninja>=1.11"]
    else:
        lines = lines_of(group)
    print("\n".join(lines))
PYTHON
  )"
  echo "setup: pip install $*"
  .venv/bin/python -m pip install --quiet --disable-pip-version-check \
    --requirement /dev/stdin <<<"$requirements"
}

[ $# -ge 1 ] || fail "what to set up?"
step="$1"
shift
case "$step" in
  apt | npm | pip | postgresql | venv) "setup_$step" "$@" ;;
  *) fail "unknown step: $step" ;;
esac
