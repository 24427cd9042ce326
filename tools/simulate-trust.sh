#!/usr/bin/env bash
# Simulated federations against an engine of their own: are the targets for label flippers met?
#   tools/simulate-trust.sh --seeds 5 --only T1,T6
#   FLOPYNET_POLICIES=mine.json tools/simulate-trust.sh --only T2,T4
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
. "$root/tools/python-env.sh"

python=$(find_python) || {
  echo "Python 3.11 or newer with venv is needed" >&2
  exit 1
}
env=$(python_env "$python" "$root/clients/python/sim/requirements.txt")
installed=$(mktemp -d)
trap 'rm -rf "$installed"' EXIT
"$env/bin/python" -m uv pip install --quiet --no-deps --target "$installed" "$root/clients/python"
# One thread: the matrices are small, and others want the processor too.
export OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 PYTHONDONTWRITEBYTECODE=1
export PYTHONPATH=$installed:$root/examples/flower
"$root/tools/with-engine.sh" bash -c 'exec "$0" "$1" --engine "$FLOPYNET_ENGINE" "${@:2}"' \
  "$env/bin/python" "$root/clients/python/sim/check_targets.py" "$@"
