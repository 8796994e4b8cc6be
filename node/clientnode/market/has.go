package market

import (
	"context"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"

	"github.com/dbc-network/dbc/node/register"
)

var _ register.Index = (*Store)(nil)

// Has reports whether the index lists a machine. If it does not, that proves
// nothing.
func (s *Store) Has(ctx context.Context, id string) (bool, error) {
	raw, err := hex.DecodeString(id)
	if err != nil {
		return false, fmt.Errorf("%w: %.64q", register.ErrNoMachine, id)
	}
	var state string
	var stake int64
	err = s.db.QueryRowContext(ctx, "SELECT state, stake FROM machines WHERE id = ?", raw).Scan(&state, &stake)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("look a machine up: %w", err)
	}
	return !register.Gone(state, uint64(stake)), nil //nolint:gosec // clamp wrote it
}
