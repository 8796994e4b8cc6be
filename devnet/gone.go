package devnet

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
)

// CheckGone reports what is left of a devnet that has ended, as far as it is
// visible without privileges; the privileged side checks the rest when it ends.
func (i Info) CheckGone() error {
	var errs []error
	for name, process := range i.Processes {
		// The supervisor is this process.
		if name != supervisor && process.Alive() {
			errs = append(errs, fmt.Errorf("process %d (%s) %w", process.PID, name, ErrLeft))
		}
	}
	if _, err := net.InterfaceByName(i.Bridge); err == nil {
		errs = append(errs, fmt.Errorf("interface %s %w", i.Bridge, ErrLeft))
	}
	if u, err := url.Parse(i.Virsh); err == nil {
		if _, err := os.Stat(u.Query().Get("socket")); err == nil {
			errs = append(errs, fmt.Errorf("socket %s %w", u.Query().Get("socket"), ErrLeft))
		}
	}
	return errors.Join(errs...)
}
