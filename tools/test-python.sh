#!/usr/bin/env bash
# Checks and tests clients/python against the built engine (dist), as the wheel that users install.
# FLOPYNET_ENGINE_MAIN names the main.js of another build of the engine.
# Without Python 3.11 or newer it says so, and fails only with PYTHON_TESTS=required.
# Arguments go to pytest.
set -euo pipefail
cd "$(dirname "$0")/../clients/python"
. ../../tools/python-env.sh

skip() {
  echo "python: skipped ($1)"
  [ "${PYTHON_TESTS:-}" != required ]
  exit
}

python=$(find_python) || skip "Python 3.11 or newer with venv is needed"
env=$(python_env "$python" requirements-test.txt) || skip "its packages could not be installed"
[ -n "${FLOPYNET_ENGINE_MAIN:-}" ] || node ../../tools/ensure-built.mjs

installed=$(mktemp -d)
trap 'rm -rf "$installed"' EXIT
run() {
  PYTHONPATH=$installed PYTHONDONTWRITEBYTECODE=1 "$env/bin/python" -m "$@"
}
run uv pip install --quiet --no-deps --no-build-isolation --target "$installed" .
run ruff check --no-cache . ../../examples
run ruff format --no-cache --check --quiet . ../../examples
MYPYPATH=$installed:../../examples/flower:sim run mypy --cache-dir "$installed/mypy" \
  src tests sim ../../examples/flower build_stubs.py
run pytest --quiet "$@"
