package helper_test

import (
	"encoding/hex"
	"testing"

	"github.com/dbc-network/dbc/node/helper"
	"github.com/dbc-network/dbc/node/host"
	"github.com/dbc-network/dbc/node/journal"
)

// TestAdopt: a VM that a node without a helper made goes on under one, and is as
// safe as its own: the seed is the one that it was made with.
func TestAdopt(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.image("tiny.qcow2")
	d, id := w.seed(rent, "old"), host.Identify(binding, rent, folderOf("old"))
	must(t, helper.Adopt(w.data, binding, []journal.Task{{
		ID: folderOf("old"), RentID: rent, Renter: alice.Address(), Image: "tiny.qcow2", SystemGiB: 10, Addr: addrOf("old"), UUID: id.UUID,
		User: d.User, AuthorizedKeys: d.AuthorizedKeys, HostKey: journal.Secret(hex.EncodeToString(d.HostKey.Seed())),
		Disks: []journal.Disk{{Name: "vdb"}},
	}}))
	w.bind()
	w.make("old") // as before
	spec := w.spec(t, "old")
	must(t, w.client.Define(t.Context(), spec))
	must(t, w.client.Start(t.Context(), spec.UUID))
	d.AuthorizedKeys = []string{someKey}
	if err := w.client.WriteSeed(t.Context(), folderOf("old"), d); err == nil {
		t.Error("another key was taken")
	}
}
