package main

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"reflect"
	"strings"
	"testing"

	"github.com/dbc-network/dbc/api"
	"github.com/dbc-network/dbc/chain"
	"github.com/dbc-network/dbc/chain/outbox"
	"github.com/dbc-network/dbc/client"
	"github.com/dbc-network/dbc/client/named"
)

func upBook(t *testing.T, w *world) named.Book {
	t.Helper()
	book, err := named.Open(w.home, "dbc-devnet-1")
	if err != nil {
		t.Fatal(err)
	}
	return book
}

// TestUpAlone: a name that a command is at work on is refused, with what to do.
func TestUpAlone(t *testing.T) {
	w := newWorld(t)
	key := t.TempDir() + "/key.pub"
	writeFile(t, key, guestKey+"\n")
	unlock, err := upBook(t, w).Lock("train")
	if err != nil {
		t.Fatal(err)
	}
	defer unlock()
	for _, args := range [][]string{{"up", "train", "--ssh-key", key, "--yes"}, {"down", "train", "--yes"}} {
		if code, _, errOut := w.dbc(t, args...); code != exitFailed || !strings.Contains(errOut, "another command is at work on it: wait for its end") {
			t.Errorf("%v: %d %s", args, code, errOut)
		}
	}
}

// TestUpUsage: what this computer can check is checked before anybody is asked.
func TestUpUsage(t *testing.T) {
	w := newWorld(t)
	key := t.TempDir() + "/key.pub"
	writeFile(t, key, guestKey+"\n")
	for line, want := range map[string]string{
		"up --max-price 5":                   "with the unit",
		"up --slots 0":                       "--slots 0: 1 or more",
		"up --country Germany":               "two letters",
		"up --max-total 0":                   "more than 0",
		"up --for soon":                      "such as 3d",
		"up 7":                               "NAME \"7\"",
		"up -- -x":                           "NAME",
		"up --machine zz":                    "64 hex digits",
		"up --disk x":                        "--disk \"x\"",
		"up --disk 010":                      "--disk \"010\"",
		"up --disk 1048577":                  "0 to 1048576",
		"up --image ../etc":                  ".qcow2",
		"down 7 --keep-disks --delete-disks": "choose one",
	} {
		args := strings.Fields(line)
		if args[0] == "up" {
			args = append([]string{"up", "--ssh-key", key}, args[1:]...)
		}
		code, out, errOut := w.dbc(t, args...)
		if code != exitUsage || !strings.Contains(errOut, want) || out != "" {
			t.Errorf("%s: %d %s%s, want %s", line, code, out, errOut, want)
		}
	}
	t.Setenv("HOME", t.TempDir())
	if code, _, errOut := w.dbc(t, "up"); code != exitUsage || !strings.Contains(errOut, "ssh-keygen") {
		t.Errorf("without a key: %d %s", code, errOut)
	}
}

// TestUpRecord: each transaction is on disk before it is sent, once, and what an
// interrupted command leaves is said.
func TestUpRecord(t *testing.T) {
	w := newWorld(t)
	u := &up{s: &settings{}, name: "train", book: upBook(t, w)}
	for range 2 {
		if err := u.noting(outbox.Sent{Hash: "AB", Last: 7, Fee: 3}); err != nil {
			t.Fatal(err)
		}
	}
	v, err := u.book.Get("train")
	if err != nil || strings.Count(string(v.Run), `"AB"`) != 1 {
		t.Errorf("%s %v", v.Run, err)
	}
	stopped := u.whatGoesOn(context.Canceled)
	if text := afterword(stopped); !errors.Is(stopped, context.Canceled) || !strings.Contains(text, "dbc up train goes on and pays nothing twice; dbc down train ends it") {
		t.Errorf("%q", text)
	}
	u.run.RentID = 7
	if text := afterword(u.whatGoesOn(context.Canceled)); !strings.Contains(text, "Rental 7 goes on") {
		t.Errorf("%q", text)
	}
	if code := exitCode(&interrupted{u.whatGoesOn(context.Canceled)}); code != exitInterrupted {
		t.Errorf("%d", code)
	}
	if code := exitCode(u.whatGoesOn(&chain.Unsettled{Hash: "AB", Err: context.Canceled})); code != exitTimedOut {
		t.Errorf("sent and in no block: %d", code)
	}
	if err := u.forget(); err != nil {
		t.Fatal(err)
	}
	if _, err := u.book.Get("train"); !errors.Is(err, named.ErrNone) {
		t.Error(err)
	}
	// A dry run keeps nothing.
	u.s.dryRun = true
	if err := u.noting(outbox.Sent{Hash: "CD"}); err != nil {
		t.Fatal(err)
	}
	if _, err := u.book.Get("train"); !errors.Is(err, named.ErrNone) {
		t.Error(err)
	}
}

