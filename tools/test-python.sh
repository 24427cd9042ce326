#!/usr/bin/env bash
# Checks and tests clients/python against the built engine (dist), as the wheel that users install.
# Its packages are kept in the user's cache, one folder for each set of versions.
# FLOPYNET_ENGINE_MAIN names the main.js of another build of the engine.
# Without Python 3.11 or newer it says so, and fails only with PYTHON_TESTS=required.
# Arguments go to pytest.
set -euo pipefail
cd "$(dirname "$0")/../clients/python"

skip() {
  echo "python: skipped ($1)"
  [ "${PYTHON_TESTS:-}" != required ]
  exit
}

suitable='import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))'
python=
for candidate in python3 python3.13 python3.12 python3.11 python; do
  if "$candidate" -c "$suitable" >/dev/null 2>&1; then
    python=$candidate
    break
  fi
done
[ -n "$python" ] || skip "Python 3.11 or newer with venv is needed"

key=$({ "$python" -c 'import sys; print(sys.version, sys.prefix)'; cat requirements-test.txt; } | cksum | tr ' ' -)
venv=${XDG_CACHE_HOME:-${HOME:-/tmp}/.cache}/flopynet-policy/python-$key
if [ ! -d "$venv" ]; then
  echo "python: installing packages into $venv"
  fresh=$venv-$$
  "$python" -m venv "$fresh"
  if ! "$fresh/bin/python" -m pip install --quiet --disable-pip-version-check -r requirements-test.txt; then
    rm -rf "$fresh"
    skip "its packages could not be installed"
  fi
  # Moved at the end: an installation that was cut short is never taken for a good one.
  mv "$fresh" "$venv" 2>/dev/null && [ ! -d "$venv/${fresh##*/}" ] || rm -rf "$venv/${fresh##*/}"
fi

[ -n "${FLOPYNET_ENGINE_MAIN:-}" ] || node ../../tools/ensure-built.mjs

installed=$(mktemp -d)
trap 'rm -rf "$installed"' EXIT
run() {
  PYTHONPATH=$installed PYTHONDONTWRITEBYTECODE=1 "$venv/bin/python" -m "$@"
}
run pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --target "$installed" .
run ruff check --no-cache .
run ruff format --no-cache --check --quiet .
MYPYPATH=$installed run mypy --cache-dir "$installed/mypy" src tests build_stubs.py
run pytest --quiet "$@"
