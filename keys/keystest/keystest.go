// Package keystest kills what writes to a keyring, for tests of what is left then.
package keystest

import (
	"errors"

	files "github.com/99designs/keyring"
)

// ErrKilled is what a Dying keyring returns after its last step.
var ErrKilled = errors.New("killed")

// Dying carries out as many writes and removals as are Left, and none after that, like a
// process that is killed there.
type Dying struct {
	files.Keyring

	Left int
}

// Set implements files.Keyring.
func (d *Dying) Set(item files.Item) error {
	if err := d.die(); err != nil {
		return err
	}
	return d.Keyring.Set(item)
}

// Remove implements files.Keyring.
func (d *Dying) Remove(key string) error {
	if err := d.die(); err != nil {
		return err
	}
	return d.Keyring.Remove(key)
}

func (d *Dying) die() error {
	if d.Left--; d.Left < 0 {
		return ErrKilled
	}
	return nil
}
