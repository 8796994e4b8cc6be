# Two commands do everything on a fresh machine: `make demo` and `make test`.
# Each installs what it needs; see scripts/setup.sh for what that is.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

# One set of flags for build, test and lint: they share a build cache. Without
# -trimpath the SDK would put this computer's paths into errors.
export GOFLAGS := -trimpath -buildvcs=false

TOOLS := $(CURDIR)/.tools/bin
VERSION := $(shell scripts/version.sh)
COMMIT := $(shell git rev-parse HEAD 2>/dev/null || echo unknown)
SDK_VERSION := github.com/cosmos/cosmos-sdk/version
LDFLAGS := -s -w \
	-X $(SDK_VERSION).Name=dbc -X $(SDK_VERSION).AppName=dbcd \
	-X $(SDK_VERSION).Version=$(VERSION) -X $(SDK_VERSION).Commit=$(COMMIT)

.PHONY: help
help: ## show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

# The first lines of the two; a test compares them with the README.
.PHONY: say-demo
say-demo:
	@printf '%s\n' \
	  'make demo starts a whole network on this computer and walks through the rental guide on it.' \
	  'First it installs the Debian packages that are missing (sudo, where you are not root) and builds all' \
	  'programs and a guest image: a few minutes the first time, seconds later. The walk takes a few minutes' \
	  'more. It goes on until Ctrl-C; with ARGS=--exit it ends after the walk and leaves nothing running.'

.PHONY: say-test
say-test:
	@printf '%s\n' \
	  'make test runs all tests: about 50 minutes on two cores, and a few more where nothing is built yet.' \
	  'First it installs the Debian packages that are missing (sudo, where you are not root) and builds all' \
	  'programs and a guest image. Then tests of real virtual machines, networks and browsers run as root, beside' \
	  'those of the packages; each says when it is done. make check tests what changed, in two minutes.'

.PHONY: demo
demo: say-demo setup build tiny ## start a whole network here and walk the rental guide on it (ARGS=--exit: then stop)
	@bin/dbc devnet demo $(ARGS)

.PHONY: test
test: say-test setup build tiny prometheus ## run all tests, real guests among them
	@scripts/test.sh

.PHONY: check
check: $(TOOLS)/golangci-lint ## format, lint and test what changed (SINCE=a commit): two minutes
	@scripts/check.sh $(SINCE)

FOR ?= 30s
.PHONY: fuzz
fuzz: ## run every fuzz target, two at a time (FOR=30s each)
	@scripts/fuzz.sh $(FOR)

.PHONY: mutation
mutation: ## change the code of money, rights and life cycles one place at a time: some test has to fail
	@nice -n 19 go run ./test/mutation $(ARGS)

SEEDS ?= 1,2,3,4,5,6,7,8,9,10
BLOCKS ?= 500
.PHONY: sim
sim: ## lead long random lives through the chain's simulator (SEEDS=1,2 BLOCKS=500)
	@go test ./app -run '^TestSimulation' -v -count=1 -timeout 24h -sim-seeds $(SEEDS) -sim-blocks $(BLOCKS) -sim-size 200

.PHONY: testnet
testnet: setup build ## run four validators here until Ctrl-C
	@go run ./test/testnet/start -dbcd bin/dbcd $(ARGS)

.PHONY: bench-chain
bench-chain: ## measure the chain with 100,000 machines and rentals
	@go run ./test/benchchain $(ARGS)

.PHONY: bench-flood
bench-flood: ## flood four validators with junk that pays, and measure messages with a deadline
	@go run ./test/benchflood $(ARGS)

.PHONY: bench-api
bench-api: ## measure calls through a client node, searches, and slow clients
	@go run ./test/benchapi $(ARGS)

.PHONY: bench-vm
bench-vm: build tiny ## measure creates beside virsh and QEMU alone, and ten at once (root)
	@go build -o bin/benchvm ./test/benchvm
	@$$([ "$$(id -u)" = 0 ] || echo sudo) bin/benchvm $(ARGS)

