package quarantine

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"

	"github.com/google/renameio/v2"
)

// maxRecord bounds the file in bytes.
const maxRecord = 1 << 20

// record names the slots that were taken out by the ids of their first GPUs:
// after the next start an index may name another card.
type record struct {
	Taken []string `json:"taken_out"`
}

// load reads which slots were taken out: none if there is no file.
func load(path string) ([]string, error) {
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err == nil && (!info.Mode().IsRegular() || info.Size() > maxRecord) {
		err = ErrRecord
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %s: %w", ErrRecord, path, err)
	}
	text, err := os.ReadFile(path)
	var r record
	if err == nil {
		err = json.Unmarshal(text, &r)
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %s: %w", ErrRecord, path, err)
	}
	slices.Sort(r.Taken)
	return slices.Compact(r.Taken), nil
}

// save writes the file if its content changes.
func save(path string, taken []string) error {
	have, err := load(path)
	if err == nil && slices.Equal(have, taken) {
		return nil
	}
	text, err := json.Marshal(record{append([]string{}, taken...)})
	if err != nil {
		return err
	}
	if err := renameio.WriteFile(path, text, 0o600); err != nil {
		return fmt.Errorf("write which slots were taken out of service: %w", err)
	}
	return nil
}
