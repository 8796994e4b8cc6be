package api

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"github.com/dbc-network/dbc/api"
)

// await returns what read finds, at once or, if the request names its revision, when it
// differs, when the time that the request allows is over, or when the node ends.
func await[T any](ctx context.Context, s *Server, c *call, read func() (found T, revision string, err error)) (any, error) {
	var wish api.Wait
	if len(c.request.Additional) > 0 {
		if err := strict(c.request.Additional, &wish); err != nil {
			return nil, err
		}
	}
	query := c.http.URL.Query()
	wish.Revision = cmp.Or(query.Get("revision"), wish.Revision)
	seconds, err := parseNumber("wait", cmp.Or(api.Text(query.Get("wait")), wish.Wait, "0"), 0, uint64(api.MaxWait/time.Second))
	if err != nil {
		return nil, err
	}
	timer := time.NewTimer(time.Duration(seconds) * time.Second)
	defer timer.Stop()
	over := seconds == 0 || wish.Revision == ""
	if !over {
		if err := c.short(); err != nil {
			return nil, err
		}
		// What waits holds no memory for bodies and no turn, but a place of its own.
		c.release()
		if c.leave, err = s.admission.wait(c.wallet); err != nil {
			return nil, err
		}
	}
	for first := true; ; first = false {
		changed := s.deps.Host.Changed()
		if !first {
			if err := s.still(ctx, c); err != nil {
				return nil, err
			}
		}
		found, revision, err := read()
		if err != nil || over || revision != wish.Revision {
			return found, err
		}
		select {
		case <-changed:
		case <-timer.C:
			over = true
		case <-s.closing:
			over = true
		case <-ctx.Done():
			over = true
		}
	}
}

// still refuses a caller who waited until the session was revoked or the rental over.
func (s *Server) still(ctx context.Context, c *call) error {
	if c.grant != "" {
		if _, err := s.deps.Grants.Granted(ctx, c.grant, s.deps.Now()); err != nil {
			return err
		}
	}
	// While the chain is in doubt, what was opened before goes on.
	if word := s.deps.Rentals.Word(); word.Doubt == nil && c.session != 0 {
		if r, open := word.Open[c.session]; !open || r.Renter != c.wallet {
			return fmt.Errorf("%w: rental %d, which the session is for, is over", ErrNoRental, c.session)
		}
	}
	return nil
}
