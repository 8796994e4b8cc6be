#!/usr/bin/env bash
# Generates the Go code of proto/ into x/guard, x/machine, x/rental and node/guests/helper/steps,
# and the OpenAPI document of the chain's REST into app/openapi. The imports come
# from the module cache, at the versions of go.mod.
set -euo pipefail
cd "$(dirname "$0")/.."

bin=$PWD/.tools/bin
GOBIN=$bin go install github.com/cosmos/gogoproto/protoc-gen-gocosmos@v1.7.2
GOBIN=$bin go install github.com/grpc-ecosystem/grpc-gateway/protoc-gen-grpc-gateway@v1.16.0
GOBIN=$bin go install github.com/grpc-ecosystem/grpc-gateway/protoc-gen-swagger@v1.16.0
GOBIN=$bin go install google.golang.org/protobuf/cmd/protoc-gen-go@v1.36.11
GOBIN=$bin go install google.golang.org/grpc/cmd/protoc-gen-go-grpc@v1.6.2

dir() { go mod download -json "$1@$(go list -m -f '{{.Version}}' "$1")" | sed -n 's/.*"Dir": "\(.*\)",*/\1/p'; }
sdk=$(dir github.com/cosmos/cosmos-sdk)
gogo=$(dir github.com/cosmos/gogoproto)
gateway=$(dir github.com/grpc-ecosystem/grpc-gateway)

include=(-I proto -I "$sdk/proto" -I "$(dir github.com/cosmos/cosmos-proto)/proto" -I "$gogo" -I "$gogo/protobuf" -I "$gateway/third_party/googleapis")
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT

for module in guard machine rental; do
  PATH="$bin:$PATH" protoc "${include[@]}" \
    --gocosmos_out="plugins=grpc,Mgoogle/protobuf/any.proto=github.com/cosmos/gogoproto/types/any:$out" \
    --grpc-gateway_out="logtostderr=true,allow_colon_final_segments=true:$out" \
    "proto/dbc/$module/v1/"*.proto
  mkdir -p "x/$module"
  rm -f "x/$module/"*.pb.go "x/$module/"*.pb.gw.go
  cp "$out/github.com/dbc-network/dbc/x/$module/"*.go "x/$module/"
done

# The helper's steps are no part of the chain: Go's own protobuf, without the
# version of protoc, which differs between distributions.
PATH="$bin:$PATH" protoc -I proto --go_out="$out" --go-grpc_out="$out" proto/dbc/helper/v1/helper.proto
mkdir -p node/guests/helper/steps
sed -i '/^\/\/ .*protoc  *v/d' "$out"/github.com/dbc-network/dbc/node/guests/helper/steps/*.go
cp "$out"/github.com/dbc-network/dbc/node/guests/helper/steps/*.go node/guests/helper/steps/

# The plugin merges files of one Go package only.
mkdir -p "$out/merged"
cp -r proto/dbc "$out/merged/"
sed -i 's#^option go_package = .*#option go_package = "github.com/dbc-network/dbc/x";#' "$out"/merged/dbc/*/v1/*.proto
PATH="$bin:$PATH" protoc -I "$out/merged" "${include[@]:2}" \
  --swagger_out="logtostderr=true,allow_merge=true,merge_file_name=dbc,fqn_for_swagger_name=true,json_names_for_fields=false,simple_operation_ids=true:$out" \
  "$out"/merged/dbc/*/v1/query.proto
mkdir -p app/openapi
# The modules each have a Query.Params: ids and tags get the module's name.
awk '/"\/dbc\/[a-z]+\/v1\// { split($0, part, "/"); module = part[3] }
  /"operationId":/ { sub(/"operationId": "/, "&" toupper(substr(module, 1, 1)) substr(module, 2)) }
  /^ +"Query"$/ { sub(/Query/, module) }
  /"title": "dbc\// { sub(/"dbc\/.*"/, "\"DBC chain: machines and rentals\"") }
  /"version": "version not set"/ { sub(/version not set/, "v1") }
  { print }' "$out/dbc.swagger.json" >app/openapi/openapi.json
gofmt -w x/guard/*.pb*.go x/machine/*.pb*.go x/rental/*.pb*.go
