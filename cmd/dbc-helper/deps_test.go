package main

import (
	"os/exec"
	"regexp"
	"strings"
	"testing"
)

const (
	// maxPackages bounds what runs as root.
	maxPackages = 400
	// tags are those of make build: without them gRPC brings a debugging page of
	// golang.org/x/net, with its templates.
	tags = "grpcnotrace"
)

// forbidden has no place in a program that runs as root beside a tenant's disks: the
// chain, a peer-to-peer network, and all of the node but its privileged side.
var forbidden = regexp.MustCompile(`^github\.com/(cosmos|cometbft|libp2p)/|^(cosmossdk\.io|github\.com/spf13/cobra|html/template|go\.etcd\.io/bbolt)\b|` +
	`^github\.com/dbc-network/dbc/(app|x|chain|client|web|devnet|lifecycle|rental|node)(/|$)`)

// TestSmall holds what the helper links against its zone.
func TestSmall(t *testing.T) {
	t.Parallel()
	out, err := exec.CommandContext(t.Context(), "go", "list", "-tags", tags, "-deps", ".").Output()
	if err != nil {
		t.Fatal(err)
	}
	list := strings.Fields(string(out))
	if len(list) > maxPackages {
		t.Errorf("dbc-helper links %d packages, at most %d are allowed", len(list), maxPackages)
	}
	for _, pkg := range list {
		if forbidden.MatchString(pkg) && !own.MatchString(pkg) {
			t.Errorf("dbc-helper depends on %s", pkg)
		}
	}
}

// own are the packages of the privileged side below node/, and core.conf's.
var own = regexp.MustCompile(`^github\.com/dbc-network/dbc/node/(conf|guests)(/|$)`)
