#!/bin/sh
# Writes generated.txtar again: what the generators of others make of openapi.yaml. For a change of
# the document, or to see what a new version of a generator does. It installs the generators in a
# folder of its own.
set -eu
cd "$(dirname "$0")"
tools=$(mktemp -d)
trap 'rm -rf "$tools"' EXIT
out=$tools/out
mkdir -p "$out/typescript" "$out/python/acme_api" "$out/go/api"

npm install --silent --no-audit --no-fund --prefix "$tools" \
	@hey-api/openapi-ts@0.95.0 openapi-typescript@7.13.0 typescript@5.9.3
"$tools/node_modules/.bin/openapi-ts" --silent --input openapi.yaml --output "$tools/hey-api"
cp "$tools/hey-api/types.gen.ts" "$out/typescript/types.gen.ts"
"$tools/node_modules/.bin/openapi-typescript" openapi.yaml --default-non-nullable=false \
	--output "$out/typescript/schema.ts"

python3 -m venv "$tools/venv"
"$tools/venv/bin/pip" install --quiet datamodel-code-generator==0.89.0
"$tools/venv/bin/datamodel-codegen" --input openapi.yaml --input-file-type openapi \
	--output-model-type pydantic_v2.BaseModel --target-python-version 3.10 \
	--strict-nullable --set-default-enum-member --disable-timestamp --formatters builtin \
	--output "$out/python/acme_api/models.py"

GOBIN="$tools" go install github.com/oapi-codegen/oapi-codegen/v2/cmd/oapi-codegen@v2.5.0
"$tools/oapi-codegen" -package api -generate types,skip-prune -o "$out/go/api/api.gen.go" openapi.yaml

for file in typescript/types.gen.ts typescript/schema.ts python/acme_api/models.py go/api/api.gen.go; do
	echo "-- $file --"
	cat "$out/$file"
done > generated.txtar