.PHONY: setup
setup: ## install the packages that build, demo and tests need
	@scripts/setup.sh

.PHONY: prometheus
prometheus: ## fetch Prometheus into .tools, for the tests of deploy/monitoring
	@scripts/prometheus.sh

.PHONY: build
build: web ## build bin/dbcd, bin/dbc, bin/dbc-helper and bin/sign_tool
	@mkdir -p bin
	@go build -ldflags '$(LDFLAGS)' -o bin/ ./cmd/dbcd ./cmd/dbc
	@go build -tags grpcnotrace -ldflags '-s -w -X main.version=$(VERSION)' -o bin/ ./cmd/dbc-helper
	@CGO_ENABLED=0 go build -ldflags '-s -w -X main.version=$(VERSION)' -o bin/ ./cmd/sign_tool

RELEASE ?= $(patsubst v%,%,$(shell git describe --tags --exact-match 2>/dev/null))
KEY ?=
.PHONY: release
release: setup ## build packages, tarballs and checksums of this commit (RELEASE=0.1.0, or its tag; KEY=an SSH key to sign with)
	@scripts/release.sh '$(RELEASE)' build/release/'$(RELEASE)' $(KEY)

# Skipped while nothing that it is made of is newer than the last build.
WEB_PARTS := web/package.json web/package-lock.json web/index.html web/vite.config.ts web/tsconfig.json $(shell find web/src web/public -type f)
.PHONY: web
web: web/dist/index.html ## build the web app that dbc embeds
web/dist/index.html: $(WEB_PARTS)
	@scripts/web.sh

# What a release embeds; `make build` takes what is there.
.PHONY: docs
docs: ## build the documentation as a site, which dbc embeds (half a minute)
	@scripts/site.sh

.PHONY: tiny
tiny: ## build tiny.qcow2, the guest of demo and tests, into build/images
	@go run ./image/build/program -out build/images tiny

.PHONY: images
images: setup ## build tiny.qcow2 and debian-12.qcow2 into build/images
	@go run ./image/build/program -out build/images tiny debian-12

.PHONY: proto
proto: ## generate the Go code of proto/
	@scripts/proto-gen.sh

.PHONY: lint
lint: $(TOOLS)/golangci-lint ## run the linters, the direction rules among them
	@$(TOOLS)/golangci-lint run ./...
	@scripts/web.sh check

.PHONY: spec
spec: ## write the API's documents from its routes
	go test ./api/spec -run TestDocumentsAreCurrent -update

# One package at a time: several write parts of one page.
.PHONY: reference
reference: ## write the reference of commands, settings and metrics from the programs
	go test -p 1 ./cmd/dbc ./cmd/dbcd ./cmd/dbc-helper ./cmd/sign_tool ./node/conf ./node/clientnode ./node/compute/metrics \
		-run '^Test((Commands|Settings|Metrics)PageIsCurrent|VariablesAreDescribed)$$' -update-reference

.PHONY: commands
commands: reference ## the same: what is needed after a change of dbc's help

.PHONY: screenshots
screenshots: setup build tiny ## take the pictures of docs/web.md anew, in a real browser (root, minutes)
	@scripts/screenshots.sh

# Fails when generating again changes what is committed.
.PHONY: generated
generated: proto spec reference
	@scripts/web.sh proto
	@git diff --exit-code --stat -- x proto app/openapi api node/guests/helper/steps docs web/src/gen web/src/node

$(TOOLS)/golangci-lint:
	GOBIN=$(TOOLS) go install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0

.PHONY: clean
clean: ## remove what was built
	rm -rf bin build .tools web/node_modules site/node_modules site/pages site/.vitepress/cache site/.vitepress/.temp
	find web/dist site/dist -mindepth 1 ! -name README -delete
