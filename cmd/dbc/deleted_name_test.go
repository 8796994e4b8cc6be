package main

import (
	"strings"
	"testing"

	"github.com/dbc-network/dbc/api"
	"github.com/dbc-network/dbc/client/named"
)

// TestADeletedNameIsNoID: a command that is repeated after its virtual machine was
// deleted does not take the name for the beginning of another's id.
func TestADeletedNameIsNoID(t *testing.T) {
	w := newWorld(t)
	const other = "dbi8T4Vs9jGxKeVcYF6jCF"
	b := w.add(t, 1, taskOne, other)
	if code, out, errOut := w.dbc(t, "vm", "name", taskOne, "db"); code != exitDone {
		t.Fatalf("%d %s%s", code, out, errOut)
	}
	if code, out, errOut := w.dbc(t, "vm", "delete", "db", "--yes"); code != exitDone {
		t.Fatalf("%d %s%s", code, out, errOut)
	}
	b.calls = nil
	code, out, errOut := w.dbc(t, "vm", "delete", "db", "--yes")
	for _, path := range b.called() {
		if strings.HasPrefix(path, api.PathTaskDelete) {
			t.Errorf("another virtual machine was deleted: %d %s%s", code, out, errOut)
		}
	}
	if code != exitRefused || !strings.Contains(errOut, "dbc vm list") {
		t.Errorf("%d %s%s", code, out, errOut)
	}
	// It can be given again, and the other is found by more of its id.
	if code, out, errOut := w.dbc(t, "vm", "name", "dbi8T", "db"); code != exitDone {
		t.Errorf("%d %s%s", code, out, errOut)
	}
	if code, out, errOut := w.dbc(t, "vm", "show", "db"); code != exitDone || !strings.Contains(out, other) {
		t.Errorf("%d %s%s", code, out, errOut)
	}
}

// TestANameWithoutAVMIsNoID: nor is it one while dbc up has made nothing by it.
func TestANameWithoutAVMIsNoID(t *testing.T) {
	w := newWorld(t)
	const other = "dbi8T4Vs9jGxKeVcYF6jCF"
	b := w.add(t, 1, other)
	book, err := named.Open(w.home, "dbc-devnet-1")
	if err != nil {
		t.Fatal(err)
	}
	if err := book.Put(named.VM{Name: "db", Run: []byte("{}")}); err != nil {
		t.Fatal(err)
	}
	code, out, errOut := w.dbc(t, "vm", "delete", "db", "--yes")
	if len(b.called()) > 0 || code != exitRefused || !strings.Contains(errOut, "dbc vm list") {
		t.Errorf("%v %d %s%s", b.called(), code, out, errOut)
	}
}
