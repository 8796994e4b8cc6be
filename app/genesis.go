package app

import (
	"encoding/json"
	"fmt"
)

// parseGenesis splits the application's state by module.
func parseGenesis(state []byte) (map[string]json.RawMessage, error) {
	var genesis map[string]json.RawMessage
	if err := json.Unmarshal(state, &genesis); err != nil {
		return nil, fmt.Errorf("read genesis state: %w", err)
	}
	return genesis, nil
}

// DefaultGenesis returns the state of a chain without accounts.
func (app *App) DefaultGenesis() map[string]json.RawMessage {
	return app.Basics.DefaultGenesis(app.Codec)
}
