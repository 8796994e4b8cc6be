#!/usr/bin/env bash
# Generates the Go code of proto/ into x/machine and x/rental. The imports
# come from the module cache, at the versions of go.mod.
set -euo pipefail
cd "$(dirname "$0")/.."

bin=$PWD/.tools/bin
GOBIN=$bin go install github.com/cosmos/gogoproto/protoc-gen-gocosmos@v1.7.2
GOBIN=$bin go install github.com/grpc-ecosystem/grpc-gateway/protoc-gen-grpc-gateway@v1.16.0

dir() { go mod download -json "$1@$(go list -m -f '{{.Version}}' "$1")" | sed -n 's/.*"Dir": "\(.*\)",*/\1/p'; }
sdk=$(dir github.com/cosmos/cosmos-sdk)
gogo=$(dir github.com/cosmos/gogoproto)
gateway=$(dir github.com/grpc-ecosystem/grpc-gateway)

include=(-I proto -I "$sdk/proto" -I "$(dir github.com/cosmos/cosmos-proto)/proto" -I "$gogo" -I "$gogo/protobuf" -I "$gateway/third_party/googleapis")
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT

for module in machine rental; do
  PATH="$bin:$PATH" protoc "${include[@]}" \
    --gocosmos_out="plugins=grpc,Mgoogle/protobuf/any.proto=github.com/cosmos/gogoproto/types/any:$out" \
    --grpc-gateway_out="logtostderr=true,allow_colon_final_segments=true:$out" \
    "proto/dbc/$module/v1/"*.proto
  mkdir -p "x/$module"
  rm -f "x/$module/"*.pb.go "x/$module/"*.pb.gw.go
  cp "$out/github.com/dbc-network/dbc/x/$module/"*.go "x/$module/"
done
gofmt -w x/machine/*.pb*.go x/rental/*.pb*.go
