package main

import (
	"bytes"
	"strings"
	"testing"

	"github.com/dbc-network/dbc/client/host"
	"github.com/dbc-network/dbc/x/machine"
)

// A host sees which slots take no rental, and where to look for the reason.
func TestStatusShowsSlotsOutOfService(t *testing.T) {
	t.Parallel()
	listed := machine.Machine{Id: strings.Repeat("ab", 32), OutOfService: []uint32{1, 3}}
	var said bytes.Buffer
	writeHostStatus(&said, newHostStatus(host.Status{Listing: machine.Listing{Machine: listed}}))
	if !strings.Contains(said.String(), "slots [1 3] take no new rental; dbc host gpu slots says why") {
		t.Error(said.String())
	}
	listed.OutOfService = nil
	said.Reset()
	writeHostStatus(&said, newHostStatus(host.Status{Listing: machine.Listing{Machine: listed}}))
	if strings.Contains(said.String(), "take no new rental;") {
		t.Error(said.String())
	}
}
