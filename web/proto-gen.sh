#!/usr/bin/env bash
# Generates the TypeScript of proto/ and of what the app uses of the Cosmos SDK
# into src/gen. The imports come from the module cache, at the versions of go.mod.
set -euo pipefail
cd "$(dirname "$0")"

dir() { (cd .. && go mod download -json "$1@$(go list -m -f '{{.Version}}' "$1")") | sed -n 's/.*"Dir": "\(.*\)",*/\1/p'; }
sdk=$(dir github.com/cosmos/cosmos-sdk)
gogo=$(dir github.com/cosmos/gogoproto)
gateway=$(dir github.com/grpc-ecosystem/grpc-gateway)

include=(-I ../proto -I "$sdk/proto" -I "$(dir github.com/cosmos/cosmos-proto)/proto" -I "$gogo" -I "$gogo/protobuf" -I "$gateway/third_party/googleapis")
roots=(
  dbc/guard/v1/{query,tx}.proto dbc/machine/v1/{query,tx}.proto dbc/rental/v1/{events,query,tx}.proto
  cosmos/auth/v1beta1/query.proto cosmos/bank/v1beta1/{query,tx}.proto cosmos/base/node/v1beta1/query.proto
  cosmos/crypto/secp256k1/keys.proto cosmos/reflection/v1/reflection.proto cosmos/tx/v1beta1/tx.proto
)
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT

# protoc-gen-es writes the files that it is asked for only, so it is asked for
# all that those import. The well-known types come with its library.
protoc "${include[@]}" --include_imports --descriptor_set_out="$out/set" "${roots[@]}"
mapfile -t files < <(protoc -I "$gogo/protobuf" --decode=google.protobuf.FileDescriptorSet google/protobuf/descriptor.proto <"$out/set" |
  sed -n 's/^  name: "\(.*\)"$/\1/p' | grep -v '^google/protobuf/')
mkdir "$out/gen"
protoc "${include[@]}" --plugin=protoc-gen-es=node_modules/.bin/protoc-gen-es \
  --es_out="target=ts,import_extension=none:$out/gen" "${files[@]}"
rm -rf src/gen
mv "$out/gen" src/gen
