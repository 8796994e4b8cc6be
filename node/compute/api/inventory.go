package api

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"sync"
	"time"

	"github.com/dbc-network/dbc/api"
	"github.com/dbc-network/dbc/x/machine"
)

// inventoryLife is how long a read inventory is good for: cards do not come and
// go by the second, and everyone may ask.
const inventoryLife = time.Minute

// inventories keep the last one that was read.
type inventories struct {
	mu   sync.Mutex
	read time.Time
	last api.SignedInventory
	// failed is when and why it could not be read; it is tried again after detailsLife.
	failed time.Time
	why    error
}

// inventory is open to all: who wants to rent looks first.
func (s *Server) inventory(ctx context.Context, _ *call) (any, error) {
	i := &s.inventories
	i.mu.Lock()
	defer i.mu.Unlock()
	if !i.read.IsZero() && time.Since(i.read) < inventoryLife {
		return i.last, nil
	}
	if time.Since(i.failed) < detailsLife {
		return nil, i.why
	}
	// Others wait for it: who leaves does not end it.
	text, err := s.deps.Cards(context.WithoutCancel(ctx))
	if err != nil {
		i.failed, i.why = time.Now(), fmt.Errorf("read the cards: %w", err)
		return nil, i.why
	}
	hash := sha256.Sum256(text)
	signature := s.cfg.Key.Sign(machine.InventoryText(s.cfg.ChainID, s.cfg.Key.MachineID(), text))
	i.last = api.SignedInventory{Inventory: string(text), SHA256: hex.EncodeToString(hash[:]), Signature: hex.EncodeToString(signature)}
	i.read = time.Now()
	return i.last, nil
}
