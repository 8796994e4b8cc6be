package record_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/dbc-network/dbc/auth"
	"github.com/dbc-network/dbc/node/guests/record"
	"github.com/dbc-network/dbc/vm"
)

// TestRecordsAreBounded: whoever runs the node makes up folders, wallets and requests,
// and what is recorded of them is held in memory and read again at each start.
func TestRecordsAreBounded(t *testing.T) {
	t.Parallel()
	const most = 2048
	dir := t.TempDir()
	text := `{"schema":1,"folder":"%s","wallet":"w","vm":{"uuid":"%d"},"holder":{"task_id":"%s"}}`
	for n := range most {
		must(t, os.WriteFile(filepath.Join(dir, folder(n)+".json"), fmt.Appendf(nil, text, folder(n), n, folder(n)), 0o600))
	}
	s := open(t, dir)
	put := func(n int, keys ...string) error {
		_, err := s.Change(folder(n), func(r *record.Record, _ bool) error {
			r.VM.UUID, r.Holder = vm.UUID(fmt.Sprint(n)), record.Holder{TaskID: folder(n), Keys: keys}
			return nil
		})
		return err
	}
	if err := put(most); !errors.Is(err, record.ErrFull) {
		t.Errorf("one more: %v", err)
	}
	must(t, put(0, "a key")) // those that are there go on
	must(t, s.Delete(folder(0)))
	must(t, put(most))
	if err := put(1, strings.Repeat("k", 64<<10)); !errors.Is(err, record.ErrFull) {
		t.Errorf("a record that no spare holds: %v", err)
	}
	must(t, put(1, strings.Repeat("k", 60<<10)))
}

// TestNoncesAreBounded: wallets that were made up make nobody else wait, nor the record
// grow; and what is forgotten early is not taken again.
func TestNoncesAreBounded(t *testing.T) {
	t.Parallel()
	const most = 16 << 10
	dir := t.TempDir()
	var all []string
	for n := range most {
		all = append(all, fmt.Sprintf(`"wallet%d signer n%d":"%s"`, n%16, n, sent.Format(time.RFC3339)))
	}
	must(t, os.WriteFile(filepath.Join(dir, "used-nonces.json"), []byte(`{"schema":1,"used":{`+strings.Join(all, ",")+`}}`), 0o600))
	s := open(t, dir)
	if err := s.Use("hers", "signer", "first", sent, sent.Add(auth.MaxSkew)); err == nil {
		t.Error("one more within minutes was taken")
	}
	later := sent.Add(time.Hour)
	must(t, s.Use("hers", "signer", "second", later, later))
	must(t, s.Use("hers", "signer", "third", later.Add(-auth.MaxSkew), later))
	if info, err := os.Stat(filepath.Join(dir, "used-nonces.json")); err != nil || info.Size() > 1000 {
		t.Errorf("%v bytes are kept, %v", info.Size(), err)
	}
	if err := s.Use("wallet1", "signer", "n1", sent, later); !errors.Is(err, record.ErrForgotten) {
		t.Errorf("one that was forgotten: %v", err)
	}
}
