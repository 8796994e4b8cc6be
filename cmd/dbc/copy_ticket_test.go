package main

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/dbc-network/dbc/auth"
)

func TestParseCopy(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		args []string
		word string
		ok   bool
	}{
		"to":              {[]string{"a", "b c", "train:"}, "train", true},
		"from":            {[]string{"train:x", "train:/y", "."}, "train", true},
		"the only one":    {[]string{":x", "."}, "", true},
		"a colon here":    {[]string{"./a:b", "train:"}, "train", true},
		"no guest":        {[]string{"a", "b"}, "", false},
		"two guests":      {[]string{"train:a", "other:b", "."}, "", false},
		"guest to guest":  {[]string{"train:a", "train:b"}, "", false},
		"mixed":           {[]string{"a", "train:b", "c"}, "", false},
		"an option":       {[]string{"-oProxyCommand=id:x", "."}, "", false},
		"another's login": {[]string{"root@host:x", "."}, "", false},
	} {
		paths, word, err := parseCopy(c.args)
		if (err == nil) != c.ok || word != c.word && c.ok {
			t.Errorf("%s: %v %q %v", name, paths, word, err)
		}
		for _, p := range paths {
			if !p.guest && !strings.HasPrefix(p.path, "/") {
				t.Errorf("%s: %q may be an option", name, p.path)
			}
		}
	}
}

// TestTicket: a node accepts it, for that machine only.
func TestTicket(t *testing.T) {
	w := newWorld(t)
	b := w.add(t, 1)
	code, out, errOut := w.dbc(t, "ticket", "--valid-for", "2h", "--json")
	var got ticketReply
	if err := json.Unmarshal([]byte(out), &got); code != exitDone || err != nil {
		t.Fatalf("%d %v %s%s", code, err, out, errOut)
	}
	ticket, err := auth.VerifyTicket(got.Wallet, got.Nonce, got.Sign, b.id, time.Now())
	if err != nil || ticket.MachineID != b.id || ticket.Expires.Sub(ticket.Issued) != 2*time.Hour {
		t.Errorf("%+v %v", ticket, err)
	}
	if code, out, _ := w.dbc(t, "ticket", b.id); code != exitDone || !strings.HasPrefix(out, "sign: ") || strings.Count(out, "\n") != 3 {
		t.Errorf("%d %s", code, out)
	}
	for _, args := range [][]string{{"ticket", "--valid-for", "25h"}, {"ticket", b.id, "--every-machine"}, {"ticket", "--sign-session-id", "x"}} {
		if code, out, _ := w.dbc(t, args...); code != exitUsage && code != exitFailed || out != "" {
			t.Errorf("%v: %d %s", args, code, out)
		}
	}
	w.add(t, 2)
	if code, _, errOut := w.dbc(t, "ticket"); code != exitUsage || !strings.Contains(errOut, "which MACHINE?") {
		t.Errorf("two machines: %d %s", code, errOut)
	}
	w.rentals = nil
	if code, _, errOut := w.dbc(t, "ticket"); code != exitUsage || !strings.Contains(errOut, "--every-machine") {
		t.Errorf("none: %d %s", code, errOut)
	}
}
