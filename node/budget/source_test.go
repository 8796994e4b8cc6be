package budget

import (
	"context"
	"errors"
	"testing"
)

func TestSource(t *testing.T) {
	t.Parallel()
	for remote, want := range map[string]string{
		"198.51.100.7:1":               "198.51.100.7",
		"198.51.100.7":                 "198.51.100.7",
		"[::ffff:198.51.100.7]:1":      "198.51.100.7",
		"[2001:db8:1:2::3]:1":          "2001:db8:1::/48",
		"[2001:db8:1:ffff:ffff::9]:99": "2001:db8:1::/48",
		"2001:db8:2::":                 "2001:db8:2::/48",
		"[::1]:1":                      "::1",
		"[fd00::1]:1":                  "fd00::1",
		"[fe80::1%eth0]:1":             "fe80::1%eth0",
		"12D3KooWPeer":                 "12D3KooWPeer",
		"":                             "",
	} {
		if got := Source(remote); got != want {
			t.Errorf("%q counts for %q, want %q", remote, got, want)
		}
	}
}

func TestPlaces(t *testing.T) {
	t.Parallel()
	p := NewPlaces(3, 2)
	over, end := context.WithCancel(t.Context())
	end()
	enter := func(source string, want error) (leave func()) {
		t.Helper()
		leave, err := p.Enter(over, source)
		if !errors.Is(err, want) {
			t.Errorf("%s: %v, want %v", source, err, want)
		}
		return leave
	}
	first := enter("greedy", nil)
	enter("greedy", nil)
	enter("greedy", context.Canceled)
	enter("other", nil)
	enter("third", context.Canceled)
	came := make(chan error, 1)
	go func() {
		leave, err := p.Enter(t.Context(), "third")
		if err == nil {
			leave()
		}
		came <- err
	}()
	first()
	first() // counts once
	if err := <-came; err != nil {
		t.Error(err)
	}
	enter("greedy", nil)
	enter("greedy", context.Canceled)
}
