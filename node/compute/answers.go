package compute

import (
	"context"
	"fmt"
	"path/filepath"

	"github.com/dbc-network/dbc/chainid"
	"github.com/dbc-network/dbc/node/compute/challenge"
	"github.com/dbc-network/dbc/node/compute/quarantine"
	"github.com/dbc-network/dbc/node/operator"
)

// takenName is the file that records the slots which the node took out of service.
const takenName = "out-of-service.json"

// openAnswers prepares the work of the operator's key: keeping slots in service,
// and the loop that answers challenges. That loop has wakes of its own: a slow
// answer must not hold up the VMs.
func (p *parts) openAnswers(ctx context.Context) error {
	cfg := challenge.Config{Key: p.key, ChainID: p.binding.ChainID}
	slots := quarantine.Config{MachineID: p.key.MachineID(), Record: filepath.Join(p.cfg.StateDir(), takenName)}
	if p.cfg.OperatorKey != "" {
		dir, err := operator.Dir(p.cfg.KeyringDir)
		if err != nil {
			return err
		}
		k, err := operator.Open(operator.Config{
			Name: p.cfg.OperatorKey, Dir: dir, Test: chainid.Devnet(p.cfg.ChainID),
			PassphraseFile: p.cfg.KeyringPassphraseFile,
		})
		if err != nil {
			return fmt.Errorf("open operator_key=%s: %w", p.cfg.OperatorKey, err)
		}
		cfg.Operator, slots.Operator = k, k
	}
	wakes, err := p.chain.Watch(ctx)
	if err != nil {
		return err
	}
	p.quarantine = quarantine.New(slots, quarantine.Deps{Chain: p.chain, Slots: p.host.Slots, Log: p.log})
	p.answers = challenge.New(cfg, challenge.Deps{Chain: p.chain, Log: p.log, Wakes: wakes})
	return nil
}
