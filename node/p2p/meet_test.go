package p2p

import (
	"errors"
	"slices"
	"strings"
	"testing"
)

// TestMeet verifies that the node at an address is identified, over TCP and
// over QUIC.
func TestMeet(t *testing.T) {
	t.Parallel()
	there, h := open(t, Config{Server: true}), open(t, Config{})
	met := 0
	for _, address := range there.Addrs() {
		got, err := h.Meet(t.Context(), address)
		if err != nil || got != there.ID() {
			t.Errorf("%s: %s, %v; want %s", address, got, err, there.ID())
		}
		met++
	}
	if met < 2 {
		t.Errorf("met at %d addresses, want TCP and QUIC", met)
	}
	for _, nobody := range []string{"/ip4/127.0.0.1/tcp/1", "/ip4/127.0.0.1", "no address", "/p2p/" + there.ID()} {
		if got, err := h.Meet(t.Context(), nobody); !errors.Is(err, ErrPeer) {
			t.Errorf("%s: %s, %v; want ErrPeer", nobody, got, err)
		}
	}
	public := open(t, Config{PublicOnly: true})
	if got, err := public.Meet(t.Context(), there.Addrs()[0]); !errors.Is(err, ErrPeer) || !strings.Contains(err.Error(), "not public") {
		t.Errorf("an address of loopback: %s, %v", got, err)
	}
}

// TestAnotherNodeAnswers uses addresses on the chain that belong to another
// node.
func TestAnotherNodeAnswers(t *testing.T) {
	t.Parallel()
	other := open(t, Config{Server: true})
	id := newKey(t).MachineID()
	var listed []string
	for _, address := range other.Addrs() {
		bare, _, _ := strings.Cut(address, "/p2p/")
		listed = append(listed, bare)
	}
	client := open(t, Config{Finder: finder{id: listed}})
	_, _, err := post(t.Context(), t, client, id, "")
	unreachable := new(UnreachableError)
	if !errors.As(err, &unreachable) || !slices.Equal(unreachable.Others, []string{other.ID()}) {
		t.Fatalf("%v, want the other's id", err)
	}
	if !strings.Contains(err.Error(), "another node answers, which does not have this machine's key") {
		t.Error(err)
	}
}
