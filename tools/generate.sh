#!/usr/bin/env bash
# proto/ -> src/gen: messages and service definitions (ts-proto) and the descriptor set;
# src/config/settings.ts -> docs/configuration.md; the schema of policy files ->
# policies/policy.schema.json; the linter's checks -> docs/linting.md. The same input always gives the same bytes.
set -euo pipefail
cd "$(dirname "$0")/.."

[ -x node_modules/.bin/protoc-gen-ts_proto ] || npm ci
tools/install.sh

buf=tools/node_modules/.bin/buf
descriptors=$(mktemp)
trap 'rm -f "$descriptors"' EXIT

echo "generate: proto/ -> src/gen"
"$buf" generate
"$buf" build --as-file-descriptor-set --exclude-source-info -o "$descriptors#format=binpb"
node tools/finish-generated.mjs "$descriptors"

echo "generate: src/config/settings.ts -> docs/configuration.md"
node --import tsx tools/generate-configuration-doc.mts

echo "generate: src/adapters/policy-files -> policies/policy.schema.json"
node --import tsx tools/generate-policy-schema.mts

echo "generate: checks -> docs/linting.md"
node --import tsx tools/generate-linting-doc.mts