// TestDryRunForgetsNoRun: a dry run leaves the record of a run, which alone knows what
// may have been paid.
func TestDryRunForgetsNoRun(t *testing.T) {
	w := newWorld(t)
	s := &settings{home: w.home, dryRun: true}
	book := upBook(t, w)
	if err := book.Put(named.VM{Name: "train", Run: []byte(`{}`)}); err != nil {
		t.Fatal(err)
	}
	if err := (&up{s: s, name: "train", book: book}).forget(); err != nil {
		t.Error(err)
	}
	if err := (&down{s: s, name: "train", book: book}).forget(); err != nil {
		t.Error(err)
	}
	if _, err := book.Get("train"); err != nil {
		t.Errorf("it was forgotten: %v", err)
	}
}

// TestUpOtherGuest: what a machine refused can be asked for otherwise by the same name,
// and is on disk before it is.
func TestUpOtherGuest(t *testing.T) {
	w := newWorld(t)
	first := api.Create{TaskID: taskOne, ImageName: "a.qcow2", DiskSize: "5", SSHPublicKeys: []string{guestKey}}
	for name, test := range map[string]struct {
		flags upFlags
		want  api.Create
	}{
		"none":          {upFlags{keys: []string{"another"}}, first},
		"the same":      {upFlags{image: "a.qcow2", disk: "5", keyFiles: []string{"key.pub"}, keys: []string{guestKey}}, first},
		"another image": {upFlags{image: "b.qcow2"}, api.Create{TaskID: taskOne, ImageName: "b.qcow2", DiskSize: "5", SSHPublicKeys: []string{guestKey}}},
		"another disk":  {upFlags{disk: "7"}, api.Create{TaskID: taskOne, ImageName: "a.qcow2", DiskSize: "7", SSHPublicKeys: []string{guestKey}}},
		"another key":   {upFlags{keyFiles: []string{"key.pub"}, keys: []string{"another"}}, api.Create{TaskID: taskOne, ImageName: "a.qcow2", DiskSize: "5", SSHPublicKeys: []string{"another"}}},
	} {
		t.Run(name, func(t *testing.T) {
			u := &up{s: &settings{home: w.home}, name: "train", book: upBook(t, w), f: test.flags, run: upRun{RentID: 7, Create: first}}
			if other := u.f.otherGuest(first); other != !reflect.DeepEqual(test.want, first) {
				t.Errorf("another: %v", other)
			}
			if err := u.reorder(); err != nil {
				t.Fatal(err)
			}
			v, err := u.book.Get("train")
			kept := upRun{}
			if err := errors.Join(err, json.Unmarshal(v.Run, &kept)); err != nil || !reflect.DeepEqual(kept.Create, test.want) || u.f.otherGuest(kept.Create) {
				t.Errorf("%+v %v", kept.Create, err)
			}
		})
	}
	u := &up{name: "train", begun: true, run: upRun{RentID: 7}}
	refused := u.whatGoesOn(&client.NodeError{Proved: true, Field: "image_name"})
	if text := afterword(refused); !strings.Contains(text, "dbc up train with another --image goes on") {
		t.Error(text)
	}
}

func writeFile(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
