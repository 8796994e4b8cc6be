package host

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"github.com/dbc-network/dbc/durable"
)

// record is the file that names the rental of a self-rent while it is to be ended.
type record string

// left is the record of a rental that is to be ended.
type left struct {
	RentID uint64    `json:"rent_id"`
	Start  time.Time `json:"start"`
}

func (r record) read() (l left, found bool, err error) {
	text, err := os.ReadFile(string(r))
	if errors.Is(err, fs.ErrNotExist) {
		return l, false, nil
	}
	if err == nil {
		err = json.Unmarshal(text, &l)
	}
	if err != nil {
		return l, false, fmt.Errorf("read which self-rent is to be ended, delete %s if none is: %w", r, err)
	}
	return l, true, nil
}

func (r record) keep(l left) error {
	text, err := json.Marshal(l)
	if err != nil {
		return err
	}
	if err := durable.WriteFile(string(r), append(text, '\n'), 0o600); err != nil {
		return fmt.Errorf("note which rental is to be ended: %w", err)
	}
	return nil
}

func (r record) forget() error {
	if err := os.Remove(string(r)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("forget a self-rent: %w", err)
	}
	return nil
}
