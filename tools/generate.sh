#!/usr/bin/env bash
# proto/ -> src/gen: messages and service definitions (ts-proto) and the descriptor set;
# src/config/settings.ts -> docs/configuration.md; the schema of policy files ->
# policies/policy.schema.json; the linter's checks -> docs/linting.md; the routes -> docs/openapi.json. The same
# input always gives the same bytes.
set -euo pipefail
cd "$(dirname "$0")/.."

[ -x node_modules/.bin/protoc-gen-ts_proto ] || npm ci
tools/install.sh

buf=tools/node_modules/.bin/buf
descriptors=$(mktemp)
commented=$(mktemp)
trap 'rm -f "$descriptors" "$commented"' EXIT

echo "generate: proto/ -> src/gen"
"$buf" generate
"$buf" build --as-file-descriptor-set --exclude-source-info -o "$descriptors#format=binpb"
"$buf" build --as-file-descriptor-set -o "$commented#format=binpb"
node tools/finish-generated.mjs "$descriptors" "$commented"

echo "generate: src/config/settings.ts -> docs/configuration.md"
node --import tsx tools/generate-configuration-doc.mts

echo "generate: src/adapters/policy-files -> policies/policy.schema.json"
node --import tsx tools/generate-policy-schema.mts

echo "generate: checks -> docs/linting.md"
node --import tsx tools/generate-linting-doc.mts

echo "generate: routes -> docs/openapi.json"
node --import tsx tools/generate-openapi.mts
