#!/usr/bin/env bash
# Everything from a fresh clone: installs, builds and starts an engine, runs the federation beside it.
# Arguments go to simulate.py: examples/flower/run.sh --rounds 30 --plot trust.png
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
. "$root/tools/python-env.sh"

python=$(find_python) || {
  echo "Python 3.11 or newer with venv is needed" >&2
  exit 1
}
env=$(python_env "$python" "$root/examples/flower/requirements.txt")
"$env/bin/python" -m uv pip install --quiet --python "$env/bin/python" \
  --reinstall-package flopynet-policy "$root/clients/python"
exec "$root/tools/with-engine.sh" bash -c \
  'exec "$0" "$1" --engine "$FLOPYNET_ENGINE" "${@:2}"' \
  "$env/bin/python" "$root/examples/flower/simulate.py" "$@"
