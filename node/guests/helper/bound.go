package helper

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"

	"github.com/google/renameio/v2"

	"github.com/dbc-network/dbc/node/guests"
	"github.com/dbc-network/dbc/node/guests/helper/steps"
	"github.com/dbc-network/dbc/node/guests/names"
)

// bindingFile in the data folder is what the helper is bound to; it is root's.
const bindingFile = "binding.json"

var bindingForm = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)

// bind is what the first Bind of all does for good: the binding is written down,
// and from then on another one is refused, whoever asks.
func (s *Server) bind(ctx context.Context, req *steps.BindRequest) (*guests.Local, error) {
	want := names.Binding{ChainID: req.GetChainId(), GenesisHash: req.GetGenesisHash(), MachineID: req.GetMachineId()}
	for field, value := range map[string]string{
		"chain_id": want.ChainID, "genesis_hash": want.GenesisHash, "machine_id": want.MachineID,
	} {
		if !bindingForm.MatchString(value) {
			return nil, refuse(field, fmt.Sprintf("%q", value), "1 to 64 letters, digits, - and _")
		}
	}
	if s.config.ChainID != "" && want.ChainID != s.config.ChainID {
		return nil, fmt.Errorf("%w: the node is of chain %s, core.conf says %s", ErrBinding, want.ChainID, s.config.ChainID)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	have, known, err := s.readBinding()
	switch {
	case err != nil:
		return nil, err
	case known && have != want:
		return nil, fmt.Errorf("%w: to chain %s with genesis %s and machine %s, not to %s, %s and %s; "+
			"to begin anew, wipe its VMs and remove %s", ErrBinding, have.ChainID, have.GenesisHash, have.MachineID,
			want.ChainID, want.GenesisHash, want.MachineID, s.bindingPath())
	case !known:
		if err := s.writeBinding(want); err != nil {
			return nil, err
		}
	}
	return s.open(ctx)
}

func (s *Server) bindingPath() string { return filepath.Join(s.config.Data, bindingFile) }

func (s *Server) readBinding() (b names.Binding, known bool, err error) {
	text, err := os.ReadFile(s.bindingPath())
	if errors.Is(err, fs.ErrNotExist) {
		return b, false, nil
	}
	if err == nil {
		err = json.Unmarshal(text, &b)
	}
	if err != nil {
		return b, false, fmt.Errorf("read the binding %s: %w", s.bindingPath(), err)
	}
	return b, true, nil
}

func (s *Server) writeBinding(b names.Binding) error {
	text, err := json.Marshal(b)
	if err != nil {
		return fmt.Errorf("encode the binding: %w", err)
	}
	if err := renameio.WriteFile(s.bindingPath(), append(text, '\n'), 0o644); err != nil {
		return fmt.Errorf("write the binding: %w", err)
	}
	return nil
}

// ready is what a step works with. After a restart the helper finds what it is
// bound to by itself.
func (s *Server) ready(ctx context.Context) (*guests.Local, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.open(ctx)
}

// open needs the lock. What can't be opened now is tried again by the next call.
func (s *Server) open(ctx context.Context) (*guests.Local, error) {
	if s.bound != nil {
		return s.bound, nil
	}
	binding, known, err := s.readBinding()
	if err != nil {
		return nil, err
	}
	if !known {
		return nil, fmt.Errorf("%w: to no machine yet; start the node, which binds it", ErrBinding)
	}
	l, err := guests.New(ctx, s.config.Rules, binding, s.config.Open)
	if err != nil {
		return nil, err
	}
	s.bound = l
	s.log.Info("the helper is bound", "chain_id", binding.ChainID, "machine_id", binding.MachineID)
	return l, nil
}
