#!/usr/bin/env bash
# Runs a command beside an engine of its own: on free ports of loopback, with data that is gone
# afterwards and the policies of this repository, or of the file FLOPYNET_POLICIES. FLOPYNET_ENGINE
# is its host:port (gRPC).
#   tools/with-engine.sh COMMAND [ARGUMENT]...
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
policies=${FLOPYNET_POLICIES:-$root/policies/policies.json}
# The engine starts without a policy set, too, and refuses every question: that is not what is asked for.
[ -r "$policies" ] || {
  echo "FLOPYNET_POLICIES: $policies cannot be read" >&2
  exit 1
}
[ -n "${FLOPYNET_ENGINE_MAIN:-}" ] || node "$root/tools/ensure-built.mjs"

folder=$(mktemp -d)
touch "$folder/said"
GRPC_PORT=0 POLICY_PORT=0 METRICS_PORT=0 DATA_DIR=$folder/data \
  POLICY_FILE=$policies \
  node "${FLOPYNET_ENGINE_MAIN:-$root/dist/main.js}" >"$folder/log" 2>"$folder/said" &
engine=$!
trap 'kill "$engine" 2>/dev/null; wait "$engine" 2>/dev/null || true; rm -rf "$folder"' EXIT

while ! grep -q Ctrl-C "$folder/said"; do
  kill -0 "$engine" 2>/dev/null || {
    cat "$folder/said" >&2
    exit 1
  }
  sleep 0.1
done
FLOPYNET_ENGINE=$(sed -n 's/^ *gRPC *//p' "$folder/said")
export FLOPYNET_ENGINE
node -e '
  const { status, policy } = await (await fetch(process.argv[1])).json();
  if (status !== "healthy") {
    console.error(policy?.last_error ?? status);
    process.exit(1);
  }
' --input-type=module "$(sed -n 's/^ *REST *//p' "$folder/said")/health"
"$@"
