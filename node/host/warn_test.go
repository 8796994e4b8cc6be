package host

import (
	"encoding/json"
	"flag"
	"os"
	"testing"
	"time"

	"github.com/dbc-network/dbc/node/journal"
)

var update = flag.Bool("update", false, "write the web app's warnings anew")

// TestWarningsOfTheWebApp: the app translates exactly the sentences that tasks have.
func TestWarningsOfTheWebApp(t *testing.T) {
	t.Parallel()
	const file = "../../web/testdata/warnings.json"
	now := time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC)
	kept := func(left time.Duration, evictable bool) journal.Task {
		return journal.Task{ID: "4a1b", Over: &journal.Over{}, KeepUntil: now.Add(left), Evictable: evictable}
	}
	trial := func(left, end time.Duration) journal.Task {
		return journal.Task{ConfirmBy: now.Add(left), RentEnd: now.Add(end)}
	}
	var all []string
	for _, task := range []journal.Task{
		{RentEnd: now.Add(9 * time.Minute)},
		{RentEnd: now.Add(59 * time.Minute)},
		{RentEnd: now.Add(23 * time.Hour), Pending: true, Warnings: []string{UnopenedVNC}},
		trial(9*time.Minute, 72*time.Hour), trial(29*time.Minute, 23*time.Hour), trial(9*time.Minute, 59*time.Minute), trial(9*time.Minute, 9*time.Minute),
		kept(48*time.Hour, false), kept(48*time.Hour, true),
		kept(9*time.Minute, false), kept(59*time.Minute, true), kept(23*time.Hour, false),
	} {
		all = append(all, Warnings(task, now)...)
	}
	made, err := json.MarshalIndent(all, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	made = append(made, '\n')
	if *update {
		if err := os.WriteFile(file, made, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	held, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if string(held) != string(made) {
		t.Errorf("%s is stale: go test ./node/host -run WarningsOfTheWebApp -update, then web/src/rentals/warnings.ts", file)
	}
}
