package api_test

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/dbc-network/dbc/api"
)

// woken is a channel of a change that has happened.
func woken() <-chan struct{} {
	c := make(chan struct{})
	close(c)
	return c
}

// revisionIn is the revision of a reply with one, and of the first task in it.
func revisionIn(t *testing.T, reply api.Reply) (revision string) {
	t.Helper()
	var found struct {
		Revision string `json:"revision"`
	}
	if err := json.Unmarshal(reply.Message, &found); err != nil || found.Revision == "" {
		t.Fatalf("%s: %v", reply.Message, err)
	}
	return found.Revision
}

// TestWaitForAChange verifies of a task and of the list that a caller who knows the
// revision is answered by the change, however often something else changes before.
func TestWaitForAChange(t *testing.T) {
	t.Parallel()
	for name, path := range map[string]string{"a task": api.PathTask + sampleID, "the list": api.PathTasks} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			_, reply := b.ask(alice, path, "{}", nil)
			first := revisionIn(t, reply)
			changes := 0
			b.m.changed = func() <-chan struct{} {
				if changes++; changes == 3 {
					task := b.m.tasks[sampleID]
					task.Desc = "another"
					b.m.tasks[sampleID] = task
				}
				return woken()
			}
			status, reply := b.ask(alice, path, `{"revision":"`+first+`","wait":20}`, nil)
			if got := revisionIn(t, reply); status != http.StatusOK || got == first || changes != 3 {
				t.Errorf("%d, %s after %s, %d reads", status, got, first, changes)
			}
			// What the query says is the same.
			if _, reply = b.ask(alice, path+"?revision="+first+"&wait=20", "{}", nil); revisionIn(t, reply) == first {
				t.Errorf("%s", reply.Message)
			}
		})
	}
}

// TestWaitEnds verifies when a caller is answered although nothing differs.
func TestWaitEnds(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		additional string
		leaves     bool
		status     int
	}{
		"no wait":     {`{"revision":"REV"}`, false, 200},
		"no revision": {`{"wait":20}`, false, 200},
		"time over":   {`{"revision":"REV","wait":"1"}`, false, 200},
		"gone":        {`{"revision":"REV","wait":20}`, true, 200},
		"too long":    {`{"revision":"REV","wait":21}`, false, 400},
		"no number":   {`{"revision":"REV","wait":"soon"}`, false, 400},
		"a typo":      {`{"revison":"REV"}`, false, 400},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			_, reply := b.ask(alice, api.PathTasks, "{}", nil)
			first := revisionIn(t, reply)
			ctx, leave := context.WithCancel(t.Context())
			defer leave()
			b.m.changed = func() <-chan struct{} {
				if c.leaves {
					leave()
				}
				return nil
			}
			status, reply := b.ask(alice, api.PathTasks, strings.ReplaceAll(c.additional, "REV", first), func(r *http.Request) {
				*r = *r.WithContext(ctx)
			})
			if status != c.status || status == http.StatusOK && revisionIn(t, reply) != first {
				t.Errorf("%d %s", status, reply.Message)
			}
		})
	}
}
